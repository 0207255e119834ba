"""What is counted of relais's use: a person's, for their quotas; the service's, for its figures.

**Quotas** (`Counts`): what one person may use (`[quotas]` of the policy), counted in the store for all
replicas together. Turns beyond so many a minute are not refused: they wait, and the person is told why, once
a minute. Messages that are read together are one turn. Tokens beyond those of the day are refused in words;
they are counted when an answer is done, so that one answer may go beyond. A day is one of UTC. These counts
outlive an erasure, which would else lift the quota, for two days at most. What the answers to a person took,
energy and gases, is summed by month, and goes with an erasure.

Programs that answer each other never end by themselves. What is sent within a second of our answer, three
times in a row, was written by no person; and a sender known to be a program has four turns, until it pauses
for ten minutes. Then one word is said, and nothing more.

**Figures** (`ServiceFigures`): how many people, answers, documents, refusals, by day, week and month.
Replicas add to them together, in the store, with the end of each job. People are counted by HyperLogLog, of
which nobody can be taken out again: an estimate, 0.8 % off on average, of keyed hashes. Counts of fewer
than `LEAST` people are not given. Days are those of UTC, weeks those of ISO 8601.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Literal, get_args

from core.gateway.ask import Done, Footprint, taken
from core.inbox.records import Ref
from core.policy.file import Quotas
from core.store.valkey import Store
from core.store.wire import Command, Word
from core.understanding.commands import Verdict
from core.vault import Vault

Loop = Literal["", "last", "silent"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hindrance:
    """Why a turn is not handled now. `wait` in seconds; `tell`: the person does not know yet why it waits.
    `loop`: programs answer each other; say that it ends here, or nothing."""

    wait: float = 0.0
    tell: bool = False
    loop: Loop = ""


Sent = Literal["program", "answer", ""]
"""What a message may be: of a sender known to be a program; perhaps an answer to ours; a person's."""
_LOOPS: tuple[Loop, ...] = ("", "last", "silent")


_MILLIONTHS = 1_000_000


class Counts:
    """The quotas of each person. `clock`: seconds since 1970. Raises StoreUnavailable."""

    def __init__(
        self, store: Store, vault: Vault, quotas: Quotas, clock: Callable[[], float] = time.time
    ) -> None:
        self._clock = clock
        self._store = store
        self._vault = vault
        self.per_minute = quotas.messages_per_minute or 0
        self._counts_all = quotas.tokens_per_day_in_all is not None
        self.in_all = 0
        """Tokens of today of all people, as of the last look."""

    async def look(self) -> None:
        """Learn what all people together have used today, over all replicas."""
        if self._counts_all:
            self.in_all = int(await self._store.run(("GET", self._all())) or 0)

    def _all(self) -> str:
        day = datetime.fromtimestamp(self._clock(), UTC).strftime("%Y-%m-%d")
        return self._store.key(0, "tokens", day)

    async def turn(
        self, person: str, turn: str, conversation: str = "", *, since: int = 0, sent: Sent = ""
    ) -> tuple[int, Hindrance | None]:
        """How many tokens the person used today; and what hinders one turn more (None: it is counted). It
        came in at `since` (ms, by the store's clock)."""
        place = self._vault.tag("conversation", conversation)
        words = ("turn", self.per_minute, turn, place, since, sent)
        script = self._store.script("quota", self._vault.tag("person", person), *words)
        wait, tell, tokens, verdict = await self._store.run(script)
        if not (wait or verdict):
            return tokens, None
        return tokens, Hindrance(wait=wait / 1000, tell=bool(tell), loop=_LOOPS[int(verdict)])

    def answered(
        self,
        person: str,
        conversation: str,
        tokens: int,
        taken: Footprint | None = None,
        *,
        since: int = 0,
    ) -> list[Command]:
        """What notes an answer, counts its tokens, also for all people together, and what it took in this
        month, as commands to travel with others. The question came in at `since` (ms, by the store's
        clock)."""
        words: list[Word] = []
        if taken is not None:
            month = datetime.fromtimestamp(self._clock(), UTC).strftime("%Y-%m")
            words = [since, month, *(round(each * _MILLIONTHS) for each in (*taken.wh, *taken.gco2e))]
        place = self._vault.tag("conversation", conversation)
        who = self._vault.tag("person", person)
        noted = self._store.script("quota", who, "answered", place, tokens, *words)
        if not (self._counts_all and tokens):
            return [noted]
        return [noted, ("INCRBY", self._all(), tokens), ("EXPIRE", self._all(), 2 * 86_400)]

    async def footprints(self, person: str) -> dict[str, Footprint]:
        """What the answers to a person took, by month (`2026-11`), the latest first; `last` is the last one
        alone."""
        who = self._vault.tag("person", person)
        raw = await self._store.run(("HGETALL", self._store.key(who, "footprint", who)))
        known = {name.decode(): int(value) for name, value in raw.items()}
        found: dict[str, Footprint] = {}
        for span in sorted({name.partition("|")[0] for name in known}, reverse=True):

            def of(name: str, span: str = span) -> tuple[float, float]:
                low, high = (known.get(f"{span}|{name}|{end}", 0) / _MILLIONTHS for end in ("low", "high"))
                return low, high

            found[span] = Footprint(wh=of("wh"), gco2e=of("gco2e"), count=known.get(f"{span}|count", 1))
        return found


LEAST = 10
"""People below whom a group is not described: a few could be recognised by what they did."""
EVERYBODY = "all"
USES = {
    "chat": ("Questions", "Questions"),
    "documents": ("Documents", "Documents"),
    "summary": ("Résumés de conversations", "Summaries of conversations"),
}
"""What exchanges are for, in French and English."""
_JUDGED = "judged"
_MINUTES = 24 * 60

Span = Literal["day", "week", "month"]
_NAMED: Mapping[Span, str] = {"day": "%Y-%m-%d", "week": "%G-W%V", "month": "%Y-%m"}
"""How the day, week or month that a day is in is named: `2026-11-25`, `2026-W48`, `2026-11`."""
By = Literal["connector", "model", "level", "use"]
Spared = Literal["smaller", "notes", "extracts"]
"""Work that no model did: a smaller one answered, notes were kept, extracts were given."""
SPARED: tuple[Spared, ...] = get_args(Spared)


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """The figures of one day, week or month that began on `first`; `people` by group, such as `all` or
    `connector|tchap`; `counts` by what is counted, such as `answers` or `answers|level|N1`. `up` is the share
    of its minutes in which the service was ready; None when none was watched."""

    name: str
    first: date
    people: Mapping[str, int]
    counts: Mapping[str, int]
    up: float | None = None
    judged: Mapping[str, int] = field(default_factory=dict[str, int])
    """Judgements of answers, by what was said (`good`, `bad`, `wrong` …) and by `bad|model|small`,
    `bad|kind|assistant`, `bad|level|N1`."""

    @property
    def satisfied(self) -> int:
        return self.judged.get("good", 0)

    @property
    def unsatisfied(self) -> int:
        return self.judged.get("bad", 0)

    def count(self, *what: str) -> int:
        return self.counts.get("|".join(what), 0)

    def span(self, *what: str) -> tuple[float, float]:
        """The bounds of what is counted in thousandths: watt-hours, or grams."""
        return self.count(*what, "low") / 1000, self.count(*what, "high") / 1000

    def groups(self, by: By) -> list[str]:
        """The names of a division that something was counted for, the one with most answers first."""
        prefix = f"{by}|"
        names = [group.removeprefix(prefix) for group in self.people if group.startswith(prefix)]
        return sorted(names, key=lambda name: (-self.count("answers", by, name), name))

    def told(self, group: str = EVERYBODY) -> int | None:
        """How many people; None when they are too few to be told."""
        people = self.people.get(group, 0)
        return people if people >= LEAST or not people else None

    def refusals(self) -> dict[str, int]:
        """How many by reason."""
        prefix = "refusals|"
        return {name.removeprefix(prefix): n for name, n in self.counts.items() if name.startswith(prefix)}


@dataclass(slots=True)
class _Days:
    """What is read of the days of one period."""

    counts: Counter[str] = field(default_factory=Counter[str])
    minutes: int = 0
    watched: int = 0


class ServiceFigures:
    """Counts and reads them. `clock` gives seconds since 1970. Raises StoreError."""

    def __init__(self, store: Store, vault: Vault, clock: Callable[[], float]) -> None:
        self._store = store
        self._vault = vault
        self._clock = clock

    def counting(
        self,
        *,
        person: str,
        connector: str,
        level: str,
        models: Sequence[str] = (),
        refusals: Sequence[str] = (),
        answered: bool = True,
        documents: int = 0,
        summary: bool = False,
        tokens: int = 0,
        use: str = "",
        done: Sequence[Done] = (),
        spared: Mapping[Spared, tuple[float, float]] | None = None,
    ) -> Command:
        """What counts an exchange, as a command to travel with others. `models` are those that answered,
        `refusals` the reasons of those who refused; `done`: how their answers ended; `use`: what it was for
        (`chat`, `documents`, `summary`); `spared`: watt-hours that were not taken."""
        groups = [EVERYBODY, f"connector|{connector}", f"level|{level}"]
        groups += [f"model|{model}" for model in dict.fromkeys(models)]
        groups += [f"use|{use}"] if use else []
        counts: Counter[str] = Counter({"documents": documents, "tokens": tokens})
        counts.update(f"refusals|{why}" for why in refusals)
        counts["summaries"] += summary
        if answered:
            counts.update(["answers", *(f"answers|{group}" for group in groups[1:])])
        _, took = taken(done)
        shares = {"": took, f"|use|{use}": took if use else None}
        for model in {each.model.id for each in done if each.model.generates}:
            counts[f"tokens|model|{model}"], shares[f"|model|{model}"] = taken(
                each for each in done if each.model.id == model
            )
        if use:
            counts[f"tokens|use|{use}"] += tokens
        ranges = {f"wh{name}": share.wh for name, share in shares.items() if share}
        ranges |= {f"gco2e{name}": share.gco2e for name, share in shares.items() if share}
        ranges |= {f"spared|{kind}": span for kind, span in (spared or {}).items()}
        for name, (low, high) in ranges.items():
            counts[f"{name}|low"] += round(low * 1000)
            counts[f"{name}|high"] += round(high * 1000)
        counts.update(f"spared|{kind}" for kind in spared or ())
        return self._adding(self._vault.tag("person", person), groups, counts)

    def judging(self, person: str, verdict: Verdict, about: Ref) -> Command:
        """What counts a judgement of an answer, once for each person and answer, as a command to travel with
        others. It is counted by what holds no content: the bot, the model, the level."""
        named = {"model": about.model, "kind": about.kind, "level": about.level}
        groups = [verdict, *(f"{verdict}|{by}|{name}" for by, name in named.items() if name)]
        tag = self._vault.tag("judgement", person, about.turn)
        return self._adding(
            tag, [f"{_JUDGED}|{group}" for group in groups], {f"{_JUDGED}|{group}": 1 for group in groups}
        )

    async def judge(self, person: str, verdict: Verdict, about: Ref) -> None:
        """Count a judgement now."""
        await self._store.run(self.judging(person, verdict, about))

    async def watch(self, *, ready: bool) -> None:
        """Note that the service is ready in this minute. To be called several times a minute."""
        now = datetime.fromtimestamp(self._clock(), UTC)
        place = self._key("up", now.date().isoformat())
        minute = now.hour * 60 + now.minute
        first = self._store.key(0, "figures", "since")
        commands: list[Command] = [("SET", first, int(now.timestamp()), "NX")]
        if ready:
            commands += [("SETBIT", place, minute, 1), ("EXPIRE", place, 400 * 86_400)]
        await self._store.batch(commands)

    async def periods(self, span: Span, count: int, until: date | None = None) -> list[Period]:
        """The figures of the last `count` days, weeks or months up to `until` (None: today), newest first;
        of their days, as far as they are still kept."""
        raw = await self._store.run(("GET", self._store.key(0, "figures", "since")))
        since = datetime.fromtimestamp(int(raw), UTC) if raw else None
        found: list[Period] = []
        first = _first(span, until or datetime.fromtimestamp(self._clock(), UTC).date())
        for _ in range(count):
            found.append(await self._period(span, first, since))
            first = _first(span, first - timedelta(days=1))
        return found

    # -- reading -----------------------------------------------------------------------------------------

    async def _period(self, span: Span, first: date, since: datetime | None) -> Period:
        name = f"{first:{_NAMED[span]}}"
        days = await self._days(_days_of(span, first), since)
        groups = {EVERYBODY}
        for what in days.counts:
            head, _, group = what.partition("|")
            if head == "answers" and group:
                groups.add(group)
            elif head == _JUDGED:
                groups.add(what)
        listed = sorted(groups)
        people: list[int] = await self._store.spread(
            [("PFCOUNT", self._key("people", name, group)) for group in listed]
        )
        known = dict(zip(listed, people, strict=True))
        judged = [group for group in listed if group.startswith(f"{_JUDGED}|")]
        return Period(
            name=name,
            first=first,
            judged={group.removeprefix(f"{_JUDGED}|"): known.pop(group) for group in judged},
            people=known,
            counts={what: n for what, n in days.counts.items() if not what.startswith(f"{_JUDGED}|")},
            up=days.minutes / days.watched if days.watched else None,
        )

    async def _days(self, days: Sequence[date], since: datetime | None) -> _Days:
        total = _Days()
        commands: list[Command] = []
        for day in days:
            name = day.isoformat()
            commands += [("HGETALL", self._key(name)), ("BITCOUNT", self._key("up", name))]
        replies = await self._store.spread(commands)
        for day, counts, up in zip(days, replies[::2], replies[1::2], strict=True):
            total.counts.update({name.decode(): int(n) for name, n in counts.items()})
            watched = self._watched(day, since)
            total.watched += watched
            total.minutes += min(up, watched)
        return total

    def _watched(self, day: date, since: datetime | None) -> int:
        """How many minutes of the day have passed since the service was first started."""
        if since is None:
            return 0
        begin = datetime(day.year, day.month, day.day, tzinfo=UTC)
        end = min(begin + timedelta(days=1), datetime.fromtimestamp(self._clock(), UTC))
        return max(0, min(_MINUTES, int((end - max(begin, since)).total_seconds() // 60)))

    # -- writing -----------------------------------------------------------------------------------------

    def _adding(self, who: str, groups: Sequence[str], counts: Mapping[str, int]) -> Command:
        today = datetime.fromtimestamp(self._clock(), UTC).date()
        words: list[Word] = [*(f"{today:{form}}" for form in _NAMED.values()), who, len(groups), *groups]
        for what, n in counts.items():
            words += [what, n] if n else []
        return self._store.script("figures", 0, *words)

    def _key(self, *names: str) -> str:
        return self._store.key(0, "figures", *names)


def _first(span: Span, day: date) -> date:
    """The first day of the day, week or month that a day is in."""
    match span:
        case "day":
            return day
        case "week":
            return day - timedelta(days=day.weekday())
        case "month":
            return day.replace(day=1)


def _days_of(span: Span, first: date) -> list[date]:
    following = {"day": 1, "week": 7, "month": 31}[span]
    days = [first + timedelta(days=n) for n in range(following)]
    return [day for day in days if _first(span, day) == first]
