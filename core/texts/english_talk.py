"""English: what relais says of itself, of what was not clear, and to be kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from core.sensitivity.level import Level
from core.texts.english_levels import LEVELS, EnglishLevels, among
from core.understanding.commands import Kind
from core.understanding.mentions import Distress, Topic

_MEANT: Mapping[Kind, str] = {
    "summarise": "a summary",
    "actions": "the list of actions",
    "ask": "an answer to your question",
    "ask_document": "an answer from the document",
    "help": "to know what I can do",
    "about": "to know more about me and your data",
    "new": "to begin a new conversation",
    "stop": "to stop the answer under way",
    "forget": "to erase what is kept about you",
    "data": "to receive what is kept about you",
    "level": "to see or raise the sensitivity level",
    "model": "to see or choose the model",
    "language": "to change the language",
    "mask": "to hide personal data, or no more",
    "archive": "to hand this conversation to the archives",
    "export": "my last answer as a file",
    "human": "to talk to a person",
    "why": "to know why this refusal or this level",
    "again": "another answer to your question",
    "settings": "to see the settings",
    "schedule": "to schedule a summary",
    "thanks": "just to thank me",
    "yes": "to say yes",
    "no": "to say no",
}


class EnglishTalk(EnglishLevels):
    """The part of `Texts` about the bot itself."""

    def which(self, kinds: Sequence[Kind]) -> str:
        lines = [f"{n}. {_MEANT[kind]}" for n, kind in enumerate(kinds, 1)]
        return (
            "I am not sure that I understand. Would you like:\n\n"
            + "\n".join(lines)
            + "\n\nAnswer with the number, or say it in other words."
        )

    def confirm_forget(self) -> str:
        return (
            "Do you really want to erase your exchanges with me, your documents and your preferences? "
            "It cannot be undone. Answer **yes** or **no**."
        )

    def not_forgotten(self) -> str:
        return "Understood: I erase nothing."

    def youre_welcome(self) -> str:
        return "You are welcome! I am here if you have another question."

    def human(self) -> str:
        if contact := self._contacts.help:
            return (
                f"To talk to a person: {contact}. Tell them what you were looking for and at what time you "
                "wrote to me; do not copy anything sensitive."
            )
        return (
            "I am a robot, and the team that runs me has given me no human contact. "
            "Please ask your local IT support."
        )

    def distress(self, kind: Distress) -> str:
        urgent = "In immediate danger, you or somebody else: call **17**, **15** or **112**."
        match kind:
            case "suicide":
                said = (
                    "What you write matters. I am a robot: please talk to somebody now. **3114** (suicide "
                    "prevention) answers day and night, for you or for somebody else, free and confidential."
                )
            case "violence":
                said = (
                    "What you describe is serious, and nobody deserves it. **3919** (violence against women) "
                    "listens and guides day and night, free and anonymous. **116 006** helps all victims, "
                    "seven days a week."
                )
            case "harassment":
                said = (
                    "Harassment is forbidden, and you can be helped: talk to somebody you trust, to the "
                    "occupational doctor, the social service or your ministry’s reporting unit."
                )
            case "suffering":
                said = (
                    "What you write matters. I am a robot: talk to somebody you trust, to a doctor, to the "
                    "occupational doctor or to the social service. If somebody thinks of dying, **3114** "
                    "answers day and night, free and confidential."
                )
        care = self._contacts.care
        near = f" In your ministry: {care}." if care else self._whom()
        return f"{said}\n\n{urgent}{near}"

    def _homologation(self) -> str:
        said = self._contacts.notice.homologation
        return f" Security accreditation: {said}." if said else ""

    def distress_alone(self, whom: str, *, room: str) -> str:
        return (
            f"{whom}\n\nThis is about your message {among(room)}. I do not answer it in front of others: you "
            "may ask me again here."
        )

    def answered_alone(self) -> str:
        return "I answer you in a direct chat."

    def nothing_to_export(self) -> str:
        return "I have given no answer here yet: there is nothing to put into a file."

    def about(
        self,
        topics: Sequence[Topic],
        *,
        models: Sequence[str],
        embedded: bool,
        ceiling: Level,
        days: int,
        limit: int,
    ) -> str:
        first, *others = (f"**{name}**" for name in models or ("–",))
        more = f"; also possible: {', '.join(others)}" if others else ""
        goes = (
            f"What is needed to answer you goes to a model that may read it: here {first}, and never above "
            f"{LEVELS[ceiling]}."
        )
        answers = f"{first} answers here{more}. `!model` lets you choose another."
        if embedded:
            goes = "They go no further: no AI model is connected."
            answers = "no AI model is connected; I quote your documents word for word."
        elif not models:
            goes = "They go no further: no model may answer here at this level."
            answers = "no model may answer here at this level."
        facts: dict[Topic, str] = {
            "retention": (
                f"**Retention**: our exchanges and your documents, encrypted, {days} days at most. "
                "`!forget` erases them at once."
            ),
            "data": (
                f"**Your data**: your messages come to this service. {goes} Our exchanges are kept "
                f"encrypted, {days} days at most. `!data` hands them to you, `!forget` erases "
                f"them.{self._homologation()}"
            ),
            "size": (
                f"**Files**: {limit // 1_000_000} MB at most each; PDF, office files (Word, Excel, "
                "PowerPoint, ODT), text, web pages, mails, and pictures or scanned pages read by OCR."
            ),
            "model": f"**Model**: {answers}",
            "learning": (
                "**Learning**: I learn nothing from your messages, they only serve to answer you. The team "
                "that runs me can say what the host of the models commits to."
            ),
            "who": (
                "**Who I am**: the ministry’s assistant, a robot. Nobody writes my answers, and I take "
                "no decision about a person."
            ),
            "errors": (
                "**Reliability**: my answers may be wrong. Check figures, dates and names before you use "
                "them."
            ),
        }
        told = [facts[topic] for topic in topics or ("who", "data", "model", "size")]
        return "\n\n".join([*told, f"`!help` says what I can do.{self._whom()}"])
