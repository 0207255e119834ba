"""Models' texts as they are printed: no-break spaces, « », apostrophes, and what stays untouched."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.texts.typography import typeset
from tests.rig.growth import assert_linear


@pytest.mark.parametrize(
    ("written", "printed"),
    [
        ("Quelle est la date ? Et l'heure !", "Quelle est la date\u202f? Et l’heure\u202f!"),
        ("Les étapes: une; deux!", "Les étapes\u00a0: une\u202f; deux\u202f!"),
        ("**Note :** le point. **Fin:** oui", "**Note\u00a0:** le point. **Fin\u00a0:** oui"),
        ('Il dit "bonjour" et « merci ».', "Il dit «\u00a0bonjour\u00a0» et «\u00a0merci\u00a0»."),
        (
            "Il en coûte 12 345 € (p. 20), soit 5 %.",
            "Il en coûte 12\u202f345\u00a0€ (p.\u00a020), soit 5\u00a0%.",
        ),
        (
            "Voir la page de M. Dupont, § 3 et art. 5.",
            "Voir la page de M.\u00a0Dupont, §\u00a03 et art.\u00a05.",
        ),
        ("La commande `!aide` ? Oui.", "La commande `!aide`\u202f? Oui."),
        ("Appelez le 01 23 45 67 89 à 12:30.", "Appelez le 01 23 45 67 89 à 12:30."),
        ("Vraiment ?!", "Vraiment\u202f?!"),
    ],
)
def test_french(written: str, printed: str) -> None:
    """As the Imprimerie nationale has it."""
    assert typeset(written) == printed


@pytest.mark.parametrize(
    "text",
    [
        "```sh\necho \"a\" ; ls 'b' ?\n```",
        "`a ? b : c`",
        "    if (a) ? b : c ;",
        '> cité tel quel ? "oui" : non',
        "[le plan](https://b.fr/a?x=1;y=2)",
        "https://b.fr/a?x=1 www.b.fr/c;d?",
        "“cité l'un ?”",
        "| a | b |\n|:-|-:|\n| 1 | 2 |",
        "12:30 et a:b, 3/4",
        "&amp; &#39;",
    ],
)
def test_code_links_and_quotations_stay(text: str) -> None:
    """What was not written as prose is not touched."""
    assert typeset(text) == text


def test_the_words_of_a_quotation_stay() -> None:
    """Only its signs are French: what is quoted is quoted."""
    assert typeset('La note dit "l\'eau ? non" ici.') == "La note dit «\u00a0l'eau ? non\u00a0» ici."


def test_english_has_its_own_rules() -> None:
    """A text in English is told by its words, whatever the language of its reader."""
    text = 'The answer is: yes! Is this what you want? It\'s "fine".'
    assert typeset(text) == typeset(text, language="en") == text.replace("'", "’")


TEXTS = st.text(alphabet=st.sampled_from(list("ab1 .,:;!?'\"«»“”`>|*_()[]\n\u00a0\u202f€%&")), max_size=60)


@given(TEXTS)
def test_twice_is_once(text: str) -> None:
    """What is printed stays so: answers are shown as they grow, and whole."""
    assert typeset(typeset(text)) == typeset(text)


@given(TEXTS)
def test_no_word_changes(text: str) -> None:
    """Letters and figures stay, in their order; so do the ends of lines."""
    for each in (re.compile(r"[^\W_]"), re.compile(r"\n")):
        assert each.findall(typeset(text)) == each.findall(text)


@given(TEXTS, TEXTS)
def test_code_is_never_touched(before: str, after: str) -> None:
    """Wherever it stands."""
    code = '```\na ? b : c ; "d" l\'e\n```'
    made = typeset(f"{before.replace('`', '')}\n\n{code}\n\n{after.replace('`', '')}")
    assert code in made


@pytest.mark.parametrize("unit", ["`", "!", ";", "!`"])
def test_a_model_that_repeats_itself_costs_no_more_than_its_length(unit: str) -> None:
    """Whatever the sign."""
    assert_linear(typeset, f"Le a de la {unit * 100_000}a")
