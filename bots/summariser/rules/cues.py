"""Words by which people change their mind, ask, answer, disagree or joke, in French and English. Pure.

Each pattern reads text without accents, in lower case, with straight apostrophes (`dates.folded`). Those of
decisions are in `deciding`, those of promises in `promising`.
"""

from __future__ import annotations

import re

REVERSES = re.compile(
    r"\b(?:finalement|en\s+fait|changement|on\s+revient\s+sur|revirement|plutot|contrairement|"
    r"au\s+lieu\s+d|"
    r"oubliez|oublie\s+ce|on\s+change|contre-ordre|correction|rectification|j'annule|on\s+annule|annulee?|"
    r"remplace|n'est\s+plus|abandonne|moved\s+to|pushed\s+back|new\s+date|tout\s+compte\s+fait|actually|"
    r"instead|scratch\s+that|"
    r"change\s+of\s+plan|"
    r"no\s+longer|after\s+all)\b"
)
DISAGREES = re.compile(
    r"\b(?:pas\s+(?:du\s+tout\s+|vraiment\s+|tout\s+a\s+fait\s+)?d'accord|en\s+desaccord|"
    r"je\s+suis\s+contre|"
    r"je\s+m'(?:y\s+)?oppose|(?:ca|cela)\s+ne\s+(?:me|nous)\s+convient\s+pas|objection|"
    r"pas\s+(?:du\s+tout\s+|vraiment\s+)?(?:convaincue?|favorable)|mauvaise\s+idee|mal\s+choisie?|"
    r"ne\s+me\s+(?:semble|parait)\s+pas|pas\s+(?:raisonnable|realiste|tenable|opportun)|"
    r"pas\s+une\s+bonne\s+idee|"
    r"je\s+ne\s+partage\s+pas|je\s+(?:reste|suis)\s+(?:tres\s+)?(?:reservee?|opposee?)|"
    r"(?:j'ai|j'emets|j'emettrai)\s+(?:une|des)\s+reserves?|"
    r"je\s+conteste|je\s+desapprouve|c'est\s+une\s+(?:erreur|betise|folie|aberration)|"
    r"je\s+maintiens\b(?!\s+(?:la|le)\s)|c'est\s+non\b|pas\s+etre\s+d'accord|ca\s+me\s+(?:gene|derange)|"
    r"(?:ca|cela)\s+n'a\s+(?:pas\s+de|aucun)\s+sens|en\s+quel\s+honneur|surtout\s+pas|"
    r"je\s+prefererais\s+qu|trop\s+risque|je\s+(?:ne\s+)?(?:suis|serais)\s+pas\s+pour|disagree|"
    r"not\s+convinced|"
    r"bad\s+idea|don't\s+think\s+.{1,40}\s+good\s+idea|not\s+a\s+good\s+idea|i'm\s+against|i\s+object)\b"
)
NOT_DISAGREED = re.compile(
    r"\b(?:retire|leve)\s+mon\b|\b(?:personne|aucune?)\b|\bpas\s+contre\b|\bpas\s+d'objection|"
    r"\bsans\s+objection|\bpas\s+une\s+mauvaise|"
    r"\bno\s+objection|\bsi\s+(?:vous|tu|quelqu'un)\b"
)
JOKES = re.compile(
    r"😂|🤣|😜|😆|😝|😛|🤪|🙃|🤡|\b(?:mdr+|lol|ptdr|xd+|(?:ha){2,}|(?:hi){2,}|je\s+(?:plaisante|rigole|blague|"
    r"deconne|taquine)|"
    r"humour|ironie|pour\s+rire|c'est\s+une\s+blague|(?<!treve de )blague|poisson\s+d'avril|"
    r"second\s+degre|just\s+kidding|kidding|jk)\b"
)
IDLE = re.compile(
    r"\b(?:ca\s+va|comment\s+vas|quelqu'un\s+veut\s+un\s+(?:cafe|the)|non\s*\?$|hein\s*\?|n'est-ce\s+pas|"
    r"qui\s+(?:vient|mange|dejeune)|on\s+mange|vous\s+avez\s+vu\s+le\s+match|on\s+fait\s+(?:le|"
    r"un)\s+point|le\s+cafe|j'ai\s+rate|besoin\s+de\s+(?:qqch|quelque\s+chose)|du\s+coup\s*\?|"
    r"tout\s+le\s+monde\s+est\s+la|vous\s+etes\s+la|tu\s+es\s+la|t'es\s+la)\b|\bnon\s*\?\s*$"
    r"|\b(?:wifi|photo|repas|apero|croissants?|gateaux?|huile|vacances|meteo)\b|"
    r"^\W*bonne?\s+\w+\s*\?|\bsure?\s*\?|"
    r"\ben\s+veut\b|\bon\s+fait\s+le\s+tour\b|\bqu'en\s+pensez-vous\b|\btu\s+en\s+penses\s+quoi\b|"
    r"\ball\s+in\s+favour\b|"
    r"^\W*(?:m(?:me)?\.?|monsieur|madame)\s+(?:le|la)\s+\S+\W*$"
)
NO_ANSWER = re.compile(
    r"\b(?:je\s+(?:ne\s+)?sais\s+pas|aucune\s+idee|bonne\s+question|good\s+question|nous\s+verrons|question\s+(?:reste\s+)?(?:posee|ouverte)|on\s+verra|a\s+voir|"
    r"je\s+me\s+(?:le\s+|la\s+)?"
    r"(?:demande|posais)|no\s+idea|i\s+don't\s+know|pas\s+(?:encore\s+)?de\s+(?:reponse|nouvelles)|"
    r"meme\s+question|j'attends|on\s+attend|en\s+attente|je\s+ne\s+peux\s+pas\s+(?:te|vous)\s+dire|"
    r"j'en\s+sais\s+rien|je\s+sais\s+plus|moi\s+non\s+plus|pas\s+de\s+reponse|je\s+(?:vois|verifie|"
    r"regarde|demande|me\s+renseigne|pose\s+la\s+question|transmets\s+la\s+question)|personne\s+ne\s+sait|"
    r"quelqu'un\s+sait)\b"
)
ANSWERS = re.compile(
    r"^\W*(?:oui|non|pas\b|jamais\b|aucune?\b|si\b|ok|yes|no\b|d'accord|je\s+(?:l'|le|la|les|m'en|crois|"
    r"pense|suis)\b|j'(?:en|y)\b|c'est\b|voila|trouve|a\s+priori|normalement|exact|"
    r"tout\s+a\s+fait|bien\s+sur|pas\s+de\s+souci|ca\b|👍)"
)
SETTLED = re.compile(
    r"\b(?:c'est\s+bon|j'ai\s+(?:trouve|la\s+reponse)|trouve\b|laissez\s+tomber|laisse\s+tomber|"
    r"question\s+reglee|"
    r"resolu|never\s+mind|found\s+it)\b"
)
PROPOSES = re.compile(
    r"\b(?:je\s+propose|on\s+pourrait|nous\s+pourrions|si\s+on\b|et\s+si\b|pourquoi\s+ne\s+pas|proposition|"
    r"je\s+suggere|je\s+serais\s+pour|what\s+if|we\s+could|i\s+suggest|how\s+about|shall\s+we)\b|\?\s*$"
)
WINKS = re.compile(r"😉|;-?\)|😏|😎|😄|😁|😬|☕|🍕|🍰|🥐|🏖|\bcafe\b.{0,12}\?")
"""What may be meant lightly: no decision is drawn from it."""
_LAUGHS = "😂 🤣 😆 😹 😝 🤪 joy rofl laughing"
LAUGHS = frozenset(_LAUGHS.split())
_AGREES = """
    👍 👌 ✅ 💯 🙌 👏 ✔ ✔️ ☑️ 🆗 +1 thumbsup ok white_check_mark 👍🏻 👍🏼 👍🏽 👍🏾 👍🏿 ❤️ 🎉 💪 🫡
"""
AGREES = frozenset(_AGREES.split())
WONDERS = re.compile(
    r"\b(?:quelqu'un|qqn|qqun|qq'un|personne)\s+(?:sait|a\s+(?:une\s+idee|des\s+nouvelles)|"
    r"connait)\b(?!\s*\.)|\bje\s+me\s+(?:demande|pose\s+la\s+question)\b|"
    r"\b(?:reste|question)\s+(?:a\s+savoir|ouverte|en\s+suspens)\b|\bon\s+(?:ne\s+)?sait\s+(?:toujours\s+|"
    r"pas\s+)+(?:si|qui|quand|ou|comment)\b|"
    r"(?<!je\s)(?<!me\s)\b(?:demandent?|voudra(?:it|ient)\s+savoir)\s+(?:si|qui|quand|comment|quelle?s?|"
    r"ou|ce\s+que|combien)\b|"
    r"^(?:[^:]{0,40}:\s*)?(?:qui|combien|pourquoi|est-ce\s+qu[e']|quelle?s?\s+(?:est|"
    r"sont))\s*[^.;,]{4,80}$|\bdoes\s+anyone\s+know\b"
)
"""Asks without a question mark, or says that something is not known."""
TURNS = re.compile(
    r"\b(?:finalement|plutot|en\s+fait|correction|rectification|changement|au\s+lieu|contre-ordre|"
    r"en\s+definitive|au\s+final|actually|instead|scratch\s+that|"
    r"change\s+of\s+plan|et\s+(?:non|pas))\b"
)
"""Words that say that what follows takes the place of what was said."""
OBJECTS = re.compile(
    r"^\W*(?:(?:ah|bah|ben|euh|hum|hmm|mouais|mais)\W+)*(?:non|nope|no)\b|^\W*trop\s+\w+|"
    r"\bc'est\s+(?:beaucoup\s+|vraiment\s+|bien\s+|juste\s+)*(?:trop\s+\w+|infaisable|intenable|"
    r"irrealiste|impossible|disproportionne|absurde|delirant|dangereux)|\bca\s+ne\s+(?:marche|tient|passe|"
    r"suffira|"
    r"va)\s+pas\b|=\s*non\b|\bje\s+maintiens\b|"
    r"\b(?:lecture|avis)\s+de\s+.{1,30}pas\s+(?:la|le)\s+(?:notre|mien)|\bpas\s+(?:question|possible)\b|"
    r"\bhors\s+de\s+question\b|\btoo\s+\w+\b"
)
"""In answer to a proposal: against it."""
OFFERED = re.compile(
    r"\b(?:je\s+(?:propose|suggere|serais\s+pour|pense\s+qu|prefere|prefererais|voudrais)|"
    r"on\s+(?:pourrait|devrait)|et\s+si\s+on|pourquoi\s+(?:ne\s+)?pas|"
    r"(?:ma\s+)?proposition|il\s+(?:faut|faudrait)|faut|faudrait|mieux\s+vaut|i'd\s+rather|we\s+should|"
    r"i\s+suggest|let's)\b"
)
NO = re.compile(
    r"^\W*(?:(?:ah|bah|ben|oh|euh|hum|hmm|mais|ho)\W+)*(?:non|nope|no\s+way|pas\s+d'accord|surtout\s+pas)\b"
)
