"""`relais summarise`, as a command: what it prints, what it sends, and how it ends."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import orjson

from tests.bots.summariser.talks import exported
from tests.rig.gateway import Behaviour, fake_gateway

TALK = exported(
    ("ines", "Qui relance la DDT ?"),
    {"from": "paul", "text": "Je m’en occupe d’ici vendredi.", "reply_to": 1, "unknown": [1]},
    ("claire", "C’est décidé, on garde la salle Garonne."),
)


async def summarise(
    folder: Path, given: bytes, *arguments: str, url: str = "", policy: str = ""
) -> tuple[int, str, str]:
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(Path(__file__).parents[3]),
        "RELAIS_DATA_DIR": str(folder / "data"),
    }
    if url:
        environment |= {"RELAIS_GATEWAY__URL": url, "RELAIS_GATEWAY__MODEL": "small"}
    if policy:
        (folder / "policy.toml").write_text(policy)
        environment["RELAIS_POLICY"] = str(folder / "policy.toml")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bots.main", "summarise", *arguments),
        cwd=folder,
        env=environment,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate(given)
    return process.returncode or 0, out.decode(), err.decode()


async def test_json_without_a_model(tmp_path: Path) -> None:
    """One JSON document of the agreed shape; unknown fields of the input are ignored."""
    code, out, _ = await summarise(tmp_path, TALK, "-", "--json")
    made = orjson.loads(out)
    assert code == 0
    assert list(made) == ["decisions", "actions", "open_questions", "disagreements", "text", "level"]
    assert made["decisions"] == [{"text": "C’est décidé, on garde la salle Garonne.", "messages": [3]}]
    (action,) = made["actions"]
    assert (action["who"], action["due"], action["messages"]) == ("Paul MARTIN", "2026-03-13", [1, 2])
    assert made["level"] == "N1"


async def test_with_a_model(tmp_path: Path) -> None:
    """The model's checked lines, with the line that says who wrote them."""
    answer = orjson.dumps({"decisions": [{"text": "Salle Garonne.", "messages": [3]}]}).decode()
    async with fake_gateway(behaviour=Behaviour(answer=answer)) as gateway:
        code, out, _ = await summarise(tmp_path, TALK, "-", url=gateway.url)
    assert code == 0
    assert "- Salle Garonne. (message 3)" in out
    assert "IA · small · N1 interne" in out


async def test_refused_by_policy(tmp_path: Path) -> None:
    """Above what the model may read: 3, a word, and nothing is sent. Deleted messages do not count."""
    secret = "DIFFUSION RESTREINTE\nLe plan est en annexe."
    async with fake_gateway() as gateway:
        code, out, err = await summarise(tmp_path, exported(("paul", secret)), "-", url=gateway.url)
        assert (code, out) == (3, "")
        assert "niveau" in err
        assert not gateway.received
    deleted = exported(("paul", "Bonjour"), {"from": "paul", "text": secret, "deleted": True})
    assert (await summarise(tmp_path, deleted, "-"))[0] == 0


async def test_wrong_input(tmp_path: Path) -> None:
    """A file that is no conversation is wrong usage; one that is not there is a failure."""
    assert (await summarise(tmp_path, b"[1, 2", "-"))[0] == 2
    assert (await summarise(tmp_path, b'{"other": 1}', "-"))[0] == 2
    assert (await summarise(tmp_path, b"", "absent.json"))[0] == 1


async def test_personal_data_are_masked(tmp_path: Path) -> None:
    """Where the policy has them hidden, a social security number stays here, as with `digest`."""
    talk = exported(("paul", "Mon numéro : 1 85 05 78 006 084 91."))
    async with fake_gateway() as gateway:
        await summarise(tmp_path, talk, "-", url=gateway.url, policy='[masking]\nfrom = "N0"\n')
        assert gateway.received
        assert "084 91" not in str(gateway.received)


async def test_the_rights_of_the_person(tmp_path: Path) -> None:
    """The policy's rights hold for whoever runs the command."""
    theirs = '[[rights]]\npeople = ["console:*"]\nlevel = "N2"\n'
    others = '[[rights]]\npeople = ["@*:agent.example"]\nlevel = "N2"\n'
    async with fake_gateway() as gateway:
        assert (await summarise(tmp_path, TALK, "-", url=gateway.url, policy=others))[0] == 3
        assert not gateway.received
        assert (await summarise(tmp_path, TALK, "-", url=gateway.url, policy=theirs))[0] == 0
