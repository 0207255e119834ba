"""A private word: said in a chat of two, once, when its reader is there, and to nobody else."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import pytest

from core.connector import Address, Arrived, Audience, Draft, Person
from core.delivery import private_message as private
from core.errors import Deferred, PlatformRefused
from core.sensitivity.level import Level
from tests.core.conftest import Core, core_on
from tests.rig.platform import Platform, Post, message

DR = "DIFFUSION RESTREINTE\n\nNote sur le site de Balard."
CHAT = Address(connector="tchap", conversation="!@a:x")


@pytest.fixture
async def core(tmp_path: Path) -> AsyncGenerator[Core]:
    """A platform with chats of two; the person was greeted already."""
    platform = Platform()
    platform.private = platform
    async with core_on(tmp_path, platform=platform) as core:
        await core.sessions.greet_once("@a:x", "earlier")
        yield core


async def refused(core: Core, id: str = "") -> None:
    await core.tell(message(DR, room="!salon:x", direct=False, id=id))


async def arrives(core: Core) -> None:
    core.platform.absent.clear()
    await core.tell(Arrived(key="arrival", address=CHAT, at=time.time(), sender=Person(id="@a:x")))


def in_room(core: Core, room: str) -> list[Post]:
    return [post for post in core.platform.shown if post.address.conversation == room]


async def test_the_reason_goes_to_the_author_and_a_neutral_line_to_the_room(core: Core) -> None:
    """A refusal in a room: what was found is said in the author’s chat of two only."""
    await refused(core)
    await core.platform.answered(2)
    (public,) = in_room(core, "!salon:x")
    (alone,) = in_room(core, "!@a:x")
    assert "en conversation directe" in public.text
    assert "restreinte" not in public.text.casefold()
    assert "DIFFUSION RESTREINTE" in alone.text
    assert "Balard" not in alone.text


@pytest.mark.parametrize("text", [DR, "Diffusion restreinte\n\nCouleur jaune-paille ?", "!cherche"])
async def test_what_is_asked_in_a_menu_is_answered_to_its_asker_alone(core: Core, text: str) -> None:
    """A refusal, a doubt, a word of service: others saw no question, and read no line about one."""
    await core.tell(replace(message(text, room="!salon:x", direct=False), private=True))
    (alone,) = await core.platform.answered(1)
    await core.settled()
    assert alone.address == CHAT
    assert not in_room(core, "!salon:x")


async def test_an_answer_to_what_is_asked_in_a_menu_keeps_its_level(core: Core) -> None:
    """It is no word of service, so that it goes nowhere that its level may not."""
    asked = message("Quand les ateliers ont-ils lieu à Brest ?", room="!salon:x", direct=False)
    await core.tell(replace(asked, private=True))
    (alone,) = await core.platform.answered(1)
    assert alone.address == CHAT
    assert alone.states[-1].level == Level.N1
    assert alone.states[-1].writers


async def test_a_doubt_is_asked_about_in_private(core: Core) -> None:
    """In a room a weak marking is a question to its author alone, who is then answered there."""
    await core.tell(message("Diffusion restreinte\n\nCouleur jaune-paille ?", room="!salon:x", direct=False))
    await core.platform.answered(2)
    (public,) = in_room(core, "!salon:x")
    (asked,) = in_room(core, "!@a:x")
    assert "une question" in public.text
    assert "restreinte" not in public.text
    assert "Diffusion restreinte" in asked.text
    assert not core.gateway.received
    await core.tell(message("non", room="!@a:x"))
    await core.platform.answered(3)
    assert "jaune-paille" in in_room(core, "!@a:x")[1].text
    assert len(in_room(core, "!salon:x")) == 1


async def test_it_waits_for_its_reader(core: Core) -> None:
    """Who was only invited to the chat reads it on coming, at once; the room has its line meanwhile."""
    core.platform.absent.add("@a:x")
    await refused(core)
    await core.platform.answered(1)
    assert not in_room(core, "!@a:x")
    await arrives(core)
    await core.platform.answered(2)  # not only after `ABSENT`, an hour
    assert in_room(core, "!@a:x")
    assert all(id.startswith("$") for id in core.platform.reads)


async def test_who_does_not_read_it_is_answered(core: Core) -> None:
    """A word that waits, because the chat is not theirs alone any more, keeps no question there waiting."""
    core.platform.absent.add("@a:x")
    await refused(core)
    await core.platform.answered(1)
    await core.tell(message("Bonjour", room="!@a:x"))
    await core.platform.answered(2)
    (answer,) = in_room(core, "!@a:x")
    assert "Réponse à" in answer.text


async def test_it_is_said_once(core: Core) -> None:
    """A question that is handled again, because the post into the room failed, is explained once."""
    core.platform.lose = [Deferred("lost", retry_after=0.01), Deferred("lost", retry_after=0.01)]
    await refused(core)
    await core.platform.answered(2)
    await refused(core, id="$other")
    await core.platform.answered(4)
    assert len(in_room(core, "!@a:x")) == 2


async def test_nobody_else_reads_it(core: Core) -> None:
    """Somebody who came into the chat between the look and the send stops it: it waits until they left."""
    core.platform.intruders.add("@c:x")
    await refused(core)
    await core.platform.answered(1)
    await asyncio.sleep(0.2)
    assert not in_room(core, "!@a:x")
    core.platform.intruders.clear()
    await arrives(core)
    await core.platform.answered(2)
    assert "DIFFUSION RESTREINTE" in in_room(core, "!@a:x")[0].text


class Unsure(Platform):
    """Its answer to the first post into the chat of two is lost, and somebody comes in just then."""

    sends = 0

    async def send(self, address: Address, draft: Draft, audience: Audience) -> str:
        id = await super().send(address, draft, audience)
        if address == CHAT:
            self.sends += 1
            if self.sends == 1:
                self.intruders.add("@c:x")
                raise Deferred("lost", retry_after=0.01)
        return id


async def test_what_was_posted_before_somebody_came_is_not_posted_again(tmp_path: Path) -> None:
    """Nobody knew that it was; after a restart, and once the chat is theirs alone again, it is found."""
    platform = Unsure()
    platform.private = platform
    async with core_on(tmp_path, platform=platform) as core:
        await core.sessions.greet_once("@a:x", "earlier")
        await refused(core)
        await platform.answered(2)
        while (await core.inbox.stats()).delayed < 1:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    platform.intruders.clear()
    async with core_on(tmp_path, platform=platform) as core:
        await arrives(core)
        while any(await waiting(core)):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    assert len(in_room(core, "!@a:x")) == platform.sends == 1


async def waiting(core: Core) -> tuple[int, int, int]:
    stats = await core.inbox.stats()
    return stats.ready, stats.delayed, stats.leased


async def test_who_asked_where_no_answer_is_taken_is_told_alone(core: Core) -> None:
    """Once, for the platform will never take it there; a conversation of two has nowhere else to be told."""
    for room, direct in (("!salon:x", False), ("!deux:x", True)):
        core.platform.faults = [PlatformRefused("send", "locked")]
        await core.tell(message("Bonjour", room=room, direct=direct))
        while any(await waiting(core)):  # noqa: ASYNC110 - a job that ends without a message tells nobody
            await asyncio.sleep(0.01)
    (word,) = core.platform.shown
    assert word.address.conversation == "!@a:x"
    assert "pas pu répondre" in word.text


async def test_it_waits_a_week_at_most(core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    """What nobody came for is dropped, and nothing more waits in the chat."""
    core.platform.absent.add("@a:x")
    monkeypatch.setattr(private, "KEPT", 0.0)
    await refused(core)
    await core.platform.answered(1)
    await core.tell(message("Bonjour", room="!@a:x"))
    await core.platform.answered(2)
    (answer,) = in_room(core, "!@a:x")
    assert "Réponse à" in answer.text


async def test_without_a_chat_the_author_may_ask(core: Core) -> None:
    """Where no chat can be opened the room’s line says how to learn the reason."""
    core.platform.faults = [PlatformRefused("createRoom", "M_FORBIDDEN", status=403)]
    await refused(core)
    (post,) = await core.platform.answered(1)
    assert "!pourquoi" in post.text


async def test_a_chat_that_cannot_be_opened_at_once_is_asked_for_again(core: Core) -> None:
    """A platform that is busy for a moment does not leave the author without the reason."""
    core.platform.faults = [Deferred("busy", retry_after=0.05, in_turn=True)]
    await refused(core)
    await core.platform.answered(2)
    assert "DIFFUSION RESTREINTE" in in_room(core, "!@a:x")[0].text


async def test_what_is_refused_whoever_reads_does_not_wait_to_know(core: Core) -> None:
    """A question waits until it is known who reads; one that is refused in any case is refused at once."""
    core.platform.uncertain = 0.1
    await core.tell(message("Bonjour", room="!salon:x", direct=False))
    await core.tell(message(DR, room="!autre:x", direct=False))
    await core.platform.answered(2)
    assert in_room(core, "!autre:x")
    assert not in_room(core, "!salon:x")
    assert not core.gateway.received
    core.platform.uncertain = 0.0
    await core.platform.answered(3)
    assert "Réponse à" in in_room(core, "!salon:x")[0].text


@pytest.mark.parametrize(("level", "leaves"), [(Level.N0, True), (Level.N1, False)])
async def test_what_is_more_than_service_words_waits_to_know_who_reads(
    core: Core, level: Level, leaves: bool
) -> None:
    """A private word or an export counts as no answer of a model, and may still be above what guests read."""
    core.platform.uncertain = 0.1
    address = Address(connector=core.platform.name, conversation="!salon:x")
    draft = Draft(text="Voici", level=level, key="k", notice=True)
    with nullcontext() if leaves else pytest.raises(Deferred):
        await core.outbox.send(address, draft)
    assert bool(in_room(core, "!salon:x")) is leaves


async def test_the_chat_that_a_person_uses_is_remembered(core: Core) -> None:
    """Where somebody spoke to the bot alone, the platform is told to look first; erased with the person."""
    core.platform.chats["@a:x"] = "!leur:x"
    await core.tell(message("Bonjour", room="!leur:x"))
    await core.platform.answered(1)
    _, profile = await core.sessions.load("", "@a:x")
    assert profile.chat == "!leur:x"
    await core.sessions.forget("@a:x")
    _, profile = await core.sessions.load("", "@a:x")
    assert profile.chat is None
