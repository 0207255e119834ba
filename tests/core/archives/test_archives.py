"""What is marked reaches the archives before it expires, once, and the trail proves what was deleted."""

from __future__ import annotations

import asyncio
import io
import zipfile
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from aiohttp import web

from core.archives.archives import DAY, PAUSE, Archives, Hand, to_folder, to_url
from core.archives.seda import Agencies
from core.errors import Deferred, Rejected
from core.inbox.records import to_json
from core.policy.file import ArchiveRule, shipped_policy
from core.retry import Backoff
from core.sensitivity.level import Level
from core.sessions.repository import KeptMaterial, KeptTurn, Sessions
from core.store.valkey import Store
from core.telemetry import metrics
from core.turn.audit import Audit
from core.vault import Vault
from tests.core.stored import ALICE, BOB, keep
from tests.rig.serving import serving

KEY = "tchap:!salon:agents.example"
POLICY = replace(shipped_policy(), archive=ArchiveRule(channels=("tchap_encrypted",)))


@dataclass
class Taken:
    """Archives that take packages, or fail first."""

    packages: dict[str, bytes] = field(default_factory=dict[str, bytes])
    failures: list[Exception] = field(default_factory=list[Exception])
    asked: int = 0

    async def hand(self, id: str, data: bytes) -> bytes:
        self.asked += 1
        if self.failures:
            raise self.failures.pop(0)
        self.packages[id] = data
        return f"accusé {id}".encode()


@dataclass
class Rig:
    """Archives on a store, with a clock of the test."""

    store: Store
    sessions: Sessions
    audit: Audit
    taken: Taken = field(default_factory=Taken)
    now: float = 1_790_000_000.0
    archives: Archives = field(init=False)

    def make(self, vault: Vault, hand: Hand | None = None) -> None:
        self.archives = Archives(
            self.store,
            vault,
            sessions=self.sessions,
            policy=POLICY,
            agencies=Agencies(archival="FRAN", transferring="relais"),
            hand=hand or self.taken.hand,
            acted=self.audit.act,
            clock=lambda: self.now,
        )

    async def say(self, key: str, *, level: Level = Level.N1, author: str = ALICE.id) -> None:
        session, _ = await self.sessions.load(KEY, author)
        turn = KeptTurn(
            key=key, question=f"Question {key} ?", answer=f"Réponse {key}.", author=author, at=self.now,
            level=level,
        )  # fmt: skip
        given = [KeptMaterial(name="note.txt", text="Le texte.", level=level)]
        await keep(self.sessions, session, turn, materials=given)

    async def idle(self) -> None:
        """Let the session be about to expire."""
        tag = self.sessions._vault.tag("session", KEY)
        place = self.store.key(tag, "session", tag)
        await self.store.run(("PEXPIRE", place, 3_600_000))

    async def look(self) -> None:
        self.now += 2 * DAY * POLICY.retention.session_days
        await self.archives.look()

    async def acts(self) -> list[str]:
        return [each["act"] async for each in self.audit.entries() if each["what"] == "operator"]


@pytest.fixture
async def rig(store: Store, vault: Vault) -> Rig:
    audit = Audit(store, vault, policy="p", days=183, clock=lambda: 1_790_000_000.0)
    rig = Rig(store=store, sessions=Sessions(store, vault, archived=True), audit=audit)
    rig.make(vault)
    return rig


def _at_once(*_: object) -> float:
    return 0.0


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Backoff, "after", _at_once)


def words(package: bytes) -> str:
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        return archive.read("Content/conversation.txt").decode()


async def test_marked_session_is_handed_over_before_it_expires(rig: Rig) -> None:
    """Not as long as it lives on; then once, its turns leave the session, and the trail says each step with
    the digests of the package and of its acknowledgement, which is kept."""
    await rig.say("a" * 32)
    await rig.archives.mark(KEY)
    await rig.look()
    assert rig.taken.packages == {}
    await rig.say("b" * 32)
    await rig.idle()
    await rig.look()
    ((id, package),) = rig.taken.packages.items()
    assert f"Question {'a' * 32} ?" in words(package)
    assert f"Réponse {'b' * 32}." in words(package)
    session, _ = await rig.sessions.load(KEY, ALICE.id)
    assert (session.turns, session.materials) == ((), ())
    assert await rig.archives.packages.acknowledgement(id) == f"accusé {id}".encode()
    assert await rig.acts() == ["archive_packed", "archive_deleted"]
    about = [each["about"] async for each in rig.audit.entries()]
    assert all(line.startswith(f"{id} sha512:") for line in about)
    assert " acknowledged sha512:" in about[1]
    assert (await rig.audit.verify()).faults == ()
    await rig.look()
    assert rig.taken.asked == 1


async def test_unmarked_session_is_not(rig: Rig) -> None:
    """Nor one whose mark was taken back."""
    await rig.say("a" * 32)
    await rig.archives.mark(KEY)
    await rig.archives.mark(KEY, on=False)
    await rig.idle()
    await rig.look()
    await rig.archives.leave(KEY)
    assert rig.taken.asked == 0


async def test_marked_session_that_is_begun_anew_goes_first(rig: Rig) -> None:
    """`!nouveau` loses nothing that is marked."""
    await rig.say("a" * 32)
    await rig.archives.mark(KEY)
    await rig.archives.leave(KEY)
    await rig.sessions.reset(KEY)
    await rig.look()
    (package,) = rig.taken.packages.values()
    assert "Question" in words(package)


async def test_package_waits_until_the_archives_take_it(rig: Rig) -> None:
    """Failures are tried again, at once and later; nothing is lost though the session has gone."""
    await rig.say("a" * 32)
    await rig.archives.mark(KEY)
    await rig.idle()
    rig.taken.failures = [*(Deferred("away") for _ in range(3)), Rejected("403")]
    await rig.look()
    assert (rig.taken.asked, rig.taken.packages) == (3, {})
    rig.now += PAUSE
    await rig.archives.look()
    assert rig.taken.packages == {}
    assert await rig.acts() == ["archive_packed"]
    await rig.look()
    assert len(rig.taken.packages) == 1
    assert await rig.acts() == ["archive_packed", "archive_deleted"]


@pytest.mark.parametrize(("failure", "asked", "taken"), [(Deferred("away"), 3, 0), (Rejected("400"), 2, 1)])
async def test_one_package_holds_up_others_only_while_nobody_answers(
    rig: Rig, failure: Exception, asked: int, taken: int
) -> None:
    """Archives that are away are asked for one package a turn; one that they refuse lets the others pass."""
    for key in "ab":
        await rig.say(key * 32)
        await rig.archives.mark(KEY)
        await rig.archives.leave(KEY)
        await rig.sessions.reset(KEY)
    rig.taken.failures = [failure] * (3 if isinstance(failure, Deferred) else 1)
    await rig.look()
    assert (rig.taken.asked, len(rig.taken.packages)) == (asked, taken)


async def test_what_is_above_the_clearance_of_the_archives_stays(rig: Rig) -> None:
    """The gate judges it: it is not packed, which the trail says, and expires as all else."""
    await rig.say("a" * 32, level=Level.N3)
    await rig.archives.mark(KEY)
    await rig.idle()
    await rig.look()
    assert rig.taken.asked == 0
    assert await rig.acts() == ["archive_refused"]
    session, _ = await rig.sessions.load(KEY, ALICE.id)
    assert len(session.turns) == 1


async def test_person_who_was_erased_is_in_no_package(rig: Rig) -> None:
    """Erasure comes first: nothing of theirs is left to hand over."""
    await rig.say("a" * 32)
    await rig.archives.mark(KEY)
    await rig.sessions.forget(ALICE.id)
    await rig.look()
    assert rig.taken.asked == 0


async def test_who_is_erased_while_a_package_waits_is_left_out(rig: Rig) -> None:
    """What they said goes from the store at the next look, and reaches no archives; what others said does."""
    await rig.say("a" * 32)
    await rig.say("b" * 32, author=BOB.id)
    await rig.archives.mark(KEY)
    await rig.archives.leave(KEY)
    await rig.sessions.reset(KEY)
    await rig.sessions.forget(ALICE.id)
    await rig.look()
    (package,) = rig.taken.packages.values()
    assert f"Question {'b' * 32}" in words(package)
    assert f"Question {'a' * 32}" not in words(package)
    assert package.count(b"Content/document-") == 2  # Bob's alone: in the list of names too
    assert await rig.acts() == ["archive_packed", "archive_withdrawn", "archive_deleted"]


async def test_nothing_is_left_of_a_package_of_who_was_erased(rig: Rig) -> None:
    """Also where the archives refuse it for ever."""
    await rig.say("a" * 32)
    await rig.archives.mark(KEY)
    rig.taken.failures = [Rejected("400")]
    await rig.archives.leave(KEY)
    await rig.sessions.reset(KEY)
    await rig.sessions.forget(ALICE.id)
    await rig.look()
    assert rig.taken.asked == 0
    assert await rig.store.run(("EXISTS", rig.store.key(0, "archive-records"))) == 0


async def test_question_that_is_deleted_leaves_the_package_that_waits(rig: Rig) -> None:
    """With its answer and its documents; the others stay. The trail says that something went."""
    for key in "ab":
        await rig.say(key * 32)
    await rig.archives.mark(KEY)
    await rig.archives.leave(KEY)
    await rig.sessions.remove_turn(KEY, "a" * 32)
    await rig.look()
    (package,) = rig.taken.packages.values()
    assert f"Question {'b' * 32}" in words(package)
    assert "a" * 32 not in words(package)
    assert package.count(b"Content/document-") == 2  # one, in the list of names too
    assert await rig.acts() == ["archive_packed", "archive_withdrawn", "archive_deleted"]


async def test_question_that_was_asked_anew_before_is_in_the_package(rig: Rig) -> None:
    """A refused edit takes the exchange out; the next edit brings it back under the same key."""
    await rig.say("a" * 32)
    await rig.sessions.remove_turn(KEY, "a" * 32)
    await asyncio.sleep(0.002)  # the server's clock counts milliseconds here
    await rig.say("a" * 32)
    await rig.archives.mark(KEY)
    await rig.archives.leave(KEY)
    await rig.look()
    (package,) = rig.taken.packages.values()
    assert f"Question {'a' * 32}" in words(package)


async def test_what_is_taken_back_goes_while_the_archives_are_away(rig: Rig) -> None:
    """Out of every package that waits, and not only of the one that is tried first."""
    for key, author in (("a", ALICE.id), ("b", BOB.id), ("c", ALICE.id)):
        await rig.say(key * 32, author=author)
        await rig.archives.mark(KEY)
        await rig.archives.leave(KEY)
    rig.taken.failures = [Deferred("away") for _ in range(3)]
    await rig.sessions.forget(ALICE.id)
    await rig.look()
    (left,) = await rig.archives.packages.waiting()
    waits = await rig.archives.packages.waits(left)
    assert waits is not None
    assert [turn.key for turn in waits.record.turns] == ["b" * 32]
    assert rig.taken.packages == {}


async def test_what_waits_is_shown(rig: Rig) -> None:
    """How many packages, and since when the oldest waits; once they went, none."""
    await rig.say("a" * 32)
    await rig.archives.mark(KEY)
    await rig.archives.leave(KEY)
    began = rig.now
    rig.taken.failures = [Rejected("403")]
    await rig.look()
    shown = metrics.registry.get_sample_value
    assert shown("relais_archive_packages") == 1
    assert shown("relais_archive_oldest_seconds") == rig.now - began
    (id,) = await rig.archives.packages.waiting()
    assert await rig.archives.packages.troubles() == {id: "403"}
    assert await rig.archives.retry(id) == []
    assert [done for done, _ in await rig.archives.packages.handed()] == [id]
    await rig.look()
    assert (shown("relais_archive_packages"), shown("relais_archive_oldest_seconds")) == (0, 0)
    assert await rig.archives.packages.troubles() == {}


async def test_retry_waits_for_the_replica_that_hands_over(rig: Rig) -> None:
    """One hands over at a time: no package is handed twice."""
    await rig.store.run(("SET", rig.store.key(0, "archive-turn"), 1))
    assert await rig.archives.retry() is None


async def test_package_of_the_version_before_is_handed_over(rig: Rig, vault: Vault) -> None:
    """It names neither since when it waits, nor in which exchange a document came."""
    await rig.say("a" * 32)
    await rig.archives.mark(KEY)
    await rig.archives.leave(KEY)
    (id,) = await rig.archives.packages.waiting()
    waits = await rig.archives.packages.waits(id)
    assert waits is not None
    told = to_json(waits).replace(b'"brought":["' + b"a" * 32 + b'"]', b'"brought":[]')
    sealed = vault.seal_packed(told, context=f"archive|{id}")
    await rig.store.batch(
        [
            ("HSET", rig.store.key(0, "archive-packages"), id, sealed),
            ("DEL", rig.store.key(0, "archive-since")),
            ("DEL", rig.store.key(0, "archive-records")),
        ]
    )
    await rig.look()
    assert list(rig.taken.packages) == [id]
    assert await rig.archives.packages.waiting() == {}


async def test_ready_package_of_an_earlier_version_is_handed_over_as_it_is(rig: Rig, vault: Vault) -> None:
    """It set apart the file itself, under the same name, in a place of its own."""
    sealed = vault.seal(b"PK\x03\x04 the package", context="archive|relais-1")
    await rig.store.run(("HSET", rig.store.key(0, "archive-packages"), "relais-1", sealed))
    await rig.look()
    assert rig.taken.packages == {"relais-1": b"PK\x03\x04 the package"}
    assert await rig.archives.packages.waiting() == {}


async def test_one_value_that_cannot_be_read_holds_up_no_other(rig: Rig) -> None:
    """It is said in the log, and the others are handed over."""
    await rig.store.run(("HSET", rig.store.key(0, "archive-packages"), "relais-0", b"damaged" * 20))
    await rig.say("a" * 32)
    await rig.archives.mark(KEY)
    await rig.archives.leave(KEY)
    await rig.look()
    assert len(rig.taken.packages) == 1


async def test_package_lies_sealed(rig: Rig) -> None:
    """Until it is taken, the store holds none of its words."""
    await rig.say("a" * 32)
    await rig.archives.mark(KEY)
    rig.taken.failures = [Rejected("later")]
    await rig.archives.leave(KEY)
    await rig.look()
    waiting = await rig.store.run(("HVALS", rig.store.key(0, "archive-records")))
    assert len(waiting) == 1
    assert b"conversation.txt" not in waiting[0]


async def test_folder(tmp_path: Path) -> None:
    """A package is a file of its name, whole; a folder that cannot be written to is tried again."""
    hand = to_folder(tmp_path / "versements")
    ack = await hand("relais-1", b"zip")
    assert (tmp_path / "versements" / "relais-1.zip").read_bytes() == b"zip"
    assert ack.startswith(b"relais-1.zip sha512:")
    (tmp_path / "file").write_text("")
    with pytest.raises(Deferred):
        await to_folder(tmp_path / "file" / "below")("relais-1", b"zip")


@dataclass
class Endpoint:
    """A server that takes packages, with the statuses that it answers first."""

    statuses: list[int] = field(default_factory=list[int])
    seen: list[dict[str, object]] = field(default_factory=list[dict[str, object]])
    url: str = ""

    async def take(self, request: web.Request) -> web.Response:
        form = await request.post()
        file = form["file"]
        assert isinstance(file, web.FileField)
        seen = {"id": form["id"], "name": file.filename, "data": file.file.read()}
        self.seen.append({**seen, "token": request.headers.get("Authorization")})
        status = self.statuses.pop(0) if self.statuses else 201
        return web.Response(status=status, text="<Acknowledgement/>")


@pytest.fixture
async def endpoint() -> AsyncGenerator[Endpoint]:
    endpoint = Endpoint()
    app = web.Application()
    app.router.add_post("/versements", endpoint.take)
    async with serving(app) as url:
        endpoint.url = f"{url}/versements"
        yield endpoint


async def test_endpoint_takes_packages(rig: Rig, vault: Vault, endpoint: Endpoint) -> None:
    """By POST, with the token; a server that is busy is asked again, and its answer acknowledges."""
    rig.make(vault, to_url(endpoint.url, token="jeton", context=True))
    endpoint.statuses = [503, 429]
    await rig.say("a" * 32)
    await rig.archives.mark(KEY)
    await rig.archives.leave(KEY)
    await rig.look()
    assert len(endpoint.seen) == 3
    last = endpoint.seen[-1]
    assert last["token"] == "Bearer jeton"
    assert last["name"] == f"{last['id']}.zip"
    assert isinstance(last["data"], bytes)
    assert "Question" in words(last["data"])
    assert await rig.archives.packages.acknowledgement(str(last["id"])) == b"<Acknowledgement/>"


@pytest.mark.parametrize(("status", "error"), [(403, Rejected), (500, Deferred)])
async def test_what_an_endpoint_says_no_to(endpoint: Endpoint, status: int, error: type[Exception]) -> None:
    """A refusal is told apart from a server that is away."""
    endpoint.statuses = [status]
    with pytest.raises(error, match=str(status)):
        await to_url(endpoint.url, token="", context=True)("relais-1", b"zip")
    with pytest.raises(Deferred, match="ne répondent pas"):
        await to_url("http://127.0.0.1:9/", token="", context=True)("relais-1", b"zip")
