"""Whom to call, said before anything else where somebody tells of a danger."""

from __future__ import annotations

from core.bot import Turn


async def told_whom_to_call(turn: Turn, text: str) -> bool:
    """Say first whom to call, where a text tells of a danger: whatever then becomes of the question. Among
    others that is said to the author alone, who asks again there if it was read wrongly: True."""
    danger = await turn.danger(text)
    if danger is None:
        return False
    whom = turn.texts.distress(danger)
    if await turn.person.tell(turn.texts.distress_alone(whom, room=turn.room.name)):
        return True
    turn.preface(whom)
    return False
