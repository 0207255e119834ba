"""Where packages go: a folder that the archives empty, or an endpoint that takes them by HTTP."""

from __future__ import annotations

import asyncio
import hashlib
import os
import ssl
from collections.abc import Awaitable, Callable
from pathlib import Path

from core.errors import Deferred, Rejected
from core.one_shot import NoReply, ask

Hand = Callable[[str, bytes], Awaitable[bytes]]
"""Hands over the package `id`; what acknowledges it. Raises Deferred, Rejected."""
WITHIN = 60.0
_LATER = (408, 425, 429)


def to_folder(folder: Path) -> Hand:
    """Packages as files `ID.zip`, whole or not at all."""

    def write(id: str, data: bytes) -> bytes:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            draft = folder / f".{id}.part"
            with draft.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(folder / f"{id}.zip")
        except OSError as error:
            raise Deferred(f"the folder of archives: {error.strerror}") from error
        return f"{id}.zip sha512:{hashlib.sha512(data).hexdigest()}".encode()

    async def hand(id: str, data: bytes) -> bytes:
        return await asyncio.to_thread(write, id, data)

    return hand


def to_url(url: str, *, token: str, context: ssl.SSLContext | bool) -> Hand:
    """Packages as the file of a form, with their `id` and `sha512`; what answers 2xx acknowledges."""

    async def hand(id: str, data: bytes) -> bytes:
        try:
            reply = await ask(
                url,
                context=context,
                headers={"Authorization": f"Bearer {token}"} if token else None,
                form={"id": id, "sha512": hashlib.sha512(data).hexdigest()},
                file=(f"{id}.zip", data, "application/zip"),
                within=WITHIN,
            )
        except (NoReply, TimeoutError) as error:
            raise Deferred(f"the archives do not answer: {error}") from error
        if 200 <= reply.status < 300:
            return reply.body
        said = f"the archives answer {reply.status}"
        raise Deferred(said) if reply.status >= 500 or reply.status in _LATER else Rejected(said)

    return hand
