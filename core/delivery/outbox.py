"""The outbox: the one way by which a message leaves relais, within the send budget, and stands once.

`Outbox.send` asks the connector who would read the message now, and the policy whether they may, before each
attempt, and signs where its text comes from. What an answer looks like while it is written is
`core.delivery.reply`'s.

Each message of an answer stands there once, whoever posted it (`Posts`). A job that was claimed before
(`claim.resumed`), or whose message was seen on the platform before (the store was set back to a backup),
looks for its own message there, by the key that travels with it, before it posts; the platform or the device
dedupes the same key sent twice. A paused replica's post may still land after that look: so the store names
the one message that counts for a key, and whoever sees another one deletes it (`Outbox.echoed`).

The send budget says how many messages an account may send now, for all replicas. A platform limits the rate
of an account, whoever speaks for it: with Synapse's defaults, 0.2 messages a second with a burst of 10, and
each edit counts. So the budget goes first to finals and refusals, then to first posts, and to growing edits
only from what is spare. It begins with the pace that the connector declares and learns. A refusal by the
platform stops all replicas until the time it says, and lowers the rate, which recovers over ten minutes. A
final does not wait on an estimate alone: one at a time goes beyond it, and when it is not refused the rate is
raised; so an account without limits is soon known as one.

Nobody waits inside: who may not go is told for how long, and asks again. Where the rate is documented (an
exact pace), finals that wait stand in one line for all replicas, in the order in which they first asked: each
is told when its turn comes, so that none is overtaken and none asks in vain.

An answer that waits for the budget, or for a platform that is away, is written and its job is leased, so
nothing in the inbox waits for it: `SendWaits` counts them, or a service whose account may send a message
every five seconds would look as if it had nothing to do.
"""

from __future__ import annotations

import asyncio
import hashlib
import math
import time
from collections.abc import Awaitable, Callable, Collection, Mapping
from contextlib import AbstractAsyncContextManager, nullcontext, suppress
from dataclasses import KW_ONLY, dataclass, replace
from functools import partial
from secrets import token_hex
from typing import TypeVar

from cachetools import FIFOCache
from tenacity import retry_if_exception_type

from core.connector import Address, Connector, Draft, Echo, Pace, Sending
from core.errors import Deferred, DeliveryError, Rejected, Unchangeable
from core.inbox.inbox import Claim, Inbox
from core.inbox.records import FILE
from core.language.operators import Phrase, operators_book, tell
from core.policy.decision import Denied, Refusal, decide, unserved
from core.policy.file import PolicyFile
from core.provenance.record import Signer
from core.retry import ATTEMPTS
from core.sensitivity.level import Level
from core.store.valkey import Store
from core.store.wire import Command
from core.telemetry import log, metrics, span
from core.vault import Vault

T = TypeVar("T")
Looking = Callable[[], AbstractAsyncContextManager[object]]
SLOW = 2.0
"""Seconds that a message waits for the budget, of which operators are told."""
TOLD_EVERY = 3600.0


class Budget:
    """Token buckets in the store, one for each scope (an account)."""

    def __init__(self, store: Store, vault: Vault) -> None:
        self._store = store
        self._vault = vault
        self._buckets: dict[str, tuple[Pace, Callable[..., Command]]] = {}
        """The pace of each account that was asked for, and the call of its bucket."""

    async def take(self, scope: str, pace: Pace, what: Sending, ticket: str = "") -> float:
        """0.0: go now, one message is taken from the budget. Else seconds to wait before asking again.

        `ticket`, the same each time that one message asks, keeps its place in the line of finals at an exact
        pace, until five seconds after it was to ask again; without one, it goes when nobody waits."""
        if math.isinf(pace.per_second):
            return 0.0
        tag, rate, burst = self._vault.tag("budget", scope), max(0.001, pace.per_second), max(1, pace.burst)
        bucket = partial(self._store.script, "budget", tag, rate, burst, pace.careful)
        self._buckets[scope] = pace, bucket
        in_line = ("due", self._place(scope, ticket)) if pace.exact and what == "final" else (what,)
        return await self._store.run(bucket(*in_line)) / 1000

    async def rate(self, scope: str, pace: Pace) -> float:
        """Messages a second that the platform is believed to grant this account now."""
        tag = self._vault.tag("budget", scope)
        place = self._store.key(tag, "budget", tag)
        factor = await self._store.run(("HGET", place, "factor"))
        return pace.per_second * float(factor or 1)

    async def refused(self, scope: str, retry_after: float, ticket: str = "") -> None:
        """The platform refused a message that `take` allowed: nobody sends for `retry_after` seconds, and all
        more slowly afterwards, unless the pace is exact. `ticket`: that of the message, which is the first
        in the line then."""
        if scope in self._buckets:
            pace, bucket = self._buckets[scope]
            exact, place = "exact" if pace.exact else "", self._place(scope, ticket)
            await self._store.run(bucket("refused", round(retry_after * 1000), exact, place))

    def _place(self, scope: str, ticket: str) -> str:
        return self._vault.tag("budget", scope, ticket) if ticket else ""


LONG = 30.0
"""Seconds after which people who wait for a message that is written are not served."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """How many messages wait to be sent, and seconds that the oldest of them does."""

    count: int
    oldest: float

    @property
    def trouble(self) -> str | None:
        """What is wrong, in words for operators; None while nobody waits for long."""
        if self.oldest <= LONG:
            return None
        return tell("delivery.waiting", count=self.count, seconds=f"{self.oldest:.0f}")


class SendWaits:
    """Counts them. `clock` gives seconds that never go back."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self.since: dict[str, float] = {}
        """Since when messages wait, by their tickets."""

    @property
    def now(self) -> Waiting:
        oldest = min(self.since.values(), default=self.clock())
        return Waiting(count=len(self.since), oldest=self.clock() - oldest)


@dataclass(eq=False)
class Outbox:
    """Makes replies, and lets messages leave."""

    _: KW_ONLY
    connectors: Mapping[str, Connector]
    inbox: Inbox
    budget: Budget
    policy: PolicyFile
    signer: Signer

    def __post_init__(self) -> None:
        self.waits = SendWaits()
        self.counting: FIFOCache[str, str] = FIFOCache(5_000)
        """The messages of which this process knows that they count, by their keys."""
        self._told: dict[str, float] = {}
        """When operators were told that an account is slow, by scope."""

    async def send(
        self, address: Address, draft: Draft, *, replaces: str = "", looking: Looking = nullcontext
    ) -> str:
        """Post a new message once, or edit the one that the draft `replaces`; its id. `looking` is entered
        while the platform is asked who reads. Raises Denied or DeliveryError."""
        connector = self.connectors[address.connector]
        async with looking():
            audience = await connector.audience(address)
        is_service = draft.notice and draft.level == Level.N0  # which alone may be read by anybody
        if audience.uncertain and not is_service:
            raise audience.unknown()
        decide(self.policy, level=draft.level, audience=audience.kind, task="send")
        unwanted = (
            (not draft.notice and unserved(self.policy, audience) is not None)
            or (draft.only is not None and not audience.is_only(draft.only))
            or (draft.readers is not None and not audience.could_read(draft.readers))
        )
        if unwanted:
            raise Denied(Refusal(why="channel", level=draft.level, ceiling=None, audience=audience.kind))
        with span("send") as say:
            say(connector=address.connector, audience=audience.kind, sensitivity=draft.level.name)
            draft = self.signer.marked(draft)
            if not replaces:
                return await connector.send(address, draft, audience)
            if connector.editing is None:
                raise Rejected(Phrase("delivery.no_edit", connector=address.connector))
            await connector.editing.edit(address, replaces, draft, audience)
            return replaces

    async def delete(self, address: Address, id: str, key: str) -> None:
        """Delete our message, trying until the platform has done it or refuses for good."""
        editing = self.connectors[address.connector].editing
        if editing is None:
            return
        await self.retry_until_sent(address, "final", lambda: editing.delete(address, id, key))

    async def delete_each(self, address: Address, keys: Mapping[str, str]) -> None:
        """Delete messages of ours, by their ids, each with its key; what the platform keeps is counted."""
        for id, each in keys.items():
            try:
                await self.delete(address, id, each)
            except DeliveryError:
                metrics.sent.labels(address.connector, "final", "rejected").inc()

    async def echoed(self, echo: Echo) -> None:
        """Delete what a replica that hung has said too late: a message beside the one that counts, or an edit
        of an answer that another has finished: it covers the final text. Raises StoreError."""
        if not echo.fence and self.counting.get(echo.key) == echo.id:
            return
        if echo.fence:
            late = await self.inbox.is_over(echo.address, echo.fence)
        else:
            counts = await self.inbox.echoed(echo.address, key=echo.key, id=echo.id, also=echo.also)
            late = counts != echo.id
        if late:
            log.warning("late_message_deleted", connector=echo.address.connector)
            try:
                await self.delete(echo.address, echo.id, f"{echo.key}:{echo.id}")
            except DeliveryError as error:
                log.error("late_message_stays", connector=echo.address.connector, error=error)

    async def retry_until_sent(
        self, address: Address, what: Sending, attempt: Callable[[], Awaitable[T]]
    ) -> T:
        """Within the budget, attempt until it succeeds. Raises what is permanent: Denied, Rejected."""
        pace, ticket = self.connectors[address.connector].pace(address, what), token_hex(8)
        self.waits.since[ticket] = self.waits.clock()
        try:
            async for one in ATTEMPTS.copy(retry=retry_if_exception_type(Deferred)):
                with one:
                    while (pause := await self.budget.take(pace.scope, pace, what, ticket)) > 0:
                        metrics.budget_wait.labels(what).observe(pause)
                        if pause > SLOW:
                            await self._tell_slow(address.connector, pace)
                        await asyncio.sleep(pause)
                    try:
                        done = await attempt()
                    except Deferred as deferred:
                        metrics.sent.labels(address.connector, what, "deferred").inc()
                        if deferred.limited:
                            await self.budget.refused(pace.scope, deferred.retry_after, ticket)
                        raise
                    metrics.sent.labels(address.connector, what, "sent").inc()
                    return done
        finally:
            del self.waits.since[ticket]
        raise AssertionError("tenacity ends with a result or an error")

    async def _tell_slow(self, connector: str, pace: Pace) -> None:
        """Tell operators, once an hour, how little the account may send and what to ask for."""
        now = time.monotonic()
        if now < self._told.get(pace.scope, -TOLD_EVERY) + TOLD_EVERY:
            return
        self._told[pace.scope] = now
        rate = await self.budget.rate(pace.scope, pace)
        log.warning("send_budget_short", connector=connector, reason=slow(rate, pace.remedy))


def slow(rate: float, remedy: str) -> str:
    """What operators read of an account that may send `rate` messages a second; `remedy` as in `Pace`."""
    book = operators_book()
    said = f"{rate:.2g}" if book.language == "en" else f"{rate:.2g}".replace(".", ",")
    return book.say("delivery.slow", rate=said, remedy=tell(remedy))


def key(*parts: str | int) -> str:
    """An opaque, stable idempotency key."""
    return hashlib.blake2b("\0".join(map(str, parts)).encode(), digest_size=16).hexdigest()


REVISES = "revises"
"""Name of a job's note: the messages that are recorded are those of an earlier answer. They are the job's
once its final text takes their place: the order to do so may be edited into a question."""
FILED = "filed"
"""Name of a job's note: the keys that files of the answer were posted with, the last one's last."""
BEFORE = -1
"""The number of the word in advance, beside the parts of the answer."""
_NONE = ""
"""The message that counts for a part of an answer that was withdrawn: what is posted for it is too late."""


class Posts:
    """The messages of one answer, by their number. `question`: the message after which they stand."""

    def __init__(
        self, outbox: Outbox, claim: Claim, address: Address, question: str, *, revises: bool
    ) -> None:
        """`revises`: what is recorded takes the place of an earlier answer, for good."""
        self._outbox = outbox
        self._claim = claim
        self._address = address
        self._question = question
        self._connector = outbox.connectors[address.connector]
        self._send = partial(outbox.send, address, looking=partial(claim.away_from, "deliver"))
        self.key = partial(key, claim.turn)
        """The idempotency key of a part, by its number and whatever else tells it."""
        self.placing = asyncio.Lock()
        self.resumed = self.unsure = claim.resumed
        """Something may be on the platform that is not among `ids`."""
        earlier = REVISES in claim.notes and not revises
        recorded = () if earlier else claim.posted.items()
        self.ids: dict[int, str] = {n: id for n, id in recorded if id != _NONE}
        self.at = min((n for n in self.ids if n not in (BEFORE, FILE)), default=0)
        """The number of the message in which the answer grows."""
        self._filed = claim.notes.get(FILED, b"").decode().split()
        self._revision = 0

    @property
    def next(self) -> int:
        """The number after those of all texts that are known."""
        return max((self.at, *(n for n in self.ids if n != FILE))) + 1

    def forget(self) -> None:
        """Count no message as the answer's: what stands there is an earlier one's, and stays."""
        self.ids.clear()
        self.at = 0

    async def place(self, n: int, draft: Draft, *, growing: bool) -> None:
        """Have the draft stand as part `n` of the answer: edit our message, adopt it, or post it. Who calls
        is at the step and holds `placing`."""
        if n not in self.ids and self.resumed and (found := await self._find(draft.key)) is not None:
            await self._record(n, draft.key, found)
        if n not in self.ids and await self._record(n, draft.key, await self._send(draft)):
            return
        if draft.file is None and self._connector.editing is not None:
            await self._change(n, draft, growing=growing)

    async def _find(self, key: str) -> str | None:
        async with self._claim.away_from("deliver"):
            return await self._connector.find(self._address, key, self._question)

    async def _change(self, n: int, draft: Draft, *, growing: bool) -> None:
        """Edit the message of part `n`. One that is gone, or may not be changed, gives way to another, unless
        the answer is `growing`. What is left of it goes first: whoever takes over does the same."""
        self._revision += 1
        revision, old = str(self._revision) if draft.growing else "final", self.ids[n]
        edit = replace(draft, key=self.key(n, self._claim.fence, revision), posted=draft.key)
        try:
            await self._send(edit, replaces=old)
            return
        except Unchangeable:
            if growing:
                raise
        await self._outbox.delete_each(self._address, {old: self.key(n, old, "deleted")})
        draft = replace(draft, key=self.key(n, old, "anew"))
        await self._record(n, draft.key, await self._find(draft.key) or await self._send(draft))

    async def place_file(self, draft: Draft) -> None:
        """Have the file of the answer stand: the one of this key that stands there already, or post it. What
        stands in its place else, of an earlier version of the answer, goes first: a file cannot be edited.
        Who calls is at the step and holds `placing`."""
        shown = self.ids.get(FILE)
        found = await self._find(draft.key) if shown or self.resumed else None
        if not shown and self.unsure and self._filed[-1:] not in ([], [draft.key]):
            shown = await self._find(self._filed[-1])
        if shown not in (None, found):
            await self._outbox.delete(self._address, shown, self.key(FILE, shown, "deleted"))
            self.ids.pop(FILE, None)
        earlier = [each for each in self._filed if each != draft.key]
        if self._filed[-1:] != [draft.key]:
            self._filed = [*earlier, draft.key]
            await self._claim.put(notes={FILED: " ".join(self._filed).encode()})
        if found is None:
            found = await self._send(draft)
        for each in earlier:
            await self._give_way(FILE, each, found)
        await self._record(FILE, draft.key, found)

    async def _record(self, n: int, key: str, id: str) -> bool:
        """Part `n` is the message `id`, unless another with this key counts; then that one is adopted."""
        self.ids[n] = kept = await self._claim.place(n, key=key, id=id)
        self._outbox.counting[key] = kept
        if kept != id:
            await self._outbox.delete(self._address, id, f"{key}:{id}")
        return kept == id

    async def _give_way(self, n: int, key: str, answer: str) -> None:
        """Let the message `answer` count for part `n`, which it follows and which has this `key`: what a
        replica that hung may still post there is deleted when it is seen."""
        kept = await self._claim.place(n, key=key, id=answer)
        if kept not in (answer, self.ids.get(n)):
            await self._outbox.delete(self._address, kept, self.key(n, kept, "late"))

    async def take_place_of(self, parts: Mapping[int, str]) -> None:
        """Write into these messages of ours from now on; what was posted else is deleted. Raises
        LeaseLost."""
        async with self.placing:
            shown = dict(self.ids)
            self.forget()
            self.ids.update(parts)
        for n, id in shown.items():
            if id not in parts.values():  # by an earlier claim it may be there already
                await self._outbox.delete(self._address, id, self.key(n, "deleted"))
        await self._claim.put(posted=self.ids, notes={REVISES: b""})

    async def keep_only(self, first: int, stay: Collection[int]) -> None:
        """Delete what was posted beside the messages that `stay`, from `first` on: what gave way to a late
        answer, and what is left over of a longer one."""
        await self.recall()  # it may take the place of an answer of which a part was not recorded
        gave_way = {n: self.ids[first] for n in range(first) if stay and (self.unsure or n in self.ids)}
        for n, answer in gave_way.items():
            await self._give_way(n, self.key(n), answer)
        standing = {self.ids[n] for n in stay}
        for n in [n for n in self.ids if n not in stay and n != BEFORE]:
            if (id := self.ids.pop(n)) not in standing:
                await self._outbox.delete(self._address, id, self.key(n, "deleted"))
        if gave_way:
            await self._claim.put(posted=gave_way)

    async def recall(self) -> None:
        """Know which parts were posted and not recorded: by an earlier claim, or where the outcome is
        unknown. Each is recorded before the next is posted: it is the next, or the beginning beside it."""
        if not self.unsure:
            return
        find = partial(self._connector.find, self._address, since=self._question)
        for n in range(self.next + 1):
            if n not in self.ids:
                with suppress(Rejected):  # then it cannot stand there, whatever was posted
                    if (found := await find(key=self.key(n))) is not None:
                        self.ids[n] = found
        if self._filed and FILE not in self.ids and (found := await find(key=self._filed[-1])) is not None:
            self.ids[FILE] = found

    async def withdraw(self) -> None:
        """Delete what was posted: the question was deleted. What is recorded goes first: the rest is looked
        for on the platform, which may be away. What a replica that hung still posts is deleted when it is
        seen. Raises Deferred, LeaseLost."""
        recorded = dict(self.ids)
        await self._delete_each(recorded)
        await self.recall()
        await self._delete_each({n: id for n, id in self.ids.items() if n not in recorded})
        for n in range(self.next + 1):
            await self._give_way(n, self.key(n), _NONE)
        for each in self._filed:
            await self._give_way(FILE, each, _NONE)

    async def _delete_each(self, posts: Mapping[int, str]) -> None:
        """Delete these messages of ours, by their number; one that the platform keeps is counted."""
        keys = {id: self.key(n, "deleted") for n, id in posts.items()}
        await self._outbox.delete_each(self._address, keys)
