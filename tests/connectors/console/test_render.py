"""CommonMark becomes lines for a terminal: readable without styles, and harmless whatever it quotes."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.console.render import clean, columns, render

STYLE = re.compile(r"\x1b\[[134](;[134])*m|\x1b\[0m")


@pytest.mark.parametrize(
    ("source", "plain"),
    [
        ("Bonjour **tous**, *bien* ?", ["Bonjour tous, bien ?"]),
        ("# Titre\n\ntexte", ["# Titre", "", "texte"]),
        ("une\nsuite  \net", ["une suite", "et"]),
        ("- un\n- deux\n  - trois", ["• un", "• deux", "  • trois"]),
        ("3. un\n4. deux", ["3. un", "4. deux"]),
        ("- un\n\n  suite\n\n- deux", ["• un", "", "  suite", "", "• deux"]),
        ("> cité\n> > encore", ["│ cité", "│", "│ │ encore"]),
        ("```py\na  = 1\n\nb\n```", ["    a  = 1", "    ", "    b"]),
        ("`a  b` et ~~non~~", ["`a b` et ~~non~~"]),
        ("[ici](https://a.example)", ["ici (https://a.example)"]),
        ("<https://a.example> <a@b.example>", ["https://a.example a@b.example"]),
        ("![plan](p.png)", ["[plan] (p.png)"]),
        ("a\n\n---\n\nb", ["a", "", "─" * 40, "", "b"]),
        ("| A | B |\n|---|---|\n| é | 日本 |", ["A │ B", "──┼─────", "é │ 日本"]),
        ("<b>gras</b>", ["<b>gras</b>"]),
        ("", []),
    ],
)
def test_structure_shows_without_styles(source: str, plain: list[str]) -> None:
    """NO_COLOR loses no meaning."""
    assert render(source, width=80, styled=False) == plain


def test_styles_are_never_colours() -> None:
    """Bold, italics and underline only; a style does not reach into the next words."""
    (line,) = render("**gras *et* ** [lien](https://a.example) `code`", width=80, styled=True)
    assert line == "**gras \x1b[3met\x1b[0m ** \x1b[4mlien\x1b[0m (https://a.example) `code`"
    assert render("# Un titre", width=80, styled=True) == ["\x1b[1mUn titre\x1b[0m"]


def test_a_style_spans_the_cut_between_lines() -> None:
    """Each line opens and closes its own styles: a redraw may begin at any line."""
    assert render("**" + "mot " * 8 + "fin**", width=20, styled=True) == [
        "\x1b[1mmot mot mot mot mot\x1b[0m",
        "\x1b[1mmot mot mot fin\x1b[0m",
    ]


def test_french_punctuation_stays_with_its_word() -> None:
    """Lines are not cut at no-break spaces."""
    lines = render("« Que voulez-vous\u202f?\u00a0»", width=20, styled=False)
    assert lines == ["« Que", "voulez-vous\u202f?\u00a0»"]


def test_a_table_too_wide_becomes_lines() -> None:
    """One cell a line, with the name of its column."""
    source = "| Nom | Rôle |\n|---|---|\n| " + "x" * 20 + " | " + "y" * 20 + " |"
    assert render(source, width=30, styled=False) == ["Nom : " + "x" * 20, "Rôle : " + "y" * 20]


def test_no_escape_sequence_of_a_text_reaches_the_terminal() -> None:
    """Neither colours nor a window title nor a turned direction."""
    shown = "\n".join(render("a\x1b[31m\x1b]0;x\x07\x9b2J\u202eb\r\n\tc", width=80, styled=False))
    assert shown == "a�[31m�]0;x��2J�b c"
    assert clean("é\ud800\n") == "é�\n"


@given(st.text(st.sampled_from("ab é日 \n\t#*_`~[](){}<>|-+=0123.!\\\x1b\x07\u0301\u202f")), st.booleans())
def test_any_text_gives_harmless_lines(text: str, styled: bool) -> None:
    """No control character is left but our own styles, and no line holds a line feed."""
    for line in render(text, width=30, styled=styled):
        assert not re.search(r"[\x00-\x1f\x7f]", STYLE.sub("", line) if styled else line)


@given(st.lists(st.text(st.sampled_from("abé日"), min_size=1, max_size=9), min_size=1), st.integers(20, 60))
def test_no_line_is_wider_than_asked_and_no_word_is_lost(words: list[str], width: int) -> None:
    """Words that fit are only ever put on the next line."""
    lines = render(" ".join(words), width=width, styled=True)
    assert all(columns(line) <= width for line in lines)
    assert " ".join(lines).split(" ") == words


@pytest.mark.parametrize("hostile", ["[" * 50_000, "> " * 5_000 + "a", "*a " * 20_000, "- " * 5_000])
def test_a_hostile_text_takes_no_time(hostile: str) -> None:
    """Deep nesting and unclosed brackets end at once (the test has a timeout)."""
    assert render(hostile, width=80, styled=False)


@pytest.mark.parametrize(
    ("text", "width"),
    [
        ("abc", 3),
        ("été", 3),
        ("e\u0301", 1),
        ("日本", 4),
        ("👩\u200d👩\u200d👧", 2),
        ("🇫🇷", 2),
        ("\x1b[1mgras\x1b[0m", 4),
    ],
)
def test_a_text_takes_the_columns_that_are_seen(text: str, width: int) -> None:
    """Styles and combining marks take none, wide characters two, and a family of emoji is one of them."""
    assert columns(text) == width
