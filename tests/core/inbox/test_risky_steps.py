"""Steps that are named before they are taken: which deaths are a job's own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

import pytest

from core.connector import Person
from core.errors import LeaseLost
from core.inbox.inbox import Claim, Entry, Inbox
from core.inbox.risky_steps import (
    ALONE_AFTER,
    ALONE_FOR,
    AT_ONE_STEP,
    MORE,
    MOST_DEATHS,
    MOST_QUEUED,
    QUEUED,
    Floor,
    RiskySteps,
    Suspects,
    poison,
)
from core.store.valkey import Store
from tests.core.stored import HERE, pass_time, question


async def died(inbox: Inbox, store: Store, count: int) -> list[Claim]:
    """The claims of so many conversations after the first death of their holder."""
    places = [replace(HERE, conversation=f"!{n}:x") for n in range(count)]
    people = [Person(id=f"@p{n}:x", name="") for n in range(count)]
    asked = [question(f"q{n}", address=places[n], sender=people[n]) for n in range(count)]
    await inbox.enqueue([Entry(event=each) for each in asked])
    await inbox.claim(count)
    return await claims_after_death(inbox, store)


async def claims_after_death(inbox: Inbox, store: Store) -> list[Claim]:
    """The claims of what was in hand, after its holder died."""
    await pass_time(store)
    return sorted(await inbox.claim(99), key=lambda claim: claim.turn)


@pytest.mark.parametrize("begun", [False, True])
async def test_who_waits_for_another_s_step_is_not_blamed(inbox: Inbox, store: Store, begun: bool) -> None:
    """Of two jobs at a death one was at its step, which is counted; the other did nothing, be it before its
    first step or between two."""
    first, second = await died(inbox, store, 2)
    floor = Floor()
    steps, waiting = RiskySteps(first, floor), RiskySteps(second, floor)

    async def wait() -> None:
        async with waiting.at("assess"):
            pass

    if begun:
        async with waiting.at("load"):
            pass
    again: list[Claim] = []
    try:
        async with asyncio.TaskGroup() as group, steps.at("deliver"):
            group.create_task(wait())
            await asyncio.sleep(0)
            while not await said(store, "queued"):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
            again = await claims_after_death(inbox, store)
    except* LeaseLost:
        pass
    assert [(each.deaths, dict(each.died_at)) for each in again] == [(2, {"deliver": 1}), (1, {QUEUED: 1})]
    assert [each.elsewhere for each in again] == [0, 1]


async def test_deaths_of_more_than_an_hour_ago_are_not_kept(inbox: Inbox, store: Store) -> None:
    """However often others follow them: each death puts the end of the list off."""
    (claim,) = await died(inbox, store, 1)
    deaths = store.key(claim.mailbox.name, "died")
    await store.run(("ZADD", deaths, 1, "old"))
    with suppress(LeaseLost):
        async with RiskySteps(claim, Floor()).at("deliver"):
            await claims_after_death(inbox, store)
    assert await store.run(("ZCARD", deaths)) == 1


async def test_what_may_kill_anywhere_is_handled_alone(inbox: Inbox, store: Store) -> None:
    """The first of a process is, to its end and under a name of its own; the others have not begun."""
    claims = [replace(claim, deaths=ALONE_AFTER) for claim in await died(inbox, store, 2)]
    floor, suspects = Floor(), Suspects()
    first, second = (RiskySteps(claim, floor, suspects) for claim in claims)

    async def handled() -> None:
        async with second.whole():
            pytest.fail("another is handled alone")

    again: list[Claim] = []
    try:
        async with asyncio.TaskGroup() as group, first.whole():
            async with first.at("load"):
                assert await said(store, "alone load")
            assert await said(store, "alone")
            group.create_task(handled())
            await asyncio.sleep(0.02)
            again = await claims_after_death(inbox, store)
            raise LeaseLost("it died")
    except* LeaseLost:
        pass
    assert [dict(each.died_at) for each in again] == [{"alone": 1}, {QUEUED: 1}]


async def said(store: Store, steps: str) -> bool:
    """Does a job say that these are its steps?"""
    jobs = await store.run(("KEYS", "*job*"))
    return steps.encode() in [await store.run(("HGET", job, "steps")) for job in jobs]


@pytest.mark.parametrize(("seconds", "counted"), [(0.0, {"deliver": 1}), (3.0, {})])
async def test_a_step_that_waits_for_long_loses_its_name(
    inbox: Inbox, store: Store, monkeypatch: pytest.MonkeyPatch, seconds: float, counted: dict[str, int]
) -> None:
    """What ends a process does so before the event loop has turned for long; the next job takes its turn."""
    (claim,) = await died(inbox, store, 1)
    floor, passed = Floor(), [0.0]
    steps = RiskySteps(claim, floor)
    monkeypatch.setattr(steps, "_clock", lambda: passed[0])
    with suppress(LeaseLost):
        async with steps.at("deliver"):
            passed[0] = seconds
            await steps.withdraw_long()
            (again,) = await claims_after_death(inbox, store)
    assert dict(again.died_at) == counted


async def test_the_wait_for_a_model_within_a_step_is_no_sign(inbox: Inbox, store: Store) -> None:
    """The step is named again afterwards."""
    (claim,) = await died(inbox, store, 1)
    steps = RiskySteps(claim, Floor())
    async with steps.at("handle"):
        assert await said(store, "handle")
        async with steps.away_from("handle"):
            assert not await said(store, "handle")
        assert await said(store, "handle")


async def test_of_those_who_wait_the_least_suspect_goes_first(inbox: Inbox, store: Store) -> None:
    """Then the one that is nearest to its end: many kills for other reasons leave work done behind them."""
    claims = await died(inbox, store, 3)
    floor = Floor()
    holder = RiskySteps(claims[0], floor)
    suspect = RiskySteps(replace(claims[0], died_at={"deliver": 1}), floor)
    fresh, begun = (RiskySteps(claim, floor) for claim in claims[1:])
    async with begun.at("load"):
        pass
    order: list[RiskySteps] = []

    async def one(job: RiskySteps) -> None:
        async with job.at("assess"):
            order.append(job)

    async with asyncio.TaskGroup() as group, holder.at("load"):
        for job in (suspect, fresh, begun):
            group.create_task(one(job))
        while len(floor._waiting) < 3:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    assert order == [begun, fresh, suspect]


async def test_what_is_handled_alone_and_waits_lets_others_have_their_turn(
    inbox: Inbox, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A platform that is away for one conversation does not hold up those of others."""
    claims = [replace(claim, deaths=ALONE_AFTER) for claim in await died(inbox, store, 2)]
    floor, suspects, passed = Floor(), Suspects(), [0.0]
    first, second = (RiskySteps(claim, floor, suspects) for claim in claims)
    monkeypatch.setattr(first, "_clock", lambda: passed[0])
    async with first.whole():
        passed[0] = ALONE_FOR
        await first.withdraw_long()
        assert not await said(store, "alone")
        async with asyncio.timeout(60), second.whole():
            assert await said(store, "alone")


async def live(inbox: Inbox, claims: list[Claim], *, ends: Callable[[Claim, int], bool]) -> int:
    """Handle what was claimed by a new process, until it dies or nothing is left; how many jobs began.

    `ends` is asked of each once all have begun that may, with how many have: does it end well? Else the
    process dies."""
    floor, suspects = Floor(), Suspects()
    begun: set[RiskySteps] = set()
    over = asyncio.Event()

    def all_who_may() -> bool:
        return suspects._holders <= begun and not (suspects._has_room and suspects._waiting)

    async def handled(steps: RiskySteps) -> None:
        async with steps.whole():
            begun.add(steps)
            async with suspects._changed:
                suspects._changed.notify_all()
                await suspects._changed.wait_for(all_who_may)
            if not ends(steps.claim, len(begun)):
                over.set()
                await asyncio.Event().wait()
            await steps.claim.done()

    async def all_of_them() -> None:
        steps = [RiskySteps(claim, floor, suspects) for claim in claims]
        await asyncio.gather(*map(handled, sorted(steps, key=lambda each: each.suspicion)))
        over.set()

    work = asyncio.ensure_future(all_of_them())
    await over.wait()
    work.cancel()
    await asyncio.wait([work])
    return len(begun)


async def suspected(inbox: Inbox, store: Store, count: int) -> list[Claim]:
    """So many jobs that were in hand at one death less than makes them suspect."""
    claims = await died(inbox, store, count)
    for _ in range(ALONE_AFTER - 1):
        for claim in claims:
            await claim.put(steps="")
        claims = await claims_after_death(inbox, store)
    return claims


async def test_what_kills_between_its_steps_is_found_among_those_who_were_only_there(
    inbox: Inbox, store: Store
) -> None:
    """It is alone after a few deaths, and until then the others were answered, more and more at a time."""
    claims = await suspected(inbox, store, 40)
    killer, lives = claims[-1].turn, 0
    while not any(map(poison, claims)):
        lives += 1
        await live(inbox, claims, ends=lambda claim, _: claim.turn != killer)
        claims = await claims_after_death(inbox, store)
    assert ([claim.turn for claim in claims], poison(claims[0])) == ([killer], "alone")
    assert lives <= 8


async def test_who_was_only_there_at_very_many_deaths_is_not_set_aside(inbox: Inbox, store: Store) -> None:
    """Machines that die for another reason, faster than an answer takes, only put the answers off."""
    claims = await suspected(inbox, store, 4)
    for _ in range(40):
        await live(inbox, claims, ends=lambda *_: False)
        claims = await claims_after_death(inbox, store)
        assert [poison(claim) for claim in claims] == [None] * 4


async def test_each_that_ends_makes_room_for_two_more(inbox: Inbox, store: Store) -> None:
    """What was only in hand when processes died is soon handled as fast as all else."""
    claims = await suspected(inbox, store, 14)
    assert await live(inbox, claims, ends=lambda _, begun: begun == 1) == 1 + 3
    claims = await claims_after_death(inbox, store)
    assert sum("alone" in claim.died_at for claim in claims) == 0


async def test_no_job_circles_for_ever(inbox: Inbox, store: Store) -> None:
    """Whatever it was at each time."""
    (claim,) = await died(inbox, store, 1)
    assert [poison(replace(claim, deaths=deaths)) for deaths in (MOST_DEATHS - 1, MOST_DEATHS)] == [
        None,
        "some step",
    ]


@pytest.mark.parametrize(
    ("died_at", "elsewhere", "step"),
    [
        ({"assess": AT_ONE_STEP}, 2, "assess"),
        ({"assess": AT_ONE_STEP}, 3, None),
        ({"assess": AT_ONE_STEP + 1}, 3, "assess"),
        ({"assess": AT_ONE_STEP + MORE}, 1_000, "assess"),
        ({"assess": AT_ONE_STEP - 1, "deliver": AT_ONE_STEP - 1}, 0, None),
        ({"word": AT_ONE_STEP}, 0, None),
        ({QUEUED: MOST_QUEUED - 1}, 0, None),
        ({QUEUED: MOST_QUEUED}, 0, "some step"),
    ],
)
async def test_a_job_that_ends_its_holders_is_told_by_its_step(
    inbox: Inbox, store: Store, died_at: dict[str, int], elsewhere: int, step: str | None
) -> None:
    """It takes a little more where processes die at the steps of other jobs too. What only waited may be
    there at very many deaths, not at all: nothing goes on for ever."""
    (claim,) = await died(inbox, store, 1)
    assert poison(replace(claim, died_at=died_at, elsewhere=elsewhere)) == step
