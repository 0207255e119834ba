from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from core.provenance.record import AnswerRecord, Signer, digest_of, key_id, key_set, verified
from core.sensitivity.level import Level
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
