"""The summariser in rooms: it reads back what was said, when somebody asks, and posts where it was asked.

Nothing is fetched before, and nothing of the range is kept after but the summary's own turn.
"""

from __future__ import annotations

from dataclasses import replace

from bots.summariser.drafting import Drafted, draft
from bots.summariser.talk import PARIS, Said, Talk, moment, of_range
from bots.summariser.wishes import Wish, asks, wish
from bots.summariser.words import words
from bots.summariser.writing import write
from core.bot import Turn
from core.condense.words import words as condensing
from core.connector import Event, Message, Range
from core.errors import Rejected
from core.gateway.catalogue import EXTRACTS


class Summariser:
    """Wants what asks for a summary of a room or a thread."""

    name = "summariser"

    def wants(self, event: Event) -> bool:
        return isinstance(event, Message) and event.addressed and asks(event)

    def urgent(self, message: Message) -> bool:
        return False

    def follows(self, event: Event) -> bool:
        return False

    async def handle(self, turn: Turn) -> None:
        say = words(turn.texts.language)
        event = turn.event
        wanted = wish(event, moment(event.at).astimezone(PARIS)) if isinstance(event, Message) else None
        if wanted is None:
            await turn.reply.finish(say.no_messages())
            return
        try:
            found = await turn.recall(wanted.wanted)
        except Rejected:
            found = None
        if found is None:
            await turn.reply.finish(say.no_history())
            return
        talk = of_range(_from_mine(found, event.sender.id) if wanted.mine else found)
        if not talk.messages:
            await turn.reply.finish("\n\n".join([say.no_messages(), *_limits(talk, turn)]))
            return
        text = await self._text(turn, talk, wanted)
        await turn.reply.finish(text, remember=text)

    async def _text(self, turn: Turn, talk: Talk, wanted: Wish) -> str:
        language = turn.texts.language
        reading = condensing(language)
        models = turn.models("summary")
        drafted = await draft(
            talk,
            turn.ask,
            model=models[0] if models else EXTRACTS,
            language=language,
            progress=lambda done, total: turn.reply.show(reading.reading(done, total)) if total > 1 else None,
        )

        def link(said: Said) -> str:
            return f"[{said.at:%d/%m %H:%M}]({talk.links[said.n]})"

        text = write(
            drafted.summary,
            talk,
            form=wanted.form,
            link=link,
            language=language,
            fallback=drafted.fallback,
        )
        return "\n\n".join([text, *_footer(turn, drafted)])


def _footer(turn: Turn, drafted: Drafted) -> list[str]:
    """The line that says who wrote it; none for extracts."""
    if drafted.done is None or drafted.fallback:
        return []
    done = drafted.done
    return [turn.texts.footer(model=done.model.id, level=turn.level, footprint=turn.footprint(done))]


def _limits(talk: Talk, turn: Turn) -> list[str]:
    """What could not be read, when there is nothing else to say."""
    say = words(turn.texts.language)
    if not (talk.deleted or talk.withheld or talk.unreadable):
        return []
    return [say.left_out(talk.deleted, talk.withheld, talk.unreadable)]


def _from_mine(found: Range, person: str) -> Range:
    """The range from this person's last message on."""
    mine = [place for place, past in enumerate(found.messages) if past.sender.id == person]
    return replace(found, messages=found.messages[mine[-1] + 1 :]) if mine else found
