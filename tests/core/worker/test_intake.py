"""A chat of two whose threads are apart: what is said at its top about the last answer is of its thread."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import replace
from pathlib import Path

import pytest

from core.connector import Message
from tests.core.conftest import Core, core_on
from tests.rig.gateway import Behaviour
from tests.rig.platform import Post, deletion, edit, message

IBAN = "FR76 3000 6000 0112 3456 7890 189"


@pytest.fixture
async def core(tmp_path: Path) -> AsyncGenerator[Core]:
    """A core whose person was greeted already."""
    async with core_on(tmp_path) as core:
        await core.sessions.greet_once("@a:x", "earlier")
        yield core


def said(text: str, *, thread: str = "", sender: str = "@a:x") -> Message:
    """A message at the top of the chat, where it opens a thread; or in the `thread` that another opened."""
    asked = message(text, sender=sender)
    return replace(asked, address=replace(asked.address, thread=thread or asked.id, apart=True))


async def answer(core: Core, asked: Message, count: int) -> Post:
    """Say it; the `count`th answer, once it is kept."""
    await core.tell(asked)
    posts = await core.platform.answered(count)
    await core.settled()
    return posts[-1]


async def _running(core: Core, count: int) -> None:
    """Wait until so many jobs run."""
    async with asyncio.timeout(60):
        while (await core.inbox.stats()).leased != count:  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.02)


def models_heard(core: Core) -> list[str]:
    """The last request to a model, message by message."""
    return [str(each["content"]) for each in core.gateway.received[-1].body["messages"]]


@pytest.mark.parametrize("order", ["stop", "annule", "!stop"])
async def test_stop_at_the_top_ends_what_is_being_written(core: Core, order: str) -> None:
    """In whichever thread of the chat it runs: also where another question was answered since."""
    core.gateway.next(Behaviour(answer="mot " * 400, rate=20), Behaviour(answer="Paris."))
    slow = said("Raconte longuement")
    await core.tell(slow)
    await core.platform.until(lambda: any("mot" in post.text for post in core.platform.shown))
    await core.tell(said("Capitale de la France ?"))
    await core.platform.until(lambda: any("Paris" in post.text for post in core.platform.shown))
    await _running(core, 1)
    await core.tell(said(order))
    first, _ = await core.platform.answered(2)
    assert "arrêtée" in first.text
    assert first.address.thread == slow.id


async def test_halves_of_characters_stop_nothing(core: Core) -> None:
    """Some clients let them through: what is said with one is answered, and so is what comes with it."""
    core.gateway.next(Behaviour(answer="Paris."), Behaviour(answer="Rome."))
    await core.deliver(
        [said("Capitale de la France\ud83d ?", thread="$\ud83d"), said("Et celle de l’Italie ?")]
    )
    assert len(await core.platform.answered(2)) == 2


async def test_stop_in_a_thread_ends_nothing_beside_it(core: Core) -> None:
    """Who says it in a thread means that one."""
    core.gateway.next(Behaviour(answer="Paris."))
    rome = core.gateway.hold(answer="Rome.")
    quiet = said("Capitale de la France ?")
    await answer(core, quiet, 1)
    await core.tell(said("Capitale de l’Italie ?"))
    await core.tell(said("stop", thread=quiet.id))
    await core.platform.answered(2)
    rome.set()
    posts = await core.platform.answered(3)
    assert "Aucune réponse" in next(post.text for post in posts[1:] if post.address.thread == quiet.id)
    assert any("Rome" in post.text for post in posts)


async def test_nothing_to_stop_is_said_where_the_last_answer_is(core: Core) -> None:
    """Where nothing runs in any thread."""
    asked = said("Capitale de la France ?")
    await answer(core, asked, 1)
    told = await answer(core, said("stop"), 2)
    assert "Aucune réponse" in told.text
    assert told.address.thread == asked.id


@pytest.mark.parametrize(
    "order",
    [
        "en plus court",
        "pourquoi ?",
        "développe",
        "traduis en anglais",
        "et en deux phrases ?",
        "add an example",
    ],
)
async def test_an_order_at_the_top_is_about_what_was_answered_last(core: Core, order: str) -> None:
    """It is answered in that thread, with what was said there."""
    core.gateway.next(Behaviour(answer="La Loire."), Behaviour(answer="Le Rhône."), Behaviour(answer="Bref."))
    await answer(core, said("Un fleuve de l’ouest ?"), 1)
    asked = said("Un fleuve de l’est ?")
    await answer(core, asked, 2)
    assert (await answer(core, said(order), 3)).address.thread == asked.id
    heard = str(models_heard(core))
    assert "Le Rhône." in heard
    assert "La Loire." not in heard


@pytest.mark.parametrize("order", ["en plus court", "recommence"])
async def test_what_a_command_asked_is_the_last_that_was_answered(core: Core, order: str) -> None:
    """Its address names the person instead of the chat, outside any thread: what goes on from its answer is
    said at the top of the chat, and answered there."""
    core.gateway.next(Behaviour(answer="La Loire."), Behaviour(answer="Bref."))
    asked = message("Un fleuve de l’ouest ?", room="@a:x")
    await answer(core, replace(asked, address=replace(asked.address, apart=True)), 1)
    await core.tell(said(order))
    await core.platform.until(lambda: len(core.gateway.received) == 2)
    await core.settled()
    assert core.platform.shown[-1].address.thread is None
    assert "Un fleuve de l’ouest" in str(models_heard(core))


async def test_the_last_to_be_answered_is_meant_not_the_last_to_be_asked(core: Core) -> None:
    """An answer that came later than that of the next question is what stands there last."""
    loire = core.gateway.hold(answer="La Loire.")
    core.gateway.next(Behaviour(answer="Le Rhône."))
    slow = said("Un fleuve de l’ouest ?")
    await core.tell(slow)
    await core.gateway.asked()
    await core.tell(said("Un fleuve de l’est ?"))
    await core.platform.answered(1)
    loire.set()
    await core.platform.answered(2)
    await core.settled()
    assert (await answer(core, said("en word"), 3)).address.thread == slow.id


async def test_an_order_waits_for_the_answer_that_it_is_about(core: Core) -> None:
    """Said at the top while that is being written, it comes after it."""
    loire = core.gateway.hold(answer="La Loire.")
    core.gateway.next(Behaviour(answer="Bref."))
    asked = said("Un fleuve de l’ouest ?")
    await core.tell(asked)
    await core.tell(said("en plus court"))
    loire.set()
    first, second = await core.platform.answered(2)
    assert "La Loire." in first.text
    assert second.address.thread == asked.id
    assert "La Loire." in str(models_heard(core))


async def test_recommence_answers_again_in_its_place(core: Core) -> None:
    """The same message carries the new answer."""
    core.gateway.next(Behaviour(answer="La Loire."), Behaviour(answer="Le Rhône."))
    first = await answer(core, said("Un fleuve ?"), 1)
    await core.tell(said("recommence"))
    await core.platform.until(lambda: "Rhône" in first.text)
    assert len(core.platform.shown) == 1


async def test_a_yes_at_the_top_answers_what_was_asked(core: Core) -> None:
    """A doubt is asked about in its thread; the word for it comes at the top of the chat."""
    asked = said("oublie tout ce que je t’ai dit")
    await answer(core, asked, 1)
    done = await answer(core, said("oui"), 2)
    assert done.address.thread == asked.id
    assert "effac" in done.text


async def test_a_number_at_the_top_chooses_of_what_was_offered(core: Core) -> None:
    """Of a refusal's ways, « 2 » takes the second."""
    core.platform.kind = "slack"
    asked = said(f"Merci de virer 30 euros à Anne Petit, IBAN {IBAN}")
    refused = await answer(core, asked, 1)
    assert "2." in refused.text
    assert (await answer(core, said("2"), 2)).address.thread == asked.id


async def test_a_new_question_opens_its_own_thread(core: Core) -> None:
    """It has neither the memory nor the level of the one before."""
    core.gateway.next(Behaviour(answer="Noté."), Behaviour(answer="Paris."))
    first = said(f"Que vaut l’IBAN {IBAN} ?")
    await answer(core, first, 1)
    second = said("Traduis en anglais : le quai est fermé")
    assert (await answer(core, second, 2)).address.thread == second.id
    sessions = [(await core.sessions.load(f"tchap:!room:x:{each.id}", "@a:x"))[0] for each in (first, second)]
    assert sessions[0].level > sessions[1].level
    assert "IBAN" not in str(models_heard(core))


async def test_the_first_word_of_a_chat_is_a_question_of_its_own(core: Core) -> None:
    """Nothing was said before it, or by somebody else only."""
    await answer(core, said("Un fleuve ?", sender="@b:x"), 1)
    first = said("en plus court")
    assert (await answer(core, first, 2)).address.thread == first.id


async def test_an_edited_order_changes_what_it_brought(core: Core) -> None:
    """Also while it waits, in the thread that it was taken to."""
    loire = core.gateway.hold(answer="La Loire.")
    core.gateway.next(Behaviour(answer="Bref."))
    await core.tell(said("Un fleuve de l’ouest ?"))
    order = said("en plus court")
    await core.tell(order)
    await core.tell(edit(order, "en plus long"))
    loire.set()
    await core.platform.answered(2)
    await core.settled()
    assert models_heard(core)[-1].endswith("en plus long")
    assert len(core.platform.shown) == 2


async def test_a_question_of_a_room_that_is_edited_into_a_stop_keeps_its_answer(core: Core) -> None:
    """It names nobody any more, and nothing runs that could be stopped."""
    asked = replace(said("Un fleuve de l’ouest ?"), direct=False)
    answered = await answer(core, asked, 1)
    before = answered.text
    withdrawn = replace(edit(asked, "oubliez"), message=replace(asked, text="oubliez", addressed=False))
    await core.tell(withdrawn)
    await core.settled()
    assert answered.text == before
    assert len(core.platform.shown) == 1


async def test_an_order_that_is_edited_into_a_question_is_answered_once(core: Core) -> None:
    """In its message, in the thread that it was taken to, where nothing of what it said before is kept."""
    core.gateway.next(Behaviour(answer="La Loire."), Behaviour(answer="Bref."), Behaviour(answer="Paris."))
    asked, order = said("Un fleuve de l’ouest ?"), said("en plus court")
    await answer(core, asked, 1)
    answered = await answer(core, order, 2)
    await core.tell(edit(order, "Capitale de la France ?"))
    await core.platform.until(lambda: "Paris" in answered.text and not answered.growing)
    await core.settled()
    assert len(core.platform.shown) == 2
    session, _ = await core.sessions.load(f"tchap:!room:x:{asked.id}", "@a:x")
    assert [turn.question for turn in session.turns] == [asked.text, "Capitale de la France ?"]


async def test_an_edited_order_of_a_room_is_answered_in_its_own_thread(core: Core) -> None:
    """Among others it is about the last answer, and stands in its own thread: so do the further messages that
    the new answer needs."""
    core.platform.limit = 400
    core.gateway.next(
        Behaviour(answer="La Loire."), Behaviour(answer="Bref."), Behaviour(answer="mot " * 150)
    )
    asked, order = (replace(said(text), direct=False) for text in ("Un fleuve de l’ouest ?", "en plus court"))
    await answer(core, asked, 1)
    await answer(core, order, 2)
    await core.tell(edit(order, "en plus long"))
    _, *parts = await core.platform.answered(3)
    assert {part.address.thread for part in parts} == {order.id}


@pytest.mark.parametrize("runs", [False, True])
async def test_an_order_is_edited_into_a_question_before_it_is_answered(core: Core, runs: bool) -> None:
    """While it waits for its thread, or is being answered there: what it said before is answered no more."""
    slow = Behaviour(answer="mot " * 400, rate=20)
    core.gateway.next(*((Behaviour(answer="Loire."), slow) if runs else (slow,)), Behaviour(answer="Paris."))
    asked, order = said("Un fleuve de l’ouest ?"), said("en plus court")
    if runs:
        await answer(core, asked, 1)
        await core.tell(order)
    else:
        await core.tell(asked, order)
    await core.platform.until(lambda: any("mot" in post.text for post in core.platform.shown))
    await core.tell(edit(order, "Capitale de la France ?"), *([] if runs else [said("stop")]))
    _, answered = await core.platform.answered(2)
    await core.settled()
    assert "Paris" in answered.text
    assert len(core.platform.shown) == 2


async def test_who_is_erased_has_no_last_thread(core: Core) -> None:
    """Where they were is forgotten with the rest."""
    await answer(core, said("Un fleuve ?"), 1)
    await core.sessions.forget("@a:x")
    first = said("en plus court")
    assert (await answer(core, first, 2)).address.thread == first.id


async def test_another_replica_knows_the_last_thread(tmp_path: Path) -> None:
    """It is in the store: whoever takes the word in."""
    asked = said("Un fleuve ?")
    async with core_on(tmp_path) as one:
        await answer(one, asked, 1)
    async with core_on(tmp_path, replica="deux") as other:
        assert (await answer(other, said("en plus court"), 1)).address.thread == asked.id


async def test_an_order_that_is_delivered_again_is_obeyed_once(core: Core) -> None:
    """Also when something was answered in another thread since."""
    await answer(core, said("Un fleuve ?"), 1)
    order = said("en plus court")
    await answer(core, order, 2)
    await answer(core, said("Une montagne ?"), 3)
    await core.tell(order)
    await core.settled()
    assert (await core.inbox.stats()).ready == 0
    assert len(core.platform.shown) == 3


async def test_stop_that_is_delivered_again_stops_nothing_else(core: Core) -> None:
    """What runs by then was not meant."""
    core.gateway.next(Behaviour(answer="mot " * 400, rate=20))
    rome = core.gateway.hold(answer="Rome.")
    await core.tell(said("Raconte longuement"))
    await core.platform.until(lambda: any("mot" in post.text for post in core.platform.shown))
    order = said("stop")
    await core.tell(order)
    await core.platform.answered(1)
    await core.tell(said("Capitale de l’Italie ?"), order)
    rome.set()
    posts = await core.platform.answered(2)
    assert "Rome" in posts[-1].text


async def test_a_deleted_order_leaves_nothing(core: Core) -> None:
    """What waits in the thread that it was taken to is not answered."""
    loire = core.gateway.hold(answer="La Loire.")
    await core.tell(said("Un fleuve ?"))
    order = said("en plus court")
    await core.tell(order)
    gone = deletion(order)
    await core.tell(gone)
    loire.set()
    await core.platform.answered(1)
    await core.settled()
    assert len(core.gateway.received) == 1
    assert len(core.platform.shown) == 1
