"""What a mail says round a synthesis, in French and English. CommonMark."""

from __future__ import annotations

from typing import Protocol

from core.sensitivity.level import Level


class MailWords(Protocol):
    def in_hand(self, minutes: int) -> str:
        """A word in advance, with the time that is left, about."""
        ...

    def to_check(self) -> str: ...

    def to_check_why(self) -> str: ...

    def documents(self) -> str: ...

    def document(self, name: str, *, pages: int, level: Level) -> str: ...

    def not_read(self) -> str: ...


class FrenchMail:
    def in_hand(self, minutes: int) -> str:
        return (
            "Votre demande est en cours\u00a0: il y a beaucoup à lire, la réponse viendra dans "
            f"{minutes} minute{'s' if minutes > 1 else ''} environ, à la suite de ce message. "
            "Vous n’avez rien à faire."
        )

    def to_check(self) -> str:
        return "À vérifier"

    def to_check_why(self) -> str:
        return "Ces éléments ne se trouvent pas dans les documents\u00a0:"

    def documents(self) -> str:
        return "Documents lus"

    def document(self, name: str, *, pages: int, level: Level) -> str:
        length = f"{pages} pages, " if pages > 1 else ""
        return f"**{name}**\u00a0: {length}niveau {level.name}"

    def not_read(self) -> str:
        return "Documents non lus"


class EnglishMail:
    def in_hand(self, minutes: int) -> str:
        return (
            "Your request is in hand: there is much to read, the answer will come in about "
            f"{minutes} minute{'s' if minutes > 1 else ''}, below this message. "
            "There is nothing that you need to do."
        )

    def to_check(self) -> str:
        return "To check"

    def to_check_why(self) -> str:
        return "These are not found in the documents:"

    def documents(self) -> str:
        return "Documents read"

    def document(self, name: str, *, pages: int, level: Level) -> str:
        length = f"{pages} pages, " if pages > 1 else ""
        return f"**{name}**: {length}level {level.name}"

    def not_read(self) -> str:
        return "Documents not read"


def words(language: str) -> MailWords:
    return EnglishMail() if language == "en" else FrenchMail()
