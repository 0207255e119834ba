"""From the text of a setting to its value: pure functions that raise `Wrong`, with the remedy.

No message holds the text itself: it may be a secret.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import TypeVar
from urllib.parse import SplitResult, urlsplit

import orjson

from core.config.environment import Secret
from core.errors import ConfigurationError, RelaisError
from core.language.operators import Phrase

T = TypeVar("T")


class Wrong(RelaisError, ValueError):
    """A value that cannot be: the key and the words of why, and of what to write instead; or a problem, told
    as it is.
    A ValueError, too: pydantic gathers those."""

    def __init__(self, what: str | ConfigurationError, /, **words: object) -> None:
        self.problem = what if isinstance(what, ConfigurationError) else None
        self.what = Phrase(what, **words) if isinstance(what, str) else what.what
        super().__init__(self.what)


_UNITS = {"s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86_400.0, "j": 86_400.0}
_SERVER = re.compile(r"(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?")
_RATE = re.compile(r"\d{1,6}(?:\.\d+)?")
_SECONDS = re.compile(r"(\d+(?:\.\d+)?)\s*([a-z]*)")


def text(raw: str) -> str:
    return raw.strip()


def path(raw: str) -> Path:
    return Path(raw).expanduser()


def existing_file(raw: str) -> Path:
    found = path(raw)
    if not found.is_file():
        raise Wrong("settings.no_file", path=found)
    return found


def seconds(raw: str) -> float:
    """`90s`, `15 min`, `24h`, `7d`, or a bare number of seconds."""
    match = _SECONDS.fullmatch(raw.strip().lower())
    unit = _UNITS.get(match[2] or "s") if match else None
    if match is None or unit is None:
        raise Wrong("settings.duration")
    value = float(match[1]) * unit
    if value <= 0:
        raise Wrong("settings.zero")
    return value


def rate(raw: str) -> float:
    """Messages a second: a number above zero."""
    if not _RATE.fullmatch(raw.strip()) or (value := float(raw)) <= 0:
        raise Wrong("settings.rate")
    return value


def share(raw: str) -> float:
    """A part of a whole, above 0 and at most 1."""
    if not _RATE.fullmatch(raw.strip()) or not 0 < (value := float(raw)) <= 1:
        raise Wrong("settings.share")
    return value


def choice(*allowed: str) -> Callable[[str], str]:
    """One of the words, whatever the case."""

    def parse(raw: str) -> str:
        if (word := raw.strip().lower()) in allowed:
            return word
        raise Wrong("settings.choice", allowed=", ".join(allowed))

    return parse


def matching(pattern: str, key: str) -> Callable[[str], str]:
    """A text of one form, such as a Matrix user id; `key` is that of what is said of another."""
    compiled = re.compile(pattern)

    def parse(raw: str) -> str:
        if compiled.fullmatch(raw.strip()):
            return raw.strip()
        raise Wrong(key)

    return parse


def url(*schemes: str, example: str) -> Callable[[str], str]:
    """A URL of one of the schemes with a host (`unix://`: with a path), both without spaces. It may hold a
    password."""

    def parse(raw: str) -> str:
        try:
            parts = urlsplit(raw.strip())
            _ = parts.port  # raises when it is no number, or above 65535
            place = parts.path if parts.scheme == "unix" else f"{parts.hostname or ' '}{parts.path}"
        except ValueError:
            parts, place = SplitResult("", "", "", "", ""), ""
        if parts.scheme not in schemes or not place or (" " in place and parts.scheme != "unix"):
            raise Wrong("settings.url", schemes=", ".join(schemes), example=example)
        return raw.strip()

    return parse


def secret_url(*schemes: str, example: str) -> Callable[[str], Secret]:
    parse = url(*schemes, example=example)

    def parse_secret(raw: str) -> Secret:
        _check_credentials(raw)
        return Secret(parse(raw))

    return parse_secret


def _check_credentials(raw: str) -> None:
    """Refuse a password that would end the host: of `redis://:12/x@host`, `12` would be taken for a port."""
    scheme, _, rest = raw.partition("://")
    if scheme.endswith("+sentinel"):
        rest = rest.partition("?")[0]
    if re.search("[/?#]", rest.rpartition("@")[0]):
        raise Wrong("settings.url_password")


def store_url(raw: str) -> Secret:
    """`unix://`, or `redis://` or `rediss://` with one host or, separated by commas, several; with `+cluster`
    or `+sentinel` after the scheme (core/store/place.py)."""
    example = "rediss://user:password@host:6379"
    scheme, _, rest = raw.strip().partition("://")
    base, _, kind = scheme.partition("+")
    if base == "unix" and not kind:
        return Secret(url("unix", example=example)(raw))
    _check_credentials(raw)
    authority, slash, path = rest.partition("/")
    credentials, at, hosts = authority.rpartition("@")
    for host in hosts.split(","):
        url("redis", "rediss", "unix", example=example)(f"{base}://{credentials}{at}{host}{slash}{path}")
    if kind not in ("", "cluster", "sentinel") or (kind == "sentinel" and not path):
        raise Wrong("settings.store_url")
    return Secret(raw.strip())


def bind(raw: str) -> tuple[str, int]:
    """`host:port`, `[::1]:port` or `:port` (every address). Port 0 takes a free one."""
    host, colon, port = raw.strip().rpartition(":")
    if not colon or not port.isdigit() or int(port) > 65_535 or (":" in host and not host.startswith("[")):
        raise Wrong("settings.bind")
    return host.strip("[]"), int(port)


def array(parse: Callable[[str], T]) -> Callable[[str], tuple[T, ...]]:
    """A JSON list of texts, each read by `parse`."""

    def parse_all(raw: str) -> tuple[T, ...]:
        try:
            items = orjson.loads(raw)
        except orjson.JSONDecodeError:
            items = None
        if not isinstance(items, list) or not all(isinstance(item, str) and item for item in items):  # pyright: ignore[reportUnknownVariableType]
            raise Wrong("settings.list")
        return tuple(parse(item) for item in items)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]

    return parse_all


def one_or_array(parse: Callable[[str], T]) -> Callable[[str], tuple[T, ...]]:
    """A JSON list, or the text of its only item."""
    several = array(parse)
    return lambda raw: several(raw) if raw.lstrip().startswith("[") else (parse(raw.strip()),)


def server_name(raw: str) -> str:
    """A Matrix server name (spec, appendices 3.1)."""
    if not _SERVER.fullmatch(raw):
        raise Wrong("settings.server_name")
    return raw.lower()


def network(raw: str) -> IPv4Network | IPv6Network:
    """An address, or a network such as 10.0.0.0/8."""
    try:
        return ip_network(raw.strip())
    except ValueError:
        raise Wrong("settings.network") from None


def domain(raw: str) -> str:
    """A mail domain."""
    found = raw.strip().removeprefix("@").lower()
    if not re.fullmatch(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+", found):
        raise Wrong("settings.mail_domain")
    return found


def long_secret(raw: str) -> Secret:
    if len(raw) < 32:
        raise Wrong("settings.short_key", length=len(raw))
    return Secret(raw)
