"""One question over HTTP, and its answer: for what is asked now and then (tokens, checks). httpx is imported
when it is first needed; streams and servers are aiohttp's."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field

from core.errors import RelaisError
from core.tls import Trouble, causes, certificate_trouble, unreached

LARGEST = 5_000_000
"""Bytes of an answer that are read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpReply:
    """The status, the first bytes of the answer, and when the server says that it answered."""

    status: int
    date: str = ""
    body: bytes = field(repr=False)


class NoReply(RelaisError):
    """Nothing came back: `reason` names the kind of error; `certificate`: what is wrong with the server's;
    `unnamed`: no address is known under its name."""

    def __init__(self, reason: str, *, certificate: Trouble = "", unnamed: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.certificate: Trouble = certificate
        self.unnamed = unnamed


async def ask(
    url: str,
    *,
    context: ssl.SSLContext | bool = True,
    headers: Mapping[str, str] | None = None,
    form: Mapping[str, str] | None = None,
    file: tuple[str, bytes, str] | None = None,
    body: tuple[bytes, str] | None = None,
    within: float,
) -> HttpReply:
    """GET, or POST with a `form` or a `body` (its bytes and media type), within so many seconds. Raises
    NoReply. `file` goes with the form: its name, bytes and media type.

    `context` is for HTTP alone: httpx writes the protocol into it, which a mail server then refuses."""
    import httpx

    # As bytes: of text, httpx takes ASCII only.
    sent = {name.encode(): value.encode() for name, value in (headers or {}).items()}
    if body is not None:
        sent[b"Content-Type"] = body[1].encode()
    try:
        async with (
            asyncio.timeout(within),
            httpx.AsyncClient(verify=context, timeout=within, trust_env=False) as client,
            client.stream(
                "POST" if form or body else "GET",
                url,
                headers=sent,
                data=form,
                content=body[0] if body else None,
                files={"file": file} if file else None,
            ) as response,
        ):
            came = b""
            async for chunk in response.aiter_bytes():
                came += chunk
                if len(came) >= LARGEST:
                    break
            date = response.headers.get("date", "")
            return HttpReply(status=response.status_code, date=date, body=came[:LARGEST])
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        unnamed = any(isinstance(each, socket.gaierror) for each in causes(error))
        raise NoReply(
            str(unreached(error)), certificate=certificate_trouble(error), unnamed=unnamed
        ) from None
