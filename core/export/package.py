"""What DOCX and ODT share: a ZIP file whose bytes depend on its content only."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from xml.sax.saxutils import escape, quoteattr

DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'

__all__ = ["DECLARATION", "escape", "quoteattr", "zipped"]


def zipped(files: Mapping[str, str | bytes]) -> bytes:
    """The files in their order; a first one named `mimetype` is not compressed (ODF 1.3, part 2, 3.3)."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        for name, content in files.items():
            info = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED
            package.writestr(info, content)
    return out.getvalue()
