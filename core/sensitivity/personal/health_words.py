"""The words by which the health of a person is told, one way of saying a line (see `patterns.words`)."""

from __future__ import annotations

import re

from core.sensitivity.patterns import words

TELLS = re.compile(
    r"\b(?:souffr\w+|atteinte?|diagnosti\w+|traitee?\spour|soignee?|suivie?\spour|hospitalis\w+|operee?|absente?|arretee?"
    r"|arret|contracte|developpe|declare\w*|subi|remission|victime\sd|porteu\w+|vit\savec|decede\w*|mort\w*\sd"
    r"|reconnue?|rechute|suite\sa|cause\sd|raison\sd|motif|du\sa|due\sa|ayant|living\swith|suffer\w*|treated"
    r"|recover\w+|died\sof|se\sremet|presente\s(?:une?|des)|mentionne|fait\setat|revele|positif)\b[^.;]{0,60}$"
    r"|\btraitement\s(?:\w+\s){0,4}contre\s(?:la\s|le\s|l'|un\s|une\s)?$"
    r"|\b(?:eleve|patiente?|interessee?|salariee?|assuree?|enfant|stagiaire)\s?:[^.;\n]{2,50}[\-:,(]\s?$"
    r"|\b(?:son|sa|ses|his|her|mon|ma|mes|my|a\s(?:eu|fait|ete|encore|une?|la|le|du|des)|ai|have"
    r"|fait\s(?:du|des|une?|de\sla|de\sl')|has|had|was|est|etait|suis|is|d'un|d'une)\b[^.;,]{0,25}$"
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
    hemorroides
    sclerosis
    miscarriage
    rehab
    angine
    bronchite
    phlebite
    obesite
    menopause
    acne
    zona
    herpes
    gonorrhee
    syphilis
    psychiatre
    psychotherapeute
    oncologue
    cancerologue
    cardiologue
    addictologue
    gynecologue
    irm
    scanner
    mammographie
    coloscopie
    echographie
    hta
    toc
    apnee
    reflux
    ulcere
    calculs? renaux
    greffe
    pontage
    pacemaker
    \w{3,}(?<!homeo)(?<!osteo)(?<!naturo)pathie
    \w{3,}(thyroidie|glycemie|plegie|ectomie|plastie)
    leuk(a)?emia
    lymphoma
    tumou?rs?
    epileptic
    alcoholic
    (heart attack|breast cancer|kidney failure)
    bipolar
""")
NO_DISEASE = re.compile(r"(?:assurance[\s-]|caisse\s|personnes\s(?:en\ssituation\sde\s)?)$")
"""What makes `maladie` an insurance and `handicapées` a public."""

_DRUGS = (
    "(methadone|subutex|lithium|antidepress\\w+|anxiolytiques?|somniferes?|neuroleptiques?|ritaline|insuline"
    "|morphine|cocaine|drogues?)"
)
HEALTH = words(rf"""
    arrets? (de |pour )?(maladie|longue maladie)
    arrets? de travail
    (jours|semaines|mois) d'arret(?! de )
    trisomi(que|e)
    (est|etait|suis|devenue?) (sourde?|aveugle|muette?|paralysee?|borgne|hemiplegique|mutilee?)
    positi(f|ve) (a|au|aux) (la )?(cocaine|cannabis|alcool|thc|stupefiants|drogues?)
    (suit|suis|suivre|en|entame|debute|parcours) (une |un |de )?(pma|fiv)
    (a|est|ont|non|soit) (ete )?vaccinee?
    disponibilite d'office
    vih(?=\s?\+)
    (a|attrape|avec) (la|une) grippe
    attend(ait)? un (enfant|bebe|heureux)
    (voit|entend|marche) (presque |quasiment )?(plus|mal)
    refuse\w* (la |le |de se faire |son )?vaccin\w*
    in rehab
    conges? (de |pour )?(longue |grave )?maladie
    conges? (de )?longue duree
    (en|placee? en) (clm|cld|cgm|citis)
    (mi-temps|temps partiel) therapeutique
    rqth
    travailleu(r|se) handicapee?
    hospitalise\w*
    hospitalisation
    (a ete|est|sera|ete|etre|fait) operee?
    (intervention|operation) (chirurgicale|a coeur|du|de la|des)
    (compte rendu|bilan) (operatoire|medical|d'hospitalisation|de consultation|d'imagerie|psych\w+)
    ablation d(e|u)
    biopsie
    amputee?
    prothese
    dossier medical d(e|u)
    (son|un) dossier medical
    certificat medical
    chimio(therapie)?
    radiotherapie
    (psychotherapie|psychanalyse|psychomotricite)
    (suit|suivre|commence|debute) (une |sa )?therapie
    (consulte|voit|verra|suivie? par) (un|une|son|sa) (psy\w*|addicto\w+|onco\w+|cardio\w+|neuro\w+)
    (porte|porter|portent) (une? |des )?(pompe a insuline|prothese\w*|appareils? auditifs?|implant\w*|corset)
    s'est (casse|fracture|luxe|foule|brise|dechire)e? (le|la|l'|les|un|une|deux)
    (a )?perdu (son|leur|un) (bebe|enfant a naitre)
    accouche\w*
    cesarienne
    hysterectomie
    dialyse
    (suit|prend|sous) un traitement
    (a|avait) (encore|trop|beaucoup|de nouveau|deja) bu
    (est|etait|arrive|vient|venue?|encore) (ivre|saoule?|alcoolisee?)
    en etat d('|e ?)(ivresse|ebriete)
    (probleme|probl\w+)s? (d'alcool|avec l'alcool|d'addiction)
    boit (trop|encore|au travail|au bureau|tous les)
    (prends?|prenait|avale|consomme) (de la |du |des |de l'|de )?{_DRUGS}
    traitement (contre|anti\w+|psych\w+|hormonal|substitutif)
    (antidepresseurs?|anxiolytiques?|neuroleptiques?|methadone)
    vih positif
    positi(f|ve) (au|a la|a l') ?(vih|covid|tubercul\w+|hepatite|test)
    (soignee?|internee?|suivie?|hospitalisee?) en (psychiatrie|oncologie|addictologie|cardiologie|neurologie)
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
    (percoit|touche|beneficiaire de|titulaire de|demande) l'(aah|aeeh)
    affection (de )?longue duree
    ald
    maladie professionnelle
    soins palliatifs
    (tombee?|gravement|est|tres) malade
    crises? d'(epilepsie|angoisse|asthme)
    fauteuil roulant
    a fait un (avc|infarctus|malaise)
    accident (cardiaque|vasculaire)
    troubles? (bipolaires?|anxieux|psych\w+|musculo\w*|cognitifs?|depressifs?|alimentaires?)
    troubles? (du comportement|de l'attention)
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

RECORD = re.compile(
    r"(?:^|[.;][ ])[ \t\-*•|]{0,12}(?:diagnostics?|pathologies?|antecedents(?:\smedicaux)?"
    r"|motif\s(?:d[eu'][^:\n]{3,30}|medical)"
    r"|traitements?(?:\smedical|\sen\scours)?"
    r"|allergies|groupe\ssanguin|etat\sde\ssante|bilan\smedical|handicap|symptomes|conclusions?\smedicales?"
    r"|prescriptions?|posologie"
    r"|medical\shistory|diagnosis|treatment|allergy|condition)[ \t]{0,9}[:|][ \t|]{0,9}"
    r"(?!neant|aucun|ras\b|sans\b|non\b|none\b|n/a)(\S[^\n]{1,80})",
    re.M,
)
"""A line of a medical record."""
