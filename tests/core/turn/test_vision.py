"""A picture is seen by a model that may, once; what it says of it is assessed, shown, and answered from."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from core.connector import Attachment
from core.gateway.catalogue import Task
from core.policy.file import PolicyFile
from core.sensitivity.level import Level
from tests.core.conftest import Core, core_on, policy_for
from tests.core.documents import make
from tests.rig.gateway import Behaviour, FakeGateway
from tests.rig.platform import Post, message

TASKS: tuple[Task, ...] = ("chat", "summary", "vision")
QUAY = "Un quai de fleuve sous la pluie, avec trois barques rouges."


def seeing(clearance: Level = Level.N2) -> Callable[[FakeGateway], PolicyFile]:
    """A policy whose model sees, and is cleared so far."""

    def policy(gateway: FakeGateway) -> PolicyFile:
        made = policy_for(gateway, clearance=clearance)
        return replace(made, models=tuple(replace(model, tasks=TASKS) for model in made.models))

    return policy


async def told(core: Core, text: str, data: bytes | None = None, *, count: int = 1) -> Post:
    core.platform.files_at["photo"] = data or make.photo()
    sent = Attachment(name="quai.jpg", media_type="image/jpeg", size=1_000, reference={"url": "photo"})
    await core.sessions.greet_once("@a:x", "earlier")
    await core.tell(message(text, attachments=(sent,)))
    return (await core.platform.answered(count))[-1]


@pytest.mark.parametrize(
    ("words", "kept", "level"),
    [
        ("Erreur 42 : le certificat du serveur expire lundi matin", True, Level.N1),
        ("Ministère de la mer", False, Level.N1),
        ("TLP:AMBER", False, Level.N2),
    ],
)
async def test_a_picture_in_a_text_counts_where_something_is_written_in_it(
    tmp_path: Path, words: str, kept: bool, level: Level
) -> None:
    """A screenshot is read like a file; of a logo nothing is kept nor said, but a marking on it counts."""
    async with core_on(tmp_path) as core:
        core.platform.files_at["shown"] = make.photo(words)
        shown = Attachment(
            name="image001.png", media_type="image/jpeg", size=1_000, reference={"url": "shown"}
        )
        await core.sessions.greet_once("@a:x", "earlier")
        await core.tell(replace(message("Que faire ?"), pictures=(shown,)))
        answer = (await core.platform.answered())[-1]
        assert ("certificat" in str(core.gateway.received[-1].body)) is kept
        assert "image001" not in answer.text or kept
        await core.settled()
        session, _ = await core.sessions.load("tchap:!room:x", "@a:x")
        assert bool(session.materials) is kept
        assert session.level == level


async def test_a_picture_in_a_text_that_cannot_be_read_is_told(core: Core) -> None:
    """Below the answer to what was asked, which does not depend on it."""
    shown = Attachment(name="image001.png", media_type="image/png", size=1_000, reference={"url": "gone"})
    await core.tell(replace(message("Que faire ?"), pictures=(shown,)))
    (answer,) = await core.platform.answered()
    assert "Que faire" in str(core.gateway.received[-1].body)
    assert "image001.png" in answer.text.partition("---")[2]


async def test_what_is_seen_is_answered_from(tmp_path: Path) -> None:
    """The picture leaves once, small and without what its file says of it; later questions are answered from
    what was said of it."""
    async with core_on(tmp_path, policy=seeing()) as core:
        core.gateway.next(Behaviour(answer=QUAY))
        await told(core, "Combien de barques ?")
        look, answer = core.gateway.received
        assert look.question == "Combien de barques ?"
        assert look.picture is not None
        assert Image.open(io.BytesIO(look.picture)).size == (1_024, 512)
        assert b"Lilas" not in look.picture
        assert answer.picture is None
        assert QUAY in str(answer.body)
        await core.tell(message("Et de quelle couleur ?"))
        await core.platform.answered(2)
        assert [each.picture for each in core.gateway.received[2:]] == [None]
        assert QUAY in str(core.gateway.received[-1].body)


async def test_a_picture_alone_is_told(tmp_path: Path) -> None:
    """What it shows stands with the receipt, before what may be asked."""
    async with core_on(tmp_path, policy=seeing()) as core:
        core.gateway.next(Behaviour(answer=QUAY))
        post = await told(core, "")
        assert QUAY in post.text
        assert core.gateway.received[0].question == "Décris cette image."


async def test_what_is_seen_is_assessed(tmp_path: Path) -> None:
    """A stamp that only the model could read stops the question, as one that was recognised does."""
    async with core_on(tmp_path, policy=seeing()) as core:
        core.gateway.next(Behaviour(answer="DIFFUSION RESTREINTE\n\nUn plan de bâtiment."))
        post = await told(core, "Que montre ce plan ?")
        assert "Diffusion Restreinte" in post.text
        assert len(core.gateway.received) == 1


async def test_a_model_that_may_not_look_sees_nothing(tmp_path: Path) -> None:
    """Without the task, or below the ceiling of the place: nobody knows what a picture shows before."""
    for name, policy in (("blind", policy_for), ("low", seeing(Level.N1))):
        async with core_on(tmp_path / name, policy=policy) as core:
            await told(core, "Combien de barques ?")
            assert [each.picture for each in core.gateway.received] == [None]


async def test_a_picture_without_a_word_is_not_sent_where_data_are_masked(tmp_path: Path) -> None:
    """Nobody knows whether it shows any: the level that may be here counts, not that of the words beside."""

    def policy(gateway: FakeGateway) -> PolicyFile:
        return replace(seeing()(gateway), masking=Level.N2)

    wordless = io.BytesIO()
    Image.new("RGB", (600, 400), "navy").save(wordless, "JPEG")
    async with core_on(tmp_path, policy=policy) as core:
        await told(core, "Combien de barques ?", wordless.getvalue())
        assert [each.picture for each in core.gateway.received] == [None]


async def test_a_picture_with_what_is_masked_is_not_sent(tmp_path: Path) -> None:
    """It cannot be masked: the text that was recognised in it, masked, is all that leaves."""

    def policy(gateway: FakeGateway) -> PolicyFile:
        return replace(seeing()(gateway), masking=Level.N1)

    async with core_on(tmp_path, policy=policy) as core:
        await told(core, "Que dit ce courrier ?", make.photo("Assurée : 1 85 05 78 006 084 91"))
        (only,) = core.gateway.received
        assert only.picture is None
        assert "NIR_1" in str(only.body)


async def test_without_the_model_it_is_as_before(tmp_path: Path) -> None:
    """A model that is away when a picture comes does not stop the question."""
    async with core_on(tmp_path, policy=seeing()) as core:
        core.gateway.next(Behaviour(status=400))
        post = await told(core, "Que dit ce courrier ?", make.photo("Le train part à neuf heures"))
        assert "neuf heures" in str(core.gateway.received[-1].body)
        assert "Réponse à" in post.text
