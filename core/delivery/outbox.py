"""The outbox: the one way by which a message leaves relais.

`Outbox.send` asks the connector who would read the message now, and the policy whether they may, before each
attempt, and signs where its text comes from. What is said too late by a replica that hung is
deleted (`echoed`). What an answer looks like while it is written is `core.delivery.reply`'s.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import KW_ONLY, dataclass
from secrets import token_hex
from typing import TypeVar

from core.connector import Address, Connector, Draft, Echo, Pace, Recent, Sending
from core.errors import Deferred, DeliveryError, Rejected
from core.inbox.inbox import Inbox
from core.inbox.send_budget import Budget, SendWaits
from core.language.operators import Phrase, operators_book, tell
from core.policy.decision import Denied, Refusal, decide, permitted, unserved
from core.policy.file import PolicyFile
from core.provenance.record import Signer
from core.retry import retried
from core.sensitivity.level import Level
from core.telemetry import log, metrics
from core.tracing import span

T = TypeVar("T")
Looking = Callable[[], AbstractAsyncContextManager[object]]
SLOW = 2.0
"""Seconds that a message waits for the budget, of which operators are told."""
TOLD_EVERY = 3600.0


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
        self.counting: Recent[str, str] = Recent(5_000)
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
        if not draft.notice or draft.level > Level.N0:  # service words alone may be read by anybody
            audience.certain()
        permitted(decide(self.policy, level=draft.level, audience=audience.kind, task="send"))
        unwanted = (
            (not draft.notice and unserved(self.policy, audience) is not None)
            or (draft.only is not None and not audience.is_only(draft.only))
            or not audience.could_read(draft.readers)
        )
        if unwanted:
            raise Denied(Refusal(why="channel", level=draft.level, ceiling=None, audience=audience.kind))
        with span("send") as say:
            say(connector=address.connector, audience=audience.kind, sensitivity=str(draft.level))
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

        async def once() -> T:
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

        with self.waits.one():
            return await retried(once, on=Deferred)

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
