"""What is said around answers: while one is written, of what it took, and why there is none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from core.gateway.ask import LAMP, Done, footprint
from core.language.months import in_paris
from core.language.phrasebook import Fixed
from core.sensitivity.level import Level
from core.texts.speaker import Speaker, shown

ArchiveState = Literal["marked", "unmarked", "rule", "none"]
"""Whether a conversation goes to the archives: by a mark, no more, all here do, there are none."""


class AnswerTexts(Speaker):
    """The part of `Texts` about answers, quotas and failures."""

    def stopped(self, partial: str) -> str:
        return self.say("stopped", partial=partial) if partial else self.say("stopped.before")

    nothing_to_stop = Fixed()

    def interrupted(self, partial: str) -> str:
        return self.say("interrupted", partial=partial)

    cut_short = Fixed()

    def signature(self, done: Done, level: Level, *, footprints: bool = True) -> str:
        """The line under an answer that says who wrote it, at what level, and under a synthesis what it took;
        empty for extracts, of which no word is a model's."""
        if not done.model.generates:
            return ""
        taken = footprint(done.model, done.usage) if footprints else None
        spent = self.footprint(wh=taken.wh, gco2e=taken.gco2e, method=taken.method) if taken else None
        return self.footer(model=done.model.id, level=level, footprint=spent)

    def footer(self, *, model: str, level: Level, footprint: str | None) -> str:
        means = level.called(self.language).lower()
        parts = [self.say("footer.ai"), model, f"{level.name} {means}", *([footprint] if footprint else [])]
        return f"*{' · '.join(parts)}*"

    def footprint(self, *, wh: tuple[float, float], gco2e: tuple[float, float], method: str) -> str:
        """Energy and greenhouse gases in words, at human scale."""
        low, high = (self._lit(each) for each in wh)
        number, _, unit = low.rpartition(" ")
        least = number if unit == high.rpartition(" ")[2] else low  # « 2 à 3 secondes »
        lit = low if low == high else f"{least}{self.say('footprint.to')}{high}"
        gas = self.say("footprint.no_gram") if gco2e[1] < 1 else f"{self._span(gco2e)} g"
        return self.say("footprint", lit=lit, gas=gas, method=method)

    def _lit(self, wh: float) -> str:
        """How long a lamp of 8 watts burns with it."""
        seconds = wh * 3600 / LAMP
        if seconds < 1:
            return self.say("lit.instant")
        if seconds < 90:
            return self.say("lit.seconds", seconds=round(seconds))
        if seconds < 5400:
            return f"{seconds / 60:.0f} minutes"
        return self.say("lit.hours", hours=seconds / 3600)

    def _span(self, values: tuple[float, float]) -> str:
        """Two figures as people read them: never in scientific notation."""
        if values[1] < 0.01:
            return self.say("span.least")
        low, high = (
            f"{value:.2f}" if value < 1 else f"{value:.3g}" if value < 100 else f"{value:.0f}"
            for value in values
        )
        told = low if low == high else f"{low}{self.say('footprint.to')}{high}"
        return told if self.language == "en" else told.replace(".", ",")

    def footprints(self, months: Sequence[tuple[str, int, str]], last: str) -> str:
        """What the answers to a person took: of each month (`2026-11`) how many, and in words (`footprint`);
        `last` is that of the last answer. Empty where nothing is known."""
        if not months:
            return self.say("footprints.unknown")
        told = (
            self.say(
                "footprints.month",
                month=f"{self.month(int(month[-2:]))} {month[:4]}",
                count=count,
                words=words,
            )
            for month, count, words in months
        )
        lead = self.say("footprints.last", last=last) if last else ""
        return self.say("footprints", lead=lead, told="\n".join(told))

    def gateway_awaited(self, minutes: float) -> str:
        """The gateway is away; the question waits for it, this long at most."""
        return self.say("gateway_awaited", minutes=minutes)

    def archived(self, how: ArchiveState, days: int) -> str:
        """A conversation is marked for the archives before it goes after `days`, or is not."""
        return self.say(f"archived.{how}", days=days)

    extracts_meanwhile = Fixed()
    """All models are away: these are extracts, and the full answer comes for a yes."""
    full_answer = Fixed()
    """The label of a button: the full answer is wanted."""
    gateway_unavailable = Fixed()
    gateway_rejected = Fixed()
    too_long = Fixed()
    failed = Fixed()

    def announced(self, text: str) -> str:
        return self.say("announced", text=text)

    def closed(self, text: str, until: float) -> str:
        at = in_paris(until)
        return self.say("closed", text=text, day=self.day(at), clock=self.clock(at))

    def blocked(self) -> str:
        return self.say("blocked") + (
            self.say("blocked.whom", contact=self.contacts.help) if self.contacts.help else ""
        )

    def referenced(self, text: str, ref: str) -> str:
        return self.say("referenced", text=text, ref=ref)

    full = Fixed()

    def quota_of_the_minute(self, turns: int) -> str:
        """More messages came than that; this one, and those that follow, are answered a little later."""
        return self.say("quota_of_the_minute", turns=turns)

    programs = Fixed()
    """Programs answer each other: this is the last word until a person writes."""

    def quota_of_the_day(self, tokens: int) -> str:
        return self.say("quota_of_the_day", many=self.number(tokens))

    quota_of_all = Fixed()
    """All people together have used up what the service may spend in a day."""

    def too_old(self, hours: float) -> str:
        return self.say("too_old", hours=hours)

    def undecryptable(self, *, direct: bool) -> str:
        ask = self.say(f"undecryptable.{'direct' if direct else 'among_others'}")
        return self.say("undecryptable", ask=ask)

    def unsigned_device(self, *, direct: bool) -> str:
        """A message came from a device that its owner has not verified: it is answered once they have."""
        whose = self.say(f"unsigned_device.{'direct' if direct else 'among_others'}")
        return self.say("unsigned_device", whose=whose)

    def identity_changed(self, name: str) -> str:
        """The identity of this person is another one now; without a name, of who reads this."""
        whose = (
            self.say("identity_changed.of", name=shown(name)) if name else self.say("identity_changed.yours")
        )
        return self.say("identity_changed", whose=whose)

    invitation_refused = Fixed()
