"""The bot of mailboxes: what is asked of the documents of a mail, and of those of its thread.

Whatever is no request on documents (commands, ordinary questions) is for the bot behind it.
"""

from __future__ import annotations

from collections.abc import Callable

from bots.asked import MAIL
from bots.documents.synthesis import condensed, given_of
from bots.synthesis.asking import Asked, asked
from bots.synthesis.page import answer, page
from bots.synthesis.patience import LONG, Patience
from bots.synthesis.words import words
from core.bot import Bot, Turn
from core.connector import Event, Message
from core.sessions.repository import Session
from core.understanding import is_command, understand


class Synthesis:
    """Wants every mail that is no command."""

    name = "synthesis"

    def __init__(self, otherwise: Bot, *, clock: Callable[[], float], long: float = LONG) -> None:
        """`long`: seconds of work from which a word is said in advance."""
        self._otherwise = otherwise
        self._clock = clock
        self._long = long

    def wants(self, event: Event) -> bool:
        return isinstance(event, Message) and event.address.connector == MAIL and not is_command(event.text)

    def follows(self, event: Event, session: Session) -> bool:
        return False

    async def handle(self, turn: Turn) -> None:
        subject, own = _parts(turn)
        wanted = asked(subject=subject, words=own, tag=_tag(turn))
        if not self._is_request(turn, wanted, own):
            await self._otherwise.handle(turn)
            return
        if wanted.language:
            turn.speak(wanted.language)
        if await turn.person.first_contact():
            turn.afterword(turn.texts.welcome_short(turn.person.retention_days))
        say = words(turn.texts.language)
        layout = answer if wanted.wish.form == "question" else page
        given = _given(turn, own)
        async with Patience(turn.reply, say.in_hand, clock=self._clock, long=self._long) as patience:
            await condensed(turn, wanted.wish, given, layout=layout, progress=patience.progress)

    def _is_request(self, turn: Turn, wanted: Asked, own: str) -> bool:
        """Documents came with it, or it is one; or it asks for those of its thread again, in another form."""
        if turn.received() or (_is_letter(own) and not turn.session.turns):
            return True
        if not turn.materials() or understand(own, place="mail", document=True).kind == "export":
            return False
        return not wanted.plain and wanted.wish.form != "question"


LETTER = 600
"""Characters from which the text of a mail is a document, and not only what is asked."""


def _is_letter(own: str) -> bool:
    return len(own) >= LETTER


def _given(turn: Turn, own: str) -> list[tuple[str, str]]:
    """The documents to work on: a long text first, then what came with it; else those of the thread."""
    letter = [(turn.texts.pasted_message(), own)] if _is_letter(own) else []
    return [*letter, *(given_of(turn, own) if turn.received() or not letter else [])]


def _tag(turn: Turn) -> str:
    return turn.event.tag if isinstance(turn.event, Message) else ""


def _parts(turn: Turn) -> tuple[str, str]:
    """The subject with its prefixes, where it is part of what is asked, and the words below it."""
    marks = turn.event.marks if isinstance(turn.event, Message) else ()
    raw = next((value for name, value in marks if name == "Subject"), "")
    first, _, rest = turn.text.partition("\n\n")
    if first and raw.endswith(first):
        return raw, rest
    return "", turn.text
