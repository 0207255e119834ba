"""What the settings say is what connectors are given."""

from __future__ import annotations

import asyncio
from pathlib import Path
from urllib.parse import urlsplit

from bots.serve import mailbox
from core.config.environment import Secret
from core.config.settings import MailSettings, Settings
from tests.rig.mail_extras import authority, token_server

US = "synthese@agents.example"


async def test_mail_servers_are_not_offered_http(tmp_path: Path) -> None:
    """Tokens are asked for over HTTP, under the same authority: mail servers refuse whoever speaks that."""
    own = authority(tmp_path / "ca")
    own.context.set_alpn_protocols(["http/1.1"])
    async with token_server("application:secret", US, own.context) as server:
        url = urlsplit(server.token_url)
        given = MailSettings(
            address=US,
            smtp_url=Secret("smtps://smtp.agents.example"),
            oauth_token_url=server.token_url,
            oauth_client=Secret("application:secret"),
        )
        box = mailbox(Settings(ca_file=own.ca_file, mail=(given,)), given)
        assert box.tokens is not None
        await box.tokens.get()
        _, writer = await asyncio.open_connection(url.hostname, url.port, ssl=box.smtp.context)
        assert writer.get_extra_info("ssl_object").selected_alpn_protocol() is None
        writer.close()
        await writer.wait_closed()
