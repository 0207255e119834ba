"""Writes a correction of a summary into the line that it is about. Pure.

Nobody's words are changed: the line keeps what it quotes, and gains the author of the correction, their words
and a link to them. The owner and the day of an action become those that the correction names.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from bots.summariser.dates import days
from bots.summariser.room.open_actions import OpenAction
from bots.summariser.rules.names import Names
from bots.summariser.rules.sentences import stems
from bots.summariser.talk import Member
from core.language.folding import unaccented
from core.texts.speaker import shown
from core.understanding.commands import short_answer

_CORRECTS = re.compile(
    r"^\W*(?:non|no|correction|rectif\w*|erreur|faux|en\s+fait|plutot|attention|pardon|actually|not\s+quite|wrong)\b"
    r"|\bce\s+n'est\s+pas\b|\bc'est\s+(?:faux|inexact|une\s+erreur)|\bc'est\s+\S+(?:\s\S+)?\s+qui\b|\bcorrige\b|^\W*(?:retire|enleve|supprime|remove|delete)\b|\b(?:et\s+)?non\s+(?:pas\s+)?\w+\W*$"
    r"|\b(?:c'est|it's|it\s+is)\s[^,]{1,120},\s*(?:pas|not)\s+(?:\w+\s+)?\w+\W*$"
    r"|\b(?:c'est|it's|it\s+is)\s[^\s\d]{0,9}\d\S{0,30}(?:\s\w+)?\s(?:pas|not)\s\S{0,9}\d"
)
_DENIED = re.compile(r"\b(?:pas|not)\s(?!avant\b|before\b)[^,;.:]{1,40}", re.IGNORECASE)
"""Words that deny something: « pas jeudi » names no day."""
_REPEATED = 12
"""Characters of a line at the head from which it is known again in the lists; « rien » has fewer."""
_LINE = re.compile(r"^- .*$", re.MULTILINE)
_OWNER = re.compile(r"^- \*\*(?P<who>[^*]+)\*\*\u00a0:")
_TARGET = re.compile(r"\]\(([^)\s]+)\)")
_LINKS = re.compile(r"\[[^\]]*\]\([^)\s]+\)")
"""Links to messages, with the names of their authors, which are no part of what a line says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """The words of somebody who corrects a summary, with their time and the link to the message."""

    who: str
    words: str = field(repr=False)
    at: datetime
    link: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrected:
    """The whole summary with its line corrected. `links` are those of the line. `owner` and `due` are those
    that the correction gives an action, or None."""

    text: str = field(repr=False)
    links: tuple[str, ...]
    owner: str | None = None
    due: date | None = None


def corrects(text: str) -> bool:
    """Return True if a text corrects something, rather than asks."""
    plain = unaccented(text)
    return not plain.rstrip().endswith("?") and _CORRECTS.search(plain) is not None


def without_denied(text: str) -> str:
    """Take the words that deny something out of a text: « pas jeudi »."""
    return _DENIED.sub("", text)


def apply(
    summary: str,
    correction: Correction,
    members: Sequence[Member],
    *,
    note: Callable[[str], str],
    due_words: Callable[[date], str],
    which: str = "",
) -> Corrected | None:
    """Write a correction into a summary. Return None if no line, or more than one, may be meant.

    `note` writes what the line gains, with a link; `due_words` writes a day as the summary does. `which`
    names the line, by words or by the number of its action, if the correction does not."""
    plain = unaccented(correction.words)
    named = [member.name for _, member in Names(members).named(plain, correction.words)]
    line = _line_named(summary, which) if which else _line_about(summary, correction.words, named)
    if line is None:
        return None
    is_action = _OWNER.match(line) is not None
    dated = days(without_denied(correction.words), correction.at.date())
    owner = named[0] if is_action and named else None
    due = dated[-1].day if is_action and dated else None
    new = line
    if owner is not None:
        new = _OWNER.sub(lambda _: f"- **{shown(owner)}**\u00a0:", new, count=1)
    if due is not None:
        new = _redated(new, due, due_words)
    noted = f" — {note(correction.link)}"
    text = summary.replace(line, new + noted, 1)
    text = text.replace(f"({_owners(summary)})", f"({_owners(text)})", 1)  # a line at the head names them too
    if not is_action and (head := _brief(summary, line)) is not None:
        text = text.replace(head, head + noted, 1)  # for people who read no further
    return Corrected(text=text, links=tuple(_TARGET.findall(line)), owner=owner, due=due)


def _brief(summary: str, line: str) -> str | None:
    """Return the line at the head of a summary that repeats a line of its lists, shortened, or None."""
    for above in summary[: summary.find(line)].splitlines():
        repeated = above.partition(":")[2].strip().rstrip("…")
        if not above.startswith("- ") and len(repeated) >= _REPEATED and repeated in line:
            return above
    return None


def _line_about(summary: str, words: str, named: Sequence[str] = ()) -> str | None:
    """Return the one line that shares most words with a correction, or None.

    `named` are the members whom the correction names. They take the line over, and other lines may name them
    too, so that their names count only where no other word does. « C’est Inès qui s’en charge » has no other
    word: it is about the only action that is not hers."""
    said = stems(unaccented(words))
    about = said - stems(unaccented(" ".join(named)))
    lines = _LINE.findall(summary)
    if named and not about:
        taken_over = [line for line in lines if _OWNER.match(line) and not _is_of(line, named)]
        if taken_over:
            return _only(taken_over)
    best = max((_shared(about or said, line) for line in lines), default=0)
    return _only([line for line in lines if _shared(about or said, line) == best]) if best else None


def _only(lines: Sequence[str]) -> str | None:
    """Return the only one of these lines, or None if there are several or none."""
    return lines[0] if len(lines) == 1 else None


def _shared(stems_of_words: frozenset[str], line: str) -> int:
    """Return how many words a line of a summary shares with others; its links do not count."""
    return len(stems_of_words & stems(unaccented(_LINKS.sub("", line))))


def _line_named(summary: str, which: str) -> str | None:
    """Return the one line that words name, by its words or by the number of its action, or None."""
    number = short_answer(which).number
    if number is None:
        return _line_about(summary, which)
    actions = [line for line in _LINE.findall(summary) if _OWNER.match(line)]
    return actions[number - 1] if number <= len(actions) else None


def _owners(summary: str) -> str:
    """Return the owners of actions, as the lines at the head of a summary name them."""
    owners = (owner["who"] for line in _LINE.findall(summary) if (owner := _OWNER.match(line)))
    return ", ".join(dict.fromkeys(owners))


def _is_of(line: str, named: Sequence[str]) -> bool:
    """Return True if a line is an action of one of these members."""
    owner = _OWNER.match(line)
    return owner is not None and owner["who"] in {shown(name) for name in named}


def likely_lines(summary: str) -> list[str]:
    """Return the actions of a summary without their links, for people to choose from."""
    return [_LINKS.sub("", line).removesuffix(" ()") for line in _LINE.findall(summary) if _OWNER.match(line)]


def _redated(line: str, day: date, due_words: Callable[[date], str]) -> str:
    """Put a day into the line of an action, in place of the one that stands there."""
    sample = re.escape(due_words(date(2000, 1, 2)))
    pattern = re.sub(r"2\\ janvier\\ 2000|2\\ January\\ 2000", r"\\d{1,2}(?:er)? \\S+ \\d{4}", sample)
    if re.search(pattern, line):
        return re.sub(pattern, lambda _: due_words(day), line, count=1)
    place = line.rfind(" ([")
    return f"{line[:place]}, {due_words(day)}{line[place:]}" if place > 0 else line


def amended(actions: Iterable[OpenAction], corrected: Corrected) -> list[OpenAction]:
    """Return the actions of the corrected line that the correction changed, as they are now."""
    return [
        replace(
            action,
            who=corrected.owner or action.who,
            due=corrected.due.isoformat() if corrected.due else action.due,
        )
        for action in actions
        if action.link in corrected.links and (corrected.owner or corrected.due)
    ]


def lines_about(summary: str, question: str, most: int = 3) -> list[str]:
    """Return the lines of a summary that share most words with a question, in order; none if no line shares
    any."""
    about = stems(unaccented(question))
    scored = [(_shared(about, line), line) for line in _LINE.findall(summary)]
    best = max((score for score, _ in scored), default=0)
    return [line for score, line in scored if score == best][:most] if best else []
