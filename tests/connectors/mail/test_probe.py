"""`relais doctor` on mail: both servers, each with its remedy."""

from __future__ import annotations

import socket
from collections.abc import AsyncGenerator
from dataclasses import replace

import pytest
import pytest_asyncio

from connectors.mail.config import BoxConfig
from connectors.mail.probe import authenticated, probe, signed
from connectors.mail.safety import Rules
from connectors.mail.server import server as at
from core.documents.mail import headers
from core.documents.mail.headers import Headers
from core.tls import trusting
from tests.rig import mail as rig
from tests.rig.mail import AUTHSERV, DOMAIN, LOOPBACK, mail_server

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.skipif(bool(rig.missing()), reason=rig.missing()),
]
US = f"synthese@{DOMAIN}"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def config() -> AsyncGenerator[BoxConfig]:
    async with mail_server("synthese") as server:
        yield BoxConfig(
            rules=Rules(address=US, authserv_id=AUTHSERV, domains=frozenset({DOMAIN})),
            imap=at(server.imap_url("synthese"), box=US, context=trusting(None, to="mail")),
            smtp=at(server.smtp_url("synthese"), box=US, context=trusting(None, to="mail")),
            folders=("Traités", "Échecs", "Quarantaine"),
        )


async def test_a_mailbox_that_works(config: BoxConfig) -> None:
    """Both logins are well, and folders that are still to come are named."""
    found = await probe(config)
    assert all(ok for ok, _, _ in found)
    assert "Quarantaine" in found[1][1]


async def test_each_server_is_told_apart(config: BoxConfig) -> None:
    """A wrong password for IMAP and a port where nobody is for SMTP: two remedies."""
    with socket.socket() as taken:
        taken.bind((LOOPBACK, 0))
        broken = replace(
            config,
            imap=replace(config.imap, password="faux"),
            smtp=replace(config.smtp, port=taken.getsockname()[1]),
        )
        imap, smtp = await probe(broken)
    assert not imap[0]
    assert "RELAIS_MAIL__IMAP_URL" in imap[1]
    assert not smtp[0]
    assert "RELAIS_MAIL__SMTP_URL" in smtp[2]


async def test_a_refused_login_for_sending_is_said(config: BoxConfig) -> None:
    """The password of SMTP is another than that of IMAP."""
    *_, smtp = await probe(replace(config, smtp=replace(config.smtp, password="faux")))
    assert not smtp[0]
    assert "le serveur refuse la connexion" in smtp[1]


async def test_the_mailbox_of_the_support_is_looked_for(config: BoxConfig) -> None:
    """The server is asked whether it takes mail for it; none is sent."""
    *_, there = await probe(config, support=US)
    assert there[0]
    assert US in there[1]
    *_, nobody = await probe(config, support=f"personne@{DOMAIN}")
    assert not nobody[0]
    assert "RELAIS_SUPPORT__MAILBOX" in nobody[2]


def top(head: str) -> Headers:
    return headers.split(f"{head}\n\n".encode())[0]


async def test_the_name_of_the_authentication_results_is_checked() -> None:
    """Against what stands in mails that came; other names are told."""
    right = top(f"Authentication-Results: {AUTHSERV} (v1); dmarc=pass")
    assert authenticated([right], AUTHSERV)[0]
    assert authenticated([], AUTHSERV)[0]
    ok, said, remedy = authenticated([top("Authentication-Results: autre.example; spf=pass")], AUTHSERV)
    assert not ok
    assert "autre.example" in said
    assert "RELAIS_MAIL__AUTHSERV_ID" in remedy
    assert not authenticated([top("Subject: x")], AUTHSERV)[0]


async def test_the_signature_of_what_we_send_is_checked() -> None:
    """By our own copies; that of another domain is none."""
    assert signed([top(f"DKIM-Signature: v=1; d={DOMAIN}; s=a")], US)[0]
    assert signed([], US)[0]
    assert not signed([top("DKIM-Signature: v=1; d=autre.example; s=a")], US)[0]
    assert not signed([top("Subject: x")], US)[0]
