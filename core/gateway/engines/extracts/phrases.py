"""What the embedded engine says around its extracts, in CommonMark."""

from __future__ import annotations

import re
from collections.abc import Sequence

from core.language.commonmark import named
from core.language.phrasebook import Fixed, FixedWord, Phrasebook

_GUILLEMETS = re.compile(r"«[\s\u00a0\u202f]*|[\s\u00a0\u202f]*»")


class Phrases(Phrasebook):
    """The words around extracts in one language."""

    label = FixedWord()
    help = Fixed()
    hint = Fixed()
    requests = Fixed()
    truncated = Fixed()
    pasted = Fixed()

    def summary(self, names: str) -> str:
        return self.say("summary", names=names)

    def request(self, who: str, whom: str, *, promised: bool) -> str:
        who = who or self.say("request.someone")
        if promised:
            return self.say("request.promised", who=who)
        return self.say("request.asked", who=who, whom=self.say("request.whom", whom=whom) if whom else "")

    def plan(self, headings: Sequence[str], *, more: bool) -> str:
        return self.say("plan", headings=" · ".join([*headings, *(["…"] if more else [])]))

    def passages(self, names: str, count: int) -> str:
        return self.say("passages.several" if count > 1 else "passages.one", names=names)

    def under(self, heading: str, quoted: str) -> str:
        return self.say("under", heading=heading, quoted=quoted)

    def nothing(self, names: str) -> str:
        return self.say("nothing", names=names)

    def empty(self, names: str) -> str:
        return self.say("empty", names=names)

    def quote(self, text: str) -> str:
        """Between the signs of the language; those within become others."""
        if self.language == "en":
            return self.name(text.replace("“", "‘").replace("”", "’"))
        return self.name(_GUILLEMETS.sub(lambda mark: "“" if "«" in mark[0] else "”", text))

    def name(self, name: str) -> str:
        return self.say("name", name=name)

    def cite(self, name: str | None, page: int | None) -> str:
        parts = [named(name or ""), None if page is None else f"p. {page}"]
        return ", ".join(part for part in parts if part)
