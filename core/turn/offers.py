"""What the author of a refused question may choose of: send it without the passage, write it elsewhere, or
say that the passage is not what it was taken for.

The question waits, sealed, as one does that is asked about (`core.turn.confirmation`), and beside it what
would be sent without the passage. A number, typed, tapped or as a reaction, chooses; what is chosen is
assessed and decided about again, as if it had just been written. What may be handled nowhere does not wait.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from core.connector import Choice, Message
from core.policy.channels import elsewhere
from core.policy.decision import Offer, Refusal
from core.sensitivity.level import MARKINGS, Level, Part
from core.turn.confirmation import Held
from core.turn.turn import Turn

CUT = "[…]"
"""What stands for a passage that is left out."""
_LEAST = 3
"""Words of a question, without the passage, that are worth sending."""
_ENDS = ".!?\n"


async def held_for(turn: Turn, refusal: Refusal) -> Held | None:
    """The refused question with what may be chosen; None where nothing may."""
    written = turn.contents
    if refusal.why not in ("channel", "no_model", "person") or not written or turn.exposed:
        return None
    if any(message.alone for message in written):
        return None
    offers: list[Offer] = []
    without = await _without_passages(turn, written, refusal.ceiling or Level.N0)
    if without:
        offers.append("without")
    better = refusal.why == "channel" and not refusal.read_back  # what is read back is here alone
    if better and any(elsewhere(kind, "fr") for kind in refusal.elsewhere):
        offers.append("elsewhere")
    if (
        turn.brought.refusal(files=True, level=max(turn.session.level, turn.raised, turn.brought.sure))
        is None
    ):
        offers.append("denied")
    if not offers:
        return None
    return Held(turn=turn.key, messages=written, offers=tuple(offers), without=without)


def choices(turn: Turn, held: Held) -> tuple[Choice, ...]:
    """The same as buttons, for where two talk."""
    return tuple(
        Choice(label=turn.texts.offer_label(offer), text=str(number), address=turn.event.address)
        for number, offer in enumerate(held.offers, 1)
    )


async def _without_passages(turn: Turn, written: tuple[Message, ...], most: Level) -> tuple[Message, ...]:
    """The messages without what is above `most`; empty where that leaves too little, or cannot be done: a
    marking protects all of a text."""
    marked = any(each.kind in MARKINGS and each.level > most for each in turn.brought.found)
    if marked or turn.session.level > most or any(each.attachments or each.quoted_files for each in written):
        return ()
    found: list[Message] = []
    for message in written:
        cut = await _cut(turn, message, most)
        if cut is None:
            return ()
        found.append(cut)
    words = " ".join(message.text.replace(CUT, " ") for message in found).split()
    return tuple(found) if len(words) >= _LEAST and tuple(found) != written else ()


async def _cut(turn: Turn, message: Message, most: Level) -> Message | None:
    """One message without its passages: what was found, or if that is not enough the sentences of it."""
    assess = turn.brought.without_taking
    if message.quoted and (await assess(Part(text=message.quoted, place="quote"))).gated() > most:
        message = replace(message, quoted="")
    assessment = await assess(Part(text=message.text))
    if assessment.gated() <= most:
        return message
    spans = [
        (each.start, each.end)
        for each in assessment.evidence
        if each.strength != "mention" and each.level > most
    ]
    for cuts in (spans, [_sentence(message.text, start, end) for start, end in spans]):
        text = _cut_out(message.text, cuts)
        if (await assess(Part(text=text))).gated() <= most:
            return replace(message, text=text)
    return None


def _sentence(text: str, start: int, end: int) -> tuple[int, int]:
    """Widen a place in a text to the sentences that it touches."""
    first = max((text.rfind(sign, 0, start) + 1 for sign in _ENDS), default=0)
    last = min((at for sign in _ENDS if (at := text.find(sign, end)) >= 0), default=len(text))
    return first, last


def _cut_out(text: str, spans: Iterable[tuple[int, int]]) -> str:
    made, at = "", 0
    for start, end in sorted(spans):
        if end > at:
            kept = text[at : max(start, at)]
            made += kept + ("" if made.endswith(CUT) and not kept.strip() else CUT)
            at = end
    return made + text[at:]
