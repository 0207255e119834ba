"""HTML as browsers show it: nothing visible is lost, what CSS hides is set apart."""

from __future__ import annotations

import pytest

from core.documents.document import Document
from core.documents.file_reader import read
from core.documents.text.html import holds_table
from core.documents.texts import missing


def page(html: str) -> Document:
    document = read(html.encode(), name="a.html")
    assert document.readable, document
    return document


@pytest.mark.parametrize(
    "html",
    [
        "<html><body><p>Début</p></body></html>Suite visible",
        "<!DOCTYPE html><title>T</title><main><section>Suite visible</section></main>",
        "<!DOCTYPE html><header>Suite visible</header><p>x",
        "<p>x<table><caption>Suite visible</caption><tr><td>a<td>b<tr><td>c<td>d</table>",
        "<p>x<svg><text>Suite visible</text></svg>",
        "<p>x<select><option>un</option><option>Suite visible</option></select>",
        '<p>x<input type="text" value="Suite visible">',
        "<p>x<textarea>Suite visible</textarea>",
        "<p>x<math><mtext>Suite visible</mtext></math>",
        "<p>x<object data=a.swf>Suite visible</object>",
        "<p>x<noscript>Suite visible</noscript>",
        "<p>x<details><summary>s</summary>Suite visible</details>",
        "<p>x<unknown-thing>Suite visible</unknown-thing>",
        "<table><tr><td>x</table><ul>Suite visible<li>y</ul>",
        "<p>x<button>Suite visible</button>",
        "<ul><div>Suite visible</div><li>y</ul>",
        '<p style="opacity:1;font-size:11px;color:#777">Suite visible',
        "<style>@media print{p{display:none}} @media (max-width:1px){p{font-size:0}}</style><p>Suite visible",
        '<style>.a{display:none}</style><p class=a style="display:block">Suite visible',
        '<div style="visibility:hidden">x<b style="visibility:visible">Suite visible</b></div><p>y',
        '<div style="background:#000"><p style="color:#fff">Suite visible</div>',
        '<div style="background:url(a.png)"><p style="color:#fff">Suite visible</div>',
    ],
)
def test_what_a_browser_shows_is_in_the_text(html: str) -> None:
    """Whatever element it stands in, and however the page is written."""
    assert "Suite visible" in page(html).to_markdown()


@pytest.mark.parametrize(
    "html",
    [
        '<p>vu<p style="display:none">caché',
        "<p>vu<p hidden>caché",
        "<style>.a{display:none}</style><p>vu<p class=a>caché",
        "<style>#x p{visibility:hidden}</style><p>vu<div id=x><p>caché</div>",
        '<p>vu<p style="opacity:0">caché',
        '<p>vu<p style="opacity:0.01">caché',
        '<p>vu<p style="font-size:1px">caché',
        '<p>vu<p style="position:absolute;left:-9999px">caché',
        '<p>vu<p style="text-indent:-5000px">caché',
        '<p>vu<p style="color:#ffffff">caché',
        "<p>vu<p><font color=white>caché</font>",
        '<body bgcolor="#112233"><p style="color:#eee">vu<p style="color:#112234">caché',
        '<p>vu<p style="max-height:0;overflow:hidden">caché',
        '<p>vu<p style="width:1px;height:1px;overflow:hidden">caché',
        '<p>vu<p style="position:absolute;clip:rect(0 0 0 0)">caché',
        '<p>vu<p style="color:transparent">caché',
        '<p>vu<p style="mso-hide:all">caché',
        "<style>@media screen{.a{display:none!important}}</style><p>vu<p class=a style='display:block'>caché",
        '<table><tr><td>vu<td>x<tr><td>y<td style="display:none">caché</table>',
        '<p>vu<ul><li style="display:none">caché<li>z</ul>',
    ],
)
def test_what_css_hides_is_a_place(html: str) -> None:
    """It is out of the text, where it could speak to a model unseen, and is assessed."""
    document = page(html)
    assert "vu" in document.to_markdown()
    assert "caché" not in document.to_markdown()
    assert ("hidden", "caché") in {(place.kind, place.text) for place in document.places}
    assert "hidden_text" in {warning.code for warning in document.warnings}


def test_a_stamp_that_is_a_picture_in_the_page_is_to_be_recognised() -> None:
    """A picture as `data:` is in the file itself; it is unread until it is recognised."""
    import base64
    import io

    from PIL import Image

    file = io.BytesIO()
    Image.new("L", (400, 100), 255).save(file, "PNG")
    source = base64.b64encode(file.getvalue()).decode()
    assert missing(page(f'<p>vu<img src="data:image/png;base64,{source}">'))


def test_the_title_of_a_page_is_a_property() -> None:
    """It is shown above the page, and a marking may stand there."""
    page = b"<title>DIFFUSION RESTREINTE</title><p>Texte</p>"
    assert read(page, name="a.html").properties["title"] == "DIFFUSION RESTREINTE"


@pytest.mark.parametrize(
    "html",
    [
        "<div style='display:flex;flex-direction:row-reverse'><p>trois<p>deux<p>un</div>",
        "<style>.a{display:flex;flex-flow:column-reverse}</style><div class=a><p>trois<p>deux<p>un</div>",
        "<div style='display:grid'><p style='order:2'>trois</p><p style='order:-1'>un</p><p>deux</p></div>",
        "<table><tr><td><div style='display:flex'><p style='order:1'>trois<p>un<p>deux</div></table>",
        "<div style='flex-direction:row-reverse'><p style='order:5'>un</p><p>deux</p><p>trois</p></div>",
        "<div style='display:flex;flex-flow:row wrap-reverse'><p>un<p>deux<p>trois</div>",
        "<div style='display:grid;flex-direction:row-reverse'><p>un<p>deux<p>trois</div>",
        "<div style='display:flex'><p style='order:+2 !important'>trois<p>un<p style='order:1'>deux</div>",
    ],
)
def test_what_css_turns_round_is_read_as_it_is_shown(html: str) -> None:
    """Rows and columns from their end, and items by their places; without flex or grid neither counts."""
    assert page(html).to_markdown().split() == ["un", "deux", "trois"]


def test_a_line_that_is_bold_as_a_whole_is_a_heading() -> None:
    """Mails and letters have no other; bold words within a sentence, sentences and entries are none."""
    html = (
        "<p><b>Campagne : ouverture</b></p><p>Un <b>mot</b> gras.</p><p><strong>Répondez vite.</strong></p>"
        '<div style="font-weight:700"><span>Entretiens</span></div><ul><li><b>Entrée</b></li></ul>'
        "<p><b>Premier</b><br>Second</p>"
    )
    assert [section.heading for section in page(html).sections if section.heading] == [
        "Campagne : ouverture",
        "Entretiens",
    ]


def test_a_cell_that_spans_rows_keeps_its_column_in_each() -> None:
    """What stands below and beside it stays under its own heading."""
    table = page(
        "<table><tr><th rowspan=2>Commune<th colspan=2>Taxe<th rowspan=3>Note<tr><th>2024<th>2025"
        "<tr><td>Plérin<td>156<td>171<tr><td>Étel<td>8<td>9<td>x</table>"
    ).to_markdown()
    assert table.split("\n") == [
        "| Commune | Taxe |  | Note |",
        "| --- | --- | --- | --- |",
        "|  | 2024 | 2025 |  |",
        "| Plérin | 156 | 171 |  |",
        "| Étel | 8 | 9 | x |",
    ]


def test_a_table_that_stands_within_tables_is_found() -> None:
    """However deep it stands: mails are laid out by tables."""
    deep = "<table><tr><td>a</td><td>b" * 300
    assert not holds_table(deep)
    assert holds_table(f"{deep}<table><tr><td>a<td>b<tr><td>c<td>d</table>")


def test_a_picture_of_one_pixel_that_waits_for_another_is_none() -> None:
    """Its file is cut short, as browsers take it; there is nothing in it to be read."""
    found = read(
        b"<html><p>La navette<img src='data:image/gif;base64,R0lGODlhAQABAAAAACw='></html>", name="a"
    )
    assert (found.to_markdown(), found.pictures) == ("La navette", ())
