"""The checks of `relais doctor` that concern who is told of relais from outside: a collector of traces, a
timestamp server."""

from __future__ import annotations

import time
from collections.abc import Sequence
from importlib.util import find_spec

from bots.cli.doctor_checks import Check
from bots.replica import stamps_of
from core.config.settings import Settings
from core.one_shot import NoReply, ask
from core.tls import certificate_words, trusting
from core.turn.audit_heads import TrailHead
from core.turn.timestamps import TimestampRefused

TRACES, STAMPS = "Traces", "Horodatage"
_ANSWER = 10.0


async def traces(settings: Settings) -> Sequence[Check]:
    """Are the packages there, and does the collector take a request that holds no span?"""

    def bad(detail: str, remedy: str) -> list[Check]:
        return [Check(name=TRACES, ok=False, detail=detail, remedy=remedy)]

    if settings.otlp is None:
        return []
    url = settings.otlp.url
    if find_spec("opentelemetry") is None or find_spec("opentelemetry.sdk") is None:
        return bad("les paquets d’OpenTelemetry manquent", "Installez relais[otel]")
    try:
        body = (b"", "application/x-protobuf")
        reply = await ask(url, context=trusting(settings.ca_file), body=body, within=_ANSWER)
    except (NoReply, TimeoutError) as none:
        if isinstance(none, NoReply) and none.certificate:
            what, remedy = certificate_words(none.certificate)
            return bad(f"{url}\u00a0: {what}", remedy)
        remedy = "Corrigez RELAIS_OTLP__URL, ou lancez le collecteur\u00a0; relais répond sans lui"
        return bad(f"{url} ne répond pas", remedy)
    if reply.status in (401, 403):
        return bad(f"{url} refuse ({reply.status})", "Donnez ses en-têtes dans OTEL_EXPORTER_OTLP_HEADERS")
    if reply.status >= 300:
        remedy = "L’adresse finit en général par /v1/traces (OTLP sur HTTP)"
        return bad(f"{url} répond {reply.status}", remedy)
    return [Check(name=TRACES, ok=True, detail=f"{url} les prend")]


async def stamps(settings: Settings) -> Sequence[Check]:
    """Does the timestamp server give a stamp that its authority vouches for? Raises ConfigurationError."""
    asked = stamps_of(settings)
    if asked is None or settings.audit is None:
        return []
    url = settings.audit.timestamp_url
    head = TrailHead(n=0, link="doctor", at=int(time.time()), mac="doctor")
    try:
        await asked.stamp(str(head))
    except TimestampRefused as error:
        remedy = "Vérifiez RELAIS_AUDIT__TIMESTAMP_URL et RELAIS_AUDIT__TIMESTAMP_CA, le réseau et l’heure"
        return [Check(name=STAMPS, ok=False, detail=f"{url}\u00a0: {error}", remedy=remedy)]
    return [Check(name=STAMPS, ok=True, detail=f"{url} horodate, et son autorité est connue")]
