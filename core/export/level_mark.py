"""What a file says of itself: its level, who wrote it, when and where; on every page, and for programs."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from core.export.blocks import plain_line
from core.export.c2pa_manifest import Credentials
from core.sensitivity.level import Level

_OURS = uuid.uuid5(uuid.NAMESPACE_URL, "urn:relais:level")
"""Identifiers of labels where the policy gives none (`[labels]`): the same everywhere, and nobody else's."""


def title_line(title: str) -> str:
    """A title as it stands in a file, which never goes without one (PDF/UA, 7.1)."""
    return plain_line(title) or "relais"


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelMark:
    """`header` is the level in words and `footer` the mention of AI, on every page: plain text. `at`: when it
    was written (seconds since 1970); `place`: where, in words. `record`: the signed record of its words
    (`core.provenance`), and `source_type` the IPTC's term beside it. `labels`: the policy's identifiers by
    the name of a level, and `site`. `template`: a DOCX that gives the looks. `credentials`: what signs the
    manifest of a PDF."""

    title: str = field(repr=False)
    header: str
    footer: str
    language: str = "fr"
    level: Level | None = None
    at: float = 0.0
    author: str = "relais"
    place: str = ""
    record: str = field(default="", repr=False)
    source_type: str = ""
    labels: Mapping[str, str] = field(default_factory=dict[str, str])
    template: Path | None = None
    credentials: Credentials | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        for name in ("header", "footer", "author", "place"):
            object.__setattr__(self, name, plain_line(getattr(self, name)))
        object.__setattr__(self, "title", title_line(self.title))

    @property
    def written(self) -> datetime:
        return datetime.fromtimestamp(int(self.at), UTC)

    @property
    def locale(self) -> tuple[str, str]:
        """Language and country."""
        return ("en", "GB") if self.language == "en" else ("fr", "FR")

    def properties(self) -> dict[str, str]:
        """Custom properties by name: the level, its label in Microsoft's form (MIP), and where it is from."""
        found = {"Niveau": self.header}
        if self.level is not None:
            found |= self._label(self.level)
        if self.place:
            found["Lieu"] = self.place
        if self.source_type:
            found["DigitalSourceType"] = self.source_type
        if self.record:
            found["RelaisProvenance"] = self.record
        return found

    def _label(self, level: Level) -> dict[str, str]:
        """The label as Office writes it (MIP SDK, "Label metadata")."""
        id = self.labels.get(str(level)) or str(uuid.uuid5(_OURS, str(level)))
        site = self.labels.get("site") or str(_OURS)
        values = {
            "Enabled": "true",
            "SetDate": self.written.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "Method": "Privileged",
            "Name": self.header,
            "SiteId": site,
            "ContentBits": "3",
        }
        return {f"MSIP_Label_{id}_{name}": value for name, value in values.items()}
