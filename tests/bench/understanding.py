"""How many held-out requests `core.understanding` reads right without a model, and what a message costs.

The requests are a third of what three hands wrote, and all of three others' (tests/data/understanding); none
was looked at. The reader learned from the other thirds: the last hands' figures are what a stranger may
expect.

Run: `python -m tests.bench understanding`.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from pathlib import Path
from typing import Any

from core.understanding import understand
from tests.bench.table import Row, show

HELD_OUT = sorted((Path(__file__).parents[1] / "data" / "understanding").glob("held_out*.jsonl"))
ROUNDS = 5


def main(*, quick: bool = False) -> None:
    held: list[dict[str, Any]] = [
        json.loads(line) for path in HELD_OUT for line in path.read_text("utf-8").splitlines()
    ]
    right: Counter[str] = Counter()
    read: Counter[str] = Counter()
    all_of: Counter[str] = Counter(each["intent"] for each in held)
    for each in held:
        kind = understand(each["text"], place=each["place"], document=each["document"]).kind
        right[each["intent"]] += kind == each["intent"]
        read[str(each["hand"])] += kind == each["intent"]
    rounds = 1 if quick else ROUNDS
    began = time.process_time()
    for _ in range(rounds):
        for each in held:
            understand(each["text"], place=each["place"], document=each["document"])
    cost = 1_000 * (time.process_time() - began) / (rounds * len(held))
    rows = [
        Row(
            what="requests read right, without a model",
            measured=100 * right.total() / len(held),
            unit="%",
            least=90,
            note=f"of {len(held)}",
        ),
        Row(what="CPU a message", measured=cost, unit="ms", goal=2),
    ]
    show("Understanding, on the held-out third", rows)
    hands: Counter[str] = Counter(str(each["hand"]) for each in held)
    print(f"\nBy hand: {', '.join(f'{hand}: {read[hand]} of {count}' for hand, count in hands.items())}")
    print("\n| intent | requests | right |\n|---|---|---|")
    for kind, count in all_of.most_common():
        print(f"| {kind} | {count} | {right[kind]} |")
