"""ODT: OpenDocument 1.3 text (ISO/IEC 26300), as little of it as a note needs."""

# ruff: noqa: E501 - elements of XML stay on one line

from __future__ import annotations

from collections.abc import Iterator, Sequence

from core.export.blocks import Block, Run, Runs
from core.export.level_mark import LevelMark
from core.export.package import DECLARATION, escape, quoteattr, xmp, zipped

_MIME = "application/vnd.oasis.opendocument.text"
_NAMES = (
    " ".join(
        f'xmlns:{prefix}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for prefix, name in (
            ("office", "office"),
            ("text", "text"),
            ("style", "style"),
            ("table", "table"),
            ("meta", "meta"),
            ("fo", "xsl-fo-compatible"),
        )
    )
    + ' xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xlink="http://www.w3.org/1999/xlink" office:version="1.3"'
)
_LOOKS = {
    "B": 'fo:font-weight="bold"',
    "I": 'fo:font-style="italic"',
    "BI": 'fo:font-weight="bold" fo:font-style="italic"',
    "C": 'style:font-name="Liberation Mono" fo:font-family="\'Liberation Mono\'"',
}
_PKG = "http://docs.oasis-open.org/ns/office/1.2/meta/pkg#"
_PARTS = (
    f'{DECLARATION}<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:pkg="{_PKG}">'
    f'<rdf:Description rdf:about=""><rdf:type rdf:resource="{_PKG}Document"/><pkg:hasPart rdf:resource="xmp.rdf"/>'
    f'</rdf:Description><rdf:Description rdf:about="xmp.rdf"><rdf:type rdf:resource="{_PKG}MetadataFile"/>'
    "</rdf:Description></rdf:RDF>"
)
"""Names the file of metadata, which programs that save the document then keep (ODF 1.3, part 2, 6)."""
_DEEPEST = 5
"""Quotations within one another that are told apart."""
_SIZES = {1: 18, 2: 16, 3: 14, 4: 13, 5: 12, 6: 12}


def write(blocks: Sequence[Block], marking: LevelMark) -> bytes:
    return zipped(
        {
            "mimetype": _MIME,
            "META-INF/manifest.xml": _manifest(),
            "meta.xml": _meta(marking),
            "styles.xml": _styles(marking),
            "content.xml": _content(blocks, marking),
            "manifest.rdf": _PARTS,
            "xmp.rdf": xmp(marking.properties(), {"title": marking.title, "rights": marking.footer}),
        }
    )


def _meta(marking: LevelMark) -> str:
    at, own = marking.written.strftime("%Y-%m-%dT%H:%M:%S"), marking.properties().items()
    said = "".join(
        f'<meta:user-defined meta:name={quoteattr(name)} meta:value-type="string">{escape(value)}'
        "</meta:user-defined>"
        for name, value in own
    )
    return (
        f"{DECLARATION}<office:document-meta {_NAMES}><office:meta>"
        f"<dc:title>{escape(marking.title)}</dc:title><dc:description>{escape(marking.footer)}</dc:description>"
        f"<dc:subject>{escape(marking.place)}</dc:subject><meta:keyword>{escape(marking.header)}</meta:keyword>"
        f"<meta:initial-creator>{escape(marking.author)}</meta:initial-creator>"
        f"<dc:creator>{escape(marking.author)}</dc:creator><meta:creation-date>{at}</meta:creation-date>"
        f"<dc:date>{at}</dc:date><dc:language>{'-'.join(marking.locale)}</dc:language>{said}"
        "</office:meta></office:document-meta>"
    )


def _content(blocks: Sequence[Block], marking: LevelMark) -> str:
    automatic = "".join(
        f'<style:style style:name="{name}" style:family="text"><style:text-properties {look}/></style:style>'
        for name, look in _LOOKS.items()
    )
    automatic += (
        '<style:style style:name="Cell" style:family="table-cell">'
        '<style:table-cell-properties fo:border="0.5pt solid #808080" fo:padding="0.1cm"/></style:style>'
    )
    body = f'<text:p text:style-name="Title">{escape(marking.title)}</text:p>' + "".join(_flow(blocks))
    return (
        f"{DECLARATION}<office:document-content {_NAMES}><office:automatic-styles>{automatic}"
        f"</office:automatic-styles><office:body><office:text>{body}</office:text></office:body>"
        "</office:document-content>"
    )


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
        f"<text:list-item{_start(block, number)}>{''.join(_flow(item, quoted))}</text:list-item>"
        for number, item in enumerate(block.items)
    )
    return f'<text:list text:style-name="{style}">{entries}</text:list>'


def _start(block: Block, number: int) -> str:
    return f' text:start-value="{block.start}"' if block.start is not None and not number else ""


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


def _styles(marking: LevelMark) -> str:
    language, country = marking.locale
    text = (
        '<style:default-style style:family="paragraph"><style:paragraph-properties fo:margin-bottom="0.2cm"/>'
        '<style:text-properties fo:font-family="Carlito, Calibri, \'Liberation Sans\'" fo:font-size="11pt" '
        f"fo:language={quoteattr(language)} fo:country={quoteattr(country)}/></style:default-style>"
    )
    named = [
        _style("Standard"),
        _style("Title", run='fo:font-size="18pt" fo:font-weight="bold"'),
        *(
            _style(
                f"Heading_20_{level}",
                'fo:keep-with-next="always" fo:margin-top="0.4cm"',
                f'fo:font-size="{size}pt" fo:font-weight="bold"',
                f' style:default-outline-level="{level}"',
            )
            for level, size in _SIZES.items()
        ),
        *(
            _style(f"Quotation_20_{depth}", f'fo:margin-left="{depth}cm"', 'fo:font-style="italic"')
            for depth in range(1, _DEEPEST + 1)
        ),
        _style("Code", run='fo:font-family="\'Liberation Mono\'" fo:font-size="10pt"'),
        _style("Head", run='fo:font-weight="bold"'),
        _style("Rule", 'fo:border-bottom="0.5pt solid #808080"'),
        _style("Header", 'fo:text-align="center"', 'fo:font-weight="bold"'),
        _style("Footer", run='fo:font-size="9pt"'),
        _lists("Bullets", 'text:list-level-style-bullet text:bullet-char="•"'),
        _lists("Numbers", 'text:list-level-style-number style:num-format="1" style:num-suffix="."'),
    ]
    page = (
        '<office:automatic-styles><style:page-layout style:name="P"><style:page-layout-properties '
        'fo:page-width="21cm" fo:page-height="29.7cm" fo:margin="2cm"/><style:header-style/><style:footer-style/>'
        "</style:page-layout></office:automatic-styles>"
        '<office:master-styles><style:master-page style:name="Standard" style:page-layout-name="P">'
        f'<style:header><text:p text:style-name="Header">{escape(marking.header)}</text:p></style:header>'
        f'<style:footer><text:p text:style-name="Footer">{escape(marking.footer)} – <text:page-number/></text:p>'
        "</style:footer></style:master-page></office:master-styles>"
    )
    return (
        f"{DECLARATION}<office:document-styles {_NAMES}><office:styles>{text}{''.join(named)}</office:styles>"
        f"{page}</office:document-styles>"
    )


def _style(name: str, paragraph: str = "", run: str = "", more: str = "") -> str:
    shown = name.replace("_20_", " ")
    parent = "" if name == "Standard" else ' style:parent-style-name="Standard"'
    return (
        f'<style:style style:name="{name}" style:display-name="{shown}" style:family="paragraph"{parent}{more}>'
        f"<style:paragraph-properties {paragraph}/><style:text-properties {run}/></style:style>"
    )


def _lists(name: str, level: str) -> str:
    tag, _, attributes = level.partition(" ")
    levels = "".join(
        f'<{tag} text:level="{n}" {attributes}><style:list-level-properties text:space-before="{0.6 * (n - 1):.1f}cm" '
        f'text:min-label-width="0.6cm"/></{tag}>'
        for n in range(1, 10)
    )
    return f'<text:list-style style:name="{name}">{levels}</text:list-style>'


def _manifest() -> str:
    entries = "".join(
        f'<manifest:file-entry manifest:full-path="{path}" manifest:media-type="{kind}"/>'
        for path, kind in (
            ("/", _MIME),
            ("content.xml", "text/xml"),
            ("styles.xml", "text/xml"),
            ("meta.xml", "text/xml"),
            ("manifest.rdf", "application/rdf+xml"),
            ("xmp.rdf", "application/rdf+xml"),
        )
    )
    return (
        f'{DECLARATION}<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0" '
        f'manifest:version="1.3">{entries}</manifest:manifest>'
    )
