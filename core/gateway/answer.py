"""One answer while it comes: what its chunks say of it, and how it ended."""

from __future__ import annotations

from dataclasses import dataclass, replace

from core.errors import GatewayUnavailable
from core.gateway.ask import Ask, Done, Finish, Usage
from core.gateway.catalogue import Model
from core.gateway.dialects import Chunk
from core.gateway.tokens import length


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRecord:
    """One request that ended, for logs and metrics: no content.

    `outcome` is the finish of the answer, `cancelled`, or the name of the error, with its text in
    `detail`. `first` is the time from the request to the first word, None when there was none; both
    times are in seconds.
    """

    key: str
    model: Model
    outcome: str
    seconds: float
    first: float | None = None
    usage: Usage | None = None
    detail: str = ""


class Answer:
    """Gathers the chunks of one request."""

    def __init__(self, *, ask: Ask, model: Model, began: float) -> None:
        self._ask = ask
        self._model = model
        self._began = began
        self._first: float | None = None
        self._served = ""
        self._finish: Finish | None = None
        self._ended = False
        self._characters = 0
        self._blank = True
        self._usage: Usage | None = None

    def add(self, chunk: Chunk, at: float) -> None:
        if chunk.text and self._first is None:
            self._first = at - self._began
        self._characters += len(chunk.text)
        self._blank = self._blank and not chunk.text.strip()
        self._served = chunk.served or self._served
        self._finish = chunk.finish or self._finish
        self._ended = chunk.last or self._ended
        self._usage = chunk.usage or self._usage

    def done(self) -> Done:
        """The end of the answer. Raises GatewayUnavailable when it broke off, failed or is empty."""
        if self._finish is None and not self._ended:
            raise GatewayUnavailable("the stream was cut")
        if self._finish == "error":
            raise GatewayUnavailable("the model failed while it answered")
        if self._blank:
            raise GatewayUnavailable("the model gave an empty answer")
        return Done(
            model=self._model,
            served=self._served or self._model.served,
            finish=self._finish or "stop",
            usage=self._counted(),
        )

    def _counted(self) -> Usage:
        """The gateway's usage; tokens are estimated when it did not count them."""
        if self._usage is not None and self._usage.completion_tokens:
            return self._usage
        return replace(
            self._usage or Usage(),
            prompt_tokens=length(self._ask),
            completion_tokens=-(-self._characters // 4),
            estimated=True,
        )

    def asked(self, outcome: str, detail: str, at: float) -> RequestRecord:
        return RequestRecord(
            key=self._ask.key,
            model=self._model,
            outcome=outcome,
            seconds=at - self._began,
            first=self._first,
            usage=self._usage,
            detail=detail,
        )
