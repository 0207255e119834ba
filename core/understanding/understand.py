"""The one step that says what a text asks for, without a model: commands first, then a learned reader.

Commands say it themselves. Everything else is read by `core.language.learned` with weights trained on what
several hands wrote (`tests/data/understanding`), with where it was written and whether a document is there.
Long texts are always for the model: a command in plain words is short. What acts for good (erase, forget) is
confirmed by whoever handles the intent, so that a reading that is wrong costs one question.

What a text names is found by patterns kept as data. A concept (`concepts.toml`) is no decision: which request
a text makes follows from its concepts together, with weights learned from what people wrote
(`core.language.learned`). A question that names no fact about the bot (`about.toml`) is not about it («
quelle limite pour le plomb ? »), and is for the model.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache, lru_cache
from importlib import resources
from itertools import combinations
from typing import Literal, cast

from core.language.accents import fold
from core.language.learned import LearnedReader, features_of
from core.understanding import arguments
from core.understanding.commands import KINDS, Intent, Kind, Place, Spelled, bare_request, spelled

LONGEST = 60
"""Words of a request for the bot itself; more is a text for the model."""
_BRIEF = 4
"""Words of a plain order that stops an answer under way."""
_SURE = 0.7
"""The probability from which the first reading is acted on without asking."""
_CLEAR, _ASKED = 0.5, 0.1
"""The probability of the first reading below which, and of a question from which, it may be a question."""
_PLAIN = 0.5
"""What the probability of an ordinary question counts beside that of a request to the bot, in saying which is
read: questions are most of what was learned from. What is not sure is the model's all the same (`_ASKED`)."""
_LIKELY = 0.2
"""The probability from which a second reading is offered beside the first."""
_ARCHIVED = re.compile(
    r"\b(?:archive[rsz]?|verse[rz]?)\s+(?:pas |plus )?(?:cette|cet|ce|notre|this|our)\s+"
    r"(?:conversation|echange|discussion|fil|session|chat|thread)s?\b"
)
_MARKS = "!/\\$#<{["
"""What a path, a line of code or of a shell begins with; no request does."""
_WORD = re.compile(r"\w+")
_TOKEN = re.compile(r"[a-z]+(?:'[a-z]+)*|\d+")
Topic = Literal["retention", "data", "size", "model", "learning", "who", "errors", "footprint"]
"""Where data go and how long they stay, how large a file may be, which model, who answers for it, what an
answer takes."""
_ALONE = frozenset({"polite", "quoted", "you", "that"})
"""Concepts that say too little to be paired with others."""


def understand(text: str, *, place: Place = "direct", document: bool = False) -> Intent:
    """Say what `text` asks for, written at `place`, with a `document` at hand or not."""
    command = spelled(text)
    if command is not None:
        return _commanded(command, place=place, document=document)
    plain = bare_request(text)
    words = _WORD.findall(plain)
    if len(words) > LONGEST:
        return Intent(kind=_question(document), why="un texte long est pour le modèle")
    if plain == "?":
        return Intent(kind="help", why="« ? » seul")
    if not words or plain[0] in _MARKS:
        return Intent(kind=_question(document), why="sans mot, ou du code")
    if (found := _ARCHIVED.search(fold(plain))) is not None:
        on = not arguments.is_off(fold(plain))
        return Intent(kind="archive", arguments={"on": on}, why=f"« {found[0]} »")
    return _read(plain, place=place, document=document)


def stops(text: str, *, place: Place, document: bool = False) -> bool:
    """Say whether `text` is an order to stop the answer under way: a command, or a few plain words."""
    intent = understand(text, place=place, document=document)
    brief = intent.command is not None or len(text.split()) <= _BRIEF
    return intent.kind == "stop" and not intent.others and brief


def as_kind(text: str, kind: Kind, *, place: Place, document: bool) -> Intent:
    """Read a text whose kind is known: its author chose it."""
    plain = bare_request(text)
    return Intent(
        kind=kind, arguments=_with_arguments(kind, plain, place=place, document=document), why="choisi"
    )


def _commanded(command: Spelled, *, place: Place, document: bool) -> Intent:
    near = {"near": command.near} if command.near else {}
    why = f"commande !{command.word}" + (f", proche de « !{command.near} »" if command.near else "")
    words = {"words": command.argument} if command.argument else {}
    if command.kind is None:
        return Intent(kind="help", arguments={**near, **words}, why=why, command=command.word, unknown=True)
    found = _with_arguments(command.kind, command.argument, place=place, document=document)
    return Intent(kind=command.kind, arguments={**found, **near, **words}, why=why, command=command.word)


@lru_cache(maxsize=64)  # the intake, each bot that may want a text and the one that has it read it in turn
def _read(text: str, *, place: Place, document: bool) -> Intent:
    named = features_of(text, extra=_context_of(text, place=place, document=document))
    kinds = _likely(reader().among(named), document=document)
    (first, chance), *rest = kinds
    others: list[Kind] = []
    if chance < _SURE and first not in ("ask", "ask_document"):
        others = [kind for kind, each in rest[:2] if each >= _LIKELY and kind not in ("ask", "ask_document")]
        if chance < _CLEAR or sum(each for kind, each in rest if kind in ("ask", "ask_document")) >= _ASKED:
            others.append(_question(document))
    if document and {"summarise", "export"} <= {first, *others}:
        first, others = "summarise", []  # « une note en Word »: of the document, as a file
    weighed = reader().weighed(named, first)
    why = f"« {' », « '.join(weighed)} » ({chance:.0%})" if weighed else f"{chance:.0%}"
    found = {} if first == "ask" else _with_arguments(first, text, place=place, document=document)
    return Intent(kind=first, arguments=found, why=why, others=tuple(others), chance=chance)


def _likely(chances: Mapping[str, float], *, document: bool) -> list[tuple[Kind, float]]:
    """Order the kinds by probability, with that of each. Without a document, no question can be about one."""
    found: dict[Kind, float] = {}
    for kind in KINDS:
        chance = chances.get(kind, 0.0)
        placed: Kind = "ask" if kind == "ask_document" and not document else kind
        found[placed] = found.get(placed, 0.0) + chance
    weighed = {"ask": 1.0 if document else _PLAIN}
    return sorted(found.items(), key=lambda each: -each[1] * weighed.get(each[0], 1.0))


def features(text: str, *, place: Place, document: bool) -> list[str]:
    """Name what the reader weighs of a request: its words and letters, its concepts, what surrounds it."""
    bare = bare_request(text)
    return features_of(bare, extra=_context_of(bare, place=place, document=document))


def _context_of(text: str, *, place: Place, document: bool) -> list[str]:
    """Name what surrounds the words: the place, a document, how long the text is, how it ends; and which
    words stand one apart, so that « mets [tout] en Word » is the same whatever stands between."""
    count = len(_WORD.findall(text))
    size = 1 if count == 1 else 3 if count <= 3 else 7 if count <= 7 else 14 if count <= 14 else 60
    names = [f"place={place}", f"document={document}", f"words={size}", f"document={document} {place}"]
    if text.rstrip().endswith("?"):
        names.append("asks")
    if ":" in text:
        names.append("colon")
    concepts = concepts_of(fold(text))
    folded = _TOKEN.findall(fold(text))
    apart = (f"s:{a} {b}" for a, b in zip(folded, folded[2:], strict=False))
    return [*names, *concepts, *(f"{each}|{size}" for each in concepts if "+" not in each), *apart]


@cache
def reader() -> LearnedReader:
    """Load the weights that ship with this package."""
    return LearnedReader.from_bytes(
        resources.files("core.understanding").joinpath("weights.bin").read_bytes()
    )


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
            return _given("when", arguments.when_of(folded))
        case "model":
            return _given("model", arguments.model_of(folded))
        case "mask" | "archive":
            return {"on": not arguments.is_off(folded)}
        case _:
            return {}


def _given(name: str, value: str | None) -> dict[str, str | int | bool]:
    return {} if value is None else {name: value}


@cache
def _patterns(name: str) -> dict[str, re.Pattern[str]]:
    file = resources.files("core.understanding").joinpath(f"{name}.toml")
    return {key: re.compile(pattern) for key, pattern in tomllib.loads(file.read_text("utf-8")).items()}


def _named(name: str, folded: str) -> list[str]:
    return [key for key, pattern in _patterns(name).items() if pattern.search(folded)]


def concepts_of(folded: str) -> list[str]:
    """Name the concepts in folded text, each alone and in pairs: `k:erase`, `k:erase+mine`."""
    found = _named("concepts", folded)
    paired = sorted(name for name in found if name not in _ALONE)
    return [*(f"k:{name}" for name in found), *(f"k:{a}+{b}" for a, b in combinations(paired, 2))]


def topics_of(text: str) -> tuple[Topic, ...]:
    """Name the facts about the bot that `text` asks for, in the order in which they are told."""
    return tuple(cast("list[Topic]", _named("about", fold(text))))
