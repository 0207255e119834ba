"""What a summary says around what people said."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from bots.summariser.summary import Kind
from core.language.phrasebook import FixedWord, Phrasebook


class SummaryTexts(Phrasebook):
    """One language. Everything is CommonMark."""

    def title(self, form: str, room: str, count: int, first: date, last: date) -> str:
        one = self.date(first)
        when = one if first == last else self.say("title.when", first=one, last=self.date(last))
        named = f", {self.quote(room)}" if room else ""
        return self.say("title", form=self.form(form), named=named, count=count, when=when)

    def form(self, form: str) -> str:
        return self.say(f"forms.{form}")

    def section(self, kind: Kind) -> str:
        return self.say(f"sections.{kind}")

    story = FixedWord()
    people = FixedWord()
    files = FixedWord()
    unclaimed = FixedWord()
    none = FixedWord()

    def decided(self, first: str, count: int) -> str:
        more = self.say("decided.more", count=count - 1) if count > 1 else ""
        return self.say("decided", first=first or self.none, more=more)

    def to_do(self, who: Sequence[str], count: int, due: date | None) -> str:
        if not count:
            return self.say("to_do", actions=self.none)
        first = self.say("to_do.due", count=count, due=self.due(due)) if due else ""
        who_does = ", ".join(who) or self.nobody
        return self.say("to_do", actions=self.say("to_do.actions", count=count, who=who_does, due=first))

    def pending(self, questions: int, disagreements: int) -> str:
        counts = {"question": questions, "disagreement": disagreements}
        told = [self.say(f"pending.{name}", count=count) for name, count in counts.items() if count]
        return self.say("pending", told=", ".join(told) or self.none)

    nothing = FixedWord()
    nobody = FixedWord()

    def due(self, day: date) -> str:
        return self.say("due", day=self.date(day))

    def quote(self, text: str) -> str:
        return self.say("quote", text=text)

    extracts = FixedWord()
    fallback = FixedWord()
    meanwhile = FixedWord()

    def only_about(self, subject: str) -> str:
        return self.say("only_about", subject=subject)

    def left_out(self, deleted: int, withheld: int, unreadable: int) -> str:
        counts = {"deleted": deleted, "withheld": withheld, "unreadable": unreadable}
        told = [self.say(f"left_out.{name}", count=count) for name, count in counts.items() if count]
        return self.say("left_out", told=", ".join(told))

    def truncated(self, most: int) -> str:
        return self.say("truncated", most=most)

    def since(self, at: datetime) -> str:
        return self.say("since", at=self.moment(at))

    def reader_since(self, at: datetime) -> str:
        return self.say("reader_since", at=self.moment(at))

    def readers_since(self, at: datetime) -> str:
        return self.say("readers_since", at=self.moment(at))

    files_not_condensed = FixedWord()

    def agreed(self, count: int) -> str:
        return self.say("agreed", count=count)

    again = FixedWord()
    no_history = FixedWord()
    no_messages = FixedWord()
