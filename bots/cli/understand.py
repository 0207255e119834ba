"""`relais understand [TEXT…]`: what is understood of a wish, and why; no model is asked."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import Any

from bots.cli.inputs import indented
from core.understanding import Intent, Place, explained, understand


def run(texts: Sequence[str], *, place: Place, document: bool, as_json: bool) -> int:
    """Print what each text asks for. Without `texts`, read one a line of the standard input; blank lines
    count."""
    lines: Iterable[str] = texts or (line.rstrip("\n") for line in sys.stdin)
    read = (
        (text, intent, explained(text, intent, place=place, document=document))
        for text in lines
        for intent in (understand(text, place=place, document=document),)
    )
    if as_json:
        whole = [entry(text, intent, why) for text, intent, why in read]
        sys.stdout.write(indented(whole))
        return 0
    for text, intent, why in read:
        sys.stdout.write(f"{text}\n  {told(intent, why)}\n")
        sys.stdout.flush()
    return 0


def entry(text: str, intent: Intent, why: str) -> dict[str, Any]:
    """What one text asks for, as JSON: `text`, `intent`, `arguments`, `why`, and `others` where unsure."""
    made: dict[str, Any] = {
        "text": text,
        "intent": intent.kind,
        "arguments": intent.arguments,
        "why": why,
    }
    return made | ({"others": list(intent.others)} if intent.others else {})


def told(intent: Intent, why: str) -> str:
    """What a text asks for, on one line."""
    said = " ".join(f"{name}={value}" for name, value in intent.arguments.items())
    others = f" ou {', '.join(intent.others)}" if intent.others else ""
    return f"{intent.kind}{others}{f' ({said})' if said else ''}\u00a0: {why}"
