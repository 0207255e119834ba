"""Logging in on real servers: TLS by a private authority, and access tokens instead of a password."""

from __future__ import annotations

import ssl
import tempfile
from collections.abc import AsyncGenerator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import pytest_asyncio

from connectors.mail import smtp
from connectors.mail.imap import Imap
from connectors.mail.server import Server, Tokens, server
from core.errors import ConfigurationError, Deferred
from core.tls import trusting
from tests.rig import mail as rig
from tests.rig.mail import DOMAIN, MailServer, mail_server
from tests.rig.mail_extras import TokenServer, authority, token_server

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.skipif(bool(rig.missing()), reason=rig.missing()),
]
US = f"synthese@{DOMAIN}"
CLIENT = "application:un secret"


@dataclass(frozen=True, kw_only=True)
class Servers:
    mail: MailServer
    oauth: TokenServer
    context: ssl.SSLContext
    tokens_context: ssl.SSLContext

    def at(self, *, starttls: bool = False, password: str = rig.PASSWORD) -> tuple[Server, Server]:
        urls = self.mail.secure_urls("synthese", password=password, starttls=starttls)
        imap, out = (server(url, box=US, context=self.context) for url in urls)
        return imap, out

    def tokens(self, client: str = CLIENT) -> Tokens:
        return Tokens(self.oauth.token_url, client, context=self.tokens_context)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def servers() -> AsyncGenerator[Servers]:
    with tempfile.TemporaryDirectory() as folder:
        other = authority(Path(folder) / "tokens")
        async with (
            token_server(CLIENT, US, other.context) as oauth,
            mail_server("synthese", "anne", tls=True, introspection=oauth.introspection) as mail,
        ):
            assert mail.authority is not None
            context = trusting(mail.authority.ca_file, to="mail")
            yield Servers(mail=mail, oauth=oauth, context=context, tokens_context=trusting(other.ca_file))


MAIL = f"From: {US}\r\nTo: anne@{DOMAIN}\r\nMessage-ID: <1@{DOMAIN}>\r\n\r\nBonjour".encode()


@pytest.mark.parametrize("starttls", [False, True])
async def test_a_private_authority_is_trusted_when_it_is_named(servers: Servers, starttls: bool) -> None:
    """Both servers, from the first byte or by STARTTLS."""
    inward, outward = servers.at(starttls=starttls)
    imap = Imap(inward)
    assert (await imap.listing()).validity
    imap.close()
    before = len(servers.mail.mails("anne"))
    await smtp.send(outward, None, MAIL, [f"anne@{DOMAIN}"])
    await servers.mail.until("anne", before + 1)


async def test_an_unknown_authority_is_not(servers: Servers) -> None:
    """Neither server is spoken to, and no password leaves."""
    inward, outward = (replace(each, context=trusting(None, to="mail")) for each in servers.at())
    imap = Imap(inward)
    with pytest.raises(Deferred, match="IMAP"):
        await imap.listing()
    imap.close()
    with pytest.raises(Deferred, match="SMTP"):
        await smtp.check(outward, None)


async def test_a_certificate_for_another_name_is_not_taken(servers: Servers) -> None:
    """The name is part of what is verified."""
    inward, _ = servers.at()
    imap = Imap(replace(inward, host="127.0.0.2"))
    with pytest.raises(Deferred):
        await imap.listing()
    imap.close()


async def test_tokens_log_in_at_both_servers(servers: Servers) -> None:
    """XOAUTH2, one token for both, asked for once."""
    inward, outward = servers.at(password="")
    tokens, before = servers.tokens(), len(servers.oauth.given)
    imap = Imap(inward, tokens)
    assert (await imap.listing()).validity
    imap.close()
    count = len(servers.mail.mails("anne"))
    await smtp.send(outward, tokens, MAIL, [f"anne@{DOMAIN}"])
    await servers.mail.until("anne", count + 1)
    assert len(servers.oauth.given) == before + 1
    assert servers.oauth.asked >= 2


async def test_a_token_that_was_revoked_is_renewed(servers: Servers) -> None:
    """The server refuses the old one: the next attempt brings a new one."""
    inward, outward = servers.at(password="")
    tokens = servers.tokens()
    await smtp.check(outward, tokens)
    servers.oauth.given.clear()
    imap = Imap(inward, tokens)
    with pytest.raises(Deferred):
        await imap.listing()
    assert (await imap.listing()).validity
    imap.close()
    servers.oauth.given.clear()
    with pytest.raises(Deferred):
        await smtp.check(outward, tokens)
    await smtp.check(outward, tokens)


async def test_a_wrong_client_is_for_an_operator(servers: Servers) -> None:
    """The setting is named."""
    imap = Imap(servers.at(password="")[0], servers.tokens("application:faux"))
    with pytest.raises(ConfigurationError, match="RELAIS_MAIL__OAUTH_CLIENT"):
        await imap.listing()
    imap.close()
