"""What a text says by how it is written, nothing learned: commands, signs, numbers, and courtesies round it.

Commands are read in French and English, with their near misses. « Bonjour, résume ce fil svp. Cordialement »
asks for « résume ce fil »: greetings, thanks and signatures say nothing of what is wanted, and in a mail
they are half of the words. They are taken out only where something is left: « merci » alone is thanks.

What a reaction to an answer says of it is the same on every platform: Slack's buttons and the links of mails
stand for the same signs (`Reacted`), so that all are counted together.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal, NamedTuple, TypeVar, cast, get_args

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


def bare_request(text: str) -> str:
    """Take whom `text` calls, its greeting, its thanks and its signature out of it, where words are left."""
    said = text.strip()
    return said if len(said) > LONGEST_REQUEST else _bare(said)  # what is long is not kept in memory


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


def thanks_and_goes_on(text: str) -> bool:
    """Say whether `text` thanks for an answer and goes on from it: « merci ! et du coup, c’est quand ? »."""
    return _THANKS_AND.match(bare_request(text)) is not None


def _is_signature(signed: str, *, farewell: bool) -> bool:
    """Is what follows a formula nothing, or who wrote? After thanks, a request may go on."""
    if not signed.strip(" .!"):
        return True
    return (_SIGNATURE if farewell else _NAMES).match(signed) is not None


Fault = Literal["wrong", "incomplete", "off_topic", "too_long", "refused"]
"""What was wrong with an answer; `refused`: it is a refusal without need."""
Verdict = Literal["good", "bad", "again", "stop", "done", "share"] | Fault
"""`again`: answer it again; `done`: this conversation is over; `share`: the support may see the exchange."""

FAULTS: tuple[Fault, ...] = get_args(Fault)
SIGNS: Mapping[Fault | Literal["share"], str] = {
    "wrong": "❌",
    "incomplete": "✂️",
    "off_topic": "🎯",
    "too_long": "📏",
    "refused": "🔒",
    "share": "📤",
}
_VERDICTS = cast(dict[str, Verdict], _PATTERNS.words("signs"))
_VERDICTS.update((sign.rstrip("\ufe0f"), verdict) for verdict, sign in SIGNS.items())
_VARIANTS = "\ufe0f\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff"
"""How a sign is drawn: as a picture, in a colour of skin."""
_JUDGES = cast(Mapping[str, Verdict], _PATTERNS.words("words"))
"""What may follow `!avis`."""
WORDS: Mapping[Verdict, Literal["yes", "no"]] = {"good": "yes", "done": "yes", "bad": "no", "wrong": "no"}
"""What a sign says to a question of ours: 👍 and ✅ are a yes, 👎 and ❌ a no."""


def verdict_of(sign: str) -> Verdict | None:
    """Read a reaction; None for one that judges nothing."""
    return _VERDICTS.get(sign.rstrip(_VARIANTS))


def fault_of(number: int) -> Fault | None:
    """The fault that bears this number where people are asked what was wrong; None for none."""
    return dict(enumerate(FAULTS, 1)).get(number)


def faults_of(verdicts: Iterable[Verdict]) -> list[Fault]:
    """Which of these say what was wrong."""
    given = set(verdicts)
    return [fault for fault in FAULTS if fault in given]


Name = TypeVar("Name")
PLACES = _PATTERNS.pattern("places").pattern
"""The first five of what is counted, in words, each as a group."""
_NUMBER = _PATTERNS.pattern("number")
_ORDINAL = _PATTERNS.pattern("ordinal")
_BEGINS = _PATTERNS.pattern("begins")
_FEW, _SHORT = 8, 200
"""Words, and characters, of an answer that says which of what is offered is meant."""
_READ = 20_000
"""Characters of a text in which verdicts are looked for: a mail may have fifty times as many."""
_THAT = re.compile(r"\bca\b")
_GRAMMAR = {"est", "pas", "not", "its", "the", "les", "que", "and", "this"}
_CONTRARY = re.compile(r"\b(?:ne|n|pas|plus|jamais|surtout|avec|not|don'?t|never|with)\b")
_CODE = _PATTERNS.pattern("code")


class ShortAnswer(NamedTuple):
    """What a few words say to what was asked, offered or shown, by how they are written."""

    number: int | None
    """What they choose of what was offered: 2 for « 2 », « le 2 », « 2️⃣ » and « la deuxième »."""
    verdicts: tuple[Verdict, ...]
    """What they say of an answer, as behind `!avis`: « faux », « hors sujet, partager », or the signs."""
    code: str | None
    """The code that they consist of, by which a question goes on here that waits elsewhere."""


def short_answer(text: str) -> ShortAnswer:
    """Read what `text` says to what was asked, offered or shown before it."""
    digit, code = _NUMBER.fullmatch(text), _CODE.fullmatch(text.strip())
    place = _ORDINAL.fullmatch(fold(text)) if digit is None and len(text) <= _SHORT else None
    verdicts: dict[Verdict, None] = {}
    for word in fold(text[:_READ].replace(",", " ")).split():
        verdict = _JUDGES.get(word) or _VERDICTS.get(word.rstrip(_VARIANTS))
        if verdict is not None:
            verdicts[verdict] = None
    return ShortAnswer(
        number=int(digit[1]) if digit else place.lastindex if place else None,
        verdicts=tuple(verdicts),
        code=code[1].lower() if code else None,
    )


def named_in(text: str, options: Mapping[Name, str]) -> Name | None:
    """Say which of the options a few words name, of {name: words that offer it}: « ailleurs », « envoie sans
    le passage ». They do where most of them begin as words of the offer of one do, and of no other."""
    if len(text) > _SHORT or text.rstrip().endswith("?") or len(text.split()) > _FEW:
        return None
    # how the words begin that tell one offer from another: « ce n’est pas grave » has one of them
    words, *offers = (
        set(_BEGINS.findall(_THAT.sub("cela", fold(said)))) - _GRAMMAR for said in (text, *options.values())
    )
    offered = dict(zip(options, offers, strict=True))
    own = {
        name: said.difference(*(other for each, other in offered.items() if each != name))
        for name, said in offered.items()
    }
    return next((name for name, said in own.items() if 2 * len(words & said) > len(words)), None)


def is_turned_round(text: str) -> bool:
    """Do a few words say the contrary of what they name? « ne l’envoie pas sans », « envoie-le avec »."""
    return _CONTRARY.search(fold(text)) is not None
