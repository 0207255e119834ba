"""Timestamps of the audit trail's heads by a server of RFC 3161, whose word nobody here can write.

Who holds the keys of relais can sign any head. A timestamp says that a head existed at a time: so a trail
that was made anew later does not hold the heads that were stamped before. Each hourly head of a replica is
stamped where `RELAIS_AUDIT__TIMESTAMP_URL` names a server, and kept with its stamp in `audit-stamps` of the
data folder, a line each; a copy of that file elsewhere proves the trail without trust in this machine
(`relais audit verify --stamps`). The server sees a digest of the head, and nothing else.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography import x509

from core.errors import ConfigurationError, RelaisError
from core.gateway import one_shot
from core.language.operators import Phrase
from core.telemetry import log
from core.tls import trusting
from core.turn.audit_packs import TrailHead, append_line, whole_lines

if TYPE_CHECKING:
    from rfc3161_client import TimeStampResponse, Verifier

WITHIN = 10.0
"""Seconds that the server may take."""
PAUSE = 300.0
"""Seconds after which a server that failed is asked again."""
EARLY, LATE = timedelta(minutes=10), timedelta(days=1)
"""What a stamp's time may differ from its head's: clocks, and a server that was away."""


class TimestampRefused(RelaisError):
    """The server gave no stamp that holds; the text says why, for operators."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """A head and the whole answer of the server (DER). Written `head base64`."""

    head: str
    answer: bytes

    def __str__(self) -> str:
        return f"{self.head} {base64.b64encode(self.answer).decode()}"


class Stamps:
    """Asks for stamps, keeps them in a data folder, and says what is wrong with those that are kept."""

    def __init__(self, url: str, authorities: Path, *, data_dir: Path, ca_file: Path | None) -> None:
        """`authorities`: certificates (PEM) of those who vouch for the server, the root among them. Raises
        ConfigurationError."""
        self._url = url
        self._tls = trusting(ca_file)
        self._kept = data_dir / "audit-stamps"
        self._verifier = _verifier(authorities)
        self._due: list[str] = []
        self._next = 0.0

    def owe(self, head: TrailHead) -> None:
        """Have a head stamped by the next `look`."""
        self._due = [*self._due, str(head)][-24:]

    async def look(self, now: float) -> None:
        """Stamp the heads that are due; a server that fails is asked again after a pause. Raises OSError."""
        while self._due and now >= self._next:
            try:
                stamp = await self.stamp(self._due[0])
            except TimestampRefused as error:
                self._next = now + PAUSE
                log.warning("audit_head_not_stamped", error=error)
                return
            append_line(self._kept, str(stamp))
            self._due = self._due[1:]

    async def stamp(self, head: str) -> Stamp:
        """A stamp of the head that holds. Raises TimestampRefused."""
        from rfc3161_client import HashAlgorithm, TimestampRequestBuilder, decode_timestamp_response

        request = TimestampRequestBuilder().data(head.encode()).hash_algorithm(HashAlgorithm.SHA256).build()
        try:
            reply = await one_shot.ask(
                self._url,
                context=self._tls,
                body=(request.as_bytes(), "application/timestamp-query"),
                within=WITHIN,
            )
        except (one_shot.NoReply, TimeoutError) as error:
            reason = error.reason if isinstance(error, one_shot.NoReply) else f"{WITHIN:.0f}\u00a0s"
            raise TimestampRefused(Phrase("stamps.no_answer", why=reason)) from None
        if reply.status != 200:
            raise TimestampRefused(Phrase("stamps.http", status=reply.status))
        stamp = Stamp(head=head, answer=reply.body)
        if wrong := self._wrong(stamp):
            raise TimestampRefused(Phrase("stamps.refused", why=wrong))
        if decode_timestamp_response(reply.body).tst_info.nonce != request.nonce:
            raise TimestampRefused(Phrase("stamps.another"))
        return stamp

    def judged(self, given: Path | None = None) -> list[tuple[str, str]]:
        """The heads that are kept here, or in a file that was kept elsewhere, each with what is wrong with
        its stamp: empty when it holds. Raises OSError."""
        lines = given.read_text().splitlines() if given else whole_lines(self._kept)
        return [self.judge(line) for line in lines if line]

    def judge(self, line: str) -> tuple[str, str]:
        """The head of a kept line, and what is wrong with its stamp: empty when it holds."""
        head, _, encoded = line.partition(" ")
        try:
            stamp = Stamp(head=head, answer=base64.b64decode(encoded, validate=True))
        except binascii.Error:
            return head, str(Phrase("stamps.unwritten"))
        return head, self._wrong(stamp)

    def _wrong(self, stamp: Stamp) -> str:
        from rfc3161_client import VerificationError, decode_timestamp_response

        try:
            answer: TimeStampResponse = decode_timestamp_response(stamp.answer)
            self._verifier.verify(answer, hashlib.sha256(stamp.head.encode()).digest())
            at = answer.tst_info.gen_time.timestamp()
        except (VerificationError, ValueError) as error:
            return str(Phrase("stamps.void", why=type(error).__name__))
        head = TrailHead.parse(stamp.head)
        if head is None or not -EARLY.total_seconds() <= at - head.at <= LATE.total_seconds():
            return str(Phrase("stamps.other_time"))
        return ""


def _verifier(authorities: Path) -> Verifier:
    try:
        from rfc3161_client import VerifierBuilder
    except ImportError:
        raise ConfigurationError("RELAIS_AUDIT__TIMESTAMP_URL", "stamps.package") from None
    try:
        certificates = x509.load_pem_x509_certificates(authorities.read_bytes())
    except (OSError, ValueError):
        raise ConfigurationError("RELAIS_AUDIT__TIMESTAMP_CA", "stamps.no_certificate") from None
    builder = VerifierBuilder()
    for each in certificates:
        if each.issuer == each.subject:
            builder = builder.add_root_certificate(each)
        else:
            builder = builder.add_intermediate_certificate(each)
    try:
        return builder.build()
    except ValueError:
        raise ConfigurationError("RELAIS_AUDIT__TIMESTAMP_CA", "stamps.no_root") from None
