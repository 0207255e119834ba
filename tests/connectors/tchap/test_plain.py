"""The plain text beside the HTML, which telephones notify."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.tchap.render import plain_and_html


@pytest.mark.parametrize(
    ("source", "plain"),
    [
        ("**gras** et _fin_ de `code`", "gras et fin de code"),
        ("# Titre\n\nTexte", "Titre\n\nTexte"),
        ("- un\n- deux\n  - dedans\n- trois\n\nFin", "• un\n• deux\n  • dedans\n• trois\n\nFin"),
        ("3. un\n4. deux", "3. un\n4. deux"),
        ("> cité\n> encore\n\nFin", "│ cité\n│ encore\n\nFin"),
        ("[le plan](https://b.fr/p)", "le plan (https://b.fr/p)"),
        ("<https://b.fr/p> **x**", "https://b.fr/p x"),
        ("```python\nif a:\n    b\n```", "if a:\n    b"),
        ("|a|b|\n|-|-|\n|1|2|", "a | b\n1 | 2"),
        ("un\n\n---\n\ndeux", "un\n\n———\n\ndeux"),
        ("- un\n\n  suite\n- deux", "• un\n\n  suite\n\n• deux"),
    ],
)
def test_plain(source: str, plain: str) -> None:
    """Signs of CommonMark go; lists, quotations and tables are still known as such."""
    assert plain_and_html(source)[0] == plain


@given(st.text(alphabet=st.sampled_from(list("ab \n*_`~[]()<>!#&-+=|\\:1.\"'/x")), max_size=80))
def test_any_text_has_a_plain_one(source: str) -> None:
    """Nothing breaks, and no line ends in spaces that nobody sees."""
    plain, html = plain_and_html(source)
    if html is not None:
        assert all(line == line.rstrip() for line in plain.split("\n"))
