"""What relais says about itself: who it is, what it can do, what it keeps, and whom else to ask."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

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


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceFacts:
    """What is true of relais for one person in one conversation.

    `models` are the names of those that may answer. `embedded` is True if answers are extracts. `days` is how
    long a session is kept. `limit` is that of a file, in bytes. `used` are tokens of the day's quota, None
    where others read the answer. `room` is the word for the conversation if several people talk in it.
    `decides` is True if the person is a moderator there. `archives` is True if some conversations go to the
    archives. `accreditation` is True if the person asks whether the service has one.
    """

    models: Sequence[str]
    embedded: bool
    ceiling: Level
    days: int
    limit: int
    quotas: Quotas
    used: int | None = None
    room: str = ""
    decides: bool = True
    archives: bool = False
    accreditation: bool = False


def _which(models: Sequence[str], embedded: bool) -> str:
    """Return the variant of a text for who answers: extracts, a model, or nobody."""
    if embedded:
        return "extracts"
    return "model" if models else "no_model"


def _who_leaves(facts: ServiceFacts) -> str:
    """Return the variant of the text on how to stop: for a direct chat, a moderator, or a member."""
    if not facts.room:
        return "direct"
    return "moderator" if facts.decides else "member"


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
        """Return what the welcome proposes to write, in the order of its numbers."""
        first = "document" if embedded else "mail"
        return tuple(self.say(f"tries.{each}") for each in (first, "summary", "help"))

    welcome_room = Fixed()

    def welcome_short(self, days: int) -> str:
        """Return the notice for a person who meets the bot in a room or by mail. `days` is the retention."""
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
        """Ask which of these the person means. The answer is a number."""
        lines = (f"{number}. {self.say(f'meant.{kind}')}" for number, kind in enumerate(kinds, 1))
        return self.say("which", lines="\n".join(lines))

    forget_one = Fixed()

    def files_dropped(self, count: int) -> str:
        """Tell a person who sent the wrong files that they are forgotten."""
        return self.say("files_dropped", count=count)

    confirm_forget = Fixed()
    confirm_unmask = Fixed()
    not_forgotten = Fixed()
    what_for = Fixed()
    """Answers a message without a word: only our name, or nothing."""
    let_be = Fixed()
    """Answers a person who declines what was offered by number."""
    youre_welcome = Fixed()

    def wondered(self, *, answered: bool) -> str:
        """Answer « ? » alone. `answered` is True after an answer."""
        return self.say("wondered.answered" if answered else "wondered")

    def human(self) -> str:
        contact = self.contacts.help
        return self.say("human", contact=contact) if contact else self.say("human.unknown")

    def distress(self, kind: Distress) -> str:
        """Tell a person who is in danger or suffers whom to call. This comes before any answer."""
        if kind == "medical":
            return self.say("distress.medical")
        care = self.contacts.care
        near = self.say("distress.near", care=care) if care else self.always["whom"]
        return self.say("distress", said=self.say(f"distress.{kind}"), near=near)

    def distress_alone(self, whom: str, *, room: str) -> str:
        """Put the same into the direct chat with the author of a message in a room. `room` is "" if the room
        has no name."""
        return self.say("distress_alone", told=whom, room=self.among(room))

    def not_taken_here(self, room: str) -> str:
        """Tell the author of a question, in their direct chat, that its room does not take the answer."""
        return self.say("not_taken_here", room=self.among(room))

    answered_alone = Fixed()
    """Where others read: the person is answered in their direct chat."""
    sent_to_members = Fixed()
    """Answers a person who wants, in private, what was said in a conversation that they are not in."""

    def not_sent_alone(self, *, served: bool) -> str:
        """Answer a person who cannot have an answer in private. `served` is True if they may have a direct
        chat."""
        return self.say("not_sent_alone" if served else "not_sent_alone.not_served")

    nothing_to_export = Fixed()
    no_such_file = Fixed()

    def about(self, topics: Sequence[Topic], facts: ServiceFacts) -> str:
        """Return what the topics are about, from live facts. Without a topic, the most asked for are told."""
        which = _which(facts.models, facts.embedded)
        first = f"**{facts.models[0] if facts.models else '–'}**"
        words = {
            "goes": self.say(f"about.goes.{which}", first=first, ceiling=self.level_name(facts.ceiling)),
            "answers": self.answers(facts.models, embedded=facts.embedded),
            "knows": self.say(f"about.knows.{which}"),
            "quota": self._quota(facts.quotas, facts.used),
            "homologation": self._homologation(asked=facts.accreditation),
            "notice_of_data": self.data_notice(archives=facts.archives),
            "untold": "" if self.contacts.notice.dpo else self.say("about.rights.untold"),
            "leaving": self.say(f"about.leaving.{_who_leaves(facts)}", room=facts.room),
            "days": facts.days,
            "limit": facts.limit // 1_000_000,
        }
        paragraphs = [self.say(f"about.{topic}", **words) for topic in topics or _ASKED_MOST]
        return "\n\n".join([*paragraphs, self.say("about")])

    def answers(self, models: Sequence[str], *, embedded: bool) -> str:
        """Return which of the models answers here, and how to choose another."""
        first, *others = (f"**{name}**" for name in models or ("–",))
        more = self.say("about.more", others=", ".join(others)) if others else ""
        return self.say(f"about.answers.{_which(models, embedded)}", first=first, more=more)

    def own_settings(self, *, models: Sequence[str], embedded: bool, level: Level, masking: bool) -> str:
        """Return what the person has chosen here, and how to choose otherwise."""
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
    """The same for a person who was answered in another language before."""
    language_once = Fixed()
    """Below an answer that was translated into this language."""
    language_followed = Fixed()
    """Tells a person once that they wrote in another language than that of the service."""

    def language_unknown(self, word: str) -> str:
        return self.say("language_unknown", word=shown(word))

    def forgotten(self, days: int) -> str:
        return self.say("forgotten", trail=self.say("trail", days=days))

    def export_ready(self, days: int) -> str:
        return self.say("export_ready", trail=self.say("trail", days=days))

    def data_notice(self, *, archives: bool) -> str:
        """Return a list of who is responsible for the person's data, and what the person may do. `archives`
        is True if some conversations go to the archives."""
        facts = [(each, getattr(self.contacts.notice, each)) for each in _NOTICE]
        lines = [self.say(f"data_notice.{each}", said=said) for each, said in facts if said]
        if archives:
            lines.append(self.say("data_notice.archives"))
        return "\n".join([*lines, self.say("data_notice.rights")])

    def export_too_high(self, level: Level, ceiling: Level) -> str:
        contact = self.contacts.help
        ask = self.say("export_too_high.ask", contact=contact) if contact else ""
        names = {"level": self.level_name(level), "ceiling": self.level_name(ceiling)}
        return self.say("export_too_high", ask=ask, **names)

    only_direct = Fixed()
