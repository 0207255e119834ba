"""The inbox against a model of it.

Whatever replicas do and whenever they die, order holds, nothing is lost and nothing is done twice."""

from __future__ import annotations

import asyncio
import tempfile
from collections import Counter
from collections.abc import Coroutine
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

import core.inbox.inbox as core_inbox
from core.connector import Person
from core.errors import LeaseLost
from core.inbox.dead_letters import DeadLetters
from core.inbox.inbox import Claim, Entry, Inbox
from core.inbox.records import SealedMailbox
from core.store.valkey import Store, open_store
from core.vault import Keys, Vault
from tests.core.stored import ALICE, BOB, HERE, SECRET, ids, pass_time, question

T = TypeVar("T")
CONVERSATIONS = [replace(HERE, conversation=f"!{i}") for i in range(4)]
MAIL = 3
"""The last conversation is a mail's: of low priority."""
PEOPLE = [ALICE, BOB]
MAILBOX, SHARE, TOGETHER, IN_FLIGHT = 7, 5, 3, 1
"""Caps so low that they are met all the time."""
HOUR = 3600.0
"""Of leases and delays: they end when the model says so, and not because a machine is slow."""
conversations = st.integers(0, len(CONVERSATIONS) - 1)
replicas = st.integers(0, 1)


class Server:
    """One embedded store for all examples, on an event loop of its own."""

    def __init__(self, partitions: int) -> None:
        self._runner = asyncio.Runner()
        self._stop = asyncio.Event()
        self._opened: asyncio.Future[Store] = self._runner.get_loop().create_future()
        self._task = self._runner.get_loop().create_task(self._hold(partitions))
        self.store = self.run(self._wait())

    async def _hold(self, partitions: int) -> None:
        with tempfile.TemporaryDirectory() as folder:
            async with open_store(data_dir=Path(folder), partitions=partitions) as store:
                self._opened.set_result(store)
                await self._stop.wait()

    async def _wait(self) -> Store:
        return await self._opened

    def run(self, call: Coroutine[Any, Any, T]) -> T:
        return self._runner.run(call)

    def close(self) -> None:
        self._stop.set()
        self.run(self._join())
        self._runner.close()

    async def _join(self) -> None:
        await self._task


@dataclass
class Mailbox:
    """What the model knows of a conversation."""

    waiting: list[str] = field(default_factory=list)
    """Ids of the events that are stored and not done, oldest first."""
    low: bool = False
    frozen: int = 0
    """How many of them belong to the job that was claimed."""
    holder: Claim | None = None
    """The claim whose lease lives."""
    posted: dict[int, str] = field(default_factory=dict)
    attempts: int = 0
    deaths: int = 0
    died: bool = False
    """Its holder's lease ran out."""
    delayed: bool = False


class InboxMachine(RuleBasedStateMachine):
    server: Server
    claims = Bundle("claims")

    def __init__(self) -> None:
        super().__init__()
        self.run = self.server.run
        self.store = self.server.store
        self.model = [Mailbox(low=i == MAIL) for i in range(len(CONVERSATIONS))]
        self.authors: dict[str, Person] = {}
        self.finished: list[str] = []
        self.groups: dict[str, str] = {}
        self.serial = 0
        self.run(self._begin())

    async def _begin(self) -> None:
        await self.store.run(("FLUSHALL",))
        self.vault = vault = Vault(Keys([SECRET]), index=bytes(32))
        self.inboxes = [Inbox(self.store, vault, replica=str(i), lease=HOUR) for i in range(2)]
        self.tags = [SealedMailbox.of(self.inboxes[0]._vault, address).name for address in CONVERSATIONS]
        self.letters = DeadLetters(self.store, vault)

    def of(self, claim: Claim) -> Mailbox:
        return self.model[self.tags.index(claim.mailbox.name)]

    def fenced(self, claim: Claim, call: Coroutine[Any, Any, T]) -> T | None:
        """What the call returns; LeaseLost exactly when the model says that the lease is lost."""
        if self.of(claim).holder is claim:
            return self.run(call)
        with pytest.raises(LeaseLost):
            self.run(call)
        return None

    @rule(
        replica=replicas,
        where=conversations,
        group=st.sampled_from(["", "", "g", "h"]),
        many=st.integers(1, 4),
        sender=st.sampled_from(PEOPLE),
    )
    def enqueue(self, replica: int, where: int, group: str, many: int, sender: Person) -> None:
        entries: list[Entry] = []
        expected: list[str] = []
        box = self.model[where]
        for _ in range(many):
            self.serial += 1
            event = question(f"{self.serial:03}", address=CONVERSATIONS[where], sender=sender)
            entries.append(
                Entry(event=event, group=group and group + sender.id, priority=1 if box.low else 0)
            )
            theirs = sum(self.authors[id] == sender for id in box.waiting)
            if len(box.waiting) >= MAILBOX or theirs >= SHARE:
                expected.append("full")
                continue
            expected.append("stored")
            box.waiting.append(event.key)
            self.groups[event.key] = group and group + sender.id
            self.authors[event.key] = sender
        assert self.run(self.inboxes[replica].enqueue(entries)) == expected

    @rule(replica=replicas, data=st.data())
    def deliver_again(self, replica: int, data: st.DataObject) -> None:
        if self.serial:
            name = f"{data.draw(st.integers(1, self.serial)):03}"
            for address in CONVERSATIONS:  # the key is known in its own conversation
                known = any(f"${name}" in box.waiting for box in self.model) or f"${name}" in self.finished
                box = self.model[CONVERSATIONS.index(address)]
                if known and f"${name}" in box.waiting:
                    entry = Entry(event=question(name, address=address))
                    assert self.run(self.inboxes[replica].enqueue([entry])) == ["duplicate"]

    @rule(
        target=claims, replica=replicas, limit=st.integers(1, 4), patient=st.sampled_from([None, None, 0, 1])
    )
    def claim(self, replica: int, limit: int, patient: int | None):
        got = self.run(self.inboxes[replica].claim(limit, patient=patient))
        low = sum(self.of(claim).low for claim in got)
        assert low == sum(claim.priority for claim in got)
        if patient is None:
            assert len(got) == min(limit, self._claimable())
        else:
            assert low <= patient
            assert len(got) <= min(limit, self._claimable())
        for claim in got:
            self._check_claimed(claim)
        return multiple(*got)

    def _claimable(self) -> int:
        """How many conversations may be claimed: in each partition, as many of a person as they may have."""
        ready, running = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
        for box, tag in zip(self.model, self.tags, strict=True):
            if box.waiting:
                of = (self.store.key(tag), self.authors[box.waiting[0]].id)
                running[of] += box.holder is not None
                ready[of] += box.holder is None and not box.delayed
        return sum(min(count, IN_FLIGHT - running[of]) for of, count in ready.items())

    def _check_claimed(self, claim: Claim) -> None:
        box = self.of(claim)
        assert box.holder is None, "two replicas hold one conversation"
        if not box.frozen:
            box.frozen, box.posted, box.attempts, box.deaths = self._together(box), {}, 0, 0
        box.attempts += not box.died
        box.deaths = int(box.deaths or box.died)  # once it died, it is queued until it names a step
        assert ids(claim) == box.waiting[: box.frozen]
        assert (claim.attempt, claim.deaths) == (box.attempts, box.deaths)
        assert (claim.posted, claim.final, claim.notes) == (box.posted, None, {})
        assert claim.resumed or not box.posted
        box.holder, box.died = claim, False

    def _together(self, box: Mailbox) -> int:
        group = self.groups[box.waiting[0]]
        n = 1
        while group and n < min(TOGETHER, len(box.waiting)) and self.groups[box.waiting[n]] == group:
            n += 1
        return n

    @rule(claim=claims, n=st.integers(0, 2))
    def put(self, claim: Claim, n: int) -> None:
        self.fenced(claim, claim.put(posted={n: f"${claim.fence}"}))
        if self.of(claim).holder is claim:
            self.of(claim).posted[n] = f"${claim.fence}"

    @rule(claim=claims)
    def done(self, claim: Claim) -> None:
        self.fenced(claim, claim.done(heeded="deleted"))
        self._ended(claim)

    def _ended(self, claim: Claim) -> None:
        box = self.of(claim)
        if box.holder is claim:
            self.finished += box.waiting[: box.frozen]
            box.waiting = box.waiting[box.frozen :]
            box.frozen, box.holder = 0, None

    @rule(claim=claims)
    def dead(self, claim: Claim) -> None:
        self.fenced(claim, claim.dead("raison"))
        self._ended(claim)

    @rule(
        claim=claims,
        delay=st.sampled_from([0.0, HOUR]),
        how=st.sampled_from(["clean", "dirty", "retry"]),
    )
    def give_back(self, claim: Claim, delay: float, how: str) -> None:
        box = self.of(claim)
        delay = HOUR if how == "retry" else delay
        if how == "retry":
            self.fenced(claim, claim.release(delay=delay, attempt=True))
        else:
            self.fenced(claim, claim.release(delay=delay, clean=how == "clean" and not box.posted))
        if box.holder is claim:
            box.holder, box.delayed = None, delay > 0
            box.attempts -= how != "retry"

    @rule()
    def time_passes(self) -> None:
        """Every lease and delay is over: as if all replicas had died or stood still."""
        self.run(pass_time(self.store))
        for box in self.model:
            box.died |= box.holder is not None
            box.holder, box.delayed = None, False

    @rule(replica=replicas, where=conversations, data=st.data())
    def delete_waiting(self, replica: int, where: int, data: st.DataObject) -> None:
        box = self.model[where]
        queued = box.waiting[box.frozen :]
        if queued:
            gone = data.draw(st.sampled_from(queued))
            mark = self.inboxes[replica].mark(CONVERSATIONS[where], target=gone, how="deleted")
            assert self.run(mark) == "queued"
            box.waiting.remove(gone)
            box.delayed = box.delayed and bool(box.waiting)

    @invariant()
    def each_conversation_is_in_one_place(self) -> None:
        for box, tag in zip(self.model, self.tags, strict=True):
            assert self.run(self._places(tag)) == (1 if box.waiting else 0)

    async def _places(self, tag: str) -> int:
        lists = [await self.store.run(("LRANGE", self.store.key(tag, "ready", n), 0, -1)) for n in "01"]
        for person in PEOPLE:
            place = self.store.key(tag, "parked", self.vault.tag("person", person.id))
            lists.append(await self.store.run(("LRANGE", place, 0, -1)))
        scores = [
            await self.store.run(("ZSCORE", self.store.key(tag, t), tag)) for t in ("delayed", "leases")
        ]
        return sum(each.count(tag.encode()) for each in lists) + sum(score is not None for score in scores)

    @invariant()
    def running_jobs_are_counted(self) -> None:
        """Of each person, as many as there are leases, those that ran out unseen included."""
        self.run(self._counted())

    async def _counted(self) -> None:
        for p in range(self.store.partitions):
            leased: Counter[bytes] = Counter()
            for tag in await self.store.run(("ZRANGE", self.store.key(p, "leases"), 0, -1)):
                leased[await self.store.run(("HGET", self.store.key(p, "job", tag.decode()), "who"))] += 1
            busy = await self.store.run(("HGETALL", self.store.key(p, "busy")))
            assert {who: int(count) for who, count in busy.items()} == leased

    def teardown(self) -> None:
        """Whatever happened before, one replica that lives finishes all that waits, once and in order."""
        self.time_passes()
        while claims := self.run(self.inboxes[0].claim(4)):
            for claim in claims:
                self._check_claimed(claim)
                self.done(claim)
        assert not any(box.waiting for box in self.model)
        assert len(self.finished) == len(set(self.finished))
        super().teardown()


@pytest.mark.parametrize("partitions", [1, 2])
def test_model(partitions: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two replicas that store, claim, work, give back, die and wake late agree with the model."""
    for name in ("MAILBOX", "SHARE", "TOGETHER", "IN_FLIGHT"):
        monkeypatch.setattr(core_inbox, name, globals()[name])
    server = Server(partitions)
    try:
        machine = type("Machine", (InboxMachine,), {"server": server})
        run_state_machine_as_test(
            machine,
            settings=settings(
                max_examples=20,
                stateful_step_count=40,
                deadline=None,
                derandomize=True,
                suppress_health_check=list(HealthCheck),
            ),
        )
    finally:
        server.close()
