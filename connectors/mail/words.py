"""What mails say beside the answers themselves: French, and English for those who chose it."""

from __future__ import annotations

from typing import Protocol


class Words(Protocol):
    language: str

    def sender_name(self) -> str: ...

    def ai_mention(self) -> str: ...

    def how_to_go_on(self) -> str: ...

    def how_to_judge(self) -> str: ...

    def judged(self, *, good: bool) -> str:
        """The words of a link that judges an answer."""
        ...

    def send_as_it_is(self) -> str:
        """What stands in a mail that such a link begins."""
        ...

    def history_name(self) -> str: ...

    def encrypted_name(self) -> str: ...

    def no_subject(self) -> str: ...

    def own_subject(self) -> str:
        """Of a mail that answers none."""
        ...


class French:
    language = "fr"

    def sender_name(self) -> str:
        return "Assistant (IA)"

    def ai_mention(self) -> str:
        return "Réponse rédigée par une intelligence artificielle\u00a0: vérifiez-la avant de vous en servir."

    def how_to_go_on(self) -> str:
        return "Pour continuer, répondez à ce message\u00a0: les documents reçus restent connus."

    def how_to_judge(self) -> str:
        return "Cette réponse vous a aidé\u202f? Répondez `!avis bien`. Sinon, `!avis`."

    def judged(self, *, good: bool) -> str:
        return "Réponse utile" if good else "Réponse à revoir"

    def send_as_it_is(self) -> str:
        return "Envoyez ce message tel quel."

    def history_name(self) -> str:
        return "Messages cités ou transférés"

    def encrypted_name(self) -> str:
        return "Message chiffré"

    def no_subject(self) -> str:
        return "Votre message"

    def own_subject(self) -> str:
        return "Un mot de l’assistant"


class English:
    language = "en"

    def sender_name(self) -> str:
        return "Assistant (AI)"

    def ai_mention(self) -> str:
        return "Answer written by an artificial intelligence: check it before you use it."

    def how_to_go_on(self) -> str:
        return "To go on, reply to this message: the documents received stay known."

    def how_to_judge(self) -> str:
        return "Did this answer help you? Reply `!feedback good`. If not, `!feedback`."

    def judged(self, *, good: bool) -> str:
        return "Useful answer" if good else "Answer to be reviewed"

    def send_as_it_is(self) -> str:
        return "Send this message as it is."

    def history_name(self) -> str:
        return "Quoted or forwarded messages"

    def encrypted_name(self) -> str:
        return "Encrypted message"

    def no_subject(self) -> str:
        return "Your message"

    def own_subject(self) -> str:
        return "A word from the assistant"


LANGUAGES: tuple[Words, ...] = (French(), English())


def words(language: str) -> Words:
    return English() if language == "en" else French()
