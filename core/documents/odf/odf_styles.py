"""The styles of an OpenDocument, as far as they say what is read: what they hide, what they number."""

from __future__ import annotations

from collections.abc import Iterable

from core.documents.zip_package import Element, attribute, child, find_all, tag

_ANCESTORS = 8
"""Styles that inherit from each other."""


class OdfStyles:
    """The named and automatic styles of one document."""

    def __init__(self, roots: Iterable[Element | None]) -> None:
        self._styles = {
            attribute(style, "name"): style for root in roots for style in find_all(root, "style")
        }
        self._hiding: dict[str, bool] = {}

    def get(self, name: str) -> Element | None:
        return self._styles.get(name)

    def hides(self, element: Element) -> bool:
        """Is it formatted as hidden, or a field that hides its text?"""
        if tag(element).startswith("hidden-"):
            return attribute(element, "is-hidden") == "true"
        name = attribute(element, "style-name")
        if name not in self._hiding:
            self._hiding[name] = self._hides(name)
        return self._hiding[name]

    def _hides(self, name: str) -> bool:
        for _ in range(_ANCESTORS):
            style = self._styles.get(name)
            if style is None:
                break
            if display := attribute(child(style, "text-properties"), "display"):
                return display == "none"
            name = attribute(style, "parent-style-name")
        return False

    def hides_table(self, table: Element) -> bool:
        """Whether a sheet's style hides it."""
        style = self._styles.get(attribute(table, "style-name"))
        return attribute(child(style, "table-properties"), "display") == "false"

    def is_unlisted(self, element: Element) -> bool:
        """Whether its style takes it out of any numbering: an empty name of a list."""
        style = self._styles.get(attribute(element, "style-name"))
        return style is not None and any(
            key.endswith("}list-style-name") and not value for key, value in style.items()
        )
