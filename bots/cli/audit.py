"""`relais audit export|verify|find`: the trail of decisions, as JSON lines, and whether it is whole."""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TextIO

import orjson

from bots.base import Base, audit_of, opened
from bots.cli.inputs import DONE, FAILED, WRONG, person_id
from core.config.settings import Settings, load_settings
from core.errors import ConfigurationError
from core.language.operators import Phrase, account
from core.policy.file import load_policy, policy_file, shipped_policy
from core.turn.audit import Verdict


async def audit(action: str, person: str | None, head: str, stamps: Path | None = None) -> int:
    """`export`: one JSON object a line, the head of the trail on stderr; `find`: those about one person;
    `verify`: 1 when it was altered, or a head is not of this trail. `stamps`: a file of timestamps that was
    kept elsewhere."""
    if action == "find" and not person:
        sys.stderr.write(f"relais: {Phrase('trail.whom')}\n")
        return WRONG
    settings = load_settings()
    if stamps is not None and not _can_read(stamps, settings):
        return WRONG
    async with opened_beside(settings) as base:
        trail = audit_of(base)
        if action == "find":
            async for entry in trail.find(person_id(person or "")):
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
    sys.stderr.write(f"relais: {Phrase('trail.no_stamps')}\n")
    return False


def _told(verdict: Verdict, stream: TextIO) -> int:
    told = [*verdict.faults, *(Phrase("trail.false_head", head=head) for head in verdict.false_heads)]
    sys.stderr.writelines(f"relais: {each}\n" for each in told)
    if verdict.stamped:
        stream.write(f"{Phrase('trail.stamped', count=verdict.stamped)}\n")
    key = "trail.altered" if verdict.faults else "trail.whole"
    stream.write(f"{Phrase(key, count=verdict.count, head=verdict.head)}\n")
    return FAILED if told else DONE


@asynccontextmanager
async def opened_beside(settings: Settings) -> AsyncGenerator[Base]:
    """The store, for a command that needs no model: what is wrong with the policy is told, and keeps no
    operator from acting. What its file says holds, as far as the file can be read.

    Raises ConfigurationError, StoreError."""
    policy = None
    try:
        policy = load_policy(settings)
    except ConfigurationError as broken:
        with suppress(ConfigurationError):
            policy = policy_file(settings)
        without = Phrase("commands.no_models" if policy else "commands.no_policy")
        sys.stderr.write(f"relais: {broken}\nrelais: {without}\n")
    async with opened(settings, beside=True, policy=policy or shipped_policy()) as base:
        yield replace(base, unread=policy is None)


async def note_act(base: Base, what: str, *, person: str = "", about: str = "") -> None:
    """Note in the trail what an operator does by hand, before it is done. Raises StoreError."""
    trail = audit_of(base)
    await trail.see()
    await trail.write([trail.act(what, by=operator(), person=person, about=about)])


def operator() -> str:
    """The account that gives a command: of sudo, who called it."""
    return os.environ.get("SUDO_USER") or account(os.getuid())
