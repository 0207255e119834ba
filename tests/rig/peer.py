"""People on Matrix for the tests: each is a real client, matrix-js-sdk with its Rust crypto.

    alice = await troupe.person(servers.agents, "alice")
    chat = await alice.direct_chat(bot)
    question = await chat.send("Bonjour")
    answer = await chat.message(sender=bot, containing="Bonjour")

What a person sees of a room is a `View`; waiting means asking for the view again whenever the client
says that something changed, until a predicate holds.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Literal, Protocol, TypeVar

from tests.rig.homeserver import Homeserver
from tests.rig.view import Json, Seen, View

T = TypeVar("T")
Rule = Literal["restricted", "unrestricted", "direct"]

ACCESS_RULES = "im.vector.room.access_rules"
"""Tchap's state event; see `access_rules.py`."""

PATIENCE = 60.0
AGAIN = 5.0
"""Seconds after which the view is asked for again though the client said nothing."""
"""Seconds that a wait lasts before the test fails."""


class Player(Protocol):
    """What plays a person (`troupe.py`)."""

    @property
    def servers(self) -> list[str]: ...

    async def call(self, user: str | None, method: str, /, **params: Any) -> Any: ...


class PeerRoom:
    """A room, for one person."""

    def __init__(self, peer: Peer, id: str) -> None:
        self.peer = peer
        self.id = id

    def seen_by(self, other: Peer) -> PeerRoom:
        """The same room, for another person."""
        return PeerRoom(other, self.id)

    # -- looking ------------------------------------------------------------------------------------

    async def view(self) -> View | None:
        """The room now; None when this person's client does not know it."""
        raw = await self._call("view")
        return raw and View(**raw | {"events": [Seen(**event) for event in raw["events"]]})

    async def until(
        self, predicate: Callable[[View], T | None], what: str, *, patience: float = PATIENCE
    ) -> T:
        """Wait until the predicate returns something true and return that; else fail, showing the view."""
        view: View | None = None
        try:
            async with asyncio.timeout(patience):
                while True:
                    self.peer.changed.clear()
                    view = await self.view()
                    if view is not None and (found := predicate(view)):
                        return found
                    await self.peer.stirs()
        except TimeoutError:
            there = await self.listed() if view else "not asked"
            raise AssertionError(
                f"{self.peer.user} waited in vain for {what}; sees:\n{view or '  nothing: not in the room'}\n"
                f"in the room for the homeserver: {there}"
            ) from None

    async def message(
        self,
        *,
        sender: Peer | str,
        containing: str = "",
        after: str | None = None,
        where: Callable[[Seen], bool] = lambda _: True,
        patience: float = PATIENCE,
    ) -> Seen:
        """Wait for a readable message of `sender` with this text, edits applied, below message `after`."""
        author = _id(sender)

        def found(view: View) -> Seen | None:
            ids = [event.id for event in view.events]
            first = ids.index(after) + 1 if after in ids else 0
            below = set(ids[first:])
            return next(
                (
                    seen
                    for seen in view.messages(author)
                    if seen.id in below and seen.failure is None and containing in seen.text and where(seen)
                ),
                None,
            )

        return await self.until(found, f"a message of {author} with {containing!r}", patience=patience)

    async def joined(self, who: Peer | str, *, patience: float = PATIENCE) -> None:
        """Wait until this person sees `who` in the room; or, where their client was never told, as Synapse
        sometimes forgets (element-web #20575), until the homeserver lists them."""
        user = _id(who)

        def there(view: View) -> bool:
            return view.members.get(user) == "join"

        try:
            await self.until(there, f"{user} to be in the room", patience=patience / 2)
        except AssertionError:
            if user not in await self.listed():
                await self.until(there, f"{user} to be in the room", patience=patience / 2)

    async def listed(self) -> list[str]:
        """Who is in the room, as the homeserver lists them."""
        path = f"/_matrix/client/v3/rooms/{self.id}/joined_members"
        return list((await self.peer.request("GET", path))["joined"])

    async def backfill(self, limit: int = 50) -> None:
        """Read older messages from the server into the view."""
        await self._call("backfill", limit=limit)

    async def download(self, seen: Seen) -> bytes:
        """The bytes of a file message, decrypted and checked by the hash."""
        return base64.b64decode(await self._call("download", event=seen.id))

    # -- acting -------------------------------------------------------------------------------------

    async def send(
        self,
        text: str,
        *,
        mention: Sequence[Peer | str] = (),
        reply_to: str | None = None,
        thread: str | None = None,
        msgtype: str = "m.text",
    ) -> str:
        """Send a message; returns its id. With `thread`, a `reply_to` there is a true reply."""
        content: Json = {"msgtype": msgtype, "body": text, "m.mentions": _mentions(mention)}
        if relation := _relation(reply_to, thread):
            content["m.relates_to"] = relation
        return await self.send_raw("m.room.message", content)

    async def edit(self, id: str, text: str, *, mention: Sequence[Peer | str] = ()) -> str:
        """Replace the text of one's own message; returns the id of the edit."""
        new: Json = {"msgtype": "m.text", "body": text, "m.mentions": _mentions(mention)}
        relation = {"rel_type": "m.replace", "event_id": id}
        content = {
            **new,
            "body": f"* {text}",
            "m.mentions": {},
            "m.new_content": new,
            "m.relates_to": relation,
        }
        return await self.send_raw("m.room.message", content)

    async def react(self, id: str, key: str) -> str:
        relation = {"rel_type": "m.annotation", "event_id": id, "key": key}
        return await self.send_raw("m.reaction", {"m.relates_to": relation})

    async def redact(self, id: str) -> str:
        """Delete a message."""
        return await self._call("redact", event=id)

    async def send_file(
        self,
        name: str,
        data: bytes,
        media_type: str,
        *,
        reply_to: str | None = None,
        thread: str | None = None,
    ) -> str:
        """Send a file, encrypted where the room is; returns the message's id."""
        return await self._call(
            "sendFile",
            name=name,
            type=media_type,
            data=base64.b64encode(data).decode(),
            relation=_relation(reply_to, thread),
        )

    async def send_raw(self, type: str, content: Json) -> str:
        return await self._call("send", type=type, content=content)

    async def set_state(self, type: str, content: Json, key: str = "") -> str:
        return await self._call("state", type=type, content=content, key=key)

    async def invite(self, who: Peer | str) -> None:
        await self._call("invite", user=_id(who))

    async def join(self) -> None:
        """Join, on an invitation or a public room of any server of the rig."""
        await self._call("join", via=self.peer.servers())

    async def leave(self) -> None:
        await self._call("leave")

    async def typing(self, on: bool) -> None:
        await self._call("typing", on=on)

    async def forget_session(self) -> None:
        """Encrypt the next message with a new megolm session."""
        await self._call("forgetSession")

    async def _call(self, method: str, **params: Any) -> Any:
        return await self.peer.call(method, room=self.id, **params)


class Peer:
    """A person, logged in on one device."""

    def __init__(
        self, player: Player, homeserver: Homeserver, login: Json, password: str, key: str = ""
    ) -> None:
        """`key` names this device to the player, when it is not the person's first."""
        self.player = player
        self.homeserver = homeserver
        self.user: str = login["user"]
        self.key = key or self.user
        self.device: str = login["device"]
        self.token: str = login["token"]
        self.password = password
        self.changed = asyncio.Event()

    async def direct_chat(
        self, who: Peer | str, *, encrypted: bool = True, version: str = "10", joined: bool = True
    ) -> PeerRoom:
        """A new direct chat; with `joined`, once the other is in it."""
        room = await self.create_room(
            [who], rule="direct", encrypted=encrypted, version=version, is_direct=True
        )
        if joined:
            await room.joined(who)
        return room

    async def create_room(
        self,
        invite: Sequence[Peer | str] = (),
        *,
        rule: Rule = "restricted",
        encrypted: bool = True,
        public: bool = False,
        version: str = "10",
        name: str | None = None,
        is_direct: bool = False,
    ) -> PeerRoom:
        """A new room with Tchap's settings: history is visible from the invitation on, in a forum to all."""
        state: list[Json] = [
            _state(ACCESS_RULES, rule=rule),
            _state("m.room.history_visibility", history_visibility="shared" if public else "invited"),
        ]
        if encrypted:
            state.append(_state("m.room.encryption", algorithm="m.megolm.v1.aes-sha2"))
        options: Json = {
            "preset": "public_chat" if public else "trusted_private_chat" if is_direct else "private_chat",
            "visibility": "public" if public else "private",
            "room_version": version,
            "is_direct": is_direct,
            "invite": [_id(who) for who in invite],
            "initial_state": state,
        }
        if name:
            options["name"] = name
        room = PeerRoom(self, await self.call("createRoom", options=options))
        await room.until(lambda view: view.encrypted == encrypted, "the new room")
        return room

    async def rooms(self) -> dict[str, str]:
        """One's membership by room id."""
        return await self.call("rooms")

    async def invited(self, *, patience: float = PATIENCE) -> PeerRoom:
        """Wait for an invitation to any room."""
        async with asyncio.timeout(patience):
            while True:
                self.changed.clear()
                for id, membership in (await self.rooms()).items():
                    if membership == "invite":
                        return PeerRoom(self, id)
                await self.stirs()

    async def stirs(self) -> None:
        """Wait until the client says that something changed, `AGAIN` seconds at most."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self.changed.wait(), AGAIN)

    async def exclude_unsigned(self, on: bool = True) -> None:
        """Neither read nor write to devices that their owner has not signed (MSC4153), as Element does."""
        await self.call("excludeUnsigned", on=on)

    async def devices(self, who: Peer | str) -> dict[str, bool]:
        """Each device of a user: has its owner cross-signed it?"""
        return await self.call("devices", user=_id(who))

    async def request(
        self, method: str, path: str, body: Json | None = None, query: Json | None = None
    ) -> Any:
        """Call the client-server API (`path` from `/_matrix` on). Raises PeerError."""
        return await self.call("request", method=method, path=path, body=body, query=query)

    async def reconnect(self) -> None:
        """Sync now, rather than when the client's own back-off (5 s) ends."""
        await self.call("reconnect")

    async def sign_device(self, device: str) -> None:
        """Sign another device of one's own, as after a verification."""
        await self.call("signDevice", device=device)

    async def stop(self) -> None:
        """End this client; the account stays."""
        await self.call("stop")

    async def call(self, method: str, /, **params: Any) -> Any:
        return await self.player.call(self.key, method, **params)

    def servers(self) -> list[str]:
        return self.player.servers


def _id(who: Peer | str) -> str:
    return who if isinstance(who, str) else who.user


def _mentions(who: Sequence[Peer | str]) -> Json:
    return {"user_ids": [_id(each) for each in who]} if who else {}


def _relation(reply_to: str | None, thread: str | None) -> Json | None:
    """`m.relates_to` of a reply and of a message in a thread (Matrix specification, "Threading")."""
    if thread:
        answered = {"event_id": reply_to or thread}
        return {
            "rel_type": "m.thread",
            "event_id": thread,
            "m.in_reply_to": answered,
            "is_falling_back": reply_to is None,
        }
    return {"m.in_reply_to": {"event_id": reply_to}} if reply_to else None


def _state(type: str, **content: str) -> Json:
    return {"type": type, "state_key": "", "content": content}
