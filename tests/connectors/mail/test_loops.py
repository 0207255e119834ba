"""Two programs that answer each other: what no header tells ends by how often they did."""

from __future__ import annotations

import ssl
from typing import Any, cast

import pytest

from connectors.mail.box import Box
from connectors.mail.caps import LAST
from connectors.mail.config import BoxConfig
from connectors.mail.notes import Note, Notes
from connectors.mail.safety import Rules
from connectors.mail.server import Server
from connectors.mail.webhook import Pile
from core.connector import Event, Message
from core.documents.sandbox.sandbox import Failure, Sandbox
from tests.connectors.mail.test_webhook import Book, Plank

US = "synthese@ministere.example"
HOUR = 3_600.0


class Desk:
    """A mailbox to which a program writes again and again; `asked` are the mails that were to be answered."""

    def __init__(self) -> None:
        self.now = 0.0
        self.asked: list[Message] = []
        self.notes = Notes(Book())
        self._number = 0
        self.erased: dict[str, float] = {}
        self.pile = Pile(Book(), Plank(), clock=lambda: self.now)
        smtp = Server(
            host="localhost", port=25, user="", password="", tls=False, context=ssl.create_default_context()
        )
        rules = Rules(address=US, authserv_id="mx", domains=frozenset({"ministere.example"}))
        self.box = Box(
            BoxConfig(rules=rules, imap=None, smtp=smtp, folders=("Traités", "Échecs", "Quarantaine")),
            source=self.pile,
            watch=self.pile,
            notes=self.notes,
            sandbox=cast(Sandbox, self),
            erased=self.had_erased,
            clock=lambda: self.now,
        )

    async def had_erased(self, person: str, since: float) -> bool:
        return self.erased.get(person, -1.0) >= since

    async def call(self, *_: Any, **__: Any) -> Any:
        """The readers' part: none of these mails is read."""
        raise Failure("damaged")

    async def deliver(self, events: Any) -> None:
        self.asked += [each for each in cast("list[Event]", events) if isinstance(each, Message)]

    async def writes(
        self, subject: str, *, thread: str = "", sender: str = "robot", replied: str = ""
    ) -> None:
        """A mail comes, an hour after the one before it."""
        self._number += 1
        self.now += HOUR
        lines = [
            f"From: {sender}@ministere.example",
            f"To: {US}",
            f"Message-ID: <{self._number}@ministere.example>",
            f"Subject: {subject}",
            "Authentication-Results: mx; dmarc=pass header.from=ministere.example",
            *([f"References: <{thread}@ministere.example>"] if thread else []),
            *([f"In-Reply-To: <{replied}>"] if replied else []),
        ]
        raw = "\r\n".join((*lines, "", "Bonjour")).encode()
        await self.pile.add(raw, keys=(str(self._number),))
        await self.box.look(self.deliver)

    async def note(self, number: int, sender: str = "robot") -> Note:
        found = await self.notes.mail(f"{number}@ministere.example", f"{sender}@ministere.example")
        assert found is not None
        return found


@pytest.mark.parametrize("thread", ["premier", ""], ids=["in a thread", "under one subject"])
async def test_a_loop_ends_and_does_not_begin_again(thread: str) -> None:
    """After the day's last answer none of it is answered, so that the other end has nothing to answer."""
    desk = Desk()
    for _ in range(LAST + 3):
        await desk.writes("Re: Votre message", thread=thread)
    assert len(desk.asked) == LAST
    desk.now += 30 * HOUR
    await desk.box.look(desk.deliver)
    assert len(desk.asked) == LAST


async def test_the_last_answer_of_the_day_is_known_as_such() -> None:
    """Its author is told in it how to go on."""
    desk = Desk()
    for _ in range(LAST):
        await desk.writes("Question", thread="premier")
    assert [(await desk.note(number)).last for number in (1, LAST - 1, LAST)] == [False, False, True]


async def test_whoever_else_writes_in_the_thread_is_told_too() -> None:
    """The last answer went to one person alone: nobody's question goes without a word."""
    desk = Desk()
    await desk.writes("Question", thread="premier", sender="anne")
    for _ in range(LAST):
        await desk.writes("Question", thread="premier")
    assert len(desk.asked) == LAST
    for sender in ("anne", "paul", "anne", "paul", "robot"):
        await desk.writes("Re: Question", thread="premier", sender=sender)
    assert [each.sender.id.partition("@")[0] for each in desk.asked[LAST:]] == ["anne", "paul"]
    assert [(await desk.note(LAST + 2, "anne")).last, (await desk.note(LAST + 3, "paul")).last] == [
        True,
        True,
    ]


async def test_another_subject_goes_on() -> None:
    """What people are told to do helps them."""
    desk = Desk()
    for _ in range(LAST + 1):
        await desk.writes("Question", thread="premier")
    await desk.writes("Autre question")
    assert len(desk.asked) == LAST + 1


async def test_the_next_day_the_thread_goes_on() -> None:
    """A person who comes back to a long thread is answered."""
    desk = Desk()
    for _ in range(LAST):
        await desk.writes("Question", thread="premier")
    desk.now += 24 * HOUR
    await desk.writes("Question", thread="premier")
    assert len(desk.asked) == LAST + 1
