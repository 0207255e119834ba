"""What stands in an OpenDocument beside its paragraphs: alternative texts, charts, formulas, forms' values,
the slides' own headers; and what no reader comes by.

ODF 1.3 part 3, 10 (drawings), 11 (charts), 13 (forms), 14 (formulas). A paragraph of which a word was not
read becomes a place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, cast

from core.documents.build import Builder
from core.documents.cleaning import target_of
from core.documents.document import PlaceKind
from core.documents.formulas import on_one_line
from core.documents.text.encoding import decode
from core.documents.xml import Element, attribute, children, each, find_all, tag, text_in
from core.documents.zip_package import Package
from core.language.pattern_file import toml_beside

_NOT_SHOWN = frozenset(("tracked-changes", "covered-table-cell"))
_PROMPTS = frozenset(("title", "outline", "subtitle", "page", "page-number", "date-time", "notes"))
"""Classes of frames in a master page that only say what may be written there."""
_DECLARED: dict[str, PlaceKind] = {
    "footer-decl": "footer",
    "header-decl": "header",
    "date-time-decl": "footer",
}
_KINDS: dict[PlaceKind, dict[str, list[str]]] = cast(Any, toml_beside(__file__))
_SAID: dict[str, tuple[PlaceKind, list[str]]] = {
    name: (kind, keys) for kind, names in _KINDS.items() for name, keys in names.items()
}
_SHOWN_BY_FORMS = ("label", "current-value", "value", "current-string-value", "title", "help-message")
_UNNAMED = re.compile(r"\w+\s?\d+")
"""A slide that nobody named."""
_QUOTED = re.compile(r'"([^"]*)"')


def marks(root: Element | None, builder: Builder) -> None:
    """Alternative texts of frames and tables, what fields of forms show, headers that slides share."""
    for item in find_all(root, "title", "desc"):
        if tag(item.getparent()) not in ("meta", "chart", "axis"):
            builder.place("alternative", text_in(item))
    for declared in find_all(root, *_DECLARED):
        builder.place(_DECLARED[tag(declared)], text_in(declared))
    for frame in find_all(root, "floating-frame", "plugin", "applet"):
        builder.warn("part_unread", attribute(frame, "href"))


def rest(package: Package | None, roots: tuple[Element | None, ...], builder: Builder) -> None:
    """Every visible paragraph of which a word was not read yet, those of embedded objects among them, and
    what stands in attributes."""
    inner = [package.xml(name) for name in package.names if name.endswith("/content.xml")] if package else []
    seen = [said for root in (*roots, *inner) for said in _visible(root)]
    programs: list[tuple[PlaceKind, str]] = []
    if package:
        programs = [("hidden", text) for text in _programs(package)]
    builder.rest(seen + [said for root in (*roots, *inner) for said in _beside_paragraphs(root)] + programs)
    if package and any(name.startswith(_TABLES) for name in package.names):
        builder.warn("part_unread", _TABLES)


_TABLES = "database/"
"""Where a database keeps its rows, in a form of its own."""
_PROGRAMS, _LISTS = ("Basic/", "Scripts/", "Dialogs/"), ("-lb.xml", "-lc.xml")


def _programs(package: Package) -> Iterator[str]:
    """The macros of a document, as they are written (ODF 1.3 part 2, 3.16)."""
    for name in package.names:
        if name.startswith(_PROGRAMS) and not name.endswith(_LISTS):
            root = package.xml(name) if name.endswith(".xml") else None
            yield decode(package.read(name))[0] if root is None else text_in(root)


def _beside_paragraphs(root: Element | None) -> Iterator[tuple[PlaceKind, str]]:
    """What stands in attributes, scripts, cached links, names of authors and fields of forms."""
    for item in find_all(root, *_SAID):
        kind, names = _SAID[tag(item)]
        for name in names:
            for text in _words_of(name, attribute(item, name)):
                yield kind, text
    for text in _hidden(root):
        yield "hidden", text
    for creator in find_all(root, "creator"):
        yield "comment", creator.text or ""
    for text in _form_values(root):
        yield "field", text


def _hidden(root: Element | None) -> Iterator[str]:
    """What stands in scripts, and in cached links to other files."""
    for script in find_all(root, "script"):
        yield text_in(script)
    for link in find_all(root, "dde-link"):
        for cached in find_all(link, "p"):
            yield text_in(cached)


def _form_values(root: Element | None) -> Iterator[str]:
    """What the fields of forms show, without the settings of the forms."""
    for forms in find_all(root, "forms"):
        for field in forms.iter():
            if tag(field) not in ("property", "connection-resource"):
                yield from (attribute(field, name) for name in _SHOWN_BY_FORMS)


def _words_of(name: str, value: str) -> list[str]:
    """What of an attribute is words: of a condition the choices, of a formula its texts, of a link where it
    leads."""
    match name:
        case "condition" | "formula" | "expression":
            return _QUOTED.findall(value)
        case "href":
            return [target_of(value)]
        case "name" if _UNNAMED.fullmatch(value):
            return []
        case _:
            return [value]


_WITHIN_WORDS = frozenset(
    (
        "span", "a", "meta", "meta-field", "bookmark", "bookmark-start", "bookmark-end", "change",
        "change-start", "change-end", "reference-mark", "reference-mark-start", "reference-mark-end",
        "soft-page-break", "ruby", "ruby-base",
    )
)  # fmt: skip
_OF_THEIR_OWN = frozenset(("p", "h", "annotation", "title", "desc"))
_NUMBER = re.compile(r"\W*(?:\d{1,4}|[ivxlcIVXLC]{1,8}|\w)\W*")


def _visible(root: Element | None) -> Iterator[tuple[PlaceKind, str]]:
    spreadsheet = next(find_all(root, "spreadsheet"), None) is not None
    for paragraph in find_all(root, "p", "h"):
        if spreadsheet and tag(paragraph.getparent()) == "table-cell":
            continue  # rows beyond the cap are told
        above = list(paragraph.iterancestors())
        if not _is_prompt(above):
            is_hidden = any(tag(outer) in _NOT_SHOWN for outer in above)
            yield "hidden" if is_hidden else "other", "".join(_text(paragraph))
    for formula in find_all(root, "math"):
        yield "other", on_one_line(formula)


def _is_prompt(above: list[Element]) -> bool:
    """True if a paragraph within these elements only says what may be written in a master page."""
    if all(tag(outer) != "master-page" for outer in above):
        return False
    return any(attribute(outer, "class") in _PROMPTS for outer in above)


def _text(element: Element) -> Iterator[str]:
    """The text of a paragraph in pieces, each element's apart but for those within words, without that of
    paragraphs within it, of comments and of numbers of notes."""
    yield element.text or ""
    for item in each(element):
        around = "" if tag(item) in _WITHIN_WORDS else " "
        yield around
        numbered = tag(item) == "note-citation" and _NUMBER.fullmatch(item.text or "")
        if tag(item) not in _OF_THEIR_OWN and not numbered:
            yield from _text(item)
        yield around
        yield item.tail or ""


def chart_titles(root: Element | None) -> Iterator[str]:
    """The titles of a chart and of its axes."""
    titles = [(chart, name) for chart in find_all(root, "chart") for name in ("title", "subtitle", "footer")]
    titles += [(axis, "title") for axis in find_all(root, "axis")]
    for owner, name in titles:
        yield from (text_in(title).strip() for title in children(owner, name))
