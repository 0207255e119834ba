"""What stands in an OpenDocument beside its paragraphs: alternative texts, charts, formulas, forms' values,
the slides' own headers; and what no reader comes by.

ODF 1.3 part 3, 10 (drawings), 11 (charts), 13 (forms), 14 (formulas). A paragraph of which a word was not
read becomes a place.
"""

from __future__ import annotations

from collections.abc import Iterator

from core.documents.build import Builder
from core.documents.document import PlaceKind
from core.documents.zip_package import Element, Package, attribute, children, find_all, tag

_NOT_SHOWN = frozenset(("tracked-changes", "covered-table-cell"))
_PROMPTS = frozenset(("title", "outline", "subtitle", "page", "page-number", "date-time", "notes"))
"""Classes of frames in a master page that only say what may be written there."""
_DECLARED: dict[str, PlaceKind] = {
    "footer-decl": "footer",
    "header-decl": "header",
    "date-time-decl": "footer",
}
_VALUES = ("label", "current-value", "value", "current-string-value")


def marks(root: Element | None, builder: Builder) -> None:
    """Alternative texts of frames and tables, what fields of forms show, headers that slides share."""
    for item in find_all(root, "title", "desc"):
        if tag(item.getparent()) not in ("meta", "chart", "axis"):
            builder.place("alternative", "".join(item.itertext()))
    for forms in find_all(root, "forms"):
        for field in forms.iter():
            shown = next(filter(None, (attribute(field, name) for name in _VALUES)), "")
            if tag(field) not in ("property", "item", "connection-resource"):
                builder.place("field", shown)
    for declared in find_all(root, *_DECLARED):
        builder.place(_DECLARED[tag(declared)], "".join(declared.itertext()))


def rest(package: Package | None, roots: tuple[Element | None, ...], builder: Builder) -> None:
    """Every visible paragraph of which a word was not read yet, those of embedded objects among them."""
    inner = [package.xml(name) for name in package.names if name.endswith("/content.xml")] if package else []
    builder.rest(text for root in (*roots, *inner) for text in _visible(root))


def _visible(root: Element | None) -> Iterator[str]:
    spreadsheet = next(find_all(root, "spreadsheet"), None) is not None
    for paragraph in find_all(root, "p", "h"):
        if spreadsheet and tag(paragraph.getparent()) == "table-cell":
            continue  # rows beyond the cap are told
        above = list(paragraph.iterancestors())
        prompt = any(tag(each) == "master-page" for each in above) and any(
            attribute(each, "class") in _PROMPTS for each in above
        )
        if not prompt and not any(tag(each) in _NOT_SHOWN for each in above):
            yield _text(paragraph)
    for formula in find_all(root, "math"):
        yield " ".join(text.strip() for text in formula.itertext() if text.strip())


def _text(paragraph: Element) -> str:
    """The text of a paragraph, each element's apart, without that of paragraphs within it."""
    texts = (
        text
        for item in paragraph.iter()
        if next((each for each in (item, *item.iterancestors()) if tag(each) in ("p", "h")), None)
        is paragraph
        for text in (item.text, *(each.tail for each in item))
    )
    return "".join(text or " " for text in texts)


def chart_titles(root: Element | None) -> Iterator[str]:
    """The titles of a chart and of its axes."""
    for chart in find_all(root, "chart"):
        for title in (each for name in ("title", "subtitle", "footer") for each in children(chart, name)):
            yield "".join(title.itertext()).strip()
    for axis in find_all(root, "axis"):
        for title in children(axis, "title"):
            yield "".join(title.itertext()).strip()
