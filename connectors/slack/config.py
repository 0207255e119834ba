"""What the Slack connector needs to know, for one workspace or several."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackConfig:
    """One installation of the app: a workspace, or an enterprise (Grid).

    `app_token` is set for Socket Mode; `signing_secret` for HTTP. `channels` are ids or names (`#projet`) of
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
