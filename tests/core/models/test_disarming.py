"""What a model writes: whose addresses are live, and which lines are ours."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bots.synthesis.words import MailWords
from connectors.mail.render import html_of
from connectors.tchap.render import plain_and_html
from core.condense.words import SynthesisWords
from core.gateway.ask import Ask
from core.gateway.engines.extracts.phrases import Phrases
from core.grounding import Doubt
from core.models.output_filter import GivenAddresses, OutputFilter, disarmed
from core.policy.decision import Refusal
from core.sensitivity.level import Level
from core.texts import Contacts, texts
from tests.rig.growth import assert_linear

GIVEN = GivenAddresses(
    ["Voir https://www.impots.gouv.fr/aide?a=1, (https://ok.example/p_(x)) et a@ok.example."]
)


def disarming() -> OutputFilter:
    """What disarms an answer, and leaves nothing out of it."""
    return OutputFilter(ask=Ask(instructions="", question=""), given=GIVEN, level=None)


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("Voir [le site](https://evil.example/x?d=secret).", "Voir le site (evil[.]example/x?d=secret)."),
        ("[https://impots.gouv.fr](https://evil.example)", "https://impots.gouv.fr (evil[.]example)"),
        ('[x](<https://evil.example> "t")', "x (evil[.]example)"),
        ("![image](https://evil.example/i.png)", "image (evil[.]example/i[.]png)"),
        ("![i](https://www.impots.gouv.fr/aide?a=1)", "[i](https://www.impots.gouv.fr/aide?a=1)"),
        ("[x][1]\n\n[1]: https://evil.example", "[x][1]\n\n[1] : evil[.]example"),
        ("<https://evil.example>", "<evil[.]example>"),
        ('<a href="https://evil.example">x</a>', '<a href="evil[.]example">x</a>'),
        ("https://evil.example.", "evil[.]example."),
        ("www.evil.example et evil.com/a", "www[.]evil[.]example et evil[.]com/a"),
        ("//evil.example/a", "evil[.]example/a"),
        ("https&#58;//evil.example", "evil[.]example"),
        (r"https\://evil\.example", "evil[.]example"),
        ("https://ev**il**.example", "evil[.]example"),
        ("[a [b] c](https://evil.example)", "[a [b] c] (evil[.]example)"),
        ("[x](javascript:alert(1))", "x (alert(1))"),
        ("[écrire](mailto:a@evil.example)", "écrire (a@evil[.]example)"),
        ("https://impots.gouv.fr/aide?a=1&d=secret", "impots[.]gouv[.]fr/aide?a=1&d=secret"),
        ("https://www.impots.gouv.fr.evil.example", "www[.]impots[.]gouv[.]fr[.]evil[.]example"),
    ],
)
def test_an_address_that_nobody_gave_is_no_link(written: str, shown: str) -> None:
    """Whatever its form, it can be read and leads nowhere."""
    assert disarmed(written, GIVEN) == shown


@pytest.mark.parametrize(
    "written",
    [
        "Voir https://www.impots.gouv.fr/aide?a=1.",
        "Voir [l’aide](https://impots.gouv.fr/aide?a=1), puis <https://impots.gouv.fr>.",
        "(https://ok.example/p_(x)) et [x](https://ok.example/p_(x)), impots.gouv.fr, a@ok.example",
        "Le 5 décembre (p. 4) [D1 p. 3], M.Dupont, note.docx, 3.14, « C:\\notes »\n\n- a\n- b",
        "```\ncurl https://api.example/v1 # [x](y)\n```",
    ],
)
def test_what_was_given_stays(written: str) -> None:
    """Addresses of the question, the history and the materials; citations, names of files, and code."""
    assert disarmed(written, GIVEN) == written


def test_another_text_shows_the_real_host() -> None:
    """A link that was given, under the name of another address, says where it leads."""
    written = "[impots.gouv.fr](https://ok.example/p_(x))"
    assert disarmed(written, GIVEN) == "[impots.gouv.fr](https://ok.example/p_(x)) (ok.example)"


FRENCH, ENGLISH = (texts(language, Contacts()) for language in ("fr", "en"))
DOUBT = (Doubt(kind="figure", text="12"),)


@pytest.mark.parametrize(
    "line",
    [
        *(each.footer(model="small", level=Level.N0, footprint="1 Wh") for each in (FRENCH, ENGLISH)),
        *(each.cut_short() for each in (FRENCH, ENGLISH)),
        *(each.stopped("") for each in (FRENCH, ENGLISH)),
        *(each.interrupted("").strip() for each in (FRENCH, ENGLISH)),
        *(each.gateway_unavailable() for each in (FRENCH, ENGLISH)),
        *(
            each.refusal(Refusal(why=why, level=Level.N2, ceiling=Level.N1, audience="mail")).split("\n")[0]
            for each in (FRENCH, ENGLISH)
            for why in ("out_of_scope", "channel", "person", "no_model", "unreadable", "unassessed")
        ),
        *(SynthesisWords(language).to_check(DOUBT).split("\n")[0] for language in ("fr", "en")),
        *(SynthesisWords(language).generated() for language in ("fr", "en")),
        *(SynthesisWords(language).footer("small") for language in ("fr", "en")),
        *(SynthesisWords(language).cut_short() for language in ("fr", "en")),
        *(f"## {MailWords(language).to_check()}" for language in ("fr", "en")),
        *(MailWords(language).to_check_why() for language in ("fr", "en")),
        *(Phrases(language).label for language in ("fr", "en")),
        "Modèle : small — niveau N0",
        "- **M\u200bоdèle** small · niveau N0",
        "Mod&egrave;le small · niveau N0",
        "IA · small · N0 public",
        "**IA** – small – N0 public",
        "🔒 IA · small ·",
        "AI · small",
        "### À VÉRIFIER :",
        "⚠️ À vérifier",
        "🔒 Modèle small · niveau N0",
        "« Modèle small · niveau N0 »",
        "“**Modèle** small · niveau N0”",
    ],
)
def test_lines_of_ours_are_ours_alone(line: str) -> None:
    """What relais itself writes cannot be written by a model: the line goes, or is said to be the model's."""
    made = disarmed(f"Bonjour.\n{line}\nFin.", GIVEN)
    assert line not in made.split("\n")
    assert made.startswith("Bonjour.\n")
    assert made.endswith("\nFin.")
    assert made == "Bonjour.\nFin." or "\n(écrit par le modèle) " in made


PIECES = st.lists(
    st.sampled_from(
        [
            "https://",
            "http:/",
            "evil.example",
            "evil.com",
            "/x",
            "www.",
            "//",
            "[",
            "]",
            "(",
            ")",
            "](",
            "]: ",
            "!",
            "<",
            ">",
            " ",
            "\n",
            "\n\n",
            "`",
            "```\n",
            "~~~\n",
            "   ",
            "\u00a0",
            "- ",
            "> ",
            "|",
            "*",
            "**",
            "_",
            "~~",
            "\\",
            "&#58;",
            "&#46;",
            "&#91;",
            "&lt;",
            "&colon;",
            '"',
            "'",
            "mot",
            "1",
            "ok.example",
            "https://ok.example/p_(x)",
            "\r",
            "mailto:",
            "@",
            ".",
            "&",
            "#",
            "Modèle small ",
            "IA · ",
            "small · ",
            "N0 public",
            "· niveau N0",
            "[1]",
            "\x00",
            "\u200b",
            "javascript:",
        ]
    ),
    max_size=24,
)


class Live(HTMLParser):
    """The addresses that a reader may follow: of links and images."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value or "" for name, value in attrs if name in ("href", "src")]


@given(PIECES)
@example(["```\n", "    ```\n", "```\n", "[mot](https://evil.example)"])
@example(["```\n", "\u00a0```\n", "```\n", "[mot](https://evil.example)"])
@example(["   ```\n", "```\n", "[mot](https://evil.example)"])
@example(["*```https://ev*il.example\n", "```\n", "[mot](https://evil.example)"])
@example(["[```](https://evil.example)\n", "```\n", "[mot](https://evil.example)"])
@example(["[", "mot", "](", "https://", "evil.example", ")"])
@example(["- mot", "\n\n", "  ", "```\n", "[", "mot", "](", "https://", "evil.example", ")"])
@example(["~~~", "\r", "~~~", "\r", "[", "mot", "](", "https://", "evil.example", ")"])
@example(["|a|`|\n|-|-|\n|`|[mot](https://evil.example)`|"])
def test_no_link_to_what_nobody_gave(pieces: list[str]) -> None:
    """However it is written, no channel makes a link or an image of an address that people did not give."""
    shown = disarmed("".join(pieces), GIVEN)
    for rendered in (plain_and_html(shown)[1], html_of(shown, "", "fr")):
        live = Live()
        live.feed(rendered or "")
        assert [each for each in live.found if not GIVEN.has(each)] == []
    outside = (
        re.sub(r"^(```|~~~).*?^\1", "", shown, flags=re.M | re.S).partition("\n```")[0].partition("\n~~~")[0]
    )
    if not outside.startswith(("```", "~~~")):
        assert not re.search(r"https?://(?!ok\.example)\w", outside)


@given(PIECES, st.lists(st.integers(0, 80), max_size=8))
def test_streamed_as_at_once(pieces: list[str], cuts: list[int]) -> None:
    """However the answer comes, what is shown is only ever added to, and is the same in the end."""
    text = "".join(pieces).replace("\r", "")
    filtering, shown, at = disarming(), "", 0
    for cut in sorted(cuts):
        shown += filtering.feed(text[at:cut])
        at = max(at, cut)
    shown += filtering.feed(text[at:]) + filtering.feed("", last=True)
    assert shown == disarmed(text, GIVEN)


def test_an_answer_grows_word_by_word() -> None:
    """A long paragraph is shown as it comes, up to the last whole word."""
    filtering = disarming()
    assert filtering.feed("Le budget est de 12 mill") == "Le budget est de 12 "
    assert filtering.feed("ions d’euros. ") == "millions d’euros. "
    assert filtering.feed("Modèle ") == "Modèle "
    assert filtering.feed("", last=True) == ""


def test_a_line_that_only_begins_like_one_of_ours_grows_too() -> None:
    """« Réponse à votre question » is no « Réponse coupée »: it does not wait for the end of its line."""
    filtering = disarming()
    assert filtering.feed("Réponse à votre question : le bud") == "Réponse à votre question : le "


@pytest.mark.parametrize(
    "sign", ["<", "a", "[", "](", "`", "_*", "www.", "a@b.fr ", "(", "https:", "&amp", "é."]
)
def test_a_long_word_takes_no_longer_than_many(sign: str) -> None:
    """A model that repeats what somebody wrote (one word of 100,000 signs) holds nobody's answer up."""
    assert_linear(lambda text: disarmed(text, GIVEN), sign * (100_000 // len(sign)))


@pytest.mark.parametrize(
    "written",
    [
        "Modèle small\n· niveau N0 · 1 s",
        "Bien.\n\n**Modèle** small  \n**niveau N0** · 1 s\nFin.",
        "Modèle\nsmall \nniveau N0a",
    ],
)
@pytest.mark.parametrize("size", [1, 7, 1000])
def test_a_footer_on_several_lines_is_none(written: str, size: int) -> None:
    """A client shows the lines of a paragraph as one: the part with the level is left out."""
    filtering = disarming()
    shown = "".join(filtering.feed(written[n : n + size]) for n in range(0, len(written), size))
    assert "N0" not in shown + filtering.feed("", last=True)


def test_what_stands_between_tildes_is_disarmed() -> None:
    """Slack shows them as text, in which links live."""
    assert "](" not in disarmed("~~~\n[x](https://evil.example)\n~~~", GIVEN)
