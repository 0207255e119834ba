"""What the operators do by hand: a person's data, messages that were given up, the master keys, and what they
say and decide while replicas run."""

from __future__ import annotations

import sys
import time
from datetime import datetime

from bots.base import sessions_of, used_by_us
from bots.cli.audit import note_act, opened_beside
from bots.cli.inputs import DONE, WRONG, indented, moment_of, person_id
from core.config.settings import load_settings
from core.errors import ConfigurationError
from core.inbox.dead_letters import DeadLetters
from core.language.operators import Phrase, tell
from core.provenance.signing import SigningKeys
from core.sessions.controls import Announcement, Controls
from core.sessions.erasure import Journal
from core.sessions.figures import Counts
from core.store import rotation
from core.turn.person import all_kept
from core.vault import SETTING, drop_former_folder_keys, new_folder_key


async def person(action: str, id: str) -> int:
    """`export`: all that is kept about the person, as JSON on stdout; `erase`: erase it. It is said when
    nothing was kept: their id may be misspelt."""
    id = person_id(id)
    async with opened_beside(load_settings()) as base:
        sessions = sessions_of(base)
        known = await sessions.knows(id)
        await note_act(base, f"person_{action}", person=id)
        if action == "export":
            days = None if base.unread else base.policy.retention.audit_days
            counts = Counts(base.store, base.vault, base.policy.quotas)
            kept = await all_kept(sessions, counts, id, days)
            sys.stdout.write(indented(kept))
            if not known:
                sys.stderr.write(tell("admin.unknown_person", id=id))
        else:
            await sessions.forget(id)
            await Journal(base.store, base.settings.data_dir).replay()
            told = "admin.erased_trail_kept" if base.unread else "admin.erased"
            told = told if known else "admin.unknown_person"
            sys.stdout.write(str(Phrase(told, id=id, days=base.policy.retention.audit_days)))
    return 0


async def dead(action: str, id: str | None) -> int:
    """`list` the messages that were given up; send one again (`retry`) or forget it (`drop`)."""
    async with opened_beside(load_settings()) as base:
        letters = DeadLetters(base.store, base.vault)
        if action == "list":
            found = await letters.list()
            if not found:
                sys.stderr.write(tell("admin.none_failed"))
            for letter in found:
                events = ", ".join(event.type for event in letter.events)
                sys.stdout.write(
                    f"{letter.id}\t{moment_of(letter.at)}\t{letter.attempts}\t{events}\t{letter.reason}\n"
                )
            return 0
        if id is None:
            sys.stderr.write(tell("admin.dead_without_id", action=action))
            return 2
        await note_act(base, f"dead_{action}", about=id)
        found = await (letters.retry(id) if action == "retry" else letters.drop(id))
        if not found:
            sys.stderr.write(tell("admin.unknown_letter", id=id))
        return 0 if found else 1


async def rotate() -> int:
    """Wrap all that is sealed under the newest key, while replicas run. With the key of the data folder, a
    new one is made first and the former one removed at the end."""
    settings = load_settings()
    own = not settings.store.keys
    if not own and len(settings.store.keys) < 2:
        raise ConfigurationError(SETTING, "keys.only_one")
    used_by_us(settings)
    if own:
        new_folder_key(settings.data_dir)
    async with opened_beside(settings) as base:
        await note_act(base, "keys_rotate", about=base.vault.newest)
        count = await rotation.rotate(base.store, base.vault, _counting)
        await SigningKeys(base.store, base.vault, time.time).renew()
    if own:
        drop_former_folder_keys(settings.data_dir)
    sys.stdout.write(tell("admin.sealed_anew", count=count))
    sys.stdout.write(
        tell("admin.former_key_gone") if own else tell("admin.former_keys_needless", setting=SETTING)
    )
    return 0


def _counting(count: int) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(tell("admin.values", count=count))


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
