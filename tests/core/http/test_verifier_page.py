"""The page `/verifier`: a text that is pasted, and files as people have them, altered or not."""

from __future__ import annotations

import asyncio
import html
import io
import re
import tempfile
import time
import zipfile
from collections.abc import AsyncGenerator
from typing import Any

import aiohttp
import pytest
from docx import Document

from connectors.mail.render import Envelope, render
from connectors.mail.words import Words
from core.connector import Draft, File
from core.documents.sandbox.sandbox import Sandbox
from core.export import MEDIA_TYPES, FileKind, LevelMark, export, words_of_file
from core.http import verifier_page
from core.provenance.record import Register, Signer
from core.sensitivity.level import Level
from core.store.valkey import Store
from core.vault import Vault
from tests.core.http.test_pages import NOW, served, verifier
from tests.core.provenance.test_record import KEY
from tests.core.stored import embedded, fixed, partitions, store

__all__ = ["embedded", "fixed", "partitions", "store"]

ANSWER = "L’atelier de Brest a retenu trois mesures pour le littoral, dont deux seront financées cette année."
OURS = "Ce texte est une réponse de relais, entière."
PART = "Ce texte vient d’une réponse de relais, abrégée ou modifiée."
UNKNOWN = "Ce texte n’est pas reconnu comme une réponse de relais."
NOTE = f"""## Littoral

{ANSWER}

1. La digue sera relevée à Łódź → d’ici mars, selon [le plan](https://plan.example/littoral?an=2027).

   Le syndicat mixte en a la charge, soit -5\u202f% (≤ 12\u202f‰) de ses 1\u202f234,5\u00a0€.

2. Le port garde son quai.

| Qui | Quoi |
|---|---|
| Anne | relire |
"""
SIGNER = Signer(KEY, {}, lambda: NOW)
KINDS: tuple[FileKind, ...] = ("docx", "odt", "pdf", "md")


def exported(kind: FileKind, text: str = NOTE, *, of: str = NOTE) -> bytes:
    """A file of `text`, with the record of `of`."""
    record = SIGNER.record(words_of_file(of, "Note"), level=Level.N1, generated=True, models=("small",))
    mark = LevelMark(title="Note", header="N1 – Interne", footer="IA.", level=Level.N1, record=record, at=NOW)
    return export(text, kind, mark)


def mailed(text: str = NOTE, file: File | None = None) -> bytes:
    """A mail as its reader saves it."""
    draft = SIGNER.marked(Draft(text=text, level=Level.N1, key="k", writers=("small",), file=file))
    envelope = Envelope(id="a@x.example", box="b@x.example", name="Assistant", to="c@x.example", at=NOW)
    return render(draft, envelope, None, Words("fr"))


@pytest.fixture
async def page(store: Store, fixed: Vault) -> AsyncGenerator[str]:
    """The address of a page whose register knows `ANSWER` and `NOTE`."""
    register = Register(store, fixed, days=90, clock=lambda: NOW)
    for number, text in enumerate((ANSWER, NOTE)):
        await store.batch(register.adding(text, name=str(number), generated=True))
    async with Sandbox() as sandbox, served(verifier(store, fixed, SIGNER.keys, sandbox=sandbox)) as url:
        yield f"{url}/verifier"


async def asked(page: str, data: bytes | None, name: str = "note") -> tuple[int, str, str]:
    """The status, the verdict and all that is told of a file."""
    form = aiohttp.FormData(default_to_multipart=True)
    if data is not None:
        form.add_field("fichier", io.BytesIO(data), filename=name)
    async with aiohttp.ClientSession() as session, session.post(page, data=form) as answer:
        text = html.unescape(await answer.text())
    verdict = re.search(r"callout__title\">(.*?)</h2>(.*?)</div>", text, re.DOTALL)
    return answer.status, verdict[1] if verdict else "", " ".join((verdict[2] if verdict else text).split())


async def lateness(told: asyncio.Future[Any]) -> float:
    """The longest work that the event loop did at once until this was done, in seconds of its thread's CPU: a
    busy machine makes it no longer."""
    late = 0.0
    while not told.done():
        began = time.thread_time()
        await asyncio.sleep(0.01)
        late = max(late, time.thread_time() - began)
    return late


@pytest.mark.parametrize(
    ("text", "verdict"),
    [(ANSWER, OURS), (f"Chers tous, {ANSWER}", PART), ("", UNKNOWN), ("x" * 300_000, UNKNOWN)],
)
async def test_texts_are_recognised(page: str, text: str, verdict: str) -> None:
    """Anybody pastes a text and reads whether it is an answer; nothing of the text is shown again."""
    async with aiohttp.ClientSession() as session, session.post(page, data={"texte": text}) as answer:
        shown = await answer.text()
        policy = answer.headers["Content-Security-Policy"]
    assert f">{verdict}</h2>" in shown
    assert "<script" not in shown
    assert "default-src 'none'" in policy
    assert "Brest" not in shown


async def test_unaltered_files_are_whole(page: str) -> None:
    """By the record that they carry: when, at what level, by which model."""
    for kind in KINDS:
        status, verdict, told = await asked(page, exported(kind), f"note.{kind}")
        assert (kind, status, verdict) == (kind, 200, OURS)
        assert "Signée le 25 novembre 2026, niveau N1" in told
        assert "intelligence artificielle (small)" in told


async def test_mails_are_whole(page: str) -> None:
    """A mail that was saved, alone or with a file of ours, and the text that was copied out of it."""
    for file in (None, File(name="note.docx", media_type=MEDIA_TYPES["docx"], data=exported("docx"))):
        assert (await asked(page, mailed(file=file), "re.eml"))[:2] == (200, OURS)
    assert (await asked(page, ANSWER.encode(), "copie.txt"))[:2] == (200, OURS)


async def test_altered_files_are_not_whole(page: str) -> None:
    """The record left in the file is ours, and of another text: the register says what is left of ours."""
    for kind in KINDS:
        for old, new in (("trois mesures", "quatre mesures"), ("-5", "5"), ("5\u00a0€", "5\u00a0%")):
            other = NOTE.replace(old, new)
            status, verdict, told = await asked(page, exported(kind, other), f"note.{kind}")
            assert (kind, old, status, verdict) == (kind, old, 200, PART)
            assert "elle porte sur un autre texte" in told


async def test_an_answer_saved_by_another_program_is_recognised(page: str) -> None:
    """Copied into a file without our properties, under words of its own."""
    made, out = Document(), io.BytesIO()
    made.add_paragraph("Bonjour à tous, voici ce que l’on m’a répondu.")
    made.add_paragraph(ANSWER)
    made.save(out)
    assert (await asked(page, out.getvalue(), "copie.docx"))[1] == PART


async def test_files_of_strangers_are_not_ours(page: str) -> None:
    """Whatever signature was put into them, ours of another text or that of another relais."""
    text = "Le conseil municipal se réunit mardi soir pour voter le budget des écoles et celui de la voirie."
    plain = LevelMark(title="Note", header="N1", footer="Fin.", level=Level.N1, at=NOW)
    for kind in KINDS:
        for data in (exported(kind, text), export(text, kind, plain)):
            assert (kind, *(await asked(page, data, f"x.{kind}"))[:2]) == (kind, 200, UNKNOWN)


async def test_what_cannot_be_read_is_said_in_words(page: str) -> None:
    """A broken file, an empty form, a format that nobody reads: what hinders, and no error of a program."""
    status, verdict, told = await asked(page, exported("docx")[:900], "note.docx")
    assert (status, verdict) == (422, "Ce fichier n’a pas pu être lu.")
    assert "abîmé" in told
    assert (await asked(page, bytes(range(256)) * 9, "x.bin"))[0] == 422
    status, verdict, _ = await asked(page, None)
    assert (status, verdict[:27]) == (400, "Aucun fichier n’a été reçu\u00a0"[:27])
    assert (await asked(page, b"", "vide.txt"))[0] == 400


async def test_a_form_that_no_browser_sends_is_no_file(page: str) -> None:
    """A multipart body without its boundary, with another one, or of another field."""
    field = b'--x\r\nContent-Disposition: form-data; name="autre"\r\n\r\nabc\r\n--x--\r\n'
    for body in (b"", b"abc", field):
        for boundary in ("", "; boundary=x", "; boundary=y"):
            headers = {"Content-Type": f"multipart/form-data{boundary}"}
            async with aiohttp.ClientSession() as session:
                answer = await session.post(page, data=body, headers=headers)
                assert answer.status == 400, (body, boundary)


async def test_a_form_of_empty_lines_or_parts_does_not_hold_the_replica_up(page: str) -> None:
    """A reader of forms that takes them one by one stood still for half a minute."""
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    for body in (b"\n" * 3_000_000, b"--x\r\n\r\n\r\n" * 300_000):
        async with aiohttp.ClientSession() as session:
            posted = asyncio.ensure_future(session.post(page, data=io.BytesIO(body), headers=headers))
            assert await lateness(posted) < 2.0
            assert (await posted).status == 400


async def test_a_text_whose_letters_are_not_what_it_says_is_not_ours(page: str) -> None:
    """No error of a program, whatever the form claims."""
    for charset, body in (("nope", b"texte=a"), ("zlib", b"texte=a"), ("utf-8", b"texte=\xff")):
        headers = {"Content-Type": f"application/x-www-form-urlencoded; charset={charset}"}
        async with aiohttp.ClientSession() as session:
            answer = await session.post(page, data=body, headers=headers)
            assert f">{UNKNOWN}</h2>" in await answer.text()


async def test_too_large_a_file_is_told_before_it_is_read(page: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """By its announced length, or once more came than is taken: the limit is named."""
    monkeypatch.setattr(verifier_page, "LARGEST_FILE", 1 << 20)
    for size in ((1 << 20) + 1, 3 << 20):
        status, verdict, _ = await asked(page, b"x" * size, "gros.txt")
        assert status == 413
        assert "1\u00a0Mo au plus" in verdict


async def test_a_file_that_takes_too_long_is_told(page: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a scan of hundreds of pages: its reading is stopped, and the page says why."""
    monkeypatch.setattr(verifier_page, "FILE_WITHIN", 0.0)
    status, _, told = await asked(page, b"Un texte.", "scan.txt")
    assert status == 422
    assert "a pris trop de temps" in told


async def test_nothing_touches_a_disk(page: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of a form stays in memory, where a library would write it into a folder."""

    def refused(*_: object, **__: object) -> None:
        raise AssertionError("a file was written")

    for name in ("TemporaryFile", "NamedTemporaryFile", "mkstemp", "SpooledTemporaryFile"):
        monkeypatch.setattr(tempfile, name, refused)
    assert (await asked(page, exported("odt"), "note.odt"))[1] == OURS


async def test_beyond_some_files_at_once_one_is_asked_to_come_again(
    store: Store, fixed: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Held files fill no memory: the next one is told to wait a minute; texts are looked up all the same."""
    monkeypatch.setattr(verifier_page, "FILES", 0)
    async with Sandbox() as sandbox, served(verifier(store, fixed, sandbox=sandbox)) as url:
        status, _, told = await asked(f"{url}/verifier", b"x", "a.txt")
        assert status == 503
        assert "Réessayez dans une minute" in told
        async with aiohttp.ClientSession() as session:
            posted = await session.post(f"{url}/verifier", data={"texte": ANSWER})
            assert posted.status == 200


async def test_beyond_some_texts_at_once_one_is_asked_to_come_again(
    page: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Forms that are many fill no memory; files are read all the same."""
    monkeypatch.setattr(verifier_page, "TEXTS", 0)
    async with aiohttp.ClientSession() as session:
        assert (await session.post(page, data={"texte": ANSWER})).status == 503
    assert (await asked(page, ANSWER.encode(), "copie.txt"))[1] == OURS


async def test_a_form_that_does_not_end_gives_its_place_back(
    page: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever sends a text letter by letter is told to come again."""
    monkeypatch.setattr(verifier_page, "COMES_WITHIN", 0.0)

    async def endless() -> AsyncGenerator[bytes]:
        yield b"texte="
        await asyncio.Event().wait()

    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    async with aiohttp.ClientSession() as session:
        assert (await session.post(page, data=endless(), headers=headers)).status == 503


async def test_a_hostile_package_does_not_hold_the_replica_up(page: str) -> None:
    """Millions of beginnings of records, in a file or in a property: read in the jail, and no proof."""
    with io.BytesIO() as out:
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
            package.writestr("docProps/custom.xml", b"eyJ" * 300_000)
        bomb = out.getvalue()
    for data in (b"eyJ" * 1_000_000, bomb):
        told = asyncio.ensure_future(asked(page, data, "x.txt"))
        assert await lateness(told) < 2.0, "the event loop stood still"
        assert (await told)[1] != OURS
