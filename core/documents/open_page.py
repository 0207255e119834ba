"""The page that is being filled while a document is read: sections, each a heading and blocks of Markdown."""

from __future__ import annotations

from dataclasses import dataclass, field

from core.documents.document import Page, Section


@dataclass(slots=True)
class OpenSection:
    """The blocks under one heading."""

    level: int = 0
    heading: str = ""
    blocks: list[str] = field(default_factory=list[str])


@dataclass(slots=True)
class OpenPage:
    """A page to which sections and blocks are added.

    `aside` is what readers must know before the text of the page, until it is put into the text. `in_list` is
    True while the last block is a list that goes on.
    """

    name: str = ""
    aside: str = ""
    in_list: bool = False
    sections: list[OpenSection] = field(default_factory=lambda: [OpenSection()])

    def take_aside(self) -> str:
        """Return the aside once, then an empty text."""
        aside, self.aside = self.aside, ""
        return aside

    def add_section(self, level: int, heading: str) -> None:
        self.sections.append(OpenSection(level, heading))
        self.in_list = False

    def add_block(self, block: str) -> None:
        self.sections[-1].blocks.append(block)
        self.in_list = False

    def add_item(self, line: str) -> None:
        """Add an entry to the list that goes on, or begin a list with it."""
        blocks = self.sections[-1].blocks
        if self.in_list and blocks:
            blocks[-1] += "\n" + line
        else:
            blocks.append(line)
        self.in_list = True

    def closed(self, number: int) -> Page:
        """Return the page with its number, without empty sections."""
        sections = tuple(
            Section(page=number, level=each.level, heading=each.heading, text="\n\n".join(each.blocks))
            for each in self.sections
            if each.heading or each.blocks
        )
        return Page(number=number, name=self.name, sections=sections)
