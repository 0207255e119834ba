"""What people say of an answer: counted, asked about once, shown to the support, answered again, closed."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import AsyncGenerator
from dataclasses import replace
from pathlib import Path

import pytest

from core.connector import Deleted, Message, Reacted
from core.policy.file import MarkingRule, PolicyFile, Quotas
from core.sensitivity.level import Level
from core.sessions.figures import Period
from core.understanding.commands import SIGNS
from tests.core.conftest import Core, core_on, policy_for
from tests.rig.gateway import Behaviour, FakeGateway
from tests.rig.platform import Platform, Post, deletion, edit, message

_numbers = itertools.count()


def reaction(to: Post, sign: str, question: Message, *, sender: str = "") -> Reacted:
    who = question.sender if not sender else message("", sender=sender).sender
    return Reacted(
        key=f"reaction {next(_numbers)}", address=question.address, at=question.at, sender=who,
        target=to.id, reaction=sign, direct=question.direct,
    )  # fmt: skip


async def judged(core: Core, name: str) -> Period:
    """The figures of today, once this was judged."""
    async with asyncio.timeout(60):
        while True:
            (today,) = await core.figures.periods("day", 1)
            if today.judged.get(name):
                return today
            await asyncio.sleep(0.02)


async def asked(core: Core, text: str = "Quelle heure est-il ?") -> tuple[Message, Post]:
    question = message(text)
    before = len(core.platform.shown)
    await core.tell(question)
    posts = await core.platform.answered(before + 1)
    await core.settled()
    return question, posts[-1]


async def test_a_thumb_up_is_counted_without_a_word(core: Core) -> None:
    """By model, kind and level of the answer."""
    question, post = await asked(core)
    await core.tell(reaction(post, "👍🏽", question))
    today = await judged(core, "good")
    assert today.judged["good|model|small"] == today.judged["good|kind|assistant"] == 1
    assert today.judged["good|level|N1"] == 1
    assert core.platform.shown == [post]


async def test_a_thumb_down_asks_once_and_a_tap_is_noted_in_place(core: Core) -> None:
    """One question with the faults; the one that is tapped there is counted for the answer."""
    question, post = await asked(core)
    await core.tell(reaction(post, "👎", question))
    _, what = await core.platform.answered(2)
    assert "Qu’est-ce qui n’allait pas" in what.text
    assert what.states[0].notice
    assert [choice.text for choice in what.states[0].choices][2] == "!avis hors sujet"
    assert "support" not in what.text
    await core.settled()
    await core.tell(reaction(what, "📏", question))
    await core.platform.until(lambda: "noté\u00a0: trop long" in what.text)
    today = await judged(core, "too_long")
    assert today.judged["too_long|model|small"] == 1
    assert today.unsatisfied == 1
    assert core.platform.shown == [post, what]


@pytest.mark.parametrize("by", ["reaction", "word"])
async def test_what_was_wrong_may_be_chosen_by_its_number(core: Core, by: str) -> None:
    """The faults are numbered: 2️⃣ is noted in place as its sign is, « 2 » as its word is."""
    question, post = await asked(core)
    await core.tell(reaction(post, "👎", question))
    _, what = await core.platform.answered(2)
    assert "2. ✂️ incomplet" in what.text
    await core.settled()
    await core.tell(reaction(what, "2️⃣", question) if by == "reaction" else message("2"))
    await core.platform.until(lambda: "noté\u00a0: incomplet" in core.platform.shown[-1].text)
    assert (await judged(core, "incomplete")).judged["incomplete|model|small"] == 1
    assert len(core.gateway.received) == 1
    assert len(core.platform.shown) == (2 if by == "reaction" else 3)


async def test_a_number_that_no_fault_bears_is_counted_as_none(core: Core) -> None:
    """7️⃣ changes nothing in what was asked."""
    question, post = await asked(core)
    await core.tell(reaction(post, "👎", question))
    _, what = await core.platform.answered(2)
    await core.settled()
    await core.tell(reaction(what, "7️⃣", question))
    await core.tell(reaction(what, "1️⃣", question))
    await core.platform.until(lambda: "noté\u00a0: faux" in what.text)
    assert core.platform.shown == [post, what]


async def test_what_was_wrong_may_be_said_in_words(core: Core) -> None:
    """`!avis` judges the last answer of the conversation; without one there is nothing to judge."""
    await core.tell(message("!avis faux"))
    (nothing,) = await core.platform.answered()
    assert "pas encore de réponse" in nothing.text
    await asked(core)
    await core.tell(message("!avis incomplet"))
    *_, noted = await core.platform.answered(3)
    assert "incomplet" in noted.text
    assert (await judged(core, "incomplete")).judged["incomplete|kind|assistant"] == 1


@pytest.fixture
async def supported(tmp_path: Path) -> AsyncGenerator[Core]:
    """A core with a support, whose person was greeted already."""
    async with core_on(tmp_path, support="!support:x") as core:
        await core.sessions.greet_once("@a:x", "earlier")
        yield core


async def asked_about(core: Core, by: str) -> tuple[Message, Post, Post]:
    """A question, its answer, and what was asked about that: what was wrong, or may the support see it?"""
    question, post = await asked(core)
    await core.tell(reaction(post, "👎", question) if by == "👎" else message(by))
    *_, about = await core.platform.answered(2)
    await core.settled()
    return question, post, about


BY = pytest.mark.parametrize("by", ["👎", "!humain"])


@BY
async def test_a_question_is_deleted_with_its_answer_whatever_was_asked_about_that(
    supported: Core, by: str
) -> None:
    """The exchange goes too."""
    question, post, _ = await asked_about(supported, by)
    await supported.tell(deletion(question))
    await supported.platform.until(lambda: post.deleted)
    await supported.settled()
    assert "heure" not in str(await supported.sessions.export("@a:x"))


@pytest.mark.parametrize("taken", ["question", "thumb"])
async def test_what_was_wrong_is_asked_no_more_when_its_answer_or_its_thumb_is_taken_back(
    core: Core, taken: str
) -> None:
    """Nobody is asked about an answer that is gone, nor by a sign that they took away."""
    question, post = await asked(core)
    thumb = replace(reaction(post, "👎", question), id="$thumb")
    await core.tell(thumb)
    *_, about = await core.platform.answered(2)
    await core.settled()
    target = question.id if taken == "question" else thumb.id
    await core.tell(
        Deleted(key="d", address=question.address, at=question.at, sender=question.sender, target=target)
    )
    await core.platform.until(lambda: about.deleted)
    assert post.deleted == (taken == "question")


async def test_what_an_edited_question_said_before_is_not_told_the_model(core: Core) -> None:
    """Nor what it answered to that."""
    question, post = await asked(core)
    await core.tell(edit(question, "Cite un fleuve"))
    await core.platform.until(lambda: "fleuve" in post.text)
    assert "heure" not in str(core.gateway.received[-1].body["messages"][1:])


@BY
async def test_an_edited_question_is_answered_in_the_place_of_its_answer(supported: Core, by: str) -> None:
    """Not in that of what was asked about it."""
    question, post, about = await asked_about(supported, by)
    await supported.tell(edit(question, "Cite un fleuve"))
    await supported.platform.until(lambda: "fleuve" in post.text)
    assert len(about.states) == 1


@BY
async def test_an_answer_that_was_asked_about_is_given_again(supported: Core, by: str) -> None:
    """In its own place; a yes to the new answer is for the model."""
    _, post, about = await asked_about(supported, by)
    supported.gateway.next(Behaviour(answer="Il est midi."))
    await supported.tell(message("recommence"))
    await supported.platform.until(lambda: "midi" in post.text)
    assert len(about.states) == 1
    await supported.settled()
    await asked(supported, "oui")
    assert len(supported.gateway.received) == 3


async def test_a_question_about_an_answer_is_deleted_alone(supported: Core) -> None:
    """Who deletes « !humain » keeps the exchange that it was about."""
    await asked(supported)
    order, told = await asked(supported, "!humain")
    await supported.tell(deletion(order))
    await supported.platform.until(lambda: told.deleted)
    await supported.settled()
    assert "heure" in str(await supported.sessions.export("@a:x"))


@pytest.mark.parametrize(
    ("words", "noted"), [("c'est faux ce que tu dis", 1), ("c'est faux, c'est le 12", 0)]
)
async def test_what_was_wrong_is_told_in_a_sentence(core: Core, words: str, noted: int) -> None:
    """What tells more, as the right number, is a model's."""
    await asked_about(core, "👎")
    before = len(core.gateway.received)
    await asked(core, words)
    assert len(core.gateway.received) - before == 1 - noted


async def test_a_second_thumb_down_asks_nothing(core: Core) -> None:
    """Somebody else's in a room, or the same taken back and put again."""
    question, post, about = await asked_about(core, "👎")
    await core.tell(reaction(post, "👎", question))
    await core.tell(message("Cite un fleuve"))
    *_, last = await core.platform.answered(3)
    assert core.platform.shown == [post, about, last]


async def test_a_yes_is_to_what_was_asked_last(supported: Core) -> None:
    """It shows the exchange to the support, and erases nothing, though that had been asked before."""
    await asked(supported, "efface mes données")
    await asked(supported, "je veux parler à quelqu’un")
    await supported.tell(message("oui"))
    await supported.platform.answered(4)
    assert any("transmis au support" in post.text for post in supported.platform.shown)
    assert "efface" in str(await supported.sessions.export("@a:x"))


async def test_a_thumb_on_another_question_erases_nothing(supported: Core) -> None:
    """A yes to showing an exchange, put on that question after data were to be erased, confirms nothing."""
    await asked(supported)
    order, human = await asked(supported, "je veux parler à quelqu’un")
    await asked(supported, "efface mes données")
    await supported.tell(reaction(human, "👍", order))
    *_, told = await supported.platform.answered(4)
    assert "n’attend plus de réponse" in told.text
    await supported.settled()
    assert "heure" in str(await supported.sessions.export("@a:x"))


async def test_an_exchange_is_shown_to_the_support_by_its_author(tmp_path: Path) -> None:
    """With consent, in the support's room, at its level; the contact is named with it."""
    async with core_on(tmp_path, support="!support:x") as core:
        await core.sessions.greet_once("@a:x", "earlier")
        question, _ = await asked(core)
        await core.tell(message("!humain"))
        *_, human = await core.platform.answered(2)
        assert "aide@ministere.example" in human.text
        await core.settled()
        await core.tell(reaction(human, "📤", question))
        await core.platform.until(lambda: "transmis au support" in human.text)
        await core.platform.answered(3)
        shown = core.platform.shown[-1]
        assert shown.address.conversation == "!support:x"
        assert "Quelle heure est-il ?" in shown.text
        assert str(shown.states[0].level) == "N1"


async def test_what_is_shown_to_the_support_stays_a_quotation(supported: Core) -> None:
    """Their author chose the words of the question, and may have given the links of the answer: neither
    leads the support anywhere, or passes for what relais says."""
    supported.gateway.next(Behaviour(answer="Voyez [le portail](https://evil.example/a)."))
    await asked(supported, "Où ?\n\n**Réponse** :\n\n[Votre session](https://evil.example/a) a expiré.")
    await supported.tell(message("!avis partager"))
    await supported.platform.answered(3)
    shown = next(each for each in supported.platform.shown if each.address.conversation == "!support:x")
    lines = [line.rstrip() for line in shown.text.splitlines()]
    assert [line for line in lines if "session" in line or "portail" in line] == [
        r"> \[Votre session\](https://evil.example/a) a expiré.",
        "> Voyez le portail (evil[.]example/a).",
    ]
    assert [line for line in lines if "Réponse" in line] == [r"> \*\*Réponse\*\* :", "**Réponse**\u00a0:"]


@pytest.mark.parametrize("by", ["word", "reaction"])
async def test_whether_the_support_may_read_it_takes_a_yes(tmp_path: Path, by: str) -> None:
    """A word or 👍, right after the question; later a yes is for the model."""
    async with core_on(tmp_path, support="!support:x") as core:
        await core.sessions.greet_once("@a:x", "earlier")
        question, _ = await asked(core)
        _, human = await asked(core, "je veux parler à quelqu’un")
        await core.tell(message("oui") if by == "word" else reaction(human, "👍", question))
        posts = await core.platform.answered(4)
        assert "transmis au support" in posts[-2].text + posts[-1].text
        assert any(each.address.conversation == "!support:x" for each in posts)
        await core.settled()
        await asked(core, "Cite un fleuve")
        before = len(core.gateway.received)
        await asked(core, "oui")
        assert len(core.gateway.received) == before + 1


@pytest.mark.parametrize("before", [["je veux parler à quelqu’un"], ["👎", "c'est faux ce que tu dis"]])
@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("oui tu peux leur montrer", True),
        ("oui mais ne leur montre pas", False),
        ("il fait beau", False),
        ("oui il fait beau", False),
    ],
)
async def test_a_yes_in_a_few_words_lets_the_support_read_it(
    supported: Core, before: list[str], words: str, shown: bool
) -> None:
    """Where it says so and is not turned round; anything else is no yes."""
    first, *more = before
    await asked_about(supported, first)
    for each in (*more, words):
        await asked(supported, each)
    assert any("transmis au support" in post.text for post in supported.platform.shown) == shown


async def test_the_support_reads_nothing_after_a_no(tmp_path: Path) -> None:
    """It is said, and no model is asked."""
    async with core_on(tmp_path, support="!support:x") as core:
        await core.sessions.greet_once("@a:x", "earlier")
        await asked(core)
        await asked(core, "je veux parler à quelqu’un")
        _, kept = await asked(core, "non")
        assert "je ne montre rien" in kept.text
        assert len(core.gateway.received) == 1
        assert not [post for post in core.platform.shown if post.address.conversation == "!support:x"]


async def test_what_the_support_has_is_told_not_to_come_back(supported: Core) -> None:
    """« Annule l’envoi » before a yes leaves it; after it, that it is not had back, and whom to ask."""
    await asked(supported)
    await asked(supported, "je veux parler à quelqu’un")
    _, left = await asked(supported, "annule l'envoi")
    assert "je n’en fais rien" in left.text
    assert not [post for post in supported.platform.shown if post.address.conversation == "!support:x"]
    await asked(supported, "!avis partager")
    await supported.platform.answered(5)
    await supported.settled()
    await asked(supported, "annule l'envoi")
    told = next(each.text for each in supported.platform.shown if "déjà transmis au support" in each.text)
    assert "aide@ministere.example" in told


async def test_a_support_that_may_not_read_it_gets_nothing(tmp_path: Path) -> None:
    """Its room is judged as any other; the author is told."""
    async with core_on(tmp_path, support="!support:x") as core:
        await core.sessions.greet_once("@a:x", "earlier")
        await asked(core, "Numéro : 1 85 05 78 006 084 91. Que dire ?")
        core.platform.kinds["!support:x"] = "tchap_public"
        await core.tell(message("!avis partager"))
        *_, told = await core.platform.answered(2)
        assert "n’ai pas pu transmettre l’échange" in told.text
        assert not [post for post in core.platform.shown if post.address.conversation == "!support:x"]


async def test_an_answer_is_given_again_in_place(core: Core) -> None:
    """By reaction or in words: the same message, with the same history, kept once."""
    question, post = await asked(core)
    core.gateway.next(Behaviour(answer="Il est midi."), Behaviour(answer="Il est minuit."))
    await core.tell(reaction(post, "🔁", question))
    await core.platform.until(lambda: "midi" in post.text)
    await core.tell(message("recommence"))
    await core.platform.until(lambda: "minuit" in post.text)
    assert core.platform.shown == [post]
    await asked(core, "Et demain ?")
    contents = [each["content"] for each in core.gateway.received[-1].body["messages"]]
    assert sum("Quelle heure est-il ?" in each for each in contents) == 1
    assert "Il est minuit." in contents
    assert "Il est midi." not in contents


async def test_an_answer_that_is_wanted_again_counts_as_a_question(tmp_path: Path) -> None:
    """A reaction costs what its question does: beyond the tokens of the day no model is asked, and the answer
    stands; and it is one of the turns of the minute."""
    async with core_on(tmp_path, quotas=Quotas(tokens_per_day=1000, messages_per_minute=2)) as core:
        await core.sessions.greet_once("@a:x", "earlier")
        core.gateway.next(Behaviour(tokens=990))
        question, post = await asked(core)
        await core.tell(reaction(post, "🔁", question))
        _, said = await core.platform.answered(2)
        assert "1\u202f000 jetons" in said.text
        assert len(core.gateway.received) == 1
        assert "heure" in post.text
        _, hindrance = await core.quotas.turn("@a:x", "a third one")
        assert hindrance is not None


@pytest.mark.parametrize("how", ["fails", "stopped"])
async def test_an_answer_gives_way_to_another_alone(core: Core, how: str) -> None:
    """Where it cannot be given again, or that is stopped, it stands, and is remembered."""
    question, post = await asked(core)
    if how == "fails":
        core.gateway.next(Behaviour(status=400))
        await core.tell(reaction(post, "🔁", question))
    else:
        await ordered_again(core)
        await core.tell(message("!stop"))
    _, said = await core.platform.answered(2)
    await core.settled()
    assert "heure" in post.text
    assert "heure" in str(await core.sessions.export("@a:x"))
    await core.tell(
        Deleted(key="d", address=question.address, at=0.0, sender=question.sender, target=question.id)
    )
    await core.platform.until(lambda: post.deleted and said.deleted)


async def test_what_is_to_be_given_again_while_models_are_away_is_promised(
    core: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The earlier answer stands meanwhile; the promise goes once the new one takes its place."""
    monkeypatch.setattr("core.worker.wait.PAUSE", 0.3)
    _, post = await asked(core)
    core.gateway.behaviour = Behaviour(status=503)
    await core.tell(message("recommence"))
    await core.platform.until(lambda: len(core.platform.shown) == 2)
    promise = core.platform.shown[-1]
    assert "heure" in post.text
    core.gateway.behaviour = Behaviour(answer="Il est midi.")
    await core.platform.until(lambda: promise.deleted and "midi" in post.text)


async def test_a_thumb_that_is_taken_back_takes_only_what_it_asked(tmp_path: Path) -> None:
    """Not the doubt that was asked before the answer that it judged."""

    def doubtful(gateway: FakeGateway) -> PolicyFile:
        rule = MarkingRule(name="a", pattern="NE PAS DIFFUSER", level=Level.N3, strength="weak")
        return replace(policy_for(gateway), markings=(rule,))

    async with core_on(tmp_path, policy=doubtful) as core:
        await core.sessions.greet_once("@a:x", "earlier")
        _, doubt = await asked(core, "NE PAS DIFFUSER\n\nNote verte.")
        question, post = await asked(core, "non")
        assert core.gateway.received, doubt.text
        thumb = replace(reaction(post, "👎", question), id="$thumb")
        await core.tell(thumb)
        *_, about = await core.platform.answered(3)
        await core.settled()
        await core.tell(
            Deleted(
                key="d", address=question.address, at=question.at, sender=question.sender, target=thumb.id
            )
        )
        await core.platform.until(lambda: about.deleted)
        await core.settled()
        assert core.platform.shown == [doubt, post]


@pytest.mark.parametrize("by", ["recommence", "edit"])
async def test_an_answer_that_somebody_deleted_is_given_again_anew(core: Core, by: str) -> None:
    """Nothing is written into a message that nobody sees."""
    question, post = await asked(core)
    moderator = message("", sender="@moderator:x").sender
    await core.tell(
        Deleted(key="d", address=question.address, at=question.at, sender=moderator, target=post.id)
    )
    while await core.inbox.ref(question.address, post.id) is not None:  # noqa: ASYNC110 - nobody tells
        await asyncio.sleep(0.02)
    core.platform.posts[post.id].deleted = True
    core.gateway.next(Behaviour(answer="Il est midi."))
    if by == "recommence":
        await core.tell(message("recommence"))
    else:
        await core.tell(edit(question, "Quelle heure est-il à Lima ?"))
    await core.platform.until(lambda: any("midi" in each.text for each in core.platform.shown))
    assert "midi" not in post.text


async def test_the_last_answer_stays_the_last_when_somebody_deletes_an_earlier_one(core: Core) -> None:
    """« recommence » among others is about what was answered since, not about what was deleted."""
    told = list[Post]()
    for n, text in enumerate(("Cite un fleuve", "Cite un lac"), 1):
        await core.tell(message(text, direct=False))
        told = await core.platform.answered(n)
        await core.settled()
    first, second = told
    moderator = message("", sender="@moderator:x").sender
    await core.tell(
        Deleted(key="d", address=first.address, at=time.time(), sender=moderator, target=first.id)
    )
    while await core.inbox.ref(first.address, first.id) is not None:  # noqa: ASYNC110 - nobody tells
        await asyncio.sleep(0.02)
    core.gateway.next(Behaviour(answer="Le Léman."))
    await core.tell(message("recommence", direct=False))
    await core.platform.until(lambda: any("Léman" in each.text for each in core.platform.shown))
    assert "lac" in str(core.gateway.received[-1].body["messages"])
    assert "Léman" in second.text


async def test_an_answer_that_was_shorter_meanwhile_is_given_again_in_whole(core: Core) -> None:
    """What was deleted when it was shorter is not written into."""
    core.platform.limit = 1_000
    core.gateway.next(*(Behaviour(answer=text) for text in ("un " * 500, "deux", "trois " * 300)))
    _, post = await asked(core)
    for word in ("deux", "trois"):
        await core.tell(message("recommence"))
        await core.platform.until(lambda word=word: word in post.text)
        await core.settled()
    assert " ".join(each.text for each in core.platform.shown).count("trois") == 300


async def ordered_again(core: Core) -> Message:
    """An order to answer again, of which a model is asked."""
    order = message("recommence")
    core.gateway.hold(answer="Il est midi.")
    await core.tell(order)
    await core.gateway.asked(2)
    return order


async def test_an_order_to_answer_again_that_is_deleted_leaves_the_exchange(core: Core) -> None:
    """Its answer stands, and is remembered."""
    _, post = await asked(core)
    order = await ordered_again(core)
    await core.tell(deletion(order))
    await core.settled()
    assert core.platform.shown == [post]
    assert "heure" in post.text
    assert "heure" in str(await core.sessions.export("@a:x"))


async def test_an_order_to_answer_again_that_is_edited_leaves_the_answer(core: Core) -> None:
    """It became another question: its answer is a message of its own."""
    _, post = await asked(core)
    order = await ordered_again(core)
    await core.tell(edit(order, "Cite un fleuve"))
    _, other = await core.platform.answered(2)
    assert "fleuve" in other.text
    assert "heure" in post.text


async def test_an_answer_is_given_again_by_another_model(tmp_path: Path) -> None:
    """When it is asked for by name, or as « un autre modèle »."""
    async with core_on(tmp_path, served=("small", "grand")) as core:
        await core.sessions.greet_once("@a:x", "earlier")
        _, post = await asked(core)
        first = core.gateway.received[-1].body["model"]
        await core.tell(message("!recommence avec un autre modèle"))
        await core.platform.until(lambda: len(core.gateway.received) == 2 and len(post.states) > 1)
        assert core.gateway.received[-1].body["model"] != first


async def test_nobody_has_the_answer_of_another_given_again(core: Core) -> None:
    """Nor closes their conversation."""
    question = message("Bonjour", direct=False)
    await core.tell(question)
    (post,) = await core.platform.answered()
    for sign in "🔁✅":
        await core.tell(reaction(post, sign, question, sender="@b:x"))
    await core.tell(message("Fin", direct=False))
    await core.platform.answered(2)
    assert len(post.states) == 1
    assert len(core.gateway.received) == 2


async def test_an_edited_order_for_a_file_has_another_file(core: Core) -> None:
    """The old one goes: it may hold what was edited out."""
    await asked(core, "Cite un fleuve")
    order, _ = await asked(core, "!exporter md")
    await core.tell(edit(order, "!exporter docx"))
    await core.platform.until(
        lambda: any(post.text.endswith(".docx") for post in core.platform.posts.values())
    )
    await core.settled()
    names = [post.text for post in core.platform.shown]
    assert [name.partition(".")[2] for name in names if name.startswith("reponse")] == ["docx"]


async def test_a_conversation_is_closed(core: Core) -> None:
    """The next question begins a new one."""
    question, post = await asked(core)
    await core.tell(reaction(post, "✅", question))
    *_, closed = await core.platform.answered(2)
    assert "close" in closed.text
    await asked(core, "Et demain ?")
    assert "Quelle heure" not in str(core.gateway.received[-1].body)


async def test_a_closed_conversation_is_not_answered_again_in_silence(core: Core) -> None:
    """🔁 says that its question is gone, « recommence » that there is none, and what to do."""
    question, post = await asked(core)
    _, help = await asked(core, "!aide")
    await core.tell(reaction(post, "✅", question))
    await core.platform.answered(3)
    await core.settled()
    await core.tell(reaction(post, "🔁", question))
    *_, gone = await core.platform.answered(4)
    assert gone.text.startswith("Cette conversation est close")
    await core.settled()
    _, none = await asked(core, "recommence")
    assert "Écrivez votre question" in none.text
    await core.tell(reaction(help, "🔁", question))
    *_, told = await core.platform.answered(6)
    assert "écrivez de nouveau votre demande" in told.text
    assert len(core.gateway.received) == 1


async def test_a_stop_sign_stops_the_answer_under_way(core: Core) -> None:
    """At once, as `!stop` does, for its author alone."""
    core.gateway.next(Behaviour(answer="Il était une fois un roi. " + "mot " * 400, rate=20))
    question = message("Raconte")
    await core.tell(question)
    await core.platform.until(lambda: bool(core.platform.shown))
    (post,) = core.platform.shown
    await core.tell(reaction(post, "🛑", question, sender="@b:x"))
    await core.tell(reaction(post, "🛑", question))
    await core.platform.until(lambda: "arrêtée" in post.text)


async def test_a_word_answers_what_was_wrong(core: Core) -> None:
    """Asked what was wrong, « c’est trop long » is noted; the same words at another moment are the model's.
    A word that says nothing known is asked about again, never met with silence."""
    await asked(core, "c’est trop long")
    assert len(core.gateway.received) == 1
    await core.tell(message("!avis"))
    await core.platform.answered(2)
    await core.settled()
    await core.tell(message("c’est trop long"))
    *_, noted = await core.platform.answered(3)
    assert "noté\u00a0: trop long" in noted.text
    assert (await judged(core, "too_long")).judged["too_long|model|small"] == 1
    await core.settled()
    await core.tell(message("!avis nul"))
    *_, again = await core.platform.answered(4)
    assert "Qu’est-ce qui n’allait pas" in again.text


async def test_in_a_mail_nothing_asks_for_a_reaction(tmp_path: Path) -> None:
    """Where nobody can react, each question names the word that answers it."""
    platform = Platform(name="mail", kind="mail")
    platform.editing = None
    async with core_on(tmp_path, platform=platform, support="!support:x") as core:
        await core.sessions.greet_once("@a:x", "earlier")
        told: list[str] = []
        for n, text in enumerate(("Quelle heure est-il ?", "!humain", "!avis", "faux", "partager"), 1):
            await core.tell(message(text, connector="mail", alone=True))
            told.append((await core.platform.answered(n))[-1].text)
            await core.settled()
        assert not any(sign in text for text in told for sign in SIGNS.values())
        assert "Répondez **oui** ou **non**." in told[1]
        assert "3. hors sujet" in told[2]
        assert "noté\u00a0: faux" in told[3]
        assert "transmis au support" in told[4]


async def test_an_answer_given_again_says_whom_to_call_again(core: Core) -> None:
    """To a person in danger a model's answer never stands alone."""
    core.gateway.next(Behaviour(answer="Parlez-en."), Behaviour(answer="Appelez."))
    _, post = await asked(core, "J’ai envie d’en finir")
    await core.tell(message("recommence"))
    await core.platform.until(lambda: "Appelez." in post.text)
    assert "3114" in post.text.partition("---")[0]


async def test_in_a_room_whom_to_call_is_said_in_private_when_asked_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A question that was not heard as one of danger when it was answered is heard when it is asked again:
    others read no number, and no model is asked once more."""
    platform = Platform()
    platform.private = platform
    async with core_on(tmp_path, platform=platform) as core:
        await core.sessions.greet_once("@a:x", "earlier")
        question = message("@Assistant je veux mourir", room="!salon:x", direct=False)
        with monkeypatch.context() as deaf:
            deaf.setattr("core.turn.admission.possible_dangers", lambda _text: {})
            await core.tell(question)
            (post,) = await core.platform.answered()
            await core.settled()
        await core.tell(reaction(post, "🔁", question))
        posts = await core.platform.answered(3)
        read = [each.text for each in posts if each.address.conversation == "!salon:x"]
        assert not [text for text in read if "3114" in text]
        assert [each for each in posts if "3114" in each.text]
        assert len(core.gateway.received) == 1
