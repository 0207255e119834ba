"""What doctor looks at of files that leave: archives that take packages, what signs PDFs, the template."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Sequence
from pathlib import Path
from shutil import disk_usage

from bots.cli.doctor_checks import ROOM, Check, amiss, fine
from core.config.settings import Settings
from core.export.c2pa_manifest import Credentials
from core.export.docx import opened
from core.language.operators import tell
from core.one_shot import NoReply, ask
from core.tls import trusting

ARCHIVES, MANIFEST, TEMPLATE = "Archives", "Manifeste C2PA", "Modèle de document"
_ANSWER = 10.0


async def archives(settings: Settings) -> Sequence[Check]:
    """Can a package be put into the folder, or does the endpoint answer? Nothing is handed over."""
    given = settings.archive
    if given is None:
        return []
    if given.folder is not None:
        return [await asyncio.to_thread(_folder, given.folder)]
    url = given.url or ""
    headers = {"Authorization": f"Bearer {given.token.reveal()}"} if given.token else None
    try:
        reply = await ask(url, context=trusting(settings.ca_file), headers=headers, within=_ANSWER)
    except NoReply as error:
        return [amiss(ARCHIVES, "files.silent", error=error)]
    well, remedy = reply.status < 500, ""
    if reply.status in (401, 403):
        well, remedy = False, tell("files.give_token")
    elif reply.status == 404:  # to a GET, which an address that takes packages may not know
        remedy = tell("files.check_path")
    elif not well:
        remedy = tell("files.service_down")
    return [Check(name=ARCHIVES, ok=well, detail=tell("files.answer", status=reply.status), remedy=remedy)]


def _folder(folder: Path) -> Check:
    there = next(each for each in (folder, *folder.absolute().parents) if each.exists())
    if there.is_dir() and (free := disk_usage(there).free) < ROOM:
        return amiss(ARCHIVES, "files.disk_full", folder=folder, free=free // 1000000, room=ROOM // 1000000)
    if there.is_dir() and os.access(there, os.W_OK | os.X_OK):
        return fine(ARCHIVES, "files.folder", folder=folder)
    return amiss(ARCHIVES, "files.unwritable", folder=folder)


async def template(settings: Settings) -> Sequence[Check]:
    """Is the template of DOCX files one? Raises ConfigurationError."""
    if settings.template is None:
        return []
    await asyncio.to_thread(opened, settings.template)
    return [fine(TEMPLATE, "files.opens", path=settings.template)]


async def manifest(settings: Settings) -> Sequence[Check]:
    """Do the certificate and its key sign? Raises ConfigurationError."""
    given = settings.c2pa
    if given is None:
        return []
    pem = await asyncio.to_thread(given.certificates.read_bytes)
    Credentials(pem, given.key.reveal().encode(), time.time)
    return [fine(MANIFEST, "files.signed")]
