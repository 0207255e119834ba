"""DOCX by python-docx (MIT), from its own template or a ministry's (`RELAIS_TEMPLATE`).

The template gives the looks: page, fonts, the styles Title, Heading 1 to 6, Quote and Table Grid, its header
and footer, below which ours are added; its body is left out. Lists are numbered by definitions of our own, so
that each begins at its number and goes on over paragraphs.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from docx import Document, oxml
from docx.document import Document as DocxDocument
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.exceptions import PackageNotFoundError
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Cm, Pt, RGBColor

from core.errors import ConfigurationError
from core.export.blocks import Block, Run
from core.export.level_mark import LevelMark
from core.export.package import DECLARATION, escape, quoteattr, xmp, zipped

_INDENT = 0.63
"""Centimetres of a level of a list, or of a quotation."""
_LEVELS = range(9)
_BULLETS = "•◦▪"
_CUSTOM = "application/vnd.openxmlformats-officedocument.custom-properties+xml"
_CUSTOM_NAMES = (
    'xmlns="http://schemas.openxmlformats.org/officeDocument/2006/custom-properties" '
    'xmlns:vt="http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes"'
)
_XMP = "http://ns.adobe.com/xap/1.0/"
"""The relationship to the metadata: OPC has none of its own, and has readers leave what they do not know."""
_CUSTOM_SET = "{D5CDD505-2E9C-101B-9397-08002B2CF9AE}"
"""The set of custom properties (ECMA-376, part 1, 22.3)."""


def write(blocks: Sequence[Block], marking: LevelMark) -> bytes:
    """Raises ConfigurationError when the template cannot be used."""
    writer = _Writer(opened(marking.template), marking)
    writer.begin()
    writer.flow(blocks)
    return writer.end()


def opened(template: Path | None) -> DocxDocument:
    """An empty document with the looks of a template, or our own on A4. Raises ConfigurationError."""
    if template is None:
        own = Document()
        page = own.sections[0]
        page.page_width, page.page_height = Cm(21), Cm(29.7)
        page.left_margin = page.right_margin = Cm(2)
        return own
    try:
        return Document(str(template))
    except (OSError, ValueError, KeyError, zipfile.BadZipFile, PackageNotFoundError) as error:
        raise ConfigurationError("RELAIS_TEMPLATE", "template.no_docx", path=template) from error


class _Writer:
    """Writes one document."""

    def __init__(self, document: DocxDocument, marking: LevelMark) -> None:
        self._document: Any = document
        self._marking = marking
        self._numbering: Any = self._document.part.numbering_part.element
        self._bullets = self._abstract(ordered=False)
        self._numbers = self._abstract(ordered=True)

    def begin(self) -> None:
        """The document's own facts, an empty body, what stands on every page, and the title."""
        body: Any = self._document.element.body
        for child in list(body):
            if child.tag != qn("w:sectPr"):
                body.remove(child)
        self._facts()
        self._edges()
        self._paragraph("Title", (Run(text=self._marking.title),))

    def flow(self, blocks: Sequence[Block], *, depth: int = 0, quoted: int = 0) -> None:  # noqa: C901 - one case for each kind
        """Blocks one below the other, `depth` lists and `quoted` quotations deep."""
        for each in blocks:
            match each.kind:
                case "heading":
                    self._paragraph(f"Heading {each.level}", each.runs)
                case "list":
                    self._list(each, depth, quoted)
                case "quote":
                    self.flow(each.blocks, depth=depth, quoted=quoted + 1)
                case "code":
                    self._paragraph(None, each.runs, indent=depth + quoted)
                case "table":
                    self._table(each)
                case "rule":
                    self._rule()
                case "paragraph":
                    self._paragraph("Quote" if quoted else None, each.runs, indent=depth + quoted)

    def end(self) -> bytes:
        """The file, with the same bytes each time."""
        out = io.BytesIO()
        self._document.save(out)
        with zipfile.ZipFile(out) as package:
            return zipped({name: package.read(name) for name in package.namelist()})

    def _paragraph(self, style: str | None, runs: Sequence[Run], *, indent: int = 0) -> Any:
        paragraph: Any = self._document.add_paragraph()
        self._styled(paragraph, style)
        if indent:
            paragraph.paragraph_format.left_indent = Cm(_INDENT * indent)
        self._fill(paragraph, runs)
        return paragraph

    def _styled(self, block: Any, style: str | None) -> None:
        """A template that lacks a style gets its own plain one."""
        if style is not None and style in [each.name for each in self._document.styles]:
            block.style = self._document.styles[style]

    def _fill(self, paragraph: Any, runs: Sequence[Run], *, bold: bool = False) -> None:
        for each in runs:
            run: Any = paragraph.add_run(each.text)
            run.bold, run.italic = (each.bold or bold) or None, each.italic or None
            if each.code:
                run.font.name, run.font.size = "Courier New", Pt(9.5)
            if each.link:
                run.font.underline, run.font.color.rgb = True, RGBColor(0, 0, 0x91)
                _link(paragraph, each.link).append(run._r)

    def _list(self, block: Block, depth: int, quoted: int) -> None:
        number = self._list_number(block.start, depth)
        for item in block.items:
            first, *rest = item or (Block(kind="paragraph"),)
            if first.kind != "paragraph":
                first, rest = Block(kind="paragraph"), list(item)
            paragraph = self._paragraph("Quote" if quoted else None, first.runs)
            if quoted:
                paragraph.paragraph_format.left_indent = Cm(_INDENT * (depth + quoted + 1))
                paragraph.paragraph_format.first_line_indent = Cm(-_INDENT)
            numbered: Any = paragraph._p.get_or_add_pPr().get_or_add_numPr()
            numbered.get_or_add_ilvl().val = min(depth, _LEVELS[-1])
            numbered.get_or_add_numId().val = number
            self.flow(rest, depth=depth + 1, quoted=quoted)

    def _list_number(self, start: int | None, depth: int) -> int:
        """A list of its own, that begins at its number."""
        number: Any = self._numbering.add_num(self._bullets if start is None else self._numbers)
        if start is not None:
            number.add_lvlOverride(ilvl=min(depth, _LEVELS[-1])).add_startOverride(start)
        return number.numId

    def _abstract(self, *, ordered: bool) -> int:
        """A definition of lists, before all lists (ECMA-376, part 1, 17.9.17)."""
        known = self._numbering.findall(qn("w:abstractNum"))
        id = max((int(each.get(qn("w:abstractNumId"))) for each in known), default=0) + 1
        kind = "decimal" if ordered else "bullet"
        levels = "".join(
            f'<w:lvl w:ilvl="{n}"><w:start w:val="1"/><w:numFmt w:val="{kind}"/>'
            f'<w:lvlText w:val="{f"%{n + 1}." if ordered else _BULLETS[n % 3]}"/><w:lvlJc w:val="left"/>'
            f'<w:pPr><w:ind w:left="{357 * (n + 1)}" w:hanging="357"/></w:pPr></w:lvl>'
            for n in _LEVELS
        )
        definition = parse_xml(
            f'<w:abstractNum {nsdecls("w")} w:abstractNumId="{id}"><w:multiLevelType w:val="multilevel"/>'
            f"{levels}</w:abstractNum>"
        )
        before = next(iter(self._numbering.findall(qn("w:num"))), None)
        if before is None:
            self._numbering.append(definition)
        else:
            before.addprevious(definition)
        return id

    def _table(self, block: Block) -> None:
        width = max(map(len, block.rows), default=0)
        if not width:
            return
        table: Any = self._document.add_table(rows=len(block.rows), cols=width)
        self._styled(table, "Table Grid")
        for number, (row, cells) in enumerate(zip(table.rows, block.rows, strict=True)):
            for cell, runs in zip(row.cells, cells, strict=True):
                self._fill(cell.paragraphs[0], runs, bold=not number)
        head: Any = table.rows[0]._tr.get_or_add_trPr()
        head.append(_element("w:tblHeader"))
        self._paragraph(None, ())

    def _rule(self) -> None:
        paragraph: Any = self._paragraph(None, ())
        border = '<w:bottom w:val="single" w:sz="6" w:space="1" w:color="808080"/>'
        paragraph._p.get_or_add_pPr().append(parse_xml(f"<w:pBdr {nsdecls('w')}>{border}</w:pBdr>"))

    def _edges(self) -> None:
        """The level above and the mention of AI below, on every page of every section."""
        for section in self._document.sections:
            header, footer = _line(section.header), _line(section.footer)
            header.alignment = WD_ALIGN_PARAGRAPH.CENTER
            header.add_run(self._marking.header).bold = True
            footer.add_run(f"{self._marking.footer}\t")
            _page_number(footer)

    def _facts(self) -> None:
        facts, marking = self._document.core_properties, self._marking
        facts.title, facts.author, facts.last_modified_by = marking.title, marking.author, marking.author
        facts.comments, facts.keywords, facts.subject = marking.footer, marking.header, marking.place
        facts.created = facts.modified = marking.written.replace(tzinfo=None)
        facts.language = "-".join(marking.locale)
        facts.revision = 1
        for look in self._document.styles.element.iter(qn("w:rPrDefault")):
            for language in look.iter(qn("w:lang")):
                language.set(qn("w:val"), "-".join(marking.locale))
        package: Any = self._document.part.package
        custom = Part(PackURI("/docProps/custom.xml"), _CUSTOM, _custom(marking).encode(), package)
        package.relate_to(custom, RELATIONSHIP_TYPE.CUSTOM_PROPERTIES)
        said = xmp(marking.properties(), {"title": marking.title, "rights": marking.footer}).encode()
        package.relate_to(Part(PackURI("/docProps/xmp.xml"), "application/rdf+xml", said, package), _XMP)


def _custom(marking: LevelMark) -> str:
    said = "".join(
        f'<property fmtid="{_CUSTOM_SET}" pid="{number}" name={quoteattr(name)}>'
        f"<vt:lpwstr>{escape(value)}</vt:lpwstr></property>"
        for number, (name, value) in enumerate(marking.properties().items(), 2)
    )
    return f"{DECLARATION}<Properties {_CUSTOM_NAMES}>{said}</Properties>"


def _line(edge: Any) -> Any:
    """A new line at the end of a header or footer, or its empty one."""
    edge.is_linked_to_previous = False
    last = edge.paragraphs[-1] if edge.paragraphs else edge.add_paragraph()
    return last if not last.text and not len(last.runs) else edge.add_paragraph()


def _page_number(paragraph: Any) -> None:
    for kind in ("begin", "", "end"):
        part: Any = _element("w:fldChar" if kind else "w:instrText")
        if kind:
            part.set(qn("w:fldCharType"), kind)
        else:
            part.text = " PAGE "
        paragraph.add_run()._r.append(part)


def _link(paragraph: Any, address: str) -> Any:
    id = paragraph.part.relate_to(address, RELATIONSHIP_TYPE.HYPERLINK, is_external=True)
    link: Any = _element("w:hyperlink")
    link.set(qn("r:id"), id)
    paragraph._p.append(link)
    return link


def _element(name: str) -> Any:
    library: Any = oxml
    return library.OxmlElement(name)
