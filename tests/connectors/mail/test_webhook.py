"""Raw messages by a webhook: who may post, what is stored once, and what is asked to come again."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Iterable

import jwt
import pytest
from multidict import CIMultiDict

from connectors.mail import webhook
from connectors.mail.webhook import Door, MailWebhook, Pile
from core.connector import Shelved

SECRET = "le secret de la boîte, long de plus de trente-deux signes"
US = "synthese@ministere.example"
MAIL = f"From: anne@ministere.example\r\nTo: {US}\r\nMessage-ID: <1@a>\r\n\r\nBonjour".encode()


class Book(dict[str, bytes]):
    """A notebook in memory."""

    async def get(self, name: str) -> bytes | None:  # type: ignore[override]
        return dict.get(self, name)

    async def set(self, name: str, value: bytes) -> None:
        self[name] = value

    async def delete(self, *names: str) -> None:
        for name in names:
            self.pop(name, None)

    async def items(self, prefix: str) -> dict[str, bytes]:  # type: ignore[override]
        return {name: value for name, value in dict.items(self) if name.startswith(prefix)}


class Plank(dict[tuple[str, str], bytes]):
    """A shelf in memory."""

    async def put(self, conversation: str, values: Iterable[Shelved]) -> None:
        self.update({(conversation, each.name): each.value for each in values})

    async def get(self, conversation: str, name: str) -> list[bytes]:  # type: ignore[override]
        return (await self.read((conversation, name)))[0]

    async def read(self, *places: tuple[str, str]) -> list[list[bytes]]:
        return [[found] if (found := dict.get(self, place)) is not None else [] for place in places]

    async def clear(self, conversation: str) -> None:  # type: ignore[override]
        for key in [key for key in self if key[0] == conversation]:
            del self[key]


@pytest.fixture
def pile() -> Pile:
    return Pile(Book(), Plank())


@pytest.fixture
def hook(pile: Pile) -> MailWebhook:
    return MailWebhook([Door(address=US, secret=SECRET, pile=pile)])


def token(body: bytes = MAIL, secret: str = SECRET, **claims: object) -> str:
    """As *messages* signs it."""
    given = {
        "iss": "messages",
        "exp": int(time.time()) + 3_600,
        "jti": "un",
        "body_sha256": hashlib.sha256(body).hexdigest(),
    } | claims
    return jwt.encode({k: v for k, v in given.items() if v is not None}, secret, algorithm="HS256")


def posted(**given: str) -> CIMultiDict[str]:
    names = {name.replace("_", "-"): value for name, value in given.items()}
    return CIMultiDict({"Content-Type": "message/rfc822"} | names)


def bearer(value: str, **more: str) -> CIMultiDict[str]:
    return posted(Authorization=f"Bearer {value}", **more)


async def waiting(pile: Pile) -> list[bytes]:
    uids = (await pile.listing()).uids
    return [raw for uid in uids if (raw := await pile.whole("webhook", 1, uid)) is not None]


DERIVED = "whk_" + hmac.new(SECRET.encode(), b"messages.webhook.api_key.v1", hashlib.sha256).hexdigest()


@pytest.mark.parametrize(
    "headers",
    [
        bearer(token()),
        bearer(SECRET),
        bearer(DERIVED),
        posted(X_StMsg_Api_Key=DERIVED),
        posted(x_api_key=SECRET),
        bearer(token(body_sha256=None)),
    ],
)
async def test_who_knows_the_secret_may_post(
    hook: MailWebhook, pile: Pile, headers: CIMultiDict[str]
) -> None:
    """By a token that is signed with it, by itself, or by the key that is derived from it."""
    assert hook.admits(headers)
    assert (await hook.receive(headers, MAIL)).status == 202
    assert await waiting(pile) == [MAIL]


@pytest.mark.parametrize(
    "headers",
    [
        posted(),
        bearer("autre chose"),
        bearer("\udcff"),
        bearer(token(secret="un autre secret, long de plus de trente-deux signes")),
        bearer(token(exp=int(time.time()) - 60)),
        bearer(token(exp=None)),
        bearer(jwt.encode({"exp": int(time.time()) + 60}, "", algorithm="none")),
        posted(Authorization=f"Basic {SECRET}"),
    ],
)
async def test_nobody_else_may(hook: MailWebhook, pile: Pile, headers: CIMultiDict[str]) -> None:
    """Not even a body is read for them."""
    assert not hook.admits(headers)
    assert (await hook.receive(headers, MAIL)).status == 401
    assert await waiting(pile) == []


async def test_a_token_is_for_its_body(hook: MailWebhook) -> None:
    """Another body under the same token is refused."""
    assert (await hook.receive(bearer(token()), MAIL + b" !")).status == 401


async def test_a_delivery_that_comes_again_is_stored_once(hook: MailWebhook, pile: Pile) -> None:
    """By the token's id, and by its content when a new token brings it."""
    assert (await hook.receive(bearer(token()), MAIL)).status == 202
    assert (await hook.receive(bearer(token()), MAIL)).status == 202
    assert (await hook.receive(bearer(token(jti="deux")), MAIL)).status == 202
    assert len(await waiting(pile)) == 1


async def test_what_was_filed_does_not_come_back(hook: MailWebhook, pile: Pile) -> None:
    """A late repetition of an answered mail is known."""
    await hook.receive(bearer(token()), MAIL)
    (uid,) = (await pile.listing()).uids
    await pile.file(1, uid, "Traités")
    assert (await hook.receive(bearer(token(jti="deux")), MAIL)).status == 202
    assert await waiting(pile) == []


async def test_the_recipient_of_the_envelope_is_kept(hook: MailWebhook, pile: Pile) -> None:
    """It may have a word after the plus, which the headers lack."""
    envelope = {"X_StMsg_Recipient": "synthese+note@ministere.example"}
    assert (await hook.receive(bearer(token(), **envelope), MAIL)).status == 202
    (raw,) = await waiting(pile)
    assert raw.startswith(b"Delivered-To: synthese+note@ministere.example\r\nFrom: ")


async def test_mail_for_others_and_spam_are_not_kept(hook: MailWebhook, pile: Pile) -> None:
    """And not asked for again: a channel may fire for every mailbox of a domain."""
    assert (
        await hook.receive(bearer(token(), X_StMsg_Mailbox="autre@ministere.example"), MAIL)
    ).status == 200
    assert (await hook.receive(bearer(token(), X_StMsg_Is_Spam="true"), MAIL)).status == 200
    assert await waiting(pile) == []


async def test_of_several_mailboxes_the_addressed_one_gets_it(pile: Pile) -> None:
    """Each has its secret; a secret opens no other mailbox."""
    other = Pile(Book(), Plank())
    key = "le secret de l’autre boîte, long de trente-deux signes"
    doors = [Door(address="notes@ministere.example", secret=key, pile=other)]
    hook = MailWebhook([*doors, Door(address=US, secret=SECRET, pile=pile)])
    assert (await hook.receive(bearer(SECRET), MAIL)).status == 202
    assert len(await waiting(pile)) == 1
    assert await waiting(other) == []
    assert (await hook.receive(bearer(key, X_StMsg_Recipient=US), MAIL)).status == 200
    assert await waiting(other) == []


@pytest.mark.parametrize(
    ("kind", "body", "status"),
    [
        ("application/json", b"{}", 415),
        ("message/rfc822", b"\r\n", 400),
    ],
)
async def test_what_is_no_mail_is_told(hook: MailWebhook, kind: str, body: bytes, status: int) -> None:
    """So that the operator sees it."""
    assert (await hook.receive(bearer(SECRET, Content_Type=kind), body)).status == status


async def test_beyond_the_cap_the_platform_keeps_the_mail(
    hook: MailWebhook, pile: Pile, monkeypatch: pytest.MonkeyPatch
) -> None:
    """503: it posts again; when there is room, it is taken."""
    monkeypatch.setattr(webhook, "MOST_BYTES", len(MAIL) + 10)
    assert (await hook.receive(bearer(SECRET), MAIL)).status == 202
    second = MAIL.replace(b"<1@a>", b"<2@a>")
    assert (await hook.receive(bearer(SECRET), second)).status == 503
    (uid,) = (await pile.listing()).uids
    await pile.file(1, uid, "Traités")
    assert (await hook.receive(bearer(SECRET), second)).status == 202


async def test_mails_of_one_moment_are_all_kept() -> None:
    """None takes the place of another, however many come before the clock has moved."""
    pile = Pile(Book(), Plank(), clock=lambda: 0.0)
    mails = [MAIL.replace(b"<1@a>", f"<{n}@a>".encode()) for n in range(200)]
    for n, raw in enumerate(mails):
        await pile.add(raw, keys=(str(n),))
    assert sorted(await waiting(pile)) == sorted(mails)


async def test_mails_wait_in_their_order_with_their_heads(hook: MailWebhook, pile: Pile) -> None:
    """Oldest first, as in a folder."""
    for n in range(3):
        await hook.receive(bearer(SECRET), MAIL.replace(b"<1@a>", f"<{n}@a>".encode()))
    listed = await pile.listing()
    heads = await pile.heads(listed.uids)
    assert [heads[uid].size for uid in listed.uids] == [len(MAIL)] * 3
    assert [f"<{n}@a>".encode() in heads[uid].headers for n, uid in enumerate(listed.uids)] == [True] * 3
