"""What a model writes is not trusted: it is disarmed and assessed in one pass, while it comes.

An address (link, image, reference, autolink, HTML, bare) stays live only where the question, the history or
a material holds it; any other is shown as `host[.]example`, which no client makes a link of. A live link
whose text names another host shows the real one. A line of the shape that relais itself writes (who answered,
at what level, what to check, a refusal) is left out, or said to be the model's.

CommonMark is not parsed: the signs that every form of link needs are broken wherever they stand (`](`, `]:`,
`![`), line by line. Only what stands between fences at the margin stays as it is: code is nowhere a link.
Tildes count as no fence: not every platform makes one of them.

Then an identifier of a person, a credential, or a marking above the session's level that stands in nothing
that the model was given is left out, and noted (ANSSI, generative AI, R25): it comes from elsewhere, invented
or leaked. What the question, the history or a material holds is the person's own and stays.

A long line is read in pieces, so that it can be shown while it grows, each with what stands before it; its
last characters wait, since they may be the beginning of a number. An answer longer than the policy lets it be
is cut.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import AsyncGenerator, Iterator, Sequence
from dataclasses import dataclass, field, replace

from core.errors import Interrupted
from core.gateway.ask import Again, Ask, Done, Piece, Usage, length
from core.gateway.catalogue import Model
from core.language.folding import plain_letters
from core.language.pattern_file import PatternFile, toml_beside
from core.sensitivity.level import MARKINGS, Kind, Level
from core.sensitivity.markings.finder import find as find_markings
from core.sensitivity.markings.vocabulary import vocabulary_with
from core.sensitivity.personal.context import Context
from core.sensitivity.personal.personal_data import NUMBERS, find_identifying
from core.sensitivity.secrets.credentials import find_credentials

_PATTERNS = PatternFile(toml_beside(__file__))
_ADDRESS = _PATTERNS.pattern("address")
_COULD_BE_ADDRESS = _PATTERNS.pattern("could_be_address")
_COULD_BE_LIVE = _PATTERNS.pattern("could_be_live")
_AFTER = ".,;:!?'’*_~…|`\u00a0\u202f"
_ENDS = rf"/?(?=[{re.escape(_AFTER)})\]}}]*(?:[\s<>\"«»(]|\Z))"
"""Where an address of a text ends."""
_BRACKETS = {")": "(", "]": "[", "}": "{"}
_SCHEME = re.compile(r"^(?:[a-z][a-z0-9+.-]*:)?[/\\]*(?:www\.)?", re.I)
_LINK = _PATTERNS.pattern("link")
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z]{2,31});")
_FORMS_LINKS = re.compile(r"[\w:/.\[\]()!@]+")
_ESCAPED = re.compile(r"\\(?=[:/.@])")
_TOKEN = re.compile(r"\S+")
_FENCE = re.compile(r"(`{3,})[^`]*")
_LIKE_A_FENCE = re.compile(r" {0,3}(?:```|~~~)")

_MARKUP = re.compile(r"[*_~`#>|\\]")
_LEAD = re.compile(r"[\W\d_]*")
_FOOTER = _PATTERNS.pattern("footer")
_ALONE = frozenset({"ia", "ai"})
"""A line that the next one may make the footer of."""
_OURS = _PATTERNS.pattern("ours")
_LEADS = (
    "modele ", "model ", "synthese redigee par une", "redige", "summary ", "written by an", "mode sans ia",
    "mode without ai", "extraits du document", "extracts of the document", "a verifier", "to check",
    "reponse coupee", "reponse incomplete", "reponse arretee", "synthese coupee", "answer cut",
    "answer stopped", "ces elements ne", "these are not", "je ne peux pas traiter",
    "je n'ai rien", "aucun modele", "rien n'a ete", "i cannot handle", "nothing was", "no model may",
    "incomplete", "stopped", "le service de", "the model service", "niveau n", "level n",
    "ia •", "ai •", "n0", "n1", "n2", "n3", "n4",
)  # fmt: skip
"""How the lines of `_OURS` begin: a line that grows and may still become one waits."""
_SAID = {"fr": "(écrit par le modèle) ", "en": "(written by the model) "}
_MOST = 50
"""Addresses of one answer that are looked up; more are taken for unknown."""


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
_CLOSE = _PATTERNS.pattern("close")
_MIXED = _PATTERNS.pattern("mixed")
_KEY = re.compile(r"-----BEGIN (?:[A-Z0-9]{2,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----")
_KEY_TEXT = re.compile(r"[A-Za-z0-9+/=]{16,}")
_KEY_LINE = _PATTERNS.pattern("key_line")
_NO_LETTERS = re.compile(r"[\W_]+")
_LEFT_OUT = {
    "fr": ("mention de protection retirée", "mot de passe retiré", "donnée personnelle retirée"),
    "en": ("marking left out", "password left out", "personal data left out"),
}


@dataclass(frozen=True, slots=True)
class _Leak:
    """What is left out, and where it stands."""

    kind: Kind
    span: tuple[int, int]


@dataclass(slots=True)
class GivenAddresses:
    """What people gave, and so the addresses that a model may show as links."""

    texts: Sequence[str]
    _known: dict[str, bool] = field(default_factory=dict[str, bool])

    def has(self, address: str) -> bool:
        """Does the address stand there, whole? Its host alone is enough for an address without a path."""
        form = _SCHEME.sub("", address).rstrip("/")
        if form not in self._known:
            self._known[form] = len(self._known) < _MOST and self._stands(form)
        return self._known[form]

    def _stands(self, form: str) -> bool:
        host = host_of(form)
        if not host:
            return False
        rest = re.escape(form[len(host) :])
        end = _ENDS if rest else r"(?!\.?[\w-])"
        begin = r"(?<![\w.@-])" if "." in host else "//"  # « 12 » is no host
        stands = re.compile(rf"{begin}(?:www\.)?(?i:{re.escape(host)}){rest}{end}")
        return any(stands.search(text) for text in self.texts)


def host_of(address: str) -> str:
    """The host that an address leads to, as it is written: after the scheme, before the path."""
    return re.split(r"[/\\?#]", _SCHEME.sub("", address), maxsplit=1)[0]


def disarmed(text: str, given: GivenAddresses, *, language: str = "fr") -> str:
    """A model's text (CommonMark) with its addresses and lines disarmed; nothing of it is assessed."""
    ask = Ask(instructions="", question="", language=language)
    return OutputFilter(ask=ask, given=given, level=None).feed(text, last=True)


@dataclass(slots=True, kw_only=True)
class OutputFilter:
    """Filters one answer to `ask` while it comes. What it gave out is final: more text never changes it.

    `level`: that of the session; None: the answer is disarmed, and not assessed. `given`: the addresses that
    may be live; None: those of `ask`. `longest`: characters that may be given out. `found` are the kinds of
    what was left out; `full`: the answer was cut; `read`: characters that the model wrote."""

    ask: Ask
    level: Level | None
    given: GivenAddresses | None = None
    longest: int | None = None
    found: list[Kind] = field(default_factory=list[Kind])
    full: bool = field(default=False, init=False)
    read: int = field(default=0, init=False)
    _rest: str = field(default="", init=False)
    """What of the line that grows is not disarmed yet, as the model wrote it."""
    _start: str = field(default="", init=False)
    """What of it is, as the model wrote it."""
    _begun: bool = field(default=False, init=False)
    """Was the beginning of the line disarmed?"""
    _line: str = field(default="", init=False)
    """The line that grows, disarmed."""
    _out: int = field(default=0, init=False)
    """Characters of it that were given out, or left out."""
    _fence: str = field(default="", init=False)
    _before: list[str] = field(default_factory=list[str], init=False)
    """How the last two lines that hold words begin."""
    _unsure: bool = field(default=False, init=False)
    """Was a fence given out of which it is not known what it opens (indented, in a list or not)? A later
    one may close it; from then on nothing counts as code."""
    _in_key: bool = field(default=False, init=False)
    """Is the line one of a private key?"""
    _shown: int = field(default=0, init=False)
    """Characters that were given out."""
    _known: str | None = field(default=None, init=False)
    """All that the model was given, as letters and digits."""

    def feed(self, chunk: str, *, last: bool = False) -> str:
        """What may be shown after this chunk; after the `last`, all."""
        self.read += len(chunk)
        text = self._rest + chunk.replace("\x00", "")
        held = "\r" if text.endswith("\r") and not last else ""  # half of a CRLF, perhaps
        *whole, self._rest = text.removesuffix(held).replace("\r\n", "\n").replace("\r", "\n").split("\n")
        shown = "".join(self._ended(line, "\n") for line in whole)
        if last:
            line, self._rest = self._rest, ""
            shown += self._ended(line, "")
        else:
            waiting = len(self._line) + len(self._rest) - self._out
            shown += self._growing() if self.level is None or waiting >= HELD + PIECE else ""
            self._rest += held
        if self.longest is not None:
            room = self.longest - self._shown
            self.full = self.full or len(shown) > room
            shown = shown[:room]
            self._shown += len(shown)
        return shown

    def cut(self, model: Model) -> Done:
        """How an answer of `model` ends that is not read on; what it took is estimated."""
        usage = Usage(prompt_tokens=length(self.ask), completion_tokens=-(-self.read // 4), estimated=True)
        return Done(model=model, served=model.served, finish="length", usage=usage)

    def _ended(self, line: str, end: str) -> str:
        """The rest of a line that is whole, with its `end`; nothing of a footer of ours."""
        begun, self._begun = self._begun, False
        if self._fence:
            closing = re.fullmatch(rf" {{0,3}}{self._fence}{self._fence[0]}*[ \t]*", line)
            self._fence = "" if closing else self._fence
        elif not begun and not self._unsure and (opened := _FENCE.fullmatch(line)):
            self._fence = opened[1]
        else:
            text = _decoded(line) if "&" in line or "\\" in line else line
            head = "" if begun else _head(text)
            before = ("", *self._before[-1:], " ".join(self._before))  # a client shows these lines as one
            if words := head or _head(_decoded((self._start if begun else "") + line)):
                self._before = [*self._before, words][-2:]
            if any(_FOOTER.fullmatch(f"{lines} {head}".strip()) for lines in before):
                self._before.clear()
                text = end = ""
            elif _OURS.match(head):
                text = _SAID["en" if self.ask.language == "en" else "fr"] + _MARKUP.sub("", text).strip()
            line = self._disarmed(text, begun=begun) if _COULD_BE_LIVE.search(text) else text
        self._line += line
        shown = self._until(len(self._line)) + end
        began = "-----" in self._line and _KEY.search(self._line) is not None
        inner = self._line.strip().lstrip("> \t")
        self._in_key = began or (self._in_key and _KEY_LINE.fullmatch(inner) is not None)
        self._line, self._out = "", 0
        return shown

    def _growing(self) -> str:
        """What of the line that still grows is sure: whole words, of a line that is none of ours."""
        held, least = (HELD, max(PIECE, self._out // _SHARE)) if self.level is not None else (0, 1)
        end = 1 + max(self._rest.rfind(" "), self._rest.rfind("\t"))
        if not end or len(self._line) + end - self._out < held + least or self._fence:
            return ""
        if self._rest.lstrip(" ").startswith(("```", "~~~")):
            return ""
        text = _decoded(self._rest[:end])
        address = text.rpartition("](")[2] if "](" in text else ")"
        unclosed = text.rfind("[") > text.rfind("]") or address.count(")") <= address.count("(")
        if unclosed or text.endswith("]"):  # its end may still become a link
            return ""
        if not self._begun:
            head = _head(text)
            ours = head.startswith(_LEADS) or any(lead.startswith(head) for lead in _LEADS)
            if ours or not head or _ALONE & {*self._before[-1:]}:
                return ""
        self._start = (self._start if self._begun else "") + self._rest[:end]
        begun, self._begun, self._rest = self._begun, True, self._rest[end:]
        self._line += self._disarmed(text, begun=begun)
        if self.level is None:
            return self._until(len(self._line))
        sure = self._line.rfind(" ", self._out, len(self._line) - held) + 1
        return self._until(sure) if sure - self._out >= least else ""

    def _disarmed(self, text: str, *, begun: bool) -> str:
        """What is given out of a line that is no code: no live addresses but those that were given."""
        plain = text.replace("*", "").replace("~", "")
        if plain != text and _COULD_BE_ADDRESS.search(f"{text}\n{plain}"):
            text = _TOKEN.sub(lambda token: _joined(token[0]), text)
        text = _LINK.sub(self._link, text.replace("![", "[")).replace("](", "] (").replace("]:", "] :")
        if _COULD_BE_ADDRESS.search(text):
            text = _ADDRESS.sub(self._address, text)
        safe = text.replace("]\x00", "]")
        self._unsure = self._unsure or (not begun and _LIKE_A_FENCE.match(safe) is not None)
        return safe

    def _link(self, link: re.Match[str]) -> str:
        words, address = link[1], link[2]
        if not self._has(address):
            return f"{words} ({_harmless(address)})" if address else words
        named = {host_of(_address_in(found[0])).lower() for found in _ADDRESS.finditer(words)}
        host = host_of(address)
        shown = "" if named <= {host.lower()} else f" ({host})"
        return f"[{words}]\x00({address}){shown}"

    def _address(self, found: re.Match[str]) -> str:
        address = _address_in(found[0])
        if not address or self._has(address):
            return found[0]
        return _harmless(address) + found[0][len(address) :]

    def _has(self, address: str) -> bool:
        self.given = self.given or GivenAddresses(self.ask.given)
        return self.given.has(address)

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
        if self.level is None or self.ask.picture is not None:
            return []  # what a picture shows is the person's own, and is assessed as they brought it
        folded = plain_letters(text)
        plain = folded.text
        mixed = _MIXED.search(plain) is not None
        figures = sum(map(str.isdigit, plain)) >= _LEAST_DIGITS and _CLOSE.search(plain) is not None
        found = list(_data(plain, mixed=mixed, figures=figures)) if mixed or figures else []
        if begins and text.strip():
            stamps = find_markings(plain, vocabulary_with())
            above = (each for each in stamps if each.strength == "strong" and each.mark.level > self.level)
            found += (_Leak("marking", (each.start, each.end)) for each in above)
        placed = [replace(each, span=folded.span(*each.span)) for each in found]
        if self._in_key or ("-----" in self._line and _KEY.search(self._line)):
            placed += [_Leak("credential", each.span()) for each in _KEY_TEXT.finditer(text)]
        return sorted(
            (each for each in placed if not self._was_given(text[slice(*each.span)])),
            key=lambda each: (each.span[0], -each.span[1]),
        )

    def _was_given(self, text: str) -> bool:
        """Does it stand in what the model was given, however it is spaced?"""
        if self._known is None:
            self._known = "\n".join(_bare(each) for each in (self.ask.instructions, *self.ask.given))
        return _bare(text) in self._known

    def _words(self, kind: Kind) -> str:
        marking, secret, datum = _LEFT_OUT["en" if self.ask.language == "en" else "fr"]
        return marking if kind in MARKINGS else secret if kind == "credential" else datum


async def filtered(
    pieces: AsyncGenerator[Piece], output: OutputFilter, model: Model
) -> AsyncGenerator[Piece]:
    """The pieces of an answer through `output`; `model` is the one that answers unless they say otherwise. An
    answer that is too long ends as one that was cut."""
    try:
        async for piece in pieces:
            match piece:
                case str():
                    shown, end = output.feed(piece), None
                case Again():
                    shown, end, model = "", piece, piece.model
                    output = replace(output)  # what came is void
                case Done():
                    shown, end = output.feed("", last=True), piece
            end = output.cut(model) if output.full else end
            for each in filter(None, (shown, end)):
                yield each
            if output.full:
                return
    except Interrupted as error:
        raise Interrupted(str(error), text=replace(output).feed(error.text, last=True)) from error


def _decoded(text: str) -> str:
    """A line whose entities and escapes hide no address."""

    def shown(entity: re.Match[str]) -> str:
        sign = html.unescape(entity[0])
        return sign if _FORMS_LINKS.fullmatch(sign) else entity[0]

    return _ESCAPED.sub("", _ENTITY.sub(shown, text))


def _head(text: str) -> str:
    """How a line reads, without markup, accents and look-alike letters."""
    folded = plain_letters(_MARKUP.sub("", text[:400])).text.lower()
    return " ".join(folded[_LEAD.match(folded).end() :].split())  # type: ignore[union-attr]


def _joined(token: str) -> str:
    """A word whose emphasis hides an address, without it: `https://ev**il.example**`."""
    plain = re.sub(r"[*~]", "", token)
    whole = [_address_in(found[0]) for found in _ADDRESS.finditer(plain)]
    return token if whole == [_address_in(found[0]) for found in _ADDRESS.finditer(token)] else plain


def _address_in(address: str) -> str:
    """An address without the signs of the text round it."""
    address = address.rstrip(_AFTER)
    while address[-1:] in _BRACKETS and address.count(address[-1]) > address.count(_BRACKETS[address[-1]]):
        address = address[:-1].rstrip(_AFTER)
    return address


def _harmless(address: str) -> str:
    """An address that no client makes a link of: without its scheme, its dots in brackets."""
    rest = re.sub(r"^[a-z][a-z0-9+.-]*:[/\\]*|^[/\\]+", "", address, flags=re.I)
    return re.sub(r"\.(?=\w)", "[.]", rest).replace("://", "[:]//")


def _bare(text: str) -> str:
    """The letters and digits of a text, in one form."""
    return _NO_LETTERS.sub("", unicodedata.normalize("NFKC", text)).casefold()


def _data(folded: str, *, mixed: bool, figures: bool) -> Iterator[_Leak]:
    """Identifiers of persons, where enough `figures` stand together, and credentials, where signs and letters
    are `mixed`."""
    context = Context(folded)
    data = find_identifying(context) if figures or "@" in folded else []
    for each in data:
        if each.strength == "strong" and each.kind in IDENTIFIERS and each.level >= Level.N2:
            yield _Leak(each.kind, (each.start, each.end))
    if not mixed:
        return
    for secret in find_credentials(context, (each for each in data if each.kind in NUMBERS), sure=True):
        yield _Leak("credential", (secret.start, secret.end))
