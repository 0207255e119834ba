"""What a person wants done with documents, read from their words: which form, which file, on what. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bots.commands import fold
from core.condense import Form
from core.export import FileKind

_POLITE = (
    r"(?:(?:bonjour|bonsoir|hello|hi|merci de|merci d'avance|s'il (?:te|vous) plait|stp|svp|please|ok"
    r"|(?:peux|pourrais|veux)[- ]tu|(?:pouvez|pourriez|voulez)[- ]vous|(?:can|could|would) you"
    r"|il (?:me |nous )?(?:faut|faudrait)|je (?:veux|voudrais|souhaite)|j'aimerais|i (?:want|need))"
    r"[\s,:!.]*)*"
)
_MAKE = (
    r"(?:fais|faire|faites|redige|rediger|redigez|ecris|ecrire|ecrivez|prepare|preparer|preparez|donne|donner"
    r"|donnez|make|write|give|prepare|draft)(?:[- ](?:moi|nous|lui|m'en|me|us))?\s+(?:en\s+)?"
)
_SIZE = r"(?:court |courte |petit |petite |bref |breve |rapide |short |brief )?"
_ASKS = re.compile(
    rf"^{_POLITE}(?:me |nous |m'en |le |la |les |l'|en )?(?:"
    r"(?:resume|resumer|resumez|synthetise|synthetiser|synthetisez|synthese|condense|condenser|condensez"
    r"|summari[sz]e|summary|tl;?dr)\b"
    r"|(?:compare|comparer|comparez)\b.*\b(?:documents?|rapports?|fichiers?|textes?|versions?|notes?|files|reports"
    r"|les deux|both)\b"
    rf"|{_MAKE}(?:un |une |le |la |a |the ){_SIZE}(?:resume|synthese|note|summary)\b"
    rf"|(?:un |une |a ){_SIZE}(?:resume|synthese|note|summary)\b)"
)
_TELLS = re.compile(
    r"^(?:le |la |the )(?:resume|synthese|summary)\b|^(?:resume|synthese|summary) (?:est|dit|is)\b"
)
"""Words about a summary that is there already."""
_TALK = re.compile(r"\b(?:conversation|echanges?|discussion|fil|thread|salon|messages?|chat|room)\b")
"""What is said is summarised by somebody else."""
_NOTE = re.compile(r"\bnotes?\b|\bsynthese\b|\b(?:une|1|one) page\b|\bcompar")
_DETAILED = re.compile(
    r"\bdetaill?e?e?s?\b|\bcomplete?\b|\bapprofondie?\b|\blongue?\b|\bdetailed\b|\bfull\b|\bin depth\b"
)
_SHORT = re.compile(r"\bcourte?s?\b|\bbref\b|\bbreve\b|\bshort\b|\bbrief\b|\blignes\b|\blines\b|\brapide")
_FILE = re.compile(
    r"\b(?:en|as|au format|format|in|fichier|to)\s+(?:un |une |a |an )?(?:fichier |format |document )?"
    r"(docx?|word|odt|libreoffice|writer|pdf|markdown|md)\b"
)
_FILES: dict[str, FileKind] = {
    "doc": "docx", "docx": "docx", "word": "docx", "odt": "odt", "libreoffice": "odt", "writer": "odt",
    "pdf": "pdf", "markdown": "md", "md": "md",
}  # fmt: skip
_BARE = {
    "court": "short", "courte": "short", "short": "short", "note": "note", "detaille": "detailed",
    "detaillee": "detailed", "detailed": "detailed", "long": "detailed",
}  # fmt: skip
_LONGEST = 400
"""Characters of a request in free words; more is a text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """`question` are the person's words when they say more than the form; `file`: as a file of this type."""

    form: Form
    question: str = ""
    file: FileKind | None = None


def command(argument: str) -> Wish:
    """`!résumer [court|note|détaillé] [en docx] [more words]`."""
    folded = fold(argument).replace("’", "'")
    words = folded.split()
    form = _form(folded, default="short")
    if words and words[0] in _BARE:
        form = "note" if words[0] == "note" else "detailed" if _BARE[words[0]] == "detailed" else "short"
        argument = argument.split(maxsplit=1)[1] if len(words) > 1 else ""
    rest = _FILE.sub("", fold(argument)).strip()
    return Wish(form=form, question=argument if rest else "", file=_file(folded))


def free(text: str) -> Wish | None:
    """What free words ask for; None when they ask for no synthesis."""
    folded = fold(text).replace("’", "'").strip()
    if len(folded) > _LONGEST or not _ASKS.match(folded):
        return None
    if _TELLS.match(folded) or _TALK.search(folded):
        return None
    bare = len(folded.split()) == 1
    return Wish(
        form=_form(folded, default="short"), question="" if bare else text.strip(), file=_file(folded)
    )


def _form(folded: str, *, default: Form) -> Form:
    if _DETAILED.search(folded):
        return "detailed"
    if _SHORT.search(folded):
        return "short"
    return "note" if _NOTE.search(folded) else default


def _file(folded: str) -> FileKind | None:
    found = _FILE.search(folded)
    return _FILES[found[1]] if found else None
