"""Drafts a summary: a model condenses the talk, the answer is checked, and the model is asked once to repair
it. Without a model, rules draft the summary.

Lines that do not hold even then are shown as unclaimed. An answer that is no JSON even then is not used: the
extracts of the rules stand in for it, and say so.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from typing import Any

import orjson

from bots.summariser.checking import LISTS, Checked, Checker, Wrong, numbers, parse
from bots.summariser.rules.plain_summary import summarise
from bots.summariser.summary import Summary
from bots.summariser.talk import Said, Talk
from core.condense import Asking, Brief, Passage, Source, Work, condense
from core.condense.running import unwatched
from core.gateway.ask import Ask, Done, Material, whole
from core.gateway.catalogue import Model
from core.texts.typography import split

PART = 3_000
"""Bytes of the text of a file in one passage, at most."""
_MARK = re.compile(r"\[ ?(m\d+) ?\]", re.IGNORECASE)
AROUND = 2
"""Messages on each side of a cited one that the model reads for a repair."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drafted:
    """A summary and how it was made. `done` is the end of the model's answer, or None without a model.
    `fallback`: the model's answer could not be used. `meanwhile`: all models are away."""

    summary: Summary
    done: Done | None = None
    fallback: bool = False
    meanwhile: bool = False


async def draft(
    talk: Talk,
    asking: Asking,
    *,
    model: Model,
    language: str,
    progress: Callable[[int, int], None] = unwatched,
) -> Drafted:
    """Draft the summary of a talk. Raises ContextOverflow, and whatever `asking` raises."""
    if not model.generates or not talk.messages:
        return Drafted(summary=await asyncio.to_thread(summarise, talk))
    condensed = await condense(
        Brief(works=(work(talk),), model=model, form="talk", language=language), asking, progress=progress
    )
    checker = await asyncio.to_thread(Checker, talk)
    lists = parse(condensed.text)
    checked = await asyncio.to_thread(checker.check, lists) if lists is not None else None
    if checked is None or checked.wrong or checked.doubted:
        repair = _repair(talk, checked, condensed.text, language)
        mended = parse((await whole(asking(repair)))[0])
        if mended is not None:
            checked = _joined(checked, await asyncio.to_thread(checker.check, mended, asked_again=True))
    if checked is None:
        return Drafted(summary=await asyncio.to_thread(summarise, talk), done=condensed.done, fallback=True)
    unclaimed = tuple(one.text for one in (*checked.wrong, *checked.doubted) if one.text)
    return Drafted(summary=replace(checked.summary, unclaimed=unclaimed), done=condensed.done)


def work(talk: Talk) -> Work:
    """Return a talk as `core.condense` reads it: a passage for each message, and for each part of a file that
    was read. The mark of a passage is the number of the message (`m12`)."""
    return Work(
        name="conversation", passages=tuple(each for said in talk.messages for each in _passages(said))
    )


def _passages(said: Said) -> Iterator[Passage]:
    mark = f"m{said.n}"
    source = Source(id=mark, mark=mark, label=f"message {said.n}", work="conversation")
    yield Passage(source=source, text=message_line(said))
    for name, text in said.read.items():
        for part in split(text, PART):
            yield Passage(source=source, text=f"[{name}] {part}")


def message_line(said: Said) -> str:
    """Return a message as a model reads it: author, time, the number of the message that it replies to, text,
    files, reactions. A mark such as `[m3]` in the text becomes `(m3)`, so that it can pass for no message."""
    head = [said.author.name, f"{said.at:%Y-%m-%d %H:%M}"]
    if said.reply_to is not None:
        head.append(f"→ m{said.reply_to}")
    tail = [f"[{name}]" for name in said.files]
    if said.reactions:
        tail.append(f"({' '.join(f'{key} {count}' for key, count in said.reactions.items())})")
    return _MARK.sub(r"(\1)", f"{', '.join(head)} : {' '.join([said.text, *tail])}".strip())


def _repair(talk: Talk, checked: Checked | None, text: str, language: str) -> Ask:
    """Return the request that has a model correct wrong and doubted items, with the messages that these are
    about. Without a checked answer, the model gets its whole answer back."""
    if checked is None:
        cited, lines = list(talk.messages[-AROUND:]), text
    else:
        open_ = (*checked.wrong, *checked.doubted)
        cited = _about(talk, open_)
        lines = "\n".join(f"{one.kind} {orjson.dumps(one.item).decode()} : {one.why}" for one in open_)
    return Ask(
        instructions=_prompt(language),
        question="Correct these lines." if language == "en" else "Corrige ces lignes.",
        materials=(
            Material(
                name="conversation", text="\n\n".join(f"[m{said.n}]\n{message_line(said)}" for said in cited)
            ),
            Material(name="lignes", text=lines),
        ),
        language=language,
        task="summary",
        answer_tokens=1_200,
    )


def _about(talk: Talk, wrong: tuple[Wrong, ...]) -> list[Said]:
    """Return the messages that these items cite or that speak against them, each with its neighbours."""
    cited = {n for one in wrong for n, _ in numbers(one.item.get("messages"))} | {one.later for one in wrong}
    places = [place for place, said in enumerate(talk.messages) if said.n in cited]
    near = {place + step for place in places for step in range(-AROUND, AROUND + 1)}
    return [said for place, said in enumerate(talk.messages) if place in near]


def _joined(first: Checked | None, second: Checked | None) -> Checked | None:
    """Join the items that held at first with those that hold after the repair, in the order of the talk.
    Items that are wrong after it stay wrong; a doubted item that the model does not give again is dropped."""
    if first is None or second is None:
        return first or second
    both: dict[str, Any] = {
        kind: tuple(
            sorted(
                dict.fromkeys((*getattr(first.summary, kind), *getattr(second.summary, kind))),
                key=lambda item: item.messages[0],
            )
        )
        for kind in LISTS
    }
    return Checked(summary=Summary(**both), wrong=second.wrong)


@cache
def _prompt(language: str) -> str:
    name = f"repair.{'en' if language == 'en' else 'fr'}.md"
    return resources.files("bots.summariser").joinpath("prompts", name).read_text("utf-8")
