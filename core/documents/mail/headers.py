"""The headers of a message, read defensively: nothing here raises, whatever stands in them.

Work is done on bytes that are capped beforehand: the standard parser takes 8 s for 2 MB of References, and
raises on some forty shapes that real programs send. RFC 5322 sections 2.2 and 3.4, RFC 2047, RFC 2231.
"""

from __future__ import annotations

import binascii
import email.utils
import quopri
import re
from dataclasses import dataclass, field
from email.message import Message

from core.documents.text.encoding import decode

CAP = 256 * 1024
"""Bytes of headers of one entity; what is beyond is left out."""
LINES = 2_000
VALUE = 16_384
"""Characters of one value."""

_NAME = re.compile(rb"([!-9;-~]{1,200}?)[ \t]*:")
_WORD = re.compile(r"=\?([^?\s]{1,60})\?([bqBQ])\?([^?]{0,8000})\?=")
_BETWEEN = re.compile(r"(\?=)\s+(?==\?[^?\s]{1,60}\?[bqBQ]\?)")
_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029\ufeff]+")
_ID = re.compile(r"<([^<>\s]{1,900})>")
_ADDRESS = re.compile(r"[^\s<>@,;:\"()]{1,64}@[^\s<>@,;:\"()]{1,255}")
_ALIASES = {"gb2312": "gb18030", "gbk": "gb18030", "ks_c_5601-1987": "cp949", "unicode-1-1-utf-7": "utf-7"}
_SHIFTS = re.compile(rb"\x1b\$[@B]")
"""What opens Japanese letters in ISO-2022-JP (RFC 1468)."""
_ESCAPED = ("iso-2022", "iso2022", "hz", "utf-7")
"""Encodings whose bytes look like ASCII."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Headers:
    """Names as written with their raw values, unfolded, in order. `cut`: there were more than the cap."""

    items: tuple[tuple[str, bytes], ...] = field(default=(), repr=False)
    cut: bool = False

    def _values(self, name: str) -> list[bytes]:
        wanted = name.lower()
        return [value for known, value in self.items if known.lower() == wanted]

    def all(self, name: str) -> list[str]:
        """Every value of a name, decoded, safe to show."""
        return [text(value) for value in self._values(name)]

    def get(self, name: str) -> str:
        """The topmost value; empty without one, as those of `raw` and `structured`."""
        return next(map(text, self._values(name)), "")

    def raw(self, name: str) -> str:
        """The topmost value, not decoded (for what has its own grammar)."""
        return next(iter(self._values(name)), b"")[:VALUE].decode("ascii", "replace")

    def structured(self, name: str) -> str:
        """The topmost value with its own grammar, in whatever encoding its bytes are: names of files are
        written as they are by many programs."""
        return decode(next(iter(self._values(name)), b"")[:VALUE])[0]

    def every(self, name: str) -> list[str]:
        """Every value of a name as it came, on one line: encoded words stay, for they are no structure."""
        return [one_line(decode(value[:VALUE])[0]) for value in self._values(name)]

    def __contains__(self, name: str) -> bool:
        return bool(self._values(name))


def split(data: bytes) -> tuple[Headers, bytes]:
    """The headers and the body of an entity. Without any usable header all is body."""
    head, body = _halves(data)
    items: list[tuple[str, bytes]] = []
    lines = head[:CAP].split(b"\n")
    if not body:
        body = _unseparated(lines)
    for line in lines[:LINES]:
        line = line.rstrip(b"\r")
        match = _NAME.match(line)
        if line[:1] in (b" ", b"\t") and items:
            name, value = items[-1]
            items[-1] = (name, (value + b" " + line.strip())[:CAP])
        elif match:
            items.append((match[1].decode("ascii"), line[match.end() :].strip()))
        # anything else is no header: it is skipped, as mail clients do
    cut = len(head) > CAP or len(lines) > LINES
    return (Headers(items=tuple(items), cut=cut), body) if items else (Headers(), data)


def _unseparated(lines: list[bytes]) -> bytes:
    """The text below headers that no empty line ends: all after the last of them."""
    for index in range(min(len(lines), LINES) - 1, -1, -1):
        if _NAME.match(lines[index]) or (index and lines[index].startswith((b" ", b"\t"))):
            return b"\n".join(lines[index + 1 :])
    return b""


def _halves(data: bytes) -> tuple[bytes, bytes]:
    if data.startswith((b"\n", b"\r\n")):
        return b"", data.lstrip(b"\r\n")
    match = re.search(rb"\r?\n[ \t]*\r?\n", data)
    return (data[: match.start()], data[match.end() :]) if match else (data, b"")


def start(data: bytes) -> bytes:
    """A message from its first header: marks, blanks and an mbox line before it are dropped, and ends of
    lines that are CR only become LF."""
    if b"\r" in data[:4096] and b"\n" not in data[:4096]:
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    data = data.lstrip(b"\xef\xbb\xbf \t\r\n\0")
    if data.startswith((b"From ", b">From ")):
        data = data.partition(b"\n")[2]
    return data


def charset_text(data: bytes, charset: str | None) -> str:
    """Bytes as text in the encoding that is declared, whatever it is called, or a better one."""
    name = (charset or "").strip().strip("'\"").lower()
    name = _ALIASES.get(name.removeprefix("x-"), name.removeprefix("x-") or name)
    if _SHIFTS.search(data) and name in ("", "utf-8", "utf8", "us-ascii", "ascii"):
        name = "iso-2022-jp"
    if name.startswith(_ESCAPED) and data.isascii():  # their bytes always are
        try:
            return data.decode(name, "replace")
        except (LookupError, ValueError):
            pass
    if name in ("utf-8", "utf8"):  # a few damaged bytes do not make it another encoding
        shown = data.decode("utf-8", "replace")
        if shown.count("\ufffd") * 10 < len(shown):
            return shown
    return decode(data, name or None)[0]


def text(value: bytes) -> str:
    """A value decoded (RFC 2047, raw UTF-8, or any other encoding), on one line, without signs that turn the
    direction of writing or end a line."""
    raw = decode(value[:VALUE])[0]
    return one_line(_WORD.sub(_word, _joined(_BETWEEN.sub(r"\1", raw))) if "=?" in raw else raw)


def one_line(value: str) -> str:
    return " ".join(_UNSAFE.sub(" ", value).split())


def _joined(raw: str) -> str:
    """Neighbouring words of one encoding become one: they may cut a character in two."""
    pattern = re.compile(r"=\?([^?\s]{1,60})\?([qQ])\?([^?]*)\?==\?\1\?\2\?")
    while (joined := pattern.sub(r"=?\1?\2?\3", raw)) != raw:
        raw = joined
    return raw


def _word(match: re.Match[str]) -> str:
    charset, how, payload = match[1].partition("*")[0], match[2].lower(), match[3]
    raw = payload.encode("ascii", "ignore")
    if how == "b":
        data = base64(raw)
    else:
        try:
            data = quopri.decodestring(raw, header=True)
        except (ValueError, binascii.Error):
            return match[0]
    return charset_text(data, charset)


_NOT_BASE64 = bytes(each for each in range(256) if not re.match(rb"[A-Za-z0-9+/=]", bytes([each])))


def base64(data: bytes) -> bytes:
    """Base64 as clients read it: other signs are skipped, padding may be missing or stand in the middle."""
    found: list[bytes] = []
    for run in data.translate(None, _NOT_BASE64).split(b"="):
        if len(run) % 4 == 1:
            run = run[:-1]
        if run:
            found.append(binascii.a2b_base64(run + b"=" * (-len(run) % 4)))
    return b"".join(found)


def message_ids(value: str) -> tuple[str, ...]:
    """The ids in Message-ID, In-Reply-To or References, without their angle brackets, at most 100."""
    ids = [found.strip("[]") for found in _ID.findall(value[:65_536])]
    return tuple(dict.fromkeys(each for each in ids if each))[:100]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailbox:
    """One address as written: `name` is what people read and proves nothing."""

    name: str
    address: str


def written_at(top: Headers) -> float | None:
    """When a mail says that it was written, in seconds since 1970; None where it does not."""
    try:
        return email.utils.parsedate_to_datetime(top.get("Date")).timestamp()
    except (ValueError, OverflowError, TypeError, IndexError):
        return None


def mailboxes(value: str) -> tuple[Mailbox, ...]:
    """The addresses of a header as it came (`Headers.every`), at most 200. Groups give their members
    (RFC 5322, 3.4). Names are decoded after the parsing: nothing encoded in one becomes an address."""
    value = value[:VALUE]
    try:
        pairs = email.utils.getaddresses([value])
    except (TypeError, ValueError, IndexError, RecursionError):
        pairs = []
    found = [(name, address) for name, address in pairs if _ADDRESS.fullmatch(address)]
    found = found or [("", each) for each in _ADDRESS.findall(value)]
    return tuple(Mailbox(name=text(name.encode()), address=address) for name, address in found[:200])


def ascii_domain(address: str) -> str:
    """An address in small letters with its domain as A-label (RFC 5890); "" when that cannot be, or when the
    name before the `@` is not ASCII: such names look alike, and few servers take them."""
    local, at, domain = address.strip().rpartition("@")
    if not (local and at and domain and local.isascii()):
        return ""
    try:
        return f"{local.lower()}@{domain.rstrip('.').lower().encode('idna').decode('ascii').lower()}"
    except UnicodeError:
        return ""


def parameters(value: str) -> tuple[str, dict[str, str]]:
    """The word and the parameters of a structured header such as Content-Type (RFC 2045, RFC 2231)."""
    message = Message()
    message["Content-Type"] = value[:4096].replace("\r", " ").replace("\n", " ")
    try:
        pairs = message.get_params(header="Content-Type", unquote=True) or []
    except (ValueError, TypeError, LookupError, AttributeError):
        pairs = []
    found: dict[str, str] = {}
    for name, raw in pairs[1:50]:
        known = name.lower().rstrip("*")
        if known not in found:
            found[known] = text(_collapsed(raw).encode("utf-8", "surrogateescape"))
    return (pairs[0][0].strip().lower() if pairs else ""), found


def _collapsed(raw: object) -> str:
    try:
        return email.utils.collapse_rfc2231_value(raw)  # type: ignore[arg-type]
    except (ValueError, TypeError, LookupError):
        return str(raw)
