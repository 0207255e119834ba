"""Train a `core.language.learned.LearnedReader` on JSON lines of {"text", "label"} and write its weights.

Needs numpy and scipy, which nothing else of relais needs: `uv run --with numpy --with scipy python
tools/train_reader.py …`. Minimising the regularised cross-entropy by L-BFGS from zero is deterministic.
"""

# pyright: basic, reportMissingImports=false
from __future__ import annotations

import math
import zlib
from array import array
from collections import Counter
from collections.abc import Sequence
from typing import Any

from core.language.learned import LearnedReader


def train(
    rows: Sequence[tuple[Sequence[str], str]],
    *,
    shares: Sequence[float] | None = None,
    bits: int = 15,
    penalty: float = 2e-4,
    rounds: int = 200,
) -> LearnedReader:
    """Train a reader that tells exactly one label of each row of (features, label).

    `shares` say how much each row counts; None counts all alike.
    """
    import numpy as np
    from scipy import optimize, sparse

    labels = tuple(sorted({label for _, label in rows}))
    mask, size = (1 << bits) - 1, 1 << bits
    data: list[float] = []
    columns: list[int] = []
    starts = [0]
    for features, _ in rows:
        root = math.sqrt(len(features)) or 1.0
        columns += [zlib.crc32(each.encode()) & mask for each in features]
        data += [1 / root] * len(features)
        starts.append(len(columns))
    matrix: Any = sparse.csr_matrix((data, columns, starts), shape=(len(rows), size))
    matrix.sum_duplicates()
    truth = np.zeros((len(rows), len(labels)))
    truth[np.arange(len(rows)), [labels.index(label) for _, label in rows]] = 1
    counts = np.asarray(shares if shares is not None else [1.0] * len(rows))
    counts = (counts / counts.sum())[:, None]
    known = np.unique(matrix.indices)
    narrow = matrix[:, known]

    def cost(flat: Any) -> tuple[float, Any]:
        weights = flat[: len(known) * len(labels)].reshape(len(known), len(labels))
        scores = narrow @ weights + flat[len(known) * len(labels) :]
        scores -= scores.max(axis=1, keepdims=True)
        chances = np.exp(scores)
        chances /= chances.sum(axis=1, keepdims=True)
        loss = -(counts * np.log(np.maximum((chances * truth).sum(axis=1, keepdims=True), 1e-12))).sum()
        error = (chances - truth) * counts
        slope = np.concatenate([(narrow.T @ error + penalty * weights).ravel(), error.sum(axis=0)])
        return float(loss + penalty / 2 * (weights**2).sum()), slope

    start = np.zeros(len(known) * len(labels) + len(labels))
    found = optimize.minimize(cost, start, jac=True, method="L-BFGS-B", options={"maxiter": rounds}).x
    weights = found[: len(known) * len(labels)].reshape(len(known), len(labels))
    scales = np.maximum(np.abs(weights).max(axis=0), 1e-9) / 127
    table = np.zeros((size, len(labels)), dtype=np.int8)
    table[known] = np.rint(weights / scales).astype(np.int8)
    return LearnedReader(
        labels=labels,
        bits=bits,
        scales=tuple(float(each) for each in scales),
        biases=tuple(float(each) for each in found[len(known) * len(labels) :]),
        columns=tuple(array("b", column.tobytes()) for column in table.T),
    )


def main() -> None:
    """Train the readers of requests and of dangers on `tests/data/understanding`, and tell how many held out
    they read."""
    import json
    from pathlib import Path

    from core.language.learned import features_of
    from core.understanding.mentions import distress_in
    from core.understanding.understand import features, understand

    root = Path(__file__).parents[1]
    given = {
        name: [
            json.loads(line)
            for line in (root / f"tests/data/understanding/{name}.jsonl").open(encoding="utf-8")
        ]
        for name in ("learned", "held_out", "distress", "distress_held_out")
    }
    told = {each["text"]: each["danger"] for each in given["distress"]}
    usual = dict.fromkeys(each["text"] for each in given["learned"] if each["text"] not in told)
    path = root / "core/understanding/distress.bin"
    path.write_bytes(
        train(
            [(features_of(text), danger) for text, danger in (told | dict.fromkeys(usual, "none")).items()],
            shares=[1.0] * len(told) + [0.35] * len(usual),  # an ordinary request tells less
            penalty=3e-6,
        ).to_bytes()
    )
    good = sum((distress_in(each["text"]) or "none") == each["danger"] for each in given["distress_held_out"])
    size = f"{path.stat().st_size:,} bytes of weights"
    print(f"{good} of {len(given['distress_held_out'])} dangers held out, {size}")  # noqa: T201
    learned = [each for each in given["learned"] if not each["text"].strip().startswith(("!", "/"))]
    rows = [
        (features(each["text"], place=each["place"], document=each["document"]), each["intent"])
        for each in learned
    ]
    many = Counter(each["intent"] for each in learned)
    # A kind that is asked often says less with each line; the builder's own list counts half.
    shares = [(0.5 if each["hand"] == 0 else 1.0) / math.sqrt(many[each["intent"]]) for each in learned]
    path = root / "core/understanding/weights.bin"
    path.write_bytes(train(rows, shares=shares, bits=17, penalty=3e-6).to_bytes())
    good = sum(
        understand(each["text"], place=each["place"], document=each["document"]).kind == each["intent"]
        for each in given["held_out"]
    )
    print(f"{good} of {len(given['held_out'])} held out, {path.stat().st_size:,} bytes of weights")  # noqa: T201


if __name__ == "__main__":
    main()
