"""How good a summary of a conversation is: `python -m tests.bench.talks`, on the talks of tests/data/talks.

For each kind of line: how many of those expected are there (coverage), and how many that are there were
expected (precision). A line is found when it rests on the last message of an expected one (who decides or
promises). Of actions found: owner and day. No overturned decision, no joke, nothing deleted may be there.
`--pipeline` measures what a gateway's answer goes through, with a fake gateway that gives back the expected
lines, half of them spoilt: what is spoilt must not be claimed.
"""

from __future__ import annotations

import argparse
import asyncio
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from bots.summariser.drafting import draft
from bots.summariser.exported_talk import load
from bots.summariser.rules.plain_summary import summarise
from bots.summariser.summary import KINDS, Summary
from bots.summariser.talk import Talk
from core.gateway.catalogue import Model
from core.gateway.client import Gateway
from core.gateway.engines.remote import session
from core.policy.decision import Route
from core.sensitivity.level import Level
from tests.rig.gateway import Behaviour, fake_gateway

TALKS = Path(__file__).parents[1] / "data" / "talks"


def talks() -> Iterator[tuple[str, Talk, dict[str, Any]]]:
    """(name, talk, what is expected) of each."""
    for path in sorted(TALKS.glob("*.json")):
        data = path.read_bytes()
        yield path.stem, load(data), orjson.loads(data)["expected"]


def score(summary: Summary, expected: dict[str, Any]) -> tuple[Counter[str], list[str]]:
    """Counts for each measure, and what was missed or too much, in words."""
    counts: Counter[str] = Counter()
    faults: list[str] = []
    for kind in KINDS:
        made = list(getattr(summary, kind))
        for wanted in expected[kind]:
            last = wanted["messages"][-1]
            found = next((m for m in made if last in m.messages), None)
            counts[f"{kind} expected"] += 1
            if found is None:
                faults.append(f"{kind}: missed {wanted['messages']}")
                continue
            made.remove(found)
            counts[f"{kind} found"] += 1
            counts["links expected"] += len(wanted["messages"])
            counts["links found"] += len(set(wanted["messages"]) & set(found.messages))
            if kind == "actions":
                counts["owners right"] += found.who == wanted["who"]
                counts["days right"] += found.due == wanted["due"]
                if (found.who, found.due) != (wanted["who"], wanted["due"]):
                    faults.append(f"actions: {wanted} is {found.who}, {found.due}")
        counts[f"{kind} too much"] += len(made)
        faults += [f"{kind}: not expected {m.messages}" for m in made]
    claimed = {n for kind in KINDS for m in getattr(summary, kind) for n in m.messages[-1:]}
    decided = {n for point in summary.decisions for n in point.messages}
    counts["reversals"] += len(expected["reversed"])
    counts["reversals kept"] += len(decided & set(expected["reversed"]))
    counts["never"] += len(expected["never"])
    counts["never there"] += len(claimed & set(expected["never"]))
    return counts, faults


def spoilt(talk: Talk, expected: dict[str, Any]) -> tuple[str, int]:
    """A model's answer with all expected lines, each beside a spoilt twin; and the number of twins."""
    lists: dict[str, list[dict[str, Any]]] = {kind: [] for kind in KINDS}
    twins = 0
    for kind in KINDS:
        for number, wanted in enumerate(expected[kind]):
            item = {**wanted, "text": "Ligne.", "what": "Ligne."}
            wrong = {**item, "messages": [10_000 + number]}
            if kind == "actions":
                wrong = {**item, "who": "Jeanne INVENTÉE"} if number % 2 else {**item, "due": "2031-01-01"}
            lists[kind] += [item, wrong]
            twins += 1
    lists["decisions"] += [{"text": "Ligne.", "messages": [n]} for n in expected["reversed"]]
    return orjson.dumps(lists).decode(), twins


async def piped(talk: Talk, expected: dict[str, Any]) -> tuple[Summary, int]:
    """The summary made of the spoilt answer, then of one that is as wrong, but takes back the decisions that
    were overturned: these are asked about."""
    answer, twins = spoilt(talk, expected)
    again, _ = spoilt(talk, {**expected, "reversed": []})
    async with fake_gateway(context=200_000, behaviour=Behaviour(answer=again)) as fake, session() as http:
        fake.next(Behaviour(answer=answer))
        model = Model(id="small", served="small", url=fake.url, clearance=Level.N1, context=200_000)
        gateway = Gateway(session=http)
        route = Route(level=Level.N1, models=(model,))
        made = await draft(talk, lambda ask: gateway.stream(ask, lambda: route), model=model, language="fr")
    return made.summary, twins


def _percent(part: int, whole: int) -> str:
    return f"{part}/{whole}" + (f" ({100 * part / whole:.0f} %)" if whole else "")


def table(counts: Counter[str]) -> str:
    lines = [
        f"{kind:<16} coverage {_percent(counts[f'{kind} found'], counts[f'{kind} expected'])}, "
        f"precision {_percent(f := counts[f'{kind} found'], f + counts[f'{kind} too much'])}"
        for kind in KINDS
    ]
    found = counts["actions found"]
    lines.append(f"owners           {_percent(counts['owners right'], found)}")
    lines.append(f"days             {_percent(counts['days right'], found)}")
    lines.append(f"links            {_percent(counts['links found'], counts['links expected'])}")
    lines.append(f"overturned kept  {_percent(counts['reversals kept'], counts['reversals'])}")
    lines.append(f"never there      {_percent(counts['never there'], counts['never'])}")
    return "\n".join(lines)


def main(*, quick: bool = False, pipeline: bool = False, show_faults: bool = False) -> None:
    """`quick` changes nothing: it takes a second."""
    print("\nSummaries of conversations\n")
    total: Counter[str] = Counter()
    for name, talk, expected in talks():
        summary = asyncio.run(piped(talk, expected))[0] if pipeline else summarise(talk)
        counts, faults = score(summary, expected)
        total += counts
        if show_faults:
            print(name, *faults, sep="\n  ")
    print(table(total))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="score summaries of conversations")
    parser.add_argument("--pipeline", action="store_true", help="with a fake gateway, half of it wrong")
    parser.add_argument("--faults", action="store_true", help="say what was missed or too much")
    options = parser.parse_args()
    main(pipeline=options.pipeline, show_faults=options.faults)
