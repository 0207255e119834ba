"""The texts around answers: while one is written, what it took, and why there is none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from core.gateway.ask import LAMP, Done, footprint
from core.language.months import in_paris
from core.language.phrasebook import Fixed
from core.sensitivity.level import Level
from core.texts.speaker import Speaker, shown

ArchiveState = Literal["marked", "unmarked", "rule", "none"]
"""Whether a conversation goes to the archives: it is marked, or not any more, or all conversations of this
kind go there, or there are no archives."""


class AnswerTexts(Speaker):
    """The part of `Texts` about answers, quotas and failures."""

    def stopped(self, partial: str) -> str:
        return self.say("stopped", partial=partial) if partial else self.say("stopped.before")

    nothing_to_stop = Fixed()

    def interrupted(self, partial: str) -> str:
        return self.say("interrupted", partial=partial)

    cut_short = Fixed()

    def signature(self, done: Done, level: Level, *, footprints: bool = True) -> str:
        """Return the line under an answer that names its model and level, and its footprint if `footprints`.

        Empty for extracts: no model wrote a word of them."""
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
        """Return energy (in Wh) and greenhouse gases (in g of CO2 equivalent) in words, at human scale."""
        low, high = (self._lit(each) for each in wh)
        number, _, unit = low.rpartition(" ")
        least = number if unit == high.rpartition(" ")[2] else low  # « 2 à 3 secondes »
        lit = low if low == high else f"{least}{self.say('footprint.to')}{high}"
        gas = self.say("footprint.no_gram") if gco2e[1] < 1 else f"{self._span(gco2e)} g"
        return self.say("footprint", lit=lit, gas=gas, method=method)

    def _lit(self, wh: float) -> str:
        """Return how long a lamp of `LAMP` watts burns with this energy."""
        seconds = wh * 3600 / LAMP
        if seconds < 1:
            return self.say("lit.instant")
        if seconds < 90:
            return self.say("lit.seconds", seconds=round(seconds))
        if seconds < 5400:
            return f"{seconds / 60:.0f} minutes"
        return self.say("lit.hours", hours=seconds / 3600)

    def _span(self, values: tuple[float, float]) -> str:
        """Return two figures as people read them, never in scientific notation."""
        if values[1] < 0.01:
            return self.say("span.least")
        low, high = map(_rounded, values)
        span = low if low == high else f"{low}{self.say('footprint.to')}{high}"
        return span if self.language == "en" else span.replace(".", ",")

    def footprints(self, months: Sequence[tuple[str, int, str]], last: str) -> str:
        """Tell what the answers to a person took. Each of `months` is a month (`2026-11`), the number of its
        answers, and their `footprint` in words. `last` is the footprint of the last answer."""
        if not months:
            return self.say("footprints.unknown")
        lines = (
            self.say(
                "footprints.month",
                month=f"{self.month(int(month[-2:]))} {month[:4]}",
                count=count,
                words=words,
            )
            for month, count, words in months
        )
        lead = self.say("footprints.last", last=last) if last else ""
        return self.say("footprints", lead=lead, told="\n".join(lines))

    def gateway_awaited(self, minutes: float) -> str:
        """Tell that the gateway is away, and that the question waits for it for so many minutes at most."""
        return self.say("gateway_awaited", minutes=minutes)

    def archived(self, how: ArchiveState, days: int) -> str:
        """Tell whether a conversation goes to the archives before it is deleted after `days`."""
        return self.say(f"archived.{how}", days=days)

    extracts_meanwhile = Fixed()
    """All models are away: this answer is extracts, and a yes asks for the full answer later."""
    full_answer = Fixed()
    """The label of a button that asks for the full answer."""
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
        """Tell that more than `turns` messages came in a minute: further ones are answered a little later."""
        return self.say("quota_of_the_minute", turns=turns)

    programs = Fixed()
    """Two programs answer each other. This is the last message until a person writes."""

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
        """Tell that a message came from an unverified device. It is answered once its owner verified it."""
        whose = self.say(f"unsigned_device.{'direct' if direct else 'among_others'}")
        return self.say("unsigned_device", whose=whose)

    def identity_changed(self, name: str) -> str:
        """Tell that the identity of a person changed. Without a name, it is that of the reader."""
        whose = (
            self.say("identity_changed.of", name=shown(name)) if name else self.say("identity_changed.yours")
        )
        return self.say("identity_changed", whose=whose)

    invitation_refused = Fixed()


def _rounded(value: float) -> str:
    if value < 1:
        return f"{value:.2f}"
    return f"{value:.3g}" if value < 100 else f"{value:.0f}"
