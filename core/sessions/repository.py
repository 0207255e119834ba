"""What the bot remembers, sealed, until it expires or is erased: sessions, persons' choices, rooms' settings.

A session is one hash (core/sessions/model.py): its level, which only rises, its turns and its
materials. These carry their author, so that erasing a person is exact in a session that several share. A
person has a profile and an index of the sessions that hold something of theirs.

Erasure also stops late writers (core/sessions/erasure.py). So that no session can be missed, it enters the
index before a first turn is kept in it.

What a conversation has settled with a bot (who may ask, schedules) is kept as long as it is used, without any
content of messages. Jobs of two threads of one conversation are handled at once, so that what is kept changes
only in the place of what was read (`Sessions.change_settled`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, fields, replace
from functools import partial
from typing import Any

import orjson
from cachetools import FIFOCache

from core.connector import Address, Audience
from core.inbox.records import to_json
from core.sensitivity.level import Level
from core.sessions.erasure import DAY, erase, note_removal
from core.sessions.model import (
    SHORT,
    KeptMaterial,
    KeptTurn,
    Profile,
    Session,
    SessionRecord,
    could_read,
    marked,
    opened_session,
    sealed_lowered,
    sealed_materials,
    sealed_turn,
)
from core.store.valkey import Store
from core.store.wire import Command, Word
from core.vault import Vault

__all__ = ["KeptMaterial", "KeptTurn", "Profile", "Session", "Sessions"]

PROFILE = 400 * DAY
"""Milliseconds after which a person who is not heard of is forgotten."""
TOKEN = 4
"""Bytes of text that a token stands for, about, in French and English."""
MATERIALS = ((0.0, 1 << 20), (0.5, 128 << 10), (0.8, 32 << 10))
"""From how full the store is on (its part of `maxmemory`), the most bytes of materials in one session, as
they lie in the store: about a third of their text. The oldest go first; the last stays."""
TURN = 32
"""Length of the key of a turn."""
TICK = 0.002
"""Seconds after which the clock of the store (ms) shows another time."""
NOW = 1 << 52
"""In ms, after any erasure: what is kept comes in now."""
HELD = DAY
"""Milliseconds that a question waits for a word of its author."""
REFUSED = 7 * DAY
"""Milliseconds that a person may ask why something was refused."""
_CHOICES = frozenset(each.name for each in fields(Profile))


UNUSED = 400 * 86_400_000
"""Milliseconds after which the settlements of a conversation that is not heard of are forgotten."""
_TOLD = "people told"
"""Under this name, beside those of bots: who was here when the bot last said there what it is, by short tags
(`core.sessions.model`)."""
_TELLING = "people being told"
"""Under this name: the job that tells those who came, and of whom it knew then."""
TELLS_WITHIN = 3_600_000
"""Milliseconds in which that job is waited for: then another tells them."""
_REMEMBERED = 4096
"""Conversations of which a replica remembers that all who are here were told."""
Note = Callable[[], Awaitable[None]] | None


def apart(key: str, turn: str) -> str:
    """Name where a question waits, by its `turn`, whose place in the session `key` another one took."""
    return f"{key}?{turn}"


class Sessions:
    """All methods raise StoreUnavailable. A key is any text that names a session; people are named by id."""

    def __init__(
        self,
        store: Store,
        vault: Vault,
        *,
        retention_days: int = 30,
        max_turns: int = 40,
        max_tokens: int = 24_000,
        fullness: Callable[[], float] = lambda: 0.0,
        archived: bool = False,
    ) -> None:
        """`fullness`: what part of its memory the store uses, from 0 to 1. `archived`: archives hold copies
        of exchanges."""
        self._store = store
        self._vault = vault
        self._ttl = retention_days * DAY
        self._max_turns = max_turns
        self._max_bytes = max_tokens * TOKEN
        self._fullness = fullness
        self._archived = archived
        self._settled_tag = partial(vault.tag, "settled")
        """What stands for what a bot has settled: of its connector, conversation and bot."""
        self._told: FIFOCache[tuple[str, str], int] = FIFOCache(_REMEMBERED)

    async def load(
        self,
        key: str,
        person: str,
        *,
        since: int = 0,
        audience: Audience | None = None,
        settled: tuple[Address, str] | None = None,
    ) -> tuple[Session, Profile]:
        """The session as `person` finds it, and their profile, in one round trip; with what a conversation
        has `settled` with a bot.

        Of the session only what everyone of the `audience` could read; what is added is said to them.
        `since` is when what is to be kept came in (`Claim.since`), by default now: when the person is erased
        after it, nothing is kept."""
        tag, who = self._vault.tag("session", key), self._vault.tag("person", person)
        commands: list[Command] = [
            ("HGETALL", self._store.key(tag, "session", tag)),
            ("HGETALL", self._store.key(who, "person", who)),
            ("PTTL", self._store.key(who, "sessions", who)),
            ("GET", self._store.key(tag, "held", tag)),
            ("TIME",),
        ]
        here = ""
        if settled is not None:
            address, bot = settled
            here = self._settled_tag(address.connector, address.conversation, bot)
            place = self._store.key(here, "settled", here)
            commands += [("GET", place), ("PEXPIRE", place, UNUSED)]
        raw, profile, lasts, held, (seconds, micros), *found = await self._store.spread(commands)
        people = frozenset(
            self._vault.tag("person", each)[:SHORT] for each in (audience.members if audience else ())
        )
        session = opened_session(self._vault, tag, raw, key=key, person=person, people=people)
        session = replace(
            session,
            held=self._mine(tag, who, held) if held else None,
            readers=None if audience is None or audience.open else "".join(sorted(people)),
            since=since or int(seconds) * 1000 + int(micros) // 1000,
            indexed=session.indexed and lasts > self._ttl,
            settled=self._vault.open(found[0], context=f"settled|{here}") if found and found[0] else None,
        )
        chosen: dict[str, str] = {}
        for field, sealed in profile.items():  # what was not written with the keys was never chosen
            name = field.decode(errors="replace")
            value = self._vault.try_open(sealed, context=f"profile|{who}|{name}")
            if value is not None and name in _CHOICES:
                chosen[name] = value.decode()
        return session, Profile(**chosen)

    async def appending(
        self,
        session: Session,
        turn: KeptTurn,
        *,
        materials: Sequence[KeptMaterial] | None = (),
        bot: str = "",
    ) -> list[Command]:
        """What keeps a turn of the reader of `session`, once however often it is repeated, and raises the
        level to it, as commands to travel with others (`Claim.done`); none: the reader was erased since the
        session was loaded, and nothing is kept. `materials` None: those that the turn brought before stay.

        The level is raised and late writers are refused when they are executed."""
        if not (session.indexed or await self._enter(session.key, session)):
            return []
        tag, who = self._vault.tag("session", session.key), self._vault.tag("person", session.person)
        turn = replace(turn, readers=session.readers)
        given = [replace(each, readers=session.readers) for each in materials or ()]
        sealed = sealed_turn(self._vault, tag, who, turn, session.sealed)
        brought: list[bytes] = []
        if given:  # packing a long text takes a while
            brought = await asyncio.to_thread(sealed_materials, self._vault, tag, who, turn.key, given)
        wrote = "" if turn.writers is None else f"{turn.key} {to_json(turn.writers).decode()}"
        room = next(most for full, most in reversed(MATERIALS) if self._fullness() >= full)
        append = self._store.script(
            "append",
            tag,
            *(who, session.since, turn.key, sealed),
            marked(self._vault, tag, "level", int(turn.level)),
            marked(self._vault, tag, "floor", int(turn.level if turn.floor is None else turn.floor)),
            marked(self._vault, tag, "bot", bot or session.bot),
            marked(self._vault, tag, "writers", wrote),
            marked(self._vault, tag, "masking", "0"),
            *(self._max_turns, self._max_bytes, room, self._ttl, int(materials is None)),
            *brought,
        )
        return [append]

    async def remove_turn(self, key: str, turn: str) -> None:
        """Forget one exchange and what was given with it, copies for the archives too. Removing what is gone
        is no error."""
        await self._prune(self._vault.tag("session", key), "turn", turn)
        if self._archived:
            await note_removal(self._store, turn)

    async def record(self, tag: str) -> SessionRecord | None:
        """All of a session by its tag, as nobody in particular reads it; None: there is none, or it was not
        written with the keys."""
        page = await self._page(tag)
        if not page.turns:
            return None
        return SessionRecord(
            level=page.level,
            turns=page.turns,
            authors=page.authors,
            materials=page.materials,
            givers=page.givers,
            brought=page.brought,
        )

    async def take_out(self, tag: str, turns: Iterable[KeptTurn]) -> None:
        """Take exchanges out of a session by its tag, with what was given in them."""
        for turn in turns:
            await self._prune(tag, "turn", turn.key)

    async def expires_in(self, tag: str) -> float:
        """Seconds until a session is forgotten, by its tag; below 0: there is none."""
        return await self._store.run(("PTTL", self._store.key(tag, "session", tag))) / 1000

    async def reset(self, key: str) -> None:
        """Begin anew: no turns, no materials, the lowest level."""
        await self._prune(self._vault.tag("session", key), "all", "")

    async def raise_level(
        self, key: str, level: Level, *, floor: Level | None = None, chosen_by: str = ""
    ) -> Level:
        """The session's level is `level` at least; returns what it is now. `floor`: without weak findings;
        `chosen_by`: the person who chose it, who may go back to what was before their first raise."""
        tag = self._vault.tag("session", key)
        chose: dict[str, str] = {}
        if chosen_by:
            page, person = await self._page(tag), self._vault.tag("person", chosen_by)
            again = page.before.partition(" ")[2] == person
            chose = {"chosen": "1", "before": page.before if again else f"{int(page.level)} {person}"}
        await self._store.run(self._raising(tag, level, level if floor is None else floor, **chose))
        return (await self._page(tag)).level

    async def undo_raise(self, key: str, level: Level | None, person: str) -> Level | None:
        """Take a raise that the person chose back to `level`, or as far as it goes; returns what it is then.
        None where the level was higher than that before, another person raised it last, or something of more
        than `level` was kept meanwhile."""
        tag = self._vault.tag("session", key)
        raw = await self._store.run(("HGETALL", self._store.key(tag, "session", tag)))
        page = opened_session(self._vault, tag, raw)
        before, _, who = page.before.partition(" ")
        kept = max((each.level for each in (*page.turns, *page.materials)), default=Level.N0)
        if not raw or not page.intact or not before or who != self._vault.tag("person", person):
            return None
        least = Level(max(int(before), kept))
        level = least if level is None else level
        if not least <= level < page.level:
            return None
        lowered = raw.get(b"lowered") or sealed_lowered(self._vault, tag, ())
        return level if await self._lower(tag, raw, level, lowered) else None

    async def lower(self, key: str) -> Level:
        """Take weak findings back: the level becomes what it is without them; returns it."""
        tag = self._vault.tag("session", key)
        while True:  # until the session did not change between reading and writing
            raw = await self._store.run(("HGETALL", self._store.key(tag, "session", tag)))
            page = opened_session(self._vault, tag, raw)
            if not raw or not page.intact:
                return page.level
            if await self._lower(tag, raw, page.floor, sealed_lowered(self._vault, tag, page.turns)):
                return page.floor

    async def _lower(self, tag: str, raw: Mapping[bytes, bytes], level: Level, lowered: bytes) -> bool:
        """Write a lower level, unless the session is not any more as it was read."""
        levels = (marked(self._vault, tag, name, int(level)) for name in ("level", "floor"))
        words = (raw[b"level"], raw[b"floor"], *levels, lowered)
        return bool(await self._store.run(self._store.script("lower", tag, *words)))

    async def mask(self, key: str, on: bool) -> None:
        """Hide personal data from models in this session, or no more."""
        await self._store.run(
            self._raising(self._vault.tag("session", key), Level.N0, Level.N0, masking="1" if on else "0")
        )

    async def hold(self, session: Session, turn: str, question: bytes) -> bool:
        """Keep a question of the reader, sealed, until they say a word or a day is over, where the one waits
        that the session was loaded with. It goes with its `turn` (32 hexadecimal digits), too.

        False: the reader was erased since the session was loaded, and nothing is kept."""
        key = session.held_in or session.key
        indexed = session.indexed and key == session.key
        if not (indexed or await self._enter(key, session)):
            return False
        tag, who = self._vault.tag("session", key), self._vault.tag("person", session.person)
        sealed = self._vault.seal(question, context=f"held|{tag}|{who}|{turn}")
        command = self._store.script("hold", tag, who, session.since, turn, sealed, HELD)
        return await self._store.run(command) == b"kept"

    def dropping(self, session: Session, turn: str) -> list[Command]:
        """What forgets the question of this `turn` that waits where the session found it, or apart since
        another one took its place, as commands to travel with others."""
        return [self._store.script("prune", tag, "held", turn) for tag in self._waiting_places(session, turn)]

    async def waits(self, session: Session, turn: str) -> bool:
        """Does the question of this `turn` still wait there?"""
        places = [self._store.key(tag, "held", tag) for tag in self._waiting_places(session, turn)]
        found: list[bytes | None] = await self._store.spread([("GET", place) for place in places])
        return any(held is not None and held[TURN:][:TURN] == turn.encode() for held in found)

    def _waiting_places(self, session: Session, turn: str) -> list[str]:
        return [
            self._vault.tag("session", name)
            for name in (session.held_in or session.key, apart(session.key, turn))
        ]

    async def note_refusal(self, person: str, refusal: bytes, *, since: int = 0) -> None:
        """Keep why something of the person's was refused, sealed, for them to ask; the latest only; nothing
        when they were erased after `since` (see `load`)."""
        who = self._vault.tag("person", person)
        sealed = self._vault.seal(refusal, context=f"why|{who}")
        await self._store.run(self._store.script("person", who, "why", since or NOW, REFUSED, sealed))

    async def refusal(self, person: str) -> bytes | None:
        """What `note_refusal` kept last."""
        return await self._refusal(self._vault.tag("person", person))

    async def forget_refusal(self, who: str, turn: str) -> None:
        """Forget what `note_refusal` kept of a person, by their tag, if it is of this exchange."""
        refusal = await self._refusal(who)
        if refusal is not None and orjson.loads(refusal).get("turn") == turn:
            await self._store.run(("DEL", self._store.key(who, "why", who)))

    async def _refusal(self, who: str) -> bytes | None:
        sealed = await self._store.run(("GET", self._store.key(who, "why", who)))
        return self._vault.try_open(sealed, context=f"why|{who}") if sealed else None

    async def profile(self, person: str) -> Profile:
        """What the person chose."""
        _, profile = await self.load("", person)
        return profile

    async def update_profile(
        self,
        person: str,
        *,
        language: str | None = None,
        model: str | None = None,
        chat: str | None = None,
        writes: str | None = None,
        since: int = 0,
    ) -> None:
        """Set what is not None; an empty text takes the choice back. Nothing when the person was erased after
        `since` (see `load`)."""
        who = self._vault.tag("person", person)
        words: list[Word] = []
        for name, value in (("language", language), ("model", model), ("chat", chat), ("writes", writes)):
            if value is not None:
                words += [name, value and self._choice(who, name, value)]
        await self._store.run(self._store.script("person", who, "set", since or NOW, PROFILE, *words))

    async def greet_once(self, person: str, job: str, *, since: int = 0) -> bool:
        """Should this job tell the person who answers? True for the first one that asks, however often, and
        for one of before an erasure (`since`, see `load`)."""
        who = self._vault.tag("person", person)
        greeted = self._choice(who, "greeted", job)
        first = await self._store.run(
            self._store.script("person", who, "greet", since or NOW, PROFILE, greeted)
        )
        told = self._vault.try_open(first, context=f"profile|{who}|greeted") if first else None
        return not told or told.decode() == job

    async def forget(self, person: str) -> None:
        """Erase all that is kept about the person: profile, turns, materials, dead letters. What they say
        once it has returned is kept.

        May be repeated after a failure, and must be until it returns."""
        await erase(self._store, self._vault.tag("person", person))
        await asyncio.sleep(TICK)  # what came in within its millisecond counts as said before

    async def knows(self, person: str) -> bool:
        """Is an exchange, a choice, or a count of theirs kept, or not yet erased?"""
        who = self._vault.tag("person", person)
        kinds = ("person", "sessions", "erasing", "threads", "why", "footprint", "codes")
        return bool(await self._store.run(("EXISTS", *(self._store.key(who, kind, who) for kind in kinds))))

    async def export(self, person: str) -> dict[str, Any]:
        """All that is kept about the person, as plain values."""
        who = self._vault.tag("person", person)
        sessions = await self._store.run(("SMEMBERS", self._store.key(who, "sessions", who)))
        tags = sorted(tag.decode() for tag in sessions)
        places = [
            *(("HGETALL", self._store.key(tag, "session", tag)) for tag in tags),
            *(("GET", self._store.key(tag, "held", tag)) for tag in tags),
        ]
        found = await self._store.spread(places) if places else []
        raws, held = found[: len(tags)], found[len(tags) :]
        waiting = [self._mine(tag, who, value) for tag, value in zip(tags, held, strict=True) if value]
        refusal, chosen = await self.refusal(person), asdict(await self.profile(person))
        return {
            "person": person,
            "profile": {name: value for name, value in chosen.items() if value and name != "greeted"},
            "sessions": [
                self._own(opened_session(self._vault, tag, raw, person=person), who)
                for tag, raw in zip(tags, raws, strict=True)
            ],
            "waiting": [orjson.loads(each) for each in waiting if each],
            "refusal": orjson.loads(refusal) if refusal else None,
        }

    def _mine(self, tag: str, who: str, held: bytes) -> bytes | None:
        """The question of the person that waits in a session, if it is theirs."""
        if not held.startswith(who.encode()):
            return None
        turn, sealed = held[len(who) :][:TURN], held[len(who) + TURN :]
        return self._vault.try_open(sealed, context=f"held|{tag}|{who}|{turn.decode(errors='replace')}")

    async def _enter(self, key: str, session: Session) -> bool:
        """Name the session `key` in the index of the person for whom `session` was loaded. False: they were
        erased since."""
        if not session.person:
            raise ValueError("only a session that was loaded for somebody can be appended to")
        who = self._vault.tag("person", session.person)
        entering = self._store.script(
            "person", who, "enter", session.since, self._vault.tag("session", key), PROFILE
        )
        return bool(await self._store.run(entering))

    def _raising(self, tag: str, level: Level, floor: Level, **marks: str) -> Command:
        words = [
            word for name, value in marks.items() for word in (name, marked(self._vault, tag, name, value))
        ]
        return self._store.script(
            "raise",
            tag,
            marked(self._vault, tag, "level", int(level)),
            marked(self._vault, tag, "floor", int(floor)),
            marked(self._vault, tag, "masking", "0"),
            self._ttl,
            *words,
        )

    async def _page(self, tag: str) -> Session:
        """The session as nobody in particular reads it."""
        return opened_session(
            self._vault, tag, await self._store.run(("HGETALL", self._store.key(tag, "session", tag)))
        )

    def _choice(self, who: str, name: str, value: str) -> bytes:
        return self._vault.seal(value.encode(), context=f"profile|{who}|{name}")

    def _own(self, page: Session, who: str) -> dict[str, Any]:
        """What of a session is the person's."""
        return {
            "level": str(page.level),
            "turns": [
                {"at": turn.at, "level": str(turn.level), "question": turn.question, "answer": turn.answer}
                for turn in page.turns
                if turn.author
            ],
            "materials": [
                {"name": each.name, "level": str(each.level), "text": each.text}
                for each, giver in zip(page.materials, page.givers, strict=True)
                if giver == who
            ],
        }

    async def _prune(self, tag: str, what: str, which: str) -> None:
        await self._store.run(self._store.script("prune", tag, what, which))

    async def settled(self, address: Address, bot: str) -> bytes | None:
        """What a conversation has settled with a bot."""
        tag = self._settled_tag(address.connector, address.conversation, bot)
        place = self._store.key(tag, "settled", tag)
        sealed, _ = await self._store.batch((("GET", place), ("PEXPIRE", place, UNUSED)))
        return self._vault.open(sealed, context=f"settled|{tag}") if sealed else None

    async def settle(self, address: Address, bot: str, settled: bytes) -> None:
        """Keep this as what a conversation has settled with a bot, whatever was kept."""
        tag = self._settled_tag(address.connector, address.conversation, bot)
        place = self._store.key(tag, "settled", tag)
        sealed = self._vault.seal(settled, context=f"settled|{tag}")
        await self._store.run(("SET", place, sealed, "PX", UNUSED))

    async def change_settled(
        self, address: Address, bot: str, change: Callable[[bytes | None], bytes]
    ) -> None:
        """Keep what `change` makes of what is settled; it is asked again where another job was faster."""
        tag = self._settled_tag(address.connector, address.conversation, bot)
        place = self._store.key(tag, "settled", tag)
        context, put = f"settled|{tag}", False
        while not put:
            sealed, _ = await self._store.batch((("GET", place), ("PEXPIRE", place, UNUSED)))
            made = change(self._vault.open(sealed, context=context) if sealed else None)
            after = self._vault.seal(made, context=context)
            new: Command = ("SET", place, after, "NX", "PX", UNUSED)
            changed = ("rewrap", tag, f"settled:{tag}", "string", "", sealed, after)
            put = await self._store.run(self._store.script(*changed) if sealed else new)

    async def newcomers(self, address: Address, people: frozenset[str], job: str) -> tuple[bool, Note]:
        """Is this `job` to tell what the bot is, since one of these people (short tags) came after it was
        said last? Of several jobs at once one is, also when it is claimed anew. And what notes, once it is
        said, that all of them are told; None where there is nothing to note. The first time nobody is new:
        the bot said it when it came. A replica that saw the same people told before asks the store
        nothing."""
        where = (address.connector, address.conversation)
        if self._told.get(where) == hash(people):
            return False, None
        kept = await self.settled(address, _TOLD)
        if kept == _joined(people):
            self._told[where] = hash(people)
            return False, None
        new = kept is not None and not could_read(people, kept.decode())
        if new and not await self._tells(address, people, job):
            return False, None

        def told(now: bytes | None) -> bytes:
            """These people, and who came and was told since."""
            return _joined(people | (_tags(now) - _tags(kept)))

        return new, partial(self.change_settled, address, _TOLD, told)

    async def _tells(self, address: Address, people: frozenset[str], job: str) -> bool:
        """Is it this job that tells these people? Another does that knew of all of them."""
        tag = self._settled_tag(address.connector, address.conversation, _TELLING)
        place = self._store.key(tag, "settled", tag)
        context = f"settled|{tag}"
        mine = self._vault.seal(b"%s %s" % (job.encode(), _joined(people)), context=context)
        while True:
            first: Command = ("SET", place, mine, "NX", "PX", TELLS_WITHIN)
            put, sealed = await self._store.batch((first, ("GET", place)))
            if put:
                return True
            if not sealed:  # its time was over just then
                continue
            whose, _, those = self._vault.open(sealed, context=context).decode().rpartition(" ")
            if whose == job or could_read(people, those):
                return whose == job
            changed = ("rewrap", tag, f"settled:{tag}", "string", "", sealed, mine)
            if await self._store.run(self._store.script(*changed)):
                return True


def _joined(people: frozenset[str]) -> bytes:
    return "".join(sorted(people)).encode()


def _tags(joined: bytes | None) -> frozenset[str]:
    """The short tags of people that were joined."""
    text = (joined or b"").decode()
    return frozenset(text[at : at + SHORT] for at in range(0, len(text), SHORT))
