"""The forms of a synthesis, and the prompt files of each step."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Literal

Form = Literal["short", "note", "detailed", "question", "talk"]
"""The three forms of a synthesis, the answer to a question, and the minutes of a conversation as JSON."""

Step = Form | Literal["notes", "merge", "talk_notes"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """How many tokens the answer may take, and the notes on one chunk."""

    answer: int
    note: int


FORMS: dict[Form, Sizes] = {
    "short": Sizes(answer=400, note=250),
    "note": Sizes(answer=1_000, note=500),
    "detailed": Sizes(answer=2_400, note=900),
    "question": Sizes(answer=800, note=400),
    "talk": Sizes(answer=2_400, note=700),
}

_SAY: dict[Step, tuple[str, str]] = {
    "notes": ("Prends tes notes.", "Take your notes."),
    "merge": ("Réunis ces notes.", "Merge these notes."),
    "short": ("Résume en cinq lignes.", "Summarise in five lines."),
    "note": ("Rédige une note d’une page.", "Write a note of one page."),
    "detailed": ("Rédige une synthèse détaillée.", "Write a detailed summary."),
    "question": ("Réponds à la question.", "Answer the question."),
    "talk": ("Fais le compte rendu, en JSON.", "Write the minutes, as JSON."),
    "talk_notes": ("Prends tes notes.", "Take your notes."),
}


def say(step: Step, language: str) -> str:
    """Return the request of a step for a person who asked nothing more precise."""
    return _SAY[step][language == "en"]


@cache
def instructions(step: Step, language: str, *, several: bool = False) -> str:
    """Return the prompt of a step: the rules, the step's own file, and the file for `several` works.

    The prompts on conversations hold their own rules."""
    rules = [] if step in ("talk", "talk_notes") else ["rules"]
    names = [*rules, step, *(["several"] if several else [])]
    end = "en" if language == "en" else "fr"
    folder = resources.files("core.condense").joinpath("prompts")
    return "\n".join(folder.joinpath(f"{name}.{end}.md").read_text("utf-8").strip() for name in names)
