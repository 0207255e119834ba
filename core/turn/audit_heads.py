"""Heads of the audit trail, kept where who can write to the store cannot: in the data folder, and in the log.

A head names the last record of a moment, and is signed. A trail that was cut, emptied or put back to an
earlier state does not hold the heads that came after. The log's line (`audit_head`, once an hour) is what a
central syslog keeps of it: `relais audit verify --head` takes it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from core.telemetry import log

EVERY = 3600
"""Seconds between two heads of the log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrailHead:
    """Number and link of the last record at a time (seconds since 1970). Written `n:link:at:mac`."""

    n: int
    link: str
    at: int
    mac: str

    def __str__(self) -> str:
        return f"{self.n}:{self.link}:{self.at}:{self.mac}"

    @classmethod
    def parse(cls, text: str) -> TrailHead | None:
        n, _, rest = text.strip().partition(":")
        link, _, rest = rest.partition(":")
        at, _, mac = rest.partition(":")
        if not (n.isdigit() and at.isdigit() and mac):
            return None
        return cls(n=int(n), link=link, at=int(at), mac=mac)


class Heads:
    """The heads that one replica saw: the first of each hour, a line each in `audit-heads` of its data
    folder, and the newest in `audit-head`."""

    def __init__(self, data_dir: Path) -> None:
        self._hourly, self._newest = data_dir / "audit-heads", data_dir / "audit-head"
        self._last: TrailHead | None = None
        self._noted = 0

    def known(self) -> list[str]:
        """Oldest first; none where there are no files."""
        return [
            word
            for path in (self._hourly, self._newest)
            if path.exists()
            for word in path.read_text().split()
        ]

    def keep(self, head: TrailHead) -> bool:
        """Keep a head that is new; True: it is the first of its hour. Raises OSError."""
        if self._last is not None and (self._last.n, self._last.link) == (head.n, head.link):
            return False
        self._last = head
        new = self._newest.with_name("audit-head.new")
        new.write_text(f"{head}\n")
        new.replace(self._newest)
        if head.at - self._noted < EVERY:
            return False
        self._noted = head.at
        with self._hourly.open("a") as file:
            file.write(f"{head}\n")
        log.info("audit_head", reason=str(head))
        return True
