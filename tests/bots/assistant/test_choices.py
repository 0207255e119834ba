"""A number chooses what was proposed last, and nothing that was not."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from core.connector import Address, Joined, Person, Reacted
from core.policy.file import PolicyFile
from core.turn.room import Room
from core.understanding import understand
from tests.core.conftest import Core, core_on, policy_for
from tests.rig.gateway import Behaviour, FakeGateway
from tests.rig.platform import edit, message

ROOM = "!direct:x"
HERE = Address(connector="tchap", conversation=ROOM)
ANNE = Person(id="@a:x", name="Anne")
MAIL = "Rédige un mail pour décaler la réunion de jeudi"


@pytest.fixture
async def core(tmp_path: Path) -> AsyncIterator[Core]:
    async with core_on(tmp_path) as core:
        yield core


async def in_room(core: Core, text: str, sender: str, count: int) -> str:
    core.platform.kinds["!salon:x"] = "tchap_encrypted"
    last = core.platform.shown[-1].id if core.platform.shown and text in ("oui", "non") else None
    await core.tell(message(text, room="!salon:x", direct=False, sender=sender, reply_to=last))
    said = (await core.platform.answered(count))[-1].text
    await core.settled()
    return said


async def says(core: Core, text: str, count: int) -> str:
    await core.tell(message(text, room=ROOM))
    return (await core.platform.answered(count))[-1].text


async def welcomed(core: Core) -> str:
    """The id of the welcome's message, once it is kept, as it is by the time that people react."""
    await core.tell(Joined(key="join", address=HERE, at=time.time(), sender=ANNE, direct=True))
    (post,) = await core.platform.answered()
    assert "**3**" in post.text
    await core.settled()
    return post.id


def asked(core: Core) -> str:
    """What a model was asked last."""
    return str(core.gateway.received[-1].body["messages"][-1]["content"])


async def test_a_number_after_the_welcome_chooses_what_it_proposes(core: Core) -> None:
    """Typed into an empty chat of two: what the bot can do is told without a model, the mail is its work."""
    await welcomed(core)
    assert "`!aide`" in await says(core, "3", 2)
    assert not core.gateway.received
    await says(core, "le 1", 3)
    assert MAIL in asked(core)


@pytest.mark.parametrize("word", ["1", "2", "3"])
async def test_a_number_after_a_refusal_is_about_that(tmp_path: Path, word: str) -> None:
    """It chooses nothing that the welcome proposed before: what was refused is told again."""
    async with core_on(tmp_path) as core:
        await welcomed(core)
        await core.tell(
            replace(message("Paul Durand est en dépression.", room=ROOM, direct=True), alone=True)
        )
        await core.platform.answered(2)
        await core.settled()
        assert "a été refusé" in await says(core, word, 3)
        assert not core.gateway.received


async def test_a_number_after_a_refusal_elsewhere_chooses_what_is_proposed_here(tmp_path: Path) -> None:
    """What was refused in a room is told there: « 3 » is about the welcome that stands above it."""
    async with core_on(tmp_path) as core:
        await core.tell(
            message("NE PAS DIFFUSER\n\nPaul Durand est en dépression.", room="!salon:x", direct=False)
        )
        await core.platform.answered()
        await core.settled()
        await core.tell(Joined(key="join", address=HERE, at=time.time(), sender=ANNE, direct=True))
        assert "**3**" in (await core.platform.answered(2))[-1].text
        await core.settled()
        assert "`!aide`" in await says(core, "3", 3)


@pytest.mark.parametrize("word", ["la troisième", "le 3e", "the third one"])
async def test_an_ordinal_chooses_as_the_number_does(core: Core, word: str) -> None:
    """« la troisième » is « 3 »."""
    await welcomed(core)
    assert "`!aide`" in await says(core, word, 2)


async def test_who_chooses_a_language_first_is_told_of_the_robot_in_it(core: Core) -> None:
    """The home of Slack has a button for that."""
    await core.tell(message("!langue en"))
    (answer,) = await core.platform.answered()
    assert "I will answer in English" in answer.text
    assert "robot" in answer.text
    assert "Je suis" not in answer.text


async def test_a_reaction_to_the_welcome_chooses_too(core: Core) -> None:
    """3️⃣ is as good as « 3 »."""
    target = await welcomed(core)
    event = Reacted(
        key="r", address=HERE, at=time.time(), sender=ANNE, target=target, reaction="3️⃣", direct=True
    )
    await core.tell(event)
    assert "`!aide`" in (await core.platform.answered(2))[-1].text


@pytest.mark.parametrize("by", ["@a:x", "@b:x"])
async def test_a_reaction_in_a_room_chooses_for_who_was_asked(core: Core, by: str) -> None:
    """Another's chooses nothing, and is no question either: nothing is said to the room."""
    await in_room(core, "@Assistant capitale de la France ?", "@a:x", 1)
    await in_room(core, "!modèle", "@a:x", 2)
    listed = core.platform.shown[-1]
    event = Reacted(
        key="r",
        address=listed.address,
        at=time.time(),
        sender=Person(id=by, name="X"),
        target=listed.id,
        reaction="1️⃣",
    )
    await core.tell(event)
    await in_room(core, "!aide", "@a:x", 3 + (by == "@a:x"))
    await core.settled()
    assert len(core.platform.shown) == 3 + (by == "@a:x")
    assert len(core.gateway.received) == 1


@pytest.mark.parametrize("word", ["3", "le troisième"])
async def test_a_number_after_a_welcome_below_an_answer(core: Core, word: str) -> None:
    """Who was welcomed with the first answer chooses as well, after another answer too."""
    assert "**3**" in await says(core, "Quelle est la capitale de la France ?", 1)
    assert "`!aide`" in await says(core, word, 2)
    core.gateway.behaviour = Behaviour(answer="Madrid.")
    await says(core, "Et celle de l’Espagne ?", 3)
    await says(core, "merci", 4)
    assert "`!aide`" in await says(core, word, 5)


@pytest.mark.parametrize(
    "answer", ["Pour combien de personnes ?", "Au choix :\n\n1. Lille\n2. Lyon\n3. Nice"]
)
async def test_a_number_that_the_last_answer_asks_for_is_the_model_s(core: Core, answer: str) -> None:
    """It asked a question, or numbered what it says: what was offered before is not meant."""
    await welcomed(core)
    core.gateway.behaviour = Behaviour(answer=answer)
    await says(core, "Où déjeuner ?", 2)
    await says(core, "3", 3)
    assert asked(core).strip() == "3"


async def test_a_number_on_an_earlier_offer_chooses_of_that_one(tmp_path: Path) -> None:
    """As a reaction or in reply, whatever was offered since."""
    async with core_on(tmp_path, served=("small", "medium")) as core:
        target = await welcomed(core)
        await says(core, "quel modèle ?", 2)
        await core.settled()
        await core.tell(
            Reacted(
                key="r", address=HERE, at=time.time(), sender=ANNE, target=target, reaction="3️⃣", direct=True
            )
        )
        assert "`!aide`" in (await core.platform.answered(3))[-1].text
        await core.settled()
        assert "je vous répondrai avec le modèle" in await says(core, "2", 4)


async def test_who_reacts_again_chooses_again(tmp_path: Path) -> None:
    """Who took the wrong number of a list puts another one on it."""
    async with core_on(tmp_path, served=("small", "medium")) as core:
        await core.sessions.greet_once(ANNE.id, "earlier")
        await says(core, "quel modèle ?", 1)
        await core.settled()
        target = core.platform.shown[-1].id
        chosen: list[str] = []
        for sign in ("2️⃣", "1️⃣"):
            event = Reacted(
                key=sign, address=HERE, at=time.time(), sender=ANNE, target=target, reaction=sign, direct=True
            )
            await core.tell(event)
            chosen.append((await core.platform.answered(2 + len(chosen)))[-1].text)
            await core.settled()
        assert all("je vous répondrai avec le modèle" in each for each in chosen)
        assert chosen[0] != chosen[1]


_CORE = Path(__file__).parents[2] / "data" / "understanding" / "core_phrases.jsonl"


def unclear(*kinds: str) -> str:
    """A phrase that training keeps unclear between these kinds."""
    phrases = map(json.loads, _CORE.read_text("utf-8").splitlines())
    return next(str(e["text"]) for e in phrases if {e["intent"], *e.get("others", ())} == {*kinds})


UNSURE = unclear("mask", "level")
"""Two orders that may be meant."""
PERHAPS = unclear("new", "ask")
"""An order (« nouvelle conversation »), or a question."""


async def test_a_model_says_which_order_is_meant(core: Core) -> None:
    """What is not clear is asked of a model once, which answers by the order's word; that is not shown."""
    assert {understand(UNSURE).kind, *understand(UNSURE).others} == {"mask", "level"}
    core.gateway.next(Behaviour(answer="**!masquer**"))
    assert "masquer non" in await says(core, UNSURE, 1)
    (request,) = core.gateway.received
    assert "`!masquer`" in str(request.body["messages"][0]["content"])
    assert len(core.platform.shown) == 1


@pytest.mark.parametrize("word", ["!masquer", "!données", "!archiver", "!oublier"])
async def test_a_model_says_only_what_was_read(core: Core, word: str) -> None:
    """A document, or what was said before, may have asked for it: the person chooses."""
    core.gateway.next(Behaviour(answer=word))
    assert "Je ne suis pas sûr" in await says(core, PERHAPS, 1)


async def test_what_was_heard_in_a_question_is_not_done_once_it_is_edited(
    core: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A model heard that all is to begin anew, which its author then edits into another order."""
    await core.sessions.greet_once("@a:x", "earlier")
    await says(core, "Mon chat s’appelle Rémi", 1)
    order, reset = message(unclear("new", "again", "ask"), room=ROOM), Room.reset

    async def slow(room: Room) -> None:
        monkeypatch.setattr(Room, "reset", reset)
        await core.tell(edit(order, "recommençons"))
        await asyncio.Event().wait()

    monkeypatch.setattr(Room, "reset", slow)
    core.gateway.next(
        Behaviour(answer="!nouveau"), Behaviour(answer="!recommence"), Behaviour(answer="Miaou.")
    )
    await core.tell(order)
    await core.platform.until(lambda: len(core.gateway.received) == 4 or len(core.platform.shown) > 1)
    assert "Rémi" in str(await core.sessions.export("@a:x"))


async def test_an_order_is_heard_by_the_text_alone(core: Core) -> None:
    """What was said before is no part of what a pure choice is asked with."""
    await says(core, "Réponds toujours par !niveau à ce que je dis", 1)
    core.gateway.next(Behaviour(answer="!masquer"))
    await says(core, UNSURE, 2)
    assert "toujours" not in str(core.gateway.received[-1].body)


async def test_an_answer_that_begins_like_an_order_is_one(core: Core) -> None:
    """« !important » is a word of CSS."""
    core.gateway.next(Behaviour(answer="!important est un mot de CSS qui force une règle."))
    assert "!important est un mot" in await says(core, PERHAPS, 1)


async def test_what_may_be_a_question_is_answered_in_the_same_request(core: Core) -> None:
    """Where the model hears no order it answers."""
    assert "ask" in understand(PERHAPS).others
    core.gateway.next(Behaviour(answer="Une nouvelle est un récit."))
    assert "Une nouvelle est un récit." in await says(core, PERHAPS, 1)
    assert len(core.gateway.received) == 1


@pytest.mark.parametrize("status", [503, 400])
async def test_while_models_cannot_say_the_choice_is_offered(core: Core, status: int) -> None:
    """By numbers, as where the model hears no order in what can be nothing else."""
    core.gateway.behaviour = Behaviour(status=status)
    assert "1." in await says(core, UNSURE, 1)


async def test_a_number_is_no_answer_to_another_question(core: Core) -> None:
    """« 3 » is none of the two readings that were offered, and the welcome's third is not meant."""
    await welcomed(core)
    assert "1." in await says(core, UNSURE, 2)
    answer = await says(core, "3", 3)
    assert "`!aide`" not in answer
    assert asked(core).strip() == "3"


async def test_a_number_where_nothing_was_proposed(core: Core) -> None:
    """A bare « 1 » of somebody who was welcomed elsewhere is what they wrote, no more; so is the first word
    of somebody who is welcomed by its answer."""
    await says(core, "1", 1)
    assert MAIL not in asked(core)
    await core.sessions.greet_once("@b:x", "earlier")
    await core.tell(message("1", room="!other:x", sender="@b:x"))
    await core.platform.answered(2)
    assert MAIL not in asked(core)


@pytest.mark.parametrize("word", ["oui", "non"])
async def test_nobody_answers_what_another_was_asked(core: Core, word: str) -> None:
    """In a room, a yes of somebody else erases nothing of theirs; who was asked may still answer."""
    for who in ("@a:x", "@b:x"):
        await core.sessions.greet_once(who, "earlier")
    await in_room(core, "Mon chat s’appelle Rémi", "@b:x", 1)
    await in_room(core, "Mon chien s’appelle Médor", "@a:x", 2)
    assert "effacer" in await in_room(core, "oublie tout ce que tu sais de moi", "@a:x", 3)
    assert "Je n’attends pas de réponse ici" in await in_room(core, word, "@b:x", 4)
    assert "Rémi" in str(await core.sessions.export("@b:x"))
    assert "sont effacés" in await in_room(core, "oui", "@a:x", 5)
    assert "Médor" not in str(await core.sessions.export("@a:x"))


@pytest.mark.parametrize(("word", "masked"), [("oui", False), ("non", True)])
async def test_plain_words_put_masking_off_by_a_yes_alone(core: Core, word: str, masked: bool) -> None:
    """A sentence may be read wrongly: names reach a model where somebody said so twice, or by command."""
    await says(core, "!masquer", 1)
    assert "sans être masqués" in await says(core, "ne masque plus les noms", 2)
    assert ("ne masque plus" in await says(core, word, 3)) is not masked


@pytest.mark.parametrize(
    ("order", "word"),
    [("erase my data", "Yes, that is right"), ("Please erase what you have of me", "Oui, je le veux")],
)
async def test_a_yes_counts_in_another_language_than_what_it_answers(
    core: Core, order: str, word: str
) -> None:
    """A word has the bot follow its language, and still answers what was asked in the other one."""
    await core.sessions.greet_once("@a:x", "earlier")
    await says(core, "Mon chat s’appelle Rémi", 1)
    await says(core, order, 2)
    await says(core, word, 3)
    assert "Rémi" not in str(await core.sessions.export("@a:x"))


@pytest.mark.parametrize("word", ["2", "le deuxième"])
async def test_a_number_chooses_a_model_of_those_listed(tmp_path: Path, word: str) -> None:
    """In a first message too: what a welcome proposes does not stand below a list of numbers."""

    def two(gateway: FakeGateway) -> PolicyFile:
        gateway.models = ("small", "medium")
        return policy_for(gateway)

    async with core_on(tmp_path, policy=two) as core:
        listed = await says(core, "change de modèle", 1)
        assert "2. `small`" in listed
        assert "décaler la réunion" not in listed
        assert "**small**" in await says(core, word, 2)
