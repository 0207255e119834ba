"""The webhook of raw messages, as La Suite's *messages* posts them (`format=eml`), and any program can.

`POST /webhooks/mail`, the body the message (RFC 5322). Who posts proves to know the mailbox's secret, by
`Authorization: Bearer` with a token signed with it (JWT, HS256; its `body_sha256` binds the body, its `exp`
is required), or with the secret itself or the key that *messages* derives from it (also as
`X-StMsg-Api-Key` or `X-Api-Key`). That proves the way, not the author: mails are then judged as any other.

2xx: durable, or not for us. 401, 400 and 415: to be mended by an operator. 413: too large. 503: later.

Mails wait sealed in the store, in order, up to a cap. They have no folders: what is filed is gone from here,
and stays in the mailbox of the platform that posted it. Any replica may take a mail once it is durable.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import jwt
import orjson
from pydantic import TypeAdapter

from connectors.mail.safety import LARGEST, same_box
from connectors.mail.source import Head, Listing
from core.connector import Notebook, Shelf, Shelved, WebhookAnswer
from core.documents.mail import headers as mail
from core.documents.mail.headers import CAP
from core.errors import MailboxFull
from core.language.operators import Phrase
from core.telemetry import log

INBOX = "webhook"
MOST_BYTES = 512 * 1024 * 1024
MOST = 5_000
"""Mails that wait at most; beyond either the platform is asked to post again later."""
SEEN = 3 * 86_400.0
"""Seconds that a delivery is remembered, so that posting it again changes nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    size: int
    at: float


_ENTRY: TypeAdapter[_Entry] = TypeAdapter(_Entry)


class Pile:
    """A `Source`. `book` holds what waits, `shelf` the mails themselves; both are shared by all replicas."""

    inbox = INBOX

    def __init__(self, book: Notebook, shelf: Shelf, *, clock: Callable[[], float] = time.time) -> None:
        self._book = book
        self._shelf = shelf
        self._clock = clock
        self._news = asyncio.Event()

    async def add(self, raw: bytes, *, keys: tuple[str, ...]) -> None:
        """Store a mail, once for all of `keys`, which name this delivery and this mail. Raises MailboxFull,
        StoreError."""
        if [key for key in keys if await self._book.get(f"seen|{key}") is not None]:
            return
        waiting = await self._waiting()
        if len(waiting) >= MOST or sum(each.size for each in waiting.values()) + len(raw) > MOST_BYTES:
            raise MailboxFull(Phrase("delivery.mailbox_full"))
        now = self._clock()
        uid = int(now * 1_000_000) * 1_000 + random.randrange(1_000)  # noqa: S311 - only to be unlike others
        while uid in waiting:
            uid += 1
        await self._shelf.put(str(uid), [Shelved(name="raw", variant="", value=raw)])
        await self._book.set(f"mail|{uid}", orjson.dumps(_Entry(size=len(raw), at=now)))
        for key in keys:
            await self._book.set(f"seen|{key}", orjson.dumps(now))
        self._news.set()

    async def _waiting(self) -> dict[int, _Entry]:
        found = await self._book.items("mail|")
        return {int(name.partition("|")[2]): _ENTRY.validate_json(raw) for name, raw in found.items()}

    async def listing(self) -> Listing:
        for name, at in (await self._book.items("seen|")).items():
            if self._clock() - float(orjson.loads(at)) > SEEN:
                await self._book.delete(name)
        return Listing(validity=1, next=0, uids=tuple(sorted(await self._waiting())))

    async def heads(self, uids: tuple[int, ...]) -> dict[int, Head]:
        waiting = await self._waiting()
        found: dict[int, Head] = {}
        for uid in uids:
            raw = await self.whole(INBOX, 1, uid)
            if raw is not None and uid in waiting:
                found[uid] = Head(size=len(raw), at=waiting[uid].at, headers=raw[: CAP + 1])
        return found

    async def whole(self, folder: str, validity: int, uid: int) -> bytes | None:
        return next(iter(await self._shelf.get(str(uid), "raw")), None)

    async def with_id(self, folders: tuple[str, ...], id: str) -> tuple[str, int, int] | None:
        return None

    async def file(self, validity: int, uid: int, folder: str) -> None:
        await self._book.delete(f"mail|{uid}")
        await self._shelf.clear(str(uid))

    async def news(self, listed: Listing, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._news.wait()
        except TimeoutError:
            return
        finally:
            self._news.clear()

    def close(self) -> None:
        """It holds nothing open."""


PATH = "/webhooks/mail"
_LEEWAY = 30.0
"""Seconds that clocks may differ."""
_DERIVED = b"messages.webhook.api_key.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """A mailbox whose mails are posted."""

    address: str
    secret: str = field(repr=False)
    pile: Pile = field(repr=False)


class MailWebhook:
    """See `core.connector.Webhook`."""

    path = PATH
    largest = LARGEST

    def __init__(self, doors: Sequence[Door]) -> None:
        self._doors = doors

    def admits(self, headers: Mapping[str, str]) -> bool:
        return bool(self._open(headers))

    def _open(self, headers: Mapping[str, str]) -> list[tuple[Door, dict[str, object]]]:
        """The mailboxes whose secret is proved, with what the token says."""
        given = _given(headers)
        return [(door, claims) for door in self._doors if (claims := _proved(given, door.secret)) is not None]

    async def receive(self, headers: Mapping[str, str], body: bytes) -> WebhookAnswer:
        return WebhookAnswer(status=await self._taken(headers, body))

    async def _taken(self, headers: Mapping[str, str], body: bytes) -> int:
        if not headers.get("Content-Type", "message/rfc822").startswith(
            ("message/", "application/octet", "text/")
        ):
            return 415
        if not body.strip():
            return 400
        digest = hashlib.sha256(body).hexdigest()
        doors = [(door, claims) for door, claims in self._open(headers) if _binds(claims, digest)]
        if not doors:
            return 401
        recipient = headers.get("X-StMsg-Recipient") or headers.get("X-StMsg-Mailbox") or ""
        found = _addressed(doors, recipient, body)
        if found is None or headers.get("X-StMsg-Is-Spam", "").lower() == "true":
            log.info("webhook_ignored", connector="mail", why="spam" if found else "not_addressed")
            return 200
        door, claims = found
        keys = (f"sha256|{digest}", *([f"jti|{claims['jti']}"] if claims.get("jti") else []))
        try:
            await door.pile.add(_with_recipient(body, recipient), keys=keys)
        except MailboxFull:
            log.warning("webhook_full", connector="mail")
            return 503
        return 202


def _given(headers: Mapping[str, str]) -> list[str]:
    kind, _, token = headers.get("Authorization", "").partition(" ")
    keys = [headers.get("X-StMsg-Api-Key", ""), headers.get("X-Api-Key", "")]
    return [each.strip() for each in (token if kind.lower() == "bearer" else "", *keys) if each.strip()]


def _proved(given: Sequence[str], secret: str) -> dict[str, object] | None:
    """What is claimed, when one of the proofs holds; None else."""
    derived = "whk_" + hmac.new(secret.encode(), _DERIVED, hashlib.sha256).hexdigest()
    for each in given:
        shown = each.encode(errors="surrogateescape")  # as it came, whatever the bytes are
        if any(hmac.compare_digest(shown, key.encode()) for key in (secret, derived)):
            return {}
        if not each.isascii():
            continue
        try:
            return jwt.decode(
                each, secret, algorithms=["HS256"], leeway=_LEEWAY, options={"require": ["exp"]}
            )
        except jwt.InvalidTokenError:
            continue
    return None


def _binds(claims: Mapping[str, object], digest: str) -> bool:
    bound = claims.get("body_sha256")
    return bound is None or hmac.compare_digest(str(bound).lower().encode(), digest.encode())


def _addressed(
    doors: Sequence[tuple[Door, dict[str, object]]], recipient: str, body: bytes
) -> tuple[Door, dict[str, object]] | None:
    """The mailbox that the envelope names; without one, that which the headers name, or the only one."""
    named = [recipient] if recipient else _recipients(body)
    for door, claims in doors:
        if any(same_box(each, door.address) for each in named):
            return door, claims
    return doors[0] if len(doors) == 1 and not recipient else None


def _recipients(body: bytes) -> list[str]:
    top, _ = mail.split(mail.start(body[: mail.CAP]))
    values = [*top.every("Delivered-To"), *top.every("To"), *top.every("Cc")]
    return [each.address for value in values for each in mail.mailboxes(value)]


def _with_recipient(body: bytes, recipient: str) -> bytes:
    """The envelope's recipient on top, as a server that delivers into a mailbox writes it."""
    known = mail.mailboxes(recipient)
    return f"Delivered-To: {known[0].address}\r\n".encode() + mail.start(body) if known else body
