"""What a question is resolved to: what waits, what its author does, and what is handled then."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from core.connector import Address, Attachment, Audience, Event, Message, Reacted, Tick
from core.policy.decision import Offer
from core.turn.question import resolve
from core.turn.waiting import Answer, ChosenWay, Held, NoAnswer, Pending, Resumed, YesOrNo
from tests.rig.platform import message

EARLIER = replace(message("Le marché est signé."), key="k0", id="m0")
LATER = replace(message("Et le budget ?"), key="k1", id="m1")
CUT = replace(EARLIER, text="[…]")
OFFERS: tuple[Offer, ...] = ("without", "elsewhere", "denied")
DOUBT = Held(turn="tour", messages=(EARLIER,))
REFUSED = Held(turn="tour", messages=(EARLIER,), offers=OFFERS, without=(CUT,))
WAYS: dict[Offer, str] = {
    "without": "l’envoyer sans le passage",
    "elsewhere": "l’écrire ailleurs",
    "denied": "ce n’est pas protégé",
}
AUDIENCE = Audience(kind="tchap_encrypted", members=frozenset({EARLIER.sender.id}), at=0.0)
NOTHING = Pending()
FILE = Attachment(name="a.pdf", media_type="application/pdf", size=None, reference={})


def said(text: str) -> Message:
    return replace(LATER, text=text)


@dataclass(frozen=True, kw_only=True)
class Case:
    """`handled` are the texts of what is handled; `leaves`: another question is asked than what waits."""

    name: str
    waiting: Pending = NOTHING
    events: tuple[Event, ...]
    answer: Answer
    handled: tuple[str, ...]
    leaves: bool = False


CASES = (
    Case(
        name="nothing waits",
        events=(LATER,),
        answer=NoAnswer(),
        handled=(LATER.text,),
    ),
    Case(
        name="a yes to a doubt",
        waiting=Pending(held=DOUBT),
        events=(said("oui"),),
        answer=YesOrNo(held=DOUBT, confirms=True),
        handled=(EARLIER.text,),
    ),
    Case(
        name="a no to a doubt",
        waiting=Pending(held=DOUBT),
        events=(said("non, c’est le titre"),),
        answer=YesOrNo(held=DOUBT, confirms=False),
        handled=(EARLIER.text,),
    ),
    Case(
        name="something else than a word",
        waiting=Pending(held=DOUBT),
        events=(LATER,),
        answer=NoAnswer(held=DOUBT),
        handled=(LATER.text,),
        leaves=True,
    ),
    Case(
        name="a word among other messages is none",
        waiting=Pending(held=DOUBT),
        events=(said("oui"), LATER),
        answer=NoAnswer(held=DOUBT),
        handled=("oui", LATER.text),
        leaves=True,
    ),
    Case(
        name="a word beside a file is none",
        waiting=Pending(held=DOUBT),
        events=(replace(said("oui"), attachments=(FILE,)),),
        answer=NoAnswer(held=DOUBT),
        handled=("oui",),
        leaves=True,
    ),
    Case(
        name="the first offer, by its number",
        waiting=Pending(held=REFUSED),
        events=(said("1"),),
        answer=ChosenWay(held=REFUSED, offer="without"),
        handled=(CUT.text,),
    ),
    Case(
        name="the third offer denies the finding",
        waiting=Pending(held=REFUSED),
        events=(said("3"),),
        answer=ChosenWay(held=REFUSED, offer="denied"),
        handled=(EARLIER.text,),
    ),
    Case(
        name="moved elsewhere, chosen where it was written",
        waiting=Pending(held=REFUSED),
        events=(said("2"),),
        answer=ChosenWay(held=REFUSED, offer="elsewhere"),
        handled=("2",),
    ),
    Case(
        name="moved elsewhere, chosen in another conversation",
        waiting=Pending(held=REFUSED),
        events=(replace(said("2"), address=replace(LATER.address, conversation="other")),),
        answer=ChosenWay(held=REFUSED, offer="elsewhere"),
        handled=(EARLIER.text,),
    ),
    Case(
        name="a number that is not offered",
        waiting=Pending(held=REFUSED),
        events=(said("7"),),
        answer=ChosenWay(held=REFUSED, offer=None),
        handled=("7",),
        leaves=True,
    ),
    Case(
        name="an offer in words",
        waiting=Pending(held=REFUSED),
        events=(said("sans le passage"),),
        answer=ChosenWay(held=REFUSED, offer="without"),
        handled=(CUT.text,),
    ),
    Case(
        name="an offer turned round",
        waiting=Pending(held=REFUSED),
        events=(said("ne l’envoie pas sans le passage"),),
        answer=ChosenWay(held=REFUSED, offer=None),
        handled=("ne l’envoie pas sans le passage",),
        leaves=True,
    ),
    Case(
        name="another question beside offers",
        waiting=Pending(held=REFUSED),
        events=(LATER,),
        answer=NoAnswer(held=REFUSED),
        handled=(LATER.text,),
        leaves=True,
    ),
    Case(
        name="a code that resumes a question",
        waiting=Pending(code="1234-5678-9abc", resumed=DOUBT),
        events=(said("1234-5678-9abc"),),
        answer=Resumed(held=DOUBT, code="1234-5678-9abc"),
        handled=(EARLIER.text,),
    ),
    Case(
        name="a code goes before what waits here",
        waiting=Pending(held=REFUSED, code="1234-5678-9abc", resumed=DOUBT),
        events=(said("1234-5678-9abc"),),
        answer=Resumed(held=DOUBT, code="1234-5678-9abc"),
        handled=(EARLIER.text,),
    ),
    Case(
        name="a code that resumes nothing",
        waiting=Pending(code="1234-5678-9abc"),
        events=(said("1234-5678-9abc"),),
        answer=NoAnswer(why="unknown_code"),
        handled=("1234-5678-9abc",),
    ),
    Case(
        name="a word on what is asked no more",
        waiting=Pending(stale=True),
        events=(said("oui"),),
        answer=NoAnswer(why="stale"),
        handled=("oui",),
    ),
    Case(
        name="a date comes while something waits",
        waiting=Pending(held=DOUBT),
        events=(Tick(key="t", address=LATER.address, at=0.0, sender=LATER.sender, schedule="weekly"),),
        answer=NoAnswer(held=DOUBT),
        handled=(),
    ),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_is_answered_and_what_is_handled(case: Case) -> None:
    """Each case tells what waits, what its author does, what that answers, and what is handled."""
    question = resolve(case.events, case.waiting, audience=AUDIENCE, offers=(WAYS,))
    assert question.answer == case.answer
    assert tuple(each.text for each in question.contents) == case.handled
    assert question.leaves_held is case.leaves
    assert question.takes_held is (question.contents not in ((), question.messages))


def test_a_question_keeps_its_key_when_it_waited() -> None:
    """The exchange is named after what is handled, so what waited keeps its name when its word comes."""
    asked = resolve((EARLIER,), Pending(), audience=AUDIENCE)
    answered = resolve((said("non"),), Pending(held=DOUBT), audience=AUDIENCE)
    assert answered.key == asked.key != resolve((LATER,), Pending(), audience=AUDIENCE).key


def test_a_reaction_that_stands_for_a_word_is_named_by_itself() -> None:
    """Its message id is that of our message, which another job's question bears."""
    word = replace(said("oui"), id="ours", key="reaction")
    by_reaction = resolve((word,), Pending(by_reaction=True), audience=AUDIENCE)
    written = resolve((replace(word, id="reaction"),), Pending(), audience=AUDIENCE)
    assert by_reaction.key == written.key
    taken = resolve((word,), Pending(held=DOUBT, by_reaction=True), audience=AUDIENCE)
    assert taken.key == resolve((EARLIER,), Pending(), audience=AUDIENCE).key


def test_what_not_everyone_could_read_is_not_quoted() -> None:
    """Neither from the messages of the turn, nor from those that waited."""
    quoting = replace(EARLIER, quoted="Le prix.", quoted_to=frozenset({"@other:x"}))
    for waiting, event in (
        (Pending(), quoting),
        (Pending(held=Held(turn="t", messages=(quoting,))), said("oui")),
    ):
        question = resolve((event,), waiting, audience=AUDIENCE)
        assert question.quoted == ()
        assert [each.unquoted for each in question.contents] == ["withheld"]


def test_a_reaction_that_wants_an_answer_again_is_about_the_root_of_its_thread() -> None:
    """It has no words of its own, but asks for an answer."""
    event = Reacted(
        key="r", address=Address(connector="tchap", conversation="!r"), at=0.0,
        sender=LATER.sender, target="ours", reaction="🔁",
    )  # fmt: skip
    question = resolve((event,), Pending(), audience=AUDIENCE, root=replace(said(""), quoted="Le sujet."))
    assert question.asks
    assert question.messages == ()
    assert question.quoted == ("Le sujet.",)
