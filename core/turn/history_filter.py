"""What of a range read back may be used: not what its author keeps out of summaries. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from core.connector import Past, Range
from core.language.accents import fold
from core.sensitivity.evidence import Part

KEPT_OUT = frozenset({"🚫", "hors resume", "off the record"})
"""An author's own reaction that keeps a message out of summaries."""
OFF = "!off"
"""An author's own reply that does the same; without a reply, of their message before."""


def kept(found: Range, chain: str | None = None) -> Range:
    """The range without the messages that their authors keep out; they are counted. Of a `chain` alone, when
    one of its messages is named: a word that keeps out need not stand in it."""
    off = _off(found.messages)
    every = found.messages if chain is None else _chain(found.messages, chain)
    messages = tuple(past for past in every if not (_kept_out(past) or past.id in off))
    return replace(found, messages=messages, withheld=found.withheld + len(every) - len(messages))


def _kept_out(past: Past) -> bool:
    return any(past.sender.id in who and _folded(key) in KEPT_OUT for key, who in past.reactions.items())


def _off(messages: Sequence[Past]) -> set[str]:
    """The messages that their authors keep out by a word."""
    by_id = {past.id: past for past in messages}
    last: dict[str, Past] = {}
    off: set[str] = set()
    for past in messages:
        if _folded(past.text) != OFF:
            last[past.sender.id] = past
            continue
        meant = by_id.get(past.reply_to) if past.reply_to else last.get(past.sender.id)
        if meant is not None and meant.sender.id == past.sender.id:
            off.add(meant.id)
    return off


def _chain(messages: Sequence[Past], one: str) -> tuple[Past, ...]:
    """The thread, or the chain of replies, that a message belongs to: up to its root, and all below."""
    above = {past.id: past.thread or past.reply_to for past in messages}
    root, seen = one, {one}
    while (parent := above.get(root)) and parent not in seen:
        root = parent
        seen.add(root)
    inside = {root}
    for past in messages:  # oldest first: what is answered comes before its answers
        if past.thread in inside or past.reply_to in inside:
            inside.add(past.id)
    return tuple(past for past in messages if past.id in inside)


def _folded(key: str) -> str:
    return fold(key).replace("\ufe0f", "").strip()


def parts_of(found: Range) -> Sequence[Part]:
    """All that is assessed of a range: its words, reactions and name, and those of its files and people."""
    texts = [Part(text=text) for past in found.messages for text in (past.text, *past.reactions)]
    names = [Part(text=each.name, place="filename") for past in found.messages for each in past.attachments]
    people = dict.fromkeys(each.name for each in (*found.members, *(past.sender for past in found.messages)))
    names += [Part(text=found.name, place="property", name="Title")] if found.name else []
    return [*texts, *names, *(Part(text=name, place="property", name="Author") for name in people)]
