"""The check of `relais doctor` that concerns the store. It only reads: an empty store is not sealed by it, no
server is started for it, and nothing is changed in one that runs.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Sequence
from functools import cache, partial
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

from bots.cli.doctor_checks import Check, amiss, fine, named
from core.config.checks import wrong_certificate
from core.config.settings import Settings
from core.errors import ConfigurationError, StoreRefused, StoreUnavailable, Tampered, UnknownKey
from core.language.operators import tell
from core.store.embedded import answers, binary, holder_of, socket_path
from core.store.fitness import fields, refusal
from core.store.keyring import INDEX, RETIRED, opened_index, retired_refusal
from core.store.place import StoreAddress, ask
from core.tls import certificate_trouble, unreached
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
        return await _looked_at(Stored(place), tell("server.at", place=place), keys)
    except (RedisError, OSError, TimeoutError) as error:
        return [_unreachable(place, error)]
    finally:
        await place.close()


def _unreachable(place: StoreAddress, error: BaseException) -> Check:
    said = f"{error}{error.__cause__ or ''}"
    bad = partial(amiss, STORE, place=place)
    if isinstance(error, AuthenticationError) or "NOAUTH" in said or "WRONGPASS" in said:
        return bad("server.login_refused")
    if trouble := certificate_trouble(error):
        return named(STORE, wrong_certificate(place, trouble))
    if isinstance(error, NoPermissionError):
        return bad("server.few_rights", error=error)
    if isinstance(error, InvalidResponse):
        return bad("server.no_store")
    if "max number of clients" in said:
        return bad("server.too_many_clients")
    if isinstance(error, ResponseError) and place.kind == "sentinel":
        return bad("server.no_sentinel")
    if isinstance(error, ResponseError):
        return bad("server.refuses", error=error)
    return bad("server.silent", name=unreached(error))


async def _looked_at(server: Stored, where: str, keys: Keys | None) -> list[Check]:
    info = fields(await server("INFO"))
    found = [fine(STORE, "server.answers", where=where, kind=_kind(info))]
    if denied := await server("EVAL", _DENIED, "1", "relais:{0}:doctor", *_commands()):
        found.append(amiss(STORE, "server.denied", decode=", ".join(each.decode() for each in denied[:5])))
    save = await _said(server, "save") if info.get("aof_enabled") != "1" else None
    if why := refusal(info, save):
        found.append(Check(name=STORE, ok=False, detail=str(why)))
    found += _state(info)
    if info.get("aof_enabled") == "1" and dict(await _said(server, "appendfsync") or {}) == _LEFT:
        found.append(amiss(STORE, "server.seldom_written"))
    if not int(info.get("maxmemory", 0)):
        found.append(fine(STORE, "server.no_memory_limit"))
    found += _time(await server("TIME"))
    if keys is not None:
        sealed, retired = await server("GET", INDEX), await server("SISMEMBER", RETIRED, keys.newest.hex())
        found.append(_sealed(keys, sealed, retired=bool(retired)))
    if dead := await server("HLEN", "relais:{0}:dead"):
        found.append(fine(STORE, "server.dead_letters", dead=dead))
    return found


_LEFT = {b"appendfsync": b"no"}
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
    used, limit = int(info.get("used_memory", 0)), int(info.get("maxmemory", 0))
    old = int((info.get("redis_version") or "0").partition(".")[0]) < 7
    writers, replicas = int(info.get("min_slaves_good_slaves", 1)), info.get("connected_slaves", "0")
    found: list[Check] = []
    if old:
        found.append(amiss(STORE, "server.old", kind=_kind(info)))
    if limit and used > NEARLY * limit:
        found.append(amiss(STORE, "server.memory_full", limit=100 * used // limit))
    if info.get("role") == "slave":
        found.append(amiss(STORE, "server.replica"))
    if info.get("loading") == "1":
        found.append(amiss(STORE, "server.loading"))
    for name in ("aof_last_write_status", "aof_last_bgrewrite_status", "rdb_last_bgsave_status"):
        if info.get(name, "ok") != "ok":
            found.append(amiss(STORE, "server.disk_full", name=name))
    if writers < 1:
        found.append(amiss(STORE, "server.few_replicas", replicas=replicas))
    return found


def _time(said: Sequence[Any]) -> list[Check]:
    late = time.time() - int(said[0])
    if abs(late) <= SKEW:
        return []
    return [amiss(STORE, "server.wrong_clock", late=f"{late:.0f}")]


def _sealed(keys: Keys, sealed: bytes | None, *, retired: bool) -> Check:
    """Are our keys those of the store? Of an empty one it is not known."""
    if sealed is None:
        return fine(STORE, "server.to_be_sealed")
    try:
        if retired:
            raise retired_refusal()
        opened_index(keys, sealed)
    except StoreRefused as error:
        remedy = tell("server.correct_keys", setting=SETTING)
        return Check(name=STORE, ok=False, detail=str(error), remedy=remedy)
    return fine(STORE, "server.opens")


async def _embedded(data_dir: Path, given: Keys | None) -> list[Check]:
    """The store in the data folder: by its server where that runs, else by its files."""
    folder = data_dir / "store"
    socket = socket_path(folder)
    own = data_dir / "store.key"
    try:
        keys = given or (Keys(own.read_text().split()) if own.exists() else None)
    except (OSError, ConfigurationError) as error:
        return [amiss(STORE, "server.unreadable_key", own=own, error=error)]
    if await answers(socket):
        place = StoreAddress(f"unix://{quote(str(socket))}", None)
        where = tell("server.embedded_runs")
        return await _looked_at(Stored(place), where, keys)
    if holder := await asyncio.to_thread(holder_of, folder):
        return [amiss(STORE, "server.embedded_silent", holder=holder, folder=folder)]
    try:
        binary()
    except StoreUnavailable:
        return [amiss(STORE, "server.no_embedded")]
    kept = await asyncio.to_thread(_index_on_disk, folder)
    if kept is None:
        return [fine(STORE, "server.embedded_empty")]
    if keys is None:
        return [amiss(STORE, "server.no_key", own=own)]
    if not any(id in kept for id in (keys.newest, *keys.former)):
        return [amiss(STORE, "server.other_keys", setting=SETTING)]
    return [fine(STORE, "server.embedded_stopped")]


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
        tag = Vault(keys, index=opened_index(keys, sealed)).tag("budget", scope)
        partition = int(tag[:8], 16) % int(await server("GET", "relais:partitions") or 1)
        factor = await server("HGET", f"relais:{{{partition}}}:budget:{tag}", "factor")
        return float(factor) if factor else None
    except (RedisError, OSError, TimeoutError, StoreRefused, Tampered, UnknownKey):
        return None
    finally:
        await place.close()
