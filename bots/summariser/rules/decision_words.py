"""Words by which people decide, in French and English. Pure.

Some verbs decide by themselves (« on retient »). Others (« on prend ») tell a decision only with a word that
settles (« finalement », « c’est entendu », « ok, … »), or as an answer that somebody accepts. A wish, a
condition, an opinion or a decision that is still to come is none. Each pattern reads text without accents, in
lower case, with straight apostrophes (`dates.folded`).
"""

from __future__ import annotations

import re

_ADVERB = (
    r"(?:(?:donc|finalement|bien|plutot|alors|aussi|desormais|definitivement|du\s+coup|tous|toutes|"
    r"tout|au\s+final)\s+)*"
)
_ON = rf"\b(?:on|nous)\s+(?:(?:(?:le|la|les|vous|y|en|se)\s+|l'|s')*)(?:a\s+|avons\s+)?{_ADVERB}"

_STRONG = r"""
    decid(?:e|ons) tranch(?:e|ons) act(?:e|ons) valid(?:e|ons) reti(?:ent|endra) reten(?:ons|u|ue|us)
    arret(?:e|ons) adopt(?:e|ons) chois(?:it|i|issons) annul(?:e|ons|era) report(?:e|ons|era)
    abandonn(?:e|ons|era) mainti(?:ent|endra) mainten(?:ons|u) decal(?:e|ons|era) fix(?:e|ons)
    cal(?:e|ons) opt(?:e|ons|era)\s+pour repouss(?:e|ons|era) conserv(?:e|ons|era) renonc(?:e|ons|era)
    supprim(?:e|ons|era) suspend(?:ons|ra)? gel(?:e|ons|era) priv?ilegi(?:e|ons|era)
    prioris(?:e|ons|era) convient\s+(?:de|que) convenu\s+(?:de|que) confirm(?:e|ons) approuv(?:e|ons)
    gard(?:e|ons|era)(?!\s+(?:le\s+(?:sourire|moral|cap)|contact|espoir|(?:ca\s+)?en\s+tete|un\s+oeil|a\s+l'esprit))
    (?:part(?:ira|ait)?|partons|parti|reste(?:ra)?|restons|arrete|mise|va)\s+(?:\w+\s+){0,2}sur
    cale\s+sur tient\s+a(?:u|ux)?\b rev(?:ient|iendra|enons)\s+a(?:u|ux)?\b
    (?:pass(?:e|ons|era))\s+(?:\w+ment\s+|donc\s+)?sur\b met(?:s|tons)?\s+d'accord
    tomb(?:e|es|ons)\s+d'accord laiss(?:e|ons|era)\s+tomber bascul(?:e|ons|era) externalis(?:e|ons|era)
    mutualis(?:e|ons|era) fait\s+(?:comme\s+(?:ca|cela)|l'impasse|sans) y\s+va\s+(?:pour|avec|comme)
"""
_WEAK = r"""
    pren(?:d|dra|ons) f(?:ait|era|aisons) lanc(?:e|era|ons) ouvr(?:e|ira|ons) ferm(?:e|era|ons)
    envo(?:ie|yons) enverra publi(?:e|era|ons) met(?:tra|tons)? utilis(?:e|era|ons) ir(?:a|ons)
    part(?:ira)? demarr(?:e|era|ons) commenc(?:e|era|ons) sign(?:e|era|ons) achet(?:e|era|ons)
    command(?:e|era|ons) lou(?:e|era|ons) recrut(?:e|era|ons) invit(?:e|era|ons) organis(?:e|era|ons)
    ajout(?:e|era|ons) retir(?:e|era|ons) enlev(?:e|era|ons) separ(?:e|era|ons)
    (?:pass(?:e|ons|era))\s+(?:a|au|en)\b(?!\s+table) montr(?:e|era|ons) cit(?:e|era|ons)
    present(?:e|era|ons) laiss(?:e|era|ons) limit(?:e|era|ons) remplac(?:e|era|ons) regroup(?:e|era|ons)
    fusionn(?:e|era|ons) avanc(?:e|era) impos(?:e|era|ons) interdit accord(?:e|era|ons)
    demand(?:e|era|ons) deplac(?:e|era|ons) rest(?:e|era|ons)
    va\s+(?!voir|reflechir|dire|essayer|manger|attendre\s+de\s+voir|en\s+(?:reparler|discuter)|avoir)[a-z']+
    ajourn(?:e|era) tient tiendra prolong(?:e|era) expediera livr(?:e|era)
"""


def _any(words: str) -> str:
    """One of the alternatives that a column of words and patterns lists."""
    return "(?:" + "|".join(words.split()) + ")"


_AUTHORITY = (
    r"\b(?:(?:le|la|les|l'|notre|son|sa)\s*)(?:comite|codir|copil|cotech|comex|direction|directeur|"
    r"directrice|dg|dga|dgs|sg|"
    r"secretaire\s+general|secretaire\s+generale|chef|cheffe|prefet|prefete|prefecture|cabinet|ministre|"
    r"juridique|dpo|bureau|conseil|"
    r"drh|daf|dsi|rssi|cse|csa|maire|rectrice|recteur|hierarchie|commission|responsable|sous-directeur|"
    r"sous-directrice|commanditaire|client|metier)"
)

_ENDED = (
    r"(?:decide|acte|valide|tranche|adopte|retenu|choisi|annule|reporte|abandonne|maintenu|fixe|decale|"
    r"repousse|"
    r"avance|approuve|arbitre|confirme|arrete|entendu|convenu|suspendu|supprime|rejete|refuse|ecarte|"
    r"deplace|conserve|prolonge|declare)"
)
_IS = (
    r"(?:est|sont|sera|seront|a\s+ete|ont\s+ete)\s+(?:donc\s+|finalement\s+|bien\s+|desormais\s+|"
    r"definitivement\s+)?"
)

DECIDES = re.compile(
    rf"{_ON}{_any(_STRONG)}(?!\w)"
    # « c’est acté », « il a été décidé », « la réunion est décalée »
    r"|\bc'est\s+(?:donc\s+|bien\s+|finalement\s+|vu\s+et\s+)?(?:decide|valide|acte|tranche|entendu|"
    r"adopte|arrete|effectif|officiel|"
    r"confirme|cale|definitif|vote|plie)\b(?!\s+(?:a|par|hier)\b)"
    rf"|\b(?!elle\b)(?:il\s+{_IS}(?:decide|acte|convenu|entendu|arrete)\b|"
    rf"{_IS}{_ENDED}(?:e?s?)\b(?!\s+de\s+(?:voir|lire|savoir)))"
    r"|\b(?:la|une|cette)\s+decision\s+est\s+(?:donc\s+)?prise\b|\ble\s+choix\s+est\s+fait\b|"
    r"\barbitrage\s+rendu\b"
    r"|\b(?:releve\s+de\s+)?(?:decisions?|arbitrage|conclusion|choix)\s*(?:prise?s?|finale?|rendu|arrete|"
    r"actee?s?|du\s+\w+|de\s+la\s+\w+|collective)?"
    r"(?:\s+(?:avec|par|en|ce\s+matin|ce\s+jour)\b[^:.]{0,40})?\s*:(?!\s*\?)"
    r"|\b(?:le|la)\s+\w+\s+retenue?\s+est\b|,\s*decision\s+(?:du|de)\s+(?:la\s+|l')?\w+"
    # « le comité a validé », « la directrice a donné son accord »
    rf"|{_AUTHORITY}[^.;:?!]{{0,30}}?\b(?:a|ont|vient\s+de|viennent\s+de)\s+(?:bien\s+|finalement\s+|"
    rf"enfin\s+|deja\s+)?(?:{_ENDED}|"
    r"donne\s+(?:son|leur|le)\s+(?:accord|feu\s+vert|aval|ok)|dit\s+(?:oui|ok|non)|decider|valider|"
    r"trancher|choisir)"
    rf"|{_AUTHORITY}\s+(?:valide|tranche|approuve|decide|retient|confirme|est\s+d'accord|prefere\s+qu'on)\b"
    r"|\b(?:on\s+a|nous\s+avons|j'ai)\s+(?:eu\s+|recu\s+|obtenu\s+)?(?:le\s+)?(?:feu\s+vert|aval)\b|"
    r"^\W*feu\s+vert\b"
    # « MEP décalée au 29 », « ODJ arrêté comme ça »
    r"|(?:^|[,:]\s*)(?:la\s+|le\s+|les\s+|l')?(?:[\w'./-]+\s+){1,5}(?:decalee?s?|reportee?s?|annulee?s?|"
    r"maintenue?s?|validee?s?|retenue?s?|"
    r"actee?s?|adoptee?s?|repoussee?s?|avancee?s?|arretee?s?|abandonnee?s?)\s*(?:$|[.!,]|(?:au|a|en|comme|"
    r"pour|par|d'|jusqu'|sans)\b)"
    # « ok, validé », « adopté : … », « vendu »
    r"|^\W*(?:(?:ok|oui|bon|donc|parfait|super|alors|du\s+coup|bien)[, ]+)*(?:valide|acte|adopte|decide|"
    r"tranche|vendu|adjuge|accorde|"
    r"banco|deal|marche\s+conclu|entendu\s*[:,])(?!\w)"
    r"|[:,]\s*(?:c'est\s+)?(?:valide|acte|adopte|decide|entendu|tranche)e?\W*$"
    r"|\b(?:rectification|contre-ordre|changement(?:\s+de\s+\w+)?)\s*:"
    # « je tranche », « va pour jeudi », « on est tous d’accord pour … »
    r"|\bje\s+(?:tranche|valide(?!\s+(?:les?\s+acces|\w+\s+comptes?))|decide|"
    r"(?:vous\s+)?confirme\s+(?:la\s+date|le\s+(?:choix|lieu|report|maintien)|"
    r"qu'on|que\s+l'on|que\s+nous)|prends\s+la\s+decision|donne\s+mon\s+(?:accord|feu\s+vert|go))\b"
    r"|\bva\s+pour\b(?!\s+(?:moi|lui|elle))|\baccord\s+(?:general|unanime|de\s+tou(?:s|tes|"
    r"t\s+le\s+monde))\b|\ba\s+l'unanimite\b|\bmajorite\s+pour\b"
    r"|\bl'emporte\s*(?:[,:(]|par\b|avec\b|a\s+\d)"
    r"|\b(?:tout\s+le\s+monde\s+est|(?:nous\s+)?sommes|(?:on|nous)\s+est|on\s+est)\s+(?:(?:donc|tous|"
    r"toutes|bien)\s+)*(?:d'accord|ok|alignes|en\s+phase)\b(?!\s+sur\s+(?:le\s+constat|le\s+fond|"
    r"le\s+diagnostic))"
    r"|\b(?:bon|ok|valide)\s+pour\s+tout\s+le\s+monde,?\s+(?:donc\s+)?on\b"
    # English
    r"|\b(?:we(?:'ve|\s+have)?\s+(?:all\s+|now\s+|finally\s+)?(?:decided?|agree|agreed|chose|approved|"
    r"settled)\b"
    r"|(?:we(?:'ll|\s+will)?|let's)\s+(?:go|stick|proceed)\s+(?:with|for)\b|decision\s*:|(?:it's|"
    r"that's)\s+(?:decided|settled|agreed|final)"
    r"|\bagreed\s*[:,.!]|\bwe(?:'re|\s+are)\s+(?:dropping|cancelling|canceling|postponing|keeping|"
    r"going\s+with|switching)\b"
    r"|\b(?:is|are|has\s+been|have\s+been)\s+(?:approved|cancelled|canceled|postponed|decided|rejected|"
    r"confirmed)\b"
    r"|^\W*(?:ok|so|then|fine|right)\b.{0,20}\bmoved\s+to\b|\bnew\s+(?:date|deadline|plan)\b.{0,30}\bis\b|"
    r"\bwe\s+(?:move|shift)\s+(?:it|the)\b"
    r"|\bwe\s+(?:drop|cancel|postpone|keep)\b|\blet's\s+(?:drop|cancel|postpone|keep|ship)\b)"
)
_SETTLING = (
    r"(?:finalement|au\s+final|du\s+coup|donc|en\s+definitive|en\s+definitif|comme\s+convenu|"
    r"c'est\s+entendu|a\s+la\s+place|"
    r"tout\s+bien\s+pese|tout\s+compte\s+fait|apres\s+(?:discussion|reflexion|echange|vote)|correction|"
    r"decision)"
)
_AGREEING = (
    r"^\W*(?:(?:bonne\s+idee|(?:bien|c'est)\s+note|bien\s+recu|ok|oui|d'accord|parfait|allez|entendu|bon|"
    r"bien|tres\s+bien|go|super|nickel|ca\s+marche|ca\s+me\s+va|"
    r"vendu|accord\s+[\w ]+|adopte|impeccable|top)(?:\s+pour\s+(?:moi|nous|tous|"
    r"tout\s+le\s+monde))?[,.:! ]+)+(?:alors\s+|donc\s+|du\s+coup\s+)?"
)
_NE = r"(?:(?:ne\s+|n'|y\s+|se\s+|s'|en\s+|le\s+|la\s+|les\s+|l')*)"
DECIDES_MILDLY = re.compile(
    rf"\b{_SETTLING}\b.{{0,60}}?\b(?:on|nous)\s+{_NE}{_ADVERB}{_any(_WEAK)}\b"
    rf"|\b(?:on|nous)\s+{_NE}{_ADVERB}{_any(_WEAK)}\b.{{0,80}}?\b(?:finalement|au\s+final|a\s+la\s+place|"
    rf"c'est\s+entendu|"
    r"comme\s+convenu|c'est\s+plie)\b"
    rf"|{_AGREEING}(?:on|nous)\s+{_NE}{_ADVERB}{_any(_WEAK)}\b"
    rf"|(?:{_AGREEING}[^?.]{{0,40}}?|\b{_SETTLING}\b[^?.]{{0,60}}?)(?:ce\s+sera|c'est\s+(?:finalement|"
    rf"donc)|aura\s+lieu|se\s+tiendra|pass(?:e|ent|era|eront)\s+(?:a|au|en|le|du))\b"
    r"|\b(?:on|nous)\s+n(?:e\s+|')(?:(?:le|la|les|y|en)\s+)?(?!a\b|avons|est|sommes|p(?:eu|ou)[a-z]+|sait|"
    r"savons|peut|"
    r"pouvons|voit|comprend|recoit|parle)[a-z]{3,}\s+plus\b(?!\s+(?:que|qu'|d'actualite))"
    r"|^(?!\W*(?:bon(?:ne|ze)?|a|merci|ok|zut|ca|tant|dommage|super|parfait|et|mais|quoi|ou|qui|comment|"
    r"tu|vous|je|j'|ils?|elles?|oui|non|bah|ah|oh)\b)[^,.!?]{3,50}\s(?:alors|donc)\W*$"
    r"|^\W*(?:alors|donc|conclusion)\s*:|\bil\s+en\s+(?:sera|va)\s+(?:donc\s+)?ainsi\b|"
    r"\bqu'il\s+en\s+soit\s+ainsi\b"
    r"|\bon\s+n[e'][^,]{3,40}\bpas\b[^,]{0,20},\s*on\s+"
    r"|^\W*(?:(?:ok|oui|bon|allez|donc|parfait)[, ]+)*(?:go|bon|feu\s+vert|banco|"
    r"valide)\s+pour\s+(?!(?:moi|nous|toi|vous|lui|elle|ca)\b)\S+"
    r"|\b(?:ce\s+sera|c'est|aura\s+lieu|se\s+tiendra|passe(?:ra)?\s+(?:a|au|en|du))\s+(?:donc\s+|"
    r"finalement\s+)\b"
    r"|\b(?:ce\s+sera|c'est|aura\s+lieu|se\s+tiendra)\s+finalement\b|\b(?:a\s+dit\s+(?:oui|ok)|"
    r"est\s+ok)\b.{0,30}\bon\s+[a-z]+"
    r"|\b(?:instead|after\s+all|in\s+the\s+end|so)\b.{0,40}\bwe(?:'ll|\s+will|'re\s+going\s+to)\s+(?!see|"
    r"have)\w+"
)
"""A verb that alone tells no decision, with a word that settles."""
_STATE = (
    r"(?!(?:site|time|date|line|release|est|sera|a|aura|ait|peut|pourra|pourrait|doit|devra|devrait|sait|saura|voit|verra|attend|dit|"
    r"dira|dirait|parle|parlera|pense|croit|"
    r"arrive|arrivera|manque|recoit|constate|aimerait|voudrait|veut|espere|comprend|trouve|galere|"
    r"travaille|bosse|mange|boit|dejeune|"
    r"[a-z]*parl(?:e|era|ons|erons)|(?:r?appelle|croise|retrouve|revoit)|note|connait|gagne|perd|sort|"
    r"entend|craint|risque|dirige|commence|finit|rit|rigole|cherche|discute|"
    r"regarde|reflechit|compte|etait|avait|allait|pouvait|devait|va\s+(?:voir|reflechir|attendre|dire|"
    r"essayer|manger|en\s+reparler|rire|avoir)|"
    r"fait\s+(?:quoi|comment|le\s+point|un\s+point)|prend\s+(?:un|une)\s+(?:cafe|pause|verre)|"
    r"[a-z]+(?:rait|ait)|deja)\b)"
)
CHOOSES = re.compile(
    rf"\bon\s+{_NE}{_ADVERB}{_STATE}[a-z]{{3,}}(?:e|d|t|s|ra)\b|"
    rf"(?<!il\s)(?<!ca\s)\bnous\s+{_NE}{_ADVERB}{_STATE}[a-z]{{3,}}(?:ons|rons)\b|\bce\s+sera\b|\blet's\b|"
    rf"\bwe(?:'ll|\s+will)\b"
    r"|^\W*(?:ok|oui|d'accord|entendu)\s+pour\s+(?!(?:moi|nous|ca)\b)|^[^,.!]{3,50}\b(?:donc|alors)\W*$|"
    r"^\W*\S+(?:\s\S+)?\s+alors,"
    r"|(?:^|[,:…]\s*|\b(?:oui|alors|donc|bon|ok)\s+)(?!\S*ions\b|(?:rappel|voy|attend|esper|dis|parl|"
    r"reparl|essay|regard|av|all|sav|verr|ser|aur|cart|ball|sal|pard)ons\b)[a-z]{3,}ons\b"
    rf"|{_AGREEING}(?:le|la|les|l'|lundi|mardi|mercredi|jeudi|vendredi)\s*\S+(?:\s\S+){{0,3}}\W*$"
)
"""What, said in answer to a question or a proposal and accepted by another, decides."""
SETTLES = re.compile(
    r"\b(?:aura\s+lieu|se\s+tiendra|sera|seront|passe(?:nt)?\s+(?:en|a|au)|on\s+(?:fera|va|prendra|"
    r"choisira|prend|fait|ira)|will\s+be|"
    r"takes\s+place)\b"
)
"""Not enough to find a decision by; enough not to contest one that a model found."""
NOT_DECIDED = re.compile(
    r"\b(?:pas|rien|jamais|aucune?)\s+(?:encore\s+)?(?:vraiment\s+)?(?:ete\s+)?(?:de\s+)?(?:decid|valid|"
    r"tranch|act[ei]|"
    r"decision|retenu|arrete|fixe|confirm|officiel)"
    r"|\brien\s+n'est\s+(?:encore\s+)?\w+|\bsi\s+(?!bien\b|oui\b)|\bs'ils?\b"
    r"|\b(?:faut|faudrait|faudra|devrait|devra|devrons|doit|doivent|pourrait|pourrions|va\s+falloir|"
    r"reste\s+a|aimerais?|quand|reste)\b"
    r"[^.;:]{0,40}(?:decid|tranch|valid|acter|choisi|retenir|arret|confirm)"
    r"|\bou\s+rien\b|\bsous\s+reserve\b|\bon\s+(?:en|se)\s+decide|\bdecid(?:e|era)\s+(?:lundi|mardi|"
    r"mercredi|jeudi|"
    r"vendredi|demain|plus\s+tard|quand)\b"
    r"|\bje\s+(?:propose|suggere|pense|crois|trouve|dirais|serais|voterais|vote|prefer\w+|souhait\w+|"
    r"voudrais|verrais\s+bien|me\s+demande)\b"
    r"|\bje\s+(?:(?:le|la|les|l'|y|en|vous|te)\s+)?[a-z]+rais\b|^\W*(?:pour\s+moi|"
    r"perso(?:nnellement)?),?\s+(?:on|nous|c'est|ce)\b|\b(?:ma|une|sa|ta|leur)\s+proposition\b|"
    r"\bproposition\s*:"
    r"|\b(?:a\s+mon\s+avis|selon\s+moi|il\s+me\s+semble|j'imagine|idealement)\b"
    r"|\b(?:decision|arbitrage|choix)\s+(?:sera|reste)\b|\b(?:demande|souhaite|voudrait)\s+que\b"
    r"|\b(?:attend(?:s|ons|ent|re)?|attente)\s+(?:de\s+)?(?:encore\s+)?(?:la|l'|une?|le|les|leur|son|"
    r"sa)\s*(?:decision|validation|arbitrage|accord|feu|retour|avis|reponse|confirmation)"
    r"|\bavant\s+(?:de|que|qu')\b|\b(?:des|une\s+fois|quand|lorsque?|"
    r"le\s+jour\s+ou)\s+(?:qu'|que\s+)?(?:on|nous|il|elle)\b"
    r"|\bau\s+cas\s+ou\b|\ba\s+condition\s+(?:que|de|qu')|\b(?:l'an\s+dernier|l'annee\s+derniere|"
    r"a\s+l'epoque|jadis)\b|\bimagin(?:e|ez|ons)\b"
    r"|\bon\s+dirait\b|\b(?:qui|pourquoi|comment|quand|quelle?)\s+a\s+(?:decide|valide|tranche)"
    r"|\b(?:(?:not|nothing|never|haven't|hasn't)\s+(?:yet\s+|been\s+)*(?:decided|agreed|settled|approved|"
    r"confirmed)|if\s+we|"
    r"should\s+we|we\s+could|i\s+think|i'd|once\s+we)\b"
)
"""Not decided yet, or only if something else happens, or somebody's opinion."""
OPEN_STILL = re.compile(
    r"\b(?:peut-etre|eventuellement|a\s+(?:decider|valider|trancher|confirmer|voir)|on\s+(?:decidera|"
    r"tranchera|validera|verra|pourrait|devrait|"
    r"aurait|attend|en\s+reparle)|maybe|might)\b"
)
"""The same of one clause; another clause beside it may decide."""
