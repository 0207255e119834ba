"""`relais incident ID`: what happened to one message, without content, from its reference."""

from __future__ import annotations

import sys
from typing import Any

from bots.base import audit_of
from bots.cli.audit import opened_beside
from bots.cli.inputs import DONE, FAILED, indented, moment_of
from core.config.settings import load_settings
from core.inbox.dead_letters import DeadLetters, Incidents, normalised
from core.inbox.records import reference
from core.language.operators import operators_book, tell


async def incident(written: str, *, as_json: bool) -> int:
    """Print the failures that were noted, the decisions of the trail, and the dead letter if there is one.
    1 when nothing is known of it."""
    ref = normalised(written)
    async with opened_beside(load_settings()) as base:
        notes = await Incidents(base.store).find(ref)
        decisions = [entry async for entry in audit_of(base).entries(ref) if entry.get("ref") == ref]
        letters = [
            letter
            for letter in await DeadLetters(base.store, base.vault).list()
            if any(
                reference(base.vault.tag("turn", letter.place, event.key)) == ref for event in letter.events
            )
        ]
    kept = ("at", "what", "level", "audience", "model", "why", "kinds", "policy")
    found: dict[str, Any] = {
        "ref": ref,
        "failures": notes,
        "decisions": [{name: entry[name] for name in kept if entry.get(name)} for entry in decisions],
        "dead": [letter.id for letter in letters],
    }
    known = bool(notes or decisions or letters)
    if as_json:
        sys.stdout.write(indented(found))
    elif known:
        sys.stdout.write("\n".join(_lines(found)) + "\n")
    else:
        sys.stdout.write(tell("incident.nothing", ref=ref))
    return DONE if known else FAILED


def _lines(found: dict[str, Any]) -> list[str]:
    lines = [f"Message {found['ref']}"]
    for note in found["failures"]:
        what = operators_book().word(f"outcomes.{note['outcome']}", note["outcome"])
        why = note.get("reason") or note.get("why") or ""
        attempt = tell("incident.attempt", number=note["attempt"])
        lines.append(
            f"  {moment_of(note['at'])}  {what}{f' : {why}' if why else ''} "
            f"({note['connector']}, {attempt}, {note['seconds']} s, {note['replica']})"
        )
    for entry in found["decisions"]:
        facts = ", ".join(
            str(entry[name]) for name in ("level", "audience", "model", "why") if entry.get(name)
        )
        lines.append(tell("incident.decision", time=moment_of(entry["at"]), entry=entry["what"], facts=facts))
    lines += [tell("incident.dead", id=id) for id in found["dead"]]
    return lines
