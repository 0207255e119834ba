"""People of the stub homeserver: one room with the bot each, with real Olm and Megolm where it is encrypted.

A citizen costs some tens of microseconds for a message: vodozemac alone, no client round it.
"""

from __future__ import annotations

import base64
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import orjson
import vodozemac

from connectors.tchap.contents import GROWING
from tests.rig.stub import Json, Room, Stub

OLM, MEGOLM = "m.olm.v1.curve25519-aes-sha2", "m.megolm.v1.aes-sha2"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What one event of the bot showed, and when (monotonic)."""

    at: float
    text: str
    growing: bool
    edit: bool


class Citizen:
    """`seen` collects what the bot showed; `hears` is called with each. Unless it `decrypts`, texts are
    empty."""

    def __init__(self, server: Stub, name: str, bot: str, *, encrypted: bool, decrypts: bool = True) -> None:
        self.user = f"@{name}:{server.name}"
        self.seen: list[Seen] = []
        self.hears: Callable[[Seen], None] = lambda _: None
        self.unread = 0
        self._decrypts = decrypts
        self._server = server
        self._bot = bot
        self._encrypted = encrypted
        self._account = vodozemac.Account()
        self._curve = self._account.curve25519_key.to_base64()
        self._signing = self._account.ed25519_key.to_base64()
        self.device_keys = self._device_keys()
        self._outbound = vodozemac.GroupSession()
        self._shared: set[str] = set()
        self._olm: dict[str, list[vodozemac.Session]] = {}
        self._megolm: dict[str, vodozemac.InboundGroupSession] = {}
        server.people[self.user] = self
        self.room: Room | None = None

    def meet(self) -> Room:
        """A direct chat with the bot, which has joined it."""
        invited = {"membership": "invite", "is_direct": True}
        state = [_state("m.room.create", self.user, {"room_version": "11"})]
        if self._encrypted:
            state.append(_state("m.room.encryption", self.user, {"algorithm": MEGOLM}))
        state += [
            _state("m.room.join_rules", self.user, {"join_rule": "invite"}),
            _state("m.room.member", self.user, {"membership": "join", "displayname": "Agent"}, self.user),
            _state("m.room.member", self._bot, {"membership": "join"}, self._bot)
            | {"unsigned": {"prev_content": invited, "prev_sender": self.user}},
        ]
        id = f"!{self.user[1:].partition(':')[0]}:{self._server.name}"
        self.room = self._server.open_room(id, state)
        self.room.heard = self._heard
        return self.room

    def say(self, text: str) -> None:
        content: Json = {"msgtype": "m.text", "body": text}
        assert self.room is not None
        if not self._encrypted:
            self._server.post(self.room, self.user, "m.room.message", content)
            return
        self._share()
        plain = {"type": "m.room.message", "content": content, "room_id": self.room.id}
        sealed = {
            "algorithm": MEGOLM,
            "sender_key": self._curve,
            "device_id": "D",
            "session_id": self._outbound.session_id,
            "ciphertext": self._outbound.encrypt(orjson.dumps(plain)).to_base64(),
        }
        self._server.post(self.room, self.user, "m.room.encrypted", sealed)

    # -- keys -----------------------------------------------------------------------------------------

    def _device_keys(self) -> Json:
        keys = {"ed25519:D": self._signing, "curve25519:D": self._curve}
        return self._signed(
            {"user_id": self.user, "device_id": "D", "algorithms": [OLM, MEGOLM], "keys": keys}
        )

    def _signed(self, value: Json) -> Json:
        signature = self._account.sign(orjson.dumps(value, option=orjson.OPT_SORT_KEYS)).to_base64()
        return value | {"signatures": {self.user: {"ed25519:D": signature}}}

    def claim(self) -> Json:
        """A one-time key of ours."""
        self._account.generate_one_time_keys(1)
        ((id, key),) = self._account.one_time_keys.items()
        self._account.mark_keys_as_published()
        return {f"signed_curve25519:{id}": self._signed({"key": key.to_base64()})}

    def _share(self) -> None:
        """Give our room key to the bot's devices that lack it."""
        assert self.room is not None
        for device in self._server.accounts[self._bot].devices.values():
            if device.id in self._shared or not device.keys:
                continue
            self._shared.add(device.id)
            curve = device.keys["keys"][f"curve25519:{device.id}"]
            signing = device.keys["keys"][f"ed25519:{device.id}"]
            (key,) = self._server.claim(self._bot, device.id).values()
            session = self._account.create_outbound_session(
                vodozemac.Curve25519PublicKey.from_base64(curve),
                vodozemac.Curve25519PublicKey.from_base64(key["key"]),
            )
            self._olm.setdefault(curve, []).append(session)
            payload = {
                "type": "m.room_key",
                "sender": self.user,
                "sender_device": "D",
                "keys": {"ed25519": self._signing},
                "recipient": self._bot,
                "recipient_keys": {"ed25519": signing},
                "content": {
                    "algorithm": MEGOLM,
                    "room_id": self.room.id,
                    "session_id": self._outbound.session_id,
                    "session_key": self._outbound.session_key.to_base64(),
                },
            }
            kind, body = session.encrypt(orjson.dumps(payload)).to_parts()
            content = {
                "algorithm": OLM,
                "sender_key": self._curve,
                "ciphertext": {curve: {"type": kind, "body": _unpadded(body)}},
            }
            event = {"type": "m.room.encrypted", "sender": self.user, "content": content}
            self._server.to_device(self._bot, device.id, event)

    def to_device(self, event: Json) -> None:
        """A room key of the bot."""
        content = event["content"]
        if event["type"] != "m.room.encrypted":
            return
        sender, message = content["sender_key"], content["ciphertext"][self._curve]
        payload = orjson.loads(self._olm_opened(sender, message["type"], message["body"]))
        if payload["type"] == "m.room_key":
            key = vodozemac.SessionKey(payload["content"]["session_key"])
            self._megolm[payload["content"]["session_id"]] = vodozemac.InboundGroupSession(key)

    def _olm_opened(self, sender: str, kind: int, body: str) -> bytes:
        sessions = self._olm.setdefault(sender, [])
        raw = base64.b64decode(body + "=" * (-len(body) % 4))
        message = vodozemac.AnyOlmMessage.from_parts(kind, raw)
        for session in sessions:
            try:
                return session.decrypt(message)
            except vodozemac.OlmDecryptionException:
                continue
        curve = vodozemac.Curve25519PublicKey.from_base64(sender)
        session, plain = self._account.create_inbound_session(
            curve, vodozemac.PreKeyMessage.from_base64(body)
        )
        sessions.append(session)
        return plain

    # -- reading --------------------------------------------------------------------------------------

    def _heard(self, event: Json) -> None:
        if event["sender"] != self._bot or event["type"] not in ("m.room.message", "m.room.encrypted"):
            return
        clear = event["content"]
        new = clear.get("m.new_content", clear)
        edit = clear.get("m.relates_to", {}).get("rel_type") == "m.replace"
        shown = Seen(
            at=time.monotonic(),
            text=self._text(event) if self._decrypts else "",
            growing=GROWING in clear or GROWING in new,
            edit=edit,
        )
        self.seen.append(shown)
        self.hears(shown)

    def _text(self, event: Json) -> str:
        content = event["content"]
        if event["type"] == "m.room.encrypted":
            session = self._megolm.get(content["session_id"])
            if session is None:
                self.unread += 1
                return ""
            message = vodozemac.MegolmMessage.from_base64(content["ciphertext"])
            content = orjson.loads(session.decrypt(message).plaintext)["content"]
        return content.get("m.new_content", content).get("body", "")


def _state(kind: str, sender: str, content: dict[str, Any], key: str = "") -> Json:
    return {"type": kind, "sender": sender, "state_key": key, "content": content}


def _unpadded(raw: bytes) -> str:
    return base64.b64encode(raw).decode().rstrip("=")
