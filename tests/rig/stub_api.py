"""The client-server API of the stub homeserver.

async with stub() as server:
    server.register("bot", "secret")
"""

from __future__ import annotations

import asyncio
import time
from bisect import bisect_left, bisect_right
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import orjson
from aiohttp import web

from tests.rig.child import LOOPBACK
from tests.rig.stub import Account, Device, Json, Stub

V3 = "/_matrix/client/v3"


class Api:
    """What a bot asks of `server`."""

    def __init__(self, server: Stub) -> None:
        self._server = server

    def app(self) -> web.Application:
        app = web.Application(client_max_size=2**26)
        room = V3 + "/rooms/{room}"
        app.add_routes(
            [
                web.get("/_matrix/client/versions", self._versions),
                web.post(V3 + "/login", self._login),
                web.get(V3 + "/account/whoami", self._whoami),
                web.post(V3 + "/keys/upload", self._upload),
                web.post(V3 + "/keys/query", self._query),
                web.post(V3 + "/keys/claim", self._claim),
                web.post(V3 + "/keys/device_signing/upload", self._identity),
                web.post(V3 + "/keys/signatures/upload", self._signatures),
                web.put(V3 + "/sendToDevice/{type}/{txn}", self._send_to_device),
                web.get(V3 + "/sync", self._sync),
                web.get(room + "/state", self._state),
                web.get(room + "/joined_members", self._members),
                web.get(room + "/messages", self._messages),
                web.get(room + "/event/{event}", self._event),
                web.get(room + "/context/{event}", self._context),
                web.put(room + "/send/{type}/{txn}", self._send),
                web.put(room + "/redact/{event}/{txn}", self._redact),
                web.post(room + "/receipt/{kind}/{event}", self._nothing),
                web.put(room + "/typing/{user}", self._nothing),
                web.route("*", "/{path:.*}", self._unknown),
            ]
        )
        return app

    def _device(self, request: web.Request) -> Device:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if token not in self._server.tokens:
            raise web.HTTPUnauthorized(text='{"errcode": "M_UNKNOWN_TOKEN"}', content_type="application/json")
        return self._server.tokens[token]

    async def _versions(self, _: web.Request) -> web.Response:
        return _json({"versions": ["v1.11"]})

    async def _login(self, request: web.Request) -> web.Response:
        body = await _body(request)
        user = body["identifier"]["user"]
        user = user if user.startswith("@") else f"@{user}:{self._server.name}"
        account = self._server.accounts[user]
        id = body.get("device_id") or f"DEVICE{len(account.devices)}"
        device = account.devices.setdefault(id, Device(user, id))
        token = f"token-{len(self._server.tokens)}"
        self._server.tokens[token] = device
        return _json({"user_id": user, "device_id": id, "access_token": token})

    async def _whoami(self, request: web.Request) -> web.Response:
        device = self._device(request)
        return _json({"user_id": device.user, "device_id": device.id})

    async def _upload(self, request: web.Request) -> web.Response:
        device, body = self._device(request), await _body(request)
        device.keys = body.get("device_keys") or device.keys
        device.one_time.update(body.get("one_time_keys") or {})
        device.fallback = body.get("fallback_keys") or device.fallback
        return _json({"one_time_key_counts": {"signed_curve25519": len(device.one_time)}})

    async def _query(self, request: web.Request) -> web.Response:
        body = await _body(request)
        found: dict[str, Json] = {}
        identities: dict[str, Json] = {"master_keys": {}, "self_signing_keys": {}}
        for user in body["device_keys"]:
            if (account := self._server.accounts.get(user)) is not None:
                found[user] = {id: device.keys for id, device in account.devices.items() if device.keys}
                for kind in identities:
                    if key := account.identity.get(kind.removesuffix("s")):
                        identities[kind][user] = key
            elif user in self._server.people:
                keys = self._server.people[user].device_keys
                found[user] = {keys["device_id"]: keys}
        return _json({"device_keys": found, **identities})

    async def _claim(self, request: web.Request) -> web.Response:
        given: dict[str, Json] = {}
        for user, devices in (await _body(request))["one_time_keys"].items():
            for device in devices:
                given.setdefault(user, {})[device] = self._server.claim(user, device)
        return _json({"one_time_keys": given})

    async def _identity(self, request: web.Request) -> web.Response:
        self._server.accounts[self._device(request).user].identity = await _body(request)
        return _json({})

    async def _signatures(self, request: web.Request) -> web.Response:
        for user, signed in (await _body(request)).items():
            for id, payload in signed.items():
                device = self._server.accounts[user].devices[id]
                signatures = device.keys.setdefault("signatures", {}).setdefault(user, {})
                signatures.update(payload["signatures"][user])
        return _json({"failures": {}})

    async def _send_to_device(self, request: web.Request) -> web.Response:
        sender, body = self._device(request).user, await _body(request)
        for user, devices in body["messages"].items():
            for device, content in devices.items():
                event = {"type": request.match_info["type"], "sender": sender, "content": content}
                self._server.to_device(user, device, event)
        return _json({})

    async def _send(self, request: web.Request) -> web.Response:
        device, match = self._device(request), request.match_info
        transaction = (device.id + device.user, match["txn"])
        if transaction not in self._server.transactions:
            self._server.sent += 1
            unsigned = {"transaction_id": match["txn"], "device": device.id}
            event = self._server.post(
                self._server.rooms[match["room"]],
                device.user,
                match["type"],
                await _body(request),
                unsigned=unsigned,
            )
            self._server.transactions[transaction] = event["event_id"]
        return _json({"event_id": self._server.transactions[transaction]})

    async def _redact(self, request: web.Request) -> web.Response:
        device, match = self._device(request), request.match_info
        event = self._server.post(
            self._server.rooms[match["room"]], device.user, "m.room.redaction", {}, redacts=match["event"]
        )
        return _json({"event_id": event["event_id"]})

    async def _nothing(self, _: web.Request) -> web.Response:
        return _json({})

    async def _unknown(self, request: web.Request) -> web.Response:
        self._server.unknown.add(f"{request.method} {request.path}")
        return web.json_response({"errcode": "M_UNRECOGNIZED"}, status=404)

    async def _state(self, request: web.Request) -> web.Response:
        return _json(self._server.rooms[request.match_info["room"]].state)

    async def _members(self, request: web.Request) -> web.Response:
        state = self._server.rooms[request.match_info["room"]].state
        members = {event["state_key"]: {} for event in state if event["type"] == "m.room.member"}
        return _json({"joined": members})

    async def _messages(self, request: web.Request) -> web.Response:
        """From a position on: backwards a page, forwards (from a position of `_context`) all of it."""
        events = self._server.rooms[request.match_info["room"]].events
        start = int(request.query.get("from") or 0)
        if request.query["dir"] == "b":
            end = bisect_left(events, start, key=lambda one: one[0]) if start else len(events)
            page = events[max(0, end - int(request.query.get("limit", 10))) : end]
            more = {"end": str(page[0][0])} if page and page[0] is not events[0] else {}
            return _json({"chunk": [event for _, event in reversed(page)], **more})
        return _json({"chunk": [event for at, event in events if at > start]})

    async def _event(self, request: web.Request) -> web.Response:
        events = self._server.rooms[request.match_info["room"]].events
        found = [event for _, event in events if event["event_id"] == request.match_info["event"]]
        return _json(found[0]) if found else web.json_response({"errcode": "M_NOT_FOUND"}, status=404)

    async def _context(self, request: web.Request) -> web.Response:
        events = self._server.rooms[request.match_info["room"]].events
        found = [at for at, event in events if event["event_id"] == request.match_info["event"]]
        return _json({"end": str(found[0])}) if found else web.json_response({}, status=404)

    async def _sync(self, request: web.Request) -> web.Response:
        device = self._device(request)
        account = self._server.accounts[device.user]
        if "since" not in request.query:
            return _json(self._answer(device, account, self._server.position, {}))
        since = int(request.query["since"])
        until = time.monotonic() + int(request.query.get("timeout", 0)) / 1000
        while not self._has_news(device, account, since) and (left := until - time.monotonic()) > 0:
            try:
                await asyncio.wait_for(account.changed.wait(), left)
            except TimeoutError:
                break
        return _json(self._answer(device, account, since, self._joined(device, account, since)))

    def _has_news(self, device: Device, account: Account, since: int) -> bool:
        newest = (account.news[-1][0] if account.news else 0, device.inbox[-1][0] if device.inbox else 0)
        return max(newest) > since

    def _joined(self, device: Device, account: Account, since: int) -> Json:
        rooms: Json = {}
        for _, room, event in account.news[bisect_right(account.news, since, key=lambda one: one[0]) :]:
            if room not in rooms:
                empty: Json = {"events": []}
                timeline = {"events": [], "limited": False, "prev_batch": str(since)}
                rooms[room] = {
                    "timeline": timeline,
                    "state": empty,
                    "ephemeral": empty,
                    "account_data": empty,
                }
            rooms[room]["timeline"]["events"].append(_as_seen(event, device))
        return rooms

    def _answer(self, device: Device, account: Account, since: int, joined: Json) -> Json:
        del device.inbox[: bisect_right(device.inbox, since, key=lambda one: one[0])]
        return {
            "next_batch": str(self._server.position),
            "rooms": {"join": joined, "invite": {}, "leave": {}},
            "device_lists": {"changed": [], "left": []},
            "to_device": {"events": [event for _, event in device.inbox]},
            "device_one_time_keys_count": {"signed_curve25519": len(device.one_time)},
            "device_unused_fallback_key_types": ["signed_curve25519"] if device.fallback else [],
        }


def _as_seen(event: Json, device: Device) -> Json:
    """The transaction is told to the sending device only."""
    unsigned = event.get("unsigned")
    if not isinstance(unsigned, dict) or unsigned.get("device", device.id) == device.id:
        return event
    return event | {"unsigned": {}}


def _json(value: Any) -> web.Response:
    return web.Response(body=orjson.dumps(value), content_type="application/json")


async def _body(request: web.Request) -> Json:
    return orjson.loads(await request.read() or b"{}")


@asynccontextmanager
async def stub() -> AsyncGenerator[Stub]:
    """A stub homeserver in this loop."""
    server = Stub()
    runner = web.AppRunner(
        Api(server).app(), access_log=None, shutdown_timeout=0.1, handler_cancellation=True
    )
    await runner.setup()
    site = web.TCPSite(runner, LOOPBACK, 0)
    await site.start()
    server.url = f"http://{LOOPBACK}:{runner.addresses[0][1]}"
    try:
        yield server
    finally:
        await runner.cleanup()
