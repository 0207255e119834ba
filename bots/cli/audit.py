"""`relais audit export|verify|find`: the trail of decisions, as JSON lines, and whether it is whole."""

from __future__ import annotations

import getpass
import os
import sys
from pathlib import Path
from typing import TextIO

import orjson

from bots.cli.inputs import DONE, FAILED, WRONG
from bots.replica import Base, audit_of, opened
from core.config.settings import Settings, load_settings
from core.turn.audit import Verdict


async def audit(action: str, person: str | None, head: str, stamps: Path | None = None) -> int:
    """`export`: one JSON object a line, the head of the trail on stderr; `find`: those about one person;
    `verify`: 1 when it was altered. `stamps`: a file of timestamps that was kept elsewhere."""
    if action == "find" and not person:
        sys.stderr.write("relais: `audit find` demande l’identifiant d’une personne.\n")
        return WRONG
    settings = load_settings()
    if stamps is not None and not _can_read(stamps, settings):
        return WRONG
    async with opened(settings, beside=True) as base:
        trail = audit_of(base)
        if action == "find":
            async for entry in trail.find(person or ""):
                sys.stdout.write(orjson.dumps(entry).decode() + "\n")
            return DONE
        if action == "export":
            async for entry in trail.entries():
                sys.stdout.write(orjson.dumps(entry).decode() + "\n")
        verdict = await trail.verify(*([head] if head else []), stamps=stamps)
    return _told(verdict, sys.stderr if action == "export" else sys.stdout)


def _can_read(stamps: Path, settings: Settings) -> bool:
    """Can a file of timestamps be verified? It is said when not."""
    if readable := settings.audit is not None and stamps.is_file():
        return readable
    sys.stderr.write(
        "relais: `--stamps` demande un fichier d’horodatages, et RELAIS_AUDIT__TIMESTAMP_URL avec "
        "RELAIS_AUDIT__TIMESTAMP_CA.\n"
    )
    return False


def _told(verdict: Verdict, stream: TextIO) -> int:
    for fault in verdict.faults:
        sys.stderr.write(f"relais: {fault}\n")
    said = "intact" if not verdict.faults else "ALTÉRÉ"
    if verdict.stamped:
        stream.write(f"Horodatages examinés\u00a0: {verdict.stamped}.\n")
    stream.write(
        f"Journal {said}\u00a0: {verdict.count} décisions. Tête à conserver ailleurs\u00a0: {verdict.head}\n"
    )
    return FAILED if verdict.faults else DONE


async def note_act(base: Base, what: str, *, person: str = "", about: str = "") -> None:
    """Note in the trail what an operator does by hand, before it is done. Raises StoreError."""
    trail = audit_of(base)
    await trail.see()
    await trail.write([trail.act(what, by=operator(), person=person, about=about)])


def operator() -> str:
    """The account that gives a command: of sudo, who called it."""
    return os.environ.get("SUDO_USER") or getpass.getuser()
