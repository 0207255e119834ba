"""Asks models and streams their answers, whatever breaks on the way.

`Gateway.stream` is the whole story of a question: before each request it asks the policy anew for the
route, sends one request, passes the pieces on, and after a failure lets `RetryPlan` say what follows.
What answers is an engine (`core.gateway.engines`); `RemoteModel.chunks` is the only function of relais that
makes a request for a model leave.
"""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Iterable
from contextlib import aclosing, contextmanager
from functools import cache, partial
from typing import Protocol

from core.errors import GatewayError, GatewayUnavailable
from core.gateway import footprint
from core.gateway.answer import ModelRequest, RetryLimits, RetryPlan
from core.gateway.ask import Again, Ask, Done, Piece
from core.gateway.catalogue import Model
from core.gateway.dialects import Chunk
from core.gateway.engines.extracts import Extracts
from core.gateway.engines.local import LocalModel
from core.gateway.engines.remote import Http, HttpLine, RemoteModel
from core.gateway.tokens import fit
from core.language.operators import Phrase

_UNSEEN = 1 / 15
"""How long what came of an answer may wait while nobody would see it, as a share of how long a model may be
silent: it is not to be taken for silence."""


class Candidates(Protocol):
    """The policy's answer: models cleared for the question, best first (`core.policy.decision.Route`)."""

    @property
    def models(self) -> tuple[Model, ...]: ...


def environment(model: Model) -> str | None:
    """The API key of a model, from the environment variable that its policy names."""
    return os.environ.get(model.api_key_env) if model.api_key_env else None


class Gateway:
    """The client of every model. `clock` is monotonic, `now` tells the time of day; both in seconds."""

    def __init__(
        self,
        *,
        session: Http,
        keys: Callable[[Model], str | None] = environment,
        limits: RetryLimits | None = None,
        observe: Callable[[ModelRequest], None] = lambda _: None,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
        random: Callable[[], float] = random.random,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._limits = limits or RetryLimits()
        unseen = self._limits.between * _UNSEEN
        self._line = HttpLine(session=session, key=keys, clock=clock, now=now, unseen=unseen)
        self._observe = observe
        self._clock = clock
        self._random = random
        self._sleep = sleep
        self._breakers: dict[tuple[str, str], Breaker] = {}
        self._engine: Callable[[Model], Engine] = cache(partial(engine, line=self._line))

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
            self._engine(model).load()

    def breaker(self, model: Model) -> Breaker:
        """What knows how the model's gateway does."""
        key = (model.url, model.served)
        if key not in self._breakers:
            self._breakers[key] = Breaker(
                failures=self._limits.breaker_failures, pause=self._limits.breaker_pause, clock=self._clock
            )
        return self._breakers[key]

    async def _ask(self, ask: Ask, model: Model, deadline: float) -> AsyncGenerator[str | Done]:
        """One request to one model, observed, behind its breaker."""
        request = ModelRequest(
            ask=ask, model=model, limits=self._limits, clock=self._clock, began=self._clock()
        )
        try:
            with self.breaker(model).request():
                async with aclosing(self._engine(model).chunks(fit(ask, model))) as chunks:
                    while (chunk := await request.next_of(chunks, deadline)) is not None:
                        if chunk.text:
                            yield chunk.text
                done = request.done()
            if footprint.estimable(model):
                await footprint.prepare()
            yield done
        except GatewayError as error:
            request.outcome, request.detail = type(error).__name__, str(error)
            raise
        finally:
            request.seconds = self._clock() - request.began
            self._observe(request)


class Breaker:
    """Leaves a gateway that keeps failing in peace for a while, then lets one request try it. One per address
    and served model: behind one address, a model may be down and others up.

    Closed: requests pass. After `failures` in a row it is open for `pause` seconds and requests fail
    at once. Then one request, the probe, passes: its outcome closes the breaker or opens it again.
    A gateway that asks to slow down is alive.
    """

    def __init__(self, *, failures: int, pause: float, clock: Callable[[], float]) -> None:
        self._allowed = failures
        self._pause = pause
        self._clock = clock
        self._failures = 0
        self._probing = False
        self.open_until = 0.0

    @property
    def closed(self) -> bool:
        """Did the model answer last time, or was it not asked yet?"""
        return self._failures < self._allowed

    @property
    def wait(self) -> float:
        """Seconds until a request may pass; 0.0: now."""
        if self.closed:
            return 0.0
        return max(self.open_until - self._clock(), 1.0 if self._probing else 0.0)

    @contextmanager
    def request(self) -> Generator[None]:
        """Around one request. Raises GatewayUnavailable when the breaker is open."""
        if (wait := self.wait) > 0:
            raise GatewayUnavailable(Phrase("gateway.left_alone"), retry_after=max(wait, 1.0))
        probe = not self.closed
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
                self.open_until = self._clock() + self._pause if self._failures >= self._allowed else 0.0
            if probe:
                self._probing = False


def engine(model: Model, line: HttpLine) -> Engine:
    """The engine of a model: the only place where it is asked which one it is."""
    match model.dialect:
        case "extracts":
            return Extracts()
        case "local":
            return LocalModel(model)
        case _:
            return RemoteModel(model, line)


class Engine(Protocol):
    """What answers for one model."""

    def load(self) -> None:
        """Load the model now, at start. Raises ConfigurationError when that is impossible."""
        ...

    def chunks(self, ask: Ask) -> AsyncGenerator[Chunk]:
        """The chunks of one answer. Closing the generator stops the work. Raises GatewayError."""
        ...
