"""Train a `core.language.learned.LearnedReader` on JSON lines of {"text", "label"} and write its weights.

Needs numpy and scipy, which nothing else of relais needs: `uv run --with numpy --with scipy python
tools/train_reader.py …`. Minimising the regularised cross-entropy by L-BFGS from zero is deterministic.
"""

# pyright: basic, reportMissingImports=false
from __future__ import annotations

import gzip
import json
import math
import re
import sys
import tomllib
import zlib
from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from core.language.encoder import Axis, VectorReader
from core.language.folding import fold
from core.language.learned import LearnedReader, features_of
from core.understanding.understand import (
    CHARACTERS,
    danger_in,
    danger_model,
    danger_odds,
    danger_reader,
    vector_reader,
)

_WORDS = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_NOT_SAID = {
    "fr": re.compile(r"`[^`]*`|\{[^}]*\}|https?\S+|“[^”]*”"),
    "en": re.compile(r"`[^`]*`|\{[^}]*\}|https?\S+|«[^»]*»"),
}
"""What of a text of relais is of no language, or quoted from the other."""
_ENDS = re.compile(r"[\n.:;,!?()*«»“”|]+")
LATER = 13
"""The hand from which requests are not learned as no dangers: two dangers in a hundred were lost by them."""
MANNERS = 5
"""In how many manners each thing of `frames.toml` is asked."""
PLACES = {"fr": ("direct", "mail", "room"), "en": ("direct", "mail", "room"), "sms": ("direct", "room")}
"""Where what is asked in these manners is written."""
QUESTION = 1.5
"""What a question counts in learning, where an order counts one."""
CORE = 3.0
"""What a phrase of `core_phrases.jsonl` counts in learning, where another hand’s order counts one."""
USUAL = 2
"""Orders that use a word from which it is usual."""


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
    from scipy import sparse

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
    weights, biases = _fitted(matrix[:, known], truth, counts, penalty, rounds)
    scales = np.maximum(np.abs(weights).max(axis=0), 1e-9) / 127
    table = np.full((size, len(labels)), 128, dtype=np.uint8)
    table[known] = np.rint(weights / scales) + 128
    return LearnedReader(
        labels=labels,
        bits=bits,
        scales=tuple(float(each) for each in scales),
        biases=tuple(float(each) for each in biases),
        table=table.tobytes(),
    )


def _fitted(given: Any, truth: Any, counts: Any, penalty: float, rounds: int) -> tuple[Any, Any]:
    """Weights (columns of `given` × labels) and biases, by the regularised cross-entropy."""
    import numpy as np
    from scipy import optimize

    width, labels = given.shape[1], truth.shape[1]

    def cost(flat: Any) -> tuple[float, Any]:
        weights = flat[: width * labels].reshape(width, labels)
        scores = given @ weights + flat[width * labels :]
        scores -= scores.max(axis=1, keepdims=True)
        chances = np.exp(scores)
        chances /= chances.sum(axis=1, keepdims=True)
        loss = -(counts * np.log(np.maximum((chances * truth).sum(axis=1, keepdims=True), 1e-12))).sum()
        error = (chances - truth) * counts
        slope = np.concatenate([(given.T @ error + penalty * weights).ravel(), error.sum(axis=0)])
        return float(loss + penalty / 2 * (weights**2).sum()), slope

    start = np.zeros(width * labels + labels)
    found = optimize.minimize(cost, start, jac=True, method="L-BFGS-B", options={"maxiter": rounds}).x
    return found[: width * labels].reshape(width, labels), found[width * labels :]


def train_dangers(root: Path) -> None:
    """Train both readers of dangers, and tell how many held out they read."""
    import numpy as np

    told = {each["text"]: each["danger"] for each in _lines(root, "distress")}
    working = set(_ordinary(root))
    requests = (each["text"] for each in _lines(root, "learned") if each["hand"] < LATER)
    texts = [*requests, *sorted(working)]
    usual = dict.fromkeys((text for text in texts if text not in told), "none")
    first = train(
        [(features_of(text), danger) for text, danger in (told | usual).items()],
        shares=[1.0] * len(told) + [0.35] * len(usual),  # an ordinary request tells less
        penalty=3e-6,
    )
    path = root / "core/understanding/danger_words.bin"
    path.write_bytes(first.to_bytes())
    encoder = danger_model()
    if encoder is None:
        raise SystemExit("the package of the model of language is not installed")
    # Of short requests, the second reader sees those that the first nearly lets pass.
    doubted = {
        text: "none" for text in usual if text in working or danger_odds(first.among(features_of(text))) > -6
    }
    rows = told | doubted
    labels = tuple(sorted(set(rows.values())))
    vectors = np.asarray([encoder.encode(text) for text in rows])
    mean = vectors.mean(axis=0)
    truth = np.asarray([[float(each == label) for label in labels] for each in rows.values()])
    counts = np.full((len(rows), 1), 1 / len(rows))
    weights, biases = _fitted((vectors - mean) * 5, truth, counts, 5e-5, 500)
    constants = biases - 5 * mean @ weights
    second = VectorReader(
        {
            label: Axis(constant=float(constant), weights=array("f", (5 * column).astype("f4").tobytes()))
            for label, constant, column in zip(labels, constants, weights.T, strict=True)
        }
    )
    (root / "core/understanding/danger_vectors.bin").write_bytes(second.dump())
    danger_reader.cache_clear()
    vector_reader.cache_clear()
    held = _lines(root, "distress_held_out")
    good = sum((danger_in(each["text"], encoder) or "none") == each["danger"] for each in held)
    size = f"{path.stat().st_size:,} bytes of weights of words"
    print(f"{good} of {len(held)} dangers held out, {len(doubted)} ordinary read twice, {size}")  # noqa: T201


def _ordinary(root: Path) -> Iterator[str]:
    """What agents ask an assistant in an ordinary day, by the hands that wrote for the reader of unmarked
    texts."""
    for path in sorted((root / "tests/data/sensitivity/unmarked").glob("hand-*.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as file:
            for each in map(json.loads, file):
                if each["kind"] == "ordinary":
                    yield each["text"][:CHARACTERS]


def _lines(root: Path, name: str) -> list[dict[str, Any]]:
    with (root / f"tests/data/understanding/{name}.jsonl").open(encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def train_requests(root: Path) -> None:
    """Train the reader of requests, and tell how many held out it reads."""
    from core.understanding import understand as package
    from core.understanding.commands import bare_request
    from core.understanding.understand import LETTERS, features, reader, unnamed, usual_words

    learned = [*_learned(root), *_framed(root), *_core(root)]
    bare = [bare_request(each["text"]) for each in learned]
    used = [set(LETTERS.findall(fold(each))) for each in bare]
    orders = [each["intent"] not in ("ask", "ask_document") for each in learned]
    often = Counter(word for words, order in zip(used, orders, strict=True) if order for word in words)
    usual = {word for word, count in often.items() if count >= USUAL}
    (root / "core/understanding/usual_words.txt").write_text("\n".join(sorted(usual)) + "\n")
    usual_words.cache_clear()
    rows = [
        (
            # An order's words are usual where others use them: of a new one nothing else is known.
            features(
                unnamed(said),
                place=each["place"],
                document=each["document"],
                usual={word for word in words if often[word] - order >= USUAL},
            ),
            each["intent"],
        )
        for each, said, words, order in zip(learned, bare, used, orders, strict=True)
    ]
    many = Counter(each["intent"] for each in learned)
    # A kind that is asked often says less with each line; the builder's first list and manners count half. A
    # question that is taken for an order is worse than an order that is asked about.
    shares = [
        each.get("counts", 1.0 if each["hand"] else 0.5)
        * (1.0 if order else QUESTION)
        / math.sqrt(many[each["intent"]])
        for each, order in zip(learned, orders, strict=True)
    ]
    path = root / "core/understanding/weights.bin"
    path.write_bytes(train(rows, shares=shares, bits=17, penalty=3e-6, rounds=120).to_bytes())
    reader.cache_clear()
    held = _lines(root, "held_out")
    good = sum(
        package(each["text"], place=each["place"], document=each["document"]).kind == each["intent"]
        for each in held
    )
    print(f"{good} of {len(held)} held out, {path.stat().st_size:,} bytes of weights")  # noqa: T201


def _core(root: Path) -> Iterator[dict[str, Any]]:
    """What must be read as it is whatever is learned, as rows that count for more. What is to stay unclear is
    not learned."""
    for each in _lines(root, "core_phrases"):
        if "others" not in each:
            yield {"hand": 0, "counts": CORE, **each}


def broken(root: Path) -> list[str]:
    """Name the core phrases that are not read as they must be: surely so, or between these orders."""
    from core.understanding import understand as package

    told: list[str] = []
    for each in _lines(root, "core_phrases"):
        found = package(each["text"], place=each["place"], document=each["document"])
        meant = {each["intent"], *each.get("others", ())}
        as_meant = {found.kind, *found.others} == meant if "others" in each else found.sure
        if found.kind not in meant or not as_meant:
            read = ", ".join((found.kind, *found.others))
            told.append(f"« {each['text']} » ({each['place']}): {read}, not {', '.join(sorted(meant))}")
    return told


def _framed(root: Path) -> Iterator[dict[str, Any]]:
    """What is asked in `frames.toml`, each in some of its manners, as the builder's own requests."""
    frames = tomllib.loads((root / "tests/data/understanding/frames.toml").read_text("utf-8"))
    count = 0
    for intent, said in frames["asked"].items():
        for language, asked in said.items():
            manners = frames["manners"][language]
            for each in asked:
                what = each.removeprefix("+")
                for n in range(MANNERS):
                    manner = manners[(7 * count + 5 * n) % len(manners)]
                    if fold(what[0]) in "aeiouy":
                        manner = manner.replace("de {}", "d'{}")
                    places = ("mail",) if "\n" in manner else PLACES[language]
                    yield {
                        "hand": 0,
                        "text": manner.format(what),
                        "place": places[(count + n) % len(places)],
                        "document": each != what,
                        "intent": intent,
                    }
                count += 1


def train_topics(root: Path) -> None:
    """Train the reader of what a question about the bot is after, and tell how it reads what it did not learn
    of (a fifth at a time)."""
    from core.understanding.understand import NO_TOPIC, topic_features, topic_reader

    told = {"about": 1.0, "ask": 0.07, "ask_document": 0.03}
    rows = [
        (topic_features(each["text"]), each["arguments"].get("topic", NO_TOPIC), told[each["intent"]])
        for each in _learned(root)
        if each["intent"] in told
    ]
    rows += [
        (topic_features(each["text"]), each["topic"], told["ask" if each["topic"] == NO_TOPIC else "about"])
        for each in _lines(root, "topics")
    ]

    def learn(some: Sequence[tuple[Sequence[str], str, float]]) -> LearnedReader:
        pairs = [(features, topic) for features, topic, _ in some]
        return train(pairs, shares=[share for *_, share in some], bits=14, penalty=1e-5)

    good, count = 0, 0
    for part in range(5):
        known = learn([row for n, row in enumerate(rows) if n % 5 != part])
        for features, topic, _ in rows[part::5]:
            if topic != NO_TOPIC:
                chances = known.among(features)
                good, count = good + (max(chances, key=chances.__getitem__) == topic), count + 1
    path = root / "core/understanding/topics.bin"
    path.write_bytes(learn(rows).to_bytes())
    topic_reader.cache_clear()
    size = f"{path.stat().st_size:,} bytes of weights of topics"
    print(f"{good} of {count} topics read where they were not learned, {size}")  # noqa: T201


def train_follow_ups(root: Path) -> None:
    """Train the reader of what goes on from an answer on texts written for it, then also on short requests
    that a first reader takes for what they are, for a question may go on from an answer; tell how many held
    out it reads."""
    from core.understanding.understand import (
        ANEW,
        FOLLOWS,
        GOES_ON,
        OWN,
        asks_anew,
        follow_features,
        follow_reader,
        goes_on,
    )

    def label(of: dict[str, Any], *, follows: bool) -> str:
        return ANEW if of.get("anew") else FOLLOWS if follows else OWN

    told = {each["text"]: label(each, follows=each["follows"]) for each in _lines(root, "follows")}
    requests = {each["text"]: each for each in _learned(root)}
    again = {
        text: label(each["arguments"], follows=True)
        for text, each in requests.items()
        if each["intent"] == "again"
    }
    asked = [
        text
        for text, each in requests.items()
        if each["intent"] in ("ask", "about") and len(text.split()) <= GOES_ON
    ]
    rows = [(follow_features(text), each) for text, each in (again | told).items()]
    first = train(rows, bits=14, penalty=1e-5)
    more = [(named, OWN) for named in map(follow_features, asked) if first.among(named)[OWN] >= 0.4]
    shares = [1.0] * len(rows) + [0.1] * len(more)
    path = root / "core/understanding/follows.bin"
    path.write_bytes(train([*rows, *more], shares=shares, bits=14, penalty=1e-5).to_bytes())
    follow_reader.cache_clear()
    held, kept = _lines(root, "follows_held_out"), _lines(root, "again_held_out")
    good = sum(goes_on(each["text"]) == each["follows"] for each in held)
    going = sum(goes_on(each["text"]) == each["follows"] for each in kept)
    again_kept = [each for each in kept if each["follows"]]
    anew = sum(asks_anew(each["text"]) == bool(each.get("anew")) for each in again_kept)
    print(  # noqa: T201
        f"{good} of {len(held)} follow-ups held out, {going} of {len(kept)} of the later ones; "
        f"{anew} of {len(again_kept)} say how or not, {path.stat().st_size:,} bytes of weights"
    )


def train_languages(root: Path) -> None:
    """Train the reader of which language a few words are of, on pieces of what is written in either: the
    texts of relais, which stand in both, and requests, as words of grammar tell, then a first reader."""
    from core.language.learned import mostly_in, word_reader, written_in
    from core.understanding.commands import bare_request

    texts = list(_bilingual(root))
    requests = [bare_request(each["text"]) for each in _learned(root)]
    path = root / "core/language/language_words.bin"
    for tell in (written_in, lambda text: written_in(text) or mostly_in(text)):
        told = [*texts, *((each, language) for each in requests if (language := tell(each)))]
        pieces = Counter(piece for text, language in told for piece in _pieces(text, language))
        of = {
            each: sum(math.sqrt(count) for (_, language), count in pieces.items() if language == each)
            for each in _NOT_SAID
        }
        rows = [(features_of(piece), language) for piece, language in pieces]
        shares = [math.sqrt(count) / of[language] for (_, language), count in pieces.items()]
        path.write_bytes(train(rows, shares=shares, bits=13, penalty=1e-6).to_bytes())
        word_reader.cache_clear()
    print(f"{len(rows)} pieces, {path.stat().st_size:,} bytes of weights of languages")  # noqa: T201


def _pieces(text: str, language: str) -> Iterator[tuple[str, str]]:
    words = _WORDS.findall(text.lower())
    for size in (1, 2, 3, 6):
        for start in range(len(words) - size + 1):
            yield " ".join(words[start : start + size]), language


def _bilingual(root: Path) -> Iterator[tuple[str, str]]:
    """What the texts of relais say in each language, without the other one's words and without commands."""
    for part in ("bots", "connectors", "core"):
        for path in sorted((root / part).rglob("*.toml")):
            tables = [tomllib.loads(path.read_text("utf-8"))]
            while tables:
                table = tables.pop()
                tables += [each for each in table.values() if isinstance(each, dict)]
                for language, not_said in _NOT_SAID.items():
                    if isinstance(text := table.get(language), str):
                        yield from ((each, language) for each in _ENDS.split(not_said.sub("\n", text)))


def _learned(root: Path) -> list[dict[str, Any]]:
    """What was written to learn from, commands apart."""
    rows = _lines(root, "learned")
    return [each for each in rows if not each["text"].strip().startswith(("!", "/"))]


def main() -> None:
    """Train the readers of languages, dangers, requests, topics and what goes on from an answer, and tell how
    many held out they read; or only those that are named."""
    parts = {
        "languages": train_languages,
        "dangers": train_dangers,
        "requests": train_requests,
        "topics": train_topics,
        "follows": train_follow_ups,
    }
    root = Path(__file__).parents[1]
    for name in sys.argv[1:] or parts:
        parts[name](root)
    if told := broken(root):
        raise SystemExit("\n".join(["core phrases that are read otherwise now:", *told]))


if __name__ == "__main__":
    main()
