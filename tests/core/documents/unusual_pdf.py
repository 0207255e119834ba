"""PDF and old Office files that are plain but for one word, each in another unusual place."""

# fmt: off
from __future__ import annotations

import struct

from tests.core.documents import make
from tests.core.documents.unusual_office import W

FILES: dict[str, tuple[str, bytes]] = {}
L = W.encode("cp1252")
FONT = b"/Font<</F1<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>/F2<</Type/Font/Subtype/Type1/BaseFont/Courier/Encoding/WinAnsiEncoding>>>>"
BODY = b"BT /F1 11 Tf 72 700 Td (Note de service du jour) Tj ET "
SHOW = b"BT /F1 11 Tf 72 %d Td (" + L + b") Tj ET "


def pdf(name: str, content: bytes = b"", *objects: bytes, page: bytes = b"", resources: bytes = b"", catalog: bytes = b"", body: bytes = BODY, trailer: bytes = b"", font: bytes = FONT) -> None:
    """A page with `content` after a usual line; `objects` are numbered from 5."""
    FILES[f"pdf: {name}"] = "a.pdf", make.pdf_of([
        b"<</Type/Catalog/Pages 2 0 R" + catalog + b">>", b"<</Type/Pages/Count 1/Kids[3 0 R]>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<<" + font + resources + b">>" + page + b">>",
        make.stream(body + content), *objects,
    ], trailer)


def annotation(name: str, what: bytes, *more: bytes) -> None:
    pdf(f"annotation: {name}", b"", b"<</Type/Annot/Rect[100 100 300 130]" + what + b">>", *more, page=b"/Annots[5 0 R]")


FORM = b"/Type/XObject/Subtype/Form/BBox[0 0 300 100]/Resources<<" + FONT + b">>"
annotation("note", b"/Subtype/Text/Contents(" + L + b")")
annotation("rich note", b"/Subtype/Text/RC(<body><p>" + L + b"</p></body>)")
annotation("author", b"/Subtype/Text/Contents(x)/T(" + L + b")")
annotation("subject", b"/Subtype/Text/Contents(x)/Subj(" + L + b")")
annotation("free text without a look", b"/Subtype/FreeText/DA(/Helv 9 Tf)/Contents(" + L + b")")
annotation("free text by its look", b"/Subtype/FreeText/AP<</N 6 0 R>>", make.stream(SHOW % 10, FORM))
annotation("stamp by its name", b"/Subtype/Stamp/Name/Confidential/Contents(" + L + b")")
annotation("stamp by its look", b"/Subtype/Stamp/AP<</N 6 0 R>>", make.stream(SHOW % 10, FORM))
annotation("square by its look", b"/Subtype/Square/AP<</N 6 0 R>>", make.stream(SHOW % 10, FORM))
annotation("watermark by its look", b"/Subtype/Watermark/AP<</N 6 0 R>>", make.stream(SHOW % 10, FORM))
annotation("that only a printer shows", b"/F 36/Subtype/FreeText/AP<</N 6 0 R>>", make.stream(SHOW % 10, FORM))
annotation("highlight", b"/Subtype/Highlight/QuadPoints[1 1 2 1 1 2 2 2]/Contents(" + L + b")")
annotation("popup", b"/Subtype/Popup/Contents(" + L + b")")
annotation("link's words", b"/Subtype/Link/Contents(" + L + b")/A<</S/URI/URI(http://x.example)>>")
annotation("link's target", b"/Subtype/Link/A<</S/URI/URI(https://"+L+b".example/)>>")
annotation("redaction", b"/Subtype/Redact/OverlayText(" + L + b")")
annotation("file", b"/Subtype/FileAttachment/FS<</Type/Filespec/F(a.txt)/EF<</F 6 0 R>>>>", make.stream(W.encode(), b"/Type/EmbeddedFile"))
annotation("film", b"/Subtype/Screen/A<</S/Rendition>>")
annotation("choices", b"/Subtype/Widget/FT/Ch/T(c)/Opt[(x)(" + L + b")]/V(x)")
annotation("tooltip of a field", b"/Subtype/Widget/FT/Tx/T(c)/TU(" + L + b")")
annotation("caption of a button", b"/Subtype/Widget/FT/Btn/Ff 65536/T(c)/MK<</CA(" + L + b")>>")
annotation("caption of a button under the pointer", b"/Subtype/Widget/FT/Btn/Ff 65536/T(c)/MK<</CA(x)/RC(" + L + b")>>")
annotation("default of a field", b"/Subtype/Widget/FT/Tx/T(c)/DV(" + L + b")")
annotation("signature by its look", b"/Subtype/Widget/FT/Sig/T(s)/AP<</N 6 0 R>>", make.stream(b"/N2 Do ", FORM.replace(b"/Resources<<", b"/Resources<</XObject<</N2 7 0 R>>")), make.stream(SHOW % 10, FORM))
pdf("form: reason of a signature", b"", b"<</Type/Annot/Subtype/Widget/FT/Sig/T(s)/V 6 0 R/Rect[0 0 0 0]>>", b"<</Type/Sig/Filter/x/Reason(" + L + b")/ByteRange[0 1 2 3]/Contents<00>>>", page=b"/Annots[5 0 R]", catalog=b"/AcroForm<</SigFlags 3/Fields[5 0 R]>>")
pdf("form: choices", b"", b"<</Type/Annot/Subtype/Widget/FT/Ch/Ff 131072/T(c)/Opt[[(a)(x)][(b)(" + L + b")]]/V(a)/Rect[100 100 200 120]>>", page=b"/Annots[5 0 R]", catalog=b"/AcroForm<</Fields[5 0 R]>>")
pdf("form: default value above", b"", b"<</FT/Tx/T(c)/V(" + L + b")/Kids[6 0 R]>>", b"<</Type/Annot/Subtype/Widget/Parent 5 0 R/Rect[100 100 200 120]>>", page=b"/Annots[6 0 R]", catalog=b"/AcroForm<</Fields[5 0 R]>>")
pdf("form: field on no page", b"", b"<</FT/Tx/T(c)/V(" + L + b")>>", catalog=b"/AcroForm<</Fields[5 0 R]>>")
pdf("layer that is off", b"/OC /L1 BDC " + SHOW % 600 + b"EMC", b"<</Type/OCG/Name(x)>>", catalog=b"/OCProperties<</OCGs[5 0 R]/D<</OFF[5 0 R]>>>>", resources=b"/Properties<</L1 5 0 R>>")
pdf("name of a layer", b"", b"<</Type/OCG/Name(" + L + b")>>", catalog=b"/OCProperties<</OCGs[5 0 R]/D<</Order[5 0 R]>>>>")
pdf("alternative of a figure", b"/Figure<</MCID 0>>BDC 0 0 10 10 re f EMC", b"<</Type/StructTreeRoot/K 6 0 R/ParentTree<</Nums[0[6 0 R]]>>>>", b"<</Type/StructElem/S/Figure/P 5 0 R/Pg 3 0 R/K 0/Alt(" + L + b")>>", catalog=b"/StructTreeRoot 5 0 R/MarkInfo<</Marked true>>", page=b"/StructParents 0")
pdf("actual text of paths", b"/Span<</ActualText(" + L + b")>>BDC 0 0 10 10 re f EMC")
pdf("actual text of an element", b"/Span<</MCID 0>>BDC 0 0 10 10 re f EMC", b"<</Type/StructTreeRoot/K 6 0 R/ParentTree<</Nums[0[6 0 R]]>>>>", b"<</Type/StructElem/S/Span/P 5 0 R/Pg 3 0 R/K 0/ActualText(" + L + b")>>", catalog=b"/StructTreeRoot 5 0 R/MarkInfo<</Marked true>>", page=b"/StructParents 0")
pdf("actual text of other letters", b"/Span<</ActualText(" + L + b")>>BDC BT /F1 11 Tf 72 600 Td (xqwk) Tj ET EMC")
pdf("letters below another actual text", b"/Span<</ActualText(x)>>BDC " + SHOW % 600 + b"EMC")
pdf("letters below no actual text", b"/Span<</ActualText()>>BDC " + SHOW % 600 + b"EMC")
pdf("letters below an actual text in resources", b"/Span/P1 BDC BT /F1 11 Tf 72 600 Td (" + L[:4] + b") Tj ET BT /F2 11 Tf 92 600 Td (" + L[4:] + b") Tj ET EMC", b"<</ActualText<FEFF0078>>>", resources=b"/Properties<</P1 5 0 R>>")
pdf("letters below an actual text in a form", b"/N1 Do", make.stream(b"/Span<</ActualText(x)>>BDC " + SHOW % 10 + b"EMC", FORM), resources=b"/XObject<</N1 5 0 R>>")
pdf("long form of a short word", b"/Span<</MCID 0>>BDC BT /F1 11 Tf 72 600 Td (Z.) Tj ET EMC", b"<</Type/StructTreeRoot/K 6 0 R/ParentTree<</Nums[0[6 0 R]]>>>>", b"<</Type/StructElem/S/Span/P 5 0 R/Pg 3 0 R/K 0/E(" + L + b")>>", catalog=b"/StructTreeRoot 5 0 R/MarkInfo<</Marked true>>", page=b"/StructParents 0")
pdf("title of an element", b"/P<</MCID 0>>BDC BT /F1 11 Tf 72 600 Td (Z.) Tj ET EMC", b"<</Type/StructTreeRoot/K 6 0 R/ParentTree<</Nums[0[6 0 R]]>>>>", b"<</Type/StructElem/S/P/P 5 0 R/Pg 3 0 R/K 0/T(" + L + b")>>", catalog=b"/StructTreeRoot 5 0 R/MarkInfo<</Marked true>>", page=b"/StructParents 0")
pdf("label of a page", b"", catalog=b"/PageLabels<</Nums[0<</S/D/P(" + L + b" )>>]>>")
pdf("description of a file", b"", b"<</Type/Filespec/F(a.txt)/Desc(" + L + b")/EF<</F 6 0 R>>>>", make.stream(b"x", b"/Type/EmbeddedFile"), catalog=b"/Names<</EmbeddedFiles<</Names[(a)5 0 R]>>>>")
pdf("file that goes with the page", b"", b"<</Type/Filespec/F(a.txt)/AFRelationship/Data/EF<</F 6 0 R>>>>", make.stream(W.encode(), b"/Type/EmbeddedFile"), catalog=b"/AF[5 0 R]")
pdf("bookmark", b"", b"<</Type/Outlines/First 6 0 R/Last 6 0 R/Count 1>>", b"<</Title(" + L + b")/Parent 5 0 R>>", catalog=b"/Outlines 5 0 R")
pdf("property of its own", b"", b"<</Classification(" + L + b")>>", trailer=b"/Info 5 0 R")
pdf("property in wide letters", b"", b"<</Classification(\xfe\xff" + W.encode("utf-16-be") + b")>>", trailer=b"/Info 5 0 R")
pdf("letters apart", b"BT /F1 11 Tf 8 Tc 72 600 Td (" + L + b") Tj ET")
pdf("letters one by one", b"".join(b"BT /F2 11 Tf %.1f 600 Td (%c) Tj ET " % (72 + 6.6 * n, c) for n, c in enumerate(L)))
pdf("letters from the end", b"".join(reversed([b"BT /F2 11 Tf %.1f 600 Td (%c) Tj ET " % (72 + 6.6 * n, c) for n, c in enumerate(L)])))
pdf("letters apart in one show", b"BT /F1 11 Tf 72 600 Td [" + b"".join(b"(%c)-900 " % c for c in L) + b"] TJ ET")
pdf("letters on an arc", b"".join(b"BT /F1 14 Tf %.4f %.4f %.4f %.4f %.1f %.1f Tm (%c) Tj ET " % m for m in (
    (__import__("math").cos(-a), __import__("math").sin(-a), -__import__("math").sin(-a), __import__("math").cos(-a), 300 + 80 * __import__("math").sin(a), 400 + 80 * __import__("math").cos(a), c)
    for a, c in ((-0.5 + 0.16 * n, c) for n, c in enumerate(L)))))
pdf("letters below each other", b"".join(b"BT /F1 11 Tf 72 %d Td (%c) Tj ET " % (600 - 13 * n, c) for n, c in enumerate(L)))
pdf("written twice for boldness", SHOW % 600 + b"BT /F1 11 Tf 72.3 600 Td (" + L + b") Tj ET")
pdf("word broken at a line's end", b"BT /F1 11 Tf 72 600 Td (la suite du z\xe9bu-) Tj 0 -13 Td (lon de ce jour) Tj ET")
pdf("soft hyphen", b"BT /F1 11 Tf 72 600 Td (la suite du z\xe9bu\xad) Tj 0 -13 Td (lon de ce jour) Tj ET")
pdf("template of a page", b"", b"<</Type/Template/MediaBox[0 0 595 842]/Contents 6 0 R/Resources<<" + FONT + b">>>>", make.stream(SHOW % 500), catalog=b"/Names<</Templates<</Names[(a)5 0 R]>>>>")
pdf("page that was taken out", b"", b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 6 0 R/Resources<<" + FONT + b">>>>", make.stream(SHOW % 500))
pdf("form that nothing draws", b"", make.stream(SHOW % 10, FORM), resources=b"/XObject<</X1 5 0 R>>")
pdf("form that nothing knows", b"", make.stream(SHOW % 10, FORM))
pdf("form within one that nothing draws", b"", make.stream(b"/X2 Do", FORM.replace(b"/Resources<<", b"/Resources<</XObject<</X2 6 0 R>>")), make.stream(SHOW % 10, FORM), resources=b"/XObject<</X1 5 0 R>>")
pdf("letters apart in a form that nothing draws", b"", make.stream(b"BT /F1 11 Tf 72 10 Td [" + b"".join(b"<%02x>-20 " % c for c in L) + b"] TJ ET", FORM), resources=b"/XObject<</X1 5 0 R>>")
pdf("form on a layer that is off", b"/X1 Do", make.stream(SHOW % 10, FORM + b"/OC 6 0 R"), b"<</Type/OCG/Name(x)>>", resources=b"/XObject<</X1 5 0 R>>", catalog=b"/OCProperties<</OCGs[6 0 R]/D<</OFF[6 0 R]>>>>")
annotation("look of one that is hidden", b"/F 2/Subtype/FreeText/AP<</N 6 0 R>>", make.stream(SHOW % 10, FORM))
pdf("tiling", b"/Pattern cs /P1 scn 0 0 400 400 re f", make.stream(SHOW % 10, b"/Type/Pattern/PatternType 1/PaintType 1/TilingType 1/BBox[0 0 200 100]/XStep 200/YStep 100/Resources<<" + FONT + b">>"), resources=b"/Pattern<</P1 5 0 R>>")
pdf("clipped picture of letters", b"q BT 7 Tr /F1 40 Tf 72 500 Td (" + L + b") Tj ET 1 0 0 rg 0 0 500 800 re f Q")
pdf("outlines of letters", b"BT 1 Tr /F1 40 Tf 72 500 Td (" + L + b") Tj ET")
pdf("white on black", b"0 g 60 490 300 60 re f 1 g BT /F1 20 Tf 72 500 Td (" + L + b") Tj ET")
pdf("mirrored", b"BT /F1 20 Tf -1 0 0 1 300 500 Tm (" + L + b") Tj ET")
pdf("form in a form", b"/X1 Do", make.stream(b"/X2 Do ", b"/Type/XObject/Subtype/Form/BBox[0 0 600 900]/Resources<</XObject<</X2 6 0 R>>>>"), make.stream(SHOW % 300, b"/Type/XObject/Subtype/Form/BBox[0 0 600 900]/Resources<<" + FONT + b">>"), resources=b"/XObject<</X1 5 0 R>>")
pdf("turned page", SHOW % 500, page=b"/Rotate 90")
pdf("larger unit", SHOW % 500, page=b"/UserUnit 3")
pdf("outside the crop", SHOW % 820, page=b"/CropBox[0 0 595 780]")
pdf("glyphs that write", b"BT /F3 1 Tf 12 0 0 12 72 500 Tm (a) Tj ET", make.stream(b"1000 0 0 0 1000 1000 d1 BT /F1 200 Tf 0 0 Td (" + L + b") Tj ET"), font=b"/Font<</F1<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>/F3<</Type/Font/Subtype/Type3/FontBBox[0 0 1000 1000]/FontMatrix[0.001 0 0 0.001 0 0]/FirstChar 97/LastChar 97/Widths[1000]/CharProcs<</a 5 0 R>>/Encoding<</Differences[97/a]>>/Resources<<" + FONT + b">>>>>>")
pdf("cover of a collection", b"", catalog=b"/Collection<</Schema<</A<</Subtype/S/N(" + L + b")>>>>>>")
pdf("chain of articles", b"", b"<</Type/Thread/I<</Title(" + L + b")>>>>", catalog=b"/Threads[5 0 R]")


FILES["pdf: beside a page that is broken"] = "a.pdf", make.pdf_of([
    b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Count 2/Kids[5 0 R 3 0 R]>>",
    b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<<" + FONT + b">>>>", make.stream(SHOW % 500), b"(none)",
])


def atom(kind: int, data: bytes, *, version: int = 0, instance: int = 0) -> bytes:
    return struct.pack("<HHI", instance << 4 | version, kind, len(data)) + data


def art(properties: dict[int, str]) -> bytes:
    """A drawn shape with texts among its properties (MS-ODRAW 2.2.9)."""
    texts = [text.encode("utf-16-le") + b"\0\0" for text in properties.values()]
    head = b"".join(struct.pack("<HI", id | 0x8000, len(text)) for id, text in zip(properties, texts, strict=True))
    return atom(0xF004, atom(0xF00B, head + b"".join(texts), version=3, instance=len(texts)), version=15)


def ppt(name: str, records: bytes, **streams: bytes) -> None:
    slide = atom(0x0F9F, struct.pack("<I", 1)) + atom(0x0FA0, "Bonjour".encode("utf-16-le"))
    FILES[f"ppt: {name}"] = "a.ppt", make.compound({"PowerPoint Document": atom(0x03EE, slide + records, version=15), **streams})


ppt("WordArt", art({0xC0: W}))
ppt("alternative", art({0x381: W}))
ppt("link", atom(0x0FD7, atom(0x0FBA, "x".encode("utf-16-le")) + atom(0x0FBA, f"mailto:{W}".encode("utf-16-le"), instance=1), version=15))
ppt("pictures", b"", Pictures=b"x" * 3000)


def xls(name: str, records: list[tuple[int, bytes]], **streams: bytes) -> None:
    """A workbook (BIFF8) of one sheet: records of the book end with None, those of the sheet follow."""
    def record(kind: int, data: bytes) -> bytes:
        return struct.pack("<HH", kind, len(data)) + data
    book = record(0x809, struct.pack("<HHHHII", 0x600, 5, 0, 0, 0, 0))
    cut = next((n for n, (kind, _) in enumerate(records) if kind == 0), len(records))
    book += b"".join(record(*each) for each in records[:cut])
    place = len(book) + 4 + 8 + 1 + 4
    book += record(0x85, struct.pack("<IHBB", place, 0, 1, 0) + b"F") + record(0x0A, b"")
    sheet = record(0x809, struct.pack("<HHHHII", 0x600, 0x10, 0, 0, 0, 0))
    sheet += b"".join(record(*each) for each in records[cut + 1:]) + record(0x0A, b"")
    FILES[f"xls: {name}"] = "a.xls", make.compound({"Workbook": book + sheet + b"\0" * 4096, **streams})


def wide(text: str, size: str = "H") -> bytes:
    return struct.pack(f"<{size}B", len(text), 1) + text.encode("utf-16-le")


NUMBER = (0x203, struct.pack("<HHHd", 0, 0, 0, 3.0))
xls("header", [(0, b""), (0x14, wide(f"&C{W}")), NUMBER])
xls("unit", [(0x41E, struct.pack("<H", 170) + wide(f'0" {W}"')), (0xE0, struct.pack("<HHH", 0, 170, 0) + b"\0" * 14), (0, b""), NUMBER])
xls("unit of a short number", [(0x41E, struct.pack("<H", 170) + wide(f'0" {W}"')), (0xE0, struct.pack("<HHH", 0, 170, 0) + b"\0" * 14), (0, b""), (0x27E, struct.pack("<HHHI", 0, 0, 0, 3 << 2 | 2))])
xls("prompt", [(0, b""), NUMBER, (0x1BE, struct.pack("<I", 0) + wide(W) + wide("x") + wide("y") + wide("z") + b"\0" * 10)])
xls("choice", [(0, b""), NUMBER, (0x1BE, struct.pack("<I", 0) + wide("x") * 4 + struct.pack("<HHBBB", 20, 0, 0x17, len(W) + 2, 1) + f"x\0{W}".encode("utf-16-le"))])
xls("link", [(0, b""), NUMBER, (0x1B8, bytes(32) + bytes.fromhex("e0c9ea79f9bace118c8200aa004ba90b") + bytes(4) + f"mailto:{W}\0".encode("utf-16-le"))])
FILES["doc: link"] = "a.doc", make.word97(f'\x13 HYPERLINK "mailto:{W}" \x14', "lien\x15\r")
xls("tooltip", [(0, b""), NUMBER, (0x800, struct.pack("<5H", 0x800, 0, 0, 0, 0) + f"{W}\0".encode("utf-16-le"))])
xls("title of a chart", [(0, b""), NUMBER, (0x100D, struct.pack("<H", 0) + wide(W, "B"))])
xls("alternative", [(0, b""), NUMBER, (0xEC, art({0x381: W}))])
xls("WordArt", [(0, b""), NUMBER, (0xEC, art({0xC0: W}))])
pdf("text of a program", catalog=b'/OpenAction<</S/JavaScript/JS(if \\(x == "z\\351bulon"\\) app.beep\\(\\);)>>')
pdf("rich value of a field", b"", b"<</FT/Tx/T(a)/V(x)/RV(<p>z\\351bulon</p>)>>")
pdf("text of a program in a stream", b"", make.stream(b'if (x == "z\xe9bulon") app.beep();'), catalog=b"/OpenAction<</S/JavaScript/JS 5 0 R>>")


def formula(tokens: bytes, lists: bytes = b"") -> tuple[int, bytes]:
    """A cell with the value 3 that a formula gives (MS-XLS 2.4.127)."""
    return 0x06, struct.pack("<HHHdHIH", 1, 0, 0, 3.0, 0, 0, len(tokens)) + tokens + lists


STRING = b"\x17" + wide(W, "B")
xls("formula", [(0, b""), NUMBER, formula(b"\x44\0\0\0\0" + STRING + b"\x0b")])
xls("formula with a choice", [(0, b""), NUMBER, formula(b"\x44\0\0\0\0\x19\x04\x02\0" + bytes(6) + b"\x17\x01\0x" + STRING + b"\x42\x03\x64\0")])
xls("list in a formula", [(0, b""), NUMBER, formula(b"\x60" + bytes(7), b"\x01\0\0" + b"\x01" + bytes(8) + b"\x02" + wide(W))])
xls("formula of many cells", [(0, b""), NUMBER, (0x4BC, bytes(8) + struct.pack("<H", len(STRING)) + STRING)])
xls("name of a value", [(0x18, struct.pack("<HBBHHHI", 0, 0, 1, len(STRING), 0, 0, 0) + b"\0a" + STRING), (0, b""), NUMBER])
xls("formula of unknown tokens", [(0, b""), NUMBER, formula(b"\x3f" + STRING)])
xls("macros", [(0, b""), NUMBER], **{"_VBA_PROJECT_CUR/VBA/dir": L})
