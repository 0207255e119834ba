"""`relais announce` and `relais block|unblock`: what operators say and decide while replicas run."""

from __future__ import annotations

import sys
import time
from datetime import datetime

from bots.cli.audit import note_act, opened_beside
from bots.cli.inputs import DONE, WRONG, person_id
from core.config.settings import load_settings
from core.errors import ConfigurationError
from core.language.operators import tell
from core.sessions.controls import Announcement, Controls


async def announce(text: str | None, *, until: str | None, closed: bool, clear: bool) -> int:
    """Tell everybody a text, with `closed` as maintenance; or take it back."""
    if clear == bool(text):
        sys.stderr.write(tell("controls.announce_without_text"))
        return WRONG
    ends = moment(until) if until else 0.0
    if closed and not ends:
        raise ConfigurationError("--maintenance", "announce.endless")
    async with opened_beside(load_settings()) as base:
        await note_act(base, "announce_clear" if clear else "maintenance" if closed else "announce")
        said = None if text is None else Announcement(text=text, until=ends, closed=closed)
        await Controls(base.store, base.vault, time.time).announce(said)
    sys.stdout.write(tell("controls.announcement_gone") if clear else tell("controls.announced"))
    return DONE


def moment(written: str) -> float:
    """Seconds since 1970 of `14:00` (the next one here) or an ISO 8601 date. Raises ConfigurationError."""
    now = datetime.fromtimestamp(time.time()).astimezone()
    try:
        if len(written) <= 5:
            at = now.replace(hour=int(written[:-3]), minute=int(written[-2:]), second=0, microsecond=0)
            return at.timestamp() if at > now else at.timestamp() + 86_400
        at = datetime.fromisoformat(written)
        return (at if at.tzinfo else at.astimezone()).timestamp()
    except ValueError:
        raise ConfigurationError("--until", "announce.no_moment", written=written) from None


async def block(kind: str, id: str, *, blocked: bool) -> int:
    """Block a person by their id, or a room as `tchap:!id:serveur`; or let them come again."""
    async with opened_beside(load_settings()) as base:
        person, room = (person_id(id), "") if kind == "person" else ("", id)
        act = f"{kind}_{'block' if blocked else 'unblock'}"
        await note_act(base, act, person=person, about=base.vault.tag("room", room) if room else "")
        controls = Controls(base.store, base.vault, time.time)
        changed = await controls.block(person=person, room=room, blocked=blocked)
    done = "controls.blocked" if blocked else "controls.unblocked"
    already = "controls.blocked_already" if blocked else "controls.unblocked_already"
    sys.stdout.write(tell(done if changed else already, id=id))
    return DONE
