"""`relais understand [TEXT…]`: what is understood of a wish, and why; no model is asked."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import Any, TextIO

import orjson

from core.understanding import Intent, Place, understand


def show(
    texts: Sequence[str], *, place: Place, document: bool, as_json: bool, given: TextIO, out: TextIO
) -> int:
    """Print what each text asks for. Without `texts`, read one a line from `given`; blank lines count."""
    lines: Iterable[str] = texts or (line.rstrip("\n") for line in given)
    read = ((text, understand(text, place=place, document=document)) for text in lines)
    if as_json:
        whole = [entry(text, intent) for text, intent in read]
        out.write(orjson.dumps(whole, option=orjson.OPT_INDENT_2).decode() + "\n")
        return 0
    for text, intent in read:
        out.write(f"{text}\n  {told(intent)}\n")
        out.flush()
    return 0


def entry(text: str, intent: Intent) -> dict[str, Any]:
    """What one text asks for, as JSON: `text`, `intent`, `arguments`, `why`, and `others` where unsure."""
    made: dict[str, Any] = {
        "text": text,
        "intent": intent.kind,
        "arguments": intent.arguments,
        "why": intent.why,
    }
    return made | ({"others": list(intent.others)} if intent.others else {})


def told(intent: Intent) -> str:
    """What a text asks for, on one line."""
    said = " ".join(f"{name}={value}" for name, value in intent.arguments.items())
    others = f" ou {', '.join(intent.others)}" if intent.others else ""
    return f"{intent.kind}{others}{f' ({said})' if said else ''}\u00a0: {intent.why}"


def run(texts: Sequence[str], *, place: Place, document: bool, as_json: bool) -> int:
    """Run the command on the standard streams."""
    return show(texts, place=place, document=document, as_json=as_json, given=sys.stdin, out=sys.stdout)
