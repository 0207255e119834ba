"""DOCX: WordprocessingML (ECMA-376), as little of it as a note needs."""

# ruff: noqa: E501 - elements of XML stay on one line

from __future__ import annotations

from collections.abc import Iterator, Sequence

from core.export.blocks import Block, Run
from core.export.package import DECLARATION, Marked, escape, quoteattr, zipped

_W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
_R = 'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml"
_REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PARTS = ("styles", "numbering", "header", "footer")
_BULLETS = 1
"""The number of the bulleted list; each ordered list has a further one, so that it begins at its own start."""
_SIZES = {1: 32, 2: 28, 3: 26, 4: 24, 5: 22, 6: 22}
_RULE = '<w:pBdr><w:bottom w:val="single" w:sz="6" w:space="1" w:color="808080"/></w:pBdr>'


def write(blocks: Sequence[Block], marking: Marked) -> bytes:
    starts = [block.number or 1 for block in blocks if _begins(block)]
    return zipped(
        {
            "[Content_Types].xml": _content_types(),
            "_rels/.rels": _relations(
                [
                    ("officeDocument", "word/document.xml"),
                    ("metadata/core-properties", "docProps/core.xml"),
                ]
            ),
            "docProps/core.xml": _core(marking),
            "word/document.xml": _document(blocks, marking),
            "word/_rels/document.xml.rels": _relations([(part, f"{part}.xml") for part in _PARTS]),
            "word/styles.xml": _styles(marking),
            "word/numbering.xml": _numbering(starts),
            "word/header.xml": _edge("hdr", "Header", f"{_text(Run(text=marking.header, bold=True))}"),
            "word/footer.xml": _edge("ftr", "Footer", f"{_text(Run(text=marking.footer))}{_PAGE}"),
        }
    )


_PAGE = (
    '<w:r><w:tab/></w:r><w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText> PAGE </w:instrText></w:r>'
    '<w:r><w:fldChar w:fldCharType="separate"/></w:r><w:r><w:t>1</w:t></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r>'
)


def _begins(block: Block) -> bool:
    return block.kind == "item" and block.number is not None and block.first


def _document(blocks: Sequence[Block], marking: Marked) -> str:
    body = [_paragraph((Run(text=marking.title),), "Title")]
    ordered = _BULLETS
    for block in blocks:
        ordered += _begins(block)
        body += _block(block, ordered)
    section = (
        '<w:sectPr><w:headerReference w:type="default" r:id="r3"/><w:footerReference w:type="default" r:id="r4"/>'
        '<w:pgSz w:w="11906" w:h="16838"/>'
        '<w:pgMar w:top="1134" w:right="1134" w:bottom="1134" w:left="1134" w:header="567" w:footer="567" w:gutter="0"/>'
        "</w:sectPr>"
    )
    return f"{DECLARATION}<w:document {_W} {_R}><w:body>{''.join(body)}{section}</w:body></w:document>"


def _block(block: Block, ordered: int) -> Iterator[str]:  # noqa: C901 - one case for each kind
    match block.kind:
        case "heading":
            yield _paragraph(block.runs, f"Heading{min(block.level + 1, 6)}")
        case "item":
            number = _BULLETS if block.number is None else ordered
            level = (
                f'<w:numPr><w:ilvl w:val="{min(block.level, 9) - 1}"/><w:numId w:val="{number}"/></w:numPr>'
            )
            yield _paragraph(block.runs, "ListParagraph", level)
        case "code":
            for line in block.runs[0].text.split("\n"):
                yield _paragraph((Run(text=line, code=True),), "Code")
        case "table":
            yield _table(block)
        case "rule":
            yield f"<w:p><w:pPr>{_RULE}</w:pPr></w:p>"
        case "quote":
            yield _paragraph(block.runs, "Quote")
        case "paragraph":
            yield _paragraph(block.runs, "Normal")


def _paragraph(runs: Sequence[Run], style: str, more: str = "") -> str:
    return f'<w:p><w:pPr><w:pStyle w:val="{style}"/>{more}</w:pPr>{"".join(map(_text, runs))}</w:p>'


def _text(run: Run) -> str:
    look = ('<w:rStyle w:val="CodeText"/>' if run.code else "") + ("<w:b/>" if run.bold else "")
    look += "<w:i/>" if run.italic else ""
    lines = "<w:br/>".join(f'<w:t xml:space="preserve">{escape(line)}</w:t>' for line in run.text.split("\n"))
    return f"<w:r>{f'<w:rPr>{look}</w:rPr>' if look else ''}{lines}</w:r>"


def _table(block: Block) -> str:
    width = max(map(len, block.rows), default=1) or 1
    grid = f'<w:gridCol w:w="{9638 // width}"/>' * width
    rows: list[str] = []
    for number, row in enumerate(block.rows):
        head = "<w:trPr><w:tblHeader/></w:trPr>" if number == 0 else ""
        cells = "".join(
            f'<w:tc><w:tcPr><w:tcW w:w="{9638 // width}" w:type="dxa"/></w:tcPr>{_paragraph(runs, "Normal")}</w:tc>'
            for runs in (*row, *((),) * (width - len(row)))
        )
        rows.append(f"<w:tr>{head}{cells}</w:tr>")
    look = '<w:tblPr><w:tblStyle w:val="TableGrid"/><w:tblW w:w="9638" w:type="dxa"/><w:tblLook w:firstRow="1"/></w:tblPr>'
    return f"<w:tbl>{look}<w:tblGrid>{grid}</w:tblGrid>{''.join(rows)}</w:tbl>{_paragraph((), 'Normal')}"


def _edge(tag: str, style: str, content: str) -> str:
    return (
        f'{DECLARATION}<w:{tag} {_W}><w:p><w:pPr><w:pStyle w:val="{style}"/></w:pPr>{content}</w:p></w:{tag}>'
    )


def _styles(marking: Marked) -> str:
    language = "en-GB" if marking.language == "en" else "fr-FR"
    base = '<w:rFonts w:ascii="Calibri" w:hAnsi="Calibri" w:cs="Calibri"/><w:sz w:val="22"/>'
    styles = [
        f"<w:docDefaults><w:rPrDefault><w:rPr>{base}<w:lang w:val={quoteattr(language)}/></w:rPr></w:rPrDefault>"
        '<w:pPrDefault><w:pPr><w:spacing w:after="120" w:line="264" w:lineRule="auto"/></w:pPr></w:pPrDefault>'
        "</w:docDefaults>",
        _style("Normal", "Normal"),
        _style("Title", "Title", '<w:b/><w:sz w:val="36"/>'),
        *(
            _style(
                f"Heading{level}",
                f"heading {level}",
                f'<w:b/><w:sz w:val="{size}"/>',
                f'<w:keepNext/><w:spacing w:before="240" w:after="80"/><w:outlineLvl w:val="{level - 1}"/>',
            )
            for level, size in _SIZES.items()
        ),
        _style("ListParagraph", "List Paragraph", "", "<w:contextualSpacing/>"),
        _style("Quote", "Quote", "<w:i/>", '<w:ind w:left="567"/>'),
        _style("Code", "Code", '<w:rFonts w:ascii="Consolas" w:hAnsi="Consolas"/><w:sz w:val="20"/>'),
        _style("Header", "header", "", '<w:jc w:val="center"/>'),
        _style(
            "Footer", "footer", '<w:sz w:val="18"/>', '<w:tabs><w:tab w:val="right" w:pos="9638"/></w:tabs>'
        ),
        '<w:style w:type="character" w:styleId="CodeText"><w:name w:val="Code Text"/>'
        '<w:rPr><w:rFonts w:ascii="Consolas" w:hAnsi="Consolas"/></w:rPr></w:style>',
        '<w:style w:type="table" w:styleId="TableGrid"><w:name w:val="Table Grid"/><w:tblPr><w:tblBorders>'
        + "".join(
            f'<w:{side} w:val="single" w:sz="4" w:space="0" w:color="808080"/>'
            for side in ("top", "left", "bottom", "right", "insideH", "insideV")
        )
        + '</w:tblBorders></w:tblPr><w:tblStylePr w:type="firstRow"><w:rPr><w:b/></w:rPr></w:tblStylePr></w:style>',
    ]
    return f"{DECLARATION}<w:styles {_W}>{''.join(styles)}</w:styles>"


def _style(id: str, name: str, run: str = "", paragraph: str = "") -> str:
    default = ' w:default="1"' if id == "Normal" else '><w:basedOn w:val="Normal"/'
    head, _, based = default.partition(">")
    return (
        f'<w:style w:type="paragraph" w:styleId="{id}"{head}><w:name w:val="{name}"/>{based and based + ">"}'
        f"<w:pPr>{paragraph}</w:pPr><w:rPr>{run}</w:rPr></w:style>"
    )


def _numbering(starts: Sequence[int]) -> str:
    """A definition for each ordered list: readers differ in what they make of a shared one."""
    lists = [("bullet", "•", 1), *(("decimal", "%{}.", start) for start in starts)]
    abstract = "".join(
        f'<w:abstractNum w:abstractNumId="{n}"><w:multiLevelType w:val="hybridMultilevel"/>'
        + "".join(
            f'<w:lvl w:ilvl="{level}"><w:start w:val="{start}"/><w:numFmt w:val="{kind}"/>'
            f'<w:lvlText w:val="{text.format(level + 1)}"/><w:lvlJc w:val="left"/>'
            f'<w:pPr><w:ind w:left="{425 * (level + 1)}" w:hanging="340"/></w:pPr></w:lvl>'
            for level in range(9)
        )
        + "</w:abstractNum>"
        for n, (kind, text, start) in enumerate(lists)
    )
    numbers = "".join(
        f'<w:num w:numId="{n + 1}"><w:abstractNumId w:val="{n}"/></w:num>' for n in range(len(lists))
    )
    return f"{DECLARATION}<w:numbering {_W}>{abstract}{numbers}</w:numbering>"


def _content_types() -> str:
    parts = "".join(
        f'<Override PartName="/word/{part}.xml" ContentType="{_TYPE}.{part}+xml"/>' for part in _PARTS
    )
    return (
        f'{DECLARATION}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/word/document.xml" ContentType="{_TYPE}.document.main+xml"/>{parts}'
        '<Override PartName="/docProps/core.xml" '
        'ContentType="application/vnd.openxmlformats-package.core-properties+xml"/></Types>'
    )


def _relations(targets: Sequence[tuple[str, str]]) -> str:
    package = "http://schemas.openxmlformats.org/package/2006/relationships"
    listed = "".join(
        f'<Relationship Id="r{n}" Type="{package if "/" in kind else _REL}/{kind}" Target="{target}"/>'
        for n, (kind, target) in enumerate(targets, 1)
    )
    return f'{DECLARATION}<Relationships xmlns="{package}">{listed}</Relationships>'


def _core(marking: Marked) -> str:
    return (
        f"{DECLARATION}<cp:coreProperties "
        'xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f"<dc:title>{escape(marking.title)}</dc:title><dc:description>{escape(marking.footer)}</dc:description>"
        f"<cp:keywords>{escape(marking.header)}</cp:keywords></cp:coreProperties>"
    )
