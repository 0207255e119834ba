"""Tunes the last layers of the encoder's model to unmarked texts, as `tests.eval.unmarked` asks.

The first layers stay as they are: what they make of each text's tokens is computed once, by the engine's own
code (`e5.c`, which the package carries), compiled here with one function more. The layers after them are
learned together with a sum that says whether a text is sensitive and one for each kind. Their matrices pass
through the engine's four bits in each step, so that what is learned is what the engine will compute.

Needs gcc, jax and optax, which the project does not depend on. The order of sums on several cores makes the
last digits differ from one machine to another; the seed is fixed.
"""

from __future__ import annotations

import ctypes
import mmap
import struct
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax

from core.language.encoder import DIMENSION, model_folder, tensors
from core.sensitivity.unmarked.weights import KINDS

FROZEN = 4
"""Layers of the model that are used as they are."""
TUNED = 2
"""Layers after them that are learned."""
LONGEST = 160
"""Tokens of a text; those of 600 characters are seldom more."""
EPOCHS = 3
FURTHER = 1
"""Epochs where what was learned of fewer texts is learned further."""
BATCH = 32
RATE = 3e-4
FURTHER_RATE = 2e-4
DROPPED = 0.1
SEED = 7
WIDTH = 20.0
"""The length of a vector where sums are learned of it; the engine's have the length 1."""
_HEADS, _BLOCK, _INNER = 12, 32, 1536
_SIZES = (16, 32, 48, 64, 96, 128, LONGEST)
_MATRICES = ("q", "k", "v", "ao", "fi", "fo")
_SHIM = r"""
#include "e5.c"
int tokens_seen(e5_model *m, const char *text, int most, float *out) {
    const char *prefix = "query: ";
    size_t before = strlen(prefix), length = strlen(text);
    char *whole = malloc(before + length + 1);
    memcpy(whole, prefix, before); memcpy(whole + before, text, length + 1);
    int room = (int)(before + length) + 4, *content = malloc(sizeof(int) * room);
    int n = tok_content(&m->tok, whole, content, room);
    if (n > most - 2) n = most - 2;
    int all = n + 2, ends[2] = {0, all};
    int *ids = malloc(sizeof(int) * all), *at = malloc(sizeof(int) * all);
    int *from = calloc(all, sizeof(int)), *to = malloc(sizeof(int) * all);
    ids[0] = m->tok.bos; memcpy(ids + 1, content, sizeof(int) * n); ids[all - 1] = m->tok.eos;
    for (int i = 0; i < all; i++) { at[i] = i; to[i] = all; }
    forward_batch(m, ids, at, from, to, ends, 1, all, NULL, out);
    free(whole); free(content); free(ids); free(at); free(from); free(to);
    return all;
}
"""

States = np.ndarray
"""What the frozen layers make of a text: a row of `DIMENSION` halves for each token."""
Tensors = dict[str, Any]


class Frozen:
    """The model's first layers."""

    def __init__(self) -> None:
        folder = model_folder()
        assert folder, "tuning needs the encoder's package"
        with tempfile.TemporaryDirectory() as place:
            source, library = Path(place, "shim.c"), Path(place, "shim.so")
            source.write_text(_SHIM)
            subprocess.run(
                [
                    "gcc",
                    "-O3",
                    "-march=native",
                    "-shared",
                    "-fPIC",
                    f"-I{folder}",
                    source,
                    "-o",
                    library,
                    "-lm",
                ],
                check=True,
            )
            engine = ctypes.CDLL(str(library))
        engine.e5_load_mem.restype = ctypes.c_void_p
        engine.e5_load_mem.argtypes = (ctypes.c_void_p, ctypes.c_size_t)
        engine.tokens_seen.argtypes = (ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int, ctypes.c_void_p)
        with (folder / "e5-small-q4.bin").open("rb") as file:
            self.model = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
        struct.pack_into("<i", self.model, 12, FROZEN)
        self._start = (ctypes.c_char * len(self.model)).from_buffer(self.model)
        self._engine, self._loaded = (
            engine,
            engine.e5_load_mem(ctypes.addressof(self._start), len(self.model)),
        )

    def states(self, text: str) -> States:
        out = np.zeros((LONGEST, DIMENSION), np.float32)
        written = text[:600].replace("\0", " ").encode("utf-8", "replace")
        count = self._engine.tokens_seen(self._loaded, written, LONGEST, out.ctypes.data)
        return out[:count].astype(np.float16)

    def layer(self, number: int) -> Tensors:
        """The tensors of one layer as floats, matrices from input to output."""
        places = dict(tensors(self.model))

        def raw(name: str) -> bytes:
            return self.model[places[f"l{number}.{name}"]]

        found: Tensors = {}
        for name in _MATRICES:
            rows = np.frombuffer(raw(f"{name}.w"), np.uint8).reshape(-1, 18)
            unit, pairs = rows[:, :2].copy().view(np.float16).astype(np.float32), rows[:, 2:]
            whole = np.concatenate([pairs & 15, pairs >> 4], 1).astype(np.float32) - 8
            inner = _INNER if name == "fo" else DIMENSION
            found[f"{name}.w"] = (whole * unit).reshape(-1, inner).T
        for name in (*(f"{each}.b" for each in _MATRICES), "aln.w", "aln.b", "oln.w", "oln.b"):
            found[name] = np.frombuffer(raw(name), np.float32).copy()
        return found


def _units(blocks: Any) -> Any:
    at = jnp.argmax(jnp.abs(blocks), 1, keepdims=True)
    return (jnp.take_along_axis(blocks, at, 1) / -8).astype(jnp.float16).astype(jnp.float32)


def _whole(blocks: Any, units: Any) -> Any:
    """Whole numbers from 0 to 15 as the engine has them (Q4_0 of ggml)."""
    inverse = jnp.where(units == 0, 0, 1 / jnp.where(units == 0, 1, units))
    return jnp.clip(jnp.floor(blocks * inverse + 8.5), 0, 15)


def _four_bits(matrix: Any) -> Any:
    """A matrix as the engine will have it; what is learned passes through as if it were not rounded."""
    blocks = matrix.reshape(matrix.shape[0] // _BLOCK, _BLOCK, matrix.shape[1])
    units = _units(blocks)
    rounded = ((_whole(blocks, units) - 8) * units).reshape(matrix.shape)
    return matrix + jax.lax.stop_gradient(rounded - matrix)


def _packed(matrix: np.ndarray) -> bytes:
    rows = np.asarray(matrix).T.reshape(-1, _BLOCK, 1)
    units = np.asarray(_units(rows))
    whole = np.asarray(_whole(rows, units)).astype(np.uint8)[..., 0]
    pairs = whole[:, :16] | (whole[:, 16:] << 4)
    return np.concatenate([units[:, :, 0].astype(np.float16).view(np.uint8), pairs], 1).tobytes()


def _normal(x: Any, weights: Any, constant: Any) -> Any:
    middle = x.mean(-1, keepdims=True)
    spread = ((x - middle) ** 2).mean(-1, keepdims=True)
    return (x - middle) / jnp.sqrt(spread + 1e-12) * weights + constant


def _dropped(x: Any, key: Any) -> Any:
    return x if key is None else x * jax.random.bernoulli(key, 1 - DROPPED, x.shape) / (1 - DROPPED)


def _forward(learned: Tensors, x: Any, mask: Any, key: Any = None) -> tuple[Any, Any]:
    """The sum of each text and its sums by kind."""
    keys = iter([None] * (2 * TUNED + 1) if key is None else jax.random.split(key, 2 * TUNED + 1))
    many, length, _ = x.shape
    for layer in learned["layers"]:
        part = {name: _four_bits(value) if name[:-2] in _MATRICES and name.endswith(".w") else value
                for name, value in layer.items()}  # fmt: skip

        def through(name: str, y: Any, part: Tensors = part) -> Any:
            return y @ part[f"{name}.w"] + part[f"{name}.b"]

        def heads(y: Any) -> Any:
            return y.reshape(many, length, _HEADS, _BLOCK).transpose(0, 2, 1, 3)

        query, keyed, value = (heads(through(name, x)) for name in ("q", "k", "v"))
        seen = jnp.einsum("bhqd,bhkd->bhqk", query, keyed) / np.sqrt(_BLOCK)
        seen = jax.nn.softmax(seen + (1 - mask)[:, None, None, :] * -1e9, -1)
        context = jnp.einsum("bhqk,bhkd->bhqd", seen, value).transpose(0, 2, 1, 3).reshape(many, length, -1)
        x = _normal(x + _dropped(through("ao", context), next(keys)), part["aln.w"], part["aln.b"])
        inner = through("fo", jax.nn.gelu(through("fi", x), approximate=False))
        x = _normal(x + _dropped(inner, next(keys)), part["oln.w"], part["oln.b"])
    pooled = (x * mask[..., None]).sum(1) / mask.sum(1, keepdims=True)
    pooled = pooled / jnp.sqrt((pooled**2).sum(-1, keepdims=True) + 1e-12) * WIDTH
    pooled = _dropped(pooled, next(keys))
    return pooled @ learned["second"] + learned["constant"], pooled @ learned["kinds"] + learned["constants"]


def _loss(learned: Tensors, batch: Mapping[str, Any], key: Any) -> Any:
    score, kinds = _forward(learned, batch["x"], batch["mask"], key)
    sensitive, worth = batch["sensitive"], batch["worth"]
    binary = (worth * optax.sigmoid_binary_cross_entropy(score, sensitive * 0.97 + 0.015)).mean()
    which = optax.softmax_cross_entropy_with_integer_labels(kinds, batch["kind"])
    return binary + 0.3 * (which * sensitive).sum() / (sensitive.sum() + 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """A text to learn from: its states, its kind (None: harmless), how much it counts."""

    states: States
    kind: str | None
    worth: float


def _batch(lessons: Sequence[Lesson]) -> dict[str, Any]:
    length = next(size for size in _SIZES if size >= max(len(each.states) for each in lessons))
    x, mask = np.zeros((BATCH, length, DIMENSION), np.float32), np.zeros((BATCH, length), np.float32)
    sensitive, kind, worth = (
        np.zeros(BATCH, np.float32),
        np.zeros(BATCH, np.int32),
        np.zeros(BATCH, np.float32),
    )
    mask[:, 0] = 1
    for n, each in enumerate(lessons):
        x[n, : len(each.states)], mask[n, : len(each.states)] = each.states, 1
        sensitive[n], worth[n] = each.kind is not None, each.worth
        kind[n] = KINDS.index(each.kind) if each.kind in KINDS else 0
    return {"x": x, "mask": mask, "sensitive": sensitive, "kind": kind, "worth": worth}


_read = jax.jit(_forward)


@dataclass(frozen=True, slots=True)
class Tuned:
    """What was learned."""

    learned: Tensors

    def read(self, states: Sequence[States]) -> list[tuple[float, list[float]]]:
        """The sum of each text and its sums by kind."""
        order = sorted(range(len(states)), key=lambda n: len(states[n]))
        found: dict[int, tuple[float, list[float]]] = {}
        for at in range(0, len(order), BATCH):
            few = order[at : at + BATCH]
            batch = _batch([Lesson(states=states[n], kind=None, worth=0) for n in few])
            scores, kinds = _read(self.learned, batch["x"], batch["mask"])
            found |= {n: (float(scores[row]), kinds[row].tolist()) for row, n in enumerate(few)}
        return [found[n] for n in range(len(states))]

    def tensors(self) -> dict[str, bytes]:
        """The tuned layers as the engine reads them."""
        return {
            f"l{FROZEN + number}.{name}": _packed(value)
            if name[:-2] in _MATRICES and name.endswith(".w")
            else np.asarray(value, np.float32).tobytes()
            for number, layer in enumerate(self.learned["layers"])
            for name, value in layer.items()
        }

    def axes(self) -> list[tuple[np.ndarray, float]]:
        """Weights and constant of the sum, then of the sums by kind, of vectors of the length 1."""
        weights = np.column_stack([self.learned["second"], self.learned["kinds"]]) * WIDTH
        constants = [self.learned["constant"], *self.learned["constants"]]
        return [(weights[:, n].astype(np.float32), float(constants[n])) for n in range(weights.shape[1])]


def _untaught(frozen: Frozen) -> Tensors:
    """The model's own layers, and sums that say nothing."""
    return {
        "layers": [frozen.layer(FROZEN + number) for number in range(TUNED)],
        "second": np.zeros(DIMENSION, np.float32),
        "constant": np.float32(0),
        "kinds": np.zeros((DIMENSION, len(KINDS)), np.float32),
        "constants": np.zeros(len(KINDS), np.float32),
    }


def tune(lessons: Sequence[Lesson], frozen: Frozen, start: Tuned | None = None) -> Tuned:
    """Layers and sums, learned from some texts; `start`: what was learned of fewer is learned further."""
    learned = jax.tree.map(jnp.asarray, start.learned) if start else _untaught(frozen)
    epochs, rate = (FURTHER, FURTHER_RATE) if start else (EPOCHS, RATE)
    steps = epochs * (len(lessons) // BATCH + 1)
    rates = optax.warmup_cosine_decay_schedule(0, rate, steps // 20, steps, rate / 50)
    solver = optax.chain(optax.clip_by_global_norm(1.0), optax.adamw(rates, weight_decay=0.01))
    state = solver.init(learned)

    @jax.jit
    def step(learned: Tensors, state: Any, batch: Mapping[str, Any], key: Any) -> tuple[Tensors, Any, Any]:
        loss, slope = jax.value_and_grad(_loss)(learned, batch, key)
        moves, state = solver.update(slope, state, learned)
        return optax.apply_updates(learned, moves), state, loss

    chance, key, began, done = np.random.default_rng(SEED), jax.random.key(SEED), time.monotonic(), 0
    for _ in range(epochs):
        losses: list[float] = []
        for batch in _shuffled(lessons, chance):
            key, once = jax.random.split(key)
            learned, state, loss = step(learned, state, batch, once)
            losses.append(float(loss))
            done += 1
            if done % 50 == 0:
                print(
                    f"  {done}/{steps}: {np.mean(losses):.3f}, {time.monotonic() - began:.0f} s", flush=True
                )
    return Tuned(jax.tree.map(np.asarray, learned))


def _shuffled(lessons: Sequence[Lesson], chance: np.random.Generator) -> Iterator[dict[str, Any]]:
    """Batches of texts of like lengths, in any order."""
    order, found = chance.permutation(len(lessons)), list[list[Lesson]]()
    for at in range(0, len(order), BATCH * 40):
        few = sorted((lessons[n] for n in order[at : at + BATCH * 40]), key=lambda each: len(each.states))
        found += [few[n : n + BATCH] for n in range(0, len(few), BATCH)]
    yield from (_batch(found[n]) for n in chance.permutation(len(found)))
