"""The inbox: stored once, in order, held by one replica at a time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from core.connector import Deleted, Edited, Person, Whisper
from core.errors import LeaseLost, StoreError
from core.inbox import records
from core.inbox.dead_letters import DeadLetters
from core.inbox.inbox import NEWER_FOR, Entry, How, Inbox, Ref
from core.sensitivity.level import Level
from core.sessions.erasure import erase
from core.store.keyring import unlock
from core.store.valkey import Store, open_store
from core.telemetry import metrics
from core.vault import NEWEST, Keys, Vault, generate
from tests.core.stored import ALICE, BOB, ELSEWHERE, HERE, SECRET, ids, pass_time, question, shorten_leases

Replica = Callable[..., Inbox]


@pytest.fixture(params=[1, 3], ids=["one-partition", "three-partitions"])
def partitions(request: pytest.FixtureRequest) -> int:
    return request.param


async def stored(inbox: Inbox, *names: str, group: str = "") -> None:
    outcomes = await inbox.enqueue([Entry(event=question(name), group=group) for name in names])
    assert outcomes == ["stored"] * len(names)


async def claimed(inbox: Inbox):
    (claim,) = await inbox.claim(1)
    return claim


async def test_round_trip(inbox: Inbox) -> None:
    """What is claimed is the event that was stored, whole."""
    event = question("a", text="Où ? « Ici » 🙂\n")
    await inbox.enqueue([Entry(event=event)])
    assert (await claimed(inbox)).events == (event,)


async def test_once(replica: Replica) -> None:
    """A second delivery is a duplicate, to any replica, while the event waits and after it is done."""
    one, two = replica("un"), replica("deux")
    await stored(one, "a")
    assert await two.enqueue([Entry(event=question("a"))]) == ["duplicate"]
    await (await claimed(two)).done()
    assert await one.enqueue([Entry(event=question("a")), Entry(event=question("b"))]) == [
        "duplicate",
        "stored",
    ]


async def test_what_is_stored_is_known(inbox: Inbox, store: Store, vault: Vault) -> None:
    """Any replica can ask which events are stored, in their conversation."""
    await stored(inbox, "a")
    other = Inbox(store, vault, replica="deux")
    assert await other.stored(HERE, ["$a", "$b"]) == {"$a"}
    assert await other.stored(ELSEWHERE, ["$a"]) == frozenset()


async def test_outcomes_keep_order(inbox: Inbox) -> None:
    """Outcomes are in the order of the entries, across conversations and many of them."""
    await stored(inbox, "5", "105")
    entries = [
        Entry(event=question(str(i), address=HERE if i % 2 else replace(ELSEWHERE, conversation=f"!{i}")))
        for i in range(250)
    ]
    expected = ["duplicate" if i in (5, 105) else "stored" for i in range(250)]
    assert await inbox.enqueue(entries) == expected


async def test_nothing_to_store(inbox: Inbox) -> None:
    """An empty batch is no error."""
    assert await inbox.enqueue([]) == []


async def test_in_order(inbox: Inbox) -> None:
    """Events of one conversation come one after the other, in order."""
    await stored(inbox, "a", "b", "c")
    seen: list[str] = []
    while claims := await inbox.claim(5):
        assert len(claims) == 1
        seen += ids(claims[0])
        await claims[0].done()
    assert seen == ["$a", "$b", "$c"]


async def test_conversations_take_turns(inbox: Inbox) -> None:
    """A conversation with much to do goes to the tail after each job."""
    await stored(inbox, "a", "b", "c")
    await inbox.enqueue([Entry(event=question("z", address=ELSEWHERE))])
    order: list[str] = []
    while claims := await inbox.claim(1):
        order += ids(claims[0])
        await claims[0].done()
    assert order.index("$z") <= 1


async def test_conversations_do_not_wait(replica: Replica) -> None:
    """While one conversation is held, another one can be claimed."""
    one, two = replica("un"), replica("deux")
    await stored(one, "a", "b")
    await claimed(one)
    await one.enqueue([Entry(event=question("z", address=ELSEWHERE))])
    assert ids(await claimed(two)) == ["$z"]
    assert await two.claim(5) == []


async def test_limit(inbox: Inbox) -> None:
    """No more conversations are claimed than asked for."""
    await inbox.enqueue(
        [
            Entry(
                event=question(str(i), address=replace(HERE, conversation=f"!{i}"), sender=Person(id=f"@{i}"))
            )
            for i in range(9)
        ]
    )
    assert [len(await inbox.claim(4)) for _ in range(4)] == [4, 4, 1, 0]


async def test_group(inbox: Inbox) -> None:
    """Messages of one group that wait together are one job; the next group is the next one."""
    await stored(inbox, "a", "b", group="alice")
    await stored(inbox, "c", group="bob")
    await stored(inbox, "d")
    jobs: list[list[str]] = []
    while claims := await inbox.claim(1):
        jobs.append(ids(claims[0]))
        await claims[0].done()
    assert jobs == [["$a", "$b"], ["$c"], ["$d"]]


async def test_frozen(inbox: Inbox, store: Store) -> None:
    """A claim freezes its list of events: what comes later is another job, also after a take-over."""
    await stored(inbox, "a", "b", group="g")
    first = await claimed(inbox)
    await stored(inbox, "c", group="g")
    await pass_time(store)
    again = await claimed(inbox)
    assert (again.turn, ids(again), again.fence > first.fence) == (first.turn, ["$a", "$b"], True)
    await again.done()
    assert ids(await claimed(inbox)) == ["$c"]


async def test_take_over(replica: Replica, store: Store) -> None:
    """A dead replica's job goes to another one, with what was done so far."""
    one, two = replica("un"), replica("deux")
    await stored(one, "a")
    claim = await claimed(one)
    await claim.put(posted={0: "$réponse"}, notes={"état": b"\x00\xff"})
    await claim.put(final="La réponse".encode())
    await pass_time(store)
    resumed = await claimed(two)
    assert resumed.resumed
    assert (resumed.attempt, resumed.deaths) == (1, 1)
    effects = (resumed.posted, resumed.final, resumed.notes)
    assert effects == ({0: "$réponse"}, "La réponse".encode(), {"état": b"\x00\xff"})


async def test_a_replica_that_starts_again(replica: Replica) -> None:
    """It frees at once what its dead self held, and nobody else's; the job knows what was done."""
    one, two = replica("un"), replica("deux")
    await stored(one, "a")
    first = await claimed(one)
    await first.put(posted={0: "$réponse"})
    await one.enqueue([Entry(event=question("b", address=ELSEWHERE))])
    other = await claimed(two)
    again = replica("un")
    assert await again.recover() == 1
    resumed = await claimed(again)
    assert (resumed.turn, resumed.resumed, resumed.posted) == (first.turn, True, {0: "$réponse"})
    with pytest.raises(LeaseLost):
        await first.put()
    await other.done()
    assert await replica("trois").recover() == 0


async def test_one_message_counts(replica: Replica, store: Store) -> None:
    """Of the messages with one key the first that the holder places, or that is seen, counts for all."""
    one, two = replica("un"), replica("deux")
    await stored(one, "a")
    paused = await claimed(one)
    await pass_time(store)
    claim = await claimed(two)
    assert await claim.place(0, key="clé", id="$deuxième") == "$deuxième"
    with pytest.raises(LeaseLost):
        await paused.place(0, key="clé", id="$première")
    assert await one.echoed(HERE, key="clé", id="$première") == "$deuxième"
    assert await two.echoed(HERE, key="suite", id="$vue") == "$vue"
    assert await claim.place(1, key="suite", id="$après") == "$vue"
    await pass_time(store)
    assert (await claimed(one)).posted == {0: "$deuxième", 1: "$vue"}


async def test_is_over(replica: Replica, store: Store) -> None:
    """A job is over when it is done, not when it is claimed again; the next one has greater fences."""
    one, two = replica("un"), replica("deux")
    await stored(one, "a", "b")
    first = await claimed(one)
    await pass_time(store)
    again = await claimed(two)
    assert not await one.is_over(HERE, first.fence)
    assert not await one.is_over(HERE, again.fence)
    await again.done()
    assert await one.is_over(HERE, again.fence)
    following = await claimed(two)
    assert await one.is_over(HERE, first.fence)
    assert not await one.is_over(HERE, following.fence)


async def test_lease_lost(replica: Replica, store: Store) -> None:
    """A holder whose lease is over is refused everything, before and after somebody else claims."""
    one, two = replica("un"), replica("deux")
    await stored(one, "a")
    late = await claimed(one)
    await pass_time(store)

    async def all_refused() -> None:
        for call in (
            lambda: late.put(final=b"trop tard"),
            lambda: late.put(),
            lambda: late.place(0, key="clé", id="$tard"),
            lambda: late.purge(final=b"trop tard"),
            lambda: late.done(),
            lambda: late.release(clean=True),
            lambda: late.release(delay=1.0, attempt=True),
            lambda: late.dead("raison"),
        ):
            with pytest.raises(LeaseLost):
                await call()

    await all_refused()
    claim = await claimed(two)
    await all_refused()
    assert (claim.posted, claim.final, claim.notes) == ({}, None, {})
    await claim.done()
    await all_refused()


async def test_renewed_lease_lives(replica: Replica, store: Store) -> None:
    """A lease that is renewed while it lasts is not taken over, one that is not is."""
    one, two = replica("un", lease=3600.0), replica("deux")
    await stored(one, "a")
    claim = await claimed(one)
    for _ in range(5):
        await shorten_leases(store, 1800.0)
        await claim.put()
    await shorten_leases(store, 1800.0)
    assert await two.claim(1) == []
    await shorten_leases(store, 1800.0)
    assert (await claimed(two)).turn == claim.turn


async def test_a_lease_ends_by_the_clock(replica: Replica) -> None:
    """Nobody need say that its holder is gone: the others look for themselves."""
    one, two = replica("un", lease=0.1), replica("deux")
    await stored(one, "a")
    claim = await claimed(one)
    async with asyncio.timeout(60):
        while not (taken := await two.claim(1)):
            await two.wait(1.0)
    assert taken[0].turn == claim.turn


async def test_clean_release(inbox: Inbox) -> None:
    """Given back without a visible effect: no attempt is used, the next claim need not look for effects."""
    await stored(inbox, "a")
    await (await claimed(inbox)).release(clean=True)
    again = await claimed(inbox)
    assert (again.attempt, again.resumed) == (1, False)
    await again.release(clean=False)
    third = await claimed(inbox)
    assert (third.attempt, third.resumed) == (1, True)
    await third.release(clean=True)
    assert (await claimed(inbox)).resumed


@pytest.mark.parametrize("how", ["stopped", "deleted"])
async def test_what_is_marked_while_it_is_put_off_is_claimed_at_once(inbox: Inbox, how: How) -> None:
    """As if it had been put off already; whoever then puts it off has heard of the mark."""
    await stored(inbox, "a")
    claim = await claimed(inbox)
    await inbox.mark(HERE, target="$a", how=how)
    await claim.release(delay=3_600)
    again = await claimed(inbox)
    assert again.mark == how
    await again.release(delay=3_600)
    assert await inbox.claim(1) == []


async def test_what_has_its_final_text_may_have_been_posted(inbox: Inbox) -> None:
    """The next claim looks for effects, though the one that gives the job back knows of none."""
    await stored(inbox, "a")
    claim = await claimed(inbox)
    await claim.put(final=b"Voici")
    await claim.release(clean=True)
    assert (await claimed(inbox)).resumed


async def test_retry(inbox: Inbox, store: Store) -> None:
    """A retry uses an attempt and comes after its delay; the rest of the conversation waits behind it."""
    await stored(inbox, "a", "b")
    await (await claimed(inbox)).release(delay=60.0, attempt=True)
    assert await inbox.claim(1) == []
    assert (await inbox.stats()).delayed == 1
    await pass_time(store, leases=False)
    again = await claimed(inbox)
    assert (ids(again), again.attempt) == (["$a"], 2)


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A replica with nothing to do looks once a minute: what ends its wait before is what happened."""
    monkeypatch.setattr("core.inbox.inbox.IDLE", 60.0)


async def test_wakes_when_due(inbox: Inbox, patient: None) -> None:
    """A wait ends when a delay does."""
    await stored(inbox, "a")
    await (await claimed(inbox)).release(delay=0.5, clean=True)
    assert await inbox.claim(1) == []
    async with asyncio.timeout(30):
        await inbox.wait(60.0)
    assert len(await inbox.claim(1)) == 1


async def test_wakes_on_enqueue(inbox: Inbox, patient: None) -> None:
    """A wait ends at once when something is stored here."""
    await inbox.claim(1)
    async with asyncio.timeout(30), asyncio.TaskGroup() as group:
        group.create_task(inbox.wait(60.0))
        await asyncio.sleep(0)
        await stored(inbox, "a")


@pytest.mark.parametrize("embedded", [True])
async def test_wakes_others(tmp_path: Path, store: Store, vault: Vault, patient: None) -> None:
    """A replica that is busy wakes one that is free."""
    socket = tmp_path / "store" / "socket"
    async with open_store(url=f"unix://{socket}", data_dir=tmp_path, partitions=store.partitions) as second:
        free = Inbox(second, vault, replica="libre")
        busy = Inbox(store, vault, replica="occupée")
        await free.claim(1)
        async with asyncio.timeout(30), asyncio.TaskGroup() as group:
            group.create_task(free.wait(60.0))
            await asyncio.sleep(0.05)
            await stored(busy, "a")
        assert len(await free.claim(1)) == 1


async def test_idle_is_quiet(inbox: Inbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """With nothing to do, a replica looks now and then."""
    monkeypatch.setattr("core.inbox.inbox.IDLE", 0.3)
    assert await inbox.claim(1) == []
    begun = asyncio.get_running_loop().time()
    async with asyncio.timeout(30):
        await inbox.wait(60.0)
    assert asyncio.get_running_loop().time() - begun > 0.25


async def test_record_is_adopted(inbox: Inbox) -> None:
    """An entry may bring effects of an earlier job; such an entry begins its own job."""
    edit = Entry(event=question("b"), group="g", adopts={0: "$ancienne"})
    await stored(inbox, "a", group="g")
    await inbox.enqueue([edit])
    await (await claimed(inbox)).done()
    claim = await claimed(inbox)
    assert ids(claim) == ["$b"]
    assert claim.posted == {0: "$ancienne"}
    await claim.put(posted={0: "$nouvelle", 1: "$suite"})
    await claim.release(clean=False)
    assert (await claimed(inbox)).posted == {0: "$nouvelle", 1: "$suite"}


async def test_ref(inbox: Inbox) -> None:
    """A question or an answer leads to its job's reference, in its conversation only."""
    await stored(inbox, "a", "b", group="g")
    ref = Ref(questions=("$a", "$b"), posts=("$r",), session="séance", turn="tour")
    await (await claimed(inbox)).done(ref=ref)
    assert [await inbox.ref(HERE, id) for id in ("$a", "$b", "$r")] == [ref] * 3
    assert await inbox.ref(ELSEWHERE, "$a") is None
    assert await inbox.ref(HERE, "$autre") is None


async def test_refs_of_several_messages(inbox: Inbox) -> None:
    """By the names of questions and answers, in the order asked for; None for what is unknown."""
    await stored(inbox, "a")
    ref = Ref(questions=("$a",), posts=("$reply",), session="s", turn="t")
    await (await claimed(inbox)).done(ref=ref)
    found = await inbox.refs(HERE, "$reply", "$none", "$a")
    assert [each and each.session for each in found] == ["s", None, "s"]


# The control lane


async def test_edit_of_a_waiting_question(inbox: Inbox) -> None:
    """An edit replaces what waits; `Edited` and its message are the same to the mailbox."""
    await stored(inbox, "a")
    new = question("a", text="Bonsoir")
    edited = Edited(key="$e", address=HERE, at=1.0, sender=ALICE, target="$a", message=new)
    assert await inbox.mark(HERE, target="$a", how="edited", event=edited) == "queued"
    claim = await claimed(inbox)
    assert claim.events == (new,)
    assert claim.mark is None


async def test_deletion_of_a_waiting_question(inbox: Inbox) -> None:
    """A deleted question is not answered, the others are; the conversation goes on."""
    await stored(inbox, "a", "b")
    assert await inbox.mark(HERE, target="$a", how="deleted") == "queued"
    claim = await claimed(inbox)
    assert ids(claim) == ["$b"]
    await claim.done()
    await stored(inbox, "c")
    assert await inbox.mark(HERE, target="$c", how="deleted") == "queued"
    assert await inbox.claim(1) == []
    await stored(inbox, "d")
    assert ids(await claimed(inbox)) == ["$d"]
    assert await inbox.claim(1) == []


async def test_edit_of_a_running_question(inbox: Inbox) -> None:
    """The holder hears of it, its old answer is void, and the next claim of the job has the new text."""
    heard: list[tuple[str, str]] = []
    inbox.on_mark(lambda turn, how: heard.append((turn, how)))
    await stored(inbox, "a")
    claim = await claimed(inbox)
    await claim.put(posted={0: "$r"}, final="ancienne réponse".encode())
    new = question("a", text="Bonsoir")
    assert await inbox.mark(HERE, target="$a", how="edited", event=new) == "running"
    assert await claim.put(final=b"encore l'ancienne", posted={1: "$s"}) == "edited"
    assert await claim.put() == "edited"
    assert heard == [(claim.turn, "edited")]
    assert await claim.done() == "edited"
    await claim.release(clean=False)
    again = await claimed(inbox)
    assert (again.turn, again.events, again.mark) == (claim.turn, (new,), None)
    assert (again.posted, again.final) == ({0: "$r", 1: "$s"}, None)
    assert await again.done() is None


async def test_deletion_of_a_running_question(inbox: Inbox) -> None:
    """A job cannot end as if the question were still there; with the mark heeded it ends."""
    await stored(inbox, "a")
    claim = await claimed(inbox)
    assert await inbox.mark(HERE, target="$a", how="deleted") == "running"
    assert await claim.done() == "deleted"
    assert await claim.done(heeded="deleted") is None
    assert await inbox.claim(1) == []


async def test_mark_survives_the_holder(inbox: Inbox, store: Store) -> None:
    """Whoever takes the job over finds the mark."""
    await stored(inbox, "a")
    await claimed(inbox)
    await inbox.mark(HERE, target="$a", how="deleted")
    await pass_time(store)
    assert (await claimed(inbox)).mark == "deleted"


async def test_deletion_of_one_of_several(inbox: Inbox) -> None:
    """When one of the questions of a running job is deleted, the job is to be done again with the others."""
    await stored(inbox, "a", "b", group="g")
    claim = await claimed(inbox)
    assert await inbox.mark(HERE, target="$a", how="deleted") == "running"
    assert await claim.put() == "edited"
    await claim.release(clean=False)
    again = await claimed(inbox)
    assert (again.turn, ids(again)) == (claim.turn, ["$b"])
    await again.done()
    assert await inbox.claim(1) == []


async def test_stop(inbox: Inbox) -> None:
    """An order to stop concerns what runs, and, when it says so, only what that person asked."""
    stop = {"target": "", "how": "stopped"}
    await stored(inbox, "a")
    assert await inbox.mark(HERE, **stop) == "absent"
    claim = await claimed(inbox)
    assert await inbox.mark(HERE, **stop, person=BOB.id) == "absent"
    assert await inbox.mark(HERE, **stop, person=ALICE.id) == "running"
    assert await claim.put(final="Réponse inter…".encode()) == "stopped"
    assert await claim.done() is None


async def test_order_of_marks(inbox: Inbox) -> None:
    """A deletion is final: no later edit brings the question back."""
    await stored(inbox, "a")
    claim = await claimed(inbox)
    await inbox.mark(HERE, target="$a", how="deleted")
    await inbox.mark(HERE, target="$a", how="edited", event=question("a"))
    assert await claim.put() == "deleted"


async def test_mark_once(replica: Replica) -> None:
    """An order that two replicas see works once; one that found nothing may become an event of its own."""
    one, two = replica("un"), replica("deux")
    await stored(one, "a")
    new = question("a", text="Bonsoir")
    order = {"target": "$a", "how": "edited", "event": new, "key": "$ordre"}
    assert await one.mark(HERE, **order) == "queued"
    assert await two.mark(HERE, **order) == "duplicate"
    await (await claimed(one)).done()
    order["key"] = "$autre"
    assert await one.mark(HERE, **order) == "absent"
    event = Entry(event=replace(new, key="$autre"))
    assert await one.enqueue([event]) == ["stored"]
    assert await two.mark(HERE, **order) == "duplicate"


async def test_events_of_other_kinds(inbox: Inbox) -> None:
    """A deletion may be an event of its own; one that is told again does not take it back."""
    deleted = Deleted(key="$d", address=HERE, at=1.0, sender=ALICE, target="$a")
    await inbox.enqueue([Entry(event=deleted)])
    assert await inbox.mark(HERE, target="$a", how="deleted") == "absent"
    claim = await claimed(inbox)
    assert claim.events == (deleted,)
    assert await inbox.mark(HERE, target="$a", how="deleted") == "absent"
    assert await claim.done() is None


async def test_what_was_deleted_before_it_came(inbox: Inbox) -> None:
    """A platform may tell of a deletion while the question is still being read: it is not taken in."""
    assert await inbox.mark(HERE, target="$a", how="deleted") == "absent"
    assert await inbox.enqueue([Entry(event=question("a")), Entry(event=question("b"))]) == [
        "duplicate",
        "stored",
    ]


# What cannot be handled


async def test_dead_letters(inbox: Inbox, store: Store, vault: Vault) -> None:
    """A job that is given up lets the next one come, and can be sent again, or dropped."""
    letters = DeadLetters(store, vault)
    await stored(inbox, "a", "b")
    await (await claimed(inbox)).dead("le modèle refuse")
    assert ids(await claimed(inbox)) == ["$b"]
    (letter,) = await letters.list()
    assert (letter.reason, letter.attempts, letter.events) == ("le modèle refuse", 1, (question("a"),))
    assert (await inbox.stats()).dead == 1
    assert await letters.retry(letter.id)
    assert not await letters.retry(letter.id)
    await pass_time(store)
    await (await claimed(inbox)).done()
    claim = await claimed(inbox)
    assert (ids(claim), claim.attempt) == (["$a"], 1)
    await claim.dead("encore")
    (letter,) = await letters.list()
    assert await letters.drop(letter.id)
    assert await letters.list() == []
    assert not await letters.drop("n'importe quoi")


async def test_revived_into_an_idle_conversation(inbox: Inbox, store: Store, vault: Vault) -> None:
    """A dead letter that is sent again is claimed although nothing else happens there."""
    await stored(inbox, "a")
    await (await claimed(inbox)).dead("raison")
    (letter,) = await DeadLetters(store, vault).list()
    await DeadLetters(store, vault).retry(letter.id)
    assert ids(await claimed(inbox)) == ["$a"]


async def test_forgotten_letters(inbox: Inbox, store: Store, vault: Vault) -> None:
    """Erasing a person drops their dead letters, and no one else's."""
    await inbox.enqueue(
        [Entry(event=question("a")), Entry(event=question("b", address=ELSEWHERE, sender=BOB))]
    )
    for claim in await inbox.claim(2):
        await claim.dead("raison")
    letters = DeadLetters(store, vault)
    await erase(store, vault.tag("person", ALICE.id))
    assert [letter.events[0].sender for letter in await letters.list()] == [BOB]


@pytest.mark.parametrize("how", ["edited", "deleted"])
async def test_a_letter_goes_with_its_message(inbox: Inbox, store: Store, vault: Vault, how: How) -> None:
    """What a question said is not sent again once it says something else, or is gone; others stay."""
    await inbox.enqueue([Entry(event=question(key), group="g") for key in "ab"])
    await (await claimed(inbox)).dead("raison")
    letters = DeadLetters(store, vault)
    for key, left in (("c", ["$a", "$b"]), ("a", ["$b"]), ("b", [])):
        await inbox.mark(HERE, target=f"${key}", how=how, event=question(key))
        assert [event.id for letter in await letters.list() for event in letter.events] == left  # type: ignore[union-attr]
    assert (await inbox.stats()).dead == 0


async def test_a_letter_is_kept_as_long_as_sessions_are(inbox: Inbox, store: Store, vault: Vault) -> None:
    """Nobody's question waits for operators for ever."""
    await stored(inbox, "a")
    await (await claimed(inbox)).dead("raison")
    assert (await inbox.stats()).dead == 1
    assert (await Inbox(store, vault, replica="un", ref_ttl=-1.0).stats()).dead == 0
    assert not await DeadLetters(store, vault).list()


async def test_unknown_key(inbox: Inbox, store: Store) -> None:
    """A job sealed under a key that this replica lacks stays for the others, and uses no attempt."""
    await unlock(store, Keys([SECRET]))
    ahead = Inbox(store, await unlock(store, Keys([generate(), SECRET])), replica="en avance")
    await stored(ahead, "a")
    assert await inbox.claim(1) == []
    assert (await inbox.stats()).delayed == 1
    await pass_time(store)
    claim = await claimed(ahead)
    assert (claim.attempt, claim.resumed) == (1, False)


class Newer(Vault):
    """The vault of a version that seals what this one cannot read."""

    def seal(
        self, data: bytes, *, context: str, beside: bytes | None = None, schema: int = NEWEST + 1
    ) -> bytes:
        return super().seal(data, context=context, beside=beside, schema=schema)


def newer(vault: Vault) -> Newer:
    """The same keys, in the hands of a newer version."""
    ahead = object.__new__(Newer)
    ahead.__dict__ |= vault.__dict__
    return ahead


async def only(store: Store, kind: str) -> bytes:
    """The one key of its kind, in whichever partition."""
    places = [await store.run(("KEYS", store.key(p, kind, "*"))) for p in range(store.partitions)]
    ((place,),) = filter(None, places)
    return place


@pytest.mark.parametrize("how", ["schema", "kind"])
async def test_what_is_too_new_is_given_back_untouched(
    store: Store, vault: Vault, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    """A value of a later schema, or a kind of event that is not known here: it stays as it was for a replica
    that reads it, is counted, and is said once; only when none came for a day it is a dead letter."""
    now = time.time()
    inbox = Inbox(store, vault, replica="ancien", clock=lambda: now)
    with monkeypatch.context() as patched:
        if how == "kind":
            patched.setattr(records, "to_json", lambda event: b'{"type":"hologram"}')
        await stored(Inbox(store, newer(vault) if how == "schema" else vault, replica="nouveau"), "a")
    place = await only(store, "mailbox")
    before = await store.run(("LRANGE", place, 0, -1))
    with capture_logs() as lines:
        for _ in range(2):
            assert await inbox.claim(1) == []
            await pass_time(store)
    assert [line["event"] for line in lines] == ["job_given_back"]
    assert await store.run(("LRANGE", place, 0, -1)) == before
    job = await only(store, "job")
    assert await store.run(("HMGET", job, "attempt", "deaths", "holder", "dirty")) == [b"0", None, None, None]
    assert b'relais_too_new_total{kind="event"}' in metrics.render()
    now += NEWER_FOR + 1
    assert await inbox.claim(1) == []
    (letter,) = await DeadLetters(store, vault).list()
    assert letter.reason.startswith("ne peut pas être lu (TooNew); illisible ici\u00a0: ")
    assert letter.events == ()


async def test_tampered(inbox: Inbox, store: Store) -> None:
    """A job that nobody can read does not hold the conversation up."""
    await stored(inbox, "a")
    await inbox.mark(HERE, target="$a", how="edited", event=question("a"))
    for partition in range(store.partitions):
        for place in await store.run(("KEYS", store.key(partition, "mailbox", "*"))):
            (packed,) = await store.run(("LRANGE", place, 0, -1))
            await store.run(("LSET", place, 0, packed[:-10] + bytes([packed[-10] ^ 1]) + packed[-9:]))
    await stored(inbox, "b")
    assert await inbox.claim(1) == []
    assert ids(await claimed(inbox)) == ["$b"]
    assert (await inbox.stats()).dead == 1


async def test_stats(inbox: Inbox) -> None:
    """Conversations are counted by what happens to them."""
    addresses = [replace(HERE, conversation=f"!{i}") for i in range(4)]
    await inbox.enqueue([Entry(event=question(str(i), address=a)) for i, a in enumerate(addresses)])
    first, _, third = await inbox.claim(3)
    await first.release(delay=60.0, attempt=True)
    await third.dead("raison")
    stats = await inbox.stats()
    assert (stats.ready, stats.delayed, stats.leased, stats.dead) == (1, 1, 1, 1)
    assert 0 <= stats.oldest < 5


@pytest.mark.parametrize("embedded", [True])
async def test_nothing_readable_is_stored(inbox: Inbox, store: Store, tmp_path: Path) -> None:
    """Neither texts nor names of people, rooms or messages are on the disk."""
    await inbox.enqueue([Entry(event=question("secret-id", text="confidentiel"), group="groupe-nommé")])
    claim = await claimed(inbox)
    await claim.put(final="réponse confidentielle".encode(), notes={"n": b"note confidentielle"})
    await claim.done(ref=Ref(questions=("$secret-id",), posts=("$post",), session="séance", turn="tour"))
    log = b"".join(path.read_bytes() for path in tmp_path.rglob("*.aof"))  # noqa: ASYNC240
    assert b"mailbox" in log
    for word in ("confidentiel", "alice", "salon", "secret-id", "groupe", "$post", "séance"):
        assert word.encode() not in log


async def test_purge(inbox: Inbox) -> None:
    """What may not be kept goes with the script that decides: the final text stays, the question is empty."""
    await inbox.enqueue([Entry(event=question("a", text="vert-olive"))])
    claim = await claimed(inbox)
    assert await claim.purge(final="refusé".encode()) is None
    await claim.release(clean=False)
    again = await claimed(inbox)
    assert again.final == "refusé".encode()
    assert [event.text for event in again.events] == [""]


async def test_purge_of_one_of_several(inbox: Inbox) -> None:
    """One of the job's questions is deleted and the rest stopped: the question behind them is not purged."""
    await inbox.enqueue([Entry(event=question("a"), group="g"), Entry(event=question("b"), group="g")])
    claim = await claimed(inbox)
    await inbox.enqueue([Entry(event=question("c", text="la suivante"))])
    await inbox.mark(HERE, target="$a", how="deleted")
    await inbox.mark(HERE, target="", how="stopped")
    assert await claim.purge(final="refusé".encode()) == "stopped"
    await claim.done()
    assert [event.text for event in (await claimed(inbox)).events] == ["la suivante"]


async def test_purge_leaves_what_came_after(inbox: Inbox) -> None:
    """A question that was edited meanwhile keeps its new text, and no final is stored for it."""
    await inbox.enqueue([Entry(event=question("a", text="vert-olive"))])
    claim = await claimed(inbox)
    edited = Edited(
        key="e",
        address=claim.events[0].address,
        at=claim.events[0].at,
        sender=ALICE,
        target=claim.events[0].id,
        message=replace(claim.events[0], text="corrigée"),
    )
    await inbox.mark(edited.address, target=edited.target, how="edited", event=edited)
    assert await claim.purge(final="refusé".encode()) == "edited"
    await claim.release(clean=False)
    again = await claimed(inbox)
    assert ([event.text for event in again.events], again.final) == (["corrigée"], None)


async def test_a_word_by_reaction_leaves_the_question_its_answer(inbox: Inbox) -> None:
    """A reaction makes an answer of ours the question of another job; the first one still leads to it."""
    first = Ref(questions=("$a",), posts=("$answer",), session="séance", turn="tour 1")
    second = Ref(questions=("$answer",), posts=("$other",), session="séance", turn="tour 2")
    for name, ref in (("a", first), ("b", second)):
        await inbox.enqueue([Entry(event=question(name))])
        await (await claimed(inbox)).done(ref=ref)
    assert await inbox.ref(HERE, "$a") == first
    assert await inbox.ref(HERE, "$other") == second


async def test_a_reference_leads_from_its_own_messages_only(inbox: Inbox, store: Store) -> None:
    """A reference that somebody put in the place of another message's leads nowhere."""
    for name in ("a", "b"):
        await stored(inbox, name)
        ref = Ref(questions=(f"${name}",), posts=(), session=name, turn=f"${name}")
        await (await claimed(inbox)).done(ref=ref)
    one, two = await store.run(("KEYS", "*:ref:*"))
    await store.run(("COPY", one, two, "REPLACE"))
    refs = [await inbox.ref(HERE, f"${name}") for name in "ab"]
    assert [ref is None for ref in refs].count(True) == 1


async def test_a_message_that_counts_is_named_by_us_alone(inbox: Inbox, store: Store) -> None:
    """Ids of posted messages are sealed for their key: another id, or one of another key, is refused."""
    await stored(inbox, "a")
    claim = await claimed(inbox)
    assert await claim.place(0, key="clé", id="$r:agents.example") == "$r:agents.example"
    await claim.place(1, key="autre", id="$s:agents.example")
    job = (await store.run(("KEYS", "*:job:*")))[0]
    assert not any(b"agents.example" in value for value in await store.run(("HVALS", job)))
    one, two = await store.run(("KEYS", "*:post:*"))
    await store.run(("COPY", one, two, "REPLACE"))
    refused = 0
    for key in ("clé", "autre"):
        try:
            await inbox.echoed(HERE, key=key, id="$x")
        except StoreError:
            refused += 1
    assert refused == 1
    await store.run(("HSET", job, "p:0", "$autre"))
    await claim.release(clean=False)
    assert await inbox.claim(1) == []


ORIGIN = ("megolm session", 7)


async def test_the_same_ciphertext_twice(replica: Replica) -> None:
    """What was encrypted once is one message: under another event's key it is refused, by every replica, also
    when the first is done; the first itself may come again, and another message of the key is taken."""
    one, two = replica("un"), replica("deux")
    first = replace(question("a"), origin=ORIGIN)
    assert await one.enqueue([Entry(event=first)]) == ["stored"]
    await (await claimed(one)).done()
    again = replace(question("b"), origin=ORIGIN)
    assert await two.enqueue([Entry(event=again), Entry(event=first)]) == ["replayed", "duplicate"]
    others = [replace(question("c"), origin=(ORIGIN[0], 8)), replace(question("d"), origin=("another", 7))]
    assert await two.enqueue([Entry(event=event) for event in others]) == ["stored", "stored"]
    assert (await claimed(one)).events == (others[0],)


async def test_the_same_edit_twice(replica: Replica) -> None:
    """An edit, or an order to stop, that comes again under another event's key changes nothing, whether a job
    knew the message the first time or not."""
    one, two = replica("un"), replica("deux")
    await stored(one, "a")
    new = replace(question("a", text="Bonsoir"), origin=ORIGIN)
    edited = {"target": "$a", "how": "edited", "event": new}
    assert await one.mark(HERE, key="$ordre", **edited) == "queued"
    assert await two.mark(HERE, key="$encore", **edited) == "replayed"
    stop = replace(question("stop"), origin=(ORIGIN[0], 8))
    assert await one.mark(ELSEWHERE, target="", how="stopped", event=stop, key="$stop") == "absent"
    elsewhere = replace(stop, address=ELSEWHERE)
    assert await one.enqueue([Entry(event=elsewhere)]) == ["stored"]
    assert await two.mark(ELSEWHERE, target="", how="stopped", event=stop, key="$encore") == "replayed"


def private_word(name: str) -> Whisper:
    """A private word that goes with one question."""
    return Whisper(
        key=name, address=HERE, at=1.0, sender=ALICE, text=name, level=Level.N0, language="fr", about="turn"
    )


@pytest.mark.parametrize("running", [False, True])
async def test_all_private_words_of_a_question_go_with_it(inbox: Inbox, running: bool) -> None:
    """One that is being said is taken back by its job, those behind it are never said, nor one that comes
    later."""
    words = [Entry(event=private_word(name), aside=True) for name in ("a", "b", "c", "d")]
    await inbox.enqueue(words[:3])
    said = await inbox.claim(1) if running else []
    while await inbox.mark(HERE, target="turn", how="deleted", aside=True) == "queued":
        pass
    for claim in said:
        assert await claim.done() == "deleted"
        await claim.done(heeded="deleted")
    await inbox.enqueue(words[3:])
    assert await inbox.claim(1) == []
