"""The connector's part of the settings, ready for use."""

from __future__ import annotations

from dataclasses import dataclass, field

from connectors.mail.safety import Rules
from connectors.mail.server import Server, Tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxConfig:
    """`folders`: done, failed, quarantine. Mails come by `imap`, or are posted by who knows `secret`."""

    rules: Rules
    imap: Server | None
    smtp: Server
    folders: tuple[str, str, str]
    language: str = "fr"
    secret: str = field(default="", repr=False)
    tokens: Tokens | None = field(default=None, repr=False)

    @property
    def address(self) -> str:
        return self.rules.address
