"""A correction of a summary by somebody who was there: said in the line that it is about. Pure.

Nobody's words are changed: the line keeps what it quotes and gains who corrects it, with what words and
where; of an action the owner and the day follow the correction when it names them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from bots.summariser.dates import days
from bots.summariser.room.action_list import Open
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
"""What is said not to be: « pas jeudi » names no day that is meant."""
_TOLD = 12
"""Characters by which a line is known again, at least; « rien » tells none."""
_LINE = re.compile(r"^- .*$", re.MULTILINE)
_OWNER = re.compile(r"^- \*\*(?P<who>[^*]+)\*\*\u00a0:")
_TARGET = re.compile(r"\]\(([^)\s]+)\)")
_LINKS = re.compile(r"\[[^\]]*\]\([^)\s]+\)")
"""What leads to messages, with their authors: no part of what a line says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """What somebody says against a summary, when, and what opens their message."""

    who: str
    words: str = field(repr=False)
    at: datetime
    link: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrected:
    """The whole summary with its line corrected; `links` are those of the line, `owner` and `due` what the
    correction says of an action, None where it says nothing."""

    text: str = field(repr=False)
    links: tuple[str, ...]
    owner: str | None = None
    due: date | None = None


def corrects(text: str) -> bool:
    """Is this a correction, rather than a question?"""
    plain = unaccented(text)
    return not plain.rstrip().endswith("?") and _CORRECTS.search(plain) is not None


def without_denied(text: str) -> str:
    """Take what is said not to be out of a text: « pas jeudi »."""
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
    """None when no line, or more than one, may be meant. `note` makes what the line gains of a link,
    `due_words` writes a day as the summary does; `which` are words that name the line, or the number of its
    action, where the correction does not."""
    plain = unaccented(correction.words)
    named = [member.name for _, member in Names(members).named(plain, correction.words)]
    line = _named(summary, which) if which else _meant(summary, correction.words, named)
    if line is None:
        return None
    told = days(without_denied(correction.words), correction.at.date())
    day = told[-1].day if told else None
    new = line
    owner = _OWNER.match(line)
    if owner is not None:
        new = new.replace(f"**{owner['who']}**", f"**{shown(named[0])}**", 1) if named else new
        new = _redated(new, day, due_words) if day is not None else new
    noted = f" — {note(correction.link)}"
    text = summary.replace(line, new + noted, 1)
    text = text.replace(f"({_owners(summary)})", f"({_owners(text)})", 1)  # at the head
    if owner is None and (head := _brief(summary, line)) is not None:
        text = text.replace(head, head + noted, 1)  # who reads no further reads it too
    return Corrected(
        text=text,
        links=tuple(_TARGET.findall(line)),
        owner=named[0] if named and owner else None,
        due=day if owner else None,
    )


def _brief(summary: str, line: str) -> str | None:
    """The line at the head of a summary that tells a line of its lists again, shortened."""
    for above in summary[: summary.find(line)].splitlines():
        told = above.partition(":")[2].strip().rstrip("…")
        if not above.startswith("- ") and len(told) >= _TOLD and told in line:
            return above
    return None


def _meant(summary: str, words: str, named: Sequence[str]) -> str | None:
    """The one line that shares most with the words; who is `named` takes it over, and other lines too name
    them, so that their names count only where nothing else does. « C’est Inès qui s’en charge » tells no
    line: it is about the only action that is not hers."""
    said = stems(unaccented(words))
    about = said - stems(unaccented(" ".join(named)))
    lines = _LINE.findall(summary)
    if named and not about:
        taken = [line for line in lines if _OWNER.match(line) and not _is_of(line, named)]
        if taken:
            return taken[0] if len(taken) == 1 else None
    about = about or said
    scored = sorted(
        ((len(about & stems(unaccented(_LINKS.sub("", line)))), line) for line in lines), reverse=True
    )
    if not scored or not scored[0][0] or (len(scored) > 1 and scored[1][0] == scored[0][0]):
        return None
    return scored[0][1]


def _named(summary: str, which: str) -> str | None:
    """The one line that words name, or the action of the number that they are."""
    number = short_answer(which).number
    if number is None:
        return _meant(summary, which, ())
    actions = [line for line in _LINE.findall(summary) if _OWNER.match(line)]
    return actions[number - 1] if number <= len(actions) else None


def _owners(summary: str) -> str:
    """Who has actions, as the lines at the head of a summary name them."""
    owners = (owner["who"] for line in _LINE.findall(summary) if (owner := _OWNER.match(line)))
    return ", ".join(dict.fromkeys(owners))


def _is_of(line: str, named: Sequence[str]) -> bool:
    """Is it an action of one of those who are named?"""
    owner = _OWNER.match(line)
    return owner is not None and owner["who"] in {shown(name) for name in named}


def likely_lines(summary: str) -> list[str]:
    """The actions of a summary, as a correction may name one, without links."""
    return [_LINKS.sub("", line).removesuffix(" ()") for line in _LINE.findall(summary) if _OWNER.match(line)]


def _redated(line: str, day: date, due_words: Callable[[date], str]) -> str:
    """The day of an action's line, put in place of the one that stands there."""
    sample = re.escape(due_words(date(2000, 1, 2)))
    pattern = re.sub(r"2\\ janvier\\ 2000|2\\ January\\ 2000", r"\\d{1,2}(?:er)? \\S+ \\d{4}", sample)
    if re.search(pattern, line):
        return re.sub(pattern, lambda _: due_words(day), line, count=1)
    place = line.rfind(" ([")
    return f"{line[:place]}, {due_words(day)}{line[place:]}" if place > 0 else line


def amended(actions: Sequence[Open], corrected: Corrected) -> list[Open]:
    """The actions of the corrected line, as they are now."""
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
    """The lines of a summary that share most with a question, best first; none when none does."""
    about = stems(unaccented(question))
    scored = [(len(about & stems(unaccented(_LINKS.sub("", line)))), line) for line in _LINE.findall(summary)]
    best = max((score for score, _ in scored), default=0)
    return [line for score, line in scored if score == best][:most] if best else []
