"""The support: people who read an exchange when its author shows it to them, in the room or mailbox of the
settings.

The exchange goes as an event of that place (`Handed`), sealed and stored once like any other, so that it is
said by whichever replica holds it, and through the one gate: a support that may not read its level gets
nothing, and the author is told so at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from core.connector import Address, Connector, Handed, Person
from core.delivery.outbox import key
from core.errors import DeliveryError
from core.inbox.inbox import Entry, Inbox
from core.policy.decision import Denied, decide
from core.policy.file import PolicyFile
from core.sensitivity.level import Level
from core.telemetry import log


@dataclass(frozen=True, slots=True, kw_only=True)
class SupportDesk:
    """Where the support reads, and up to which level. `connectors` are those that run, by name."""

    address: Address
    clearance: Level
    connectors: Mapping[str, Connector]
    policy: PolicyFile
    inbox: Inbox

    async def hand(
        self,
        text: str,
        *,
        of: tuple[str, ...],
        by: Person,
        level: Level,
        language: str,
        at: float,
        writers: tuple[str, ...],
    ) -> bool:
        """Have an exchange said to the support, once for each `of`. False where the support may not read it,
        or cannot be reached. Raises StoreError."""
        connector = self.connectors.get(self.address.connector)
        if connector is None or level > self.clearance:
            return False
        try:
            audience = await connector.audience(self.address)
            decide(self.policy, level=level, audience=audience.kind, task="send")
        except (DeliveryError, Denied) as error:
            log.warning("support_not_reached", error=error)
            return False
        event = Handed(
            key=_key(of), address=self.address, at=at, sender=by, text=text, level=level,
            language=language, writers=writers,
        )  # fmt: skip
        (outcome,) = await self.inbox.enqueue([Entry(event=event)])
        return outcome != "full"

    async def has(self, *, of: tuple[str, ...]) -> bool:
        """Say whether the exchange that this names was handed over. Raises StoreError."""
        return bool(await self.inbox.stored(self.address, [_key(of)]))


def _key(of: tuple[str, ...]) -> str:
    return key("handed", *of)
