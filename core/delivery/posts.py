"""The messages of one answer on its platform: each stands there once, whoever posted it.

A job that was claimed before (`claim.resumed`), or whose message was seen on the platform before (the store
was set back to a backup), looks for its own message there, by the key that travels with it, before it posts;
the platform or the device dedupes the same key sent twice. A paused replica's post may still land after that
look: so the store names the one message that counts for a key, and whoever sees another one deletes it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import partial

from core.connector import Address, Draft
from core.delivery.outbox import Outbox, key
from core.errors import Rejected, Unchangeable
from core.inbox.inbox import Claim
from core.inbox.records import FILE

REVISES = "revises"
"""Name of a job's note: the messages that are recorded are those of an earlier answer. They are the job's
once its final text takes their place: the order to do so may be edited into a question."""
FILED = "filed"
"""Name of a job's note: the keys that files of the answer were posted with, the last one's last."""
BEFORE = -1
"""The number of the word in advance, beside the parts of the answer."""
_NONE = ""
"""The message that counts for a part of an answer that was withdrawn: what is posted for it is too late."""


class Posts:
    """The messages of one answer, by their number. `question`: the message after which they stand."""

    def __init__(
        self, outbox: Outbox, claim: Claim, address: Address, question: str, *, revises: bool
    ) -> None:
        """`revises`: what is recorded takes the place of an earlier answer, for good."""
        self._outbox = outbox
        self._claim = claim
        self._address = address
        self._question = question
        self._connector = outbox.connectors[address.connector]
        self._send = partial(outbox.send, address, looking=partial(claim.away_from, "deliver"))
        self.key = partial(key, claim.turn)
        """The idempotency key of a part, by its number and whatever else tells it."""
        self.placing = asyncio.Lock()
        self.resumed = self.unsure = claim.resumed
        """Something may be on the platform that is not among `ids`."""
        earlier = REVISES in claim.notes and not revises
        recorded = () if earlier else claim.posted.items()
        self.ids: dict[int, str] = {n: id for n, id in recorded if id != _NONE}
        self.at = min((n for n in self.ids if n not in (BEFORE, FILE)), default=0)
        """The number of the message in which the answer grows."""
        self._filed = claim.notes.get(FILED, b"").decode().split()
        self._revision = 0

    @property
    def next(self) -> int:
        """The number after those of all texts that are known."""
        return max((self.at, *(n for n in self.ids if n != FILE))) + 1

    def forget(self) -> None:
        """Count no message as the answer's: what stands there is an earlier one's, and stays."""
        self.ids.clear()
        self.at = 0

    async def place(self, n: int, draft: Draft, *, growing: bool) -> None:
        """Have the draft stand as part `n` of the answer: edit our message, adopt it, or post it. Who calls
        is at the step and holds `placing`."""
        if n not in self.ids and self.resumed and (found := await self._find(draft.key)) is not None:
            await self._record(n, draft.key, found)
        if n not in self.ids and await self._record(n, draft.key, await self._send(draft)):
            return
        if draft.file is None and self._connector.editing is not None:
            await self._change(n, draft, growing=growing)

    async def _find(self, key: str) -> str | None:
        async with self._claim.away_from("deliver"):
            return await self._connector.find(self._address, key, self._question)

    async def _change(self, n: int, draft: Draft, *, growing: bool) -> None:
        """Edit the message of part `n`. One that is gone, or may not be changed, gives way to another, unless
        the answer is `growing`. What is left of it goes first: whoever takes over does the same."""
        self._revision += 1
        revision, old = str(self._revision) if draft.growing else "final", self.ids[n]
        edit = replace(draft, key=self.key(n, self._claim.fence, revision), posted=draft.key)
        try:
            await self._send(edit, replaces=old)
            return
        except Unchangeable:
            if growing:
                raise
        await self._outbox.delete_each(self._address, {old: self.key(n, old, "deleted")})
        draft = replace(draft, key=self.key(n, old, "anew"))
        await self._record(n, draft.key, await self._find(draft.key) or await self._send(draft))

    async def place_file(self, draft: Draft) -> None:
        """Have the file of the answer stand: the one of this key that stands there already, or post it. What
        stands in its place else, of an earlier version of the answer, goes first: a file cannot be edited."""
        async with self._claim.at("deliver"), self.placing:
            shown = self.ids.get(FILE)
            found = await self._find(draft.key) if shown or self.resumed else None
            if not shown and self.unsure and self._filed[-1:] not in ([], [draft.key]):
                shown = await self._find(self._filed[-1])
            if shown not in (None, found):
                await self._outbox.delete(self._address, shown, self.key(FILE, shown, "deleted"))
                self.ids.pop(FILE, None)
            earlier = [each for each in self._filed if each != draft.key]
            if self._filed[-1:] != [draft.key]:
                self._filed = [*earlier, draft.key]
                await self._claim.put(notes={FILED: " ".join(self._filed).encode()})
            if found is None:
                found = await self._send(draft)
            for each in earlier:
                await self._give_way(FILE, each, found)
            await self._record(FILE, draft.key, found)

    async def _record(self, n: int, key: str, id: str) -> bool:
        """Part `n` is the message `id`, unless another with this key counts; then that one is adopted."""
        self.ids[n] = kept = await self._claim.place(n, key=key, id=id)
        self._outbox.counting[key] = kept
        if kept != id:
            await self._outbox.delete(self._address, id, f"{key}:{id}")
        return kept == id

    async def _give_way(self, n: int, key: str, answer: str) -> None:
        """Let the message `answer` count for part `n`, which it follows and which has this `key`: what a
        replica that hung may still post there is deleted when it is seen."""
        kept = await self._claim.place(n, key=key, id=answer)
        if kept not in (answer, self.ids.get(n)):
            await self._outbox.delete(self._address, kept, self.key(n, kept, "late"))

    async def take_place_of(self, parts: Mapping[int, str]) -> None:
        """Write into these messages of ours from now on; what was posted else is deleted. Raises
        LeaseLost."""
        async with self.placing:
            shown = dict(self.ids)
            self.forget()
            self.ids.update(parts)
        for n, id in shown.items():
            if id not in parts.values():  # by an earlier claim it may be there already
                await self._outbox.delete(self._address, id, self.key(n, "deleted"))
        await self._claim.put(posted=self.ids, notes={REVISES: b""})

    async def keep_only(self, first: int, stay: Collection[int]) -> None:
        """Delete what was posted beside the messages that `stay`, from `first` on: what gave way to a late
        answer, and what is left over of a longer one."""
        await self.recall()  # it may take the place of an answer of which a part was not recorded
        gave_way = {n: self.ids[first] for n in range(first) if stay and (self.unsure or n in self.ids)}
        for n, answer in gave_way.items():
            await self._give_way(n, self.key(n), answer)
        standing = {self.ids[n] for n in stay}
        for n in [n for n in self.ids if n not in stay and n != BEFORE]:
            if (id := self.ids.pop(n)) not in standing:
                await self._outbox.delete(self._address, id, self.key(n, "deleted"))
        if gave_way:
            await self._claim.put(posted=gave_way)

    async def recall(self) -> None:
        """Know which parts were posted and not recorded: by an earlier claim, or where the outcome is
        unknown. Each is recorded before the next is posted: it is the next, or the beginning beside it."""
        if not self.unsure:
            return
        find = partial(self._connector.find, self._address, since=self._question)
        for n in range(self.next + 1):
            if n not in self.ids:
                with suppress(Rejected):  # then it cannot stand there, whatever was posted
                    if (found := await find(key=self.key(n))) is not None:
                        self.ids[n] = found
        if self._filed and FILE not in self.ids and (found := await find(key=self._filed[-1])) is not None:
            self.ids[FILE] = found

    async def withdraw(self) -> None:
        """Delete what was posted: the question was deleted. What is recorded goes first: the rest is looked
        for on the platform, which may be away. What a replica that hung still posts is deleted when it is
        seen. Raises Deferred, LeaseLost."""
        recorded = dict(self.ids)
        await self._delete_each(recorded)
        await self.recall()
        await self._delete_each({n: id for n, id in self.ids.items() if n not in recorded})
        for n in range(self.next + 1):
            await self._give_way(n, self.key(n), _NONE)
        for each in self._filed:
            await self._give_way(FILE, each, _NONE)

    async def _delete_each(self, posts: Mapping[int, str]) -> None:
        """Delete these messages of ours, by their number; one that the platform keeps is counted."""
        keys = {id: self.key(n, "deleted") for n, id in posts.items()}
        await self._outbox.delete_each(self._address, keys)
