"""What operators read of relais, in their language: that of `RELAIS_LANGUAGE`, else French.

A `Phrase` is made where something is found, and said where it is shown: only then are the files of
`operators/` read. It must be said even where the settings themselves are broken, so the language is looked up
in the environment and in `.env` alone.
"""

from __future__ import annotations

import errno
import os
import pwd
from functools import cache, lru_cache
from io import StringIO
from pathlib import Path

from core.language.phrasebook import Phrasebook

SETTING = "RELAIS_LANGUAGE"


class Phrase:
    """The sentence of a key, with these words in it. What is to be done about it stands beside it, as
    `remedy`, under the key `….remedy`."""

    __slots__ = ("key", "words")

    def __init__(self, key: str, /, **words: object) -> None:
        self.key = key
        self.words = words

    def __str__(self) -> str:
        return operators_book().say(self.key, **self.words)

    @property
    def remedy(self) -> str:
        """What to do; empty where nothing is to be done."""
        return operators_book().word(f"{self.key}.remedy", "").format(**self.words)

    def about(self, **more: object) -> Phrase:
        """The same phrase with more words."""
        return Phrase(self.key, **self.words, **more)


def tell(key: str, /, **words: object) -> str:
    """What is said at once."""
    return str(Phrase(key, **words))


def os_reason(error: OSError | UnicodeDecodeError) -> Phrase:
    """Why a file cannot be read or written."""
    code = errno.errorcode.get(error.errno or 0, "") if isinstance(error, OSError) else "UTF8"
    if operators_book().word(f"why.{code}", ""):
        return Phrase(f"why.{code}")
    return Phrase("why.other", said=getattr(error, "strerror", error))


def account(uid: int) -> str:
    """The name of an account of this machine; its number where it has none (a container's may have none)."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def operators_book() -> Phrasebook:
    """What is said to operators, in their language."""
    return Phrasebook(language(), *_files())


@cache
def _files() -> list[Path]:
    return sorted(Path(__file__).with_name("operators").glob("*.toml"))


def language() -> str:
    """`fr` or `en`: French unless `RELAIS_LANGUAGE` is English."""
    given = os.environ.get(SETTING) or _written()
    return "en" if given.strip().lower() == "en" else "fr"


def _written() -> str:
    """What `.env` gives, whatever else is wrong in it."""
    try:
        there = Path(".env").stat()
        return _written_in(there.st_dev, there.st_ino, there.st_mtime_ns, there.st_size)
    except (OSError, UnicodeDecodeError):
        return ""


@lru_cache(maxsize=1)
def _written_in(*_of: int) -> str:
    """The same for the same file, unchanged. Raises OSError, UnicodeDecodeError."""
    from dotenv.parser import parse_stream

    text = Path(".env").read_text(encoding="utf-8")
    return next((each.value or "" for each in parse_stream(StringIO(text)) if each.key == SETTING), "")
