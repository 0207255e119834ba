"""The IMAP connection, where a server does what Dovecot does only at times."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from connectors.mail.imap import Imap
from connectors.mail.server import Server
from connectors.mail.source import Listing

ANSWERS = {
    "CAPABILITY": "* CAPABILITY IMAP4rev1 IDLE\r\n",
    "EXAMINE": "* 0 EXISTS\r\n* OK [UIDVALIDITY 1] it\r\n* OK [UIDNEXT 1] next\r\n",
}


@asynccontextmanager
async def server(*, after_idle: str) -> AsyncGenerator[Server]:
    """A server that says `after_idle` in one piece with its word that it waits."""

    ended = asyncio.Event()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"* OK ready\r\n")
        while line := (await reader.readline()).decode():
            tag, command, *_ = line.split()
            writer.write(ANSWERS.get(command, "").encode())
            if command == "IDLE":
                writer.write(f"+ idling\r\n{after_idle}".encode())
                await reader.readline()
            writer.write(f"{tag} OK done\r\n".encode())
        writer.close()
        ended.set()

    async with await asyncio.start_server(talk, "127.0.0.1", 0) as listening:
        host, port, *_ = listening.sockets[0].getsockname()
        yield Server(
            host=host, port=port, tls=False, user="u", password="p", context=ssl.create_default_context()
        )
        await ended.wait()
        await asyncio.sleep(0)  # its transport is closed in the next round of the loop


async def test_news_that_come_with_the_word_that_the_server_waits_are_heard() -> None:
    """A mail that arrives at that moment is not left until the next look, most of a minute later."""
    async with server(after_idle="* 1 EXISTS\r\n") as there:
        imap = Imap(there)
        async with asyncio.timeout(60):
            await imap.news(Listing(validity=1, next=1, uids=()), 600.0)
        imap.close()


async def test_without_news_the_server_is_waited_for() -> None:
    """The word that it waits alone is no news."""
    async with server(after_idle="") as there:
        imap = Imap(there)
        began = time.monotonic()
        await imap.news(Listing(validity=1, next=1, uids=()), 0.3)
        waited = time.monotonic() - began
        imap.close()
    assert waited >= 0.3
