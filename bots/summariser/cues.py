"""Words by which people decide, take something on, ask, disagree or joke, in French and English. Pure.

Each pattern reads text without accents, in lower case, with straight apostrophes (`dates.folded`).
"""

from __future__ import annotations

import re

DECIDES = re.compile(
    r"\b(?:on|nous)\s+(?:a\s+|avons\s+)?(?:decide|decidons|tranche|tranchons|acte|actons|valide|validons|"
    r"retient|retenons|retenu|arrete|adopte|adoptons|choisit|choisi|choisissons|annule|annulons|reporte|"
    r"reportons|abandonne|abandonnons|maintient|maintenons|part(?:ira)?\s+(?:donc\s+|finalement\s+)?sur|"
    r"partons\s+sur|reste\s+sur|restons\s+sur|s'arrete\s+sur|revient\s+(?:a|au|aux)\b|garde|gardons|"
    r"passe\s+(?:donc\s+|finalement\s+)?(?:a|au|en|sur)\b|decale|decalons|fixe|fixons)"
    r"|\bc'est\s+(?:donc\s+|bien\s+|finalement\s+)?(?:decide|valide|acte|tranche|entendu|adopte|arrete|"
    r"officiel|confirme)\b"
    r"|\b(?:decision|arbitrage)\s*(?:prise?|finale?|du\s+\w+)?\s*:"
    r"|\b(?:est|sont)\s+(?:donc\s+|finalement\s+)?(?:decidee?s?|validee?s?|actee?s?|adoptee?s?|retenue?s?|"
    r"tranchee?s?|fixee?s?|annulee?s?|reportee?s?|abandonnee?s?)\b"
    r"|^\s*(?:ok[, ]+|oui[, ]+|bon[, ]+|donc[, ]+|parfait[, ]+)*(?:valide|acte|adopte|decide|tranche|"
    r"vendu)\b|[:,]\s*(?:c'est\s+)?(?:valide|acte|adopte|decide)\W*$"
    r"|\bc'est\s+(?:cale|arrete)\b|\b(?:rectification|contre-ordre|changement(?:\s+de\s+\w+)?)\s*:"
    r"|^\W*(?:bonne\s+idee|ok|oui|d'accord|parfait|allez|entendu)[,. !]+(?:alors\s+|donc\s+)?on\s+"
    r"(?!peut|pourrait|voit|verra|est|sait|attend|dit|reparle|discute|s'en|se\b|y\b|en\b)[a-z]+[ets]\b"
    r"|\bje\s+(?:tranche|valide|decide|confirme\s+(?:la|le|qu'on|que\s+l'on|que\s+nous))\b"
    r"|\bva\s+pour\b|\baccord\s+general\b|\btout\s+le\s+monde\s+est\s+d'accord\b|\bnous\s+sommes\s+d'accord\b"
    r"|\bon\s+est\s+(?:tous\s+|toutes\s+)?d'accord\b|\ba\s+l'unanimite\b"
    r"|\b(?:we(?:'ve|\s+have)?\s+(?:all\s+)?(?:decide|decided|agree|agreed|chose|approved|settled)\b"
    r"|(?:we(?:'ll|\s+will)?|let's)\s+(?:go|stick)\s+with\b|decision\s*:|it's\s+(?:decided|settled|agreed)"
    r"|\bagreed\s*[:,.!]|\bwe\s+(?:drop|cancel|postpone|keep)\b)"
)
SETTLES = re.compile(
    r"\b(?:aura\s+lieu|se\s+tiendra|sera|seront|passe(?:nt)?\s+en|on\s+(?:fera|va|prendra|choisira)|will\s+be|"
    r"takes\s+place)\b"
)
"""Not enough to find a decision by; enough not to contest one that a model found."""
NOT_DECIDED = re.compile(
    r"\b(?:pas|rien|jamais|aucune?)\s+(?:encore\s+)?(?:ete\s+)?(?:de\s+)?(?:decid|valid|tranch|act[ei]|"
    r"decision|retenu|arrete|fixe|confirm)"
    r"|\brien\s+n'est\s+(?:encore\s+)?(?:decid|valid|tranch|act|fix|arret)|\bsi\s+(?:on|nous|jamais)\b"
    r"|\b(?:faut|faudrait|faudra|devrait|doit|pourrait|va\s+falloir|reste\s+a|propose|aimerais?|quand)\b"
    r"[^.;]{0,30}(?:decid|tranch|valid|acter|choisi|retenir)"
    r"|\b(?:peut-etre|eventuellement|sous\s+reserve|a\s+(?:decider|valider|trancher|confirmer))\b"
    r"|\bje\s+propose\b|\bproposition\b|\bon\s+(?:decidera|tranchera|validera|verra)\b"
    r"|\b(?:(?:not|nothing|never|haven't|hasn't)\s+(?:yet\s+|been\s+)*(?:decided|agreed|settled|approved)|if\s+we|"
    r"should\s+we|maybe|might)\b"
    r"|\bavant\s+que\b|\bquand\s+on\s+aura\b|\bau\s+cas\s+ou\b"
)
REVERSES = re.compile(
    r"\b(?:finalement|en\s+fait|changement|on\s+revient\s+sur|revirement|plutot|contrairement|au\s+lieu\s+d|"
    r"oubliez|oublie\s+ce|on\s+change|contre-ordre|correction|rectification|j'annule|on\s+annule|annulee?|"
    r"remplace|n'est\s+plus|abandonne|tout\s+compte\s+fait|actually|instead|scratch\s+that|change\s+of\s+plan|"
    r"no\s+longer|after\s+all)\b"
)
COMMITS = re.compile(
    r"\bje\s+(?:m'en\s+(?:occupe|charge)|m'occupe\s+d|me\s+charge\s+d|m'y\s+(?:colle|mets)|le\s+fais|la\s+fais|"
    r"les?\s+\w+(?:e|ie)\s+(?:d'ici|avant|demain|pour|lundi|mardi|mercredi|jeudi|vendredi)|"
    r"(?:vous\s+|te\s+|t'|lui\s+|leur\s+|le\s+|la\s+|les\s+|l')?(?:prends|ferai|fais|enverrai|envoie|relance|relancerai|"
    r"prepare|preparerai|redige|redigerai|transmets|transmettrai|rappelle|rappellerai|reserve|reserverai|"
    r"verifie|verifierai|contacte|contacterai|corrige|corrigerai|complete|completerai|termine|finis|"
    r"finirai|terminerai|demande|demanderai|organise|organiserai|planifie|publie|publierai|depose|"
    r"deposerai|mets\s+a\s+jour|mettrai|partage|partagerai|regarde\s+ca|regarderai|reprends|reprendrai|traite|traiterai|"
    r"convoque|imprime|saisis|commande|commanderai|chiffre|chiffrerai|teste|testerai|relis|relirai|appelle|"
    r"appellerai|programme|bloque|lance|lancerai|livre|livrerai|boucle|rends|rendrai|donne|donnerai)\b|"
    r"vais\s+(?:[a-z']+\s+){0,2}[a-z]+(?:er|ir|re|oir)\b)"
    r"|\bj'(?:envoie|enverrai|appelle|appellerai|ecris|ecrirai|organise|imprime|invite|inviterai|actualise|"
    r"ajoute|ajouterai|assure|adresse|adresserai|archive|installe|etablis|ouvre|ouvrirai)\b"
    r"|\b(?:compte|comptez|compter)\s+sur\s+moi\b|\bc'est\s+pour\s+moi\b|\bje\s+prends\s+(?:ca|le|la|les)\b|\bmoi\s+je\s+m'en\b"
    r"|\b(?:i'll|i\s+will|i'm\s+on\s+it|i\s+can\s+take|i'll\s+take|on\s+it\b|i'm\s+going\s+to)\b"
)
NOT_COMMITTED = re.compile(
    r"\bje\s+(?:(?:le|la|les|vous|te|l'|t'|me|m')\s*)?[a-z]+rais\b|\bje\s+(?:ne|n')|\bj'ai\b|\bje\s+(?:vais\s+(?:bien|y\s+reflechir|voir|devoir|manger|dejeuner|dormir|"
    r"craquer|pleurer|partir\s+en|prendre\s+un\s+(?:cafe|the)|chercher\s+un\s+cafe))"
    r"|\bsi\s+je\b|\bje\s+(?:prends|fais)\s+(?:un\s+(?:cafe|the)|une\s+pause|note)\b|\bje\s+pourrais\b"
    r"|\bje\s+(?:te|vous)?\s*(?:demande)\s+(?:si|pourquoi|comment)\b|\bje\s+me\s+demande\b"
    r"|\b(?:peut-etre|i\s+(?:can't|won't|don't))\b|\bje\s+donne\s+ma\s+langue\b|\bj'appelle\s+ca\b"
    r"|\bje\s+(?:prends|fais)\s+acte\b|\bje\s+fais\s+confiance\b"
)
DONE = re.compile(
    r"^\s*(?:\W*(?:c'est\s+)?(?:fait|envoye|regle|boucle|publie|termine|done|sent)\b)|\bc'est\s+fait\b"
    r"|\bje\s+(?:l'ai|viens\s+d[e'])\s*(?:de\s+)?(?:faire|fait|envoye|envoyer|publier|publie)\b"
)
GIVES_UP = re.compile(
    r"\bje\s+(?:ne\s+)?(?:peux|pourrai|pourrais)\s+(?:finalement\s+)?(?:pas|plus)\b|\bje\s+n'aurai\s+pas\b"
    r"|\bfinalement\s+(?:c'est\s+)?(?!je\b)\w+\s+(?:qui\s+)?s'en\s+(?:occupe|charge)|\bi\s+can't\b"
)
ACCEPTS = re.compile(
    r"^\W*(?:ok|oui|d'accord|entendu|c'est\s+note|note|bien\s+recu|pas\s+de\s+(?:souci|probleme)|ca\s+marche|"
    r"avec\s+plaisir|volontiers|je\s+m'en\s+(?:occupe|charge)|je\s+(?:le|la|les)\s+fais|compte\s+sur\s+moi|"
    r"yes|sure|will\s+do|bien\s+sur|parfait|c'est\s+parti|roger|👍)\b|^\W*👍"
)
ASKS_TO = re.compile(
    r"\b(?:tu\s+(?:peux|pourrais|pourras|veux\s+bien)|peux-tu|pourrais-tu|pourrez-vous|pouvez-vous|"
    r"vous\s+(?:pouvez|pourriez|pourrez)|pourriez-vous|merci\s+(?:de|d')|il\s+faut\s+que\s+tu|veux-tu|"
    r"tu\s+t'en\s+(?:occupes|charges)|il\s+me\s+(?:faut|faudrait)|can\s+you|could\s+you|please)\b"
)
ASSIGNED = (
    r"(?:s'en\s+(?:occupe|charge)|s'occupe\s+d|se\s+charge\s+d|doit\b|devra\b|prend\b|relance\b|envoie\b|"
    r"prepare\b|redige\b|fait\s+(?:le|la|les|un|une)\b|appelle\b|contacte\b|transmet\b|finalise\b|"
    r"verifie\b|reprend\b|assure\b|organise\b|reserve\b|corrige\b|publie\b|relit\b|"
    r"will\b|takes\s+care\b|to\s+(?:send|write|check|call|prepare)\b)"
)
TO_DO = re.compile(
    r"^\W*(?:a\s+faire|todo|action)\s*:|\b(?:il\s+faudrait|il\s+faut|faut)\s+(?:absolument\s+|aussi\s+)?"
    r"que\s+quelqu'un\b|\b(?:someone|somebody)\s+(?:should|needs\s+to|has\s+to)\b"
)
NEEDED = re.compile(
    rf"{TO_DO.pattern}|\b(?:il\s+(?:nous\s+)?faudrait|il\s+(?:nous\s+)?faut|faut|reste\s+a|we\s+need\s+to)\b"
)
DOES = re.compile(
    r"\b(?:je\s+|j')(?:(?:vous|te|t'|l'|le|la|les|lui|leur|y|en)\s*)*"
    r"(?!(?:suis|serai|pense|crois|trouve|penche|reste|pars|pars|arrive|rentre|reviens|sais|peux|pourrai|dois|"
    r"devrai|veux|voudrais|propose|prefere|ai|aurai|vois|espere|comprends|attends|viens|voulais|pensais|"
    r"croyais|rappelle\s+que|note|vote|doute|partirai|reviendrai|suggere|ne|n'|me\s+demande|travaille|vis|"
    r"deteste|aime|adore)\b)[a-z]{4,}"
)
"""A person does something: with a day, a promise."""
DISAGREES = re.compile(
    r"\b(?:pas\s+(?:du\s+tout\s+|vraiment\s+|tout\s+a\s+fait\s+)?d'accord|en\s+desaccord|je\s+suis\s+contre|"
    r"je\s+m'(?:y\s+)?oppose|(?:ca|cela)\s+ne\s+(?:me|nous)\s+convient\s+pas|objection|"
    r"pas\s+(?:du\s+tout\s+|vraiment\s+)?(?:convaincue?|favorable)|mauvaise\s+idee|mal\s+choisie?|"
    r"ne\s+me\s+(?:semble|parait)\s+pas|pas\s+(?:raisonnable|realiste|tenable|opportun)|pas\s+une\s+bonne\s+idee|"
    r"je\s+ne\s+partage\s+pas|je\s+(?:reste|suis)\s+(?:tres\s+)?(?:reservee?|opposee?)|"
    r"(?:j'ai|j'emets|j'emettrai)\s+(?:une|des)\s+reserves?|"
    r"je\s+conteste|trop\s+risque|je\s+(?:ne\s+)?(?:suis|serais)\s+pas\s+pour|disagree|not\s+convinced|"
    r"bad\s+idea|don't\s+think\s+.{1,40}\s+good\s+idea|not\s+a\s+good\s+idea|i'm\s+against|i\s+object)\b"
)
NOT_DISAGREED = re.compile(
    r"\b(?:personne|aucune?)\b|\bpas\s+contre\b|\bpas\s+d'objection|\bsans\s+objection|\bpas\s+une\s+mauvaise|"
    r"\bno\s+objection|\bsi\s+(?:vous|tu|quelqu'un)\b"
)
JOKES = re.compile(
    r"😂|🤣|😜|😆|😝|🙃|😉|;-?\)|\b(?:mdr|lol|ptdr|haha+|hihi+|je\s+(?:plaisante|rigole|blague|deconne)|"
    r"humour|c'est\s+une\s+blague|second\s+degre|just\s+kidding|kidding|jk)\b"
)
IDLE = re.compile(
    r"\b(?:ca\s+va|comment\s+vas|quelqu'un\s+veut\s+un\s+(?:cafe|the)|non\s*\?$|hein\s*\?|n'est-ce\s+pas|"
    r"qui\s+(?:vient|mange|dejeune)|on\s+mange|vous\s+avez\s+vu\s+le\s+match)\b|\bnon\s*\?\s*$"
)
NO_ANSWER = re.compile(
    r"\b(?:je\s+(?:ne\s+)?sais\s+pas|aucune\s+idee|bonne\s+question|on\s+verra|a\s+voir|je\s+me\s+(?:le\s+|la\s+)?"
    r"(?:demande|posais)|no\s+idea|i\s+don't\s+know|pas\s+(?:encore\s+)?de\s+(?:reponse|nouvelles)|"
    r"meme\s+question|j'attends|personne\s+ne\s+sait|quelqu'un\s+sait)\b"
)
ANSWERS = re.compile(
    r"^\W*(?:oui|non|si\b|ok|yes|no\b|d'accord|je\s+(?:l'|le|la|les|m'en|crois|pense|suis)\b|j'(?:en|y)\b|c'est\b|voila|trouve|a\s+priori|normalement|exact|"
    r"tout\s+a\s+fait|bien\s+sur|pas\s+de\s+souci|ca\b|👍)"
)
SETTLED = re.compile(
    r"\b(?:c'est\s+bon|j'ai\s+(?:trouve|la\s+reponse)|trouve\b|laissez\s+tomber|laisse\s+tomber|question\s+reglee|"
    r"resolu|never\s+mind|found\s+it)\b"
)
PROPOSES = re.compile(
    r"\b(?:je\s+propose|on\s+pourrait|nous\s+pourrions|si\s+on\b|et\s+si\b|pourquoi\s+ne\s+pas|proposition|"
    r"je\s+suggere|je\s+serais\s+pour|what\s+if|we\s+could|i\s+suggest|how\s+about|shall\s+we)\b|\?\s*$"
)
