"""A second reader may only raise a level or have it asked about, within what the policy gives it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from core.connector import Attachment, Message
from core.errors import ConfigurationError
from core.models.second_reader import PIECE, PIECES
from core.policy.file import PolicyFile, SecondReading, parse_policy
from core.sensitivity.level import Level
from tests.core.conftest import Core, core_on, policy_for
from tests.rig.gateway import Behaviour, FakeGateway
from tests.rig.platform import message

PLAIN = "Le comité a parlé du calendrier, puis de la cantine et de la salle de repos. "
TOLD = "Le transfert des équipes du site passera par la route du nord jeudi soir. "
NOTE = (PLAIN * 12 + TOLD + PLAIN * 12).strip()


def reading(gateway: FakeGateway, **changed: object) -> PolicyFile:
    wanted = SecondReading(model="small", from_characters=500, channels=(), tokens_per_day=100_000)
    policy = policy_for(gateway, clearance=Level.N3)
    return replace(policy, second_reading=replace(wanted, **changed))  # type: ignore[arg-type]


def found(*findings: object) -> Behaviour:
    return Behaviour(answer=orjson.dumps({"findings": findings}).decode())


def finding(quotation: str = TOLD.strip(), *, level: str = "N3", sure: bool = True) -> dict[str, object]:
    return {"kind": "defence", "level": level, "quotation": quotation, "sure": sure}


def with_note(core: Core, text: str = NOTE) -> Message:
    core.platform.files_at["note.txt"] = text.encode()
    file = Attachment(name="note.txt", media_type="text/plain", size=None, reference={"url": "note.txt"})
    return message("Résume cette note", attachments=(file,))


async def test_what_it_is_sure_of_raises_the_level(tmp_path: Path) -> None:
    """A document in which the model found what may not be here is refused, and no model writes of it."""
    async with core_on(tmp_path, policy=reading) as core:
        core.gateway.next(found(finding()))
        await core.tell(with_note(core))
        (refused,) = await core.platform.answered()
        assert "N3" in refused.text
        assert len(core.gateway.received) == 1


async def test_a_quotation_that_does_not_stand_there_counts_for_nothing(tmp_path: Path) -> None:
    """What the model made up, or gave no known kind or level, changes nothing: the question is answered."""
    odd = [finding("des mots inventés"), finding(level="N4"), {"kind": "?", "quotation": TOLD}, "…"]
    async with core_on(tmp_path, policy=reading) as core:
        core.gateway.next(found(*odd), Behaviour(answer="La note parle du calendrier."))
        await core.tell(with_note(core))
        (answer,) = await core.platform.answered()
        assert "La note parle du calendrier." in answer.text


async def test_it_writes_in_no_answer(tmp_path: Path) -> None:
    """Who wrote an answer is told, signed and kept: the model that answered, not the one that read before."""
    async with core_on(tmp_path, policy=reading, served=("answering", "small")) as core:
        core.gateway.next(found(), Behaviour(answer="La note parle du calendrier."))
        await core.tell(with_note(core))
        (answer,) = await core.platform.answered()
        assert [each.body["model"] for each in core.gateway.received] == ["small", "answering"]
        assert answer.states[-1].writers == ("answering",)


async def test_one_text_is_read_once(tmp_path: Path) -> None:
    """A reading is kept under a keyed hash of its text: the same document is not read again."""
    async with core_on(tmp_path, policy=reading) as core:
        core.gateway.next(found(), Behaviour(answer="Un."), Behaviour(answer="Deux."))
        await core.tell(with_note(core))
        await core.platform.answered()
        await core.tell(with_note(core))
        answers = await core.platform.answered(2)
        assert "Deux." in answers[-1].text
        assert len(core.gateway.received) == 3


async def test_short_plain_messages_are_not_read_again(tmp_path: Path) -> None:
    """An ordinary question costs no second reading."""
    async with core_on(tmp_path, policy=reading) as core:
        await core.tell(message("Quelle est la capitale de l'Italie ?"))
        await core.platform.answered()
        assert len(core.gateway.received) == 1


@pytest.mark.parametrize("changed", [{"channels": ("mail",)}, {"from_characters": 100_000}])
async def test_only_what_the_policy_names_is_read_again(tmp_path: Path, changed: dict[str, object]) -> None:
    """Another channel, or a shorter document, is not read."""
    async with core_on(tmp_path, policy=lambda g: reading(g, **changed)) as core:
        core.gateway.next(Behaviour(answer="La note parle du calendrier."))
        await core.tell(with_note(core))
        (answer,) = await core.platform.answered()
        assert "La note parle du calendrier." in answer.text
        assert len(core.gateway.received) == 1


async def test_the_tokens_of_the_day_bound_it(tmp_path: Path) -> None:
    """Once the tokens of the day are used up, nothing more is read, and questions are answered."""
    async with core_on(tmp_path, policy=lambda g: reading(g, tokens_per_day=10)) as core:
        core.gateway.next(found(), Behaviour(answer="Un."), Behaviour(answer="Deux."))
        await core.tell(with_note(core))
        await core.platform.answered()
        await core.tell(with_note(core, NOTE + " Fin."))
        answers = await core.platform.answered(2)
        assert "Deux." in answers[-1].text


async def test_a_long_text_is_read_in_pieces_from_its_beginning_to_its_end(tmp_path: Path) -> None:
    """Of a text longer than what is read, the first and the last piece are among those that are."""
    long = "Début. " + PLAIN * (PIECE * PIECES * 2 // len(PLAIN)) + TOLD
    async with core_on(tmp_path, policy=reading) as core:
        core.gateway.next(*(found() for _ in range(PIECES - 1)), found(finding()))
        await core.tell(with_note(core, long))
        (refused,) = await core.platform.answered()
        assert "N3" in refused.text
        assert len(core.gateway.received) == PIECES


def test_its_model_must_be_cleared_for_all_that_it_may_read() -> None:
    """A model below N3, or none of the policy's, is a mistake with its line."""
    model = '[[models]]\nid = "small"\nserved = "s"\nurl = "https://llm.example/v1"\nclearance = "N2"\n'
    with pytest.raises(ConfigurationError, match=r"p\.toml:7 .*habilités N3"):
        parse_policy(model + '[second_reader]\nmodel = "small"\n', "p.toml")
