"""Describes the messages of a job: what they are replies to, and what their thread begins with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from core.connector import Connector, Event, Message, Reacted
from core.inbox.inbox import Inbox
from core.turn.question import TurnEvent
from core.understanding import is_about_nothing_here
from core.understanding.commands import verdict_of
from core.worker.reactions import as_word

Wanted = Callable[[], bool]
"""Is the answer still wanted, or was the question taken back meanwhile?"""


async def described(
    inbox: Inbox, connector: Connector, events: Sequence[Event], session: str, *, wanted: Wanted
) -> list[Event]:
    """Return the events with what they are replies to, and with what their thread begins with, as far as the
    connector can tell. Of what is taken back meanwhile nothing is waited for: it will not be answered."""
    described: list[Event] = []
    for event in events:
        if isinstance(event, Message) and connector.descriptions is not None and wanted():
            root = None if event.direct else await _root(inbox, event, session)
            if root is not None or event.reply_to is not None or event.attachments:
                event = await connector.descriptions.described(event, root)
        described.append(event)
    return described


async def root_answered_again(
    inbox: Inbox, connector: Connector, event: TurnEvent, session: str, *, wanted: Wanted
) -> Message | None:
    """Return the message that a thread begins with in which a reaction wants an answer again."""
    if not isinstance(event, Reacted) or verdict_of(event.reaction) != "again" or not wanted():
        return None
    asked = replace(as_word(event, ""), id=event.key, reply_to=None)
    (root,) = await described(inbox, connector, (asked,), session, wanted=wanted)
    return root if isinstance(root, Message) else None


async def _root(inbox: Inbox, message: Message, session: str) -> str | None:
    """Return the message of somebody in a room that the session of this key begins with.

    None where that message is a question that was put to us: the session holds it. None also for an order
    that needs no root: whoever asks to be forgotten is, whatever stands there."""
    root = session.removeprefix(f"{message.address.whole}:")
    if root in (session, message.id) or is_about_nothing_here(message.text):
        return None
    ref = await inbox.ref(message.address, root)
    return None if ref is not None and root in ref.questions else root
