"""Slack when it is slow, refuses or forgets: who is served, and what is acknowledged, does not rest on it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import pytest
import pytest_asyncio

from tests.rig.gateway import Behaviour, FakeGateway
from tests.rig.slack import Upload
from tests.rig.slack.server import CANVAS, SlackError
from tests.rig.slack.stage import Stage, room, sent, staged

pytestmark = [pytest.mark.asyncio(loop_scope="session")]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def stage(tmp_path_factory: pytest.TempPathFactory, gateway: FakeGateway) -> AsyncGenerator[Stage]:
    """The app over HTTP."""
    async with staged(tmp_path_factory.mktemp("relais"), gateway) as made:
        yield made


async def test_a_command_is_acknowledged_before_its_chat_is_opened(stage: Stage) -> None:
    """While Slack neither opens the chat nor tells who asks, the command is acknowledged."""
    here, held = room(stage), stage.slack.faults.held
    go_on = asyncio.Event()
    held |= {"conversations.open": go_on, "users.info": go_on}
    stage.gateway.next(Behaviour(answer="Elle relie les habitats."))
    try:
        status, _ = await stage.slack.slash(here.who, "Qu'est-ce que la trame verte ?", here.channel)
        assert status == 200
        go_on.set()
        (answer,) = await stage.slack.answer(stage.slack.team.direct(here.who.id), within=60)
    finally:
        go_on.set()
        held.clear()
    assert "Elle relie les habitats." in answer.shown


async def test_who_cannot_be_looked_up_is_not_cleared(stage: Stage) -> None:
    """In a channel whose members Slack does not list, an unknown asker is taken for a guest."""
    here, refuse = room(stage), stage.slack.faults.refuse
    models = len(stage.gateway.received)
    refuse |= {"users.info": "internal_error", "conversations.members": "fetch_members_failed"}
    try:
        assert "invités" in await here.answer(await here.ask("Qu'est-ce que la trame verte ?"))
    finally:
        refuse.clear()
    assert len(stage.gateway.received) == models


async def test_a_forwarded_secret_is_refused(stage: Stage) -> None:
    """What was forwarded with a question is assessed with it, and never repeated."""
    here, bot = room(stage), stage.slack.team.bot.id
    shared = {"is_share": True, "text": "DIFFUSION RESTREINTE\nLe plan Aristote", "author_name": "Léo"}
    asked = await stage.slack.say(here.channel, here.who, f"<@{bot}> que dit-il ?", attachments=[shared])
    assert "Je ne peux pas traiter ce message ici" in await here.answer(asked)
    assert "Aristote" not in sent(stage)


async def test_thirty_at_once_are_acknowledged_and_shown(stage: Stage) -> None:
    """Each event is acknowledged, and each question shown at work, before its answer, which comes whole. How
    fast: `python -m tests.bench slack`."""
    slack, rooms = stage.slack, [room(stage) for _ in range(30)]
    for _ in rooms:
        stage.gateway.next(Behaviour(answer="mot " * 20, rate=10))
    asked = [await here.ask("Décris le cycle de l’eau") for here in rooms]

    def shown() -> bool:
        return {post.ts for post in asked} <= {thread for _, thread, status in slack.team.statuses if status}

    await slack.until(shown)
    for here, post in zip(rooms, asked, strict=True):
        assert "mot" in await here.answer(post)


async def test_a_long_answer_whose_blocks_are_refused_is_whole(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It grows in its first message, which takes 4,000 characters of plain text; the rest follows."""
    for name in ("_chat_postMessage", "_chat_update"):
        real = getattr(stage.slack, name)

        async def picky(team: Any, body: Any, real: Any = real) -> Any:
            if body.get("blocks"):
                raise SlackError("invalid_blocks")
            return await real(team, body)

        monkeypatch.setattr(stage.slack, name, picky)
    here, words = room(stage), [f"mot{n}" for n in range(800)]
    stage.gateway.next(Behaviour(answer="Voici une longue liste de mots. " + " ".join(words), rate=300))
    asked = await here.ask("Donne une liste de mots")

    def whole() -> bool:
        said = " ".join(post.text for post in stage.slack.answers(here.channel, asked.ts)).split()
        return [word for word in said if word.startswith("mot") and word[3:].isdecimal()] == words

    await stage.slack.until(whole)
    first, *_ = stage.slack.answers(here.channel, asked.ts)
    assert first.edits


def upload(stage: Stage, name: str, data: bytes, kind: str = "text/plain", **more: Any) -> Upload:
    return Upload(id=f"F{stage.slack.team.number():07d}", name=name, data=data, media_type=kind, **more)


async def test_a_file_is_read(stage: Stage) -> None:
    """Also one whose name and address Slack tells only when asked (Slack Connect), and slowly."""
    here = room(stage)
    stage.slack.faults.slow["files.info"] = 1.2
    for access in ("visible", "check_file_info"):
        said = f"La mare de Tilly ({access}) est restaurée."
        note = upload(stage, "note.txt", said.encode(), access=access)
        await here.answer(await here.ask("Que dit cette note ?", files=[note]))
        assert f"Tilly ({access})" in str(stage.gateway.received[-1].body)
    stage.slack.faults.slow.clear()


@pytest.mark.parametrize("given", [True, False])
async def test_a_canvas_is_read(stage: Stage, given: bool) -> None:
    """Slack gives it as HTML, and a page to sign in, which is not taken for it, where a right is missing."""
    here, models = room(stage), len(stage.gateway.received)
    page = b'<div class="quip-canvas-content"><p class="line">La mare de Vire est restauree.</p></div>'
    canvas = upload(stage, "Notes", page, kind=CANVAS)
    canvas.denied = not given
    answer = await here.answer(await here.ask("Que disent ces notes ?", files=[canvas]))
    assert ["mare de Vire" in str(each.body) for each in stage.gateway.received[models:]] == [True] * given
    assert given or "Notes.html" in answer


@pytest.mark.parametrize("why", ["foreign", "right", "gone", "size", "type"])
async def test_a_file_that_cannot_be_read_is_named(stage: Stage, why: str) -> None:
    """On a foreign host, without the right, gone, too large or of an unknown type: nobody else is asked for
    it, its author reads its name, and no model is asked."""
    here, models = room(stage), len(stage.gateway.received)
    note = upload(stage, f"note-{why}.txt", b"La mare est restauree.")
    match why:
        case "foreign":
            note.url = "https://pirate.example/note.txt"
        case "right":
            note.denied = True
        case "gone":
            note.mode = "tombstone"
        case "size":
            note.size = 10**9
        case _:
            note.name, note.media_type = f"note-{why}.bin", "application/x-unknown"
            note.data = bytes(range(256))
    answer = await here.answer(await here.ask("Que dit cette note ?", files=[note]))
    assert note.name in answer
    assert len(stage.gateway.received) == models
    assert "pirate" not in sent(stage)


@pytest.mark.parametrize("access", ["visible", "check_file_info"])
async def test_a_file_is_judged_by_its_name_before_it_is_fetched(stage: Stage, access: str) -> None:
    """Its author is asked, alone, whether the name is true, also of a file of another organisation, of which
    the event tells the id alone. « Non » has it read; before, nobody asks Slack for it."""
    here, models = room(stage), len(stage.gateway.received)
    note = upload(stage, "DIFFUSION RESTREINTE - mare.txt", b"La mare est restauree.", access=access)
    asked = await here.ask("Que dit cette note ?", files=[note])
    assert "direct" in await here.answer(asked)
    chat = stage.slack.team.direct(here.who.id)
    (doubt,) = await stage.slack.answer(chat)
    assert (note.fetched, len(stage.gateway.received)) == (0, models)
    assert "mare" not in doubt.shown
    await stage.slack.say(chat, here.who, "non", thread=doubt.thread)
    await stage.slack.until(lambda: len(stage.gateway.received) > models)
    assert note.fetched == 1


async def test_classified_text_leaves_nothing(stage: Stage) -> None:
    """Neither in a message nor in the log nor in the data folder."""
    here = room(stage)
    text = "SECRET DÉFENSE\nLa note Zephyrine-Quatorze est signée"
    assert "Je ne peux pas traiter ce message ici" in await here.answer(await here.ask(text))
    await stage.slack.answer(stage.slack.team.direct(here.who.id))
    kept = b"".join(each.read_bytes() for each in stage.bot.data.rglob("*") if each.is_file())
    assert b"Zephyrine" not in kept
    assert "Zephyrine" not in sent(stage) + stage.bot.log + stage.bot.output
