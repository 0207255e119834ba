"""What relais says of itself: who it is, what it can do, what it keeps, and whom else to ask."""

from __future__ import annotations

from collections.abc import Sequence

from core.connector import AudienceKind
from core.language.phrasebook import Fixed
from core.policy.channels import room_word
from core.policy.rules import Quotas
from core.sensitivity.level import Level
from core.texts.refusal_texts import RefusalTexts
from core.texts.speaker import echo, shown
from core.understanding.commands import Kind
from core.understanding.understand import Distress, Topic

_ASKED_MOST: tuple[Topic, ...] = ("who", "data", "model", "size")
_NOTICE = ("controller", "purpose", "legal_basis", "recipients", "homologation", "dpo")


def _which(models: Sequence[str], embedded: bool) -> str:
    return "extracts" if embedded else "model" if models else "no_model"


class AboutTexts(RefusalTexts):
    """The part of `Texts` about the bot itself, the person's data, and what was not clear."""

    def welcome(self, *, ceiling: Level, days: int, embedded: bool) -> str:
        tries = (
            self.say("welcome.try", number=number, said=said)
            for number, said in enumerate(self.tries(embedded=embedded), 1)
        )
        return self.say(
            "welcome",
            tries="\n".join(tries),
            mode=self.say(f"welcome.{'extracts' if embedded else 'models'}"),
            ceiling=self.level_name(ceiling),
            days=days,
        )

    def tries(self, *, embedded: bool) -> tuple[str, ...]:
        """What the welcome proposes to write, in the order of its numbers."""
        first = "document" if embedded else "mail"
        return tuple(self.say(f"tries.{each}") for each in (first, "summary", "help"))

    welcome_room = Fixed()

    def welcome_short(self, days: int) -> str:
        """The notice for who first meets the bot among others, or by mail. `days`: of retention."""
        return self.say("welcome_short", days=days)

    def help(self, *, place: AudienceKind, ceiling: Level, embedded: bool, archives: bool) -> str:
        room = room_word(place, self.language)
        return self.say(
            "help",
            mode=self.say(f"help.{'extracts' if embedded else 'models'}"),
            talk=f"{self.say('help.talk', room=room)}\n" if room else "",
            archives=self.say("help.archives") if archives else "",
            ceiling=self.level_name(ceiling),
        )

    def which(self, kinds: Sequence[Kind]) -> str:
        """Ask which of these is meant; the answer is its number."""
        lines = (f"{number}. {self.say(f'meant.{kind}')}" for number, kind in enumerate(kinds, 1))
        return self.say("which", lines="\n".join(lines))

    forget_one = Fixed()

    def files_dropped(self, count: int) -> str:
        """What is said to who sent the wrong files, once they are forgotten."""
        return self.say("files_dropped", count=count)

    confirm_forget = Fixed()
    confirm_unmask = Fixed()
    not_forgotten = Fixed()
    what_for = Fixed()
    """To a message without a word: only our name, or nothing."""
    let_be = Fixed()
    """To who declines what was offered by number."""
    youre_welcome = Fixed()

    def wondered(self, *, answered: bool) -> str:
        """To « ? » alone; `answered`: after an answer."""
        return self.say("wondered.answered" if answered else "wondered")

    def human(self) -> str:
        contact = self.contacts.help
        return self.say("human", contact=contact) if contact else self.say("human.unknown")

    def distress(self, kind: Distress) -> str:
        """Whom to call, before any answer to a person who is in danger or suffers."""
        if kind == "medical":
            return self.say("distress.medical")
        care = self.contacts.care
        near = self.say("distress.near", care=care) if care else self.always["whom"]
        return self.say("distress", said=self.say(f"distress.{kind}"), near=near)

    def distress_alone(self, whom: str, *, room: str) -> str:
        """The same in the chat of two with the author of a message of a room; "" where it has no name."""
        return self.say("distress_alone", told=whom, room=self.among(room))

    def not_taken_here(self, room: str) -> str:
        """What the author of a question is told in their chat of two, whose answer its room does not take."""
        return self.say("not_taken_here", room=self.among(room))

    answered_alone = Fixed()
    sent_to_members = Fixed()
    """To who wants in private what was said in a conversation that they are not in."""

    def not_sent_alone(self, *, served: bool) -> str:
        """To who wants an answer in private, and cannot have it so. `served`: they may have a direct chat."""
        return self.say("not_sent_alone" if served else "not_sent_alone.not_served")

    """Where others read: the person is answered in their chat of two."""
    nothing_to_export = Fixed()
    no_such_file = Fixed()

    def about(
        self,
        topics: Sequence[Topic],
        *,
        models: Sequence[str],
        embedded: bool,
        ceiling: Level,
        days: int,
        limit: int,
        quotas: Quotas,
        used: int | None = None,
        room: str = "",
        decides: bool = True,
        archives: bool = False,
        accreditation: bool = False,
    ) -> str:
        """What the topics are about, from live facts; without any, the most asked for. `limit`: bytes of a
        file; `used`: tokens of the day's quota, None where others read the answer; `room`: what the
        conversation is called where several talk, else ""; `decides`: who asks is a moderator there;
        `archives`: some conversations go there; `accreditation`: it is asked whether the service has one."""
        which = _which(models, embedded)
        first = f"**{models[0] if models else '–'}**"
        leaving = ("moderator" if decides else "member") if room else "direct"
        facts = {
            "goes": self.say(f"about.goes.{which}", first=first, ceiling=self.level_name(ceiling)),
            "answers": self.answers(models, embedded=embedded),
            "knows": self.say(f"about.knows.{which}"),
            "quota": self._quota(quotas, used),
            "homologation": self._homologation(asked=accreditation),
            "notice_of_data": self.data_notice(archives=archives),
            "untold": "" if self.contacts.notice.dpo else self.say("about.rights.untold"),
            "leaving": self.say(f"about.leaving.{leaving}", room=room),
            "days": days,
            "limit": limit // 1_000_000,
        }
        told = [self.say(f"about.{topic}", **facts) for topic in topics or _ASKED_MOST]
        return "\n\n".join([*told, self.say("about")])

    def answers(self, models: Sequence[str], *, embedded: bool) -> str:
        """Which of the models answers here, and how another is chosen."""
        first, *others = (f"**{name}**" for name in models or ("–",))
        more = self.say("about.more", others=", ".join(others)) if others else ""
        return self.say(f"about.answers.{_which(models, embedded)}", first=first, more=more)

    def own_settings(self, *, models: Sequence[str], embedded: bool, level: Level, masking: bool) -> str:
        """What the person has chosen here, and how to choose otherwise."""
        return self.say(
            "own_settings",
            answers=self.answers(models, embedded=embedded),
            level=self.level_name(level),
            masking=self.say(f"own_settings.{'masked' if masking else 'unmasked'}"),
        )

    nothing_scheduled = Fixed()

    def _homologation(self, *, asked: bool) -> str:
        if said := self.contacts.notice.homologation:
            return self.say("homologation", said=said)
        return self.say("homologation.untold") if asked else ""

    def _quota(self, quotas: Quotas, used: int | None) -> str:
        limits = {"minute": quotas.messages_per_minute, "day": quotas.tokens_per_day}
        said = [
            self.say(f"about.quota.{each}", count=self.number(most), most=most)
            for each, most in limits.items()
            if most
        ]
        if quotas.tokens_per_day and used is not None:
            said[-1] += self.say("about.quota.left", left=self.number(max(0, quotas.tokens_per_day - used)))
        return self.say("about.quota.and").join(said) or self.say("about.quota.none")

    def unknown_command(self, word: str, near: str | None) -> str:
        hint = self.say("unknown_command.near", near=near) if near else self.say("unknown_command.help")
        return self.say("unknown_command", word=echo(word), hint=hint)

    new_session = Fixed()
    language_chosen = Fixed()
    language_again = Fixed()
    """The same to who was answered before, in another language."""
    language_once = Fixed()
    """Below an answer that was translated into this language."""
    language_followed = Fixed()
    """To who wrote in another language than that of the service, once."""

    def language_unknown(self, word: str) -> str:
        return self.say("language_unknown", word=shown(word))

    def forgotten(self, days: int) -> str:
        return self.say("forgotten", trail=self.say("trail", days=days))

    def export_ready(self, days: int) -> str:
        return self.say("export_ready", trail=self.say("trail", days=days))

    def data_notice(self, *, archives: bool) -> str:
        """Who is responsible for the person's data, and what they may do: a list. `archives`: some
        conversations go there."""
        told = [(each, getattr(self.contacts.notice, each)) for each in _NOTICE]
        lines = [self.say(f"data_notice.{each}", said=said) for each, said in told if said]
        lines += [self.say("data_notice.archives")] if archives else []
        return "\n".join([*lines, self.say("data_notice.rights")])

    def export_too_high(self, level: Level, ceiling: Level) -> str:
        contact = self.contacts.help
        ask = self.say("export_too_high.ask", contact=contact) if contact else ""
        names = {"level": self.level_name(level), "ceiling": self.level_name(ceiling)}
        return self.say("export_too_high", ask=ask, **names)

    only_direct = Fixed()
