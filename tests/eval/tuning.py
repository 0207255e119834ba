"""Tunes the last layers of the encoder's model to unmarked texts, as `tests.eval.unmarked` asks.

The first layers stay as they are: what they make of each text's tokens is computed once. The tokens are the
engine's own (`e5.c`, which the package carries, compiled here with one function more). The layers after them
are learned together with a sum that says whether a text is sensitive and one for each kind. Their matrices
pass through the engine's four bits in each step, so that what is learned is what the engine will compute.

Products are of halves (bfloat16), which many processors multiply several times as fast as floats. What is
learned is read in floats.

Needs gcc and torch, which the project does not depend on. The order of sums makes the last digits differ from
one machine to another; the seed is fixed.
"""

from __future__ import annotations

import ctypes
import math
import mmap
import struct
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import (
    binary_cross_entropy_with_logits,
    cross_entropy,
    dropout,
    gelu,
    layer_norm,
    linear,
    normalize,
)

from core.language.encoder import DIMENSION, model_folder, tensors
from core.sensitivity.unmarked.weights import KINDS

FROZEN = 4
"""Layers of the model that are used as they are."""
TUNED = 2
"""Layers after them that are learned."""
LONGEST = 160
"""Tokens of a text; those of 600 characters are seldom more."""
EPOCHS, FURTHER = 2, 1
"""How often all is learned from the beginning, and where what was learned is learned further."""
BATCH = 32
RATE = 3e-4
DROPPED = 0.1
SEED = 7
THREADS = 1
WIDTH = 20.0
"""The length of a vector where sums are learned of it; the engine's have the length 1."""
_HEADS, _BLOCK, _INNER = 12, 32, 1536
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
        struct.pack_into("<i", self.model, 12, 0)  # no layers: what comes out is what goes into the first
        self._start = (ctypes.c_char * len(self.model)).from_buffer(self.model)
        self._engine, self._loaded = (
            engine,
            engine.e5_load_mem(ctypes.addressof(self._start), len(self.model)),
        )

    def states(self, texts: Sequence[str]) -> list[States]:
        """What the frozen layers make of each text."""
        torch.set_num_threads(THREADS)
        layers = [_Layer(self.layer(number)).eval() for number in range(FROZEN)]
        given, found = list(map(self._given, texts)), dict[int, States]()
        with torch.inference_mode():
            for few in _by_length(given):
                x, mask = _side_by_side([given[n] for n in few])
                for layer in layers:
                    x = layer(x, mask)
                found |= {n: x[row, : len(given[n])].numpy().astype(np.float16) for row, n in enumerate(few)}
        return [found[n] for n in range(len(texts))]

    def _given(self, text: str) -> States:
        """What goes into the first layer: each token's vector, with its place."""
        out = np.zeros((LONGEST, DIMENSION), np.float32)
        written = text[:600].replace("\0", " ").encode("utf-8", "replace")
        count = self._engine.tokens_seen(self._loaded, written, LONGEST, out.ctypes.data)
        return out[:count].astype(np.float16)

    def layer(self, number: int) -> Tensors:
        """The tensors of one layer as floats, matrices from input to output."""
        places = dict(tensors(self.model))
        return _floats(lambda name: self.model[places[f"l{number}.{name}"]])


def _floats(raw: Callable[[str], bytes]) -> Tensors:
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


def _units(blocks: Tensor) -> Tensor:
    """What one counts in each block: the value farthest from nothing is -8."""
    most, least = blocks.amax(1, keepdim=True), blocks.amin(1, keepdim=True)
    return (torch.where(most >= -least, most, least) / -8).half().float()


def _whole(blocks: Tensor, units: Tensor) -> Tensor:
    """Whole numbers from 0 to 15 as the engine has them (Q4_0 of ggml)."""
    inverse = torch.where(units == 0, units, 1 / units)
    return (blocks * inverse).add_(8.5).floor_().clamp_(0, 15)


def _four_bits(matrix: Tensor) -> Tensor:
    """A matrix as the engine will have it; what is learned passes through as if it were not rounded."""
    with torch.no_grad():
        blocks = matrix.reshape(matrix.shape[0] // _BLOCK, _BLOCK, matrix.shape[1])
        units = _units(blocks)
        off = (_whole(blocks, units).sub_(8) * units).reshape(matrix.shape) - matrix
    return matrix + off


def _packed(matrix: np.ndarray) -> bytes:
    rows = torch.from_numpy(np.ascontiguousarray(matrix.T)).reshape(-1, _BLOCK, 1)
    units = _units(rows)
    whole = _whole(rows, units).numpy().astype(np.uint8)[..., 0]
    pairs = whole[:, :16] | (whole[:, 16:] << 4)
    return np.concatenate([units.numpy()[:, :, 0].astype(np.float16).view(np.uint8), pairs], 1).tobytes()


class _Layer(nn.Module):
    """One layer of the model, whose products are of the `kind` of numbers."""

    def __init__(self, arrays: Tensors, kind: torch.dtype = torch.bfloat16) -> None:
        super().__init__()
        self.part, self.kind = _parameters(arrays), kind

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        many, length, _ = x.shape
        part, kind = _whole_names(self.part), self.kind

        def product(name: str, y: Tensor) -> Tensor:
            weights = _four_bits(part[f"{name}.w"]).to(kind)
            return linear(y.to(kind), weights.t(), part[f"{name}.b"].to(kind))

        def heads(name: str) -> Tensor:
            return product(name, x).reshape(many, length, _HEADS, _BLOCK).transpose(1, 2)

        def added(name: str, y: Tensor) -> Tensor:
            whole = x + dropout(y.float(), DROPPED, self.training)
            return layer_norm(whole, (DIMENSION,), part[f"{name}.w"], part[f"{name}.b"], 1e-12)

        query, keyed, value = map(heads, "qkv")
        seen = (query @ keyed.transpose(2, 3)).float() / _BLOCK**0.5
        seen = torch.softmax(seen + (1 - mask)[:, None, None, :] * -1e9, -1).to(kind)
        x = added("aln", product("ao", (seen @ value).transpose(1, 2).reshape(many, length, -1)))
        return added("oln", product("fo", gelu(product("fi", x))))


class _Layers(nn.Module):
    """The tuned layers with the sums, over what the frozen ones make of texts."""

    def __init__(self, learned: Tensors, kind: torch.dtype = torch.bfloat16) -> None:
        super().__init__()
        self.layers = nn.ModuleList(_Layer(layer, kind) for layer in learned["layers"])
        self.sums = _parameters({name: value for name, value in learned.items() if name != "layers"})

    def learned(self) -> Tensors:
        return {"layers": [_arrays(layer.part) for layer in self.layers], **_arrays(self.sums)}

    def forward(self, x: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """The sum of each text and its sums by kind."""
        for layer in self.layers:
            x = layer(x, mask)
        pooled = (x * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)
        pooled = dropout(normalize(pooled, dim=-1) * WIDTH, DROPPED, self.training)
        sums = _whole_names(self.sums)
        return pooled @ sums["second"] + sums["constant"], pooled @ sums["kinds"] + sums["constants"]


def _parameters(arrays: Tensors) -> nn.ParameterDict:
    """Arrays as what is learned; a name of a parameter has no dots."""
    return nn.ParameterDict(
        {name.replace(".", "_"): torch.tensor(np.asarray(value)) for name, value in arrays.items()}
    )


def _whole_names(parameters: nn.Module) -> Tensors:
    return {name.replace("_", "."): value for name, value in parameters.named_parameters()}


def _arrays(parameters: nn.Module) -> Tensors:
    return {name: value.detach().numpy().copy() for name, value in _whole_names(parameters).items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """A text to learn from: its states, its kind (None: harmless), how much it counts."""

    states: States
    kind: str | None
    worth: float


def _side_by_side(states: Sequence[States]) -> tuple[Tensor, Tensor]:
    """States of texts, each as long as the longest, and which of them are there."""
    x = torch.zeros(len(states), max(map(len, states)), DIMENSION)
    mask = torch.zeros(x.shape[:2])
    for n, each in enumerate(states):
        x[n, : len(each)], mask[n, : len(each)] = torch.from_numpy(each), 1
    return x, mask


def _by_length(states: Sequence[States]) -> Iterator[list[int]]:
    """Numbers of texts of like lengths, a batch at a time."""
    order = sorted(range(len(states)), key=lambda n: len(states[n]))
    yield from (order[at : at + BATCH] for at in range(0, len(order), BATCH))


def _loss(layers: _Layers, lessons: Sequence[Lesson]) -> Tensor:
    score, kinds = layers(*_side_by_side([each.states for each in lessons]))
    sensitive = torch.tensor([float(each.kind is not None) for each in lessons])
    kind = torch.tensor([KINDS.index(each.kind) if each.kind in KINDS else 0 for each in lessons])
    worth = torch.tensor([each.worth for each in lessons])
    binary = binary_cross_entropy_with_logits(score, sensitive * 0.97 + 0.015, weight=worth)
    which = cross_entropy(kinds, kind, reduction="none")
    return binary + 0.3 * (which * sensitive).sum() / (sensitive.sum() + 1)


@dataclass(frozen=True, slots=True)
class Tuned:
    """What was learned."""

    learned: Tensors

    def read(self, states: Sequence[States]) -> list[tuple[float, list[float]]]:
        """The sum of each text and its sums by kind."""
        layers, found = _Layers(self.learned, torch.float32).eval(), dict[int, tuple[float, list[float]]]()
        with torch.inference_mode():
            for few in _by_length(states):
                scores, kinds = layers(*_side_by_side([states[n] for n in few]))
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


def tune(
    lessons: Sequence[Lesson],
    frozen: Frozen,
    start: Tuned | None = None,
    *,
    rate: float = RATE,
    seed: int = SEED,
    left_out: float = 0.0,
) -> Tuned:
    """Layers and sums, learned from some texts; `start`: what was learned of fewer is learned further.
    `left_out`: up to which share of each text's tokens is left out, by chance."""
    torch.set_num_threads(THREADS)
    torch.manual_seed(seed)
    layers = _Layers(start.learned if start else _untaught(frozen)).train()
    epochs = FURTHER if start else EPOCHS
    steps = epochs * (len(lessons) // BATCH + 1)
    solver = torch.optim.AdamW(layers.parameters(), lr=rate, weight_decay=0.01, fused=True)
    rates = torch.optim.lr_scheduler.LambdaLR(solver, lambda step: _pace(step, steps))
    chance, began, done = np.random.default_rng(seed), time.monotonic(), 0
    for _ in range(epochs):
        losses: list[float] = []
        for batch in _shuffled(lessons, chance):
            solver.zero_grad()
            loss = _loss(layers, [_thinned(each, left_out, chance) for each in batch])
            loss.backward()
            nn.utils.clip_grad_norm_(layers.parameters(), 1.0)
            solver.step()
            rates.step()
            losses.append(loss.item())
            done += 1
            if done % 50 == 0:
                lost, took = np.mean(losses), time.monotonic() - began
                print(f"  {done}/{steps}: {lost:.3f}, {took:.0f} s", flush=True)
    return Tuned(layers.learned())


def mean(of: Sequence[Any]) -> Any:
    """The mean of what some readers learned, number by number."""
    match of[0]:
        case dict():
            return {name: mean([each[name] for each in of]) for name in of[0]}
        case list():
            return [mean(each) for each in zip(*of, strict=True)]
        case _:
            return np.asarray(np.mean(of, axis=0), np.float32)


def _thinned(lesson: Lesson, most: float, chance: np.random.Generator) -> Lesson:
    """A text of which up to this share of tokens is left out; the first stays."""
    if not most:
        return lesson
    kept = chance.random(len(lesson.states)) >= chance.random() * most
    kept[0] = True
    return replace(lesson, states=lesson.states[kept])


def _pace(step: int, steps: int) -> float:
    """The share of the rate: it rises for a twentieth of the steps, and falls to a fiftieth as a cosine."""
    rise = steps // 20
    if step < rise:
        return step / rise
    return 0.02 + 0.49 * (1 + math.cos(math.pi * min(1.0, (step - rise) / (steps - rise))))


def _shuffled(lessons: Sequence[Lesson], chance: np.random.Generator) -> Iterator[list[Lesson]]:
    """Batches of texts of like lengths, in any order."""
    order, found = chance.permutation(len(lessons)), list[list[Lesson]]()
    for at in range(0, len(order), BATCH * 40):
        few = sorted((lessons[n] for n in order[at : at + BATCH * 40]), key=lambda each: len(each.states))
        found += [few[n : n + BATCH] for n in range(0, len(few), BATCH)]
    yield from (found[n] for n in chance.permutation(len(found)))
