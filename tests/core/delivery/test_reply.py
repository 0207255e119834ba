"""When an answer is posted, and as which message: its beginning, its end, and when it is late."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import pytest

from bots.assistant import Assistant
from core.bot import Exchange
from core.connector import Address, Audience, Draft, File, Grows, Pace, Sending
from core.delivery import reply
from core.delivery.final import FINAL, Final
from core.delivery.outbox import Budget, Posts
from core.delivery.reply import Reply
from core.errors import Deferred, TooLong, Unchangeable
from core.metrics import metrics
from core.sensitivity.level import Level
from tests.core.conftest import Core, core_on
from tests.rig.gateway import Behaviour
from tests.rig.platform import Platform, edit, message

STORY = "Il était une fois un roi. "


async def test_nothing_is_posted_before_there_are_words(core: Core) -> None:
    """A model that thinks for a while has the bot type, and the first message is the whole answer."""
    core.gateway.next(Behaviour(answer="Voici la réponse attendue.", first=1.7))
    await core.tell(message("Raconte"))
    (post,) = await core.platform.answered()
    assert len(post.states) == 1
    assert post.text.startswith("Voici")
    await core.platform.until(lambda: core.platform.typed == [True, False])
    assert len(core.platform.reads) == 1


async def test_the_first_sign_is_counted_once_for_a_question(core: Core) -> None:
    """For Prometheus: the time until its author saw that it was read; the answer counts no second time."""

    def counted() -> float:
        name, labels = "relais_first_sign_seconds_count", {"connector": core.platform.name}
        return metrics.registry.get_sample_value(name, labels) or 0.0

    before = counted()
    await core.tell(message("Raconte"))
    await core.platform.answered()
    assert counted() - before == 1


@pytest.mark.parametrize("late", ["first", "growing"])
async def test_what_grows_gives_way_to_the_whole_that_came_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, late: Sending
) -> None:
    """A beginning that waits for the store while the answer ends is not shown as if it were the answer: under
    the key of the whole, the homeserver would then take the whole for the same message again."""
    ended, take, end = asyncio.Event(), Budget.take, Reply.end

    async def waits(budget: Budget, scope: str, pace: Pace, what: Sending, ticket: str = "") -> float:
        if what == late:
            await ended.wait()
        return await take(budget, scope, pace, what, ticket)

    def tells(answer: Reply) -> None:
        end(answer)
        ended.set()

    monkeypatch.setattr(Budget, "take", waits)
    monkeypatch.setattr(Reply, "end", tells)
    async with core_on(tmp_path, platform=Platform(growth="freely")) as core:
        await core.sessions.greet_once("@a:x", "earlier")
        core.gateway.next(Behaviour(answer="Un premier mot pour vous. " + "mot " * 60, rate=20))
        await core.tell(message("Raconte"))
        shown = core.platform.posts.values()
        await core.platform.until(lambda: any(post.text.strip().endswith("mot") for post in shown))
        (post,) = shown
    *before, whole = post.states
    assert all(state.growing for state in before)
    assert not whole.growing
    assert whole.text.count("mot") == 61
    assert len({state.key for state in post.states}) == len(post.states)


async def test_without_a_sentence_the_beginning_comes_after_four_seconds(core: Core) -> None:
    """What there is by then is shown: forty words, not the hundred that are enough at any time."""
    core.gateway.next(Behaviour(answer="mot " * 110, rate=10))
    await core.tell(message("Raconte"))
    (post,) = await core.platform.answered()
    assert [state.growing for state in post.states] == [True, False]
    assert 15 < post.states[0].text.count("mot") < 95


@pytest.mark.parametrize(("growth", "soon"), [("sparingly", False), ("steadily", True), ("freely", True)])
async def test_text_is_wanted_shortly_before_something_may_be_shown(
    core: Core, monkeypatch: pytest.MonkeyPatch, growth: Grows, soon: bool
) -> None:
    """Before the first half second, and between two edits, nobody would see what comes."""
    core.platform.growth = growth
    seen: set[tuple[bool, bool]] = set()
    before: list[bool] = []
    show, record, grow, stands = Reply.show, Posts._record, Reply._grow, asyncio.Event()

    async def grows(self: Reply) -> None:
        before.append(self.is_eager)
        await grow(self)

    def noted(self: Reply, text: str) -> None:
        seen.add((stands.is_set(), self.is_eager))
        show(self, text)

    async def recorded(self: Posts, n: int, key: str, id: str) -> bool:
        counts = await record(self, n, key, id)
        stands.set()
        return counts

    def pause(_: int, grows: Grows) -> float:
        return 10.0 if grows == "sparingly" else 1.0

    monkeypatch.setattr(reply, "pause_before", pause)
    monkeypatch.setattr(Reply, "show", noted)
    monkeypatch.setattr(Reply, "_grow", grows)
    monkeypatch.setattr(Posts, "_record", recorded)
    core.gateway.next(Behaviour(answer=STORY + "mot " * 200, rate=50, stall_after=120, go_on=stands))
    await core.tell(message("Raconte"))
    await core.platform.answered()
    assert not before[0]
    assert (False, True) in seen
    assert ((True, True) in seen) is soon


class Slow(Assistant):
    """Ends its answer when the beginning was posted; then it is late."""

    def __init__(self, platform: Callable[[], Platform], late: Callable[[], None]) -> None:
        super().__init__()
        self._platform = platform
        self._late = late

    async def handle(self, exchange: Exchange) -> None:
        exchange.reply.show(STORY)
        await self._platform().until(lambda: bool(self._platform().posts))
        self._late()
        await exchange.reply.finish(STORY + "mot " * 60, remember=STORY)


async def test_a_late_answer_is_a_new_message_in_reply_to_its_question(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its author is notified of it; the beginning that stood there is deleted, once the answer is there."""
    bot = Slow(lambda: core.platform, lambda: monkeypatch.setattr(reply, "LATE_AFTER", -1.0))
    async with core_on(tmp_path, bots=(bot,)) as core:
        question = message("Raconte")
        await core.tell(question)
        await core.platform.until(lambda: any(post.deleted for post in core.platform.posts.values()))
        beginning, answer = core.platform.posts.values()
        assert (beginning.deleted, answer.deleted) == (True, False)
        assert [state.growing for state in answer.states] == [False]
        assert answer.states[0].reply_to == question.id
        assert answer.text.startswith(STORY + "mot mot")
        assert all(state.reply_to is None for state in beginning.states)


async def test_a_beginning_that_came_unknown_gives_way_to_a_late_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The platform took the beginning and its answer was lost: it is looked for, and deleted."""
    bot = Slow(lambda: core.platform, lambda: monkeypatch.setattr(reply, "LATE_AFTER", -1.0))
    async with core_on(tmp_path, bots=(bot,)) as core:
        core.platform.lose = [Deferred("lost", retry_after=60.0)]
        await core.tell(message("Raconte"))
        await core.platform.until(lambda: any(post.deleted for post in core.platform.posts.values()))
        beginning, answer = core.platform.posts.values()
        assert (beginning.growing, answer.growing) == (True, False)
        assert core.platform.shown == [answer]


async def test_a_beginning_that_was_surely_not_posted_is_not_looked_for(
    core: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where nothing left, for the platform's limit was known before, its messages are not read for it."""
    looked: list[str] = []
    tried, show_once = asyncio.Event(), Reply._show_once

    async def find(_: Platform, address: Address, key: str, since: str | None) -> None:
        looked.append(key)

    async def tries(reply: Reply, what: Literal["first", "growing"]) -> float:
        pause = await show_once(reply, what)
        tried.set()
        return pause

    monkeypatch.setattr(Platform, "find", find)
    monkeypatch.setattr(Reply, "_show_once", tries)
    core.platform.faults = [Deferred("limited", retry_after=60.0, undone=True)]
    core.gateway.next(Behaviour(answer=STORY + "mot " * 100, stall_after=80, go_on=tried))
    await core.tell(message("Raconte"))
    (post,) = await core.platform.answered()
    assert (len(post.states), core.platform.faults, looked) == (1, [], [])


async def test_what_is_said_before_a_long_work_is_not_what_notifies(tmp_path: Path) -> None:
    """An answer after it is a message of its own, however soon it comes; the words before it are deleted."""

    class Working(Assistant):
        async def handle(self, exchange: Exchange) -> None:
            assert isinstance(exchange.reply, reply.Reply)
            exchange.reply.show("*199 pages à reconnaître, environ 4 min…*", "before")
            await core.platform.until(lambda: bool(core.platform.posts))
            exchange.reply.show("")
            await exchange.reply.finish("Le rapport conclut à un risque faible.", remember="faible")

    async with core_on(tmp_path, bots=(Working(),)) as core:
        await core.tell(question := message("Résume ce scan"))
        await core.platform.until(lambda: any(post.deleted for post in core.platform.posts.values()))
        before, answer = core.platform.posts.values()
        assert (before.deleted, answer.deleted) == (True, False)
        assert answer.states[0].text.startswith("Le rapport conclut")
        assert answer.states[0].reply_to == question.id


async def test_an_edit_of_a_late_answered_question_is_answered_in_its_place(
    core: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message that counts is the late one, for edits and deletions of the question too."""
    monkeypatch.setattr(reply, "LATE_AFTER", -1.0)
    question = message("Raconte")
    await core.tell(question)
    (post,) = await core.platform.answered()
    monkeypatch.setattr(reply, "LATE_AFTER", 20.0)
    await core.tell(edit(question, "Explique"))
    await core.platform.until(lambda: "Explique" in post.text)
    assert core.platform.shown == [post]


async def test_a_stop_ends_a_late_answer_where_it_grows(core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who stops an answer looks at it."""
    monkeypatch.setattr(reply, "LATE_AFTER", 0.5)
    core.gateway.next(Behaviour(answer=STORY * 200, rate=20))
    await core.tell(message("Raconte"))
    await core.platform.until(lambda: bool(core.platform.shown))
    (post,) = core.platform.shown
    await core.tell(message("!stop"))
    await core.platform.until(lambda: "arrêtée" in post.text)
    assert core.platform.shown == [post]


async def test_what_grows_freely_stays_where_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal nobody is notified: a late answer ends in place."""
    monkeypatch.setattr(reply, "LATE_AFTER", 1.5)
    async with core_on(tmp_path, platform=Platform(growth="freely")) as core:
        core.gateway.next(Behaviour(answer=STORY * 20, rate=15))
        await core.tell(message("Raconte"))
        (post,) = await core.platform.answered()
        assert len(post.states) > 3
        assert len(core.platform.posts) == 1


@dataclass
class Busy(Platform):
    """An answer would grow here, but there is no room for it now. `asked`: how often who reads was asked."""

    asked: int = 0
    room: int = 1

    def grows(self, address: Address) -> Grows:
        self.room -= 1
        return "sparingly" if self.room >= 0 else "never"

    async def audience(self, address: Address, *, asked: bool = False) -> Audience:
        self.asked += 1
        return await super().audience(address, asked=asked)


async def test_nobody_asks_who_reads_where_no_answer_grows_now(tmp_path: Path) -> None:
    """An answer that waits for room to grow asks its platform as little as one that comes at once."""
    counts: list[int] = []
    for rate in (0.0, 30.0):
        async with core_on(tmp_path / str(rate), platform=Busy()) as core:
            core.gateway.next(Behaviour(answer=STORY + "mot " * 60, rate=rate))
            await core.tell(message("Raconte"))
            (answer,) = await core.platform.answered()
            assert [state.growing for state in answer.states] == [False]
            assert isinstance(core.platform, Busy)
            counts.append(core.platform.asked)
    assert counts[0] == counts[1]


class Fixed(Platform):
    """No message may be changed once it stands."""

    async def edit(self, address: Address, id: str, draft: Draft, audience: Audience) -> None:
        raise Unchangeable("edit", "closed")


@pytest.mark.parametrize("growth", ["steadily", "sparingly"])
async def test_an_answer_whose_beginning_may_not_be_changed_is_a_message_of_its_own(
    tmp_path: Path, growth: Grows
) -> None:
    """Whole, in the place of the beginning, which is deleted: nothing more is tried while it grows."""
    async with core_on(tmp_path, platform=Fixed(growth=growth)) as core:
        core.gateway.next(Behaviour(answer=STORY + "mot " * 200, rate=50))
        await core.tell(message("Raconte"))
        (answer,) = await core.platform.answered()
        assert answer.text.count("mot") == 200
        beginning, _ = core.platform.posts.values()
        assert (beginning.deleted, [state.growing for state in answer.states]) == (True, [False])


async def test_the_answer_to_an_edited_question_whose_message_may_not_be_changed_is_a_new_one(
    tmp_path: Path,
) -> None:
    """It stands alone, for later edits too; the earlier one is deleted, if it is there still."""
    async with core_on(tmp_path, platform=Fixed()) as core:
        question = message("Raconte")
        await core.tell(question)
        (first,) = await core.platform.answered()
        for text in ("Explique", "Précise"):
            await core.tell(replace(edit(question, text), key=f"{question.key}:{text}"))
            await core.platform.until(
                lambda text=text: [text in p.text for p in core.platform.shown] == [True]
            )
        assert first.deleted
        assert len(core.platform.posts) == 3


@dataclass
class Narrow(Platform):
    """Takes less text in an edit than in a post; its third post makes its replica stop, once."""

    stopped: bool = False

    async def send(self, address: Address, draft: Draft, audience: Audience) -> str:
        id = await super().send(address, draft, audience)
        if len(self.posts) == 3 and not self.stopped:
            self.stopped = True
            raise RuntimeError("stopped")
        return id

    async def edit(self, address: Address, id: str, draft: Draft, audience: Audience) -> None:
        if len(draft.text) > 200:
            raise TooLong("edit")
        await super().edit(address, id, draft, audience)


async def test_an_answer_that_no_edit_takes_is_delivered_in_shorter_parts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing of it is lost, nor said twice when its delivery stops midway and is taken up again."""
    monkeypatch.setattr("core.worker.job.RETRY_AFTER", 0.1)
    words = " ".join(f"mot{n}" for n in range(120))

    class Finishing(Assistant):
        async def handle(self, exchange: Exchange) -> None:
            exchange.reply.show("Voici le début de la réponse. ")
            await platform.until(lambda: bool(platform.posts))
            await exchange.reply.finish(words, remember="mots")

    async with core_on(tmp_path, platform=(platform := Narrow()), bots=(Finishing(),)) as core:
        await core.tell(message("Raconte"))
        await platform.until(lambda: " ".join(post.text for post in platform.shown).split() == words.split())
        assert platform.stopped
        assert not any(post.deleted for post in platform.posts.values())


def test_a_stored_final_is_read_by_other_versions() -> None:
    """What an earlier version stored is read; a file stands in it as that version reads it."""
    file = File(name="a.txt", media_type="text/plain", data=b"\xff\xfe\xfb\xf0")
    kept = (
        b'{"text":"Voici","level":2,"remember":null,"file":{"name":"a.txt","media_type":"text/plain",'
        b'"data":"//778A==","generated":false},"failed":false,"revises":true,"readers":["a","b"],'
        b'"writers":["small"],"first":3}'
    )
    final = FINAL.validate_json(kept)
    assert final == Final(
        text="Voici",
        level=Level.N2,
        file=file,
        revises=True,
        readers=frozenset({"a", "b"}),
        writers=("small",),
        first=3,
    )
    again = FINAL.dump_json(final)
    assert b'"data":"//778A=="' in again
    assert FINAL.validate_json(again) == final
    assert FINAL.validate_json(FINAL.dump_json(replace(final, file=None))).file is None
