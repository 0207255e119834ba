"""What a request says beside its kind: which talk, since when, in which form, which level, which format.

Each function reads folded text (`core.language.accents.fold`) and finds nothing where nothing is said.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal, TypeVar

from core.language.accents import fold, unaccented

_FORMATS = {
    "doc": "docx", "docx": "docx", "word": "docx", "odt": "odt", "libreoffice": "odt", "writer": "odt",
    "openoffice": "odt", "pdf": "pdf", "markdown": "md", "md": "md", "ics": "ics", "ical": "ics",
    "calendrier": "ics", "agenda": "ics", "calendar": "ics", "outlook": "ics", "csv": "csv", "excel": "csv",
    "xls": "csv", "xlsx": "csv", "tableur": "csv", "spreadsheet": "csv", "txt": "txt", "html": "html",
    "powerpoint": "pptx", "pptx": "pptx", "ppt": "pptx",
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
    "allemand": "de", "german": "de", "deutsch": "de", "espagnol": "es", "spanish": "es", "italien": "it",
    "italian": "it", "portugais": "pt", "portuguese": "pt", "neerlandais": "nl", "dutch": "nl",
    "breton": "br",
}  # fmt: skip
_NAMES = "|".join(each for each in _LANGUAGES if len(each) > 3)
_LANGUAGE = re.compile(rf"\b(?:({_NAMES})|(?:en|in) (fr|ang))\b")
_NOT_IN = re.compile(rf"(?:(?<!pourquoi )\bpas|(?<!why )\bnot|n'?t)\b(?: +\w+){{0,2}}? +(?:l')?({_NAMES})\b")
"""A language that is not understood, or not wanted: « je ne comprends pas, en anglais svp » wants it."""
_TOLD_IN = re.compile(rf"\b(?:en|in) ({_NAMES})\b|\b({_NAMES}) (?:version|summary|minutes|recap)\b")
_LEVEL = re.compile(
    r"\bn\s?(\d{1,2})\b|\b(?:niveau|level)\s*:?\s*n?(\d{1,2})\b|^\W*([0-4])\W*$"
    r"|\b(public|publique|interne|internal|sensible|sensitive|confidentiel|confidentielle|confidential"
    r"|restreinte?|dr|restricted|secret|classifiee?|classified)\b"
)
_WORDED = {
    "public": 0, "publique": 0, "interne": 1, "internal": 1, "sensible": 2, "sensitive": 2,
    "confidentiel": 3, "confidentielle": 3, "confidential": 3,
    "restreint": 4, "restreinte": 4, "dr": 4, "restricted": 4, "secret": 4, "classifie": 4, "classifiee": 4,
    "classified": 4,
}  # fmt: skip
_CLAUSE = re.compile(r"[,.;:!?\n]|\b(?:et|and|puis|then|mais|but)\b")
_BARE_OFF = re.compile(r"\W*(?:non|no|off|stop)\W*")
Ending = Literal["mask", "archive", "schedule"]
_DOES: Mapping[Ending, re.Pattern[str]] = {
    "mask": re.compile(
        r"\b(?:re)?(?:masqu|cach|anonymis|pseudonym|flout|occult|mask|hid(?:e|ing)\b|redact|blur)\w*"
    ),
    "archive": re.compile(r"\b(?:archiv\w*|verse[rz]?\b)"),
    "schedule": re.compile(
        r"\b(?:resum|compte[- ]rendu|synthes|recap|digest|summar|programm|schedul)\w*"
        r"|\b(?:le |les |du )points?\b"
    ),
}
"""What is to happen, or not."""
_UNDOES: Mapping[Ending, re.Pattern[str]] = {
    "mask": re.compile(
        r"\b(?:demasqu|unmask|desanonymis)\w*"
        r"|\b(?:affich|montr|remet|voir|show|display|see)\w*\W+(?:les |the |tous les )?(?:vrais |real )?"
        r"(?:noms|names)\b"
    ),
    "archive": re.compile(r"\b(?:desarchiv|unarchiv)\w*"),
    "schedule": re.compile(r"\b(?:deprogramm|unschedul)\w*"),
}
"""What says the contrary in one word: « démasque », « affiche les noms »."""
_STOPS = r"arret|cess|stop|annul|cancel|desactiv|disabl|enlev|retir|supprim|remov"
_ENDS = re.compile(
    rf"\b(?:{_STOPS}|lev|ot|lift|coup|evit|avoid|oubli|forget|omet|manqu)\w*|\b(?:sans|without|off)\b"
)
_STOPPING = re.compile(rf"\b(?:{_STOPS})\w*")
_NO_MORE = re.compile(r"\b(?:plus (?:de|rien|besoin)\b|plus d'|no more\b)")
_NEGATES = re.compile(r"\b(?:ne|n|pas|plus|jamais|non|not|no|don'?t|never)\b")
_AFTER = re.compile(r"\W+(?:(?P<not>pas|plus(?! de\b)|non|no|not)|off)\b")
_DONE = re.compile(
    r"\b(?:as|a|avez|ont|est|sont|etai\w+|have|has|is|are|was|were)\W+(?:(?:pas|plus|not|rien)\W+)?$"
)
"""How words end before what was done or not: « tu n’as pas | masqué » asks for it."""
_SINCE = re.compile(
    r"\b(?:depuis|since|a partir (?:de|d'|du))\s*(?P<after>[^,;.!?]+)"
    r"|\b(?P<day>(?:ce matin|cet apres-midi|cette semaine|la semaine derniere|hier(?: \w+)?|avant-hier"
    r"|aujourd'hui|today|yesterday|this (?:morning|week|afternoon)|last week|la (?:matinee|journee)(?! d[e'])"
    r"|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche"
    r"|monday|tuesday|wednesday|thursday|friday)(?: (?:dernier|matin|soir|apres-midi))?)\b"
)
_BEGINNING = re.compile(
    r"(?:le |the )?(?:tout )?(?:debut|beginning|start)\b|(?:du |de la |des )?(?:fil|chaine|mails?)\b"
)
"""All that there is."""
_LAST = re.compile(
    r"\b(?:les |the |last )?(\d{1,5}) (?:derniers?|dernieres?|last"
    r"|(?:messages?|msgs?|posts?)(?! (?:de retard|non lus|unread)))\b"
    r"|\b(?:derniers?|dernieres?|last) (\d{1,5})\b|^(\d{1,5})$"
)
_WHO = r"@?[A-ZÉÈÀÂÎÔ][\w.-]*(?: (?:[Ll][ea] |de )?[A-ZÉÈÀÂÎÔ][\w-]+){0,2}"
_FROM = re.compile(
    r"\b(?:messages? de|dit par|[eé]crit par|a dit|said by|from|messages? by|propos de|interventions? de)"
    rf" (?P<who>{_WHO})"
    rf"|\bce qu['’](?:a dit|a écrit) (?P<said>{_WHO})"
    rf"|\b(?:what|ce que) (?P<says>{_WHO})(?= (?:said|says|wrote|a |dit|écrit))"
)
_FORMS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("missed", re.compile(
        r"\b(?:manquee?s?|rate[erz]?s?|ratee|loupee?s?|louper|miss(?:ed)?|rattrap\w*|catch\w* (?:me )?up"
        r"|absente?|away|de retour|back from|pas suivi)\b")),
    ("decisions", re.compile(r"\b(?:decisions?|decide[es]?|decided|acte[es]?|tranche[es]?|arbitrages?)\b")),
    ("minutes", re.compile(r"\b(?:compte[ -]?rendu|cr|pv|proces[ -]verbal|minutes|releve)\b")),
    ("handover", re.compile(r"\b(?:passation|handover|passage de relais)\b")),
    ("long", re.compile(
        r"\b(?:detaill?ee?s?|complete?|approfondie?|longue?|en long|detailed|full|in depth|exhausti\w+)\b")),
    ("short", re.compile(
        r"\b(?:courte?s?|bref|breve|short|brief|tl;?dr|rapide\w*"
        r"|l'essentiel|(?:une|deux|trois|quatre|cinq|six|dix|quelques|\d+) (?:lignes?|phrases?|mots|points?)"
        r"|demi[ -]page|(?:two|three|few|\d+) (?:lines|sentences|points)|quick)\b")),
    ("note", re.compile(r"\b(?:notes?|une page|1 page|one page)\b")),
    ("digest", re.compile(r"\bdigest\b")),
    ("bullets", re.compile(r"\b(?:puces?|tirets?|bullets?)\b")),
)  # fmt: skip
_ABOUT = re.compile(
    r"\b(?:sur|concernant|(?:a propos|au sujet) d(?:es?|u|')|about|regarding"
    r"|on(?= (?:the|this|that|our|what|how)\b)|(?:actions?|taches?|tasks?) (?:d(?:es?|u|')|of|for))"
    r"\s*(?P<about>[^,;.!?]+)"
)
_MEASURE = re.compile(
    r"\b(?:(?:demi-)?journees?|jours?|heures?|semaines?|mois|days?|hours?|weeks?|months?|pages?|lignes?|lines?"
    r"|chacune?|tous|toutes|tout le monde|everyone|everybody)\b"
)
"""What says how much is read or told, or of whom: of everybody."""
_WITH_FILES = re.compile(
    r"\b(?:avec|with)\s+(?:les |leurs |the |their )?(?:fichiers?|pieces?(?: jointes?)?|files|attachments)\b"
)
_ALONE = re.compile(
    r"\b(?:en (?:prive|mp|dm)|(?:juste|rien que|seulement) (?:pour|a) moi|(?:pour|a) moi seule?|resume prive"
    r"|in private|privately|(?:just|only) (?:for|to) me)\b"
)
_COMPARES = re.compile(
    r"\b(?:compare[rz]?|differences?|points communs|ressemblances|points in common)\b.{0,300}"
    r"(?:\.[a-z]{2,4}\b"
    r"|\b(?:documents?|rapports?|fichiers?|textes?|versions?|notes?|courriers?|files|reports|texts|les deux"
    r"|both)\b)|^\W*compare[rz]?(?:[- ]?(?:les|moi ca|ca|them))?\W*$"
)
_THREAD = re.compile(r"\b(?:fil|thread|enfilade)\b")
_NOT_FILE = re.compile(
    r"\b(?:pas|plutot que|rather than|not) (?:la |le |the )?(?:piece|pj|fichier|document|attachment|file)\b"
)
_DAY = r"(?:lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|\w{3,6}day)s?"
_HOUR = r"(?: (?:a |at )?(?:\d[\d:h ]*(?:am|pm)?|noon|midi))?"
_WHEN = re.compile(
    rf"\b(?:tous|toutes|tt) les (?:\w+ ){{0,2}}?(?:jours?|matins?|soirs?|semaines?|mois|{_DAY})\b"
    rf"(?: (?:matin|soir|midi|du mois)\b)?{_HOUR}"
    rf"|\b(?:chaque|each|every) (?:(?:premiere?|derniere?|first|last|second) )?\w+"
    rf"(?: (?:matin|soir|midi|afternoon|morning|du mois))?{_HOUR}"
    r"|\b(?:quotidien(?:ne)?|hebdo(?:madaire)?|mensuel(?:le)?|weekly|daily|monthly)\b"
    r"(?:,? (?:le|a|on|at) [^,.;?!]+)?"
    rf"|\b(?:demain|tomorrow|ce soir|tonight){_HOUR}"
    rf"|\b(?:le|on) {_DAY}(?: \w+)? (?:toutes les semaines|every week)"
)
_MODEL = re.compile(
    r"\b((?:mistral|ministral|magistral|codestral|llama|albert|gemma|qwen|gpt|claude|deepseek)[\w.-]*"
    r"(?: (?:small|medium|large|mini|nano|[\d.]+b?))?)\b|\b(petit|gros|grand|small|large|big) model[e]?\b"
)
_POLITE = re.compile(r"(?<!\s)\s*\b(?:svp|stp|pls|please|merci|thanks|s'il (?:te|vous) plait)\b.*$")
_DOCUMENT = re.compile(
    r"\b(?:documents?|docs?|fichiers?|pieces?(?: jointes?)?|pj|pdf|rapports?|files?|attachments?|attached"
    r"|report|tableurs?|tableaux?|note|circulaire|decret|courrier|presentation|diapos?|slides?|annexes?|arrete|cahier"
    r"|memo|contrat|contract|page \d+|ci-joint\w*|paper|deck|vocal|vocaux|audio|video|photos?)\b"
)
Name = TypeVar("Name")
_BEGINS = re.compile(r"\b[a-z]{3}[a-z]?")
"""How a word begins, of three letters at least: « envoie » as « envoyer »."""
_FEW, _SHORT = 8, 200
"""Words, and characters, of an answer that says which of what is offered is meant."""
_THAT = re.compile(r"\bca\b")
_GRAMMAR = {"est", "pas", "not", "its", "the", "les", "que", "and", "this"}
_CONTRARY = re.compile(r"\b(?:ne|n|pas|plus|jamais|surtout|avec|not|don'?t|never|with)\b")
_MEANING = re.compile(
    r"^\W*(?:\w+\W+){0,4}\?\s*$|\b(?:c'est quoi|quoi|veut dire|signifi\w+|correspond|what(?:'s| is| does)"
    r"|means?|expli\w+|defini\w+)\b"
)
_BACK = re.compile(
    r"\b(?:annul\w+|undo|cancel|revert|reviens?|revenir|redescend\w*|baisse[rz]?|d'avant|precedent|previous|back"
    r"|lower)\b"
)
_ONE_MESSAGE = re.compile(
    r"\b(?:ma|ta|cette|votre|mon|ton|ce|my|your|this|that) (?:\w+ )?"
    r"(?:question|reponse|message|answer|reply)\b"
    r"|\bce que (?:je viens|j'ai|tu viens)\b|\bwhat (?:i|you) just\b"
)
_ALL = re.compile(r"\b(?:tout|toute|tous|toutes|donnees|historique|all|everything|data|history)\b")
_NUMBER = re.compile(
    r"\W*(?:le |la |the |n° ?)?([1-9])(?:\ufe0f?\u20e3|er|re|e|eme|st|nd|rd|th)?(?: one)?\W*"
)
_ORDINAL = re.compile(
    r"\W*(?:le |la |the )(?:(premiere?|first)|(deuxieme|seconde?)|(troisieme|third)|(quatrieme|fourth)"
    r"|(cinquieme|fifth))(?: one)?\W*"
)
_WHICH = re.compile(
    r"\b(?:(premiere|1re|first)|(deuxieme|seconde|2e|second)|(troisieme|3e|third)|(quatrieme|4e|fourth)"
    r"|(cinquieme|5e|fifth))\b(?=\s+(?:reponses?|answers?|en|au format|as|in)\b)"
)
_CODE = re.compile(
    r"(?:[!/]?\s*(?:continuer|continue)\s+)?`?([0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4})`?", re.IGNORECASE
)
_OURS = re.compile(r"\b(?:notre|nos|our|cette|la) (?:conversation|echanges?|discussion|chat)\b")
_TALK = re.compile(
    r"\b(?:salon|conversation|discussions?|echanges?|messages?(?! voca)|chat|room|canal|channel|debat|reunion"
    r"|talk|groupe|s'est (?:dit|passe|raconte)|on a (?:dit|decide)|y a eu|was said|happened"
    r"|been (?:said|discussed))\b"
)


def asks_meaning(folded: str) -> bool:
    """Say whether folded text asks what a level means rather than for it: « c'est quoi N2 ? »."""
    return _MEANING.search(folded) is not None


def goes_back(folded: str) -> bool:
    """Say whether folded text wants what was before: « reviens au niveau d'avant »."""
    return _BACK.search(folded) is not None


def names_one_message(folded: str) -> bool:
    """Say whether folded text names one message, question or answer, and not all: « efface ta réponse »."""
    return _ONE_MESSAGE.search(folded) is not None and _ALL.search(folded) is None


def number_of(text: str) -> int | None:
    """Read a number that chooses of what was offered: 2 for « 2 », « le 2 », « 2️⃣ » and « la deuxième »."""
    if (found := _NUMBER.fullmatch(text)) is not None:
        return int(found[1])
    named = _ORDINAL.fullmatch(fold(text)) if len(text) <= _SHORT else None
    return named.lastindex if named else None


def which_of(folded: str) -> int | None:
    """Find which answer folded text names, from 1: 3 for « la troisième réponse en Word »."""
    found = _WHICH.search(folded)
    return found.lastindex if found else None


def named_in(text: str, options: Mapping[Name, str]) -> Name | None:
    """Say which of the options a few words name, of {name: words that offer it}: « ailleurs », « envoie sans
    le passage ». They do where most of them begin as words of the offer of one do, and of no other."""
    if len(text) > _SHORT or text.rstrip().endswith("?") or len(text.split()) > _FEW:
        return None
    words = _telling(text)
    offered = {name: _telling(said) for name, said in options.items()}
    own = {
        name: said.difference(*(other for each, other in offered.items() if each != name))
        for name, said in offered.items()
    }
    return next((name for name, said in own.items() if 2 * len(words & said) > len(words)), None)


def _telling(text: str) -> set[str]:
    """How the words begin that tell one offer from another: « ce n’est pas grave » has one of them."""
    return set(_BEGINS.findall(_THAT.sub("cela", fold(text)))) - _GRAMMAR


def is_turned_round(text: str) -> bool:
    """Do a few words say the contrary of what they name? « ne l’envoie pas sans », « envoie-le avec »."""
    return _CONTRARY.search(fold(text)) is not None


def code_of(text: str) -> str | None:
    """Read the code that a message consists of, by which a question goes on here that waits elsewhere."""
    match = _CODE.fullmatch(text.strip())
    return match[1].lower() if match else None


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


def alone(folded: str) -> bool:
    """Say whether something is wanted for its asker alone: « en privé », « juste pour moi »."""
    return _ALONE.search(folded) is not None


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
    for pattern in (_SINCE, _LAST, _THREAD, _TALK, _MEASURE, _WITH_FILES, *(form for _, form in _FORMS)):
        folded = pattern.sub(" ", folded)
    return folded


def compares(folded: str) -> bool:
    """Say whether documents are to be compared."""
    return _COMPARES.search(folded) is not None


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
        return f"N{_WORDED[found[4]]}"
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
        stops = len(_STOPPING.findall(told))
        negated = (_NEGATES if stops else _NO_MORE).search(told) is not None
        return (stops + negated) % 2 == 1
    return bool(ends) and all(ends)


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
        arguments["from"] = (who["who"] or who["said"] or who["says"]).lstrip("@")
    return arguments


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
    if first is None:
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
