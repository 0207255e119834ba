"""A question that goes on elsewhere: refused where it was written, resumed by a code where it may be.

The question waits sealed for an hour. Its code is told to its author alone. Whoever gives the code in a
direct chat that may carry the question's level has the question answered there, once: the first job that
gives the code owns the question, however often that job is handled.
"""

from __future__ import annotations

from core.store.valkey import Store
from core.store.wire import Command
from core.vault import Vault

KEPT = 3_600_000
"""Milliseconds that a question waits."""


class Handovers:
    """Keeps the questions that wait for a code. All methods raise StoreUnavailable."""

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
