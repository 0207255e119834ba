"""What words announce: a question's kind, and a sentence that matters or that cannot stand alone."""

from __future__ import annotations

import re

from core.language.accents import fold
from core.language.months import ENGLISH_MONTHS, FRENCH_MONTHS

_MONTHS = "|".join((*FRENCH_MONTHS, *ENGLISH_MONTHS))
_DAY = rf"\d{{1,2}}(er)?\s+({_MONTHS})|({_MONTHS})\s+\d|\d{{1,2}}[/.]\d{{1,2}}[/.]\d{{2,4}}"
DAY = re.compile(rf"\b({_DAY})", re.IGNORECASE)
DATE = re.compile(
    rf"\b({_DAY}"
    r"|\d{1,3}\s+(jours?|mois|semaines?|ans?|heures?|days?|weeks?|months?|years?|hours?)\b"
    r"|au plus tard|à compter du|no later than|(19|20)\d\d\b)",
    re.IGNORECASE,
)
AMOUNT = re.compile(
    r"\d[\s\u00a0\u202f]*(€|euros?|k€|m€|millions?|milliards?|%|pour cent|percent|\$|£)|\b\d{2,}\b",
    re.IGNORECASE,
)
OBLIGATION = re.compile(
    r"\b(interdi|obligat|oblig[ée]|doit|doivent|devra|devront|(est|sont) tenue?s?|au plus tard|à compter du"
    r"|déci[ds]|objectif|conclu|il est (demandé|rappelé)|priorit|impérati|important|essentiel|urgent|échéance"
    r"|délai|date limite|risque|recommand|propos|montant|budget|(entre|entrera) en vigueur"
    r"|must|shall|required|prohibit|forbid|deadline|decided|decision|objective|priority|no later than)",
    re.IGNORECASE,
)

_SUBJECT = r"(objet|sujet|subject)\s*:"
SUBJECT = re.compile(_SUBJECT, re.IGNORECASE)
STATES = re.compile(
    rf"^{_SUBJECT}|→ (sous-)?total\b|^(décisions?|propositions?|conclusions?|avis)\s*:"
    r"|\b(propos|recommand|préconis|approuv|adopt)(e|ent|ons|ée?s?)\b|\bdécid(e|ent|ons|ée?s?)\b"
    r"|\b(retenir|retient|retenons|we (propose|recommend)|(proposed|recommended|decided|approved)\b)",
    re.IGNORECASE,
)
"""What a text says of itself: its subject, its total, what it proposes or decides."""
NOTICE = re.compile(
    r"imprimer (?:ce|cet)|l['’]imprimer\b|désabonn|unsubscribe|s['’]affiche pas|version en ligne"
    r"|in your browser|vous recevez (?:ce|cette)|tous droits réservés|all rights reserved",
    re.IGNORECASE,
)
"""What programs put round a text."""

_SUMMARY = re.compile(
    r"\b(resum\w*|synthe\w*|summar\w*|tl;?dr|recapitul\w*|points? (cles?|importants?|principa\w+)"
    r"|essentiel\w*|grandes lignes|key points?|main points?|overview|de quoi (\w+ )?parle|de quoi s'agit"
    r"|what is .{0,20}about)\b"
)
_GREETING = re.compile(
    r"(bonjour|bonsoir|salut|coucou|hello|hi|hey|good (morning|evening)|merci( beaucoup)?|thanks?|thank you"
    r"|aide|help|ok|d'accord|ca va|how are you)"
)
_BETWEEN = " !.?,;…-"
_WHEN = re.compile(
    r"\b(quand|dates?|delais?|echeances?|limite|jusqu|combien de temps|duree|when|deadline|until|how long)\b"
)
_HOW_MUCH = re.compile(
    r"\b(combien|montants?|couts?|prix|budget|taux|nombre|how (much|many)|amount|cost|price|rate)\b"
)
_WHO = re.compile(r"\b(qui|quelle? (personne|service|bureau|direction)|who|whom)\b")
NAME = re.compile(
    r"\b(M\.|MM\.|Mme|Mmes|Mr|Mrs|Ms)\s|\b(direct(eur|rice|ion)|ministre|chef|préfet|responsable)"
)

_IMPERSONAL = re.compile(
    r"(il|it)\s+(n[e'’]\s*)?((vous|nous|leur|lui)\s+)?(est|sera|serait|a\s+été|is)\s+(\w+\s+)?"
    r"(interdit|obligatoire|nécessaire|possible|important|forbidden|required|necessary|recommended"
    r"|\w+(é|it|is|u)\s+(de|d['’]|que|qu['’]|à)\b)"
    r"|il\s+(convient|conviendrait|appartient|faut|faudra|faudrait|incombe|y\s+a)\b",
    re.IGNORECASE,
)
_LINK = re.compile(
    r"(ils?|elles?|ce|cela|ceci|ça|c['’](est|était)|ce(lui|lle|ux|lles)(-ci|-là)?"
    r"|(ce|cette|ces) derni[eè]re?s?|y|en effet|lui|leurs?|ses|son|sa|toutefois|cependant|néanmoins|mais|donc"
    r"|ainsi|en revanche|à défaut|dans ce cas|à (cet effet|ce titre)|however|but|therefore|thus"
    r"|il en|it|they|he|she|this|these|those|that|its|their|his|her)\b(?![-’'])",
    re.IGNORECASE,
)


def asks_summary(question: str) -> bool:
    return _SUMMARY.search(fold(question)) is not None


def greets(question: str) -> bool:
    """Nothing but greetings, thanks or a call for help."""
    rest = fold(question)
    while rest and (found := _GREETING.match(rest)):
        rest = rest[found.end() :].lstrip(_BETWEEN)
    return not rest


def sought(question: str) -> tuple[re.Pattern[str], ...]:
    """What the answer to a question is likely to hold: a date, an amount, a name."""
    folded = fold(question)
    kinds = ((_WHEN, DATE), (_HOW_MUCH, AMOUNT), (_WHO, NAME))
    return tuple(held for asks, held in kinds if asks.search(folded))


def leans_back(sentence: str) -> bool:
    """Does it begin with a pronoun or a link whose meaning stands in the sentence before?"""
    return _LINK.match(sentence) is not None and _IMPERSONAL.match(sentence) is None
