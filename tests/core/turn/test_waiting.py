"""Which messages are the word that a waiting question is asked for."""

from __future__ import annotations

from dataclasses import replace

import orjson
import pytest

from core.connector import Address, Message, Person
from core.inbox.records import to_json
from core.turn.waiting import Held, yes_or_no


def said(text: str) -> Message:
    return Message(
        key="k",
        id="$q",
        address=Address(connector="tchap", conversation="!r"),
        at=0.0,
        sender=Person(id="@a:x"),
        text=text,
        addressed=True,
        direct=True,
    )


@pytest.mark.parametrize(
    "text", ["oui", "Oui !", "!oui", "yes", "oui c’est protégé", "je confirme", "oui, bien sûr"]
)
def test_yes(text: str) -> None:
    """In either language, as a command or not, with a reason or not."""
    assert yes_or_no([said(text)]) is True


@pytest.mark.parametrize(
    "text",
    [
        "non",
        "!non",
        "no",
        "Non, c’est le titre du chapitre",
        "non c'est juste un exemple",
        "faux",
        "mais non pas du tout",
        "ben non c’est un titre",
        "no, it’s just the title of the chapter",
        "no, that is only a template",
        "Bonjour,\n\nNon, c’est juste un exemple de cours.\n\nCordialement,\nAnne",
    ],
)
def test_no(text: str) -> None:
    """Likewise."""
    assert yes_or_no([said(text)]) is False


@pytest.mark.parametrize(
    "text",
    [
        "Non mais quelle est la règle ?",
        "non-conformités : liste-les",
        "no problem with the plan, translate it",
        "Oui-Oui va à la plage, écris la suite",
        "notre dossier avance",
        "",
        "je ne sais pas",
        "peut-être",
        "rien compris",
    ],
)
def test_anything_else_is_no_word(text: str) -> None:
    """A question or a request that begins alike neither confirms nor denies."""
    assert yes_or_no([said(text)]) is None


ASKED = said("question")
DUMPED = [to_json(ASKED).decode()]
BASE = Held(turn="tour", messages=(ASKED,))
OFFERED = replace(BASE, refused=True, again=True, offers=("denied",), without=(ASKED,))


@pytest.mark.parametrize(
    ("kept", "held"),
    [
        ([], BASE),
        ([True], replace(BASE, refused=True)),
        ([True, True], replace(BASE, refused=True, again=True)),
        ([True, True, ["denied"], DUMPED], OFFERED),
        ([True, True, ["denied"], DUMPED, "pourquoi"], replace(OFFERED, why="pourquoi")),
    ],
)
def test_what_an_earlier_version_held_is_read(kept: list[object], held: Held) -> None:
    """Each version held more beside the turn and its messages; what an earlier one did not hold is empty."""
    assert Held.load(orjson.dumps(["tour", DUMPED, *kept])) == held
