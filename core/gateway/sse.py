"""Server-sent events, as gateways stream them (WHATWG HTML, section 9.2). No I/O."""

from __future__ import annotations

LONGEST = 1_048_576
"""Bytes that one event may hold. A chunk of an answer takes about 300."""


class Splitter:
    """Cuts a stream of bytes, however it arrives, into the data of its events.

    Only `data` matters here: comments, names, ids and delays are dropped. Lines end with LF, CRLF or
    CR. Raises ValueError when an event grows over `LONGEST`.
    """

    __slots__ = ("_data", "_rest", "_started")

    def __init__(self) -> None:
        self._rest = b""
        self._data: list[bytes] = []
        self._started = False

    def feed(self, chunk: bytes) -> list[bytes]:
        """The data of the events that `chunk` completes."""
        text = self._rest + chunk
        if not self._started:
            if len(text) < 3 and b"\xef\xbb\xbf".startswith(text):
                self._rest = text
                return []
            text, self._started = text.removeprefix(b"\xef\xbb\xbf"), True
        return self._split(text)

    def end(self) -> list[bytes]:
        """The stream has ended: the data of a last event that lacks its empty line, if any."""
        return self._split(self._rest + b"\n\n")

    def _split(self, text: bytes) -> list[bytes]:
        held = b""
        if b"\r" in text:
            if text.endswith(b"\r"):  # half of a CRLF, perhaps
                text, held = text[:-1], b"\r"
            text = text.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        *lines, rest = text.split(b"\n")
        self._rest = rest + held
        events: list[bytes] = []
        for line in lines:
            if line.startswith(b"data:"):
                self._data.append(line[6:] if line.startswith(b"data: ") else line[5:])
            elif line == b"data":
                self._data.append(b"")
            elif not line and self._data:
                events.append(b"\n".join(self._data))
                self._data.clear()
        if len(self._rest) + sum(map(len, self._data)) > LONGEST:
            raise ValueError(f"an event of more than {LONGEST} bytes")
        return events
