"""The inbox: one mailbox per conversation, handled in order, by one replica at a time.

An event is stored once (`enqueue`), at the tail of its conversation's mailbox. A conversation with entries
is in exactly one of three places: a *ready* list (one per priority), *delayed* until a time, or *leased*
until a time. `claim` takes one that is ready, gives it the next *fence* number and a lease, and freezes
the list of events of its job: how many entries at the mailbox's head it consists of. They stay there until
`done` (or `dead`) takes them off and puts the conversation at the tail of the ready list if more wait;
so conversations take turns.

A replica that dies, or is stopped for longer than its lease, holds it no more: the next claim of anybody
finds the lease expired and takes the same job, with a new fence. When the replica itself starts again
sooner, it frees at once what it held (`recover`). Everything that a holder does here names its
fence and is refused with LeaseLost when that is no longer the conversation's, or the lease is over. What a
holder did so far (`put`) comes with the next claim, as a `Record`.

The control lane (`mark`) does not queue: it changes what waits and marks what runs. The holder is told at
once (`on_mark`), by the result of each `put` and `renew`, and at the latest by `done`, which does
nothing while there is a mark that the holder has not heeded.

A crash at any point leaves a state from which the next claim goes on. Each call is one round trip.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

from core.connector import Address, Edited, Event, Message, Whisper
from core.errors import LeaseLost, StoreError, StoreUnavailable, Tampered, TooNew, UnknownKey
from core.inbox.dead_letters import Incidents
from core.inbox.last_threads import LastThreads
from core.inbox.records import (
    Claim,
    DeadLetter,
    Entry,
    How,
    Marked,
    Record,
    Ref,
    Stats,
    Stored,
    question_about,
)
from core.inbox.sealing import Packing
from core.language.operators import Phrase, tell
from core.store.valkey import Store
from core.store.wire import Command, Word
from core.telemetry import log
from core.vault import Vault

__all__ = ["Claim", "DeadLetter", "Entry", "How", "Inbox", "Marked", "Record", "Ref", "Stats", "Stored"]

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
        self._packing = Packing(vault)
        self.who = vault.person_tag
        """What stands for a person, by their id, in what is remembered of jobs."""
        self.incidents = Incidents(store)
        self.threads = LastThreads(store, vault)
        self.replica = replica
        self.lease = lease
        self._lease = _ms(lease)
        self._dedupe_ttl = _ms(dedupe_ttl)
        self._ref_ttl = _ms(ref_ttl)
        self.renew_every = lease * 0.3
        self._work = asyncio.Event()
        self._work.set()
        self._waiting = 0
        self._due = IDLE
        self._next_partition = -1
        self._heard: Callable[[str, How], None] | None = None
        self._told: set[str] = set()
        self._clock = clock
        store.subscribe("relais:wake", self._woken)
        store.subscribe("relais:marks", self._marked)

    async def enqueue(self, entries: Sequence[Entry]) -> list[Stored]:
        """Store the events, each once, in their order; durable on return.

        `full`: the conversation, or the person in it, has too many entries already: it is not stored.
        `replayed`: the same ciphertext was stored as another event: nor is it."""
        if not entries:
            return []
        words: dict[int, list[Word]] = {}
        places: dict[int, list[int]] = {}
        for i, entry in enumerate(entries):
            c = self._packing.conversation(entry.event.address, aside=entry.aside)
            partition = self._store.partition(c)
            words.setdefault(partition, []).extend(self._packing.entry(c, entry))
            places.setdefault(partition, []).append(i)
        commands = [
            self._store.script("enqueue", p, self._dedupe_ttl, MAILBOX, SHARE, *words[p]) for p in places
        ]
        if not self._waiting:  # nobody here is free to take it: perhaps elsewhere
            commands.append(("PUBLISH", "relais:wake", self.replica))
        replies = await self._store.batch(commands)
        outcomes: dict[int, Stored] = {}
        for indices, reply in zip(places.values(), replies, strict=False):
            outcomes |= {i: outcome.decode() for i, outcome in zip(indices, reply, strict=True)}
        if "stored" in outcomes.values():  # else a sibling has it, and works
            self._work.set()
        return [outcomes[i] for i in range(len(entries))]

    async def stored(self, address: Address, keys: Sequence[str]) -> frozenset[str]:
        """Those of the events with these `keys` in this conversation that are stored, by whichever replica,
        for as long as they are remembered: what one has read, another need not."""
        c = self._packing.conversation(address)
        places = [self._store.place("seen", self._packing.tag("event", c, key), of=c) for key in keys]
        found = await self._store.batch([("EXISTS", place) for place in places])
        return frozenset(key for key, there in zip(keys, found, strict=True) if there)

    def turn(self, entry: Entry) -> str:
        """The key of the job that the entry begins."""
        c = self._packing.conversation(entry.event.address, aside=entry.aside)
        return self._packing.tag("turn", c, entry.event.key)

    async def later(self, event: Event, due: float) -> bool:
        """Store an event that is to come at `due` (seconds since 1970), once, whoever is up then; durable on
        return. False: it is stored already."""
        c = self._packing.conversation(event.address)
        words = self._packing.entry(c, Entry(event=event))
        partition = self._store.partition(c)
        script = self._store.script("later", partition, _ms(due), self._dedupe_ttl, MAILBOX, SHARE, *words)
        return bool(await self._store.run(script))

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
                "claim", partition, left, self._lease, TOGETHER, self.replica, min(left, patient), IN_FLIGHT
            )
            try:
                due, raw = await self._store.run(script)
            except StoreUnavailable:
                if not claims:
                    raise
                self._work.set()  # a node of the Cluster is away: what others gave is ours nevertheless
                break
            patient -= sum(each[5] for each in raw)
            if due >= 0:
                self._due = min(self._due, due / 1000)
            if len(raw) >= limit - len(claims):  # perhaps more is ready than was asked for
                self._work.set()
            claims += [claim for each in raw if (claim := await self._opened(each)) is not None]
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

    async def put(
        self,
        claim: Claim,
        *,
        posted: Mapping[int, str] | None = None,
        final: str | None = None,
        notes: Mapping[str, bytes] | None = None,
        steps: str | None = None,
    ) -> How | None:
        """Make effects of the job durable, and renew its lease. Returns the job's mark. Raises LeaseLost.

        `steps` names the risky steps that the job is at from now on, apart by spaces."""
        fields: list[Word] = [] if steps is None else ["steps", steps]
        fields += self._packing.effects(
            claim.conversation, claim.turn, Record(posted=posted or {}, final=final, notes=notes or {})
        )
        return _mark(await self._fenced("put", claim, self._lease, *fields))

    async def purge(self, claim: Claim, *, final: str, first: Sequence[Command] = ()) -> How | None:
        """Make a final text durable and forget, in the same script, all that the job's messages said: what
        may not be kept. Their text, quotation and files are gone from the store when this returns; only the
        server's log may hold them, sealed, until it is written anew, within an hour.

        Returns the job's mark. Raises LeaseLost."""
        c = claim.conversation
        emptied = [self._packing.event(c, _emptied(each)) for each in claim.events]
        _, sealed = self._packing.effects(c, claim.turn, Record(final=final))
        mark = _mark(await self._fenced("purge", claim, self._lease, sealed, *emptied, first=first))
        await self._store.rewrite_later()
        return mark

    async def place(self, claim: Claim, n: int, *, key: str, id: str) -> str:
        """Make durable that part `n` of the answer is the message `id`, posted with `key`. Returns the one
        that counts: a paused replica may have posted another with this key. Raises LeaseLost."""
        tag = self._packing.tag("post", claim.conversation, key)
        posted = self._packing.posted(tag, id)
        kept = await self._fenced("place", claim, self._lease, n, tag, posted, self._dedupe_ttl)
        return id if kept == posted else self._packing.opened_post(kept, tag)

    async def echoed(self, address: Address, *, key: str, id: str, also: Address | None = None) -> str:
        """The message that counts among those with this `key`; `id` is seen on the platform. It is noted at
        one address alone, so that one message counts: at the other (`Echo.also`) it is only looked up."""
        if also is not None:
            place, tag = self._post(self._packing.conversation(also), key)
            if (kept := await self._store.run(("GET", place))) is not None:
                return self._packing.opened_post(kept, tag)
        place, tag = self._post(self._packing.conversation(address), key)
        new: Command = ("SET", place, self._packing.posted(tag, id), "NX", "PX", self._dedupe_ttl)
        _, kept = await self._store.batch((new, ("GET", place)))
        return self._packing.opened_post(kept, tag)

    async def is_seen(self, claim: Claim, keys: Iterable[str]) -> bool:
        """Was a message of the job with one of these `keys` recorded, or seen on the platform?"""
        places = [self._post(claim.conversation, key)[0] for key in keys]
        return bool(await self._store.run(("EXISTS", *places)))

    def _post(self, c: str, key: str) -> tuple[str, str]:
        """Where the message of the conversation `c` that counts for this key is named, and its tag."""
        tag = self._packing.tag("post", c, key)
        return self._store.place("post", tag, of=c), tag

    async def is_over(self, address: Address, fence: int) -> bool:
        """Has the job of the claim with this fence ended? Until then its final text is still to come."""
        c = self._packing.conversation(address)
        first = await self._store.run(("HGET", self._store.place("job", c), "first"))
        return first is None or fence < int(first)

    async def renew(self, claim: Claim) -> How | None:
        """Hold the job for another lease. Returns the job's mark. Raises LeaseLost."""
        return await self.put(claim)

    async def done(
        self,
        claim: Claim,
        *,
        ref: Ref | None = None,
        heeded: How | None = None,
        first: Sequence[Command] = (),
        letter: tuple[bytes, bytes] = (b"", b""),
    ) -> How | None:
        """End the job, remember where its answer is, and let the conversation's next one come.

        `first` are commands that travel with it and are executed before (`Sessions.appending`). `letter`: why
        it becomes a dead letter, and what that adopts when it is sent again, both sealed. Returns None; or
        the job's mark, `edited` or `deleted`, when that is not the `heeded` one: then the job has not ended.
        Raises LeaseLost."""
        c = claim.conversation
        # The turn's name is no message of anybody else: a post that was reacted to is another job's question.
        names = dict.fromkeys((ref.name, *ref.posts, *ref.questions)) if ref else ()
        tags = (self._packing.tag("message", c, name) for name in names)
        words = (heeded or "", *letter, self._packing.ref(c, ref) if ref else b"", self._ref_ttl, *tags)
        more = await self._fenced("finish", claim, *words, first=first)
        if isinstance(more, bytes):
            return _mark(more)
        if more:
            self._work.set()
        return None

    async def dead(
        self, claim: Claim, reason: str, *, posted: Mapping[int, str] | None = None, ref: Ref | None = None
    ) -> How | None:
        """Give the job up: its events become a dead letter, sealed. Sent again, it adopts what was `posted`.
        `ref`: where what was said of it is. Returns None; or the job's mark, `edited` or `deleted`: then it
        has not ended. Raises LeaseLost."""
        adopted = Record(posted=posted or claim.record.posted)
        seed = self._packing.seed(claim.turn, adopted) if adopted.posted else b""
        why = self._packing.reason(claim.conversation, reason)
        return await self.done(claim, ref=ref, letter=(why, seed))

    async def release(self, claim: Claim, *, delay: float = 0.0, clean: bool) -> None:
        """Give the job back without using up an attempt; it may be claimed after `delay` seconds.

        `clean`: this claim had no visible effect. Raises LeaseLost."""
        untouched = clean and not claim.resumed
        wake: list[Command] = [] if delay else [("PUBLISH", "relais:wake", self.replica)]
        await self._fenced("giveback", claim, _ms(delay), 0, int(untouched), then=wake)
        self._work.set()

    async def retry(self, claim: Claim, delay: float) -> None:
        """Have the job claimed again after `delay` seconds; this was an attempt. Raises LeaseLost."""
        await self._fenced("giveback", claim, _ms(delay), 1, 0)
        self._work.set()

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
        c = self._packing.conversation(address, aside=aside)
        new = event.message if isinstance(event, Edited) else event
        script = self._store.script_of(
            c,
            "mark",
            self._packing.tag("message", c, target) if target else "",
            self._vault.person_tag(person) if person else "",
            how,
            self._packing.event(c, new) if how == "edited" and new else b"",
            self._packing.tag("event", self._packing.conversation(home) if home else c, key) if key else "",
            self._dedupe_ttl,
            *self._packing.origin(c, event),
        )
        return cast(Marked, (await self._store.run(script)).decode())

    async def hasten(self, address: Address) -> None:
        """What was put off in this conversation (`release`) may be claimed now."""
        places = [self._packing.conversation(address, aside=aside) for aside in (False, True)]
        wake: Command = ("PUBLISH", "relais:wake", self.replica)
        await self._store.batch([*(self._store.script_of(c, "hasten") for c in places), wake])
        self._work.set()

    def on_mark(self, call: Callable[[str, How], None]) -> None:
        """Have `call(turn, how)` called when a running job of any replica is marked."""
        self._heard = call

    async def ref(self, address: Address, message: str) -> Ref | None:
        """The answered job that `message`, a question or an answer, belongs to; or that of a turn, by its
        key (`Ref.name`)."""
        c = self._packing.conversation(address)
        tag = self._packing.tag("message", c, message)
        sealed = await self._store.run(("GET", self._store.place("ref", tag, of=c)))
        if sealed and sealed.startswith(b">"):
            sealed = await self._store.run(("GET", self._store.place("ref", sealed[1:].decode(), of=c)))
        return self._packing.opened_ref(c, message, sealed) if sealed else None

    async def unpost(self, address: Address, ref: Ref, post: str) -> None:
        """Forget of an answered job a message that is gone. What was said since stays what was said last."""
        left = replace(
            ref,
            posts=tuple(each for each in ref.posts if each != post),
            file="" if post == ref.file else ref.file,
        )
        c = self._packing.conversation(address)
        place = self._store.place("ref", self._packing.tag("message", c, ref.name), of=c)
        await self._store.run(("SET", place, self._packing.ref(c, left), "XX", "KEEPTTL"))

    def unasking(self, address: Address, turn: str) -> Command:
        """What forgets what was asked about the answer of this turn, as a command to travel with others."""
        c = self._packing.conversation(address)
        tag = self._packing.tag("message", c, question_about(turn))
        return ("DEL", self._store.place("ref", tag, of=c))

    async def stats(self) -> Stats:
        """What waits. Dead letters are forgotten after the retention of sessions."""
        partitions = range(self._store.partitions)
        rows = await self._store.spread([self._store.script("stats", p, self._ref_ttl) for p in partitions])
        ready, delayed, leased, dead, _ = map(sum, zip(*rows, strict=True))
        return Stats(
            ready=ready, delayed=delayed, leased=leased, dead=dead, oldest=max(row[4] for row in rows) / 1000
        )

    async def _fenced(
        self,
        name: str,
        claim: Claim,
        *args: Word,
        first: Sequence[Command] = (),
        then: Sequence[Command] = (),
    ) -> Any:
        script = self._store.script_of(claim.conversation, name, claim.fence, *args)
        reply = (await self._store.batch((*first, script, *then)))[len(first)]
        if reply == -1:
            raise LeaseLost(Phrase("lease.over", turn=claim.turn))
        return reply

    async def _opened(self, raw: Sequence[Any]) -> Claim | None:
        """None when it cannot be read: here (given back, no attempt) or by anyone (a dead letter)."""
        c, fence = raw[0].decode(), raw[1]
        try:
            return self._packing.claim(raw)
        except UnknownKey as error:
            await self._give_back(raw, KEYS_WITHIN, error)
        except TooNew as error:
            if self._clock() - raw[6] / 1000 < NEWER_FOR:
                await self._give_back(raw, NEWER_WITHIN, error)
            else:
                await self._bury(c, fence, error)
        except (Tampered, ValueError) as error:
            await self._bury(c, fence, error)
        return None

    async def _give_back(self, raw: Sequence[Any], within: float, error: StoreError) -> None:
        """Leave a job that cannot be read here as it was, for others; say once of each kind that there are
        such."""
        c, fence, resumed = raw[0].decode(), raw[1], raw[2]
        if str(error) not in self._told:
            self._told.add(str(error))
            log.warning("job_given_back", reason=tell("inbox.left", why=error))
        await self._store.run(self._store.script_of(c, "giveback", fence, _ms(within), 0, int(not resumed)))

    async def _bury(self, c: str, fence: int, error: Exception) -> None:
        """Make a dead letter of a job that nobody can read."""
        log.error("job_unreadable", error=error)
        reason = self._packing.reason(c, tell("inbox.unread", why=type(error).__name__))
        await self._store.run(
            self._store.script_of(c, "finish", fence, "any", reason, b"", b"", self._ref_ttl)
        )

    def _woken(self, replica: bytes) -> None:
        if replica.decode() != self.replica:
            self._work.set()

    def _marked(self, said: bytes) -> None:
        turn, _, how = said.decode().partition(" ")
        if self._heard is not None:
            self._heard(turn, cast(How, how))


def _emptied(event: Event) -> Event:
    match event:
        case Message():
            return replace(event, text="", quoted="", quoted_files=(), attachments=(), pictures=(), marks=())
        case Whisper():
            return replace(event, text="")
        case _:
            return event


def _mark(reply: bytes) -> How | None:
    return cast(How, reply.decode()) if reply else None


def _ms(seconds: float) -> int:
    return round(seconds * 1000)
