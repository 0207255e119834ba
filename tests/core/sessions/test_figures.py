"""The figures of the service, as the replicas count them in one store."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from core.gateway.ask import Done, Usage
from core.gateway.catalogue import EXTRACTS
from core.inbox.records import Ref
from core.sessions.figures import ServiceFigures
from core.store.valkey import Store
from core.understanding.commands import Verdict
from core.vault import Vault
from tests.core.stored import embedded, fixed, partitions, store
from tests.rig.answers import answer

__all__ = ["embedded", "fixed", "partitions", "store"]


class Clock:
    """A clock that is put on."""

    def __init__(self, at: str) -> None:
        self.at = at

    def __call__(self) -> float:
        return datetime.fromisoformat(self.at).replace(tzinfo=UTC).timestamp()


EXCHANGE: dict[str, Any] = {"connector": "tchap", "level": "N1"}


async def count(store: Store, figures: ServiceFigures, people: range, **more: Any) -> None:
    await store.batch([figures.counting(person=f"@p{n}:x", **EXCHANGE | more) for n in people])


async def test_people_are_counted_once_a_day_a_week_and_a_month(store: Store, fixed: Vault) -> None:
    """Those who come on two days of a week are counted once in that week; answers add up."""
    clock = Clock("2026-11-30T10:00")  # the last day of a month, the first of a week
    figures = ServiceFigures(store, fixed, clock)
    await count(store, figures, range(20), models=("petit",))
    clock.at = "2026-12-01T10:00"
    await count(store, figures, range(10, 25))
    today, yesterday = await figures.periods("day", 2)
    week, before = await figures.periods("week", 2)
    month, november = await figures.periods("month", 2)
    assert (today.name, week.name, month.name) == ("2026-12-01", "2026-W49", "2026-12")
    assert [each.told() for each in (today, yesterday, week, before, month, november)] == [
        15, 20, 25, 0, 15, 20,
    ]  # fmt: skip
    assert (week.count("answers", "connector", "tchap"), november.count("answers")) == (35, 20)
    assert (yesterday.groups("model"), yesterday.told("model|petit")) == (["petit"], 20)


async def test_fewer_than_ten_people_are_not_told(store: Store, fixed: Vault) -> None:
    """A few could be recognised; nobody is nobody."""
    figures = ServiceFigures(store, fixed, Clock("2026-11-25T10:00"))
    await count(store, figures, range(9))
    (today,) = await figures.periods("day", 1)
    assert today.told() is None
    assert today.told("connector|mail") == 0


async def test_what_was_taken_is_added_up(store: Store, fixed: Vault) -> None:
    """Documents, summaries, refusals by reason, tokens and energy by model, extracts apart; energy is a range
    in thousandths."""
    figures = ServiceFigures(store, fixed, Clock("2026-11-25T10:00"))
    done = (
        answer(
            "petit", Usage(prompt_tokens=20, completion_tokens=5, kwh=(0.0003, 0.0004), kgco2eq=(0.0, 0.0))
        ),
        answer(
            "petit", Usage(prompt_tokens=4, completion_tokens=1, kwh=(0.0001, 0.0002), kgco2eq=(0.0, 0.0))
        ),
        Done(model=EXTRACTS, served="extraits", finish="stop", usage=Usage(prompt_tokens=9)),
    )
    await count(store, figures, range(1), documents=2, summary=True, tokens=39, done=done)
    await count(store, figures, range(1), refusals=("classified",), answered=False)
    (today,) = await figures.periods("day", 1)
    assert dict(today.counts) == {
        "answers": 1,
        "answers|connector|tchap": 1,
        "answers|level|N1": 1,
        "documents": 2,
        "summaries": 1,
        "tokens": 39,
        "tokens|model|petit": 30,
        "wh|low": 400,
        "wh|high": 600,
        "wh|model|petit|low": 400,
        "wh|model|petit|high": 600,
        "refusals|classified": 1,
    }
    assert today.refusals() == {"classified": 1}


async def test_a_judgement_counts_once_for_each_person_and_answer(store: Store, fixed: Vault) -> None:
    """By what was said, and of which model, kind and level the answer was; delivered again it is the same."""
    figures = ServiceFigures(store, fixed, Clock("2026-11-25T10:00"))
    about = Ref(questions=(), posts=(), session="", turn="t", kind="assistant", model="small", level="N1")
    said: list[tuple[str, Verdict]] = [
        ("@a:x", "good"),
        ("@a:x", "good"),
        ("@b:x", "good"),
        ("@b:x", "bad"),
        ("@b:x", "too_long"),
    ]
    for person, verdict in said:
        await figures.judge(person, verdict, about)
    (today,) = await figures.periods("day", 1)
    assert (today.satisfied, today.unsatisfied) == (2, 1)
    assert today.judged["good|model|small"] == 2
    assert today.judged["too_long|kind|assistant"] == today.judged["bad|level|N1"] == 1
    assert not [name for name in today.counts if "judged" in name]


async def test_availability_is_the_share_of_minutes_since_the_first_start(store: Store, fixed: Vault) -> None:
    """A minute in which no replica was ready is lost, whichever replica says so."""
    clock = Clock("2026-11-25T10:00")
    figures = ServiceFigures(store, fixed, clock)
    await figures.watch(ready=False)
    assert (await figures.periods("day", 1))[0].up is None
    for minute in (1, 1, 2, 4):
        clock.at = f"2026-11-25T10:0{minute}"
        await figures.watch(ready=True)
    clock.at = "2026-11-25T10:05"
    today, yesterday = await figures.periods("day", 2)
    assert (today.up, yesterday.up) == (0.6, None)
