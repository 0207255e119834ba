"""What the embedded engine says around its extracts, in French and English."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Protocol

_GUILLEMETS = re.compile(r"«[\s\u00a0\u202f]*|[\s\u00a0\u202f]*»")


class Phrases(Protocol):
    """One language. Everything is CommonMark."""

    label: str

    def help(self) -> str: ...
    def hint(self) -> str: ...
    def summary(self, names: str) -> str: ...
    def requests(self) -> str: ...
    def request(self, who: str, whom: str, *, promised: bool) -> str: ...
    def plan(self, headings: Sequence[str], *, more: bool) -> str: ...
    def passages(self, names: str, count: int) -> str: ...
    def nothing(self, names: str) -> str: ...
    def empty(self, names: str) -> str: ...
    def truncated(self) -> str: ...
    def quote(self, text: str) -> str: ...
    def cite(self, name: str | None, page: int | None) -> str: ...
    def name(self, name: str) -> str: ...
    def pasted(self) -> str: ...


class FrenchPhrases:
    """Typography of the Imprimerie nationale."""

    label = "**Mode sans IA : extraits du document**"

    def help(self) -> str:
        return (
            "Aucun modèle d’IA n’est branché : je ne rédige pas, je cite vos documents mot pour mot.\n\n"
            "1. Envoyez un document (PDF, bureautique, texte, mail), ou collez un texte ici.\n"
            "2. Écrivez « résume » : je donne ses phrases importantes.\n"
            "3. Ou posez une question sur ce document : je cite les passages qui y répondent.\n\n"
            "`!aide` donne toutes les commandes."
        )

    def hint(self) -> str:
        return "Écrivez « résume », ou posez une question : je cite les passages qui y répondent."

    def summary(self, names: str) -> str:
        return f"Phrases importantes de {names} :"

    def requests(self) -> str:
        return "**Qui demande quoi**"

    def request(self, who: str, whom: str, *, promised: bool) -> str:
        if promised:
            return f"{who or 'On'} annonce : "
        return f"{who or 'On'} demande{f' à {whom}' if whom else ''} : "

    def plan(self, headings: Sequence[str], *, more: bool) -> str:
        return f"Plan : {' · '.join(headings)}{' · …' if more else ''}"

    def passages(self, names: str, count: int) -> str:
        which = "Passages qui répondent" if count > 1 else "Passage qui répond"
        return f"{which} le mieux, dans {names} :"

    def nothing(self, names: str) -> str:
        return (
            f"Je n’ai trouvé aucun passage de {names} avec les mots de votre question. "
            "Essayez d’autres mots, ou écrivez « résume »."
        )

    def empty(self, names: str) -> str:
        return f"Il n’y a pas de phrase à citer dans {names}."

    def truncated(self) -> str:
        return "*Texte très long : seul le début a été lu.*"

    def quote(self, text: str) -> str:
        inner = _GUILLEMETS.sub(lambda mark: "“" if "«" in mark[0] else "”", text)
        return f"« {inner} »"

    def cite(self, name: str | None, page: int | None) -> str:
        parts = [name, None if page is None else f"p. {page}"]
        return ", ".join(part for part in parts if part)

    def name(self, name: str) -> str:
        return f"« {name} »"

    def pasted(self) -> str:
        return "votre message"


class EnglishPhrases:
    """See `Phrases`."""

    label = "**Mode without AI: extracts of the document**"

    def help(self) -> str:
        return (
            "No AI model is connected: I do not write, I quote your documents word for word.\n\n"
            "1. Send a document (PDF, office, text, mail), or paste a text here.\n"
            "2. Write “summarise”: I give its important sentences.\n"
            "3. Or ask a question about the document: I quote the passages that answer it.\n\n"
            "`!help` lists all commands."
        )

    def hint(self) -> str:
        return "Write “summarise”, or ask a question: I quote the passages that answer it."

    def summary(self, names: str) -> str:
        return f"Important sentences of {names}:"

    def requests(self) -> str:
        return "**Who asks what**"

    def request(self, who: str, whom: str, *, promised: bool) -> str:
        if promised:
            return f"{who or 'Someone'} promises: "
        return f"{who or 'Someone'} asks{f' {whom}' if whom else ''}: "

    def plan(self, headings: Sequence[str], *, more: bool) -> str:
        return f"Contents: {' · '.join(headings)}{' · …' if more else ''}"

    def passages(self, names: str, count: int) -> str:
        which = "Passages that answer" if count > 1 else "Passage that answers"
        return f"{which} best, in {names}:"

    def nothing(self, names: str) -> str:
        return (
            f"I found no passage of {names} with the words of your question. "
            "Try other words, or write “summarise”."
        )

    def empty(self, names: str) -> str:
        return f"There is no sentence to quote in {names}."

    def truncated(self) -> str:
        return "*Very long text: only its beginning was read.*"

    def quote(self, text: str) -> str:
        return f"“{text.replace('“', '‘').replace('”', '’')}”"

    def cite(self, name: str | None, page: int | None) -> str:
        parts = [name, None if page is None else f"p. {page}"]
        return ", ".join(part for part in parts if part)

    def name(self, name: str) -> str:
        return f"“{name}”"

    def pasted(self) -> str:
        return "your message"


def words(language: str) -> Phrases:
    """English for `en`, French for anything else."""
    return EnglishPhrases() if language == "en" else FrenchPhrases()
