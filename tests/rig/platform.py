"""A platform in memory, for tests of the core: what was posted, edited and deleted, and faults to order.

It behaves as a platform with edits does: ids are given on posting, the same key posted twice is one
message, a lost response may or may not have posted.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from dataclasses import dataclass, field, replace

from core.connector import (
    Address,
    Attachment,
    Audience,
    AudienceKind,
    Deleted,
    Deliver,
    Descriptions,
    Draft,
    Edited,
    Event,
    File,
    Grows,
    Joined,
    Message,
    Pace,
    Person,
    Sending,
)
from core.errors import Deferred, Rejected
from tests.rig.readable import Readable


@dataclass
class Post:
    """A message of the bot, with every state that it had."""

    id: str
    address: Address
    key: str
    states: list[Draft]
    deleted: bool = False

    @property
    def text(self) -> str:
        return Readable(self.states[-1].text)

    @property
    def growing(self) -> bool:
        return self.states[-1].growing


@dataclass
class Platform:
    """A connector. The next sends and edits raise `faults`, one each; those of `lose` after the effect."""

    name: str = "tchap"
    kind: AudienceKind = "tchap_encrypted"
    rate: Pace = field(default_factory=lambda: Pace(per_second=100.0, burst=100))
    kinds: dict[str, AudienceKind] = field(default_factory=dict)
    """Of rooms that are not of `kind`."""
    limit: int = 30_000
    with_text: bool = False
    growth: Grows = "sparingly"
    posts: dict[str, Post] = field(default_factory=dict)
    faults: list[Exception] = field(default_factory=list)
    lose: list[Exception] = field(default_factory=list)
    files_at: dict[str, bytes] = field(default_factory=dict)
    reads: list[str] = field(default_factory=list)
    typed: list[bool] = field(default_factory=list)
    settled: list[str] = field(default_factory=list)
    """Messages to which no answer came, once `settling` is set."""
    chats: dict[str, str] = field(default_factory=dict)
    """Chats of two by person: once `private` is set, `chat` makes them."""
    absent: set[str] = field(default_factory=set)
    """People who are not in their chat of two yet."""
    two: dict[str, str] = field(default_factory=dict)
    """Chats of two, as events told of them, and their person."""
    intruders: set[str] = field(default_factory=set)
    """Who else reads these chats."""
    newcomers: set[str] = field(default_factory=set)
    """Who came into the rooms besides @a:x and @b:x."""
    open: bool = False
    """Can who comes into the rooms read what was said before?"""
    uncertain: float = 0.0
    """Is it not known who reads the rooms?"""
    room_name: str = ""
    """What people call the rooms."""
    moderators: frozenset[str] = frozenset()
    """Who decides for the rooms."""

    def __post_init__(self) -> None:
        self.ready = asyncio.Event()
        self.editing = self
        self.files = self
        self.descriptions: Descriptions | None = None
        self.activity = self
        self.history = None
        self.webhook = None
        self.private: Platform | None = None
        self.settling: Platform | None = None
        self.changed = asyncio.Condition()
        self._ids = itertools.count(1)

    def pace(self, address: Address, sending: Sending) -> Pace:
        return replace(self.rate, scope="platform")

    async def run(self, deliver: Deliver) -> None:
        self.ready.set()
        await asyncio.Event().wait()

    def met(self, event: Event) -> None:
        """What is said directly is said where two talk: who they are."""
        if isinstance(event, Message | Joined) and event.direct:
            self.two[event.address.conversation] = event.sender.id

    async def audience(self, address: Address, *, asked: bool = False) -> Audience:
        chats = self.two | {room: who for who, room in self.chats.items()}
        person = chats.get(address.conversation)
        here = (person, *self.intruders) if person else ("@a:x", "@b:x", *self.newcomers)
        return Audience(
            kind=self.kinds.get(address.conversation, self.kind),
            members=frozenset(("@bot:x", *here)),
            at=time.time(),
            direct=person is not None,
            moderators=self.moderators,
            open=self.open and person is None,
            name="" if person else self.room_name,
            uncertain=0.0 if person else self.uncertain,
        )

    async def chat(self, person: str, known: str | None, *, asks: bool = False) -> Address:
        self._fail(self.faults)
        return Address(connector=self.name, conversation=self.chats.setdefault(person, f"!{person}"))

    async def present(self, address: Address, person: str) -> bool:
        return person not in self.absent

    async def send(self, address: Address, draft: Draft, audience: Audience) -> str:
        self._fail(self.faults)
        assert not self.unsigned(draft), "a text left without its record"
        post = next((post for post in self.posts.values() if post.key == draft.key), None)
        if post is None:
            post = Post(id=f"$answer{next(self._ids)}", address=address, key=draft.key, states=[draft])
            self.posts[post.id] = post
        await self._tell()
        self._fail(self.lose)
        return post.id

    @staticmethod
    def unsigned(draft: Draft) -> bool:
        """Does a text go out without the record that it must carry?"""
        return not draft.notice and not draft.record

    async def settle(self, address: Address, id: str) -> None:
        self._fail(self.faults)
        self.settled.append(id)
        await self._tell()

    def grows(self, address: Address) -> Grows:
        return self.growth

    async def edit(self, address: Address, id: str, draft: Draft, audience: Audience) -> None:
        self._fail(self.faults)
        assert not self.unsigned(draft), "a text left without its record"
        self.posts[id].states.append(draft)
        await self._tell()
        self._fail(self.lose)

    async def delete(self, address: Address, id: str, key: str) -> None:
        self.posts[id].deleted = True
        await self._tell()

    async def find(self, address: Address, key: str, since: str | None) -> str | None:
        return next((p.id for p in self.posts.values() if p.key == key and not p.deleted), None)

    async def fetch(self, address: Address, attachment: Attachment, limit: int) -> bytes:
        data = self.files_at.get(attachment.reference["url"])
        if data is None:
            raise Rejected("gone")
        return data

    async def read(self, address: Address, id: str) -> None:
        self.reads.append(id)

    async def working(self, address: Address, on: bool) -> None:
        self.typed.append(on)
        await self._tell()

    def _fail(self, faults: list[Exception]) -> None:
        if faults:
            raise faults.pop(0)

    async def _tell(self) -> None:
        async with self.changed:
            self.changed.notify_all()

    @property
    def shown(self) -> list[Post]:
        """What a person sees now."""
        return [post for post in self.posts.values() if not post.deleted]

    async def until(self, condition: object, patience: float = 60.0) -> None:
        """Wait until `condition()` holds, looked at after each effect."""
        assert callable(condition)
        async with asyncio.timeout(patience), self.changed:
            await self.changed.wait_for(condition)

    async def answered(self, count: int = 1) -> list[Post]:
        """Wait for `count` finished messages."""
        await self.until(lambda: len([p for p in self.shown if not p.growing]) >= count)
        return self.shown


_numbers = itertools.count(1)


def message(
    text: str,
    *,
    id: str = "",
    room: str = "!room:x",
    sender: str = "@a:x",
    direct: bool = True,
    at: float | None = None,
    connector: str = "tchap",
    **more: object,
) -> Message:
    """A message to the bot."""
    id = id or f"$question{next(_numbers)}"
    return Message(
        key=f"{connector}:{room}:{id}",
        id=id,
        address=Address(connector=connector, conversation=room),
        at=time.time() if at is None else at,
        sender=Person(id=sender, name="Anne"),
        text=text,
        addressed=True,
        direct=direct,
        **more,  # type: ignore[arg-type]
    )


def edit(question: Message, new: str | Message) -> Edited:
    """The message has a new text, or became another."""
    return Edited(
        key=f"{question.key}:edit{next(_numbers)}",
        address=question.address,
        at=question.at,
        sender=question.sender,
        target=question.id,
        message=replace(question, text=new) if isinstance(new, str) else new,
    )


def deletion(of: Message) -> Deleted:
    """Its author deleted the message."""
    return Deleted(key=f"{of.key}:deleted", address=of.address, at=of.at, sender=of.sender, target=of.id)


__all__ = ["Deferred", "File", "Platform", "Post", "Rejected", "deletion", "edit", "message"]
