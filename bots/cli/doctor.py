"""`relais doctor`: looks at each thing that relais depends on, and says the remedy where one is needed.

The checks that concern every replica are here and in the `bots.cli.doctor_…` modules; what belongs to a
platform (login, rights in rooms, cross-signing) comes as probes from the composition root. A check that fails
keeps none of the others from being made. Nothing that people wrote is read, nothing is sent to anybody, and
nothing is written: no folder, no key, no value of the store.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import asdict
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from shutil import disk_usage

from bots.base import stamps_of
from bots.cli import doctor_checks as checks
from bots.cli.doctor_checks import ROOM, Check, Probe, amiss, fine, named, wrong
from bots.cli.doctor_models import MODELS, models
from bots.cli.doctor_store import STORE, store
from bots.cli.inputs import indented
from core.config.checks import wrong_certificate
from core.config.settings import Settings, load_settings
from core.documents.ocr.recognition import Ocr
from core.documents.sandbox.jail import STRENGTHS
from core.documents.sandbox.sandbox import Sandbox
from core.errors import ConfigurationError, RelaisError, SandboxError
from core.export.c2pa_manifest import Credentials
from core.export.docx import opened
from core.gateway.one_shot import NoReply, ask
from core.language.operators import operators_book, tell
from core.policy.file import load_policy
from core.telemetry import describe
from core.tls import trusting
from core.turn.audit_packs import TrailHead
from core.turn.timestamps import TimestampRefused

SANDBOX, OCR = "Bac à sable des documents", "Reconnaissance de caractères"
_WORD = "bureau"
TRACES, STAMPS = "Traces", "Horodatage"
ARCHIVES, MANIFEST, TEMPLATE = "Archives", "Manifeste C2PA", "Modèle de document"
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
        return [amiss(SANDBOX, "doctor.jail_fails", error=error)]
    remedy = "" if strength == "full" else tell("doctor.kernel")
    detail = (
        tell("doctor.strength", strength=strength)
        if enough
        else tell("doctor.too_weak", strength=strength, minimum=minimum)
    )
    level = Check(name=SANDBOX, ok=enough and strength != "rlimits", detail=detail, remedy=remedy)
    return [level, *recognised]


async def _recognised(box: Sandbox) -> list[Check]:
    """Read a word that stands in a picture, where scans are read: Tesseract in the jail."""
    ocr = Ocr(box)
    languages = await ocr.languages()
    if "fra" not in languages.split("+"):
        return [amiss(OCR, "doctor.no_french" if languages else "doctor.no_ocr", languages=languages)]
    document = await ocr.read(_picture(_WORD), name="essai.png")
    text = " ".join(section.text for section in document.sections)
    if _WORD in text.lower():
        return [fine(OCR, "doctor.ocr_reads", languages=languages)]
    return [amiss(OCR, "doctor.ocr_reads_nothing")]


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
    if settings.otlp is None:
        return []
    url = settings.otlp.url
    if find_spec("opentelemetry") is None or find_spec("opentelemetry.sdk") is None:
        return [amiss(TRACES, "doctor.no_otel")]
    try:
        body = (b"", "application/x-protobuf")
        reply = await ask(url, context=trusting(settings.ca_file), body=body, within=_ANSWER)
    except (NoReply, TimeoutError) as none:
        if isinstance(none, NoReply) and none.certificate:
            return [named(TRACES, wrong_certificate(url, none.certificate))]
        return [amiss(TRACES, "doctor.collector_silent", url=url)]
    if reply.status >= 300:
        key = "doctor.collector_refuses" if reply.status in (401, 403) else "doctor.no_collector"
        return [amiss(TRACES, key, url=url, status=reply.status)]
    return [fine(TRACES, "doctor.collector_takes", url=url)]


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
        remedy = tell("doctor.check_stamps")
        return [Check(name=STAMPS, ok=False, detail=f"{url}\u00a0: {error}", remedy=remedy)]
    return [fine(STAMPS, "doctor.stamped", url=url)]


async def archives(settings: Settings) -> Sequence[Check]:
    """Can a package be put into the folder, or does the endpoint answer? Nothing is handed over."""
    given = settings.archive
    if given is None:
        return []
    if given.folder is not None:
        return [await asyncio.to_thread(_folder, given.folder)]
    url = given.url or ""
    headers = {"Authorization": f"Bearer {given.token.reveal()}"} if given.token else None
    try:
        reply = await ask(url, context=trusting(settings.ca_file), headers=headers, within=_ANSWER)
    except NoReply as error:
        return [amiss(ARCHIVES, "files.silent", error=error)]
    well, remedy = reply.status < 500, ""
    if reply.status in (401, 403):
        well, remedy = False, tell("files.give_token")
    elif reply.status == 404:  # to a GET, which an address that takes packages may not know
        remedy = tell("files.check_path")
    elif not well:
        remedy = tell("files.service_down")
    return [Check(name=ARCHIVES, ok=well, detail=tell("files.answer", status=reply.status), remedy=remedy)]


def _folder(folder: Path) -> Check:
    there = next(each for each in (folder, *folder.absolute().parents) if each.exists())
    if there.is_dir() and (free := disk_usage(there).free) < ROOM:
        return amiss(ARCHIVES, "files.disk_full", folder=folder, free=free // 1000000, room=ROOM // 1000000)
    if there.is_dir() and os.access(there, os.W_OK | os.X_OK):
        return fine(ARCHIVES, "files.folder", folder=folder)
    return amiss(ARCHIVES, "files.unwritable", folder=folder)


async def template(settings: Settings) -> Sequence[Check]:
    """Is the template of DOCX files one? Raises ConfigurationError."""
    if settings.template is None:
        return []
    await asyncio.to_thread(opened, settings.template)
    return [fine(TEMPLATE, "files.opens", path=settings.template)]


async def manifest(settings: Settings) -> Sequence[Check]:
    """Do the certificate and its key sign? Raises ConfigurationError."""
    given = settings.c2pa
    if given is None:
        return []
    pem = await asyncio.to_thread(given.certificates.read_bytes)
    Credentials(pem, given.key.reveal().encode(), time.time)
    return [fine(MANIFEST, "files.signed")]


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
) -> int:
    """Make every check and show it; 0 when all is well, else 1. `probes` come with what they look at."""
    checks: list[Check] = []
    async for check in examine(load, (*PROBES, *probes)):
        checks.append(check)
        if not as_json:
            sys.stdout.write(_shown(check))
            sys.stdout.flush()
    amiss = sum(not check.ok for check in checks)
    if as_json:
        document = {"ok": not amiss, "checks": [asdict(check) for check in checks]}
        sys.stdout.write(indented(document))
    else:
        sys.stdout.write(tell("doctor.to_mend", amiss=amiss) if amiss else tell("doctor.all_well"))
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
        for check in wrong(tell("doctor.settings"), error):
            yield check
        return
    yield Check(name=tell("doctor.settings"), ok=True, detail=_parts(settings))
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
        return [amiss(name, "doctor.late", within=f"{WITHIN:.0f}")]
    except RelaisError as error:
        return [Check(name=name, ok=False, detail=str(error))]
    except Exception as error:  # noqa: BLE001 - what nobody foresaw must not hide the other findings
        said = describe(error)  # not in its own words: some hold what was to be sent, keys included
        return [amiss(name, "doctor.broken_off", kind=said["type"], at=said["at"][-1])]


def _parts(settings: Settings) -> str:
    named = {"Tchap": settings.tchap, "Slack": settings.slack, tell("doctor.mail"): settings.mail}
    present = [name for name, part in named.items() if part]
    return tell("doctor.connectors", names=", ".join(present)) if present else tell("doctor.no_connector")
