"""What only an operator can mend ends in one clear message with the remedy; what passes is waited for."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import subprocess
from collections.abc import AsyncGenerator, Generator, Mapping
from contextlib import asynccontextmanager, closing, contextmanager
from pathlib import Path

import aiohttp
import pytest

from tests.rig import mail as mail_rig
from tests.rig.bot import Bot, bot_on_tchap
from tests.rig.child import LOOPBACK
from tests.rig.gateway import FakeGateway
from tests.rig.mail import mail_server
from tests.rig.post import environment as mail_settings
from tests.rig.proxy import answer, error, proxy
from tests.rig.relais import Relais, relais
from tests.rig.synapse import Federation
from tests.rig.troupe import Troupe

pytestmark = pytest.mark.asyncio(loop_scope="session")

V3 = "/_matrix/client/v3"
FAILED, WRONG = 1, 2


async def refused(process: Relais, code: int) -> str:
    """The one message that a start ended with, and that there is nothing else: no trace, no second word."""
    await process.launch()
    assert await process.ended() == code, process.log
    return only_message(process)


def only_message(process: Relais) -> str:
    """What was written beside the log, whose lines are JSON."""
    said = [line for line in process.log.splitlines() if not line.startswith("{")]
    assert len(said) == 1, process.log
    assert "Traceback" not in process.log
    return said[0]


@asynccontextmanager
async def alone(folder: Path, settings: Mapping[str, str]) -> AsyncGenerator[Relais]:
    """A relais that is not started yet, with no account behind it: the address answers nobody."""
    given = {
        "RELAIS_TCHAP__HOMESERVER": "http://127.0.0.1:9",
        "RELAIS_TCHAP__USER": "@robot:localhost",
        "RELAIS_TCHAP__PASSWORD": "secret",
    }
    async with relais(folder, given | dict(settings), started=False) as process:
        yield process


@asynccontextmanager
async def unstarted(
    folder: Path, servers: Federation, gateway: FakeGateway, **more: str
) -> AsyncGenerator[Bot]:
    async with bot_on_tchap(folder, servers, gateway, started=False, **more) as bot:
        yield bot


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"RELAIS_TCHAP__HOMESERVR": "x"}, r"RELAIS_TCHAP__HOMESERVR.*RELAIS_TCHAP__HOMESERVER"),
        ({"RELAIS_MAX_AGE": "demain"}, r"RELAIS_MAX_AGE"),
        ({"RELAIS_STORE__URL": "redis://127.0.0.1:9"}, r"RELAIS_STORE__KEYS.*openssl"),
        ({"RELAIS_POLICY": "/nulle/part.toml"}, r"RELAIS_POLICY"),
    ],
)
async def test_a_wrong_setting_is_named(tmp_path: Path, settings: dict[str, str], said: str) -> None:
    """A misspelt name, a value of the wrong shape, a setting that another one demands."""
    async with alone(tmp_path, settings) as process:
        assert re.search(said, await refused(process, WRONG))


async def test_no_connector_at_all(tmp_path: Path) -> None:
    """With nothing configured relais says how to try it."""
    async with relais(tmp_path, {}, started=False, cold=True) as process:
        assert re.search("RELAIS_TCHAP__HOMESERVER.*make demo", await refused(process, WRONG))


async def test_an_unreachable_store_is_named(tmp_path: Path) -> None:
    """Without its store a replica does not start: the address and the setting are named."""
    settings = {"RELAIS_STORE__URL": "redis://127.0.0.1:9", "RELAIS_STORE__KEYS": f'["{"k" * 44}"]'}
    async with alone(tmp_path, settings) as process:
        assert re.search(
            r"127\.0\.0\.1:9 ne peut pas être joint.*RELAIS_STORE__URL", await refused(process, FAILED)
        )


async def test_a_port_in_use_is_named(tmp_path: Path) -> None:
    """The port of the health pages is taken: another one is proposed."""
    with closing(socket.create_server((LOOPBACK, 0))) as taken:
        bind = f"{LOOPBACK}:{taken.getsockname()[1]}"
        async with alone(tmp_path, {"RELAIS_HTTP__BIND": bind}) as process:
            assert re.search(
                rf"RELAIS_HTTP__BIND\s: {bind} est prise.*un autre port", await refused(process, WRONG)
            )


@contextmanager
def small_disk(folder: Path, size: str) -> Generator[Path]:
    """A disk of this size, in memory. Only root may have one."""
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.mark.skipif(os.getuid() != 0, reason="only root can make a small disk")
async def test_a_full_disk_is_named(tmp_path: Path) -> None:
    """No room for the store: it is not even started, so that nothing is half written."""
    with small_disk(tmp_path / "full", "4m") as disk:
        async with alone(tmp_path / "relais", {"RELAIS_DATA_DIR": str(disk)}) as process:
            assert re.search(r"disque.*est plein\s:\slibérez-y de la place", await refused(process, FAILED))


async def test_a_data_folder_in_use_is_named(
    tmp_path: Path, servers: Federation, gateway: FakeGateway, bot: Bot
) -> None:
    """A second relais on one data folder is refused, and the first one goes on."""
    async with unstarted(tmp_path, servers, gateway, RELAIS_DATA_DIR=str(bot.process.data)) as second:
        said = await refused(second.process, WRONG)
    assert re.search(rf"sert à un autre relais \(processus {bot.process.pid}\).*RELAIS_DATA_DIR", said)
    assert await readiness(bot.process) == 200


async def test_a_wrong_password_is_named(tmp_path: Path, servers: Federation, gateway: FakeGateway) -> None:
    """The homeserver does not know this password."""
    async with unstarted(tmp_path, servers, gateway, RELAIS_TCHAP__PASSWORD="faux") as bot:
        said = await refused(bot.process, WRONG)
    assert re.search(
        rf"RELAIS_TCHAP__PASSWORD.*refuse ce mot de passe pour {re.escape(bot.user)}.*Corrigez", said
    )


async def test_an_expired_account_is_named(tmp_path: Path, servers: Federation, gateway: FakeGateway) -> None:
    """Tchap's expired accounts: at the start, and while it runs."""
    async with (
        proxy(servers.agents.base_url) as way,
        unstarted(tmp_path, servers, gateway, RELAIS_TCHAP__HOMESERVER=way.url) as bot,
    ):
        rule = way.add(error(403, "ORG_MATRIX_EXPIRED_ACCOUNT"), path="/login")
        at_start = await refused(bot.process, WRONG)
        way.rules.remove(rule)
        await bot.process.start()
        way.add(error(403, "ORG_MATRIX_EXPIRED_ACCOUNT"), path="/sync")
        await touch(servers, bot)
        said = await failed_part(bot.process)
        assert await readiness(bot.process) == 503
        assert bot.process.running
    assert re.search(r"RELAIS_TCHAP__USER.*a expiré.*Renouvelez-le", at_start)
    assert re.search(r"RELAIS_TCHAP__USER.*a expiré.*Renouvelez-le", said)


async def failed_part(process: Relais) -> str:
    """The line of the log that names a part which failed; there is one only."""
    await process.until(lambda: "part_failed" in process.log)
    (line,) = [line for line in process.log.splitlines() if "part_failed" in line]
    return line


async def touch(servers: Federation, bot: Bot) -> None:
    """Have the homeserver end the bot's long poll, as anything that happens does."""
    token = (await login(servers, bot))["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    url = f"{servers.agents.base_url}{V3}/createRoom"
    async with aiohttp.request("POST", url, json={}, headers=headers) as done:
        assert done.status == 200


async def login(servers: Federation, bot: Bot) -> dict[str, str]:
    body = {
        "type": "m.login.password",
        "identifier": {"type": "m.id.user", "user": bot.user},
        "password": bot.process.environment["RELAIS_TCHAP__PASSWORD"],
    }
    async with aiohttp.request("POST", f"{servers.agents.base_url}{V3}/login", json=body) as done:
        return dict(await done.json())


async def test_a_revoked_token_is_named(tmp_path: Path, servers: Federation, gateway: FakeGateway) -> None:
    """A token that is no longer known makes a running bot red, and ends each start after it."""
    async with unstarted(tmp_path, servers, gateway) as bot:
        token = (await login(servers, bot))["access_token"]
        bot.process.environment["RELAIS_TCHAP__ACCESS_TOKEN"] = token
        del bot.process.environment["RELAIS_TCHAP__PASSWORD"]
        await bot.process.start()
        headers = {"Authorization": f"Bearer {token}"}
        async with aiohttp.request("POST", f"{servers.agents.base_url}{V3}/logout", headers=headers) as done:
            assert done.status == 200
        said = await failed_part(bot.process)
        assert re.search(
            r"RELAIS_TCHAP__ACCESS_TOKEN\s: le serveur ne connaît pas.*Donnez-en un valable", said
        )
        assert await readiness(bot.process) == 503
        assert await bot.process.stop() == 0
        await bot.process.launch()
        assert await bot.process.ended() == WRONG


@pytest.mark.skipif(bool(mail_rig.missing()), reason=mail_rig.missing())
async def test_a_changed_mailbox_password_ends_nothing_in_tchap(
    tmp_path: Path, servers: Federation, troupe: Troupe, gateway: FakeGateway
) -> None:
    """The mailbox is red and named once, Tchap answers; with the right password all is green by itself."""
    async with (
        mail_server("synthese") as server,
        bot_on_tchap(tmp_path, servers, gateway, **mail_settings(server, gateway)) as bot,
    ):
        await server.change_password("synthese", "un autre")
        assert "RELAIS_MAIL__IMAP_URL : le serveur refuse la connexion" in await failed_part(bot.process)
        assert await readiness(bot.process) == 503
        alice = await troupe.person(servers.agents, "alice")
        chat = await alice.direct_chat(bot.user)
        greeting = await chat.message(sender=bot.user, containing="robot")
        await chat.send("Bonjour à toi")
        await chat.message(sender=bot.user, containing="Bonjour", after=greeting.id)
        await server.change_password("synthese", mail_rig.PASSWORD)
        await bot.process.until(lambda: "part_recovered" in bot.process.log)
        async with asyncio.timeout(60):
            while await readiness(bot.process) != 200:  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.1)
    assert bot.process.log.count("part_failed") == 1


async def test_a_lenient_start_does_without_what_is_wrong(
    tmp_path: Path, servers: Federation, gateway: FakeGateway
) -> None:
    """A mailbox of which a setting is missing is named and red, and Tchap listens."""
    wrong = {"RELAIS_MAIL__ADDRESS": "synthese@ministere.example", "RELAIS_START": "lenient"}
    async with unstarted(tmp_path, servers, gateway, **wrong) as bot:
        await bot.process.start()
        assert await readiness(bot.process) == 503
        assert "RELAIS_MAIL__SMTP_URL" in await failed_part(bot.process)
        assert bot.process.running


async def test_an_unreachable_homeserver_is_waited_for(
    tmp_path: Path, servers: Federation, gateway: FakeGateway
) -> None:
    """One line says that it does not answer and what to check; the replica lives, is not ready, and goes on
    by itself once it does."""
    async with (
        proxy(servers.agents.base_url) as way,
        unstarted(tmp_path, servers, gateway, RELAIS_TCHAP__HOMESERVER=way.url) as bot,
    ):
        rule = way.add(answer(502, "<html>Bad Gateway</html>"))
        await bot.process.launch()
        await rule.applied.wait()
        await bot.process.until(lambda: "homeserver_unreachable" in bot.process.log)
        assert await readiness(bot.process) == 503
        way.heal()
        await bot.process.until(lambda: "ready" in bot.process.output)
        assert await readiness(bot.process) == 200
    lines = [line for line in bot.process.log.splitlines() if "homeserver_unreachable" in line]
    assert len(lines) == 1
    assert "RELAIS_TCHAP__HOMESERVER" in lines[0]
    assert "Traceback" not in bot.process.log


async def test_an_unknown_model_is_told(
    tmp_path: Path, servers: Federation, troupe: Troupe, gateway: FakeGateway
) -> None:
    """The person gets a word, the operator one line that names the model and what the gateway said."""
    async with bot_on_tchap(tmp_path, servers, gateway, RELAIS_GATEWAY__MODEL="inconnu") as bot:
        alice = await troupe.person(servers.agents, "alice")
        chat = await alice.direct_chat(bot.user)
        greeting = await chat.message(sender=bot.user, containing="robot")
        await chat.send("Bonjour")
        await chat.message(sender=bot.user, containing="refus", after=greeting.id)
        lines = [line for line in bot.process.log.splitlines() if '"level":"info"' not in line]
    told = [line for line in lines if "gateway_failed" in line]
    assert len(told) == 1, lines
    assert "inconnu" in told[0]
    assert [line for line in lines if line not in told and "python_outdated" not in line] == []


async def readiness(process: Relais) -> int:
    async with aiohttp.request("GET", f"{process.url}/readyz") as said:
        return said.status


async def test_signals_change_the_level_of_the_log_and_reread_the_policy(tmp_path: Path) -> None:
    """While it runs: SIGUSR1 for all, SIGUSR2 for what the settings say, SIGHUP for the policy; one that is
    wrong is refused in one line, and ends nothing."""
    async with alone(tmp_path, {}) as process:
        await process.launch()
        await process.until(lambda: "homeserver_unreachable" in process.log)
        os.kill(process.pid, signal.SIGUSR1)
        await process.until(lambda: '"reason":"debug"' in process.log)
        os.kill(process.pid, signal.SIGUSR2)
        await process.until(lambda: '"reason":"info"' in process.log)
        write_policy(process, "[ceilings]\nslack = 'N9'\n")
        os.kill(process.pid, signal.SIGHUP)
        await process.until(lambda: "policy_refused" in process.log)
        assert process.running
        write_policy(process, "[quotas]\nmessages_per_minute = 3\n")
        await process.until(lambda: "policy_reloaded" in process.log)
        assert await process.stop() == 0


def write_policy(process: Relais, text: str) -> None:
    Path(process.environment["RELAIS_POLICY"]).write_text(text)
