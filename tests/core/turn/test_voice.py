"""A voice message becomes a text that is shown, assessed, then answered; or it is said that it cannot be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from core.connector import Attachment, Message
from core.policy.file import PolicyFile
from core.sensitivity.level import Level
from tests.core.conftest import Core, core_on, policy_for
from tests.rig.gateway import FakeGateway
from tests.rig.platform import Post, message

TASKS = ("chat", "summary", "transcription")


def hearing(clearance: Level = Level.N2) -> Callable[[FakeGateway], PolicyFile]:
    """A policy whose model hears, and is cleared so far."""

    def policy(gateway: FakeGateway) -> PolicyFile:
        made = policy_for(gateway, clearance=clearance)
        return replace(made, models=tuple(replace(model, tasks=TASKS) for model in made.models))

    return policy


def voice(core: Core) -> Message:
    core.platform.files_at["vocal"] = b"OggS..."
    sent = Attachment(name="vocal.ogg", media_type="audio/ogg", size=7, reference={"url": "vocal"})
    return message("", attachments=(sent,))


async def answered(core: Core) -> Post:
    await core.sessions.greet_once("@a:x", "earlier")
    await core.tell(voice(core))
    (post,) = await core.platform.answered()
    return post


async def test_what_was_said_is_shown_then_answered(tmp_path: Path) -> None:
    """The request holds the file, the model and the language; the question of the model is what was said."""
    async with core_on(tmp_path, policy=hearing()) as core:
        post = await answered(core)
        assert post.text.startswith("Vous avez dit :\n\n> Quelle heure est-il ?")
        assert "Réponse à : Quelle heure est-il ?" in post.text
        assert core.gateway.heard == [{"model": "small", "language": "fr", "file": b"OggS..."}]


async def test_what_was_said_is_assessed(tmp_path: Path) -> None:
    """As if it had been written: it raises the level, and what may not be here is refused."""
    async with core_on(tmp_path, policy=hearing()) as core:
        core.gateway.speech = "Mon numéro de sécurité sociale est 1 85 05 78 006 084 91, que faire ?"
        assert (await answered(core)).states[-1].level == Level.N2
        core.gateway.speech = "DIFFUSION RESTREINTE\n\nLes étapes du projet sont trois."
        asked = len(core.gateway.received)
        await core.tell(voice(core))
        await core.platform.answered(2)
        assert "Diffusion Restreinte" in core.platform.shown[-1].text
        assert len(core.gateway.received) == asked


async def test_without_a_model_that_hears_it_is_said(core: Core) -> None:
    """Nothing leaves, and nothing is said of files."""
    said = (await answered(core)).text
    assert said.startswith("Je ne peux pas écouter")
    assert "fichier" not in said
    assert not core.gateway.heard
    assert not core.gateway.received


async def test_where_personal_data_are_hidden_no_model_hears_them(tmp_path: Path) -> None:
    """What is said cannot be masked before it is heard: it is asked for in writing."""
    async with core_on(tmp_path, policy=hearing()) as core:
        await core.sessions.greet_once("@a:x", "earlier")
        await core.tell(message("!masquer"))
        await core.platform.answered()
        await core.tell(voice(core))
        _, said = await core.platform.answered(2)
        assert said.text.startswith("Je ne peux pas écouter")
        assert not core.gateway.heard


async def test_a_model_below_the_ceiling_of_the_conversation_hears_nothing(tmp_path: Path) -> None:
    """What is said is of any level that may be said here: the model must be cleared for it all."""
    async with core_on(tmp_path, policy=hearing(Level.N1)) as core:
        assert "Je ne peux pas écouter" in (await answered(core)).text
        assert not core.gateway.heard


async def test_what_was_said_is_shown_to_nobody_who_may_not_read_it(tmp_path: Path) -> None:
    """Guests came while a model was asked, which then failed: what is said of that does not show it."""
    async with core_on(tmp_path, policy=hearing()) as core:
        core.gateway.speech = "Mon numéro de sécurité sociale est 1 85 05 78 006 084 91, que faire ?"
        answer = core.gateway.hold(status=400)
        await core.sessions.greet_once("@a:x", "earlier")
        await core.tell(voice(core))
        await core.gateway.asked()
        core.platform.kind = "tchap_encrypted_guests"
        answer.set()
        (post,) = await core.platform.answered()
        assert "sécurité sociale" not in str(post.states)
