"""Is a server fit to hold what nobody else has? It must neither throw away nor forget what waits there."""

from __future__ import annotations

from typing import Any

from core.errors import StoreRefused
from core.language.operators import Phrase, tell
from core.store.wire import ErrorReply, Wire
from core.telemetry import log


async def check(server: Wire) -> None:
    """Raises StoreRefused, with the remedy, when the server evicts, or keeps nothing on its disk.

    With snapshots only, a crash loses what came after the last one: that is said, and goes on."""
    info = await server.call([("INFO", "memory"), ("INFO", "persistence"), ("CONFIG", "GET", "save")])
    known = fields(info[0]) | fields(info[1])
    if why := refusal(known, info[2]):
        raise why
    if known.get("aof_enabled", "0") != "1":
        log.warning("store_keeps_snapshots_only", reason=tell("store.snapshots_only"))


def refusal(info: dict[str, str], save: Any) -> StoreRefused | None:
    """Why a server must not be used, with the remedy, from its INFO and its `save`; None: it may be."""
    policy = info.get("maxmemory_policy", "noeviction")
    if policy != "noeviction":
        return StoreRefused(Phrase("store.evicts", policy=policy))
    if info.get("aof_enabled", "0") != "1" and not _snapshots(save):
        return StoreRefused(Phrase("store.keeps_nothing"))
    return None


async def memory(server: Wire) -> tuple[int, int]:
    """Bytes that a server holds, and how many it may: 0 when it has no limit."""
    (reply,) = await server.call([("INFO", "memory")])
    known = fields(reply)
    return int(known.get("used_memory", "0")), int(known.get("maxmemory", "0"))


def _snapshots(reply: Any) -> bool:
    """Does it write any? `reply` is that of CONFIG GET save, a dict; a server may refuse to tell."""
    if isinstance(reply, ErrorReply) or not reply:
        return False
    return bool(dict(reply).get(b"save"))


def fields(reply: Any) -> dict[str, str]:
    """What INFO tells, by name."""
    text = reply.decode() if isinstance(reply, bytes) else ""
    return dict(line.split(":", 1) for line in text.splitlines() if ":" in line)
