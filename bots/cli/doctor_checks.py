"""The checks of `relais doctor` that concern every replica: folder, policy, store, models, sandbox, HTTP.

Each is a function of the settings that gives one or several `Check`, and raises what it cannot name better
itself: RelaisError, with the remedy of whoever raised it.
"""

from __future__ import annotations

import asyncio
import platform
import ssl
import tempfile
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from shutil import disk_usage
from typing import cast

import orjson

from bots.cli.policy_check import remarks
from bots.replica import opened
from core.config.python import needed
from core.config.settings import Settings
from core.documents.sandbox.jail import STRENGTHS
from core.documents.sandbox.sandbox import Sandbox
from core.errors import ConfigurationError, ConfigurationErrors, SandboxError, StoreRefused
from core.gateway.catalogue import Model
from core.gateway.engines import local
from core.http.server import Health, serve
from core.metrics import Metrics
from core.one_shot import NoReply, ask
from core.policy.file import load_policy
from core.tls import trusting

ROOM = 500_000_000
"""Bytes that should be free in the data folder."""
_ANSWER = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """What was found. `remedy` is what to do when it is not `ok`, and may be a hint when it is."""

    name: str
    ok: bool
    detail: str
    remedy: str = ""


Probe = Callable[[Settings], Awaitable[Sequence[Check]]]


def wrong(name: str, error: ConfigurationError) -> list[Check]:
    """One check for each wrong setting."""
    problems = error.problems if isinstance(error, ConfigurationErrors) else (error,)
    return [
        Check(name=name, ok=False, detail=f"{problem.setting} : {problem.reason}", remedy=problem.remedy)
        for problem in problems
    ]


async def data_folder(settings: Settings) -> Sequence[Check]:
    """Can it be written to, and is there room?"""
    folder = settings.data_dir
    try:
        free = await asyncio.to_thread(_free, folder)
    except OSError as error:
        detail = f"{folder} : {error.strerror}"
        remedy = "Nommez dans RELAIS_DATA_DIR un dossier d’un disque local où relais peut écrire"
        return [Check(name=FOLDER, ok=False, detail=detail, remedy=remedy)]
    enough = free >= ROOM
    remedy = "" if enough else f"Libérez de la place : il faut au moins {_gigabytes(ROOM)}"
    return [Check(name=FOLDER, ok=enough, detail=f"{folder}, {_gigabytes(free)} libres", remedy=remedy)]


def _free(folder: Path) -> int:
    """The free bytes of a folder that can be written to. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.TemporaryFile(dir=folder) as file:
        file.write(b"relais")
    return disk_usage(folder).free


def _gigabytes(size: int) -> str:
    return f"{size / 1e9:.1f}\u00a0Go".replace(".", ",")


async def policy(settings: Settings) -> Sequence[Check]:
    """Is it valid, and what may it have forgotten?"""
    loaded = load_policy(settings)
    models = ", ".join(f"{model.id} ({model.clearance})" for model in loaded.models)
    detail = f"{settings.policy or 'celle livrée avec relais'} ; modèles : {models}"
    return [Check(name=POLICY, ok=True, detail=detail, remedy=" ".join(remarks(loaded, settings)))]


async def store(settings: Settings) -> Sequence[Check]:
    """Does it answer, may it be used, and are our keys its own? (The policy is not its business.)"""
    where = "à RELAIS_STORE__URL" if settings.store.url else "Valkey embarqué"
    try:
        async with opened(settings.model_copy(update={"policy": None, "gateway": None})) as base:
            await base.store.ping()
    except StoreRefused as error:
        if settings.store.url is None and "in use by another relais" in str(error):
            return [Check(name=STORE, ok=True, detail=f"{where}, tenu par un relais qui tourne")]
        raise
    return [Check(name=STORE, ok=True, detail=f"{where}, répond et s’ouvre avec les clés données")]


async def models(settings: Settings) -> Sequence[Check]:
    """Does each gateway answer, take the key, and know the model?"""
    try:
        found = load_policy(settings).models
    except ConfigurationError:
        return []  # said by `policy`
    context = trusting(settings.ca_file)
    return [await _model(context, settings, model) for model in found]


async def _model(context: ssl.SSLContext, settings: Settings, model: Model) -> Check:
    name = f"Modèle {model.id}"
    if model.address == "none":
        hint = "Pour un modèle : RELAIS_GATEWAY__URL et __MODEL, ou [[models]] d’une politique"
        return Check(name=name, ok=True, detail="extraits des documents, sans IA", remedy=hint)
    if model.address == "file":
        try:
            await asyncio.to_thread(local.check, model)
        except ConfigurationError as error:
            return wrong(name, error)[0]
        return Check(name=name, ok=True, detail=f"sur cette machine, {model.url}")
    return await _served(context, settings, model, name)


async def _served(context: ssl.SSLContext, settings: Settings, model: Model, name: str) -> Check:
    def bad(detail: str, remedy: str) -> Check:
        return Check(name=name, ok=False, detail=detail, remedy=remedy)

    key = settings.secret(model.api_key_env) if model.api_key_env else None
    headers = {"Authorization": f"Bearer {key.reveal()}"} if key else {}
    try:
        reply = await ask(f"{model.url}/models", context=context, headers=headers, within=_ANSWER)
    except NoReply as none:
        if none.certificate:
            remedy = "Donnez l’autorité de certification dans RELAIS_CA_FILE"
            return bad(f"{model.url} : certificat inconnu", remedy)
        detail = f"{model.url} ne répond pas ({none.reason})"
        return bad(detail, "Vérifiez l’adresse, le réseau, et que la passerelle tourne")
    status = reply.status
    if status in (401, 403):
        remedy = f"Donnez une clé valable dans {model.api_key_env or 'api_key_env'}"
        return bad(f"{model.url} refuse la clé ({status})", remedy)
    if status != 200:
        detail = f"{model.url} répond {status} quand on demande ses modèles"
        return bad(detail, "Vérifiez que l’adresse finit comme il faut, en général par /v1")
    known = _ids(reply.body)
    if model.served not in known:
        remedy = f"Écrivez l’un de ces noms : {', '.join(sorted(known)[:10]) or 'aucun n’est annoncé'}"
        return bad(f"{model.url} ne connaît pas « {model.served} »", remedy)
    return Check(name=name, ok=True, detail=f"{model.url} répond et connaît « {model.served} »")


def _ids(body: bytes) -> set[str]:
    """The names in an answer of /v1/models, aliases included; none when it is not such an answer."""
    try:
        listed: object = orjson.loads(body)["data"]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return set()
    found: set[str] = set()
    for entry in cast("list[object]", listed) if isinstance(listed, list) else []:
        if isinstance(entry, Mapping):
            fields = cast("Mapping[str, object]", entry)
            aliases = fields.get("aliases")
            names = [fields.get("id"), *(cast("list[object]", aliases) if isinstance(aliases, list) else [])]
            found |= {name for name in names if isinstance(name, str)}
    return found


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
    except SandboxError as error:
        return [Check(name=SANDBOX, ok=False, detail=f"ne démarre pas : {error}")]
    remedy = "" if strength == "full" else "Il faut un noyau avec Landlock, et le paquet libseccomp2"
    detail = f"niveau {strength}" if enough else f"niveau {strength}, la politique exige {minimum}"
    return [Check(name=SANDBOX, ok=enough and strength != "rlimits", detail=detail, remedy=remedy)]


async def http(settings: Settings) -> Sequence[Check]:
    """Can the address be had, unless a relais has it already?"""
    host, port = settings.http.bind
    address = f"{host}:{port}"
    try:
        async with serve(Health(dict, Metrics()), settings.http.bind):
            return [Check(name=HTTP, ok=True, detail=f"{address} est libre")]
    except ConfigurationError:
        if await _is_relais(host, port):
            return [Check(name=HTTP, ok=True, detail=f"{address}, tenue par un relais qui tourne")]
        raise


async def _is_relais(host: str, port: int) -> bool:
    near = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, host)  # noqa: S104
    near = f"[{near}]" if ":" in near and not near.startswith("[") else near
    try:
        reply = await ask(f"http://{near}:{port}/readyz", within=_ANSWER)
    except NoReply:
        return False
    return b'"parts"' in reply.body


PYTHON = "Python"
FOLDER, POLICY, STORE = "Dossier de données", "Politique", "Stockage"
MODELS, SANDBOX, HTTP = "Modèles", "Bac à sable des documents", "Adresse HTTP"


async def python(_: Settings) -> list[Check]:
    patched = needed()
    advice = f"Passez à Python {patched}\u00a0: cette version a des failles connues" if patched else ""
    return [Check(name=PYTHON, ok=True, detail=platform.python_version(), remedy=advice)]


PROBES: tuple[tuple[str, Probe], ...] = (
    (PYTHON, python),
    (FOLDER, data_folder),
    (POLICY, policy),
    (STORE, store),
    (MODELS, models),
    (SANDBOX, sandbox),
    (HTTP, http),
)
