"""What doctor looks at of files that leave: can archives take packages, and can PDFs be signed?"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Sequence
from pathlib import Path

from bots.cli.doctor_checks import Check
from core.config.settings import Settings
from core.export.c2pa_manifest import Credentials
from core.one_shot import NoReply, ask
from core.tls import trusting

ARCHIVES, MANIFEST = "Archives", "Manifeste C2PA"
_ANSWER = 10.0


async def archives(settings: Settings) -> Sequence[Check]:
    """Can a package be put into the folder, or does the endpoint answer? Nothing is handed over."""
    given = settings.archive
    if given is None:
        return []
    if given.folder is not None:
        return [await asyncio.to_thread(_folder, given.folder)]
    url = given.url or ""
    try:
        reply = await ask(url, context=trusting(settings.ca_file), within=_ANSWER)
    except NoReply as error:
        remedy = "Vérifiez RELAIS_ARCHIVE__URL, le réseau et le certificat (RELAIS_CA_FILE)"
        return [Check(name=ARCHIVES, ok=False, detail=f"pas de réponse ({error})", remedy=remedy)]
    return [Check(name=ARCHIVES, ok=reply.status < 500, detail=f"répondent ({reply.status})")]


def _folder(folder: Path) -> Check:
    there = next(each for each in (folder, *folder.absolute().parents) if each.exists())
    if there.is_dir() and os.access(there, os.W_OK | os.X_OK):
        return Check(name=ARCHIVES, ok=True, detail=f"dossier {folder}")
    remedy = "Donnez un dossier où relais peut écrire (RELAIS_ARCHIVE__FOLDER)"
    return Check(name=ARCHIVES, ok=False, detail=f"rien ne s’écrit dans {folder}", remedy=remedy)


async def manifest(settings: Settings) -> Sequence[Check]:
    """Do the certificate and its key sign? Raises ConfigurationError."""
    given = settings.c2pa
    if given is None:
        return []
    pem = await asyncio.to_thread(given.certificates.read_bytes)
    Credentials(pem, given.key.reveal().encode(), time.time)
    return [Check(name=MANIFEST, ok=True, detail="les PDF sont signés")]
