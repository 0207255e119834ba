"""Files that a person sends to the assistant in an encrypted direct chat."""

from __future__ import annotations

import io
import random
import zipfile
from pathlib import Path

import aiohttp
import pytest

from connectors.tchap.media import encrypted
from tests.core.documents import make
from tests.rig.bot import Bot, bot_on_tchap
from tests.rig.gateway import Behaviour, FakeGateway
from tests.rig.peer import PeerRoom
from tests.rig.relais import Relais
from tests.rig.scanner import EICAR, fake_scanner
from tests.rig.synapse import Federation
from tests.rig.troupe import Troupe

pytestmark = pytest.mark.asyncio(loop_scope="session")


def _pdf(text: str) -> bytes:
    """The smallest PDF that shows one line of text (ISO 32000-1, annex H)."""
    stream = f"BT /F1 24 Tf 72 700 Td ({text}) Tj ET".encode("latin-1")
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R"
        b" /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    document = b"%PDF-1.4\n"
    offsets: list[int] = []
    for number, body in enumerate(objects, 1):
        offsets.append(len(document))
        document += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    return document + (
        b"xref\n0 6\n0000000000 65535 f \n%strailer\n<< /Size 6 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n"
        % (table, len(document))
    )


@pytest.mark.parametrize(
    ("name", "media_type", "data"),
    [
        ("note.txt", "text/plain", b"Le budget du projet est de 4 217 euros."),
        ("note.pdf", "application/pdf", _pdf("Le budget du projet est de 4 217 euros.")),
    ],
    ids=["text", "pdf"],
)
async def test_a_file_is_read_and_asked_about(
    servers: Federation, troupe: Troupe, bot: Bot, name: str, media_type: str, data: bytes
) -> None:
    """Its reception is confirmed, and its text goes to the model with the question on it."""
    chat = await _chat(servers, troupe, bot)
    await chat.send_file(name, data, media_type)
    received = await chat.message(sender=bot.user, containing=name)
    assert "reçu" in received.text
    await chat.send("Quel est le budget ?")
    await chat.message(sender=bot.user, containing="Réponse à")
    assert "4 217 euros" in bot.last_asked()


async def test_a_file_of_an_unknown_kind_is_answered(servers: Federation, troupe: Troupe, bot: Bot) -> None:
    """The bot says that it cannot read it, by name; the model does not hear of it."""
    chat = await _chat(servers, troupe, bot)
    await chat.send_file("mesures.dat", bytes(range(256)) * 16, "application/octet-stream")
    answer = await chat.message(sender=bot.user, containing="mesures.dat")
    assert "ne sais pas lire ce fichier" in answer.text
    assert bot.asked("mesures.dat") == 0


async def test_a_file_beside_a_name_that_lies_is_read_as_what_it_is(
    servers: Federation, troupe: Troupe, bot: Bot
) -> None:
    """A PDF called .txt is read as a PDF: neither name nor announced type is believed."""
    chat = await _chat(servers, troupe, bot)
    await chat.send_file("faux.txt", _pdf("Contenu du document"), "text/plain")
    await chat.message(sender=bot.user, containing="faux.txt")
    await chat.send("Que dit-il ?")
    await chat.message(sender=bot.user, containing="Réponse à")
    assert "Contenu du document" in bot.last_asked()
    assert "%PDF" not in bot.last_asked()


async def test_a_photo_is_seen_by_a_model_that_may(
    servers: Federation, troupe: Troupe, gateway: FakeGateway, tmp_path: Path
) -> None:
    """Sent alone, it is told with its receipt; a question that follows is answered from what was seen."""
    async with bot_on_tchap(tmp_path, servers, gateway, started=False) as bot:
        _with_eyes(bot.process, gateway)
        await bot.process.start()
        chat = await _chat(servers, troupe, bot)
        before = len(gateway.received)
        gateway.next(Behaviour(answer="Trois barques rouges à quai."))
        await chat.send_file("quai.jpg", make.photo("Embarcadère"), "image/jpeg")
        await chat.message(sender=bot.user, containing="Trois barques rouges")
        (look,) = gateway.received[before:]
        assert look.picture is not None
        await chat.send("Combien de barques ?")
        await chat.message(sender=bot.user, containing="Réponse à")
        assert "Trois barques rouges" in bot.last_asked()


def _with_eyes(process: Relais, gateway: FakeGateway) -> None:
    """Have the replica's policy name a model that sees."""
    process.environment = {k: v for k, v in process.environment.items() if "GATEWAY" not in k}
    Path(process.environment["RELAIS_POLICY"]).write_text(
        f'[quotas]\n\n[[models]]\nid = "voit"\nserved = "{gateway.models[0]}"\nurl = "{gateway.url}"\n'
        'clearance = "N2"\ncontext = 32768\ntasks = ["chat", "summary", "vision"]\n'
    )


async def _chat(servers: Federation, troupe: Troupe, bot: Bot) -> PeerRoom:
    alice = await troupe.person(servers.agents, "alice")
    return await alice.direct_chat(bot.user)


async def test_files_come_through_the_content_scanner(
    servers: Federation, troupe: Troupe, gateway: FakeGateway, tmp_path: Path
) -> None:
    """A clean file of 50 MB is read, within bounded memory; one that is not clean never is, and its person
    is told; a scanner that is away for a moment is waited for."""
    async with (
        fake_scanner(servers.agents.base_url) as scanner,
        bot_on_tchap(tmp_path, servers, gateway, RELAIS_TCHAP__CONTENT_SCANNER=scanner.url) as bot,
    ):
        chat = await _chat(servers, troupe, bot)
        await chat.send_file("virus.txt", b"Le code est 12. " + EICAR, "text/plain")
        told = await chat.message(sender=bot.user, containing="virus.txt")
        assert "antivirus" in told.text
        scanner.faults.append((502, "MCS_MEDIA_REQUEST_FAILED"))
        before = _peak_memory(bot)
        await _send_large(chat, "rapport.docx", _docx("Le budget est de 4 217 euros.", 49_900_000))
        received = await chat.message(sender=bot.user, containing="rapport.docx", patience=60)
        assert "reçu" in received.text
        assert _peak_memory(bot) - before < 200_000_000
        await chat.send("Quel est le budget ?")
        await chat.message(sender=bot.user, containing="Réponse à")
        assert "4 217 euros" in bot.last_asked()
        assert "EICAR" not in bot.last_asked()
        assert scanner.clear_bodies == 0


def _docx(text: str, size: int) -> bytes:
    """A document with a picture that does not compress, in all about `size` bytes."""
    buffer = io.BytesIO(make.docx(make.paragraph(text)))
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr("word/media/image1.png", random.Random(1).randbytes(size))
    return buffer.getvalue()


async def _send_large(chat: PeerRoom, name: str, data: bytes) -> None:
    """As a client does, without passing through the pipe of the peer: encrypt, upload, announce."""
    sealed, secret = encrypted(data)
    server = chat.peer.homeserver.base_url
    headers = {"Authorization": f"Bearer {chat.peer.token}"}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.post(f"{server}/_matrix/media/v3/upload", data=io.BytesIO(sealed)) as answer,
    ):
        address = (await answer.json())["content_uri"]
    content = {"msgtype": "m.file", "body": name, "info": {"size": len(data)}}
    await chat.send_raw("m.room.message", content | {"file": secret | {"url": address}})


def _peak_memory(bot: Bot) -> int:
    """Bytes that the bot's process has held at most so far."""
    status = Path(f"/proc/{bot.process.pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024
