"""A question that waits for a word of its author: is what was found in it really protected?

It waits in the store, sealed, for a day (`Sessions.hold`). « Oui », « mais non » or « non, c’est le titre »,
in either language, as a command or not, alone or between a greeting and a signature, is the word where it is
surely read as one; a question is none. Anything else is asked about once more, and waits too; then it leaves
the question aside.

A question that goes on elsewhere: refused where it was written, resumed where it may be, by a code.

The question waits sealed for an hour. Its code is told to its author alone; whoever gives it in a direct chat
that may carry the question's level has it answered there, once: the first job that gives the code owns it,
however often that job is handled.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from core.connector import Event, Message
from core.inbox.records import load, to_json
from core.language.folding import fold
from core.policy.decision import Offer
from core.store.valkey import Store
from core.store.wire import Command
from core.understanding import goes_on, spelled, understand
from core.understanding.arguments import names_one_message
from core.understanding.commands import bare_request, is_turned_round, named_in, short_answer
from core.understanding.understand import word_in
from core.vault import Vault

_FEW = 8
"""Words in which somebody says that they are at a loss."""
_OF_US = frozenset({"about", "help", "stop"})
"""What may be read in the words of who is at a loss."""
KEPT = 3_600_000
"""Milliseconds that a question waits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What waits: the messages, and the key of their exchange in the session. `refused`: they were refused
    for a marking that they bear no more; `again`: their author wrote something else meanwhile, which waits
    too. `offers`: they were refused, and their author may choose of these; `without`: what is sent if they
    choose to leave the passage out. `why`: what their author is told who asks why they are asked."""

    turn: str
    messages: tuple[Message, ...]
    refused: bool = False
    again: bool = False
    offers: tuple[Offer, ...] = ()
    without: tuple[Message, ...] = ()
    why: str = ""

    def dump(self) -> bytes:
        return orjson.dumps(
            [
                self.turn,
                _dumped(self.messages),
                self.refused,
                self.again,
                self.offers,
                _dumped(self.without),
                self.why,
            ]
        )

    @classmethod
    def load(cls, kept: bytes) -> Held:
        parts: list[Any] = orjson.loads(kept)
        earlier: tuple[Any, ...] = (False, False, (), (), "")  # earlier versions held less
        turn, dumped, refused, again, offers, without, why = (*parts, *earlier[len(parts) - 2 :])
        return cls(
            turn=turn,
            messages=_loaded(dumped),
            refused=refused,
            again=bool(again),
            offers=tuple(offers),
            without=_loaded(without),
            why=why,
        )


def _dumped(messages: Iterable[Message]) -> list[str]:
    return [to_json(message).decode() for message in messages]


def _loaded(dumped: Iterable[str]) -> tuple[Message, ...]:
    loaded = [load(each.encode()) for each in dumped]
    return tuple(each for each in loaded if isinstance(each, Message))


@dataclass(frozen=True, slots=True, kw_only=True)
class PickedWay:
    """An answer to what is offered with what waits. `offer` None: it chooses, but nothing that is offered."""

    offer: Offer | None


def chosen(events: Sequence[Event], held: Held, ways: Iterable[Mapping[Offer, str]]) -> PickedWay | None:
    """What the events choose of what is offered, by its number or in words; None: they are no answer to it.
    `ways`: the words of each offer, in each language. That a passage is not protected takes a sure « no »."""
    if not held.offers or len(events) != 1 or not isinstance(events[0], Message) or events[0].attachments:
        return None
    text = bare_request(events[0].text)
    if (number := short_answer(text).number) is not None:
        return PickedWay(offer=held.offers[number - 1] if number <= len(held.offers) else None)
    said = word(events)
    named: Offer | None = next(filter(None, (named_in(text, each) for each in ways)), None)
    if named is None and said is None:
        return None
    meant = said is False if named == "denied" else not is_turned_round(text)
    possible = named in held.offers and meant
    return PickedWay(offer=named if possible else None)


def word(events: Sequence[Event]) -> bool | None:
    """The word that the events are: True for yes, False for no, None for anything else."""
    if len(events) != 1 or not isinstance(events[0], Message) or events[0].attachments:
        return None
    return word_in(events[0].text)


def is_aside(text: str) -> bool:
    """Does it leave a question that waits as it is? Commands do, asking why, and asking for the level."""
    intent = understand(text)
    return spelled(text) is not None or intent.kind == "why" or (intent.kind == "level" and intent.sure)


def is_at_a_loss(text: str) -> bool:
    """Does it ask what a question for a word is about: « c’est quoi ce truc ? », « hein ? »?"""
    intent, words = understand(text), text.rstrip("?! \u00a0\u202f").split()
    lost = intent.kind in _OF_US and not intent.sure
    return len(words) <= _FEW and (lost or (len(words) == 1 and "?" in text and goes_on(text)))


def is_taken_back(text: str) -> bool:
    """Does its author want away what was written last: « efface ce que je viens d’écrire »?"""
    intent = understand(text)
    return intent.kind == "forget" and intent.sure and names_one_message(fold(text))


class Handovers:
    """All methods raise StoreUnavailable."""

    def __init__(self, store: Store, vault: Vault) -> None:
        self._store = store
        self._vault = vault

    async def offer(self, job: str, question: bytes, *, by: str, since: int, of: str = "") -> str:
        """Have a question wait; its code, the same however often the job is handled. It goes with its author
        `by`: nothing waits if they were erased after `since` (ms). `of`: the exchange that it goes with too
        (`forget`); none where its author is asked to delete it."""
        digits = self._vault.tag("handover", "code", job)
        code = f"{digits[:4]}-{digits[4:8]}-{digits[8:12]}"
        tag, place, _ = self._places(code)
        sealed = self._vault.seal(question, context=f"handover|{tag}")
        goes: list[Command] = [("SET", self._offered(of), tag, "PX", KEPT)] if of else []
        await self._store.spread([("SET", place, sealed, "PX", KEPT), *goes])
        who = self._vault.tag("person", by)
        if not await self._store.run(self._store.script("person", who, "code", since, KEPT, tag)):
            await self._store.run(("DEL", place))
        return code

    async def forget(self, turn: str) -> None:
        """Forget the question of an exchange, if it waits."""
        tag = await self._store.run(("GET", self._offered(turn)))
        if tag is not None:
            await self._store.run(("DEL", self._store.key(tag.decode(), "handover", tag.decode())))

    async def take(self, code: str, job: str) -> bytes | None:
        """The question that the code resumes; None for another job's, or when its hour is over."""
        tag, place, owner = self._places(code)
        _, owned, sealed = await self._store.batch(
            (("SET", owner, job, "NX", "PX", KEPT), ("GET", owner), ("GET", place))
        )
        if sealed is None or owned is None or owned.decode() != job:
            return None
        return self._vault.open(sealed, context=f"handover|{tag}")

    def dropping(self, code: str) -> list[Command]:
        """What forgets the question, as commands to travel with the end of the job that resumed it."""
        return [("DEL", self._places(code)[1])]

    def _offered(self, turn: str) -> str:
        """Where the tag of the code is by which the question of this exchange is resumed."""
        tag = self._vault.tag("handover", "turn", turn)
        return self._store.key(tag, "offered", tag)

    def _places(self, code: str) -> tuple[str, str, str]:
        tag = self._vault.tag("handover", code)
        return tag, self._store.key(tag, "handover", tag), self._store.key(tag, "handed", tag)
