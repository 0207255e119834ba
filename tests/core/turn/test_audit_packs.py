"""Packed records: less room, the same proof."""

from __future__ import annotations

import random
import zlib
from collections.abc import AsyncGenerator, Awaitable, Callable
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from core.connector import Address
from core.errors import TooNew
from core.sensitivity.level import Level
from core.store.keyring import unlock
from core.store.valkey import Store, open_store
from core.store.wire import Command
from core.turn import audit as audit_module
from core.turn import audit_packs
from core.turn.audit import PACK_EVERY, Audit
from core.turn.audit_packs import Heads, Packs
from core.vault import Vault
from tests.core.conftest import KEYS

NOW = 1_700_000_000.0
DAY = 86_400.0
HERE = Address(connector="tchap", conversation="!salon:x")


class Clock:
    """A clock of the test."""

    now = NOW

    def __call__(self) -> float:
        return self.now


@pytest.fixture
async def parts(tmp_path: Path) -> AsyncGenerator[tuple[Store, Vault]]:
    async with open_store(data_dir=tmp_path) as store:
        yield store, await unlock(store, KEYS)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def audit(parts: tuple[Store, Vault], clock: Clock) -> Audit:
    return Audit(*parts, policy="p1", days=183, clock=clock)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Packs of four, pages of three, and five links in memory."""
    monkeypatch.setattr(audit_packs, "SIZE", 4)
    monkeypatch.setattr(audit_packs, "PAGE", 3)
    monkeypatch.setattr(audit_module, "RECENT", 5)


def decided(audit: Audit, person: str = "@anne:x", model: str = "m") -> Command:
    return audit.deciding(
        "answered", person=person, address=HERE, audience="tchap_encrypted", level=Level.N2, model=model
    )


async def written(audit: Audit, count: int, *, clock: Clock | None = None, apart: float = 0.0) -> None:
    for number in range(count):
        await audit.see()
        await audit.write([decided(audit, f"@{number % 3}:x", f"m{number}")])
        if clock:
            clock.now += apart


async def pack(audit: Audit, clock: Clock) -> None:
    clock.now += PACK_EVERY + 1
    await audit.look()


async def stream(store: Store) -> int:
    return await store.run(("XLEN", store.key(0, "audit")))


@pytest.mark.usefixtures("small")
async def test_packed_records_are_the_same(parts: tuple[Store, Vault], audit: Audit, clock: Clock) -> None:
    """Each with its number, link and proof, for reading, for a person and for verification; heads that were
    kept before are found, and what the version before wrote is packed like the rest."""
    await written(audit, 21)
    before = [{**entry, "id": ""} async for entry in audit.entries()]
    head = (await audit.verify()).head
    await pack(audit, clock)
    assert await stream(parts[0]) == 5
    after = [{**entry, "id": ""} async for entry in audit.entries()]
    assert after == before
    assert [entry["n"] async for entry in audit.find("@1:x")] == [2, 5, 8, 11, 14, 17, 20]
    verdict = await audit.verify(head)
    assert (verdict.count, verdict.faults) == (21, ())
    await written(audit, 8)
    await pack(audit, clock)
    assert await stream(parts[0]) == 5
    assert (await audit.verify(head)).faults == ()


@pytest.mark.usefixtures("small")
async def test_new_records_stay_as_they_are(parts: tuple[Store, Vault], audit: Audit, clock: Clock) -> None:
    """A trail of few records is not touched."""
    await written(audit, 7)
    await pack(audit, clock)
    assert await stream(parts[0]) == 7


@pytest.mark.usefixtures("small")
async def test_reading_while_records_are_packed(
    parts: tuple[Store, Vault], audit: Audit, clock: Clock
) -> None:
    """Whenever it happens, each record is read once, in order."""
    await written(audit, 18)
    for moment in (1, 4, 5, 9, 17):
        await written(audit, 4)
        count = (await audit.verify()).count
        read: list[int] = []
        async for entry in audit.entries():
            read.append(entry["n"])
            if len(read) == moment:
                await pack(audit, clock)
        assert read == list(range(1, count + 1))


@pytest.mark.usefixtures("small")
async def test_two_replicas_pack_once(parts: tuple[Store, Vault], audit: Audit) -> None:
    """The second finds that its records are no longer the oldest."""
    await written(audit, 9)
    page = await parts[0].run(("XRANGE", parts[0].key(0, "audit"), "-", "+", "COUNT", 4))
    first, last = page[0][0], page[3][0]
    entries = [entry async for entry in audit.entries()][:4]
    value = Packs(*parts).packed(entries)
    assert value is not None
    put = parts[0].script("audit_pack", 0, 4, value, first, last)
    assert await parts[0].batch([put, put]) == [1, 0]
    verdict = await audit.verify()
    assert (verdict.count, verdict.faults) == (9, ())


async def altered(store: Store, vault: Vault) -> None:
    """Another level in the second pack, deflated anew, with the proof that it had."""
    place = store.key(0, "audit-pack", "8")
    pack = await store.run(("GET", place))
    body = zlib.compress(zlib.decompress(pack[17:]).replace(b'"N2"', b'"N0"', 1))
    await store.run(("SET", place, pack[:17] + body))


async def moved(store: Store, vault: Vault) -> None:
    """The first pack in the place of the second."""
    pack = await store.run(("GET", store.key(0, "audit-pack", "4")))
    await store.run(("SET", store.key(0, "audit-pack", "8"), pack))


async def removed(store: Store, vault: Vault) -> None:
    await store.run(("DEL", store.key(0, "audit-pack", "8")))


async def unlisted(store: Store, vault: Vault) -> None:
    await store.run(("ZREM", store.key(0, "audit-packs"), "8"))


async def beheaded(store: Store, vault: Vault) -> None:
    """The first pack gone, as though it had expired."""
    await store.batch([("DEL", store.key(0, "audit-pack", "4")), ("ZREM", store.key(0, "audit-packs"), "4")])


async def invented(store: Store, vault: Vault) -> None:
    """A pack that ends far beyond all, without end."""
    await store.run(("ZADD", store.key(0, "audit-packs"), 10**15, 10**15))
    await store.run(("XTRIM", store.key(0, "audit"), "MAXLEN", 2))


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("tamper", [altered, moved, removed, unlisted, beheaded, invented])
async def test_tampering_shows(
    parts: tuple[Store, Vault],
    audit: Audit,
    clock: Clock,
    tamper: Callable[[Store, Vault], Awaitable[None]],
) -> None:
    """In packs as in the stream; of a pack that was altered no record is shown."""
    await written(audit, 21)
    await pack(audit, clock)
    await tamper(*parts)
    assert (await audit.verify()).faults
    assert all(entry["level"] == "N2" for entry in [each async for each in audit.entries()])


@pytest.mark.usefixtures("small")
async def test_what_was_tampered_with_is_not_packed(
    parts: tuple[Store, Vault], audit: Audit, clock: Clock
) -> None:
    """A pack would make it authentic. The log says that nothing is packed, and `verify` why."""
    store = parts[0]
    await written(audit, 12)
    page = await store.run(("XRANGE", store.key(0, "audit"), "-", "+"))
    await store.run(("XDEL", store.key(0, "audit"), page[1][0]))
    with capture_logs() as lines:
        await pack(audit, clock)
    assert [line["event"] for line in lines] == ["audit_not_packed"]
    assert await stream(store) == 11
    assert (await audit.verify()).faults[
        0
    ] == "il manque des enregistrements entre 1 et 3, ou ils ont été déplacés"


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("days", [2.5, 4.5, 7.5, 14.5, 19.5])
async def test_records_expire_to_the_day(
    parts: tuple[Store, Vault], audit: Audit, clock: Clock, days: float
) -> None:
    """In the middle of a pack, at its end, and in the stream; what is left is whole, and older heads are no
    fault."""
    await written(audit, 21, clock=clock, apart=DAY)
    head = (await audit.verify()).head
    await pack(audit, clock)
    clock.now = NOW + (183 + days) * DAY
    await audit.look()
    left = [entry["n"] async for entry in audit.entries() if entry["what"] != "expired"]
    assert left == [n for n in range(1, 22) if n > days + 1]
    assert (await audit.verify(head)).faults == ()
    places = await parts[0].run(("ZRANGE", parts[0].key(0, "audit-packs"), 0, -1))
    kept = [name async for _, name in parts[0].scan() if "audit-pack:" in name]
    assert len(kept) == len(places)


@pytest.mark.usefixtures("small")
async def test_old_heads_and_old_sights_are_looked_up(
    parts: tuple[Store, Vault], audit: Audit, clock: Clock, tmp_path: Path
) -> None:
    """A replica that slept names a record from long ago; a head of the first hour is still looked for."""
    heads = Heads(tmp_path / "heads")
    (tmp_path / "heads").mkdir()
    keeping = Audit(*parts, policy="p1", days=183, clock=clock, heads=heads)
    await written(audit, 2)
    await keeping.look()
    await written(audit, 20)
    await keeping.write([decided(keeping)])
    await pack(audit, clock)
    assert (await keeping.verify()).faults == ()
    await beheaded(*parts)
    faults = (await keeping.verify()).faults
    assert faults[0] == "il manque des enregistrements avant 5, qui n’avaient pas expiré"
    assert any("n’est plus dans le journal" in fault for fault in faults)


async def test_a_pack_of_a_newer_version_is_named(parts: tuple[Store, Vault], audit: Audit) -> None:
    """It is neither read in part nor taken for tampering."""
    store = parts[0]
    await store.batch(
        [("ZADD", store.key(0, "audit-packs"), 4, 4), ("SET", store.key(0, "audit-pack", "4"), b"\x02" * 40)]
    )
    with pytest.raises(TooNew):
        await audit.verify()


async def test_room_of_a_packed_record(parts: tuple[Store, Vault], audit: Audit, clock: Clock) -> None:
    """A tenth of a kilobyte at most, all that the store needs for it included: 400,000 questions a day for
    183 days fit in 8 GB."""
    store, chance = parts[0], random.Random(1)

    async def used() -> int:
        return (await store.memory())[0]

    empty, count = await used(), 6_000
    for _ in range(count // 500):
        await audit.see()
        await audit.write([decided(audit, f"@{chance.randrange(9**6)}:x") for _ in range(500)])
    raw = await used() - empty
    await pack(audit, clock)
    stays = await stream(store)
    assert stays < 2 * audit_packs.SIZE
    packed = (await used() - empty - raw * stays / count) / (count - stays)
    print(f"{raw / count:.0f} bytes, packed {packed:.0f}")
    assert packed < 8e9 / 400_000 / 183
    assert (await audit.verify()).count == count
