"""What does not belong where it was written is refused without a word of it, and goes on elsewhere."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from pathlib import Path

import pytest

from core.connector import Audience
from core.policy.decision import unserved
from core.policy.file import shipped_policy
from core.sensitivity.level import Level
from core.sessions.repository import Session
from tests.core.conftest import Core, core_on
from tests.rig.gateway import Behaviour
from tests.rig.platform import Platform, deletion, message

IBAN = "FR76 3000 6000 0112 3456 7890 189"
CODE = re.compile(r"[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}")


async def test_a_leak_is_not_repeated_and_is_answered_once_elsewhere(tmp_path: Path) -> None:
    """In an exposed place the refusal holds nothing of the text, and a code. Given in a better place, the
    code has the question answered there, once."""
    async with core_on(tmp_path, platform=Platform(kind="slack")) as core:
        await core.tell(message(f"Merci de virer 30 euros à Anne Petit, IBAN {IBAN}", room="!exposed:x"))
        (refused,) = await core.platform.answered()
        code = CODE.search(refused.text)
        assert code is not None
        said = refused.text.replace(code[0], "")  # of random digits
        assert "3000" not in said
        assert "189" not in said
        assert core.gateway.received == []
        core.platform.kind = "tchap_encrypted"
        core.gateway.next(Behaviour(answer="Le virement est décrit."))
        await core.tell(message(f"!continuer {code[0]}", room="!better:x"))
        answers = await core.platform.answered(2)
        assert "Le virement est décrit." in answers[-1].text
        await core.tell(message(code[0], room="!third:x", sender="@b:x"))
        answers = await core.platform.answered(3)
        assert "n’ouvre plus rien" in answers[-1].text


@pytest.mark.parametrize("room", ["!chat:x", "!salon:x"])
async def test_who_deletes_a_leak_as_told_goes_on_by_the_code(tmp_path: Path, room: str) -> None:
    """What asks to delete the message, and says the code, stays where its author reads it; the code opens the
    question."""
    platform = Platform(kind="slack", chats={"@a:x": "!chat:x"}, two={"!chat:x": "@a:x"})
    platform.private = platform
    async with core_on(tmp_path, platform=platform) as core:
        direct = room == "!chat:x"
        await core.sessions.greet_once("@a:x", "earlier")
        await core.sessions.update_profile("@a:x", chat="!chat:x")
        leak = message(f"Virer 30 euros à Anne Petit, IBAN {IBAN}", room=room, direct=direct)
        await core.tell(leak)
        await platform.answered(1 if direct else 2)
        await core.settled()
        gone = deletion(leak)
        await core.tell(gone, message("!aide", room=room, direct=direct))
        await platform.until(lambda: any("`!" in post.text for post in platform.shown))
        await core.settled()
        told = next(post.text for post in platform.shown if post.address.conversation == "!chat:x")
        assert "**Supprimez-le**" in told
        (code,) = CODE.findall(told)
        platform.kinds["!better:x"] = "tchap_encrypted"
        core.gateway.next(Behaviour(answer="Le virement est décrit."))
        await core.tell(message(f"!continuer {code}", room="!better:x"))
        await platform.until(lambda: any("Le virement est décrit." in post.text for post in platform.shown))


async def test_a_code_opens_nothing_of_who_is_erased(tmp_path: Path) -> None:
    """The question that waits for it goes with all else."""
    async with core_on(tmp_path, platform=Platform(kind="slack")) as core:
        await core.tell(message(f"Virer 30 euros à Anne Petit, IBAN {IBAN}", room="!exposed:x"))
        (refused,) = await core.platform.answered()
        await core.settled()
        await core.sessions.forget("@a:x")
        core.platform.kind = "tchap_encrypted"
        await core.tell(message(CODE.findall(refused.text)[0], room="!better:x"))
        answers = await core.platform.answered(2)
        assert "n’ouvre plus rien" in answers[-1].text


async def test_what_says_whom_to_warn_stays(tmp_path: Path) -> None:
    """Who deletes a message of a level that nothing here may receive still reads what to do."""
    async with core_on(tmp_path) as core:
        await core.sessions.greet_once("@a:x", "earlier")
        marked = message("SECRET DÉFENSE\n\nLe plan du site.")
        await core.tell(marked)
        (refused,) = await core.platform.answered()
        await core.settled()
        gone = deletion(marked)
        await core.tell(gone, message("!aide"))
        await core.platform.answered(2)
        assert "fsd@ministere.example" in refused.text
        assert not refused.deleted


async def test_a_thread_of_a_chat_is_a_conversation_of_its_own(tmp_path: Path) -> None:
    """With `apart`, what one thread brought is neither the memory nor the level of another."""
    async with core_on(tmp_path) as core:

        def within(thread: str, text: str) -> object:
            asked = message(text)
            return replace(asked, address=replace(asked.address, thread=thread, apart=True))

        core.gateway.next(Behaviour(answer="un"), Behaviour(answer="deux"))
        await core.tell(within("t1", f"Que vaut l'IBAN {IBAN} ?"))  # type: ignore[arg-type]
        await core.platform.answered()
        await core.tell(within("t2", "Bonjour"))  # type: ignore[arg-type]
        await core.platform.answered(2)
        first, second = [await _kept(core, thread) for thread in ("t1", "t2")]
        assert first.level > second.level
        assert len(first.turns) == len(second.turns) == 1


async def _kept(core: Core, thread: str) -> Session:
    """The session of a thread, once its answer is kept, which is after it is shown."""
    async with asyncio.timeout(60):
        while not (session := (await core.sessions.load(f"tchap:!room:x:{thread}", "@a:x"))[0]).turns:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    return session


def test_outsiders_are_served_only_where_the_policy_lists_them() -> None:
    """Guests not unless listed; the others are; nobody where another organisation reads."""
    policy = shipped_policy()
    guests = Audience(kind="slack_guests", members=frozenset("ab"), at=0, outsiders=frozenset("b"))
    foreign = Audience(kind="slack_external", members=frozenset("a"), at=0, foreign=True)
    assert unserved(policy, guests) is None
    assert unserved(policy, guests, outsider=True) == "outsider"
    assert unserved(policy, foreign) == "foreign"
    assert unserved(policy, replace(guests, closed=True)) == "closed"
    listed = replace(
        policy, ceilings={**policy.ceilings, "slack_guests": Level.N0, "slack_external": Level.N0}
    )
    assert unserved(listed, guests, outsider=True) is None
    assert unserved(listed, foreign) is None
    assert policy.carries.get("slack_guests") == policy.carries.get("slack_external") == Level.N0
