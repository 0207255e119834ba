"""What a model writes is assessed too, before it leaves (ANSSI, generative AI, R25).

An identifier of a person, a credential, or a marking above the session's level that stands in nothing that
the model was given comes from elsewhere: it is invented, or it leaked. It is left out of the answer, and
noted. What the question, the history or a material holds is the person's own and stays.

The answer is assessed line by line, and a long line in pieces, each with what stands before it, so that it
can be shown while it grows; its last characters wait, since they may be the beginning of a number. An answer
longer than the policy lets it be is cut.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import AsyncGenerator, Iterator
from dataclasses import dataclass, replace

from core.errors import Interrupted
from core.gateway.ask import Again, Ask, Done, Piece, Usage
from core.gateway.catalogue import Model
from core.gateway.tokens import length
from core.models.disarming import Disarming, GivenAddresses, disarmed
from core.sensitivity.evidence import MARKINGS, Kind
from core.sensitivity.folding import fold
from core.sensitivity.level import Level
from core.sensitivity.markings.finder import find as find_markings
from core.sensitivity.markings.vocabulary import vocabulary_with
from core.sensitivity.personal.context import Context
from core.sensitivity.personal.personal_data import NUMBERS, find_identifying
from core.sensitivity.secrets.credentials import find_credentials

IDENTIFIERS: frozenset[Kind] = frozenset(
    ("nir", "nif", "iban", "rib", "card", "rpps", "passport", "cni", "residence_permit", "phone", "email")
)
HELD = 48
"""Characters at the end of a line that wait for more: the longest identifier, with spaces."""
PIECE, _SHARE = 96, 4
"""Characters of a long line that are assessed at a time, or this part of what was given out of it: what
stands before a piece is read again with it."""
_BEFORE = 80
"""Characters that are read again before a piece: what a number is called stands there."""
_LEAST_DIGITS = 8
"""Of the shortest identifier. An address has an `@`."""
_CLOSE = re.compile(r"\d(?:[^\w\n]{0,3}\d){3}|[A-Z\d]{9}")
"""Figures as close together as somewhere in any identifier, or a paper's run of capitals and figures."""
_MIXED = re.compile(r"[^\W\d_]-?\d|\d-?[^\W\d_]|[=@$%^&+~\\<>{}]")
"""Without one of these a text holds no password that is surely one."""
_KEY = re.compile(r"-----BEGIN (?:[A-Z0-9]{2,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----")
_KEY_TEXT = re.compile(r"[A-Za-z0-9+/=]{16,}")
_KEY_LINE = re.compile(r"[A-Za-z0-9+/=]*|[\w-]{1,40}: .*")
"""A line within a private key (RFC 7468, RFC 1421), without spaces and signs of a quotation round it: a
part of it, or a header."""
_SIGNS = re.compile(r"[\W_]+")
_LEFT_OUT = {
    "fr": ("mention de protection retirée", "mot de passe retiré", "donnée personnelle retirée"),
    "en": ("marking left out", "password left out", "personal data left out"),
}


@dataclass(frozen=True, slots=True)
class _Leak:
    """What is left out, and where it stands."""

    kind: Kind
    span: tuple[int, int]


class OutputGuard:
    """Guards one answer while it comes. `found` are the kinds of what was left out; `full`: it was cut."""

    def __init__(self, ask: Ask, *, level: Level, longest: int | None = None) -> None:
        self._ask = ask
        self._level = level
        self._longest = self._room = longest
        self._given: str | None = None
        self._line = ""
        """The line that grows, as the model wrote it."""
        self._out = 0
        """Characters of it that were given out, or left out."""
        self._in_key = False
        """Is the line one of a private key?"""
        self.found: list[Kind] = []
        self.full = False
        self.read = 0
        """Characters that the model wrote."""

    def feed(self, chunk: str) -> str:
        """What may be shown after this chunk."""
        self.read += len(chunk)
        *whole, rest = chunk.split("\n")
        shown = ""
        for part in whole:
            self._line += part
            shown += self._until(len(self._line)) + "\n"
            began = "-----" in self._line and _KEY.search(self._line) is not None
            inner = self._line.strip().lstrip("> \t")
            self._in_key = began or (self._in_key and _KEY_LINE.fullmatch(inner) is not None)
            self._line, self._out = "", 0
        self._line += rest
        end = self._line.rfind(" ", self._out, len(self._line) - HELD) + 1
        if end - self._out >= max(PIECE, self._out // _SHARE):
            shown += self._until(end)
        return self._fitting(shown)

    def finish(self) -> str:
        """What was held back, at the end of the answer."""
        return self._fitting(self._until(len(self._line)))

    def restart(self) -> None:
        """Forget what came: the question is asked anew."""
        self._line, self._out, self.read, self._in_key = "", 0, 0, False
        self._room = self._longest

    def _until(self, end: int) -> str:
        """The line up to `end`, without what is left out; a number that goes on beyond goes whole."""
        begin = max(0, self._out - _BEFORE)
        shown, at = "", self._out
        for each in self._leaks(self._line[begin:], begins=not begin):
            start, stop = begin + each.span[0], begin + each.span[1]
            if start < end and stop > at:
                self.found.append(each.kind)
                shown += f"{self._line[at : max(at, start)]}[{self._words(each.kind)}]"
                at = stop
        shown, self._out = shown + self._line[at:end], max(at, end)
        return shown

    def _leaks(self, text: str, *, begins: bool) -> list[_Leak]:
        """What of a text may not leave, in order; `begins`: it is the beginning of a line."""
        if self._ask.picture is not None:
            return []  # what it shows is the person's own, and is assessed as they brought it
        folded = fold(text)
        found = list(_data(folded.text))
        if begins and text.strip():
            stamps = find_markings(folded.text, vocabulary_with())
            above = (each for each in stamps if each.strength == "strong" and each.mark.level > self._level)
            found += (_Leak("marking", (each.start, each.end)) for each in above)
        placed = [replace(each, span=folded.span(*each.span)) for each in found]
        if self._in_key or ("-----" in self._line and _KEY.search(self._line)):
            placed += [_Leak("credential", each.span()) for each in _KEY_TEXT.finditer(text)]
        return sorted(
            (each for each in placed if _bare(text[slice(*each.span)]) not in self._known()),
            key=lambda each: (each.span[0], -each.span[1]),
        )

    def _words(self, kind: Kind) -> str:
        marking, secret, datum = _LEFT_OUT["en" if self._ask.language == "en" else "fr"]
        return marking if kind in MARKINGS else secret if kind == "credential" else datum

    def _known(self) -> str:
        """All that the model was given, as letters and digits."""
        if self._given is None:
            self._given = "\n".join(_bare(text) for text in (self._ask.instructions, *self._ask.given))
        return self._given

    def _fitting(self, shown: str) -> str:
        """As much of it as the answer has room for."""
        if self._room is None:
            return shown
        self.full = self.full or len(shown) > self._room
        shown = shown[: self._room]
        self._room -= len(shown)
        return shown


async def guarded(
    pieces: AsyncGenerator[Piece], ask: Ask, guard: OutputGuard, model: Model
) -> AsyncGenerator[Piece]:
    """The pieces of the answer to `ask`, disarmed and guarded; `model` is the one that answers unless they
    say otherwise. An answer that is too long ends as one that was cut."""
    given = GivenAddresses(ask.given)
    disarming = Disarming(given, language=ask.language)
    try:
        async for piece in pieces:
            match piece:
                case str():
                    shown, more = guard.feed(disarming.feed(piece)), ()
                case Again():
                    shown, more, model = "", (piece,), piece.model
                    disarming = Disarming(given, language=ask.language)
                    guard.restart()
                case Done():
                    shown, more = guard.feed(disarming.finish()) + guard.finish(), (piece,)
            more = (_cut(ask, guard, model),) if guard.full else more
            for each in (*((shown,) if shown else ()), *more):
                yield each
            if guard.full:
                return
    except Interrupted as error:
        guard.restart()
        text = guard.feed(disarmed(error.text, given, language=ask.language))
        raise Interrupted(str(error), text=text + guard.finish()) from error


def _cut(ask: Ask, guard: OutputGuard, model: Model) -> Done:
    """How an answer ends that is not read on; what it took is estimated."""
    usage = Usage(prompt_tokens=length(ask), completion_tokens=-(-guard.read // 4), estimated=True)
    return Done(model=model, served=model.served, finish="length", usage=usage)


def _bare(text: str) -> str:
    return _SIGNS.sub("", unicodedata.normalize("NFKC", text)).casefold()


def _data(folded: str) -> Iterator[_Leak]:
    """Identifiers of persons, and credentials."""
    mixed = _MIXED.search(folded) is not None
    figures = sum(map(str.isdigit, folded)) >= _LEAST_DIGITS and _CLOSE.search(folded) is not None
    if not (mixed or figures):
        return
    context = Context(folded)
    data = find_identifying(context) if figures or "@" in folded else []
    for each in data:
        if each.strength == "strong" and each.kind in IDENTIFIERS and each.level >= Level.N2:
            yield _Leak(each.kind, (each.start, each.end))
    if not mixed:
        return
    for secret in find_credentials(context, (each for each in data if each.kind in NUMBERS), sure=True):
        yield _Leak("credential", (secret.start, secret.end))
