"""What Slack shows beside the answers: buttons, the home, one-line words; French, and English."""

from __future__ import annotations

from typing import Protocol


class Words(Protocol):
    language: str

    def good(self) -> str: ...

    def bad(self) -> str: ...

    def working(self) -> str:
        """The status while an answer is made."""
        ...

    def answered_in_direct(self) -> str:
        """What the author of a slash command reads at once."""
        ...

    def help(self) -> str: ...

    def home_title(self) -> str: ...

    def home_body(self, help: str) -> str:
        """Who answers, what may be written here, how to ask. `help` is a person's address, or empty."""
        ...

    def settings(self) -> tuple[tuple[str, str], ...]:
        """Buttons of the home: (label, command)."""
        ...

    def prompts(self) -> tuple[tuple[str, str], ...]:
        """Suggested questions: (title, message)."""
        ...


class French:
    language = "fr"

    def good(self) -> str:
        return "Réponse utile"

    def bad(self) -> str:
        return "Réponse à revoir"

    def working(self) -> str:
        return "rédige une réponse…"

    def answered_in_direct(self) -> str:
        return "Je vous réponds dans notre conversation directe."

    def help(self) -> str:
        return (
            "*Ce que je sais faire ici*\n"
            "• répondre à une question sur un sujet public\u00a0: mentionnez-moi, ou écrivez-moi en direct\n"
            "• résumer un fil\u00a0: menu du message, « Résumer ce fil »\n"
            "• lire un document public et en faire une synthèse\n"
            "*Commandes*\n"
            "`/relais question …` · `/relais niveau` · `/relais nouveau` · `/relais modèle` · "
            "`/relais langue en` · `/relais données` · `/relais oublier`\n"
            "Slack est un service étranger\u00a0: n’y écrivez que ce qui peut être public. "
            "Pour le reste, écrivez-moi dans Tchap."
        )

    def home_title(self) -> str:
        return "Assistant du ministère"

    def home_body(self, help: str) -> str:
        contact = f"\n\nUne question sur ce service\u00a0? Écrivez à {help}." if help else ""
        return (
            "Vous écrivez à une intelligence artificielle\u00a0: vérifiez ses réponses avant de vous "
            "en servir.\n\n"
            "**Ici, seulement du public (niveau N0).** Slack est un service étranger\u00a0: ce qui est "
            "interne ou sensible n’y a pas sa place. Je ne le répète jamais, et je vous propose de "
            "continuer dans Tchap.\n\n"
            "**Comment demander**\n- Dans un canal\u00a0: mentionnez-moi, je réponds dans le fil.\n"
            "- Ici, onglet Messages\u00a0: écrivez-moi directement, avec un document si besoin.\n"
            "- « Résumer ce fil », dans le menu d’un message." + contact
        )

    def settings(self) -> tuple[tuple[str, str], ...]:
        return (
            ("Read this in English", "!langue en"),
            ("Niveau de ce que j’écris", "!niveau"),
            ("Choisir un modèle", "!modèle"),
            ("Mes données", "!données"),
            ("Parler à une personne", "!humain"),
        )

    def prompts(self) -> tuple[tuple[str, str], ...]:
        return (
            ("Que sais-tu faire\u00a0?", "Que sais-tu faire\u00a0?"),
            ("Expliquer une notion", "Explique simplement ce qu’est la trame verte et bleue."),
            ("Reformuler un texte public", "Reformule plus simplement ce texte public\u00a0: "),
        )


class English:
    language = "en"

    def good(self) -> str:
        return "Useful answer"

    def bad(self) -> str:
        return "Answer to be improved"

    def working(self) -> str:
        return "is writing an answer…"

    def answered_in_direct(self) -> str:
        return "I answer in our direct conversation."

    def help(self) -> str:
        return (
            "*What I can do here*\n"
            "• answer a question on a public matter: mention me, or write to me directly\n"
            "• summarise a thread: menu of the message, “Résumer ce fil”\n"
            "• read a public document and make a synthesis of it\n"
            "*Commands*\n"
            "`/relais question …` · `/relais level` · `/relais new` · `/relais model` · "
            "`/relais language fr` · `/relais data` · `/relais forget`\n"
            "Slack is a foreign service: write only what may be public. For the rest, write to me in Tchap."
        )

    def home_title(self) -> str:
        return "The ministry’s assistant"

    def home_body(self, help: str) -> str:
        contact = f"\n\nA question about this service? Write to {help}." if help else ""
        return (
            "You are writing to an artificial intelligence: check its answers before you use them.\n\n"
            "**Public matters only (level N0).** Slack is a foreign service: what is internal or "
            "sensitive does not belong here. I never repeat it, and offer to go on in Tchap.\n\n"
            "**How to ask**\n- In a channel: mention me, I answer in the thread.\n"
            "- Here, in the Messages tab: write to me directly, with a document if need be.\n"
            "- “Résumer ce fil”, in the menu of a message." + contact
        )

    def settings(self) -> tuple[tuple[str, str], ...]:
        return (
            ("Lire en français", "!langue fr"),
            ("Level of what I write", "!niveau"),
            ("Choose a model", "!modèle"),
            ("My data", "!données"),
            ("Talk to a person", "!humain"),
        )

    def prompts(self) -> tuple[tuple[str, str], ...]:
        return (
            ("What can you do?", "What can you do?"),
            ("Explain a notion", "Explain simply what a green and blue corridor is."),
            ("Rephrase a public text", "Rephrase this public text more simply: "),
        )


_WORDS: dict[str, Words] = {"fr": French(), "en": English()}


def words(language: str) -> Words:
    return _WORDS.get(language, _WORDS["fr"])
