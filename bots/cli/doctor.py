"""`relais doctor`: looks at each thing that relais depends on, and says the remedy where one is needed.

The checks that concern every replica are here and in the `bots.cli.doctor_…` modules; what belongs to a
platform (login, rights in rooms, cross-signing) comes as probes from the composition root. A check that fails
keeps none of the others from being made. Nothing that people wrote is read, nothing is sent to anybody, and
nothing is written: no folder, no key, no value of the store.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import asdict
from importlib.util import find_spec
from io import BytesIO
from typing import TextIO

from bots.cli import doctor_checks as checks
from bots.cli.doctor_checks import Check, Probe, amiss, fine, wrong
from bots.cli.doctor_files import ARCHIVES, MANIFEST, TEMPLATE, archives, manifest, template
from bots.cli.doctor_models import MODELS, models
from bots.cli.doctor_store import STORE, store
from bots.cli.inputs import indented
from bots.replica import stamps_of
from core.config.settings import Settings, load_settings
from core.documents.ocr.recognition import Ocr
from core.documents.sandbox.jail import STRENGTHS
from core.documents.sandbox.sandbox import Sandbox
from core.errors import ConfigurationError, RelaisError, SandboxError
from core.language.operators import operators_book, tell
from core.one_shot import NoReply, ask
from core.policy.file import load_policy
from core.telemetry import describe
from core.tls import certificate_words, trusting
from core.turn.audit_packs import TrailHead
from core.turn.timestamps import TimestampRefused

SANDBOX, OCR = "Bac à sable des documents", "Reconnaissance de caractères"
_WORD = "bureau"
TRACES, STAMPS = "Traces", "Horodatage"
_ANSWER = 10.0


async def sandbox(settings: Settings) -> Sequence[Check]:
    """How well are the readers of documents locked in on this machine, and is it what the policy demands?"""
    try:
        minimum = load_policy(settings).sandbox
    except ConfigurationError:
        minimum = STRENGTHS[-1]  # `policy` says what is wrong
    try:
        async with Sandbox(minimum=minimum) as box:
            strength = await box.start()
            enough, minimum = box.enough, box.demanded
            recognised = await _recognised(box) if enough else []
    except SandboxError as error:
        return [amiss(SANDBOX, tell("doctor.demarre_pas", error=error))]
    remedy = "" if strength == "full" else tell("doctor.faut_noyau_avec")
    detail = (
        tell("doctor.strength", strength=strength)
        if enough
        else tell("doctor.niveau_politique_exige", strength=strength, minimum=minimum)
    )
    level = Check(name=SANDBOX, ok=enough and strength != "rlimits", detail=detail, remedy=remedy)
    return [level, *recognised]


async def _recognised(box: Sandbox) -> list[Check]:
    """Read a word that stands in a picture, where scans are read: Tesseract in the jail."""
    ocr = Ocr(box)
    languages = await ocr.languages()
    if "fra" not in languages.split("+"):
        said = tell("doctor.connait", languages=languages) if languages else tell("doctor.absente_scans_sont")
        return [amiss(OCR, said, tell("doctor.installez_tesseract_ocr"))]
    document = await ocr.read(_picture(_WORD), name="essai.png")
    text = " ".join(section.text for section in document.sections)
    if _WORD in text.lower():
        return [fine(OCR, tell("doctor.lit_mot_bac", languages=languages))]
    return [amiss(OCR, tell("doctor.tesseract_mais_lit"), tell("doctor.bac_sable_retient"))]


def _picture(word: str) -> bytes:
    """A picture in which a word stands."""
    from PIL import Image, ImageDraw, ImageFont

    picture = Image.new("L", (1240, 500), 255)
    font = ImageFont.load_default(size=48)
    for line in range(4):
        ImageDraw.Draw(picture).text((80, 60 + 90 * line), f"Le {word} lit cette page", 0, font)
    data = BytesIO()
    picture.save(data, "PNG")
    return data.getvalue()


async def traces(settings: Settings) -> Sequence[Check]:
    """Are the packages there, and does the collector take a request that holds no span?"""

    def bad(detail: str, remedy: str) -> list[Check]:
        return [amiss(TRACES, detail, remedy)]

    if settings.otlp is None:
        return []
    url = settings.otlp.url
    if find_spec("opentelemetry") is None or find_spec("opentelemetry.sdk") is None:
        return bad(tell("doctor.paquets_opentelemetry_manquent"), tell("doctor.install_otel"))
    try:
        body = (b"", "application/x-protobuf")
        reply = await ask(url, context=trusting(settings.ca_file), body=body, within=_ANSWER)
    except (NoReply, TimeoutError) as none:
        if isinstance(none, NoReply) and none.certificate:
            what, remedy = certificate_words(none.certificate)
            return bad(f"{url}\u00a0: {what}", remedy)
        return bad(tell("doctor.repond_pas", url=url), tell("doctor.corrigez_otlp_url"))
    if reply.status in (401, 403):
        return bad(tell("doctor.refuses", url=url, status=reply.status), tell("doctor.donnez_ses_en"))
    if reply.status >= 300:
        return bad(tell("doctor.repond", url=url, status=reply.status), tell("doctor.adresse_finit_en"))
    return [fine(TRACES, tell("doctor.prend", url=url))]


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
        return [amiss(STAMPS, f"{url}\u00a0: {error}", tell("doctor.verifiez_audit_timestamp"))]
    return [fine(STAMPS, tell("doctor.horodate_son_autorite", url=url))]


PROBES: tuple[tuple[str, Probe], ...] = (
    (checks.MACHINE, checks.machine),
    (checks.FOLDER, checks.data_folder),
    (checks.POLICY, checks.policy),
    (STORE, store),
    (MODELS, models),
    (SANDBOX, sandbox),
    (checks.CLOCK, checks.clocks),
    (checks.HTTP, checks.http),
    (checks.NOTICE, checks.notice),
    (ARCHIVES, archives),
    (MANIFEST, manifest),
    (TEMPLATE, template),
    (TRACES, traces),
    (STAMPS, stamps),
)
WITHIN = 60.0
"""Seconds that one probe may take."""


async def doctor(
    *,
    as_json: bool,
    probes: Sequence[tuple[str, Probe]] = (),
    load: Callable[[], Settings] = load_settings,
    out: TextIO | None = None,
) -> int:
    """Make every check and show it; 0 when all is well, else 1. `probes` come with what they look at."""
    stream = out or sys.stdout
    checks: list[Check] = []
    async for check in examine(load, (*PROBES, *probes)):
        checks.append(check)
        if not as_json:
            stream.write(_shown(check))
            stream.flush()
    amiss = sum(not check.ok for check in checks)
    if as_json:
        document = {"ok": not amiss, "checks": [asdict(check) for check in checks]}
        stream.write(indented(document))
    else:
        stream.write(tell("doctor.corriger", amiss=amiss) if amiss else tell("doctor.all_well"))
    return 1 if amiss else 0


def _shown(check: Check) -> str:
    remedy = f"          → {check.remedy}\n" if check.remedy else ""
    verdict = tell("doctor.well") if check.ok else tell("doctor.amiss")
    name = operators_book().word(f"checks.{check.name}", check.name)
    return f"{verdict:<8}  {name} : {check.detail}\n{remedy}"


async def examine(load: Callable[[], Settings], probes: Sequence[tuple[str, Probe]]) -> AsyncGenerator[Check]:
    """Every check, as soon as it is made."""
    try:
        settings = load()
    except ConfigurationError as error:
        for check in wrong(tell("doctor.reglages"), error):
            yield check
        return
    yield fine(tell("doctor.reglages"), _parts(settings))
    for name, probe in probes:
        for check in await _made(name, probe, settings):
            yield check


async def _made(name: str, probe: Probe, settings: Settings) -> Sequence[Check]:
    try:
        async with asyncio.timeout(WITHIN):
            return await probe(settings)
    except ConfigurationError as error:
        return wrong(name, error)
    except TimeoutError:
        remedy = tell("doctor.cette_partie_interroge")
        return [amiss(name, tell("doctor.pas_reponse_en", within=f"{WITHIN:.0f}"), remedy)]
    except RelaisError as error:
        return [amiss(name, str(error))]
    except Exception as error:  # noqa: BLE001 - what nobody foresaw must not hide the other findings
        said = describe(error)  # not in its own words: some hold what was to be sent, keys included
        detail = tell("doctor.broken_off", kind=said["type"], at=said["at"][-1])
        return [amiss(name, detail, tell("doctor.regardez_cette_partie"))]


def _parts(settings: Settings) -> str:
    named = {"Tchap": settings.tchap, "Slack": settings.slack, tell("doctor.mail"): settings.mail}
    present = [name for name, part in named.items() if part]
    return tell("doctor.connectors", names=", ".join(present)) if present else tell("doctor.no_connector")
