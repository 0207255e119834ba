# pyright: reportUnknownMemberType=false
"""The key of one megolm session as a value for the shelf, and back.

The bytes are those of Matrix's exported session key, beside what tells whose it is. One session may be known
from different messages on, and (by somebody who passes it on) for different owners: these are variants.
"""

from __future__ import annotations

import orjson
from nio.crypto import InboundGroupSession

from connectors.tchap.raw import Json
from core.connector import Shelved


def shelved(session: InboundGroupSession) -> Shelved:
    """The session from the first message that it opens."""
    first = session.first_known_index
    record: Json = {
        "key": session.export_session(first),
        "ed25519": session.ed25519,
        "curve25519": session.sender_key,
        "chain": session.forwarding_chain,
    }
    variant = f"{session.sender_key}|{session.ed25519}|{first}"
    return Shelved(name=session.id, variant=variant, value=orjson.dumps(record))


def session_of(value: bytes, room: str) -> InboundGroupSession:
    """The session again, of this room."""
    record: Json = orjson.loads(value)
    return InboundGroupSession.import_session(
        record["key"], record["ed25519"], record["curve25519"], room, record["chain"]
    )
