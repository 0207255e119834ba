from __future__ import annotations

import random
from pathlib import Path

import pytest

from core.provenance.register import ANSWERS, Register
from core.store.valkey import Store
from core.vault import Vault
from tests.core.stored import embedded, partitions, store, vault

__all__ = ["embedded", "partitions", "store", "vault"]

DAY = 86_400.0
TEXTS = [
    path.read_text() for path in sorted(Path("tests/data/grounding").glob("*.md")) if path.name != "README.md"
]
OTHER = Path("tests/data/grounding/README.md").read_text() + Path("docs/mail.md").read_text()


class Clock:
    def __init__(self) -> None:
        self.now = 20_000 * DAY

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def register(store: Store, vault: Vault, clock: Clock) -> Register:
    return Register(store, vault, days=30, clock=clock)


async def add(register: Register, store: Store, *texts: str, generated: bool = True) -> None:
    for number, text in enumerate(texts):
        await store.batch(register.adding(text, name=f"turn {number}", generated=generated))


def edited(text: str, chance: random.Random) -> str:
    """The text with a fifth of its words replaced."""
    words = text.split()
    for at in chance.sample(range(len(words)), len(words) // 5):
        words[at] = chance.choice(["toutefois", "arrêté", "deux", "préfet", "lundi", "ensemble"])
    return " ".join(words)


async def test_whole_text_is_recognised(register: Register, store: Store) -> None:
    """An answer that was copied, with its markup or without, is recognised as whole."""
    await add(register, store, *TEXTS)
    for text in TEXTS:
        for copied in (text, text.replace("*", "").replace("#", "").upper()):
            found = await register.find(copied)
            assert found is not None
            assert found.whole
            assert found.generated


async def test_edited_and_shortened_texts_are_recognised(register: Register, store: Store) -> None:
    """A fifth of the words changed, every fifth word changed, or one half alone."""
    chance = random.Random(1)
    await add(register, store, *TEXTS)
    for text in TEXTS:
        words = text.split()
        every_fifth = " ".join("x" if n % 5 == 2 else word for n, word in enumerate(words))
        half = " ".join(words[len(words) // 2 :])
        for changed in (edited(text, chance), every_fifth, half):
            found = await register.find(changed)
            assert found is not None
            assert not found.whole


async def test_other_texts_are_not_recognised(register: Register, store: Store) -> None:
    """What was never an answer is none, nor is a text too short to tell, however often it was answered."""
    await add(register, store, *TEXTS, "Oui, bien sûr.")
    assert await register.find(OTHER) is None
    assert await register.find("Oui, bien sûr.") is None
    assert await register.find("") is None


async def test_extracts_are_told_apart(register: Register, store: Store) -> None:
    """An answer of extracts is recognised as one: its words are a document's."""
    await add(register, store, TEXTS[0], generated=False)
    for text in (TEXTS[0], edited(TEXTS[0], random.Random(2))):
        found = await register.find(text)
        assert found is not None
        assert not found.generated


async def test_retention_ends(register: Register, store: Store, clock: Clock) -> None:
    """An answer is recognised on each day of the retention and not after; its table goes by itself."""
    await add(register, store, TEXTS[0])
    clock.now += 30 * DAY
    found = await register.find(TEXTS[0])
    assert found is not None
    assert found.day == 20_000
    assert 30 * DAY < await store.run(("TTL", store.key(0, "register", "20000", "0"))) <= 31 * DAY
    clock.now += DAY
    assert await register.find(TEXTS[0]) is None


async def test_tables_follow_one_another(store: Store, vault: Vault, clock: Clock) -> None:
    """Another table is begun before one fills up; an answer in any of them is found, by any replica."""
    first, second = [Register(store, vault, days=30, clock=clock) for _ in range(2)]
    filling = [
        first.adding(f"{number} {TEXTS[1]}", name=str(number), generated=True) for number in range(ANSWERS)
    ]
    await store.batch([command for commands in filling for command in commands])
    await second.look()
    await store.batch(second.adding(TEXTS[2], name="last", generated=True))
    assert await store.run(("EXISTS", store.key(0, "register", "20000", "1")))
    found = await first.find(TEXTS[2])
    assert found is not None
    assert found.whole


async def test_nothing_is_kept_without_retention(store: Store, vault: Vault, clock: Clock) -> None:
    """`register_days = 0` keeps no register."""
    register = Register(store, vault, days=0, clock=clock)
    assert register.adding(TEXTS[0], name="x", generated=True) == []
    assert await register.find(TEXTS[0]) is None


async def test_register_needs_the_key(register: Register, store: Store, clock: Clock) -> None:
    """Who has the store without its keys cannot ask the register for a text."""
    await add(register, store, TEXTS[0])

    class Stranger:
        def tag(self, *names: str) -> str:
            return "0" * 32

    stranger = Register(store, Stranger(), days=30, clock=clock)  # type: ignore[arg-type]
    assert await stranger.find(TEXTS[0]) is None
