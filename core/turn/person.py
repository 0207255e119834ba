"""The author of a turn, as a bot uses them: what is kept about them, and what is said to them alone."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import orjson
from pydantic import TypeAdapter

from core.connector import Address, Awaited, Choice, Whisper
from core.delivery.outbox import key
from core.errors import Deferred, DeliveryError, PlatformRefused, Rejected
from core.gateway.ask import Footprint
from core.inbox.inbox import Entry
from core.policy.decision import Refusal
from core.retry import retried
from core.sensitivity.level import Level
from core.sessions.figures import Counts
from core.sessions.repository import Sessions
from core.telemetry import log

if TYPE_CHECKING:
    from core.turn.services import Services
    from core.turn.turn import Turn

ATTEMPTS = 3
"""How often a chat is asked for before its person is told nothing."""
_REFUSAL: TypeAdapter[Refusal] = TypeAdapter(Refusal)


async def all_kept(sessions: Sessions, counts: Counts, person: str, trail_days: int | None) -> dict[str, Any]:
    """What is handed over to a person who asks for their data, or to an operator for them. `trail_days`:
    None: nobody knows, the policy cannot be read."""
    kept = await sessions.export(person)
    footprints = await counts.footprints(person)
    kept["footprints"] = {month: asdict(taken) for month, taken in footprints.items()}
    kept["decisions"] = {"kept_days": trail_days, "under": "a keyed hash", "why": "CNIL 2021-122"}
    return kept


@dataclass(slots=True)
class PersonData:
    """The author of a turn: what is kept about them, and what is said to them alone."""

    _turn: Turn
    _services: Services
    served: bool = True
    """May the person be told anything alone? Not on a server that the service is not for."""
    _told: int = 0
    _heard: bool = False
    """Was something said to them alone in this turn?"""

    async def greet(self) -> bool:
        """Is this turn to say who answers? True for one turn of a person only, whichever asks first: a job
        that is handled again is answered as the first time."""
        return not self._turn.acquainted and await self._services.sessions.greet_once(
            self._turn.question.author.id, self._turn.job, since=self._turn.session.since
        )

    async def update(
        self,
        *,
        language: str | None = None,
        model: str | None = None,
        chat: str | None = None,
        writes: str | None = None,
    ) -> None:
        """Change the person's choices; another language is spoken from now on."""
        await self._services.sessions.update_profile(
            self._turn.question.author.id,
            language=language,
            model=model,
            chat=chat,
            writes=writes,
            since=self._turn.session.since,
        )
        turn = self._turn
        turn.profile = replace(turn.profile, chat=chat or turn.profile.chat)
        if chat and not turn.question.direct:
            turn.chat = f"{turn.question.address.connector}:{chat}"
        if spoken := language or writes:
            turn.speak(spoken)

    async def forget(self) -> None:
        """Erase all that is kept about the person."""
        await self._services.sessions.forget(self._turn.question.author.id)

    async def export(self) -> bytes:
        """All that is kept about the person, as JSON; the turn has then the highest level of it all. What
        waits for a word is counted only: its level is not known yet."""
        kept = await all_kept(
            self._services.sessions,
            self._services.quotas,
            self._turn.question.author.id,
            self._turn.policy.retention.audit_days,
        )
        kept["waiting"] = len(kept["waiting"])
        told = [each for session in kept["sessions"] for each in (*session["turns"], *session["materials"])]
        turn = self._turn
        turn.rise(max((Level.parse(each["level"]) for each in told), default=Level.N0))
        return orjson.dumps(kept, option=orjson.OPT_INDENT_2)

    async def footprints(self) -> dict[str, Footprint]:
        """What the answers to the person took, by month, the latest first; and the `last` one."""
        return await self._services.quotas.footprints(self._turn.question.author.id)

    async def refusal(self) -> Refusal | None:
        """What was refused to the person last, anywhere, in the last days."""
        kept = await self._services.sessions.refusal(self._turn.question.author.id)
        return _REFUSAL.validate_json(kept) if kept else None

    async def note_refusal(self, refusal: Refusal) -> None:
        await self._services.sessions.note_refusal(
            self._turn.question.author.id, _REFUSAL.dump_json(refusal), since=self._turn.session.since
        )

    async def tell(
        self,
        text: str,
        level: Level = Level.N0,
        choices: tuple[Choice, ...] = (),
        *,
        awaits: Awaited = "",
        writers: tuple[str, ...] = (),
        goes: bool = False,
        explains: str = "",
    ) -> Address | None:
        """Have `text`, which is of `level` and which the models `writers` wrote, said to the author alone, in
        their chat of two with the bot; once, however often this turn is handled. Returns that chat; None
        where that cannot be done, and in such a chat. `awaits`: what the text asks for (`Turn.awaits`);
        `goes`: it is deleted with the question; `explains`: also with the refused exchange of this key."""
        turn = self._turn
        if turn.question.direct or turn.private is None:
            return None
        self._told += 1
        try:
            chat = partial(turn.private.chat, turn.question.author.id, turn.profile.chat, asks=bool(awaits))
            address = await retried(chat, on=Deferred, most=ATTEMPTS)
        except DeliveryError as error:
            log.warning("no_private_chat", error=error)
            self.served = isinstance(error, PlatformRefused) or not isinstance(error, Rejected)
            return None
        event = Whisper(
            key=key("whisper", turn.job, self._told, *(message.text for message in turn.question.messages)),
            address=address,
            at=self._services.clock(),
            sender=turn.question.author,
            text=text,
            level=level,
            language=turn.texts.language,
            choices=choices,
            awaits=awaits,
            about=turn.question.key if awaits or goes else "",
            explains=explains,
            writers=writers,
        )
        (outcome,) = await self._services.inbox.enqueue([Entry(event=event, aside=True)])
        if outcome == "full":
            return None
        if writers:
            name = f"{turn.question.key} {self._told}"
            turn.to_register += self._services.register.adding(text, name=name, generated=True)
        if address.conversation != turn.profile.chat:
            await self.update(chat=address.conversation)
        self._heard = True
        return address

    async def answer(self, text: str, level: Level, writers: tuple[str, ...]) -> bool:
        """Say to the author alone what would be said here, which is of `level` and which the models `writers`
        wrote, unless they were told something in its stead: of what they asked in a menu others know nothing.
        False where that cannot be done."""
        return self._heard or await self.tell(text, level, writers=writers) is not None
