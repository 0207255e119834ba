"""Masking: hidden from the model, put back in its answer."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core.sensitivity.masker import Masker

TEXT = "Mme Claire Roy (NIR 1 85 05 78 006 084 91) a écrit à claire.roy@gmail.com. Mme Claire Roy attend."


def test_personal_data_leave_the_text_and_come_back() -> None:
    """Each value has one placeholder, the same at each place."""
    masker = Masker()
    masked = masker.mask(TEXT)
    assert masked == "[PERSONNE_1] (NIR [NIR_1]) a écrit à [COURRIEL_1]. [PERSONNE_1] attend."
    assert masker.unmask(masked) == TEXT


def test_a_value_keeps_its_placeholder_in_later_texts() -> None:
    """However it is spaced, and after the masker was stored and restored."""
    masker = Masker()
    masker.mask("NIR 1 85 05 78 006 084 91")
    assert Masker(masker.to_json()).mask("c'est le 185057800608491") == "c'est le [NIR_1]"


@pytest.mark.parametrize("changed", ["[NIR_1]", "[nir 1]", "[NIR-1]", "[NIR\\_1]", "[ NIR_1 ]"])
def test_a_placeholder_changed_by_the_model_is_understood(changed: str) -> None:
    """Case, separator, Markdown's escape."""
    masker = Masker()
    masker.mask("NIR 1 85 05 78 006 084 91")
    assert masker.unmask(f"Le numéro est {changed}.") == "Le numéro est 1 85 05 78 006 084 91."


def test_a_placeholder_written_by_a_person_is_never_given_out() -> None:
    """Nothing is put where it was not."""
    masker = Masker()
    masked = masker.mask("[NIR_1] n'est pas 1 85 05 78 006 084 91")
    assert masked == "[NIR_1] n'est pas [NIR_2]"
    assert masker.unmask(masked) == "[NIR_1] n'est pas 1 85 05 78 006 084 91"


@given(st.lists(st.integers(1, 7), max_size=60))
def test_a_stream_may_be_cut_anywhere(sizes: list[int]) -> None:
    """The pieces shown make the whole, and no placeholder is ever shown."""
    masker = Masker()
    masked = masker.mask(TEXT) + " [fin] [1] [ ] [NIR"
    unmasking = masker.unmask_stream()
    shown: list[str] = []
    rest = masked
    for size in sizes:
        shown.append(unmasking.feed(rest[:size]))
        rest = rest[size:]
    shown += [unmasking.feed(rest), unmasking.finish()]
    assert "".join(shown) == TEXT + " [fin] [1] [ ] [NIR"
    assert not any("[PERSONNE" in piece or "[NIR_" in piece for piece in shown)


@given(st.text())
def test_any_text_comes_back(text: str) -> None:
    """Masking loses nothing."""
    masker = Masker()
    assert masker.unmask(masker.mask(text)) == text


_DATA = st.sampled_from(
    ["1 85 05 78 006 084 91", "FR76 3000 4008 2300 0012 3456 778", "06 12 34 56 78",
     "claire.roy@gmail.com", "Mme Roy",
     "Paul Girard", "LEGRAND Michel", "née le 3 mars 1985", "12 rue des Prés, 38000 Grenoble", "AB-123-CD",
     "4970 1011 2233 4455", "NIR ", "tél. ", " ", "\n", ";", "-", "[NIR_1]", "œ", "\u200b"]
)  # fmt: skip


@settings(deadline=None)
@example(text="Mme Roy1 85 05 78 006 084 91")
@example(text="06 12 34 56 78Mme Roy1 85 05 78 006 084 91")
@given(st.lists(_DATA | st.text(max_size=3), max_size=12).map("".join))
def test_what_is_masked_holds_nothing_to_mask(text: str) -> None:
    """Whatever stands side by side: the model sees no personal data that masking knows."""
    masker = Masker()
    masked = masker.mask(text)
    assert Masker().mask(masked) == masked
    assert masker.unmask(masked) == text
