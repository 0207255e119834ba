"""`relais summarise`, as a command: what it prints, what it sends, and how it ends."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import orjson
import pytest

from tests.bots.summariser.talks import exported
from tests.rig.forks import Forks
from tests.rig.gateway import Behaviour, fake_gateway

TALK = exported(
    ("ines", "Qui relance la DDT ?"),
    {"from": "paul", "text": "Je m’en occupe d’ici vendredi.", "reply_to": 1, "unknown": [1]},
    ("claire", "C’est décidé, on garde la salle Garonne."),
)


@dataclass
class Command:
    """The command in an empty folder."""

    folder: Path
    forks: Forks

    async def __call__(
        self, given: bytes, *arguments: str, url: str = "", policy: str = ""
    ) -> tuple[int, str, str]:
        environment = {"PATH": os.environ["PATH"], "RELAIS_DATA_DIR": str(self.folder / "data")}
        if url:
            environment |= {"RELAIS_GATEWAY__URL": url, "RELAIS_GATEWAY__MODEL": "small"}
        if policy:
            (self.folder / "policy.toml").write_text(policy)
            environment["RELAIS_POLICY"] = str(self.folder / "policy.toml")
        return await self.forks.run(
            "summarise", *arguments, environment=environment, folder=self.folder, given=given
        )


@pytest.fixture
def summarise(tmp_path: Path, forks: Forks) -> Command:
    return Command(tmp_path, forks)


async def test_json_without_a_model(summarise: Command) -> None:
    """One JSON document of the agreed shape; unknown fields of the input are ignored."""
    code, out, _ = await summarise(TALK, "-", "--json")
    made = orjson.loads(out)
    assert code == 0
    assert list(made) == ["decisions", "actions", "open_questions", "disagreements", "text", "level"]
    assert made["decisions"] == [{"text": "C’est décidé, on garde la salle Garonne.", "messages": [3]}]
    (action,) = made["actions"]
    assert (action["who"], action["due"], action["messages"]) == ("Paul MARTIN", "2026-03-13", [1, 2])
    assert made["level"] == "N1"


async def test_with_a_model(summarise: Command) -> None:
    """The model's checked lines, with the line that says who wrote them."""
    answer = orjson.dumps({"decisions": [{"text": "Salle Garonne.", "messages": [3]}]}).decode()
    async with fake_gateway(behaviour=Behaviour(answer=answer)) as gateway:
        code, out, _ = await summarise(TALK, "-", url=gateway.url)
    assert code == 0
    assert "- Salle Garonne. (message 3)" in out
    assert "IA · small · N1 interne" in out


async def test_refused_by_policy(summarise: Command) -> None:
    """Above what the model may read: 3, a word, and nothing is sent. Deleted messages do not count."""
    secret = "DIFFUSION RESTREINTE\nLe plan est en annexe."
    async with fake_gateway() as gateway:
        code, out, err = await summarise(exported(("paul", secret)), "-", url=gateway.url)
        assert (code, out) == (3, "")
        assert "niveau" in err
        assert not gateway.received
    deleted = exported(("paul", "Bonjour"), {"from": "paul", "text": secret, "deleted": True})
    assert (await summarise(deleted, "-"))[0] == 0


async def test_wrong_input(summarise: Command) -> None:
    """A file that is no conversation is wrong usage; one that is not there is a failure."""
    assert (await summarise(b"[1, 2", "-"))[0] == 2
    assert (await summarise(b'{"other": 1}', "-"))[0] == 2
    assert (await summarise(b"", "absent.json"))[0] == 1


async def test_personal_data_are_masked(summarise: Command) -> None:
    """Where the policy has them hidden, a social security number stays here, as with `digest`."""
    talk = exported(("paul", "Mon numéro : 1 85 05 78 006 084 91."))
    async with fake_gateway() as gateway:
        await summarise(talk, "-", url=gateway.url, policy='[masking]\nfrom = "N0"\n')
        assert gateway.received
        assert "084 91" not in str(gateway.received)


async def test_the_rights_of_the_person(summarise: Command) -> None:
    """The policy's rights hold for whoever runs the command."""
    theirs = '[[rights]]\npeople = ["console:*"]\nlevel = "N2"\n'
    others = '[[rights]]\npeople = ["@*:agent.example"]\nlevel = "N2"\n'
    async with fake_gateway() as gateway:
        assert (await summarise(TALK, "-", url=gateway.url, policy=others))[0] == 3
        assert not gateway.received
        assert (await summarise(TALK, "-", url=gateway.url, policy=theirs))[0] == 0
