"""Where a mail server is and how one logs in there: from a URL and, with OAuth2, tokens."""

from __future__ import annotations

import ipaddress
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

import orjson

from core.errors import ConfigurationError, Deferred
from core.gateway.one_shot import NoReply, ask
from core.language.operators import Phrase

PORTS = {"imaps": 993, "imap": 143, "smtps": 465, "smtp": 587}
_MICROSOFT = "login.microsoftonline."


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """`tls`: from the first byte (`imaps`, `smtps`). Else STARTTLS is required, but for this machine."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    tls: bool
    context: ssl.SSLContext = field(repr=False)

    @property
    def local(self) -> bool:
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"


def server(url: str, *, box: str, context: ssl.SSLContext) -> Server:
    """`imaps://user:password@host:port`; without a user the mailbox's address is one."""
    parts = urlsplit(url)
    return Server(
        host=parts.hostname or "",
        port=parts.port or PORTS[parts.scheme],
        user=unquote(parts.username or box),
        password=unquote(parts.password or ""),
        tls=parts.scheme.endswith("s"),
        context=context,
    )


class NoToken(Deferred):
    """The server of access tokens is away, or gives none."""


class Tokens:
    """Access tokens by the client credentials grant (RFC 6749, 4.4), kept until shortly before their end."""

    def __init__(
        self, url: str, client: str, *, context: ssl.SSLContext, clock: Callable[[], float] = time.time
    ) -> None:
        """`client` is `id:secret`; `context` is for HTTP alone (core/gateway/one_shot.py)."""
        self._url = url
        self._id, _, self._secret = client.partition(":")
        self._context = context
        self._clock = clock
        self._token = ""
        self._until = 0.0
        self._uses = 0

    def refused(self) -> bool:
        """A server refused the token: the next is asked for. Was this one new, so that no other will do?"""
        new = self._uses <= 1
        self._token, self._until = "", 0.0
        return new

    async def get(self) -> str:
        """Raises ConfigurationError when it is refused, NoToken when it cannot be had now."""
        self._uses += 1
        if self._clock() < self._until:
            return self._token
        form = {"grant_type": "client_credentials", "client_id": self._id, "client_secret": self._secret}
        if _MICROSOFT in self._url:
            form["scope"] = "https://outlook.office365.com/.default"
        try:
            reply = await ask(self._url, context=self._context, form=form, within=15.0)
            if reply.status in (400, 401, 403):
                raise ConfigurationError(
                    "RELAIS_MAIL__OAUTH_CLIENT", "mail.token_server", status=reply.status
                )
            answer = orjson.loads(reply.body)
            self._token, self._uses = str(answer["access_token"]), 1
            self._until = self._clock() + max(0.0, float(answer.get("expires_in", 300)) - 120.0)
        except (NoReply, LookupError, TypeError, ValueError) as error:
            raise NoToken(
                Phrase("mail.no_token", why=error if isinstance(error, NoReply) else type(error).__name__),
                retry_after=5.0,
            ) from None
        return self._token
