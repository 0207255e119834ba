"""What the embedded engine answers: a summary, passages, or help, and what is said around it in CommonMark.

Pure, but for the thread it runs in.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import replace

from core.gateway.ask import ROUND_THE_TEXT, Ask, Chunk, Material, Usage
from core.gateway.catalogue import Model
from core.gateway.engines.extracts.correspondence import correspondence
from core.gateway.engines.extracts.cues import asks_summary, greets
from core.gateway.engines.extracts.phrases import Phrases
from core.gateway.engines.extracts.ranking import passages, summary
from core.gateway.engines.extracts.units import Unit, joined, once, units, written_headings
from core.language.commonmark import named
from core.language.terms import query

MOST = 2_000_000
"""Characters that are read of all materials together, about 700 pages."""

_PASTED = 400
_INSTRUCTION = 200
_PASSAGES = 3
_PARTS, _MOST_PARTS = 3, 12
"""Headings of a document that are told, from so many on."""
_FEWEST, _LARGEST, _SHARE = 5, 10, 8
_LONG = 1_000
"""Tokens of an answer from which twice as much is quoted: a note, not a few lines."""


class Extracts:
    """The engine that writes nothing of its own."""

    def load(self, model: Model) -> None:
        """Nothing: there is no model."""

    async def chunks(self, ask: Ask, model: Model) -> AsyncGenerator[Chunk]:
        """The answer as a gateway would stream it. Long texts are read in a thread, beside the loop."""
        text = await asyncio.to_thread(answer, ask)
        yield Chunk(text=text, alive=True, finish="stop", usage=Usage(estimated=True))


def answer(ask: Ask) -> str:
    """The whole answer, in CommonMark."""
    say = Phrases(ask.language)
    ask = _with_pasted(ask, say)
    return f"{say.label}\n\n{_body(ask, say)}"


def _body(ask: Ask, say: Phrases) -> str:
    if not ask.materials:
        return say.help()
    if greets(ask.question):
        return say.hint() if ask.question.strip() else _summary(ask, say)
    ask = replace(ask, materials=_named(ask), question=_without_names(ask))
    if ask.task == "summary" or not query(ask.question):
        return _summary(ask, say)
    return _passages(ask, say)


def _summary(ask: Ask, say: Phrases) -> str:
    read, truncated = _capped(ask.materials)
    asked, read = _asked(read, say)
    found = [unit for unit in once(units(read)) if unit.heading not in ROUND_THE_TEXT.values()]
    size = min(_LARGEST, max(_FEWEST, len(found) // _SHARE))
    if ask.task == "summary" and ask.answer_tokens >= _LONG:
        size = max(size, min(len(found) // 2 + 1, 2 * size))
    chosen = summary(found, size + len(read) - 1) or found[:_FEWEST]  # a few words are quoted whole
    if not chosen and not asked:
        return say.empty(_names(ask.materials, say))
    lines = [f"- {_quoted(unit, read, say)}" for unit in joined(chosen)]
    parts = [asked, _plan(found, read, say)]
    parts += [say.summary(_names(read, say)), "\n".join(lines)] if lines else []
    return "\n\n".join(filter(None, [*parts, say.truncated() if truncated else ""]))


def _asked(materials: tuple[Material, ...], say: Phrases) -> tuple[str, tuple[Material, ...]]:
    """Who asks what of whom in the mails among the materials, quoted; and the materials with what else they
    say."""
    lines: list[str] = []
    left: list[Material] = []
    for material in materials:
        mail = correspondence(material.text)
        left.append(replace(material, text=mail.text) if mail else material)
        for request in mail.requests[:_LARGEST] if mail else ():
            cited = say.cite(material.name, None) if len(materials) > 1 else ""
            lead = say.request(request.who, request.whom, promised=request.promised)
            line = f"- {lead}{say.quote(request.text)}"
            lines.append(f"{line} ({cited})" if cited else line)
    return (f"{say.requests()}\n\n" + "\n".join(lines) if lines else ""), tuple(left)


def _plan(found: list[Unit], materials: tuple[Material, ...], say: Phrases) -> str:
    """The headings of the only document, where it has some: what it is about, in its own words."""
    if len(materials) != 1:
        return ""
    written = [each for each in written_headings(materials[0].text) if each not in ROUND_THE_TEXT.values()]
    taken = written if len(written) > 1 else [unit.heading for unit in found if unit.heading]
    told = list(dict.fromkeys(taken))
    if len(told) < (2 if written else _PARTS):
        return ""
    return say.plan(told[:_MOST_PARTS], more=len(told) > _MOST_PARTS)


def _passages(ask: Ask, say: Phrases) -> str:
    read, truncated = _capped(ask.materials)
    found = units(read)
    best = passages(found, ask.question, _PASSAGES)
    if not best and asks_summary(ask.question):
        return _summary(ask, say)
    if not best:
        return say.nothing(_names(ask.materials, say))
    lines = [f"- {_quoted(unit, read, say)}" for unit in _in_context(found, best)]
    parts = [
        say.passages(_names(read, say), len(lines)),
        "\n".join(lines),
        say.truncated() if truncated else "",
    ]
    return "\n\n".join(filter(None, parts))


def _in_context(found: list[Unit], best: list[int]) -> list[Unit]:
    """The units to quote, each that leans on the one before it together with that one; none twice."""
    quoted: list[Unit] = []
    for number in best:
        unit = found[number]
        if _leans(found, number) and number - 1 in best:
            continue  # follows in the quotation of the one before
        if _leans(found, number):
            unit = replace(unit, text=f"{found[number - 1].text} {unit.text}")
        elif number + 1 in best and _leans(found, number + 1):
            unit = replace(unit, text=f"{unit.text} {found[number + 1].text}")
        quoted.append(unit)
    return quoted


def _leans(found: list[Unit], number: int) -> bool:
    """Does a unit need the one before it, and does that one stand in the same place?"""
    one, other = found[max(0, number - 1)], found[number]
    same = (one.material, one.page, one.section) == (other.material, other.page, other.section)
    return other.leans and number > 0 and same


def _quoted(unit: Unit, materials: tuple[Material, ...], say: Phrases) -> str:
    """A unit between quotation marks, with its heading where it needs that, and with its page; with the
    document's name when there are several."""
    name = materials[unit.material].name if len(materials) > 1 else None
    cited = say.cite(name, unit.page)
    quoted = say.under(unit.lead, say.quote(unit.text)) if unit.lead else say.quote(unit.text)
    return f"{quoted} ({cited})" if cited else quoted


def _names(materials: tuple[Material, ...], say: Phrases) -> str:
    return ", ".join(say.name(named(material.name)) for material in materials)


def _named(ask: Ask) -> tuple[Material, ...]:
    """The materials that the question names, else all."""
    lower = ask.question.lower()
    return tuple(m for m in ask.materials if m.name.lower() in lower) or ask.materials


def _without_names(ask: Ask) -> str:
    question = ask.question
    for material in ask.materials:
        at = question.lower().find(material.name.lower())
        if at >= 0:
            question = question[:at] + question[at + len(material.name) :]
    return question


def _capped(materials: tuple[Material, ...]) -> tuple[tuple[Material, ...], bool]:
    """The materials, cut after `MOST` characters; True when something was cut."""
    room, kept = MOST, list[Material]()
    for material in materials:
        kept.append(replace(material, text=material.text[:room]))
        room -= min(room, len(material.text))
    return tuple(kept), sum(len(m.text) for m in materials) > MOST


def _with_pasted(ask: Ask, say: Phrases) -> Ask:
    """A long text in the message itself is a material, its first short line the question on it."""
    if len(ask.question) < _PASTED:
        return ask
    first, _, rest = ask.question.partition("\n")
    if len(first) > _INSTRUCTION or not rest.strip():
        first, rest = "", ask.question
    pasted = Material(name=say.pasted(), text=rest)
    return replace(ask, question=first, materials=(pasted,))
