"""What leaves for Slack rings nobody, fetches nothing and hides no link, whatever a model wrote."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.slack.render import blocks_of, disarmed, notice_of
from tests.rig.growth import assert_linear

BITS = st.sampled_from(
    ["<!channel>", "<@U0123456>", "@here", "@everyone", "![x](https://p.example/i.png)", "<", "!", "![a[b]](https://p.example/i.png)",
     "<https://a.example|b>", "@U0123456", "[", "](", ")", "texte", " ", "\n", "<!subteam^S1>", "\u200b"]
)  # fmt: skip


@given(st.lists(BITS, max_size=20).map("".join))
def test_nobody_is_rung(text: str) -> None:
    """No live mention, group or broadcast is left."""
    armed = disarmed(text)
    assert not re.search(r"<[!@#]|@(?:channel|here|everyone)\b|@U[A-Z0-9]{6}", armed)


@given(st.lists(BITS, max_size=20).map("".join))
def test_no_image_is_fetched(text: str) -> None:
    """No Markdown image is left, whatever its words hold: not even one whose address stands elsewhere."""
    assert "![" not in disarmed(text)


@pytest.mark.parametrize("piece", ["[", "![", "](", "![a](b", "<", "@", "*"])
def test_what_a_hostile_model_writes_takes_no_time(piece: str) -> None:
    """The event loop waits for it: no pattern takes as long as the square of an answer."""
    assert_linear(notice_of, (piece * 100_000)[:100_000])


def test_a_telephone_shows_the_first_words_of_the_answer() -> None:
    """Plain words, escaped as Slack wants."""
    assert (
        notice_of("## Réponse\n\n**Trois** étapes & [lien](https://a.example)")
        == "Réponse Trois étapes &amp; lien"
    )


def test_an_answer_bears_feedback_buttons_with_names() -> None:
    """Screen readers say what each does."""
    text, controls = blocks_of("Bonjour", feedback=True, labels=("Utile", "À revoir"))
    assert text == {"type": "markdown", "text": "Bonjour"}
    buttons = controls["elements"][0]
    assert buttons["positive_button"]["accessibility_label"] == "Utile"
    assert buttons["negative_button"]["accessibility_label"] == "À revoir"


def test_a_telephone_shows_a_name_as_it_is() -> None:
    """The lines of a file's name, and signs that are no Markdown."""
    assert notice_of(r"Reçu : « rapport_final_v2.pdf », \[x\](y).pdf et _ceci_") == (
        "Reçu : « rapport_final_v2.pdf », [x](y).pdf et ceci"
    )
