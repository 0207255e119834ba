"""A finished answer, as the store keeps it until it is delivered."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field

import orjson

from core.connector import File, Readers
from core.sensitivity.level import Level


@dataclass(frozen=True, slots=True, kw_only=True)
class Final:
    """A finished answer as it is kept until delivered. `remember`: what the session keeps, or None.
    `failed`: it says that the question could not be handled. `revises`: it takes the place of an earlier
    answer, whose messages are not this job's to delete. `readers`, `writers`: see `Draft`. `first`: number
    of its first message; those before it give way to it."""

    text: str = field(repr=False)
    level: Level
    remember: str | None = field(default=None, repr=False)
    file: File | None = None
    failed: bool = False
    revises: bool = False
    readers: Readers = None
    writers: tuple[str, ...] = ()
    first: int = 0

    def dump(self) -> str:
        file = self.file and {
            "name": self.file.name,
            "media_type": self.file.media_type,
            "data": base64.b64encode(self.file.data).decode(),
        }
        return orjson.dumps(
            {
                "text": self.text,
                "level": int(self.level),
                "remember": self.remember,
                "file": file,
                "failed": self.failed,
                "revises": self.revises,
                "readers": None if self.readers is None else sorted(self.readers),
                "writers": self.writers,
                "first": self.first,
            }
        ).decode()

    @classmethod
    def load(cls, kept: str) -> Final:
        raw = orjson.loads(kept)
        file, readers = raw["file"], raw.get("readers")
        return cls(
            text=raw["text"],
            level=Level(raw["level"]),
            remember=raw["remember"],
            failed=raw.get("failed", False),
            revises=raw.get("revises", False),
            first=raw.get("first", 0),
            readers=None if readers is None else frozenset(readers),
            writers=tuple(raw.get("writers", ())),
            file=file
            and File(name=file["name"], media_type=file["media_type"], data=base64.b64decode(file["data"])),
        )
