"""What people see of the account beside its words: its name and its picture, as the settings want them.

A picture is stored on the homeserver once: which file it was made of is noted in the account's own data, so
that no replica and no start uploads it again.
"""

from __future__ import annotations

import asyncio
import hashlib
import mimetypes
import pathlib

from connectors.tchap.api import Api, Path
from core.connector.untrusted_json import Json, text_in
from core.errors import DeliveryError, PlatformRefused
from core.telemetry import log

PICTURE = "fr.gouv.relais.picture"
"""Type of the account data that names the file and the address of the picture."""


async def introduce(api: Api, user: str, *, name: str, picture: pathlib.Path | None) -> None:
    """Give the account its name and picture, where they are others. What fails is logged, and done at another
    start: the account goes on under the name that it has."""
    if not name and picture is None:
        return
    try:
        profile = await api.call("GET", ("profile", user))
        if name and text_in(profile, "displayname") != name:
            await api.call("PUT", ("profile", user, "displayname"), {"displayname": name})
        if picture is not None:
            await _show(api, user, picture, text_in(profile, "avatar_url"))
    except (DeliveryError, OSError) as error:
        log.warning("profile_not_set", connector="tchap", error=error)


async def _show(api: Api, user: str, picture: pathlib.Path, shown: str) -> None:
    """Show the picture, unless it is shown already."""
    data = await asyncio.to_thread(picture.read_bytes)
    digest = hashlib.sha256(data).hexdigest()
    note = ("user", user, "account_data", PICTURE)
    noted = await _noted(api, note)
    address = text_in(noted, "url") if noted.get("sha256") == digest else ""
    if not address:
        kind = mimetypes.guess_type(picture.name)[0] or "application/octet-stream"
        address = await api.upload(data, kind)
        await api.call("PUT", note, {"sha256": digest, "url": address})
    if address != shown:
        await api.call("PUT", ("profile", user, "avatar_url"), {"avatar_url": address})


async def _noted(api: Api, note: Path) -> Json:
    try:
        return await api.call("GET", note)
    except PlatformRefused:
        return {}  # none yet
