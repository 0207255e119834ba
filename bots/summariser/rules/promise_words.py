"""Words by which people take something on, or give it to another, in French and English. Pure.

« Je » with a verb of work, or with any verb in the future, is a promise; with a day most verbs are, save
those that tell where one is, what one thinks or how one's day is. Each pattern reads folded text
(`dates.folded`).
"""

from __future__ import annotations

import re

_PRESENT = r"""
    actualise adapte anime adresse ajoute analyse appelle archive arrange assemble assure balance boucle
    branche cale calcule centralise change cherche chiffre clarifie code collecte commande communique
    complete configure consolide consulte contacte controle convoque convertis coordonne copie corrige
    cree creuse debloque decale decoupe demande demarche deplace depose detaille developpe diffuse
    documente dresse duplique ecris edite elabore envoie epluche etablis etudie evalue examine exporte
    extrais fabrique factorise fais ferme finalise finis fixe formalise fournis gere identifie
    implemente imprime indique initie inscris installe integre interroge invite lance liste livre mets
    migre modifie monte nettoie negocie note notifie numerise organise ouvre parametre partage peaufine
    pilote planifie poste precise prends prepare presente previens previendrai produis programme propose
    publie rajoute rapatrie rappelle rassemble rebascule recense rectifie recontacte recois recupere
    redemande redige redirige refais reformule regle regroupe relance relis remonte remplace remplis
    rencontre renomme renseigne rends repare reponds reporte repasse repousse reprends reserve restaure
    retape retire retouche revois saisis scanne securise signale signe simule sollicite soumets
    stabilise suis\s+le supprime synchronise synthetise telecharge telephone termine teste tiens tire
    traduis traite tranche transcris transfere transmets trie uploade valide verifie verrouille
    vois\s+(?:avec|aupres|ca\s+avec|(?:si|pour)) voie pousse rapporte parle apporte amene achete
    passe\s+(?:la|le|les|un|une|commande|ca|voir)
"""
_OBJECT = (
    r"(?:(?:vous|te|t'|lui|leur|le|la|les|l'|y|en|nous|me\s+(?=charge|note|mets|renseigne|propose|"
    r"rapproche|coordonne|concerte))\s*)*"
)
_NOT_FUTURE = (
    r"(?!(?:se|au|pour|de|ver|i|vien|parti|revien|arrive|sau|voud|reste|rentre|dormi|mange|dejeune|dine|"
    r"pense|adore|prefere|"
    r"espere|rejoind|croi|assiste|participe|manque|rate|boi|attend|connai|comprend|suiv|profite|oublie|"
    r"rappelle\s+que)rai\b)"
)
_NOT_WORK = (
    r"(?!(?:fais|prends|prendrai)\s+(?:un\s+(?:cafe|the|break|tour)|une\s+pause|note|acte|(?:mon|le|"
    r"un)\s+(?:train|avion|bus|metro|velo|taxi)|"
    r"(?:des|mes|un|ma|mon)\s+(?:conges?|rtt|jours?|journee|apres-midi|pause)|confiance|partie|"
    r"de\s+la\s+place|le\s+menage|peur|expres|"
    r"(?:la|le)\s+(?:meme|point\s+de\s+depart))|"
    r"demande\s+(?:si|que|qu'|pourquoi|comment|ce\s+que)(?!\w)|(?:regarde|suis)\s+(?:le|un)\s+(?:match|"
    r"film|foot)|rappelle\s+(?:que|qu')|note\s+(?:que|qu')|precise\s+(?:que|qu')|"
    r"signale\s+(?:que|qu'|une?\s+erreur)|trouve\s+(?:ca|que|qu'|cela|le|la|les|plutot|pas)|propose\b|"
    r"presente\s+mes|tiens\s+a\s+(?:remercier|dire|preciser|ce)|"
    r"parle\s+(?:de|du|bien|au\s+nom)\b|donne\s+(?:ma\s+langue|raison|tort)|tranche\b|recois\b|"
    r"partage\s*(?:\W*$|cet|ton|votre|ce|l'avis)|"
    r"retire\s+(?:mon|ma|ce\s+que)|"
    r"valide\s+(?!les?\s+acces|les?\s+comptes?|la\s+recette)|passe\s+(?:la|une)\s+(?:journee|matinee)|"
    r"recois\s+(?:une?|des|plein|toujours|encore|pas|un)|note\W*$|vois\s+(?:pas|bien|mal)|"
    r"suis\s+le\s+(?:seul|premier|cours)|"
    r"lis\s+(?:que|dans|partout)|change\s+d'avis|reponds?\s+(?:que|tard)|cherche\s+(?:mes|mon)|"
    r"boucle\s+ma\s+valise|mets\s+(?:un\s+(?:bemol|peu)|\d))"
)
COMMITS = re.compile(
    r"\bje\s+(?:m'en\s+(?:occupe|charge|saisis)|m'occupe\s+d|me\s+charge\s+d|m'y\s+(?:colle|mets|attelle)|"
    r"m'engage\s+a\b|le\s+fais|la\s+fais|"
    r"me\s+(?:propose|porte\s+volontaire|devoue|lance|penche\s+dessus|note\s+d)|"
    r"(?:m'en\s+)?gere\b|assume\b|suis\s+(?:volontaire|partant|partante|preneur|preneuse)\s+pour|"
    r"(?:peux|veux\s+bien)\s+(?:m'en\s+(?:occuper|charger)|m'y\s+(?:coller|mettre)|(?:le|la|les)\s+faire|"
    r"prendre)|"
    rf"{_OBJECT}{_NOT_WORK}(?:{'|'.join(_PRESENT.split())})\b|"
    rf"{_OBJECT}{_NOT_FUTURE}[a-z]{{2,}}rai\b|"
    r"vais\s+(?:[a-z']+\s+){0,2}[a-z]+(?:er|ir|re|oir)\b)"
    rf"|\bj'(?:en\s+|"
    rf"y\s+)?{_NOT_WORK}(?:{'|'.join(w for w in _PRESENT.split() if w[0] in 'aeiou')})\b(?<!j'ai)"
    rf"|\bj'(?:en\s+|y\s+)?{_NOT_FUTURE}[a-z]{{2,}}rai\b"
    r"|\bj'en\s+(?:parle|fais|profite\s+pour)\b"
    r"|\b(?:compte|comptez|compter)\s+sur\s+moi\b|\bc'est\s+pour\s+moi\b|\bmoi\s+je\s+m'en\b|"
    r"\bje\s+m'en\s+(?:occupe|charge)\b"
    r"|^\W*(?:(?:yes|ok|sure|fine)\W+)*(?:sending|doing|checking|preparing|updating|booking|calling|"
    r"fixing|drafting)\b"
    r"|\bi\s+(?:inform|send|prepare|book|check|write|update|draft|take|call|ask|fix|review|share|"
    r"organi[sz]e|contact|ping|push|merge|handle)\b"
    r"|^\W*(?:moi|pour\s+moi\s*[,:]\s*ce\s+sera\s+moi|j'y\s+vais|je\s+suis\s+dessus)\W*$"
    r"|\b(?:i'll|i\s+will|i'm\s+on\s+it|i\s+can\s+(?:take|do|handle)|on\s+it\b|i'm\s+(?:going\s+to|"
    r"taking\s+care|handling)|leave\s+it\s+(?:to|with)\s+me|let\s+me\s+"
    r"(?:handle|check|take|do|write|send))\b"
)
NOT_COMMITTED = re.compile(
    r"\bje\s+(?:(?:le|la|les|vous|te|l'|t'|me|m'|leur|lui)\s*)?[a-z]+rais\b|\bj'[a-z]+rais\b|"
    r"\bje\s+(?:ne\b|n')"
    r"|\bje\s+vais\s+(?:bien|mieux|mal|y\s+(?:reflechir|aller)|voir(?!\s+(?:avec|si|pour|ca\s+avec))|"
    r"devoir|manger|dejeuner|dormir|craquer|pleurer|partir|rentrer|"
    r"arriver|etre|avoir|pouvoir|prendre\s+(?:un|une|mon|ma|mes|des|le\s+train)|chercher\s+un\s+cafe|"
    r"essayer\s+de\s+(?:dormir|venir)|rater|finir\s+par|me\s+coucher)"
    r"|\b(?:si|quand)\s+je\b|\bje\s+(?:te|vous)?\s*(?:demande)\s+(?:si|pourquoi|comment)\b|"
    r"\bje\s+me\s+demande\b"
    r"|\breflechi|\bi(?:\s+will|'ll)\s+not\b|\bj(?:e\s+|')[a-z]+\s+(?:pas|plus|jamais)\b(?!\s+de\s+souci)|"
    r"\b(?:peut-etre|i\s+(?:can't|won't|don't|couldn't)|il\s+parait|i'll\s+(?:be|see|think|"
    r"have|let\s+you))\b|\bj'appelle\s+ca\b"
    r"|\bje\s+(?:laisse|confie|delegue)\b|\bje\s+compte\s+sur\b|\bje\s+(?:te|vous)\s+(?:laisse|confie|"
    r"delegue)\b|\bje\s+passe\s+mon\s+tour\b"
)
"""Wishes, refusals, what one is about to do for oneself; and what one gives to another."""
DOES = re.compile(
    r"\b(?:je\s+|j')(?:(?:vous|te|t'|l'|le|la|les|lui|leur|y|en)\s*)*"
    r"(?!(?:suis|serai|pense|crois|trouve|penche|reste|resterai|pars|partirai|arrive|arriverai|rentre|"
    r"reviens|reviendrai|sais|peux|pourrai|dois|"
    r"devrai|veux|voudrais|propose|rappelle\s+(?:que|qu')|prefere|ai|aurai|vois|espere|comprends|attends|"
    r"viens|viendrai|voulais|"
    r"pensais|"
    r"croyais|rappelle\s+(?:que|qu')|note|vote|doute|suggere|ne|n'|me|travaille|vis|vais|irai|"
    r"deteste|aime|adore|mange|dejeune|dine|dors|cours|confirme|pose|prends|regarde\s+(?:le|"
    r"un)\s+(?:match|film)|rattrape|rejoins|sors|quitte|termine\s+a|commence\s+a|"
    r"recois|bosse|souhaite|remercie|savais|voyais|participe|assiste|connais|pouvais|faisais|etais|avais|"
    r"allais|manque|rate|valide|laisse|confie|compte|"
    r"suppose|imagine|constate|remarque|tranche|decide|sens|ressens|entends|telet\w+|serais|aurais|disais|"
    r"dis|repete|"
    r"parie|jure|promets|ignore|demarre|reprends\s+le\s+travail)\b)[a-z]{4,}(?<!ais)\b"
)
"""A person does something: with a day, a promise."""
OFFERS = re.compile(
    r"\b(?:je\s+peux\s+(?:(?:te|vous|le|la|les|lui|leur|en|y)\s+)*[a-z]+(?:er|ir|re|oir)|"
    r"i\s+can\s+[a-z]+)\b|\bje?\s?(?:peux|veux\s+bien|veux\s+bien\s+le\s+faire)\W*$"
    r"|^\W*(?:(?:et|ok|oui|bon)\W+)?(?:moi|me)\b(?:\W*$|[\s,:]+(?:la|le|les|l'|pour)\b)"
)
"""« Je peux … » : a promise with a day, or as an answer to a request."""
TAKES = (
    r"(?:s'en\s+(?:occupe|charge)|s'occupe\s+d|se\s+charge\s+d|s'engage\s+a|doit\b(?!\s+(?:etre|avoir))|"
    r"devra\b|gere\b|va\s+(?:(?:le|la|les|nous|vous|leur|lui|en|y)\s+)*"
    r"(?!etre|avoir|pouvoir|devoir|bien|mieux|partir|arriver|venir|rentrer)[a-z']+(?:er|ir|re|oir)\b|"
    r"(?:(?:te|vous|nous|le|la|les|leur|lui|l'|se|s'|y|en)\s*)*(?:"
    rf"{'|'.join(w for w in _PRESENT.split() if w.endswith('e'))}|prend|fait\s+(?!partie|peur|bien)|"
    rf"transmet|soumet|met(?!\s+en\s+garde)|tient\s+(?:le|la|les)|suit\s+(?:le|la)|relit|ecrit|lit|"
    r"previent|reprend|convertit|etablit|fournit|finit|inscrit|produit|refait|rend|repond|remplit|revoit|"
    r"saisit|traduit|voit\s+avec|"
    r"(?!sera|aura|pourra|viendra|partira|arrivera|reviendra|verra|ira|rentrera|saura|voudra|"
    r"manquera)[a-z]+ra)\b"
    r"|will\b(?!\s+be)|takes\s+care\b|is\s+(?:going\s+to|taking|handling)\b|to\s+(?:send|write|check|call|"
    r"prepare|review|update|book)\b|handles\b|sends\b|writes\b)"
)
"""What follows a name that takes something on."""
TAKE_TOGETHER = re.compile(
    r"\s*(?:s'en\s+(?:occupent|chargent)|s'occupent\s+d|se\s+chargent\s+d|doivent\b|devront\b|"
    r"vont\s+[a-z']+(?:er|ir|re|oir)\b|"
    rf"(?:(?:vous|nous|le|la|les|leur|lui|l'|se|s'|y|"
    rf"en)\s*)*(?:{'|'.join(w + 'nt' for w in _PRESENT.split() if w.endswith('e'))}|"
    r"prennent|font|transmettent|mettent|preparent|ecrivent|voient\s+avec|relisent|[a-z]+ront)\b)"
)
"""What follows two names that take something on together."""
GIVEN = re.compile(
    r"\b(?:je\s+(?:(?:te|vous|le|la|les)\s+)?(?:confie|laisse|delegue)|je\s+compte\s+sur(?:\s+toi)?|"
    r"je\s+demande\s+a|on\s+(?:confie|demande\s+a|laisse|compte\s+sur)|"
    r"il\s+faut\s+que|faut\s+que|c'est\s+(?:bien\s+|donc\s+)?(?=\S+\s+qui)|a\s+la\s+charge\s+de|"
    r"c'est\s+(?:a|pour)|action\s*(?:pour)?|todo|au\s+tour\s+de)\s*:?\s*(?:@)?$"
)
"""What stands before a name that is given something."""
GIVEN_LATER = re.compile(r"\b(?:je|on)\s+(?:confie|laisse|delegue|attribue)\b.{3,80}\ba\s+@?$")
"""« Je confie la relecture à … » """
TO_YOU = re.compile(
    r"\b(?:tu|vous)\s+(?:(?:nous|me|te|le|la|les|lui|leur|l'|m'|t'|y|en)\s*)*(?!(?:es|etes|as|avez|peux|"
    r"pouvez|"
    r"penses|crois|sais|savez|viens|venez|veux|voulez|aimes|preferes|comprends|connais|arrives|confirmes|"
    r"etais|avais|"
    r"pars|dis|dites|trouves|souviens|parles|proposes|mets\s+combien|reviens|restes|attends|"
    r"entends)\b)[a-z]{2,}(?:es|ez|s|x)\b|"
    r"\bje\s+(?:te|vous)\s+(?:confie|laisse|delegue)\b|\bje\s+compte\s+sur\s+(?:toi|"
    r"vous)\b|\ba\s+toi\s+de\b|\b(?:te|vous)\s+revien(?:t|dra)\b|\bc'est\s+(?:pour|a)\s+toi\b"
    r"|\btu\s+(?:t'en|t')\s*(?:occupes?|charges?)\b"
)
"""What is told to somebody who is named, without asking."""
LISTED = re.compile(
    r"\s*,?\s*(?:il\s+)?(?:faut|faudrait|faudra)\s+(?:que|qu')|"
    r"\s*(?:\([^)]{0,20}\)\s*)?(?::|→|->|=>|—|–)\s*(?:[a-z']+(?:er|ir|re|oir)\b(?<!hier)|"
    r"\S+\s+(?:a\s+)?[a-z]+er\b)"
)
"""« Paul : relire la note » """
ASKS_TO = re.compile(
    r"\b(?:(?:tu|vous)\s+(?:peux|pourrais|pourras|pouvez|pourriez|pourrez|veux\s+bien|voulez\s+bien)|"
    r"peux-tu|pourrais-tu|pourrez-vous|pouvez-vous|"
    r"pourriez-vous|merci\s+(?:de|d')\s*[a-z]+(?:er|ir|re|oir)\b|il\s+faut\s+que\s+tu|veux-tu|"
    r"tu\s+(?:veux|voudrais)\s+(?:bien\s+)?[a-z]+er|"
    r"tu\s+t'en\s+(?:occupes|charges)|il\s+me\s+(?:faut|faudrait)|can\s+you|could\s+you|would\s+you|"
    r"please|\b(?:stp|svp)|"
    r"(?:quelqu'un|qui)\s+(?:peut|pourrait|veut\s+bien|se\s+charge|s'en\s+(?:occupe|charge)|s'occupe|"
    r"prend|relance|appelle|contacte|redige|envoie|prepare|fait\s+l)|"
    r"(?:anyone|someone|who)\s+can)\b"
)
TO_DO = re.compile(
    r"^\W*(?:a\s+faire|todo|action)\s*:|\b(?:il\s+faudrait|il\s+faut|faut|faudra|"
    r"il\s+faudra)\s+(?:absolument\s+|aussi\s+|vraiment\s+)?"
    r"que\s+quelqu'un\b|\bchacune?\s+(?:(?:m'|nous\s+|me\s+)\s*)?(?:[a-z]+e|doit|fait|met|transmet)\b|"
    r"\b(?:someone|somebody)\s+(?:should|needs\s+to|has\s+to)\b|\breste\s+a\s+(?!voir|savoir|confirmer|"
    r"decider)[a-z]+er\b"
)
NEEDED = re.compile(
    rf"{TO_DO.pattern}|\b(?:il\s+(?:nous\s+)?faudrait|il\s+(?:nous\s+)?faut|faut|faudra|reste\s+a|"
    rf"we\s+need\s+to|qui\s+(?:peut|s'en|se\s+charge))\b"
)
DONE = re.compile(
    r"^\W*(?:c'est\s+)?(?:fait|envoye|regle|boucle|publie|termine|parti|poste|transmis|done|sent)\b|"
    r"\bc'est\s+(?:fait|envoye|regle|parti|poste|transmis|bon)\b"
    r"|\b(?:je\s+(?:l'ai|les\s+ai|viens\s+d[e'])|j'ai)\s*(?:de\s+|bien\s+|deja\s+|finalement\s+|"
    r"tout\s+)*(?:faire|fait|envoye|envoyer|publier|publie|transmis|relance|appele|"
    r"termine|fini|depose|reserve|redige|corrige|mis\s+a\s+jour|partage|poste|imprime|verifie|regle|"
    r"boucle|eu\s+(?:le|la|les))\b|\b(?:vient\s+d'etre|a\s+ete)\s+(?:fait|envoye|regle|publie)"
)
GIVES_UP = re.compile(
    r"\bje\s+(?:ne\s+)?(?:peux|pourrai|pourrais|vais)\s+(?:finalement\s+|malheureusement\s+)?(?:pas|"
    r"plus)\b|\bje\s+n'(?:aurai|ai)\s+pas\s+le\s+temps\b|\bje\s+n'aurai\s+pas\b"
    r"|\bfinalement\s+(?:c'est\s+)?(?!je\b)\w+\s+(?:qui\s+)?s'en\s+(?:occupe|charge)|\bi\s+can't\b|"
    r"\bimpossible\s+pour\s+moi\b|\bje\s+passe\s+mon\s+tour\b|\bpas\s+possible\s+pour\s+moi\b"
    r"|\bje\s+(?:suis|serai)\s+(?:deja\s+)?(?:absente?|en\s+conges?|pris|prise|debordee?|sous\s+l'eau|"
    r"en\s+arret|en\s+formation)|\bquelqu'un\s+d'autre\b|\bplus\s+la\s+peine\b|\bplus\s+besoin\b"
)
ACCEPTS = re.compile(
    r"^\W*(?:ok|okay|oui|ouais|d'accord|dac|entendu|c'est\s+note|note|bien\s+recu|recu|"
    r"pas\s+de\s+(?:souci|probleme|pb)|ca\s+marche|ca\s+roule|"
    r"avec\s+plaisir|volontiers|je\s+m'en\s+(?:occupe|charge)|je\s+(?:le|la|les)\s+fais|compte\s+sur\s+moi|"
    r"yes|yep|sure|will\s+do|bien\s+sur|parfait|c'est\s+parti|roger|go\b|moi\s+ca\s+me\s+va|ca\s+me\s+va|"
    r"top|nickel|super|impeccable|tres\s+bien|pareil|idem|\+\s*1|fine\s+with\s+me|👍|👌|✅)(?!\w)"
)
NEEDS_OF_ALL = re.compile(
    r"\b(?:il\s+me\s+faut|il\s+me\s+faudrait|j'ai\s+besoin\s+(?:de|d')|merci\s+(?:a\s+(?:tous|"
    r"toutes|chacune?)\s+)?(?:de|d')\s*[a-z]+(?:er|ir|re|oir)\b|"
    r"(?:pouvez|pourriez)-vous|vous\s+(?:pouvez|pourriez|m'envoyez|m'envoyer)|envoyez|transmettez|"
    r"chacune?\s+(?:envoie|prepare|relit|remplit)|please\s+send|i\s+need)\b"
)
"""Asks something of whoever reads it."""
THANKS = re.compile(
    r"^\W*(?:(?:ok|oui|parfait|super|top|genial|nickel|d'accord|tres\s+bien|ca\s+marche|great|"
    r"perfect)\W+)*(?:merci|parfait|super|top|nickel|ok|oui|"
    r"d'accord|ca\s+marche|thanks|thx|great)\b"
)
WHO = re.compile(
    r"\b(?:qui|quelqu'un|qqn|un\s+volontaire|who|anyone|somebody|someone)\b|^\W*@?[a-z-]+\W*$|"
    r"\bil\s+(?:me\s+|nous\s+)?(?:faut|faudrait)\b"
)
"""Asks who will do it; or calls somebody by the name alone."""
REFUSES = re.compile(
    r"^\W*(?:(?:ah|bah|ben|hmm|euh)\W+)*(?:non|no|nope|desolee?|sorry|"
    r"pas\s+moi)\b(?!.{0,30}\bm'en\s+(?:occupe|charge))"
)
