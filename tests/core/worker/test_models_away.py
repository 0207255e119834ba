"""While all models are away: extracts at once, and the full answer for who still wants it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from core.connector import Attachment
from tests.core.conftest import Core, core_on
from tests.rig.gateway import Behaviour
from tests.rig.platform import Platform, message


def attachment(name: str) -> Attachment:
    return Attachment(name=name, media_type="text/plain", size=None, reference={"url": name})


async def test_while_all_models_are_away_a_question_on_a_document_gets_extracts_at_once(core: Core) -> None:
    """The person reads extracts, said to be so; « oui » brings the full answer, once a model is back."""
    core.platform.files_at["note.txt"] = (
        "La réunion du comité aura lieu le 12 mars à Lyon. Le budget est de 40 000 euros. "
        "Les inscriptions sont ouvertes jusqu’au 1er mars."
    ).encode()
    core.gateway.behaviour = Behaviour(status=503)
    await core.tell(message("Où a lieu la réunion du comité ?", attachments=(attachment("note.txt"),)))
    (post,) = await core.platform.answered()
    assert "Mode sans IA" in post.text
    assert "12 mars à Lyon" in post.text
    assert "Répondez «\u00a0oui\u00a0»" in post.text
    core.gateway.behaviour = Behaviour(answer="Elle a lieu à Lyon.")
    await core.tell(message("Oui"))
    posts = await core.platform.answered(2)
    assert "Elle a lieu à Lyon." in posts[1].text
    assert "Mode sans IA" in posts[0].text, "the extracts stay where they were"
    asked = str(core.gateway.received[-1].body)
    assert "Où a lieu la réunion du comité" in asked
    assert "12 mars à Lyon" in asked
    await core.tell(message("Et quel est le budget ?"))
    await core.platform.answered(3)
    assert "40 000 euros" in str(core.gateway.received[-1].body), "the document is still there"


async def test_while_all_models_are_away_a_summary_is_made_of_extracts(core: Core) -> None:
    """`!résumer` of a document gets its important sentences; « oui » condenses it by a model after all."""
    core.platform.files_at["note.txt"] = (
        "Le comité décide de reporter la réunion au 12 mars. Le budget est de 40 000 euros. "
        "Les inscriptions doivent être closes avant le 1er mars."
    ).encode()
    core.gateway.behaviour = Behaviour(status=503)
    await core.tell(message("!résumer", attachments=(attachment("note.txt"),)))
    (post,) = await core.platform.answered()
    assert "Mode sans IA" in post.text
    assert "40 000 euros" in post.text
    core.gateway.behaviour = Behaviour(answer="Le comité reporte la réunion [d1].")
    await core.tell(message("oui"))
    posts = await core.platform.answered(2)
    assert "Le comité reporte la réunion" in posts[1].text


@pytest.mark.parametrize("asked", ["Où est la réunion de ce comité ?", "!résumer"])
async def test_what_is_quoted_is_there_for_the_full_answer(core: Core, asked: str) -> None:
    """A question beside a quotation, or a summary of one, gets extracts at once too; « oui » has a model read
    the quotation again."""
    quoted = "Le comité des fêtes décide de reporter sa réunion au printemps, faute de salle."
    if not asked.startswith("!"):
        core.platform.files_at["note.txt"] = "La réunion du comité aura lieu le 12 mars à Lyon.".encode()
        await core.tell(message("", attachments=(attachment("note.txt"),)))
        await core.platform.answered()
    before = len(core.platform.shown)
    core.gateway.behaviour = Behaviour(status=503)
    await core.tell(message(asked, quoted=quoted))
    posts = await core.platform.answered(before + 1)
    assert "Mode sans IA" in posts[-1].text
    assert "est gardée" not in posts[-1].text
    core.gateway.behaviour = Behaviour(answer="La réunion est reportée au printemps.")
    await core.tell(message("oui"))
    posts = await core.platform.answered(before + 2)
    assert "reportée au printemps" in posts[-1].text
    assert "faute de salle" in str(core.gateway.received[-1].body)


async def test_a_wish_for_the_full_answer_waits_for_a_model(core: Core) -> None:
    """After « oui » the question waits, and says so; it does not get its extracts twice."""
    core.platform.files_at["note.txt"] = "La réunion du comité aura lieu le 12 mars à Lyon.".encode()
    core.gateway.behaviour = Behaviour(status=503)
    await core.tell(message("Où a lieu la réunion ?", attachments=(attachment("note.txt"),)))
    await core.platform.answered()
    await core.tell(message("oui"))
    async with core.platform.changed:
        await core.platform.changed.wait_for(
            lambda: any("Votre question est gardée" in post.text for post in core.platform.shown)
        )
    assert sum("Mode sans IA" in post.text for post in core.platform.shown) == 1


async def test_without_documents_a_question_waits_for_a_model(core: Core) -> None:
    """There is nothing to quote: the question is kept."""
    core.gateway.behaviour = Behaviour(status=503)
    await core.tell(message("Quelle est la capitale de la France ?"))
    async with core.platform.changed:
        await core.platform.changed.wait_for(
            lambda: any("Votre question est gardée" in post.text for post in core.platform.shown)
        )


async def test_where_nothing_can_be_changed_the_wait_is_said_once_before_the_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mail whose question waits gets a word, as service words, however often models are asked in vain; then
    its answer."""
    monkeypatch.setattr("core.worker.wait.PAUSE", 0.1)
    platform = Platform()
    platform.editing = None
    async with core_on(tmp_path, platform=platform) as core:
        core.gateway.behaviour = Behaviour(status=503)
        await core.tell(message("Quelle est la capitale de la France ?"))
        await platform.until(lambda: bool(platform.shown))
        asked = len(core.gateway.received)
        while len(core.gateway.received) < asked + 2:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        core.gateway.behaviour = Behaviour(answer="Paris.")
        await platform.answered()
        word, answer = platform.shown
        assert "Votre question est gardée" in word.text
        assert word.states[0].notice
        assert answer.text.startswith("Paris.")
