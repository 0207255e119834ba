"""Logs and traces without content: what a process says of itself.

The log is one line of named facts for each thing that happened, on stderr: `log.info("event_name",
key=value)`. What people write can reach no line, whatever the caller does: only the keys of `ALLOWED` pass,
anything else is replaced by its type and length (CNIL 2021-122). An exception becomes its type and where it
came from, never its values; the text of our own errors is kept, as `core.errors` promises that it is for
operators. Lines of libraries say only who speaks and from where.

Traces of the way of a message go to an OpenTelemetry collector, where `RELAIS_OTLP__URL` names one. The steps
of a message share one trace whichever replica takes them, for its id is made of the job's key: `receive` is
its root, `job` each claim of it, and below `assess`, `handle`, `deliver`, `ask` (each request to a model),
`send` (each post and edit). What they say besides obeys the rule of the log; `ref` is the reference that
people read in a failure. An error is named by its type, never by its words. The libraries are those of
`relais[otel]`, imported when a collector is named. They give spans to the collector in a thread of their own,
and drop them while it is away.

The numbers for Prometheus are `metrics`, of `core.metrics`.
"""

from __future__ import annotations

import hashlib
import logging
import re
import sys
import threading
import time
from collections.abc import Callable, Generator, Mapping, MutableMapping, Sized
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import orjson
import structlog

from core.errors import ConfigurationError, RelaisError
from core.metrics import metrics as metrics
from core.metrics import relais_version

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.trace import Span

ALLOWED = frozenset(
    {
        "event", "level", "timestamp", "logger", "at",  # of every line
        "error", "reason", "attempt", "outcome", "status", "why",  # what went wrong; `reason`: words of ours
        "connector", "part", "replica", "version", "policy", "setting", "bind", "sandbox", "pid", "signal",
        "turn", "person", "prompt", "ref",  # opaque: hashes and tags, never names
        "model", "served", "dialect", "sensitivity", "audience",
        "count", "size", "bytes", "tokens", "seconds", "retry_after", "age",
        "device", "server", "device_count", "room_version", "rule",
    }
)  # fmt: skip
"""The keys whose values may be written: facts of the system, never of a conversation."""

_EVENT = re.compile(r"[a-z0-9_]{1,60}")
_LONGEST = 200
_LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}
Line = MutableMapping[str, Any]

log: structlog.typing.FilteringBoundLogger = structlog.get_logger()


def configure(*, level: str = "info", format: str | None = None) -> None:
    """Set how this process logs: from `level` on, as `json` or `console` lines (None: by whether stderr is a
    terminal). Libraries from warning on."""
    _configure_structlog(level, format or ("console" if sys.stderr.isatty() else "json"))
    root = logging.getLogger()
    for handler in [handler for handler in root.handlers if isinstance(handler, _Libraries)]:
        root.removeHandler(handler)
    root.addHandler(_Libraries())
    root.setLevel(logging.WARNING)
    logging.captureWarnings(True)  # else a warning writes its words on stderr
    logging.raiseExceptions = False


def _configure_structlog(level: str, format: str) -> None:
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            without_content,
            _console if format == "console" else _json,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        logger_factory=_Stderr,
        cache_logger_on_first_use=False,
    )


def without_content(_logger: object, _method: str, line: Line) -> Line:
    """The rule: what is not known to be harmless is replaced by its type and length."""
    return {key: _safe(key, value) for key, value in line.items()}


def _safe(key: str, value: object) -> object:
    if key in ("exc_info", "error") and isinstance(value, BaseException):
        return describe(value)
    if key == "exc_info":
        current = sys.exc_info()[1]
        return describe(current) if value and current else None
    if key == "event" and not (isinstance(value, str) and _EVENT.fullmatch(value)):
        return _masked(value)
    if key not in ALLOWED:
        return _masked(value)
    if isinstance(value, str):
        return _one_line(value)
    return value if isinstance(value, bool | int | float | None) else _masked(value)


def _masked(value: object) -> str:
    length = f"[{len(value)}]" if isinstance(value, Sized) else ""
    return f"<{type(value).__name__}{length}>"


def _one_line(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= _LONGEST else flat[: _LONGEST - 1] + "…"


def describe(error: BaseException, *, depth: int = 4) -> dict[str, Any]:
    """An exception without its values: type, `module:line` from the outermost call in, causes, and for our
    own errors the text."""
    described: dict[str, Any] = {"type": type(error).__name__, "at": _places(error)}
    if isinstance(error, RelaisError):
        described["text"] = _one_line(str(error))
    if isinstance(error, BaseExceptionGroup) and depth:
        inner = cast("BaseExceptionGroup[BaseException]", error).exceptions
        described["errors"] = [describe(each, depth=depth - 1) for each in inner[:5]]
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is not None and depth:
        described["cause"] = describe(cause, depth=depth - 1)
    return described


def _places(error: BaseException) -> list[str]:
    places: list[str] = []
    trace = error.__traceback__
    while trace is not None:
        module: str = trace.tb_frame.f_globals.get("__name__", "?")
        places.append(f"{module}:{trace.tb_lineno}")
        trace = trace.tb_next
    return places[-8:]


def _json(_logger: object, _method: str, line: Line) -> str:
    return orjson.dumps(line, default=_masked).decode()


def _console(_logger: object, _method: str, line: Line) -> str:
    at, level, event = line.pop("timestamp", ""), line.pop("level", ""), line.pop("event", "")
    facts = " ".join(f"{key}={_fact(value)}" for key, value in line.items())
    return f"{str(at)[11:19]} {level:<7} {event} {facts}".rstrip()


def _fact(value: object) -> str:
    if isinstance(value, Mapping):  # a described exception
        error = cast("Mapping[str, Any]", value)
        places = error.get("at") or ["?"]
        return f"{error.get('type')}@{places[-1]}" + (f" ({error['text']})" if "text" in error else "")
    return str(value)


class _Stderr:
    """Writes lines to whatever stderr is at that time."""

    def msg(self, line: str) -> None:
        sys.stderr.write(line + "\n")

    debug = info = warning = error = critical = exception = log = msg


class _Libraries(logging.Handler):
    """What libraries log, without their words: those may quote messages, keys or URLs."""

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        level = "error" if record.levelno >= logging.ERROR else "warning"
        getattr(log, level)(
            "library",
            logger=record.name,
            at=f"{Path(record.pathname).stem}:{record.lineno}",
            **({"error": error} if error else {}),
        )


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
traced = False
"""Are there traces?"""


def start_tracing(url: str, *, share: float, replica: str, ca_file: Path | None) -> None:
    """Give the spans of this process to the collector at `url`, those of a `share` of all messages. Raises
    ConfigurationError."""
    global traced, _tracing
    _tracing, traced = _Tracing(url, share=share, replica=replica, ca_file=ca_file), True


def stop_tracing() -> None:
    """Trace no more. Blocks while the collector is given the last spans."""
    global traced, _tracing
    tracing, _tracing, traced = _tracing, None, False
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


_configure_structlog("info", "json")
