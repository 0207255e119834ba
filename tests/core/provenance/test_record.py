"""The record of an answer holds for its words, and the register recognises what was taken from it."""

from __future__ import annotations

import random
from importlib.metadata import version
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from core.provenance.record import (
    ANSWERS,
    AnswerRecord,
    Register,
    Signer,
    digest_of,
    key_id,
    key_set,
    verified,
)
from core.sensitivity.level import Level
from core.store.valkey import Store
from core.vault import Vault
from tests.core.stored import embedded, partitions, store, vault
from tests.rig.records import keys_of

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
KEYS = {key_id(KEY.public_key()): KEY.public_key()}


AT = 1_790_000_000


def signed(text: str = "La réponse est 42.", key: Ed25519PrivateKey = KEY) -> str:
    """The token of a text that a model wrote."""
    signer = Signer(key, {}, clock=lambda: AT)
    return signer.record(text, level=Level.N2, generated=True, models=("ministral-8b",))


def record(text: str = "La réponse est 42.") -> AnswerRecord:
    """What such a token says."""
    return AnswerRecord(
        version=version("relais"),
        at=AT,
        level=Level.N2,
        generated=True,
        models=("ministral-8b",),
        digest=digest_of(text),
    )


def test_record_comes_back() -> None:
    """What was signed is what is read, with the public half of the key alone."""
    assert verified(signed(), keys_of(key_set(KEYS))) == record()


def test_foreign_signature_is_broken() -> None:
    """A record under another key that claims the name of ours is not believed, nor one that was changed."""
    token = signed()
    head, body, signature = token.split(".")
    other = signed("Une autre.").split(".")[1]
    forged = jwt.encode(
        {"iss": "relais"},
        Ed25519PrivateKey.generate(),
        algorithm="EdDSA",
        headers={"kid": next(iter(KEYS)), "typ": "relais-provenance+jwt"},
    )
    assert verified(f"{head}.{other}.{signature}", KEYS) == "broken"
    assert verified(forged, KEYS) == "broken"
    assert verified("no token", KEYS) == "broken"
    assert verified(f"{head}.{body}.", KEYS) == "broken"


def test_unsigned_token_is_broken() -> None:
    """The algorithm is ours to choose: a token that says that it needs no signature is not believed."""
    head = {"kid": next(iter(KEYS)), "typ": "relais-provenance+jwt"}
    assert verified(jwt.encode({"iss": "relais"}, "", algorithm="none", headers=head), KEYS) == "broken"


def test_unknown_key_is_said() -> None:
    """A record of another house is no forgery: its key is not known here."""
    assert verified(signed(key=Ed25519PrivateKey.generate()), KEYS) == "unknown_key"


def test_key_id_is_the_thumbprint_of_rfc_8037() -> None:
    """The example of RFC 8037, appendix A.3, whose public key and thumbprint are given there."""
    keys = keys_of(
        {"keys": [{"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}
    )
    assert list(keys) == ["kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"]


def test_markup_does_not_count() -> None:
    """The digest is that of words: markup, case, spaces and composed accents make no difference."""
    assert record("**Décision** : l’été, « oui ».").covers("De\u0301cision :\n\n- L’ÉTÉ\u00a0_oui_")
    assert not record("oui").covers("non")


@given(st.text())
def test_any_text_has_a_record(text: str) -> None:
    """Whatever a text holds, its record is signed, verified, and is its own."""
    made = verified(signed(text), KEYS)
    assert isinstance(made, AnswerRecord)
    assert made.covers(text)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("**Le** budget\u00a0: 1\u202f234,5\u00a0€ !", "le budget 1 234.5 €", True),
        ("Le budget est de 10\u00a0€.", "Le budget est de 10\u202f%.", False),
        ("| -5 % |\n|---|", "-5 %", True),
        ("La hausse est de -5\u202f%.", "La hausse est de 5\u202f%.", False),
        ("- 5 agents\n- N-1", "5 agents, n-1", True),
        ("https://a.example/une/longue/adresse", "https://a.example/une/lon\ngue/adresse", True),
        ("Le coût est de 1,5 M€.", "Le coût est de 15 M€.", False),
        ("Le comité accepte.", "Le comité refuse.", False),
    ],
)
def test_digest_is_of_the_words(one: str, other: str, same: bool) -> None:
    """Markup, spaces and the end of a line change nothing; a word, a figure or its sign does."""
    assert (digest_of(one) == digest_of(other)) is same


@given(st.text(max_size=60))
def test_the_lines_of_the_docs_verify_a_record(text: str) -> None:
    """Whoever has the public keys verifies without relais, by what docs/provenance.md says."""
    token = signed(text)
    assert _documented(token, text, key_set(KEYS))["txt"] == digest_of(text)
    with pytest.raises(ValueError, match="autre texte"):
        _documented(token, f"{text} mot", key_set(KEYS))
    claims = jwt.decode(token, options={"verify_signature": False})
    other, head = Ed25519PrivateKey.generate(), jwt.get_unverified_header(token)
    forged = jwt.encode(claims, other, algorithm="EdDSA", headers=head)
    with pytest.raises(jwt.InvalidSignatureError):
        _documented(forged, text, key_set(KEYS))


def _documented(token: str, text: str, keys: dict[str, list[dict[str, str]]]) -> dict[str, Any]:
    page = (Path(__file__).parents[3] / "docs/provenance.md").read_text()
    names: dict[str, Any] = {}
    exec(page.partition("```python\n")[2].partition("```")[0], names)
    return names["verified"](token, text, keys)


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
