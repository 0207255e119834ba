"""ODT: OpenDocument 1.3 text (ISO/IEC 26300), as little of it as a note needs.

The parts of the package stand in `odt/`, with `$title` and the like for what is a document's own.
"""

# ruff: noqa: E501 - elements of XML stay on one line

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from importlib import resources
from string import Template

from core.export.blocks import Block, Run, Runs
from core.export.level_mark import LevelMark
from core.export.package import DECLARATION, escape, quoteattr, xmp, zipped

_MIME = "application/vnd.oasis.opendocument.text"
_PARTS = ("META-INF/manifest.xml", "meta.xml", "styles.xml", "content.xml", "manifest.rdf")
"""The last one names the file of metadata, which programs that save the document then keep (ODF 1.3, part 2,
6)."""
_DEEPEST = 5
"""Quotations within one another that are told apart."""


def write(blocks: Sequence[Block], marking: LevelMark) -> bytes:
    language, country = marking.locale
    facts = {
        "title": marking.title,
        "header": marking.header,
        "footer": marking.footer,
        "place": marking.place,
        "author": marking.author,
        "at": marking.written.strftime("%Y-%m-%dT%H:%M:%S"),
        "language": language,
        "country": country,
    }
    filled = {name: escape(said) for name, said in facts.items()}
    filled["properties"] = "".join(
        f'<meta:user-defined meta:name={quoteattr(name)} meta:value-type="string">{escape(value)}'
        "</meta:user-defined>"
        for name, value in marking.properties().items()
    )
    filled["body"] = "".join(_flow(blocks))
    return zipped(
        {
            "mimetype": _MIME,
            **{part: DECLARATION + _template(part).substitute(filled) for part in _PARTS},
            "xmp.rdf": xmp(marking.properties(), {"title": marking.title, "rights": marking.footer}),
        }
    )


@cache
def _template(part: str) -> Template:
    """A part of the package, without the lines and spaces that only show what stands in what."""
    file = resources.files("core.export").joinpath("odt", part.rpartition("/")[2])
    return Template(re.sub(r"\n\s+", " ", re.sub(r"\n\s*(?=[<$]|\Z)", "", file.read_text("utf-8"))))


def _flow(blocks: Sequence[Block], quoted: int = 0) -> Iterator[str]:  # noqa: C901 - one case for each kind
    """Blocks one below the other, `quoted` quotations deep."""
    for each in blocks:
        match each.kind:
            case "heading":
                yield (
                    f'<text:h text:style-name="Heading_20_{each.level}" text:outline-level="{each.level}">'
                    f"{_spans(each.runs)}</text:h>"
                )
            case "list":
                yield _list(each, quoted)
            case "quote":
                yield from _flow(each.blocks, quoted + 1)
            case "code":
                for line in each.runs[0].text.split("\n"):
                    yield f'<text:p text:style-name="Code">{_indent(line)}{_written(line.lstrip(" "))}</text:p>'
            case "table":
                yield _table(each)
            case "rule":
                yield '<text:p text:style-name="Rule"/>'
            case "paragraph":
                style = f"Quotation_20_{min(quoted, _DEEPEST)}" if quoted else "Standard"
                yield f'<text:p text:style-name="{style}">{_spans(each.runs)}</text:p>'


def _list(block: Block, quoted: int) -> str:
    style = "Bullets" if block.start is None else "Numbers"
    entries = "".join(
        f"<text:list-item>{''.join(_flow(item, quoted))}</text:list-item>" for item in block.items
    )
    if block.start is not None:
        entries = entries.replace("<text:list-item", f'<text:list-item text:start-value="{block.start}"', 1)
    return f'<text:list text:style-name="{style}">{entries}</text:list>'


def _spans(runs: Runs) -> str:
    return "".join(map(_span, runs))


def _span(run: Run) -> str:
    look = "C" if run.code else "B" * run.bold + "I" * run.italic
    text = _written(run.text)
    text = f'<text:span text:style-name="{look}">{text}</text:span>' if look else text
    if not run.link:
        return text
    return f'<text:a xlink:type="simple" xlink:href={quoteattr(run.link)}>{text}</text:a>'


def _written(text: str) -> str:
    """Runs of spaces would collapse, and tabs become one (ODF 1.3, part 3, 6.1.2)."""
    written = escape(text).replace("\n", "<text:line-break/>").replace("\t", "<text:tab/>")
    return written.replace("  ", " <text:s/>")


def _indent(line: str) -> str:
    """The spaces before a line, which would go (ODF 1.3, part 3, 6.1.2)."""
    count = len(line) - len(line.lstrip(" "))
    return f'<text:s text:c="{count}"/>' if count else ""


def _table(block: Block) -> str:
    width = max(map(len, block.rows), default=1) or 1
    rows = [
        "<table:table-row>"
        + "".join(
            f'<table:table-cell table:style-name="Cell"><text:p text:style-name="{style}">{_spans(runs)}</text:p>'
            "</table:table-cell>"
            for runs in (*row, *((),) * (width - len(row)))
        )
        + "</table:table-row>"
        for row, style in ((row, "Head" if not n else "Standard") for n, row in enumerate(block.rows))
    ]
    head = f"<table:table-header-rows>{rows[0]}</table:table-header-rows>" if rows else ""
    columns = f'<table:table-column table:number-columns-repeated="{width}"/>'
    return f"<table:table>{columns}{head}{''.join(rows[1:])}</table:table>"
