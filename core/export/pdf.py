"""PDF/UA-1 by Typst (Apache 2.0): tags, bookmarks, language and title, all fonts embedded.

The words go to the compiler as data (`pdf.typ`), so none is markup. What its own fonts lack (Chinese, Thai,
emoji …) is set in fonts of this machine; what these lack too, PDF/UA forbids to show: such a symbol is
written by its Unicode name, letters of such a script as unknown ones, and a line below the title says so. The
metadata (XMP) gets the record and the label by an incremental update (ISO 32000-1, 7.5.6); a manifest of C2PA
is put round all (`c2pa_manifest`).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import asdict
from functools import cache
from importlib import resources
from typing import Any

import orjson
import typst

from core.errors import RelaisError
from core.export.blocks import Block
from core.export.level_mark import LevelMark
from core.export.package import described

_ATTEMPTS = 40
"""Characters that the fonts lack, one found at a time; of a text with more only plain signs are shown."""
_UNUSUAL = re.compile("[\u0250-\u200a\u2045-\u20ab\u20ad-\U0010ffff]")
"""All but Latin letters, punctuation and the euro."""
_IN_PART = ("LATIN", "GREEK", "CYRILLIC", "")
"""Scripts of which the fonts lack some letters only."""
_JOINERS = re.compile("[\u200d\ufe00-\ufe0f]")
_ESCAPED = re.compile(r"\\u\{([0-9a-f]{1,6})\}")
_UNSHOWN = "\ufffd"
_NOTES = {
    "fr": "Caractères de ce texte pour lesquels il n’y a pas de police ici\u00a0: {}. «\u00a0\ufffd\u00a0» "
    "tient leur place. Demandé en Word, ODT ou Markdown, le texte est entier.",
    "en": "Characters of this text for which there is no font here: {}. “\ufffd” stands in their place. "
    "As Word, ODT or Markdown the text is whole.",
}
_LACKING = re.compile(r'the text `"(.*?)"` could not be displayed', re.DOTALL)
_METADATA = re.compile(
    rb"(\d+) 0 obj\s*<<[^>]*/Type\s*/Metadata[^>]*>>\s*stream\r?\n(.*?)\r?\nendstream", re.DOTALL
)
_TRAILER = re.compile(rb"trailer\s*<<(.*?)>>\s*startxref\s+(\d+)\s+%%EOF\s*$", re.DOTALL)


def write(blocks: Sequence[Block], marking: LevelMark) -> bytes:
    day, (language, country) = marking.written, marking.locale
    facts = {
        "title": marking.title,
        "author": marking.author,
        "header": marking.header,
        "footer": marking.footer,
        "date": [day.year, day.month, day.day, day.hour, day.minute, day.second],
        "language": language,
        "region": country.lower(),
        "blocks": [asdict(each) for each in blocks],
    }
    pdf = _described(_compiled(orjson.dumps(facts).decode(), _NOTES[language]), marking)
    if marking.credentials is None or not marking.source_type:
        return pdf
    return marking.credentials.added(pdf, title=marking.title, source_type=marking.source_type)


def _compiled(given: str, note: str) -> bytes:
    facts, fonts = given, _own_fonts()
    try:
        for _ in range(_ATTEMPTS):
            try:
                return _compile(facts, fonts, note.format(lost) if (lost := _lost(given, facts)) else "")
            except typst.TypstError as error:
                lacking = _LACKING.search(str(error))
                if lacking is None:
                    raise
            if fonts is _own_fonts():
                fonts = all_fonts()
            else:
                facts = _named(facts, lacking[1])
        facts = _named(facts, "".join(set(_UNUSUAL.findall(facts))))
        return _compile(facts, _own_fonts(), note.format(_lost(given, facts)))
    except typst.TypstError as error:
        raise RelaisError("the text cannot be set as PDF") from error


def _compile(facts: str, fonts: typst.Fonts, note: str) -> bytes:
    standards: list[Any] = ["ua-1"]
    inputs = {"doc": facts, "note": note}
    return typst.compile(_template(), sys_inputs=inputs, pdf_standards=standards, font_paths=fonts)


def _lost(given: str, facts: str) -> int:
    """How many characters of what was given stand as unknown ones."""
    return facts.count(_UNSHOWN) - given.count(_UNSHOWN)


@cache
def _own_fonts() -> typst.Fonts:
    """The compiler's: a text that they can show is the same PDF everywhere."""
    return typst.Fonts(include_system_fonts=False)


@cache
def all_fonts() -> typst.Fonts:
    """The compiler's, and those of this machine (Debian's `fonts-noto-core`, `-cjk`, `-color-emoji`)."""
    return typst.Fonts(include_system_fonts=True)


@cache
def _template() -> bytes:
    return resources.files("core.export").joinpath("pdf.typ").read_bytes()


def _named(facts: str, cluster: str) -> str:
    """The facts with the characters of a cluster, and all letters of their scripts, by their names or as what
    cannot be shown."""
    facts = _JOINERS.sub("", facts)
    cluster = _ESCAPED.sub(lambda escaped: chr(int(escaped[1], 16)), cluster)
    lacking = {each for each in cluster if each > "\x7f"}
    scripts = {_script(each) for each in lacking}.difference(_IN_PART)
    lacking |= {each for each in set(facts) if _script(each) in scripts}
    return facts.translate({ord(each): _name(each) for each in lacking})


def _script(sign: str) -> str:
    """The first word of a letter's name: its script; nothing for what is no letter."""
    return unicodedata.name(sign, "").partition(" ")[0] if sign.isalpha() else ""


def _name(sign: str) -> str:
    category = unicodedata.category(sign)
    name = unicodedata.name(sign, "").lower() if category.startswith("S") and sign != _UNSHOWN else ""
    joins = category in ("Cf", "Mn")  # how a neighbour looks
    return f"({name})" if name else "" if joins else _UNSHOWN if sign != _UNSHOWN else "?"


def _described(pdf: bytes, marking: LevelMark) -> bytes:
    """The PDF with the properties in its metadata."""
    metadata, trailer = _METADATA.search(pdf), _TRAILER.search(pdf)
    if metadata is None or trailer is None:
        raise RelaisError("the PDF has no metadata to describe it in")
    more = f"{described(marking.properties())}</rdf:RDF>"
    xmp = metadata[2].replace(b"</rdf:RDF>", more.encode())
    number, at = int(metadata[1]), len(pdf)
    update = b"%d 0 obj\n<</Type/Metadata/Subtype/XML/Length %d>>\nstream\n%b\nendstream\nendobj\n" % (
        number,
        len(xmp),
        xmp,
    )
    table = b"xref\n%d 1\n%010d 00000 n \ntrailer\n<<%b/Prev %b>>\nstartxref\n%d\n%%%%EOF\n" % (
        number, at, trailer[1], trailer[2], at + len(update),
    )  # fmt: skip
    return pdf + update + table
