"""`relais archive list|retry|receipt`: what waits for the archives, what they acknowledged, another try."""

from __future__ import annotations

import sys
from typing import Any

from bots.base import archives_of, opened, sessions_of
from bots.cli.audit import note_act
from bots.cli.inputs import DONE, FAILED, indented, moment_of
from core.archives.archives import Archives
from core.config.settings import load_settings
from core.errors import ConfigurationError, Tampered, TooNew, UnknownKey
from core.language.operators import tell


async def archive(action: str, id: str | None, *, as_json: bool) -> int:
    """`list`; `retry` a package, or all that wait; the `receipt` of one on stdout, as the archives gave it.
    1 when something still waits after `retry`, or no receipt is kept. Raises ConfigurationError."""
    settings = load_settings()
    if settings.archive is None:
        raise ConfigurationError("RELAIS_ARCHIVE", "archive.none")
    async with opened(settings, beside=True) as base:
        archives = archives_of(base, sessions_of(base), settings.archive)
        if action == "receipt":
            return _receipt(await archives.packages.acknowledgement(id or ""))
        if action == "list":
            return _listed(await _packages(archives), as_json=as_json)
        await note_act(base, "archive_retry", about=id or "")
        left = await archives.retry(*([id] if id else []))
    if left is None:
        sys.stdout.write(tell("archive.busy"))
        return FAILED
    sys.stdout.write(
        tell("archive.waiting", count=len(left), ids=", ".join(left)) if left else tell("archive.all_handed")
    )
    return FAILED if left else DONE


async def _packages(archives: Archives) -> dict[str, list[dict[str, Any]]]:
    troubles = await archives.packages.troubles()
    waiting: list[dict[str, Any]] = []
    for id, since in (await archives.packages.waiting()).items():
        row: dict[str, Any] = {"id": id, "since": since, "trouble": troubles.get(id, "")}
        try:
            if (waits := await archives.packages.waits(id)) is not None:
                held = waits.record
                row |= {"level": str(held.level), "turns": len(held.turns), "documents": len(held.materials)}
        except (Tampered, TooNew, UnknownKey) as error:
            row["trouble"] = str(error)
        waiting.append(row)
    handed = [{"id": id, "at": at} for id, at in await archives.packages.handed()]
    return {"waiting": waiting, "acknowledged": handed}


def _listed(found: dict[str, list[dict[str, Any]]], *, as_json: bool) -> int:
    if as_json:
        sys.stdout.write(indented(found))
        return DONE
    if not any(found.values()):
        sys.stderr.write(tell("archive.nothing"))
    for row in found["waiting"]:
        level, turns, documents = (row.get(name, "?") for name in ("level", "turns", "documents"))
        what = tell("archive.holds", level=level, turns=turns, documents=documents)
        sys.stdout.write(
            f"{row['id']}\t{tell('archive.waits')}\t{_day(row['since'])}\t{what}\t{row['trouble']}\n"
        )
    for row in found["acknowledged"]:
        sys.stdout.write(tell("archive.acknowledged", row=row["id"], day=_day(row["at"])))
    return DONE


def _receipt(kept: bytes | None) -> int:
    if kept is None:
        sys.stderr.write(tell("archive.no_acknowledgement"))
        return FAILED
    sys.stdout.buffer.write(kept)
    sys.stdout.write("\n")
    return DONE


def _day(at: float) -> str:
    return moment_of(at) if at else "?"
