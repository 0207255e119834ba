"""Answers leave once: by a real Postfix into a real Dovecot, whatever is known of an earlier attempt."""

from __future__ import annotations

import socket
from collections.abc import AsyncGenerator
from dataclasses import replace

import pytest
import pytest_asyncio

from connectors.mail import events
from connectors.mail.answers import COPY_WITHIN, Answers
from connectors.mail.caps import Given
from connectors.mail.config import BoxConfig
from connectors.mail.events import Origin
from connectors.mail.imap import Imap
from connectors.mail.notes import Note, Notes, Sending, mail_key
from connectors.mail.safety import Rules
from connectors.mail.server import server as at
from core.connector import Draft
from core.errors import ConfigurationError, Deferred, Rejected
from core.sensitivity.level import Level
from core.tls import trusting
from tests.rig import mail as rig
from tests.rig.mail import AUTHSERV, DOMAIN, LOOPBACK, MailServer, mail_server

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.skipif(bool(rig.missing()), reason=rig.missing()),
]

US = f"synthese@{DOMAIN}"
ANNE = f"anne@{DOMAIN}"


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


class Desk:
    """The answers of a mailbox, with what they stand on; `now` is the time."""

    def __init__(self, post: MailServer) -> None:
        self.post = post
        self.now = 1000.0
        self.notes = Notes(Book())
        imap = at(post.imap_url("synthese"), box=US, context=trusting(None, to="mail"))
        smtp = at(post.smtp_url("synthese"), box=US, context=trusting(None, to="mail"))
        rules = Rules(address=US, authserv_id=AUTHSERV, domains=frozenset({DOMAIN}))
        self.config = BoxConfig(
            rules=rules, imap=imap, smtp=smtp, folders=("Traités", "Échecs", "Quarantaine")
        )
        self.imap = Imap(imap)
        self.answers = self.with_config(self.config)

    def with_config(self, config: BoxConfig) -> Answers:
        return Answers(config, sources=[self.imap], notes=self.notes, clock=lambda: self.now)

    async def asked(self, key: str, person: str = ANNE, *, validity: int = 1, uid: int = 1) -> Draft:
        """A question was taken; the draft of its answer."""
        origin = Origin(id=f"{key}@a", folder="INBOX", validity=validity, uid=uid, at=0.0, subject="Note")
        await self.notes.put(Note(origin=origin, sender=person, taken=True, at=0.0))
        return Draft(text=f"Réponse {key}", level=Level.N1, key=key, reply_to=origin.id)

    def received(self, key: str) -> int:
        return sum(f"{key}@a" in mail["In-Reply-To"] for mail in self.post.mails("anne"))


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def post() -> AsyncGenerator[MailServer]:
    async with mail_server("synthese", "anne") as server:
        yield server


@pytest_asyncio.fixture(loop_scope="session")
async def desk(post: MailServer) -> AsyncGenerator[Desk]:
    it = Desk(post)
    await it.imap.listing()  # connected, and the mailbox made, before a copy is delivered there
    yield it
    it.imap.close()


def key(number: int) -> str:
    return f"{number:032x}"


async def test_the_same_draft_sent_twice_is_one_mail(desk: Desk) -> None:
    """The key decides, not the attempt; the question is then settled."""
    draft = await desk.asked(key(1))
    assert await desk.answers.send(ANNE, "r" * 16, draft) == await desk.answers.send(ANNE, "r" * 16, draft)
    await desk.post.until("anne")
    assert desk.received(key(1)) == 1
    end = await desk.notes.ended(mail_key(f"{key(1)}@a", ANNE))
    assert end is not None
    assert end.state == "filed"


async def test_a_copy_tells_that_an_answer_left(desk: Desk) -> None:
    """Killed between transaction and record: the copy in our own mailbox is found, nothing is sent."""
    draft = await desk.asked(key(2))
    id = await desk.answers.send(ANNE, "0" * 16, draft)
    await desk.post.until("synthese", where=lambda mail: mail["Message-ID"] == f"<{id}>")
    await desk.notes.sent(draft.key, Sending(left=False, at=desk.now))
    assert await desk.answers.find(ANNE, "0" * 16, draft.key, draft.reply_to) == id
    assert await desk.answers.send(ANNE, "0" * 16, draft) == id
    assert desk.received(key(2)) == 1


async def test_what_may_have_left_is_waited_for(desk: Desk) -> None:
    """While a copy may still come nothing is sent again; after that it is."""
    draft = await desk.asked(key(3))
    await desk.notes.sent(draft.key, Sending(left=False, at=desk.now))
    with pytest.raises(Deferred):
        await desk.answers.find(ANNE, "0" * 16, draft.key, draft.reply_to)
    desk.now += COPY_WITHIN + 1
    assert await desk.answers.find(ANNE, "0" * 16, draft.key, draft.reply_to) is None
    await desk.answers.send(ANNE, "0" * 16, draft)
    await desk.post.until("anne", where=lambda mail: key(3) in mail["In-Reply-To"])


async def test_an_answer_never_begun_is_not_looked_for(desk: Desk) -> None:
    """No record of an attempt: the answer cannot have left."""
    assert await desk.answers.find(ANNE, "0" * 16, key(4), None) is None


async def test_a_refused_recipient_is_for_good(desk: Desk) -> None:
    """A mailbox that does not exist (550): rejected, and the question is moved to the failed ones."""
    nobody, id = f"personne@{DOMAIN}", f"{key(5)}@a"
    await desk.post.post(f"Message-ID: <{id}>\r\n\r\nx".encode(), sender=ANNE, to=[US])
    await desk.post.until("synthese", where=lambda mail: mail["Message-ID"] == f"<{id}>")
    place = await desk.imap.with_id(("INBOX",), id)
    assert place is not None
    draft = await desk.asked(key(5), nobody, validity=place[1], uid=place[2])
    with pytest.raises(Rejected):
        await desk.answers.send(nobody, "0" * 16, draft)
    await desk.post.until("synthese", folder="Échecs", where=lambda mail: mail["Message-ID"] == f"<{id}>")


async def test_a_server_that_is_away_is_tried_again(desk: Desk) -> None:
    """Nothing left, and nothing is recorded that would make the next attempt wait."""
    draft = await desk.asked(key(6))
    with socket.socket() as taken:
        taken.bind((LOOPBACK, 0))
        away = replace(desk.config, smtp=replace(desk.config.smtp, port=taken.getsockname()[1]))
        with pytest.raises(Deferred):
            await desk.with_config(away).send(ANNE, "0" * 16, draft)
    assert await desk.notes.sending(draft.key) is None


async def test_a_wrong_password_names_the_setting(desk: Desk) -> None:
    """Only an operator can mend it."""
    imap = Imap(replace(desk.config.imap, password="faux"))
    with pytest.raises(ConfigurationError, match="RELAIS_MAIL__IMAP_URL"):
        await imap.listing()
    imap.close()


async def test_a_mail_moved_by_a_person_is_found_by_its_id(desk: Desk) -> None:
    """Files are fetched from wherever the mail lies now."""
    draft = await desk.asked(key(7))
    id = await desk.answers.send(ANNE, "0" * 16, draft)
    await desk.post.until("synthese", where=lambda mail: mail["Message-ID"] == f"<{id}>")
    place = await desk.imap.with_id(("INBOX",), id)
    assert place is not None
    await desk.imap.file(place[1], place[2], "Échecs")
    moved = await desk.imap.with_id(("INBOX", "Traités", "Échecs"), id)
    assert moved is not None
    assert moved[0] == "Échecs"
    assert await desk.imap.whole(*place) is None
    assert await desk.imap.whole(*moved) is not None
    assert events.is_ours(id, US)


async def test_a_mail_to_which_no_answer_comes_is_filed(desk: Desk) -> None:
    """It does not wait in the inbox until it counts as failed; told twice, it is filed once. It counts for
    none of the answers that its thread may get: else a lively talk in copy of us ended the thread."""
    await desk.post.post(b"From: a\r\nMessage-ID: <tu@a>\r\n\r\nMerci Bob", sender=ANNE, to=[US])
    await desk.post.until("synthese", where=lambda mail: mail["Message-ID"] == "<tu@a>")
    listed = await desk.imap.listing()
    await desk.asked("tu", validity=listed.validity, uid=max(listed.uids))
    await desk.notes.give(mail_key("tu@a", ANNE), Given(at=0.0, sender=events.hashed(ANNE), thread="t"))
    for _ in range(2):
        await desk.answers.settle_unanswered("tu@a", ANNE)
    assert not (await desk.notes.page()).given
    await desk.post.until("synthese", folder="Traités", where=lambda mail: mail["Message-ID"] == "<tu@a>")
    assert desk.received("tu") == 0
