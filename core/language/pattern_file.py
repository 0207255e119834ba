"""Regular expressions and lists of words as data: the TOML file beside the module that looks for them.

An entry is an expression, whose lines are one; or a table of lists of alternatives, and of the `pattern` in
which they stand (`{words}`). In an expression `{name}` is another entry, or what the module gives.

A pattern that is a long list of ways of saying something is a section of a text file (`read_sections`), a
line each.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_NAMED = re.compile(r"([A-Z_]+) = (.+)")
_SECTION = re.compile(r"\[(\w+\*?)\]")
_NAME = re.compile(r"\{([A-Z_]+)\}")
_REFERENCE = re.compile(r"\{([a-z][a-z_0-9]*)\}")


def toml_beside(module: str) -> dict[str, Any]:
    """Read the file that stands beside a module (`__file__`) and bears its name."""
    return tomllib.loads(Path(module).with_suffix(".toml").read_text(encoding="utf-8"))


class PatternFile:
    """The entries of one file, or of one table of it."""

    def __init__(self, entries: Mapping[str, Any]) -> None:
        self._entries = entries

    def pattern(self, name: str, **given: str) -> re.Pattern[str]:
        """Compile the entry of this name; `given` are the words for names that are no entries."""
        return re.compile(self._written(name, given))

    def patterns(self, table: str) -> dict[str, re.Pattern[str]]:
        """Compile each expression of a table of them, by its name."""
        return {name: re.compile(text.replace("\n", "")) for name, text in self._entries[table].items()}

    def words(self, name: str) -> dict[str, str]:
        """Each word of a table of lists (`docx = "doc word"`), with the name of its list."""
        return {word: kind for kind, words in self._entries[name].items() for word in words.split()}

    def _written(self, name: str, given: Mapping[str, str]) -> str:
        if name in given:
            return given[name]
        entry: str | dict[str, Any] = self._entries[name]
        lists: Mapping[str, Any] = {} if isinstance(entry, str) else entry
        text = entry if isinstance(entry, str) else entry.get("pattern", "{words}")

        def filled(reference: re.Match[str]) -> str:
            named = reference[1]
            if named in lists:
                return _REFERENCE.sub(filled, "|".join(lists[named]))
            return self._written(named, given)

        return _REFERENCE.sub(filled, text.replace("\n", ""))


def read_sections(text: str) -> dict[str, list[str]]:
    """Read the lines of each section (`[health]`, `[agrees*]`) of a file of patterns. In a line `{NAME}`
    stands for what `NAME = …` or the section `[name]` above it gives; an indented line goes on with the one
    before; a line that begins with `#` is a comment."""
    named: dict[str, str] = {}
    sections: dict[str, list[str]] = {}
    section = ""
    for line in filter(None, text.replace("\n  ", "").splitlines()):
        if line.startswith("#"):
            continue
        said = _NAME.sub(lambda name: named[name[1]], line)
        if begun := _SECTION.fullmatch(line):
            section = begun[1]
            sections[section] = []
        elif given := _NAMED.fullmatch(said):
            named[given[1]] = given[2]
        else:
            sections[section].append(said)
            named[section.upper()] = f"({'|'.join(sections[section])})"
    return sections
