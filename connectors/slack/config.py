"""What the Slack connector is told: settings of one workspace or several, and what the replica has for it."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from core.connector import OnEcho, Shelf
from core.connector.upkeep import Upkeep
from core.delivery.outbox import Budget


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackConfig:
    """One installation of the app: a workspace, or an enterprise (Grid).

    `app_token` is set for Socket Mode, `signing_secret` for HTTP. `channels` are ids or names (`#projet`) of
    the channels that are served, empty for all in which the bot was invited.
    `setting` names the settings in errors: `RELAIS_SLACK`, or `RELAIS_SLACK[1]` of a list.
    """

    bot_token: str = field(repr=False)
    signing_secret: str = field(default="", repr=False)
    app_token: str = field(default="", repr=False)
    api_url: str = "https://slack.com/api/"
    channels: frozenset[str] = frozenset()
    language: str = "fr"
    setting: str = "RELAIS_SLACK"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wiring:
    """What the connector is given by the replica that it belongs to.

    `shelf` gives the shelf of an installation, by its `Me.home`, which all replicas share. `on_echo` hears of
    the bot's own messages (see `Echo`). `budget` shares Slack's limits among the replicas. `contact` is shown
    on the home of the app. `language_of` gives the language that a person chose. `upkeep` runs each
    installation. `tls` is the context for Slack's certificates. `clock` is in seconds since 1970.
    """

    shelf: Callable[[str], Shelf]
    on_echo: OnEcho | None = None
    budget: Budget | None = None
    contact: str = ""
    language_of: Callable[[str], Awaitable[str | None]] | None = None
    upkeep: Upkeep = field(default_factory=Upkeep)
    tls: Any = None
    clock: Callable[[], float] = time.time
