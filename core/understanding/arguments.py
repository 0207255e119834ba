"""What a request says beside its kind: which talk, since when, in which form, which level, which format.

Each function reads folded text (`core.language.folding.fold`) and finds nothing where nothing is said.
"""

from __future__ import annotations

import re
from typing import Literal

from core.language.folding import unaccented
from core.language.learned import grammar
from core.language.pattern_file import PatternFile, toml_beside
from core.understanding.commands import PLACES

_PATTERNS = PatternFile(toml_beside(__file__))
_FORMATS = _PATTERNS.words("formats")
_FORMAT_WORDS = "|".join(sorted(_FORMATS, key=len, reverse=True))
_FORMAT = re.compile(rf"\b({_FORMAT_WORDS})\b")
_AS_FILE = _PATTERNS.pattern("as_file", formats=_FORMAT_WORDS)
_LANGUAGES = _PATTERNS.words("languages")
_NAMES = "|".join(each for each in _LANGUAGES if len(each) > 3)
_LANGUAGE = re.compile(rf"\b(?:({_NAMES})|(?:en|in) (fr|ang))\b")
_NOT_IN = _PATTERNS.pattern("not_in", names=_NAMES)
_TOLD_IN = re.compile(rf"\b(?:en|in) ({_NAMES})\b|\b({_NAMES}) (?:version|summary|minutes|recap)\b")
_LEVEL = _PATTERNS.pattern("level")
_WORDED = _PATTERNS.words("levels")
_CLAUSE = re.compile(r"[,.;:!?\n]|\b(?:et|and|puis|then|mais|but)\b")
_BARE_OFF = re.compile(r"\W*(?:non|no|off|stop)\W*")
Ending = Literal["mask", "archive", "schedule"]
_DOES = _PATTERNS.patterns("does")
_UNDOES = _PATTERNS.patterns("undoes")
_STOPS = r"arret|cess|stop|annul|cancel|desactiv|disabl|enlev|retir|supprim|remov"
_ENDS = _PATTERNS.pattern("ends", stops=_STOPS)
_STOPPING = re.compile(rf"\b(?:{_STOPS})\w*")
_NO_MORE = re.compile(r"\b(?:plus (?:de|rien|besoin)\b|plus d'|no more\b)")
_NEGATES = re.compile(r"\b(?:ne|n|pas|plus|jamais|non|not|no|don'?t|never)\b")
_DENIES = re.compile(r"\b(?:n'(?:est|etait|a)|ne (?:sont|sera|va)|isn't|aren't|not for)\b")
_AFTER = re.compile(r"\W+(?:(?P<not>pas|plus(?! de\b)|non|no|not)|off)\b")
_DONE = _PATTERNS.pattern("done")
_SINCE = _PATTERNS.pattern("since")
_BEGINNING = _PATTERNS.pattern("beginning")
_LAST = _PATTERNS.pattern("last")
_FROM = _PATTERNS.pattern("from")
_SAYS = re.compile(r"(?:dit|écrit|ecrit|a dit|said|from)\b")
_FORMS = _PATTERNS.patterns("forms")
_ABOUT = _PATTERNS.pattern("about")
_MEASURE = _PATTERNS.pattern("measure")
_LENGTH = _PATTERNS.pattern("length")
_LAST_PLACE = 6
"""The group of « le dernier », behind those of the places that are counted."""
_COUNTS = 11
"""Ways to say a count: by digits, then from one to ten in words."""
_WITH_FILES = _PATTERNS.pattern("with_files")
_ALONE = _PATTERNS.pattern("alone")
_REPLIES = _PATTERNS.pattern("replies")
_SHAPE = _PATTERNS.pattern("shape")
_COMPARES = _PATTERNS.pattern("compares")
_THREAD = re.compile(r"\b(?:fil|thread|enfilade)\b")
_AGAINST = _PATTERNS.pattern("against")
_NOT_FILE = _PATTERNS.pattern("not_file")
_WHEN = _PATTERNS.pattern("when")
_MODEL = _PATTERNS.pattern("model")
_POLITE = re.compile(r"(?<!\s)\s*\b(?:svp|stp|pls|please|merci|thanks|s'il (?:te|vous) plait)\b.*$")
_DOCUMENT = _PATTERNS.pattern("document")
_SHORT = 200
"""Characters of an order that says which of several documents is meant."""
_MEANING = _PATTERNS.pattern("meaning")
_BACK = _PATTERNS.pattern("back")
_ONE_MESSAGE = _PATTERNS.pattern("one_message")
_ALL = re.compile(r"\b(?:tout|toute|tous|toutes|donnees|historique|all|everything|data|history)\b")
_NOT_OURS = _PATTERNS.pattern("not_ours", stops=_STOPS)
_AHEAD = _PATTERNS.pattern("ahead")
_VERSION = _PATTERNS.pattern("version")
_FIRST_VERSION = _PATTERNS.pattern("first_version")
_ADDS_HERE = _PATTERNS.pattern("adds_here")
_PUTS_BACK = _PATTERNS.pattern("puts_back")
_WHICH = _PATTERNS.pattern("which", places=PLACES)
_PLACED = _PATTERNS.pattern("placed", places=PLACES)
_ACTION = _PATTERNS.pattern("action", places=PLACES)
_NO_THING = _PATTERNS.pattern("no_thing")
_NEXT_WORD = re.compile(r" ([a-z]+'?)")
_ADDS = _PATTERNS.pattern("adds")
_FINISHES = _PATTERNS.pattern("finishes")
_REOPENS = _PATTERNS.pattern("reopens")
_ASKS = _PATTERNS.pattern("asks")
_OURS = re.compile(r"\b(?:notre|nos|our|cette|la) (?:conversation|echanges?|discussion|chat)\b")
_TALK = _PATTERNS.pattern("talk")


def asks_meaning(folded: str) -> bool:
    """Say whether folded text asks what a level means rather than for it: « c'est quoi N2 ? »."""
    return _MEANING.search(folded) is not None


def goes_back(folded: str) -> bool:
    """Say whether folded text wants what was before: « reviens au niveau d'avant »."""
    return _BACK.search(folded) is not None


def version_of(folded: str) -> int | None:
    """Find which version of an answer folded text names: 0 for « la première version », -1 for « la version
    d’avant »; None for none."""
    if _VERSION.search(folded) is None:
        return None
    return 0 if _FIRST_VERSION.search(folded) else -1


def names_one_message(folded: str) -> bool:
    """Say whether folded text names one message, question or answer, and not all: « efface ta réponse »."""
    return _ONE_MESSAGE.search(folded) is not None and _ALL.search(folded) is None


def names_document(folded: str) -> bool:
    """Say whether folded text names a document: « oups, c’est pas le bon fichier »."""
    return _DOCUMENT.search(folded) is not None


def which_of(folded: str) -> int | None:
    """Find which answer folded text names, from 1: 3 for « la troisième réponse en Word »."""
    found = _WHICH.search(folded)
    return found.lastindex if found else None


def finishes(folded: str) -> bool | None:
    """Say whether folded text tells that an action is done (True) or open again (False); None: neither."""
    if _ASKS.search(folded):
        return None
    if _REOPENS.search(folded):
        return False
    return _NEGATES.search(folded) is None if _FINISHES.search(folded) else None


def added_action(text: str) -> tuple[str, str] | None:
    """Find the action that is to be put on the list, as it is written, and for whom that is said before it:
    « appeler le traiteur », « pour Léa »."""
    found = _ADDS.search(unaccented(text))
    if found is None:
        return None
    what, whom = ("what", "to") if found["what"] else ("told", "for")
    return text[found.start(what) : found.end(what)].strip(), text[
        found.start(whom) : found.end(whom)
    ].strip()


def action_for_list(text: str) -> str:
    """Find what is to be put on a list that was just shown, as it is written: « Léa réserve la salle » of
    « rajoute : Léa réserve la salle »; "" for nothing."""
    found = _ADDS_HERE.search(unaccented(text))
    return text[found.start("what") : found.end("what")].strip() if found else ""


def puts_back(folded: str) -> bool:
    """Say whether folded text wants again what was just taken away, and says no more: « si, remets-la »."""
    return _PUTS_BACK.search(folded) is not None


def tells_of_actions(folded: str) -> bool:
    """Say whether folded text names actions by numbers, and neither asks nor denies: « la 3 est repoussée à
    mardi », not « rappelle l’action 2 à Bob » or « la 2 n’est pas pour Bob »."""
    return not (_ASKS.search(folded) or _DENIES.search(folded)) and bool(actions_of(folded))


def actions_of(folded: str) -> list[int]:
    """Find the numbers of the actions that folded text names: 1 and 3 for « les actions 1 et 3 », none for
    « la première réunion » and « les 2 courriers », which are something else."""
    return [
        int(number) if (number := found["named"] or found["number"]) else (found.lastindex or 0) - 2
        for found in _ACTION.finditer(folded)
        if found["named"] or not _counts_a_thing(folded, found.end())
    ]


def documents_of(folded: str) -> list[int]:
    """Find which of several documents folded text names by their places, from 0: 1 for « résume le
    deuxième », -1 for « le dernier fichier »; none for « le premier paragraphe »."""
    if len(folded) > _SHORT:
        return []
    return [
        -1 if found.lastindex == _LAST_PLACE else (found.lastindex or 0) - 1
        for found in _PLACED.finditer(folded)
        if _DOCUMENT.match(folded, found.end() + 1) or not _counts_a_thing(folded, found.end())
    ]


def _counts_a_thing(folded: str, end: int) -> bool:
    """Is what stands before `end` the number of what is named behind it, rather than of an action?"""
    behind = _NEXT_WORD.match(folded, end)
    if behind is None or behind[1] in grammar():
        return False
    return not (_NO_THING.match(behind[1]) or _FINISHES.match(behind[1]))


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
    return next((name for name, pattern in _FORMS.items() if pattern.search(folded)), None)


def wants_reply(folded: str) -> bool:
    """Say whether an answer to somebody's message is to be written: « réponds à Carl », « réponds-lui que
    oui »."""
    return _REPLIES.search(folded) is not None


def names_shape(folded: str) -> bool:
    """Say whether a text is wanted in another shape, which no file need have: « mets ça en tableau »."""
    return _SHAPE.search(folded) is not None


def length_of(folded: str) -> int:
    """Find how many lines a summary is wanted in: 3 for « en 3 lignes », 1 for « en une phrase »; 0: any."""
    found = _LENGTH.search(folded)
    if found is None:
        return 0
    counts = next(group for group in enumerate(found.groups()) if group[1])
    return int(counts[1]) if counts[1].isdecimal() else counts[0] % _COUNTS


def alone(folded: str) -> bool:
    """Say whether something is wanted for its asker alone: « en privé », « juste pour moi »."""
    return _ALONE.search(folded) is not None


def day_ahead(folded: str) -> str:
    """Find the day to come of which folded text asks what is said: « mardi » for « il se passe quoi
    mardi ? »; "" for none."""
    found = _AHEAD.search(folded)
    return found["day"] if found else ""


def subject_of(text: str) -> str:
    """Find what a summary is to be about, as it is written: « le budget » for « les décisions sur le
    budget », « Bob » for « les actions de Bob »; "" for all."""
    found = _ABOUT.search(unaccented(text))
    if found is None:
        return ""
    polite = _POLITE.search(found["about"])
    return text[found.start("about") :][: polite.start() if polite else len(found["about"])].strip()


def without_range(folded: str) -> str:
    """Take the words that say which talk is to be summed up, since when or how out of what it is about:
    « les 3 derniers jours » and « une page » are no subject."""
    for pattern in (_SINCE, _LAST, _THREAD, _TALK, _MEASURE, _WITH_FILES, *_FORMS.values()):
        folded = pattern.sub(" ", folded)
    return folded


def compares(folded: str) -> bool:
    """Say whether documents are to be compared."""
    return _COMPARES.search(folded) is not None


def sets_against(folded: str) -> bool:
    """Say whether one document is set against another: « et par rapport à celui de Léa ? »."""
    return _AGAINST.search(folded) is not None


def tells_talk(folded: str) -> bool:
    """Say whether words name a talk or what was said in one."""
    return _TALK.search(folded) is not None


def with_files(folded: str) -> bool:
    """Say whether the files of a talk are to be read with it."""
    return _WITH_FILES.search(folded) is not None


def language_of(folded: str) -> str | None:
    """Find the language named last, as a code: `fr` for « pourquoi en anglais ? réponds en français » and for
    « je ne parle pas anglais »."""
    refused = _NOT_IN.search(folded)
    found = _LANGUAGE.findall(_NOT_IN.sub("", folded))
    if found:
        return _LANGUAGES[found[-1][0] or found[-1][1]]
    if refused:
        return {"fr": "en", "en": "fr"}.get(_LANGUAGES[refused[1]])
    bare = folded.strip(" .!?:")
    return _LANGUAGES.get(bare)


def told_in(folded: str) -> str | None:
    """Find the language that something is wanted in, as a code: `en` for « une note en anglais »."""
    found = _TOLD_IN.search(folded)
    return _LANGUAGES[found[1] or found[2]] if found else None


def without_language(folded: str) -> str:
    """Take the words that name a language out of a text."""
    return _TOLD_IN.sub("", folded)


def level_of(folded: str) -> str | None:
    """Find the level that is named: `N2` for « sensible », « niveau 2 », « n2 » or « 2 » alone; `N7` for one
    that does not exist."""
    found = _LEVEL.search(folded)
    if found is None:
        return None
    if found[4]:
        return _WORDED[found[4]]
    return f"N{found[1] or found[2] or found[3]}"


def is_off(folded: str, *, of: Ending) -> bool:
    """Say whether masking, the handing to the archives, or what comes at set times, is to end rather than to
    begin: each clause that speaks of it does, and none the other way. What ends it twice begins it:
    « n’arrête pas de masquer ». What comes at set times need not be named: « annule celui du lundi »."""
    if _BARE_OFF.fullmatch(folded):
        return True
    ends = [end for clause in _CLAUSE.split(folded) if (end := _ends(clause, of)) is not None]
    if not ends and of == "schedule":
        times = _WHEN.search(folded)  # behind them it is told what is to come then: « … sans les fichiers »
        told = folded[: times.start()] if times else folded
        stops = 0 if ends_something_else(told) else len(_STOPPING.findall(told))
        negated = (_NEGATES if stops else _NO_MORE).search(told) is not None
        return (stops + negated) % 2 == 1
    return bool(ends) and all(ends)


def ends_something_else(folded: str) -> bool:
    """Say whether folded text is to end what relais sends nobody: « annule la réunion de mardi »; not
    « annule celui du lundi », « annule le point »."""
    found = _NOT_OURS.search(folded)
    return found is not None and _DOES["schedule"].search(folded, found.start()) is None


def _ends(clause: str, of: Ending) -> bool | None:
    """Is what a clause speaks of to end? None where it speaks of something else."""
    undone = _UNDOES[of].search(clause)
    spoken = undone or _DOES[of].search(clause)
    if spoken is None:
        return None
    before, after = clause[: spoken.start()], _AFTER.match(clause, spoken.end())
    if _DONE.search(before):
        return False
    negated = _NEGATES.search(before) is not None or (after is not None and bool(after["not"]))
    off = after is not None and not after["not"]
    turns = len(_ENDS.findall(before)) + negated + off + (undone is not None)
    return turns % 2 == 1


def about_summary(text: str, folded: str, *, place: str, document: bool) -> dict[str, str | int | bool]:
    """Read what is to be summarised and how; `text` keeps its capitals, for names."""
    arguments: dict[str, str | int | bool] = {"what": _what(folded, place=place, document=document)}
    if form := form_of(folded):
        arguments["form"] = form
    if language := told_in(folded):
        arguments["language"] = language
    if arguments["what"] == "document":
        return arguments
    if since := _since(folded):
        arguments["since"] = since
    if last := _LAST.search(folded):
        arguments["last"] = int(last[1] or last[2] or last[3])
    if who := _FROM.search(text):
        arguments["from"] = (who["who"] or who["said"] or who["says"] or who["told"]).lstrip("@")
    return arguments


def tells_whose(text: str) -> bool:
    """Say whether text tells whose, or which, messages are wanted (« les messages de Noël »), not what
    somebody said."""
    found = _FROM.search(text)
    return found is not None and found["who"] is not None and _SAYS.match(found[0]) is None


def when_of(folded: str) -> str | None:
    """Find the times that are named: « tous les lundis a 7h »."""
    found = _WHEN.search(folded)
    return _POLITE.sub("", found[0]).strip() if found else None


def model_of(folded: str) -> str | None:
    """Find the model that is named, by its name or its size: « mistral small », « petit »."""
    found = _MODEL.search(folded)
    return (found[1] or found[2]) if found else None


def _since(folded: str) -> str | None:
    """Find since when: what follows « depuis » before a day that is only named."""
    found = list(_SINCE.finditer(folded))
    first = next((each for each in found if each["after"]), found[0] if found else None)
    if first is None or (not first["after"] and _AHEAD.search(folded)):
        return None
    said = _POLITE.sub("", first["after"] or first["day"]).strip()
    return None if _BEGINNING.match(said) else said


def _what(folded: str, *, place: str, document: bool) -> str:
    """Tell the talk, the thread and the document apart: by the words, else by what is there."""
    folded = _WITH_FILES.sub("", folded)
    if _THREAD.search(folded) or (place == "mail" and (not document or _NOT_FILE.search(folded))):
        return "thread"
    if document and place != "room" and _OURS.search(folded):
        return "room"
    if document and (place != "room" or _DOCUMENT.search(folded) or not _TALK.search(folded)):
        return "document"
    if _TALK.search(folded) or place == "room":
        return "document" if _DOCUMENT.search(folded) and not _TALK.search(folded) else "room"
    return "document"
