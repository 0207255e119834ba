from __future__ import annotations

import io
import zipfile
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from core.documents.document import Limits
from core.provenance.carried import carried_task
from core.provenance.proof_words import ProofWords
from core.provenance.record import Register
from core.provenance.record_tokens import tokens_in
from core.provenance.verifying import Proof, examine
from core.store.valkey import Store
from core.vault import Vault
from tests.core.provenance.test_record import KEYS, record, signed
from tests.core.stored import embedded, partitions, store, vault

__all__ = ["embedded", "partitions", "store", "vault"]

NOW = 20_000 * 86_400.0
ANSWER = "L’atelier de Brest a retenu trois mesures pour le littoral, dont deux seront financées cette année."
TOKEN = signed(ANSWER)


@pytest.fixture
async def register(store: Store, vault: Vault) -> Register:
    """A register that knows the answer."""
    register = Register(store, vault, days=30, clock=lambda: NOW)
    await store.batch(register.adding(ANSWER, name="turn", generated=True))
    return register


async def test_signed_text_needs_no_register(store: Store, vault: Vault) -> None:
    """The record of a whole text proves it, also below what a platform wrote under it."""
    empty = Register(store, vault, days=30, clock=lambda: NOW)
    for text in (
        ANSWER,
        f"**{ANSWER}**\n\n---\n\nRédigé par une intelligence artificielle.",
        f"{ANSWER}\n\n---\n\n*IA · small · N1*\n\n---\n\n*Je suis un robot.*\n\n---\n\nÀ vérifier.\n",
    ):
        proof = await examine([text], [TOKEN], KEYS, empty)
        assert proof.covers
        assert proof.whole


@pytest.mark.parametrize(("language", "told"), [("fr", "sous un trait"), ("en", "below a line")])
async def test_what_stands_below_a_line_is_said_not_to_be_proved(
    register: Register, language: str, told: str
) -> None:
    """relais writes the model and the level there, and anybody might write something else."""
    proof = await examine([f"{ANSWER}\n\n---\n\nLa digue sera rasée demain."], [TOKEN], KEYS, register)
    assert proof.whole
    assert told in " ".join(ProofWords(language).details(proof, days=30))


async def test_record_of_another_text_proves_nothing(register: Register) -> None:
    """Whoever puts our signature under a text of their own is found out; an edited answer still is ours."""
    other = "Ce texte, que personne chez nous n’a écrit, porte pourtant une signature prise ailleurs, hélas."
    assert not (await examine([other], [TOKEN], KEYS, register)).ours
    edited = await examine([f"Chers tous, {ANSWER}"], [TOKEN], KEYS, register)
    assert edited.ours
    assert not edited.whole


async def test_forged_record_is_said(register: Register) -> None:
    """A record that we did not sign is named for what it is, and the register still answers."""
    forged = signed(ANSWER, Ed25519PrivateKey.generate())
    proof = await examine([ANSWER], [forged], KEYS, register)
    assert proof.record == "unknown_key"
    assert proof.found is not None


def test_records_are_found_wherever_they_stand() -> None:
    """In a mail's folded header, in a package's properties, in a PDF's or an event's text; each once."""
    folded = "\r\n ".join(TOKEN[at : at + 60] for at in range(0, len(TOKEN), 60))
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("docProps/custom.xml", f"<property><vt:lpwstr>{TOKEN}</vt:lpwstr></property>")
        made.writestr("word/document.xml", "x" * 1000)
    for data in (
        f"X-Relais-Provenance: {folded}\r\nTo: x@y.example\r\n".encode(),
        package.getvalue(),
        f"<rdf:li>{TOKEN}</rdf:li>{TOKEN}".encode(),
    ):
        assert tokens_in(data) == [TOKEN]
    assert tokens_in(b"PK\x03\x04 no package") == []
    assert tokens_in(b"eyJ" * 1000) == []


def test_mail_within_mails_has_its_own_text() -> None:
    """The plain text is found in a mail that carries a thousand mails within each other."""
    mail = b"Content-Type: text/plain; charset=utf-8\r\n\r\nAu fond.\r\n"
    for level in range(1000):
        inner = b"Content-Type: message/rfc822\r\n\r\n" + mail if level else mail
        mail = b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n' % level + b"--b%d\r\n" % level
        mail += b"Content-Type: text/plain; charset=utf-8\r\n\r\n" + "L’accord\r\nest signé.\r\n".encode()
        mail += b"--b%d\r\n" % level + inner
    carried = carried_task(io.BytesIO(mail), {"mail": True, "characters": 100}, Limits())
    assert carried["texts"] == ["L’accord\nest signé."]


@pytest.mark.parametrize("language", ["fr", "en"])
async def test_every_proof_is_told(language: str, register: Register) -> None:
    """Each outcome has its sentence, and what it rests on; what is not recognised is not called human."""
    say = ProofWords(language)
    whole = Proof(record=record(), covers=True)
    found = await register.find(ANSWER)
    assert found is not None
    part = Proof(found=replace(found, whole=False, share=0.5))
    nothing = Proof(record="broken")
    verdicts = [say.verdict(each) for each in (whole, part, nothing)]
    assert len(set(verdicts)) == 3
    told = [" ".join(say.details(each, days=30)) for each in (whole, part, nothing)]
    assert "ministral-8b" in told[0]
    assert "50" in told[1]
    assert "2024" in told[1]
    assert "30" in told[2]
