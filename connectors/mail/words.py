"""What mails say beside the answers themselves: French, and English for those who chose it."""

from __future__ import annotations

from typing import Protocol


class Words(Protocol):
    language: str

    def sender_name(self) -> str: ...

    def ai_mention(self) -> str: ...

    def how_to_go_on(self) -> str: ...

    def history_name(self) -> str: ...

    def encrypted_name(self) -> str: ...

    def no_subject(self) -> str: ...


class French:
    language = "fr"

    def sender_name(self) -> str:
        return "Assistant (IA)"

    def ai_mention(self) -> str:
        return "Réponse rédigée par une intelligence artificielle\u00a0: vérifiez-la avant de vous en servir."

    def how_to_go_on(self) -> str:
        return "Pour continuer, répondez à ce message\u00a0: les documents reçus restent connus."

    def history_name(self) -> str:
        return "Messages cités ou transférés"

    def encrypted_name(self) -> str:
        return "Message chiffré"

    def no_subject(self) -> str:
        return "Votre message"


class English:
    language = "en"

    def sender_name(self) -> str:
        return "Assistant (AI)"

    def ai_mention(self) -> str:
        return "Answer written by an artificial intelligence: check it before you use it."

    def how_to_go_on(self) -> str:
        return "To go on, reply to this message: the documents received stay known."

    def history_name(self) -> str:
        return "Quoted or forwarded messages"

    def encrypted_name(self) -> str:
        return "Encrypted message"

    def no_subject(self) -> str:
        return "Your message"


def words(language: str) -> Words:
    return English() if language == "en" else French()
