"""Pages and pictures as grey pixels for recognition: upright, in full contrast, no larger than needed.

Tasks of the fork server. Tesseract gets nothing but pixels: files of pictures are decoded here (Pillow),
where a broken decoder harms nobody.

The bytes of a file or picture within another are taken here too, for recognition is done outside the jail of
its reading.

What stands aslant on a page (stamps, what a camera holds askew) is dark where no word was recognised: it is
turned so that its lines lie level, its ink then in few rows of pixels, of which neighbours differ most.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any, BinaryIO

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageOps

from core.documents.build import Builder
from core.documents.document import Document, Limits, unread_document
from core.documents.file_reader import feed
from core.documents.nesting import Nesting, UnpackBudget
from core.documents.pdf.pdf_file import render
from core.documents.reading_errors import Unreadable
from core.errors import DocumentError

_INK = 70
"""Of 256 greys: what differs so much from white is ink."""
_LEAST, _MOST = 0.0008, 0.12
"""Of a page: ink that a stamp leaves, and more than letters do."""
_WIDEST, _STEP = 72, 4
"""Degrees: lines that are steeper are on their side."""
_LEVEL = 8
"""Degrees up to which lines are recognised as they lie."""
_LOOK, _COARSE, _MARGIN = 300, 8, 30


def aslant_task(file: BinaryIO, arguments: dict[str, Any], _limits: Limits) -> str:
    """What stands aslant on a picture of `size` bytes, turned level, in base64; empty where nothing does.
    Behind the picture stands the table of its words, of which those count whose confidence is `sure`."""
    head, _, pixels = file.read(int(arguments["size"])).partition(b"\n")
    width, height = (int(word) for word in head.split()[1:3])
    page = Image.frombytes("L", (width, height), pixels)
    grey = ImageOps.invert(page)
    pen = ImageDraw.Draw(grey)
    for left, top, right, bottom in _recognised(file.read().decode("utf-8", "replace"), arguments["sure"]):
        pen.rectangle((left - 4, top - 4, right + 4, bottom + 4), fill=0)
    ink = grey.point([255 * (value > _INK) for value in range(256)])
    if not _LEAST < ink.histogram()[255] / (width * height) < _MOST:
        return ""
    clear = ink.reduce(_COARSE).point([255 * (value > _INK // 2) for value in range(256)])  # of specks
    box = clear.getbbox()
    if box is None:
        return ""
    left, top, right, bottom = (_COARSE * side for side in box)
    sides = left, top, min(right, width), min(bottom, height)
    angle = _angle(ink.crop(sides))
    if abs(angle) < _LEVEL:
        return ""
    turned = grey.crop(sides).rotate(angle, expand=True, resample=Image.Resampling.BICUBIC)
    out = ImageOps.expand(ImageOps.invert(turned), _MARGIN, 255)
    return base64.b64encode(b"P5 %d %d 255\n" % out.size + out.tobytes()).decode("ascii")


def _recognised(table: str, sure: float) -> Iterator[tuple[int, int, int, int]]:
    """The boxes of the words that are what stands there (tesseract(1), TSV)."""
    for line in table.split("\n")[1:]:
        cells = line.split("\t")
        if len(cells) > 11 and cells[0] == "5" and sum(map(str.isalnum, cells[11])) >= 2:
            left, top, width, height = (int(cell) for cell in cells[6:10])
            if float(cells[10]) >= sure and (height < 1.5 * width or len(cells[11]) < 3):
                yield left, top, left + width, top + height


def _angle(ink: Image.Image) -> int:
    """By how many degrees ink is turned counterclockwise for its lines to lie level."""
    look = ink.copy()
    look.thumbnail((_LOOK, _LOOK))
    grey = look.convert("F")

    def rows(angle: int) -> list[float]:
        turned = grey.rotate(angle, expand=True, resample=Image.Resampling.BILINEAR)
        column = turned.resize((1, turned.height), Image.Resampling.BOX)
        return [float(column.getpixel((0, row))) * turned.width for row in range(turned.height)]  # type: ignore[arg-type]

    best = max(range(-_WIDEST, _WIDEST + 1, _STEP), key=lambda angle: sum(row**2 for row in rows(angle)))
    near = range(best - _STEP + 1, best + _STEP)
    return max(near, key=lambda angle: sum((one - other) ** 2 for one, other in pairwise(rows(angle))))


_LONGEST = 4_000
_SMALL_SIDE = 1_000
"""Pixels below which a picture is drawn twice as large: of letters of 10 pixels few are recognised, of
those of a screenshot not all accents."""
_MOST_PIXELS = 100_000_000
_DARK, _AROUND = 100, 20
"""Of 256 greys: half of a picture with a dark ground is darker. Pixels round a point, wider than a stroke."""
_FULL = 170
"""Of 256 greys: the range from which on the contrast is left as it is."""


def page_task(file: BinaryIO, arguments: dict[str, Any], limits: Limits) -> str:
    """Page `page` (from 1) of a PDF, turned clockwise by `turn` degrees, as a grey PGM image in base64."""
    image = render(file.read(limits.file_size + 1), int(arguments["page"]), int(arguments["dpi"]))
    return _encoded(image, int(arguments["turn"]))


def image_task(file: BinaryIO, arguments: dict[str, Any], limits: Limits) -> dict[str, Any]:
    """Frame `frame` (from 0) of a file of pictures likewise; and how many frames there are."""
    image = _opened(file.read(limits.file_size + 1))
    count = min(int(getattr(image, "n_frames", 1)), limits.pages)
    image.seek(int(arguments["frame"]))
    return {"frames": count, "pixels": _encoded(image, int(arguments["turn"]))}


def jpeg_task(file: BinaryIO, arguments: dict[str, Any], limits: Limits) -> dict[str, Any]:
    """The first picture of a file as a JPEG of `longest` pixels and `most` bytes at most, upright, without
    metadata; and its size."""
    image = _opened(file.read(limits.file_size + 1))
    longest = int(arguments["longest"])
    image.draft("RGB", (longest, longest))
    image = _on_white(ImageOps.exif_transpose(image)).convert("RGB")
    image.thumbnail((longest, longest))
    for quality in (85, 60, 30):
        out = io.BytesIO()
        Image.frombytes("RGB", image.size, image.tobytes()).save(out, "JPEG", quality=quality)
        if out.tell() <= int(arguments["most"]):
            return {"data": base64.b64encode(out.getvalue()).decode("ascii"), "size": image.size}
    raise Unreadable("too_big")


def picture_task(file: BinaryIO, arguments: dict[str, Any], limits: Limits) -> str:
    """Picture number `picture` (from 0) of a document likewise."""
    data = file.read(limits.file_size + 1)
    found = extract(data, str(arguments["name"]), limits, picture=int(arguments["picture"]))
    return _encoded(_opened(found), int(arguments["turn"]))


def _opened(data: bytes) -> Any:
    """The picture in a file, not decoded yet. Raises Unreadable for one that is too large."""
    image: Any = Image.open(io.BytesIO(data))
    if image.width * image.height > _MOST_PIXELS:
        raise Unreadable("too_big")
    return image


def _encoded(image: Any, turn: int) -> str:
    image.draft("RGB", (_LONGEST, _LONGEST))  # a large JPEG is decoded at a fraction of its size
    image = _on_white(ImageOps.exif_transpose(image))
    if max(image.size) > _LONGEST:
        image.thumbnail((_LONGEST, _LONGEST))
    elif min(image.size) < _SMALL_SIDE and max(image.size) < _LONGEST // 2:
        image = image.resize((image.width * 2, image.height * 2), Image.Resampling.BICUBIC)
    grey = _stretched(image)
    if turn:
        grey = grey.rotate(-turn, expand=True)
    head = b"P5 %d %d 255\n" % grey.size
    return base64.b64encode(head + grey.tobytes()).decode("ascii")


def _on_white(image: Any) -> Any:
    """What shows through is as on a white page."""
    if "A" not in image.getbands() and "transparency" not in image.info:
        return image
    image = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)


def _stretched(image: Any) -> Any:
    """A grey picture whose letters are dark: where they are pale, that of their darkest channel."""
    grey = image.convert("L")
    if _range(grey) < _FULL and image.mode not in ("1", "L"):
        red, green, blue = image.convert("RGB").split()
        grey = ImageChops.darker(ImageChops.darker(red, green), blue)
    if 2 < _range(grey) < _FULL:
        grey = ImageOps.autocontrast(grey, cutoff=(0.05, 1))
    return _dark_on_light(grey)


def _dark_on_light(grey: Any) -> Any:
    """A picture of light letters on dark grounds, as many screens show them: how much lighter than what is
    around each point is, as ink. Of one turned over as a whole Tesseract takes the grounds for pictures."""
    if _skipped(grey.histogram(), grey.width * grey.height // 2) > _DARK:
        return grey
    around = grey.filter(ImageFilter.BoxBlur(_AROUND))
    light = ImageChops.subtract(grey, around, 0.5)
    dark = ImageChops.subtract(around, grey, 0.5)
    return ImageOps.invert(light) if light.histogram()[255] > 2 * dark.histogram()[255] else grey


def _range(grey: Any) -> int:
    """The greys between the darkest and the lightest, a few specks apart."""
    histogram: list[int] = grey.histogram()
    least = max(1, sum(histogram) // 2_000)
    return 255 - _skipped(histogram, least) - _skipped(histogram[::-1], least)


def _skipped(histogram: list[int], least: int) -> int:
    """How many greys from one end on hold fewer than `least` pixels together."""
    count = 0
    for index, number in enumerate(histogram):
        count += number
        if count >= least:
            return index
    return 255


class _Extracted(DocumentError):
    """What was wanted."""

    def __init__(self, data: bytes) -> None:
        super().__init__()
        self.data = data


def extract_task(file: BinaryIO, arguments: dict[str, Any], limits: Limits) -> str:
    """Part number `part` (from 0, as `Document.parts` counts) in base64: a task of the fork server."""
    data = file.read(limits.file_size + 1)
    found = extract(data, str(arguments["name"]), limits, part=int(arguments["part"]))
    return base64.b64encode(found).decode("ascii")


def extract(
    data: bytes, name: str, limits: Limits, *, part: int | None = None, picture: int | None = None
) -> bytes:
    """The bytes of a part, or the file of a picture (from 0, as `Document.parts` and `Document.pictures`
    count) of the file called `name`, none where there is no such. Nothing within the other parts is read."""

    def reader(inner: bytes, name: str, _limits: Limits, _nesting: Nesting) -> Document:
        if len(builder.parts) == part:
            raise _Extracted(inner)
        return unread_document(name, "unknown", "empty")

    def taken(number: int, make: Callable[[], bytes]) -> None:
        if number == picture:
            raise _Extracted(make())

    nesting = Nesting(read=reader, budget=UnpackBudget(limits))
    builder = Builder(name, "unknown", limits, nesting, on_picture=taken)
    try:
        feed(data, builder)
    except _Extracted as found:
        return found.data
    return b""
