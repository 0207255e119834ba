"""`relais doctor`: looks at each thing that relais depends on, and says the remedy where one is needed.

Each check is a function of the settings that gives one or several `Check`; what belongs to a platform (login,
rights in rooms, cross-signing) comes as probes from the composition root. A check that fails keeps none of the
others from being made. Nothing that people wrote is read, and nothing is sent to anybody.
"""

from __future__ import annotations

import asyncio
import shutil
import ssl
import sys
import tempfile
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TextIO, cast

import aiohttp
import orjson

from bots.compose import opened
from bots.policy_cli import remarks
from core.documents.sandbox import Sandbox
from core.errors import ConfigurationError, ConfigurationErrors, RelaisError, StoreRefused
from core.gateway.catalogue import Model
from core.gateway.client import session
from core.gateway.local import check as check_local
from core.health import Health, serve
from core.metrics import Metrics
from core.policy_file import load_policy
from core.settings import Settings, load_settings

ROOM = 500_000_000
"""Bytes that should be free in the data folder."""
WITHIN = 20.0
"""Seconds that one check may take."""
_LARGEST_LIST = 5_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """What was found. `remedy` is what to do when it is not `ok`, or a hint when it is."""

    name: str
    ok: bool
    detail: str
    remedy: str = ""


Probe = Callable[[Settings], Awaitable[Sequence[Check]]]


async def doctor(
    *,
    as_json: bool,
    probes: Sequence[Probe] = (),
    load: Callable[[], Settings] = load_settings,
    out: TextIO | None = None,
) -> int:
    """Make every check and show it; 0 when all is well, else 1."""
    stream = out or sys.stdout
    checks: list[Check] = []
    async for check in examine(load, probes):
        checks.append(check)
        if not as_json:
            stream.write(_line(check))
            stream.flush()
    well = all(check.ok for check in checks)
    if as_json:
        document = {"ok": well, "checks": [asdict(check) for check in checks]}
        stream.write(orjson.dumps(document, option=orjson.OPT_INDENT_2).decode() + "\n")
    else:
        stream.write("\nTout va bien.\n" if well else f"\nÀ corriger : {sum(not c.ok for c in checks)}\n")
    return 0 if well else 1


def _line(check: Check) -> str:
    remedy = f"        → {check.remedy}\n" if check.remedy else ""
    return f"{'bien' if check.ok else 'ÉCHEC':<6}  {check.name} : {check.detail}\n{remedy}"


async def examine(load: Callable[[], Settings], probes: Sequence[Probe] = ()) -> AsyncGenerator[Check]:
    """Every check, one after the other."""
    try:
        settings = load()
    except ConfigurationError as error:
        for check in _wrong("Réglages", error):
            yield check
        return
    yield Check(name="Réglages", ok=True, detail=_parts(settings))
    for probe in (data_folder, policy, store, gateways, sandbox, http, *probes):
        try:
            async with asyncio.timeout(WITHIN):
                found = await probe(settings)
        except ConfigurationError as error:
            found = _wrong(_name(probe), error)
        except TimeoutError:
            found = [Check(name=_name(probe), ok=False, detail=f"pas de réponse en {WITHIN:.0f} s")]
        except RelaisError as error:
            found = [Check(name=_name(probe), ok=False, detail=str(error))]
        for check in found:
            yield check


def _name(probe: Probe) -> str:
    return _NAMES.get(probe, getattr(probe, "__name__", "sonde"))


def _wrong(name: str, error: ConfigurationError) -> list[Check]:
    problems = error.problems if isinstance(error, ConfigurationErrors) else (error,)
    return [
        Check(name=name, ok=False, detail=f"{problem.setting} : {problem.reason}", remedy=problem.remedy)
        for problem in problems
    ]


def _parts(settings: Settings) -> str:
    present = {
        "Tchap": settings.tchap,
        "Slack": settings.slack,
        f"courriel ({len(settings.mail)})": settings.mail,
    }
    names = [name for name, part in present.items() if part]
    return f"connecteurs : {', '.join(names)}" if names else "aucun connecteur ; `relais chat` fonctionne"


async def data_folder(settings: Settings) -> Sequence[Check]:
    """Can it be written to, and is there room?"""
    folder = settings.data_dir.absolute()
    remedy = "Nommez dans RELAIS_DATA_DIR un dossier d’un disque local où relais peut écrire"
    try:
        free = await asyncio.to_thread(_try_folder, folder)
    except OSError as error:
        return [Check(name=_NAMES[data_folder], ok=False, detail=f"{folder} : {error.strerror}", remedy=remedy)]
    detail = f"{folder}, {_gigabytes(free)} libres"
    remedy = "" if free >= ROOM else f"Libérez de la place : au moins {_gigabytes(ROOM)}"
    return [Check(name=_NAMES[data_folder], ok=free >= ROOM, detail=detail, remedy=remedy)]


def _try_folder(folder: Path) -> int:
    """Free bytes of a folder that can be written to. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.TemporaryFile(dir=folder) as file:
        file.write(b"relais")
    return shutil.disk_usage(folder).free


async def policy(settings: Settings) -> Sequence[Check]:
    """Is it valid, and what may it have forgotten?"""
    loaded = load_policy(settings)
    where = settings.policy or "livrée avec relais"
    notes = " ".join(remarks(loaded, settings))
    models = ", ".join(f"{model.id} ({model.clearance})" for model in loaded.models)
    return [Check(name=_NAMES[policy], ok=True, detail=f"{where} ; modèles : {models}", remedy=notes)]


async def store(settings: Settings) -> Sequence[Check]:
    """Does it answer, may it be used, and are our keys its own? The policy is another check's business."""
    name = _NAMES[store]
    where = "à l’adresse de RELAIS_STORE__URL" if settings.store.url else "embarqué (Valkey)"
    try:
        async with opened(_without_policy(settings)) as base:
            await base.store.ping()
    except StoreRefused as error:
        if settings.store.url is None and "in use by another relais" in str(error):
            return [Check(name=name, ok=True, detail=f"{where}, tenu par un relais qui tourne")]
        return [Check(name=name, ok=False, detail=str(error))]
    return [Check(name=name, ok=True, detail=f"{where}, répond ; ses clés sont les nôtres")]


def _without_policy(settings: Settings) -> Settings:
    from dataclasses import replace

    return replace(settings, policy=None, gateway=None)
