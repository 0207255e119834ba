"""A summary as people read it."""

from __future__ import annotations

from typing import get_args

from bots.summariser.rules.plain_summary import summarise
from bots.summariser.summary import Form
from bots.summariser.writing import write
from tests.bots.summariser.talks import talk

TALK = talk(
    {"from": "claire", "text": "On valide le plan [ici](http://mal.example) *vite*.", "reactions": {"👍": 3}},
    {"from": "paul", "text": "J’envoie le tableau demain.", "file": {"name": "plan_v2.ods"}},
    {"from": "ines", "text": "secret", "deleted": True},
)


def test_every_line_is_linked() -> None:
    """In every form each line leads to its message, and what was left out is counted."""
    for form in get_args(Form):
        text = write(summarise(TALK), TALK, form=form, link=lambda said: f"<lien {said.n}>")
        lines = [line for line in text.splitlines() if line.startswith("- ") and "«" in line]
        assert len(lines) == 2
        assert all("<lien " in line for line in lines)
        assert "1 supprimé" in text
        assert "secret" not in text


def test_words_of_people_are_plain() -> None:
    """A message cannot put a link or emphasis of its own into the summary."""
    text = write(summarise(TALK), TALK)
    assert r"\[ici\](http://mal.example) \*vite\*" in text
    assert "3 réactions" in text


def test_files() -> None:
    """Minutes list files and links, with who gave them."""
    assert "plan_v2.ods, Paul MARTIN (message 2)" in write(summarise(TALK), TALK)


def test_nothing() -> None:
    """A talk without anything to act on is told so."""
    quiet = talk(("paul", "Bonjour"))
    assert "ni décision, ni action" in write(summarise(quiet), quiet)


def test_three_lines_come_first() -> None:
    """What was decided, what is to be done and what stays open, before any list, for who reads no further."""
    lines = write(summarise(TALK), TALK).partition("**Décisions**")[0].strip().split("\n\n")[-3:]
    assert lines[0].startswith("**Décidé**\u00a0: On valide le plan")
    assert lines[1].startswith("**À faire**\u00a0: 1 action (Paul MARTIN)")
    assert lines[2] == "**En suspens**\u00a0: rien"


def test_what_is_taken_up_again_is_said_at_once() -> None:
    """A decision whose subject comes back leads there, in its line, and the first lines name another one or
    say so."""
    read = talk(("claire", "On retient Nexo."), ("ines", "Nexo s’est désisté."), ("paul", "On garde Lyon."))
    text = write(summarise(read), read)
    assert "« On retient Nexo. » (message 1), **on en reparle ensuite** (message 2)" in text.replace(
        "\u00a0", " "
    )
    assert "**Décidé** : On garde Lyon. (et 1 autre)" in text.replace("\u00a0", " ")
    alone = talk(("claire", "On retient Nexo."), ("ines", "Nexo s’est désisté."))
    assert "On retient Nexo. (on en reparle ensuite)" in write(summarise(alone), alone)


def test_as_many_lines_as_are_wanted() -> None:
    """One sentence tells all kinds; three are those for who reads no further; more are lines with links."""
    read = talk(
        ("claire", "On retient Nexo."),
        ("ines", "Qui appelle Nexo ?"),
        ("paul", "J’envoie le tableau demain."),
    )
    told = {most: write(summarise(read), read, most=most).split("\n\n") for most in (1, 2, 3, 4)}
    (one,) = [each for each in told[1] if "Décidé" in each]
    assert "Nexo" in one
    assert "À faire" in one
    assert len(told[2]) == len(told[1]) + 1
    assert len(told[3]) == len(told[1]) + 2
    lines = told[4][-1].splitlines()
    assert all(line.startswith("- ") and "(message " in line for line in lines)
    assert "**Décisions**" not in str(told)
