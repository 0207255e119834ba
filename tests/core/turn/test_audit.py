"""The audit trail: every decision, no content, and tampering shows."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from pathlib import Path

import orjson
import pytest
from structlog.testing import capture_logs

from core.connector import Address
from core.sensitivity.level import Level
from core.store.keyring import unlock
from core.store.valkey import Store, open_store
from core.store.wire import Command
from core.turn.audit import Audit
from core.turn.audit_packs import Heads
from core.vault import Vault
from tests.core.conftest import KEYS, Core
from tests.core.test_levels_path import DR, NIR, WEAK, told
from tests.rig.platform import message

NOW = 1_700_000_000.0
HERE = Address(connector="tchap", conversation="!salon:x")


@pytest.fixture
async def parts(tmp_path: Path) -> AsyncGenerator[tuple[Store, Vault]]:
    async with open_store(data_dir=tmp_path) as store:
        yield store, await unlock(store, KEYS)


def trail(
    parts: tuple[Store, Vault], days: int = 183, *, at: float = NOW, heads: Heads | None = None
) -> Audit:
    return Audit(*parts, policy="p1", days=days, clock=lambda: at, heads=heads)


def decided(audit: Audit, model: str = "m") -> Command:
    return audit.deciding(
        "answered",
        person="@anne:x",
        address=HERE,
        audience="tchap_encrypted",
        level=Level.N2,
        kinds=("nir", "iban", "nir"),
        model=model,
        rules="1",
    )


async def written(audit: Audit, count: int) -> None:
    for number in range(count):
        await audit.look()
        await audit.write([decided(audit, f"m{number}")])


async def test_records_come_back_whole_and_without_names(parts: tuple[Store, Vault]) -> None:
    """A record has level, kinds, decision, model and versions; nobody's name and no room's."""
    audit = trail(parts)
    await written(audit, 3)
    entries = [entry async for entry in audit.entries()]
    assert [entry["n"] for entry in entries] == [1, 2, 3]
    first = entries[0]
    assert (first["what"], first["level"], first["kinds"]) == ("answered", "N2", ["iban", "nir"])
    assert (first["model"], first["policy"], first["rules"]) == ("m0", "p1", "1")
    assert "anne" not in str(entries)
    assert "salon" not in str(entries)
    assert await audit.verify() == await audit.verify((await audit.verify()).head)


async def drop(store: Store, audit: Audit, n: int) -> None:
    """Take record `n` out, as an intruder in the store would."""
    page = await store.run(("XRANGE", store.key(0, "audit"), "-", "+"))
    await store.run(("XDEL", store.key(0, "audit"), page[n - 1][0]))


async def rebuilt(store: Store, audit: Audit, n: int) -> None:
    """Take record `n` out and link the rest anew, numbers included: all that the store alone allows."""
    page = [fields async for fields in audit.entries()]
    await store.run(("DEL", store.key(0, "audit"), store.key(0, "audit-head")))
    for entry in page:
        if entry["n"] != n:
            await store.run(store.script("audit", 0, entry["record"], entry["mac"], 10**12))


async def forged(store: Store, audit: Audit, n: int) -> None:
    """Change the level of record `n` and link all anew."""
    page = [fields async for fields in audit.entries()]
    await store.run(("DEL", store.key(0, "audit"), store.key(0, "audit-head")))
    for entry in page:
        record = entry["record"].replace('"N2"', '"N0"') if entry["n"] == n else entry["record"]
        await store.run(store.script("audit", 0, record, entry["mac"], 10**12))


@pytest.mark.parametrize("tamper", [drop, rebuilt, forged])
async def test_tampering_shows(
    parts: tuple[Store, Vault], tamper: Callable[[Store, Audit, int], Awaitable[None]]
) -> None:
    """A record that was taken out, or changed, breaks the trail, even when it was linked anew."""
    audit = trail(parts)
    await written(audit, 5)
    assert not (await audit.verify()).faults
    await tamper(parts[0], audit, 2)
    assert (await audit.verify()).faults


async def test_a_cut_end_shows_beside_a_head_kept_elsewhere(parts: tuple[Store, Vault]) -> None:
    """Whoever cuts the end off is found by the head that an earlier export showed."""
    audit = trail(parts)
    await written(audit, 5)
    head = (await audit.verify()).head
    await rebuilt(parts[0], audit, 5)
    assert not (await audit.verify()).faults
    assert (await audit.verify(head)).faults


async def test_a_head_that_nobody_signed_counts_for_nothing(parts: tuple[Store, Vault]) -> None:
    """Whoever invents one, or gives that of a record which was removed, is found out."""
    audit = trail(parts)
    await written(audit, 5)
    good = (await audit.verify()).head
    n, link, at, mac = good.split(":")
    assert not (await audit.verify(good)).faults
    for invented in (
        f"{n}:{link}",
        f"1:{'0' * 40}:{at}:{mac}",
        f"0::{at}:{mac}",
        "x",
        f"{n}:{link}:{at}:{'0' * 32}",
    ):
        verdict = await audit.verify(invented)
        assert (verdict.faults, verdict.false_heads) == ((), (invented,))


async def test_a_kept_head_that_nobody_signed_is_an_altered_trail(
    parts: tuple[Store, Vault], tmp_path: Path
) -> None:
    """The replica wrote its heads itself: who changes one, or the keys, has altered what proves the trail."""
    audit = trail(parts, heads=Heads(tmp_path))
    await written(audit, 5)
    (tmp_path / "audit-heads").write_text("3:inventée:1:00\n")
    verdict = await audit.verify("4:autre:1:00")
    assert verdict.faults == ("la tête conservée 3:inventée:1:00 n’est pas authentique",)
    assert verdict.false_heads == ("4:autre:1:00",)


async def test_a_head_that_a_crash_left_half_written_is_no_fault(
    parts: tuple[Store, Vault], tmp_path: Path
) -> None:
    """It is not read, and the next one takes its place."""
    await written(trail(parts, heads=Heads(tmp_path)), 2)
    kept = tmp_path / "audit-heads"
    first = kept.read_text()
    kept.write_text(first + "2:abcd")
    audit = trail(parts, heads=Heads(tmp_path))
    assert not (await audit.verify()).faults
    await audit.look()
    assert not (await audit.verify()).faults
    assert kept.read_text().startswith(first)
    assert len({len(line) for line in kept.read_text().splitlines()}) == 1  # each is whole


async def test_a_cut_beginning_shows(parts: tuple[Store, Vault]) -> None:
    """Records go from the beginning only when a record of ours said so."""
    store, audit = parts[0], trail(parts)
    await written(audit, 5)
    page = await store.run(("XRANGE", store.key(0, "audit"), "-", "+"))
    await store.run(("XTRIM", store.key(0, "audit"), "MINID", page[2][0]))
    assert (await audit.verify()).faults == (
        "il manque des enregistrements avant 3, qui n’avaient pas expiré",
    )


async def test_retention_keeps_the_trail_whole(parts: tuple[Store, Vault]) -> None:
    """What is older than the retention goes from the beginning, which is recorded, and the rest still holds;
    an old head is then no fault."""
    audit = trail(parts)
    await written(audit, 5)
    head = (await audit.verify()).head
    later = trail(parts, at=NOW + 100 * 86_400)
    await written(later, 2)
    assert not (await later.verify(head)).faults
    expiring = trail(parts, at=NOW + 184 * 86_400)
    await expiring.look()
    verdict = await expiring.verify(head)
    assert (verdict.count, verdict.faults) == (3, ())
    whats = [entry["what"] async for entry in expiring.entries()]
    assert whats == ["answered", "answered", "expired"]


@pytest.mark.parametrize("cut", [1, 5])
async def test_a_cut_end_shows_beside_what_the_replica_kept(
    parts: tuple[Store, Vault], tmp_path: Path, cut: int
) -> None:
    """The last records, or all of them and the head: the data folder knows better than the store."""
    store, audit = parts[0], trail(parts, heads=Heads(tmp_path))
    with capture_logs() as lines:
        await written(audit, 5)
        await audit.look()
    assert [line["event"] for line in lines] == ["audit_head"]
    assert not (await audit.verify()).faults
    kept = [entry async for entry in audit.entries()]
    await store.run(("DEL", store.key(0, "audit"), store.key(0, "audit-head")))
    for entry in kept[: 5 - cut]:
        await store.run(store.script("audit", 0, entry["record"], entry["mac"]))
    assert all("n’est plus dans le journal" in fault for fault in (await audit.verify()).faults)
    assert (await audit.verify()).faults


async def test_what_operators_do_is_in_the_trail(parts: tuple[Store, Vault]) -> None:
    """With the account that did it; the records about one person are found by their id."""
    audit = trail(parts)
    await written(audit, 1)
    await audit.write(
        [audit.act("person_erase", by="durand", person="@anne:x"), audit.act("keys_rotate", by="durand")]
    )
    found = [(entry["what"], entry.get("act", "")) async for entry in audit.find("@anne:x")]
    assert found == [("answered", ""), ("operator", "person_erase")]
    assert not (await audit.verify()).faults


async def settled(core: Core) -> None:
    """Wait until no job is in hand: what was decided is recorded when it ends."""
    for _ in range(500):
        if not (await core.inbox.stats()).leased:
            return
        await asyncio.sleep(0.01)


async def test_each_decision_of_a_conversation_is_recorded(core: Core) -> None:
    """Answers, refusals, questions, words and changes of level, in order; not what decides nothing."""
    await told(core, "Bonjour", "!aide", NIR, DR, WEAK, "non", "!niveau N2", count=7)
    await settled(core)
    entries = [entry async for entry in core.audit.entries()]
    assert [(e["what"], e["level"]) for e in entries] == [
        ("answered", "N1"),
        ("answered", "N2"),
        ("refused", "N4a"),
        ("asked", "N4a"),
        ("denied", "N2"),
        ("answered", "N2"),
        ("raised", "N2"),
    ]
    assert entries[1]["kinds"] == ["nir"]
    assert entries[2]["why"] == "out_of_scope"
    assert entries[1]["model"] == "small"
    everything = orjson.dumps(entries).decode()
    for content in ("Bonjour", "85 05", "Balard", "@a:x", "!room:x"):
        assert content not in everything
    assert not (await core.audit.verify()).faults


async def test_an_answer_that_was_not_shown_is_recorded(core: Core) -> None:
    """A guest came while it was written: the model was asked, and the answer withheld."""
    answer = core.gateway.hold()
    await core.tell(message(NIR))
    await core.gateway.asked()
    core.platform.kind = "tchap_encrypted_guests"
    answer.set()
    await core.platform.answered(1)
    await settled(core)
    assert [entry["what"] async for entry in core.audit.entries()] == ["answered", "withheld"]
