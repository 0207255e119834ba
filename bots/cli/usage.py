"""What the command line says of itself, whole in one language: argparse's own words are English alone."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

Said = Callable[[str, str], str]
"""Chooses between a French and an English text."""

_FRENCH = {
    "usage: ": "utilisation : ",
    "positional arguments": "arguments\u00a0",
    "options": "options\u00a0",
    "show this help message and exit": "montrer cette aide",
    "the following arguments are required: %s": "il manque : %s",
    "unrecognized arguments: %s": "arguments inconnus : %s",
    "argument %(argument_name)s: %(message)s": "argument %(argument_name)s : %(message)s",
    "expected one argument": "attend une valeur",
    "expected at least one argument": "attend au moins une valeur",
    "expected %s argument": "attend %s valeur",
    "expected %s arguments": "attend %s valeurs",
    "ignored explicit argument %r": "n’attend pas la valeur %r",
    "invalid choice: %(value)r (choose from %(choices)s)": "%(value)r inconnu (choisir parmi %(choices)s)",
    "invalid %(type)s value: %(value)r": "valeur %(value)r impossible",
    "ambiguous option: %(option)s could match %(matches)s": "%(option)s peut vouloir dire %(matches)s",
    "%(prog)s: error: %(message)s\n": "%(prog)s : %(message)s\n",
}


def said(language: str) -> Said:
    return lambda french, english: english if language == "en" else french


class Parser(argparse.ArgumentParser):
    """Shows the help of a command, and what is wrong with its arguments, in the language of `speak`."""

    def add_version(self, text: str) -> None:
        self.add_argument("--version", action=_Version, nargs=0, help=text)


class _Version(argparse.Action):
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


def speak(language: str) -> None:
    """Have argparse speak this language from now on. It looks its words up by `gettext`, in catalogues that a
    system has or has not; here they come from one table."""
    words = _FRENCH if language == "fr" else {}

    def one(text: str) -> str:
        return words.get(text, text)

    def several(singular: str, plural: str, n: int) -> str:
        return one(singular if n == 1 else plural)

    setattr(argparse, "_", one)  # noqa: B010 - names that stubs do not know
    setattr(argparse, "ngettext", several)  # noqa: B010
