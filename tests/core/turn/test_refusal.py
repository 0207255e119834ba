"""After a refusal its author goes on: without the passage, elsewhere, or by saying that it is not that."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from core.connector import (
    Address,
    Arrived,
    Attachment,
    Audience,
    Deleted,
    Draft,
    Edited,
    Message,
    Person,
    Reacted,
)
from core.errors import Rejected
from core.policy.file import MarkingRule, PolicyFile
from core.sensitivity.level import Level
from tests.core.conftest import Core, core_on, policy_for
from tests.rig.gateway import Behaviour, FakeGateway
from tests.rig.platform import Platform, Post, deletion, edit, message

NIR = "Mon numéro est le 1 85 05 78 006 084 91. Quelles pièces faut-il pour une mutation à Brest ?"
CHAT = "!direct:x"
ROOM = "!salon:x"


def low(gateway: FakeGateway) -> PolicyFile:
    """A policy whose chats carry N1, but for those in the room of the hall."""
    policy = policy_for(gateway)
    return replace(policy, ceilings=policy.ceilings | {"tchap_encrypted": Level.N1, "console": Level.N3})


def doubtful(gateway: FakeGateway) -> PolicyFile:
    """The same, with a marking that is asked about."""
    rule = MarkingRule(name="a", pattern="NE PAS DIFFUSER", level=Level.N2, strength="weak")
    return replace(low(gateway), markings=(rule,))


@pytest.fixture
async def core(tmp_path: Path) -> AsyncIterator[Core]:
    async with core_on(tmp_path, policy=low) as core:
        await core.sessions.greet_once("@a:x", "earlier")
        yield core


@asynccontextmanager
async def among_guests(
    folder: Path, policy: Callable[[FakeGateway], PolicyFile] = doubtful
) -> AsyncIterator[Core]:
    """A room with guests, one of whose people has a chat of two with the bot as well."""
    platform = Platform(kinds={ROOM: "tchap_encrypted_guests"}, two={CHAT: "@a:x"}, chats={"@a:x": CHAT})
    platform.private = platform
    async with core_on(folder, platform=platform, policy=policy) as core:
        await core.sessions.greet_once("@a:x", "earlier")
        yield core


async def says(core: Core, text: str, count: int) -> Post:
    await core.tell(message(text, room=CHAT))
    return await last(core, count)


async def last(core: Core, count: int) -> Post:
    """The last of so many answers, once it is kept, as it is by the time that people react."""
    posts = await core.platform.answered(count)
    await core.settled()
    return posts[-1]


def reaction(post: Post, sign: str, *, room: str = CHAT, sender: str = "@a:x") -> Reacted:
    return Reacted(
        key=f"{post.id}:{sign}:{sender}",
        address=Address(connector="tchap", conversation=room),
        at=time.time(),
        sender=Person(id=sender, name="Anne"),
        target=post.id,
        reaction=sign,
        direct=room == CHAT,
    )


async def test_a_refusal_offers_what_can_be_done(core: Core) -> None:
    """By number, with buttons where the platform has them; what the passage is stays unsaid."""
    refused = await says(core, NIR, 1)
    assert "1. **l’envoyer sans ce passage**" in refused.text
    assert "006 084" not in refused.text
    assert [each.text for each in refused.states[-1].choices] == ["1", "2"]
    assert not core.gateway.received


@pytest.mark.parametrize("by", ["typed", "reaction"])
async def test_it_is_sent_without_the_passage(core: Core, by: str) -> None:
    """Typed, or as a reaction to the refusal: the model reads the question with the passage cut out."""
    refused = await says(core, NIR, 1)
    await core.tell(message("1", room=CHAT) if by == "typed" else reaction(refused, "1️⃣"))
    answer = await last(core, 2)
    asked = str(core.gateway.received[-1].body)
    assert "Quelles pièces" in asked
    assert "[…]" in asked
    assert "085" not in asked
    assert "006 084" not in asked
    assert "Envoyé sans le passage" in answer.text
    assert answer.states[-1].level == Level.N1
    kept = await core.sessions.export("@a:x")
    assert "006 084" not in str(kept["sessions"])
    assert not kept["waiting"]


async def test_it_goes_on_elsewhere_by_a_code(core: Core) -> None:
    """The whole question is answered where its level may be, once its code is given there."""
    await says(core, NIR, 1)
    told = await says(core, "2", 2)
    code = told.text.partition("`!continuer ")[2].partition("`")[0]
    core.platform.kinds["!ailleurs:x"] = "console"
    await core.tell(message(f"!continuer {code}", room="!ailleurs:x"))
    answer = await last(core, 3)
    assert "Mon numéro est le" in str(core.gateway.received[-1].body)
    assert answer.states[-1].level == Level.N2


@pytest.mark.parametrize(
    "words", ["envoie sans le passage", "sans ce passage stp", "send it without the passage"]
)
async def test_what_is_offered_is_chosen_in_words_too(core: Core, words: str) -> None:
    """Of either language, and nearly as it was offered."""
    await says(core, NIR, 1)
    assert "Envoyé sans le passage" in (await says(core, words, 2)).text


@pytest.mark.parametrize(
    "words",
    ["3", "ce n’est pas ça", "oui", "ne l’envoie pas sans ce passage", "envoie-le avec ce passage",],
)  # fmt: skip
async def test_who_chooses_nothing_that_is_offered_is_asked_again(core: Core, words: str) -> None:
    """The question waits on; no model is asked."""
    await says(core, NIR, 1)
    again = await says(core, words, 2)
    assert "1. **l’envoyer sans ce passage**" in again.text
    assert not core.gateway.received
    await core.tell(reaction(again, "1️⃣"))
    assert "Envoyé sans le passage" in (await last(core, 3)).text


@pytest.mark.parametrize("words", ["ce n’est pas grave", "Ce n’est pas urgent, merci"])
async def test_never_mind_does_not_say_that_a_passage_is_harmless(tmp_path: Path, words: str) -> None:
    """It names nothing that is offered: the question is not sent as if its marking were denied."""
    async with core_on(tmp_path, policy=doubtful) as core:
        await core.sessions.greet_once("@a:x", "earlier")
        await says(core, "NE PAS DIFFUSER\n\nRédige une note sur les horaires.", 1)
        await says(core, "oui", 2)
        await says(core, words, 3)
        assert not core.gateway.received


async def test_another_question_takes_the_offers_back(core: Core) -> None:
    """It is answered at once, without a word of what was refused; a number then chooses nothing."""
    await says(core, NIR, 1)
    answer = await says(core, "Cite un fleuve", 2)
    assert "de côté" not in answer.text
    await says(core, "1", 3)
    assert "Quelles pièces" not in str(core.gateway.received[-1].body)


async def test_what_was_confirmed_by_mistake_is_taken_back(tmp_path: Path) -> None:
    """Who said yes to a doubt reads the refusal, and may still say that it is not that."""
    async with core_on(tmp_path, policy=doubtful) as core:
        await core.sessions.greet_once("@a:x", "earlier")
        asked = await says(core, "NE PAS DIFFUSER\n\nRédige une note sur les horaires.", 1)
        assert "**oui** ou **non**" in asked.text
        refused = await says(core, "oui", 2)
        number = refused.text.partition(". **ce n’est pas cela**")[0][-1]
        answer = await says(core, number, 3)
        assert len(core.gateway.received) == 1
        assert answer.states[-1].level == Level.N1


async def test_a_reaction_is_the_word_for_a_doubt(tmp_path: Path) -> None:
    """👎 on the question is a no, and 👍 a yes; neither is counted as a judgement."""
    async with core_on(tmp_path) as core:
        await core.sessions.greet_once("@a:x", "earlier")
        asked = await says(core, "Diffusion restreinte\n\nNote sur la réunion bleue.", 1)
        await core.tell(reaction(asked, "👍"))
        assert "systèmes homologués" in (await last(core, 2)).text
        asked = await says(core, "Diffusion restreinte\n\nNote sur la réunion jaune-paille.", 3)
        await core.tell(reaction(asked, "👎"))
        assert "jaune-paille" in (await last(core, 4)).text
        assert len(core.gateway.received) == 1


@pytest.mark.parametrize(
    ("text", "sign", "said"),
    [(NIR, "1️⃣", "Envoyé sans"), ("NE PAS DIFFUSER\n\nNote jaune-paille.", "👎", "jaune-paille")],
)
async def test_who_reacts_before_what_is_asked_is_kept_is_heard(
    tmp_path: Path, text: str, sign: str, said: str
) -> None:
    """At once: the reaction waits for the job of what it is put on, also where it comes twice."""
    async with core_on(tmp_path, policy=doubtful) as core:
        await core.sessions.greet_once("@a:x", "earlier")
        await core.tell(message(text, room=CHAT))
        (asked,) = await core.platform.answered(1)
        await core.tell(reaction(asked, sign))
        await core.tell(reaction(asked, sign))
        assert said in (await last(core, 2)).text
        assert len(core.gateway.received) == 1


async def test_a_reaction_to_somebody_else_while_an_answer_is_written_is_nothing_to_answer(
    core: Core,
) -> None:
    """It is put on no message of ours: it waits for the answer, and says nothing."""
    held = core.gateway.hold(answer="La Loire.")
    await core.tell(message("Cite un fleuve", room=CHAT))
    await core.gateway.asked()
    await core.tell(
        Reacted(
            key="r",
            address=Address(connector="tchap", conversation=CHAT),
            at=time.time(),
            sender=Person(id="@a:x", name="Anne"),
            target="$hers",
            reaction="1️⃣",
            direct=True,
        )
    )
    held.set()
    await last(core, 1)
    assert not (await core.inbox.stats()).dead


@pytest.mark.parametrize("by", ["typed", "reaction", "reply"])
@pytest.mark.parametrize("asked", ["NE PAS DIFFUSER\n\nNote bleue.", NIR])
async def test_a_word_for_what_waits_no_more_is_told_so(tmp_path: Path, asked: str, by: str) -> None:
    """After a day, nothing waits: neither a doubt nor what was offered. No model is asked what « 2 » is."""
    async with core_on(tmp_path, policy=doubtful) as core:
        await core.sessions.greet_once("@a:x", "earlier")
        await says(core, "Cite un fleuve", 1)
        post = await says(core, asked, 2)
        session = core.sessions._vault.tag("session", Address(connector="tchap", conversation=CHAT).whole)
        await core.store.run(("DEL", core.store.key(session, "held", session)))
        sign, typed = ("2️⃣", "2") if asked == NIR else ("👎", "non")
        if by == "reaction":
            await core.tell(reaction(post, sign))
        else:
            await core.tell(replace(message(typed, room=CHAT), reply_to=post.id if by == "reply" else None))
        assert "n’attend plus de réponse" in (await last(core, 3)).text
        assert len(core.gateway.received) == 1


async def test_what_is_refused_in_a_room_is_chosen_about_in_private(tmp_path: Path) -> None:
    """The room reads nothing of it; the author chooses in their chat of two, and is answered there."""
    platform = Platform(kinds={ROOM: "tchap_encrypted_guests"})
    platform.private = platform
    async with core_on(tmp_path, platform=platform) as core:
        await core.sessions.greet_once("@a:x", "earlier")
        await core.tell(message(NIR, room=ROOM, direct=False))
        await last(core, 2)
        told = next(post for post in core.platform.shown if post.address.conversation == "!@a:x")
        assert "**l’envoyer sans ce passage**" in told.text
        platform.two["!@a:x"] = "@a:x"
        event = replace(reaction(told, "1️⃣", room="!@a:x"), direct=True)
        await core.tell(event)
        answer = await last(core, 3)
        assert answer.address.conversation == "!@a:x"
        assert "006 084" not in str(core.gateway.received[-1].body)


@pytest.mark.parametrize("how", ["deleted", "edited"])
async def test_what_waits_in_private_goes_with_its_question(tmp_path: Path, how: str) -> None:
    """Its author deletes it in the room, or edits the passage out: what it said is kept no more, and a number
    sends nothing of it."""
    platform = Platform(kinds={ROOM: "tchap_encrypted_guests"})
    platform.private = platform
    async with core_on(tmp_path, platform=platform) as core:
        await core.sessions.greet_once("@a:x", "earlier")
        asked = message(NIR, room=ROOM, direct=False)
        await core.tell(asked)
        await last(core, 2)
        assert (await core.sessions.export("@a:x"))["waiting"]
        about = {
            "key": how,
            "address": asked.address,
            "at": asked.at,
            "sender": asked.sender,
            "target": asked.id,
        }
        if how == "deleted":
            await core.tell(Deleted(**about))
            await platform.until(lambda: any(post.deleted for post in platform.posts.values()))
        else:
            await core.tell(Edited(**about, message=replace(asked, text="Quelles pièces faut-il ?")))
            await platform.until(lambda: any("pièces" in post.text for post in platform.shown))
        await core.settled()
        assert not (await core.sessions.export("@a:x"))["waiting"]


async def test_a_refusal_told_in_private_goes_with_its_question(tmp_path: Path) -> None:
    """Also where nothing is offered with it, and whoever deletes the question; why it was refused is told no
    more."""
    platform = Platform(kinds={ROOM: "tchap_encrypted_guests"})
    platform.private = platform
    async with core_on(tmp_path, platform=platform) as core:
        await core.sessions.greet_once("@a:x", "earlier")
        asked = replace(message(NIR, room=ROOM, direct=False), alone=True)
        await core.tell(asked)
        await last(core, 2)
        assert not (await core.sessions.export("@a:x"))["waiting"]
        assert await core.sessions.refusal("@a:x")
        await core.tell(replace(deletion(asked), sender=Person(id="@moderator:x")))
        await platform.until(lambda: all(post.deleted for post in platform.posts.values()))
        await core.settled()
        assert await core.sessions.refusal("@a:x") is None


async def test_why_stays_while_another_question_is_deleted(core: Core) -> None:
    """Only what was refused last is told of, and only that question takes it away."""
    other = message("Cite un fleuve", room=CHAT)
    await core.tell(other)
    await last(core, 1)
    await says(core, NIR, 2)
    await core.tell(deletion(other))
    await core.platform.until(lambda: any(post.deleted for post in core.platform.posts.values()))
    await core.settled()
    assert await core.sessions.refusal("@a:x")


@pytest.mark.parametrize("text", ["NE PAS DIFFUSER\n\nNote bleue.", NIR])
async def test_what_waits_goes_when_it_is_edited(tmp_path: Path, text: str) -> None:
    """A word that comes later sends nothing of what was edited out."""
    async with core_on(tmp_path, policy=doubtful) as core:
        await core.sessions.greet_once("@a:x", "earlier")
        asked = message(text, room=CHAT)
        await core.tell(asked)
        post = await last(core, 1)
        await core.tell(edit(asked, "Cite un fleuve"))
        await core.platform.until(lambda: "fleuve" in post.text and not post.growing)
        await core.settled()
        assert not (await core.sessions.export("@a:x"))["waiting"]


async def test_a_code_goes_with_its_question(core: Core) -> None:
    """Its author deleted it: it is answered nowhere else."""
    asked = message(NIR, room=CHAT)
    await core.tell(asked)
    await last(core, 1)
    told = await says(core, "2", 2)
    code = told.text.partition("`!continuer ")[2].partition("`")[0]
    await core.tell(deletion(asked))
    await core.platform.until(lambda: any(post.deleted for post in core.platform.posts.values()))
    await core.settled()
    core.platform.kinds["!ailleurs:x"] = "console"
    await core.tell(message(f"!continuer {code}", room="!ailleurs:x"))
    assert "n’ouvre plus rien" in (await last(core, 2)).text


@pytest.mark.parametrize("answered", [False, True])
async def test_what_is_said_in_private_goes_with_its_question(tmp_path: Path, answered: bool) -> None:
    """Its author deletes it in the room: so do the doubt that was asked in their chat of two, and the answer
    that was given there."""
    async with among_guests(tmp_path) as core:
        platform = core.platform
        await core.sessions.update_profile("@a:x", chat=CHAT)
        asked = message("NE PAS DIFFUSER\n\nNote bleue.", room=ROOM, direct=False)
        await core.tell(asked)
        await last(core, 2)
        said = next(post for post in platform.shown if post.address.conversation == CHAT)
        if answered:
            said = await says(core, "non", 3)
            assert "bleue" in said.text
        await core.tell(deletion(asked))
        await platform.until(lambda: not platform.shown)
        await core.settled()
        assert "bleue" not in str(await core.sessions.export("@a:x"))


async def test_a_doubt_that_was_asked_in_private_goes_when_its_question_is_edited(tmp_path: Path) -> None:
    """Nobody answers a question of ours about words that stand nowhere any more; a doubt about the new words
    is asked, and stays."""
    async with among_guests(tmp_path) as core:
        platform = core.platform
        await core.sessions.update_profile("@a:x", chat=CHAT)
        asked = message("NE PAS DIFFUSER\n\nNote bleue.", room=ROOM, direct=False)
        await core.tell(asked)
        await last(core, 2)
        (doubt,) = [post for post in platform.shown if post.address.conversation == CHAT]
        for n, text in enumerate(("NE PAS DIFFUSER\n\nNote verte.", "Quelles pièces faut-il ?")):
            await core.tell(edit(asked, text))
            await platform.until(lambda doubt=doubt: doubt.deleted)
            await core.settled()
            private = [post for post in platform.shown if post.address.conversation == CHAT]
            assert len(private) == (1, 0)[n]
            doubt = private[0] if private else doubt
        assert "pièces" in platform.shown[0].text


@pytest.mark.parametrize("deleted", ["question", "order"])
async def test_why_told_in_private_goes_with_what_asked_for_it(tmp_path: Path, deleted: str) -> None:
    """With the question that was refused, and with « !pourquoi »; the refusal stays with its question."""
    async with among_guests(tmp_path, policy_for) as core:
        platform = core.platform
        await core.sessions.update_profile("@a:x", chat=CHAT)
        asked, order = (message(text, room=ROOM, direct=False) for text in (NIR, "!pourquoi"))
        await core.tell(asked)
        await last(core, 2)
        await core.tell(order)
        await last(core, 4)
        *_, why = [post for post in platform.shown if post.address.conversation == CHAT]
        await core.tell(deletion(asked if deleted == "question" else order))
        await platform.until(lambda: why.deleted)
        await core.settled()
        left = [post for post in platform.shown if post.address.conversation == CHAT]
        assert len(left) == (deleted == "order")


@pytest.mark.parametrize("word", ["non", "👎"])
async def test_all_that_was_asked_of_a_question_goes_with_it(tmp_path: Path, word: str) -> None:
    """Where two talk too: the doubt, the reminder that something else than a word was written, the answer."""
    async with core_on(tmp_path, policy=doubtful) as core:
        await core.sessions.greet_once("@a:x", "earlier")
        asked = message("NE PAS DIFFUSER\n\nNote bleue.", room=CHAT)
        await core.tell(asked)
        doubt = await last(core, 1)
        await says(core, "Cite un fleuve", 2)
        await core.tell(message(word, room=CHAT) if word == "non" else reaction(doubt, word))
        assert "bleue" in (await last(core, 3)).text
        await core.tell(deletion(asked))
        await core.platform.until(lambda: not core.platform.shown)


async def test_a_private_word_that_waits_for_its_reader_goes_with_its_question(tmp_path: Path) -> None:
    """Who is not in their chat yet, and deletes the question, finds nothing of it there; nor does the store
    keep the word for the week that it would have waited."""
    platform = Platform(kinds={ROOM: "tchap_encrypted_guests"}, absent={"@a:x"}, chats={"@a:x": CHAT})
    platform.private = platform
    async with core_on(tmp_path, platform=platform, policy=doubtful) as core:
        await core.sessions.greet_once("@a:x", "earlier")
        asked = message("NE PAS DIFFUSER\n\nNote bleue.", room=ROOM, direct=False)
        await core.tell(asked)
        await last(core, 1)
        assert (await core.inbox.stats()).delayed == 1
        await core.tell(deletion(asked))
        await platform.until(lambda: not platform.shown)
        platform.absent.clear()
        person = Person(id="@a:x")
        await core.tell(
            Arrived(key="a", address=Address(connector="tchap", conversation=CHAT), at=0, sender=person)
        )
        await says(core, "!aide", 1)
        assert not (await core.inbox.stats()).delayed
        assert "bleue" not in str(core.gateway.received)
        (answer,) = platform.shown
        assert "NE PAS DIFFUSER" not in answer.text


class Slow(Platform):
    """The room takes no message before it is `free`."""

    free: asyncio.Event
    slow = ROOM

    async def send(self, address: Address, draft: Draft, audience: Audience) -> str:
        if address.conversation == self.slow:
            await self.free.wait()
        return await super().send(address, draft, audience)


async def test_a_private_word_goes_with_a_question_that_is_deleted_while_it_is_said(tmp_path: Path) -> None:
    """What is on its way then is deleted once it is there."""
    platform = Slow(kinds={ROOM: "tchap_encrypted_guests"}, two={CHAT: "@a:x"}, chats={"@a:x": CHAT})
    platform.private, platform.free, platform.slow = platform, asyncio.Event(), CHAT
    async with core_on(tmp_path, platform=platform, policy=doubtful) as core:
        await core.sessions.greet_once("@a:x", "earlier")
        asked = message("NE PAS DIFFUSER\n\nNote bleue.", room=ROOM, direct=False)
        await core.tell(asked)
        await platform.answered()
        while (await core.inbox.stats()).leased > 1:  # noqa: ASYNC110 - the room's line is being noted
            await asyncio.sleep(0.02)
        await core.tell(deletion(asked))
        await platform.until(lambda: not platform.shown)
        platform.free.set()
        await platform.until(lambda: len(platform.posts) == 2 and not platform.shown)
        await core.settled()


def reworded(asked: Message) -> Edited:
    return edit(asked, "Quelles pièces faut-il ?")


@pytest.mark.parametrize(("withdrawn", "answered"), [(deletion, []), (reworded, [True])])
async def test_what_is_said_in_private_goes_with_a_question_that_is_still_answered(
    tmp_path: Path, withdrawn: Callable[[Message], Deleted | Edited], answered: list[bool]
) -> None:
    """It is deleted or edited after the doubt was asked in private, and before the room is told so: nobody is
    asked about words that stand nowhere any more."""
    platform = Slow(kinds={ROOM: "tchap_encrypted_guests"}, two={CHAT: "@a:x"}, chats={"@a:x": CHAT})
    platform.private, platform.free = platform, asyncio.Event()
    async with core_on(tmp_path, platform=platform, policy=doubtful) as core:
        await core.sessions.greet_once("@a:x", "earlier")
        await core.sessions.update_profile("@a:x", chat=CHAT)
        asked = message("NE PAS DIFFUSER\n\nNote bleue.", room=ROOM, direct=False)
        await core.tell(asked)
        (doubt,) = await platform.answered()
        while (await core.inbox.stats()).leased > 1:  # noqa: ASYNC110 - the private word is being noted
            await asyncio.sleep(0.02)
        await core.tell(withdrawn(asked))
        platform.free.set()
        await platform.until(
            lambda: doubt.deleted and ["pièces" in post.text for post in platform.shown] == answered
        )
        await core.settled()


class Stubborn(Platform):
    """Lets no message be deleted."""

    async def delete(self, address: Address, id: str, key: str) -> None:
        raise Rejected("not allowed")


async def test_a_deleted_question_is_forgotten_whatever_the_platform_deletes(tmp_path: Path) -> None:
    """Our answer stays where the platform keeps it; what we keep of the exchange goes."""
    async with core_on(tmp_path, platform=Stubborn()) as core:
        await core.sessions.greet_once("@a:x", "earlier")
        asked = message("Cite un fleuve", room=CHAT)
        await core.tell(asked)
        await last(core, 1)
        await core.tell(deletion(asked), message("!aide", room=CHAT))
        await last(core, 2)
        assert "fleuve" not in str(await core.sessions.export("@a:x"))
        assert not await core.letters.list()


async def test_what_waits_beside_a_doubt_goes_alone(tmp_path: Path) -> None:
    """What was written instead of a word, and deleted then, is not answered with that word."""
    async with core_on(tmp_path, policy=doubtful) as core:
        await core.sessions.greet_once("@a:x", "earlier")
        await says(core, "NE PAS DIFFUSER\n\nNote bleue.", 1)
        beside = message("Cite un fleuve", room=CHAT)
        await core.tell(beside)
        again = await last(core, 2)
        await core.tell(deletion(beside))
        await core.platform.until(lambda: again.deleted)
        await core.settled()
        await says(core, "non", 2)
        asked = str(core.gateway.received[-1].body)
        assert "bleue" in asked
        assert "fleuve" not in asked


async def test_what_waits_beside_a_doubt_is_not_forgotten_where_that_is_true(tmp_path: Path) -> None:
    """It was promised an answer: its author learns that it has none, and what to do."""
    async with core_on(tmp_path, policy=doubtful) as core:
        await core.sessions.greet_once("@a:x", "earlier")
        await says(core, "NE PAS DIFFUSER\n\nNote bleue.", 1)
        await says(core, "Cite un fleuve", 2)
        assert "est resté sans réponse" in (await says(core, "oui", 3)).text
        assert not core.gateway.received


async def test_who_wants_none_of_what_a_refusal_offers_lets_the_question_go(core: Core) -> None:
    """« laisse tomber » is about what waits: « 1 » chooses nothing then."""
    await says(core, NIR, 1)
    assert "de côté" in (await says(core, "laisse tomber", 2)).text
    await says(core, "1", 3)
    assert not core.gateway.received


async def test_who_wants_away_what_they_wrote_lets_it_go_where_it_waits(tmp_path: Path) -> None:
    """« Efface ce que je viens d’écrire » at a doubt is no word for it: it is told how a message goes."""
    async with core_on(tmp_path, policy=doubtful) as core:
        await core.sessions.greet_once("@a:x", "earlier")
        await says(core, "NE PAS DIFFUSER\n\nNote bleue.", 1)
        told = (await says(core, "efface ce que je viens d'écrire stp", 2)).text
        assert "de côté" in told
        assert "supprimez votre message" in told
        await says(core, "non", 3)
        assert not core.gateway.received


@pytest.mark.parametrize("asked", ["models", "faults"])
async def test_a_number_chooses_of_what_was_listed_last(tmp_path: Path, asked: str) -> None:
    """Not of what a refused question offered before, which waits on: « 2 » does not say that it is harmless.
    A number that is put on the refusal still chooses there."""
    async with core_on(tmp_path, policy=doubtful, served=("small", "grand")) as core:
        await core.sessions.greet_once("@a:x", "earlier")
        answer = await says(core, "Cite un fleuve", 1)
        await says(core, "NE PAS DIFFUSER\n\nRédige une note sur les horaires.", 2)
        refused = await says(core, "oui", 3)
        assert "2. **ce n’est pas cela**" in refused.text
        await core.tell(message("!modèle", room=CHAT) if asked == "models" else reaction(answer, "👎"))
        await last(core, 4)
        await says(core, "2", 5)
        assert len(core.gateway.received) == 1
        await core.tell(reaction(refused, "2️⃣"))
        await last(core, 6)
        assert "horaires" in str(core.gateway.received[-1].body)


@pytest.mark.parametrize("by", ["reaction", "reply"])
async def test_a_word_is_about_the_question_that_it_is_put_on(tmp_path: Path, by: str) -> None:
    """Two that were asked in private wait both: a no to the first sends that alone, and the second one waits
    on; a word that is put on neither is for the last."""
    async with among_guests(tmp_path) as core:
        platform = core.platform
        for count, colour in ((2, "bleue"), (4, "jaune")):
            await core.tell(message(f"NE PAS DIFFUSER\n\nNote {colour}.", room=ROOM, direct=False))
            await last(core, count)
        first, second = (post for post in platform.shown if post.address.conversation == CHAT)
        assert "laissé de côté" not in first.text + second.text
        typed = replace(message("non", room=CHAT), reply_to=first.id)
        await core.tell(typed if by == "reply" else reaction(first, "👎"))
        await last(core, 5)
        (asked,) = core.gateway.received
        assert "bleue" in str(asked.body)
        await core.tell(message("non", room=CHAT))
        await last(core, 6)
        assert "jaune" in str(core.gateway.received[-1].body["messages"][-1])
        assert not (await core.sessions.export("@a:x"))["waiting"]
        await core.tell(reaction(first, "👎"))
        await core.settled()
        assert len(core.gateway.received) == 2


@pytest.fixture
async def talking(tmp_path: Path) -> AsyncIterator[tuple[Core, Message, asyncio.Event]]:
    """A question of the room is answered in private, after a no to its doubt, once this may be."""
    async with among_guests(tmp_path) as core:
        asked = message("NE PAS DIFFUSER\n\nNote bleue.", room=ROOM, direct=False)
        await core.tell(asked)
        await last(core, 2)
        core.gateway.next(Behaviour(held=(free := asyncio.Event())))
        await core.tell(message("non", room=CHAT))
        async with asyncio.timeout(60):
            while not core.gateway.received:  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0.02)
        yield core, asked, free


async def test_what_waits_since_stays_when_what_waited_before_is_answered(
    talking: tuple[Core, Message, asyncio.Event],
) -> None:
    """Another question is asked about while the first is answered; its word is heard, and the first is not
    answered again."""
    core, _, free = talking
    await core.tell(message("NE PAS DIFFUSER\n\nNote jaune.", room=ROOM, direct=False))
    await core.platform.answered(4)
    free.set()
    await last(core, 5)
    (waiting,) = (await core.sessions.export("@a:x"))["waiting"]
    assert "jaune" in str(waiting)
    await core.tell(message("non", room=CHAT))
    assert "jaune" in (await last(core, 6)).text


async def test_a_question_that_is_deleted_while_it_is_answered_elsewhere_leaves_nothing(
    talking: tuple[Core, Message, asyncio.Event],
) -> None:
    """Its author deletes it in the room; the answer that is then written in private goes too."""
    core, asked, free = talking
    await core.tell(deletion(asked))
    await core.platform.until(lambda: not core.platform.shown)
    free.set()
    await core.platform.until(lambda: len(core.platform.posts) == 3 and not core.platform.shown)
    await core.settled()
    assert "bleue" not in str(await core.sessions.export("@a:x"))


async def test_what_waits_apart_goes_with_its_question(tmp_path: Path) -> None:
    """Its author deletes the first of two that were asked about in private; the second waits on."""
    async with among_guests(tmp_path) as core:
        platform = core.platform
        asked = [
            message(f"NE PAS DIFFUSER\n\nNote {colour}.", room=ROOM, direct=False)
            for colour in ("bleue", "jaune")
        ]
        for count, each in zip((2, 4), asked, strict=True):
            await core.tell(each)
            await last(core, count)
        assert len((await core.sessions.export("@a:x"))["waiting"]) == 2
        await core.tell(deletion(asked[0]))
        await platform.until(lambda: sum(post.deleted for post in platform.posts.values()) == 2)
        await core.settled()
        (waiting,) = (await core.sessions.export("@a:x"))["waiting"]
        assert "jaune" in str(waiting)


async def test_what_is_no_word_for_the_first_of_two_leaves_the_second(tmp_path: Path) -> None:
    """A number that is put on the first doubt is asked about again; the second one still waits for its own
    word, and each is answered by its own."""
    async with core_on(tmp_path, policy=doubtful) as core:
        await core.sessions.greet_once("@a:x", "earlier")
        first = await says(core, "NE PAS DIFFUSER\n\nNote bleue.", 1)
        second = await says(core, "NE PAS DIFFUSER\n\nNote jaune.", 2)
        await core.tell(replace(message("2", room=CHAT), reply_to=first.id))
        await last(core, 3)
        await core.tell(reaction(second, "👎"))
        await last(core, 4)
        assert "jaune" in str(core.gateway.received[-1].body)
        await core.tell(reaction(first, "👎"))
        await last(core, 5)
        assert "bleue" in str(core.gateway.received[-1].body)
        assert not (await core.sessions.export("@a:x"))["waiting"]


async def test_a_word_in_a_thread_is_about_the_thread(tmp_path: Path) -> None:
    """Where threads are apart, a no to what was said in one is none to a doubt that was asked outside them;
    one in the thread below the doubt is."""
    platform = Platform(kinds={ROOM: "tchap_encrypted_guests"}, two={CHAT: "@a:x"}, chats={"@a:x": CHAT})
    platform.private = platform
    async with core_on(tmp_path, platform=platform, policy=doubtful) as core:

        def within(thread: str, text: str) -> Message:
            asked = message(text, room=CHAT)
            return replace(asked, address=replace(asked.address, thread=thread, apart=True))

        await core.sessions.greet_once("@a:x", "earlier")
        await core.tell(within("t1", "Cite un fleuve"))
        await last(core, 1)
        await core.tell(message("NE PAS DIFFUSER\n\nNote bleue.", room=ROOM, direct=False))
        await last(core, 3)
        await core.tell(within("t1", "non"))
        await last(core, 4)
        assert "bleue" not in str(core.gateway.received[-1].body)
        doubt = next(post for post in platform.shown if "NE PAS DIFFUSER" in post.text)
        await core.tell(within(doubt.id, "non"))
        await last(core, 5)
        assert "bleue" in str(core.gateway.received[-1].body)


async def test_what_is_marked_offers_nothing(core: Core) -> None:
    """A stamped text is protected as a whole: there is no passage to leave out."""
    refused = await says(core, "DIFFUSION RESTREINTE\n\nLe plan du site. Résume le plan.", 1)
    assert "1. **" not in refused.text
    assert not (await core.sessions.export("@a:x"))["waiting"]


class Foreign(Platform):
    """Opens no chat of two with people of other servers."""

    async def chat(self, person: str, known: str | None, *, asks: bool = False) -> Address:
        raise Rejected("server")


@pytest.mark.parametrize("words", [NIR, "!pourquoi"])
async def test_who_may_have_no_direct_chat_is_sent_to_none(tmp_path: Path, words: str) -> None:
    """Somebody of a server that is not served is told what they can do where they are."""
    platform = Foreign(kinds={ROOM: "tchap_encrypted_guests"})
    platform.private = platform
    async with core_on(tmp_path, platform=platform) as core:
        await core.sessions.greet_once("@a:x", "earlier")
        await core.tell(message(NIR, room=ROOM, direct=False))
        await last(core, 1)
        await core.tell(message(words, room=ROOM, direct=False))
        said = (await last(core, 2)).text
        assert "en conversation directe" not in said
        assert "Votre serveur" in said


@pytest.mark.parametrize(
    ("words", "found"),
    [("why?", "a social security number"), ("pourquoi ?", "un numéro de sécurité sociale")],
)
async def test_why_right_after_a_refusal_explains(tmp_path: Path, words: str, found: str) -> None:
    """However unsure it is to be read by itself; no model is asked."""
    async with among_guests(tmp_path, policy_for) as core:
        await core.tell(message(NIR, room=ROOM, direct=False))
        await last(core, 2)
        await core.tell(message(words, room=ROOM, direct=False))
        told = [post.text for post in await core.platform.answered(4) if post.address.conversation == CHAT]
        assert found in told[1]
        assert not core.gateway.received


@pytest.mark.parametrize("words", ["c’est quoi ce truc ?", "je comprends pas", "what do you mean?", "hein ?"])
async def test_who_does_not_know_what_is_asked_is_told_and_loses_nothing(tmp_path: Path, words: str) -> None:
    """As often as they ask; the word is then still one for what waits."""
    async with core_on(tmp_path, policy=doubtful) as core:
        await core.sessions.greet_once("@a:x", "earlier")
        await says(core, "NE PAS DIFFUSER\n\nRédige une note sur les horaires.", 1)
        assert "J’ai trouvé" in (await says(core, words, 2)).text
        assert "J’ai trouvé" in (await says(core, words, 3)).text
        await says(core, "non", 4)
        assert len(core.gateway.received) == 1


async def test_the_level_is_told_while_a_question_waits(tmp_path: Path) -> None:
    """« c’est quel niveau ici ? » is no answer to a doubt, and takes nothing from it."""
    async with core_on(tmp_path, policy=doubtful) as core:
        await core.sessions.greet_once("@a:x", "earlier")
        await says(core, "NE PAS DIFFUSER\n\nRédige une note sur les horaires.", 1)
        assert "Niveau de cette conversation" in (await says(core, "c’est quel niveau ici ?", 2)).text
        await says(core, "non", 3)
        assert len(core.gateway.received) == 1


@pytest.mark.parametrize("words", ["traduis en anglais", "Résume"])
async def test_what_is_to_be_done_with_what_waits_goes_with_it(tmp_path: Path, words: str) -> None:
    """It reads like « hein ? », and is told the same; yet it is no less part of the question."""
    async with core_on(tmp_path, policy=doubtful) as core:
        await core.sessions.greet_once("@a:x", "earlier")
        await says(core, "NE PAS DIFFUSER\n\nNote sur les horaires de la piscine.", 1)
        assert "J’ai trouvé" in (await says(core, words, 2)).text
        await says(core, "non", 3)
        assert words in str(core.gateway.received[-1].body)


async def test_what_is_marked_is_asked_about_however_it_is_put(tmp_path: Path) -> None:
    """It is not told once more why another question waits."""
    async with core_on(tmp_path, policy=doubtful) as core:
        await core.sessions.greet_once("@a:x", "earlier")
        await says(core, "NE PAS DIFFUSER\n\nRédige une note sur les horaires.", 1)
        told = await says(core, "DIFFUSION RESTREINTE je comprends pas", 2)
        assert "« DIFFUSION RESTREINTE »" in told.text


async def test_what_is_asked_about_a_file_waits_with_it(tmp_path: Path) -> None:
    """« c’est quoi ce document ? » is about the document that comes with it, not about what waits."""
    async with core_on(tmp_path, policy=doubtful) as core:
        await core.sessions.greet_once("@a:x", "earlier")
        await says(core, "NE PAS DIFFUSER\n\nRédige une note sur les horaires.", 1)
        core.platform.files_at["rules"] = "Règlement de la piscine municipale.".encode()
        sent = Attachment(name="rules.txt", media_type="text/plain", size=None, reference={"url": "rules"})
        await core.tell(message("c’est quoi ce document ?", room=CHAT, attachments=(sent,)))
        assert "J’ai trouvé" not in (await last(core, 2)).text
        await says(core, "non", 3)
        assert "piscine municipale" in str(core.gateway.received[-1].body)
