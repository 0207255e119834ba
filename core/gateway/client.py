"""Asks models and streams their answers, whatever breaks on the way.

`Gateway.stream` is the whole story of a question: before each request it asks the policy anew for the
route, sends one request (`ModelRequest`), passes the pieces on, and after a failure lets `RetryPlan` say what
follows: the same model again, a shorter question, the next model, or giving up.
What answers is an engine (`core.gateway.engines`); `RemoteModels.chunks` is the only function of relais that
makes a request for a model leave.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter, defaultdict
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Iterable, Sequence
from contextlib import aclosing, contextmanager
from dataclasses import dataclass, field, replace
from functools import cache, partial
from typing import Protocol

from core.config.environment import Key
from core.errors import ContextOverflow, GatewayError, GatewayRejected, GatewayUnavailable, Interrupted
from core.gateway.ask import (
    Again,
    Ask,
    Chunk,
    Done,
    Finish,
    Piece,
    Usage,
    length,
    load_ecologits,
    without_older_half,
)
from core.gateway.catalogue import DIALECTS, Dialect, Model
from core.gateway.engines.extracts import Extracts
from core.gateway.engines.local import LocalModels
from core.gateway.engines.remote import Http, RemoteModels
from core.language.operators import Phrase

_BACKOFF = 0.5
_LONGEST_BACKOFF = 8.0
_UNSEEN = 1 / 15
"""How long what came of an answer may wait while nobody would see it, as a share of how long a model may be
silent: it is not to be taken for silence."""


class Candidates(Protocol):
    """The policy's answer: models cleared for the question, best first (`core.policy.decision.Route`)."""

    @property
    def models(self) -> tuple[Model, ...]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryLimits:
    """How long and how often. Durations in seconds.

    `first_token`: from the request to the first token; `between`: from one token to the next;
    `total`: the whole answer, retries included. `attempts`: requests to one model that get no first
    token; `cuts`: times that a broken answer is asked anew of one model. `patience`: the longest
    pause before the same model is asked again; `switch`: the same when another model can take over.
    A model that failed `breaker_failures` times in a row is left alone for `breaker_pause`.
    """

    first_token: float = 60.0
    between: float = 30.0
    total: float = 300.0
    attempts: int = 3
    cuts: int = 2
    patience: float = 15.0
    switch: float = 2.0
    breaker_failures: int = 5
    breaker_pause: float = 30.0


class Gateway:
    """The client of every model. `keys` gives an API key by its name; `clock` is monotonic, `now` tells the
    time of day; both in seconds."""

    def __init__(
        self,
        *,
        session: Http,
        keys: Callable[[str], Key | None] = lambda _: None,
        limits: RetryLimits | None = None,
        observe: Callable[[ModelRequest], None] = lambda _: None,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
        random: Callable[[], float] = random.random,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._limits = limits or RetryLimits()
        unseen = self._limits.between * _UNSEEN
        self._remote = RemoteModels(session=session, keys=cache(keys), clock=clock, now=now, unseen=unseen)
        engines: dict[Dialect, Engine] = {"extracts": Extracts(), "local": LocalModels()}
        self._engines = dict.fromkeys(DIALECTS, self._remote) | engines
        self._observe = observe
        self._clock = clock
        self._random = random
        self._sleep = sleep
        self.breakers = defaultdict[tuple[str, str], Breaker](
            partial(Breaker, limits=self._limits, clock=clock)
        )
        """What knows how each gateway does, by the address and the served name of its model."""

    async def stream(self, ask: Ask, route: Callable[[], Candidates]) -> AsyncGenerator[Piece]:
        """The answer, piece by piece, `Done` last. `route` is called before each request.

        What `route` raises passes through. Raises GatewayError: Interrupted when part of an answer had
        come, else the failure of the models that were tried.
        """
        plan = RetryPlan(self._limits, self._random)
        deadline = self._clock() + self._limits.total
        while True:
            if plan.pause:
                await self._sleep(plan.pause)
            if plan.said:
                yield Again(model=plan.choose(route().models))
            plan.said.clear()
            model = plan.choose(route().models)  # nothing may come between this and the request
            try:
                async with aclosing(self._ask(ask, model, deadline)) as pieces:
                    async for piece in pieces:
                        if isinstance(piece, str):
                            plan.said.append(piece)
                        yield piece
            except GatewayError as error:
                ask = plan.failed(model, ask, error, left=deadline - self._clock())
            else:
                return

    def prepare(self, models: Iterable[Model]) -> None:
        """Load those that are not loaded. Raises ConfigurationError."""
        for model in models:
            self._engines[model.dialect].load(model)

    async def _ask(self, ask: Ask, model: Model, deadline: float) -> AsyncGenerator[str | Done]:
        """One request to one model, observed, behind its breaker."""
        request = ModelRequest(model=model, limits=self._limits, clock=self._clock, began=self._clock())
        try:
            with self.breakers[model.url, model.served].request():
                async with aclosing(self._engines[model.dialect].chunks(ask, model)) as chunks:
                    while (chunk := await request.next_of(chunks, deadline)) is not None:
                        if chunk.text:
                            yield chunk.text
                if request.blank:
                    raise GatewayUnavailable(Phrase("gateway.empty"))
                usage = request.usage
                if usage is None or not usage.completion_tokens:  # the gateway did not count them
                    told = {"prompt_tokens": length(ask), "completion_tokens": -(-request.characters // 4)}
                    usage = replace(usage or Usage(), **told, estimated=True)
            request.outcome = request.finish
            if model.estimable:
                await load_ecologits()
            yield Done(model=model, served=request.served or model.served, finish=request.finish, usage=usage)
        except GatewayError as error:
            request.outcome, request.detail = type(error).__name__, str(error)
            raise
        finally:
            request.seconds = self._clock() - request.began
            self._observe(request)


@dataclass(slots=True, kw_only=True)
class ModelRequest:
    """Awaits and gathers the chunks of one request's answer, and tells logs and metrics how it ended.

    `outcome` is the finish of the answer, `cancelled`, or the name of the error, with its text in
    `detail`. `first` is the time from the request to the first word, None when there was none, `seconds`
    that to its end.
    """

    model: Model
    limits: RetryLimits = field(repr=False)
    clock: Callable[[], float] = field(repr=False)
    began: float
    outcome: str = "cancelled"
    detail: str = ""
    seconds: float = 0.0
    first: float | None = None
    usage: Usage | None = None
    served: str = ""
    finish: Finish = "stop"
    characters: int = 0
    blank: bool = True
    _until: float = 0.0
    """When the next sign of life is late; 0.0: counted from when it is awaited, the reader's time apart."""
    _alive: bool = False

    async def next_of(self, chunks: AsyncGenerator[Chunk], deadline: float) -> Chunk | None:
        """The next chunk, None after the last. Raises GatewayUnavailable when it does not come in time."""
        patience = self.limits.between if self._alive else self.limits.first_token
        self._until = self._until or self.clock() + patience
        try:
            async with asyncio.timeout(min(self._until, deadline) - self.clock()):
                chunk = await anext(chunks, None)
        except TimeoutError:
            if self._until >= deadline:
                raise GatewayUnavailable(Phrase("gateway.late")) from None
            what = "gateway.no_next" if self._alive else "gateway.no_first"
            raise GatewayUnavailable(Phrase(what, seconds=f"{patience:g}")) from None
        if chunk is None:
            return None
        if chunk.alive:
            self._alive, self._until = True, 0.0
        if chunk.text and self.first is None:
            self.first = self.clock() - self.began
        self.characters += len(chunk.text)
        self.blank = self.blank and not chunk.text.strip()
        self.served = chunk.served or self.served
        self.finish = chunk.finish or self.finish
        self.usage = chunk.usage or self.usage
        return chunk


@dataclass(slots=True)
class RetryPlan:
    """The course of one question through the models of its route."""

    limits: RetryLimits
    random: Callable[[], float]
    said: list[str] = field(default_factory=list[str])
    """The texts that the present request has brought."""
    pause: float = 0.0
    """Seconds to wait before the next request."""
    _failures: Counter[str] = field(default_factory=Counter[str])
    _cuts: Counter[str] = field(default_factory=Counter[str])
    _spent: set[str] = field(default_factory=set[str])
    _small: int = 0
    _others: bool = False
    _errors: list[GatewayError] = field(default_factory=list[GatewayError])
    _longest: str = ""

    def choose(self, models: Sequence[Model]) -> Model:
        """The model to ask now; raises the error that tells most when none is left."""
        left = [m for m in models if m.id not in self._spent and m.context > self._small]
        if not left:
            raise self._last()
        self._others = len(left) > 1
        return left[0]

    def failed(self, model: Model, ask: Ask, error: GatewayError, *, left: float) -> Ask:
        """The request failed; `left` is the time until the deadline. Gives what to ask next."""
        self._errors.append(error)
        self._longest = max(self._longest, "".join(self.said), key=len)
        self.pause = 0.0
        match error:
            case ContextOverflow() if ask.history:
                return without_older_half(ask)  # the gateway counts more tokens than were estimated
            case ContextOverflow():
                self._small = max(self._small, model.context)
            case GatewayUnavailable():
                self._again(model, error, left)
            case _:
                self._spent.add(model.id)
        return ask

    def _again(self, model: Model, error: GatewayUnavailable, left: float) -> None:
        count, most = (
            (self._cuts, self.limits.cuts + 1) if self.said else (self._failures, self.limits.attempts)
        )
        count[model.id] += 1
        backoff = min(_LONGEST_BACKOFF, _BACKOFF * 2 ** (count[model.id] - 1)) * (0.5 + self.random())
        pause = max(backoff, error.retry_after)
        patience = self.limits.switch if self._others else self.limits.patience
        if count[model.id] >= most or pause > patience or pause >= left:
            self._spent.add(model.id)
        else:
            self.pause = pause

    def _last(self) -> GatewayError:
        """A partial answer tells most; then what will pass by itself; then what the person can shorten."""
        for kind in (GatewayUnavailable, ContextOverflow, GatewayRejected):
            found = [error for error in self._errors if isinstance(error, kind)]
            if self._longest and found:
                return Interrupted(str(found[-1]), text=self._longest)
            if found:
                return found[-1]
        return GatewayRejected(Phrase("gateway.no_model"))


class Breaker:
    """Leaves a gateway that keeps failing in peace for a while, then lets one request try it. One per address
    and served model: behind one address, a model may be down and others up.

    Closed: requests pass. After `breaker_failures` in a row it is open for `breaker_pause` seconds and
    requests fail at once. Then one request, the probe, passes: its outcome closes the breaker or opens it
    again. A gateway that asks to slow down is alive.
    """

    def __init__(self, *, limits: RetryLimits, clock: Callable[[], float]) -> None:
        self._limits = limits
        self._clock = clock
        self._failures = 0
        self._probing = False
        self.closed = True
        """Did the model answer last time, or was it not asked yet?"""
        self.open_until = 0.0

    @property
    def wait(self) -> float:
        """Seconds until a request may pass; 0.0: now."""
        if self.closed:
            return 0.0
        return max(self.open_until - self._clock(), 1.0 if self._probing else 0.0)

    @contextmanager
    def request(self) -> Generator[None]:
        """Around one request. Raises GatewayUnavailable when the breaker is open."""
        probe = not self.closed
        if probe and (wait := self.wait) > 0:
            raise GatewayUnavailable(Phrase("gateway.left_alone"), retry_after=max(wait, 1.0))
        self._probing = self._probing or probe
        failed: bool | None = False
        try:
            yield
        except GatewayUnavailable as error:
            failed = not error.limited
            raise
        except (asyncio.CancelledError, GeneratorExit):
            failed = None  # nobody waited for how it ends
            raise
        finally:
            if failed is not None:
                self._failures = self._failures + 1 if failed else 0
                self.closed = self._failures < self._limits.breaker_failures
                self.open_until = 0.0 if self.closed else self._clock() + self._limits.breaker_pause
            if probe:
                self._probing = False


class Engine(Protocol):
    """What answers for the models of some dialects."""

    def load(self, model: Model) -> None:
        """Load a model now, at start. Raises ConfigurationError when that is impossible."""
        ...

    def chunks(self, ask: Ask, model: Model) -> AsyncGenerator[Chunk]:
        """The chunks of one answer, which is complete when they end. Closing the generator stops the work.
        Raises GatewayError."""
        ...
