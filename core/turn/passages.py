"""What is left of a refused question without the passages for which it was refused."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from core.connector import Message
from core.sensitivity.level import MARKINGS, Level, Part
from core.turn.findings import Assessor, TurnFindings

CUT = "[…]"
"""What stands for a passage that is left out."""
_LEAST = 3
"""Words of a question, without the passage, that are worth sending."""
_ENDS = ".!?\n"


async def without_passages(
    written: tuple[Message, ...], findings: TurnFindings, session: Level, most: Level
) -> tuple[Message, ...]:
    """Return the messages without what is above `most`, in a session of level `session`. Return none where
    that leaves too little, or cannot be done: a marking protects all of a text. Raises Denied."""
    marked = any(each.kind in MARKINGS and each.level > most for each in findings.found)
    if marked or session > most or any(each.attachments or each.quoted_files for each in written):
        return ()
    cut: list[Message] = []
    for message in written:
        left = await _without(message, findings.assessor, most)
        if left is None:
            return ()
        cut.append(left)
    words = " ".join(message.text.replace(CUT, " ") for message in cut).split()
    return tuple(cut) if len(words) >= _LEAST and tuple(cut) != written else ()


async def _without(message: Message, assessor: Assessor, most: Level) -> Message | None:
    """Return one message without what was found in it, or if that is not enough without the sentences of
    it. None where neither is enough."""
    quoted = (Part(text=message.quoted, place="quote"),)
    if message.quoted and (await assessor.assess(quoted)).gated() > most:
        message = replace(message, quoted="")
    assessment = await assessor.assess((Part(text=message.text),))
    if assessment.gated() <= most:
        return message
    spans = [
        (each.start, each.end)
        for each in assessment.evidence
        if each.strength != "mention" and each.level > most
    ]
    for cuts in (spans, [_sentence(message.text, start, end) for start, end in spans]):
        text = _cut_out(message.text, cuts)
        if (await assessor.assess((Part(text=text),))).gated() <= most:
            return replace(message, text=text)
    return None


def _sentence(text: str, start: int, end: int) -> tuple[int, int]:
    """Widen a place in a text to the sentences that it touches."""
    first = max((text.rfind(sign, 0, start) + 1 for sign in _ENDS), default=0)
    last = min((at for sign in _ENDS if (at := text.find(sign, end)) >= 0), default=len(text))
    return first, last


def _cut_out(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """Return a text with a sign in the place of each span."""
    made, at = "", 0
    for start, end in sorted(spans):
        if end > at:
            kept = text[at : max(start, at)]
            made += kept + ("" if made.endswith(CUT) and not kept.strip() else CUT)
            at = end
    return made + text[at:]
