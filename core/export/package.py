"""What DOCX, ODT and PDF share: a ZIP file whose bytes depend on its content only, and the metadata (XMP)."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from xml.sax.saxutils import escape, quoteattr

DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'

__all__ = ["DECLARATION", "described", "escape", "quoteattr", "xmp", "zipped"]

_RDF = 'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
_NAMES = 'xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" xmlns:pdfx="http://ns.adobe.com/pdfx/1.3/"'


def xmp(properties: Mapping[str, str], facts: Mapping[str, str]) -> str:
    """Metadata (ISO 16684-1) of a whole package: the properties, and `facts` of Dublin Core."""
    said = "".join(
        f'<dc:{name}><rdf:Alt><rdf:li xml:lang="x-default">{escape(value)}</rdf:li></rdf:Alt></dc:{name}>'
        for name, value in facts.items()
    )
    more = (
        f'<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/">{said}</rdf:Description>'
    )
    return f"{DECLARATION}<rdf:RDF {_RDF}>{described(properties)}{more}</rdf:RDF>"


def described(properties: Mapping[str, str]) -> str:
    """The properties as XMP: the IPTC's by its own name, the others as Adobe writes custom ones."""
    said = "".join(
        f"<{name}>{escape(value)}</{name}>"
        for key, value in properties.items()
        for name in ["Iptc4xmpExt:DigitalSourceType" if key == "DigitalSourceType" else f"pdfx:{key}"]
    )
    return f'<rdf:Description rdf:about="" {_NAMES}>{said}</rdf:Description>'


def zipped(files: Mapping[str, str | bytes]) -> bytes:
    """The files in their order; a first one named `mimetype` is not compressed (ODF 1.3, part 2, 3.3)."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        for name, content in files.items():
            info = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED
            package.writestr(info, content)
    return out.getvalue()
