"""A compound file (MS-CFB) with its streams: what old Office writes. Opened with suspicion, within the
budget."""

from __future__ import annotations

import io
from typing import Any

import olefile

from core.documents.build import UnpackBudget, Unreadable

_OleFile: Any = olefile.OleFileIO  # hardly typed


class CompoundFile:
    """The streams of a compound file by path. Raises Unreadable for a damaged one."""

    def __init__(self, data: bytes, budget: UnpackBudget) -> None:
        try:
            self._file = _OleFile(io.BytesIO(data))
            self.paths = {"/".join(path) for path in self._file.listdir()}
        except (OSError, ValueError, IndexError) as error:
            raise Unreadable("damaged", type(error).__name__) from None
        self._budget = budget

    @property
    def names(self) -> set[str]:
        """What stands at the top."""
        return {path.partition("/")[0] for path in self.paths}

    def read(self, path: str) -> bytes:
        """A stream; empty without it."""
        if path not in self.paths:
            return b""
        self._budget.spend(self._file.get_size(path))
        try:
            return self._file.openstream(path).read()
        except (OSError, ValueError, IndexError) as error:
            raise Unreadable("damaged", type(error).__name__) from None

    def properties(self) -> dict[str, str]:
        """Title, author and the like, and the file's own properties (MS-OLEPS)."""
        found: dict[str, str] = {}
        try:
            meta = self._file.get_metadata()
        except Exception:  # noqa: BLE001 - the library fails in every way on bad files
            return found
        for name in (
            "title",
            "subject",
            "author",
            "keywords",
            "comments",
            "last_saved_by",
            "company",
            "category",
        ):
            value: Any = getattr(meta, name, None)
            text = value.decode("cp1252", "replace") if isinstance(value, bytes) else str(value or "")
            if text.strip("\0 "):
                found[name] = text.strip("\0 ")
        return found
