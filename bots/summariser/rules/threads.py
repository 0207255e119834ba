"""Who answers whom in a talk: by a reply, else by coming soon after. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from bots.summariser.rules.phrases import says
from bots.summariser.talk import Said, Talk
from core.language.folding import unaccented

NEAR = 8
"""Messages within which a message that is no reply may still be an answer."""
_LONGEST = 300


class Threads:
    """The order of a talk, and its replies. A message means one of that talk."""

    def __init__(self, talk: Talk) -> None:
        self._talk = talk
        self._order = {said.n: place for place, said in enumerate(talk.messages)}
        self._replies: dict[int, list[Said]] = {}
        for said in talk.messages:
            if said.reply_to is not None:
                self._replies.setdefault(said.reply_to, []).append(said)

    def get(self, n: int | None) -> Said | None:
        return self._talk.get(n)

    def replies(self, said: Said) -> list[Said]:
        return self._replies.get(said.n, [])

    def before(self, said: Said, most: int) -> Iterator[Said]:
        """Yield up to `most` messages before this one, nearest first, without those of another thread."""
        place = self._order[said.n]
        for other in reversed(self._talk.messages[max(0, place - most) : place]):
            if other.thread == said.thread or other.n == said.thread:
                yield other

    def after(self, said: Said, most: int = NEAR) -> Iterator[Said]:
        place = self._order[said.n]
        for other in self._talk.messages[place + 1 : place + 1 + most]:
            if other.thread == said.thread or other.thread == said.n:
                yield other

    def answered_by(self, said: Said) -> Said | None:
        """Return the message that this one replies to; if it is no reply, the one right before it."""
        return self.get(said.reply_to) or (
            next(self.before(said, 1), None) if said.reply_to is None else None
        )

    def chain(self, said: Said) -> list[int]:
        """Return the numbers of the messages that this one replies to, directly and in turn, nearest
        first."""
        found: list[int] = []
        while (before := self.get(said.reply_to) or self.get(said.thread)) is not None:
            if before.n in found:
                break
            found.append(before.n)
            said = before
        return found

    def accepting(self, said: Said) -> list[Said]:
        """Return the messages of other people, soon after this one, that accept it."""
        replies = [*self.replies(said), *(o for o in self.after(said, 3) if o.reply_to is None)]
        return [o for o in replies if o.author.id != said.author.id and says("accepts", unaccented(o.text))]

    def answer_of(self, said: Said, member: str) -> Said | None:
        """Return a person's reply to a message, or else their next message soon after, or None."""
        for reply in self.replies(said):
            if reply.author.id == member:
                return reply
        return next((o for o in self.after(said) if o.author.id == member and o.reply_to is None), None)


def cut(text: str) -> str:
    """Put a text on one line, shortened at a word to at most 300 characters."""
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1].rsplit(" ", 1)[0] + "…"
