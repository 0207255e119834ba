"""One request to a model: how long each sign of life is awaited, what the chunks of its answer say and how it
ended; and what follows a failure.

That is the same model again, a shorter question, the next model, or giving up.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass, field, replace

from core.errors import ContextOverflow, GatewayError, GatewayRejected, GatewayUnavailable, Interrupted
from core.gateway.ask import Ask, Done, Finish, Usage
from core.gateway.catalogue import Model
from core.gateway.dialects import Chunk
from core.gateway.tokens import length, without_older_half
from core.language.operators import Phrase


@dataclass(slots=True, kw_only=True)
class ModelRequest:
    """Awaits and gathers the chunks of one request's answer, and tells logs and metrics how it ended.

    `outcome` is the finish of the answer, `cancelled`, or the name of the error, with its text in
    `detail`. `first` is the time from the request to the first word, None when there was none, `seconds`
    that to its end.
    """

    ask: Ask
    model: Model
    limits: RetryLimits = field(repr=False)
    clock: Callable[[], float] = field(repr=False)
    began: float
    outcome: str = "cancelled"
    detail: str = ""
    seconds: float = 0.0
    first: float | None = None
    usage: Usage | None = None
    _served: str = ""
    _finish: Finish | None = None
    _ended: bool = False
    _characters: int = 0
    _blank: bool = True
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
        self._characters += len(chunk.text)
        self._blank = self._blank and not chunk.text.strip()
        self._served = chunk.served or self._served
        self._finish = chunk.finish or self._finish
        self._ended = chunk.last or self._ended
        self.usage = chunk.usage or self.usage
        return chunk

    def done(self) -> Done:
        """The end of the answer. Raises GatewayUnavailable when it broke off, failed or is empty."""
        if self._finish is None and not self._ended:
            raise GatewayUnavailable(Phrase("gateway.cut"))
        if self._finish == "error":
            raise GatewayUnavailable(Phrase("gateway.midway"))
        if self._blank:
            raise GatewayUnavailable(Phrase("gateway.empty"))
        usage = self.usage
        if usage is None or not usage.completion_tokens:  # the gateway did not count them
            usage = replace(
                usage or Usage(),
                prompt_tokens=length(self.ask),
                completion_tokens=-(-self._characters // 4),
                estimated=True,
            )
        self.outcome = self._finish or "stop"
        return Done(
            model=self.model,
            served=self._served or self.model.served,
            finish=self._finish or "stop",
            usage=usage,
        )


_BACKOFF = 0.5
_LONGEST_BACKOFF = 8.0


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
