"""README.md and docs/sensitivity.md show what is really answered: the question is asked as it is published,
and the quotations are those of this run."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from core.connector import AudienceKind, Message
from core.gateway.catalogue import Model
from core.policy.file import PolicyFile, shipped_policy
from core.sensitivity.level import Level
from tests.core.conftest import Core, core_on
from tests.core.test_levels_path import file
from tests.rig.gateway import Behaviour, FakeGateway
from tests.rig.platform import Platform, message

DOCUMENT = Path(__file__).parents[2] / "docs" / "sensitivity.md"
README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
_PUBLISHED = re.compile(r"« ([^»]+?)[ \u00a0]»")
QUESTION = _PUBLISHED.findall(README.partition("The same question, ")[2])[0]
_TIME = re.compile(r"\bdu (?:1er|\d+) \w+ à \d+\Wh(?:\W\d\d)?\b")
"""« du 3 juin à 14 h 05 », « du 1er mars à 9 h »."""
ANSWER = "Trois étapes : le cadrage, l’essai, le déploiement."


@dataclass(frozen=True)
class Scene:
    name: str
    kind: AudienceKind
    text: str
    direct: bool = False
    attached: str = ""
    private: bool = False
    """It is refused before others: its author reads more in private."""


SCENES = (
    Scene("encrypted room", "tchap_encrypted", QUESTION),
    Scene("with an outside guest", "tchap_encrypted_guests", QUESTION, private=True),
    Scene("public room", "tchap_public", QUESTION, private=True),
    Scene("why, in a direct chat", "tchap_encrypted", "!pourquoi", direct=True),
    Scene("stamped file", "tchap_encrypted", "Résume cette note.", direct=True, attached="note.txt"),
    Scene(
        "social security number",
        "tchap_encrypted",
        "Mon numéro est 1 85 05 78 006 084 91 : à quoi correspond-il ?",
        direct=True,
    ),
    Scene("the level", "tchap_encrypted", "!niveau", direct=True),
    Scene("doubt", "tchap_encrypted", "Diffusion restreinte\n\nOrdre du jour.", direct=True),
    Scene("no", "tchap_encrypted", "non", direct=True),
)


def policy(gateway: FakeGateway) -> PolicyFile:
    model = Model(
        id="ministral-8b",
        served=gateway.models[0],
        url=gateway.url,
        clearance=Level.N3,
        active_parameters=8.0,
    )
    return replace(shipped_policy(), models=(model,))


async def played(core: Core) -> list[tuple[str, str]]:
    """(scene, what the person reads) of each scene, in order, a new conversation each where it is a room."""
    core.gateway.behaviour = Behaviour(answer=ANSWER)
    core.platform.files_at["note.txt"] = (
        "MINISTÈRE DE LA TRANSITION\n\nDIFFUSION RESTREINTE\n\nPlan des accès au site."
    ).encode()
    read: list[tuple[str, str]] = []
    count = 0
    for number, scene in enumerate(SCENES, 1):
        core.platform.kind = scene.kind
        room = "!direct:x" if scene.direct else f"!salon{number}:x"
        attachments = file(scene.attached) if scene.attached else ()
        event: Message = message(scene.text, room=room, direct=scene.direct, attachments=attachments)
        await core.tell(event)
        count += 1 + scene.private
        posts = (await core.platform.answered(count))[count - 1 - scene.private :]
        read += [(scene.name, post.text) for post in posts]
    return read


def quoted(text: str) -> str:
    """As the document quotes it: without the footprint and the hour, which vary."""
    text = re.sub(r" · (?:moins de )?[\d,]+(?: à [\d,]+)? Wh, .*?\)", "", text)
    text = re.sub(r"message du .+? a été", "message du 25 novembre à 14\u00a0h\u00a005 a été", text)
    return "\n".join(f"> {line}".rstrip() for line in text.split("\n"))


@pytest.fixture
async def scenes(tmp_path: Path) -> list[tuple[str, str]]:
    platform = Platform()
    platform.private = platform
    async with core_on(tmp_path, platform=platform, policy=policy) as core:
        await core.sessions.greet_once("@a:x", "earlier")
        return await played(core)


async def test_the_document_shows_what_is_answered(scenes: list[tuple[str, str]]) -> None:
    """Each answer stands in the document, word for word."""
    document = DOCUMENT.read_text(encoding="utf-8")
    for name, text in scenes:
        assert quoted(text) in document, f"{name}:\n{quoted(text)}"


async def test_the_readme_shows_what_is_answered(scenes: list[tuple[str, str]]) -> None:
    """Each string that its table quotes is answered to its question; what « … » leaves out stands between."""
    table = README.partition("| where, what | the answer |")[2].partition("\n\n")[0]
    shown = [*_PUBLISHED.findall(table), *re.findall(r"(?<!\*)\*(IA [^*]+)\*", table)]
    assert len(shown) >= 5
    answers = [text.replace("\u00a0", " ").replace("\u202f", " ") for _, text in scenes]
    for string in shown:
        said = string.replace("\u00a0", " ").replace("\u202f", " ")
        pieces = [re.escape(piece.strip()) for piece in re.split(r"…|: $", said) if piece.strip()]
        assert any(re.search(".*".join(pieces), answer, re.DOTALL) for answer in answers), string


@pytest.mark.parametrize("number", range(10))
async def test_the_page_of_captures_shows_what_is_answered(tmp_path: Path, number: int) -> None:
    """Each conversation is held again: the page tells the same, apart from the time of day."""
    from tests import captures

    shown = _TIME.sub("", (DOCUMENT.parent / "captures.md").read_text(encoding="utf-8"))
    capture = captures.CAPTURES[number]
    assert _TIME.sub("", captures.written(await captures.held(capture, tmp_path))) in shown
