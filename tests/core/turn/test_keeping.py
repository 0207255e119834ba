"""Where what is kept of a turn belongs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.connector import Address
from core.inbox.inbox import Inbox
from core.turn.keeping import session_key
from tests.rig.platform import message

CHAT = Address(connector="slack", conversation="T1/D1")


@pytest.mark.parametrize(
    ("address", "key"),
    [
        (CHAT, "slack:T1/D1"),
        (replace(CHAT, thread="1"), "slack:T1/D1"),
        (replace(CHAT, thread="1", apart=True), "slack:T1/D1:1"),
        (replace(CHAT, apart=True), "slack:T1/D1"),
    ],
)
async def test_a_thread_that_is_apart_is_a_session_of_its_own(
    inbox: Inbox, address: Address, key: str
) -> None:
    """One sensitive file raises its thread, not a whole chat of two for ever; elsewhere a chat is one
    session."""
    assert await session_key(inbox, replace(message("Bonjour"), address=address)) == key
