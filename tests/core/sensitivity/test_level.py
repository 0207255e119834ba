"""The ladder of levels, and findings: a doubt that was denied is no finding any more, and nothing else is."""

import pytest

from core.sensitivity.assess import assess
from core.sensitivity.level import (
    Assessment,
    Denials,
    Evidence,
    Kind,
    Level,
    Part,
    Strength,
    Sublevel,
    denials,
    doubt,
    findings,
    without,
)


@pytest.mark.parametrize("text", ["N2", "n2", " N2 "])
def test_a_level_is_read_from_its_name(text: str) -> None:
    """Case and surrounding space do not matter."""
    assert Level.parse(text) is Level.N2


@pytest.mark.parametrize("sublevel", list(Sublevel))
def test_a_sublevel_names_the_last_level(sublevel: Sublevel) -> None:
    """Both halves of N4 are N4."""
    assert Level.parse(sublevel) is Level.N4


@pytest.mark.parametrize("text", ["", "2", "N5", "N", "secret"])
def test_anything_else_is_refused_by_name(text: str) -> None:
    """A wrong level stops with what was written and what is allowed."""
    with pytest.raises(ValueError, match=r"unknown level .*expected one of N0, N1, N2, N3, N4"):
        Level.parse(text)


def test_levels_are_ordered_and_written_by_name() -> None:
    """Levels compare as numbers and read as names, in f-strings too."""
    assert max(Level.N1, Level.N3) is Level.N3
    assert f"{Level.N3}" == str(Level.N3) == "N3"
    assert (Level.N3.french, Level.N3.english) == ("Confidentiel", "Legally protected")


def found(
    kind: Kind,
    strength: Strength,
    level: Level,
    excerpt: str = "",
    learned: bool = True,
    *,
    likely: float = 0.6,
) -> Evidence:
    return Evidence(
        kind=kind,
        level=level,
        start=0,
        end=5,
        strength=strength,
        why="learned" if learned else "isolated",
        excerpt=excerpt,
        probability=likely if learned else None,
    )


def assessed(*evidence: Evidence) -> Assessment:
    sure = max((e.level for e in evidence if e.strength == "strong"), default=Level.N1)
    level = max([sure, *(e.level for e in evidence)])
    return Assessment(level=level, denied=sure, evidence=evidence)


def answers(assessment: Assessment) -> Denials:
    return denials(findings(assessment))


def test_a_kind_that_was_denied_counts_no_more() -> None:
    """Of what a reader weighed the kind is remembered, whatever words weighed; another kind still counts."""
    denied = answers(assessed(found("budget", "weak", Level.N2, "arbitrage")))
    assert without(assessed(found("budget", "weak", Level.N2, "enveloppe")), denied).level is Level.N1
    both = assessed(found("budget", "weak", Level.N2), found("site", "weak", Level.N3))
    assert (without(both, denied).level, without(both, denied).ask) == (Level.N3, True)


def test_what_is_likelier_than_what_was_denied_is_asked_about() -> None:
    """No to a faint doubt says nothing of a text that the reader is nearly sure of."""
    denied = answers(assessed(found("health", "weak", Level.N3, likely=0.4)))
    again = assessed(found("health", "weak", Level.N3, likely=0.8))
    assert without(again, denied) == again
    assert without(assessed(found("health", "weak", Level.N3, likely=0.3)), denied).level is Level.N1


@pytest.mark.parametrize(
    ("first", "later"),
    [
        ("C'est du DR : le budget est voté.", "c'est du DR mais corrige : le convoi part à cinq heures."),
        (
            [Part(text="Le budget est voté."), Part(text="", place="unread")],
            [Part(text="Le convoi part à cinq heures."), Part(text="", place="unread")],
        ),
    ],
    ids=["a marking said in passing", "pictures that nobody read"],
)
def test_what_its_passage_does_not_tell_apart_is_asked_about_each_time(
    first: str | list[Part], later: str | list[Part]
) -> None:
    """A no about one text, or one file, says nothing of the next."""
    asked = assess(first)
    again = assess(later)
    assert (asked.ask, again.ask) == (True, True)
    assert without(again, answers(asked)) == again


def test_what_is_sure_stays() -> None:
    """Nobody denies what is likely, or what a rule is sure of."""
    denied = answers(assessed(found("health", "weak", Level.N3)))
    sure = assessed(found("health", "strong", Level.N3))
    assert without(sure, denied) == sure


def test_of_a_rule_the_passage_is_remembered() -> None:
    """Another marking is another question; a possible secret is asked about each time."""
    denied = answers(assessed(found("marking", "weak", Level.N3, "Confidentiel médical", learned=False)))
    other = assessed(found("marking", "weak", Level.N3, "Confidentiel industrie", learned=False))
    assert without(other, denied) == other
    assert doubt(found("credential", "weak", Level.N3)) is None


@pytest.mark.parametrize(
    ("subject", "text", "count"),
    [
        ("[DR] Projet Narval", "Que signifie ceci ?", 1),
        ("Confidentiel", "Que signifie ceci ?", 1),
        ("Confidentiel", "Confidentiel\n\nQue signifie ceci ?", 2),
    ],
)
def test_a_marking_of_a_subject_is_told_once(subject: str, text: str, count: int) -> None:
    """The text of a mail begins with its subject: « la mention « DR » dans l’objet ; la mention « DR » »."""
    parts = [Part(text=f"{subject}\n\n{text}"), Part(text=subject, place="subject")]
    found = findings(assess(parts))
    assert sum(each.count for each in found) == count
    assert "subject" in {each.place for each in found} or count > 1
