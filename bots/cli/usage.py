"""What the command line says of itself, whole in one language: argparse's own words are English alone."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn

Said = Callable[[str, str], str]
"""Chooses between a French and an English text."""


def said(language: str) -> Said:
    return lambda french, english: english if language == "en" else french


class Version(argparse.Action):
    """Prints the version; found only when it is asked for."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: str | Sequence[Any] | None,
        option_string: str | None = None,
    ) -> NoReturn:
        from importlib import metadata

        parser.exit(message=f"relais {metadata.version('relais')}\n")


def speak(words: Mapping[str, str]) -> None:
    """Have argparse say these words for its own from now on. It looks them up by `gettext`, in catalogues
    that a system has or has not; here they come from one table."""

    def one(text: str) -> str:
        return words.get(text, text)

    def several(singular: str, plural: str, n: int) -> str:
        return one(singular if n == 1 else plural)

    setattr(argparse, "_", one)  # noqa: B010 - names that stubs do not know
    setattr(argparse, "ngettext", several)  # noqa: B010
