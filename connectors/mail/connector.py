"""Mail as a platform: a mail is a question, the answer is one mail in its thread.

Only the authenticated sender is answered: the others in copy read nothing. Nothing can be edited, so there
is no placeholder; there is no history but what a person quotes.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from functools import partial

from connectors.mail.answers import Answers
from connectors.mail.box import Box, Erased
from connectors.mail.config import BoxConfig
from connectors.mail.events import NAME, recipient_of
from connectors.mail.imap import Imap
from connectors.mail.notes import Notes
from connectors.mail.source import Source
from connectors.mail.webhook import Door, MailWebhook, Pile
from core.connector import (
    Address,
    Attachment,
    Audience,
    Deliver,
    Draft,
    NoCapabilities,
    Notebook,
    Pace,
    Sending,
    Shelf,
)
from core.connector.upkeep import Upkeep
from core.documents.sandbox.sandbox import Sandbox
from core.errors import ConfigurationError, Deferred, Rejected, Unusable
from core.language.operators import Phrase


class MailConnector(NoCapabilities):
    """See `core.connector.Connector`. One for all mailboxes."""

    name = NAME
    limit = 1_000_000
    with_text = True

    def __init__(
        self,
        boxes: Sequence[BoxConfig],
        *,
        notebooks: Callable[[str], Notebook],
        shelves: Callable[[str], Shelf],
        sandbox: Sandbox,
        erased: Erased,
        upkeep: Upkeep | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`notebooks` and `shelves` by a name, each shared by all replicas. `upkeep` runs each mailbox."""
        self._upkeep = upkeep or Upkeep()
        self._boxes: dict[tuple[str, str], Box] = {}
        self._answers: dict[str, Answers] = {}
        self._clock = clock
        doors: list[Door] = []
        for config in boxes:
            address, notes = config.address, Notes(notebooks(config.address))
            pairs: list[tuple[Source, Source]] = []
            if config.imap is not None:
                pairs.append((Imap(config.imap, config.tokens), Imap(config.imap, config.tokens)))
            if config.secret:
                name = f"{address}|posted"
                pile = Pile(notebooks(name), shelves(name), clock=clock)
                doors.append(Door(address=address, secret=config.secret, pile=pile))
                pairs.append((pile, pile))
            made = partial(Box, config, notes=notes, sandbox=sandbox, erased=erased, clock=clock)
            for source, watch in pairs:
                self._boxes[address, source.inbox] = made(source=source, watch=watch)
            sources = [source for source, _ in pairs]
            self._answers[address] = Answers(config, sources=sources, notes=notes, clock=clock)
        scope = f"{NAME}|{' '.join(sorted(self._answers))}"
        self._pace = Pace(per_second=5.0, burst=20, scope=scope)
        self.ready = asyncio.Event()
        self.files = self
        self.settling = self
        self.webhook = MailWebhook(doors) if doors else None

    async def run(self, deliver: Deliver) -> None:
        async with asyncio.TaskGroup() as group:
            for box in self._boxes.values():
                part = NAME if len(self._answers) == 1 else f"{NAME} {box.config.address}"
                group.create_task(self._upkeep.keep(part, partial(box.run, deliver), ready=box.ready))
            group.create_task(self._watch())

    async def _watch(self) -> None:
        while True:
            if all(box.ready.is_set() for box in self._boxes.values()):
                self.ready.set()
            else:
                self.ready.clear()
            await asyncio.sleep(0.2)

    def pace(self, address: Address, sending: Sending) -> Pace:
        return self._pace

    async def audience(self, address: Address, *, asked: bool = False) -> Audience:
        _, person, _ = self._parts(address)
        return Audience(kind="mail", members=frozenset({person}), at=self._clock(), direct=True)

    async def send(self, address: Address, draft: Draft, audience: Audience) -> str:
        box, person, root = self._parts(address)
        if audience.members != frozenset({person}):
            raise Rejected(Phrase("delivery.other_reader"))
        with self._deferred(f"{NAME} {box} SMTP"):
            return await self._answers[box].send(person, root, draft)

    async def find(self, address: Address, key: str, since: str | None) -> str | None:
        box, person, root = self._parts(address)
        with self._deferred(f"{NAME} {box} sent"):
            return await self._answers[box].find(person, root, key, since)

    async def settle(self, address: Address, id: str) -> None:
        box, person, _ = self._parts(address)
        with self._deferred(f"{NAME} {box} files"):
            await self._answers[box].settle_unanswered(id, person)

    async def fetch(self, address: Address, attachment: Attachment, limit: int) -> bytes:
        box = self._boxes.get((self._parts(address)[0], attachment.reference["folder"]))
        if box is None:
            raise Rejected(Phrase("delivery.no_mailbox"))
        with self._deferred(f"{NAME} {box.config.address} files"):
            return await box.fetch(attachment, limit)

    @contextmanager
    def _deferred(self, part: str) -> Generator[None]:
        """Defer what waits for an operator to mend a setting, and let `/readyz` name it until then."""
        try:
            yield
        except (ConfigurationError, Unusable) as error:
            self._upkeep.trouble(part, str(error))
            raise Deferred(str(error), retry_after=30.0) from None
        self._upkeep.well(part)

    def _parts(self, address: Address) -> tuple[str, str, str]:
        """Mailbox, person, thread."""
        try:
            box, person, root = recipient_of(address)
        except ValueError:
            box = person = root = ""
        if box not in self._answers:
            raise Rejected(Phrase("delivery.no_mailbox"))
        return box, person, root
