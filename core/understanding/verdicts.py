"""What a reaction to an answer says of it: the signs are the same on every platform.

Slack's buttons and the links of mails stand for the same signs (`Reacted`), so that all are counted together.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal, cast, get_args

from core.language.folding import fold
from core.language.pattern_file import PatternFile, toml_beside

Fault = Literal["wrong", "incomplete", "off_topic", "too_long", "refused"]
"""What was wrong with an answer; `refused`: it is a refusal without need."""
Verdict = Literal["good", "bad", "again", "stop", "done", "share"] | Fault
"""`again`: answer it again; `done`: this conversation is over; `share`: the support may see the exchange."""

FAULTS: tuple[Fault, ...] = get_args(Fault)
SIGNS: Mapping[Fault | Literal["share"], str] = {
    "wrong": "❌",
    "incomplete": "✂️",
    "off_topic": "🎯",
    "too_long": "📏",
    "refused": "🔒",
    "share": "📤",
}
_TABLES = PatternFile(toml_beside(__file__))
_VERDICTS = cast(dict[str, Verdict], _TABLES.words("signs"))
_VERDICTS.update((sign.rstrip("\ufe0f"), verdict) for verdict, sign in SIGNS.items())
_VARIANTS = "\ufe0f\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff"
"""How a sign is drawn: as a picture, in a colour of skin."""
_WORDS = cast(Mapping[str, Verdict], _TABLES.words("words"))


WORDS: Mapping[Verdict, Literal["yes", "no"]] = {"good": "yes", "done": "yes", "bad": "no", "wrong": "no"}
"""What a sign says to a question of ours: 👍 and ✅ are a yes, 👎 and ❌ a no."""


def verdict_of(sign: str) -> Verdict | None:
    """Read a reaction; None for one that judges nothing."""
    return _VERDICTS.get(sign.rstrip(_VARIANTS))


def fault_of(number: int) -> Fault | None:
    """The fault that bears this number where people are asked what was wrong; None for none."""
    return dict(enumerate(FAULTS, 1)).get(number)


def verdicts_in(words: str) -> list[Verdict]:
    """Read what follows `!avis`: « faux », « hors sujet, partager », or the signs themselves."""
    found: dict[Verdict, None] = {}
    for word in fold(words.replace(",", " ")).split():
        verdict = _WORDS.get(word) or _VERDICTS.get(word.rstrip(_VARIANTS))
        if verdict is not None:
            found[verdict] = None
    return list(found)


def faults_of(verdicts: Iterable[Verdict]) -> list[Fault]:
    """Which of these say what was wrong."""
    given = set(verdicts)
    return [fault for fault in FAULTS if fault in given]
