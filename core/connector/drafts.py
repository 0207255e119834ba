"""What goes out: a message not yet sent, and who would read it."""

from __future__ import annotations

from dataclasses import dataclass, field

from core.connector.events import Choice, Readers
from core.errors import Deferred
from core.language.operators import Phrase
from core.sensitivity.level import Level

MORE = " …"
"""At the end of an answer that grows."""
AudienceKind = str
"""A kind of audience, by the name that its connector declares for the policy (`core.policy.channels`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """Who would read a message sent to an address now.

    `members` are the ids judged (a connector encrypts to these only); `at` is when this was known to be
    true (seconds since 1970): older than 30 s is stale, and the connector must read afresh or fail.
    `moderators` are those who may decide for the conversation, where the platform knows any. `open`: who
    comes later may read what is said now. `outsiders` are the members who are guests of the
    organisation. `foreign`: another organisation reads here. Neither is served unless the policy lists the
    kind; `closed`: nobody is, by the connector's own settings. `name` is what people call the place; "" where
    it has no name. `uncertain`: the seconds after which it may be learnt who is there, where the platform
    limits how often it is asked; the kind is then the most trusted that this may be. What is refused even so
    is refused at once, in service words, and everything else waits.
    """

    kind: AudienceKind
    members: frozenset[str]
    at: float
    direct: bool = False
    moderators: frozenset[str] = frozenset()
    open: bool = False
    outsiders: frozenset[str] = frozenset()
    foreign: bool = False
    closed: bool = False
    name: str = ""
    uncertain: float = 0.0

    def unknown(self) -> Deferred:
        """The error of an audience that is `uncertain`: it is asked again when that may be learnt."""
        return Deferred(Phrase("delivery.readers"), retry_after=self.uncertain, in_turn=True)

    def could_read(self, readers: Readers) -> bool:
        """Could everyone here read what these `readers` can? Not where nobody knows who is here."""
        return readers is None or (bool(self.members) and self.members <= readers)

    def is_only(self, person: str) -> bool:
        """A chat of two: nobody reads it but this person and the bot."""
        return self.direct and person in self.members and len(self.members) <= 2


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file to send with a draft. `generated`: a model wrote in it."""

    name: str
    media_type: str
    data: bytes = field(repr=False)
    generated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A message not yet sent. `text` is CommonMark.

    `key` is opaque, the same on every retry of the same visible effect, and travels in clear with the
    message so that a sibling can find and adopt it; `posted` is, of an edit, the key of the message that it
    changes. `notice` marks service words (not an answer of a
    model), `failed` that the question could not be handled, `growing` an answer that is still being
    written; `fence` is the number of the claim that writes it (see `Echo`). `level` is that of the text: N0
    for service words and refusals.
    `only` is the one person who may read it, None for whoever is there; `readers` are those who could read
    what it was made of (both checked by the outbox).
    `writers` are the ids of the models that wrote it; `record` is its signed record (`core.provenance`),
    which the outbox gives to all but service words, and which connectors carry beside the text.
    `any_device`: also on devices that their owner has not verified: a word that says so. `choices` are
    buttons, where the platform has them.
    """

    text: str = field(repr=False)
    level: Level
    key: str
    posted: str = ""
    language: str = "fr"
    notice: bool = False
    failed: bool = False
    growing: bool = False
    fence: int = 0
    reply_to: str | None = None
    file: File | None = None
    only: str | None = None
    readers: Readers = None
    writers: tuple[str, ...] = ()
    record: str = ""
    any_device: bool = False
    choices: tuple[Choice, ...] = ()

    @property
    def generated(self) -> bool:
        """Did a model write in the message, or in the file that it brings?"""
        text = bool(self.writers) and not self.notice
        return text or (self.file is not None and self.file.generated)
