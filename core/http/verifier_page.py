"""The page `/verifier`, for everyone: is this text an answer of relais?

A form without a script. What is written in it is looked up and forgotten: nothing is kept or logged. One
text is looked up at a time, so that nobody wears the store out with questions.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from core.errors import StoreError
from core.http.pages import HEADERS, Service, page, templates
from core.provenance.proof_words import proof_words
from core.provenance.register import Register
from core.provenance.verifying import examine, tokens_in
from core.telemetry import log

LONGEST = 200_000
"""Characters of a text that is looked up."""
WITHIN = 10.0
"""Seconds that a text waits for its turn and is looked up in."""


class VerifierPage:
    """Its routes, for the HTTP server. `days`: how long the register keeps an answer."""

    def __init__(
        self,
        service: Service,
        keys: Callable[[], Mapping[str, Ed25519PublicKey]],
        register: Register,
        days: int,
    ) -> None:
        self._templates = templates(service)
        self._keys = keys
        self._register = register
        self._days = days
        self._say = proof_words(service.language)
        self._turn = asyncio.Lock()
        self.routes: list[web.AbstractRouteDef] = [
            web.get("/verifier", self._form),
            web.post("/verifier", self._verify),
        ]

    async def _form(self, _request: web.Request) -> web.Response:
        return page(self._templates, "verifier.html", longest=LONGEST, verdict="", details=[])

    async def _verify(self, request: web.Request) -> web.Response:
        given = (await request.post()).get("texte", "")
        text = given[:LONGEST] if isinstance(given, str) else ""
        try:
            async with asyncio.timeout(WITHIN), self._turn:
                tokens = tokens_in(text.encode("utf-8", "replace"))
                proof = await examine([text], tokens, self._keys(), self._register)
        except (StoreError, TimeoutError) as error:
            log.warning("text_not_verified", error=error)
            return page(
                self._templates, "verifier_away.html", status=503, headers=HEADERS | {"Retry-After": "30"}
            )
        verdict, details = self._say.verdict(proof), self._say.details(proof, days=self._days)
        return page(self._templates, "verifier.html", longest=LONGEST, verdict=verdict, details=details)
