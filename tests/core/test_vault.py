"""Sealing: what is sealed opens where it belongs and nowhere else, also after a rotation of keys."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import ConfigurationError, Tampered, TooNew, UnknownKey
from core.vault import NEWEST, SCHEMA, Keys, Opener, Vault, folder_keys, generate

OLD, NEW = "a" * 32, "b" * 32
INDEX = bytes(32)


def vault(*secrets: str) -> Vault:
    return Vault(Keys(secrets), index=INDEX)


@given(data=st.binary(max_size=300), context=st.text(max_size=30))
def test_round_trip(data: bytes, context: str) -> None:
    """Whatever is sealed opens to the same bytes, and shows nothing of them."""
    sealed = vault(OLD).seal(data, context=context)
    assert vault(OLD).open(sealed, context=context) == data
    assert len(data) < 8 or data not in sealed


def test_shared_data_key() -> None:
    """Values that stand beside each other share a data key, and it is unwrapped once for all of them."""
    first = vault(OLD).seal(b"1", context="turn|1")
    second = vault(OLD).seal(b"2", context="turn|2", beside=first)
    assert first[:69] == second[:69]
    opener = Opener(vault(OLD).keys)
    assert [opener.open(first, context="turn|1"), opener.open(second, context="turn|2")] == [b"1", b"2"]
    with pytest.raises(Tampered):
        opener.open(first, context="turn|2")


def test_shared_data_key_after_rotation() -> None:
    """A value beside one that an older master key wraps is sealed under the newest."""
    first = vault(OLD).seal(b"1", context="c")
    second = vault(NEW, OLD).seal(b"2", context="c", beside=first)
    assert vault(NEW).open(second, context="c") == b"2"


def test_never_the_same() -> None:
    """The same text sealed twice looks different."""
    assert vault(OLD).seal(b"x", context="c") != vault(OLD).seal(b"x", context="c")


def test_place() -> None:
    """A value that was moved elsewhere does not open."""
    sealed = vault(OLD).seal(b"x", context="turn|a")
    with pytest.raises(Tampered):
        vault(OLD).open(sealed, context="turn|b")


@given(at=st.integers(0, 96), bit=st.integers(0, 7))
def test_tampered(at: int, bit: int) -> None:
    """No single bit can be changed unnoticed."""
    sealed = bytearray(vault(OLD).seal(b"", context="c"))
    assert len(sealed) == 97
    sealed[at] ^= 1 << bit
    with pytest.raises((Tampered, UnknownKey)):
        vault(OLD).open(bytes(sealed), context="c")


@given(st.binary(max_size=100))
def test_not_sealed(data: bytes) -> None:
    """Bytes that were never sealed are an error, not a crash."""
    with pytest.raises((Tampered, UnknownKey)):
        vault(OLD).open(data, context="c")


def test_a_later_schema() -> None:
    """What a newer version wrote is told from what was tampered with, and is wrapped anew like all else."""
    both = vault(NEW, OLD)
    sealed = vault(OLD).seal(b"x", context="c", schema=NEWEST + 1)
    with pytest.raises(TooNew, match=f"schéma {NEWEST + 1}"):
        vault(OLD).open(sealed, context="c")
    with pytest.raises(TooNew):
        vault(NEW).open(both.rewrapped(sealed), context="c")
    with pytest.raises(Tampered):
        vault(OLD).open(bytes([NEWEST + 1]) + vault(OLD).seal(b"x", context="c")[1:], context="c")


def test_long_texts_take_less_room() -> None:
    """They are deflated before they are sealed, and open as they were, also once wrapped anew; a short or a
    random value is sealed as it is."""
    text = ("Le service examine la demande et rend son avis au comité. " * 200).encode()
    sealed = vault(OLD).seal_packed(text, context="c")
    assert len(sealed) < len(text) / 3
    assert vault(OLD).open(sealed, context="c") == text
    assert vault(NEW).open(vault(NEW, OLD).rewrapped(sealed), context="c") == text
    for plain in (b"court", os.urandom(5000)):
        assert vault(OLD).open(vault(OLD).seal_packed(plain, context="c"), context="c") == plain
        assert vault(OLD).seal_packed(plain, context="c")[0] == SCHEMA


def test_rotation() -> None:
    """The newest key seals, older ones still open; what is wrapped anew needs the old one no more."""
    sealed = vault(OLD).seal(b"x", context="c")
    both = vault(NEW, OLD)
    assert both.open(sealed, context="c") == b"x"
    with pytest.raises(UnknownKey):
        vault(OLD).open(both.seal(b"y", context="c"), context="c")
    assert vault(NEW).open(both.rewrapped(sealed), context="c") == b"x"
    assert both.rewrapped(sealed)[69:] == sealed[69:]


@given(st.lists(st.binary(max_size=20), min_size=1, max_size=4))
def test_rotation_finds_what_is_sealed_anywhere(around: list[bytes]) -> None:
    """Sealed values among other bytes are wrapped anew in their place; what only looks like one stays."""
    looks_like_one = vault(OLD).seal(b"", context="c")[:9]
    sealed = [vault(OLD).seal(bytes([i]), context="c") for i in range(len(around) - 1)]
    data = looks_like_one + around[0] + b"".join(a + b for a, b in zip(sealed, around[1:], strict=True))
    after = vault(NEW, OLD).rewrapped(data)
    assert len(after) == len(data)
    assert after.startswith(looks_like_one + around[0])
    at = len(looks_like_one + around[0])
    for i, rest in enumerate(around[1:]):
        end = at + len(sealed[i])
        assert vault(NEW).open(after[at:end], context="c") == bytes([i])
        assert after[end : end + len(rest)] == rest
        at = end + len(rest)


def test_tags() -> None:
    """Tags are stable through a rotation, differ by kind and name, and need the index key."""
    assert vault(OLD).tag("person", "@a") == vault(NEW).tag("person", "@a")
    assert len({vault(OLD).tag(*names) for names in [("a", "b"), ("a", "c"), ("b", "b"), ("ab",)]}) == 4
    assert Vault(Keys([OLD]), index=b"1" * 32).tag("a") != vault(OLD).tag("a")


@pytest.mark.parametrize("secrets", [[], ["court"], [OLD, "court"], [""]])
def test_weak_keys(secrets: list[str]) -> None:
    """No key, or one that is too short, names the setting and how to make one."""
    with pytest.raises(ConfigurationError, match="RELAIS_STORE__KEYS"):
        Keys(secrets)


def test_keys_are_not_shown() -> None:
    """Keys print as their ids."""
    assert OLD not in repr(Keys([OLD]))


def test_generated() -> None:
    """A generated key is accepted, and each is new."""
    assert Keys([generate()]).newest != Keys([generate()]).newest


def test_folder_keys(tmp_path: Path) -> None:
    """The embedded store's key is made once, for this user only."""
    first = folder_keys(tmp_path / "données")
    path = tmp_path / "données" / "store.key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert folder_keys(tmp_path / "données").newest == first.newest
    path.write_text(f"{NEW}\n{path.read_text()}")
    assert folder_keys(tmp_path / "données").newest == Keys([NEW]).newest
    assert [entry.name for entry in path.parent.iterdir()] == ["store.key"]


def test_folder_without_access(tmp_path: Path) -> None:
    """A data folder that cannot be used names the setting."""
    (tmp_path / "fichier").write_text("")
    with pytest.raises(ConfigurationError, match="RELAIS_DATA_DIR"):
        folder_keys(tmp_path / "fichier")
