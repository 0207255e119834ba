"""Mail in chaos: a kill at each step of an answer, an absent colleague's responder, a full mailbox.

`python -m tests.chaos.mail [steps|absent|backlog]`; `make chaos` runs all three. Prints the figures, and
ends with 1 when a mail was lost, answered twice, or a loop began.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from email.message import EmailMessage
from pathlib import Path
from typing import Any, Literal

from tests.chaos.store_proxy import Side, store_proxy
from tests.rig.child import LOOPBACK
from tests.rig.gateway import FakeGateway, fake_gateway
from tests.rig.mail import MailServer, mail_server
from tests.rig.mail_extras import VACATION
from tests.rig.post import Post, environment, mail, text_of
from tests.rig.relais import Relais, relais
from tests.rig.valkey import valkey

KEYS = json.dumps(["un secret de plus de trente-deux caractères, pour le chaos"])
Direction = Literal["forth", "back"]
STEPS = (
    ("store", "before enqueue"),
    ("store", "after enqueue"),
    ("store", "after claim"),
    ("store", "before final"),
    ("store", "after final"),
    ("store", "before sending"),
    ("store", "after sending"),
    ("smtp", "before connect"),
    ("smtp", "before data"),
    ("smtp", "after data"),
    ("smtp", "after taken"),
    ("store", "before finish"),
    ("store", "after finish"),
    ("imap", "before move"),
    ("imap", "after move"),
)
"""Where it dies. `after data`: the whole mail is with the server, whose answer never comes back: the one
window that SMTP leaves open."""


class Trap:
    """Armed with a step, kills the bot there, once."""

    def __init__(self) -> None:
        self.step = ""
        self.sprung = asyncio.Event()
        self.bot: Relais | None = None

    def springs(self, step: str) -> bool:
        if step != self.step or self.bot is None:
            return False
        self.step = ""
        os.kill(self.bot.pid, signal.SIGKILL)
        self.sprung.set()
        return True


@asynccontextmanager
async def tap(port: int, springs: Callable[[Direction, bytes], bool]) -> AsyncGenerator[int]:
    """A port in front of a server's; `springs` sees what passes, and ends the connection before it passes."""

    async def pump(way: Direction, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(1 << 16):
                if springs(way, data):
                    return
                writer.write(data)
                await writer.drain()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        theirs, ours = await asyncio.open_connection(LOOPBACK, port)
        ways = (pump("forth", reader, ours), pump("back", theirs, writer))
        await asyncio.wait(map(asyncio.ensure_future, ways), return_when=asyncio.FIRST_COMPLETED)
        ours.close()
        writer.close()

    server = await asyncio.start_server(serve, LOOPBACK, 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


def smtp_watch(trap: Trap) -> Callable[[Direction, bytes], bool]:
    """The steps of a transaction."""
    sent = False

    def springs(way: Direction, data: bytes) -> bool:
        nonlocal sent
        if way == "forth":
            if data.upper().startswith(b"EHLO") and trap.springs("before connect"):
                return True
            if data.upper().startswith(b"DATA") and trap.springs("before data"):
                return True
            sent = sent or data.endswith(b"\r\n.\r\n")
        elif sent and data.startswith(b"250"):
            sent = False
            return trap.springs("after data") or _later(trap, "after taken")
        return False

    return springs


def _later(trap: Trap, step: str) -> bool:
    """Just after what passes now has arrived."""
    if trap.step == step:
        asyncio.get_running_loop().call_later(0.002, trap.springs, step)
    return False


def imap_watch(trap: Trap) -> Callable[[Direction, bytes], bool]:
    def springs(way: Direction, data: bytes) -> bool:
        if way == "forth" and b" MOVE " in data and "Trait" in data.decode("latin-1"):
            return trap.springs("before move") or _later(trap, "after move")
        return False

    return springs


def step_in_store(name: str, command: list[bytes], reply: Any) -> str:
    """What a command means for an answer to a mail."""
    if name == "put" and b"final" in command[7::2]:
        return "final"
    if name == "hset" and command[2].startswith(b"sent:"):
        return "sending"
    if name == "claim" and reply is not None and not reply[1]:
        return ""
    return name


async def at_every_step(folder: Path, gateway: FakeGateway) -> bool:
    """One mail for each step; who waits for it gets one answer."""
    trap, people = Trap(), [f"agent{n}" for n in range(len(STEPS))]

    def observe(side: Side, name: str, command: list[bytes], reply: Any) -> bool:
        return trap.springs(f"{side} {step_in_store(name, command, reply)}")

    async with (
        mail_server("synthese", *people) as server,
        valkey(folder / "store", tcp=True, appendfsync="always") as store,
        store_proxy(store.url, observe) as way,
        tap(server.port("submission"), smtp_watch(trap)) as smtp,
        tap(server.port("imap"), imap_watch(trap)) as imap,
    ):
        settings = environment(server, gateway) | {
            "RELAIS_STORE__URL": way.url,
            "RELAIS_STORE__KEYS": KEYS,
            "RELAIS_MAIL__IMAP_URL": server.imap_url("synthese", port=imap),
            "RELAIS_MAIL__SMTP_URL": server.smtp_url("synthese", port=smtp),
        }
        async with relais(folder / "bot", settings) as bot:
            trap.bot = bot
            post = Post(server=server, bot=bot, gateway=gateway)
            asked: list[EmailMessage] = []
            for (_, step), person in zip(STEPS, people, strict=True):
                asked.append(mail(f"Étape {step}", f"Question {step}", sender=person))
                took = await _die_and_answer(post, trap, step, asked[-1])
                print(f"  killed {step}: answered after {took:.1f} s", flush=True)
            for question in asked:
                await post.filed(question)
            await asyncio.sleep(COPY)
            return _count(server, people, asked)


COPY = 3.0
"""Seconds in which a second answer would come, if one had been sent."""


async def _die_and_answer(post: Post, trap: Trap, step: str, question: EmailMessage) -> float:
    trap.sprung.clear()
    trap.step = step
    await post.write(question)
    await asyncio.wait_for(trap.sprung.wait(), 60)
    await post.bot.ended()
    began = time.monotonic()
    await post.bot.start()
    await post.server.until(
        question["From"].partition("<")[2].partition("@")[0],
        where=lambda each: each["In-Reply-To"] == question["Message-ID"],
        patience=90,
    )
    return time.monotonic() - began


def _count(server: MailServer, people: list[str], asked: list[EmailMessage]) -> bool:
    answers = Counter(each["In-Reply-To"] for person in people for each in server.mails(person))
    ids = Counter(each["Message-ID"] for person in people for each in server.mails(person))
    lost = sum(not answers[each["Message-ID"]] for each in asked)
    doubled = sum(answers[each["Message-ID"]] > 1 for each in asked)
    print(f"Mail, kill at every step: {len(asked)} asked, {lost} lost, {doubled} answered twice", flush=True)
    return lost == doubled == 0 and all(count == 1 for count in ids.values())


async def facing_an_absent(folder: Path, gateway: FakeGateway, rounds: int = 50) -> bool:
    """Colleagues with a real responder (Sieve vacation, no pause between its answers) write again and again,
    each time in a new thread; ten share the rounds, since the bot caps the answers to one person."""
    people = [f"absent{n}" for n in range(10)]
    scripts = dict.fromkeys(people, VACATION)
    async with (
        mail_server("synthese", *people, scripts=scripts) as server,
        relais(folder / "bot", environment(server, gateway)) as bot,
    ):
        post = Post(server=server, bot=bot, gateway=gateway)
        for number in range(rounds):
            question = mail(f"Absence {number}", "Bonjour", sender=people[number % 10])
            await post.write(question)
            await post.answers(question)
        await asyncio.sleep(COPY)
        received = sum(len(server.mails(person)) for person in people)
        told = [each for name in ("", "Traités") for each in server.mails("synthese", name)]
        loops = sum("Absente" in str(each["Subject"]) for each in told)
        print(
            f"Mail, {rounds} rounds with a Sieve responder: {received} answers, {loops} answers to answers",
            flush=True,
        )
        return received == rounds and loops == 0


async def with_a_full_mailbox(folder: Path, gateway: FakeGateway, waiting: int = 5_000) -> bool:
    """So many mails wait when it starts, half of them from one person: everybody's first mails are answered
    before anybody's sixth."""
    people = [f"agent{n}" for n in range(100)]
    async with mail_server("synthese", *people) as server:
        for number in range(waiting):
            sender = people[0] if number % 2 else people[number // 2 % 100]
            server.lay("synthese", mail(f"Mail {number}", f"Question {number}", sender=sender))
        async with relais(folder / "bot", environment(server, gateway)) as bot:
            began = time.monotonic()
            answered: dict[str, float] = {}
            while len(answered) < 300 and time.monotonic() - began < 300:
                for person in people:
                    for each in server.mails(person):
                        answered.setdefault(f"{person} {text_of(each)[:60]}", time.monotonic() - began)
                await asyncio.sleep(0.5)
            by_person = Counter(key.partition(" ")[0] for key in answered)
            rate = len(answered) / max(answered.values(), default=1.0)
            print(
                f"Mail, {waiting} waiting: {len(answered)} answered in "
                f"{max(answered.values(), default=0):.0f} s ({rate:.1f}/s), to {len(by_person)} of 100 "
                f"people, at most {max(by_person.values())} to one; {_ready(bot)}",
                flush=True,
            )
            return len(by_person) == 100 and max(by_person.values()) <= 5


def _ready(bot: Relais) -> str:
    return bot.output.strip().splitlines()[-1]


async def main() -> int:
    parser = argparse.ArgumentParser(description="kill relais while it answers mail")
    parser.add_argument("only", nargs="?", choices=["steps", "absent", "backlog"])
    only = parser.parse_args().only
    clean = True
    with tempfile.TemporaryDirectory(prefix="chaos-mail-") as name:
        async with fake_gateway() as gateway:
            for word, run in (
                ("steps", at_every_step),
                ("absent", facing_an_absent),
                ("backlog", with_a_full_mailbox),
            ):
                if only in (None, word):
                    clean &= await run(Path(name) / word, gateway)
    return 0 if clean else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
