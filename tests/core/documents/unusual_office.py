"""Files of Office that are plain but for one word, each in another unusual place."""

# fmt: off

from __future__ import annotations

import base64
import gzip
from collections.abc import Mapping

from tests.core.documents import make

W = "zébulon"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
OFFICE = make.OFFICE
SPACES = (
    f'xmlns:w="{make.W}" xmlns:r="{OFFICE}" xmlns:a="a" xmlns:p="p" xmlns:c="c" xmlns:m="m" xmlns:mc="mc" '
    'xmlns:v="v" xmlns:o="o" xmlns:dgm="dgm" xmlns:cx="cx" xmlns:wp="wp" xmlns:pic="pic" xmlns:wps="wps" '
    'xmlns:p14="p14" xmlns:ax="ax" xmlns:dsp="dsp" xmlns:cdr="cdr" xmlns:asvg="asvg" xmlns:w14="w14" '
    'xmlns:xdr="xdr" xmlns:x14="x14" xmlns:a14="a14"'
)
MAINS = {
    "docx": ("word/document.xml", "wordprocessingml.document"),
    "xlsx": ("xl/workbook.xml", "spreadsheetml.sheet"),
    "pptx": ("ppt/presentation.xml", "presentationml.presentation"),
}


def rooted(xml: str) -> str:
    """XML with all namespaces at its first element."""
    head, sign, tail = xml.partition(">")
    closed = head.endswith("/")
    return f"{head.removesuffix('/')} {SPACES}{'/' if closed else ''}{sign}{tail}"


def package(kind: str, parts: Mapping[str, str | bytes]) -> bytes:
    """An OOXML file. A part refers to each part that is named under it as `name` `#id` `kind` in `parts`' key:
    `word/chart1.xml<word/document.xml#r9 chart`."""
    main, described = MAINS[kind]
    files: dict[str, str | bytes] = {}
    relations: dict[str, list[str]] = {"": [f'<Relationship Id="r0" Type="{OFFICE}/officeDocument" Target="{main}"/>']}
    for key, data in parts.items():
        name, _, referred = key.partition("<")
        if data:
            files[name] = rooted(data) if isinstance(data, str) and data.startswith("<") else data
        for one in filter(None, referred.split("<")):
            owner, _, what = one.partition("#")
            id, _, type = what.partition(" ")
            external = ' TargetMode="External"' if "://" in name or ":" in name else ""
            target = name if external else f"/{name}"
            relations.setdefault(owner, []).append(
                f'<Relationship Id="{id}" Type="{OFFICE}/{type}" Target="{target}"{external}/>'
            )
    for owner, made in relations.items():
        folder, _, name = owner.rpartition("/")
        path = f"{folder}/_rels/{name}.rels" if owner else "_rels/.rels"
        files[path] = f'<Relationships xmlns="{PACKAGE}/relationships">{"".join(made)}</Relationships>'
    files["[Content_Types].xml"] = (
        f'<Types xmlns="{PACKAGE}/content-types"><Override PartName="/{main}" ContentType='
        f'"application/vnd.openxmlformats-officedocument.{described}.main+xml"/></Types>'
    )
    return make.zipped(files)


def docx(body: str, parts: Mapping[str, str | bytes] | None = None) -> bytes:
    return package("docx", {"word/document.xml": f"<w:document><w:body><w:p><w:r><w:t>Bonjour</w:t></w:r></w:p>{body}</w:body></w:document>", **(parts or {})})


def xlsx(sheet: str, parts: Mapping[str, str | bytes] | None = None, *, cells: str = "", book: str = "") -> bytes:
    return package("xlsx", {
        "xl/workbook.xml": f'<workbook><sheets><sheet name="F" sheetId="1" r:id="r1"/></sheets>{book}</workbook>',
        "xl/worksheets/sheet1.xml<xl/workbook.xml#r1 worksheet": '<worksheet><sheetData><row r="1"><c r="A1"><v>1</v></c></row>'
        f"{cells}</sheetData>{sheet}</worksheet>",
        **(parts or {}),
    })


def pptx(shapes: str, parts: Mapping[str, str | bytes] | None = None, *, book: str = "") -> bytes:
    return package("pptx", {
        "ppt/presentation.xml": f'<p:presentation><p:sldIdLst><p:sldId r:id="r1"/></p:sldIdLst>{book}</p:presentation>',
        "ppt/slides/slide1.xml<ppt/presentation.xml#r1 slide": "<p:sld><p:cSld><p:spTree><p:sp><p:txBody><a:p><a:r><a:t>Bonjour</a:t></a:r></a:p></p:txBody></p:sp>"
        f"{shapes}</p:spTree></p:cSld></p:sld>",
        **(parts or {}),
    })


def words(text: str) -> str:
    return f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>"


DRAWN = f"<a:p><a:r><a:t>{W}</a:t></a:r></a:p>"
FRAME = '<w:p><w:r><w:drawing><a:graphic><a:graphicData uri="x/%s">%s</a:graphicData></a:graphic></w:drawing></w:r></w:p>'
CHART = FRAME % ("chart", '<c:chart r:id="r5"/>')
DOC = "word/document.xml"


def styles(format_code: str, more: str = "") -> str:
    return (
        f'<styleSheet><numFmts><numFmt numFmtId="170" formatCode="{format_code}"/></numFmts>'
        f'<cellXfs><xf numFmtId="0"/><xf numFmtId="170"/></cellXfs>{more}</styleSheet>'
    )


STYLES = "xl/styles.xml<xl/workbook.xml#r7 styles"
SHEET = "xl/worksheets/sheet1.xml"
OLE = {
    "\x01Ole10Native": b"\0\0\0\0" + b"\2\0" + b"a.txt\0" + b"C:\\a.txt\0" + b"\0\0\3\0" + b"\7\0\0\0" + b"a.txt\0\0"
    + len(W.encode()).to_bytes(4, "little") + W.encode()
}
SVG = f'<svg xmlns="http://www.w3.org/2000/svg"><text x="1" y="9">{W}</text></svg>'

FILES: dict[str, tuple[str, bytes]] = {}


def add(name: str, data: bytes) -> None:
    FILES[name] = f"a.{name.partition(':')[0]}", data


add("docx: formula", docx(f"<w:p><m:oMathPara><m:oMath><m:r><m:t>{W}</m:t></m:r></m:oMath></m:oMathPara></w:p>"))
add("docx: formula outside a paragraph", docx(f"<m:oMathPara><m:oMath><m:r><m:t>{W}</m:t></m:r></m:oMath></m:oMathPara>"))
add("docx: sign of a formula", docx(f'<w:p><m:oMath><m:nary><m:naryPr><m:chr m:val="{W}"/></m:naryPr><m:e><m:r><m:t>x</m:t></m:r></m:e></m:nary></m:oMath></w:p>'))
add("docx: choices of a list", docx(f'<w:sdt><w:sdtPr><w:dropDownList><w:listItem w:displayText="{W}" w:value="1"/></w:dropDownList></w:sdtPr><w:sdtContent>{words("x")}</w:sdtContent></w:sdt>'))
add("docx: title of a control", docx(f'<w:sdt><w:sdtPr><w:alias w:val="{W}"/></w:sdtPr><w:sdtContent>{words("x")}</w:sdtContent></w:sdt>'))
add("docx: default of a form field", docx(f'<w:p><w:r><w:fldChar w:fldCharType="begin"><w:ffData><w:textInput><w:default w:val="{W}"/></w:textInput></w:ffData></w:fldChar></w:r></w:p>'))
add("docx: help of a form field", docx(f'<w:p><w:r><w:fldChar w:fldCharType="begin"><w:ffData><w:statusText w:type="text" w:val="{W}"/></w:ffData></w:fldChar></w:r></w:p>'))
add("docx: other choices of a form field", docx(f'<w:p><w:r><w:fldChar w:fldCharType="begin"><w:ffData><w:ddList><w:listEntry w:val="a"/><w:listEntry w:val="{W}"/></w:ddList></w:ffData></w:fldChar></w:r></w:p>'))
add("docx: simple field", docx(f'<w:p><w:fldSimple w:instr="AUTHOR"><w:r><w:t>{W}</w:t></w:r></w:fldSimple></w:p>'))
add("docx: deleted text", docx(f'<w:p><w:del w:author="x"><w:r><w:delText>{W}</w:delText></w:r></w:del></w:p>'))
add("docx: text moved away", docx(f'<w:p><w:moveFrom w:author="x"><w:r><w:t>{W}</w:t></w:r></w:moveFrom></w:p>'))
add("docx: author of a comment", docx("", {f"word/comments.xml<{DOC}#r5 comments": f'<w:comments><w:comment w:id="1" w:author="{W}">{words("x")}</w:comment></w:comments>'}))
add("docx: author of a change", docx(f'<w:p><w:ins w:author="{W}"><w:r><w:t>x</w:t></w:r></w:ins></w:p>'))
add("docx: tooltip of a link", docx(f'<w:p><w:hyperlink r:id="r5" w:tooltip="{W}"><w:r><w:t>ici</w:t></w:r></w:hyperlink></w:p>'))
add("docx: target of a link", docx('<w:p><w:hyperlink r:id="r5"><w:r><w:t>ici</w:t></w:r></w:hyperlink></w:p>', {f"https://{W}.example/<{DOC}#r5 hyperlink": ""}))
add("docx: caption of a table", docx(f'<w:tbl><w:tblPr><w:tblCaption w:val="{W}"/></w:tblPr><w:tr><w:tc>{words("x")}</w:tc></w:tr></w:tbl>'))
add("docx: description of a table", docx(f'<w:tbl><w:tblPr><w:tblDescription w:val="{W}"/></w:tblPr><w:tr><w:tc>{words("x")}</w:tc></w:tr></w:tbl>'))
add("docx: bullet of words", docx('<w:p><w:pPr><w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr></w:pPr><w:r><w:t>x</w:t></w:r></w:p>', {f"word/numbering.xml<{DOC}#r5 numbering": f'<w:numbering><w:abstractNum w:abstractNumId="1"><w:lvl w:ilvl="0"><w:numFmt w:val="bullet"/><w:lvlText w:val="{W}"/></w:lvl></w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="1"/></w:num></w:numbering>'}))
add("docx: number of words", docx('<w:p><w:pPr><w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr></w:pPr><w:r><w:t>x</w:t></w:r></w:p>', {f"word/numbering.xml<{DOC}#r5 numbering": f'<w:numbering><w:abstractNum w:abstractNumId="1"><w:lvl w:ilvl="0"><w:numFmt w:val="decimal"/><w:lvlText w:val="{W} %1."/></w:lvl></w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="1"/></w:num></w:numbering>'}))
add("docx: number of an empty paragraph", docx('<w:p><w:pPr><w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr></w:pPr></w:p>', {f"word/numbering.xml<{DOC}#r5 numbering": f'<w:numbering><w:abstractNum w:abstractNumId="1"><w:lvl w:ilvl="0"><w:numFmt w:val="none"/><w:lvlText w:val="{W}"/></w:lvl></w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="1"/></w:num></w:numbering>'}))
add("docx: axis of a chart", docx(CHART, {f"word/charts/chart1.xml<{DOC}#r5 chart": f"<c:chartSpace><c:chart><c:plotArea><c:valAx><c:title><c:tx><c:rich>{DRAWN}</c:rich></c:tx></c:title></c:valAx></c:plotArea></c:chart></c:chartSpace>"}))
add("docx: label of a point", docx(CHART, {f"word/charts/chart1.xml<{DOC}#r5 chart": f"<c:chartSpace><c:chart><c:plotArea><c:pieChart><c:ser><c:dLbls><c:dLbl><c:tx><c:rich>{DRAWN}</c:rich></c:tx></c:dLbl></c:dLbls></c:ser></c:pieChart></c:plotArea></c:chart></c:chartSpace>"}))
add("docx: format of a chart's numbers", docx(CHART, {f"word/charts/chart1.xml<{DOC}#r5 chart": f'<c:chartSpace><c:chart><c:plotArea><c:pieChart><c:ser><c:val><c:numRef><c:numCache><c:formatCode>0" {W}"</c:formatCode><c:pt idx="0"><c:v>4</c:v></c:pt></c:numCache></c:numRef></c:val></c:ser></c:pieChart></c:plotArea></c:chart></c:chartSpace>'}))
add("docx: workbook behind a chart", docx(CHART, {f"word/charts/chart1.xml<{DOC}#r5 chart": "<c:chartSpace><c:chart/></c:chartSpace>", "word/embeddings/b.xlsx<word/charts/chart1.xml#r1 package": xlsx("", cells=f'<row r="2"><c r="A2" t="inlineStr"><is><t>{W}</t></is></c></row>')}))
add("docx: new kind of chart", docx(FRAME % ("chartex", '<cx:chart r:id="r5"/>'), {f"word/charts/chartEx1.xml<{DOC}#r5 chartEx": f'<cx:chartSpace><cx:chartData><cx:data id="0"><cx:strDim type="cat"><cx:lvl ptCount="1"><cx:pt idx="0">{W}</cx:pt></cx:lvl></cx:strDim></cx:data></cx:chartData></cx:chartSpace>'}))
add("docx: box drawn on a chart", docx(CHART, {f"word/charts/chart1.xml<{DOC}#r5 chart": "<c:chartSpace><c:chart/></c:chartSpace>", "word/drawings/drawing1.xml<word/charts/chart1.xml#r1 chartUserShapes": f"<c:userShapes><cdr:sp><cdr:txBody>{DRAWN}</cdr:txBody></cdr:sp></c:userShapes>"}))
add("docx: diagram", docx(FRAME % ("diagram", '<dgm:relIds r:dm="r5"/>'), {f"word/diagrams/data1.xml<{DOC}#r5 diagramData": f"<dgm:dataModel><dgm:ptLst><dgm:pt modelId=\"1\"><dgm:t>{DRAWN}</dgm:t></dgm:pt></dgm:ptLst></dgm:dataModel>"}))
add("docx: diagram as drawn", docx(FRAME % ("diagram", '<dgm:relIds r:dm="r5"/>'), {f"word/diagrams/drawing1.xml<{DOC}#r5 diagramDrawing": f"<dsp:drawing><dsp:spTree><dsp:sp><dsp:txBody>{DRAWN}</dsp:txBody></dsp:sp></dsp:spTree></dsp:drawing>"}))
add("docx: control", docx('<w:p><w:r><w:control r:id="r5"/></w:r></w:p>', {f"word/activeX/activeX1.xml<{DOC}#r5 control": f'<ax:ocx><ax:ocxPr ax:name="Caption" ax:value="{W}"/></ax:ocx>'}))
add("docx: file in an object", docx('<w:p><w:r><w:object><o:OLEObject r:id="r5"/></w:object></w:r></w:p>', {f"word/embeddings/oleObject1.bin<{DOC}#r5 oleObject": make.compound(OLE)}))
add("docx: document in an object", docx('<w:p><w:r><w:object><o:OLEObject r:id="r5"/></w:object></w:r></w:p>', {f"word/embeddings/oleObject1.bin<{DOC}#r5 oleObject": make.compound({"Package": docx(words(W))})}))
add("docx: page in an object", docx('<w:p><w:r><w:object><o:OLEObject r:id="r5"/></w:object></w:r></w:p>', {f"word/embeddings/oleObject1.bin<{DOC}#r5 oleObject": make.compound({"CONTENTS": make.pdf([make.lines([W])])})}))
add("docx: embedded text file", docx("", {f"word/embeddings/note.txt<{DOC}#r5 package": W.encode()}))
add("docx: embedded pdf", docx("", {f"word/embeddings/note.pdf<{DOC}#r5 package": make.pdf([make.lines([W])])}))
add("docx: drawing in letters", docx(FRAME % ("picture", '<pic:pic><pic:blipFill><a:blip r:embed="r5"><asvg:svgBlip r:embed="r6"/></a:blip></pic:blipFill></pic:pic>'), {f"word/media/image1.svg<{DOC}#r6 image": SVG.encode()}))
add("docx: only the fallback", docx(f"<mc:AlternateContent><mc:Choice Requires=\"zz\"/><mc:Fallback>{words(W)}</mc:Fallback></mc:AlternateContent>"))
add("docx: fallback of a run", docx(f'<w:p><w:r><mc:AlternateContent><mc:Choice Requires="zz"><w14:contentPart r:id="r9"/></mc:Choice><mc:Fallback><w:t>{W}</w:t></mc:Fallback></mc:AlternateContent></w:r></w:p>'))
add("docx: first header", docx("", {f"word/header1.xml<{DOC}#r5 header": f"<w:hdr>{words(W)}</w:hdr>"}))
add("docx: endnote", docx('<w:p><w:r><w:endnoteReference w:id="2"/></w:r></w:p>', {f"word/endnotes.xml<{DOC}#r5 endnotes": f'<w:endnotes><w:endnote w:id="2">{words(W)}</w:endnote></w:endnotes>'}))
add("docx: note nobody refers to", docx("", {f"word/footnotes.xml<{DOC}#r5 footnotes": f'<w:footnotes><w:footnote w:id="2">{words(W)}</w:footnote></w:footnotes>'}))
add("docx: reading above a word", docx(f"<w:p><w:r><w:ruby><w:rt><w:r><w:t>{W}</w:t></w:r></w:rt><w:rubyBase><w:r><w:t>x</w:t></w:r></w:rubyBase></w:ruby></w:r></w:p>"))
add("docx: WordArt", docx(f'<w:p><w:r><w:pict><v:shape><v:textpath string="{W}"/></v:shape></w:pict></w:r></w:p>'))
add("docx: background", docx("", {f"word/media/x.mp4<{DOC}#r5 video": b"\0\0\0\x18ftypmp42"}))
add("docx: letters in two runs", docx(f"<w:p><w:r><w:t>{W[:3]}</w:t></w:r><w:r><w:softHyphen/><w:t>{W[3:]}</w:t></w:r></w:p>"))
add("docx: page of another program's view", docx('<w:subDoc r:id="r5"/>', {f"file:///{W}.docx<{DOC}#r5 subDocument": ""}))

add("xlsx: text after a text", xlsx("", {STYLES: styles(f"@&quot; {W}&quot;")}, cells='<row r="2"><c r="A2" s="1" t="inlineStr"><is><t>x</t></is></c></row>'))
add("xlsx: unit", xlsx("", {STYLES: styles(f"0&quot; {W}&quot;")}, cells='<row r="2"><c r="A2" s="1"><v>3</v></c></row>'))
add("xlsx: zero as a word", xlsx("", {STYLES: styles(f"0;-0;&quot;{W}&quot;")}, cells='<row r="2"><c r="A2" s="1"><v>0</v></c></row>'))
add("xlsx: conditional format", xlsx('<conditionalFormatting sqref="A1"><cfRule type="cellIs" dxfId="0" operator="greaterThan"><formula>0</formula></cfRule></conditionalFormatting>', {STYLES: styles("0", f'<dxfs><dxf><numFmt numFmtId="171" formatCode="0&quot; {W}&quot;"/></dxf></dxfs>')}))
add("xlsx: choices", xlsx(f'<dataValidations><dataValidation type="list" sqref="A1"><formula1>"oui,{W}"</formula1></dataValidation></dataValidations>'))
add("xlsx: prompt", xlsx(f'<dataValidations><dataValidation prompt="{W}" sqref="A1"/></dataValidations>'))
add("xlsx: pivot", xlsx("", {"xl/pivotCache/pivotCacheDefinition1.xml<xl/workbook.xml#r5 pivotCacheDefinition": f'<pivotCacheDefinition><cacheFields><cacheField name="a"><sharedItems><s v="{W}"/></sharedItems></cacheField></cacheFields></pivotCacheDefinition>'}))
add("xlsx: pivot's records", xlsx("", {"xl/pivotCache/pivotCacheRecords1.xml<xl/workbook.xml#r5 pivotCacheRecords": f'<pivotCacheRecords><r><s v="{W}"/></r></pivotCacheRecords>'}))
add("xlsx: name of a pivot's column", xlsx("", {f"xl/pivotTables/pivotTable1.xml<{SHEET}#r5 pivotTable": f'<pivotTableDefinition dataCaption="{W}"/>'}))
add("xlsx: slicer", xlsx("", {f"xl/slicers/slicer1.xml<{SHEET}#r5 slicer": f'<slicers><slicer name="a" caption="{W}"/></slicers>'}))
add("xlsx: total of a table", xlsx("", {f"xl/tables/table1.xml<{SHEET}#r5 table": f'<table><tableColumns><tableColumn name="{W}"/></tableColumns></table>'}))
add("xlsx: defined name", xlsx("", book=f'<definedNames><definedName name="Nom">"{W}"</definedName></definedNames>'))
add("xlsx: value of another file", xlsx("", {"xl/externalLinks/externalLink1.xml<xl/workbook.xml#r5 externalLink": f'<externalLink><externalBook><sheetDataSet><sheetData><row><cell t="str"><v>{W}</v></cell></row></sheetData></sheetDataSet></externalBook></externalLink>'}))
add("xlsx: scenario", xlsx(f'<scenarios><scenario name="a" comment="{W}"/></scenarios>'))
add("xlsx: first page's header", xlsx(f'<headerFooter><firstHeader>&amp;C{W}</firstHeader></headerFooter>'))
add("xlsx: header of a view", xlsx(f'<customSheetViews><customSheetView><headerFooter><oddHeader>&amp;C{W}</oddHeader></headerFooter></customSheetView></customSheetViews>'))
add("xlsx: very hidden sheet", package("xlsx", {"xl/workbook.xml": '<workbook><sheets><sheet name="F" sheetId="1" state="veryHidden" r:id="r1"/></sheets></workbook>', "xl/worksheets/sheet1.xml<xl/workbook.xml#r1 worksheet": f'<worksheet><sheetData><row><c t="inlineStr"><is><t>{W}</t></is></c></row></sheetData></worksheet>'}))
add("xlsx: name of a sheet", package("xlsx", {"xl/workbook.xml": f'<workbook><sheets><sheet name="{W}" sheetId="1" r:id="r1"/></sheets></workbook>', "xl/worksheets/sheet1.xml<xl/workbook.xml#r1 worksheet": "<worksheet/>"}))
add("xlsx: sheet of a chart", package("xlsx", {"xl/workbook.xml": '<workbook><sheets><sheet name="F" sheetId="1" r:id="r1"/></sheets></workbook>', "xl/chartsheets/sheet1.xml<xl/workbook.xml#r1 chartsheet": "<chartsheet/>", "xl/drawings/drawing1.xml<xl/chartsheets/sheet1.xml#r1 drawing": '<xdr:wsDr><xdr:graphicFrame><a:graphic><a:graphicData><c:chart r:id="r1"/></a:graphicData></a:graphic></xdr:graphicFrame></xdr:wsDr>', "xl/charts/chart1.xml<xl/drawings/drawing1.xml#r1 chart": f"<c:chartSpace><c:chart><c:title><c:tx><c:rich>{DRAWN}</c:rich></c:tx></c:title></c:chart></c:chartSpace>"}))
add("xlsx: comment", xlsx("", {f"xl/comments1.xml<{SHEET}#r5 comments": f'<comments><commentList><comment><text><r><t>{W}</t></r></text></comment></commentList></comments>'}))
add("xlsx: author of a comment", xlsx("", {f"xl/comments1.xml<{SHEET}#r5 comments": f'<comments><authors><author>{W}</author></authors><commentList><comment authorId="0"><text><t>x</t></text></comment></commentList></comments>'}))
add("xlsx: tooltip", xlsx(f'<hyperlinks><hyperlink ref="A1" tooltip="{W}"/></hyperlinks>'))
add("xlsx: shown words of a link", xlsx(f'<hyperlinks><hyperlink ref="A1" display="{W}"/></hyperlinks>'))
add("xlsx: choices of a form's list", xlsx("", {f"xl/ctrlProps/ctrlProp1.xml<{SHEET}#r5 ctrlProp": f'<formControlPr><itemLst><item val="{W}"/></itemLst></formControlPr>'}))
add("xlsx: reading above a word", xlsx("", cells=f'<row r="2"><c r="A2" t="inlineStr"><is><t>x</t><rPh sb="0" eb="1"><t>{W}</t></rPh></is></c></row>'))
add("xlsx: picture in a cell", xlsx("", {"xl/richData/rdrichvalue.xml<xl/workbook.xml#r5 rdRichValue": f"<rvData><rv s=\"0\"><v>0</v><v>{W}</v></rv></rvData>"}))

add("pptx: tooltip", pptx(f'<p:sp><p:nvSpPr><p:cNvPr id="1" name="x"><a:hlinkClick r:id="r9" tooltip="{W}"/></p:cNvPr></p:nvSpPr></p:sp>'))
add("pptx: section", pptx("", book=f'<p:extLst><p:ext><p14:sectionLst><p14:section name="{W}"/></p14:sectionLst></p:ext></p:extLst>'))
add("pptx: custom show", pptx("", book=f'<p:custShowLst><p:custShow name="{W}"/></p:custShowLst>'))
add("pptx: formula", pptx(f"<p:sp><p:txBody><a:p><a14:m><m:oMathPara><m:oMath><m:r><m:t>{W}</m:t></m:r></m:oMath></m:oMathPara></a14:m></a:p></p:txBody></p:sp>"))
add("pptx: diagram", pptx('<p:graphicFrame><a:graphic><a:graphicData><dgm:relIds r:dm="r5"/></a:graphicData></a:graphic></p:graphicFrame>', {"ppt/diagrams/data1.xml<ppt/slides/slide1.xml#r5 diagramData": f'<dgm:dataModel><dgm:ptLst><dgm:pt modelId="1"><dgm:t>{DRAWN}</dgm:t></dgm:pt></dgm:ptLst></dgm:dataModel>'}))
add("pptx: box drawn on a chart", pptx("", {"ppt/drawings/drawing1.xml<ppt/charts/chart1.xml#r5 chartUserShapes": f"<c:userShapes><cdr:sp><cdr:txBody>{DRAWN}</cdr:txBody></cdr:sp></c:userShapes>"}))
add("pptx: slide outside the list", pptx("", {"ppt/slides/slide2.xml<ppt/presentation.xml#r8 slide": f"<p:sld><p:cSld><p:spTree><p:sp><p:txBody>{DRAWN}</p:txBody></p:sp></p:spTree></p:cSld></p:sld>"}))
add("pptx: layout", pptx("", {"ppt/slideLayouts/slideLayout1.xml<ppt/slides/slide1.xml#r5 slideLayout": f"<p:sldLayout><p:cSld><p:spTree><p:sp><p:txBody>{DRAWN}</p:txBody></p:sp></p:spTree></p:cSld></p:sldLayout>"}))
add("pptx: table on a layout", pptx("", {"ppt/slideLayouts/slideLayout1.xml<ppt/slides/slide1.xml#r5 slideLayout": f"<p:sldLayout><p:cSld><p:spTree><p:graphicFrame><a:tbl><a:tr><a:tc><a:txBody>{DRAWN}</a:txBody></a:tc></a:tr></a:tbl></p:graphicFrame></p:spTree></p:cSld></p:sldLayout>"}))
add("pptx: fallback", pptx(f'<mc:AlternateContent><mc:Choice Requires="zz"><p:contentPart r:id="r9"/></mc:Choice><mc:Fallback><p:sp><p:txBody>{DRAWN}</p:txBody></p:sp></mc:Fallback></mc:AlternateContent>'))
add("pptx: modern comment", pptx("", {"ppt/comments/modernComment_1.xml<ppt/slides/slide1.xml#r5 comments": f"<p:cmLst><p:cm><p:txBody>{DRAWN}</p:txBody></p:cm></p:cmLst>"}))
add("pptx: author of a comment", pptx("", {"ppt/commentAuthors.xml<ppt/presentation.xml#r5 commentAuthors": f'<p:cmAuthorLst><p:cmAuthor id="0" name="{W}"/></p:cmAuthorLst>'}))
add("pptx: second shape of notes", pptx("", {"ppt/notesSlides/notesSlide1.xml<ppt/slides/slide1.xml#r5 notesSlide": f"<p:notes><p:cSld><p:spTree><p:sp><p:txBody>{DRAWN}</p:txBody></p:sp></p:spTree></p:cSld></p:notes>"}))
add("pptx: subtitles of a film", pptx("", {"ppt/media/caption1.vtt<ppt/slides/slide1.xml#r5 media": f"WEBVTT\n\n00:00.000 --> 00:01.000\n{W}\n".encode()}))
add("pptx: film", pptx("", {"ppt/media/media1.mp4<ppt/slides/slide1.xml#r5 video": b"\0\0\0\x18ftypmp42"}))
add("pptx: target of a link", pptx('<p:sp><p:nvSpPr><p:cNvPr id="1" name="x"><a:hlinkClick r:id="r5"/></p:cNvPr></p:nvSpPr></p:sp>', {f"https://{W}.example/<ppt/slides/slide1.xml#r5 hyperlink": ""}))
add("docx: written by hand", docx('<w:p><w:r><w:contentPart r:id="r5"/></w:r></w:p>'))
add("pptx: written by hand", pptx('<p:contentPart r:id="r5"/>'))
add("pptx: header of handouts", pptx("", {"ppt/handoutMasters/handoutMaster1.xml<ppt/presentation.xml#r5 handoutMaster": f'<p:handoutMaster><p:cSld><p:spTree><p:sp><p:nvSpPr><p:nvPr><p:ph type="hdr"/></p:nvPr></p:nvSpPr><p:txBody>{DRAWN}</p:txBody></p:sp></p:spTree></p:cSld></p:handoutMaster>'}))
add("xlsx: timeline", xlsx("", {"xl/timelines/timeline1.xml<xl/worksheets/sheet1.xml#r5 timeline": f'<timelines><timeline name="t" caption="{W}"/></timelines>'}))
add("xlsx: description of a table", xlsx("", {"xl/tables/table1.xml<xl/worksheets/sheet1.xml#r5 table": f'<table displayName="t" ref="A1:A2" comment="{W}"/>'}))
add("xlsx: alternative of a control", xlsx("", {"xl/ctrlProps/ctrlProp1.xml<xl/worksheets/sheet1.xml#r5 ctrlProp": f'<formControlPr objectType="Radio" altText="{W}"/>'}))
add("xlsx: description of a connection", xlsx("", {"xl/connections.xml<xl/workbook.xml#r9 connections": f'<connections><connection id="1" name="c" description="{W}"/></connections>'}))
add("pptx: turned text", pptx(f'<p:sp><p:txBody><a:bodyPr vert="vert270"/>{DRAWN}</p:txBody></p:sp>'))

DRAWING = FRAME % ("picture", '<pic:pic><pic:blipFill><a:blip r:embed="r5"/></pic:blipFill></pic:pic>')
for kind, drawn in {
    "emf": make.emf(W), "wmf": make.wmf(W), "emz": gzip.compress(make.emf(W)), "cut.emf": make.emf("x")[:-20],
    "cut.wmf": make.wmf("x")[:-6], "plus.emf": make.emf_plus(W), "within.wmf": make.wmf("x", make.emf(W)),
}.items():
    FILES[f"docx: words drawn in {kind}"] = "a.docx", docx(DRAWING, {f"word/media/i.{kind}<{DOC}#r5 image": drawn})
FILES["pptx: master of another name"] = "a.pptx", pptx("", {"ppt/slideMasters/m.xml": f"<p:sldMaster><p:cSld><p:spTree><p:sp><p:txBody>{DRAWN}</p:txBody></p:sp></p:spTree></p:cSld></p:sldMaster>"})
FIELD = '<w:p><w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText>%s</w:instrText></w:r><w:r><w:fldChar w:fldCharType="separate"/></w:r><w:r><w:t>x</w:t></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r></w:p>'
add("docx: connection of a field", docx(FIELD % f' DATABASE \\c "Password={W}" '))
add("docx: file that a field shows", docx(FIELD % f' INCLUDETEXT "C:\\{W}.docx" '))
add("docx: choice of a field in pieces", docx(FIELD % 'IF 1=2 "z&#233;</w:instrText></w:r><w:r><w:instrText>bulon" "" '))
add("docx: question of a simple field", docx(f'<w:p><w:fldSimple w:instr=\' ASK a "{W}" \'><w:r><w:t>x</w:t></w:r></w:fldSimple></w:p>'))
SETTINGS = f"word/settings.xml<{DOC}#r5 settings"
add("docx: variable of macros", docx("", {SETTINGS: f'<w:settings><w:docVars><w:docVar w:name="a" w:val="{W}"/></w:docVars></w:settings>'}))
add("docx: connection of a mailing", docx("", {SETTINGS: f'<w:settings><w:mailMerge><w:connectString w:val="Password={W}"/></w:mailMerge></w:settings>'}))
add("docx: automatic text", docx("", {f"word/glossary/document.xml<{DOC}#r5 glossaryDocument": f'<w:glossaryDocument><w:docParts><w:docPart><w:docPartPr><w:types><w:type w:val="autoTxt"/></w:types></w:docPartPr><w:docPartBody>{words(W)}</w:docPartBody></w:docPart></w:docParts></w:glossaryDocument>'}))
add("docx: data of an application", docx("", {f"customXml/item1.xml<{DOC}#r5 customXml": f"<d><e>{W}</e></d>"}))
add("docx: linked object", docx("", {f"file:///C:/{W}.xlsx<{DOC}#r5 oleObject": ""}))
BOOK = "xl/workbook.xml"
add("xlsx: text of a formula", xlsx("", cells=f'<row r="2"><c r="A2"><f>IF(A1=1,"{W}","")</f><v>1</v></c></row>'))
add("xlsx: text of a column's formula", xlsx("", {f"xl/tables/table1.xml<{SHEET}#r5 table": f'<table><tableColumns><tableColumn><calculatedColumnFormula>"{W}"</calculatedColumnFormula></tableColumn></tableColumns></table>'}))
add("xlsx: connection to a database", xlsx("", {f"xl/connections.xml<{BOOK}#r5 connections": f'<connections><connection name="c"><dbPr connection="Password={W}" command="SELECT 1"/></connection></connections>'}))
add("xlsx: address of a query", xlsx("", {f"xl/connections.xml<{BOOK}#r5 connections": f'<connections><connection name="c"><webPr url="https://u:{W}@h/"/></connection></connections>'}))
add("xlsx: value before a change", xlsx("", {f"xl/revisions/revisionLog1.xml<{BOOK}#r5 revisionLog": f"<revisions><rcc><oc><is><t>{W}</t></is></oc></rcc></revisions>"}))
add("xlsx: value of another program", xlsx("", {f"xl/externalLinks/e1.xml<{BOOK}#r5 externalLink": f'<externalLink><ddeLink><ddeItems><ddeItem name="a"><values><value t="str"><val>{W}</val></value></values></ddeItem></ddeItems></ddeLink></externalLink>'}))
add("xlsx: value of a scenario", xlsx(f'<scenarios><scenario name="s"><inputCells r="A1" val="{W}"/></scenario></scenarios>'))
add("xlsx: remark on a name", xlsx("", book=f'<definedNames><definedName name="n" comment="{W}">1</definedName></definedNames>'))
add("xlsx: column of a pivot table's source", xlsx("", {f"xl/pivotCache/d1.xml<{BOOK}#r5 pivotCacheDefinition": f'<pivotCacheDefinition><cacheFields><cacheField name="{W}"/></cacheFields></pivotCacheDefinition>'}))
PROGRAM = make.zipped({"Formulas/Section1.m": f'shared Q = Sql.Database("s", "{W}");'})
add("xlsx: program of Power Query", xlsx("", {f"customXml/item1.xml<{BOOK}#r5 customXml": f"<DataMashup>{base64.b64encode(bytes(4) + len(PROGRAM).to_bytes(4, 'little') + PROGRAM).decode()}</DataMashup>"}))
add("pptx: author of a comment of today", pptx("", {"ppt/authors.xml<ppt/presentation.xml#r5 authors": f'<authorLst><author name="{W}"/></authorLst>'}))
add("docx: macros", docx("", {f"word/vbaProject.bin<{DOC}#r5 vbaProject": W.encode()}))
