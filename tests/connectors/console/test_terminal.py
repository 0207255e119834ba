"""Typed lines arrive whole, and messages are redrawn in place."""

import io
import os
import re
from contextlib import aclosing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.console.render import render
from connectors.console.terminal import PROMPT, Screen, lines

COLUMNS, ROWS = 40, 10


class Emulator(io.StringIO):
    """What one would see: obeys line feeds, cursor up, and erase below; styles are dropped."""

    def __init__(self) -> None:
        super().__init__()
        self.rows = [""]
        self.at = 0

    def write(self, text: str) -> int:
        for token in re.findall(r"\x1b\[\d*[A-Zm]|\x1b\[[\d;]*m|\n|\r|[^\x1b\n\r]+", text):
            if token == "\n":
                self.at += 1
                self.rows += [""] * (self.at + 1 - len(self.rows))
            elif token.endswith("A") and token[0] == "\x1b":
                self.at -= int(token[2:-1])
                assert self.at >= len(self.rows) - ROWS, "the cursor cannot leave the screen"
            elif token == "\x1b[J":
                del self.rows[self.at + 1 :]
                self.rows[self.at] = ""
            elif token[0] not in "\r\x1b":
                self.rows[self.at] += token
        return len(text)


def type_line(emulator: Emulator, screen: Screen, line: str) -> None:
    """What the terminal itself does when a line is typed: echo it."""
    emulator.write(line + "\n")
    screen.typed(line)


@pytest.fixture
def emulator() -> Emulator:
    return Emulator()


@pytest.fixture
def screen(emulator: Emulator) -> Screen:
    return Screen(emulator, live=True, styled=True, size=lambda: (COLUMNS, ROWS))


def test_a_growing_message_is_redrawn_in_place(emulator: Emulator, screen: Screen) -> None:
    """The placeholder gives way to the answer, and the answer grows."""
    for text in ("…", "Bon …", "Bonjour.\n\n- un …", "Bonjour.\n\n- un\n- deux"):
        screen.show("1", text, growing=True)
    assert emulator.rows == ["", "Bonjour.", "", "• un", "• deux", ""]


def test_only_what_changed_is_written_again() -> None:
    """An answer that grows by a line costs a line."""
    stream = io.StringIO()
    screen = Screen(stream, live=True, styled=False, size=lambda: (COLUMNS, ROWS))
    screen.show("1", "a\n\nb")
    before = stream.tell()
    screen.show("1", "a\n\nb\n\nc")
    assert stream.getvalue()[before:] == "\r\x1b[J\nc\n"


def test_a_second_message_is_shown_below(emulator: Emulator, screen: Screen) -> None:
    """The first one stays."""
    screen.show("1", "un")
    screen.show("2", "deux")
    assert emulator.rows == ["", "un", "", "deux", ""]


def test_a_line_typed_meanwhile_gives_way_to_the_answer(emulator: Emulator, screen: Screen) -> None:
    """`!stop` is typed below a growing answer: the answer is redrawn above, once."""
    screen.show("1", "un …", growing=True)
    type_line(emulator, screen, "!stop")
    screen.show("1", "un\n\n(arrêté)")
    assert emulator.rows == ["", "un", "", "(arrêté)", ""]


def test_a_prompt_is_left_before_something_is_shown(emulator: Emulator, screen: Screen) -> None:
    """An answer never stands behind the prompt."""
    screen.prompt()
    screen.show("1", "un")
    screen.prompt()
    type_line(emulator, screen, "question")
    screen.show("2", "deux")
    assert [row for row in emulator.rows if row] == [PROMPT, "un", PROMPT + "question", "deux"]


def test_a_message_taller_than_the_screen_is_shown_anew(emulator: Emulator, screen: Screen) -> None:
    """What has scrolled away cannot be redrawn."""
    tall = "a\n\nb\n\nc\n\nd\n\ne\n\nf"
    screen.show("1", tall)
    screen.show("1", f"X\n\n{tall}")
    assert [row for row in emulator.rows if row] == [*"abcdef", *"Xabcdef"]


@given(st.lists(st.text(st.sampled_from("ab \n-*é日"), max_size=120), min_size=1, max_size=8))
def test_whatever_a_message_becomes_its_last_form_is_seen(texts: list[str]) -> None:
    """The end of the screen is the last text as it is rendered."""
    emulator = Emulator()
    screen = Screen(emulator, live=True, styled=True, size=lambda: (COLUMNS, ROWS))
    for text in texts:
        screen.show("1", text, growing=True)
    expected = [*render(texts[-1], width=COLUMNS - 1, styled=False), ""]
    seen = [re.sub(r"^#+ ", "", row) for row in emulator.rows]
    assert seen[-len(expected) :] == [re.sub(r"^#+ ", "", row) for row in expected]


def test_a_pipe_gets_the_finished_message_once_as_it_is() -> None:
    """For scripts: no styles, no layout, no prompt, but no escape sequence either."""
    stream = io.StringIO()
    screen = Screen(stream, live=False, styled=False)
    screen.prompt()
    screen.show("1", "**Bon …", growing=True)
    screen.show("1", "**Bonjour** \x1b[31m")
    screen.close()
    assert stream.getvalue() == "**Bonjour** �[31m\n"


@pytest.mark.parametrize(
    ("environ", "live", "styled"),
    [({}, True, True), ({"NO_COLOR": "1"}, True, False), ({"TERM": "dumb"}, False, False)],
)
def test_the_screen_fits_the_terminal(environ: dict[str, str], live: bool, styled: bool) -> None:
    """NO_COLOR is respected; a dumb terminal moves no cursor."""
    master, slave = os.openpty()
    with os.fdopen(slave, "w") as stream:
        screen = Screen.on(stream, environ)
        assert (screen.live, screen._styled) == (live, styled)
    os.close(master)


async def read(fd: int, *, paste: bool = False) -> list[str]:
    async with aclosing(lines(fd, paste=paste)) as typed:
        return [line async for line in typed]


async def test_lines_of_a_pipe_arrive_whole() -> None:
    """Characters and lines that are cut anywhere are put together; the last line may lack its end."""
    source, target = os.pipe()
    for byte in "é\r\nsuite\n\nfin".encode():
        os.write(target, bytes([byte]))
    os.close(target)
    assert await read(source) == ["é", "suite", "", "fin"]
    os.close(source)


async def test_lines_of_a_file_arrive_too(tmp_path: Path) -> None:
    """`relais chat < questions.txt`: epoll does not watch regular files."""
    (tmp_path / "questions").write_text("un\ndeux\n")
    with (tmp_path / "questions").open("rb") as file:
        assert await read(file.fileno()) == ["un", "deux"]


async def test_nothing_comes_from_dev_null() -> None:
    """A service without input ends cleanly."""
    null = os.open(os.devnull, os.O_RDONLY)
    assert await read(null) == []
    os.close(null)


async def test_lines_of_a_terminal_arrive_until_ctrl_d() -> None:
    """Lines typed one after the other are texts of their own, lines pasted together are one."""
    master, slave = os.openpty()
    async with aclosing(lines(slave, paste=True)) as typed:
        os.write(master, b"un\n")
        assert await anext(typed) == "un"
        os.write(master, b"deux\ntrois\n")
        assert await anext(typed) == "deux\ntrois"
        os.write(master, b"\x04")
        with pytest.raises(StopAsyncIteration):
            await anext(typed)
    os.close(master)
    os.close(slave)


async def test_a_terminal_that_is_closed_is_an_end() -> None:
    """The window was shut: EIO is no error of ours."""
    master, slave = os.openpty()
    async with aclosing(lines(slave, paste=False)) as typed:
        os.close(master)
        with pytest.raises(StopAsyncIteration):
            await anext(typed)
    os.close(slave)
