"""Mail on real servers: a question with a document is answered once, in its thread, to its author alone."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import time
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path

import aiohttp
import jwt
import pytest
import pytest_asyncio

from tests.rig import mail as rig
from tests.rig.gateway import Behaviour, FakeGateway
from tests.rig.mail import AUTHSERV, DOMAIN, MailServer, mail_server
from tests.rig.relais import Relais, relais
from tests.rig.valkey import valkey

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.skipif(bool(rig.missing()), reason=rig.missing()),
]

NOTE = Path(__file__).parents[1] / "data" / "documents" / "note.pdf"
US = f"synthese@{DOMAIN}"
SECRET = "le secret du webhook, long de plus de trente-deux signes"
_numbers = itertools.count(1)


@dataclass(frozen=True, kw_only=True)
class Post:
    """The mail servers, the bot on one of the mailboxes, and the models behind it."""

    server: MailServer
    bot: Relais
    gateway: FakeGateway

    async def write(self, mail: EmailMessage, sender: str = "anne") -> None:
        await self.server.post(mail, sender=f"{sender}@{DOMAIN}", to=[US])

    async def answers(self, to: EmailMessage, count: int = 1, box: str = "anne") -> list[EmailMessage]:
        """The answers to a mail in its author's mailbox."""
        return await self.server.until(box, count, where=lambda mail: mail["In-Reply-To"] == to["Message-ID"])


@pytest_asyncio.fixture(loop_scope="session")
async def post(tmp_path: Path, gateway: FakeGateway) -> AsyncGenerator[Post]:
    """A bot on `synthese@`, with colleagues Anne and Paul."""
    async with (
        mail_server("synthese", "anne", "paul") as server,
        relais(tmp_path / "relais", environment(server, gateway)) as bot,
    ):
        yield Post(server=server, bot=bot, gateway=gateway)


def environment(server: MailServer, gateway: FakeGateway) -> dict[str, str]:
    """The settings of a bot on `synthese@`."""
    return {
        "RELAIS_MAIL__ADDRESS": US,
        "RELAIS_MAIL__IMAP_URL": server.imap_url("synthese"),
        "RELAIS_MAIL__SMTP_URL": server.smtp_url("synthese"),
        "RELAIS_MAIL__AUTHSERV_ID": AUTHSERV,
        "RELAIS_GATEWAY__URL": gateway.url,
        "RELAIS_GATEWAY__MODEL": gateway.models[0],
    }


def mail(subject: str, text: str, *, sender: str = "anne", checked: bool = True, **more: str) -> EmailMessage:
    """A mail as the border server hands it in: with its verdict on top when it was `checked`."""
    it = EmailMessage()
    if checked:
        it["Authentication-Results"] = f"{AUTHSERV}; dmarc=pass header.from={DOMAIN}"
    it["From"] = f"{sender.capitalize()} Dupont <{sender}@{DOMAIN}>"
    it["To"] = US
    it["Subject"] = subject
    it["Message-ID"] = f"<{next(_numbers)}.{subject.encode().hex()}@{DOMAIN}>"
    for name, value in more.items():
        it[name.replace("_", "-")] = value
    it.set_content(text)
    return it


def reply(answer: EmailMessage, text: str) -> EmailMessage:
    """What a mail client writes under « Répondre »."""
    quoted = "\n".join(f"> {line}" for line in text_of(answer).splitlines())
    return mail(
        answer["Subject"],
        f"{text}\n\nLe 25/11/2026 à 10:12, Assistant (IA) <{US}> a écrit :\n\n{quoted}\n",
        In_Reply_To=answer["Message-ID"],
        References=f"{answer['References']} {answer['Message-ID']}",
    )


def text_of(answer: EmailMessage) -> str:
    part = answer.get_body(("plain",))
    assert part is not None
    return part.get_content()


async def test_a_mail_with_a_document_is_answered_in_its_thread(post: Post) -> None:
    """The answer comes to its author as text and HTML, in the thread; then the mail is filed."""
    question = mail("Note", "Résume cette note.")
    question["Cc"] = f"paul@{DOMAIN}"
    question.add_attachment(NOTE.read_bytes(), maintype="application", subtype="pdf", filename="note.pdf")
    await post.write(question)
    (answer,) = await post.answers(question)
    assert answer["Subject"] == "Re: Note"
    assert answer["References"].split() == [question["Message-ID"]]
    assert answer["Auto-Submitted"] == "auto-replied"
    assert answer["Return-Path"] == "<>"
    assert "Résume cette note." in text_of(answer)
    assert "intelligence artificielle" in text_of(answer)
    html = answer.get_body(("html",))
    assert html is not None
    assert '<html lang="fr">' in html.get_content()
    messages = post.gateway.received[-1].body["messages"]
    assert "note.pdf" in "".join(message["content"] for message in messages)
    filed = await post.server.until("synthese", 2, folder="Traités")
    assert question["Message-ID"] in [each["Message-ID"] for each in filed]
    assert not post.server.mails("paul")
    assert not post.server.mails("synthese")


async def test_a_reply_goes_on_with_the_same_documents(post: Post) -> None:
    """The second question is answered knowing the first and its document; our quoted answer is left out."""
    question = mail("Suite", "Résume cette note.")
    question.add_attachment(NOTE.read_bytes(), maintype="application", subtype="pdf", filename="note.pdf")
    await post.write(question)
    (answer,) = await post.answers(question)
    further = reply(answer, "Et les délais ?")
    await post.write(further)
    (second,) = await post.answers(further)
    assert second["References"].split() == [
        question["Message-ID"],
        answer["Message-ID"],
        further["Message-ID"],
    ]
    asked = post.gateway.received[-1].body["messages"]
    assert asked[-1]["content"].rstrip().endswith("Et les délais ?")
    assert "note.pdf" in "".join(message["content"] for message in asked)


async def test_who_is_not_authenticated_is_set_apart_without_an_answer(post: Post) -> None:
    """No result of our server, no answer: the mail lies in quarantine, and the next one is answered."""
    stranger = mail("Sans preuve", "Qui suis-je ?", checked=False)
    await post.write(stranger)
    await post.server.until("synthese", folder="Quarantaine")
    proved = mail("Avec preuve", "Bonjour")
    await post.write(proved)
    await post.answers(proved)
    assert not [each for each in post.server.mails("anne") if each["In-Reply-To"] == stranger["Message-ID"]]


async def test_automatic_mail_and_bounces_meet_silence(post: Post) -> None:
    """An out-of-office reply, a list, a bounce: nothing of it is answered, not even once."""
    answered = len(post.gateway.received)
    await post.write(mail("Absence", "Je suis absente.", Auto_Submitted="auto-replied"))
    await post.write(mail("Liste", "À tous", List_Id="<agents>"))
    await post.server.post(mail("Retour", "Échec de remise"), sender="", to=[US])
    await post.server.until("synthese", 3, folder="Traités")
    assert len(post.gateway.received) == answered
    assert not post.server.mails("anne")


@pytest.mark.parametrize("moment", ["asked", "sent"])
async def test_a_kill_loses_nothing_and_answers_once(post: Post, moment: str) -> None:
    """Killed while the model thinks, or as soon as the answer is there: one answer in all."""
    asked = len(post.gateway.received)
    if moment == "asked":
        post.gateway.next(Behaviour(stall_after=0))
    question = mail(f"Coupure {moment}", "Question difficile")
    await post.write(question)
    if moment == "asked":
        async with asyncio.timeout(20):
            while len(post.gateway.received) == asked:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
    else:
        await post.answers(question)
    await post.bot.kill()
    await post.bot.start()
    await post.answers(question)
    further = mail("Après", "Encore un mot", sender="paul")
    await post.write(further, "paul")
    await post.answers(further, box="paul")
    await post.server.until("synthese", 4, folder="Traités")
    assert len(await post.answers(question)) == 1


async def test_mail_received_while_it_is_down_is_answered(post: Post) -> None:
    """Nothing is lost by a stop."""
    await post.bot.stop()
    question = mail("Pendant l’arrêt", "Es-tu là ?")
    await post.write(question)
    await post.bot.start()
    (answer,) = await post.answers(question)
    assert "Es-tu là ?" in text_of(answer)


async def test_a_robot_without_manners_is_answered_three_times(post: Post) -> None:
    """It answers every answer and says nowhere that it is a robot: the cap of the thread ends the loop."""
    letter = mail("Boucle", "Bonjour")
    for _ in range(3):
        await post.write(letter)
        (answer,) = await post.answers(letter)
        letter = reply(answer, "Je suis absente.")
    await post.write(letter)
    await post.server.until("synthese", where=lambda each: each["Message-ID"] == letter["Message-ID"])
    other = mail("Autre fil", "Et moi ?", sender="paul")
    await post.write(other, "paul")
    await post.answers(other, box="paul")
    await post.server.until("synthese", 8, folder="Traités")
    assert len(post.server.mails("anne")) == 3
    assert [each["Message-ID"] for each in post.server.mails("synthese")] == [letter["Message-ID"]]


async def test_two_replicas_on_one_mailbox_answer_once(tmp_path: Path, gateway: FakeGateway) -> None:
    """Both see every mail, one answers it."""
    async with (
        mail_server("synthese", "anne", "paul") as server,
        valkey(tmp_path / "store", tcp=True) as store,
    ):
        settings = environment(server, gateway) | {
            "RELAIS_STORE__URL": store.url,
            "RELAIS_STORE__KEYS": "une clé partagée de plus de trente-deux caractères",
        }
        async with (
            relais(tmp_path / "one", settings | {"RELAIS_REPLICA": "one"}) as one,
            relais(tmp_path / "two", settings | {"RELAIS_REPLICA": "two"}),
        ):
            post = Post(server=server, bot=one, gateway=gateway)
            questions = [
                mail(f"Question {n}", f"Mot {n}", sender="anne" if n % 2 else "paul") for n in range(8)
            ]
            for number, question in enumerate(questions):
                await post.write(question, "anne" if number % 2 else "paul")
            for box in ("anne", "paul"):
                await server.until(box, 4)
            await server.until("synthese", 16, folder="Traités")
            answered = [each["In-Reply-To"] for box in ("anne", "paul") for each in server.mails(box)]
            assert sorted(answered) == sorted(question["Message-ID"] for question in questions)


async def test_the_same_mail_delivered_twice_is_answered_once(post: Post) -> None:
    """Two deliveries with one Message-ID, as when a mail was sent to two names of the mailbox."""
    question = mail("Double", "Une fois")
    await post.write(question)
    await post.answers(question)
    await post.write(question)
    await post.server.until("synthese", 3, folder="Traités")
    other = mail("Après", "Encore un mot", sender="paul")
    await post.write(other, "paul")
    await post.answers(other, box="paul")
    assert len(await post.answers(question)) == 1


async def test_what_cannot_be_read_or_may_not_be_is_refused_with_the_reason(post: Post) -> None:
    """An encrypted mail, and a subject that says « DR »: the author is told why; no model is asked."""
    asked = len(post.gateway.received)
    encrypted = mail("Dossier", "x")
    encrypted.replace_header(
        "Content-Type", "application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m"
    )
    await post.write(encrypted)
    marked = mail("[DR] Note", "Résume cette note.")
    await post.write(marked)
    (first,) = await post.answers(encrypted)
    (second,) = await post.answers(marked)
    assert "chiffré (S/MIME ou PGP)" in text_of(first)
    assert "Diffusion Restreinte" in text_of(second)
    assert second["X-AI-Generated"] is None
    assert len(post.gateway.received) == asked


async def test_a_mail_that_is_posted_is_answered_once(tmp_path: Path, gateway: FakeGateway) -> None:
    """By webhook instead of IMAP: durable with the response, whatever dies; the answer goes out by SMTP."""
    async with mail_server("synthese", "anne") as server:
        settings = environment(server, gateway) | {"RELAIS_MAIL__WEBHOOK_SECRET": SECRET}
        del settings["RELAIS_MAIL__IMAP_URL"]
        async with relais(tmp_path, settings) as bot, aiohttp.ClientSession() as client:
            url = f"{bot.url}/webhooks/mail"
            question = mail("Note", "")
            question.add_attachment(
                NOTE.read_bytes(), maintype="application", subtype="pdf", filename="note.pdf"
            )
            body = question.as_bytes()
            claims = {
                "exp": int(time.time()) + 60,
                "jti": "1",
                "body_sha256": hashlib.sha256(body).hexdigest(),
            }
            headers = {
                "Authorization": f"Bearer {jwt.encode(claims, SECRET, algorithm='HS256')}",
                "Content-Type": "message/rfc822",
                "X-StMsg-Recipient": f"synthese+court@{DOMAIN}",
            }
            async with client.post(url, data=body, headers=headers) as response:
                assert response.status == 202
            await bot.kill()
            await bot.start()
            async with client.post(url, data=body, headers=headers) as response:
                assert response.status == 202
            async with client.post(url, data=body) as response:
                assert response.status == 401
            (answer,) = await server.until("anne")
            assert answer["In-Reply-To"] == question["Message-ID"]
            assert "cinq lignes" in str(gateway.received[-1].body)
            await server.until("synthese")  # our copy, which the platform would post in its turn
            await asyncio.sleep(1.0)
            assert len(server.mails("anne")) == 1
