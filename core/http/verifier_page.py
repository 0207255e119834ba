"""The page `/verifier`, for everyone: is this text, or this file, an answer of relais?

Two forms without a script. What is given is looked up and forgotten: nothing is kept or logged, and a file
never touches a disk. One text and one file are looked up at a time, and few wait, so that nobody wears the
store, the sandbox or the memory out.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from email.message import Message
from email.parser import HeaderParser
from functools import cached_property
from typing import TYPE_CHECKING

from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from core.documents.document import Document
from core.documents.texts import reason
from core.errors import SandboxError, StoreError
from core.http.pages import HEADERS, Service, page, templates
from core.provenance.proof_words import ProofWords
from core.provenance.record import Register
from core.provenance.record_tokens import tokens_in
from core.provenance.verifying import LONGEST, FileExaminer, Proof, examine
from core.telemetry import log

if TYPE_CHECKING:
    import jinja2

WITHIN = 10.0
"""Seconds that a text waits for its turn and is looked up in."""
COMES_WITHIN = 60.0
"""Seconds that a form with a text comes in."""
LARGEST_FORM = 4 << 20
"""Bytes of a form with a text: each character may take nine."""
LARGEST_FILE = 20 << 20
TEXTS, FILES = 32, 4
"""Held at once, one of each being looked up; for another one there is no room."""
FILE_WITHIN = 60.0
"""Seconds that a file comes in, waits for its turn and is read in."""
_ENVELOPE = 1 << 16
"""Bytes that a form has round its file."""
_LONGEST_HEAD = 1 << 12
"""Bytes before the file: its name is among them."""


class VerifierPage:
    """Its routes, for the HTTP server. `days`: how long the register keeps an answer."""

    def __init__(
        self,
        service: Service,
        keys: Callable[[], Mapping[str, Ed25519PublicKey]],
        register: Register,
        files: FileExaminer,
        days: int,
    ) -> None:
        self._service = service
        self._language = service.language
        self._keys = keys
        self._register = register
        self._files = files
        self._days = days
        self._say = ProofWords(service.language)
        self._text_turn, self._file_turn = asyncio.Lock(), asyncio.Lock()
        self._texts = self._files_held = 0
        self.routes: list[web.AbstractRouteDef] = [
            web.get("/verifier", self._form),
            web.post("/verifier", self._verify),
        ]

    @cached_property
    def _templates(self) -> jinja2.Environment:
        return templates(self._service)

    async def _form(self, _request: web.Request) -> web.Response:
        return self._page("")

    async def _verify(self, request: web.Request) -> web.Response:
        try:
            if request.content_type == "multipart/form-data":
                return await self._verify_file(request)
            return await self._verify_text(request)
        except (StoreError, SandboxError, TimeoutError) as error:
            log.warning("text_not_verified", error=error)
            return self._away()

    async def _verify_text(self, request: web.Request) -> web.Response:
        if self._texts >= TEXTS:
            return self._away()
        self._texts += 1
        try:
            async with asyncio.timeout(COMES_WITHIN):
                text = await _pasted(request)
            async with asyncio.timeout(WITHIN), self._text_turn:
                tokens = await asyncio.to_thread(tokens_in, text.encode("utf-8", "replace"))
                return self._told(await examine([text], tokens, self._keys(), self._register))
        finally:
            self._texts -= 1

    async def _verify_file(self, request: web.Request) -> web.Response:
        if (request.content_length or 0) > LARGEST_FILE + _ENVELOPE:
            return self._too_large()
        if self._files_held >= FILES:
            return self._away()
        self._files_held += 1
        try:
            async with asyncio.timeout(FILE_WITHIN):
                name, data = await _received(request)
                if not data:
                    return self._page(self._say.no_file(), status=400)
                if len(data) > LARGEST_FILE:
                    return self._too_large()
                async with self._file_turn:
                    return self._told(await self._files.examine(data, name))
        except TimeoutError:
            return self._told(Document(name="", type="unknown", reason="time"))
        finally:
            self._files_held -= 1

    def _told(self, found: Proof | Document) -> web.Response:
        if isinstance(found, Document):
            why = reason(found, language=self._language)
            return self._page(self._say.unread(), [why], status=422)
        return self._page(self._say.verdict(found), self._say.details(found, days=self._days))

    def _too_large(self) -> web.Response:
        return self._page(self._say.too_large(LARGEST_FILE >> 20), status=413)

    def _page(self, verdict: str, details: Sequence[str] = (), *, status: int = 200) -> web.Response:
        return page(
            self._templates,
            "verifier.html",
            status=status,
            longest=LONGEST,
            largest=LARGEST_FILE >> 20,
            verdict=verdict,
            details=details,
        )

    def _away(self) -> web.Response:
        headers = HEADERS | {"Retry-After": "30"}
        return page(self._templates, "verifier_away.html", status=503, headers=headers)


async def _pasted(request: web.Request) -> str:
    """The text of a form, cut where nobody looks further; none where its letters are not what it says."""
    try:
        given = (await request.clone(client_max_size=LARGEST_FORM).post()).get("texte", "")
    except (LookupError, UnicodeError):  # no form that a browser sends
        return ""
    return given[:LONGEST] if isinstance(given, str) else ""


async def _received(request: web.Request) -> tuple[str, bytes]:
    """The name and the bytes of the file of a form; no bytes where there is none, and no more than the first
    ones of a file that is too large. (`request.post` would write it to a disk.)"""
    body = bytearray()
    async for chunk in request.content.iter_any():
        body += chunk
        if len(body) > LARGEST_FILE + _ENVELOPE:
            break
    form = Message()
    form["Content-Type"] = request.headers["Content-Type"]
    return _file_in(body, form.get_boundary(""))


def _file_in(body: bytearray, boundary: str) -> tuple[str, bytes]:
    """The name and the bytes of the file that begins a form, as browsers send that of this page (RFC 7578).
    aiohttp reads whatever stands before it line by line and part by part, without a pause: a body of line
    ends holds the loop for half a minute."""
    edge = b"--" + boundary.encode("utf-8", "surrogateescape")
    begin = body.find(b"\r\n\r\n", 0, _LONGEST_HEAD) + 4
    if not boundary or not body.startswith(edge + b"\r\n") or begin < 4:
        return "", b""
    head = HeaderParser().parsestr(body[len(edge) + 2 : begin].decode("utf-8", "replace"))
    if head.get_param("name", header="Content-Disposition") != "fichier":
        return "", b""
    end = body.find(b"\r\n" + edge, begin)
    with memoryview(body) as whole:
        return head.get_filename(""), bytes(whole[begin : len(body) if end < 0 else end])
