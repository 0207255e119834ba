"""From a connector into the inbox: what happened becomes durable, or marks a job that runs.

Edits, deletions and orders to stop do not queue behind the answer that they concern: they mark
the job (control lane). Only if no job knows the question any more do they become a job themselves,
which adopts the answer that was given.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from core.bot import Bot
from core.connector import Deleted, Edited, Event, Message
from core.store.inbox import Entry, Inbox, Record
from core.telemetry import metrics


class Intake:
    """`deliver` is what connectors call; see `core.connector.Deliver`."""

    def __init__(self, *, inbox: Inbox, bots: Sequence[Bot]) -> None:
        self._inbox = inbox
        self._bots = bots

    async def deliver(self, events: Sequence[Event]) -> None:
        """Make the events durable, in order. Raises StoreError: then nothing may be acknowledged."""
        waiting: list[Entry] = []
        for event in events:
            entry = self._plain(event)
            if entry is not None:
                waiting.append(entry)
                continue
            if isinstance(event, Message | Edited | Deleted):
                await self._store(waiting)
                waiting = []
                await self._control(event)
        await self._store(waiting)

    def _plain(self, event: Event) -> Entry | None:
        """The entry of an event that simply queues; None for the control lane and for what nobody wants."""
        match event:
            case Edited() | Deleted():
                return None
            case Message():
                if not event.addressed or any(bot.urgent(event) for bot in self._bots):
                    return None
                return Entry(event=event, group=self._group(event))
            case _:
                wanted = event.type in ("undecryptable",) or any(bot.wants(event) for bot in self._bots)
                return Entry(event=event, group="") if wanted else None

    def _group(self, message: Message) -> str:
        """Messages of one group that wait together are read together as one turn; commands stand alone."""
        if message.text.startswith("!") or not message.direct:
            return ""
        return f"{message.sender.id}|{message.address.thread or ''}"

    async def _store(self, entries: list[Entry]) -> None:
        if not entries:
            return
        for entry, outcome in zip(entries, await self._inbox.enqueue(entries), strict=True):
            metrics.received(entry.event.address.connector, outcome)

    async def _control(self, event: Message | Edited | Deleted) -> None:
        match event:
            case Message():
                await self._stop(event)
            case Edited():
                await self._edited(event)
            case Deleted():
                await self._deleted(event)

    async def _stop(self, message: Message) -> None:
        if not message.addressed:
            return
        if await self._inbox.mark(message.address, target="", how="stopped", event=message) == "absent":
            await self._store([Entry(event=message, group="")])

    async def _edited(self, edited: Edited) -> None:
        message = edited.message
        if not message.addressed:
            return
        if (
            await self._inbox.mark(edited.address, target=edited.target, how="edited", event=message)
            != "absent"
        ):
            return
        ref = await self._inbox.ref(edited.address, edited.target)
        record = Record(posted=dict(enumerate(ref.posts))) if ref else None
        await self._store([Entry(event=replace(message, key=edited.key), group="", record=record)])

    async def _deleted(self, deleted: Deleted) -> None:
        if (
            await self._inbox.mark(deleted.address, target=deleted.target, how="deleted", event=None)
            != "absent"
        ):
            return
        if await self._inbox.ref(deleted.address, deleted.target) is not None:
            await self._store([Entry(event=deleted, group="")])
