"""Where settings come from: the environment, then `.env` in the working directory.

Both give names to values; the environment wins, and an empty value counts as not given. Everything that
starts with `RELAIS_` must be a name that relais knows: a misspelt setting that is silently ignored is worse
than a start that stops. Other names of `.env` may be keys that the policy names (`api_key_env`); those that
look like a misspelt setting are reported.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path

from dotenv.parser import parse_stream

from core.errors import ConfigurationError, ConfigurationErrors
from core.language.operators import os_reason

PREFIX = "RELAIS_"
FILE = "_FILE"


@dataclass(frozen=True, slots=True)
class Secret:
    """A value that no log, trace or `repr` shows."""

    _value: str = field(repr=False)

    def reveal(self) -> str:
        return self._value

    def __repr__(self) -> str:
        return "Secret('**********')"

    __str__ = __repr__

    def __bool__(self) -> bool:
        return bool(self._value)


@dataclass(frozen=True, slots=True)
class SecretFile:
    """A secret that stands in a file, named by `name`: whoever renews it need not start relais anew."""

    name: str
    path: str

    def reveal(self) -> str:
        """What the file holds now; the newline that ends it is not part of it. Raises ConfigurationError."""
        try:
            read = Path(self.path).read_text(encoding="utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigurationError(
                self.name, "settings.unread", path=self.path, why=os_reason(error)
            ) from None
        if not read.strip():
            raise ConfigurationError(self.name, "settings.empty", path=self.path)
        return read


Key = Secret | SecretFile
"""What opens a gateway, as the environment gives it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """All names that were given, with their values. Nothing here is parsed or checked."""

    values: Mapping[str, str] = field(repr=False)
    dotenv: frozenset[str] = frozenset()
    """The names that stand in `.env` only."""

    def get(self, name: str) -> str | None:
        return self.values.get(name) or None

    def key(self, name: str) -> Key | None:
        """The secret `name`, a setting or a key that the policy names (`api_key_env`), given as itself or as
        the path of a file in `name_FILE`. Raises ConfigurationError when both are given."""
        path, value = self.values.get(name + FILE), self.values.get(name)
        if path and value:
            raise ConfigurationError(name, "settings.twice", name=name)
        return SecretFile(name + FILE, path) if path else Secret(value) if value else None

    def secret(self, name: str) -> Secret | None:
        """The secret `name` as it is now. Raises ConfigurationError: it is given twice, its file cannot be
        read."""
        key = self.key(name)
        return Secret(key.reveal()) if key else None

    def unknown(self, known: Collection[str]) -> Iterator[ConfigurationError]:
        """One error for each name that is no setting but claims to be, or looks like, one."""
        for name in sorted(self.values):
            if name in known or not self._claims(name, known):
                continue
            near = nearest(name, known)
            where = " (.env)" if name in self.dotenv else ""
            key = "settings.unknown_near" if near else "settings.unknown"
            yield ConfigurationError(name, key, near=near, where=where)

    def _claims(self, name: str, known: Collection[str]) -> bool:
        if name.upper().startswith(PREFIX):
            return True
        return name in self.dotenv and (PREFIX + name in known or bool(nearest(name, known, cutoff=0.92)))


def nearest(word: str, known: Collection[str], *, cutoff: float = 0.75) -> str | None:
    """The known word that `word` most likely was meant to be."""
    upper = word.upper()
    for exact in (upper, PREFIX + upper):
        if exact in known:
            return exact
    found = difflib.get_close_matches(upper, sorted(known), n=1, cutoff=cutoff)
    return found[0] if found else None


def read_environment(environ: Mapping[str, str], folder: Path) -> Environment:
    """The given environment, completed by the file `.env` of `folder`. Raises ConfigurationError."""
    path = folder / ".env"
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Environment(values=dict(environ))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(".env", "settings.dotenv_unread", why=os_reason(error)) from None
    written = parse_dotenv(text)
    given = {name: value for name, value in environ.items() if value}
    return Environment(values=written | given, dotenv=frozenset(written.keys() - given.keys()))


def parse_dotenv(text: str) -> dict[str, str]:
    """Names and values of a `.env` file: `NAME=value`, `NAME='as is'`, `NAME="with \\n"`, `# comment`.

    Nothing is interpolated: a `$` in a password is a dollar. Raises ConfigurationErrors with line numbers.
    """
    values: dict[str, str] = {}
    problems: list[ConfigurationError] = []
    for binding in parse_stream(StringIO(text.lstrip("\ufeff"))):
        written = binding.original.string
        line = f".env:{binding.original.line + len(written) - len(written.lstrip())}"
        if binding.key is None and not binding.error:
            continue
        if binding.key is None or binding.value is None:
            problems.append(ConfigurationError(line, "settings.dotenv_form"))
        elif binding.key in values:
            problems.append(ConfigurationError(line, "settings.dotenv_twice", name=binding.key))
        else:
            values[binding.key] = binding.value
    ConfigurationErrors.raise_any(problems)
    return values
