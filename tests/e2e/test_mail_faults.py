"""Mail when something dies: nothing is lost, nothing is answered twice, and no loop begins."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import AsyncGenerator
from pathlib import Path

import aiohttp
import jwt
import pytest
import pytest_asyncio

from tests.rig import mail as rig
from tests.rig.gateway import Behaviour, FakeGateway
from tests.rig.mail import DOMAIN, mail_server
from tests.rig.mail_extras import VACATION
from tests.rig.post import PEOPLE, Post, environment, mail, text_of
from tests.rig.readable import Readable
from tests.rig.relais import relais
from tests.rig.valkey import valkey

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.skipif(bool(rig.missing()), reason=rig.missing()),
]
SECRET = "le secret du webhook, long de plus de trente-deux signes"
ABSENT = "anne"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def post(tmp_path_factory: pytest.TempPathFactory, gateway: FakeGateway) -> AsyncGenerator[Post]:
    """A bot on `synthese@`; of its colleagues one is absent and has a responder that says so each time."""
    async with (
        mail_server("synthese", ABSENT, *PEOPLE, scripts={ABSENT: VACATION}) as server,
        relais(tmp_path_factory.mktemp("relais"), environment(server, gateway)) as bot,
    ):
        yield Post(server=server, bot=bot, gateway=gateway)


@pytest.mark.parametrize("moment", ["asked", "sent"])
async def test_a_kill_loses_nothing_and_answers_once(post: Post, moment: str) -> None:
    """Killed while the model thinks, or as soon as the answer is there: one answer in all."""
    asked = len(post.gateway.received)
    if moment == "asked":
        post.gateway.next(Behaviour(stall_after=0))
    question = mail(f"Coupure {moment}", "Question difficile", sender=next(post.people))
    await post.write(question)
    if moment == "asked":
        async with asyncio.timeout(60):
            while len(post.gateway.received) == asked:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
    else:
        await post.answers(question)
    await post.bot.kill()
    await post.bot.start()
    await post.answers(question)
    further = mail("Après", "Encore un mot", sender=next(post.people))
    await post.write(further)
    await post.answers(further)
    await post.filed(question)
    assert len(await post.answers(question)) == 1


async def test_mail_received_while_it_is_down_is_answered(post: Post) -> None:
    """Nothing is lost by a stop."""
    await post.bot.stop()
    question = mail("Pendant l’arrêt", "Es-tu là ?", sender=next(post.people))
    await post.write(question)
    await post.bot.start()
    (answer,) = await post.answers(question)
    assert "Es-tu là ?" in Readable(text_of(answer))


async def test_a_responder_of_an_absent_person_begins_no_loop(post: Post) -> None:
    """Real Sieve, which answers all that it may: our answer is none of that. (`make chaos`: 50 rounds.)"""
    for number in range(3):
        question = mail(f"Absence {number}", "Bonjour", sender=ABSENT)
        await post.write(question)
        await post.answers(question)
    known = mail("Présente ?", "Bonjour", sender=next(post.people), to=f"{ABSENT}@{DOMAIN}")
    await post.write(known, to=f"{ABSENT}@{DOMAIN}")
    (away,) = await post.answers(known)  # it does answer people
    assert away["Auto-Submitted"].startswith("auto-replied")
    await asyncio.sleep(0.5)
    assert len(post.server.mails(ABSENT)) == 4
    told = [each for folder in ("", "Traités") for each in post.server.mails("synthese", folder)]
    assert not [each for each in told if "Absente" in str(each["Subject"])]


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
            for question in questions:
                await post.write(question)
            for box in ("anne", "paul"):
                await server.until(box, 4)
            await server.until("synthese", 16, folder="Traités")
            answered = [each["In-Reply-To"] for box in ("anne", "paul") for each in server.mails(box)]
            assert sorted(answered) == sorted(question["Message-ID"] for question in questions)


async def test_a_mail_that_is_posted_is_answered_once(tmp_path: Path, gateway: FakeGateway) -> None:
    """By webhook instead of IMAP: durable with the response, whatever dies; the answer goes out by SMTP."""
    async with mail_server("synthese", "anne") as server:
        settings = environment(server, gateway) | {"RELAIS_MAIL__WEBHOOK_SECRET": SECRET}
        del settings["RELAIS_MAIL__IMAP_URL"]
        async with relais(tmp_path, settings) as bot, aiohttp.ClientSession() as client:
            url = f"{bot.url}/webhooks/mail"
            question = mail("Note", "Le comité a décidé de louer une salle. " * 20, sender="anne")
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
            await asyncio.sleep(0.5)
            assert len(server.mails("anne")) == 1
