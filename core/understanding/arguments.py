"""What a request says beside its kind: which talk, since when, in which form, which level, which format.

Each function reads folded text (`core.language.accents.fold`) and finds nothing where nothing is said.
"""

from __future__ import annotations

import re

_FORMATS = {
    "doc": "docx", "docx": "docx", "word": "docx", "odt": "odt", "libreoffice": "odt", "writer": "odt",
    "openoffice": "odt", "pdf": "pdf", "markdown": "md", "md": "md", "ics": "ics", "ical": "ics",
    "calendrier": "ics", "agenda": "ics", "calendar": "ics", "outlook": "ics", "csv": "csv", "excel": "csv",
    "xls": "csv", "xlsx": "csv", "tableur": "csv", "spreadsheet": "csv", "txt": "txt", "html": "html",
}  # fmt: skip
_FORMAT = re.compile(rf"\b({'|'.join(sorted(_FORMATS, key=len, reverse=True))})\b")
_AS_FILE = re.compile(
    r"\b(?:en|as|in|to|au format|format|fichier|un|une|pour mon|dans un|export\w*)\s+(?:un |une |a |an )?"
    r"(?:fichier |format |document )?"
    rf"(?P<named>{'|'.join(sorted(_FORMATS, key=len, reverse=True))})\b"
    rf"|^\W*(?P<bare>{'|'.join(sorted(_FORMATS, key=len, reverse=True))})\W*$"
)
_LANGUAGES = {
    "francais": "fr", "french": "fr", "fr": "fr", "anglais": "en", "english": "en", "en": "en", "ang": "en",
    "allemand": "de", "german": "de", "espagnol": "es", "spanish": "es", "italien": "it", "italian": "it",
}  # fmt: skip
_LANGUAGE = re.compile(
    r"\b(francais|french|anglais|english|allemand|german|espagnol|spanish|italien|italian)\b"
)
_LEVEL = re.compile(
    r"\bn\s?([0-4])\b|\b(?:niveau|level)\s*:?\s*n?([0-4])\b|^\W*([0-4])\W*$"
    r"|\b(public|publique|interne|internal|sensible|sensitive|confidentiel|confidentielle|confidential)\b"
)
_WORDED = {
    "public": 0, "publique": 0, "interne": 1, "internal": 1, "sensible": 2, "sensitive": 2,
    "confidentiel": 3, "confidentielle": 3, "confidential": 3,
}  # fmt: skip
_OFF = re.compile(
    r"\b(?:ne (?:\w+ )?plus|arret\w*|stop|desactiv\w*|sans|off|non|enleve\w*|retire\w*|disable|unmask"
    r"|no more|don'?t|demasqu\w*|leve\w*|pas|plus besoin|remove)\b"
)
_SINCE = re.compile(
    r"\b(?:depuis|since|a partir (?:de|d'|du))\s*(?P<after>[^,;.!?]+)"
    r"|\b(?P<day>(?:ce matin|cet apres-midi|cette semaine|la semaine derniere|hier(?: \w+)?|avant-hier"
    r"|aujourd'hui|today|yesterday|this (?:morning|week|afternoon)|last week|la matinee|la journee"
    r"|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche"
    r"|monday|tuesday|wednesday|thursday|friday)(?: (?:dernier|matin|soir|apres-midi))?)\b"
)
_LAST = re.compile(
    r"\b(?:les |the |last )?(\d{1,5}) (?:derniers?|dernieres?|last|messages?|msgs?|posts?)\b"
    r"|\b(?:derniers?|dernieres?|last) (\d{1,5})\b|^(\d{1,5})$"
)
_FROM = re.compile(
    r"\b(?:messages? de|dit par|ecrit par|a dit|said by|from|messages? by|propos de|interventions? de)"
    r" (?P<who>@?[A-ZÉÈÀÂÎÔ][\w.-]+(?: [A-ZÉÈÀÂÎÔ][\w.-]+)?)"
    r"|\bce qu['’](?:a dit|a écrit) (?P<said>@?[A-ZÉÈÀÂÎÔ][\w.-]+(?: [A-ZÉÈÀÂÎÔ][\w.-]+)?)"
)
_FORMS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("missed", re.compile(
        r"\b(?:manquee?s?|rate[erz]?s?|ratee|loupee?s?|louper|miss(?:ed)?|rattrap\w*|catch\w* (?:me )?up"
        r"|absente?|away|de retour|back from|pas suivi)\b")),
    ("decisions", re.compile(r"\b(?:decisions?|decide[es]?|decided|acte[es]?|tranche[es]?|arbitrages?)\b")),
    ("minutes", re.compile(r"\b(?:compte[ -]?rendu|cr|pv|proces[ -]verbal|minutes|releve)\b")),
    ("handover", re.compile(r"\b(?:passation|handover|passage de relais)\b")),
    ("detailed", re.compile(r"\b(?:detaill?ee?s?|complete?|approfondie?|longue?|detailed|full|in depth)\b")),
    ("short", re.compile(
        r"\b(?:courte?s?|bref|breve|short|brief|tl;?dr|rapide\w*"
        r"|en (?:une|deux|trois|quatre|cinq|six|dix|quelques|\d+) (?:lignes?|phrases?|mots|points?)"
        r"|(?:two|three|few|\d+) (?:lines|sentences|points)|quick)\b")),
    ("note", re.compile(r"\b(?:notes?|une page|1 page|one page)\b")),
    ("digest", re.compile(r"\bdigest\b")),
)  # fmt: skip
_WITH_FILES = re.compile(
    r"\b(?:avec|with)\s+(?:les |leurs |the |their )?(?:fichiers?|pieces?(?: jointes?)?|files|attachments)\b"
)
_COMPARES = re.compile(
    r"\b(?:compare[rz]?|differences?|points communs|ressemblances|points in common)\b.*(?:\.[a-z]{2,4}\b"
    r"|\b(?:documents?|rapports?|fichiers?|textes?|versions?|notes?|courriers?|files|reports|texts|les deux"
    r"|both)\b)|^\W*compare[rz]?(?:[- ]?(?:les|moi ca|ca|them))?\W*$"
)
_THREAD = re.compile(r"\b(?:fil|thread|enfilade)\b")
_DOCUMENT = re.compile(
    r"\b(?:documents?|docs?|fichiers?|pieces?(?: jointes?)?|pj|pdf|rapports?|files?|attachments?|attached"
    r"|report|tableurs?|tableaux?|note|circulaire|decret|courrier|presentation|diapos?|slides?|annexes?|arrete|cahier"
    r"|memo|contrat|contract|page \d+|ci-joint\w*|paper|deck)\b"
)
_OURS = re.compile(r"\b(?:notre|nos|our|cette|la) (?:conversation|echanges?|discussion|chat)\b")
_TALK = re.compile(
    r"\b(?:salon|conversation|discussions?|echanges?|messages?|chat|room|canal|channel|debat|reunion"
    r"|talk|groupe|s'est (?:dit|passe|raconte)|on a (?:dit|decide)|y a eu|was said|happened"
    r"|been (?:said|discussed))\b"
)


def format_of(folded: str) -> str | None:
    """Find the type of file that is named: `docx` for « Word »."""
    found = _FORMAT.search(folded)
    return _FORMATS[found[1]] if found else None


def file_of(folded: str) -> str | None:
    """Find the type of file that a text is wanted as: `docx` for « en Word », None for « le calendrier »."""
    found = _AS_FILE.search(folded)
    return _FORMATS[found["named"] or found["bare"]] if found else None


def without_file(folded: str) -> str:
    """Take the words that name a type of file out of a text."""
    return _AS_FILE.sub("", folded)


def form_of(folded: str) -> str | None:
    """Find the form of a summary that is named: `minutes` for « compte rendu »."""
    return next((name for name, pattern in _FORMS if pattern.search(folded)), None)


def compares(folded: str) -> bool:
    """Say whether documents are to be compared."""
    return _COMPARES.search(folded) is not None


def with_files(folded: str) -> bool:
    """Say whether the files of a talk are to be read with it."""
    return _WITH_FILES.search(folded) is not None


def language_of(folded: str) -> str | None:
    """Find the language that is named, as a code: `en` for « anglais »."""
    found = _LANGUAGE.search(folded)
    if found:
        return _LANGUAGES[found[1]]
    bare = folded.strip(" .!?:")
    return _LANGUAGES.get(bare)


def level_of(folded: str) -> str | None:
    """Find the level that is named: `N2` for « sensible », « niveau 2 », « n2 » or « 2 » alone."""
    found = _LEVEL.search(folded)
    if found is None:
        return None
    if found[4]:
        return f"N{_WORDED[found[4]]}"
    return f"N{found[1] or found[2] or found[3]}"


def is_off(folded: str) -> bool:
    """Say whether masking is to end rather than to begin."""
    return _OFF.search(folded) is not None


def about_summary(text: str, folded: str, *, place: str, document: bool) -> dict[str, str | int | bool]:
    """Read what is to be summarised and how; `text` keeps its capitals, for names."""
    arguments: dict[str, str | int | bool] = {"what": _what(folded, place=place, document=document)}
    if form := form_of(folded):
        arguments["form"] = form
    if arguments["what"] == "document":
        return arguments
    if since := _SINCE.search(folded):
        arguments["since"] = (since["after"] or since["day"]).strip()
    if last := _LAST.search(folded):
        arguments["last"] = int(last[1] or last[2] or last[3])
    if who := _FROM.search(text):
        arguments["from"] = (who["who"] or who["said"]).lstrip("@")
    return arguments


def _what(folded: str, *, place: str, document: bool) -> str:
    """Tell the talk, the thread and the document apart: by the words, else by what is there."""
    folded = _WITH_FILES.sub("", folded)
    if _THREAD.search(folded):
        return "thread"
    if document and place != "room" and _OURS.search(folded):
        return "room"
    if document and (place != "room" or _DOCUMENT.search(folded) or not _TALK.search(folded)):
        return "document"
    if _TALK.search(folded) or place == "room":
        return "document" if _DOCUMENT.search(folded) and not _TALK.search(folded) else "room"
    return "document"
