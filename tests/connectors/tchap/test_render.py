"""Drafts → Matrix contents; CommonMark → the HTML that Matrix permits, and the plain text beside it, which
telephones notify."""

from __future__ import annotations

import re

import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from connectors.tchap.contents import (
    CLEAR,
    GROWING,
    KEY,
    LIMIT,
    RECORD,
    ROOM_FOR_CONTENT,
    content_of,
    edit_of,
)
from connectors.tchap.render import plain_and_html
from core.connector import Draft, File
from core.sensitivity.level import Level
from core.texts.typography import split
from tests.rig.growth import assert_linear

ALLOWED = (
    {"p", "br", "strong", "em", "del", "code", "pre", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li"}
    | {"blockquote", "a", "hr", "table", "thead", "tbody", "tr", "th", "td"}
)  # fmt: skip
"""The part of Matrix's list of permitted tags that CommonMark needs."""


def draft(text: str, **more: object) -> Draft:
    return Draft(text=text, level=Level.N0, key="k", **more)  # type: ignore[arg-type]


def test_plain_text_has_no_html() -> None:
    """Nothing to format, nothing to parse: by us and by clients."""
    assert content_of(draft("Bonjour, il est 12:30 !"), thread=None) == {
        "msgtype": "m.text",
        "body": "Bonjour, il est 12:30 !",
        "m.mentions": {},
        KEY: "k",
    }


def test_record_is_in_what_is_shown_and_not_in_clear() -> None:
    """A new message and an edit carry the record in the content that counts; nothing of it is outside."""
    signed = draft("Bonjour", record="a.b.c", writers=("small",))
    posted, edited = content_of(signed, thread=None), edit_of(signed, "$m")
    shown = {
        "record": "a.b.c",
        "digital_source_type": "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia",
    }
    assert posted[RECORD] == edited["m.new_content"][RECORD] == shown
    assert "a.b.c" not in str([each.get(name) for each in (posted, edited) for name in CLEAR])


def test_a_generated_file_is_marked_whatever_is_said_beside_it() -> None:
    """The message that brings what a model wrote tells programs so, also where its own words are ours."""
    file = File(name="note.pdf", media_type="application/pdf", data=b"x", generated=True)
    sent = draft("Voici le fichier.", notice=True, file=file)
    content = content_of(sent, thread=None, file={"msgtype": "m.file", "filename": "note.pdf"})
    assert content[RECORD]["digital_source_type"].endswith("/trainedAlgorithmicMedia")


@pytest.mark.parametrize(
    ("source", "html"),
    [
        ("**gras** et _fin_", "<p><strong>gras</strong> et <em>fin</em></p>"),
        ("- un\n- deux", "<ul>\n<li>un</li>\n<li>deux</li>\n</ul>"),
        ("a **b**\nc", "<p>a <strong>b</strong><br />\nc</p>"),
        ("~~non~~", "<p><del>non</del></p>"),
        (
            "```python x\nprint(1 < 2)\n```",
            '<pre><code class="language-python">print(1 &lt; 2)\n</code></pre>',
        ),
        ('```"><script>\nx\n```', "<pre><code>x\n</code></pre>"),
        ("[a](https://b.fr)", '<p><a href="https://b.fr">a</a></p>'),
        ("[a](javascript:alert(1))", "<p>[a](javascript:alert(1))</p>"),
        ("[a](mxc://x/y)", "<p>[a](mxc://x/y)</p>"),
        ("![carte](https://b.fr/c.png)", '<p><a href="https://b.fr/c.png">carte</a></p>'),
        ("<b>x</b> & <script>", "<p>&lt;b&gt;x&lt;/b&gt; &amp; &lt;script&gt;</p>"),
        (
            "|a|b|\n|:-:|-|\n|1|2|",
            "<table>\n<thead>\n<tr>\n<th>a</th>\n<th>b</th>\n</tr>\n</thead>\n"
            "<tbody>\n<tr>\n<td>1</td>\n<td>2</td>\n</tr>\n</tbody>\n</table>",
        ),
    ],
)
def test_html(source: str, html: str) -> None:
    """CommonMark becomes the HTML that Matrix permits, and nothing else."""
    assert plain_and_html(source)[1] == html


def test_service_words_are_notices() -> None:
    """Answers are `m.text`; service words `m.notice`, to which no bot answers."""
    assert content_of(draft("x", notice=True), thread=None)["msgtype"] == "m.notice"


def test_relations() -> None:
    """A reply points to the question; in a thread the thread is named too, for clients with and without."""
    assert content_of(draft("x", reply_to="$q"), thread=None)["m.relates_to"] == {
        "m.in_reply_to": {"event_id": "$q"}
    }
    assert content_of(draft("x"), thread="$root")["m.relates_to"] == {
        "rel_type": "m.thread",
        "event_id": "$root",
        "is_falling_back": True,
        "m.in_reply_to": {"event_id": "$root"},
    }


def test_edits() -> None:
    """An edit carries the whole new content, a short fallback, and its relation and marks in clear."""
    content = edit_of(draft("x" * 5_000, growing=True), "$target")
    assert content["m.new_content"]["body"] == "x" * 5_000
    assert len(content["body"]) < 300
    assert {name: content[name] for name in CLEAR} == {
        "m.relates_to": {"rel_type": "m.replace", "event_id": "$target"},
        KEY: "k",
        GROWING: True,
    }


def test_files_have_captions() -> None:
    """The text of a draft with a file is the file's caption (MSC2530)."""
    file = {"msgtype": "m.file", "filename": "a.txt", "url": "mxc://x/y"}
    assert content_of(draft("Voici"), thread=None, file=file)["body"] == "Voici"
    assert content_of(draft(""), thread=None, file=file)["body"] == "a.txt"


HOSTILE = [
    "[",
    "![",
    "*a",
    "`a",
    "> ",
    "- ",
    "<",
    "[a](",
    "|",
    "&",
    "_",
    "\\",
    "a|b\n-|-\n",
    "[a]: x\n",
    "~~",
    "<!--",
]


@pytest.mark.parametrize("piece", HOSTILE)
def test_hostile_markdown_costs_little(piece: str) -> None:
    """The longest message made of what parsers stumble over takes no longer than words, and fits an event."""
    source = piece * (LIMIT // len(piece))
    assert_linear(lambda text: content_of(draft(text), thread=None), source)
    assert len(str(content_of(draft(source), thread=None)).encode()) < 48_000


@given(st.text(alphabet=st.sampled_from(list("ab \n*_`~[]()<>!#&-+=|\\:1.\"'/x")), max_size=80))
@example('[x](https://a"onmouseover=b)')
@example("[x](https://a<b>)")
def test_only_permitted_tags_and_attributes(source: str) -> None:
    """No text makes HTML beyond the list: links with safe schemes, and languages of code."""
    html = plain_and_html(source)[1] or ""
    for closing, name, attributes in re.findall(r"<(/?)([^\s>/]*)([^>]*)>", html):
        assert name in ALLOWED
        assert not closing or not attributes
        assert re.fullmatch(
            r'(?: /)?| href="(?:https?|mailto):[^"<>]*"(?: title="[^"<>]*")?'
            r'| class="language-[^"<> ]*"| start="\d+"',
            attributes,
        ), attributes


@given(st.text(alphabet=st.sampled_from(list("ab \n*_`~[]()<>!#&-+=|\\:1.;é")), max_size=40))
def test_what_is_called_plain_is_plain(source: str) -> None:
    """CommonMark would show a text without HTML as it stands."""
    if "formatted_body" not in content_of(draft(source), thread=None) and source.strip():
        rendered = MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(source)
        shown = (
            re.sub(r"</?p>", "", rendered).replace("&quot;", '"').replace("&gt;", ">").replace("&amp;", "&")
        )
        assert shown.split() == source.split()


@given(
    text=st.lists(
        st.tuples(
            st.sampled_from(["\1", '"', "\\", "&", "<", "é", "🙂", "`", "*a*", "\n> ", "\n- "]),
            st.integers(1, 3000),
        ),
        max_size=8,
    ).map(lambda runs: "".join(what * many for what, many in runs))
)
@example(text="\1" * LIMIT)
@example(text='"' * LIMIT)
@example(text="&" * LIMIT)
@example(text="*é* " * (LIMIT // 5))
def test_every_part_of_an_answer_fits_an_event_as_it_is_sent(text: str) -> None:
    """JSON and HTML make some texts several times longer: what is sent stays under what an event takes."""
    for part in split(text, LIMIT):
        for content in (content_of(draft(part), thread="$r"), edit_of(draft(part), "$e")):
            assert len(orjson.dumps(content)) <= ROOM_FOR_CONTENT + 3_000


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
