"""The splitter of server-sent events, against the letter of the standard."""

from __future__ import annotations

from itertools import pairwise
from unittest.mock import Mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.gateway.ask import Usage
from core.gateway.dialects import Chunk
from core.gateway.engines.remote import LONGEST, HttpLine, Splitter, _Stream

_FIELDS = [
    b"data: a",
    b"data:b",
    b"data:  c",
    b"data",
    b"data: ",
    b": comment",
    b"event: x",
    b"id: 7",
    b"",
    b"",
    b"x",
]
_LINE = st.sampled_from(_FIELDS) | st.binary(max_size=12).map(lambda line: line.translate(None, b"\r\n"))
_END = st.sampled_from([b"\n", b"\r\n", b"\r"])


def unambiguous(lines: list[tuple[bytes, bytes]]) -> bool:
    """An empty line that ends with LF, after one that ended with CR, would make one CRLF of two ends."""
    return all(a[1] != b"\r" or b != (b"", b"\n") for a, b in pairwise(lines))


def reference(lines: list[bytes]) -> list[bytes]:
    """The standard, said simply: fields up to an empty line; here the end of the stream is one too."""
    events, data = [], []
    for line in [*lines, b""]:
        name, _, value = line.partition(b":")
        if name == b"data":
            data.append(value.removeprefix(b" "))
        if not line:
            events += [b"\n".join(data)] if data else []
            data = []
    return events


@given(
    lines=st.lists(st.tuples(_LINE, _END), max_size=20).filter(unambiguous),
    cuts=st.lists(st.integers(0, 300)),
    mark=st.sampled_from([b"", b"\xef\xbb\xbf"]),
)
def test_any_cut(lines, cuts, mark):
    """However lines end and wherever the stream is cut, the events are those of the standard."""
    stream = mark + b"".join(line + end for line, end in lines)
    splitter = Splitter()
    places = sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))})
    events = [event for a, b in pairwise(places) for event in splitter.feed(stream[a:b])]
    assert [*events, *splitter.feed(b"\n\n")] == reference([line for line, _ in lines])


def test_event_is_given_at_once():
    """An event is not held back until the next bytes come."""
    assert Splitter().feed(b"data: 1\n\n") == [b"1"]
    assert Splitter().feed(b"data: 1\r\n\r\n") == [b"1"]


def test_endless_event():
    """An event without end is refused before it fills the memory."""
    splitter = Splitter()
    line = b"data: " + b"x" * (LONGEST // 2 + 1) + b"\n"
    splitter.feed(line)
    with pytest.raises(ValueError, match="more than"):
        splitter.feed(line)


async def test_the_end_of_an_answer_does_not_wait():
    """What the answer used is told after it has ended, which is then still so."""
    line = HttpLine(session=Mock(), keys=lambda _: None, clock=lambda: 9.0, now=lambda: 0.0, unseen=5.0)
    stream = _Stream(response=Mock(), eager=lambda: False, line=line)
    for chunk in (Chunk(text="Oui."), Chunk(finish="stop"), Chunk(usage=Usage(completion_tokens=1))):
        stream.note(chunk)
    assert not stream._may_wait(b"data: {}\n\n")
