"""The texts for people who judge an answer, want another one, or want to be helped by a person."""

from __future__ import annotations

from collections.abc import Sequence

from core.language.commonmark import named
from core.language.phrasebook import Fixed, Phrasebook
from core.sensitivity.level import Level
from core.texts.speaker import shown
from core.understanding.commands import FAULTS, SIGNS, Fault


class FeedbackTexts(Phrasebook):
    """One language. Everything is CommonMark."""

    def fault(self, fault: Fault) -> str:
        return self.say(f"faults.{fault}")

    def what_was_wrong(self, *, share: bool, signs: bool) -> str:
        """Ask once what was wrong. `share` is True if the support may see the exchange, `signs` if the
        platform has reactions."""
        seen = f"\n\n{self._how_to_share(signs=signs)}" if share else ""
        named = [f"{SIGNS[fault]} {self.fault(fault)}" if signs else self.fault(fault) for fault in FAULTS]
        faults = "\n".join(f"{number}. {said}" for number, said in enumerate(named, 1))
        return self.say(f"what_was_wrong.{'react' if signs else 'reply'}", faults=faults, seen=seen)

    def noted(self, faults: Sequence[Fault], *, share: bool, signs: bool) -> str:
        said = self.say("noted.faults", faults=", ".join(map(self.fault, faults))) if faults else ""
        return self.say("noted", said=said, how=f" {self._how_to_share(signs=signs)}" if share else "")

    def _how_to_share(self, *, signs: bool) -> str:
        return self.say("how_to_share.react" if signs else "how_to_share.reply", sign=SIGNS["share"])

    share = Fixed()
    """The label of a button."""
    shared = Fixed()
    not_unshared = Fixed()
    """Answers a person who wants back what was shown to the support."""
    not_shown = Fixed()
    """The author does not want to show the exchange to the support."""
    not_shared = Fixed()
    """The support may not read this level, or cannot be reached."""

    def nothing_to_judge(self, *, signs: bool) -> str:
        return self.say("nothing_to_judge", how=self.say("nothing_to_judge.react") if signs else "")

    nothing_again = Fixed()
    """Answers a person who wants another answer where there is none yet."""
    gone = Fixed()
    """The reaction is to a message of a conversation that is over."""
    closed = Fixed()
    not_again = Fixed()
    """The message that got the reaction cannot be answered again by itself."""

    def offered(self, *, signs: bool) -> str:
        """Ask whether the support may read the last exchange, after the contact was named."""
        return self.say("offered", how=self.say("offered.react") if signs else "")

    def handed(self, *, person: str, level: Level, why: str, question: str, answer: str) -> str:
        """Return the exchange as the support reads it, each text in a quotation. The question is shown sign
        by sign. `answer` is CommonMark."""
        about = f"{level.name}{f', {why}' if why else ''}"
        asked = "\n".join(f"{named(line)}  " for line in question.splitlines())
        return self.say(
            "handed", person=shown(person), about=about, question=_quoted(asked), answer=_quoted(answer)
        )


def _quoted(text: str) -> str:
    return "\n".join(f"> {line}" for line in text.splitlines())
