"""The terminal as a platform, on real pipes and terminals; a small bot answers through `send` and `edit`."""

import asyncio
import io
import os
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import suppress
from pathlib import Path

import pytest

from connectors.console import events
from connectors.console.connector import ConsoleConnector
from connectors.console.events import Say
from connectors.console.terminal import Pipe
from core.connector import Address, Attachment, Draft, Event, File, Message, Person
from core.errors import Rejected
from core.sensitivity.level import Level

PERSON = Person(id="alice", name="Alice")


class Bot:
    """Answers every message with its text in capitals, after a growing form; keeps what it was given."""

    def __init__(self, console: ConsoleConnector) -> None:
        self.console = console
        self.got: list[Message] = []
        self.answered = asyncio.Event()

    async def deliver(self, batch: Sequence[Event]) -> None:
        for message in batch:
            assert isinstance(message, Message)
            self.got.append(message)
            await self.answer(message)

    async def answer(self, message: Message) -> None:
        address = message.address
        audience = await self.console.audience(address)
        growing = Draft(text="… ", level=Level.N0, key=message.id, growing=True)
        id = await self.console.send(address, growing, audience)
        final = Draft(text=message.text.upper(), level=Level.N1, key=f"{message.id}-final")
        await self.console.edit(address, id, final, audience)
        self.answered.set()


Console = Callable[..., ConsoleConnector]


@pytest.fixture
def out() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def console(tmp_path: Path, out: io.StringIO) -> Console:
    """Makes a connector whose input is given, through a pipe."""

    def make(typed: str, *, urgent: Callable[[Message], bool] = lambda _: False) -> ConsoleConnector:
        source, target = os.pipe()
        os.write(target, typed.encode())
        os.close(target)
        return ConsoleConnector(
            surface=Pipe(source, out),
            person=PERSON,
            folder=tmp_path,
            urgent=urgent,
            clock=lambda: 1000.0,
            token=lambda: "run",
        )

    return make


async def test_each_line_of_a_pipe_is_a_question_and_the_end_is_the_end(
    console: Console, out: io.StringIO
) -> None:
    """Growing forms are not written; everything is answered before `run` returns."""
    connector = console("bonjour\n\nça va ?\n")
    bot = Bot(connector)
    await connector.run(bot.deliver)
    assert out.getvalue() == "BONJOUR\nÇA VA ?\n"
    first = bot.got[0]
    assert (first.key, first.at, first.sender, first.direct, first.addressed) == (
        "run-1",
        1000.0,
        PERSON,
        True,
        True,
    )
    assert not connector.ready.is_set()


async def test_a_line_of_a_pipe_waits_for_the_answer_before(console: Console) -> None:
    """Two questions never become one."""
    connector = console("un\ndeux\n")
    bot = Bot(connector)
    delivered: asyncio.Queue[Message] = asyncio.Queue()

    async def deliver(batch: Sequence[Event]) -> None:
        for message in batch:
            assert isinstance(message, Message)
            delivered.put_nowait(message)

    async with asyncio.TaskGroup() as group:
        running = group.create_task(connector.run(deliver))
        first = await delivered.get()
        for _ in range(20):  # all that could go on without an answer goes on
            await asyncio.sleep(0)
        assert delivered.empty()
        await bot.answer(first)
        second = await delivered.get()
        assert (first.text, second.text) == ("un", "deux")
        await bot.answer(second)
        await running


async def test_an_urgent_line_does_not_wait(console: Console) -> None:
    """`!stop` reaches the answer that runs."""
    connector = console("un\n!stop\n", urgent=lambda message: message.text == "!stop")
    bot = Bot(connector)
    stopped = asyncio.Event()

    async def deliver(batch: Sequence[Event]) -> None:
        (message,) = batch
        assert isinstance(message, Message)
        if message.text == "!stop":
            stopped.set()
        else:
            await stopped.wait()
            await bot.answer(message)

    await connector.run(deliver)
    assert stopped.is_set()


async def test_what_a_person_types_is_delivered_at_once() -> None:
    """On a terminal nothing waits for an answer, and Ctrl-D ends."""
    typed: asyncio.Queue[str] = asyncio.Queue()

    class Terminal(Pipe):
        live = True

        async def lines(self) -> AsyncGenerator[str]:
            while line := await typed.get():
                yield line

    out = io.StringIO()
    connector = ConsoleConnector(surface=Terminal(0, out), person=PERSON, language="en")
    delivered: asyncio.Queue[Message] = asyncio.Queue()

    async def deliver(batch: Sequence[Event]) -> None:
        (message,) = batch
        assert isinstance(message, Message)
        delivered.put_nowait(message)

    async with asyncio.TaskGroup() as group:
        group.create_task(connector.run(deliver))
        for line in ("hello", "!stop", ""):
            typed.put_nowait(line)
        assert [(await delivered.get()).text for _ in range(2)] == ["hello", "!stop"]
    assert out.getvalue().startswith("Write your question.")


async def test_a_file_is_attached_and_fetched(console: Console, tmp_path: Path) -> None:
    """The bytes stay on the disk until the worker asks for them."""
    (tmp_path / "note de service.txt").write_text("Bonjour")
    connector = console(f'/fichier "{tmp_path}/note de service.txt" résume\n')
    bot = Bot(connector)
    await connector.run(bot.deliver)
    (message,) = bot.got
    (attachment,) = message.attachments
    assert message.text == "résume"
    assert (attachment.name, attachment.media_type, attachment.size) == (
        "note de service.txt",
        "text/plain",
        7,
    )
    assert await connector.fetch(message.address, attachment, 7) == b"Bonjour"
    with pytest.raises(Rejected, match="plus de 6 octets"):
        await connector.fetch(message.address, attachment, 6)


async def test_a_file_that_is_not_there_is_told_and_not_sent(console: Console, out: io.StringIO) -> None:
    """Neither a missing file nor a missing path nor a folder makes a message."""
    connector = console("/fichier /no/such\n/fichier\n/file /\n")
    bot = Bot(connector)
    await connector.run(bot.deliver)
    assert bot.got == []
    missing, unnamed, folder = out.getvalue().splitlines()
    assert missing.startswith(
        "Le fichier «\u00a0/no/such\u00a0» n’est pas lisible\u00a0: ce chemin n’existe pas"
    )
    assert unnamed.startswith("Nommez le fichier")
    assert "c’est un dossier" in folder


async def test_a_file_of_the_bot_is_saved_beside_others(
    console: Console, out: io.StringIO, tmp_path: Path
) -> None:
    """Nothing is overwritten, nothing leaves the folder, nobody else reads it."""
    connector = console("")
    audience = await connector.audience(connector.address)
    for key in ("1", "2"):
        file = File(name="../données.json", media_type="application/json", data=key.encode())
        draft = Draft(text="", level=Level.N1, key=key, file=file)
        await connector.send(connector.address, draft, audience)
    assert (tmp_path / "données.json").read_bytes() == b"1"
    assert (tmp_path / "données-2.json").read_bytes() == b"2"
    assert (tmp_path / "données.json").stat().st_mode & 0o777 == 0o600
    assert f"Fichier enregistré\u00a0: {tmp_path}/données.json" in out.getvalue()


async def test_the_same_key_is_shown_once(console: Console, out: io.StringIO) -> None:
    """A retry after an unknown outcome finds its message."""
    connector = console("")
    audience = await connector.audience(connector.address)
    draft = Draft(text="un", level=Level.N1, key="k")
    id = await connector.send(connector.address, draft, audience)
    assert await connector.send(connector.address, draft, audience) == id
    assert await connector.find(connector.address, "k", None) == id
    await connector.delete(connector.address, id, "k2")
    assert await connector.find(connector.address, "k", None) is None
    assert out.getvalue() == "un\n"


async def test_an_answer_to_an_earlier_run_has_nobody_to_be_shown_to(console: Console) -> None:
    """It fails for good instead of appearing in the wrong conversation."""
    connector = console("")
    with pytest.raises(Rejected):
        await connector.audience(Address(connector="console", conversation="terminal-earlier"))


async def test_a_reader_that_went_away_ends_the_conversation(tmp_path: Path) -> None:
    """`relais chat | head -1`: no trace, no hang."""
    source, target = os.pipe()
    os.write(target, b"un\ndeux\n")
    os.close(target)
    read, write = os.pipe()
    os.close(read)
    stream = os.fdopen(write, "w")
    connector = ConsoleConnector(
        surface=Pipe(source, stream),
        person=PERSON,
        folder=tmp_path,
    )
    bot = Bot(connector)

    async def deliver(batch: Sequence[Event]) -> None:
        with suppress(Rejected):
            await bot.deliver(batch)

    await connector.run(deliver)
    assert len(bot.got) == 1
    with suppress(BrokenPipeError):
        stream.close()


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("", None),
        ("  ", None),
        ("bonjour", Say(text="bonjour")),
        ("/etc/passwd, c’est quoi ?", Say(text="/etc/passwd, c’est quoi ?")),
        ("!stop", Say(text="!stop")),
        ("/quitter", "leave"),
        ("exit", "leave"),
        ("Quit", "leave"),
        ("quitter le service", Say(text="quitter le service")),
        ("/aide", Say(text="!aide")),
        ("/niveau N2", Say(text="!niveau N2")),
        ("/etc/hosts dit quoi ?", Say(text="/etc/hosts dit quoi ?")),
        ("/fichier", "unclear"),
        ("/fichier a.pdf", Say(text="", path="a.pdf")),
        ("/FILE a.pdf  résume ça", Say(text="résume ça", path="a.pdf")),
        ("/fichier 'a b.pdf' l’essentiel", Say(text="l’essentiel", path="a b.pdf")),
        ("/fichier a\\ b.pdf et après", Say(text="et après", path="a b.pdf")),
        ("/fichier l'essentiel.pdf", Say(text="", path="l'essentiel.pdf")),
    ],
)
def test_what_a_line_means(line: str, expected: object) -> None:
    """Only known words after a slash are orders; paths take quotes like in a shell."""
    assert events.parse(line) == expected


def test_a_home_folder_is_understood(monkeypatch: pytest.MonkeyPatch) -> None:
    """`~` is the person's own."""
    monkeypatch.setenv("HOME", "/somewhere")
    said = Say(text="", path="~/a.pdf")
    address = Address(connector="console", conversation="c")
    message = events.message(said, address=address, id="1", at=0.0, sender=PERSON, size=3)
    assert message.attachments == (
        Attachment(
            name="a.pdf", media_type="application/pdf", size=3, reference={"path": "/somewhere/a.pdf"}
        ),
    )
