"""Small files of many formats, made by code: good ones and hostile ones."""

from __future__ import annotations

import hashlib
import io
import struct
import zipfile
import zlib
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from PIL import Image, ImageDraw, ImageFont

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"

_PAD = bytes.fromhex("28bf4e5e4e758a4164004e56fffa01082e2e00b6d0683e802f0ca9fe6453697a")

Text = tuple[float, float, float, str]
"""x, y from the bottom left, size, text. `*` before the text makes it bold."""

SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def zipped(parts: Mapping[str, str | bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def locked(data: bytes) -> bytes:
    """The same ZIP archive, each part said to be encrypted (APPNOTE 4.4.4, bit 0)."""
    for sign, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        parts = data.split(sign)
        data = sign.join([parts[0], *(each[: at - 4] + b"\x01" + each[at - 3 :] for each in parts[1:])])
    return data


def docx(
    body: str, parts: Mapping[str, str | bytes] | None = None, *, kinds: Mapping[str, str] | None = None
) -> bytes:
    """A Word document around the XML of its body. `kinds`: relationship kind → part in `parts`."""
    relations = "".join(
        f'<Relationship Id="r{number}" Type="{OFFICE}/{kind}" Target="{name.removeprefix("word/")}"/>'
        for number, (name, kind) in enumerate((kinds or {}).items())
    )
    types = (
        f'<Types xmlns="{PACKAGE}/content-types"><Override PartName="/word/document.xml" ContentType='
        '"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>'
    )
    return zipped(
        {
            "[Content_Types].xml": types,
            "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="r" '
            f'Type="{OFFICE}/officeDocument" Target="word/document.xml"/></Relationships>',
            "word/document.xml": f'<w:document xmlns:w="{W}" xmlns:mc="mc" xmlns:v="v">'
            f"<w:body>{body}</w:body></w:document>",
            "word/_rels/document.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships">{relations}'
            "</Relationships>",
            **(parts or {}),
        }
    )


def paragraph(text: str, properties: str = "") -> str:
    return f"<w:p><w:pPr>{properties}</w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>"


def xlsx(cells: str, parts: Mapping[str, str] | None = None) -> bytes:
    """A workbook of one sheet around the XML of its rows."""
    types = (
        f'<Types xmlns="{PACKAGE}/content-types"><Override PartName="/xl/workbook.xml" ContentType='
        '"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>'
    )
    return zipped(
        {
            "[Content_Types].xml": types,
            "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="r" '
            f'Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
            "xl/workbook.xml": f'<workbook xmlns="{SHEET}" xmlns:r="{OFFICE}"><sheets>'
            '<sheet name="Feuille" sheetId="1" r:id="r1"/></sheets></workbook>',
            "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships">'
            f'<Relationship Id="r1" Type="{OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
            "</Relationships>",
            "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{SHEET}">'
            f"<sheetData>{cells}</sheetData></worksheet>",
            **(parts or {}),
        }
    )


def pdf_of(objects: Sequence[bytes], trailer: bytes = b"") -> bytes:
    """A PDF of numbered objects; the first is the catalogue."""
    out = b"%PDF-1.7\n"
    offsets: list[int] = []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    count = len(offsets) + 1
    out_end = b"trailer<</Size %d/Root 1 0 R%s>>\nstartxref\n%d\n%%%%EOF" % (count, trailer, len(out))
    return out + b"xref\n0 %d\n0000000000 65535 f \n%s" % (count, table) + out_end


def stream(data: bytes, extra: bytes = b"") -> bytes:
    return b"<</Length %d%s>>stream\n%s\nendstream" % (len(data), extra, data)


def pdf(
    pages: Iterable[Iterable[Text]],
    *,
    drawing: str = "",
    drawings: Sequence[str] = (),
    rotate: int = 0,
    info: bytes = b"",
) -> bytes:
    """A PDF with text in Helvetica at given places. `drawing` is added to each page's content, each of
    `drawings` to that of one page."""
    made = list(pages)
    kids = b" ".join(b"%d 0 R" % (5 + 2 * number) for number in range(len(made)))
    font = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica%s/Encoding/WinAnsiEncoding>>"
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Count %d/Kids[%s]>>" % (len(made), kids),
        font % b"",
        font % b"-Bold",
    ]
    for number, texts in enumerate(made):
        own = drawings[number] if drawings else ""
        content = " ".join(_shown(*text) for text in texts) + f" {drawing} {own}"
        objects.append(
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Rotate %d/Contents %d 0 R"
            b"/Resources<</Font<</F1 3 0 R/F2 4 0 R>>>>>>" % (rotate, 6 + 2 * number)
        )
        objects.append(stream(zlib.compress(content.encode("cp1252")), b"/Filter/FlateDecode"))
    if info:
        objects.append(info)
        return pdf_of(objects, b"/Info %d 0 R" % len(objects))
    return pdf_of(objects)


def sealed_pdf(packet: bytes = b"<x/>") -> bytes:
    """A PDF of one page that is encrypted and opens without a password (ISO 32000-1, 7.6.3): « Note de
    service », and SECRET MEDICAL in what a field says of itself. `packet` is its XMP."""
    owner = _rc4(hashlib.md5(_PAD).digest()[:5], _PAD)
    key = hashlib.md5(_PAD + owner + (0xFFFFFFFC).to_bytes(4, "little") + b"a").digest()[:5]

    def sealed(number: int, data: bytes) -> bytes:
        own = hashlib.md5(key + number.to_bytes(3, "little") + b"\0\0").digest()[:10]
        return _rc4(own, data)

    return pdf_of(
        [
            b"<</Type/Catalog/Pages 2 0 R/Metadata 6 0 R>>",
            b"<</Type/Pages/Count 1/Kids[3 0 R]>>",
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Annots[5 0 R]/Resources<<"
            b"/Font<</F1<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>>>",
            stream(sealed(4, b"BT /F1 11 Tf 72 700 Td (Note de service) Tj ET")),
            b"<</Type/Annot/Subtype/Widget/FT/Tx/T<%s>/TU<%s>/Rect[0 0 9 9]>>"
            % (sealed(5, b"c").hex().encode(), sealed(5, b"SECRET MEDICAL").hex().encode()),
            stream(sealed(6, packet), b"/Type/Metadata/Subtype/XML"),
            b"<</Filter/Standard/V 1/R 2/P -4/O<%s>/U<%s>>>"
            % (owner.hex().encode(), _rc4(key, _PAD).hex().encode()),
        ],
        b"/Encrypt 7 0 R/ID[(a)(a)]",
    )


def _rc4(key: bytes, data: bytes) -> bytes:
    state, j, out = list(range(256)), 0, bytearray()
    for i in range(256):
        j = (j + state[i] + key[i % len(key)]) & 255
        state[i], state[j] = state[j], state[i]
    i = j = 0
    for byte in data:
        i = (i + 1) & 255
        j = (j + state[i]) & 255
        state[i], state[j] = state[j], state[i]
        out.append(byte ^ state[(state[i] + state[j]) & 255])
    return bytes(out)


def _shown(x: float, y: float, size: float, text: str) -> str:
    font = "F2" if text.startswith("*") else "F1"
    text = text.removeprefix("*").replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
    return f"BT /{font} {size} Tf {x} {y} Td ({text}) Tj ET"


def lines(
    texts: Sequence[str], x: float = 72, y: float = 700, *, size: float = 11, step: float = 14
) -> list[Text]:
    """Texts below each other."""
    return [(x, y - number * step, size, text) for number, text in enumerate(texts)]


def scan(width: int = 200, height: int = 280) -> bytes:
    """A PDF whose page is a picture."""
    pixels = zlib.compress(b"\xff" * (width * height))
    return pdf_of(
        [
            b"<</Type/Catalog/Pages 2 0 R>>",
            b"<</Type/Pages/Count 1/Kids[3 0 R]>>",
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R"
            b"/Resources<</XObject<</I 5 0 R>>>>>>",
            stream(b"q 595 0 0 842 0 0 cm /I Do Q"),
            stream(
                pixels,
                b"/Type/XObject/Subtype/Image/Width %d/Height %d/ColorSpace/DeviceGray/BitsPerComponent 8"
                b"/Filter/FlateDecode" % (width, height),
            ),
        ]
    )


_FREE, _END, _TABLE, _SECTOR = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD, 512


def compound(streams: Mapping[str, bytes]) -> bytes:
    """A Microsoft compound file (MS-CFB) with these streams; `/` in a name makes storages."""
    names = ["Root Entry"]
    for name in streams:
        parts = name.split("/")
        names += [
            path for depth in range(1, len(parts) + 1) if (path := "/".join(parts[:depth])) not in names
        ]
    small, short, starts = _packed({name: data for name, data in streams.items() if len(data) < 4096}, 64)
    body, chain, large = _packed({name: data for name, data in streams.items() if len(data) >= 4096}, _SECTOR)
    starts |= large

    def add(data: bytes) -> int:
        nonlocal body
        data += b"\0" * (-len(data) % _SECTOR)
        first = len(chain)
        count = len(data) // _SECTOR
        chain.extend([first + index + 1 for index in range(count - 1)] + [_END] if count else [])
        body += data
        return first if count else _END

    mini = add(small)
    minifat = add(_numbers(short + [_FREE] * (-len(short) % 128)))
    entries = b"".join(
        _entry(names, name, mini if name == "Root Entry" else starts.get(name, _END),
               len(small) if name == "Root Entry" else len(streams.get(name, b"")), name in streams)
        for name in names
    )  # fmt: skip
    directory = add(entries)
    fats = 1
    while fats * 128 < len(chain) + fats:
        fats += 1
    positions = list(range(len(chain), len(chain) + fats))
    chain += [_TABLE] * fats
    chain += [_FREE] * (fats * 128 - len(chain))
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 16
    header += b"".join(number.to_bytes(2, "little") for number in (0x3E, 3, 0xFFFE, 9, 6)) + b"\0" * 6
    header += _numbers([0, fats, directory, 0, 4096, minifat, (len(short) + 127) // 128, _END, 0])
    header += _numbers(positions).ljust(436, b"\xff")
    return header + body + _numbers(chain)


def _packed(streams: Mapping[str, bytes], size: int) -> tuple[bytes, list[int], dict[str, int]]:
    """Streams in sectors of a size, the chains of those, and where each stream begins."""
    data, chain, starts = b"", [], {}
    for name, content in streams.items():
        if content:
            starts[name] = len(chain)
            content += b"\0" * (-len(content) % size)
            chain += [len(chain) + index + 1 for index in range(len(content) // size - 1)] + [_END]
            data += content
    return data, chain, starts


def _numbers(values: Sequence[int]) -> bytes:
    return b"".join(value.to_bytes(4, "little") for value in values)


def _entry(names: list[str], name: str, start: int, size: int, is_stream: bool) -> bytes:
    """A directory entry. Siblings are a list along their right links: readers do not ask for balance."""

    def parent(other: str) -> str:
        return other.rpartition("/")[0] or "Root Entry"

    inside = [other for other in names[1:] if parent(other) == name]
    beside = [] if name == "Root Entry" else [other for other in names[1:] if parent(other) == parent(name)]
    after = beside[beside.index(name) + 1 :] if beside else []
    shown = name.rpartition("/")[2].encode("utf-16-le")
    kind = 5 if name == "Root Entry" else 2 if is_stream else 1
    links = [_FREE, names.index(after[0]) if after else _FREE, names.index(inside[0]) if inside else _FREE]
    entry = shown.ljust(64, b"\0") + (len(shown) + 2).to_bytes(2, "little") + bytes((kind, 1))
    entry += _numbers(links) + b"\0" * 36
    return entry + start.to_bytes(4, "little") + size.to_bytes(8, "little")


class Within(NamedTuple):
    """A message that is attached as such, not as a file."""

    subject: str
    body: str


def msg(subject: str, body: str, attachments: Mapping[str, bytes | Within] | None = None) -> bytes:
    """An Outlook message (MS-OXMSG)."""
    files = list((attachments or {}).items())
    head = b"\0" * 8 + b"".join(n.to_bytes(4, "little") for n in (0, len(files), 0, len(files))) + b"\0" * 8
    streams = _message(subject, body, head)
    for number, (name, data) in enumerate(files):
        folder = f"__attach_version1.0_#{number:08X}"
        method = 5 if isinstance(data, Within) else 1
        streams |= {
            f"{folder}/__properties_version1.0": b"\0" * 8 + _property(0x37050003, method)
            + _property(0x3707001F, len(name) * 2 + 2) + _property(0x37010102, len(data)),
            f"{folder}/__substg1.0_3707001F": name.encode("utf-16-le"),
        }  # fmt: skip
        if isinstance(data, Within):
            inner = _message(*data, head[:24])
            streams |= {f"{folder}/__substg1.0_3701000D/{path}": value for path, value in inner.items()}
        else:
            streams[f"{folder}/__substg1.0_37010102"] = data
    return compound(streams)


def _message(subject: str, body: str, head: bytes) -> dict[str, bytes]:
    return {
        "__properties_version1.0": head + _property(0x0037001F, len(subject) * 2 + 2)
        + _property(0x1000001F, len(body) * 2 + 2) + _property(0x001A001F, 18),
        "__substg1.0_0037001F": subject.encode("utf-16-le"),
        "__substg1.0_1000001F": body.encode("utf-16-le"),
        "__substg1.0_001A001F": "IPM.Note".encode("utf-16-le"),
        "__nameid_version1.0/__substg1.0_00020102": b"\0" * 16,
    }  # fmt: skip


def _property(tag: int, value: int) -> bytes:
    return tag.to_bytes(4, "little") + (6).to_bytes(4, "little") + value.to_bytes(4, "little") + b"\0" * 4


def emf(text: str) -> bytes:
    """A Windows metafile that draws one line (MS-EMF 2.3.5.8)."""
    words = text.encode("utf-16-le")
    words += bytes(-len(words) % 4)
    record = struct.pack("<II", 84, 76 + len(words)) + bytes(36) + struct.pack("<II", len(text), 76)
    head = struct.pack("<II", 1, 108) + bytes(32) + b" EMF" + bytes(64)
    return head + record + bytes(24) + words + struct.pack("<IIIII", 14, 20, 0, 0, 20)


def emf_plus(text: str) -> bytes:
    """One that draws its line by a record of EMF+ (MS-EMFPLUS 2.3.4.14), and another one by an old record."""
    words = text.encode("utf-16-le")
    words += bytes(-len(words) % 4)
    body = struct.pack("<III", 0, 0, len(text)) + bytes(16) + words
    plus = b"EMF+" + struct.pack("<HHII", 0x401C, 0x8000, 12 + len(body), len(body)) + body
    drawn = emf("x")
    return drawn[:108] + struct.pack("<III", 70, 12 + len(plus), len(plus)) + plus + drawn[108:]


def wmf(text: str, within: bytes = b"") -> bytes:
    """An older one (MS-WMF 2.3.3.20), with another one that is shown in its place (2.3.6.3)."""
    words = text.encode("cp1252")
    words += bytes(len(words) % 2)
    record = struct.pack("<IHH", 6 + len(words) // 2, 0x0521, len(text)) + words + bytes(4)
    if within:
        size = len(within)
        comment = b"WMFC" + struct.pack("<IIHIIIII", 1, 0x10000, 0, 0, 1, size, 0, size) + within
        record += struct.pack("<IHHH", 5 + len(comment) // 2, 0x0626, 15, len(comment)) + comment
    return b"\xd7\xcd\xc6\x9a" + bytes(36) + record + struct.pack("<IH", 3, 0)


def photo(words: str = "Le quai est ouvert à tous") -> bytes:
    """A picture with words that are recognised at once, whose file says where it was taken."""
    image = Image.new("RGB", (1_200, 600), "white")
    ImageDraw.Draw(image).text((60, 200), words, fill="black", font=ImageFont.load_default(40))
    told = Image.Exif()
    told[0x010E] = "pris au 12 rue des Lilas"
    out = io.BytesIO()
    image.save(out, "JPEG", exif=told)
    return out.getvalue()


def word97(
    before: str,
    text: str,
    formats: bytes = b"",
    more: bytes = b"",
    *,
    wide: bool = False,
    boxed: bool = False,
    runs_at: int | None = None,
) -> bytes:
    """A file of Word 97: a text, of which the second part has formats (MS-DOC 2.6.1), and more tables. It is
    `wide` in UTF-16; the second part may stand in a box; `runs_at`: where the file says that its runs are."""
    width, encoding = (2, "utf-16-le") if wide else (1, "cp1252")
    words, first = (before + text).encode(encoding), len(before.encode(encoding))
    start, end = 0x800, 0x800 + len(words)
    data = bytearray(0xC00 + 512)
    for at, value in (
        (0, b"\xec\xa5"),
        (0x0A, b"\0\2"),
        (start, words),
        (0xD00, bytes([len(formats)]) + formats),
    ):
        data[at : at + len(value)] = value
    count = len(words) // width
    struct.pack_into("<i", data, 0x4C, first // width if boxed else count)
    struct.pack_into("<i", data, 0x4C + 24, count - first // width if boxed else 0)
    at = start if wide else 0x40000000 | start << 1
    pieces = b"\2" + struct.pack("<IIIHIH", 16, 0, count, 0, at, 0)
    runs = struct.pack("<III", start, end, 6)
    struct.pack_into("<Ii", data, 0x1A2, 0, len(pieces))
    struct.pack_into("<Ii", data, 0xFA, len(pieces) if runs_at is None else runs_at, len(runs))
    struct.pack_into("<IIIBB", data, 0xC00, start, start + first, end, 0, 128)
    data[-1] = 2
    return compound({"WordDocument": bytes(data), "1Table": pieces + runs + more})
