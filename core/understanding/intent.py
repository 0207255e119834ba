"""What a text asks for: the typed value that understanding gives and that every bot reads."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, get_args

Kind = Literal[
    "summarise",  # what: room, thread, document; form, since, last, from
    "actions",
    "ask",
    "ask_document",
    "help",
    "about",  # the bot itself: its data, limits, model, who runs it
    "new",
    "stop",
    "forget",
    "data",
    "level",  # level
    "model",  # model
    "language",  # language
    "mask",  # on
    "export",  # format
    "archive",  # on
    "human",
    "why",
    "again",
    "footprint",  # what answers took
    "feedback",  # what is said of the last answer
    "settings",
    "schedule",  # when
    "thanks",
    "yes",
    "no",
]
KINDS: tuple[Kind, ...] = get_args(Kind)
Place = Literal["room", "direct", "mail"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """What a text asks for.

    `arguments` holds only what was said: `what` (room, thread, document), `form`, `since` (as said,
    « hier 14h »), `last` (how many messages), `from` (a person), `level` (N0 to N4), `model`, `language` (fr,
    en), `on`, `format` (docx, odt, pdf, md, ics, csv, txt), `when`, `words` (what follows a command).
    `others` are further kinds that may be meant, most likely first, where the text is not clear.
    """

    kind: Kind
    arguments: dict[str, str | int | bool] = field(default_factory=dict[str, str | int | bool])
    why: str
    """What was recognised, in a few words: « commande !aide », « résume + salon »."""
    others: tuple[Kind, ...] = ()
    chance: float = 1.0
    """The probability of `kind`, 0 to 1; 1 for a command."""
    command: str | None = None
    """The word of the command as typed, without its mark; None for plain words."""
    unknown: bool = False
    """True for a `!word` that is no command; `arguments["near"]` is then the word that is probably meant."""

    @property
    def sure(self) -> bool:
        """Say whether the text is clear enough to act on without asking."""
        return not self.others
