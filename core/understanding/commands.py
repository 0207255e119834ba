"""What a request is written as: its kind, the `!word` and `/word` of commands, and the courtesies round it.

Commands are read in French and English, with their near misses. « Bonjour, résume ce fil svp. Cordialement »
asks for « résume ce fil »: greetings, thanks and signatures say nothing of what is wanted, and in a mail
they are half of the words. They are taken out only where something is left: « merci » alone is thanks.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal, NamedTuple, cast, get_args

from core.language.folding import fold
from core.language.mail_segments import FAREWELL
from core.language.pattern_file import PatternFile, toml_beside

Kind = Literal[
    "summarise",  # what: room, thread, document; form, language, since, last, from
    "actions",
    "ask",
    "ask_document",
    "help",
    "about",  # the bot itself: its data, limits, model, who runs it
    "new",
    "stop",
    "forget",
    "data",
    "level",  # level
    "model",  # model
    "language",  # language
    "mask",  # on
    "export",  # format
    "archive",  # on
    "human",
    "why",
    "again",
    "footprint",  # what answers took
    "feedback",  # what is said of the last answer
    "settings",
    "schedule",  # when
    "thanks",
    "yes",
    "no",
]
KINDS: tuple[Kind, ...] = get_args(Kind)
Place = Literal["room", "direct", "mail"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """What a text asks for.

    `arguments` holds only what was said: `what` (room, thread, document), `form`, `since` (as said,
    « hier 14h »), `last` (how many messages), `from` (a person), `level` (N0 to N4), `model`, `language` (fr,
    en), `on`, `format` (docx, odt, pdf, md, ics, csv, txt), `when`, `words` (what follows a command).
    `why` says why it was read so; it is empty where a learned reader decided (`explained`).
    `others` are further kinds that may be meant, most likely first, where the text is not clear.
    """

    kind: Kind
    arguments: dict[str, str | int | bool] = field(default_factory=dict[str, str | int | bool])
    why: str
    """What was recognised, in a few words: « commande !aide », « résume + salon »."""
    others: tuple[Kind, ...] = ()
    chance: float = 1.0
    """The probability of `kind`, 0 to 1; 1 for a command."""
    command: str | None = None
    """The word of the command as typed, without its mark; None for plain words."""
    unknown: bool = False
    """True for a `!word` that is no command; `arguments["near"]` is then the word that is probably meant."""

    @property
    def sure(self) -> bool:
        """Say whether the text is clear enough to act on without asking."""
        return not self.others


class Spelled(NamedTuple):
    """A command as typed. `kind` is None for a `!word` that is no command; `near` is the spelling meant.

    A word one slip away from a command counts as that command (`near` says which); one that only resembles
    it does not, and is then told with `near` as what was probably meant.
    """

    word: str
    kind: Kind | None
    argument: str
    near: str | None


_PATTERNS = PatternFile(toml_beside(__file__))
_SPELLED = cast(Mapping[str, Kind], _PATTERNS.words("commands"))
_KINDS: dict[str, Kind] = {fold(word): kind for word, kind in _SPELLED.items()}
_PRINTED = {fold(word): word for word in _SPELLED}
COMMANDS = tuple(word for word in _SPELLED if word.isalpha())
"""All words that may follow `!`."""
_COMMAND = re.compile(r"\s*([!！/])\s?(\?|[^\W\d_][\w-]*)[ :,]*(.*)", re.DOTALL)
_SLIP = 0.75
_RESEMBLES = 0.6


def spelled(text: str) -> Spelled | None:
    """Read the command that `text` is; None for plain words, such as `/usr/bin` and « !!! »."""
    match = _COMMAND.fullmatch(text)
    if match is None or match[3].startswith(("/", "!")):
        return None
    mark, word, argument = match[1], match[2], match[3].strip()
    folded = fold(word)
    if folded in _KINDS:
        return Spelled(word, _KINDS[folded], argument, None)
    near = difflib.get_close_matches(folded, _KINDS, n=1, cutoff=_SLIP if mark == "/" else _RESEMBLES)
    if mark == "/" and not near:
        return None
    slip = bool(near) and difflib.SequenceMatcher(a=folded, b=near[0]).ratio() >= _SLIP
    printed = _PRINTED[near[0]] if near else None
    return Spelled(word, _KINDS[near[0]] if slip else None, argument, printed)


_CALLED = _PATTERNS.pattern("called")
_BEFORE = (_PATTERNS.pattern("named"), _PATTERNS.pattern("greets"), _CALLED)
"""Whom a text calls by name, its greeting, whom it calls behind that: taken out where words are left."""
_THANKS_AND = _PATTERNS.pattern("thanks_and")
_CLOSES = _PATTERNS.pattern("closes", farewell=FAREWELL)
_SIGNATURE = re.compile(r"\s*[,.!;\n–-]")
_NAMES = _PATTERNS.pattern("names")
_WORD = re.compile(r"\w+")
_LEFT = 2
"""Words that a request has at least, once all that is taken out."""
_FORMULAS = 3
"""Closing formulas that are taken out: « Merci. Cordialement, J. Martin »."""
LONGEST_REQUEST = 1_000
"""Characters; what is longer is no request for the bot."""


_QUOTED = _PATTERNS.pattern("quoted")


def unquoted(text: str) -> str:
    """Take the lines that `text` quotes out of it: what they order is ordered by nobody here."""
    return _QUOTED.sub("", text).strip()


def bare_request(text: str) -> str:
    """Take whom `text` calls, its greeting, its thanks and its signature out of it, where words are left."""
    said = text.strip()
    return said if len(said) > LONGEST_REQUEST else _bare(said)


def thanks_and_goes_on(text: str) -> bool:
    """Say whether `text` thanks for an answer and goes on from it: « merci ! et du coup, c’est quand ? »."""
    return _THANKS_AND.match(bare_request(text)) is not None


@lru_cache(maxsize=64)  # the intake, the bots and what reads its language ask it of one message in turn
def _bare(said: str) -> str:
    said = _CALLED.sub("", said)
    for pattern in _BEFORE:
        left = pattern.sub("", said)
        said = left if len(_WORD.findall(left)) >= _LEFT else said
    for _ in range(_FORMULAS):
        formula = _CLOSES.search(said)
        while formula and not _is_signature(formula["signed"], farewell=bool(formula["farewell"])):
            formula = _CLOSES.search(said, formula.start() + 1)
        if formula is None:
            break
        left = said[: formula.start()].rstrip(" ,;–-\n")
        said = left if len(_WORD.findall(left)) >= _LEFT else said
    return said


def _is_signature(signed: str, *, farewell: bool) -> bool:
    """Is what follows a formula nothing, or who wrote? After thanks, a request may go on."""
    if not signed.strip(" .!"):
        return True
    return (_SIGNATURE if farewell else _NAMES).match(signed) is not None
