"""`relais audit export|verify`: the trail of decisions, as JSON lines, and whether it is whole."""

from __future__ import annotations

import sys

import orjson

from bots.cli.inputs import DONE, FAILED
from bots.replica import audit_of, opened
from core.config.settings import load_settings


async def audit(action: str, head: str) -> int:
    """`export`: one JSON object a line, the head of the trail on stderr; `verify`: 1 when it was altered."""
    async with opened(load_settings(), beside=True) as base:
        trail = audit_of(base)
        if action == "export":
            async for entry in trail.entries():
                sys.stdout.write(orjson.dumps(entry).decode() + "\n")
        verdict = await trail.verify(head)
    for fault in verdict.faults:
        sys.stderr.write(f"relais: {fault}\n")
    said = "intact" if not verdict.faults else "ALTÉRÉ"
    stream = sys.stderr if action == "export" else sys.stdout
    stream.write(
        f"Journal {said}\u00a0: {verdict.count} décisions. Tête à conserver ailleurs\u00a0: {verdict.head}\n"
    )
    return FAILED if verdict.faults else DONE
