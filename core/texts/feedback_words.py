"""What is said when somebody judges an answer, wants it again, or wants to be helped by a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from core.sensitivity.level import Level
from core.understanding.verdicts import FAULTS, SIGNS, Fault

_FRENCH: Mapping[Fault, str] = {
    "wrong": "faux",
    "incomplete": "incomplet",
    "off_topic": "hors sujet",
    "too_long": "trop long",
    "refused": "refus injustifié",
}
_ENGLISH: Mapping[Fault, str] = {
    "wrong": "wrong",
    "incomplete": "incomplete",
    "off_topic": "off topic",
    "too_long": "too long",
    "refused": "refused without need",
}


class FeedbackTexts(Protocol):
    """One language. Everything is CommonMark."""

    def fault(self, fault: Fault) -> str: ...
    def what_was_wrong(self, *, share: bool, signs: bool) -> str:
        """Ask once what was wrong; `share`: the support may be shown the exchange; `signs`: one may react."""
        ...

    def noted(self, faults: Sequence[Fault], *, share: bool, signs: bool) -> str: ...
    def share(self) -> str:
        """The label of a button."""
        ...

    def shared(self) -> str: ...
    def not_shared(self) -> str:
        """The support may not read what is of this level, or cannot be reached."""
        ...

    def nothing_to_judge(self, *, signs: bool) -> str: ...
    def closed(self) -> str: ...
    def not_again(self) -> str:
        """What was reacted to cannot be answered again by itself."""
        ...

    def offered(self, *, signs: bool) -> str:
        """How the last exchange is shown to the support, after the contact was named."""
        ...

    def handed(self, *, person: str, level: Level, why: str, question: str, answer: str) -> str:
        """The exchange as the support reads it."""
        ...


class FrenchFeedback:
    """Typography of the Imprimerie nationale."""

    def fault(self, fault: Fault) -> str:
        return _FRENCH[fault]

    def what_was_wrong(self, *, share: bool, signs: bool) -> str:
        if not signs:
            ways = ", ".join(f"**{self.fault(fault)}**" for fault in FAULTS)
            seen = f"\n\n{self._reply_to_share()}" if share else ""
            return f"Qu’est-ce qui n’allait pas\u202f? Répondez par l’un de ces mots\u00a0:\n\n{ways}{seen}"
        faults = " · ".join(f"{SIGNS[fault]} {self.fault(fault)}" for fault in FAULTS)
        seen = f"\n\n{SIGNS['share']} si le support peut lire cet échange." if share else ""
        return f"Qu’est-ce qui n’allait pas\u202f? Réagissez ici d’un geste\u00a0:\n\n{faults}{seen}"

    def noted(self, faults: Sequence[Fault], *, share: bool, signs: bool) -> str:
        said = f"\u00a0: {', '.join(map(self.fault, faults))}" if faults else ""
        how = f"{SIGNS['share']} si le support peut lire cet échange." if signs else self._reply_to_share()
        return f"Merci, c’est noté{said}.{f' {how}' if share else ''}"

    def _reply_to_share(self) -> str:
        return "Si le support peut lire cet échange, répondez **partager**."

    def share(self) -> str:
        return "Montrer au support"

    def shared(self) -> str:
        return "Merci. L’échange est transmis au support, qui vous répondra."

    def not_shared(self) -> str:
        return (
            "Je n’ai pas pu transmettre l’échange\u00a0: le support n’a pas le droit de lire ce niveau, "
            "ou je n’arrive pas à le joindre."
        )

    def nothing_to_judge(self, *, signs: bool) -> str:
        how = " Réagissez à une réponse par 👍 ou 👎." if signs else ""
        return f"Il n’y a pas encore de réponse ici.{how}"

    def closed(self) -> str:
        return "Conversation close. Votre prochaine question en commence une nouvelle."

    def not_again(self) -> str:
        return "Pour refaire ceci, écrivez de nouveau votre demande."

    def offered(self, *, signs: bool) -> str:
        how = f"réagissez ici par {SIGNS['share']}" if signs else "répondez **partager**"
        return f"Pour que le support lise notre dernier échange, {how}."

    def handed(self, *, person: str, level: Level, why: str, question: str, answer: str) -> str:
        about = f"niveau {level.name}{f', {why}' if why else ''}"
        return (
            f"**{person}** montre cet échange au support ({about}).\n\n"
            f"**Question**\u00a0:\n\n{question}\n\n**Réponse**\u00a0:\n\n{answer}"
        )


class EnglishFeedback:
    """See `FeedbackTexts`."""

    def fault(self, fault: Fault) -> str:
        return _ENGLISH[fault]

    def what_was_wrong(self, *, share: bool, signs: bool) -> str:
        if not signs:
            ways = ", ".join(f"**{self.fault(fault)}**" for fault in FAULTS)
            seen = f"\n\n{self._reply_to_share()}" if share else ""
            return f"What was wrong? Reply with one of these:\n\n{ways}{seen}"
        faults = " · ".join(f"{SIGNS[fault]} {self.fault(fault)}" for fault in FAULTS)
        seen = f"\n\n{SIGNS['share']} if the support may read this exchange." if share else ""
        return f"What was wrong? React here with one tap:\n\n{faults}{seen}"

    def noted(self, faults: Sequence[Fault], *, share: bool, signs: bool) -> str:
        said = f": {', '.join(map(self.fault, faults))}" if faults else ""
        how = f"{SIGNS['share']} if the support may read this exchange." if signs else self._reply_to_share()
        return f"Thank you, noted{said}.{f' {how}' if share else ''}"

    def _reply_to_share(self) -> str:
        return "If the support may read this exchange, reply **share**."

    def share(self) -> str:
        return "Show it to the support"

    def shared(self) -> str:
        return "Thank you. The exchange went to the support, who will answer you."

    def not_shared(self) -> str:
        return (
            "I could not pass the exchange on: the support may not read this level, or I cannot reach them."
        )

    def nothing_to_judge(self, *, signs: bool) -> str:
        how = " React to an answer with 👍 or 👎." if signs else ""
        return f"There is no answer here yet.{how}"

    def closed(self) -> str:
        return "This conversation is closed. Your next question begins a new one."

    def not_again(self) -> str:
        return "To have this done again, write your request once more."

    def offered(self, *, signs: bool) -> str:
        how = f"react here with {SIGNS['share']}" if signs else "reply **share**"
        return f"To let the support read our last exchange, {how}."

    def handed(self, *, person: str, level: Level, why: str, question: str, answer: str) -> str:
        about = f"level {level.name}{f', {why}' if why else ''}"
        return (
            f"**{person}** shows this exchange to the support ({about}).\n\n"
            f"**Question**:\n\n{question}\n\n**Answer**:\n\n{answer}"
        )


def feedback_texts(language: str) -> FeedbackTexts:
    """English for `en`, French for anything else."""
    return EnglishFeedback() if language == "en" else FrenchFeedback()
