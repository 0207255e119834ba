"""Nobody is kept waiting by somebody else's flood: caps, shares and weights of the inbox."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace

import pytest

from core.connector import Address, Message, Person
from core.inbox.inbox import IN_FLIGHT, MAILBOX, SHARE, Claim, Entry, Inbox, Ref
from core.store.valkey import Store
from tests.core.stored import ALICE, BOB, HERE, ids, pass_time, question


@pytest.fixture(params=[1, 3], ids=["one-partition", "three-partitions"])
def partitions(request: pytest.FixtureRequest) -> int:
    return request.param


def chat(name: str, *, sender: Person = ALICE, connector: str = "tchap") -> Message:
    """A message in a conversation of its own."""
    return question(
        name, address=Address(connector=connector, conversation=f"{connector}{name}"), sender=sender
    )


def senders(claims: list[Claim]) -> Counter[str]:
    return Counter(claim.events[0].sender.name for claim in claims)


async def test_a_full_mailbox(inbox: Inbox) -> None:
    """A mailbox has a cap; what it refused may be delivered again later."""
    people = [Person(id=f"@{i}") for i in range(4)]
    entries = [Entry(event=question(str(i), sender=people[i % 4])) for i in range(MAILBOX)]
    assert set(await inbox.enqueue(entries)) == {"stored"}
    late = Entry(event=question("late", sender=BOB))
    assert await inbox.enqueue([late]) == ["full"]
    (claim,) = await inbox.claim(1)
    await claim.done()
    assert await inbox.enqueue([late]) == ["stored"]


async def test_one_person_does_not_fill_a_mailbox(inbox: Inbox) -> None:
    """In a conversation of many, a flood is refused while there is room for others."""
    flood = await inbox.enqueue([Entry(event=question(str(i))) for i in range(SHARE + 5)])
    assert Counter(flood) == {"stored": SHARE, "full": 5}
    assert await inbox.enqueue([Entry(event=question("b", sender=BOB))]) == ["stored"]


async def test_what_is_said_aside_waits_for_nothing(inbox: Inbox) -> None:
    """It has a mailbox of its own: neither those that wait there nor a full one delay it."""
    await inbox.enqueue([Entry(event=question("a"))])
    (busy,) = await inbox.claim(1)
    assert await inbox.enqueue([Entry(event=question("word"), aside=True)]) == ["stored"]
    (word,) = await inbox.claim(1)
    assert ids(word) == ["$word"]
    assert await word.place(0, key="k", id="$r") == await inbox.echoed(HERE, key="k", id="$late")
    await busy.done()


async def test_a_flood_has_few_jobs_at_a_time(inbox: Inbox, partitions: int) -> None:
    """Of one person's 60 conversations few are in hand; when one ends another is; others wait for none."""
    await inbox.enqueue([Entry(event=chat(f"a{i}")) for i in range(60)])
    await inbox.enqueue([Entry(event=chat(f"b{i}", sender=BOB)) for i in range(3)])
    claims = await inbox.claim(200)
    held = senders(claims)["Alice"]
    assert senders(claims)["Bob"] == 3
    assert held == IN_FLIGHT * partitions
    assert await inbox.claim(200) == []
    seen = {claim.mailbox.name for claim in claims}
    while claims:
        await claims.pop(0).done()
        new = await inbox.claim(200)
        assert len(new) <= 1
        claims += new
        assert senders(claims)["Alice"] <= held
        seen |= {claim.mailbox.name for claim in new}
    assert len(seen) == 63


async def test_the_cap_survives_dead_replicas(inbox: Inbox, store: Store, partitions: int) -> None:
    """Leases that ran out, and jobs that were given back, count no more."""
    await inbox.enqueue([Entry(event=chat(f"a{i}")) for i in range(60)])
    for _ in range(3):
        claims = await inbox.claim(200)
        assert len(claims) == IN_FLIGHT * partitions
        await pass_time(store)
    claims = await inbox.claim(200)
    for claim in claims:
        await claim.release(clean=True)
    assert len(await inbox.claim(200)) == len(claims)


async def test_a_parked_conversation_goes_to_whoever_comes_next(inbox: Inbox) -> None:
    """Its first question is deleted: it waits for that person's jobs no more."""
    await inbox.enqueue([Entry(event=chat(f"a{i}")) for i in range(60)])
    await inbox.claim(200)
    await inbox.enqueue([Entry(event=question("a")), Entry(event=question("b", sender=BOB))])
    assert await inbox.claim(200) == []
    assert await inbox.mark(HERE, target="$a", how="deleted") == "queued"
    (claim,) = await inbox.claim(200)
    assert ids(claim) == ["$b"]


async def test_what_is_parked_is_not_forgotten(inbox: Inbox) -> None:
    """Those whose turn it was are deleted before they are claimed: others of that person take their turns."""
    questions = [chat(f"a{i}") for i in range(60)]
    await inbox.enqueue([Entry(event=each) for each in questions])
    claims = await inbox.claim(200)
    assert await inbox.claim(200) == []
    for claim in claims:
        await claim.done()
    for each in questions[len(claims) : 50]:
        await inbox.mark(each.address, target=each.id, how="deleted")
    left: list[str] = []
    while claims := await inbox.claim(200):
        for claim in claims:
            left += ids(claim)
            await claim.done()
    assert set(left) >= {each.id for each in questions[50:]}


async def test_whose_turn_it_is_is_known_at_once(inbox: Inbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """When a job of a person ends, the next one of theirs wakes the replica."""
    monkeypatch.setattr("core.inbox.inbox.IDLE", 600.0)
    await inbox.enqueue([Entry(event=chat(f"a{i}")) for i in range(60)])
    claims = await inbox.claim(200)
    assert await inbox.claim(200) == []
    await claims[0].done()
    async with asyncio.timeout(60):
        await inbox.wait(600)


async def test_low_priority_is_not_starved(inbox: Inbox) -> None:
    """Chat goes before mail, but at least every fourth conversation is mail."""
    people = [Person(id=f"@{i}") for i in range(120)]
    await inbox.enqueue(
        [Entry(event=chat(f"{i}", connector="mail", sender=p), priority=1) for i, p in enumerate(people)]
    )
    await inbox.enqueue([Entry(event=chat(f"{i}", sender=p)) for i, p in enumerate(people)])
    order = [claim.events[0].address.connector for claim in await inbox.claim(20)]
    assert 4 <= order.count("mail") <= 6


async def test_slots_are_kept_for_chat(inbox: Inbox) -> None:
    """What may wait takes no more than it is given; the rest stays for later."""
    mails = [replace(chat(f"{i}", connector="mail"), sender=Person(id=f"@{i}")) for i in range(12)]
    await inbox.enqueue([Entry(event=mail, priority=1) for mail in mails])
    assert [len(await inbox.claim(9, patient=5)), len(await inbox.claim(9, patient=0))] == [5, 0]
    await inbox.enqueue([Entry(event=chat("c"))])
    (claim,) = await inbox.claim(9, patient=0)
    assert claim.priority == 0
    assert len(await inbox.claim(9, patient=9)) == 7


def in_thread(thread: str) -> Address:
    """A thread of a conversation whose threads are apart."""
    return Address(connector="slack", conversation="T1/C1", thread=thread, apart=True)


async def test_threads_that_are_apart_do_not_wait_for_each_other(inbox: Inbox) -> None:
    """One long answer in a channel holds up its own thread only, in which order is kept."""
    asked = [
        question("a", address=in_thread("1")),
        question("b", address=in_thread("1")),
        question("c", address=in_thread("2")),
    ]
    await inbox.enqueue([Entry(event=event) for event in asked])
    assert [ids(claim) for claim in await inbox.claim(10)] == [["$a"], ["$c"]]


async def test_a_mark_reaches_its_thread_and_a_message_is_found_in_the_whole_conversation(
    inbox: Inbox,
) -> None:
    """`!stop` in a thread ends that answer; a reaction need not know the thread of what it is to."""
    await inbox.enqueue([Entry(event=question(name, address=in_thread(name))) for name in "ab"])
    first, second = await inbox.claim(10)
    assert await inbox.mark(in_thread("b"), target="", how="stopped") == "running"
    assert (await first.put(), await second.put()) == (None, "stopped")
    ref = Ref(questions=("$a",), posts=("$answer",), session="s", turn="t")
    await first.done(ref=ref)
    assert await inbox.ref(Address(connector="slack", conversation="T1/C1"), "$answer") == ref
