"""What operators do by hand, on the embedded store of a data folder."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import orjson
import pytest

from bots.base import opened, ours, rotated, sessions_of
from bots.cli.admin import announce, block, dead, person, rotate
from bots.cli.audit import audit, operator
from bots.cli.backup import backup
from bots.cli.incident import incident
from bots.cli.verify import verify
from core.config.settings import Settings, load_settings
from core.errors import ConfigurationError, StoreRefused
from core.gateway.ask import Footprint
from core.sensitivity.level import Level
from core.sessions.figures import Counts
from core.sessions.model import KeptTurn
from core.store.presence import Presence
from core.turn.audit import Audit
from core.turn.audit_packs import Heads
from core.vault import generate
from tests.core.stored import keep
from tests.rig.valkey import valkey

ANNE = "@anne:agents.example"


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("RELAIS_DATA_DIR", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return load_settings()


async def remember(settings: Settings, question: str, author: str = ANNE) -> None:
    async with opened(settings) as base:
        sessions = sessions_of(base)
        session, _ = await sessions.load("tchap:!room", author)
        turn = KeptTurn(key="k", question=question, answer="oui", author=author, at=1.0, level=Level.N1)
        assert await keep(sessions, session, turn)


async def test_a_command_acts_only_where_a_replica_has_run(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In another folder, or without the settings of the service, nobody is told that a person is erased."""
    monkeypatch.setenv("RELAIS_DATA_DIR", str(tmp_path / "ailleurs"))
    commands: list[Callable[[], Awaitable[int]]] = [
        lambda: person("erase", ANNE),
        lambda: dead("list", None),
        lambda: audit("verify", None, ""),
        lambda: backup(tmp_path / "sauvegarde", None),
        lambda: block("person", ANNE, blocked=True),
        lambda: verify([], as_json=False),
        rotate,
    ]
    for command in commands:
        with pytest.raises(ConfigurationError, match=r"RELAIS_DATA_DIR\s: aucun relais .*/ailleurs"):
            await command()
    assert not (tmp_path / "ailleurs").exists()


async def test_a_command_acts_on_no_empty_store_that_is_shared(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor on the server of an address that no replica has used."""
    async with valkey(tmp_path / "server") as server:
        monkeypatch.setenv("RELAIS_STORE__URL", server.url)
        monkeypatch.setenv("RELAIS_STORE__KEYS", generate())
        with pytest.raises(StoreRefused, match="RELAIS_STORE__URL"):
            await person("erase", ANNE)
        async with opened(load_settings()):
            pass
        assert await person("erase", ANNE) == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can act on another account's folder")
async def test_root_does_not_act_for_the_account_of_the_service(settings: Settings) -> None:
    """What root wrote into the data folder (a key, the log of the store) the service could not read. The
    folder is never to be deleted."""
    await remember(settings, "Quelle heure est-il ?")
    os.chown(settings.data_dir / "store.key", 61_184, 61_184)
    os.chown(settings.data_dir / "store", 61_184, 61_184)
    with pytest.raises(ConfigurationError, match=r"store.* est au compte 61184.*sudo -u 61184"):
        await rotate()
    with pytest.raises(ConfigurationError, match=r"store est au compte 61184.*sudo -u 61184"):
        async with opened(settings):
            pass
    assert len((settings.data_dir / "store.key").read_text().split()) == 1


def test_a_disk_of_its_own_holds_what_is_the_systems(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`lost+found`, which only root may read, keeps no command from acting."""
    lost = tmp_path / "lost+found"
    lost.mkdir()
    (tmp_path / "replica").touch()
    monkeypatch.setattr(os, "geteuid", lambda: 61_184)
    monkeypatch.setattr(os, "access", lambda path, _: Path(path) != lost)
    ours(tmp_path)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can act on another account's folder")
def test_root_puts_nothing_on_the_empty_disk_of_the_service(tmp_path: Path) -> None:
    """An empty disk has a `lost+found` of root's: the folder itself says whose it is."""
    (tmp_path / "lost+found").mkdir()
    os.chown(tmp_path, 61_184, 61_184)
    with pytest.raises(ConfigurationError, match="est au compte 61184"):
        ours(tmp_path)


def test_what_goes_while_the_folder_is_looked_at_is_no_fault(tmp_path: Path) -> None:
    """The relais that runs replaces files in it: one that is gone, like a link to nowhere, is nobody's."""
    (tmp_path / "store.123").symlink_to(tmp_path / "store.key")
    ours(tmp_path)


def test_an_account_without_a_name_is_named_by_its_number(monkeypatch: pytest.MonkeyPatch) -> None:
    """As that of a container, which a cluster chooses."""
    monkeypatch.delenv("SUDO_USER", raising=False)
    monkeypatch.setattr(os, "getuid", lambda: 1_000_650_000)
    monkeypatch.delenv("LOGNAME", raising=False)
    monkeypatch.delenv("USER", raising=False)
    assert operator() == "1000650000"


async def test_export_then_erase(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    """The operator hands over what is kept about a person; once erased, nothing is."""
    await remember(settings, "Quelle heure est-il ?")
    assert await person("export", ANNE) == 0
    assert "Quelle heure est-il ?" in capsys.readouterr().out
    assert await person("erase", ANNE) == 0
    capsys.readouterr()
    assert await person("export", ANNE) == 0
    assert orjson.loads(capsys.readouterr().out)["sessions"] == []


async def test_what_an_operator_hands_over_is_what_the_person_gets(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    """What their answers took, too, and that the trail keeps decisions: as by `!données`."""
    async with opened(settings) as base:
        counts = Counts(base.store, base.vault, base.policy.quotas)
        taken = Footprint(wh=(1.0, 2.0), gco2e=(0.1, 0.2))
        await base.store.batch(counts.answered(ANNE, "tchap:!room", 10, taken))
        (month, last) = await counts.footprints(ANNE)
    assert await person("export", ANNE) == 0
    given = orjson.loads(capsys.readouterr().out)
    assert set(given["footprints"]) == {month, last}
    assert given["footprints"][last]["wh"] == [1.0, 2.0]
    assert given["decisions"]["kept_days"] == 183


async def test_nobody_is_told_that_a_stranger_is_erased(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    """An id of which nothing is kept may be misspelt: it is said."""
    await remember(settings, "Quelle heure est-il ?")
    assert await person("erase", "@ane:agents.example") == 0
    told = capsys.readouterr().out
    assert "n’était conservé sous l’identifiant @ane:agents.example" in told
    assert "effacé" not in told
    assert await person("export", "@ane:agents.example") == 0
    assert "n’était conservé sous l’identifiant @ane:agents.example" in capsys.readouterr().err
    assert await person("erase", ANNE) == 0
    assert f"Tout ce qui était conservé sur {ANNE} est effacé" in capsys.readouterr().out


async def test_an_id_is_written_as_platforms_give_it(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    """A mail address in any case is the same person; a member of Slack without their workspace is nobody,
    whatever is to be done about them."""
    await remember(settings, "Quelle heure est-il ?", author="anne.martin@ministere.example")
    assert await person("erase", "Anne.Martin@Ministere.example") == 0
    assert "anne.martin@ministere.example est effacé" in capsys.readouterr().out
    commands: list[Callable[[], Awaitable[int]]] = [
        lambda: person("erase", "U012AB3CD"),
        lambda: block("person", "Anne Martin", blocked=True),
        lambda: audit("find", "anne", ""),
    ]
    for command in commands:
        with pytest.raises(ConfigurationError, match="slack:T…:U…"):
            await command()


async def test_beside_a_running_replica(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    """The commands may be given while a replica holds the embedded store."""
    async with opened(settings):
        assert await person("export", ANNE) == 0
    assert ANNE in capsys.readouterr().out


async def test_dead_letters_that_are_not_there(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    """An empty list is empty, and an unknown or missing id is said."""
    await remember(settings, "Quelle heure est-il ?")
    assert await dead("list", None) == 0
    assert capsys.readouterr().out == ""
    assert await dead("retry", None) == 2
    assert await dead("drop", "0-99") == 1
    assert "0-99" in capsys.readouterr().err


async def test_the_key_of_the_data_folder_is_replaced_while_a_replica_runs(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    """`keys rotate` makes a new key, the replica takes it over, all is wrapped anew; the former is gone."""
    await remember(settings, "Quelle heure est-il ?")
    path = settings.data_dir / "store.key"
    former = path.read_text().split()
    async with opened(settings) as base:
        presence = Presence(base.store, replica="un", who="ici", ring=lambda: base.vault.newest)
        async with presence.held(), asyncio.TaskGroup() as group:
            rotating = group.create_task(rotate())
            while not rotating.done():  # as a running replica does, which renews its name now and then
                await asyncio.sleep(0.1)
                await rotated(base)
                await presence._renewed()
        await rotated(base)
        assert base.vault.former == ()
        session, _ = await sessions_of(base).load("tchap:!room", ANNE)
        assert session.turns[0].question == "Quelle heure est-il ?"
    assert len(path.read_text().split()) == 1
    assert path.read_text().split() != former
    assert "scellées sous la nouvelle clé" in capsys.readouterr().out
    await person("export", ANNE)
    assert "Quelle heure est-il ?" in capsys.readouterr().out


async def test_keys_that_are_given_need_a_new_one(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With one key in the settings there is nothing to rotate to: the remedy is told."""
    monkeypatch.setenv("RELAIS_STORE__KEYS", f'["{generate()}"]')
    with pytest.raises(ConfigurationError, match="Écrivez la nouvelle devant elle"):
        await rotate()


async def test_a_broken_policy_keeps_no_operator_from_acting(
    settings: Settings, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What rules nothing works beside it, and says what is wrong with it."""
    await remember(settings, "Quelle heure est-il ?")
    (tmp_path / "p.toml").write_text("[ceilings]\nslack = 'N9'\n")
    monkeypatch.setenv("RELAIS_POLICY", str(tmp_path / "p.toml"))
    assert await dead("list", None) == 0
    assert await announce("Maintenance ce soir", until=None, closed=False, clear=False) == 0
    assert await block("person", ANNE, blocked=True) == 0
    assert await audit("verify", None, "") == 0
    assert await backup(tmp_path / "sauvegarde", None) == 0
    assert await incident("7F3K-2Q", as_json=False) == 1
    assert await person("erase", ANNE) == 0
    told = capsys.readouterr().err
    assert told.count("p.toml:2 ceilings.slack") == told.count("cette commande s’en passe") == 7


OPEN = """
[[models]]
id = "petit"
served = "p"
url = "https://llm.ministere.example/v1"
clearance = "N1"
active_parameters = 8
api_key_env = "CLE_DU_MODELE"
[retention]
audit_days = 300
"""


@pytest.mark.parametrize(
    ("policy", "found", "kept"),
    [
        ("", 0, "garde 183 jours"),
        (OPEN, 1, "garde 300 jours"),
        ("[ceilings", 1, "aussi longtemps que le dit"),
    ],
    ids=["shipped", "a key is missing", "broken"],
)
async def test_only_what_the_policy_says_excuses_a_cut_trail(
    settings: Settings, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
    policy: str, found: int, kept: str,
) -> None:  # fmt: skip
    """A head of 200 days ago may be gone with 183 days; with 300 it may not, nor where nobody knows. A
    policy whose key is missing is read all the same; one that cannot be read is not guessed."""
    await remember(settings, "Quelle heure est-il ?")
    async with opened(settings) as base:
        heads, at = Heads(settings.data_dir), time.time() - 200 * 86_400
        past = Audit(base.store, base.vault, policy="p", days=300, clock=lambda: at, heads=heads)
        await past.write([past.act("announce", by="anne")])
        await past.look()
        await base.store.batch([("DEL", base.store.key(0, name)) for name in ("audit", "audit-head")])
    (settings.data_dir / "p.toml").write_text(policy)
    monkeypatch.setenv("RELAIS_POLICY", str(settings.data_dir / "p.toml"))
    assert await audit("verify", None, "") == found
    assert ("ne peut pas être lue" in capsys.readouterr().err) == (policy == "[ceilings")
    assert await person("erase", ANNE) == 0
    assert kept in capsys.readouterr().out


async def test_an_invented_head_is_not_called_an_altered_trail(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    """One word for each: the head is not authentic, the trail is whole."""
    await remember(settings, "Quelle heure est-il ?")
    assert await audit("verify", None, "3:inventée:1:00") == 1
    said = capsys.readouterr()
    assert "NON AUTHENTIQUE" in said.err
    assert said.out.startswith("Journal intact")
