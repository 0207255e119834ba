"""Tesseract itself: grey pixels → words with boxes. Tasks of the fork server, which loads Tesseract and its
data when it first imports this module, before it forks: inside the jail nothing can be opened.

The library comes with the wheel `tesserocr`; the data of languages are those of Debian's packages
tesseract-ocr-fra, -eng and -osd, or of the folder that TESSDATA_PREFIX names.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from core.documents.document import Limits

_WANTED = ("fra", "eng")
_DIRECTION = "osd"
_HEAD = "level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight\tconf\ttext\n"
"""As tesseract(1) writes above its tables."""


def languages_task(_file: BinaryIO, _arguments: dict[str, Any], _limits: Limits) -> list[str]:
    """The languages that are recognised here; none where the library or the data are missing."""
    return _LANGUAGES if _READER else []


def words_task(file: BinaryIO, arguments: dict[str, Any], limits: Limits) -> str:
    """The words of a grey PGM picture, as tab-separated values."""
    _show(_READER, file, arguments, limits)
    return _HEAD + _READER.GetTSVText(0)


def turn_task(file: BinaryIO, arguments: dict[str, Any], limits: Limits) -> int | None:
    """By how many degrees the picture must be turned clockwise for its letters to stand upright; None where
    there are too few letters to tell."""
    if _COMPASS is None:
        return None
    _show(_COMPASS, file, arguments, limits)
    found = _COMPASS.DetectOrientationScript()
    return (360 - int(found["orient_deg"])) % 360 if found else None


def _show(reader: Any, file: BinaryIO, arguments: dict[str, Any], limits: Limits) -> None:
    data = file.read(limits.file_size + 1)
    head, _, pixels = data.partition(b"\n")  # `P5 width height 255`, as `pixels` writes it
    width, height = (int(word) for word in head.split()[1:3])
    reader.SetImageBytes(pixels, width, height, 1, width)
    reader.SetSourceResolution(int(arguments["dpi"]))


def _folders() -> Iterator[Path]:
    if named := os.environ.get("TESSDATA_PREFIX"):
        yield Path(named)
    yield from sorted(Path("/usr/share/tesseract-ocr").glob("*/tessdata"), reverse=True)
    yield Path("/usr/share/tessdata")


def _load() -> tuple[list[str], Any, Any]:
    """The languages, what reads them, and what tells the direction of letters; None for what is missing."""
    try:
        library: Any = importlib.import_module("tesserocr")
    except ImportError:
        return [], None, None
    for folder in _folders():
        there = [name for name in _WANTED if (folder / f"{name}.traineddata").is_file()]
        reader = _opened(library, folder, "+".join(there), library.PSM.AUTO) if there else None
        if reader is not None:
            loaded: list[str] = reader.GetLoadedLanguages()  # it passes over those whose file is damaged
            if not (folder / f"{_DIRECTION}.traineddata").is_file():
                return loaded, reader, None
            return loaded, reader, _opened(library, folder, _DIRECTION, library.PSM.OSD_ONLY)
    return [], None, None


def _opened(library: Any, folder: Path, languages: str, mode: int) -> Any:
    """What reads by the data in the folder; None where they are damaged."""
    try:
        made = library.PyTessBaseAPI(path=str(folder), lang=languages, psm=mode)
    except RuntimeError:
        return None
    made.SetVariable("debug_file", "")  # to stderr: it could open none
    return made


_LANGUAGES, _READER, _COMPASS = _load()
