"""How good summaries of conversations are: `make eval`. Three runs each, figures printed.

The talks are those of tests/data/talks, or of the folders given (each `x.json` with what is expected in it,
or in `x.expected.json` beside it). They are summarised

- by the rules, without a model;
- through the pipeline on a fake gateway, which gives back the expected lines, half of them spoilt: what is
  spoilt must not be claimed;
- by the real gateway that settings give (`RELAIS_GATEWAY__URL`, or the policy), when there is one.

For each: coverage and precision by kind, owners and days (attribution), links, reversed decisions that are
kept, and what never may be there; then the reading range: the second half of each talk alone is summarised,
and every line must rest on it.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson

from bots.cli.workshop import workshop
from bots.summariser.drafting import draft
from bots.summariser.exported_talk import load
from bots.summariser.rules.plain_summary import summarise
from bots.summariser.summary import KINDS, Summary
from bots.summariser.talk import Talk
from core.config.settings import load_settings
from core.sensitivity.level import Level
from tests.bench.talks import TALKS, piped, score, table

RUNS = 3
Expected = dict[str, Any]
Way = Callable[[Talk, Expected], Awaitable[Summary]]


def talks(folders: list[Path]) -> Iterator[tuple[str, Talk, Expected]]:
    """Every talk of these folders, with what is expected of it."""
    for folder in folders:
        for path in sorted(folder.glob("*.json")):
            if path.name.endswith(".expected.json"):
                continue
            data = path.read_bytes()
            beside = path.with_suffix(".expected.json")
            given = orjson.loads(beside.read_bytes()) if beside.exists() else orjson.loads(data)["expected"]
            talk = load(data)
            yield path.stem, talk, _known(given, talk)


def _known(given: Expected, talk: Talk) -> Expected:
    """What is expected, in one form: lists of every kind, owners by name."""
    names = {member.id: member.name for member in talk.members}
    made: Expected = {kind: [dict(one) for one in given.get(kind, [])] for kind in KINDS}
    for action in made["actions"]:
        action["who"] = names.get(action.get("who"), action.get("who"))
        action.setdefault("due", None)
    made["reversed"] = given.get("reversed", given.get("superseded", []))
    made["never"] = given.get("never", given.get("hidden", []))
    return made


def second_half(talk: Talk) -> Talk:
    return replace(talk, messages=talk.messages[len(talk.messages) // 2 :])


async def run(way: Way, folders: list[Path]) -> Counter[str]:
    """One run over all talks."""
    total: Counter[str] = Counter()
    for _, talk, expected in talks(folders):
        total += score(await way(talk, expected), expected)[0]
        half = second_half(talk)
        made = await way(half, expected)
        lines = [item for kind in KINDS for item in getattr(made, kind)]
        total["lines of a range"] += len(lines)
        total["lines outside"] += sum(not set(line.messages) <= set(half.by_number) for line in lines)
    return total


async def by_rules(talk: Talk, expected: Expected) -> Summary:
    return await asyncio.to_thread(summarise, talk)


async def by_pipeline(talk: Talk, expected: Expected) -> Summary:
    return (await piped(talk, expected))[0]


@asynccontextmanager
async def real_gateway() -> AsyncGenerator[tuple[str, Way] | None]:
    """The way through the gateway that settings give; None when they give none."""
    async with workshop(load_settings()) as work:
        access = work.access(Level.N0)
        model = access.route("summary", "fr").models[0]
        if not model.generates:
            yield None
            return

        async def way(talk: Talk, expected: Expected) -> Summary:
            return (await draft(talk, access.stream, model=model, language="fr")).summary

        yield model.id, way


async def measure(folders: list[Path]) -> None:
    async with contextlib.AsyncExitStack() as stack:
        ways: list[tuple[str, Way]] = [
            ("by rules, without a model", by_rules),
            ("through the pipeline, on a fake gateway", by_pipeline),
        ]
        real = await stack.enter_async_context(real_gateway())
        if real is not None:
            ways.append((f"by the gateway's model {real[0]}", real[1]))
        for name, way in ways:
            for number in range(1, RUNS + 1):
                counts = await run(way, folders)
                print(f"\nSummaries {name}, run {number} of {RUNS}\n")
                print(table(counts))
                outside, lines = counts["lines outside"], counts["lines of a range"]
                print(f"reading range    {outside} of {lines} lines outside")
        if real is None:
            print("\nNo gateway is given by settings: no real model was measured.")


def main() -> None:
    parser = argparse.ArgumentParser(description="how good summaries of conversations are")
    parser.add_argument("folders", nargs="*", type=Path, help=f"folders of talks ({TALKS.name})")
    asyncio.run(measure(parser.parse_args().folders or [TALKS]))


if __name__ == "__main__":
    main()
