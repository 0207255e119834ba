"""One IMAP connection, in one thread of its own.

The library is blocking on purpose: of the asynchronous ones, the usual one hangs after a lost connection. A
lost connection ends at once, a frozen one after a minute; then everything raises Deferred and the next call
connects again. The folder is selected anew for each call: a session on a folder that was made again goes on
answering from the old one (RFC 9051, UIDVALIDITY).
"""

from __future__ import annotations

import asyncio
import importlib
import socket
import ssl
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC
from typing import Any, TypeVar

from connectors.mail.server import Server, Tokens
from connectors.mail.source import Head, Listing
from core.documents.mail.headers import CAP
from core.errors import ConfigurationError, Deferred
from core.language.operators import Phrase
from core.tls import unreached

T = TypeVar("T")

imapclient: Any = importlib.import_module("imapclient")  # without types
_errors: Any = importlib.import_module("imapclient.exceptions")
CONNECT_WITHIN, READ_WITHIN = 10, 60
_HEADERS = f"BODY.PEEK[HEADER]<0.{CAP + 1}>"


class Imap:
    """A `Source`. Raises Deferred when the server is away, ConfigurationError when it refuses the login."""

    inbox = "INBOX"

    def __init__(self, server: Server, tokens: Tokens | None = None) -> None:
        self._server = server
        self._tokens = tokens
        self._client: Any = None
        self._lock = asyncio.Lock()
        self._thread = _thread()

    async def listing(self) -> Listing:
        def work(client: Any) -> Listing:
            selected = client.select_folder("INBOX")
            return Listing(
                validity=int(selected[b"UIDVALIDITY"]),
                next=int(selected.get(b"UIDNEXT", 0)),
                uids=tuple(sorted(map(int, client.search(["ALL"])))),
            )

        return await self._do(work)

    async def heads(self, uids: tuple[int, ...]) -> dict[int, Head]:
        def work(client: Any) -> dict[int, Head]:
            client.select_folder("INBOX")
            found = client.fetch(list(uids), ["RFC822.SIZE", "INTERNALDATE", _HEADERS])
            return {
                uid: Head(
                    size=int(each[b"RFC822.SIZE"]),
                    at=each[b"INTERNALDATE"].astimezone(UTC).timestamp(),
                    headers=each[b"BODY[HEADER]<0>"] or b"",
                )
                for uid, each in found.items()
                if b"BODY[HEADER]<0>" in each
            }

        return await self._do(work)

    async def whole(self, folder: str, validity: int, uid: int) -> bytes | None:
        def work(client: Any) -> bytes | None:
            if not client.folder_exists(folder):
                return None
            if int(client.select_folder(folder, readonly=True)[b"UIDVALIDITY"]) != validity:
                return None
            found = client.fetch([uid], ["BODY.PEEK[]"]).get(uid)
            return None if found is None else found[b"BODY[]"]

        return await self._do(work)

    async def with_id(self, folders: tuple[str, ...], id: str) -> tuple[str, int, int] | None:
        def work(client: Any) -> tuple[str, int, int] | None:
            for folder in folders:
                if client.folder_exists(folder):
                    validity = int(client.select_folder(folder, readonly=True)[b"UIDVALIDITY"])
                    if found := client.search(["HEADER", "Message-ID", f"<{id}>"]):
                        return folder, validity, int(found[-1])
            return None

        return await self._do(work)

    async def file(self, validity: int, uid: int, folder: str) -> None:
        def work(client: Any) -> None:
            if not client.folder_exists(folder):
                client.create_folder(folder)
                client.subscribe_folder(folder)
            if int(client.select_folder("INBOX")[b"UIDVALIDITY"]) != validity:
                return
            if client.has_capability("MOVE"):
                client.move([uid], folder)
            elif client.search(["UID", str(uid)]):
                client.copy([uid], folder)
                client.delete_messages([uid])
                client.expunge([uid])

        await self._do(work)

    async def absent(self, folders: tuple[str, ...]) -> list[str]:
        """Those of the folders that are not there."""
        return await self._do(lambda client: [each for each in folders if not client.folder_exists(each)])

    async def latest(self, folder: str, most: int) -> list[bytes]:
        """The headers of the latest messages of a folder, none where there is no such folder."""

        def work(client: Any) -> list[bytes]:
            if not client.folder_exists(folder):
                return []
            client.select_folder(folder, readonly=True)
            found = client.fetch(sorted(client.search(["ALL"]))[-most:], [_HEADERS])
            return [each.get(b"BODY[HEADER]<0>") or b"" for each in found.values()]

        return await self._do(work)

    async def news(self, listed: Listing, seconds: float) -> None:
        def work(client: Any) -> None:
            selected = client.select_folder("INBOX", readonly=True)
            now = (int(selected[b"UIDVALIDITY"]), int(selected.get(b"UIDNEXT", 0)))
            if now == (listed.validity, listed.next):
                client.idle()
                if not _has_said(client):
                    client.idle_check(timeout=seconds)
                client.idle_done()

        if not await self._do(lambda client: bool(client.has_capability("IDLE"))):
            await asyncio.sleep(seconds)
            return
        await self._do(work)

    def close(self) -> None:
        """End at once, whatever the thread waits for. A call that comes later connects anew, in another."""
        self._drop()
        self._thread.shutdown(wait=False, cancel_futures=True)
        self._thread = _thread()

    async def _do(self, work: Callable[[Any], T]) -> T:
        loop = asyncio.get_running_loop()
        async with self._lock:
            token = await self._tokens.get() if self._tokens and self._client is None else ""
            try:
                if self._client is None:
                    self._client = await loop.run_in_executor(self._thread, self._open, token)
                return await loop.run_in_executor(self._thread, work, self._client)
            except _errors.LoginError as error:
                raise self._refused(str(error)) from None
            except (_errors.IMAPClientError, OSError, EOFError, KeyError, ValueError) as error:
                self._drop()
                raise Deferred(f"IMAP: {unreached(error)}", retry_after=2.0) from None
            except asyncio.CancelledError:
                self._drop()
                raise

    def _open(self, token: str) -> Any:
        server = self._server
        client = imapclient.IMAPClient(
            server.host,
            port=server.port,
            ssl=server.tls,
            ssl_context=server.context if server.tls else None,
            timeout=imapclient.SocketTimeout(CONNECT_WITHIN, READ_WITHIN),
        )
        try:
            self._log_in(client, token)
        except BaseException:
            _end(client)
            raise
        return client

    def _log_in(self, client: Any, token: str) -> None:
        server = self._server
        if not server.tls and (not server.local or client.has_capability("STARTTLS")):
            client.starttls(server.context)
        if token:
            client.oauth2_login(server.user, token)
        else:
            client.login(server.user, server.password)

    def _refused(self, answer: str) -> Exception:
        self._drop()
        if "UNAVAILABLE" in answer.upper():
            return Deferred(Phrase("mail.no_login"), retry_after=10.0)
        if self._tokens is None:
            # RFC 5530, 3 (PRIVACYREQUIRED); RFC 9051, 6.2.3 (LOGINDISABLED)
            clear = "PRIVACYREQUIRED" in answer.upper() or "LOGINDISABLED" in answer.upper()
            return ConfigurationError("RELAIS_MAIL__IMAP_URL", "mail.imap_clear" if clear else "mail.login")
        if not self._tokens.refused():
            return Deferred(Phrase("mail.token_refused", server="IMAP"), retry_after=1.0)
        return ConfigurationError("RELAIS_MAIL__OAUTH_CLIENT", "mail.imap_token")

    def _drop(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            _end(client)


def _thread() -> ThreadPoolExecutor:
    """A thread that begins with its first call."""
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="imap")


def _has_said(client: Any) -> bool:
    """Has the server said more than that it waits? What came in one piece with that lies in the buffer of
    imaplib's file, where the library, which watches the socket, would find it only with the next news."""
    if "file" not in vars(client._imap):  # from Python 3.14 on it has a buffer of its own
        return False
    sock = client.socket()
    patience = sock.gettimeout()
    sock.settimeout(0)
    try:
        return bool(client._imap.file.peek(1))
    except ssl.SSLWantReadError:
        return False
    finally:
        sock.settimeout(patience)


def _end(client: Any) -> None:
    """Close the connection, whatever another thread does with it."""
    with suppress(OSError, AttributeError):
        client.socket().shutdown(socket.SHUT_RDWR)
    with suppress(OSError, AttributeError, _errors.IMAPClientError):
        client.shutdown()
