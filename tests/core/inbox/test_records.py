"""Events survive the store as they were."""

from __future__ import annotations

import typing
from dataclasses import replace

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.connector import Address, Attachment, Event, Message, Person, Tick
from core.errors import TooNew
from core.inbox.records import Ref, SealedMailbox, load, to_json
from core.vault import Vault

texts = st.text(st.characters(codec="utf-8"), max_size=20)
st.register_type_strategy(str, texts)
st.register_type_strategy(float, st.floats(0, 4e9))
st.register_type_strategy(
    Attachment,
    st.builds(
        Attachment, size=st.none() | st.integers(0), reference=st.dictionaries(texts, texts, max_size=3)
    ),
)


@pytest.mark.parametrize("kind", typing.get_args(Event))
def test_round_trip(kind: type[Event]) -> None:
    """Every kind of event comes back equal."""

    @given(st.builds(kind, type=st.just(kind.__dataclass_fields__["type"].default)))
    def check(event: Event) -> None:
        assert load(to_json(event)) == event

    check()


def test_of_a_newer_version() -> None:
    """A field that this version does not know is left out."""
    tick = Tick(
        key="k",
        address=Address(connector="c", conversation="!c"),
        at=1.0,
        sender=Person(id="@a"),
        schedule="s",
    )
    assert load(to_json(tick)[:-1] + b',"later":{"a":1}}') == tick


@pytest.mark.parametrize("data", [b"", b"{}", b'{"type":"other"}', b'{"type":"message"}', b"\xff"])
def test_no_event(data: bytes) -> None:
    """Authentic bytes that are no event of this version are of a newer one."""
    with pytest.raises(TooNew):
        load(data)


def test_lone_surrogates() -> None:
    """Half a character, which some platforms let through, does not lose the message."""
    address = Address(connector="c", conversation="!c")
    message = Message(
        key="k",
        id="k",
        address=address,
        at=1.0,
        sender=Person(id="@a"),
        text="a\ud800b",
        addressed=True,
        direct=True,
    )
    assert load(to_json(message)) == replace(message, text="a?b")


def test_who_was_asked_by_an_earlier_version_is_asked_still(vault: Vault) -> None:
    """It named them by their id: nobody else's number or reaction is taken for theirs."""
    mailbox = SealedMailbox.of(vault, Address(connector="c", conversation="!c"))
    sealed = mailbox.sealed("ref", Ref(questions=("$q",), posts=("$a",), session="c:!c", turn="t"))
    raw = orjson.loads(vault.open(sealed, context=f"ref|{mailbox.name}")) | {"author": "@a"}
    del raw["who"]
    ref = mailbox.opened_ref("$a", vault.seal(orjson.dumps(raw), context=f"ref|{mailbox.name}"))
    assert ref is not None
    assert ref.who == vault.tag("person", "@a")


def test_an_answer_that_awaits_what_only_a_newer_version_knows_is_found(vault: Vault) -> None:
    """Its question may be edited or deleted while two versions run; no word is taken for what it asks."""
    mailbox = SealedMailbox.of(vault, Address(connector="c", conversation="!c"))
    sealed = mailbox.sealed("ref", Ref(questions=("$q",), posts=("$a",), session="c:!c", turn="t"))
    raw = orjson.loads(vault.open(sealed, context=f"ref|{mailbox.name}")) | {"awaits": "later"}
    ref = mailbox.opened_ref("$a", vault.seal(orjson.dumps(raw), context=f"ref|{mailbox.name}"))
    assert ref is not None
    assert ref.awaits == ""
