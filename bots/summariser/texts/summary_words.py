"""What a summary says around what people said, in French and English."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Protocol

from bots.summariser.summary import Kind
from core.language.months import ENGLISH_MONTHS, FRENCH_MONTHS


class SummaryWords(Protocol):
    """One language. Everything is CommonMark."""

    def title(self, form: str, room: str, count: int, first: date, last: date) -> str: ...
    def section(self, kind: Kind) -> str: ...

    story: str
    people: str
    files: str
    unclaimed: str

    def decided(self, first: str, count: int) -> str: ...
    def to_do(self, who: Sequence[str], count: int, due: date | None) -> str: ...
    def pending(self, questions: int, disagreements: int) -> str: ...

    nothing: str
    nobody: str

    def due(self, day: date) -> str: ...
    def quote(self, text: str) -> str: ...

    extracts: str
    fallback: str
    meanwhile: str

    def left_out(self, deleted: int, withheld: int, unreadable: int) -> str: ...
    def truncated(self, most: int) -> str: ...
    def since(self, day: date, time: str) -> str: ...
    def reader_since(self, day: date, time: str) -> str: ...
    def readers_since(self, day: date, time: str) -> str: ...

    files_not_condensed: str

    def agreed(self, count: int) -> str: ...

    again: str
    no_history: str
    no_messages: str


class FrenchSummary:
    """Typography of the Imprimerie nationale."""

    _TITLES = {  # noqa: RUF012 - a constant
        "digest": "Résumé",
        "compte-rendu": "Compte rendu",
        "manque": "Ce que vous avez manqué",
        "passation": "Note de passation",
    }
    _SECTIONS: dict[Kind, str] = {  # noqa: RUF012
        "decisions": "Décisions",
        "actions": "Actions (qui, quoi, pour quand)",
        "open_questions": "Questions ouvertes",
        "disagreements": "Désaccords",
    }

    def title(self, form: str, room: str, count: int, first: date, last: date) -> str:
        s = "s" if count > 1 else ""
        when = self._day(first) if first == last else f"du {self._day(first)} au {self._day(last)}"
        named = f", {self.quote(room)}" if room else ""
        return f"**{self._TITLES[form]}**{named}, {count} message{s}, {when}"

    def section(self, kind: Kind) -> str:
        return self._SECTIONS[kind]

    story = "Ce qui s’est dit"
    people = "Qui a parlé"
    files = "Liens et fichiers"
    unclaimed = "Non vérifié dans les messages (sans valeur de décision ni d’engagement)"

    def decided(self, first: str, count: int) -> str:
        more = f" (et {count - 1} autre{'s' if count > 2 else ''})" if count > 1 else ""
        return f"**Décidé**\u00a0: {first or 'rien'}{more}"

    def to_do(self, who: Sequence[str], count: int, due: date | None) -> str:
        if not count:
            return "**À faire**\u00a0: rien"
        actions = f"{count} action{'s' if count > 1 else ''}, {', '.join(who) or self.nobody}"
        return f"**À faire**\u00a0: {actions}" + (f"\u202f; d’abord {self.due(due)}" if due else "")

    def pending(self, questions: int, disagreements: int) -> str:
        told = [
            f"{count} {name}{'s' if count > 1 else ''}"
            for count, name in ((questions, "question"), (disagreements, "désaccord"))
            if count
        ]
        return f"**En suspens**\u00a0: {', '.join(told) or 'rien'}"

    nothing = "Je n’ai relevé ni décision, ni action, ni question ouverte, ni désaccord."
    nobody = "personne de désigné"

    def due(self, day: date) -> str:
        return f"pour le {self._day(day)}"

    def quote(self, text: str) -> str:
        return f"«\u00a0{text}\u00a0»"

    extracts = (
        "*Mode sans IA\u00a0: phrases relevées mot pour mot, d’après des mots qui décident, engagent "
        "ou questionnent. Relisez les messages\u202f; il peut en manquer.*"
    )
    meanwhile = (
        "*Le service de modèles ne répond pas pour le moment. Pour le résumé complet, "
        "redemandez-le dans quelques minutes.*"
    )
    fallback = "*La réponse du modèle n’était pas exploitable\u00a0: voici des extraits, mot pour mot.*"

    def left_out(self, deleted: int, withheld: int, unreadable: int) -> str:
        told = [
            f"{count} {one if count == 1 else many}"
            for count, one, many in (
                (deleted, "supprimé", "supprimés"),
                (withheld, "hors résumé", "hors résumé"),
                (unreadable, "indéchiffrable", "indéchiffrables"),
            )
            if count
        ]
        return f"*Messages non lus\u00a0: {', '.join(told)}.*"

    def truncated(self, most: int) -> str:
        return f"*Seuls les {most} derniers messages ont été lus.*"

    def since(self, day: date, time: str) -> str:
        return f"*Je ne peux lire cette conversation que depuis le {self._day(day)} à {time}.*"

    def reader_since(self, day: date, time: str) -> str:
        return f"*Vous ne pouvez lire cette conversation que depuis le {self._day(day)} à {time}.*"

    def readers_since(self, day: date, time: str) -> str:
        return (
            f"*Je pars du {self._day(day)} à {time}\u00a0: avant cela, tout le monde ici ne peut pas lire "
            "cette conversation.*"
        )

    files_not_condensed = (
        "*Sans IA, le contenu des fichiers est lu pour en fixer le niveau, mais n’est pas résumé.*"
    )

    def agreed(self, count: int) -> str:
        return f"{count} réaction{'s' if count > 1 else ''}"

    again = "on en reparle ensuite"
    no_history = "Je ne peux pas relire cette conversation. Envoyez-moi un document, ou collez le texte ici."
    no_messages = (
        "Je n’ai trouvé aucun message à résumer ici. Écrivez par exemple `!résumé`, `!résumé 50`, "
        "`!résumé depuis hier 14h`, ou répondez `!résumé` au premier message à lire."
    )

    def _day(self, day: date) -> str:
        number = "1er" if day.day == 1 else str(day.day)
        return f"{number} {FRENCH_MONTHS[day.month - 1]} {day.year}"


class EnglishSummary:
    _TITLES = {  # noqa: RUF012
        "digest": "Digest",
        "compte-rendu": "Minutes",
        "manque": "What you missed",
        "passation": "Handover note",
    }
    _SECTIONS: dict[Kind, str] = {  # noqa: RUF012
        "decisions": "Decisions",
        "actions": "Actions (who, what, by when)",
        "open_questions": "Open questions",
        "disagreements": "Disagreements",
    }

    def title(self, form: str, room: str, count: int, first: date, last: date) -> str:
        s = "s" if count > 1 else ""
        when = self._day(first) if first == last else f"{self._day(first)} to {self._day(last)}"
        named = f", {self.quote(room)}" if room else ""
        return f"**{self._TITLES[form]}**{named}, {count} message{s}, {when}"

    def section(self, kind: Kind) -> str:
        return self._SECTIONS[kind]

    story = "What was said"
    people = "Who spoke"
    files = "Links and files"
    unclaimed = "Not verified in the messages (no decision or commitment)"

    def decided(self, first: str, count: int) -> str:
        more = f" (and {count - 1} more)" if count > 1 else ""
        return f"**Decided**: {first or 'nothing'}{more}"

    def to_do(self, who: Sequence[str], count: int, due: date | None) -> str:
        if not count:
            return "**To do**: nothing"
        actions = f"{count} action{'s' if count > 1 else ''}, {', '.join(who) or self.nobody}"
        return f"**To do**: {actions}" + (f"; first {self.due(due)}" if due else "")

    def pending(self, questions: int, disagreements: int) -> str:
        told = [
            f"{count} {name}{'s' if count > 1 else ''}"
            for count, name in ((questions, "question"), (disagreements, "disagreement"))
            if count
        ]
        return f"**Open**: {', '.join(told) or 'nothing'}"

    nothing = "I found no decision, action, open question or disagreement."
    nobody = "nobody named"

    def due(self, day: date) -> str:
        return f"by {self._day(day)}"

    def quote(self, text: str) -> str:
        return f"“{text}”"

    extracts = (
        "*Without AI: sentences quoted word for word, found by words that decide, commit or ask. "
        "Read the messages; some may be missing.*"
    )
    meanwhile = (
        "*The model service does not answer at the moment. For the full summary, ask again in a few minutes.*"
    )
    fallback = "*The model’s answer could not be used: these are extracts, word for word.*"

    def left_out(self, deleted: int, withheld: int, unreadable: int) -> str:
        told = [
            f"{count} {name}"
            for count, name in (
                (deleted, "deleted"),
                (withheld, "kept out"),
                (unreadable, "undecryptable"),
            )
            if count
        ]
        return f"*Messages not read: {', '.join(told)}.*"

    def truncated(self, most: int) -> str:
        return f"*Only the last {most} messages were read.*"

    def since(self, day: date, time: str) -> str:
        return f"*I can read this conversation only since {self._day(day)} at {time}.*"

    def reader_since(self, day: date, time: str) -> str:
        return f"*You can read this conversation only since {self._day(day)} at {time}.*"

    def readers_since(self, day: date, time: str) -> str:
        return (
            f"*I start from {self._day(day)} at {time}: not everyone here can read this conversation before "
            "that.*"
        )

    files_not_condensed = "*Without AI the files are read for their level, but not summarised.*"

    def agreed(self, count: int) -> str:
        return f"{count} reaction{'s' if count > 1 else ''}"

    again = "taken up again later"
    no_history = "I cannot read this conversation back. Send me a document, or paste the text here."
    no_messages = (
        "I found no message to summarise here. Write for example `!résumé`, `!résumé 50`, "
        "`!résumé depuis hier 14h`, or reply `!résumé` to the first message to read."
    )

    def _day(self, day: date) -> str:
        return f"{day.day} {ENGLISH_MONTHS[day.month - 1]} {day.year}"


def words(language: str) -> SummaryWords:
    return EnglishSummary() if language == "en" else FrenchSummary()
