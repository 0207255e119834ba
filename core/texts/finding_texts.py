"""What was found in a text, as part of a sentence."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from core.sensitivity.findings import Finding
from core.sensitivity.level import Sublevel
from core.sensitivity.reasons import because, how_sure
from core.texts.speaker import Speaker, shown


class FindingTexts(Speaker):
    """The part of `Texts` about findings."""

    def found(self, found: Sequence[Finding]) -> str:
        """What was found, masked, as part of a sentence."""
        return self._listed(map(self._found, found))

    def explained_findings(self, found: Sequence[Finding]) -> str:
        """What was found, why each counts and how sure that is."""
        return self._listed(map(self._explained, found))

    def _listed(self, found: Iterable[str]) -> str:
        return self.say("listed").join(dict.fromkeys(found))

    def _explained(self, finding: Finding) -> str:
        sure = how_sure(finding.strength, finding.probability, self.language)
        return f"{self._found(finding)}, {because(finding.why, self.language)} ({sure})"

    def _found(self, finding: Finding) -> str:
        around = finding.place == "property" and not finding.source  # no document has it
        where = self.word("where.around" if around else f"where.{finding.place}", "")
        named = finding.source and finding.place != "filename"
        source = self.say("found.source", source=shown(finding.source)) if named else ""
        many = self.say("found.many", count=finding.count) if finding.count > 1 else ""
        return " ".join(filter(None, (self._what(finding), many, where, source)))

    def _what(self, finding: Finding) -> str:
        if finding.sublevel is Sublevel.N4B:
            return self.say("what.classified")
        match finding.kind:
            case "marking" | "tlp" | "pap" | "label" | "unknown_marking" if not finding.excerpt:
                return self.say("what.hidden")
            case "marking" | "tlp" | "pap":
                return self.say("what.marking", excerpt=finding.excerpt)
            case "label" | "unknown_marking" | "unreadable" as kind:
                return self.say(f"what.{kind}", excerpt=finding.excerpt)
            case kind:
                what = self.say(f"kinds.{kind}")
                return f"{what} ({finding.excerpt})" if finding.excerpt else what
