"""Traces of a message's way reach an OpenTelemetry collector, and say nothing of what people write."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from aiohttp import web
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from opentelemetry.sdk.trace.export import SpanExportResult

from core import telemetry
from core.errors import ConfigurationError
from tests.rig.child import LOOPBACK
from tests.rig.citizens import Citizen, Seen
from tests.rig.gateway import Behaviour, fake_gateway
from tests.rig.relais import relais
from tests.rig.serving import serving
from tests.rig.stub_api import stub


@dataclass
class Collector:
    """`spans` are what came, `raw` its bytes."""

    url: str = ""
    raw: bytes = b""
    spans: list[Span] = field(default_factory=list[Span])
    resource: dict[str, str] = field(default_factory=dict[str, str])

    async def take(self, request: web.Request) -> web.Response:
        body = await request.read()
        self.raw += body
        given = ExportTraceServiceRequest.FromString(body)
        for of_process in given.resource_spans:
            self.resource |= {each.key: each.value.string_value for each in of_process.resource.attributes}
            self.spans += [span for scope in of_process.scope_spans for span in scope.spans]
        return web.Response(content_type="application/x-protobuf")


@asynccontextmanager
async def collector() -> AsyncGenerator[Collector]:
    made = Collector()
    app = web.Application()
    app.router.add_post("/v1/traces", made.take)
    async with serving(app) as url:
        made.url = f"{url}/v1/traces"
        yield made


def said(span: Span) -> dict[str, str]:
    return {each.key.removeprefix("relais."): each.value.string_value for each in span.attributes}


async def heard(citizen: Citizen) -> None:
    """The next thing that the bot says to the citizen, whole."""
    done = asyncio.Event()

    def hear(seen: Seen) -> None:
        if not seen.growing:
            done.set()

    citizen.hears = hear
    async with asyncio.timeout(60):
        await done.wait()


async def test_one_trace_tells_the_way_of_a_message_without_its_content(tmp_path: Path) -> None:
    """Received, assessed, asked twice of a model that failed once, sent: one trace with the reference that
    the log has; no word of the question or of the answer, nobody's name, no room."""
    async with stub() as server, fake_gateway() as gateway, collector() as collected:
        bot = server.register("assistant", "le mot de passe du robot")
        settings = {
            "RELAIS_TCHAP__HOMESERVER": server.url,
            "RELAIS_TCHAP__USER": bot,
            "RELAIS_TCHAP__PASSWORD": "le mot de passe du robot",
            "RELAIS_TCHAP__MESSAGES_PER_SECOND": "1000",
            "RELAIS_GATEWAY__URL": gateway.url,
            "RELAIS_GATEWAY__MODEL": gateway.models[0],
            "RELAIS_OTLP__URL": collected.url,
        }
        agent = Citizen(server, "camille", bot, encrypted=True)
        async with relais(tmp_path, settings) as replica:
            agent.meet()
            await heard(agent)
            gateway.next(Behaviour(status=503, body={"message": "mirabelle"}), Behaviour(answer="quetsche"))
            agent.say("Où pousse le mirabellier ?")
            await heard(agent)
            await replica.stop()
            log = replica.log
    question = max(collected.spans, key=lambda each: each.start_time_unix_nano)
    trace = [each for each in collected.spans if each.trace_id == question.trace_id]
    steps = {"load", "assess", "handle", "ask", "deliver", "send"}
    assert {each.name for each in trace} == {"receive", "job", *steps}
    ids = {each.span_id: each for each in trace}
    root = next(each for each in trace if each.name == "receive")
    assert {each.name for each in trace if not each.parent_span_id} == {"receive"}
    assert all(each.parent_span_id in ids for each in trace if each is not root)
    assert ids[next(each for each in trace if each.name == "send").parent_span_id].name == "deliver"
    assert [said(each)["outcome"] for each in trace if each.name == "ask"] == ["GatewayUnavailable", "stop"]
    (reference,) = {said(each)["ref"] for each in trace}
    assert f'"ref":"{reference}"' in log
    assert collected.resource["service.name"] == "relais"
    assert agent.room is not None
    for secret in ("mirabell", "quetsche", "pousse", "camille", agent.room.id, "stub"):
        assert secret.encode() not in collected.raw, secret


async def test_an_error_is_named_by_its_type(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its words may quote people; neither it nor its trace of calls is given to the collector."""
    async with collector() as collected:
        telemetry.start_tracing(collected.url, share=1.0, replica="r", ca_file=None)
        with pytest.raises(ValueError, match="mirabelle"), telemetry.span("job", turn="ab" * 16):
            raise ValueError("mirabelle")
        await asyncio.to_thread(telemetry.stop_tracing)
    (span,) = collected.spans
    assert said(span)["error"] == "ValueError"
    assert len(span.events) == 0
    assert b"mirabelle" not in collected.raw


async def test_a_share_of_the_messages_is_traced_whole() -> None:
    """What is traced of a message is so on each replica: its root and its jobs, or none."""
    async with collector() as collected:
        telemetry.start_tracing(collected.url, share=0.5, replica="r", ca_file=None)
        for number in range(40):
            turn = f"{number:032x}"
            telemetry.passed("receive", seconds=0.0, turn=turn)
            with telemetry.span("job", turn=turn), telemetry.span("assess"):
                pass
        await asyncio.to_thread(telemetry.stop_tracing)
    traces = {each.trace_id for each in collected.spans}
    assert 5 < len(traces) < 35
    assert len(collected.spans) == 3 * len(traces)


async def test_a_collector_that_is_away_holds_nothing_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Steps are taken as without it, and at its end the process gives the collector up by itself, in the
    middle of the many spans that wait."""
    monkeypatch.setattr(telemetry, "_LINGER", 0.1)
    telemetry.start_tracing(f"http://{LOOPBACK}:1/v1/traces", share=1.0, replica="r", ca_file=None)
    away, given_up, by = threading.Event(), threading.Event(), list[threading.Thread]()

    def export(spans: object) -> SpanExportResult:
        away.set()
        given_up.wait()
        return SpanExportResult.FAILURE

    def shutdown() -> None:
        by.append(threading.current_thread())
        given_up.set()

    assert telemetry._tracing is not None
    monkeypatch.setattr(telemetry._tracing._exporter, "export", export)
    monkeypatch.setattr(telemetry._tracing._exporter, "shutdown", shutdown)
    for number in range(5_000):
        with telemetry.span("job", turn=f"{number:032x}"):
            pass
    await asyncio.to_thread(telemetry.stop_tracing)
    assert away.is_set()
    assert isinstance(by[0], threading.Timer)


def test_nothing_is_imported_unless_a_collector_is_named() -> None:
    """The libraries are an extra."""
    look = "import sys, core.telemetry; sys.exit(any('opentelemetry' in name for name in sys.modules))"
    assert subprocess.run([sys.executable, "-c", look], check=False, timeout=60).returncode == 0


def test_missing_libraries_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the extra to install."""
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    with pytest.raises(ConfigurationError, match=r"relais\[otel\]"):
        telemetry.start_tracing("http://collecteur/v1/traces", share=1.0, replica="r", ca_file=None)
