"""A question that goes on elsewhere: refused where it was written, resumed where it may be, by a code.

The question waits sealed for an hour. Its code is told to its author alone; whoever gives it in a direct chat
that may carry the question's level has it answered there, once: the first job that gives the code owns it,
however often that job is handled.
"""

from __future__ import annotations

from core.store.valkey import Store
from core.store.wire import Command
from core.vault import Vault

KEPT = 3_600_000
"""Milliseconds that a question waits."""


class Handovers:
    """All methods raise StoreUnavailable."""

    def __init__(self, store: Store, vault: Vault) -> None:
        self._store = store
        self._vault = vault

    async def offer(self, job: str, question: bytes) -> str:
        """Have a question wait; its code, the same however often the job is handled."""
        digits = self._vault.tag("handover", "code", job)
        code = f"{digits[:4]}-{digits[4:8]}-{digits[8:12]}"
        tag, place, _ = self._places(code)
        sealed = self._vault.seal(question, context=f"handover|{tag}")
        await self._store.run(("SET", place, sealed, "PX", KEPT))
        return code

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

    def _places(self, code: str) -> tuple[str, str, str]:
        tag = self._vault.tag("handover", code)
        partition = self._store.partition(tag)
        return tag, self._store.key(partition, "handover", tag), self._store.key(partition, "handed", tag)
