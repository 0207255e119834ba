"""Personal data hidden from a model, and put back in its answer."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.documents.sandbox.sandbox import Sandbox
from core.errors import Interrupted
from core.gateway.ask import Again, Ask, Done, Material, Piece, Usage
from core.gateway.catalogue import EXTRACTS
from core.models.masked_ask import masked, unmasked
from core.sensitivity.masker import Masker

NIR = "1 85 05 78 006 084 91"
ASK = Ask(
    instructions="Aide.",
    question=f"Que vaut {NIR} ?",
    history=((f"Voici {NIR}.", f"Vu : {NIR}."),),
    materials=(Material(name="note.txt", text=f"Dossier {NIR}"),),
)


def everything(ask: Ask) -> str:
    texts = [text for exchange in ask.history for text in exchange]
    return " ".join([ask.question, *texts, *(each.text for each in ask.materials)])


@pytest.mark.parametrize("length", [1, 20_000])
async def test_one_value_has_one_placeholder_in_all_texts(length: int) -> None:
    """Question, history and documents share it, whether masked here or, when long, in the sandbox."""
    long = Ask(
        instructions=ASK.instructions,
        question=ASK.question,
        history=ASK.history,
        materials=(Material(name="note.txt", text=f"{'mot ' * length}\n\nDossier {NIR}"),),
    )
    async with Sandbox() as sandbox:
        hidden, masker = await masked(long, sandbox)
    assert NIR not in everything(hidden)
    assert everything(hidden).count("[NIR_1]") == 4
    assert masker.unmask("[NIR_1]") == NIR


async def pieces(*given: Piece | Interrupted) -> AsyncGenerator[Piece]:
    for piece in given:
        if isinstance(piece, Interrupted):
            raise piece
        yield piece


def masker() -> Masker:
    made = Masker()
    made.mask(f"Voici {NIR}.")
    return made


DONE = Done(model=EXTRACTS, served="x", finish="stop", usage=Usage())


@given(cuts=st.lists(st.integers(0, 40), max_size=6))
async def test_a_placeholder_cut_anywhere_is_put_back(cuts: list[int]) -> None:
    """However the stream is cut, the person reads the values and nothing of the placeholders."""
    answer = "Le numéro [NIR_1] est valide [sic]."
    ends = sorted({*(min(cut, len(answer)) for cut in cuts), len(answer)})
    deltas = [answer[a:b] for a, b in zip([0, *ends], ends, strict=False)]
    read = [piece async for piece in unmasked(pieces(*deltas, DONE), masker())]
    assert read[-1] is DONE
    assert "".join(p for p in read if isinstance(p, str)) == f"Le numéro {NIR} est valide [sic]."


async def test_a_stream_that_begins_again_drops_what_was_held() -> None:
    """Half a placeholder of a broken attempt does not run into the next."""
    stream = pieces("Voir [NI", Again(model=EXTRACTS), "R_1] reste", DONE)
    read = [piece async for piece in unmasked(stream, masker())]
    assert [p for p in read if isinstance(p, str)] == ["Voir ", "R_1] reste"]


async def test_an_interrupted_answer_shows_the_values() -> None:
    """What had come is unmasked, too."""
    stream = pieces("Voir [NIR_1]", Interrupted("cut", text="Voir [NIR_1]"))
    with pytest.raises(Interrupted) as error:
        async for _ in unmasked(stream, masker()):
            pass
    assert error.value.text == f"Voir {NIR}"


@pytest.mark.parametrize("length", [0, 20_000])
async def test_what_somebody_wrote_in_brackets_gets_no_value(length: int) -> None:
    """Also in a later text than the value, whether masked here or in the sandbox."""
    ask = Ask(
        instructions="",
        question="Que veut dire [NIR_1] ?" + " mot" * length,
        history=(("Mon numéro est le 1 85 05 78 006 084 91.", "Noté."),),
    )
    async with Sandbox() as sandbox:
        hidden, masker = await masked(ask, sandbox)
    assert "[NIR_2]" in hidden.history[0][0]
    assert masker.unmask("[NIR_1]") == "[NIR_1]"
    assert masker.unmask("[NIR_2]") == "1 85 05 78 006 084 91"
