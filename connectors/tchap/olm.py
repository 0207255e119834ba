# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
"""nio's Olm machine, hardened: what strangers send is dropped and counted, never raised.

nio validates with a pattern of room ids that refuses those of room version 12, lets a second key of the
same id replace the first, and raises on malformed keys. Nothing here does I/O but the key store.

How much of it each person may bring about in an hour is bounded (`Allowance`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, cast

import vodozemac
from cachetools import FIFOCache
from nio.crypto import InboundGroupSession, InboundSession, Olm, OutboundGroupSession
from unpaddedbase64 import decode_base64

from connectors.tchap.keystore import Devices, KeyStore, MegolmSessions
from core.connector.untrusted_json import Json, array_in, object_in, text_in
from core.telemetry import metrics

MEGOLM = "m.megolm.v1.aes-sha2"
ROOM_KEYS_PER_HOUR, OLM_SESSIONS_PER_HOUR = 100, 30
"""What one person may send of either: a client makes a key for a room once in a hundred messages, a session
once for a device."""
REQUESTED = 1_000
MOST_DEVICES = 64
"""Devices of one person that are written to; each costs a message at every new key."""
OLM = "m.olm.v1.curve25519-aes-sha2"
PEOPLE = 10_000
"""People remembered: who is not has the whole allowance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A room's key that came, and who sent it."""

    room: str
    session: str
    sender: str


class HardenedOlm(Olm):
    """The machine. `arrived` collects the keys that came; `dropped` counts refusals.

    What anybody may send has an allowance for each person: room keys, and the Olm sessions that bring them.
    """

    def __init__(self, user: str, device: str, store: KeyStore, clock: Callable[[], float]) -> None:
        self.arrived: list[Arrival] = []
        self._room_keys = Allowance(ROOM_KEYS_PER_HOUR, clock)
        self._olm_sessions = Allowance(OLM_SESSIONS_PER_HOUR, clock)
        self.requested: FIFOCache[tuple[str, str], str] = FIFOCache(REQUESTED)
        """Whom the key of a (room, session) was asked of."""
        self.dropped: Counter[str] = Counter()
        super().__init__(user, device, store)
        self.devices = cast(Devices, self.device_store)
        self.megolm = cast(MegolmSessions, self.inbound_group_store)
        self.curve_key: str = self.account.identity_keys["curve25519"]

    # -- to-device ------------------------------------------------------------------------------------

    def receive(self, event: Json) -> None:
        """One to-device event of /sync. Only Olm messages matter: requests for keys are not answered."""
        content = object_in(event, "content")
        if event.get("type") != "m.room.encrypted" or content.get("algorithm") != OLM:
            return
        try:
            self._receive_olm(text_in(event, "sender"), content)
        except Exception:  # noqa: BLE001 - a stranger's message; whatever is wrong with it
            self.dropped["to_device"] += 1

    def _receive_olm(self, sender: str, content: Json) -> None:
        mine = object_in(content, "ciphertext", self.curve_key)
        body = text_in(mine, "body")
        match mine.get("type"):
            case 0:
                message = vodozemac.PreKeyMessage.from_base64(body)
            case 1:
                message = vodozemac.AnyOlmMessage.normal(decode_base64(body))
            case _:
                raise ValueError("no message for this device")
        self.decrypt(sender, text_in(content, "sender_key"), message)

    def _handle_olm_event(self, sender: str, sender_key: str, payload: Json) -> None:
        content, signing_key = object_in(payload, "content"), text_in(payload, "keys", "ed25519")
        match payload.get("type"):
            case "m.room_key" if content.get("algorithm") == MEGOLM:
                if not self._room_keys.take(sender):
                    self.dropped["room_key"] += 1
                    metrics.ignored.labels("tchap", "room_key_flood").inc()
                    return
                self.keep(
                    text_in(content, "room_id"),
                    InboundGroupSession(
                        text_in(content, "session_key"),
                        signing_key,
                        sender_key,
                        text_in(content, "room_id"),
                    ),
                    text_in(content, "session_id"),
                    sender,
                )
            case "m.forwarded_room_key":
                self._forwarded(sender, sender_key, content)
            case _:
                pass

    def _forwarded(self, sender: str, sender_key: str, content: Json) -> None:
        """A key that this person was asked for, from the very device that made it: nobody else may speak for
        it."""
        wanted = text_in(content, "room_id"), text_in(content, "session_id")
        if self.requested.get(wanted) != sender or content.get("sender_key") != sender_key:
            self.dropped["forwarded_key"] += 1
            return
        session = InboundGroupSession.import_session(
            text_in(content, "session_key"),
            text_in(content, "sender_claimed_ed25519_key"),
            sender_key,
            wanted[0],
            [text_in(one) for one in array_in(content, "forwarding_curve25519_key_chain")],
        )
        self.requested.pop(wanted, None)
        self.keep(wanted[0], session, wanted[1], sender)

    def _create_inbound_session(self, sender: str, sender_key: str, message: Any) -> InboundSession:
        """Called by nio for a message of a new Olm session, which costs a row on the disk."""
        if not self._olm_sessions.take(sender):
            metrics.ignored.labels("tchap", "olm_session_flood").inc()
            raise ValueError("too many new sessions")
        return super()._create_inbound_session(sender, sender_key, message)

    def keep(self, room: str, session: InboundGroupSession, id: str, sender: str = "") -> bool:
        """Keep a key that came as that of session `id`, from `sender` if not from a sibling. False when it is
        of no use; raises ValueError when it is another's."""
        if session.id != id:
            raise ValueError("the session has another id than announced")
        if not self.megolm.add(session, sender):
            return False
        self.arrived.append(Arrival(room=room, session=id, sender=sender))
        return True

    def create_group_session(
        self, sender_key: str, sender_fp_key: str, room_id: str, session_id: str, session_key: str
    ) -> None:
        """Called by nio for our own outbound sessions."""
        self.megolm.add(InboundGroupSession(session_key, sender_fp_key, sender_key, room_id))

    # -- device keys ----------------------------------------------------------------------------------

    def learn_devices(self, user: str, payloads: Json, *, first: Collection[str] = ()) -> None:
        """Take in a person's devices from `/keys/query`, the malformed ones left out. Of more than there is
        room for, those named `first` are taken."""
        chosen = sorted(payloads, key=lambda id: id not in first)[:MOST_DEVICES]
        good = {id: payloads[id] for id in chosen if self._sound(user, id, payloads[id])}
        try:
            self._handle_key_query(SimpleNamespace(device_keys={user: good}, changed=None))  # pyright: ignore[reportArgumentType]
        except Exception:  # noqa: BLE001 - as above
            self.dropped["device_keys"] += 1

    def _sound(self, user: str, id: str, payload: object) -> bool:
        given = object_in(payload)
        keys = object_in(given, "keys")
        try:
            vodozemac.Ed25519PublicKey.from_base64(keys[f"ed25519:{id}"])
            vodozemac.Curve25519PublicKey.from_base64(keys[f"curve25519:{id}"])
        except Exception:  # noqa: BLE001 - KeyError, TypeError, any error of the library
            self.dropped["device_keys"] += 1
            return False
        if "unsigned" in given:
            given["unsigned"] = {"device_display_name": text_in(given["unsigned"], "device_display_name")}
        return given.get("user_id") == user and given.get("device_id") == id

    def verify_json(self, json: Json, user_key: str, user_id: str, device_id: str) -> bool:
        try:
            return bool(super().verify_json(json, user_key, user_id, device_id))
        except Exception:  # noqa: BLE001 - nio catches only one of the library's errors
            return False

    def learn_one_time_key(self, user: str, device: str, keys: Json) -> bool:
        """Start an Olm session with the key that `/keys/claim` gave. False when the key is no good."""
        before = self.dropped["one_time_key"]
        try:
            self._handle_key_claiming(SimpleNamespace(one_time_keys={user: {device: keys}}))
        except Exception:  # noqa: BLE001 - as above
            self.dropped["one_time_key"] += 1
        known = self.devices.by_user[user].get(device)
        return (
            before == self.dropped["one_time_key"]
            and known is not None
            and self.has_session(known.curve25519)
        )

    def has_session(self, curve_key: str) -> bool:
        return self.session_store.get(curve_key) is not None

    # -- our own keys ---------------------------------------------------------------------------------

    def keys_to_upload(self, one_time_keys: int, *, fallback: bool) -> Json:
        """The body of `/keys/upload`: device keys the first time, one-time keys up to the maximum, a fallback
        key. They are stored before they are returned: the server must not hand out what could get lost."""
        self.uploaded_key_count = min(one_time_keys, self.account.max_one_time_keys - 1)
        body: Json = self.share_keys()
        if fallback:
            _account(self).generate_fallback_key()
            body["fallback_keys"] = self._signed_fallback_key()
        self.save_account()
        return body

    def _signed_fallback_key(self) -> Json:
        signed: Json = {}
        for id, key in _account(self).fallback_key.items():
            value: Json = {"key": key.to_base64(), "fallback": True}
            signature = {self.user_id: {f"ed25519:{self.device_id}": self.sign_json(value)}}
            signed[f"signed_curve25519:{id}"] = value | {"signatures": signature}
        return signed

    def keys_uploaded(self) -> None:
        self.account.shared = True
        self.mark_keys_as_published()
        self.save_account()

    # -- writing to devices ---------------------------------------------------------------------------

    def room_key_for(self, user: str, device: str, room: str, session: OutboundGroupSession) -> Json | None:
        """The room's key, from now on, encrypted for one device; None without an Olm session with it."""
        target = self.devices.by_user[user].get(device)
        channel = self.session_store.get(target.curve25519) if target else None
        if channel is None:
            return None
        key = {
            "algorithm": MEGOLM,
            "room_id": room,
            "session_id": session.id,
            "session_key": session.session_key,
        }
        return self._olm_encrypt(channel, target, "m.room_key", key)


def _account(olm: Olm) -> Any:
    """The library's account, of which nio does not offer fallback keys."""
    return olm.account._account  # pyright: ignore[reportPrivateUsage]


class Allowance:
    """`per_hour` for each person, of which all may be used at once. `clock` is in seconds."""

    def __init__(self, per_hour: float, clock: Callable[[], float]) -> None:
        self._per_hour = per_hour
        self._clock = clock
        self._left: FIFOCache[str, tuple[float, float]] = FIFOCache(PEOPLE)

    def take(self, person: str) -> bool:
        """Use one. False when there is none left now."""
        now = self._clock()
        left, at = self._left.get(person) or (self._per_hour, now)
        left = min(self._per_hour, left + max(0.0, now - at) * self._per_hour / 3600)
        self._left[person] = (left - 1, now) if left >= 1 else (left, now)
        return left >= 1
