"""From a connector into the inbox: what happened becomes durable, or marks a job that runs.

Edits, deletions and orders to stop do not queue behind the answer that they concern: they mark
the job (control lane). Only if no job knows the question any more do they become a job themselves,
which adopts the answer that was given.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from dataclasses import KW_ONLY, dataclass, replace

from core import telemetry
from core.bot import Bot
from core.connector import (
    Address,
    Arrived,
    Crowded,
    Deleted,
    Edited,
    Event,
    IdentityChanged,
    Message,
    Reacted,
    Undecryptable,
)
from core.inbox.inbox import Entry, Inbox
from core.inbox.records import Stored, reference
from core.sessions.figures import ServiceFigures
from core.telemetry import metrics
from core.understanding.commands import Place, verdict_of
from core.understanding.understand import is_about_the_last, stops
from core.worker.reactions import may_say, said_by

TOLD_FOR = 600.0
"""Seconds for which a person is told once that a conversation is full."""


@dataclass(eq=False)
class Intake:
    """`deliver` is what connectors call; see `core.connector.Deliver`. `patient` names the connectors where
    nobody watches an answer grow: it may wait a little (mail). `figures` count reactions that judge one."""

    _: KW_ONLY
    inbox: Inbox
    bots: Sequence[Bot]
    patient: Collection[str] = ()
    figures: ServiceFigures | None = None

    async def deliver(self, events: Sequence[Event]) -> None:
        """Make the events durable, in order. Raises StoreError: then nothing may be acknowledged."""
        waiting: list[Entry] = []
        heard = [await self._reacted(event) if isinstance(event, Reacted) else event for event in events]
        for event in filter(None, heard):
            said, stop = event.message if isinstance(event, Edited) else event, False
            if isinstance(said, Message):  # is it an order to stop the running answer?
                place: Place = "direct" if said.direct else "room"
                place = "mail" if said.address.connector in self.patient else place
                stop = stops(said.text, place=place, document=bool(said.attachments))
            if isinstance(event, Message):
                control, wanted = stop, event.addressed
            else:
                control = isinstance(event, Edited | Deleted | Arrived)
                wanted = isinstance(event, Undecryptable | IdentityChanged) or any(
                    bot.wants(event) for bot in self.bots
                )
            if control:  # it does not queue behind the answer that it is about
                await self._store(waiting)
                waiting = []
                await self._control(event, stop=stop)
            elif isinstance(event, Message) and wanted:
                home = None
                if _is_about_the_last(event):
                    await self._store(waiting)  # it may be about one of these
                    waiting, home, event = [], event.address, await self._placed(event)
                # Commands and mails stand alone.
                together = event.direct and not event.alone and event.text[:1] != "!"
                group = f"{event.sender.id}|{event.address.thread or ''}" if together else ""
                waiting.append(Entry(event=event, group=group, home=home, order=event.twin))
            elif wanted:
                waiting.append(Entry(event=event))
        await self._store(waiting)

    async def _placed(self, message: Message) -> Message:
        """What is said at the top of a chat about what was said last there, in the thread where that was, by
        whichever name of the chat; any other message as it is."""
        if _is_about_the_last(message):
            for last in await self.inbox.threads.of(message.sender.id):
                return replace(message, address=last)
        return message

    async def _places(self, address: Address, message: str, person: str) -> list[Address]:
        """Where a message of a person may be handled: where it stands; of one at the top of a chat, also the
        threads that were spoken in last."""
        opens = address.apart and address.thread == message
        lately = await self.inbox.threads.of(person) if opens else ()
        return list(dict.fromkeys([address, *(each for each in lately if each.whole == address.whole)]))

    async def _reacted(self, event: Reacted) -> Reacted | Message | None:
        """What a reaction says (`core.worker.reactions`); None where that is read later. One that stops what
        is being written for its author does so at once."""
        if verdict_of(event.reaction) == "stop":
            await self.inbox.mark(
                event.address, target="", how="stopped", event=event, key=event.key, person=event.sender.id
            )
        if not may_say(event):
            return event
        # Asked first: a job that ends now is found by its ref.
        busy = await self.inbox.is_busy(event.address)
        ref = await self.inbox.ref(event.address, event.target)
        if ref is None and busy:
            await self._store([Entry(event=event)])
            return None
        by_link = event.address.connector in self.patient
        return await said_by(event, ref, self.inbox, self.figures, by_link=by_link)

    async def _store(self, entries: list[Entry]) -> list[Stored]:
        if not entries:
            return []
        patient = self.patient
        entries = [
            replace(entry, priority=1) if entry.event.address.connector in patient else entry
            for entry in entries
        ]
        refused: list[Entry] = []
        said: list[Message] = []
        began = time.monotonic()
        outcomes = await self.inbox.enqueue(entries)
        took = time.monotonic() - began
        for entry, outcome in zip(entries, outcomes, strict=True):
            if outcome == "stored" and telemetry.traced:
                self._trace(entry, took)
            metrics.received.labels(entry.event.address.connector, outcome).inc()
            if outcome == "full" and isinstance(entry.event, Message):
                refused.append(_crowded(entry.event))
            if outcome == "stored" and isinstance(entry.event, Message) and entry.event.address.apart:
                said.append(entry.event)
        if said:
            await self.inbox.threads.spoken(said, round(time.time() * 1000))
        await self.inbox.enqueue(refused)
        return outcomes

    def _trace(self, entry: Entry, took: float) -> None:
        """Begin the trace of the entry's job."""
        event, turn = entry.event, self.inbox.turn(entry)
        telemetry.passed(
            "receive",
            seconds=took,
            turn=turn,
            ref=reference(turn),
            connector=event.address.connector,
            part=event.type,
            age=round(max(0.0, time.time() - event.at), 3),
        )

    async def _control(self, event: Event, *, stop: bool) -> None:
        match event:
            case Edited():
                await self._edited(event, stop=stop)
            case Deleted():
                await self._deleted(event)
            case Message():
                await self._stop(event)
            case Arrived():
                await self.inbox.hasten(event.address)
            case _:
                raise TypeError(event.type)

    async def _stop(self, message: Message) -> None:
        """Stop what runs where the order was given; at the top of a chat, what runs in the thread that was
        spoken in last of those where something does."""
        for place in await self._places(message.address, message.id, message.sender.id):
            order = self.inbox.mark(
                place, target="", how="stopped", event=message, key=message.key,
                person=message.sender.id, home=message.address,
            )  # fmt: skip
            if await order != "absent":
                return
        if message.addressed:
            await self._store([Entry(event=await self._placed(message), home=message.address)])

    async def _edited(self, edited: Edited, *, stop: bool) -> None:
        """The new state of a question that is known, whomever it names now; or a question that was none.
        `stop`: it is an order to stop now."""
        message = edited.message
        for place in await self._places(edited.address, edited.target, edited.sender.id):
            order = self.inbox.mark(
                place,
                target=edited.target,
                how="edited",
                event=replace(message, address=place),
                key=edited.key,
                home=edited.address,
            )
            if await order != "absent":
                return
        ref = await self.inbox.ref(edited.address, edited.target)
        if not message.addressed and (ref is None or stop):
            return  # « oubliez » instead of a question that was answered stops nothing
        # Nobody knows the question: it comes after its edit, and under its own key is the same then.
        if ref is None and "stored" in await self._store([Entry(event=message, order=edited.key)]):
            return
        again, adopts = await self._placed(message), dict[int, str]()
        if ref is not None:
            again = replace(message, address=_of_session(message, ref.session))
            adopts = ref.parts
        await self._store([Entry(event=replace(again, key=edited.key), adopts=adopts, home=edited.address)])

    async def _deleted(self, deleted: Deleted) -> None:
        for place in await self._places(deleted.address, deleted.target, deleted.sender.id):
            if await self.inbox.mark(place, target=deleted.target, how="deleted") != "absent":
                return
        if await self.inbox.ref(deleted.address, deleted.target) is not None:
            await self._store([Entry(event=deleted, group="")])


def _is_about_the_last(message: Message) -> bool:
    """Does a message open a thread at the top of a chat of two whose threads are apart, and is it about what
    was said last?"""
    opens = message.direct and message.address.apart and message.address.thread == message.id
    return opens and not (message.alone or message.attachments) and is_about_the_last(message.text)


def _of_session(message: Message, session: str) -> Address:
    """Where a message of this session was taken to: in a chat of two, the session's thread, if it has one."""
    address = message.address
    thread = session.removeprefix(f"{address.whole}:")
    taken = message.direct and address.apart and thread != session
    return replace(address, thread=thread) if taken else address


def _crowded(message: Message) -> Entry:
    """The word that a message was not taken in, aside from those that wait; the same when it is delivered
    again, and for those that follow it."""
    period = int(message.at // TOLD_FOR)
    event = Crowded(
        key=f"crowded:{message.sender.id}:{period}",
        address=message.address,
        at=message.at,
        sender=message.sender,
    )
    return Entry(event=event, aside=True)
