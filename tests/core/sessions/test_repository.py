"""Sessions: kept once, trimmed, never lowered, and exactly erased, late writers included."""

from __future__ import annotations

import asyncio
import random
from dataclasses import replace
from pathlib import Path

import pytest

from core.connector import Audience, Person
from core.inbox.dead_letters import DeadLetters
from core.inbox.inbox import Entry, Inbox
from core.sensitivity.level import Finding, Level
from core.sessions.erasure import Journal, erase, erased_since
from core.sessions.repository import KeptMaterial, KeptTurn, Profile, Sessions
from core.store.valkey import Store, open_store
from core.vault import PACKED, SCHEMA, Vault
from tests.core.stored import ALICE, BOB, keep, question
from tests.rig.valkey import valkey

A, B, C = ALICE.id, BOB.id, "@carol:agents.example"
KEY = "tchap:!salon:agents.example"


@pytest.fixture
def sessions(store: Store, vault: Vault) -> Sessions:
    return Sessions(store, vault, max_turns=5, max_tokens=1000)


def turn(key: str, *, author: str = A, text: str = "", level: Level = Level.N1) -> KeptTurn:
    return KeptTurn(
        key=key,
        question=text or f"question {key}",
        answer=f"réponse {key}",
        author=author,
        at=1_700_000_000.0,
        level=level,
    )


def material(name: str, text: str = "texte") -> KeptMaterial:
    return KeptMaterial(name=name, text=text, level=Level.N2)


async def kept(sessions: Sessions, *turns: KeptTurn, key: str = KEY) -> None:
    for each in turns:
        session, _ = await sessions.load(key, each.author)
        assert await keep(sessions, session, each)


async def keys(sessions: Sessions, person: str = A, key: str = KEY) -> list[str]:
    session, _ = await sessions.load(key, person)
    return [each.key for each in session.turns]


async def test_new(sessions: Sessions) -> None:
    """A session that was never used is empty, at the lowest level; a new person has chosen nothing."""
    session, profile = await sessions.load(KEY, A)
    assert (session.level, session.chosen, session.turns, session.materials) == (Level.N0, False, (), ())
    assert profile == Profile()


async def test_round_trip(sessions: Sessions) -> None:
    """Turns, materials, level and bot are there at the next load; authors recognise their turns."""
    session, _ = await sessions.load(KEY, A)
    await keep(sessions, session, turn("1"), materials=[material("note.pdf")], bot="assistant")
    again, _ = await sessions.load(KEY, A)
    assert again.turns == (turn("1"),)
    assert again.materials == (material("note.pdf"),)
    assert (again.level, again.bot) == (Level.N2, "assistant")
    others, _ = await sessions.load(KEY, B)
    assert others.turns[0].author == ""
    assert (await sessions.load("autre", A))[0].turns == ()


async def test_idempotent(sessions: Sessions) -> None:
    """A turn that is kept again takes its former place, with its new text and materials."""
    session, _ = await sessions.load(KEY, A)
    await keep(sessions, session, turn("1"), materials=[material("a"), material("b")])
    await kept(sessions, turn("2"))
    await keep(sessions, session, turn("1", text="corrigée"), materials=[material("c")])
    again, _ = await sessions.load(KEY, A)
    assert [each.question for each in again.turns] == ["corrigée", "question 2"]
    assert [each.name for each in again.materials] == ["c"]


async def test_trimmed_by_turns(sessions: Sessions) -> None:
    """The oldest turns go first."""
    await kept(sessions, *(turn(str(i)) for i in range(8)))
    assert await keys(sessions) == ["3", "4", "5", "6", "7"]


async def test_trimmed_by_size(sessions: Sessions) -> None:
    """Long turns push older ones out; the last one stays however long."""
    await kept(sessions, turn("1"), turn("2", text="x" * 2000), turn("3", text="x" * 1600))
    assert await keys(sessions) == ["2", "3"]
    await kept(sessions, turn("4", text="x" * 20_000))
    assert await keys(sessions) == ["4"]


async def test_level_only_rises(sessions: Sessions) -> None:
    """The highest level ever seen stays, whoever raised it, until the session begins anew."""
    await kept(sessions, turn("1", level=Level.N2), turn("2", level=Level.N1))
    assert await sessions.raise_level(KEY, Level.N0) == Level.N2
    assert await sessions.raise_level(KEY, Level.N3, chosen_by="@a:x") == Level.N3
    session, _ = await sessions.load(KEY, A)
    assert (session.level, session.chosen) == (Level.N3, True)
    await sessions.reset(KEY)
    session, _ = await sessions.load(KEY, A)
    assert (session.level, session.chosen, session.turns) == (Level.N0, False, ())


async def test_expires(sessions: Sessions, store: Store) -> None:
    """Whatever is written into a session, it expires after the retention."""

    async def left() -> int:
        (place,) = await store.run(("KEYS", "*:session:*"))
        return await store.run(("PTTL", place))

    await sessions.raise_level(KEY, Level.N1)
    assert 29 * 86_400_000 < await left() <= 30 * 86_400_000
    await kept(sessions, turn("1"))
    assert 29 * 86_400_000 < await left() <= 30 * 86_400_000


async def test_remove_turn(sessions: Sessions) -> None:
    """A deleted question takes its answer and its files along; removing it again is no error."""
    session, _ = await sessions.load(KEY, A)
    await keep(sessions, session, turn("1"), materials=[material("a")])
    await kept(sessions, turn("10"), turn("2"))
    for _ in range(2):
        await sessions.remove_turn(KEY, "1")
    session, _ = await sessions.load(KEY, A)
    assert [each.key for each in session.turns] == ["10", "2"]
    assert session.materials == ()
    await sessions.remove_turn("autre", "1")


async def test_profile(sessions: Sessions) -> None:
    """Choices are kept for a person, in every session, until taken back."""
    await sessions.update_profile(A, language="en", model="grand")
    await sessions.update_profile(A, language="fr")
    assert (await sessions.load(KEY, A))[1] == Profile(language="fr", model="grand")
    assert (await sessions.load(KEY, B))[1] == Profile()
    await sessions.update_profile(A, model="")
    assert (await sessions.load("autre", A))[1] == Profile(language="fr")


async def test_who_wrote_the_last_answer_is_known(sessions: Sessions) -> None:
    """The models are kept with the last turn alone, and are of no other."""
    await kept(sessions, replace(turn("1"), writers=("small", "grand modèle")), turn("2"))
    session, _ = await sessions.load(KEY, A)
    assert [each.writers for each in session.turns] == [None, None]
    await kept(sessions, replace(turn("3"), writers=("small", "grand modèle")))
    session, _ = await sessions.load(KEY, A)
    assert [each.writers for each in session.turns] == [None, None, ("small", "grand modèle")]


async def test_greeted_once(sessions: Sessions) -> None:
    """One job greets a person, however often it is tried again."""
    assert [await sessions.greet_once(A, job) for job in ("1", "2", "1")] == [True, False, True]
    assert await sessions.greet_once(B, "2")


async def test_forget_is_exact(sessions: Sessions) -> None:
    """Of a session that several share, only the person's turns and files go; the level stays."""
    session, _ = await sessions.load(KEY, A)
    await keep(sessions, session, turn("1", level=Level.N2), materials=[material("a")])
    session, _ = await sessions.load(KEY, B)
    await keep(sessions, session, turn("2", author=B), materials=[material("b")])
    await kept(sessions, turn("3"), key="autre")
    await sessions.update_profile(A, language="en")
    await sessions.forget(A)
    session, profile = await sessions.load(KEY, A)
    assert [each.key for each in session.turns] == ["2"]
    assert [each.name for each in session.materials] == ["b"]
    assert session.level == Level.N2
    assert profile == Profile()
    assert await keys(sessions, key="autre") == []
    assert (await sessions.export(A))["sessions"] == []
    assert len((await sessions.export(B))["sessions"][0]["turns"]) == 1


@pytest.mark.parametrize("known", [False, True], ids=["new-session", "known-session"])
async def test_late_writer(sessions: Sessions, known: bool) -> None:
    """An answer that was begun before the erasure is not kept; one begun after is."""
    if known:
        await kept(sessions, turn("0"))
    before, _ = await sessions.load(KEY, A)
    ready = await sessions.appending(before, turn("1")) if known else []
    others, _ = await sessions.load(KEY, B)
    await sessions.forget(A)
    assert not await keep(sessions, before, turn("1"))
    for command in ready:
        await sessions._store.run(command)
    assert await keep(sessions, others, turn("2", author=B))
    assert await keys(sessions) == ["2"]
    await kept(sessions, turn("3"))
    assert await keys(sessions) == ["2", "3"]


async def test_a_question_that_waited_is_not_kept(sessions: Sessions, store: Store, vault: Vault) -> None:
    """What came in before the erasure, and is handled only after it, leaves nothing: neither a turn, nor a
    refusal, nor a choice, nor a dead letter."""
    inbox = Inbox(store, vault, replica="un")
    sender = Person(id=A)
    await inbox.enqueue([Entry(event=question("a", sender=sender))])
    await asyncio.sleep(0.002)
    await sessions.forget(A)
    (claim,) = await inbox.claim(1)
    assert claim.erased
    session, _ = await sessions.load(KEY, A, since=claim.since)
    assert not await keep(sessions, session, turn("1"))
    assert not await sessions.hold(session, "0" * 32, b"question")
    await sessions.note_refusal(A, b"refused", since=claim.since)
    await sessions.update_profile(A, language="en", since=claim.since)
    assert await sessions.greet_once(A, "job", since=claim.since)
    await claim.dead("raison")
    assert await DeadLetters(store, vault).list() == []
    export = await sessions.export(A)
    assert (export["profile"], export["sessions"], export["refusal"]) == ({}, [], None)
    await asyncio.sleep(0.002)
    await inbox.enqueue([Entry(event=question("b", sender=sender))])
    (claim,) = await inbox.claim(1)
    assert not claim.erased


async def test_erasures_are_repeated_after_a_restore(
    sessions: Sessions, store: Store, tmp_path: Path
) -> None:
    """A store that comes back as it was before an erasure is erased again at start, by any replica that knew
    of it; what a person wrote after an erasure stays, and so does everybody else's."""
    for name in ("un", "deux"):
        (tmp_path / name).mkdir()
    one, two = Journal(store, tmp_path / "un"), Journal(store, tmp_path / "deux")
    assert (await one.replay(), await two.replay()) == (0, 0)
    await kept(sessions, turn("1"), turn("2", author=B))
    backup = [(key, await store.run(("DUMP", key))) for key in await store.run(("KEYS", "*"))]
    await sessions.forget(A)
    await two.mirror()
    await kept(sessions, turn("3"))
    assert await two.replay() == 0
    assert await keys(sessions) == ["2", "3"]

    await store.run(("FLUSHALL",))
    for key, value in backup:
        await store.run(("RESTORE", key, 0, value))
    assert await keys(sessions) == ["1", "2"]
    assert await one.replay() == 0  # it had not heard of the erasure
    assert await two.replay() == 1
    assert await keys(sessions) == ["2"]
    assert await one.replay() == 0
    assert (tmp_path / "un" / "erasures").read_text() == (tmp_path / "deux" / "erasures").read_text()


async def test_a_full_disk_takes_no_erasure_from_the_journal(
    sessions: Sessions, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What could not be written down is written with the next look, and what was written before is there."""
    journal, path = Journal(store, tmp_path), tmp_path / "erasures"
    await journal.replay()
    await sessions.forget(A)
    await journal.mirror()
    before = path.read_text()

    def full(_: int) -> None:
        raise OSError(28, "no space")

    await sessions.forget(B)
    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", full)
        for look in (journal.mirror, Journal(store, tmp_path).replay):
            with pytest.raises(OSError, match="no space"):
                await look()
            assert path.read_text() == before
    await journal.mirror()
    assert path.read_text().startswith(before)
    assert len(path.read_text().splitlines()) == 2


async def test_an_erasure_that_takes_long_is_in_the_journal(
    sessions: Sessions, store: Store, vault: Vault, tmp_path: Path
) -> None:
    """It began before another one, which was noted first."""
    journal, began = Journal(store, tmp_path), await store.now() - 60_000
    await sessions.forget(B)
    await journal.mirror()
    await erase(store, vault.tag("person", A), began)
    await journal.mirror()
    assert len((tmp_path / "erasures").read_text().splitlines()) == 2


async def test_half_a_line_stops_no_start(sessions: Sessions, store: Store, tmp_path: Path) -> None:
    """A process of an earlier version was killed while it wrote the last one."""
    await sessions.forget(A)
    journal = Journal(store, tmp_path)
    await journal.replay()
    (tmp_path / "erasures").write_text((tmp_path / "erasures").read_text() + "17")
    assert await Journal(store, tmp_path).replay() == 0


async def test_who_was_erased_long_ago_is_not_erased_again(
    sessions: Sessions, store: Store, vault: Vault, tmp_path: Path
) -> None:
    """The store knows of an erasure for 400 days; what they wrote since is none of it."""
    await kept(sessions, turn("1"))
    at = await store.now() - 401 * 86_400_000
    (tmp_path / "erasures").write_text(f"{at} {vault.tag('person', A)}\n")
    assert await Journal(store, tmp_path).replay() == 0
    assert await keys(sessions) == ["1"]


async def test_forget_and_begin_anew(sessions: Sessions) -> None:
    """What a person writes after an erasure is kept, and erased by the next one."""
    for i in range(3):
        await kept(sessions, turn(str(i)))
        assert await keys(sessions) == [str(i)]
        await sessions.forget(A)
        assert await keys(sessions) == []


async def test_forget_after_reset(sessions: Sessions) -> None:
    """A new session in the same place is erased too, and its late writers are refused."""
    await kept(sessions, turn("1"))
    await sessions.reset(KEY)
    await kept(sessions, turn("2"))
    before, _ = await sessions.load(KEY, A)
    await sessions.forget(A)
    await sessions.reset(KEY)
    assert not await keep(sessions, before, turn("3"))
    assert await keys(sessions) == []


async def test_forget_that_failed_midway(sessions: Sessions, store: Store, vault: Vault) -> None:
    """An erasure that was cut off is finished when it is repeated."""
    await kept(sessions, turn("1"))
    who = vault.tag("person", A)
    await store.run(store.script("person", who, "erase", 1000))
    assert await keys(sessions) == ["1"]
    await sessions.forget(A)
    assert await keys(sessions) == []


async def test_forget_dead_letters(sessions: Sessions, store: Store, vault: Vault) -> None:
    """Messages that were given up go too."""
    inbox = Inbox(store, vault, replica="un")
    await inbox.enqueue([Entry(event=question("a"))])
    (claim,) = await inbox.claim(1)
    await claim.dead("raison")
    await sessions.forget(A)
    assert await DeadLetters(store, vault).list() == []


async def test_export(sessions: Sessions) -> None:
    """A person gets all that is kept about them and nothing of others."""
    session, _ = await sessions.load(KEY, A)
    await keep(sessions, session, turn("1"), materials=[material("a")])
    await kept(sessions, turn("2", author=B))
    await sessions.update_profile(A, language="en")
    assert await sessions.export(A) == {
        "person": A,
        "profile": {"language": "en"},
        "waiting": [],
        "refusal": None,
        "sessions": [
            {
                "level": "N2",
                "turns": [
                    {
                        "at": 1_700_000_000.0,
                        "level": "N1",
                        "question": "question 1",
                        "answer": "réponse 1",
                    }
                ],
                "materials": [{"name": "a", "level": "N2", "text": "texte"}],
            }
        ],
    }


async def test_a_full_store_keeps_nobody_from_being_erased(tmp_path: Path, vault: Vault) -> None:
    """What is to be noted of it is small; the server's log may be written anew when there is room."""
    async with valkey(tmp_path) as server, open_store(url=server.url, data_dir=tmp_path) as store:
        sessions = Sessions(store, vault)
        session, _ = await sessions.load(KEY, A)
        await keep(sessions, session, turn("1"))
        await store.run(("CONFIG", "SET", "maxmemory", "1mb"))
        await sessions.forget(A)
        assert (await sessions.export(A))["sessions"] == []
        assert await erased_since(store, [vault.tag("person", A)], 0) == {vault.tag("person", A)}
        assert await store.run(("EXISTS", store.key(0, "rewrite", "due"))) == 1


async def test_who_is_half_erased_is_known(sessions: Sessions, store: Store, vault: Vault) -> None:
    """An erasure that was interrupted and is ordered again is not said to be of a stranger."""
    session, _ = await sessions.load(KEY, A)
    await keep(sessions, session, turn("1"))
    await store.run(store.script("person", vault.tag("person", A), "erase"))
    assert await sessions.knows(A)
    await sessions.forget(A)
    assert not await sessions.knows(A)


@pytest.mark.parametrize("embedded", [True])
async def test_nothing_readable_is_stored(sessions: Sessions, tmp_path: Path) -> None:
    """Neither texts nor names are on the disk."""
    session, _ = await sessions.load(KEY, A)
    await keep(sessions, session, turn("1", text="confidentiel"), materials=[material("secret.pdf", "corps")])
    log = b"".join(path.read_bytes() for path in tmp_path.rglob("*.aof"))  # noqa: ASYNC240
    assert b"session" in log
    for word in ("confidentiel", "réponse", "alice", "secret.pdf", "corps", "salon"):
        assert word.encode() not in log


@pytest.mark.parametrize("embedded", [True])
async def test_erased_from_the_log(sessions: Sessions, store: Store, tmp_path: Path) -> None:
    """After an erasure the server writes its log anew: not even what was sealed stays on the disk."""

    def on_disk(sealed: bytes) -> bool:
        while True:
            try:
                return any(sealed in path.read_bytes() for path in tmp_path.rglob("*.aof"))
            except FileNotFoundError:  # the server has renamed it meanwhile
                continue

    await kept(sessions, turn("1"))
    (place,) = await store.run(("KEYS", "*:session:*"))
    sealed = (await store.run(("HGET", place, "t:1")))[-40:]
    assert on_disk(sealed)
    await sessions.forget(A)
    async with asyncio.timeout(60):
        while on_disk(sealed):  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.05)


async def test_only_who_raised_a_level_undoes_it_and_only_while_nothing_was_said_at_it(
    sessions: Sessions,
) -> None:
    """Back to what was before and no lower; another person's raise stays, and so does one that was used."""
    await kept(sessions, turn("1", level=Level.N1))
    await sessions.raise_level(KEY, Level.N3, chosen_by="@a:x")
    assert not await sessions.undo_raise(KEY, Level.N1, "@b:x")
    assert not await sessions.undo_raise(KEY, Level.N0, "@a:x")
    assert await sessions.undo_raise(KEY, Level.N1, "@a:x")
    session, _ = await sessions.load(KEY, A)
    assert session.level == Level.N1
    await sessions.raise_level(KEY, Level.N3, chosen_by="@a:x")
    await kept(sessions, turn("2", level=Level.N3))
    assert not await sessions.undo_raise(KEY, Level.N1, "@a:x")


async def test_who_raises_a_level_twice_goes_back_to_before_the_first_time(sessions: Sessions) -> None:
    """Asking for a level that is there already, or for a higher one, takes nothing back."""
    await kept(sessions, turn("1", level=Level.N1))
    for level in (Level.N2, Level.N2, Level.N3):
        await sessions.raise_level(KEY, level, chosen_by="@a:x")
    assert await sessions.undo_raise(KEY, None, "@a:x") == Level.N1
    for person in ("@a:x", "@b:x"):
        await sessions.raise_level(KEY, Level.N3, chosen_by=person)
    assert not await sessions.undo_raise(KEY, Level.N1, "@b:x")


async def test_weak_findings_are_taken_back(sessions: Sessions) -> None:
    """A level that rests on weak findings falls to what it is without them, and never below."""
    session, _ = await sessions.load(KEY, A)
    weak = replace(turn("1", level=Level.N3), floor=Level.N2)
    await keep(sessions, session, weak)
    assert await sessions.lower(KEY) == Level.N2
    await sessions.raise_level(KEY, Level.N3, chosen_by="@a:x")
    assert await sessions.lower(KEY) == Level.N3
    again, _ = await sessions.load(KEY, A)
    assert (again.level, again.floor, again.turns[0].floor) == (Level.N3, Level.N3, Level.N2)


async def test_a_question_waits_sealed_for_its_author(sessions: Sessions) -> None:
    """What is held is there for its author alone, until it is dropped; erasing the person erases it."""
    session, _ = await sessions.load(KEY, A)
    assert await sessions.hold(session, "0" * 32, b'"question"')
    assert (await sessions.load(KEY, A))[0].held == b'"question"'
    assert (await sessions.load(KEY, B))[0].held is None
    await sessions.note_refusal(A, b'"refused"')
    export = await sessions.export(A)
    assert (export["waiting"], export["refusal"]) == (["question"], "refused")
    await sessions.forget(A)
    assert (await sessions.load(KEY, A))[0].held is None
    assert not await sessions.hold(session, "0" * 32, b"late")


async def test_a_refusal_is_kept_for_the_person_who_asks(sessions: Sessions) -> None:
    """Why something was refused is there for its author, the latest only, until they are erased."""
    await sessions.note_refusal(A, b"un")
    await sessions.note_refusal(A, b"deux")
    assert (await sessions.refusal(A), await sessions.refusal(B)) == (b"deux", None)
    await sessions.forget(A)
    assert await sessions.refusal(A) is None


async def place_of(store: Store, kind: str) -> str:
    """Where the one value of a kind lies."""
    (place,) = await store.run(("KEYS", f"*:{kind}:*"))
    return place.decode()


@pytest.mark.parametrize("field", ["level", "floor", "masking"])
@pytest.mark.parametrize("value", ["0", "1:0123456789abcdef0123456789abcdef", "x", None])
async def test_a_level_that_others_wrote_is_the_highest(
    store: Store, sessions: Sessions, field: str, value: str | None
) -> None:
    """Who can write to the store, and has no key, lowers no level and lifts no masking: nothing goes out."""
    await kept(sessions, turn("1", level=Level.N2))
    place = await place_of(store, "session")
    await store.run(("HDEL", place, field) if value is None else ("HSET", place, field, value))
    session, _ = await sessions.load(KEY, A)
    assert (session.level, session.turns) == (Level.N4B, ())
    assert session.masking
    assert await sessions.lower(KEY) == Level.N4B
    await sessions.reset(KEY)
    assert (await sessions.load(KEY, A))[0].level == Level.N0


async def test_a_level_of_before_does_not_lower_what_is_there(store: Store, sessions: Sessions) -> None:
    """The authentic level of an earlier state, put back, counts less than the turns and the materials."""
    await sessions.raise_level(KEY, Level.N0)
    place = await place_of(store, "session")
    before = await store.run(("HMGET", place, "level", "floor"))
    session, _ = await sessions.load(KEY, A)
    await keep(sessions, session, turn("1", level=Level.N1), materials=[material("a")])
    await store.run(("HSET", place, "level", before[0], "floor", before[1]))
    assert (await sessions.load(KEY, A))[0].level == Level.N2


@pytest.mark.parametrize(("kind", "prefix"), [("turn", "t:"), ("material", "m:")])
async def test_sealed_values_do_not_change_places(
    store: Store, sessions: Sessions, kind: str, prefix: str
) -> None:
    """A turn or a material of another session, of another key or of another author is none of this one."""
    for key in (KEY, "autre"):
        session, _ = await sessions.load(key, A)
        await keep(sessions, session, turn("1"), materials=[material("a"), material("b")])
    one, two = sorted(await store.run(("KEYS", "*:session:*")))
    names = {"turn": ("t:1",), "material": ("m:1:0", "m:1:1")}[kind]
    theirs = await store.run(("HGET", two, names[0]))
    mine = await store.run(("HGET", one, names[-1]))
    author = mine[:31] + (b"0" if mine[31:32] != b"0" else b"1") + mine[32:]
    for forged in (theirs, author, b""):
        await store.run(("HSET", one, names[0], forged))
        loaded = [(await sessions.load(key, A))[0] for key in (KEY, "autre")]
        assert sorted(each.level for each in loaded) == [Level.N2, Level.N4B]
    if kind == "material":
        await store.run(("HSET", one, names[0], mine))
        loaded = [(await sessions.load(key, A))[0] for key in (KEY, "autre")]
        assert sorted(each.level for each in loaded) == [Level.N2, Level.N4B]


async def test_a_turn_that_is_missing_is_no_crash(store: Store, sessions: Sessions) -> None:
    """A session of which something is gone is of the highest level."""
    await kept(sessions, turn("1"))
    await store.run(("HDEL", await place_of(store, "session"), "t:1"))
    assert (await sessions.load(KEY, A))[0].level == Level.N4B


async def test_a_level_lowered_counts_turns_without_their_doubts(sessions: Sessions) -> None:
    """After a doubt was denied, the turns and materials of then count without it, later ones with theirs."""
    session, _ = await sessions.load(KEY, A)
    weak = replace(turn("1", level=Level.N2), floor=Level.N1)
    await keep(sessions, session, weak, materials=[material("a")])
    assert await sessions.lower(KEY) == Level.N1
    assert (await sessions.load(KEY, A))[0].level == Level.N1
    await kept(sessions, replace(turn("2", level=Level.N2), floor=Level.N1))
    assert (await sessions.load(KEY, A))[0].level == Level.N2


async def test_choices_that_others_wrote_count_for_nothing(store: Store, sessions: Sessions) -> None:
    """A language, a model, a chat or a greeting is what the person chose, or none."""
    await sessions.update_profile(A, model="grand", chat="!deux:x")
    await sessions.greet_once(A, "job")
    await sessions.update_profile(B, model="petit", chat="!autre:x")
    await sessions.greet_once(B, "job")
    places = await store.run(("KEYS", "*:person:*"))
    profiles = [await store.run(("HGETALL", place)) for place in places]
    for place, other in zip(places, reversed(profiles), strict=True):
        await store.run(("HSET", place, "language", "en", *(w for pair in other.items() for w in pair)))
    assert [(await sessions.load(KEY, who))[1] for who in (A, B)] == [Profile(), Profile()]
    assert await sessions.greet_once(A, "again")


async def test_a_question_that_waits_is_its_authors_alone(
    store: Store, sessions: Sessions, vault: Vault
) -> None:
    """Who writes another's name before a sealed question gets nothing of it."""
    session, _ = await sessions.load(KEY, A)
    await sessions.hold(session, "0" * 32, b"question")
    place = await place_of(store, "held")
    held = await store.run(("GET", place))
    await store.run(("SET", place, vault.tag("person", B) + "0" * 32, "KEEPTTL"))
    await store.run(("APPEND", place, held[64:]))
    assert (await sessions.load(KEY, B))[0].held is None


def audience(*people: str, open: bool = False) -> Audience:
    return Audience(kind="tchap_encrypted", members=frozenset(people), at=0.0, open=open)


async def test_a_session_is_read_for_those_who_could_read_it(sessions: Sessions) -> None:
    """What was said before somebody came is left out for them, documents too; the level counts for all."""
    session, _ = await sessions.load(KEY, A, audience=audience(A, B))
    await keep(sessions, session, turn("1", level=Level.N2), materials=[material("note.pdf")])
    session, _ = await sessions.load(KEY, C, audience=audience(A, B, C))
    assert (session.turns, session.materials, session.withheld, session.level) == ((), (), True, Level.N2)
    await keep(sessions, session, turn("2", author=C))
    for people, keys in (((A, B, C), ["2"]), ((A, B), ["1", "2"]), ((B,), ["1", "2"]), ((C,), ["2"])):
        found, _ = await sessions.load(KEY, A, audience=audience(*people))
        assert [each.key[-1] for each in found.turns] == keys
        assert found.withheld is (keys == ["2"])
    assert len((await sessions.load(KEY, A))[0].turns) == 2


async def test_what_is_said_openly_is_read_for_all(sessions: Sessions) -> None:
    """Where who comes later can read what was said, so can the session for them."""
    session, _ = await sessions.load(KEY, A, audience=audience(A, open=True))
    await keep(sessions, session, turn("1"), materials=[material("note.pdf")])
    found, _ = await sessions.load(KEY, B, audience=audience(B))
    assert len(found.turns) == len(found.materials) == 1
    assert not found.withheld


async def test_materials_take_less_room(sessions: Sessions, store: Store, vault: Vault) -> None:
    """A document's text is deflated before it is sealed, and comes back as it was."""
    articles = (f"Article {n}. La région {n * 7} arrête le montant de {n * 131} euros. " for n in range(900))
    text = "".join(articles)
    session, _ = await sessions.load(KEY, A)
    await keep(sessions, session, turn("1"), materials=[material("arrete.pdf", text)])
    again, _ = await sessions.load(KEY, A)
    assert again.materials[0].text == text
    place = store.key(0, "session", vault.tag("session", KEY))
    assert int(await store.run(("MEMORY", "USAGE", place, "SAMPLES", 0))) < len(text.encode()) / 2


@pytest.mark.parametrize(("fullness", "left"), [(0.4, 4), (0.6, 2), (0.9, 1)])
async def test_a_store_that_fills_up_keeps_fewer_materials(
    store: Store, vault: Vault, fullness: float, left: int
) -> None:
    """Of each session the oldest go first; what was given last stays, and so do the words of all turns."""
    sessions = Sessions(store, vault, fullness=lambda: fullness)
    session, _ = await sessions.load(KEY, A)
    noise = random.Random(1)
    for n in range(4):  # what cannot be deflated further than to half
        text = noise.randbytes(50_000).hex()
        await keep(sessions, session, turn(str(n)), materials=[material(f"{n}.pdf", text)])
    again, _ = await sessions.load(KEY, A)
    assert [each.name for each in again.materials] == [f"{n}.pdf" for n in range(4 - left, 4)]
    assert len(again.turns) == 4


async def test_what_the_version_before_does_not_know_bears_a_new_schema(
    sessions: Sessions, store: Store, vault: Vault
) -> None:
    """A version that reads turns of seven parts gives one back untouched that bears a denied doubt."""
    doubt = Finding(kind="health", level=Level.N3, strength="weak", why="dit d’une personne")
    session, _ = await sessions.load(KEY, A)
    await keep(sessions, session, turn("1"))
    await keep(sessions, session, replace(turn("2"), denied=(doubt,)))
    assert [each.denied for each in (await sessions.load(KEY, A))[0].turns] == [(), (doubt,)]
    raw = await store.run(("HGETALL", store.key(0, "session", vault.tag("session", KEY))))
    tag = len(vault.tag("person", A))
    assert [raw[f"t:{key}".encode()][tag] for key in "12"] == [SCHEMA, PACKED]
