"""Logs say what happened and never what was written; the numbers are those of the code."""

import logging
import warnings
from collections.abc import Iterator

import orjson
import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from core.errors import GatewayUnavailable
from core.metrics import Metrics
from core.telemetry import ALLOWED, configure, describe, log, without_content

SECRET = "Le plan de table de la ministre"


@pytest.fixture(autouse=True)
def _configured() -> Iterator[None]:
    """Structured lines, as in production, before and after."""
    configure()
    yield
    configure()


def written(capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    """The one line that was logged."""
    (line,) = capsys.readouterr().err.splitlines()
    return orjson.loads(line)


def test_a_line_is_one_json_object_with_its_facts(capsys: pytest.CaptureFixture[str]) -> None:
    """On stderr, with level and time."""
    log.info("job_done", connector="tchap", seconds=1.5, attempt=1)
    line = written(capsys)
    assert line.pop("timestamp")
    assert line == {"event": "job_done", "level": "info", "connector": "tchap", "seconds": 1.5, "attempt": 1}


@given(
    key=st.text(min_size=1).filter(lambda key: key not in ALLOWED | {"exc_info"}),
    value=st.one_of(st.text(), st.binary(), st.integers(), st.lists(st.text())),
)
def test_no_value_of_an_unknown_key_is_written(key: str, value: object) -> None:
    """Its type and length are all that is left."""
    line = without_content(None, "info", {"event": "x", key: value})
    length = f"[{len(value)}]" if hasattr(value, "__len__") else ""
    assert line[key] == f"<{type(value).__name__}{length}>"


def test_a_sentence_cannot_be_an_event(capsys: pytest.CaptureFixture[str]) -> None:
    """An event is a constant name; what is not may hold content."""
    log.info(SECRET)
    assert written(capsys)["event"] == "<str[31]>"


def test_a_structure_under_a_known_key_is_not_written(capsys: pytest.CaptureFixture[str]) -> None:
    """Only texts, numbers and truth values pass."""
    log.info("x", status={"body": SECRET}, reason="a\nb" + "c" * 300)
    line = written(capsys)
    assert line["status"] == "<dict[1]>"
    assert line["reason"] == "a b" + "c" * 196 + "…"


def fail(text: str) -> None:
    raise ValueError(text)


def test_an_exception_is_logged_without_its_values(capsys: pytest.CaptureFixture[str]) -> None:
    """Its type and where it came from, causes included; no trace of several lines."""
    try:
        try:
            fail(SECRET)
        except ValueError as cause:
            raise GatewayUnavailable("HTTP 503") from cause
    except GatewayUnavailable as error:
        log.error("job_failed", error=error)
    raw = capsys.readouterr().err
    assert SECRET not in raw
    described = orjson.loads(raw)["error"]
    assert (described["type"], described["text"]) == ("GatewayUnavailable", "HTTP 503")
    assert described["cause"]["type"] == "ValueError"
    assert "text" not in described["cause"]
    assert described["cause"]["at"][-1].startswith(f"{__name__}:")


def test_each_error_of_a_group_is_described() -> None:
    """What a task group raises is not hidden behind its name."""
    group = BaseExceptionGroup("g", [ValueError(SECRET), KeyError(SECRET)])
    assert [error["type"] for error in describe(group)["errors"]] == ["ValueError", "KeyError"]
    assert SECRET not in str(describe(group))


def test_exc_info_is_described_too(capsys: pytest.CaptureFixture[str]) -> None:
    """`log.exception` shows no values either."""
    try:
        fail(SECRET)
    except ValueError:
        log.exception("job_failed")
    line = written(capsys)
    assert SECRET not in str(line)
    assert line["exc_info"] is not None


def test_a_library_says_who_and_where_without_its_words(capsys: pytest.CaptureFixture[str]) -> None:
    """nio logs whole events, aiohttp URLs with keys."""
    logging.getLogger("nio.rooms").warning("bad event %s", SECRET)
    line = written(capsys)
    assert (line["event"], line["logger"]) == ("library", "nio.rooms")
    assert SECRET not in str(line)


def test_a_warning_does_not_write_its_words(capsys: pytest.CaptureFixture[str]) -> None:
    """aiohttp's hold headers that it does not understand, and so names of files."""
    logging.captureWarnings(False)  # pytest has put its own in the place
    configure()
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn(SECRET, RuntimeWarning, stacklevel=1)
    line = written(capsys)
    assert (line["event"], line["logger"]) == ("library", "py.warnings")
    assert SECRET not in str(line)


def test_libraries_are_silent_below_warning(capsys: pytest.CaptureFixture[str]) -> None:
    """Their chatter is not ours."""
    logging.getLogger("aiohttp").info("connected")
    assert capsys.readouterr().err == ""


def test_console_lines_are_for_eyes(capsys: pytest.CaptureFixture[str]) -> None:
    """Same rule, other form."""
    configure(format="console")
    log.warning("job_failed", error=GatewayUnavailable("HTTP 503"), body=SECRET)
    line = capsys.readouterr().err
    assert line[9:] == "warning job_failed error=GatewayUnavailable@? (HTTP 503) body=<str[31]>\n"


def test_the_level_is_obeyed(capsys: pytest.CaptureFixture[str]) -> None:
    """`RELAIS_LOG_LEVEL=error` hides warnings."""
    configure(level="error")
    log.warning("x")
    assert capsys.readouterr().err == ""


def test_lines_can_be_captured_in_tests() -> None:
    """structlog's own helper works with `log`."""
    with structlog.testing.capture_logs() as lines:
        log.info("job_done", connector="tchap")
    assert lines == [{"event": "job_done", "log_level": "info", "connector": "tchap"}]


def test_numbers_are_shown_in_the_format_of_prometheus() -> None:
    """Each counts under its labels."""
    metrics = Metrics()
    metrics.received.labels("tchap", "stored").inc()
    metrics.received.labels("tchap", "stored").inc()
    metrics.answered.labels("tchap").observe(0.3)
    metrics.tokens.labels("m", "prompt").inc(10)
    metrics.tokens.labels("m", "completion").inc(3)
    metrics.inbox(oldest=2.5, ready=1, leased=4)
    metrics.sandbox("seccomp", enough=True)
    metrics.sandbox("none", enough=False)
    metrics.build(policy="abc", replica="r1")
    shown = metrics.render().decode()
    for line in (
        'relais_events_received_total{connector="tchap",outcome="stored"} 2.0',
        'relais_answer_seconds_bucket{connector="tchap",le="0.5"} 1.0',
        'relais_gateway_tokens_total{kind="completion",model="m"} 3.0',
        'relais_inbox{state="leased"} 4.0',
        "relais_inbox_oldest_seconds 2.5",
        'relais_sandbox_level{level="none"} 1.0',
        "process_resident_memory_bytes",
    ):
        assert line in shown
    assert 'level="seccomp"' not in shown
    assert 'policy="abc"' in shown
