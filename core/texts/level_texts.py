"""The texts about the level of a conversation, what was found in it, and the model that answers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from core.language.phrasebook import Fixed
from core.sensitivity.level import Finding, Level, Sublevel, because, how_sure
from core.texts.speaker import Speaker, shown


class FindingTexts(Speaker):
    """The part of `Texts` about findings."""

    def found(self, found: Sequence[Finding]) -> str:
        """Return what was found, masked, as part of a sentence."""
        return self._listed(map(self._found, found))

    def explained_findings(self, found: Sequence[Finding]) -> str:
        """Return what was found, why each finding counts and how sure it is."""
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


class LevelTexts(FindingTexts):
    """The part of `Texts` about levels and models."""

    def level(
        self,
        *,
        level: Level,
        ceiling: Level,
        chosen: bool,
        found: Sequence[Finding] | None,
        floor: Level,
        usual: Level,
    ) -> str:
        """Tell the level of a conversation, why it is so, and how to change it.

        `found` is None where others would read what was found. `usual` is the level of a message here in
        which nothing is found.
        """
        if found is None:
            why = self.say("level.hidden")
        elif found:
            why = self.say("level.found", found=self.explained_findings(found))
        else:
            why = self.say("level.chosen" if chosen else "level.usual")
        names = {"level": self.level_name(level), "ceiling": self.level_name(ceiling)}
        said = self.say("level", why=why, **names)
        moves = f"{self._raising(level, ceiling)}{self._lowering(level, floor, usual, chosen=chosen)}"
        return f"{said}\n\n{moves.strip()}" if moves else said

    def _lowering(self, level: Level, floor: Level, usual: Level, *, chosen: bool) -> str:
        """Tell how to lower a level that is above what is `usual` here."""
        if level <= usual:
            return ""
        if floor < level:
            how = "unsure"
        elif chosen:
            how = "chosen"
        else:
            how = "anew"
        return self.say(f"lowering.{how}", floor=floor)

    def _raising(self, level: Level, ceiling: Level) -> str:
        """Tell how to raise the level, if it may be raised."""
        return self.say("raising", level=Level(level + 1)) if level < ceiling else ""

    def level_means(self, level: Level) -> str:
        """Tell what a level stands for."""
        return self.say("level_means", level=self.level_name(level), means=self.say(f"means.{level}"))

    why_hint = Fixed()
    """Tells how to ask about an answer instead."""

    def explained(self, *, level: Level, model: str | None, chosen: bool, others: Sequence[str]) -> str:
        """Tell which model answers at this level, and why. `others` are cleared for it, too."""
        name = self.level_name(level)
        if model is None:
            return self.say("explained.nobody", level=name)
        why = self.say("explained.chosen" if chosen else "explained.frugal")
        more = self.say("explained.more", others=", ".join(others)) if others else ""
        return self.say("explained", level=name, model=model, why=why, more=more)

    def level_too_high(self, level: Level, *, ceiling: Level, elsewhere: Sequence[str]) -> str:
        """Tell that a level cannot be set here because it may not be written here. `elsewhere` are the kinds
        of audience that may carry it."""
        places = self.places(elsewhere)
        where = self.say("level_too_high.where" if places else "level_too_high.nowhere", places=places)
        names = {"level": self.level_name(level), "ceiling": self.level_name(ceiling)}
        return self.say("level_too_high", where=where, **names)

    def level_raised(self, level: Level, *, before: Level) -> str:
        if level == before:
            return self.say("level_raised.already", level=self.level_name(level))
        undo = self.say("level_raised.undo", before=before) if before < level else ""
        return self.say("level_raised", level=self.level_name(level), undo=undo)

    def level_confirm(self, *, level: Level, floor: Level) -> str:
        return self.say("level_confirm", level=self.level_name(level), floor=floor)

    def level_lowered(self, level: Level) -> str:
        return self.say("level_lowered", level=self.level_name(level))

    def level_unknown(self, word: str, *, ceiling: Level) -> str:
        """Tell that no level is called `word`, and name those up to the `ceiling` of this place."""
        levels = ", ".join(self.level_name(each) for each in Level if each <= ceiling)
        return self.say("level_unknown", word=shown(word), levels=levels)

    def level_not_lowered(self, level: Level) -> str:
        return self.say("level_not_lowered", level=self.level_name(level))

    def model_changed(self, model: str, level: Level) -> str:
        return self.say("model_changed", model=model, level=level.name)

    def masking(self, on: bool) -> str:
        return self.say(f"masking.{'on' if on else 'off'}")

    def models(self, names: Sequence[str], current: str | None) -> str:
        if not names:
            return self.say("models.none")
        lines = [f"{n}. `{name}`" for n, name in enumerate(names, 1)]
        answering = names.index(current) if current in names else 0
        lines[answering] += self.say("models.chosen" if current in names else "models.answering")
        return self.say("models", lines="\n".join(lines))

    def model_chosen(self, model: str) -> str:
        return self.say("model_chosen", model=model)

    def model_unknown(self, word: str, names: Sequence[str]) -> str:
        listed = ", ".join(f"`{name}`" for name in names) or self.say("model_unknown.none")
        return self.say("model_unknown", word=shown(word), listed=listed)
