"""The inbox: one mailbox per conversation, handled in order, by one replica at a time.

An event is stored once (`enqueue`), at the tail of its conversation's mailbox. A conversation with entries
is in exactly one of three places: a *ready* list (one per priority), *delayed* until a time, or *leased*
until a time. `claim` takes one that is ready, gives it the next *fence* number and a lease, and freezes
the list of events of its job: how many entries at the mailbox's head it consists of. They stay there until
`done` (or `dead`) takes them off and puts the conversation at the tail of the ready list if more wait;
so conversations take turns.

A replica that dies, or is stopped for longer than its lease, holds it no more: the next claim of anybody
finds the lease expired and takes the same job, with a new fence. When the replica itself starts again
sooner, it frees at once what it held (`recover`). What a holder does is `core.inbox.records`'s.

The control lane (`mark`) does not queue: it changes what waits and marks what runs. The holder is told at
once (`on_mark`), by the result of each `put`, and at the latest by `done`, which does nothing while there is
a mark that the holder has not heeded.

A crash at any point leaves a state from which the next claim goes on. Each call is one round trip.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, cast

from core.connector import Address, Edited, Event, Message, Whisper
from core.errors import StoreError, StoreUnavailable, TooNew, UnknownKey
from core.inbox.dead_letters import Incidents
from core.inbox.last_threads import LastThreads
from core.inbox.records import (
    Claim,
    DeadLetter,
    Entry,
    Holder,
    How,
    Marked,
    Ref,
    SealedMailbox,
    Stats,
    Stored,
    ms,
    question_about,
)
from core.language.operators import tell
from core.store.valkey import Store
from core.store.wire import Command, Word
from core.telemetry import log
from core.vault import Vault

__all__ = ["Claim", "DeadLetter", "Entry", "How", "Inbox", "Marked", "Ref", "Stats", "Stored"]

MAILBOX = 1000
"""Most entries of one conversation that wait; more are refused as `full`."""
SHARE = 500
"""Most entries of one person among them: others still find room."""
IN_FLIGHT = 4
"""Most jobs of one person at a time (in each partition, of which only a Cluster has several)."""
TOGETHER = 20
"""Most messages that are read together as one turn."""
IDLE = 3.0
"""Seconds after which a replica looks by itself: what a lost wake costs at most, and what another replica's
death may cost beyond its lease."""
KEYS_WITHIN = 30.0
"""Seconds after which a job that this replica has no key for may be claimed again."""
NEWER_WITHIN = 1.0
"""Seconds after which a job that only a newer version can read may be claimed again: by such a replica, it is
hoped, for it is there while an upgrade is under way."""
NEWER_FOR = 86_400.0
"""Seconds after which no newer version will come: the job becomes a dead letter, and its mailbox goes on."""


class Inbox:
    """The inbox as one replica sees it."""

    def __init__(
        self,
        store: Store,
        vault: Vault,
        *,
        replica: str,
        lease: float = 10.0,
        dedupe_ttl: float = 4 * 86400.0,
        ref_ttl: float = 30 * 86400.0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`dedupe_ttl` must be longer than the age after which events are not answered; `ref_ttl` is the
        retention of sessions. All in seconds."""
        self._store = store
        self._vault = vault
        self.who = partial(vault.tag, "person")
        """What stands for a person, by their id, in what is remembered of jobs."""
        self.incidents = Incidents(store)
        self.threads = LastThreads(store, vault)
        self.replica = replica
        self.lease = lease
        self._dedupe_ttl = ms(dedupe_ttl)
        self._ref_ttl = ms(ref_ttl)
        self.renew_every = lease * 0.3
        self._work = asyncio.Event()
        self._work.set()
        self._holder = Holder(
            store=store,
            replica=replica,
            lease=ms(lease),
            dedupe_ttl=self._dedupe_ttl,
            ref_ttl=self._ref_ttl,
            work=self._work,
        )
        self._waiting = 0
        self._due = IDLE
        self._next_partition = -1
        self._heard: Callable[[str, How], None] | None = None
        self._told: set[str] = set()
        self._clock = clock
        store.subscribe("relais:wake", self._woken)
        store.subscribe("relais:marks", self._marked)

    async def enqueue(self, entries: Sequence[Entry], *, due: float | None = None) -> list[Stored]:
        """Store the events, each once, in their order; durable on return. With `due` (seconds since 1970),
        they come then, whoever is up.

        `full`: the conversation, or the person in it, has too many entries already: it is not stored.
        `replayed`: the same ciphertext was stored as another event: nor is it."""
        if not entries:
            return []
        words: dict[str, list[Word]] = {}
        places: dict[str, list[int]] = {}
        mailboxes: dict[str, str] = {}
        of = partial(SealedMailbox.of, self._vault)
        for i, entry in enumerate(entries):
            event, mailbox = entry.event, of(entry.event.address, aside=entry.aside)
            turn = mailbox.tag("turn", event.key)
            about = event.about if isinstance(event, Whisper) else ""
            target = event.id if isinstance(event, Message) else about or event.key
            message = event.message if isinstance(event, Edited) else event
            origin, number = (isinstance(message, Message) and message.origin) or ("", "")
            # What makes the entry a duplicate too: the event where it stands, or its order.
            home, also = (of(entry.home), event.key) if entry.home else (mailbox, entry.order)
            partition = self._store.key(mailbox.name)
            mailboxes[partition] = mailbox.name
            places.setdefault(partition, []).append(i)
            words.setdefault(partition, []).extend(
                (
                    mailbox.tag("event", event.key),
                    mailbox.name,
                    turn,
                    mailbox.tag("group", entry.group) if entry.group else "",
                    entry.priority,
                    mailbox.tag("message", target),
                    self.who(event.sender.id),
                    mailbox.sealed("event", event),
                    mailbox.adopting(turn, entry.adopts) if entry.adopts else b"",
                    mailbox.tag("origin", origin) if origin else "",
                    number,
                    home.tag("event", also) if also else "",
                )
            )
        script, when = ("enqueue", ()) if due is None else ("later", (ms(due),))
        commands = [
            self._store.script(script, mailboxes[p], *when, self._dedupe_ttl, MAILBOX, SHARE, *words[p])
            for p in places
        ]
        if due is None and not self._waiting:  # nobody here is free to take it: perhaps elsewhere
            commands.append(("PUBLISH", "relais:wake", self.replica))
        replies = await self._store.batch(commands)
        outcomes: dict[int, Stored] = {}
        for indices, reply in zip(places.values(), replies, strict=False):
            outcomes |= {i: outcome.decode() for i, outcome in zip(indices, reply, strict=True)}
        if due is None and "stored" in outcomes.values():  # else a sibling has it, and works
            self._work.set()
        return [outcomes[i] for i in range(len(entries))]

    async def stored(self, address: Address, keys: Sequence[str]) -> frozenset[str]:
        """Those of the events with these `keys` in this conversation that are stored, by whichever replica,
        for as long as they are remembered: what one has read, another need not."""
        mailbox = SealedMailbox.of(self._vault, address)
        places = [self._store.key(mailbox.name, "seen", mailbox.tag("event", key)) for key in keys]
        found = await self._store.batch([("EXISTS", place) for place in places])
        return frozenset(key for key, there in zip(keys, found, strict=True) if there)

    def turn(self, entry: Entry) -> str:
        """The key of the job that the entry begins."""
        mailbox = SealedMailbox.of(self._vault, entry.event.address, aside=entry.aside)
        return mailbox.tag("turn", entry.event.key)

    async def later(self, event: Event, due: float) -> bool:
        """Store an event that is to come at `due` (seconds since 1970), once, whoever is up then; durable on
        return. False: it is stored already."""
        return await self.enqueue([Entry(event=event)], due=due) == ["stored"]

    async def recover(self) -> int:
        """At start, when no other process bears this replica's name: free what it held. Returns how many."""
        scripts = [self._store.script("recover", p, self.replica) for p in range(self._store.partitions)]
        return sum(await self._store.spread(scripts))

    async def claim(self, limit: int, *, patient: int | None = None) -> list[Claim]:
        """Lease up to `limit` conversations that are ready, `patient` of them at most with what may wait, and
        open their jobs; may be none.

        A person has `IN_FLIGHT` jobs at most; their other conversations wait, and nobody else's."""
        patient = limit if patient is None else patient
        self._work.clear()
        self._due = IDLE
        claims: list[Claim] = []
        for _ in range(self._store.partitions):
            if len(claims) >= limit:
                break
            partition = self._next_partition = (self._next_partition + 1) % self._store.partitions
            left = limit - len(claims)
            script = self._store.script(
                "claim",
                partition,
                left,
                self._holder.lease,
                TOGETHER,
                self.replica,
                min(left, patient),
                IN_FLIGHT,
            )
            try:
                due, raw = await self._store.run(script)
            except StoreUnavailable:
                if not claims:
                    raise
                self._work.set()  # a node of the Cluster is away: what others gave is ours nevertheless
                break
            patient -= sum(each[5] for each in raw)
            self._due = min(self._due, due / 1000 if due >= 0 else IDLE)
            if len(raw) >= limit - len(claims):  # perhaps more is ready than was asked for
                self._work.set()
            for each in raw:
                try:
                    claims.append(Claim.opened(self._holder, self._vault, each))
                except (StoreError, ValueError) as error:
                    await self._set_aside(each, error)
        return claims

    async def wait(self, seconds: float = IDLE) -> None:
        """Return when something may be there that the last `claim` did not see, at the latest after `seconds`
        and after `IDLE`; before the first claim, at once."""
        self._waiting += 1
        try:
            async with asyncio.timeout(min(seconds, self._due, IDLE)):
                await self._work.wait()
        except TimeoutError:
            pass
        finally:
            self._waiting -= 1

    def wake(self) -> None:
        """End `wait`."""
        self._work.set()

    async def echoed(self, address: Address, *, key: str, id: str, also: Address | None = None) -> str:
        """The message that counts among those with this `key`; `id` is seen on the platform. It is noted at
        one address alone, so that one message counts: at the other (`Echo.also`) it is only looked up."""
        if also is not None:
            there = SealedMailbox.of(self._vault, also)
            tag = there.tag("post", key)
            kept = await self._store.run(("GET", self._store.key(there.name, "post", tag)))
            if kept is not None:
                return there.opened_post(kept, tag)
        mailbox = SealedMailbox.of(self._vault, address)
        tag = mailbox.tag("post", key)
        place = self._store.key(mailbox.name, "post", tag)
        new: Command = ("SET", place, mailbox.posted(tag, id), "NX", "PX", self._dedupe_ttl)
        _, kept = await self._store.batch((new, ("GET", place)))
        return mailbox.opened_post(kept, tag)

    async def is_busy(self, address: Address) -> bool:
        """Does anything wait here, or is at work?"""
        name = SealedMailbox.of(self._vault, address).name
        return bool(await self._store.run(("EXISTS", self._store.key(name, "mailbox", name))))

    async def is_over(self, address: Address, fence: int) -> bool:
        """Has the job of the claim with this fence ended? Until then its final text is still to come."""
        name = SealedMailbox.of(self._vault, address).name
        first = await self._store.run(("HGET", self._store.key(name, "job", name), "first"))
        return first is None or fence < int(first)

    async def mark(
        self,
        address: Address,
        *,
        target: str,
        how: How,
        event: Event | None = None,
        key: str = "",
        person: str = "",
        home: Address | None = None,
        aside: bool = False,
    ) -> Marked:
        """Say of the message `target` that it was stopped, edited (`event` is its new state) or deleted; of
        an order that is a message, `event` is that.

        An empty target means whatever runs in this conversation; `person` restricts it to what that
        person asked. `queued`: it waited, and was replaced or removed. `running`: its job was marked and the
        holder is told. `absent`: no job knows it; what was deleted is then taken in no more. `duplicate`:
        `key`, the order's own event key, was seen; `replayed`: what it says was, under another key. `home`:
        where the order stands, if elsewhere. `aside`: it is of a private word, which bears the name of the
        exchange that it goes with: the last of those that have one name."""
        mailbox = SealedMailbox.of(self._vault, address, aside=aside)
        stands = SealedMailbox.of(self._vault, home) if home else mailbox
        new = event.message if isinstance(event, Edited) else event
        origin, number = (isinstance(new, Message) and new.origin) or ("", "")
        script = self._store.script(
            "mark",
            mailbox.name,
            mailbox.tag("message", target) if target else "",
            self._vault.tag("person", person) if person else "",
            how,
            mailbox.sealed("event", new) if how == "edited" and new else b"",
            stands.tag("event", key) if key else "",
            self._dedupe_ttl,
            mailbox.tag("origin", origin) if origin else "",
            number,
        )
        return cast(Marked, (await self._store.run(script)).decode())

    async def hasten(self, address: Address) -> None:
        """What was put off in this conversation (`release`) may be claimed now."""
        places = [SealedMailbox.of(self._vault, address, aside=aside).name for aside in (False, True)]
        wake: Command = ("PUBLISH", "relais:wake", self.replica)
        await self._store.batch([*(self._store.script("hasten", place) for place in places), wake])
        self._work.set()

    def on_mark(self, call: Callable[[str, How], None]) -> None:
        """Have `call(turn, how)` called when a running job of any replica is marked."""
        self._heard = call

    async def ref(self, address: Address, message: str) -> Ref | None:
        """The answered job that `message`, a question or an answer, belongs to; or that of a turn, by its
        key (`Ref.name`)."""
        return (await self.refs(address, message))[0]

    async def refs(self, address: Address, *messages: str) -> list[Ref | None]:
        """The same of several messages of one conversation, in one round trip; in two where one is found by
        another's name."""
        mailbox = SealedMailbox.of(self._vault, address)

        def look(tag: str) -> Command:
            return ("GET", self._store.key(mailbox.name, "ref", tag))

        sealed = await self._store.batch([look(mailbox.tag("message", each)) for each in messages])
        if named := [n for n, each in enumerate(sealed) if each and each.startswith(b">")]:
            found = await self._store.batch([look(sealed[n][1:].decode()) for n in named])
            sealed = [*sealed]
            for n, each in zip(named, found, strict=True):
                sealed[n] = each
        both = zip(messages, sealed, strict=True)
        return [mailbox.opened_ref(message, each) if each else None for message, each in both]

    async def unpost(self, address: Address, ref: Ref, post: str) -> None:
        """Forget of an answered job a message that is gone. What was said since stays what was said last."""
        left = replace(
            ref,
            posts=tuple(each for each in ref.posts if each != post),
            file="" if post == ref.file else ref.file,
        )
        mailbox = SealedMailbox.of(self._vault, address)
        place = self._store.key(mailbox.name, "ref", mailbox.tag("message", ref.name))
        await self._store.run(("SET", place, mailbox.sealed("ref", left), "XX", "KEEPTTL"))

    def unasking(self, address: Address, turn: str) -> Command:
        """What forgets what was asked about the answer of this turn, as a command to travel with others."""
        mailbox = SealedMailbox.of(self._vault, address)
        tag = mailbox.tag("message", question_about(turn))
        return ("DEL", self._store.key(mailbox.name, "ref", tag))

    async def stats(self) -> Stats:
        """What waits. Dead letters are forgotten after the retention of sessions."""
        partitions = range(self._store.partitions)
        rows = await self._store.spread([self._store.script("stats", p, self._ref_ttl) for p in partitions])
        ready, delayed, leased, dead, _ = map(sum, zip(*rows, strict=True))
        return Stats(
            ready=ready, delayed=delayed, leased=leased, dead=dead, oldest=max(row[4] for row in rows) / 1000
        )

    async def _set_aside(self, raw: Sequence[Any], error: StoreError | ValueError) -> None:
        """Leave a job that is not read: here (given back, no attempt), or by anyone (a dead letter)."""
        mailbox = SealedMailbox(self._vault, raw[0].decode())
        if isinstance(error, UnknownKey):
            await self._give_back(mailbox.name, raw, KEYS_WITHIN, error)
        elif isinstance(error, TooNew) and self._clock() - raw[6] / 1000 < NEWER_FOR:
            await self._give_back(mailbox.name, raw, NEWER_WITHIN, error)
        else:
            await self._bury(mailbox, raw[1], error)

    async def _give_back(self, c: str, raw: Sequence[Any], within: float, error: StoreError) -> None:
        """Leave a job that cannot be read here as it was, for others; say once of each kind that there are
        such."""
        _, fence, resumed, *_ = raw
        if str(error) not in self._told:
            self._told.add(str(error))
            log.warning("job_given_back", reason=tell("inbox.left", why=error))
        await self._store.run(self._store.script("giveback", c, fence, ms(within), 0, int(not resumed)))

    async def _bury(self, mailbox: SealedMailbox, fence: int, error: Exception) -> None:
        """Make a dead letter of a job that nobody can read."""
        log.error("job_unreadable", error=error)
        reason = mailbox.reason(tell("inbox.unread", why=type(error).__name__))
        words = ("any", reason, b"", b"", self._ref_ttl)
        await self._store.run(self._store.script("finish", mailbox.name, fence, *words))

    def _woken(self, replica: bytes) -> None:
        if replica.decode() != self.replica:
            self._work.set()

    def _marked(self, said: bytes) -> None:
        turn, _, how = said.decode().partition(" ")
        if self._heard is not None:
            self._heard(turn, cast(How, how))
