"""Logs without content: one line of named facts for each thing that happened, on stderr.

A line is `log.info("event_name", key=value)`. What people write can reach no line, whatever the caller does:
only the keys of `ALLOWED` pass, anything else is replaced by its type and length (CNIL 2021-122). An
exception becomes its type and where it came from, never its values; the text of our own errors is kept, as
`core.errors` promises that it is for operators. Lines of libraries say only who speaks and from where.

The numbers for Prometheus are `metrics`, of `core.metrics`.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping, Sized
from pathlib import Path
from typing import Any, cast

import orjson
import structlog

from core.errors import RelaisError
from core.metrics import metrics

__all__ = ["ALLOWED", "configure", "describe", "log", "metrics"]

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
    time, level, event = line.pop("timestamp", ""), line.pop("level", ""), line.pop("event", "")
    facts = " ".join(f"{key}={_fact(value)}" for key, value in line.items())
    return f"{str(time)[11:19]} {level:<7} {event} {facts}".rstrip()


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


_configure_structlog("info", "json")
