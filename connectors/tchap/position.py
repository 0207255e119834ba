"""How far a device has read: the token of /sync, saved for the device itself and told to its siblings.

A round in which nothing happened (mostly the echo of our own messages) is not worth a write: its token is
saved later.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import orjson

from connectors.tchap.device import Device
from connectors.tchap.pending import Pending
from connectors.tchap.rooms import Rooms
from core.connector import Notebook
from core.connector.untrusted_json import Json

SAVE_EVERY = 60.0
"""Seconds after which the token is saved though nothing happened."""
TELL_EVERY = 5.0
"""Seconds after which the siblings may be told how far this device has read."""


@dataclass(eq=False, kw_only=True)
class SyncPosition:
    """The position of `device`. `notebook` belongs to the device, `shared` to all devices of the account."""

    device: Device
    notebook: Notebook
    shared: Notebook
    rooms: Rooms
    pending: Pending
    clock: Callable[[], float]
    _saved_at: float = field(default=0.0, init=False)
    _told_at: float = field(default=0.0, init=False)

    @property
    def _place(self) -> str:
        """The name under which the devices of the account note how far they have read."""
        return f"position:{self.device.user}"

    async def load(self) -> str | None:
        """The token of last time, if it belongs to this device. Raises StoreError."""
        stored = await self.notebook.get("sync")
        saved: Json = orjson.loads(stored) if stored else {}
        await self.pending.load()
        if saved.get("device") != self.device.device:
            return None
        self.rooms.begin(saved["epoch"])
        return saved["token"]

    async def forget_shared(self) -> None:
        """Forget how far the siblings have read, as the homeserver knows no such token. Raises StoreError."""
        await self.shared.delete(self._place)

    async def begin(self, token: str) -> str:
        """Begin a chain of syncs on a new device: where its siblings are, or where the last of them was lost;
        else at `token`, which the first sync gave. Raises StoreError."""
        position = await self.shared.get(self._place)
        start = position.decode() if position else token
        self.rooms.begin(start)
        return start

    async def save(self, token: str, *, at_once: bool) -> None:
        """Save the token, `at_once` if there was news. Raises StoreError."""
        if not at_once and self.clock() - self._saved_at <= SAVE_EVERY:
            return
        record = {"device": self.device.device, "token": token, "epoch": self.rooms.epoch}
        await self.notebook.set("sync", orjson.dumps(record))
        self._saved_at = self.clock()
        # The siblings may go on from here once nothing waits that only this device knows of.
        nothing_waits = all(one.told for one in self.pending.waiting.values())
        if self.clock() - self._told_at > TELL_EVERY and nothing_waits:
            await self.shared.set(self._place, token.encode())
            self._told_at = self.clock()
