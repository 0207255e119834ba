"""Regular expressions and lists of words as data: the TOML file beside the module that looks for them.

An entry is an expression, whose lines are one; or a table of lists of alternatives, and of the `pattern` in
which they stand (`{words}`). In an expression `{name}` is another entry, or what the module gives.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

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
