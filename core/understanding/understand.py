"""What is read of a text by learned readers, without a model: what it asks for, whether it tells of a danger.

Commands say it themselves. Everything else is read by `core.language.learned` with weights trained on what
several hands wrote (`tests/data/understanding`), with where it was written and whether a document is there.
Long texts are always for the model: a command in plain words is short. What acts for good (erase, forget) is
confirmed by whoever handles the intent, so that a reading that is wrong costs one question.

What a text names is found by patterns kept as data. A concept (`concepts.toml`) is no decision: which request
a text makes follows from its concepts together, with weights learned from what people wrote. Whoever orders
something uses few words, and those that everybody uses; a word that no order used (`usual_words.txt`) speaks
for an ordinary question.

Which fact about the bot a question is after is learned too (`topics.bin`). What is after none (« quelle
limite pour le plomb ? ») is the model's, and what surely is after one is about the bot, though it was read as
an ordinary question.

Who is in danger, or somebody near, is meant, not a subject (« prévention du suicide »). A wrong reading costs
a kind line that was not needed, and among others the answer, which is to be asked for again in private.
A first reader, of words, sends nearly all texts on their way. What is left is read by a model of language,
which hears what no word of it says (« je ne serai plus là lundi, ne m'attendez pas »); it is C code, so where
there is a sandbox it runs in there (`run`). Where there is no such model, the first reader decides alone.
"""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Container
from functools import cache, lru_cache
from heapq import nlargest
from importlib import resources
from itertools import combinations
from typing import Any, BinaryIO, Literal, cast, get_args

from core.language.commonmark import CHAT_LINK
from core.language.encoder import Encoder, Layers, VectorReader, installed_encoder
from core.language.folding import fold
from core.language.learned import LearnedReader, features_of
from core.language.materials import SURE, split
from core.understanding import arguments
from core.understanding.commands import (
    KINDS,
    LONGEST_REQUEST,
    WORDS,
    Intent,
    Kind,
    Place,
    Spelled,
    bare_request,
    short_answer,
    spelled,
    verdict_of,
)

LONGEST = 60
"""Words of a request for the bot itself; more is a text for the model."""
_HELP = frozenset((word[0], frozenset(word)) for word in ("aide", "help"))
"""How words that ask for help begin, and their letters: these doubled or in another order ask for it, too
(« aidde », « hepl »)."""
SURE_YES = 0.65
_SURE_WORDS = {"yes": SURE_YES, "no": 0.8}
"""The probability from which a word counts: a « no » that was none would let protected content go."""
_LONGEST_WORD = 15
"""Words of an answer; more says something else too."""
_BRIEF = 4
"""Words of a plain order that stops an answer under way."""
_FEW = 8
"""Words that are about what was said last; more may bring what they are about."""
_ABOUT_THE_LAST: frozenset[Kind] = frozenset(
    {"again", "export", "feedback", "human", "no", "stop", "thanks", "why", "yes"}
)
GOES_ON = 14
"""Words that go on from an answer; more are a question of their own."""
_FOLLOWING = 0.45
"""The probability from which a text goes on from an answer."""
FOLLOWS, ANEW, OWN = "follows", "anew", "own"
"""The labels of texts that go on from an answer and say how, of those that want it once more and say no more,
and of those that stand for themselves."""
_ON_AN_ANSWER: frozenset[Kind] = frozenset({"about", "again", "ask", "ask_document", "language"})
"""What a text that goes on from an answer is read as: « et en anglais ? » names a language, and « qui t’a dit
ça ? » asks who relais is, where it is the first thing that is said."""
_OF_WHAT_IS_HERE: frozenset[Kind] = frozenset({"again", "ask", "ask_document", "summarise", "yes"})
"""What is asked of what was written round it, or may be: « oui » to the offer of a full answer."""
_SURE = 0.7
"""The probability from which the first reading is preferred to other orders without asking."""
_CLEAR, _CERTAIN, _ASKED = 0.5, 0.8, 0.1
"""The probability of the first reading below which it may be a question; from which it is none; between
these, that of a question from which it may be one."""
_PLAIN = 0.5
"""What the probability of an ordinary question counts beside that of a request to the bot, in saying which is
read: questions are most of what was learned from. What is not sure is the model's all the same (`_ASKED`)."""
_QUESTIONS: frozenset[Kind] = frozenset({"ask", "ask_document"})
_TALK: frozenset[Kind] = frozenset({"thanks", "yes", "no"})
_LIKELY = 0.2
"""The probability from which a second reading is offered beside the first."""
_ARCHIVED = re.compile(
    r"\b(?:archive[rsz]?|verse[rz]?)\s+(?:pas |plus )?(?:cette|cet|ce|notre|this|our)\s+"
    r"(?:conversation|echange|discussion|fil|session|chat|thread)s?\b"
)
_MARKS = "!/\\$#<{["
"""What a path, a line of code or of a shell begins with; no request does."""
_FILE_NAME = re.compile(
    r"(?:\b(?:fichier|document|file)\s+)?(?:[«“\"]\s?)?\b[\w-]{2,}"
    r"\.(?:docx?|odt|pdf|xlsx?|ods|csv|pptx?|odp|txt|md|eml|msg|zip|png|jpe?g)\b(?:\s?[»”\"])?",
    re.IGNORECASE,
)
"""The name of a file, with the word that calls it one: « le fichier « devis.pdf » »."""
_WORD = re.compile(r"\w+")
_TOKEN = re.compile(r"[a-z]+(?:'[a-z]+)*|\d+")
Topic = Literal[
    "who", "data", "rights", "access", "retention", "room", "leaving", "model", "footer", "learning",
    "internet", "size", "quota", "errors", "footprint",
]  # fmt: skip
"""Who the bot is and who runs it, where data go, who answers for them and which rights people have, who may
read them, how long they stay, what is read of a room, how the bot is had to leave, which model, what the line
below answers means, whether it learns, what it knows and reaches, which files it reads, how much may be
asked, how far it is right, what an answer takes; in the order in which they are told."""
TOPICS: tuple[Topic, ...] = get_args(Topic)
NO_TOPIC = "none"
"""The label of ordinary questions, beside the topics."""
_NONE = 0.25
"""The probability from which a question that seemed to be about the bot is not."""
_NONE_DOUBTED = 0.05
"""The same where it may be an order, too."""
_ALSO = 0.25
"""The probability from which a further topic of a question is told."""
LETTERS = re.compile(r"[a-z]{3,}")
"""The words of folded text of which it is known whether orders use them."""
_MANY = 4
"""Words that no order used; more say no more."""
_ALONE = frozenset({"polite", "quoted", "you", "that"})
"""Concepts that say too little to be paired with others."""


def understand(text: str, *, place: Place = "direct", document: bool = False) -> Intent:
    """Say what `text` asks for, written at `place`, with a `document` at hand.

    What the person pasted commands nothing (`core.language.materials`). A fence, a quoted or a forwarded mail
    is a document, and only the instruction is read. Words between quotation marks or behind a colon may also
    be the person's own: what they ask for counts where the instruction alone asks for it, too.
    """
    sent = split(text)
    if any(material.form in SURE for material in sent.materials):
        return _asked(sent.instruction, place=place, document=True)
    intent = _asked(text, place=place, document=document)
    if not sent.materials or intent.kind in _QUESTIONS or spelled(text) is not None:
        return intent
    alone = _asked(sent.instruction, place=place, document=document)
    if alone.kind == intent.kind:
        return intent
    return Intent(kind=_question(document), why="ce que le texte collé demande n’est pas un ordre")


def _asked(text: str, *, place: Place, document: bool) -> Intent:
    """Say what a person's own words ask for."""
    command = spelled(text)
    if command is not None:
        return _commanded(command, place=place, document=document)
    plain = bare_request(text)
    words = _WORD.findall(plain)
    if len(words) > LONGEST or len(plain) > LONGEST_REQUEST:
        return Intent(kind=_question(document), why="un texte long est pour le modèle")
    if plain and not plain.strip("? \u00a0\u202f"):
        return Intent(kind="help", why="« ? » seul")
    if not words and (verdict := verdict_of(plain)) is not None and verdict in WORDS:
        return Intent(kind=WORDS[verdict], why="un signe seul")
    word = fold(words[0]) if len(words) == 1 and words[0] not in usual_words() else ""
    if (word[:1], frozenset(word)) in _HELP:
        return Intent(kind="help", why=f"« {words[0]} », proche d’« aide »")
    if not words or plain[0] in _MARKS:
        return Intent(kind=_question(document), why="sans mot, ou du code")
    return _read(plain, place=place, document=document)


def stops(text: str, *, place: Place, document: bool = False) -> bool:
    """Say whether `text` is an order to stop the answer under way: a command, or a few plain words."""
    if spelled(text) is None and len(text.split()) > _BRIEF:
        return False  # asked of all that people say to each other in a room: it is read no further
    intent = understand(text, place=place, document=document)
    return intent.kind == "stop" and not intent.others


def word_in(text: str) -> bool | None:
    """Read the word that answers a question of ours: True for yes, False for no, None for anything else."""
    said = bare_request(text)
    if said.endswith("?") or len(said.split()) > _LONGEST_WORD:
        return None
    intent = understand(said)
    if intent.kind not in _SURE_WORDS or not intent.sure or intent.chance < _SURE_WORDS[intent.kind]:
        return None
    return intent.kind == "yes"


def is_about_the_last(text: str) -> bool:
    """Say whether a few words are about what was said last: an order on the last answer, an answer to what
    was asked, or what goes on from it; what may be a question of its own is not."""
    if short_answer(bare_request(text)).number is not None:
        return True
    count, intent = len(text.split()), understand(text)
    clear = intent.sure or (count <= _BRIEF and not text.rstrip().endswith("?"))
    return (count <= _FEW and clear and intent.kind in _ABOUT_THE_LAST) or goes_on(text)


def goes_on(text: str) -> bool:
    """Say whether a text goes on from what was answered last, and needs it: « plus simple », « et en
    anglais ? »; not what brings what it is about: « traduis en anglais : Bonjour »."""
    intent = understand(text)
    if intent.command is not None or (intent.sure and intent.kind not in _ON_AN_ANSWER):
        return False
    words = len(_WORD.findall(bare_request(text)))
    asks = 0 < words <= GOES_ON and text.lstrip()[0] not in _MARKS and not text.strip().isdecimal()
    return asks and follow_reader().among(follow_features(text))[OWN] <= 1 - _FOLLOWING


def is_about_nothing_here(text: str) -> bool:
    """Say whether a text is an order that is carried out without what was written round it: `!oublier`,
    « merci »; no question, no summary, no « oui »."""
    intent = understand(text, place="room")
    clear = intent.sure and intent.kind not in _OF_WHAT_IS_HERE
    return clear and (intent.command is not None or not goes_on(text))


def asks_anew(text: str) -> bool:
    """Say whether an order to answer again says no more than that: « refais ta réponse », « redis-le
    autrement »; not « refais en plus court »."""
    chances = follow_reader().among(follow_features(text))
    return chances[ANEW] > chances[FOLLOWS]


def follow_features(text: str) -> list[str]:
    """Name what is weighed of a text that may go on from an answer."""
    return features(bare_request(text), place="direct", document=False, usual=usual_words(), heard=False)


def as_kind(text: str, kind: Kind, *, place: Place, document: bool) -> Intent:
    """Read a text whose kind is known: its author chose it."""
    found = _with_arguments(kind, unnamed(bare_request(text)), place=place, document=document)
    return Intent(kind=kind, arguments=found, why="choisi")


def _commanded(command: Spelled, *, place: Place, document: bool) -> Intent:
    near = {"near": command.near} if command.near else {}
    why = f"commande !{command.word}" + (f", proche de « !{command.near} »" if command.near else "")
    words = {"words": command.argument} if command.argument else {}
    if command.kind is None:
        return Intent(kind="help", arguments={**near, **words}, why=why, command=command.word, unknown=True)
    found = _with_arguments(command.kind, command.argument, place=place, document=document)
    return Intent(kind=command.kind, arguments={**found, **near, **words}, why=why, command=command.word)


@lru_cache(maxsize=64)  # the intake, each bot that may want a text and the one that has it read it in turn
def _read(bare: str, *, place: Place, document: bool) -> Intent:
    folded = fold(bare)
    if (found := _ARCHIVED.search(folded)) is not None:
        on = not arguments.is_off(folded, of="archive")
        return Intent(kind="archive", arguments={"on": on}, why=f"« {found[0]} »")
    text = unnamed(bare) if "." in bare or "/#/" in bare else bare
    chances = reader().among(features(text, place=place, document=document, usual=usual_words()))
    weight = 1.0 if document else _PLAIN
    ranked: list[tuple[Kind, float]] = [(kind, chances.get(kind, 0.0)) for kind in KINDS]
    ranked.sort(key=lambda each: -each[1] * (weight if each[0] in _QUESTIONS else 1.0))
    (first, chance), *rest = ranked
    others: list[Kind] = []
    if chance < _CERTAIN and first not in _QUESTIONS:
        likely = rest[:2] if chance < _SURE else ()
        others = [kind for kind, each in likely if each >= _LIKELY and kind not in _QUESTIONS]
        if chance < _CLEAR or sum(each for kind, each in rest if kind in _QUESTIONS) >= _ASKED:
            others.append(_question(document))
    if others or first == "language":
        first, others = _told_apart(first, others, text, place=place, document=document)
    plain = {"ask"} if document else _QUESTIONS
    nothing = _NONE if first in plain else _NONE_DOUBTED
    said = first in _TALK  # « t'es nul » asks for no fact
    if (
        not said
        and not plain.isdisjoint((first, *others))
        and (none := topic_reader().among(topic_features(text))[NO_TOPIC]) < nothing
    ):
        return Intent(kind="about", why=f"un fait sur le service ({1 - none:.0%})", chance=1 - none)
    found = {} if first == "ask" else _with_arguments(first, text, place=place, document=document)
    return Intent(kind=first, arguments=found, why="", others=tuple(others), chance=chance)


def _told_apart(
    first: Kind, others: list[Kind], text: str, *, place: Place, document: bool
) -> tuple[Kind, list[Kind]]:
    """Which of the kinds that a text may be it is, where more than the reader's weights tells."""
    kinds = {first, *others}
    if document and ({"summarise", "export"} <= kinds or kinds == {"summarise", "about"}):
        return "summarise", []  # « une note en Word »: of the document, as a file; « sum this up? »
    if kinds - _QUESTIONS == {"about", "stop"}:  # « arrête de lire »: to leave, or to stop
        return "about" if topics_of(text) else "stop", []
    if kinds == {"about", "help"}:  # « tu lis les PDF ? »: a fact, or all that it can do
        return "about" if topics_of(text) else "help", []
    if first == "language" and (document or place == "room") and _is_summary_in_a_language(text):
        return "summarise", []
    return first, others


def explained(text: str, intent: Intent, *, place: Place = "direct", document: bool = False) -> str:
    """Say why `text` was read as `intent`: the words that spoke most for it, where the reader decided."""
    if intent.why:
        return intent.why
    plain = unnamed(bare_request(text))
    named = features(plain, place=place, document=document, usual=usual_words())
    weighed = reader().weighed(named, intent.kind)
    return f"« {' », « '.join(weighed)} » ({intent.chance:.0%})" if weighed else f"{intent.chance:.0%}"


def _is_summary_in_a_language(text: str) -> bool:
    """Is a summary wanted in a language, rather than the language from now on? « résume en anglais »."""
    folded = fold(text)
    return arguments.told_in(folded) is not None and "k:sum" in concepts_of(folded)


def unnamed(text: str) -> str:
    """The text without links to messages, and without names of files: the ending of one is no format that is
    wanted."""
    return _FILE_NAME.sub("document", CHAT_LINK.sub("", text).strip() or text)


def features(
    text: str, *, place: Place, document: bool, usual: Container[str], heard: bool = True
) -> list[str]:
    """Name what a reader weighs of a bare request: its words and letters, its concepts, what they sound like
    where that is `heard`; what surrounds them: the place, a document, how long the text is, how it ends, how
    many of its words are none of the `usual` ones of orders; and which stand one apart, so that « mets [tout]
    en Word » is the same whatever stands between."""
    count = len(_WORD.findall(text))
    size = 1 if count == 1 else 3 if count <= 3 else 7 if count <= 7 else 14 if count <= 14 else 60
    names = [f"place={place}", f"document={document}", f"words={size}", f"document={document} {place}"]
    if text.rstrip().endswith("?"):
        names.append("asks")
    if ":" in text:
        names.append("colon")
    said = fold(text)
    concepts = concepts_of(said)
    folded = _TOKEN.findall(said)
    apart = (f"s:{a} {b}" for a, b in zip(folded, folded[2:], strict=False))
    sized = (f"{each}|{size}" for each in concepts if "+" not in each)
    words = set(LETTERS.findall(said))
    strange = sum(word not in usual for word in words)
    many = min(strange, _MANY)
    share = round(4 * strange / len(words)) if words else 0
    unusual = (f"strange={many}", f"strange={many} of={min(len(words), 2 * _MANY) // 2}", f"share={share}")
    return features_of(text, extra=(*names, *concepts, *sized, *apart, *unusual), heard=heard)


@cache
def usual_words() -> frozenset[str]:
    """Load the words that several orders used."""
    return frozenset(_data("usual_words.txt").decode().split())


@cache
def reader() -> LearnedReader:
    """Load what was learned of requests."""
    return LearnedReader.from_bytes(_data("weights.bin"))


@cache
def follow_reader() -> LearnedReader:
    """Load what was learned of texts that go on from an answer."""
    return LearnedReader.from_bytes(_data("follows.bin"))


@cache
def topic_reader() -> LearnedReader:
    """Load what was learned of questions about the bot."""
    return LearnedReader.from_bytes(_data("topics.bin"))


def _data(name: str) -> bytes:
    return resources.files("core.understanding").joinpath(name).read_bytes()


def _question(document: bool) -> Kind:
    return "ask_document" if document else "ask"


def _with_arguments(kind: Kind, text: str, *, place: Place, document: bool) -> dict[str, str | int | bool]:
    folded = fold(text)
    match kind:
        case "summarise":
            return arguments.about_summary(text, folded, place=place, document=document)
        case "level":
            return _given("level", arguments.level_of(folded))
        case "language":
            return _given("language", arguments.language_of(folded))
        case "export":
            return _given("format", arguments.format_of(folded))
        case "schedule":
            when = _given("when", arguments.when_of(folded))
            return when | ({"on": False} if arguments.is_off(folded, of="schedule") else {})
        case "model":
            return _given("model", arguments.model_of(folded))
        case "mask" | "archive":
            return {"on": not arguments.is_off(folded, of=kind)}
        case _:
            return {}


def _given(name: str, value: str | None) -> dict[str, str | int | bool]:
    return {} if value is None else {name: value}


@cache
def _concepts() -> dict[str, re.Pattern[str]]:
    patterns = tomllib.loads(_data("concepts.toml").decode())
    return {key: re.compile(pattern) for key, pattern in patterns.items()}


@lru_cache(maxsize=64)
def concepts_of(folded: str) -> tuple[str, ...]:
    """Name the concepts in folded text, each alone and in pairs: `k:erase`, `k:erase+mine`."""
    found = [key for key, pattern in _concepts().items() if pattern.search(folded)]
    paired = sorted(name for name in found if name not in _ALONE)
    return *(f"k:{name}" for name in found), *(f"k:{a}+{b}" for a, b in combinations(paired, 2))


def topic_features(text: str) -> list[str]:
    """Name what is weighed of a question about the bot."""
    bare = bare_request(text)
    return features_of(bare, extra=concepts_of(fold(bare)))


def topics_of(text: str) -> tuple[Topic, ...]:
    """Name the facts about the bot that `text` asks for, in the order in which they are told; none where it
    asks for something else."""
    chances = topic_reader().among(topic_features(text))
    if chances.pop(NO_TOPIC) >= _NONE:
        return ()
    first = max(chances, key=chances.__getitem__)
    return tuple(each for each in TOPICS if each == first or chances.get(each, 0.0) >= _ALSO)


Distress = Literal["suicide", "violence", "harassment", "suffering", "medical"]
_NO_DANGER = 1 / (1 + math.exp(-2.8))
"""The probability of no danger (94 %) up to which a sentence is read a second time."""
_BESIDE = 0.4
"""What the first reading counts beside the second, both as logarithms: whether it is a danger, and which."""
_BOUND = -1.08
"""The sum of both from which a sentence is taken to tell of one."""
_ORDERED = 4.2
"""How much more it takes of a sentence that is surely an order, « mets-le en français »; of one that may be
one, so much of it as that is probable."""
_NO_ORDERS: frozenset[Kind] = frozenset({"ask", "ask_document", "human", "stop"})
"""What is asked for by who is in danger, too."""
_SENTENCE = re.compile(r"(?<=[.!?;…])\s+|\n+")
_SENTENCES, CHARACTERS = 20, 300
"""How many sentences of a text are read for a danger, and how much of each."""
_TWICE = 6
"""How many of them are read twice, the likeliest first."""
_LAYERS = Layers(count=8, tensors={})
"""What of the model is used."""


def possible_dangers(text: str) -> dict[str, float]:
    """What of a text is to be read twice, with its log-odds of a danger: sentences of it, and a short text as
    a whole besides; nearly always nothing."""
    bare = bare_request(text)
    sentences = list(filter(str.strip, _SENTENCE.split(bare)))[:_SENTENCES]
    if len(sentences) > 1 and len(bare) <= CHARACTERS:
        sentences.insert(0, bare)  # of a short text the whole, too
    pieces = dict.fromkeys(said[:CHARACTERS] for said in sentences)
    read = {said: danger_reader().among(features_of(said)) for said in pieces}
    odds = {said: danger_odds(each) for said, each in read.items() if each["none"] <= _NO_DANGER}
    return {said: odds[said] for said in nlargest(_TWICE, odds, key=odds.__getitem__)}


def danger_in(text: str, encoder: Encoder | None) -> Distress | None:
    """Name the danger that `text` most surely tells of; None for nearly all texts. Each reading by `encoder`
    holds up who calls it for some hundredths of a second; without it the first reader decides."""
    surest: tuple[float, str] = (_BOUND, "")
    for said, odds in possible_dangers(text).items():
        chances, known = danger_reader().among(features_of(said)), odds + _BOUND
        if encoder is not None:
            heard = vector_reader().among(encoder.encode(said))
            known = danger_odds(heard) + _BESIDE * odds
            chances = {label: chance * chances[label] ** _BESIDE for label, chance in heard.items()}
        known -= _ORDERED * _order_chance(said)
        del chances["none"]
        surest = max(surest, (known, max(chances, key=chances.__getitem__)))
    return cast("Distress", surest[1]) if surest[1] else None


def _order_chance(said: str) -> float:
    intent = understand(said)
    return 0.0 if intent.kind in _NO_ORDERS else intent.chance


def danger_odds(chances: dict[str, float]) -> float:
    """How probable any danger is, as log-odds."""
    none = min(max(chances["none"], 1e-6), 1 - 1e-6)
    return math.log((1 - none) / none)


@cache
def danger_reader() -> LearnedReader:
    """Load what was learned of words."""
    return LearnedReader.from_bytes(_data("danger_words.bin"))


@cache
def vector_reader() -> VectorReader:
    """Load what was learned of vectors."""
    return VectorReader.load(_data("danger_vectors.bin"))


@cache
def danger_model() -> Encoder | None:
    """The model of this machine; None where there is none."""
    return installed_encoder(_LAYERS)


def prepare() -> None:
    """Read what the readers would read when first used: a jailed process may open no file."""
    danger_reader()
    vector_reader()
    danger_model()
    topic_reader()
    understand("aide")


def run(file: BinaryIO, _arguments: dict[str, Any], _limits: object) -> str | None:
    """`danger_in` of a text in UTF-8."""
    return danger_in(file.read().decode("utf-8"), danger_model())
