"""`relais doctor`: looks at each thing that relais depends on, and says the remedy where one is needed.

The checks that concern every replica are in the `bots.cli.doctor_…` modules; what belongs to a platform
(login, rights in rooms, cross-signing) comes as probes from the composition root. A check that fails keeps
none of the others from being made. Nothing that people wrote is read, nothing is sent to anybody, and nothing
is written: no folder, no key, no value of the store.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import asdict
from typing import TextIO

import orjson

from bots.cli import doctor_checks as checks
from bots.cli.doctor_checks import Check, Probe, wrong
from bots.cli.doctor_documents import SANDBOX, sandbox
from bots.cli.doctor_files import ARCHIVES, MANIFEST, TEMPLATE, archives, manifest, template
from bots.cli.doctor_models import MODELS, models
from bots.cli.doctor_store import STORE, store
from bots.cli.doctor_witnesses import STAMPS, TRACES, stamps, traces
from core.config.settings import Settings, load_settings
from core.errors import ConfigurationError, RelaisError

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
        stream.write(orjson.dumps(document, option=orjson.OPT_INDENT_2).decode() + "\n")
    else:
        stream.write(f"\nÀ corriger : {amiss}\n" if amiss else "\nTout va bien.\n")
    return 1 if amiss else 0


def _shown(check: Check) -> str:
    remedy = f"          → {check.remedy}\n" if check.remedy else ""
    return f"{'bien' if check.ok else 'ÉCHEC':<8}  {check.name} : {check.detail}\n{remedy}"


async def examine(load: Callable[[], Settings], probes: Sequence[tuple[str, Probe]]) -> AsyncGenerator[Check]:
    """Every check, as soon as it is made."""
    try:
        settings = load()
    except ConfigurationError as error:
        for check in wrong("Réglages", error):
            yield check
        return
    yield Check(name="Réglages", ok=True, detail=_parts(settings))
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
        return [Check(name=name, ok=False, detail=f"pas de réponse en {WITHIN:.0f} s")]
    except RelaisError as error:
        return [Check(name=name, ok=False, detail=str(error))]


def _parts(settings: Settings) -> str:
    named = {"Tchap": settings.tchap, "Slack": settings.slack, "courriel": settings.mail}
    present = [name for name, part in named.items() if part]
    return f"connecteurs : {', '.join(present)}" if present else "aucun connecteur, seulement `relais chat`"
