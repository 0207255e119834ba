"""Archives as people meet them: a word marks a conversation, a rule all, and `!nouveau` loses nothing."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from core.policy.file import ArchiveRule, PolicyFile
from tests.core.archives.test_archives import Taken
from tests.core.conftest import Core, core_on, policy_for
from tests.rig.gateway import Behaviour, FakeGateway
from tests.rig.platform import message


async def asked(core: Core, *texts: str) -> list[str]:
    """What is answered, one question after the other."""
    for text in texts:
        before = len(core.platform.shown)
        await core.tell(message(text))
        await core.platform.answered(before + 1)
    return [post.text for post in core.platform.shown]


@pytest.mark.parametrize(
    "word", ["!archiver", "Archive cette conversation", "Peux-tu archiver cet échange ?"]
)
async def test_a_word_marks_a_conversation(tmp_path: Path, word: str) -> None:
    """It is said what follows; begun anew, the conversation is handed over; the trail says who marked it."""
    taken = Taken()
    async with core_on(tmp_path, hand=taken.hand) as core:
        await core.sessions.greet_once("@a:x", "earlier")
        core.gateway.behaviour = Behaviour(answer="Le 12 mars, à Lyon.")
        said = await asked(core, "Quand est la réunion ?", word, "!nouveau")
        assert "sera versée aux archives" in said[1]
        assert core.archives is not None
        await core.archives.look()
        (package,) = taken.packages.values()
        with zipfile.ZipFile(io.BytesIO(package)) as archive:
            talk = archive.read("Content/conversation.txt").decode()
        assert "Quand est la réunion ?" in talk
        assert "Le 12 mars, à Lyon." in talk
        noted = [each["what"] async for each in core.audit.find("@a:x")]
        assert "archived" in noted


async def test_a_mark_is_taken_back(tmp_path: Path) -> None:
    """`!archiver non`: nothing is handed over."""
    taken = Taken()
    async with core_on(tmp_path, hand=taken.hand) as core:
        await core.sessions.greet_once("@a:x", "earlier")
        said = await asked(core, "Bonjour à tous", "!archiver", "!archiver non", "!nouveau")
        assert "ne sera pas versée" in said[2]
        assert core.archives is not None
        await core.archives.look()
        assert taken.packages == {}


async def test_a_rule_marks_all_conversations(tmp_path: Path) -> None:
    """`[archive] channels`: whoever asks there is archived, and reads so."""
    taken = Taken()

    def ruled(gateway: FakeGateway) -> PolicyFile:
        rule = ArchiveRule(channels=("tchap_encrypted",))
        return replace(policy_for(gateway), archive=rule)

    async with core_on(tmp_path, hand=taken.hand, policy=ruled) as core:
        await core.sessions.greet_once("@a:x", "earlier")
        said = await asked(core, "Quand est la réunion ?", "!archiver non", "!nouveau")
        assert "règle du service" in said[1]
        assert core.archives is not None
        await core.archives.look()
        assert len(taken.packages) == 1


async def test_without_archives_it_is_said(core: Core) -> None:
    """And how to keep an answer."""
    (said,) = await asked(core, "!archiver")
    assert "aucun service d’archives" in said
    assert "`!export`" in said
