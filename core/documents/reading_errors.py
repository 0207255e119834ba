"""The two ways in which the reading of one file ends early. Only `core.documents` sees them."""

from __future__ import annotations

from core.documents.document import Reason
from core.errors import DocumentError


class Unreadable(DocumentError):
    """A file cannot be read, for a reason. Only the reader catches it, and makes a document of it."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(reason)
        self.reason: Reason = reason
        self.detail = detail


class Full(DocumentError):
    """A cap of pages or text is met. What was read so far is kept, with a caution."""
