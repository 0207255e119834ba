"""How many answers are given: a brake on loops that nothing else stops. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """An answer that was begun: when, to whom, in which thread, and the Message-ID that it `begins` with.
    `subject` is a hash of it and of the sender, empty where the mail had none. `last`: it says that no more
    will come today."""

    at: float
    sender: str
    thread: str
    subject: str = ""
    last: bool = False
    begins: str = ""


CAPS = (
    (600.0, 5, "sender"),
    (86_400.0, 50, "sender"),
    (3600.0, 10, "thread"),
    (600.0, 500, "all"),
)
"""Seconds, how many, of what: beyond, a message waits in its folder. The last one stops us altogether. Who
asks, and then for the answer as Word, PDF and ODT in a row, waits for none of them."""
LAST, DAY = 20, 86_400.0
"""How many answers a thread gets in a day, or mails of one person under one subject. What comes after them is
answered no more: two programs that answer each other end here. The last one tells people so; whoever else
writes in the thread gets one that does."""


def is_last(history: Sequence[Given], new: Given) -> bool | None:
    """Does the answer `new` end its thread, or its subject, for a day? None where its person was told that it
    ended."""
    today = [each for each in history if new.at - each.at < DAY]
    under = [each for each in today if new.subject and each.subject == new.subject]
    within = [each for each in today if each.thread == new.thread]
    if max(len(under), len(within)) < LAST:
        return max(len(under), len(within)) == LAST - 1
    told = any(each.last and each.sender == new.sender for each in (*under, *within))
    return None if told else True


def wait(history: Sequence[Given], *, sender: str, thread: str, now: float) -> float:
    """Seconds until one more answer may be given; 0 when it may now."""
    pauses = [0.0]
    for window, count, what in CAPS:
        recent = sorted(
            each.at
            for each in history
            if now - each.at < window
            and (what == "all" or (each.sender == sender if what == "sender" else each.thread == thread))
        )
        if len(recent) >= count:
            pauses.append(recent[-count] + window - now)
    return max(pauses)
