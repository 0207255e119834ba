"""The author of a turn, as a bot uses them: what is kept about them, and what is said to them alone."""

from __future__ import annotations

from dataclasses import asdict, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import orjson
from pydantic import TypeAdapter

from core.connector import Address, Awaited, Choice, Private, Whisper
from core.delivery.outbox import key
from core.errors import Deferred, DeliveryError, PlatformRefused, Rejected
from core.gateway.ask import Footprint
from core.inbox.inbox import Entry
from core.policy.decision import Refusal
from core.retry import retried
from core.sensitivity.level import Level
from core.sessions.figures import Counts
from core.sessions.repository import Profile, Sessions
from core.telemetry import log
from core.texts import texts

if TYPE_CHECKING:
    from core.turn.exchange import Exchange
    from core.turn.services import Services

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


class PersonData:
    """The author of a turn: what is kept about them, and what is said to them alone.

    `profile` is what the author chose, and what is known of them. `chat` is the key of the session of their
    chat of two, where others are here; empty where none is known."""

    def __init__(
        self, exchange: Exchange, services: Services, private: Private | None, profile: Profile
    ) -> None:
        self._exchange = exchange
        self._services = services
        self._private = private
        self.profile = profile
        question = exchange.question
        known = profile.chat and not question.direct
        self.chat = f"{question.address.connector}:{profile.chat}" if known else ""
        self.served = True
        """May the person be told anything alone? Not on a server that the service is not for."""
        self._told = 0
        self._heard = False
        """Was something said to them alone in this turn?"""

    @property
    def who(self) -> str:
        """Names the author in the store: a keyed hash."""
        return self._services.inbox.who(self._exchange.question.author.id)

    @property
    def acquainted(self) -> bool:
        """Did another turn tell the author who answers?"""
        return self.profile.greeted not in ("", self._exchange.progress.turn)

    @property
    def can_be_told_alone(self) -> bool:
        """Can the platform bring a word to one person alone?"""
        return self._private is not None

    async def greet(self) -> bool:
        """Say whether this turn is to tell who answers: one turn of a person is, whichever asks first. A job
        that is handled again is answered as the first time."""
        exchange = self._exchange
        return not self.acquainted and await self._services.sessions.greet_once(
            exchange.question.author.id, exchange.progress.turn, since=exchange.session.since
        )

    # -- what is kept about them -------------------------------------------------------------------------

    async def update(
        self,
        *,
        language: str | None = None,
        model: str | None = None,
        chat: str | None = None,
        writes: str | None = None,
    ) -> None:
        """Change the person's choices; another language is spoken from now on."""
        question = self._exchange.question
        await self._services.sessions.update_profile(
            question.author.id,
            language=language,
            model=model,
            chat=chat,
            writes=writes,
            since=self._exchange.session.since,
        )
        self.profile = replace(self.profile, chat=chat or self.profile.chat)
        if chat and not question.direct:
            self.chat = f"{question.address.connector}:{chat}"
        if spoken := language or writes:
            self.speak(spoken)

    def speak(self, language: str) -> None:
        """Answer this turn in another language than the person's own."""
        self._exchange.reply.texts = texts(language, self._services.contacts)

    async def forget(self) -> None:
        """Erase all that is kept about the person."""
        await self._services.sessions.forget(self._exchange.question.author.id)

    async def export(self) -> bytes:
        """All that is kept about the person, as JSON; the turn has then the highest level of it all. What
        waits for a word is counted only: its level is not known yet."""
        kept = await all_kept(
            self._services.sessions,
            self._services.quotas,
            self._exchange.question.author.id,
            self._exchange.situation.policy.retention.audit_days,
        )
        kept["waiting"] = len(kept["waiting"])
        told = [each for session in kept["sessions"] for each in (*session["turns"], *session["materials"])]
        exchange = self._exchange
        exchange.reading.rise(max((Level.parse(each["level"]) for each in told), default=Level.N0))
        return orjson.dumps(kept, option=orjson.OPT_INDENT_2)

    async def footprints(self) -> dict[str, Footprint]:
        """What the answers to the person took, by month, the latest first; and the `last` one."""
        return await self._services.quotas.footprints(self._exchange.question.author.id)

    async def refusal(self) -> Refusal | None:
        """What was refused to the person last, anywhere, in the last days."""
        kept = await self._services.sessions.refusal(self._exchange.question.author.id)
        return _REFUSAL.validate_json(kept) if kept else None

    async def note_refusal(self, refusal: Refusal) -> None:
        await self._services.sessions.note_refusal(
            self._exchange.question.author.id, _REFUSAL.dump_json(refusal), since=self._exchange.session.since
        )

    async def was_just_refused(self) -> bool:
        """Say whether what its author asked last in this session was refused."""
        refusal = await self.refusal()
        if refusal is None or not self.was_refused_last(refusal):
            return False
        ref = await self._services.inbox.ref(self._exchange.question.address, refusal.turn)
        return ref is not None and ref.session == self._exchange.session.key

    def was_refused_last(self, refusal: Refusal | None) -> bool:
        """Say whether this was refused, and nothing answered in this session since."""
        turns = self._exchange.session.turns
        return refusal is not None and refusal.at > (turns[-1].at if turns else 0.0)

    # -- what is said to them alone ----------------------------------------------------------------------

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
        """Have `text` said to the author alone, in their chat of two with the bot: once, however often this
        turn is handled. The text is of `level`, and the models `writers` wrote it. Return that chat; None
        where that cannot be done, and in such a chat.

        `awaits`: what the text asks for (`Outcome.awaits`). `goes`: it is deleted with the question.
        `explains`: it is deleted also with the refused exchange of this key."""
        exchange = self._exchange
        question = exchange.question
        if question.direct or self._private is None:
            return None
        self._told += 1
        address = await self._private_chat(self._private, asks=bool(awaits))
        if address is None:
            return None
        said = (each.text for each in question.messages)
        event = Whisper(
            key=key("whisper", exchange.progress.turn, self._told, *said),
            address=address,
            at=self._services.clock(),
            sender=question.author,
            text=text,
            level=level,
            language=exchange.texts.language,
            choices=choices,
            awaits=awaits,
            about=question.key if awaits or goes else "",
            explains=explains,
            writers=writers,
        )
        (outcome,) = await self._services.inbox.enqueue([Entry(event=event, aside=True)])
        if outcome == "full":
            return None
        if writers:
            name = f"{question.key} {self._told}"
            exchange.outcome.registered += self._services.register.adding(text, name=name, generated=True)
        if address.conversation != self.profile.chat:
            await self.update(chat=address.conversation)
        self._heard = True
        return address

    async def _private_chat(self, private: Private, *, asks: bool) -> Address | None:
        """Return the chat of two with the author, and note whether the service is for them at all."""
        person = self._exchange.question.author.id
        try:
            chat = partial(private.chat, person, self.profile.chat, asks=asks)
            return await retried(chat, on=Deferred, most=ATTEMPTS)
        except DeliveryError as error:
            log.warning("no_private_chat", error=error)
            self.served = isinstance(error, PlatformRefused) or not isinstance(error, Rejected)
            return None

    async def answer(self, text: str, level: Level, writers: tuple[str, ...]) -> bool:
        """Say to the author alone what would be said here, unless they were told something in its stead: of
        what they asked in a menu others know nothing. The text is of `level`, and the models `writers` wrote
        it. False where that cannot be done."""
        return self._heard or await self.tell(text, level, writers=writers) is not None
