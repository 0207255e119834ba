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


def short_tags(vault: Vault, audience: Audience | None) -> frozenset[str]:
    """Tag the people of an audience; None: nobody in particular, who reads everything (an export)."""
    return frozenset(vault.person_tag(each)[:_SHORT] for each in (audience.members if audience else ()))


def could_read(people: frozenset[str], readers: str | None) -> bool:
    """Could all these people, by their short tags, read what is kept with these `readers`?"""
    if readers is None:
        return True
    return people <= {readers[at : at + _SHORT] for at in range(0, len(readers), _SHORT)}
