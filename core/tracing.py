"""Traces of the way of a message, for an OpenTelemetry collector: none unless `RELAIS_OTLP__URL` names one.

The steps of a message share one trace whichever replica takes them, for its id is made of the job's key:
`receive` is its root, `job` each claim of it, and below `assess`, `handle`, `deliver`, `ask` (each request
to a model), `send` (each post and edit). What they say besides obeys the rule of the log
(`core.telemetry.ALLOWED`); `ref` is the reference that people read in a failure. An error is named by its
type, never by its words.

The libraries are those of `relais[otel]`, imported when a collector is named. They give spans to the
collector in a thread of their own, and drop them while it is away.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from core.errors import ConfigurationError
from core.metrics import relais_version
from core.telemetry import without_content

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.trace import Span

Say = Callable[..., object]
"""Say facts of a step while it is taken, as keywords."""

_LINGER = 5.0
"""Seconds that a collector which does not answer may hold the end of a process up."""


class _Tracing:
    """The tracer of this process."""

    def __init__(self, url: str, *, share: float, replica: str, ca_file: Path | None) -> None:
        try:
            import requests
            from opentelemetry import trace
            from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
            from opentelemetry.sdk.resources import Resource
            from opentelemetry.sdk.trace import TracerProvider
            from opentelemetry.sdk.trace.export import BatchSpanProcessor
            from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
            from opentelemetry.sdk.trace.sampling import TraceIdRatioBased
        except ImportError:
            raise ConfigurationError("RELAIS_OTLP__URL", "otlp.packages") from None

        class Ids(RandomIdGenerator):
            """Random, but of a root span those that are made of its job's key."""

            root: tuple[int, int] | None = None

            def generate_trace_id(self) -> int:
                return self.root[0] if self.root else super().generate_trace_id()

            def generate_span_id(self) -> int:
                return self.root[1] if self.root else super().generate_span_id()

        session = requests.Session()
        session.trust_env = False  # no proxy of the environment, as everywhere in relais
        self._exporter = OTLPSpanExporter(
            endpoint=url,
            certificate_file=str(ca_file) if ca_file else None,
            session=session,
            timeout=_LINGER,
        )
        resource = {
            "service.name": "relais",
            "service.version": relais_version(),
            "service.instance.id": replica,
        }
        self._ids = Ids()
        self._provider = TracerProvider(
            sampler=TraceIdRatioBased(share),
            resource=Resource.create(resource),
            id_generator=self._ids,
            shutdown_on_exit=False,
        )
        self._provider.add_span_processor(BatchSpanProcessor(self._exporter))
        self._tracer = self._provider.get_tracer("relais")
        self._trace = trace

    def begin(self, name: str, *, turn: str | None, root: bool, at: float | None = None) -> Span:
        """Begin a span: the root of a job's trace, one below that, or one below the present span."""
        start = None if at is None else int(at * 1e9)
        if turn is None:
            return self._tracer.start_span(name, start_time=start)
        ids = _ids_of(turn)
        if not root:
            return self._tracer.start_span(name, context=self._below(*ids), start_time=start)
        self._ids.root = ids
        try:
            return self._tracer.start_span(name, context=self._nothing(), start_time=start)
        finally:
            self._ids.root = None

    @contextmanager
    def present(self, span: Span) -> Generator[None]:
        """Make the span the present one, of which others are steps."""
        with self._trace.use_span(span, record_exception=False, set_status_on_exception=False):
            yield

    def failed(self, span: Span) -> None:
        span.set_status(self._trace.StatusCode.ERROR)

    def _below(self, trace_id: int, span_id: int) -> Context:
        flags = self._trace.TraceFlags(self._trace.TraceFlags.SAMPLED)
        parent = self._trace.SpanContext(trace_id, span_id, is_remote=True, trace_flags=flags)
        return self._trace.set_span_in_context(self._trace.NonRecordingSpan(parent), self._nothing())

    def _nothing(self) -> Context:
        from opentelemetry.context import Context

        return Context()

    def close(self) -> None:
        """Give the collector what it lacks, within `_LINGER`."""
        patience = threading.Timer(_LINGER, self._exporter.shutdown)
        patience.daemon = True
        patience.start()
        self._provider.shutdown()
        patience.cancel()


_tracing: _Tracing | None = None
on = False
"""Are there traces?"""


def start(url: str, *, share: float, replica: str, ca_file: Path | None) -> None:
    """Give the spans of this process to the collector at `url`, those of a `share` of all messages. Raises
    ConfigurationError."""
    global on, _tracing
    _tracing, on = _Tracing(url, share=share, replica=replica, ca_file=ca_file), True


def stop() -> None:
    """Trace no more. Blocks while the collector is given the last spans."""
    global on, _tracing
    tracing, _tracing, on = _tracing, None, False
    if tracing is not None:
        tracing.close()


_UNTRACED = nullcontext[Say](dict)
"""Facts that nobody hears make a dictionary, which is dropped."""


def span(name: str, *, turn: str | None = None) -> AbstractContextManager[Say]:
    """Trace what is done inside: a claim of the job `turn`, else a step of what is present."""
    return _UNTRACED if _tracing is None else _traced(_tracing, name, turn)


@contextmanager
def _traced(tracing: _Tracing, name: str, turn: str | None) -> Generator[Say]:
    made = tracing.begin(name, turn=turn, root=False)
    _say(made)
    try:
        with tracing.present(made):
            yield partial(_say, made)
    except BaseException as error:
        _say(made, error=type(error).__name__)
        tracing.failed(made)
        raise
    finally:
        made.end()


def passed(name: str, *, seconds: float, turn: str | None = None, **facts: object) -> None:
    """Trace what has just ended: the first step of the job `turn`, else a step of what is present."""
    if _tracing is None:
        return
    made = _tracing.begin(name, turn=turn, root=turn is not None, at=time.time() - seconds)
    _say(made, **facts)
    made.end()


def _say(span: Span, **facts: object) -> None:
    known = without_content(None, "", {**structlog.contextvars.get_contextvars(), **facts})
    for name, value in known.items():
        if isinstance(value, str | bool | int | float):
            span.set_attribute(f"relais.{name}", value)


def _ids_of(turn: str) -> tuple[int, int]:
    """The ids of a job's trace and of its root, which say nothing of the job's key."""
    digits = hashlib.sha256(f"trace\0{turn}".encode()).hexdigest()
    return int(digits[:32], 16), int(digits[32:48], 16)
