"""`relais digest`, as a command: what it prints, what it sends, and how it ends."""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.core.documents import make
from tests.rig.forks import Forks
from tests.rig.gateway import Behaviour, FakeGateway, fake_gateway

FILES = Path(__file__).parents[2] / "data" / "documents"
KEYS = {"title", "form", "level", "model", "text", "statements", "to_check", "unread", "usage"}


@dataclass
class Ended:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return orjson.loads(self.out)


@dataclass
class Command:
    """The command in an empty folder, with the fake gateway as its one model."""

    folder: Path
    gateway: FakeGateway
    forks: Forks

    async def __call__(self, *arguments: str | Path, given: bytes = b"", model: bool = True) -> Ended:
        environment = {"PATH": os.environ["PATH"], "RELAIS_DATA_DIR": str(self.folder / "data")}
        if model:
            environment |= {"RELAIS_GATEWAY__URL": self.gateway.url, "RELAIS_GATEWAY__MODEL": "small"}
        said = map(str, arguments)
        return Ended(
            *await self.forks.run("digest", *said, environment=environment, folder=self.folder, given=given)
        )


@pytest.fixture
async def digest(tmp_path: Path, forks: Forks) -> AsyncGenerator[Command]:
    async with fake_gateway(dialect="mistral") as gateway:
        yield Command(tmp_path, gateway, forks)


async def test_json(digest: Command) -> None:
    """Every statement has its page, an invented figure is to be checked, and the usage is counted."""
    digest.gateway.behaviour = Behaviour(
        answer="Les ateliers se tiennent le 24 novembre 2026 (p. 1). Le budget est de 987 654 euros (p. 2)."
    )
    ended = await digest(FILES / "note.pdf", "--form", "short", "--json")
    assert ended.code == 0
    made = ended.json
    assert list(made) == [
        "title", "form", "level", "model", "text", "statements", "to_check", "unread", "usage",
    ]  # fmt: skip
    assert (made["form"], made["level"], made["model"]) == ("short", "N1", "small")
    assert made["statements"][0] == {
        "text": "Les ateliers se tiennent le 24 novembre 2026.",
        "sources": [{"file": str(FILES / "note.pdf"), "page": 1}],
    }
    assert made["to_check"] == [{"kind": "figure", "text": "987 654 euros"}]
    assert made["usage"]["requests"] == 1


async def test_markdown(digest: Command) -> None:
    """On paper: the synthesis, what to check, that a machine wrote it, the model and the level."""
    digest.gateway.behaviour = Behaviour(answer="Il faut 987 654 euros.")
    ended = await digest(FILES / "note.docx")
    assert ended.code == 0
    assert ended.out.startswith("Il faut 987 654 euros.\n\n**À vérifier**")
    assert "intelligence artificielle" in ended.out
    assert "IA · small · N1 interne" in ended.out


async def test_refused_by_policy(digest: Command) -> None:
    """A document above what the model may read ends with 3 and a word; nothing is sent."""
    secret = "DIFFUSION RESTREINTE\n\nLe plan de la salle est en annexe.\n\nDIFFUSION RESTREINTE"
    ended = await digest("-", given=secret.encode())
    assert ended.code == 3
    assert ended.out == ""
    assert "niveau" in ended.err
    assert not digest.gateway.received


async def test_unread_files_are_named(digest: Command) -> None:
    """What cannot be read is told with its reason; the rest is condensed."""
    bad = digest.folder / "chose.bin"
    bad.write_bytes(b"\x00\x01\x02\xff" * 100)
    ended = await digest(bad, FILES / "notes.md", "absent.pdf", "--json")
    assert ended.code == 0
    assert [entry["file"] for entry in ended.json["unread"]] == [str(bad), "absent.pdf"]
    ended = await digest(bad, "--json")
    assert ended.code == 1
    assert (ended.json["text"], len(ended.json["unread"])) == ("", 1)


async def test_without_a_model(digest: Command) -> None:
    """The embedded engine quotes the document, with its pages."""
    ended = await digest(FILES / "note.pdf", "--json", model=False)
    assert ended.code == 0
    assert ended.json["model"] == "extraits"
    assert all(source["page"] in (1, 2) for item in ended.json["statements"] for source in item["sources"])
    assert ended.json["statements"][0]["sources"]


async def test_a_question(digest: Command) -> None:
    """The question is asked of the model, on the document."""
    ended = await digest(FILES / "note.pdf", "--question", "Quand ont lieu les ateliers ?", "--json")
    assert ended.json["form"] == "question"
    assert digest.gateway.received[0].question == "Quand ont lieu les ateliers ?"


async def test_a_question_on_more_than_the_window(digest: Command) -> None:
    """Of a text too long for the model, one request with the passages that answer."""
    digest.gateway.context = 32_768
    filler = "\f".join(f"Le bureau numéro {n} range ses dossiers par ordre de date." * 40 for n in range(150))
    text = f"{filler}\fLe séminaire des archivistes se tient à Vierzon en octobre.\f{filler}"
    ended = await digest("-", "--question", "Où se tient le séminaire ?", given=text.encode())
    assert ended.code == 0
    assert len(digest.gateway.received) == 1
    assert "Vierzon" in str(digest.gateway.received[0].body)


async def test_every_file_is_named_as_it_was_given(digest: Command) -> None:
    """Two files of one name are two sources; a file in an archive is named behind it; what is left out of
    all is listed."""
    for name, text in (("a", "Le budget est de 40 000 euros."), ("b", "Le budget est de 50 000 euros.")):
        (digest.folder / name).mkdir()
        (digest.folder / name / "n.txt").write_text(text)
    (digest.folder / "c.zip").write_bytes(
        make.zipped({"d.txt": "Le budget est de 60 000 euros.", "e.bin": b"\0" * 99})
    )
    ended = await digest("a/n.txt", "b/n.txt", "c.zip", "f.txt", "--json", model=False)
    assert ended.code == 0
    assert set(ended.json) == KEYS
    sources = [each["sources"][0]["file"] for each in ended.json["statements"]]
    assert sources == ["a/n.txt", "b/n.txt", "c.zip › d.txt"]
    assert [each["file"] for each in ended.json["unread"]] == ["c.zip › e.bin", "f.txt"]
    assert all(each["reason"] for each in ended.json["unread"])


async def test_a_refusal_is_one_json_document_too(digest: Command) -> None:
    """It ends with 3, tells the level, and holds no text."""
    ended = await digest("-", "--json", given="CONFIDENTIEL DÉFENSE\n\nLe plan.".encode())
    assert ended.code == 3
    assert set(ended.json) == KEYS
    assert (ended.json["level"], ended.json["model"], ended.json["text"]) == ("N4", None, "")
    assert not digest.gateway.received
