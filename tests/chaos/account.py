"""The account of a run: what people were shown, counted against what they asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tests.chaos.crowd import Person


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What must be nought, beside the number of questions."""

    asked: int
    lost: list[str]
    doubled: list[str]
    unfinished: list[str]
    disordered: list[str]
    unreadable: list[str]

    @property
    def clean(self) -> bool:
        return not (self.lost or self.doubled or self.unfinished or self.disordered or self.unreadable)

    def __str__(self) -> str:
        names = ("lost", "doubled", "unfinished", "disordered", "unreadable")
        counted = ", ".join(f"{len(getattr(self, name))} {name}" for name in names)
        details = [f"  {name}: {getattr(self, name)}" for name in names if getattr(self, name)]
        return "\n".join([f"{self.asked} questions: {counted}", *details])


def account(asked: Mapping[Person, Sequence[str]]) -> Account:
    """`asked`: the questions of each person, in their order; each text is in no other question."""
    lost: list[str] = []
    doubled: list[str] = []
    disordered: list[str] = []
    unfinished: list[str] = []
    for person, questions in asked.items():
        order = list(person.shown)
        last = -1
        for question in questions:
            found = person.answers(question)
            if not found:
                lost.append(f"{person.name}: {question}")
                continue
            if len(found) > 1:
                doubled.append(f"{person.name}: {question}: {found}")
            place = order.index(found[0].id)
            if place < last:
                disordered.append(f"{person.name}: {question}")
            last = max(last, place)
        unfinished += [f"{person.name}: {message}" for message in person.standing if message.growing]
    return Account(
        asked=sum(map(len, asked.values())),
        lost=lost,
        doubled=doubled,
        unfinished=unfinished,
        disordered=disordered,
        unreadable=[f"{person.name}: {id}" for person in asked for id in person.unreadable],
    )
