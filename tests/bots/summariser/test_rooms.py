"""What a room may settle and ask of the summariser, on a platform in memory, without a model."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
import pytest

from bots.assistant import Assistant
from bots.summariser import Summariser
from bots.summariser.room import schedule_orders, schedules
from bots.summariser.room.corrections import Correction, apply, corrects
from bots.summariser.room.open_actions import DONE
from bots.summariser.room.schedules import RoomSettings, Schedule
from bots.summariser.summariser_texts import SummariserTexts
from bots.summariser.talk import Member
from core.connector import Address, Deleted, File, Past, Person, Range, Reacted, Tick, Wanted
from core.errors import StoreUnavailable
from core.language.months import PARIS
from core.provenance.record import Register
from core.sessions.repository import KeptTurn, Session, Sessions
from core.store.keyring import unlock
from core.turn.room import Room as TurnRoom
from core.understanding.arguments import subject_of
from tests.core.conftest import KEYS, Core, core_on, embedded
from tests.rig.gateway import Behaviour
from tests.rig.platform import Platform, Post, message

ROOM = "!salon:x"
HERE = Address(connector="tchap", conversation=ROOM)
PAUL, INES = Person(id="@paul:x", name="Paul MARTIN"), Person(id="@ines:x", name="Inès LE GALL")
TUESDAY = datetime(2026, 3, 10, 9, 0, tzinfo=PARIS).timestamp()


def past(n: int, sender: Person, text: str, **more: Any) -> Past:
    return Past(
        id=f"$m{n}", at=TUESDAY + 60 * n, sender=sender, text=text, link=f"https://tchap/#/{n}", **more
    )


TALK = (
    past(1, INES, "Qui relance la DDT ?"),
    past(2, PAUL, "Je m’en occupe d’ici vendredi.", reply_to="$m1"),
    past(3, INES, "C’est décidé, on garde la salle Garonne."),
    past(4, INES, "Je rédige la convocation."),
)


@dataclass
class Memory:
    """A history of these messages, which keeps what was wanted."""

    messages: tuple[Past, ...] = TALK
    wanted: list[Wanted] = field(default_factory=list)
    name: str = ""

    async def recall(self, address: Address, wanted: Wanted) -> Range:
        self.wanted.append(wanted)
        kept = tuple(each for each in self.messages if wanted.since is None or each.at >= wanted.since)
        return Range(messages=kept, members=(PAUL, INES), name=self.name)


@dataclass
class Room:
    """A room of @a:x (a moderator) and @b:x, and what the bot says in it."""

    core: Core
    memory: Memory
    platform: Platform
    sessions: Sessions
    seen: int = 0

    async def says(self, text: str, *, sender: str = "@a:x", **more: Any) -> Post:
        """Say something and wait for the answer: a new message, or another text of an earlier one."""
        before = {id: len(post.states) for id, post in self.platform.posts.items()}
        await self.core.tell(message(text, room=ROOM, direct=False, sender=sender, **more))

        def answered() -> bool:
            return any(
                not post.growing and len(post.states) > before.get(post.id, 0) for post in self.platform.shown
            )

        await self.platform.until(answered)
        return next(p for p in self.platform.shown if len(p.states) > before.get(p.id, 0))

    async def house(self) -> RoomSettings:
        return RoomSettings.load(await self.sessions.settled(HERE, "summariser"))

    async def settle(self, house: RoomSettings) -> None:
        await self.sessions.settle(HERE, "summariser", house.dump())


@pytest.fixture
async def room(tmp_path: Path) -> AsyncGenerator[Room]:
    platform = Platform(moderators=frozenset({"@a:x"}))
    platform.private = platform
    platform.history = memory = Memory()  # type: ignore[assignment]
    async with core_on(tmp_path, platform=platform, policy=embedded) as core:
        for person in ("@a:x", "@b:x"):
            await core.sessions.greet_once(person, "earlier")
        vault = await unlock(core.store, KEYS)
        yield Room(core, memory, platform, Sessions(core.store, vault))


async def test_moderators_choose_who_may_ask(room: Room) -> None:
    """Others see the settings and change none; then only moderators are given a summary."""
    assert "modérateurs" in (await room.says("!réglages modérateurs", sender="@b:x")).text
    assert not (await room.house()).moderators_only
    assert "les modérateurs seulement" in (await room.says("!réglages modérateurs")).text
    assert "seuls les modérateurs" in (await room.says("!résumé", sender="@b:x")).text
    assert not room.memory.wanted
    assert "Garonne" in (await room.says("!résumé")).text


async def test_moderators_set_the_least_level_of_a_room(room: Room) -> None:
    """Others set none, and none is set above what the room may carry; then every answer has it at least."""
    assert "modérateurs" in (await room.says("!réglages niveau N2", sender="@b:x")).text
    assert "dépasser" in (await room.says("!réglages niveau N3")).text
    assert "N2 – Sensible" in (await room.says("!réglages niveau N2")).text
    assert "N2" in (await room.says("!niveau", sender="@b:x")).text


@pytest.mark.parametrize(
    ("order", "kept"),
    [("!réglages modérateurs", 1), ("!résumé chaque lundi 9h", 2), ("!résumé arrêter 1", 0)],
)
async def test_what_another_thread_settles_meanwhile_stays(
    room: Room, monkeypatch: pytest.MonkeyPatch, order: str, kept: int
) -> None:
    """Threads are answered at once: what one of them settled since this one looked is not undone."""
    later = schedule(time.time() + 3_600)
    await room.settle(RoomSettings(schedules=(later,)))
    load = TurnRoom.settings

    async def settles(live: TurnRoom, bot: str = "") -> bytes | None:
        found = await load(live, bot)
        await room.settle(replace(RoomSettings.load(found), floor=7.0))
        return found

    monkeypatch.setattr(TurnRoom, "settings", settles)
    await room.says(order)
    house = await room.house()
    assert house.floor == 7.0
    assert len(house.schedules) == kept
    assert house.moderators_only == ("modérateurs" in order)


async def test_history_before_the_choice_is_not_read(room: Room) -> None:
    """Without history nothing older than that choice is asked for."""
    assert "rien d’avant" in (await room.says("!réglages historique non")).text
    assert "aucun message" in (await room.says("!résumé depuis le 2 mars")).text
    assert (room.memory.wanted[-1].since or 0) >= time.time() - 60


async def test_what_is_said_after_the_summary_is_gone(room: Room) -> None:
    """In the thread of a summary whose asker was erased, a question is answered like any other."""
    post = await room.says("!résumé", id="$asked")
    await room.core.settled()
    await room.core.sessions.forget("@a:x")
    answer = await room.says("Qui relance la DDT ?", sender="@b:x", reply_to=post.id)
    assert "essayé plusieurs fois" not in answer.text


async def test_reactions_count_for_the_level(room: Room) -> None:
    """A reaction may be any text, and a model reads it with the message."""
    room.memory.messages = (replace(TALK[0], reactions={"TLP:RED": frozenset({"@b:x"})}), *TALK[1:])
    assert "ne peux pas" in (await room.says("!résumé")).text


async def test_what_others_wrote_is_for_them_to_delete(room: Room) -> None:
    """Who has a talk summed up that does not belong there cannot delete it, nor go on with it elsewhere."""
    room.memory.messages = (*TALK, past(9, PAUL, "L’IBAN d’Inès : FR76 3000 6000 0112 3456 7890 189"))
    room.platform.kind = "slack"
    assert "ne peux pas" in (await room.says("!résumé")).text
    await room.platform.until(lambda: len(room.platform.shown) == 2)
    (told,) = (post.text for post in room.platform.shown if post.address.conversation == "!@a:x")
    assert "Demandez à qui l’a écrit" in told
    assert "!continuer" not in told
    assert "3000" not in told


async def test_off_beside_a_chain(room: Room) -> None:
    """Of a chain of replies alone; an author's `!off` that is no reply counts for it all the same."""
    room.memory.messages = (*TALK[:2], past(5, PAUL, "!off"), *TALK[2:])
    text = (await room.says("résume ce fil de réponses", reply_to="$m2", quoted="x")).text
    assert "Garonne" not in text
    assert "occupe" not in text
    assert "Qui relance la DDT" in text
    assert "1 hors résumé" in text


async def test_what_was_withheld_leaves_no_actions(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """A summary that is not shown, since a guest came meanwhile, is not kept in another form either."""
    room.memory.messages = (*TALK[:2], past(9, PAUL, "J’envoie la liste, 1 85 05 78 006 084 91, à la DDT."))
    keep = TurnRoom.keep

    async def guest_comes(live: TurnRoom, name: str, text: str) -> None:
        await keep(live, name, text)
        room.platform.kind = "tchap_encrypted_guests"

    monkeypatch.setattr(TurnRoom, "keep", guest_comes)
    assert "n’a pas été affichée" in (await room.says("!résumé")).text
    room.platform.kind = "tchap_encrypted"
    assert "aucune action" in (await room.says("!actions")).text.casefold()


async def test_pause(room: Room) -> None:
    """A paused room is not read, until it is taken up again."""
    await room.says("!pause")
    assert "en pause" in (await room.says("!résumé")).text
    assert not room.memory.wanted
    await room.says("!reprise")
    assert "Garonne" in (await room.says("!résumé")).text


async def test_off(room: Room) -> None:
    """An author's `!off`, in reply or right after, keeps a message out; nobody else's does."""
    room.memory.messages = (
        *TALK,
        past(5, PAUL, "!off", reply_to="$m2"),
        past(6, PAUL, "!off", reply_to="$m4"),
        past(7, INES, "Entre nous : on ferme."),
        past(8, INES, "!off"),
    )
    text = (await room.says("!résumé")).text
    assert "je rédige la convocation" in text.casefold()
    assert "m’en occupe" not in text
    assert "Entre nous" not in text
    assert "2 hors résumé" in text


@pytest.mark.parametrize("text", ["Qu’ai-je manqué ?", "résume en privé"])
async def test_missed_is_told_in_private(room: Room, text: str) -> None:
    """« Qu’ai-je manqué ? » reads what the person could, and answers them alone, under the room's name; so
    does what they ask for in private."""
    room.platform.room_name = "Crue de la Garonne"
    post = await room.says(text, sender="@b:x")
    await room.platform.answered(2)
    told = {p.address.conversation: p.text for p in room.platform.shown}
    assert "conversation directe" in told[ROOM]
    assert "Garonne" not in told[ROOM]
    assert told["!@b:x"].startswith("Dans « Crue de la Garonne »")
    assert "Garonne" in told["!@b:x"].partition("\n")[2]
    assert room.memory.wanted[-1].readers == {"@b:x"}
    assert post.address.conversation in told


async def test_a_summary_that_is_told_in_private_goes_with_its_question(room: Room) -> None:
    """Who deletes what they asked in the room finds the summary in their chat no more."""
    post = await room.says("résume en privé", id="$asked", sender="@b:x")
    await room.platform.answered(2)
    told = next(each for each in room.platform.shown if each.address.conversation == "!@b:x")
    await room.core.settled()
    gone = Deleted(key="gone", address=HERE, at=TUESDAY, sender=Person(id="@b:x"), target="$asked")
    await room.core.tell(gone)
    await room.platform.until(lambda: post.deleted and told.deleted)


async def test_what_a_model_wrote_for_one_person_says_so(tmp_path: Path) -> None:
    """A digest that is read alone bears the model that wrote it and is known to the register, and so does the
    summary that is then shown to all, or corrected."""
    platform = Platform()
    platform.private = platform
    platform.history = Memory()  # type: ignore[assignment]
    action = {"who": "Paul", "what": "relancer la DDT", "due": "vendredi", "messages": ["m1", 2]}
    async with core_on(tmp_path, platform=platform) as core:
        core.gateway.behaviour = Behaviour(answer=orjson.dumps({"actions": [action]}).decode())
        await core.sessions.greet_once("@b:x", "earlier")
        room = Room(core, Memory(), platform, Sessions(core.store, core.vault))
        await room.says("Qu’ai-je manqué ?", sender="@b:x")
        await platform.answered(2)
        told = next(post for post in platform.shown if post.address.conversation == "!@b:x")
        assert told.states[-1].writers == ("small",)
        summary = await room.says("!résumé", sender="@b:x")
        correction = "Non, relancer la DDT c’est Inès qui le fait, pour le 20 mars"
        corrected = await room.says(correction, sender="@b:x", reply_to=summary.id)
        assert (corrected.id, corrected.states[-1].writers) == (summary.id, ("small",))
        register = Register(core.store, core.vault, days=30, clock=time.time)
        found = await register.find(told.text)
        assert found is not None
        assert found.generated


async def test_extracts_in_place_of_a_useless_answer_are_no_models(tmp_path: Path) -> None:
    """Where what the model wrote could not be used, the summary that stands in for it names no writer."""
    platform = Platform()
    platform.history = Memory()  # type: ignore[assignment]
    async with core_on(tmp_path, platform=platform) as core:
        core.gateway.behaviour = Behaviour(answer="Je résume volontiers.")
        await core.sessions.greet_once("@b:x", "earlier")
        room = Room(core, Memory(), platform, Sessions(core.store, core.vault))
        summary = await room.says("!résumé", sender="@b:x")
        assert "n’était pas exploitable" in summary.text
        assert summary.states[-1].writers == ()


async def test_question_on_a_summary(room: Room) -> None:
    """Asked in answer to it: the lines that say it, with their links."""
    summary = await room.says("!résumé")
    answer = await room.says("Qui devait relancer la DDT ?", sender="@b:x", reply_to=summary.id)
    assert "Paul MARTIN" in answer.text
    assert "https://tchap/#/2" in answer.text
    assert "Garonne" not in answer.text
    nothing = await room.says("Combien coûte le traiteur ?", reply_to=summary.id)
    assert "ne le dit pas" in nothing.text


async def test_what_is_asked_with_thanks_for_a_summary_is_asked_of_it(room: Room) -> None:
    """At the top of the room, without a reply; a question of its own is none of it."""
    await room.says("!résumé")
    assert "Garonne" in (await room.says("merci ! et du coup c'est quelle salle qu'on garde ?")).text
    await room.core.settled()
    assert "Garonne" not in (await room.says("c'est quelle salle qu'on garde à Brest ?")).text


async def test_correction_edits_in_place(room: Room) -> None:
    """The line says who corrects it and how; its owner and day follow, in the list of actions too."""
    summary = await room.says("!résumé")
    correction = "Non, relancer la DDT c’est Inès qui le fait, pour le 20 mars"
    post = await room.says(correction, sender="@b:x", reply_to=summary.id)
    assert post.id == summary.id
    line = next(line for line in post.text.splitlines() if "DDT" in line)
    assert line.startswith("- **Inès LE GALL**")
    assert "20 mars" in line
    assert "corrigé par **Anne**" in line
    assert "vendredi" in line  # nobody's words are changed
    listed = (await room.says("!actions")).text
    assert "1. **Inès LE GALL**" in listed
    assert len(room.platform.shown) == 2
    unclear = await room.says("Non, c’est faux", reply_to=summary.id)
    assert "quelle ligne" in unclear.text


@pytest.mark.parametrize("which", ["la DDT", "1", "la première"])
async def test_a_correction_waits_for_the_line_that_it_is_about(room: Room, which: str) -> None:
    """Asked which is meant, its author names the line, and need not say the correction again."""
    summary = await room.says("!résumé")
    unclear = await room.says("Non, c'est pour le 20 mars", reply_to=summary.id)
    assert "quelle ligne" in unclear.text
    await room.core.settled()
    post = await room.says(which, reply_to=summary.id)
    line = next(line for line in post.text.splitlines() if "DDT" in line)
    assert "20 mars" in line
    assert "corrigé par" in line


async def test_what_is_asked_of_a_summary_places_no_correction(room: Room) -> None:
    """Its author was asked which line is meant, and asks of something else first: nothing is corrected."""
    summary = await room.says("!résumé")
    await room.says("Non, c'est pour le 20 mars", reply_to=summary.id)
    await room.core.settled()
    said = (await room.says("qui s'occupe de la DDT ?", reply_to=summary.id)).text
    assert "corrigé par" not in said


async def test_actions_go_with_the_question_for_their_summary(room: Room) -> None:
    """Who deletes their « !résumé » leaves nothing of it on the list; what another summary tells stays."""
    await room.says("!résumé", id="$asked")
    await room.says("!résumé 3", sender="@b:x", id="$other")
    await room.core.settled()
    for n, (id, sender) in enumerate((("$asked", PAUL), ("$other", INES)), 1):
        assert "DDT" in (await room.says("!actions")).text
        await room.core.tell(Deleted(key=f"d{n}", address=HERE, at=time.time(), sender=sender, target=id))
        await room.platform.until(lambda n=n: sum(post.deleted for post in room.platform.posts.values()) == n)
        await room.core.settled()
    assert "aucune action" in (await room.says("!actions")).text.casefold()


async def test_actions_are_ticked(room: Room) -> None:
    """Summaries of one range tell an action once; a reaction to the list ticks it there, for good."""
    await room.says("!résumé")
    await room.says("!résumé 3")
    listed = await room.says("!actions")
    assert listed.text.count("DDT") == 1
    reaction = Reacted(key="r1", address=HERE, at=time.time(), sender=PAUL, target=listed.id, reaction="1️⃣")
    await room.core.tell(reaction)
    await room.platform.until(lambda: len(listed.states) > 1)
    assert "1. ~~" in listed.text
    again = await room.says("!actions")
    assert "DDT" not in again.text
    assert "convocation" in again.text
    assert "~~" in (await room.says("!actions fait 1")).text
    assert "aucune action ouverte" in (await room.says("!actions")).text
    assert "~~" not in (await room.says("!actions rouvrir 1")).text


async def test_actions_are_ticked_in_words(room: Room) -> None:
    """By the number that a summary or the list gives them; opened again as well."""
    summary = await room.says("!résumé")
    assert "1. ~~" in (await room.says("l'action 1 est faite")).text
    assert "2. ~~" in (await room.says("la 2 est réglée", sender="@b:x", reply_to=summary.id)).text
    assert "1. ~~" not in (await room.says("Rouvre la première")).text
    assert "~~" not in (await room.says("en fait l'action 2 n'est pas faite", sender="@b:x")).text


async def test_actions_are_ticked_by_what_they_are(room: Room) -> None:
    """« C’est fait pour la convocation » names one; a number that stands nowhere is told."""
    await room.says("!résumé")
    assert "2. ~~" in (await room.says("c'est fait pour la convocation")).text
    missing = await room.says("l'action 7 est faite", sender="@b:x")
    assert "n° 7" in missing.text.replace("\u00a0", " ")


async def test_an_action_is_added_in_words(room: Room) -> None:
    """Its owner and day are those that are named, its link is that of the order; it is ticked as others."""
    await room.says("!résumé")
    order = "ajoute une action : Paul relit la note pour vendredi"
    room.memory.messages = (*TALK, past(5, PAUL, order))
    listed = (await room.says(order, id="$m5")).text
    friday = next(line for line in listed.splitlines() if "note" in line)
    assert friday.startswith("3. **Paul MARTIN**\u00a0: relit la note, pour le ")
    assert "https://tchap/#/5" in friday
    assert "3. ~~" in (await room.says("la 3 est faite")).text


@pytest.mark.parametrize(
    ("order", "line"),
    [
        (
            "ajoute une action pour Inès : appeler le traiteur",
            "**Inès LE GALL**\u00a0: appeler le traiteur (",
        ),
        ("nouvelle action : prévenir la mairie", "personne de désigné\u00a0: prévenir la mairie ("),
        ("add an action: Paul books the room", "**Paul MARTIN**\u00a0: books the room ("),
    ],
)
async def test_what_is_added_is_on_the_list(room: Room, order: str, line: str) -> None:
    """In other words too, and where no summary was made."""
    assert line in (await room.says(order)).text


@pytest.mark.parametrize(
    "words",
    [
        "mets moi les actions que Paul doit faire",
        "note les actions que Paul a prises",
        "mets les actions en tableau : nom, date",
        "ajoute une action en justice : que faire",
        "notre action : vendre",
        "Ajoute une action :",
    ],
)
async def test_what_only_speaks_of_actions_adds_none(room: Room, words: str) -> None:
    """Of those whose actions they are it may show the list."""
    await room.says("!résumé")
    await room.says(words)
    assert "3. " not in (await room.says("!actions")).text


@pytest.mark.parametrize(
    "words",
    [
        "rappelle l'action 2 à Paul",
        "on verra l'action 2 avec Paul mardi",
        "l'action 2 n'est pas pour Paul",
        "la 2 n'est pas repoussée à mardi",
    ],
)
async def test_what_only_names_an_action_changes_none(room: Room, words: str) -> None:
    """Neither its owner nor its day, where somebody asks to see it, or says what it is not."""
    await room.says("!résumé")
    before = (await room.says("!actions")).text
    await room.says(words)
    assert (await room.says("!actions")).text == before


async def test_actions_are_given_another_day_and_owner(room: Room) -> None:
    """By their number; the list shows it."""
    await room.says("!résumé")
    assert "1. **Paul MARTIN**" in (await room.says("les actions ?")).text
    moved = (await room.says("la 1 est repoussée au 20 mars")).text
    assert ", pour le 20 mars" in next(line for line in moved.splitlines() if line.startswith("1. "))
    given = (await room.says("l'action 2 c'est pour Paul", sender="@b:x")).text
    assert "2. **Paul MARTIN**" in given
    assert "20 mars" in given


async def test_a_tick_is_taken_back(room: Room) -> None:
    """« Annule » right after it, by who ticked; « la 2 aussi » ticks as the one before."""
    summary = await room.says("!résumé")
    assert "1. ~~" in (await room.says("l'action 1 est faite")).text
    assert "2. ~~" in (await room.says("la 2 aussi", sender="@b:x", reply_to=summary.id)).text
    await room.core.settled()
    back = (await room.says("ah non en fait pas encore, annule", sender="@b:x")).text
    assert ("1. ~~" in back, "2. ~~" in back) == (True, False)


@pytest.mark.parametrize(
    "order",
    ["ajoute une action : Paul relit la note", "rajoute : Paul relit la note", "rajoute : la note vendredi"],
)
async def test_an_action_that_was_added_is_taken_back(room: Room, order: str) -> None:
    """« Annule » right after it, by who added it."""
    await room.says("!résumé")
    assert re.search(r"^3\..*note", (await room.says(order)).text, re.MULTILINE)
    await room.core.settled()
    assert "2. " in (listed := (await room.says("annule")).text)
    assert "3. " not in listed


async def test_an_action_is_taken_back_where_no_summary_was_made(room: Room) -> None:
    """What was added first here may be taken back as well; what was taken back, too."""
    assert "1. " in (await room.says("ajoute une action : Paul relit la note")).text
    await room.core.settled()
    assert "Aucune action ouverte" in (await room.says("annule")).text
    await room.core.settled()
    assert "1. **Paul MARTIN**" in (await room.says("annule")).text


@pytest.mark.parametrize("words", ["euh si remets la", "Finalement, remets-la", "put it back"])
async def test_an_action_that_was_taken_back_is_put_back(room: Room, words: str) -> None:
    """By who took it back, right after."""
    await room.says("ajoute une action : Paul relit la note")
    await room.core.settled()
    assert "Aucune action ouverte" in (await room.says("annule")).text
    await room.core.settled()
    assert "1. **Paul MARTIN**" in (await room.says(words)).text


async def test_another_owner_of_an_action_is_taken_back(room: Room) -> None:
    """As is another day: the action is what it was."""
    await room.says("!résumé")
    before = (await room.says("!actions")).text
    assert "2. **Paul MARTIN**" in (await room.says("l'action 2 c'est pour Paul")).text
    await room.core.settled()
    assert (await room.says("annule")).text == before


async def test_what_is_to_be_added_to_a_summary_is_no_action(room: Room) -> None:
    """Where neither an owner nor a day is named."""
    await room.says("!résumé")
    await room.says("rajoute : plus de détails")
    assert "3. " not in (await room.says("!actions")).text


async def test_actions_are_ticked_by_whose_they_are(room: Room) -> None:
    """« Paul a fait sa relance » names its owner and what it is."""
    summary = await room.says("!résumé")
    assert "1. ~~" in (await room.says("Paul a fait sa relance", reply_to=summary.id)).text


async def test_a_number_put_on_a_summary_ticks_its_action(room: Room) -> None:
    """The list is shown below it; the summary stays as it is."""
    summary = await room.says("!résumé")
    reaction = Reacted(key="r2", address=HERE, at=time.time(), sender=PAUL, target=summary.id, reaction="1️⃣")
    await room.core.tell(reaction)
    await room.platform.until(lambda: any("1. ~~" in post.text for post in room.platform.shown))
    assert "~~" not in summary.text


async def test_a_correction_that_names_a_person_alone_is_about_what_is_not_theirs(room: Room) -> None:
    """The only other action is meant; of several, those that may be are told."""
    await room.says("!résumé 3")
    corrected = (await room.says("non, c'est Inès qui s'en charge")).text
    assert "- **Inès LE GALL**" in corrected
    assert "2 actions (Inès LE GALL)" in corrected
    room.memory.messages = (*TALK, past(5, PAUL, "Je prépare l’ordre du jour."))
    await room.says("!résumé", sender="@b:x")
    await room.core.settled()
    unclear = (await room.says("non, c'est Inès qui s'en charge", sender="@b:x")).text
    assert "quelle ligne" in unclear
    assert "- **Paul MARTIN**" in unclear
    assert "](" not in unclear


@pytest.mark.parametrize(("words", "lines"), [("résume en 3 lignes", 3), ("résume en une phrase", 1)])
async def test_a_summary_is_as_long_as_is_wanted(room: Room, words: str, lines: int) -> None:
    """No lists stand below; its actions can be ticked all the same."""
    said = (await room.says(words)).text
    assert sum(each.startswith("**") for each in said.splitlines()[1:]) == lines
    assert "**Actions (" not in said
    assert "1. ~~" in (await room.says("l'action 1 est faite")).text


async def test_actions_are_shown_as_they_are(room: Room) -> None:
    """Who wants to see those that are done ticks none."""
    await room.says("!résumé")
    assert "~~" not in (await room.says("liste les actions terminées pour la convocation")).text


async def test_everyone_is_no_name(room: Room) -> None:
    """Without capitals, whom nobody is called names all."""
    assert "DDT" in (await room.says("résume ce que tous ont dit")).text


@pytest.mark.parametrize("name", ["dupont", "Dupont", "mme dupont", "al"])
async def test_whom_nobody_is_called_is_told_with_who_spoke(room: Room, name: str) -> None:
    """A name that nobody bears is no reason to sum up everybody, nor to say that nothing was written."""
    said = (await room.says(f"résume ce que {name} a dit")).text
    assert f"« {name} »" in said
    assert "Inès LE GALL, Paul MARTIN" in said
    assert "DDT" not in said


async def test_what_nobody_is_called_but_messages_speak_of_is_summed_up(room: Room) -> None:
    """« Les messages de Noël » are those about it; where none are, nobody is called so."""
    room.memory.messages = (*TALK, past(5, PAUL, "Pour Noël, je fermerai le bureau le 24."))
    said = (await room.says("résume les messages de Noël")).text
    assert "fermerai" in said
    assert "Garonne" not in said
    room.memory.messages = (*TALK, past(5, PAUL, "Le déménageur passe au maximum le 24."))
    assert "« Max »" in (await room.says("résume les messages de Max")).text
    room.memory.messages = TALK
    assert "« Noël »" in (await room.says("résume les messages de Noël")).text


async def test_what_is_asked_of_a_day_to_come_is_what_was_said_of_it(room: Room) -> None:
    """Not what was said since that day, nor of « le lendemain »."""
    room.memory.messages = (*TALK, past(5, PAUL, "C’est décidé, le déménageur passe mardi."))
    said = (await room.says("il se passe quoi mardi déjà ?")).text
    assert "déménageur" in said
    assert "Garonne" not in said
    kept = (
        past(5, PAUL, "C’est décidé, le déménageur passe demain."),
        past(6, PAUL, "C’est décidé, on range le lendemain."),
    )
    room.memory.messages = kept
    said = (await room.says("il se passe quoi demain ?")).text
    assert "déménageur" in said
    assert "range" not in said


@pytest.mark.parametrize("name", ["paul", "paul martin", "m. martin", "MARTIN Paul", "pau"])
async def test_who_is_called_so_is_summed_up(room: Room, name: str) -> None:
    """By any of their names, in any order, or how one begins; what others said is left out."""
    said = (await room.says(f"résume ce que {name} nous a dit")).text
    assert "vendredi" in said
    assert "Garonne" not in said


async def test_a_summary_is_shown_to_all_once(room: Room) -> None:
    """Who read it alone shows it; pressed again, whenever that is, the button shows nothing more."""
    await room.core.tell(replace(message("!résumé", room=ROOM, direct=False), private=True))
    (alone,) = await room.platform.answered(1)
    (button,) = alone.states[-1].choices
    shown = await room.says(button.text)
    assert shown.text in alone.text
    await room.core.tell(message(button.text, room=ROOM, direct=False))
    await room.core.settled()
    assert room.platform.shown == [alone, shown]


async def test_two_ticks_of_one_moment_both_count(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """In two threads, neither knew of the other; what is opened again afterwards stays open."""
    await room.says("!résumé")
    await room.says("!actions")
    shelf = TurnRoom.shelf

    async def before_the_other(live: TurnRoom, name: str) -> Sequence[KeptTurn]:
        return () if name == DONE else await shelf(live, name)

    with monkeypatch.context() as at_once:
        await room.says("!actions fait 1")
        at_once.setattr(TurnRoom, "shelf", before_the_other)
        await room.says("!actions fait 2")
    assert "aucune action ouverte" in (await room.says("!actions")).text
    await room.says("!actions rouvrir 1")
    assert "1 relevée" in (await room.says("!actions")).text


async def test_exports(room: Room) -> None:
    """In answer to a summary, or with it: a document with its level, a calendar of the dated actions."""
    summary = await room.says("!résumé")
    await room.says("!export ics", reply_to=summary.id)
    await room.says("Exporte-le en docx", reply_to=summary.id)
    await room.says("!résumé en markdown")
    sent = room.platform.posts.values()

    def files() -> dict[str, File]:
        return {d.file.name: d.file for p in sent for d in p.states if d.file is not None}

    await room.platform.until(lambda: len(files()) == 3)
    assert b"DTSTART;VALUE=DATE:20260313" in files()["actions.ics"].data
    assert b"URL:https://tchap/#/2" in files()["actions.ics"].data
    assert files()["compte-rendu.docx"].data.startswith(b"PK")
    assert "salle Garonne" in files()["compte-rendu.md"].data.decode()


async def test_a_corrected_decision_is_corrected_at_the_head_too(room: Room) -> None:
    """Who reads the first lines only does not read what somebody said is wrong."""
    summary = await room.says("!résumé")
    said = (await room.says("non, on garde la salle Dordogne", reply_to=summary.id)).text
    head = next(line for line in said.splitlines() if line.startswith("**Décidé**"))
    assert "corrigé par" in head


async def test_who_does_what_reads_the_talk_where_no_summary_was_made(room: Room) -> None:
    """That nothing was left open would be false: nothing was read."""
    assert "DDT" in (await room.says("qui fait quoi ?")).text
    assert "DDT" in (await room.says("qui fait quoi ?")).text


async def test_only_what_is_about_a_subject_is_told(room: Room) -> None:
    """Where nothing is about it, all is told."""
    said = (await room.says("les décisions sur la salle")).text
    assert "Garonne" in said
    assert "convocation" not in said
    assert "Seulement ce qui parle de" in said
    assert "convocation" in (await room.says("fais le point sur le café", sender="@b:x")).text


@pytest.mark.parametrize(
    ("words", "about"),
    [
        ("les décisions sur la sécurité des élèves stp", "la sécurité des élèves"),
        ("les actions de Bob", "Bob"),
        ("résume ce dont on a parlé lundi, on n'était pas là", ""),
    ],
)
def test_a_subject_is_told_as_it_was_written(words: str, about: str) -> None:
    """With its accents; « on » is nobody's subject."""
    assert subject_of(words) == about


@pytest.mark.parametrize(
    "words", ["sur les 3 derniers jours", "sur ce qui s’est dit hier", "sur une page", "sur la semaine"]
)
async def test_how_much_is_told_is_no_subject(room: Room, words: str) -> None:
    """All of it is told, though somebody spoke of days, weeks or pages."""
    told = past(8, PAUL, "On décide de garder une page pour hier, 3 jours et une semaine.")
    room.memory.messages = (*TALK, replace(told, at=time.time()))
    said = (await room.says(f"résume {words}")).text
    assert "Seulement ce qui parle" not in said


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("c'est faux", "quelle ligne"),
        ("retire la deuxième décision", "quelle ligne"),
        ("non, la convocation c'est Paul", "corrigé par"),
    ],
)
async def test_what_is_denied_after_a_summary_is_about_it(room: Room, words: str, told: str) -> None:
    """Also where the message is no reply to it, whoever asked for it: the line is corrected, or asked for."""
    await room.says("résume")
    assert told in (await room.says(words)).text


async def test_what_another_denies_of_a_summary_is_about_it(room: Room) -> None:
    """It is everybody's, and so is its file."""
    await room.says("résume")
    assert "quelle ligne" in (await room.says("c'est faux, rien n'a été décidé", sender="@b:x")).text
    assert "Voici le fichier" in (await room.says("mets le résumé en PDF", sender="@b:x")).text


async def test_who_denies_what_was_asked_of_them_denies_no_summary(room: Room) -> None:
    """Somebody else had one made before."""
    await room.says("résume", sender="@b:x")
    assert "Voulez-vous vraiment effacer" in (await room.says("oublie tout ce que je t'ai dit")).text
    assert "ligne" not in (await room.says("non merci")).text


async def test_the_last_summary_is_sent_to_who_wants_it_alone(room: Room) -> None:
    """In a chat of two; the room learns that it was."""
    await room.says("résume")
    await room.says("envoie-moi ça en privé")
    await room.platform.until(lambda: any("Garonne" in each.text for each in room.platform.shown[-2:]))
    assert "conversation directe" in str([each.text for each in room.platform.shown[-2:]])


async def test_a_type_of_file_that_is_not_made_is_told(room: Room) -> None:
    """No model answers for it."""
    await room.says("résume")
    assert "fichier de ce type" in (await room.says("exporte les actions en Excel")).text


async def test_the_actions_of_one_are_told(room: Room) -> None:
    """Of a talk that was not summed up yet, and of the list of what summaries left to do."""
    for _ in range(2):
        said = (await room.says("les actions de Paul")).text
        assert "Paul MARTIN" in said
        assert "convocation" not in said
        await room.says("résume")


# -- schedules ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "left"),
    [
        ("arrête les résumés du lundi", [(4,)]),
        ("arrête de résumer chaque vendredi", [(0,)]),
        ("plus de résumé le lundi svp", [(4,)]),
        ("arrête les résumés du mardi", [(0,), (4,)]),
        ("annule celui du lundi", [(4,)]),
        ("bon laisse tomber le point du lundi", [(4,)]),
        ("annule tous les points programmés", []),
        ("arrête les résumés programmés", [(0,), (4,)]),
        ("quels sont les résumés programmés ?", [(0,), (4,)]),
    ],
)
async def test_a_schedule_is_stopped_in_plain_words(room: Room, words: str, left: list[tuple[int]]) -> None:
    """The one whose day is named, or all; where that is not clear they are listed. No summary is made."""
    await room.says("résume chaque lundi à 9h")
    await room.says("résume chaque vendredi à 17h")
    said = (await room.says(words)).text
    assert {2: "1. ", 1: "N’est plus programmé\u00a0:", 0: "Ne sont plus programmés\u00a0:"}[
        len(left)
    ] in said
    assert [each.days for each in (await room.house()).schedules] == left


@pytest.mark.parametrize(
    ("words", "days", "hour"),
    [
        ("non, 10h plutôt", (0,), 10),
        ("plutôt le mardi finalement", (1,), 9),
        ("non, le mardi à 8h30, pas le lundi", (1,), 8),
        ("et le jeudi aussi", (0, 3), 9),
        ("non, chaque mercredi", (2,), 9),
        ("décale le point du lundi au mardi", (1,), 9),
        ("10h ce serait mieux", (0,), 10),
        ("le mardi", (1,), 9),
    ],
)
async def test_a_schedule_is_changed_right_after_it_was_settled(
    room: Room, words: str, days: tuple[int, ...], hour: int
) -> None:
    """By the next message, without a reply; there is one schedule, which comes at the other moment."""
    await room.says("résume chaque lundi à 9h")
    assert "C’est changé" in (await room.says(words)).text
    (settled,) = (await room.house()).schedules
    assert (settled.days, settled.hour) == (days, hour)
    moment = datetime.fromtimestamp(settled.due, PARIS)
    assert (moment.weekday() in days, moment.hour) == (True, hour)


@pytest.mark.parametrize(
    "words",
    [
        "qui vient mardi ?",
        "Paul sera là à 14h",
        "la réunion de 10h est annulée ?",
        "le comité de mardi est annulé",
        "on a arrêté le budget",
        "c'est noté, je serai là mardi",
        "on se voit mardi à 10h",
        "jeudi c'est férié",
        "mets-moi un rappel mardi à 10h",
        "ajoute une tâche : appeler Paul mardi",
    ],
)
async def test_a_day_told_after_a_schedule_was_settled_changes_it_not(room: Room, words: str) -> None:
    """It stays as it was settled, whatever is said or asked of another day or hour."""
    asked = await room.says("résume chaque lundi à 9h")
    await room.core.settled()
    await room.says(words, reply_to=asked.id)
    assert (0, 9) in [(*each.days, each.hour) for each in (await room.house()).schedules]


async def test_a_meeting_is_no_schedule(room: Room) -> None:
    """Who cancels one after a schedule was settled is told that nothing was, and what is scheduled."""
    asked = await room.says("résume chaque lundi à 9h")
    said = (await room.says("annule la réunion de mardi", reply_to=asked.id)).text
    assert "ni réunion" in said
    assert "chaque lundi" in said
    assert [each.days for each in (await room.house()).schedules] == [(0,)]


@pytest.mark.parametrize("words", ["stoppe le bilan hebdo", "annule le message du lundi"])
async def test_a_schedule_is_ended_by_what_it_sends(room: Room, words: str) -> None:
    """By other words than those that ask for it."""
    asked = await room.says("résume chaque lundi à 9h")
    await room.core.settled()
    await room.says(words, reply_to=asked.id)
    assert (await room.house()).schedules == ()


async def test_a_changed_schedule_is_changed_again(room: Room) -> None:
    """What changes it is about it too; others than moderators change nothing."""
    asked = await room.says("résume chaque lundi à 9h")
    await room.says("non, 10h plutôt")
    assert "à 11 h" in (await room.says("ou 11h")).text.replace("\u00a0", " ")
    assert "modérateurs" in (await room.says("non, 12h", sender="@b:x", reply_to=asked.id)).text
    assert [each.hour for each in (await room.house()).schedules] == [11]


@pytest.mark.parametrize("words", ["annule", "non laisse tomber", "en fait non, annule le point"])
async def test_a_schedule_is_taken_back(room: Room, words: str) -> None:
    """By who settled it, right after, without its day."""
    await room.says("résume chaque lundi à 9h")
    await room.core.settled()
    assert "N’est plus programmé" in (await room.says(words)).text
    assert not (await room.house()).schedules


@pytest.mark.parametrize(
    "words",
    [
        "summarise what was said",
        "summarise what somebody wrote",
        "résume ce que plusieurs ont dit",
        "résume ce que certains ont dit",
    ],
)
async def test_what_is_nobodys_name_is_not_looked_for(room: Room, words: str) -> None:
    """All that was said is summarised then."""
    assert "Garonne" in (await room.says(words)).text


@pytest.mark.parametrize(
    ("words", "answer", "left"),
    [
        ("!résumé arrêter 1", "N’est plus programmé", [((4,), 17)]),
        ("annule", "N’est plus programmé", [((0,), 9)]),
        ("non, 18h plutôt", "C’est changé", [((0,), 9), ((4,), 18)]),
        ("et le jeudi aussi", "C’est changé", [((0,), 9), ((3, 4), 17)]),
    ],
)
async def test_what_is_settled_of_schedules_is_settled_once(
    room: Room,
    monkeypatch: pytest.MonkeyPatch,
    words: str,
    answer: str,
    left: list[tuple[tuple[int, ...], int]],
) -> None:
    """A turn that is cut short right after it goes on to say so, and settles nothing more."""
    await room.says("résume chaque lundi à 9h")
    await room.says("résume chaque vendredi à 17h")
    await room.core.settled()
    cuts = 0

    async def cut_short(turn: Any, change: Any) -> None:
        nonlocal cuts
        await schedules.change_room_settings(turn, change)
        cuts += 1
        if cuts == 1:
            raise StoreUnavailable("cut short")

    monkeypatch.setattr(schedule_orders, "change_room_settings", cut_short)
    assert answer in (await room.says(words)).text
    assert cuts == 2
    assert sorted((each.days, each.hour) for each in (await room.house()).schedules) == left


async def test_what_is_asked_after_a_schedule_was_settled_is_answered(room: Room) -> None:
    """It changes no schedule: a summary of a day, thanks."""
    await room.says("résume chaque lundi à 9h")
    assert "Avec plaisir" in (await room.says("merci")).text
    await room.says("résume depuis mardi")
    assert len(room.memory.wanted) == 1
    assert [each.days for each in (await room.house()).schedules] == [(0,)]


@pytest.mark.parametrize("words", ["fais-nous un point jeudi en huit à 9h", "summarise tomorrow at 9:00"])
async def test_what_is_wanted_once_is_told_to_be_regular_only(room: Room, words: str) -> None:
    """Nobody who named a day and an hour is told that nothing is scheduled."""
    said = (await room.says(words)).text
    assert "« chaque jeudi à 9 h" in said.replace("\xa0", " ") or "every Thursday" in said
    assert not (await room.house()).schedules


async def test_every_week_is_every_monday(room: Room) -> None:
    """What is asked for each week is no single summary; when it comes is said."""
    assert "chaque lundi à 9 h" in (await room.says("résume toutes les semaines")).text.replace("\u00a0", " ")


async def test_schedule_is_a_moderators(room: Room) -> None:
    """It is confirmed with its next moment, listed, and stopped."""
    assert "modérateurs" in (await room.says("!résumé chaque lundi 9h", sender="@b:x")).text
    assert "chaque lundi à 9 h" in (await room.says("!résumé chaque lundi 9h")).text.replace("\u00a0", " ")
    assert "1. " in (await room.says("!résumé programmés")).text
    await room.says("!résumé arrêter 1")
    assert not (await room.house()).schedules


def schedule(due: float) -> Schedule:
    return Schedule(id="s", days=(0,), hour=9, minute=0, form="compte-rendu", due=due)


def tick(due: float) -> Tick:
    return Tick(key=f"s:{due}", address=HERE, at=due, sender=Person(id="@a:x"), schedule="s")


async def fired(room: Room, due: float, **house: Any) -> None:
    """Have the schedule come due, and wait until it was handled."""
    await room.settle(RoomSettings(schedules=(schedule(due),), **house))
    await room.core.inbox.later(tick(due), due)
    async with asyncio.timeout(60):
        while (await room.house()).schedules[0].fired != due or (await room.core.inbox.stats()).leased:  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def test_scheduled_digest(room: Room) -> None:
    """When due, what was said since the last one is summarised, and the next moment is set."""
    due = time.time() - 1
    room.memory.messages = tuple(replace(each, at=due - 100) for each in TALK)
    await fired(room, due)
    (post,) = await room.platform.answered(1)
    assert "Garonne" in post.text
    since = datetime.fromtimestamp(room.memory.wanted[-1].since or 0, PARIS)
    assert (since.weekday(), since.hour) == (0, 9)
    assert due - 8 * 86_400 <= since.timestamp() < due  # on a Monday after nine: nine o'clock a week ago
    assert (await room.house()).schedules[0].due > time.time()


async def test_handled_again(room: Room) -> None:
    """Cut short after its next moment was set, a digest is written all the same, from the same moment on."""
    due = time.time() - 1
    again = replace(schedule(due + 604_800), fired=due, since=due - 604_800)
    room.memory.messages = tuple(replace(each, at=due - 100) for each in TALK)
    await room.settle(RoomSettings(schedules=(again,)))
    await room.core.inbox.later(tick(due), due)
    (post,) = await room.platform.answered(1)
    assert "Garonne" in post.text
    assert room.memory.wanted[-1].since == due - 604_800
    assert (await room.house()).schedules == (again,)


async def test_nothing_said_nothing_written(room: Room) -> None:
    """A quiet week, and a pause, bring no message; the schedule goes on."""
    due = time.time() - 1
    await fired(room, due)
    assert not room.platform.shown
    room.memory.messages = tuple(replace(each, at=due) for each in TALK)
    await fired(room, due + 0.5, paused=True)
    assert not room.platform.shown


async def test_stopped_meanwhile(room: Room) -> None:
    """A tick of a schedule that is no more, or has another moment, says nothing."""
    due = time.time() - 1
    room.memory.messages = tuple(replace(each, at=due) for each in TALK)
    await room.settle(RoomSettings(schedules=(schedule(due + 3_600),)))
    await room.core.inbox.later(tick(due), due)
    await room.says("!résumé programmés")
    assert len(room.platform.shown) == 1


async def test_lost_schedule(room: Room) -> None:
    """A schedule whose moment was erased with who made it is not listed as if it would come."""
    await room.settle(RoomSettings(schedules=(schedule(time.time() - 2 * 86_400),)))
    assert "Aucun résumé n’est programmé" in (await room.says("!résumé programmés")).text


def test_bots() -> None:
    """The summariser goes on with its own threads; the assistant with none."""
    follow = message("Qui est le maire de Brest ?", direct=False)
    assert Summariser().follows(follow, Session(key="s"))
    assert not Assistant().follows(follow, Session(key="s"))


async def test_links_say_who_and_when(room: Room) -> None:
    """Each link names the author of its message and the moment."""
    summary = await room.says("!résumé")
    labels = re.findall(r"\[([^\]]+)\]\(https://tchap", summary.text)
    assert labels
    assert all(re.fullmatch(r"\S.* \d\d/\d\d \d\d:\d\d", label) for label in labels)


def test_no_open_action_is_said_in_words() -> None:
    """Not as a count of nothing."""
    assert SummariserTexts("fr").open_actions(0).startswith("**Aucune action ouverte**")
    assert SummariserTexts("en").open_actions(0).startswith("**No open action**")


@pytest.mark.parametrize("text", ["@Assistant résume", "fais le point", "on a décidé quoi ?", "compte rendu"])
async def test_plain_words_read_the_talk(room: Room, text: str) -> None:
    """In a room, what asks about the talk is a summary of it, without a command."""
    assert "Paul MARTIN" in (await room.says(text)).text


async def test_who_does_what_lists_the_actions(room: Room) -> None:
    """« Qui fait quoi ? » is the list of open actions."""
    await room.says("!résumé")
    assert "Actions ouvertes" in (await room.says("Qui fait quoi ?")).text


async def test_thanks_for_a_summary_get_a_kind_word(room: Room) -> None:
    """« Merci » in answer to a summary is no question on it; with a question it is."""
    summary = await room.says("!résumé")
    assert "Avec plaisir" in (await room.says("Merci beaucoup !", reply_to=summary.id)).text
    assert "Paul MARTIN" in (await room.says("Merci ! Qui relance la DDT ?", reply_to=summary.id)).text


async def test_a_correction_says_that_a_new_file_is_at_hand(room: Room) -> None:
    """Where the summary was given as a file, the corrected one says how to have it anew; else it does not."""
    correction = "Non, relancer la DDT c’est Inès qui le fait"
    summary = await room.says("!résumé en markdown")
    await room.platform.until(lambda: len(room.platform.shown) == 2)
    await room.core.settled()
    corrected = await room.says(correction, sender="@b:x", reply_to=summary.id)
    assert corrected.id == summary.id
    assert "répondez « en markdown »" in corrected.text.replace("\u00a0", " ")
    await room.core.settled()
    anew = await room.says("en markdown", reply_to=summary.id)
    assert anew.text == "Voici le fichier."
    plain = await room.says("!résumé")
    assert "répondez" not in (await room.says(correction, sender="@b:x", reply_to=plain.id)).text


async def test_the_rooms_name_stands_in_digests(room: Room) -> None:
    """Read alone, or in a file, a summary says which room it is of; the name is assessed like the rest."""
    room.memory.name = "Achats #2"
    assert (await room.says("!résumé")).text.startswith(
        "**Compte rendu**, «\u00a0Achats \\#2\u00a0», 4 messages"
    )
    room.memory.name = "DIFFUSION RESTREINTE"
    assert "Compte rendu" not in (await room.says("!résumé")).text


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("c’est vendredi que j’appelle le syndic, pas jeudi", True),
        ("le déménagement c’est le 12, pas le 10", True),
        ("it’s Friday that I call them, not Thursday", True),
        ("le budget c'est 5000 pas 4000", True),
        ("c’est clair, merci", False),
        ("super, pas mal", False),
        ("c’est lundi, pas mardi ?", False),
    ],
)
def test_what_is_said_against_a_summary_is_a_correction(text: str, is_one: bool) -> None:
    """« pas jeudi » after what is; not praise, nor a question."""
    assert corrects(text) is is_one


@pytest.mark.parametrize(
    ("words", "due"),
    [
        ("c’est vendredi qu’il faut relancer la DDT, pas jeudi", "2026-03-13"),
        ("relancer la DDT, pas le 20 mars, c’est le 24 mars", "2026-03-24"),
        ("ce n’est pas jeudi qu’il faut relancer la DDT", None),
    ],
)
def test_a_day_that_a_correction_denies_is_not_the_new_one(words: str, due: str | None) -> None:
    """The other one is, where one is named."""
    at = datetime(2026, 3, 10, 9, tzinfo=PARIS)
    corrected = apply(
        "- **Paul**\u00a0: Relancer la DDT",
        Correction(who="Inès", words=words, at=at, link=""),
        [],
        note=lambda link: "corrigé",
        due_words=lambda day: f"pour le {day}",
    )
    assert corrected is not None
    assert (corrected.due.isoformat() if corrected.due else None) == due


def test_a_corrected_line_holds_the_name_of_its_owner_alone() -> None:
    """They chose it: it makes no link in what others read."""
    corrected = apply(
        "- **Paul**\u00a0: Relancer la DDT",
        Correction(
            who="Inès",
            words="Non, c’est Zoé qui relance la DDT",
            at=datetime(2026, 3, 10, 9, tzinfo=PARIS),
            link="",
        ),
        [Member(id="@z", name="Zoé [ici](https://evil.example)")],
        note=lambda link: "corrigé",
        due_words=lambda day: f"pour le {day}",
    )
    assert corrected is not None
    assert corrected.text == ("- **Zoé \\[ici\\](https://evil.example)**\u00a0: Relancer la DDT — corrigé")
