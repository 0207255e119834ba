"""One answer stands, whatever was posted and not recorded when the process that wrote it ended."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from core.connector import Address, Audience, Draft, Echo, File, Message
from core.delivery.final import OwnWords
from core.delivery.reply import Reply, addressed
from core.errors import Deferred, DeliveryError, LeaseLost, PlatformRefused, Rejected
from core.inbox.inbox import Claim, Entry
from core.policy.decision import Denied, Refusal
from core.sensitivity.level import Level
from core.texts import Contacts, texts
from tests.core.conftest import Core, core_on
from tests.rig.platform import Platform, message

QUESTION = message("Raconte", at=0.0)
"""Asked long ago: its answer is late, and a message of its own."""


@dataclass
class Forgetful(Platform):
    """It does not tell of the message with this key."""

    untold: str = ""
    why: DeliveryError = field(default_factory=lambda: Deferred("away", retry_after=0.1))

    async def find(self, address: Address, key: str, since: str | None) -> str | None:
        if key == self.untold:
            raise self.why
        return await super().find(address, key, since)


@pytest_asyncio.fixture
async def core(tmp_path: Path) -> AsyncGenerator[Core]:
    """A core whose worker takes nothing: the test claims."""
    async with core_on(tmp_path, platform=Forgetful()) as core:
        core.worker.drain()
        await core.inbox.enqueue([Entry(event=QUESTION)])
        yield core


async def claimed(core: Core) -> Claim:
    """The job, after whoever had it died."""
    await core.inbox.recover()
    (claim,) = await core.inbox.claim(1)
    return claim


def reply_of(core: Core, claim: Claim) -> Reply:
    event = claim.events[0]
    assert isinstance(event, Message)
    to = addressed(event, asked_at=event.at)
    return Reply(core.outbox, claim, to, OwnWords(), texts("fr", Contacts()))


async def begun(reply: Reply) -> None:
    """Post the beginning of an answer, and record it."""
    reply.show("Il était une fois un roi")
    await reply._place(0, "Il était", Level.N0, growing=True)


async def posted(core: Core, reply: Reply, n: int, text: str, *, key: str = "") -> str:
    """Post a part whose process ends before it is recorded."""
    draft = Draft(text=text, level=Level.N0, key=key or reply._posts.key(n), language="fr", growing=True)
    return await core.outbox.send(QUESTION.address, draft)


async def test_a_beginning_that_nobody_recorded_gives_way_to_a_late_answer(core: Core) -> None:
    """Also where the process that posted the answer ended before it looked for what it gives way to."""
    beginning = await posted(core, reply_of(core, await claimed(core)), 0, "Il était")
    reply = reply_of(core, await claimed(core))
    await reply.finish("Il était une fois.", remember="roi")
    assert isinstance(core.platform, Forgetful)
    core.platform.untold = core.platform.posts[beginning].key
    with pytest.raises(Deferred):
        await reply.run()
    core.platform.untold = ""
    await reply_of(core, await claimed(core)).run()
    (answer,) = core.platform.shown
    assert answer.id != beginning
    assert answer.text.startswith("Il était une fois.")


@pytest.mark.parametrize("recorded", [True, False])
async def test_what_is_set_aside_has_one_word(core: Core, recorded: bool) -> None:
    """It takes the place of a late answer that was posted by whoever died, recorded or not."""
    first = reply_of(core, await claimed(core))
    if recorded:
        await begun(first)
    await first.finish("Il était une fois.", remember="roi")
    await posted(core, first, 1, "Il était une fois.")
    claim = await claimed(core)
    await core.worker._context.notices.set_aside(claim, "deliver")
    (word,) = core.platform.shown
    assert "Je n’ai pas réussi" in word.text


async def test_the_word_of_what_is_set_aside_is_named_while_it_is_delivered(
    core: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the delivery of any answer is: what ends the process there is counted at that step too."""
    await claimed(core)
    claim, send, named = await claimed(core), core.outbox.send, list[bytes]()

    async def noting(*args: Any, **given: Any) -> str:
        name = claim.mailbox.name
        job = core.store.key(name, "job", name)
        named.append(await core.store.run(("HGET", job, "steps")))
        return await send(*args, **given)

    monkeypatch.setattr(core.outbox, "send", noting)
    await core.worker._context.notices.set_aside(claim, "handle")
    assert named == [b"word deliver"]


async def test_an_edit_finds_the_answer_that_followed_a_beginning(core: Core) -> None:
    """It comes while a late answer is delivered: the new one is written there, not into what was deleted."""
    first = reply_of(core, await claimed(core))
    await begun(first)
    await first.finish("Il était une fois.", remember="roi")
    await first.run()
    (answer,) = core.platform.shown
    claim = await claimed(core)
    second = reply_of(core, replace(claim, final=None))
    await second.finish("Elle était une fois.", remember="reine", in_place=True)
    await second.run()
    assert core.platform.shown == [answer]
    assert answer.text.startswith("Elle")


async def test_a_deletion_finds_what_nobody_recorded(core: Core) -> None:
    """The question is gone: a late answer, of which nobody knows whether it was posted, goes too."""
    first = reply_of(core, await claimed(core))
    await first.finish("Il était une fois.", remember="roi")
    await posted(core, first, 1, "Il était une fois.")
    claim = await claimed(core)
    await reply_of(core, replace(claim, final=None)).withdraw()
    assert core.platform.shown == []


@pytest.mark.parametrize("late", [True, False])
async def test_an_edit_deletes_the_part_that_nobody_recorded(core: Core, late: bool) -> None:
    """The new answer is shorter: what the process that died posted of the old one does not stay beside it."""
    first = reply_of(core, await claimed(core))
    if late:
        await begun(first)
        await first.finish("Il était une fois.", remember="roi")
    else:
        await first.finish("Il était une fois.", remember="roi", in_place=True)
        await first._place(0, "Il était", Level.N0)
    await posted(core, first, 1, "une fois.")
    claim = await claimed(core)
    second = reply_of(core, replace(claim, final=None))
    await second.finish("Non.", remember="reine", in_place=True)
    await second.run()
    assert [post.text for post in core.platform.shown] == ["Non."]


async def test_an_answer_of_nothing_leaves_nothing(core: Core) -> None:
    """Its edited question asks for nothing: the only message of the old answer, unrecorded, goes."""
    first = reply_of(core, await claimed(core))
    await posted(core, first, 0, "Il était une fois.")
    second = reply_of(core, await claimed(core))
    await second.finish("", remember="", in_place=True)
    await second.run()
    assert core.platform.shown == []


async def test_no_part_of_a_withheld_answer_stays(core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody came who may not read it: the part that was posted and not recorded is deleted too."""
    first = reply_of(core, await claimed(core))
    await first.finish("Un secret.", remember="secret", in_place=True)
    await first._place(0, "Un", Level.N0)
    await posted(core, first, 1, "secret.")
    second = reply_of(core, await claimed(core))

    send = second._posts._send

    async def denied(draft: Draft, **how: Any) -> str:
        if "secret" in draft.text:
            raise Denied(Refusal(why="channel", level=Level.N2, ceiling=None, audience="tchap_public"))
        return await send(draft, **how)

    monkeypatch.setattr(second._posts, "_send", denied)
    await second.run()
    assert second.withheld
    (word,) = core.platform.shown
    assert "secret" not in word.text


async def beside(core: Core) -> tuple[Reply, Forgetful]:
    """An answer of which one part is recorded and one was posted by a process that died."""
    first = reply_of(core, await claimed(core))
    await first.finish("Il était une fois.", remember="roi", in_place=True)
    await first._place(0, "Il était", Level.N0)
    id = await posted(core, first, 1, "une fois.")
    claim = await claimed(core)
    assert isinstance(core.platform, Forgetful)
    core.platform.untold = core.platform.posts[id].key
    return reply_of(core, replace(claim, final=None)), core.platform


async def test_a_deletion_waits_for_nothing_that_is_not_known(core: Core) -> None:
    """What is recorded is deleted at once; the platform is asked again for the rest."""
    reply, platform = await beside(core)
    with pytest.raises(Deferred):
        await reply.withdraw()
    assert [post.text for post in platform.shown] == ["une fois."]
    platform.untold = ""
    await reply.withdraw()
    assert platform.shown == []


async def test_a_part_that_cannot_stand_hinders_nothing(core: Core) -> None:
    """The platform refuses to look for it, as where the root of a thread is gone: an edit is answered."""
    reply, platform = await beside(core)
    platform.why = Rejected("no root")
    await reply.finish("Non.", remember="reine", in_place=True)
    await reply.run()
    assert next(iter(platform.shown)).text == "Non."
    await reply.withdraw()
    assert [post.text for post in platform.shown] == ["une fois."]


@pytest.mark.parametrize("sent_to_person", [False, True])
async def test_of_two_posts_seen_in_a_chat_one_stays(core: Core, sent_to_person: bool) -> None:
    """A replica that hung posted too; whether to the chat or to its person, the echoes do not tell."""
    hung = reply_of(core, await claimed(core))
    late = await posted(core, hung, 0, "Paris.", key="one for the platform")
    reply = reply_of(core, await claimed(core))
    await reply.finish("Paris.", remember="Paris", in_place=True)
    await reply.run()
    other = replace(QUESTION.address, conversation="!autre:x")
    chat, person = (other, QUESTION.address) if sent_to_person else (QUESTION.address, other)
    for id in (late, reply.posted[0]):
        await core.outbox.echoed(Echo(address=chat, also=person, key=reply._posts.key(0), id=id))
    assert [post.id for post in core.platform.shown] == [reply.posted[0]]


async def test_the_echo_of_what_counts_asks_the_store_nothing(
    core: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever posted it knows that it does; of another message with its key, the store is asked."""
    reply = reply_of(core, await claimed(core))
    await reply.finish("Paris.", remember="Paris", in_place=True)
    await reply.run()
    asked = list[str]()

    async def echoed(address: Address, *, key: str, id: str, also: Address | None) -> str:
        asked.append(id)
        return id

    monkeypatch.setattr(core.inbox, "echoed", echoed)
    for id in (reply.posted[0], "other"):
        await core.outbox.echoed(Echo(address=QUESTION.address, key=reply._posts.key(0), id=id))
    assert asked == ["other"]


@pytest.mark.parametrize("number", [0, 1])
@pytest.mark.parametrize("in_place", [True, False])
async def test_an_answer_of_a_lost_store_is_given_no_second_time(
    core: Core, number: int, in_place: bool
) -> None:
    """A store that was set back to a backup does not know of it; its echo comes with the question."""
    claim = await claimed(core)
    id = await posted(core, reply_of(core, claim), number, "Paris.")
    await core.outbox.echoed(
        Echo(address=QUESTION.address, key=reply_of(core, claim)._posts.key(number), id=id)
    )
    reply = reply_of(core, replace(claim, resumed=False))
    await reply.finish("Paris, sans doute.", remember="Paris", in_place=in_place)
    await reply.run()
    assert [post.text for post in core.platform.shown] == ["Paris, sans doute."]


@pytest_asyncio.fixture(params=["recorded", "unrecorded"])
async def old_file(core: Core, request: pytest.FixtureRequest) -> Claim:
    """The job again, without its final text, after an answer with a file was posted; whoever posted the file
    may have died before it was recorded."""
    first = reply_of(core, await claimed(core))
    await first.finish("Voici.", remember="roi", in_place=True, file=filed("le roi"))
    record = first._posts._record

    async def dies(n: int, key: str, id: str) -> bool:
        if "le roi" in core.platform.posts[id].text:
            raise LeaseLost("dead")
        return await record(n, key, id)

    if request.param == "unrecorded":
        first._posts._record = dies
        with pytest.raises(LeaseLost):
            await first.run()
    else:
        await first.run()
    claim = await claimed(core)
    assert [post.text for post in core.platform.shown] == ["Voici.", "le roi"]
    return replace(claim, final=None)


def filed(name: str) -> File:
    return File(name=name, media_type="text/plain", data=name.encode())


async def test_an_answer_whose_file_is_refused_says_so(core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is too large there, or no file may be sent: the text stood alone, and promised it."""
    send = core.platform.send

    async def picky(address: Address, draft: Draft, audience: Audience) -> str:
        if draft.file is not None:
            raise PlatformRefused("upload", "M_TOO_LARGE")
        return await send(address, draft, audience)

    monkeypatch.setattr(core.platform, "send", picky)
    reply = reply_of(core, await claimed(core))
    await reply.finish("Voici.", remember="roi", in_place=True, file=filed("le roi"))
    await reply.run()
    (post,) = core.platform.shown
    assert post.text == f"Voici.\n\n{reply.texts.file_not_taken()}"


async def test_the_file_of_an_edited_question_takes_the_place_of_the_old_one(
    core: Core, old_file: Claim
) -> None:
    """It cannot be edited: the old one goes."""
    second = reply_of(core, old_file)
    await second.finish("Voilà.", remember="reine", in_place=True, file=filed("la reine"))
    await second.run()
    assert [post.text for post in core.platform.shown] == ["Voilà.", "la reine"]


async def test_a_text_is_not_written_into_the_old_file(core: Core, old_file: Claim) -> None:
    """An edited question has an answer in two parts: the file goes, and the second part is a message."""
    core.platform.limit = 1_000
    second = reply_of(core, old_file)
    await second.finish("mot " * 300, remember="mots", in_place=True)
    await second.run()
    (old,) = [post for post in core.platform.posts.values() if post.states[0].file]
    assert old.deleted
    assert len(core.platform.shown) == 2


async def test_a_deletion_takes_the_file(core: Core, old_file: Claim) -> None:
    await reply_of(core, old_file).withdraw()
    assert core.platform.shown == []


@pytest.mark.parametrize("how", ["edited", "deleted"])
@pytest.mark.parametrize("part", ["text", "file"])
async def test_what_lands_once_its_question_has_changed_is_deleted(core: Core, part: str, how: str) -> None:
    """A replica hung while it posted the answer, and nothing of that is known but by its echo."""
    send, late = core.outbox.send, list[Draft]()

    async def hangs(address: Address, draft: Draft, **more: Any) -> str:
        if (draft.file is not None) == (part == "file"):
            late.append(draft)
            raise LeaseLost("it hangs")
        return await send(address, draft, **more)

    core.outbox.send = hangs
    hung = reply_of(core, await claimed(core))
    await hung.finish("Voici.", remember="roi", in_place=True, file=filed("le roi"))
    with pytest.raises(LeaseLost):
        await hung.run()
    core.outbox.send = send
    claim = await claimed(core)
    reply = reply_of(core, replace(claim, final=None))
    if how == "deleted":
        await reply.withdraw()
    else:
        await reply.finish("Voilà.", remember="reine", in_place=True, file=filed("la reine"))
        await reply.run()
    if how == "edited" and part == "text":
        late[0] = replace(late[0], key="one for the platform")
    id = await send(QUESTION.address, late[0])
    key = reply._posts.key(0) if part == "text" else late[0].key
    await core.outbox.echoed(Echo(address=QUESTION.address, key=key, id=id))
    assert [post.text for post in core.platform.shown] == (["Voilà.", "la reine"] if how == "edited" else [])
    await reply_of(core, await claimed(core)).withdraw()
    assert core.platform.shown == []


async def test_the_same_file_stays(core: Core, old_file: Claim) -> None:
    """The question was edited, and has the same file for answer."""
    (file,) = [post for post in core.platform.shown if post.states[0].file]
    second = reply_of(core, old_file)
    await second.finish("Voilà.", remember="roi", in_place=True, file=filed("le roi"))
    await second.run()
    assert core.platform.shown[-1] is file
    assert len(core.platform.posts) == 2
