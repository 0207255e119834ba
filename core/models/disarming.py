"""What a model writes is not trusted: its links, and lines that look like ours.

An address (link, image, reference, autolink, HTML, bare) stays live only where the question, the history or
a material holds it; any other is shown as `host[.]example`, which no client makes a link of. A live link
whose text names another host shows the real one. A line of the shape that relais itself writes (who answered,
at what level, what to check, a refusal) is left out, or said to be the model's.

CommonMark is not parsed: the signs that every form of link needs are broken wherever they stand (`](`, `]:`,
`![`), line by line, so that an answer can be shown while it grows. Only what stands between fences at the
margin stays as it is: code is nowhere a link. Tildes count as no fence: not every platform makes one of them.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from core.sensitivity.folding import fold

_LABEL = r"[^\W_][\w-]{0,62}"
_ENDINGS = (
    "com|net|org|info|biz|edu|gov|int|eu|fr|re|io|co|ai|app|dev|xyz|top|site|online|shop|store|click|link|live"
    "|world|cloud|tech|space|website|icu|vip|fun|club|pro|mobi|ru|su|cn|de|uk|be|ch|lu|it|es|pt|nl|pl|at|se|no"
    "|fi|dk|ie|cz|ro|bg|gr|tr|ua|in|jp|kr|hk|tw|sg|au|nz|br|mx|ar|cl|ca|us|me|tv|cc|to|ws|gg|tk|ml|ga|cf|gq|ly"
    "|gl|gd|im|example|test|invalid"
)
"""Last labels by which clients make a link of a name without a scheme."""
_SIGNS = r"(?:[^\s<>\"«»\x00\]]|\](?![(:\[\x00]))"
_ADDRESS = re.compile(
    rf"(?:https?:[/\\]+|(?<![^\W_])(?:[a-z][a-z0-9+.-]{{1,20}}:(?://|\\\\)|(?:mailto|matrix):|www\.)|(?<![\w/:])//"
    rf"|(?<![\w@.-])(?=(?:[\w.+-]{{1,64}}@)?(?:{_LABEL}\.){{1,8}}(?:{_ENDINGS})(?![\w-]))){_SIGNS}+",
    re.I,
)
_AFTER = ".,;:!?'’*_~…|`\u00a0\u202f"
_ENDS = rf"/?(?=[{re.escape(_AFTER)})\]}}]*(?:[\s<>\"«»(]|\Z))"
"""Where an address of a text ends."""
_BRACKETS = {")": "(", "]": "[", "}": "{"}
_SCHEME = re.compile(r"^(?:[a-z][a-z0-9+.-]*:)?[/\\]*(?:www\.)?", re.I)
_LINK = re.compile(
    r"\[((?:\\.|[^\[\]\\\x00]){0,300})\]\(\s{0,3}"
    r"<?([^\s<>()\x00]{0,2000}(?:\([^\s()<>]{0,500}\)[^\s<>()]{0,500})?)>?"
    r"(?:\s{1,3}(?:\"[^\")]{0,200}\"|'[^')]{0,200}'))?\s{0,3}\)"
)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z]{2,31});")
_FORMS_LINKS = re.compile(r"[\w:/.\[\]()!@]+")
_ESCAPED = re.compile(r"\\(?=[:/.@])")
_TOKEN = re.compile(r"\S+")
_FENCE = re.compile(r"(`{3,})[^`]*")
_LIKE_A_FENCE = re.compile(r" {0,3}(?:```|~~~)")

_MARKUP = re.compile(r"[*_~`#>|\\]")
_LEAD = re.compile(r"[\W\d_]*")
_FOOTER = re.compile(
    r"(?:(?:ia|ai)\W{1,5}\S{1,80}\W{1,5}n[0-4][ab]? ?(?:public|intern|sensi|confid|legal|hors|out)"
    r"|(?:ia|ai) ?• ?\S{1,80} ?• ?n[0-4]|(?:modele|model) \S{1,80}\W+(?:niveau|level) n[0-4]).*"
)
"""The line that says who answered, and at what level: as it is, and as it was."""
_ALONE = frozenset({"ia", "ai"})
"""A line that the next one may make the footer of."""
_OURS = re.compile(
    r"(?:(?:modele|model)\b.{0,120}\b(?:niveau|level)\W{0,3}n[0-4]|(?:modele|model) \S{1,80} ?[•,-]$"
    r"|(?:ia|ai) ?• ?(?:\S{1,80} ?•?)?$"
    r"|(?:synthese redigee|redigee?) par une intelligence|(?:summary )?written by an artificial"
    r"|mode (?:sans ia|without ai)|extraits du document, choisis|extracts of the document, chosen"
    r"|a verifier|to check|reponse (?:coupee|incomplete|arretee)|synthese coupee"
    r"|(?:answer|summary) cut|incomplete answer|(?:answer )?stopped\.?$"
    r"|ces elements ne se trouvent|these are not found"
    r"|je ne peux pas traiter ce|je n'ai rien transmis|aucun modele n'a le droit|rien n'a ete transmis"
    r"|i cannot handle this|nothing was passed|no model may read|le service de modeles|the model service)"
)
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
    """A model's text (CommonMark) with its addresses and lines disarmed."""
    disarming = Disarming(given, language=language)
    return disarming.feed(text) + disarming.finish()


class Disarming:
    """Disarms an answer while it comes. What it gave is final: more text never changes it."""

    def __init__(self, given: GivenAddresses, *, language: str = "fr") -> None:
        self._given = given
        self._said = _SAID["en" if language == "en" else "fr"]
        self._line = ""
        """What of the line that grows was not given out."""
        self._begun = False
        """Was its beginning given out?"""
        self._start = ""
        """What of it was."""
        self._fence = ""
        self._before: list[str] = []
        """How the last two lines that hold words begin."""
        self._unsure = False
        """Was a fence given out of which it is not known what it opens (indented, in a list or not)? A later
        one may close it; from then on nothing counts as code."""

    def feed(self, chunk: str) -> str:
        """What may be shown after this chunk."""
        plain = chunk.replace("\x00", "").replace("\r\n", "\n").replace("\r", "\n")
        *whole, self._line = (self._line + plain).split("\n")
        return "".join([*(self._ended(line, "\n") for line in whole), self._growing()])

    def finish(self) -> str:
        """What was held back, at the end of the answer."""
        line, self._line = self._line, ""
        return self._ended(line, "")

    def _ended(self, line: str, end: str) -> str:
        """The rest of a line that is whole."""
        begun, self._begun = self._begun, False
        if self._fence:
            closing = re.fullmatch(rf" {{0,3}}{self._fence}{self._fence[0]}*[ \t]*", line)
            self._fence = "" if closing else self._fence
            return line + end
        if not begun and not self._unsure and (opened := _FENCE.fullmatch(line)):
            self._fence = opened[1]
            return line + end
        text = _decoded(line)
        head = "" if begun else _head(text)
        before = ("", *self._before[-1:], " ".join(self._before))  # a client shows these lines as one
        if whole := head or _head(_decoded((self._start if begun else "") + line)):
            self._before = [*self._before, whole][-2:]
        if any(_FOOTER.fullmatch(f"{lines} {head}".strip()) for lines in before):
            self._before.clear()
            return ""
        if _OURS.match(head):
            text = self._said + _MARKUP.sub("", text).strip()
        return self._shown(text, begun=begun) + end

    def _growing(self) -> str:
        """What of the line that still grows is sure: whole words, of a line that is none of ours."""
        end = 1 + max(self._line.rfind(" "), self._line.rfind("\t"))
        if not end or self._fence or self._line.lstrip(" ").startswith(("```", "~~~")):
            return ""
        text = _decoded(self._line[:end])
        address = text.rpartition("](")[2] if "](" in text else ")"
        unclosed = text.rfind("[") > text.rfind("]") or address.count(")") <= address.count("(")
        if unclosed or text.endswith("]"):  # its end may still become a link
            return ""
        head = "" if self._begun else _head(text)
        ours = head.startswith(_LEADS) or any(lead.startswith(head) for lead in _LEADS)
        if not self._begun and (ours or not head or _ALONE & {*self._before[-1:]}):
            return ""
        self._start = (self._start if self._begun else "") + self._line[:end]
        begun, self._begun, self._line = self._begun, True, self._line[end:]
        return self._shown(text, begun=begun)

    def _shown(self, text: str, *, begun: bool) -> str:
        """What is given out of a line that is no code: no live addresses but those that were given."""
        if "*" in text or "~" in text:
            text = _TOKEN.sub(lambda token: _joined(token[0]), text)
        text = _LINK.sub(self._link, text.replace("![", "[")).replace("](", "] (").replace("]:", "] :")
        safe = _ADDRESS.sub(self._address, text).replace("]\x00", "]")
        self._unsure = self._unsure or (not begun and _LIKE_A_FENCE.match(safe) is not None)
        return safe

    def _link(self, link: re.Match[str]) -> str:
        words, address = link[1], link[2]
        if not self._given.has(address):
            return f"{words} ({_harmless(address)})" if address else words
        named = {host_of(_bare(found[0])).lower() for found in _ADDRESS.finditer(words)}
        host = host_of(address)
        shown = "" if named <= {host.lower()} else f" ({host})"
        return f"[{words}]\x00({address}){shown}"

    def _address(self, found: re.Match[str]) -> str:
        address = _bare(found[0])
        if not address or self._given.has(address):
            return found[0]
        return _harmless(address) + found[0][len(address) :]


def _decoded(text: str) -> str:
    """A line whose entities and escapes hide no address."""

    def shown(entity: re.Match[str]) -> str:
        sign = html.unescape(entity[0])
        return sign if _FORMS_LINKS.fullmatch(sign) else entity[0]

    return _ESCAPED.sub("", _ENTITY.sub(shown, text))


def _head(text: str) -> str:
    """How a line reads, without markup, accents and look-alike letters."""
    folded = fold(_MARKUP.sub("", text[:400])).text.lower()
    return " ".join(folded[_LEAD.match(folded).end() :].split())  # type: ignore[union-attr]


def _joined(token: str) -> str:
    """A word whose emphasis hides an address, without it: `https://ev**il.example**`."""
    plain = re.sub(r"[*~]", "", token)
    whole = [_bare(found[0]) for found in _ADDRESS.finditer(plain)]
    return token if whole == [_bare(found[0]) for found in _ADDRESS.finditer(token)] else plain


def _bare(address: str) -> str:
    """An address without the signs of the text round it."""
    address = address.rstrip(_AFTER)
    while address[-1:] in _BRACKETS and address.count(address[-1]) > address.count(_BRACKETS[address[-1]]):
        address = address[:-1].rstrip(_AFTER)
    return address


def _harmless(address: str) -> str:
    """An address that no client makes a link of: without its scheme, its dots in brackets."""
    rest = re.sub(r"^[a-z][a-z0-9+.-]*:[/\\]*|^[/\\]+", "", address, flags=re.I)
    return re.sub(r"\.(?=\w)", "[.]", rest).replace("://", "[:]//")
