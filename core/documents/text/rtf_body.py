"""The body of an RTF file: its paragraphs, headings, list entries, tables, notes and hidden text."""

from __future__ import annotations

import re
from collections.abc import Mapping

from core.documents.build import Builder
from core.documents.text.rtf_state import NO_HEADING, Sink
from core.documents.visibility import HiddenText


class RtfBody:
    """Collects the text of the body and gives it to a builder, paragraph by paragraph."""

    def __init__(self, builder: Builder) -> None:
        self._builder = builder
        self.sink = Sink(kind="body")
        self.mark = ""  # of the list entry
        self.hidden = HiddenText(self.sink.pieces)
        self.deleted = HiddenText(self.sink.pieces)
        self._level = self._depth = 0  # of the heading, and of the list entry
        self._in_table = False
        self._row: list[str] = []
        self._rows: list[list[str]] = []
        self._notes: list[str] = []

    def control(self, word: str, number: int, levels: Mapping[int, int]) -> bool:
        """Take a control word that ends or describes a paragraph. Return False if it does not."""
        if word in ("par", "sect", "page"):
            self.end_paragraph()
            return True
        match word:
            case "cell":
                self._row.append(self._take())
            case "row":
                self._end_row()
            case _:
                return self._describe(word, number, levels)
        return True

    def _describe(self, word: str, number: int, levels: Mapping[int, int]) -> bool:
        """Take a control word that says what the paragraph is. Return False if it does not."""
        match word:
            case "pard":
                self._level = self._depth = 0
                self._in_table = False
            case "intbl":
                self._in_table = True
            case "s":
                self._level = levels.get(number, 0)
            case "outlinelevel":
                self._level = number + 1 if number < NO_HEADING else 0
            case "ilvl":
                self._depth = number
            case _:
                return False
        return True

    def end(self) -> None:
        self.end_paragraph()
        self._end_table()
        self._builder.hide(self.hidden.text)
        if deleted := self.deleted.text:
            self._builder.warn("tracked_changes")
            self._builder.place("hidden", deleted)
        for number, note in enumerate(self._notes, 1):
            self._builder.paragraph(f"[^{number}]: {note}")

    def note(self, text: str) -> str:
        """Keep a note for the end, and return its mark in the text."""
        self._notes.append(text.replace("\n", " "))
        return f"[^{len(self._notes)}]"

    def end_paragraph(self) -> None:
        if self._in_table:
            if self.sink.text:
                self.sink.pieces.append("\n")
            return
        self._end_table()
        mark = self.mark
        text = self._take()
        if self._level:
            self._builder.heading(self._level, f"{mark} {text}" if mark and text else text)
        elif mark:
            number = re.search(r"\w", mark) and len(mark) < 12
            self._builder.item(text, depth=self._depth, mark=mark if number else "-")
        else:
            self._builder.paragraph(text)

    def _take(self) -> str:
        text = self.sink.text
        self.sink.pieces.clear()
        self.hidden.part()
        self.deleted.part()
        mark, self.mark = self.mark, ""
        return f"{mark} {text}" if mark and self._in_table else text

    def _end_row(self) -> None:
        self._rows.append(self._row)
        self._row = []

    def _end_table(self) -> None:
        if self._row:  # its end is missing
            self._end_row()
        if self._rows:
            self._builder.table(self._rows)
            self._rows = []
