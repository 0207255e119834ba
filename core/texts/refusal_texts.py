"""The texts about refusals, about doubts that people are asked about, and about what was written in the wrong
place."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import get_args

from core.language.months import in_paris
from core.language.phrasebook import Fixed
from core.policy.channels import here
from core.policy.decision import Offer, Refusal, Unserved
from core.sensitivity.level import Finding, Level, Sublevel
from core.texts.level_texts import FindingTexts
from core.texts.speaker import shown

_NAMED = re.compile(r"\*\*(.+?)\*\*")
_NEXT = "\n\n"
"""Stands before the last paragraph of a refusal, which says what to do. Offers replace that paragraph."""


class RefusalTexts(FindingTexts):
    """The part of `Texts` about messages that are not handled, or not yet."""

    def refusal(self, refusal: Refusal) -> str:
        """Tell why a message is refused, by which rule, and what to do. Offers have numbers."""
        text = self._refusal(refusal)
        return f"{text.rpartition(_NEXT)[0]}{_NEXT}{self._offered(refusal)}" if refusal.offers else text

    def _refusal(self, refusal: Refusal) -> str:
        classified = refusal.why == "out_of_scope" and refusal.sublevel is Sublevel.N4B
        places = self.places(refusal.elsewhere)
        if classified:
            key = "classified"
        elif refusal.spoken:
            key = "unheard"
        else:
            key = refusal.why
        return self.say(
            f"refusal.{key}",
            level=self._at(refusal.level),
            because=self._because(refusal),
            rule=self._rule(refusal),
            move=self.say("refusal.move", places=places) if places else "",
            unread="\n\n".join(refusal.unread),
        )

    def _offered(self, refusal: Refusal) -> str:
        places = self.places(refusal.elsewhere)
        ways = (
            f"{n}. {self.say(f'offered.{each}', places=places)}" for n, each in enumerate(refusal.offers, 1)
        )
        return self.say("offered", ways="\n".join(ways))

    def offer_label(self, offer: Offer) -> str:
        """Return the label of an offer on a button."""
        return self.say(f"offer_label.{offer}")

    @cached_property
    def ways(self) -> dict[Offer, str]:
        """How each offer is named by a person who answers in words. Cached: many messages are read with
        it."""
        said = {offer: _NAMED.findall(self.say(f"offered.{offer}", places="")) for offer in get_args(Offer)}
        return {offer: " ".join((self.offer_label(offer), *named)) for offer, named in said.items()}

    def offered_again(self, refusal: Refusal) -> str:
        """Repeat the offers to a person who chose something else."""
        return f"{self.say('offered_again')}{_NEXT}{self._offered(refusal)}"

    sent_without = Fixed()
    not_kept = Fixed()
    """Answers a person who chooses an offer for a refused message that is not kept any more."""

    def moved_elsewhere(self, code: str, places: Sequence[str]) -> str:
        """Tell how to resume a refused question in one of these kinds of audience."""
        where = self.places(places) or self.say("moved_elsewhere.directly")
        return self.say("moved_elsewhere", where=where, code=code)

    def why_refused(self, refusal: Refusal) -> str:
        """Answer an author who asks why: give each finding and how sure it is."""
        is_explained = refusal.why in ("unreadable", "unassessed") or refusal.sublevel is Sublevel.N4B
        if is_explained or not refusal.found:
            return self.last_refusal(replace(refusal, offers=()))
        return self.say(
            "why_refused",
            written=self._written(refusal),
            found=self.explained_findings(refusal.found),
            level=self._at(refusal.level),
            rule=self._rule(refusal),
            ask=self.say("why_refused.ask") if refusal.why == "out_of_scope" else self.always["whom"],
        )

    def _rule(self, refusal: Refusal) -> str:
        why = refusal.why if refusal.why in ("out_of_scope", "channel", "person") else "models"
        most = "" if refusal.ceiling is None else self.level_name(refusal.ceiling)
        where = here(refusal.audience, self.language) if why == "channel" else ""
        nothing = ".nothing" if not most and why != "out_of_scope" else ""
        return self.say(f"rule.{why}{nothing}", most=most, where=where)

    def _because(self, refusal: Refusal) -> str:
        if not refusal.found:
            return ""
        secret = not refusal.read_back and any(f.kind == "credential" for f in refusal.found)
        change = f"{self.secret_seen()} " if secret else ""
        return self.say("because", found=self.found(refusal.found), change=change)

    secret_seen = Fixed()
    """A credential stands in the message."""

    def refused_here(self, *, told: bool, served: bool = True) -> str:
        """Refuse in a conversation that others read, without saying why. `told` is True if the author is told
        why in private. For `served` see `why_alone`."""
        why = self.say("refused_here.told") if told else self.why_alone(served=served)
        return self.say("refused_here", why=why)

    def why_alone(self, *, served: bool = True) -> str:
        """Tell the author of a refused message where to ask why. `served` is True if they may have a direct
        chat."""
        return self.say("why_alone" if served else "why_alone.not_served")

    def last_refusal(self, refusal: Refusal) -> str:
        """Repeat a refusal to its author, perhaps in another place than before."""
        return self.say("last_refusal", written=self._written(refusal), refusal=self.refusal(refusal))

    def _written(self, refusal: Refusal) -> str:
        """Return when and where a refused message was written: « du 3 mars à 10 h 05, dans « Budget », »."""
        when = ""
        if refusal.at:
            at = in_paris(refusal.at)
            when = self.say("written.when", day=self.day(at), clock=self.clock(at))
        return when + (self.say("written.where", room=shown(refusal.room)) if refusal.room else "")

    def _at(self, level: Level) -> str:
        """Return a level with its meaning: « N2 – Sensible (lu par d’autres, il nuirait…) »."""
        return f"{self.level_name(level)} ({self.say(f'means.{level}')})"

    def doubt(self, doubts: Sequence[Finding]) -> str:
        """Ask whether what was found is true. The answer is yes or no."""
        level = self.level_name(max(doubt.level for doubt in doubts))
        return self.say("doubt", found=self.found(doubts), level=level)

    def why_doubted(self, doubts: Sequence[Finding]) -> str:
        """Answer an author who asks why they are asked: give what makes the message doubtful."""
        level = self._at(max(doubt.level for doubt in doubts))
        return self.say("why_doubted", found=self.explained_findings(doubts), level=level)

    confided = Fixed()
    """Answers a person in danger, after whom to call, if their message may be too sensitive for a model."""
    still_protected = Fixed()
    """Asked of a message that was refused for a marking, and was edited since."""

    def asked_here(self, question: str, *, room: str) -> str:
        """Put the question into the direct chat with the author of a message in a room. `room` is "" if the
        room has no name."""
        return self.say("asked_here", room=self.among(room), question=question)

    def among(self, room: str) -> str:
        """Return the words for a room where others read. `room` is its name, "" if it has none."""
        return self.say("among", room=shown(room)) if room else self.say("among.nameless")

    asked_elsewhere = Fixed()
    """What the others in the room read."""
    doubt_again = Fixed()
    doubt_let_go = Fixed()
    doubt_dropped = Fixed()
    beside_unanswered = Fixed()
    """A message came instead of yes or no, and is refused together with the question that waited."""

    def nothing_to_confirm(self, *, direct: bool) -> str:
        """Answer a yes or a no for which no question waits. `direct` is True in a direct chat."""
        return self.say(f"nothing_to_confirm.{'direct' if direct else 'among_others'}")

    asked_no_more = Fixed()
    not_refused = Fixed()
    begun_anew = Fixed()

    def unserved(self, why: Unserved) -> str:
        """Return one line for a person who is not served here."""
        return self.say(f"unserved.{why}")

    def leaked(self, refusal: Refusal, code: str | None) -> str:
        """Warn the author of a message that does not belong where it was written, and repeat none of it.

        `code` resumes the question in a better place. None if no place may carry it."""
        if refusal.sublevel is Sublevel.N4B:
            return self.say("refusal.classified")
        return self.say(
            "leaked.read_back" if refusal.read_back else "leaked",
            level=self._at(refusal.level),
            because=self._because(refusal),
            where=here(refusal.audience, self.language),
            most=self.level_name(refusal.ceiling if refusal.ceiling is not None else Level.N0),
            further=self.say("leaked.further", code=code) if code else "",
        )

    code_unknown = Fixed()
    withheld = Fixed()
