"""No output path leaves without its record: whatever a draft is, a platform carries the record beside it.

That every draft is signed is the outbox's (`tests/core/delivery/test_records.py`), and that nothing leaves
but through the outbox is the gate's (`tests/core/test_gate.py`). Here is the last step: the wire.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from email import message_from_bytes, policy
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from connectors.mail.render import Envelope, render
from connectors.mail.words import Words
from connectors.slack.events import Me
from connectors.slack.sender import Sender
from connectors.tchap.contents import CLEAR, content_of, edit_of
from core.connector import Address, Draft, File
from core.export import FileKind, LevelMark, export, words_of_file
from core.provenance.record import AnswerRecord, Signer, verified
from core.provenance.record_tokens import tokens_in
from core.sensitivity.level import Level
from tests.connectors.slack.test_connector import MemoryShelf

AT = 1_790_000_000.0
SIGNER = Signer(Ed25519PrivateKey.generate(), {}, lambda: AT)
FILE = File(name="note.docx", media_type="application/octet-stream", data=b"x")
TEXTS = st.text(max_size=300)
DRAFTS = st.builds(
    Draft,
    text=TEXTS,
    level=st.sampled_from([Level.N0, Level.N1, Level.N2]),
    key=st.just("k"),
    writers=st.lists(st.sampled_from(["small", "large"]), max_size=2).map(tuple),
    growing=st.booleans(),
    fence=st.integers(min_value=0, max_value=3),
    reply_to=st.none() | st.just("$q"),
    posted=st.sampled_from(["", "k"]),
    file=st.none() | st.just(FILE),
    only=st.none() | st.just("@a:x"),
).map(SIGNER.marked)


def told(token: object, draft: Draft) -> None:
    """The token is the record of the draft's words, its level and its writers."""
    found = verified(str(token), SIGNER.keys)
    assert isinstance(found, AnswerRecord)
    assert found.covers(draft.text)
    assert (found.models, str(found.level)) == (draft.writers, str(draft.level))


@given(DRAFTS, st.none() | st.just("$root"), st.none() | st.just({"filename": "a", "msgtype": "m.file"}))
def test_tchap(draft: Draft, thread: str | None, file: dict[str, Any] | None) -> None:
    """In a new message, of a thread or not, with a file or not, and in what replaces one; encrypted."""
    new, edit = content_of(draft, thread=thread, file=file), edit_of(draft, "$m", file=file)
    for content in (new, edit["m.new_content"]):
        carried = content["fr.gouv.relais.provenance"]
        told(carried["record"], draft)
        generated = bool(draft.writers)
        assert carried["digital_source_type"].endswith("trainedAlgorithmicMedia") is generated
    assert draft.record not in str([each.get(name) for each in (new, edit) for name in CLEAR])


@given(DRAFTS)
def test_mail(draft: Draft) -> None:
    """In a header; the word that an AI wrote stands beside it where one did, and only there."""
    envelope = Envelope(id="a@x.example", box="a@x.example", name="Assistant", to="b@x.example", at=AT)
    raw = render(draft, envelope, None, Words("fr"))
    (token,) = tokens_in(raw)
    told(token, draft)
    mail = message_from_bytes(raw, policy=policy.default)
    assert mail["X-AI-Generated"] == ("yes" if draft.writers else None)
    body = mail.get_body(("plain",))
    assert body is not None
    assert ("rédigée par une intelligence artificielle" in body.get_content()) is bool(draft.writers)


@dataclass
class Wire:
    """Slack's API, which takes all and remembers what was said."""

    said: list[tuple[str, dict[str, Any]]] = field(default_factory=list[tuple[str, dict[str, Any]]])

    async def call(self, method: str, **how: Any) -> dict[str, Any]:
        self.said.append((method, how))
        return {"ok": True, "ts": "1.2", "message": {}}

    async def spare(self, method: str) -> bool:
        return True


@given(DRAFTS)
def test_slack(draft: Draft) -> None:
    """In the metadata of a post and of an update. A message that shares a file has its name alone: the answer
    is a message of its own, and the file says for itself what wrote it."""
    draft = replace(draft, file=None)
    wire: Any = Wire()
    sender = Sender(wire, Me(team="T", enterprise=None, user="U", bot="B"), MemoryShelf())
    address = Address(connector="slack", conversation="T/C")

    async def said() -> None:
        await sender.send(address, draft)
        await sender.replace(address, "1.2", draft)

    asyncio.run(said())
    assert [method for method, _ in wire.said] == ["chat.postMessage", "chat.update"]
    for _, how in wire.said:
        told(how["metadata"]["event_payload"]["provenance"], draft)


@given(TEXTS, st.sampled_from(["docx", "odt", "md"]))
def test_files(text: str, kind: FileKind) -> None:
    """In each kind of file (of PDF, which takes long to set, `tests/core/export/test_export.py` tells)."""
    record = SIGNER.record(words_of_file(text, "Note"), level=Level.N1, generated=True)
    marking = LevelMark(title="Note", header="N1 – Interne", footer="IA.", level=Level.N1, record=record)
    assert tokens_in(export(text, kind, marking)) == [record]
