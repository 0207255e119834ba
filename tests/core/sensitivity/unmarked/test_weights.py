"""The weights of the learned reader."""

from array import array

from core.language.encoder import DIMENSION, Axis, Layers
from core.sensitivity.unmarked.features import KIND_MASK, SIZE
from core.sensitivity.unmarked.weights import KINDS, Bounds, Weights, Words


def test_weights_survive_their_file() -> None:
    """As they are shipped."""

    def words(size: int) -> Words:
        return Words(buckets=bytes(i % 200 for i in range(size)), unit=0.5, constant=-1.5)

    axis = Axis(weights=array("f", [0.25] * DIMENSION), constant=0.5)
    bounds = Bounds(possible=0.5, likely=1.5, slope=2.0, offset=-1.0)
    weights = Weights(
        first=words(SIZE),
        alone=bounds,
        doubtful=-0.5,
        second=axis,
        share=3.0,
        accord=1.5,
        most=0.75,
        less=1.25,
        bounds=bounds,
        kinds_by_words=tuple(words(KIND_MASK + 1) for _ in KINDS),
        kinds=tuple(axis for _ in KINDS),
    )
    assert Weights.load(weights.dump()) == weights
    layers = Layers(count=2, tensors={"l1.q.b": b"four", "l1.k.b": b"\n"})
    assert Layers.load(layers.dump()) == layers


def score(vector_says: str, *, accord: float = 0.0, most: float = 0.0, less: float = 0.0) -> float:
    """The sum of a text of which words say health, and nothing else weighs but constants."""
    empty = bytes(1)
    said = [Words(buckets=empty, unit=0.0, constant=1.0 if kind == "health" else -1.0) for kind in KINDS]
    kinds = [Axis(weights=array("f", [0.0]), constant=float(kind == vector_says)) for kind in KINDS]
    bounds = Bounds(possible=0.0, likely=1.0, slope=1.0, offset=0.0)
    weights = Weights(
        first=Words(buckets=empty, unit=0.0, constant=0.0),
        alone=bounds,
        doubtful=0.0,
        second=Axis(weights=array("f", [0.0]), constant=0.5),
        share=2.0,
        accord=accord,
        most=most,
        less=less,
        bounds=bounds,
        kinds_by_words=tuple(said),
        kinds=tuple(kinds),
    )
    return weights.by_both(0.25, [], [0.0])[0]


def test_words_that_say_the_kind_of_the_vector_make_a_text_likelier() -> None:
    """Where they say another, words and vector know nothing like it."""
    assert (score("health", accord=1.5), score("union", accord=1.5)) == (2.5, -0.5)


def test_words_that_say_any_kind_make_a_text_likelier() -> None:
    """Also where the vector says another."""
    assert score("union", most=0.5) == score("health", most=0.5) == 1.5


def test_a_kind_that_is_protected_less_must_be_likelier() -> None:
    """To miss what is of level N3 is worse than to miss what is of N2."""
    assert (score("health", less=1.25), score("budget", less=1.25)) == (1.0, -0.25)
