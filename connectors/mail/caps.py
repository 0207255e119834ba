"""How many answers are given: a brake on loops that nothing else stops. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """An answer that was begun: when, to whom, in which thread; `subject` is a hash of it and of the sender,
    empty where the mail had none."""

    at: float
    sender: str
    thread: str
    subject: str = ""


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
answered no more: two programs that answer each other end here. The last one tells people so."""


def answered(history: Sequence[Given], *, thread: str, subject: str, now: float) -> int:
    """Answers of the last day in the thread, or under the subject where those are more."""
    today = [each for each in history if now - each.at < DAY]
    under = sum(bool(subject) and each.subject == subject for each in today)
    return max(under, sum(each.thread == thread for each in today))


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
