"""Who could read what a session holds, as it is kept beside each exchange: short tags of people, one after
another, in order; None: whoever comes, too.

A session is continued only for an audience that could read it: of who comes later, no client shows what was
said before.
"""

from __future__ import annotations

from core.connector import Audience
from core.vault import Vault

_SHORT = 8
"""Characters of a person's tag: among a thousand people, two in ten million would be taken for another."""


def readers_of(vault: Vault, audience: Audience | None) -> str | None:
    """Who can read what is said to an audience, as it is kept."""
    if audience is None or audience.readers is None:
        return None
    return "".join(sorted(_tags(vault, audience)))


class Here:
    """The people of an audience; None: nobody in particular, who reads everything (an export)."""

    def __init__(self, vault: Vault, audience: Audience | None) -> None:
        self._tags = set[str]() if audience is None else _tags(vault, audience)

    def could_read(self, readers: str | None) -> bool:
        if readers is None:
            return True
        return self._tags <= {readers[at : at + _SHORT] for at in range(0, len(readers), _SHORT)}


def _tags(vault: Vault, audience: Audience) -> set[str]:
    return {vault.person_tag(each)[:_SHORT] for each in audience.members}
