"""What a mailbox tells the readers of a mail."""

from __future__ import annotations

from typing import Any

from tests.connectors.mail.test_loops import US, Desk

ANNE, PAUL = "anne@ministere.example", "paul@ministere.example"


class Reading(Desk):
    """A mailbox that notes what the readers are given: whose quoted mails to drop, and whether these were
    read before."""

    def __init__(self) -> None:
        super().__init__()
        self.given: list[tuple[list[str], bool]] = []

    async def call(self, *asked: Any, **how: Any) -> Any:
        self.given.append((asked[2]["ours"], asked[2]["known"]))
        return await super().call(*asked, **how)


async def test_what_somebody_sent_us_is_known_when_they_reply_to_it() -> None:
    """As what our answers quote is. A reply to what another person sent is not."""
    reading = Reading()
    await reading.writes("Traduction", sender="anne")
    await reading.writes("RE: Traduction", sender="anne", replied="1@ministere.example")
    await reading.writes("RE: Traduction", sender="paul", replied="1@ministere.example")
    ours = "relais." + "a" * 32 + "." + "b" * 16 + "@ministere.example"
    await reading.writes("RE: Traduction", sender="paul", replied=ours)
    assert reading.given == [([US], False), ([US, ANNE], True), ([US], False), ([US, PAUL], True)]
