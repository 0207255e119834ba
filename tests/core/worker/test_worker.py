"""From a delivered event to the message a person sees: order, exactly once, marks, failures."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import structlog

import core.inbox.inbox as core_inbox
import core.worker.job as core_job
from bots.assistant import Assistant
from core.bot import Exchange
from core.connector import Address, Attachment, Audience, Message, Undecryptable
from core.documents.document import Document
from core.documents.ocr.recognition import Ocr, Progress
from core.errors import Deferred, Rejected, StoreUnavailable
from core.inbox.inbox import Claim
from core.inbox.records import DeadLetter, How, Stats
from core.policy.file import Quotas
from core.sensitivity.level import Level
from core.turn.findings import TurnFindings
from core.worker.intake import Intake
from tests.core.conftest import Core, core_on, embedded, policy_for
from tests.rig.gateway import Behaviour
from tests.rig.platform import Post, deletion, edit, message


async def test_a_quick_answer_is_one_message(core: Core) -> None:
    """An answer that comes at once is posted once, without edits, and short it bears no footer."""
    await core.tell(message("Quelle heure est-il ?"))
    (post,) = await core.platform.answered()
    assert len(post.states) == 1
    assert "Quelle heure est-il ?" in post.text
    assert "IA ·" not in post.text


@pytest.mark.parametrize("long", ["`" * 20_000, "~" * 20_000, "\\ " * 10_000])
async def test_an_argument_of_any_length_is_refused_in_a_few_lines(core: Core, long: str) -> None:
    """A command that cannot be obeyed says so, whatever was written after it."""
    await core.tell(message(f"!niveau x\n{long}"), message(f"!langue {long}"), message(f"!{'x' * 20_000}"))
    assert max(len(post.text) for post in await core.platform.answered(3)) < 1000


async def test_an_answer_of_fences_alone_is_delivered_whole(core: Core) -> None:
    """A model that repeats a backtick for ever fills messages, each within the platform's limit."""
    core.platform.limit = 8_000
    core.gateway.next(Behaviour(answer="`" * 17_000))
    await core.tell(message("Boucle"))
    posts = await core.platform.answered(3)
    assert max(len(post.text.encode()) for post in posts) <= 8_000
    assert "".join(post.text for post in posts).count("`") >= 17_000


@pytest.mark.parametrize(
    "text", ["!données", "!niveau", "Un numéro : 1 85 05 78 006 084 91. !x", "Une question"]
)
async def test_who_came_meanwhile_reads_nothing_of_what_was_asked_where_two_talked(
    core: Core, text: str
) -> None:
    """Exports, levels, refusals and answers alike are for the person who asked alone; others read one
    line."""
    core.platform.faults = [Deferred("later", retry_after=0.1)]
    answer = core.gateway.hold()
    await core.tell(message(text))
    core.platform.intruders.add("@c:x")
    answer.set()
    (post,) = await core.platform.answered()
    assert "n’a pas été affichée" in post.text
    assert [state.file for state in post.states] == [None]


async def test_two_bots_do_not_feed_each_other(core: Core) -> None:
    """A sender known to be a program: three answers, one word, silence; people go on. That one is known by
    answering at once is told in `tests.core.sessions.test_quotas`."""
    for n in range(6):
        asked = message(f"Réponse automatique {n}", direct=False, reply_to=f"$q{n}")
        await core.tell(replace(asked, from_bot=True))
        await core.platform.answered(min(n, 3) + 1)
    await core.tell(message("Et moi ?", sender="@b:x", direct=False))
    posts = await core.platform.answered(5)
    assert ["programme" in post.text for post in posts] == [False, False, False, True, False]
    assert "Et moi" in posts[-1].text


async def test_who_opens_threads_quickly_is_no_program(core: Core) -> None:
    """One person asks in thread after thread, each time within a second of an answer: all are answered."""
    for n in range(6):
        question = message(f"Question {n}", direct=False)
        address = replace(question.address, thread=question.id, apart=True)
        await core.tell(replace(question, address=address))
        posts = await core.platform.answered(n + 1)
        await asyncio.sleep(0.1)
    assert [f"Question {n}" in post.text for n, post in enumerate(posts)] == [True] * 6


async def test_a_slow_answer_grows_in_one_message(core: Core) -> None:
    """Its beginning is posted once a sentence is there, and the same message ends whole."""
    core.gateway.next(Behaviour(answer="Il était une fois un roi. " + "mot " * 60, rate=20))
    await core.tell(message("Raconte"))
    (post,) = await core.platform.answered()
    assert [state.growing for state in post.states] == [True, False]
    assert all(state.text.startswith("Il était une fois un roi.") for state in post.states)


async def test_the_same_event_twice_is_answered_once(core: Core) -> None:
    """A delivery that is repeated changes nothing."""
    question = message("Cite un fleuve")
    await core.tell(question, question)
    await core.tell(question)
    await core.tell(message("Fin"))
    posts = await core.platform.answered(2)
    assert len(posts) == 2
    assert len(core.gateway.received) == 2


async def test_a_conversation_keeps_its_order(core: Core) -> None:
    """The answers of a conversation come in the order of its questions."""
    core.gateway.next(Behaviour(first=0.5))
    await core.tell(message("!aide"), message("première"), message("!langue fr"), message("seconde"))
    posts = await core.platform.answered(4)
    assert "`!aide`" in posts[0].text
    assert "première" in posts[1].text
    assert "français" in posts[2].text
    assert "seconde" in posts[3].text


async def test_conversations_do_not_wait_for_each_other(core: Core) -> None:
    """A slow answer in one conversation does not delay the other."""
    slow = core.gateway.hold()
    await core.tell(message("lente"))
    await core.gateway.asked()
    await core.tell(message("rapide", room="!autre:x"))
    posts = await core.platform.answered(1)
    assert posts[0].address.conversation == "!autre:x"
    slow.set()
    await core.platform.answered(2)


async def test_the_session_remembers(core: Core) -> None:
    """The next question carries the earlier exchange; `!nouveau` drops it."""
    await core.tell(message("Je m’appelle Anne"))
    await core.platform.answered(1)
    await core.tell(message("Comment je m’appelle ?"))
    await core.platform.answered(2)
    assert len(core.gateway.received[1].body["messages"]) > len(core.gateway.received[0].body["messages"])
    await core.tell(message("!nouveau"), message("Et maintenant ?"))
    await core.platform.answered(4)
    assert len(core.gateway.received[2].body["messages"]) == len(core.gateway.received[0].body["messages"])


async def test_stop_ends_the_running_answer_at_once(core: Core) -> None:
    """`!stop` keeps what was written, says that it was stopped, and queues behind nothing."""
    core.gateway.next(Behaviour(answer="mot " * 400, rate=20))
    await core.tell(message("Raconte longuement"))
    await core.platform.until(lambda: any("mot" in post.text for post in core.platform.shown))
    await core.tell(message("!stop"))
    (post,) = await core.platform.answered()
    assert post.text.startswith("mot")
    assert post.text.count("mot") < 300
    assert "arrêtée" in post.text


async def test_a_stop_that_comes_while_the_question_is_claimed_is_heard(
    core: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The word of it may come before the claim: the lease need not be renewed first, nor a model asked."""
    monkeypatch.setattr(core.inbox, "renew_every", 3_600.0)
    real, heard = core.inbox.claim, asyncio.Event()
    marked = core.worker._marked

    def told(turn: str, how: How) -> None:
        marked(turn, how)
        heard.set()

    async def claim(limit: int, *, patient: int | None = None) -> list[Claim]:
        claims = await real(limit, patient=patient)
        if claims and not heard.is_set():
            await core.tell(message("!stop"))
            await heard.wait()
        return claims

    monkeypatch.setattr(core.inbox, "claim", claim)
    core.inbox.on_mark(told)
    await core.tell(message("Raconte"))
    (post,) = await core.platform.answered()
    assert "arrêtée" in post.text
    assert not core.gateway.received


async def test_a_stop_that_is_not_said_to_the_bot_ends_the_answer_to_its_author_alone(core: Core) -> None:
    """In a thread where it has not answered yet nobody need mention it; else nothing is said of it."""
    order = replace(message("stop"), addressed=False)
    core.gateway.next(Behaviour(answer="mot " * 400, rate=20))
    await core.tell(message("Raconte"))
    await core.platform.until(lambda: any("mot" in post.text for post in core.platform.shown))
    await core.tell(replace(order, key="other", sender=message("", sender="@b:x").sender), order)
    await core.platform.until(lambda: "arrêtée" in core.platform.shown[0].text)
    await core.tell(replace(message("stop"), addressed=False), replace(message("autre"), addressed=False))
    await core.settled()
    assert len(core.platform.posts) == 1


async def test_stop_without_an_answer_says_so(core: Core) -> None:
    """There is nothing to stop: the person is told."""
    await core.tell(message("!stop"))
    (post,) = await core.platform.answered()
    assert "Aucune réponse" in post.text


async def test_an_edited_answered_question_is_answered_anew_in_place(core: Core) -> None:
    """The same message of the bot carries the new answer, and the session the new question only."""
    question = message("Capitale de la France ?")
    await core.tell(question)
    (first,) = await core.platform.answered()
    edited = message("Capitale de l’Italie ?", id=question.id)
    await core.tell(edit(question, edited))
    await core.platform.until(lambda: "Italie" in first.text)
    await core.tell(message("suite"))
    await core.platform.answered(2)
    assert len(core.platform.shown) == 2
    contents = " ".join(m["content"] for m in core.gateway.received[-1].body["messages"])
    assert "Italie" in contents
    assert "France ?" not in contents


async def test_an_edit_that_comes_before_its_question_is_the_question(core: Core) -> None:
    """A platform that keeps no order: what the question said before is not answered any more."""
    question = message("Capitale de la France ?")
    await core.tell(edit(question, replace(question, text="Capitale de l’Italie ?")))
    await core.tell(question, message("suite"))
    first, _ = await core.platform.answered(2)
    assert "Italie" in first.text
    assert not [post for post in core.platform.shown if "France" in post.text]


async def test_an_edit_that_brings_its_question_is_answered_once(core: Core) -> None:
    """A sibling that sees the same edit later asks nothing again."""
    question = message("Capitale de la France ?")
    edited = edit(question, replace(question, text="Capitale de l’Italie ?"))
    await core.tell(edited)
    await core.platform.answered()
    await core.tell(edited, question, message("suite"))
    await core.platform.answered(2)
    assert len(core.gateway.received) == 2


async def test_an_edit_that_names_the_bot_no_more_counts(core: Core) -> None:
    """In a room, the edit of a question that was asked of the bot is its new state, whoever it names; that of
    talk is not looked at."""
    question = message("Capitale de la France ?", direct=False)
    await core.tell(question)
    (first,) = await core.platform.answered()
    edited = replace(question, text="Capitale de l’Italie ?", addressed=False)
    await core.tell(edit(question, edited))
    await core.platform.until(lambda: "Italie" in first.text)
    talk = replace(message("Il pleut", direct=False), addressed=False)
    await core.tell(talk, edit(talk, replace(talk, text="Il neige")), message("Encore ?", direct=False))
    await core.platform.answered(2)
    assert not [post for post in core.platform.shown if "neige" in post.text]


async def test_an_edit_while_the_answer_runs_restarts_it_in_the_same_message(core: Core) -> None:
    """The running answer is dropped; the new one appears in the message that was there."""
    core.gateway.next(Behaviour(answer="ancienne " * 400, rate=20))
    question = message("ancienne question")
    await core.tell(question)
    await core.platform.until(lambda: any("ancienne" in post.text for post in core.platform.shown))
    edited = message("nouvelle question", id=question.id)
    await core.tell(edit(question, edited))
    (post,) = await core.platform.answered()
    assert "nouvelle question" in post.text


async def test_an_edit_counts_once(core: Core) -> None:
    """Delivered again, by a sibling or after a restart, it restarts no answer and covers no later edit."""
    core.gateway.next(Behaviour(answer="Une première réponse. " * 60, rate=20))
    question = message("Première")
    await core.tell(question)
    await core.platform.until(lambda: bool(core.platform.shown))
    second = edit(question, replace(question, text="Deuxième"))
    third = replace(edit(question, replace(question, text="Troisième")), key="third")
    await core.tell(second, third)
    (post,) = await core.platform.answered()
    asked = len(core.gateway.received)
    await core.settled()
    await core.tell(second, third)
    assert await core.inbox.stats() == Stats(ready=0, delayed=0, leased=0, dead=0, oldest=0.0)
    assert "Troisième" in post.text
    assert len(core.gateway.received) == asked


class Reviser(Assistant):
    """Writes into the answer that is replied to, and fails once in the middle."""

    bug = True

    async def handle(self, exchange: Exchange) -> None:
        if not isinstance(exchange.question.event, Message) or exchange.question.event.reply_to is None:
            await super().handle(exchange)
            return
        await asyncio.sleep(1.2)
        assert await exchange.room.revise(exchange.question.event.reply_to)
        if self.bug:
            self.bug = False
            raise RuntimeError("bug")
        await asyncio.sleep(1.2)
        await exchange.reply.finish("corrigé", remember="corrigé")


async def test_an_answer_that_is_revised_stays(tmp_path: Path, hasty: None) -> None:
    """A revision that is begun again neither deletes the answer nor shows in it that it is at work."""
    async with core_on(tmp_path, bots=(Reviser(),)) as core:
        await core.tell(message("Bonjour"))
        (post,) = await core.platform.answered()
        before = len(post.states)
        await core.tell(message("non", reply_to=post.id))
        await core.platform.until(lambda: post.text == "corrigé")
        assert [state.text for state in post.states[before:]] == ["corrigé"]
        assert core.platform.shown == [post]


async def test_a_deleted_question_takes_its_answer_along(core: Core) -> None:
    """Deleting an answered question deletes the answer and the turn."""
    question = message("Secret de polichinelle")
    await core.tell(question)
    (post,) = await core.platform.answered()
    await core.tell(deletion(question))
    await core.platform.until(lambda: post.deleted)
    await core.tell(message("suite"))
    await core.platform.answered(1)
    assert "polichinelle" not in str(core.gateway.received[-1].body)


async def test_a_question_deleted_while_it_is_answered_leaves_nothing(core: Core) -> None:
    """Its beginning goes, and nothing more is written."""
    core.gateway.next(Behaviour(answer="mot " * 400, rate=20))
    question = message("Raconte")
    await core.tell(question)
    await core.platform.until(lambda: bool(core.platform.shown))
    await core.tell(deletion(question))
    await core.platform.until(lambda: not core.platform.shown)
    await core.tell(message("suite"))
    (post,) = await core.platform.answered()
    assert "suite" in post.text


async def test_a_send_with_an_unknown_outcome_is_not_doubled(core: Core) -> None:
    """The response of a post is lost: the same key is sent again, and there is one message."""
    core.platform.lose.append(Deferred("connection lost"))
    await core.tell(message("Bonjour"))
    assert len(await core.platform.answered()) == 1


async def test_a_rate_limit_is_waited_out(tmp_path: Path) -> None:
    """A refusal by the platform's rate limit delays the answer, and does not lose it."""
    async with core_on(tmp_path) as core:
        core.platform.faults.append(Deferred("M_LIMIT_EXCEEDED", retry_after=0.3, limited=True))
        await core.tell(message("Bonjour"))
        await core.platform.answered()


@pytest.mark.parametrize(
    ("behaviour", "word"),
    [
        (Behaviour(status=401), "réglage"),
        (Behaviour(answer="mot " * 50, cut_after=10), "incomplète"),
    ],
)
async def test_a_failing_gateway_ends_in_a_clear_word(core: Core, behaviour: Behaviour, word: str) -> None:
    """Whatever the gateway does, the person reads one finished message that says what to do."""
    core.gateway.behaviour = behaviour
    await core.tell(message("Bonjour"))
    (post,) = await core.platform.answered()
    assert word in post.text


async def test_a_stream_cut_once_is_asked_again(core: Core) -> None:
    """One cut is mended without a word: the answer is whole."""
    core.gateway.next(Behaviour(answer="mot " * 50, cut_after=10))
    await core.tell(message("Bonjour"))
    (post,) = await core.platform.answered()
    assert "Réponse à" in post.text
    assert "incomplète" not in post.text


async def test_an_answer_cut_by_length_says_so(core: Core) -> None:
    """`finish_reason: length` is told to the reader."""
    core.gateway.next(Behaviour(answer="Il était une fois", finish="length"))
    await core.tell(message("Raconte"))
    (post,) = await core.platform.answered()
    assert "Réponse coupée" in post.text


async def test_old_questions_are_told_and_not_answered(tmp_path: Path) -> None:
    """Older than the age cap: the person is told, no model is asked."""
    async with core_on(tmp_path, max_age=3600) as core:
        await core.tell(message("Bonjour", at=time.time() - 7200))
        (post,) = await core.platform.answered()
        assert "après son envoi" in post.text
        assert not core.gateway.received


async def test_level_above_the_ceiling_is_refused(core: Core) -> None:
    """A conversation is not raised above what it may carry; its author learns where that may be written."""
    await core.tell(message("!niveau N3"))
    (post,) = await core.platform.answered(1)
    assert "le plus haut niveau permis est N2" in post.text
    session, _ = await core.sessions.load("tchap:!room:x", "@a:x")
    assert session.level < Level.N3
    assert not core.gateway.received


async def test_level_above_every_clearance_is_refused(tmp_path: Path) -> None:
    """The room may carry it, but no model may read it."""
    async with core_on(tmp_path, policy=lambda g: policy_for(g, clearance=Level.N1)) as core:
        await core.tell(message("!niveau N2"), message("Analyse ceci"))
        posts = await core.platform.answered(2)
        assert "Aucun modèle" in posts[1].text
        assert not core.gateway.received


async def test_an_answer_is_withheld_when_the_audience_grew(core: Core) -> None:
    """A room made public while the answer is written gets a neutral line instead of the answer."""
    go_on = asyncio.Event()
    answer = "Un premier mot pour vous. " + "mot " * 160
    core.gateway.next(Behaviour(answer=answer, rate=20, stall_after=60, go_on=go_on))
    await core.tell(message("Raconte"))
    await core.platform.until(lambda: any("mot" in post.text for post in core.platform.shown))
    core.platform.kind = "tchap_public"
    go_on.set()
    (post,) = await core.platform.answered()
    assert "mot" not in post.text
    assert "n’a pas été affichée" in post.text


async def test_first_contact_is_told_once(tmp_path: Path) -> None:
    """The first answer says who answers, what is kept, which levels, whom to ask; the next does not."""
    async with core_on(tmp_path) as core:
        await core.tell(message("Bonjour"))
        (first,) = await core.platform.answered()
        for words in ("robot", "intelligence artificielle", "30 jours", "N2", "aide@ministere.example"):
            assert words in first.text
        await core.tell(message("Et la Corse, en hiver ?"))
        posts = await core.platform.answered(2)
        assert "robot" not in posts[1].text


async def test_who_joins_a_room_later_is_told_too(core: Core) -> None:
    """The next answer in the room says once more that a robot wrote it; those after it do not."""
    for text in ("Un", "Deux"):
        await core.tell(message(text, direct=False))
    assert not any("robot" in post.text for post in await core.platform.answered(2))
    core.platform.newcomers.add("@c:x")
    for text in ("Trois", "Quatre"):
        await core.tell(message(text, direct=False))
    after = (await core.platform.answered(4))[2:]
    assert "robot" in after[0].text
    assert "robot" not in after[1].text


async def test_who_joins_a_room_is_told_by_an_answer_that_was_written_anew(
    core: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its question was edited when it had just been posted: the new one takes the place of what told them."""
    await core.tell(message("Un", direct=False))
    await core.platform.answered()
    await core.settled()
    core.platform.newcomers.add("@c:x")
    question, edits, done = message("Deux", direct=False), [1], Claim.done

    async def done_late(claim: Claim, **given: object) -> How | None:
        if edits:
            edits.pop()
            await core.tell(edit(question, replace(question, text="Trois")))
        return await done(claim, **given)  # type: ignore[arg-type]

    monkeypatch.setattr(Claim, "done", done_late)
    await core.tell(question)
    await core.platform.until(lambda: len(core.gateway.received) == 3)
    await core.settled()
    assert "robot" in (await core.platform.answered(2))[1].text


async def test_undecryptable_messages_get_one_kind_word(core: Core) -> None:
    """The notice asks to send again; the same episode is told once."""
    event = Undecryptable(
        key="undecryptable:!room:x:1",
        address=message("").address,
        at=time.time(),
        sender=message("").sender,
        episode="1",
        direct=True,
    )
    await core.tell(event, event)
    (post,) = await core.platform.answered()
    assert "déchiffrer" in post.text


def attachment(name: str) -> Attachment:
    return Attachment(name=name, media_type="text/plain", size=None, reference={"url": name})


async def test_a_file_is_read_and_stays_for_later_questions(core: Core) -> None:
    """A text file alone is acknowledged; the next question carries it to the model."""
    core.platform.files_at["note.txt"] = "La réunion aura lieu le 12 mars à Lyon.".encode()
    await core.tell(message("", attachments=(attachment("note.txt"),)))
    (post,) = await core.platform.answered()
    assert "note.txt" in post.text
    await core.tell(message("Où est la réunion ?"))
    await core.platform.answered(2)
    assert "12 mars à Lyon" in str(core.gateway.received[-1].body)


async def test_the_time_of_a_long_recognition_is_shown_before(
    core: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A scan of 199 pages: its person reads at once how long it takes, and nothing of that in the answer,
    which is a message of its own."""
    read = Ocr.read

    async def slowly(self: Ocr, data: bytes, *, name: str, progress: Progress | None = None) -> Document:
        assert progress is not None
        progress(0, 199)
        async with core.platform.changed:
            await core.platform.changed.wait_for(
                lambda: any(
                    "199 pages à reconnaître, environ 4\u00a0min" in post.text for post in core.platform.shown
                )
            )
        return await read(self, data, name=name)

    monkeypatch.setattr(Ocr, "read", slowly)
    core.platform.files_at["note.txt"] = "La réunion aura lieu le 12 mars à Lyon.".encode()
    await core.tell(message("", attachments=(attachment("note.txt"),)))
    await core.platform.until(lambda: any(post.deleted for post in core.platform.posts.values()))
    before, post = core.platform.posts.values()
    assert (before.deleted, post.deleted) == (True, False)
    assert "note.txt" in post.text
    assert all("reconnaître" not in state.text for state in post.states)


async def test_a_file_that_cannot_be_read_is_said(core: Core) -> None:
    """An unknown format is named, and nothing is asked of a model."""
    core.platform.files_at["chose.bin"] = b"\x00\x01\x02\xff" * 100
    await core.tell(message("", attachments=(attachment("chose.bin"),)))
    (post,) = await core.platform.answered()
    assert "Je ne sais pas lire ce fichier" in post.text
    assert not core.gateway.received


async def test_without_a_model_extracts_answer(tmp_path: Path) -> None:
    """No gateway: the answer is labelled and cites the document."""
    async with core_on(tmp_path, policy=embedded) as core:
        core.platform.files_at["note.txt"] = (
            "La réunion du comité aura lieu le 12 mars à Lyon. Le budget est de 40 000 euros. "
            "Les inscriptions sont ouvertes jusqu’au 1er mars."
        ).encode()
        await core.tell(message("Où a lieu la réunion du comité ?", attachments=(attachment("note.txt"),)))
        (post,) = await core.platform.answered()
        assert "Mode sans IA" in post.text
        assert "Lyon" in post.text


async def test_forgetting_erases_the_session(core: Core) -> None:
    """After `!oublier` a question carries nothing of before."""
    await core.tell(message("Je m’appelle Anne"))
    await core.platform.answered(1)
    await core.tell(message("!oublier"), message("Comment je m’appelle ?"))
    await core.platform.answered(3)
    assert "Je m’appelle Anne" not in str(core.gateway.received[-1].body)


async def test_the_export_is_a_file(core: Core) -> None:
    """`!données` hands over what is kept, in a direct chat only."""
    await core.tell(message("Je m’appelle Anne"))
    await core.platform.answered(1)
    await core.tell(message("!données"))
    posts = await core.platform.answered(3)
    file = posts[2].states[-1].file
    assert file is not None
    assert "Je m’appelle Anne" in file.data.decode()
    await core.tell(message("!données", room="!salon:x", direct=False))
    posts = await core.platform.answered(4)
    assert "conversation directe" in posts[3].text


async def test_a_restart_pauses_nobody(tmp_path: Path) -> None:
    """A worker that ends with an answer in hand gives it back: the next one goes on without waiting for the
    lease to end."""
    async with core_on(tmp_path, lease=600.0) as first:
        first.gateway.next(Behaviour(stall_after=2))
        await first.sessions.greet_once("@a:x", "earlier")
        await first.tell(message("Longue histoire"))
        await first.platform.until(lambda: bool(first.platform.shown))
    async with core_on(tmp_path, platform=first.platform, replica="deux") as second:
        (post,) = await second.platform.answered()
    assert "Longue histoire" in post.text


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever waits for the gateway, or for another attempt, looks again soon."""
    monkeypatch.setattr("core.worker.wait.PAUSE", 0.1)
    monkeypatch.setattr(core_job, "RETRY_AFTER", 0.1)


async def until_waiting(core: Core) -> Post:
    """The message that tells that the question waits for the gateway."""
    await core.platform.until(lambda: any("est gardée" in post.text for post in core.platform.shown))
    (post,) = core.platform.shown
    return post


async def test_a_gateway_that_is_away_is_waited_for_and_said_once(core: Core, hasty: None) -> None:
    """The person is told once what to expect; when the gateway is back the answer comes as a new message in
    reply to the question, and the promise goes; the job used no attempt, and what was asked after it comes
    next."""
    core.gateway.behaviour = Behaviour(status=503)
    question = message("Quelle heure est-il ?")
    await core.tell(question)
    post = await until_waiting(core)
    await core.tell(message("Et demain ?"))
    await asyncio.sleep(2.0)  # beyond ATTEMPTS, and the breaker has opened
    assert [state.notice for state in post.states if "est gardée" in state.text] == [True]
    assert post.growing
    asked = len(core.gateway.received)
    core.gateway.behaviour = Behaviour()
    await core.platform.answered(2)
    first, second = core.platform.shown
    assert post.deleted
    assert first.states[0].reply_to == question.id
    assert "Quelle heure est-il ?" in first.text
    assert "Et demain ?" in second.text
    assert asked < 12  # left alone, but for one probe at a time
    assert (await core.inbox.stats()).dead == 0


async def test_only_one_question_probes_a_broken_gateway(core: Core, hasty: None) -> None:
    """Of many questions that wait, one at a time asks the gateway that was left alone."""
    core.gateway.behaviour = Behaviour(status=503)
    for number in range(8):
        await core.tell(message(f"question {number}", room=f"!r{number}:x"))
    await core.platform.until(
        lambda: len([post for post in core.platform.shown if "est gardée" in post.text]) == 8
    )
    asked, began = len(core.gateway.received), time.monotonic()
    await asyncio.sleep(1.5)
    more = len(core.gateway.received) - asked
    assert more <= 1.5 + (time.monotonic() - began)  # the breaker's pause is 1 s
    core.gateway.behaviour = Behaviour()
    posts = await core.platform.answered(8)
    assert all("question" in post.text for post in posts)


async def test_stop_drops_a_question_that_waits_for_the_gateway(core: Core, hasty: None) -> None:
    """The order is heeded at once, although the job is not in hand."""
    core.gateway.behaviour = Behaviour(status=503)
    await core.tell(message("Raconte"))
    post = await until_waiting(core)
    await core.tell(message("!stop"))
    await core.platform.until(lambda: not post.growing)
    assert "arrêtée" in post.text


async def test_the_wait_for_a_gateway_ends(core: Core, hasty: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """After the time that was told, the person is told that there is no answer."""
    core.gateway.behaviour = Behaviour(status=503)
    await core.tell(message("Bonjour"))
    post = await until_waiting(core)
    monkeypatch.setattr("core.worker.wait.PATIENCE", 0.0)
    await core.platform.until(lambda: post.deleted)
    (told,) = core.platform.shown
    assert "n’a pas reçu de réponse" in told.text


async def buried(core: Core) -> list[DeadLetter]:
    """The dead letters, once there are any."""
    async with asyncio.timeout(60):
        while not (found := await core.letters.list()):  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.02)
    return found


class Broken(Assistant):
    """A bot with a bug."""

    bug = True

    async def handle(self, exchange: Exchange) -> None:
        if self.bug:
            raise RuntimeError("bug")
        await super().handle(exchange)


async def test_a_job_that_keeps_failing_is_said_and_kept_for_the_operators(
    tmp_path: Path, hasty: None
) -> None:
    """Three attempts, one clear word, a dead letter; sent again by the operators, the answer takes the place
    of that word."""
    broken = Broken()
    async with core_on(tmp_path, bots=[broken]) as core:
        await core.sessions.greet_once("@a:x", "earlier")
        await core.tell(message("Quelle heure est-il ?"))
        (post,) = await core.platform.answered()
        assert "essayé plusieurs fois" in post.text
        found = await buried(core)
        assert found[0].attempts == 3
        assert found[0].reason == "RuntimeError, 3 fois"
        broken.bug = False
        await core.letters.retry(found[0].id)
        await core.platform.until(lambda: "Quelle heure est-il ?" in post.text)
        assert core.platform.shown == [post]


async def test_what_failed_goes_with_its_question(tmp_path: Path, hasty: None) -> None:
    """Its author deletes it: so do what was said of the failure, and what operators would send again."""
    async with core_on(tmp_path, bots=[Broken()]) as core:
        await core.sessions.greet_once("@a:x", "earlier")
        question = message("Quelle heure est-il ?")
        await core.tell(question)
        (post,) = await core.platform.answered()
        await buried(core)
        await core.tell(deletion(question))
        await core.platform.until(lambda: post.deleted)
        assert not await core.letters.list()


async def test_what_is_answered_after_all_is_no_dead_letter(
    tmp_path: Path, hasty: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given up, and cut short before the person was told: the next claim answers, and that is its end."""
    broken = Broken()
    async with core_on(tmp_path, bots=[broken]) as core:
        await core.sessions.greet_once("@a:x", "earlier")
        put = Claim.put

        async def cut(claim: Claim, **effects: object) -> How | None:
            if broken.bug and "final" in effects:
                broken.bug = False
                raise StoreUnavailable("away")
            return await put(claim, **effects)  # type: ignore[arg-type]

        monkeypatch.setattr(Claim, "put", cut)
        await core.tell(message("Quelle heure est-il ?"))
        (post,) = await core.platform.answered()
        assert "Quelle heure est-il ?" in post.text
        async with asyncio.timeout(60):
            while core.worker.busy:  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0.02)
        assert await core.letters.list() == []


async def test_what_was_not_assessed_becomes_no_dead_letter(
    core: Core, hasty: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A job that fails before it was assessed might be classified: its letter holds nothing of it."""

    async def fails(*_: object) -> None:
        raise RuntimeError("bug")

    monkeypatch.setattr(TurnFindings, "take", fails)
    await core.tell(message("Texte peut-être secret"))
    await core.platform.answered()
    found = await buried(core)
    assert "not kept" in found[0].reason
    (event,) = found[0].events
    assert isinstance(event, Message)
    assert not event.text


@pytest.mark.parametrize("how", ["edited", "deleted"])
async def test_what_changed_while_it_failed_becomes_no_dead_letter(
    core: Core, hasty: None, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    """An edit that nobody looked at, and a question that was deleted, are in no letter."""
    question = message("Bonjour")
    begun, told = asyncio.Event(), asyncio.Event()

    async def fails(address: Address, *, asked: bool = False) -> Audience:
        begun.set()
        await told.wait()
        raise Rejected("the bot was removed")

    monkeypatch.setattr(core.platform, "audience", fails)
    await core.tell(question)
    await begun.wait()
    changed = edit(question, replace(question, text="SECRET DÉFENSE"))
    await core.tell(changed if how == "edited" else deletion(question))
    told.set()
    async with asyncio.timeout(60):
        while (stats := await core.inbox.stats()).ready + stats.delayed + stats.leased:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    kept = [event for letter in await core.letters.list() for event in letter.events]
    assert [event.text for event in kept if isinstance(event, Message)] == [""] * (how == "edited")


async def test_a_question_that_is_deleted_while_it_is_loaded_is_looked_into_no_more(
    core: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its platform, which may be away, is not asked of its files and of what it replies to."""
    question, sessions, told = message("Bonjour"), core.worker._context.services.sessions, asyncio.Event()
    load, looked = sessions.load, list[str]()

    class Platform:
        async def described(self, message: Message, root: str | None = None) -> Message:
            looked.append(message.text)
            return message

    async def loading(*whose: Any, **more: Any) -> Any:
        if not told.is_set():
            told.set()
            (job,) = core.worker._jobs.values()
            await core.tell(deletion(question))
            while job.mark is None:  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0.01)
        return await load(*whose, **more)

    core.platform.descriptions = Platform()
    monkeypatch.setattr(sessions, "load", loading)
    await core.tell(question)
    async with asyncio.timeout(60):
        await told.wait()
        while core.worker.busy:  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.01)
    assert not looked


async def test_a_replica_that_loses_the_store_stops_answering(
    core: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once its lease must be over it lets go of the answer, also while the store cannot be asked."""

    async def away(*_: object, **effects: object) -> None:
        raise StoreUnavailable("away")

    monkeypatch.setattr(core.inbox, "lease", 0.5)
    monkeypatch.setattr(core.inbox, "renew_every", 0.1)
    core.gateway.next(Behaviour(answer="mot " * 400, rate=20))
    await core.tell(message("Raconte"))
    await core.platform.until(lambda: any("mot" in post.text for post in core.platform.shown))
    monkeypatch.setattr(Claim, "put", away)
    async with asyncio.timeout(60):
        while core.worker.busy:  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.02)


async def test_a_lease_that_is_renewed_as_the_job_ends_is_not_lost(
    core: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The renewal finds it gone before the worker hears that the store has ended the job: it was answered."""
    monkeypatch.setattr(core.inbox, "renew_every", 0.05)
    done, renewals, put = Claim.done, list[int](), Claim.put

    async def heard_late(claim: Claim, **given: object) -> How | None:
        how = await done(claim, **given)  # type: ignore[arg-type]
        before = len(renewals)
        async with asyncio.timeout(60):
            while len(renewals) < before + 2:  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0.01)
        return how

    async def renewed(claim: Claim, **effects: object) -> How | None:
        try:
            return await put(claim, **effects)  # type: ignore[arg-type]
        finally:
            renewals.append(1)

    monkeypatch.setattr(Claim, "done", heard_late)
    monkeypatch.setattr(Claim, "put", renewed)
    with structlog.testing.capture_logs() as lines:
        await core.tell(message("Bonjour"))
        async with asyncio.timeout(60):
            while not any(each["event"] == "job_ended" for each in lines):  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0.01)
    assert [each["outcome"] for each in lines if each["event"] == "job_ended"] == ["answered"]


async def test_what_is_written_meanwhile_is_read_together(core: Core) -> None:
    """Messages that come while an answer is written are one turn: one question to the model, one answer."""
    first = core.gateway.hold()
    await core.tell(message("Une première question"))
    await core.gateway.asked()
    await core.tell(message("Le budget"), message("de 2026"), message("ou celui de 2025 ?"))
    first.set()
    posts = await core.platform.answered(2)
    assert len(posts) == len(core.gateway.received) == 2
    assert core.gateway.received[1].question == "Le budget\n\nde 2026\n\nou celui de 2025 ?"


async def test_a_full_mailbox_is_said_once(core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a conversation cannot take in any more is told at once, not after the answers that are awaited,
    and once, however much more comes; what was taken in is answered."""
    monkeypatch.setattr(core_inbox, "MAILBOX", 3)
    monkeypatch.setattr(core_inbox, "SHARE", 3)
    first = core.gateway.hold()
    await core.tell(*(message(f"question {number}", direct=False) for number in range(3)))
    await core.gateway.asked()
    dropped = [message(f"de trop {number}", direct=False) for number in range(5)]
    await core.tell(*dropped)
    await core.tell(*dropped)
    await core.platform.until(lambda: any("attendent déjà" in post.text for post in core.platform.shown))
    assert core.gateway.received[1:] == []
    first.set()
    posts = await core.platform.answered(4)
    assert ["attendent déjà" in post.text for post in posts].count(True) == 1
    assert not any("de trop" in request.question for request in core.gateway.received)


async def test_mail_waits_for_chat(core: Core) -> None:
    """Where nobody watches the answer grow, a message has the lower priority."""
    mail = message("par courriel", room="thread")
    mail = replace(mail, address=replace(mail.address, connector="mail"))
    core.worker.drain()
    await Intake(inbox=core.inbox, bots=[Assistant()], patient=["mail"]).deliver([mail, message("ici")])
    claims = await core.inbox.claim(5, patient=0)
    assert [claim.events[0].address.connector for claim in claims] == ["tchap"]


async def test_what_may_wait_comes_as_soon_as_there_is_room(
    core: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It takes its share of the slots, and each that ends is followed by the next at once."""
    monkeypatch.setattr(core.worker, "_slots", 4)
    monkeypatch.setattr(core_inbox, "IDLE", 600.0)  # it does not look by itself
    monkeypatch.setattr(core.inbox, "wait", partial(core.inbox.wait, 600.0))
    core.gateway.behaviour = Behaviour(first=0.1)
    deliver = Intake(inbox=core.inbox, bots=[Assistant()], patient=["tchap"]).deliver
    await deliver([message("mail", room=f"!{who}:x", sender=f"@{who}:x") for who in range(7)])
    await core.platform.answered(7)


async def test_beyond_the_turns_of_a_minute_people_wait_and_know_why(tmp_path: Path) -> None:
    """All is answered, in order, at the pace of the policy; the person is told once, in a message that goes
    when the answer comes; others are not slowed down."""
    async with core_on(tmp_path, quotas=Quotas(messages_per_minute=20)) as core:
        for person in ("@a:x", "@b:x"):
            await core.sessions.greet_once(person, "earlier")
        for number in range(20):
            _, hindrance = await core.quotas.turn("@a:x", str(number))
            assert hindrance is None
        await core.tell(message("!langue fr", direct=False), message("!aide", direct=False))
        await core.platform.until(lambda: any("plus de 20" in post.text for post in core.platform.shown))
        (told,) = core.platform.shown
        await core.tell(message("Bonjour", room="!autre:x", sender="@b:x"))
        await core.platform.until(lambda: any("Bonjour" in post.text for post in core.platform.shown))
        await core.platform.until(lambda: any("français" in post.text for post in core.platform.shown))
        posts = await core.platform.answered(3)
        assert told.deleted
        assert "`!aide`" in posts[-1].text
        assert not any("plus de 20" in state.text for state in posts[-1].states)


async def test_beyond_the_tokens_of_a_day_no_model_is_asked(tmp_path: Path) -> None:
    """Once they are used up the person is told when to come back; commands still work, and others are
    answered."""
    async with core_on(tmp_path, quotas=Quotas(tokens_per_day=1000)) as core:
        for person in ("@a:x", "@b:x"):
            await core.sessions.greet_once(person, "earlier")
        core.gateway.next(Behaviour(tokens=990))
        await core.tell(message("Raconte"))
        (first,) = await core.platform.answered()
        assert "jetons" not in first.text
        await core.tell(message("Et la Corse, en hiver ?"))
        posts = await core.platform.answered(2)
        assert "1\u202f000 jetons" in posts[1].text
        await core.tell(message("!aide"), message("Bonjour", room="!autre:x", sender="@b:x"))
        posts = await core.platform.answered(4)
        assert len(core.gateway.received) == 2
        assert not any("1\u202f000 jetons" in post.text for post in posts[2:])


async def test_a_stopped_answer_counts(tmp_path: Path) -> None:
    """What a model wrote until it was stopped is estimated, and counts among the tokens of the day."""
    async with core_on(tmp_path, quotas=Quotas(tokens_per_day=100)) as core:
        await core.sessions.greet_once("@a:x", "earlier")
        core.gateway.next(Behaviour(answer="motmot " * 400, rate=100))
        await core.tell(message("Raconte " + "très " * 80))
        await core.platform.until(lambda: any("mot" in post.text for post in core.platform.shown))
        await core.tell(message("!stop"))
        await core.platform.answered()
        await core.tell(message("Et la Corse, en hiver ?"))
        posts = await core.platform.answered(2)
        assert "100 jetons" in posts[1].text


def in_thread(text: str, sender: str = "@a:x", **more: object) -> Message:
    """A message to the bot in the thread `$root` of the room."""
    said = message(text, direct=False, sender=sender, **more)
    return replace(said, address=replace(said.address, thread="$root"))


async def test_a_thread_is_not_gone_on_with_for_who_could_not_read_it(core: Core) -> None:
    """Somebody came since: nothing of before reaches the model, and they are told once; those who were there
    alone again go on with all of it."""
    await core.tell(in_thread("Le train est le 4711."))
    await core.platform.answered()
    core.platform.newcomers.add("@c:x")
    await core.tell(in_thread("Quel est le train ?", sender="@c:x"))
    posts = await core.platform.answered(2)
    assert "4711" not in str(core.gateway.received[-1].body)
    assert "Quelqu’un est arrivé" in posts[1].text
    await core.tell(in_thread("Et maintenant ?"))
    posts = await core.platform.answered(3)
    assert "Quel est le train" in str(core.gateway.received[-1].body)
    assert "Quelqu’un est arrivé" not in posts[2].text
    core.platform.newcomers.clear()
    await core.tell(in_thread("Redis-moi lequel"))
    await core.platform.answered(4)
    assert "4711" in str(core.gateway.received[-1].body)


async def test_in_an_open_room_who_comes_later_goes_on(core: Core) -> None:
    """They can read what was said before, and so may the model for them."""
    core.platform.open = True
    await core.tell(in_thread("Le train est le 4711."))
    await core.platform.answered()
    core.platform.newcomers.add("@c:x")
    await core.tell(in_thread("Quel est le train ?", sender="@c:x"))
    await core.platform.answered(2)
    assert "4711" in str(core.gateway.received[-1].body)


@pytest.mark.parametrize(
    ("readers", "told"), [(None, True), ({"@a:x", "@b:x", "@bot:x"}, True), ({"@a:x"}, False)]
)
async def test_a_quotation_counts_where_everyone_could_read_it(
    core: Core, readers: set[str] | None, told: bool
) -> None:
    """What a message quotes is left out where somebody there could not read it, and the answer says so."""
    quoting = message(
        "Qu’en penses-tu ?",
        direct=False,
        reply_to="$old",
        quoted="Le train est le 4711.",
        quoted_to=readers and frozenset(readers),
    )
    await core.tell(quoting)
    (post,) = await core.platform.answered()
    assert ("4711" in str(core.gateway.received[-1].body)) is told
    assert ("Je n’ai pas tenu compte du message auquel vous répondez" in post.text) is not told


async def test_a_question_waits_for_what_it_replies_to(core: Core) -> None:
    """What could not be read when the question came is asked for again, and is given to the model."""
    quoting = message("À quelle heure ?", direct=False, reply_to="$old", unquoted="unread")
    given = replace(quoting, quoted="La réunion est à 14 h 30", unquoted="")
    looks: list[Message | Deferred] = [Deferred("not yet"), given]

    class Late:
        async def described(self, message: Message, root: str | None) -> Message:
            found = looks.pop(0)
            if isinstance(found, Deferred):
                raise found
            return found

    core.platform.descriptions = Late()
    await core.tell(quoting)
    (post,) = await core.platform.answered()
    assert not looks
    assert "14 h 30" in str(core.gateway.received[-1].body)
    assert "auquel vous répondez" not in post.text


async def test_a_question_that_waits_for_what_it_replies_to_is_stopped(core: Core) -> None:
    """Who stops it is told so at once, whether or not the platform will ever give what is waited for."""
    looked = asyncio.Event()

    class Never:
        async def described(self, message: Message, root: str | None) -> Message:
            looked.set()
            raise Deferred("not yet", retry_after=3_600.0)

    core.platform.descriptions = Never()
    await core.tell(message("À quelle heure ?", reply_to="$old", unquoted="unread"))
    await looked.wait()
    await core.tell(message("!stop"))
    (post,) = await core.platform.answered()
    assert "arrêtée" in post.text
    assert not core.gateway.received


async def test_an_answer_without_what_it_is_about_says_so(core: Core) -> None:
    """Nobody takes it for one on the message that was replied to: it could not be read."""
    await core.tell(message("À quelle heure ?", direct=False, reply_to="$old", unquoted="unread"))
    (post,) = await core.platform.answered()
    assert "Je n’ai pas pu lire le message auquel vous répondez" in post.text


async def test_an_answer_on_the_past_is_not_shown_to_who_comes_meanwhile(core: Core) -> None:
    """It rests on what they cannot read. A question that stands alone is answered before them."""
    await core.tell(in_thread("Le train est le 4711."))
    await core.platform.answered()
    core.gateway.next(Behaviour(answer="Le train était le 4711. " * 20, rate=40))
    await core.tell(in_thread("Redis-moi lequel"))
    await core.platform.until(lambda: len(core.platform.shown) == 2)
    core.platform.newcomers.add("@c:x")
    posts = await core.platform.answered(2)
    assert "4711" not in posts[1].text
    assert "n’a pas été affichée" in posts[1].text
    core.gateway.next(Behaviour(answer="Deux et deux font quatre. " * 20, rate=40))
    await core.tell(message("Combien font deux et deux ?", direct=False, id="$alone"))
    await core.platform.until(lambda: len(core.platform.shown) == 3)
    core.platform.newcomers.add("@d:x")
    posts = await core.platform.answered(3)
    assert "quatre" in posts[2].text
