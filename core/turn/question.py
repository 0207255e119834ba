"""The question of one turn: who asks it, where, in which messages, under which key, and what it answers.

`resolve` makes a `Question` of the events of a job and of what waits for a word of their author. It is pure:
it reads no store and asks nobody.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from core.connector import Address, Audience, Event, Joined, Message, Person, Reacted, Tick
from core.policy.decision import Offer
from core.sessions.model import KeptTurn
from core.turn.waiting import Answer, ChosenWay, Held, Pending, Resumed, YesOrNo
from core.understanding.commands import verdict_of

TurnEvent = Message | Joined | Reacted | Tick
"""The events of which a turn is made."""
E = TypeVar("E", bound=Event)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """The question of one turn.

    `event` is what happened; of several messages read together it is the first. `messages` are the messages
    of this turn. `contents` are the messages that are handled: those of this turn, or those that waited for
    what this turn says. `key` names the exchange; it is the same for a question and its later edits. `text`
    is what the person wrote and said, all handled messages together. `answer` tells what the events answer to
    what waited. `by_reaction`: the events are a reaction to a message of ours, which stands for a word.
    `repeats` is the earlier exchange that is answered again, if one is."""

    event: TurnEvent
    messages: tuple[Message, ...]
    contents: tuple[Message, ...]
    key: str
    text: str = field(repr=False)
    answer: Answer
    by_reaction: bool = False
    repeats: KeptTurn | None = None

    @property
    def author(self) -> Person:
        return self.event.sender

    @property
    def address(self) -> Address:
        return self.event.address

    @property
    def direct(self) -> bool:
        """Was it asked in a chat of two?"""
        return self.event.direct

    @property
    def at(self) -> float:
        """When it was asked, in seconds since 1970."""
        return self.event.at

    @property
    def marks(self) -> tuple[tuple[str, str], ...]:
        """The names and values of the headers that a mail came with."""
        return self.event.marks if isinstance(self.event, Message) else ()

    @property
    def asks(self) -> bool:
        """Did a person ask for an answer, by a message, or by a reaction that wants one again?"""
        again = isinstance(self.event, Reacted) and verdict_of(self.event.reaction) == "again"
        return bool(self.messages) or again

    @property
    def quoted(self) -> tuple[str, ...]:
        """The texts of the messages that the handled messages reply to, the bot's own left out."""
        return tuple(message.quoted for message in self.contents if message.quoted)

    # -- what it answers -----------------------------------------------------------------------------

    @property
    def held(self) -> Held | None:
        """The earlier question that waits for a word of the author."""
        return self.answer.held

    @property
    def word(self) -> bool | None:
        """True where the author says that a doubtful finding is true, False where they deny it."""
        match self.answer:
            case YesOrNo(confirms=confirms):
                return confirms
            case ChosenWay(offer="denied"):
                return False
            case _:
                return None

    @property
    def offer(self) -> Offer | None:
        """The way that the author chooses of those that a refusal offered."""
        return self.answer.offer if isinstance(self.answer, ChosenWay) else None

    @property
    def resumed(self) -> bool:
        """Is this a question that was refused elsewhere, which a code brings here?"""
        return isinstance(self.answer, Resumed)

    @property
    def takes_held(self) -> bool:
        """Is the question that waited handled now, in place of the messages of this turn?"""
        return messages_taken(self.answer, self.event) is not None

    @property
    def leaves_held(self) -> bool:
        """Is another question asked than the one that waits for a word?"""
        held = self.held
        if held is None or self.resumed or self.offer is not None or not self.messages:
            return False
        return not self.takes_held and held.turn != self.key

    # -- another question of it ----------------------------------------------------------------------

    def with_spoken(self, words: str) -> Question:
        """Return the question with the words of a voice message after what was written."""
        return replace(self, text=_joined((self.text, words)))

    def repeating(self, exchange: KeptTurn) -> Question:
        """Return the question that answers an earlier exchange again, in its place."""
        return replace(self, repeats=exchange, key=exchange.key, text=exchange.question)


def resolve(
    events: Sequence[Event],
    waiting: Pending,
    *,
    audience: Audience,
    offers: Iterable[Mapping[Offer, str]] = (),
    root: Message | None = None,
) -> Question:
    """Return the question that the events of one job are, given what waits for a word of their author.

    `audience` would read the answer: a quotation that not all of them could read is left out. `offers` are
    the words of each offer, by language. `root` is the message that a thread begins with in which a reaction
    wants an answer again; it is handled as if it had been quoted without a word. Raises TypeError where no
    turn is made of the first event."""
    readable = tuple(readable_by(audience, each) for each in events)
    first = readable[0]
    if not isinstance(first, TurnEvent):
        raise TypeError(f"no turn is made of {first.type}")
    messages = tuple(each for each in readable if isinstance(each, Message))
    answer = waiting.answer(readable, offers)
    taken = messages_taken(answer, first)
    handled = messages or (() if root is None else (root,)) if taken is None else taken
    contents = tuple(readable_by(audience, each) for each in handled)
    return Question(
        event=first,
        messages=messages,
        contents=contents,
        key=_exchange_key(first, contents, by_reaction=waiting.by_reaction and taken is None),
        text=_joined(message.text for message in contents),
        answer=answer,
        by_reaction=waiting.by_reaction,
    )


def messages_taken(answer: Answer, event: TurnEvent) -> tuple[Message, ...] | None:
    """Return the messages that waited and are handled now; None where those of this turn are.

    A question that its author moves elsewhere is handled where the choice is made in another conversation
    than the question's own."""
    match answer:
        case YesOrNo(held=held) | Resumed(held=held) | ChosenWay(held=held, offer="denied"):
            return held.messages
        case ChosenWay(held=held, offer="without"):
            return held.without
        case ChosenWay(held=held, offer="elsewhere"):
            here, written = event.address, held.messages[0].address
            return held.messages if here.conversation != written.conversation else None
        case _:
            return None


def readable_by(audience: Audience, event: E) -> E:
    """Return the event without the quotation that not everyone could read who will see the answer."""
    if not isinstance(event, Message) or not (event.quoted or event.quoted_files):
        return event
    if audience.could_read(event.quoted_to):
        return event
    return replace(event, quoted="", quoted_files=(), unquoted="withheld")


def _exchange_key(first: TurnEvent, contents: tuple[Message, ...], *, by_reaction: bool) -> str:
    """Name the exchange after the first handled message, or after the event. The id of a reaction that stands
    for a word is our message's, so the event's own key names it."""
    asked = contents[0] if contents else first
    named = asked.id if isinstance(asked, Message) and not by_reaction else asked.key
    digest = hashlib.blake2b(f"{asked.address.conversation}\0{named}".encode(), digest_size=16)
    return digest.hexdigest()


def _joined(texts: Iterable[str]) -> str:
    return "\n\n".join(filter(None, texts))
