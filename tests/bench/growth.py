"""What conversations cost in memory and at start: those known of old, and those in which somebody speaks.

Known ones are written as relais keeps them: for each a room in the notebook and keys in the key store. Then
it is started on them, and others speak. What those leave in memory is measured while a thousand people speak.

Run: `python -m tests.bench growth`.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from pathlib import Path

import orjson
import vodozemac
from nio.crypto import InboundGroupSession

from connectors.tchap.device import Folder
from connectors.tchap.keystore import KeyStore
from connectors.tchap.room import Room
from core.store.keyring import unlock
from core.store.valkey import StoredNotebook, open_store
from core.vault import Keys
from tests.bench.capacity import as_fast_as_they_can
from tests.bench.offstage import KEYS, Asker, Offstage, instant_gateway, offstage
from tests.bench.process import resident
from tests.bench.table import Row, show

SPEAKING = 32


async def make_known(on: Offstage, first: int, last: int) -> None:
    """Conversations of old: what relais keeps of each on its device. It does not run meanwhile."""
    (replica,) = on.replicas
    folder = Folder(replica.data / "tchap")
    device = folder.read_device()
    assert device is not None
    name = (replica.data / "replica").read_text().strip()
    async with open_store(url=on.store, data_dir=replica.data) as store:
        vault = await unlock(store, Keys(orjson.loads(KEYS)))
        notebook = StoredNotebook(store, vault, f"tchap|{name}")
        epoch = orjson.loads(await notebook.get("sync") or b"{}")["epoch"]
        keys = KeyStore(
            device.user, device.device, folder.crypto_path(device.device), vault.tag("tchap", "pickle")
        )
        with keys.batch():
            for number in range(first, last):
                keys.save_inbound_group_session(_session(f"!ancien-{number}:stub"))
        keys.close()
        for start in range(first, last, 500):
            await asyncio.gather(
                *(
                    _note(notebook, epoch, device.user, number)
                    for number in range(start, min(start + 500, last))
                )
            )


async def _note(notebook: StoredNotebook, epoch: str, me: str, number: int) -> None:
    room = Room(id=f"!ancien-{number}:stub", encrypted=True, marked_direct=True)
    room.joined = {me: "Assistant", f"@ancien-{number}:stub": "Prénom NOM [Service]"}
    await notebook.set(f"room:{room.id}", orjson.dumps({"epoch": epoch, "room": room.dump()}))


def _session(room: str) -> InboundGroupSession:
    key = vodozemac.GroupSession().session_key.to_base64()
    return InboundGroupSession(key, "signing key", "identity key", room)


async def _started(on: Offstage) -> tuple[float, float]:
    """Seconds until it is ready, and its memory then."""
    (replica,) = on.replicas
    began = time.monotonic()
    await replica.start()
    return time.monotonic() - began, resident(replica.pid)


async def measure(folder: Path, counts: tuple[int, ...], speakers: int) -> list[Row]:
    rows: list[Row] = []
    async with instant_gateway() as gateway, offstage(folder / "growth", gateway) as on:
        (replica,) = on.replicas
        askers = await on.people(SPEAKING, "habitue", encrypted=True)
        known = 0
        for count in counts:
            await replica.stop()
            await make_known(on, known, count)
            known = count
            ready, memory = await _started(on)
            load = await as_fast_as_they_can(on, askers, 10, f"à {count}")
            note = f"{load.each:.1f} ms of CPU per answer then"
            rows += [
                Row(
                    what=f"ready, {count} conversations known", measured=ready, unit="s", goal=1.5, note=note
                ),
                Row(what=f"memory, {count} conversations known", measured=memory, unit="MB"),
            ]
        rows.append(await _speaking(on, speakers))
    return rows


async def _speaking(on: Offstage, speakers: int) -> Row:
    """What so many people who speak leave in memory."""
    (replica,) = on.replicas
    before = resident(replica.pid)
    everyone: list[Asker] = await on.people(speakers, "nouveau", encrypted=True)
    grown = (resident(replica.pid) - before) / len(everyone) * 1000
    return Row(
        what="memory for 1,000 conversations with an answer", measured=grown, unit="MB", note=f"of {speakers}"
    )


def main(*, quick: bool = False) -> None:
    with tempfile.TemporaryDirectory(prefix="relais-bench-") as folder:
        counts = (100, 2_500) if quick else (100, 1_000, 5_000, 25_000)
        rows = asyncio.run(measure(Path(folder), counts, 300 if quick else 1_000))
    show("Conversations, known and speaking, on a stub homeserver", rows)
