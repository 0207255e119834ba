"""Files that a person sends to the assistant in an encrypted direct chat."""

from __future__ import annotations

import pytest

from tests.rig.bot import Bot
from tests.rig.peer import PeerRoom
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


async def _chat(servers: Federation, troupe: Troupe, bot: Bot) -> PeerRoom:
    alice = await troupe.person(servers.agents, "alice")
    return await alice.direct_chat(bot.user)
