"""A contributor's day: a platform and a command are added by what `docs/architecture.md` says, and work.

The packages are copied to a temporary folder and extended there: a folder in `connectors/` with its kinds of
audience, made in `bots/serve.py`; a bot with a command of its own, in the list of `bots/replica.py`. The toy
platform is a text file that people write to and a text file that the bot writes to.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

CHANNELS = """\
[slate]
order = 9
homologable = false
label = "Ardoise"
here.fr = "sur l’ardoise"
here.en = "on the slate"
"""

EVENTS = '''\
"""Lines of the slate → events. Pure."""

from core.connector import Address, Message, Person

NAME = "slate"


def parse(number: int, line: str, now: float) -> Message:
    """The message that a line is: `ana: bonjour`."""
    who, _, text = line.partition(": ")
    return Message(
        key=f"slate:{number}",
        id=str(number),
        address=Address(connector=NAME, conversation=who),
        at=now,
        sender=Person(id=f"slate:{who}", name=who),
        text=text,
        addressed=True,
        direct=True,
    )
'''

RENDER = '''\
"""CommonMark → a line of the slate. Pure."""


def render(who: str, text: str) -> str:
    return f"{who}> {' '.join(text.split())}"
'''

CONNECTOR = '''\
"""The slate: a file that people write to, and one that the bot writes to."""

import asyncio
import time
from pathlib import Path

from connectors.slate.events import NAME, parse
from connectors.slate.render import render
from core.connector import Address, Audience, Deliver, Draft, Pace, Sending


class SlateConnector:
    name = NAME
    limit = 10_000
    editing = files = descriptions = activity = history = private = settling = webhook = None

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.ready = asyncio.Event()

    def pace(self, address: Address, sending: Sending) -> Pace:
        return Pace(per_second=100.0, burst=100, scope=NAME)

    async def run(self, deliver: Deliver) -> None:
        read = 0
        self.ready.set()
        while True:
            lines = (self._folder / "in.txt").read_text("utf-8").splitlines()
            for number, line in enumerate(lines[read:], read):
                await deliver([parse(number, line, time.time())])
            read = len(lines)
            await asyncio.sleep(0.02)

    async def audience(self, address: Address, *, asked: bool = False) -> Audience:
        members = frozenset({f"slate:{address.conversation}"})
        return Audience(kind="slate", members=members, at=time.time(), direct=True)

    async def send(self, address: Address, draft: Draft, audience: Audience) -> str:
        with (self._folder / "out.txt").open("a", encoding="utf-8") as out:
            out.write(render(address.conversation, draft.text) + "\\n")
        return draft.key

    async def find(self, address: Address, key: str, since: str | None) -> str | None:
        return None
'''

BOT = '''\
"""A bot with one command: `!pile` says heads or tails, always heads."""

from core.bot import Exchange
from core.connector import Event, Message
from core.sessions.repository import Session


class Coin:
    name = "coin"
    of_rooms = False

    def wants(self, event: Event) -> bool:
        return isinstance(event, Message) and event.text.startswith("!pile")

    def follows(self, event: Event, session: Session) -> bool:
        return False

    async def handle(self, exchange: Exchange) -> None:
        await exchange.reply.finish("Pile, évidemment.")
'''

POLICY = """\
[ceilings]
slate = "N2"

[quotas]
"""


def insert(path: Path, before: str, text: str) -> None:
    """Add `text` before the one place where `before` stands."""
    source = path.read_text("utf-8")
    assert source.count(before) == 1, f"{before!r} stands {source.count(before)} times in {path.name}"
    path.write_text(source.replace(before, text + before), "utf-8")


@pytest.fixture
def slate(tmp_path: Path) -> Iterator[Path]:
    """A replica of the extended packages that runs on a slate; its folder."""
    code = tmp_path / "code"
    for name in ("core", "connectors", "bots"):
        shutil.copytree(ROOT / name, code / name, ignore=shutil.ignore_patterns("__pycache__"))
    folder = code / "connectors" / "slate"
    folder.mkdir()
    for name, text in {
        "__init__.py": '"""The slate."""\n', "channels.toml": CHANNELS, "events.py": EVENTS,
        "render.py": RENDER, "connector.py": CONNECTOR,
    }.items():  # fmt: skip
        (folder / name).write_text(text, "utf-8")
    (code / "bots" / "coin.py").write_text(BOT, "utf-8")
    insert(code / "bots" / "serve.py", "    if not found:\n", (
        "    from pathlib import Path\n"
        "    from connectors.slate.connector import SlateConnector\n"
        f"    found.append(lambda base, echo: SlateConnector(Path({str(tmp_path)!r})))\n"
    ))  # fmt: skip
    insert(code / "bots" / "replica.py", "        upkeep = Upkeep(", (
        "        from bots.coin import Coin\n"
        "        bots = (Coin(), *bots)\n"
    ))  # fmt: skip
    (tmp_path / "in.txt").touch()
    (tmp_path / "out.txt").touch()
    (tmp_path / "policy.toml").write_text(POLICY, "utf-8")
    clean = {name: value for name, value in os.environ.items() if not name.startswith("RELAIS_")}
    with (tmp_path / "log.txt").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", "import sys; from bots.main import main; sys.exit(main())", "run"],
            cwd=code, stdout=log, stderr=log,
            env=clean | {
                "PYTHONPATH": str(code), "RELAIS_DATA_DIR": str(tmp_path / "data"),
                "RELAIS_POLICY": str(tmp_path / "policy.toml"), "RELAIS_HTTP__BIND": "127.0.0.1:0",
            },
        )  # fmt: skip
        try:
            yield tmp_path
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait()


def told(slate: Path, words: str, seconds: float = 60.0) -> str:
    """Wait for a line of the bot's with these words."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for line in (slate / "out.txt").read_text("utf-8").splitlines():
            if words in line:
                return line
        time.sleep(0.05)
    raise AssertionError((slate / "out.txt").read_text("utf-8") + (slate / "log.txt").read_text("utf-8"))


def test_a_toy_platform_and_a_toy_command_work_by_what_the_page_says(slate: Path) -> None:
    """What is written on the slate is answered there, by the assistant and by the new command."""
    (slate / "in.txt").write_text("ana: Bonjour\nbob: !pile\n", "utf-8")
    assert told(slate, "Pile, évidemment.").startswith("bob> ")
    assert told(slate, "ana> ")
