"""What a mail says round a synthesis. CommonMark."""

from __future__ import annotations

from core.language.phrasebook import Fixed, Phrasebook
from core.sensitivity.level import Level


class MailWords(Phrasebook):
    """The words round a synthesis in one language."""

    def in_hand(self, minutes: int) -> str:
        """A word in advance, with the time that is left, about."""
        return self.say("in_hand", minutes=minutes)

    to_check = Fixed()
    to_check_why = Fixed()
    documents = Fixed()

    def document(self, name: str, *, pages: int, level: Level) -> str:
        length = f"{pages} pages, " if pages > 1 else ""
        return self.say("document", name=name, length=length, level=level.name)

    not_read = Fixed()
