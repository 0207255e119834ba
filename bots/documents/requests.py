"""What a person wants done with documents, read from their words: which form, which file, on what. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from core.condense import Form
from core.export import FileKind
from core.language.accents import fold

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
_WORKS = (
    "(?:documents?|rapports?|fichiers?|textes?|versions?|notes?|courriers?|files|reports|texts|les deux|both)"
)
_ASKS = re.compile(
    rf"^{_POLITE}(?:me |nous |m'en |le |la |les |l'|en )?(?:"
    r"(?:resume|resumer|resumez|synthetise|synthetiser|synthetisez|synthese|condense|condenser|condensez"
    r"|summari[sz]e|summary|tl;?dr)\b"
    rf"|(?:compare|comparer|comparez)"
    rf"(?:\b.*\b{_WORKS}\b|.*\.[a-z]{{2,4}}\b|[- ]?(?:les|moi ca|ca|them)?[\s.!?]*$)"
    rf"|(?:quel(?:le)?s sont |donne[- ]moi |what are |cherche |trouve )?(?:les |the )"
    rf"(?:differences|points communs|ressemblances|points in common)\b.*\b{_WORKS}\b"
    rf"|{_MAKE}(?:un |une |le |la |a |the ){_SIZE}(?:resume|synthese|note|summary)\b"
    rf"|(?:un |une |a ){_SIZE}(?:resume|synthese|note|summary)\b)"
)
_TELLS = re.compile(
    r"^(?:le |la |the )(?:resume|synthese|summary)\b|^(?:resume|synthese|summary) (?:est|dit|is)\b"
)
"""Words about a summary that is there already."""
_TALK = re.compile(r"\b(?:conversation|echanges?|discussion|fil|thread|salon|messages?|chat|room)\b")
"""What is said is summarised by somebody else."""
_NOTE = re.compile(r"\bnotes?\b|\bsynthese\b|\b(?:une|1|one) page\b|\bcompar|\bdifferences\b|\bcommuns?\b")
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
_AGAIN = re.compile(
    rf"^{_POLITE}(?:(?:envoie|envoyez|mets|mettez|donne|donnez|renvoie|exporte|send|export|give)"
    r"(?:[- ](?:le|la|les|moi|nous|it|me))*\s*)?"
    r"(?:(?:la|le|the) (?:meme|same)(?: chose)?|ce resume|ca|cela|this|that|it"
    r"|(?:cette|ta|votre|la derniere|this|your|the last) (?:reponse|synthese|note|answer|summary))?\s*"
    r"(?:en|as|au format|in)\s+(?:un |une |a |an )?(?:fichier |format |document )?"
    r"(docx?|word|odt|libreoffice|writer|pdf|markdown|md)\b"
    r"(?:[\s,.!?]*(?:stp|svp|please|s'il (?:te|vous) plait|merci))?[\s.!?]*$"
)
_BARE = {
    "court": "short", "courte": "short", "short": "short", "note": "note", "detaille": "detailed",
    "detaillee": "detailed", "detailed": "detailed", "long": "detailed",
}  # fmt: skip
_LONGEST = 400
"""Characters of a request in free words; more is a text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentWish:
    """`question` are the person's words when they say more than the form; `file`: as a file of this type."""

    form: Form
    question: str = ""
    file: FileKind | None = None


def command(argument: str) -> DocumentWish:
    """`!résumer [court|note|détaillé] [en docx] [more words]`."""
    folded = fold(argument)
    words = folded.split()
    form = form_in(folded, default="short")
    if words and words[0] in _BARE:
        form = "note" if words[0] == "note" else "detailed" if _BARE[words[0]] == "detailed" else "short"
        argument = argument.split(maxsplit=1)[1] if len(words) > 1 else ""
    rest = _FILE.sub("", fold(argument)).strip()
    return DocumentWish(form=form, question=argument if rest else "", file=file_in(folded))


def free(text: str) -> DocumentWish | None:
    """What free words ask for; None when they ask for no synthesis."""
    folded = fold(text).strip()
    if len(folded) > _LONGEST or not _ASKS.match(folded):
        return None
    if _TELLS.match(folded) or _TALK.search(folded):
        return None
    bare = len(folded.split()) == 1
    return DocumentWish(
        form=form_in(folded, default="short"), question="" if bare else text.strip(), file=file_in(folded)
    )


def as_file(text: str) -> FileKind | None:
    """The type of file in which the last answer is wanted: « la même en PDF », « en Word stp »."""
    folded = fold(text).strip()
    found = _AGAIN.match(folded) if len(folded) <= _LONGEST else None
    return _FILES[found[1]] if found else None


def comparison(words: str, language: str) -> DocumentWish:
    """`!comparer [words]`."""
    own = "Compare these documents." if language == "en" else "Compare ces documents."
    return DocumentWish(form="note", question=f"{own} {words}".strip(), file=file_in(fold(words)))


def form_in(folded: str, *, default: Form) -> Form:
    if _DETAILED.search(folded):
        return "detailed"
    if _SHORT.search(folded):
        return "short"
    return "note" if _NOTE.search(folded) else default


def file_in(folded: str) -> FileKind | None:
    found = _FILE.search(folded)
    return _FILES[found[1]] if found else None
