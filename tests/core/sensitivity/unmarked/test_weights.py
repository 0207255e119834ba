"""The weights of the learned reader."""

from array import array

from core.language.encoder import DIMENSION, Axis, Layers
from core.sensitivity.unmarked.features import KIND_MASK, SIZE
from core.sensitivity.unmarked.weights import KINDS, Bounds, Weights, Words


def test_weights_survive_their_file() -> None:
    """As they are shipped."""

    def words(size: int) -> Words:
        return Words(buckets=array("b", [i % 100 for i in range(size)]), unit=0.5, constant=-1.5)

    axis = Axis(weights=array("f", [0.25] * DIMENSION), constant=0.5)
    bounds = Bounds(possible=0.5, likely=1.5, slope=2.0, offset=-1.0)
    weights = Weights(
        first=words(SIZE),
        alone=bounds,
        doubtful=-0.5,
        second=axis,
        share=3.0,
        bounds=bounds,
        kinds_by_words=tuple(words(KIND_MASK + 1) for _ in KINDS),
        kinds=tuple(axis for _ in KINDS),
    )
    assert Weights.load(weights.dump()) == weights
    layers = Layers(count=2, tensors={"l1.q.b": b"four", "l1.k.b": b"\n"})
    assert Layers.load(layers.dump()) == layers
