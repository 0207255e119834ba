"""What the terminal itself says; everything else that people read comes from `core.texts`."""

from __future__ import annotations

from core.language.phrasebook import Fixed, Phrasebook


class Words(Phrasebook):
    """The words of the terminal in one language."""

    welcome = Fixed()

    def no_file(self, path: str, why: str) -> str:
        return self.say("no_file", path=path, why=why)

    which_file = Fixed()

    def saved(self, path: str) -> str:
        return self.say("saved", path=path)

    deleted = Fixed()
