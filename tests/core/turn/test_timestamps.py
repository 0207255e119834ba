"""A timestamp server's word stands in the trail: what was made anew, or forged with the keys, shows."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from aiohttp import web
from structlog.testing import capture_logs

from core.errors import ConfigurationError
from core.store.keyring import unlock
from core.store.valkey import open_store
from core.turn.audit import Audit
from core.turn.audit_packs import Heads
from core.turn.timestamps import PAUSE, Stamps
from tests.core.conftest import KEYS
from tests.core.turn.test_audit import decided
from tests.rig.serving import serving

pytestmark = pytest.mark.skipif(not shutil.which("openssl"), reason="openssl is not installed")

CONFIG = """
[req]
distinguished_name = name
prompt = no
[name]
CN = {name}
[root]
basicConstraints = critical, CA:true
keyUsage = critical, keyCertSign
subjectKeyIdentifier = hash
[stamping]
extendedKeyUsage = critical, timeStamping
keyUsage = critical, digitalSignature
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[tsa]
default_tsa = tsa1
[tsa1]
serial = {folder}/serial
crypto_device = builtin
signer_cert = {folder}/tsa.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4
digests = sha256
"""


@dataclass
class Authority:
    """A timestamp server on openssl; `works`: it answers. `asked` counts requests."""

    folder: Path
    url: str = ""
    works: bool = True
    asked: int = 0

    @property
    def root(self) -> Path:
        return self.folder / "root.pem"

    def make(self, name: str) -> None:
        self.folder.mkdir()
        config = self.folder / "tsa.cnf"
        config.write_text(CONFIG.format(folder=self.folder, name=name))
        (self.folder / "serial").write_text("01")
        own = ["-config", config, "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
        root = ["-keyout", self.folder / "root.key", "-out", self.root]
        self._openssl("req", "-x509", *own, "-extensions", "root", "-days", "30", *root)
        issued = ["-CA", self.root, "-CAkey", self.folder / "root.key", "-subj", f"/CN={name} horodatage"]
        files = ["-keyout", self.folder / "tsa.key", "-out", self.folder / "tsa.pem"]
        self._openssl("req", "-x509", *own, "-extensions", "stamping", "-days", "30", *issued, *files)

    async def answer(self, request: web.Request) -> web.Response:
        self.asked += 1
        if not self.works:
            return web.Response(status=503)
        query = self.folder / f"query-{self.asked}"
        query.write_bytes(await request.read())
        reply = ["-queryfile", query, "-out", f"{query}.tsr"]
        await asyncio.to_thread(self._openssl, "ts", "-reply", "-config", self.folder / "tsa.cnf", *reply)
        body = await asyncio.to_thread(Path(f"{query}.tsr").read_bytes)
        return web.Response(body=body, content_type="application/timestamp-reply")

    @staticmethod
    def _openssl(*arguments: str | Path) -> None:
        subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True, timeout=60)


@asynccontextmanager
async def authority(folder: Path, name: str = "AC") -> AsyncGenerator[Authority]:
    made = Authority(folder)
    made.make(name)
    app = web.Application()
    app.router.add_post("/", made.answer)
    async with serving(app) as url:
        made.url = f"{url}/"
        yield made


def stamps(tsa: Authority, data: Path) -> Stamps:
    return Stamps(tsa.url, tsa.root, data_dir=data, ca_file=None)


@dataclass
class Clock:
    """The trail's clock: now, and what a test adds."""

    now: float


@asynccontextmanager
async def trail(folder: Path, data: Path, tsa: Authority, clock: Clock) -> AsyncGenerator[Audit]:
    """A trail of its own in a store of its own."""
    data.mkdir(exist_ok=True)  # noqa: ASYNC240
    async with open_store(data_dir=folder) as store:
        vault = await unlock(store, KEYS)
        yield Audit(
            store,
            vault,
            policy="p1",
            days=183,
            clock=lambda: clock.now,
            heads=Heads(data),
            stamps=stamps(tsa, data),
        )


@pytest.fixture
def clock() -> Clock:
    import time

    return Clock(time.time())


async def test_heads_are_stamped_and_verified(tmp_path: Path, clock: Clock) -> None:
    """The first head of an hour gets a stamp of the server, which holds when it is judged later."""
    async with (
        authority(tmp_path / "tsa") as tsa,
        trail(tmp_path / "s", tmp_path / "d", tsa, clock) as audit,
    ):
        await audit.write([decided(audit)])
        await audit.look()
        await audit.write([decided(audit)])
        await audit.look()
        assert tsa.asked == 1
        verdict = await audit.verify()
    assert (verdict.faults, verdict.stamped) == ((), 1)


async def test_a_trail_that_was_made_anew_with_the_keys_shows(tmp_path: Path, clock: Clock) -> None:
    """Who holds the store, the keys and the data folder writes another trail whose heads are signed: the
    stamps that were kept elsewhere are not of it."""
    async with authority(tmp_path / "tsa") as tsa:
        async with trail(tmp_path / "s", tmp_path / "d", tsa, clock) as audit:
            await audit.write([decided(audit, "m1")])
            await audit.look()
        kept = tmp_path / "kept-elsewhere"
        shutil.copy(tmp_path / "d" / "audit-stamps", kept)
        async with open_store(data_dir=tmp_path / "s") as store:
            await store.batch([("DEL", store.key(0, name)) for name in ("audit", "audit-head")])
        async with trail(tmp_path / "s", tmp_path / "d2", tsa, clock) as forged:
            await forged.write([decided(forged, "m2")])
            await forged.look()
            assert (await forged.verify()).faults == ()
            (fault,) = (await forged.verify(stamps=kept)).faults
    assert "n’est plus dans le journal" in fault


async def test_stamps_that_were_kept_elsewhere_are_of_this_trail_or_prove_nothing(
    tmp_path: Path, clock: Clock
) -> None:
    """Those of another installation do not make a trail an altered one; among its own, one of them does."""
    async with authority(tmp_path / "tsa") as tsa, trail(tmp_path / "s", tmp_path / "d", tsa, clock) as audit:
        other = tmp_path / "other"
        head = "1:ailleurs:" + str(int(clock.now)) + ":00"
        other.write_text(f"{await stamps(tsa, tmp_path / 'd').stamp(head)}\n")
        verdict = await audit.verify(stamps=other)
        assert (verdict.faults, verdict.false_heads, verdict.stamped) == ((), (head,), 1)
        shutil.copy(other, tmp_path / "d" / "audit-stamps")
        verdict = await audit.verify()
        assert "n’est pas authentique" in verdict.faults[0]
        assert verdict.false_heads == ()


async def test_a_stamp_of_another_authority_or_time_does_not_hold(tmp_path: Path, clock: Clock) -> None:
    """Nobody stamps by themselves, and a head that says another time than its stamp is named."""
    async with authority(tmp_path / "tsa") as tsa, authority(tmp_path / "own", "Moi") as own:
        async with trail(tmp_path / "s", tmp_path / "d", own, clock) as audit:
            await audit.write([decided(audit)])
            await audit.look()
        line = (tmp_path / "d" / "audit-stamps").read_text().strip()
        assert "ne tient pas" in stamps(tsa, tmp_path / "d").judge(line)[1]
        assert stamps(own, tmp_path / "d").judge(line)[1] == ""
        assert stamps(own, tmp_path / "d").judge(f"{line[:-9]}AAAAAAAA=")[1]
        clock.now -= 7 * 86_400
        with capture_logs() as logs:
            async with trail(tmp_path / "s2", tmp_path / "d2", own, clock) as back:
                await back.write([decided(back)])
                await back.look()
    assert [line["event"] for line in logs if line["log_level"] == "warning"] == ["audit_head_not_stamped"]


async def test_a_server_that_is_away_is_asked_again(tmp_path: Path, clock: Clock) -> None:
    """After a pause, for the heads that it owes; the trail goes on."""
    async with (
        authority(tmp_path / "tsa") as tsa,
        trail(tmp_path / "s", tmp_path / "d", tsa, clock) as audit,
    ):
        tsa.works = False
        await audit.write([decided(audit)])
        await audit.look()
        await audit.look()
        assert tsa.asked == 1
        tsa.works = True
        clock.now += PAUSE
        await audit.look()
        verdict = await audit.verify()
    assert (verdict.faults, verdict.stamped, tsa.asked) == ((), 1, 2)


async def test_a_file_without_a_root_is_named(tmp_path: Path) -> None:
    """With the setting, before anything runs."""
    (tmp_path / "ca.pem").write_text("rien")
    with pytest.raises(ConfigurationError, match="RELAIS_AUDIT__TIMESTAMP_CA"):
        Stamps("http://tsa", tmp_path / "ca.pem", data_dir=tmp_path, ca_file=None)
