"""The texts about files: what they were found to be, and why one could not be read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import shorten

from core.language.phrasebook import Fixed
from core.sensitivity.level import Level
from core.texts.speaker import Speaker, shown

_LISTED = 8
"""Files that are named one by one."""
_SHORT = 80
"""Characters by which a question is recognised."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What a file was found to be.

    `type` is that of its content (`pdf`, `docx` …). `pages` is their number, 0 for a type without pages.
    `recognised` is True if text was recognised on pictures of pages. `seen` is what a model saw in a picture.
    """

    name: str
    type: str
    pages: int = 0
    title: str = ""
    level: Level
    recognised: bool = False
    seen: str = ""


class FileTexts(Speaker):
    """The part of `Texts` about files."""

    quoted_message = Fixed()
    """Names a message that is replied to among the materials of a question."""
    quoted_unread = Fixed()
    """That message could not be read."""
    quoted_withheld = Fixed()
    """Not everyone who is here could read that message."""

    file_not_taken = Fixed()
    """Stands below an answer whose file the platform refused."""

    def what_of_it(self, quoted: str, *, replied: bool) -> str:
        """Ask what to do with a message that was `replied` to, a poll or a place that came without a word."""
        limits = "" if replied else self.say("what_of_it.limits")
        return self.say("what_of_it", quoted=shown(shorten(quoted, _SHORT, placeholder="…")), limits=limits)

    pasted_message = Fixed()
    """Names a text within a message when it is worked on."""

    def file_received(
        self, files: Sequence[Receipt], *, several: bool, embedded: bool, menu: bool = True
    ) -> str:
        """Return one line for each file, and with `menu` what can be done with them. `several` is True if the
        session has others to compare them with."""
        lines = [self._received(each) for each in files[:_LISTED]]
        if len(files) > _LISTED:
            lines.append(self.say("file_received.more", count=len(files) - _LISTED))
        listed = lines[0] if len(lines) == 1 else "\n\n" + "\n".join(f"- {line}" for line in lines) + "\n"
        if not menu:
            compare = self.say("file_received.to_compare") if several else ""
            return self.say("file_received.alone", listed=listed, compare=compare).rstrip()
        ways = self._ways(several=several, embedded=embedded)
        numbered = "\n".join(f"{n}. {way}" for n, way in enumerate(ways, 1))
        return self.say("file_received", listed=listed, ways=numbered)

    def ways_with_files(self, *, several: bool, embedded: bool) -> tuple[str, ...]:
        """Return what people write to have something done with the files, by number: « fais une note »."""
        return tuple(way.split("**")[1] for way in self._ways(several=several, embedded=embedded))

    def _ways(self, *, several: bool, embedded: bool) -> list[str]:
        named = ["extracts"] if embedded else ["short", "note", "detailed", *(["compare"] if several else [])]
        return [self.say(f"ways.{each}") for each in named]

    def _received(self, file: Receipt) -> str:
        """Return a file on one line: its type, pages, title and level, and how it was read."""
        details = [self.word(f"types.{file.type}", file.type.upper())]
        if file.pages:
            details.append(f"{file.pages} page{'s' if file.pages > 1 else ''}")
        if file.title and file.title != file.name:
            details.append(self._named(file.title))
        details.append(self.level_name(file.level).replace(" –", "").lower().replace("n", "N", 1))
        if file.recognised:
            details.append(self.say("recognised"))
        seen = f"\n  > {shown(file.seen)}" if file.seen else ""
        return f"{self._named(file.name)} ({', '.join(details)}){seen}"

    def _named(self, name: str) -> str:
        return self.say("named", name=shown(name))

    def posted(self, names: Sequence[str], sender: str) -> str:
        """Tell which files of a room are worked on, and who posted them."""
        listed = ", ".join(map(self._named, names[:_LISTED]))
        return self.say("posted", listed=listed, count=len(names), sender=shown(sender))

    nothing_posted = Fixed()
    moderators_ask = Fixed()
    is_paused = Fixed()
    document_not_here = Fixed()

    def question_wanted(self, names: Sequence[str]) -> str:
        return self.say("question_wanted", listed=", ".join(map(self._named, names)))

    nothing_to_compare = Fixed()
    nothing_to_summarise = Fixed()
    which_format = Fixed()
    here_as_file = Fixed()

    def answer_as_file(self, question: str) -> str:
        """Tell that the answer to this question comes as a file."""
        return self.say("answer_as_file", question=shown(shorten(question, _SHORT, placeholder="…")))

    def so_many_answers(self, count: int) -> str:
        """Tell a person who named an answer by its number that there are only `count`."""
        return self.say("so_many_answers", count=count)

    def file_unreadable(self, name: str, reason: str) -> str:
        return self.say("file_unreadable", name=shown(name), reason=reason)

    def file_part_unreadable(self, name: str, part: str, reason: str) -> str:
        return self.say("file_part_unreadable", name=shown(name), part=shown(part), reason=reason)

    def file_unknown_type(self, name: str) -> str:
        return self.say("file_unknown_type", name=shown(name))

    def file_empty(self, name: str) -> str:
        return self.say("file_empty", name=shown(name))

    def file_too_large(self, name: str, limit: int) -> str:
        return self.say("file_too_large", name=shown(name), limit=limit // 1_000_000)

    def file_unclean(self, name: str) -> str:
        return self.say("file_unclean", name=shown(name))

    def file_unavailable(self, name: str) -> str:
        return self.say("file_unavailable", name=shown(name))
