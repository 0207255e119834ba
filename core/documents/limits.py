"""How much of a file is read, and at what cost at most. Each cap that is met is said, never silent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Caps of one document. Sizes in bytes (of text: characters), times in seconds.

    `file_size` is that of the file itself; `seconds` bounds both the CPU time and the clock; `memory` is the
    address space of the reading process beyond what its parsers already take. `expanded` bounds what
    an archive unpacks to, in all; `depth` the archives and mails within each other.
    """

    file_size: int = 100 * 1024 * 1024
    seconds: int = 30
    memory: int = 512 * 1024 * 1024
    output: int = 4_000_000
    pages: int = 1_000
    rows: int = 20_000
    parts: int = 200
    depth: int = 2
    expanded: int = 256 * 1024 * 1024
    ratio: int = 200

    def to_json(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}
