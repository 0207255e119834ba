"""What the texts of all subjects share: contacts, the data notice, the names of levels and places."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

from core.language.commonmark import literal
from core.language.phrasebook import Phrasebook
from core.policy.channels import elsewhere
from core.sensitivity.level import Level

FOLDER = Path(__file__).parent
LONGEST = 80
"""Characters of an echo at most: enough to recognise one's own words."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DataNotice:
    """What the operator says of the processing of people's data (GDPR, article 13). None says nothing."""

    controller: str | None = None
    purpose: str | None = None
    legal_basis: str | None = None
    recipients: str | None = None
    homologation: str | None = None
    dpo: str | None = None
    url: str | None = None
    """Where people read the page `/notice`."""

    @property
    def missing(self) -> tuple[str, ...]:
        """The names of the fields that the operator left out."""
        return tuple(each.name for each in fields(self) if not getattr(self, each.name))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Contacts:
    """Whom people can turn to. Made once where relais starts. None if the operator named nobody."""

    help: str | None = None
    security: str | None = None
    care: str | None = None
    """Who listens to an agent who is in danger or harassed."""
    notice: DataNotice = DataNotice()


class Speaker(Phrasebook):
    """What the texts of all subjects share: whom to turn to, and the names of levels and places."""

    def __init__(self, language: str, contacts: Contacts) -> None:
        super().__init__(language, *sorted(FOLDER.glob("*_texts.toml")))
        self.contacts = contacts
        help, url = contacts.help, contacts.notice.url
        self.always = {
            "whom": self.say("whom", contact=help) if help else "",
            "security": contacts.security or self.say("security"),
            "notice": self.say("notice", url=url) if url else "",
        }

    def level_name(self, level: Level) -> str:
        return level.titled(self.language)

    def places(self, kinds: Sequence[str]) -> str:
        """Return where to write instead, by kind of audience: « dans un salon chiffré, ou par mail »."""
        found = (elsewhere(kind, self.language) for kind in kinds)
        return self.say("or").join(filter(None, found))


def echo(said: str) -> str:
    """Return the words of `said` in one line of at most `LONGEST` characters, without backticks."""
    words = " ".join(said[: 4 * LONGEST].replace("`", "").split())
    shown = "".join(char for char in words if char.isprintable())
    return shown if len(shown) <= LONGEST and len(said) <= 4 * LONGEST else f"{shown[: LONGEST - 1]}…"


def shown(said: str) -> str:
    """Return the `echo` of some words as CommonMark that shows each character. Within code, use `echo`."""
    return literal(echo(said))
