"""Which messages and which form are meant."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from bots.summariser.wishes import asks, named_in, wish
from core.connector import Address, Attachment, Message, Person
from core.language.months import PARIS

NOW = datetime(2026, 3, 11, 15, 0, tzinfo=PARIS)  # a Wednesday


def asked(text: str, **changes: object) -> Message:
    said = Message(
        key="k",
        id="$q",
        address=Address(connector="tchap", conversation="!r"),
        at=NOW.timestamp(),
        sender=Person(id="@a:x"),
        text=text,
        addressed=True,
        direct=False,
    )
    return replace(said, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "since"),
    [
        ("!résumé depuis hier 14h", "2026-03-10T14:00"),
        ("!resume depuis lundi", "2026-03-09T00:00"),
        ("!résumé depuis mercredi", "2026-03-04T00:00"),
        ("!résumé cette semaine digest", "2026-03-09T00:00"),
        ("!résumé depuis 3 heures", "2026-03-11T12:00"),
        ("!résumé depuis le 2 mars", "2026-03-02T00:00"),
        ("!résumé depuis ce matin", "2026-03-11T00:00"),
        ("résume la discussion depuis avant-hier", "2026-03-09T00:00"),
        ("!résumé", None),
    ],
)
def test_since(text: str, since: str | None) -> None:
    """A moment is the last such one before the question."""
    found = wish(asked(text), NOW)
    assert found is not None
    at = found.wanted.since
    assert (datetime.fromtimestamp(at, PARIS).strftime("%Y-%m-%dT%H:%M") if at else None) == since


@pytest.mark.parametrize(
    ("text", "anew"),
    [
        ("quoi de neuf depuis le dernier résumé ?", True),
        ("et depuis ?", True),
        ("résume depuis la dernière fois", True),
        ("what happened since the last summary?", True),
        ("résume depuis le point de lundi", False),
        ("résume depuis lundi", False),
    ],
)
def test_what_was_said_since_the_last_summary(text: str, anew: bool) -> None:
    """« depuis le dernier résumé », or « depuis » and nothing, leaves out what was summed up before."""
    found = wish(asked(text), NOW)
    assert found is not None
    assert found.anew is anew


@pytest.mark.parametrize(
    ("text", "until"),
    [
        ("résume ce que Bob a dit hier", "2026-03-11T00:00"),
        ("résume la discussion de lundi", "2026-03-10T00:00"),
        ("résume depuis hier", None),
        ("résume les échanges d'hier 14h", None),
        ("qu'est-ce que j'ai raté hier ?", None),
        ("résume la journée d'hier", "2026-03-11T00:00"),
        ("résume ce qui s’est dit entre lundi et mercredi", None),
        ("Résume ce qui s’est dit de lundi à aujourd’hui", None),
        ("résume les messages après lundi", None),
        ("summarise yesterday and today", None),
    ],
)
def test_what_was_said_on_a_day_ends_with_that_day(text: str, until: str | None) -> None:
    """« hier » alone is yesterday; from then on is what « depuis », an hour, another day, or what was missed
    says."""
    found = wish(asked(text), NOW)
    assert found is not None
    end = found.until
    assert (datetime.fromtimestamp(end, PARIS).strftime("%Y-%m-%dT%H:%M") if end else None) == until


@pytest.mark.parametrize(
    ("text", "alone"),
    [
        ("résume en privé", True),
        ("!résumé depuis hier, juste pour moi", True),
        ("summarise in private please", True),
        ("résume pour moi", False),
        ("résume ce qui a été dit du secteur privé", False),
    ],
)
def test_a_summary_for_one_alone_is_read_by_nobody_else(text: str, alone: bool) -> None:
    """What is asked for in private is of what its asker may read, and is said to them alone."""
    found = wish(asked(text), NOW)
    assert found is not None
    assert (found.alone, found.wanted.readers is not None) == (alone, alone)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("résume le devis en cinq lignes", {"devis"}),
        ("résume en cinq lignes", set[str]()),
        ("résume ce qui s’est dit du devis", set[str]()),
        ("résume les décisions", set[str]()),
        ("résume la réunion", set[str]()),
        ("résume la semaine", set[str]()),
        ("résume les échanges", set[str]()),
    ],
)
def test_a_file_of_the_room_is_named_by_what_is_to_be_summed_up(text: str, words: set[str]) -> None:
    """How long the summary is to be names no file, nor does what a talk has several of, or is."""
    assert named_in(asked(text)) == words


def test_whose_words_are_wanted_need_no_word_of_summaries() -> None:
    """In a room « qu’est-ce que Paul a dit ? » reads the talk."""
    found = wish(asked("qu’est-ce que Paul a dit ?"), NOW)
    assert found is not None
    assert found.only == "Paul"


def test_range() -> None:
    """A number, a chain of replies, a thread, or from a message on."""
    last = wish(asked("!résumé 50"), NOW)
    assert last is not None
    assert (last.wanted.most, last.wanted.before, last.form) == (50, "$q", "compte-rendu")
    chain = wish(asked("Résume ce fil", reply_to="$m"), NOW)
    assert chain is not None
    assert (chain.wanted.chain, chain.wanted.start) == ("$m", None)
    start = wish(asked("!résumé passation", reply_to="$m"), NOW)
    assert start is not None
    assert (start.wanted.chain, start.wanted.start, start.form) == (None, "$m", "passation")
    thread = wish(asked("!résumé", address=Address(connector="tchap", conversation="!r", thread="$t")), NOW)
    assert thread is not None
    assert thread.wanted.chain == "$t"
    missed = wish(asked("Qu’ai-je manqué ?"), NOW)
    assert missed is not None
    assert (missed.mine, missed.form) == (True, "manque")


@pytest.mark.parametrize(
    "message",
    [
        asked("Résume le rapport annuel"),
        asked("Que penses-tu de ce fil ?"),
        asked("!aide"),
        asked("!résumé", direct=True),
        asked("Résume ceci", quoted="La mare est restaurée."),
        asked(
            "!résumé",
            attachments=(Attachment(name="a.pdf", media_type="application/pdf", size=1, reference={}),),
        ),
    ],
)
def test_not_of_a_conversation(message: Message) -> None:
    """Summaries of documents, and anything else, are the assistant's."""
    assert not asks(message)
