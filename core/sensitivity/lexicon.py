"""The words by which facts about persons are told, one way of saying a line.

Lines are regular expressions for lower-case folded text with two liberties: a space is any white space
(also a line end), and `(…)` does not capture. French first, then English.
"""

from __future__ import annotations

import re

from core.sensitivity.patterns import words

TELLS = re.compile(
    r"\b(?:souffr\w+|atteinte?|diagnosti\w+|traitee?\spour|soignee?|suivie?\spour|hospitalis\w+|operee?|absente?|arretee?"
    r"|arret|contracte|developpe|declare\w*|subi|remission|victime\sd|porteu\w+|vit\savec|decede\w*|mort\w*\sd"
    r"|reconnue?|rechute|suite\sa|cause\sd|raison\sd|motif|du\sa|due\sa|ayant|living\swith|suffer\w*|treated"
    r"|recover\w+|died\sof|se\sremet)\b[^.;]{0,60}$"
    r"|\b(?:son|sa|ses|his|her|a\seu|a\sfait|a\sete|has|had|was|est|etait|suis|is|d'un|d'une)\b[^.;,]{0,25}$"
)
"""Words before a disease that make it somebody's."""

OF_SOMEBODY = re.compile(
    r"\s(?:\w+\s){0,2}(?:de|chez|of|dont)\s(?:m\.|(?:mme|mlle|monsieur|madame|mr|mrs|ms|l'agente?|l'interessee?)\b)"
)
"""Words after a disease that do."""

DISEASES = words(r"""
    cancers?
    tumeurs?
    leucemie
    lymphome
    melanome
    metastases?
    diabet\w+
    depressions?
    depressi\w+
    burn-? ?out
    epilep\w+
    vih
    hiv
    sida
    hepatite
    sclerose
    parkinson
    alzheimer
    avc
    infarctus
    asthm\w+
    bipol\w+
    schizophren\w+
    anorexi\w+
    boulimi\w+
    autis\w+
    tdah
    dyslexi\w+
    dyspraxi\w+
    fibromyalgi\w+
    endometriose
    mucoviscidose
    lombalgies?
    hernie
    arthrose
    polyarthrite
    tubercul\w+
    covid
    anxie\w+
    insomni\w+
    phobi\w+
    addicti\w+
    alcoolisme
    alcoolique
    toxicoman\w+
    surdite
    cecite
    malvoyan\w+
    malentendan\w+
    paraplegi\w+
    tetraplegi\w+
    fractures?(?! (numerique|sociale))
    maladies?
    pathologies?
    handicap\w*
    invalidite
    allergi\w+
    migraines?
    hypertension
    insuffisance (renale|cardiaque|respiratoire)
    disorders?
    disease
    stroke
    syndrome
    lesions?
    embolie
    pneumonie
    drepanocytose
    psoriasis
    lupus
    crohn
    ptsd
    deficience
    douleurs?
    acouphenes
    vertiges
    tendinite
    sciatique
    dementia
    demence
    anevrisme
    cirrhose
    thrombose
    eczema
    glaucome
    cataracte
    prostate
    pancreatite
    septicemie
""")
NO_DISEASE = re.compile(r"(?:assurance[\s-]|caisse\s|personnes\s(?:en\ssituation\sde\s)?)$")
"""What makes `maladie` an insurance and `handicapées` a public."""

HEALTH = words(r"""
    arrets? (de |pour )?(maladie|longue maladie)
    arrets? de travail
    conges? (de |pour )?(longue |grave )?maladie
    conges? (de )?longue duree
    (en|placee? en) (clm|cld|cgm|citis)
    (mi-temps|temps partiel) therapeutique
    rqth
    travailleu(r|se) handicapee?
    hospitalise\w*
    hospitalisation
    (a ete|est|sera|ete|etre|fait) operee?
    intervention chirurgicale
    chimiotherapie
    radiotherapie
    dialyse
    (suit|prend|sous) un traitement
    traitement (contre|anti\w+|psych\w+|hormonal|substitutif)
    sous (antidepresseurs?|traitement|morphine|anxiolytiques?|insuline|lithium|neuroleptiques?|methadone)
    (est|etait|suis|etant|tombee?|soit|serait) enceinte
    enceinte de \w+ (mois|semaines)
    (sa|une) grossesse
    seropositi\w+
    inapte
    inaptitude
    en invalidite
    pension d'invalidite
    tentative de suicide
    tente de (se suicider|mettre fin)
    s'est suicide\w*
    idees (suicidaires|noires)
    cure de des\w+
    suivie? (en |par un\w? )?(psych\w+|addictolog\w+|oncolog\w+|cardiolog\w+|neurolog\w+)
    fausse couche
    ivg
    parcours (de )?pma
    taux d'incapacite
    affection (de )?longue duree
    ald
    maladie professionnelle
    soins palliatifs
    (tombee?|gravement|est|tres) malade
    crises? d'(epilepsie|angoisse|asthme)
    fauteuil roulant
    a fait un (avc|infarctus|malaise)
    accident (cardiaque|vasculaire)
    troubles? (bipolaires?|anxieux|psych\w+|musculo\w*|du comportement|cognitifs?|depressifs?|alimentaires?|de l'attention)
    etat depressif
    surmenage
    burn-?out
    epuisement professionnel
    sick leave
    medical leave
    hospitali[sz]ed
    is pregnant
    underwent surgery
    chemotherapy
    hiv-positive
    mental health
""")

_UNION_NAMES = (
    "(cgt|cfdt|cftc|cfe-cgc|unsa|fsu|snes|solidaires|force ouvriere|fo|sud(-\\w+)?|snuipp|sgen|trade union"
    "|syndicats?(?! (?:intercommun|mixte|des|de copro|departement)))"
)
UNION = words(rf"""
    (adherent\w*|adhere\w*|syndiquee?|encartee?|milit\w+|cotis\w+|membre|affiliee?|sympathisant\w*)[^.;,]{{0,30}}\b{_UNION_NAMES}
    (est|etait|etre|s'est|se|soit|serait|suis) syndiquee?
    appartenance syndicale
    engagement syndical
    activites? syndicales?
    deleguee? syndicale?
    mandat syndical
    carte (syndicale|de la cgt)
    union member\w*
    trade unionist
    member of (the |a )?(\w+ )?union
""")

_FAITHS = (
    "(juive?|musulmane?|catholique|protestante?|chretienne?|bouddhiste|hindoue?|athee?|evangelique|orthodoxe|sikhe?|muslim|jewish"
    "|christian|catholic|buddhist|hindu|salafiste|temoin de jehovah)"
)
RELIGION = words(rf"""
    de (confession|religion|foi) {_FAITHS}
    (est|etait|se dit|se declare|is|was)( une?| a)?( tres| devout| practicing)? {_FAITHS}
    {_FAITHS} (tres )?(pratiquante?|convaincue?)
    converti\w* (a l'islam|au \w+|a la \w+)
    converted to (islam|judaism|catholicism|christianity)
    (ses|leurs|propres) convictions religieuses
    pratique (religieuse|de la religion|la religion)
    croyances religieuses
    (sa|son) (religion|appartenance religieuse)
    (fait|observe|respecte|pratique|suit) le (ramadan|shabbat|careme)
    (repas|regime|mange\w*) (casher|kasher|halal)
    port(e|er|ant) (le|un) (voile|hijab|foulard|kippa)
    temoin de jehovah
    prieres? (quotidiennes?|rituelles?)
""")

SEXUAL = words(r"""
    (est|etait|etre|se dit|se declare|comme|couple|suis|is|was|soit|serait) (\w+ ){0,2}?(homosexuel\w*|lesbienne|gay|bisexuel\w*)
    (est|etait|etre|se dit|se declare|comme|suis|soit|serait) (\w+ ){0,2}?(transgenre|transsexuel\w*|non-binaire)
    (is|was|as) (\w+ ){0,2}?(bisexual|lesbian|transgender|homosexual|gay)
    (son|sa|l')\s?(homosexualite|bisexualite|transidentite|transition de genre|orientation sexuelle|vie sexuelle)
    orientation sexuelle d[eu]
    (his|her|their) (sexual orientation|homosexuality|gender transition)
    changement de sexe
    relations? sexuelles?
""")

JUDICIAL = words(r"""
    (ete|est|etait|fut|sera|deja) condamnee?s?
    condamnee? (le|en|a|pour|par|definitivement)
    condamnations?(?=[^.;]{0,40}\b(penale|inscrite|casier|pour|judiciaire))
    mis(e|es)? en examen
    (en|sa|son|placee? en|mise? en) garde a vue
    detention provisoire
    en detention
    incarcer\w+
    ecrouee?
    emprisonn\w+
    prison (ferme|avec sursis)
    en prison
    casier judiciaire
    controle judiciaire
    bracelet electronique
    peine d(e|') ?(prison|\w+ (mois|ans))
    poursuivie? (pour|devant)
    interpellee? (par|pour|en|le|a son)
    inculpee?
    plaintes? (\w+ ){0,4}(contre|a l'encontre)
    mandat d'arret
    mandat de depot
    fichee? s
    recidiviste
    (a ete|est) mise? en cause
    reconnue? coupable
    travail d'interet general
    suivi socio-judiciaire
    violences conjugales
    avec sursis
    antecedents judiciaires
    placee? sous (tutelle|curatelle|sauvegarde de justice)
    convicted
    arrested (for|on)
    indicted
    criminal record
    jailed
    sentenced to
    on probation
    charged with
    prison sentence
""")

_PARTIES = (
    "(rn|ps|pcf|lr|lfi|npa|parti \\w+|rassemblement national|france insoumise|renaissance|republicains|ecologistes"
    "|reconquete|front national)"
)
POLITICAL = words(rf"""
    (adherent\w*|militant\w*|encartee?|membre|sympathisant\w*|milite) (actif |active )?(du|de la|de l'|des|d'|au|a la|a|chez|chez les)\s?{_PARTIES}
    (ses|leurs|sur les) opinions politiques
    opinions? politiques? d[eu]
    convictions politiques
    d'origine ethnique
    (his|her|their) political (opinions|views)
""")

CAREER = words(
    r"""
    indice (majore|brut) (de )?\d+
    (percoit|percevra|touche|gagne|remuneree?|salaire|remuneration|traitement|prime|ifse|cia)\b[^.;\n]{0,40}\d[\d ]{1,9}([.,]\d\d)? ?(€|euros|eur|k€)
    blame
    avertissement (a ete|lui)
    sanctions? (disciplinaires?|a ete)
    procedure disciplinaire
    conseil de discipline
    exclusion temporaire
    licencie\w*
    licenciement
    insuffisance professionnelle
    (son|sa|l')\s?(evaluation|entretien (professionnel|annuel|d'evaluation))
    entretien (professionnel|annuel|d'evaluation) (\d{4} )?d
    evaluation (annuelle )?d(e|u)
    candidature d
    (demande|souhaite|sollicite) (de |sa |une )?mutation
    absences? injustifiees?
    divorc\w*
    surendett\w*
    saisie sur (salaire|remuneration)
    conges? (de )?(maternite|paternite|parental)
    rupture conventionnelle
    titularis\w+
    bulletins? de (paie|salaire)
    insubordination
    harcel\w+
    conflits? avec (sa|son) (chef\w*|hierarchie|superieur\w*|equipe)
    disciplinary (action|procedure|hearing)
    (his|her) (salary|performance review)
    maternity leave
""",
    ending="",
)

_LINKS = r"(?:\s(?:de|du|des|la|le|les|sur|contre|pour|et|a|au|aux|en|relati\w+|liee?s?|dediee?s?|of|on|for|the)|\s?[dl]')*"
TOPIC = re.compile(
    r"\b(?:plan|institut|ligue|campagne|journees?|depistage|politique|referente?|service|unite|mission|prevention"
    r"|sensibilisation|association|commission|comite|reforme|conference|colloque|formation|groupe\sde\stravail"
    r"|bureau|pole|cheffe|chef|charge\w*|direct\w+|presid\w+|medecin|infirmi\w+|psychologue|specialiste"
    r"|professeur|pilot\w+|anime\w*|coordonn\w+|dispositif|programme|projet|fondation|etudes?|recherches?|charte"
    r"|correspondante?|instrui\w+|juge|avocate?|procureure?|magistrate?|redig\w+|gestionnaire|guide|note|dossiers?"
    rf"|formulaires?|personnes|agents|eleves|patients|droit|regles?|suivi\sdes){_LINKS}(?:\s[\w\-]+)?{_LINKS}\s?$"
)
"""Words before a fact that make it a subject of work: `cheffe du bureau de la santé et du handicap`."""

RECORD = re.compile(
    r"^[ \t\-*•|]*(?:diagnostics?|pathologies?|antecedents(?:\smedicaux)?|motif\s(?:d[eu'][^:\n]{3,30}|medical)|traitements?(?:\smedical|\sen\scours)?"
    r"|allergies|groupe\ssanguin|etat\sde\ssante|bilan\smedical|handicap|symptomes|conclusions?\smedicales?|prescriptions?|posologie"
    r"|medical\shistory|diagnosis|treatment|allergy|condition)[ \t]*[:|][ \t|]*(?!neant|aucun|ras\b|sans\b|non\b|none\b|n/a)(\S[^\n]{1,80})",
    re.M,
)
"""A line of a medical record."""
