"""The words by which facts about persons are told, one way of saying a line (see `patterns.words`).

They are matched in lower-case folded text. French first, then English. Health has its own module.
"""

from __future__ import annotations

import re

from core.sensitivity.patterns import words

_UNION_NAMES = (
    "(cgt|cfdt|cftc|cfe-cgc|unsa|fsu|snes|solidaires|force ouvriere|fo|sud(-\\w+)?|snuipp|sgen|trade union"
    "|syndicats?(?! (?:intercommun|mixte|des|de copro|departement)))"
)
_UNION_ROLES = (
    "(deleguee?|representante?|secretaire|tresori(er|ere)|permanente?|elue?|responsable|mandatee?|porte-parole|candidate?"
    "|negociat(eur|rice)|coordinat(eur|rice))"
)
UNION = words(rf"""
    {_UNION_ROLES} (\w+ |\w+'){{0,4}}?{_UNION_NAMES}\b
    {_UNION_ROLES} (\w+ ){{0,3}}?syndicale?
    (adherent\w*|adhere\w*|syndiquee?|encartee?|milit\w+|cotis\w+|membre|affiliee?|sympathisant\w*)[^.;,]{{0,30}}\b{_UNION_NAMES}
    (est|etait|etre|s'est|se|soit|serait|suis) syndiquee?
    appartenance syndicale
    engagement syndical
    activites? syndicales?
    mandat syndical
    syndicaliste
    vot(e|ait|er) pour (la liste |le |la )?{_UNION_NAMES}
    (preside|dirige|rejoint|quitte|represente) (le |la )?(syndicat|section|liste) (\w+ )?{_UNION_NAMES}
    (distribue|distribuait|colle) (des |les )?(tracts?|affiches?) (de la |du )?{_UNION_NAMES}
    (est|etait|passee?|siege|siegeait|tracte|vote) (a la|chez|au|a|pour la|pour|la) {_UNION_NAMES}\b
    carte (syndicale|(de la|du|chez|a|au|a la) {_UNION_NAMES})
    (absence|decharge|autorisation d'absence|heures?|activite) syndicales?
    (union|shop) (members?|membership|representative|rep|steward|delegate|official)
    trade unionist
    member of (the |a )?(\w+ )?union
""")

_FAITHS = (
    "(jui(f|ve)|musulmane?|catholique|protestante?|chretienne?|bouddhiste|hindoue?|athee?|evangelique|orthodoxe|sikhe?|muslim|jewish"
    "|christian|catholic|buddhist|hindu|salafiste|temoin de jehovah)"
)
_FEASTS = (
    "(ramadan|aid(-el-\\w+| el[- ]\\w+)?|yom kippour|kippour|shabbat|chabbat|careme|pessah|roch hachana"
    "|hanouka|diwali)"
)
RELIGION = words(rf"""
    de (confession|religion|foi) {_FAITHS}
    (est|etait|se dit|se declare|is|was)( une?| a)?( tres| devout| practicing)? {_FAITHS}
    {_FAITHS} (tres )?(pratiquante?|convaincue?)
    (est|etait|suis|se dit|se declare) (tres |non )?(pratiquante?|croyante?|pieu(x|se)|devote?)
    (motifs?|raisons?|fetes?|obligations?) religieu(x|ses?)
    (pour|pendant|durant) (le |l'|la )?{_FEASTS}
    (salle|lieu|temps|pauses?|tapis) de priere
    prie (pendant|avant|apres|au|dans|chaque|tous|cinq)
    (ses|cinq) (\w+ )?prieres
    (est|etait|devenue?) (imam|pretre|pasteure?|rabbin|diacre|moine|religieuse|seminariste)
    c'est (le |l'|la )?{_FEASTS}
    (pelerinage|hajj)
    (va|vont|aller|rend|absente\w*)[^.;,\n]{{0,30}} (a|pour) (la (mosquee|messe|synagogue)|l'eglise)
    entree? (dans les ordres|au couvent|au seminaire)
    (se fait|s'est fait|a ete|est) baptise\w*
    (keeps|eats) (kosher|halal)
    practi[sc]ing (muslim|jew|jewish|christian|catholic|hindu|buddhist)
    (fasts?|fasting) (for|during) ramadan
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

_BEING = "(est|etait|etre|se dit|se declare|comme|couple|suis|soit|serait)"
SEXUAL = words(rf"""
    {_BEING} (\w+ ){{0,2}}?(homosexuel\w*|lesbienne|gay|bisexuel\w*|transgenre|transsexuel\w*|non-binaire)
    (is|was|as) (\w+ ){{0,2}}?(bisexual|lesbian|transgender|homosexual|gay)
    (son|sa|l')\s?(homosexualite|bisexualite|transidentite|transition de genre)
    (son|sa|l')\s?(orientation|vie) sexuelle
    orientation sexuelle d[eu]
    (his|her|their) (sexual orientation|homosexuality|gender transition)
    (entame|debute|commence|termine|fait) (une|sa) transition de genre
    changement de sexe
    (en|sa|son) transition de genre
    coming[- ]?out
    en couple avec (une femme|un homme)
    (came out|is) as (gay|trans|lesbian|bisexual)
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
    sort(i|ie)? de (prison|detention|garde a vue)
    (bulletin|extrait) (n\W?\s?)?(b?[123]|de casier)
    b[123] (de|d'|du|porte|mentionne|comporte)
    mention au (b[123]|casier|fijais\w*)
    en prison
    casier judiciaire
    controle judiciaire
    bracelet electronique
    peine d(e|') ?(prison|\w+ (mois|ans))
    poursuivie? (pour|devant)
    interpellee? (par|pour|en|le|a son)
    inculpee?
    plaintes? (\w+ ){0,4}(contre|a l'encontre)(?! x\b)
    condamnation d(e|u) (m|mme|monsieur|madame|l'agente?|l'interessee?)
    (fait|fera|purge|passe|effectue) [^.;,\n]{0,20}(mois|ans|annees?) (de|en) (prison|detention)
    (soupconnee?|accusee?|suspectee?|mise? en accusation) (de|d'|pour)
    casier d(e|u)
    (enquete|instruction|procedure|poursuites?) (\w+ ){0,2}(contre|visant) (m|mme|monsieur|madame|lui|elle)
    interdiction de gerer
    victime (d'un |d'une |de |d')(viol\w*|agressions?|harcelement|inceste)
    purge (sa|une) peine
    fait de la prison
    alcool au volant
    permis (a ete |de conduire )?(retire|suspendu|annule|invalide)
    retire (le|son|mon) permis
    (est|sera|etait) jugee? (le|pour|devant|en|demain|lundi|mardi|mercredi|jeudi|vendredi)
    comparai\w+ (devant|pour|en)
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
    "(rn|ps|pcf|lr|lfi|npa|parti \\w+|rassemblement national|france insoumise"
    "|renaissance|republicains|ecologistes|reconquete|front national)"
)
_ADHERES = "(adherent\\w*|militant\\w*|encartee?|membre|sympathisant\\w*|milite)"
POLITICAL = words(rf"""
    {_ADHERES} (actif |active )?{_PARTIES}
    proche (du|de la|des|de|d') ?{_PARTIES}
    {_ADHERES} (actif |active )?(du|de|de la|de l'|des|d'|au|a la|a|chez|chez les)\s?{_PARTIES}
    (sur|dans) la liste (du |de la |des |de )?{_PARTIES}
    vote (a|pour) (l'extreme|la gauche|la droite|gauche|droite|le rn|lfi|macron|le pen|melenchon)
    d'origine (kabyle|berbere|arabe|maghrebine|africaine|antillaise|asiatique|algerienne|marocaine)
    d'origine (tunisienne|turque|kurde|rom|tzigane|juive|malienne|senegalaise|camerounaise|congolaise)
    (ses|leurs|sur les) opinions politiques
    opinions? politiques? d[eu]
    convictions politiques
    d'origine ethnique
    (his|her|their) political (opinions|views)
""")

_PAID = "(percoit|percevra|touche|gagne|remuneree?|salaire|remuneration|traitement|prime|ifse|cia)"
CAREER = words(
    rf"""
    indice (majore|brut) (de )?\d+
    {_PAID}\b[^.;\n]{{0,40}}\d[\d ]{{1,9}}([.,]\d\d)? ?(€|euros|eur|k€)
    blame
    avertissement (a ete|lui)
    (a eu|recu|pris|ecope d'?|inflig\w+) (un |d'un )?(avertissement|rappel a l'ordre)
    revoquee?
    mise? a pied
    sanctions? (disciplinaires?|a ete)
    procedure disciplinaire
    conseil de discipline
    exclusion temporaire
    licencie\w*
    licenciement
    insuffisance professionnelle
    (son|sa|l')\s?(evaluation|entretien (professionnel|annuel|d'evaluation))
    entretien (professionnel|annuel|d'evaluation) (\d{{4}} )?d
    evaluation (annuelle |professionnelle )d(e|u)
    evaluation d(e|u) (m|mme|monsieur|madame|l'agente?)
    candidature d
    (demande|souhaite|sollicite) (de |sa |une )?mutation
    absences? injustifiees?
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

_RECEIVES = "(percoit|touche|beneficiaire d(e|u)|allocataire d(e|u)|demande|sollicite|depend d(e|u))"
SITUATION = words(
    rf"""
    {_RECEIVES} ?(le |la |l'|une? )?(rsa|apl|ass|apa|aide sociale|logement social|hebergement d'urgence)
    demandeu(r|se) d'asile
    demande d'asile
    situation irreguliere
    oqtf
    obligation de quitter le territoire
    (son|sa|un) (titre de sejour|naturalisation|regroupement familial)
    sans domicile( fixe)?
    (statut de )?refugiee?s?
    sans[- ]papiers
    protection (subsidiaire|internationale)
    heberge\w* (en |dans un |au )(foyer|centre|115)
    (son|l') ?expulsion
    (loyers?|factures?) impaye(e?s)?
    (ses|des|son) dettes?
    doit \d[\d ]{{0,8}} ?(€|euros|eur|k€)
    divorc\w*
    surendett\w*
    saisie sur (salaire|remuneration)
    pension alimentaire
    garde (alternee|des enfants|de (ses|leurs) enfants)
    assistance educative
    (ses|son|sa) (enfants?|fils|fille) (est|a|ont|sont) (ete )?places?
    (son|sa|l') ?(revenu fiscal|avis d'imposition|quotient familial|situation familiale)
    avis d'imposition d(e|u)
    seeking asylum
    asylum seeker
    (his|her) divorce
    (his|her) (debts?|residence permit)
    """
)

_LINKS = (
    r"(?:\s(?:de|du|des|la|le|les|sur|contre|pour|et|a|au|aux|en|relati\w+|liee?s?|dediee?s?|of|on|for|the)"
    r"|\s?[dl]')*"
)
TOPIC = re.compile(
    r"\b(?:plan|institut|ligue|campagne|journees?|depistage|politique|referente?|service|unite|mission|prevention"
    r"|sensibilisation|association|commission|comite|reforme|conference|colloque|formation|groupe\sde\stravail"
    r"|bureau|pole|cheffe|chef|charge\w*|direct\w+|presid\w+|medecin|infirmi\w+|psychologue|specialiste"
    r"|professeur|pilot\w+|anime\w*|coordonn\w+|dispositif|programme|projet|fondation|etudes?|recherches?|charte"
    r"|correspondante?|instrui\w+|juge|avocate?|procureure?|magistrate?|redig\w+|gestionnaire|guide|note|dossiers?"
    rf"|formulaires?|personnes|agents|eleves|patients|droit|regles?|suivi\sdes){_LINKS}(?:\s[\w\-]+)?{_LINKS}\s?$"
    r"|\b(?:sur|concernant|relati\w+\s(?:a|aux?)|au\ssujet\sd[eu]s?|a\spropos\sd[eu]s?)\s(?:(?:la|le|les|l')\s?)?$"
)
"""Words before a fact that make it a subject of work: `cheffe du bureau de la santé et du handicap`."""
