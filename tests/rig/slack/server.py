"""The fake Slack's server: the Web API, file transfers, delivery of events, and Socket Mode."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import itertools
import json
import re
import time
import urllib.parse
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
from aiohttp import WSMsgType, web

from tests.rig.slack.faults import Faults, Limits
from tests.rig.slack.workspace import Channel, Json, Member, Post, Upload, Workspace

SECRET = "un-secret-de-signature-0123456789"
TOKEN = "xoxb-1-essai"
APP_TOKEN = "xapp-1-essai"
CANVAS = "application/vnd.slack-docs"
_IN_MESSAGES = frozenset({"markdown", "context_actions", "table", "file"})
"""Blocks that Slack takes in messages alone, not in a home."""


class SlackError(Exception):
    """An answer `{"ok": false, "error": …}`."""


@dataclass(slots=True, kw_only=True)
class Call:
    """One call of the Web API, as it came. `body` holds its arguments, `status` what it was answered."""

    method: str
    body: Json
    at: float
    team: str
    status: int = 200
    error: str = ""


class FakeSlack:
    """One fake Slack: workspaces, and an app at `url` (HTTP) or on a socket."""

    def __init__(self, *workspaces: Workspace, faults: Faults | None = None) -> None:
        self.workspaces = {each.team: each for each in workspaces} or {"T0RELAIS": Workspace()}
        self.faults = faults or Faults()
        self.limits = Limits()
        self.calls: list[Call] = []
        self.base = ""
        self.urls: list[str] = []
        """Where the app's replicas listen; none: on sockets. Requests go to each in turn."""
        self.turns = itertools.count()
        self.secret = SECRET
        self.tokens = {TOKEN: self.team.team}
        """Which workspace a bot token opens."""
        self.whole: set[str] = set()
        """Workspaces whose token is their whole enterprise's."""
        self.envelope: Json = {}
        """Put over the envelope of each event."""
        self.sockets: list[web.WebSocketResponse] = []
        self._acks: dict[str, asyncio.Future[Json]] = {}
        self._tasks: asyncio.TaskGroup | None = None
        self._session: aiohttp.ClientSession | None = None
        self.retries = (0.05, 0.3, 1.0, 2.0, 4.0)
        """Pauses before an event is sent again (Slack: at once, 1 min, 5 min)."""
        self.delivered: list[tuple[str, int, float]] = []
        """(event id, status, seconds) of each delivery."""
        self.given_up: list[str] = []
        self._opens = True
        """A post to a person's id opens their chat."""

    @property
    def url(self) -> str | None:
        """Where the app listens; setting it leaves this one alone."""
        return self.urls[0] if self.urls else None

    @url.setter
    def url(self, url: str) -> None:
        self.urls = [url]

    @property
    def team(self) -> Workspace:
        """The first workspace."""
        return next(iter(self.workspaces.values()))

    # What people do

    async def say(
        self, channel: Channel, who: Member, text: str, *, thread: str | None = None, files: list[Upload] | None = None,
        team: Workspace | None = None, **more: Any,
    ) -> Post:  # fmt: skip
        """A person writes; the app hears of it as Slack tells it (a mention comes twice)."""
        team = team or self.team
        post = Post(ts=team.ts(), user=who.id, text=text, thread=thread)
        for each in files or []:
            team.files[each.id] = each
            post.files.append(each.id)
        channel.posts[post.ts] = post
        await self.announce(channel, post, team, **more)
        return post

    async def announce(self, channel: Channel, post: Post, team: Workspace, **more: Any) -> None:
        """Tell the app of a message: `message`, and `app_mention` where it is mentioned."""
        kind = {"channel": "channel", "group": "group", "im": "im", "mpim": "mpim"}[channel.kind]
        event = _told(team.message_json(channel, post)) | {"channel": channel.id, "channel_type": kind} | more
        event["event_ts"] = post.ts
        if post.files:
            event["subtype"] = "file_share"
        self.send_event(event, team, shared=channel.shared)
        if f"<@{team.bot.id}>" in post.text and channel.kind in ("channel", "group"):
            self.send_event(event | {"type": "app_mention"}, team, shared=channel.shared)

    def edit(self, channel: Channel, post: Post, text: str, *, team: Workspace | None = None) -> None:
        """A person edits a message (the same text: a link preview came)."""
        team = team or self.team
        before = team.message_json(channel, post)
        post.text, post.edits = text, post.edits + (text != post.text)
        self._edited(channel, team, post, before)

    def _edited(self, channel: Channel, team: Workspace, post: Post, before: Json) -> None:
        """Tell the app of a message that was edited, be it its own."""
        after = team.message_json(channel, post)
        if (post.text, post.blocks) != (before["text"], before.get("blocks", [])):
            after["edited"] = {"user": post.user, "ts": team.ts()}
        both = {"message": _told(after), "previous_message": _told(before)}
        self._changed(channel, team, {"subtype": "message_changed", **both})

    def delete(self, channel: Channel, post: Post, *, team: Workspace | None = None) -> None:
        """A person deletes a message: one with answers becomes a tombstone."""
        team = team or self.team
        before = team.message_json(channel, post)
        post.deleted = True
        if any(p.thread == post.ts for p in channel.alive()):
            tomb = {"type": "message", "subtype": "tombstone", "user": "USLACKBOT", "ts": post.ts,
                    "text": "This message was deleted.", "hidden": True, "thread_ts": post.ts}  # fmt: skip
            self._changed(
                channel, team, {"subtype": "message_changed", "message": tomb, "previous_message": before}
            )
        else:
            self._changed(
                channel,
                team,
                {"subtype": "message_deleted", "deleted_ts": post.ts, "previous_message": before},
            )

    def _changed(self, channel: Channel, team: Workspace, more: Json) -> None:
        ts = team.ts()
        event = {"type": "message", "channel": channel.id, "channel_type": channel.kind, "hidden": True,
                 "ts": ts, "event_ts": ts, **more}  # fmt: skip
        self.send_event(event, team, shared=channel.shared)

    def react(
        self, channel: Channel, post: Post, who: Member, name: str, *, team: Workspace | None = None
    ) -> None:
        event = {"type": "reaction_added", "user": who.id, "reaction": name, "item_user": post.user,
                 "item": {"type": "message", "channel": channel.id, "ts": post.ts},
                 "event_ts": (team or self.team).ts()}  # fmt: skip
        self.send_event(event, team or self.team, shared=channel.shared)

    async def slash(
        self, who: Member, text: str, channel: Channel, *, team: Workspace | None = None
    ) -> tuple[int, Any]:
        """`/relais text`; what the app answers at once (status, body)."""
        team = team or self.team
        form = {"command": "/relais", "text": text, "user_id": who.id, "user_name": who.name,
                "channel_id": channel.id, "channel_name": channel.name, "team_id": team.team,
                "enterprise_id": team.enterprise or "", "api_app_id": team.app_id, "trigger_id": f"t{team.number()}",
                "response_url": f"{self.base}/response/{team.team}/{channel.id}/{who.id}"}  # fmt: skip
        if not self.urls:
            return await self._over_socket("slash_commands", form)
        return await self._post(urllib.parse.urlencode(form), "application/x-www-form-urlencoded")

    async def interact(self, payload: Json, *, team: Workspace | None = None) -> tuple[int, Any]:
        """A button, a shortcut or a view; what the app answers at once."""
        team = team or self.team
        whole = {"api_app_id": team.app_id, "team": {"id": team.team}, "enterprise": None,
                 "trigger_id": f"t{team.number()}", **payload}  # fmt: skip
        if not self.urls:
            return await self._over_socket("interactive", whole)
        form = urllib.parse.urlencode({"payload": json.dumps(whole)})
        return await self._post(form, "application/x-www-form-urlencoded")

    async def press(
        self, who: Member, channel: Channel, post: Post, action: Json, *, team: Workspace | None = None
    ) -> tuple[int, Any]:
        """A button of a message is pressed: `action` holds action_id, block_id, value."""
        team = team or self.team
        return await self.interact(
            {"type": "block_actions", "user": {"id": who.id, "team_id": who.team},
             "channel": {"id": channel.id}, "message": team.message_json(channel, post),
             "container": {"type": "message", "message_ts": post.ts, "channel_id": channel.id},
             "response_url": f"{self.base}/response/{team.team}/{channel.id}/{who.id}",
             "actions": [{"type": "button", "action_ts": team.ts(), **action}]}, team=team,
        )  # fmt: skip

    async def shortcut(self, who: Member, channel: Channel, post: Post, callback: str) -> tuple[int, Any]:
        return await self.interact(
            {"type": "message_action", "callback_id": callback, "user": {"id": who.id, "team_id": who.team},
             "channel": {"id": channel.id, "name": channel.name}, "message_ts": post.ts,
             "message": self.team.message_json(channel, post), "action_ts": self.team.ts(),
             "response_url": f"{self.base}/response/{self.team.team}/{channel.id}/{who.id}"}
        )  # fmt: skip

    def stop(self, who: Member, channel: Channel, root: Post) -> None:
        """Slack's own stop button is pressed: it ends the streams of the thread itself, and tells the app."""
        streams = [p for p in channel.in_thread(root.ts) if p.stream == "open"]
        for each in streams:
            each.stream = "closed"
        event = {"type": "agent_session_stopped", "channel": channel.id, "thread_ts": root.ts, "user": who.id,
                 "streaming_message_ts": [each.ts for each in streams], "event_ts": self.team.ts()}  # fmt: skip
        self.send_event(event, self.team)

    def home(self, who: Member, tab: str = "home") -> None:
        direct = self.team.direct(who.id)
        event = {"type": "app_home_opened", "user": who.id, "channel": direct.id, "tab": tab,
                 "event_ts": self.team.ts()}  # fmt: skip
        self.send_event(event, self.team)

    # Delivery

    def send_event(self, event: Json, team: Workspace, *, shared: bool = False, **more: Any) -> None:
        """Deliver an event in the background, with retries, doubled or late as the faults say."""
        assert self._tasks is not None
        envelope = {"token": "x", "team_id": team.team, "api_app_id": team.app_id, "event": event,
                    "type": "event_callback", "event_id": f"Ev{team.number():08d}", "event_time": int(time.time()),
                    "is_ext_shared_channel": shared,
                    "authorizations": [{"enterprise_id": team.enterprise, "team_id": team.team,
                                        "user_id": team.bot.id, "is_bot": True,
                                        "is_enterprise_install": False}], **more}  # fmt: skip
        if team.enterprise:
            envelope["enterprise_id"] = team.enterprise
        envelope |= self.envelope
        for _ in range(2 if self.faults.dice.random() < self.faults.doubled else 1):
            self._tasks.create_task(self._deliver(envelope, self.faults.dice.random() * self.faults.disorder))

    async def _deliver(self, envelope: Json, late: float) -> None:
        await asyncio.sleep(late)
        for count, pause in enumerate((0.0, *self.retries)):
            await asyncio.sleep(pause)
            began = time.monotonic()
            retry = {"X-Slack-Retry-Num": str(count), "X-Slack-Retry-Reason": "http_error"} if count else {}
            try:
                if not self.urls:
                    status, _ = await self._over_socket("events_api", envelope)
                else:
                    status, _ = await self._post(json.dumps(envelope), "application/json", retry)
            except (aiohttp.ClientError, TimeoutError, OSError):
                status = 0
            self.delivered.append((envelope["event_id"], status, time.monotonic() - began))
            if 200 <= status < 300:
                return
        self.given_up.append(envelope["event_id"])

    async def _post(self, body: str, kind: str, more: Json | None = None) -> tuple[int, Any]:
        assert self._session is not None
        assert self.urls
        url = self.urls[next(self.turns) % len(self.urls)]
        headers = {"Content-Type": kind, **self.signed(body), **(more or {})}
        async with self._session.post(url, data=body.encode(), headers=headers, timeout=aiohttp.ClientTimeout(3)) as r:  # fmt: skip
            text = await r.text()
            try:
                return r.status, json.loads(text)
            except ValueError:
                return r.status, text

    def signed(self, body: str, *, at: float | None = None, secret: str | None = None) -> dict[str, str]:
        """The headers that sign a body (v0 of Slack's request signing)."""
        stamp = str(int(at if at is not None else time.time()))
        digest = hmac.new((secret or self.secret).encode(), f"v0:{stamp}:{body}".encode(), hashlib.sha256)
        return {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": f"v0={digest.hexdigest()}"}

    async def _over_socket(self, kind: str, payload: Json) -> tuple[int, Any]:
        for _ in range(100):
            if open := [each for each in self.sockets if not each.closed]:
                socket = open[next(self.turns) % len(open)]
                break
            await asyncio.sleep(0.05)
        else:
            return 0, None
        envelope = f"env-{self.team.number()}"
        future: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        self._acks[envelope] = future
        await socket.send_str(
            json.dumps(
                {"envelope_id": envelope, "type": kind, "accepts_response_payload": True, "payload": payload}
            )
        )
        try:
            ack = await asyncio.wait_for(future, 3)
        except TimeoutError:
            return 0, None
        finally:
            self._acks.pop(envelope, None)
        return 200, ack.get("payload")

    async def drop_socket(self) -> None:
        """Ask the app to connect anew on every socket, as Slack does every few hours."""
        for each in self.sockets:
            await each.send_str(json.dumps({"type": "disconnect", "reason": "refresh_requested"}))

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        if self.faults.tickets > 0:
            self.faults.tickets -= 1
            return web.Response(status=408)
        ws = web.WebSocketResponse()
        await ws.prepare(request)
        await ws.send_str(
            json.dumps({"type": "hello", "num_connections": 1, "connection_info": {"app_id": "A0"}})
        )
        self.sockets.append(ws)
        async for message in ws:
            if message.type is WSMsgType.TEXT:
                ack = json.loads(message.data)
                future = self._acks.get(ack.get("envelope_id", ""))
                if future is not None and not future.done():
                    future.set_result(ack)
        self.sockets.remove(ws)
        return ws

    # The Web API

    async def _api(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        body = await _arguments(request)
        token = request.headers.get("Authorization", "").removeprefix("Bearer ") or body.pop("token", "")
        team = self.workspaces.get(self.tokens.get(token, ""))
        call = Call(method=method, body=body, at=time.time(), team=team.team if team else "")
        self.calls.append(call)
        if self.faults.silent:
            return _broken(request)
        if method == "apps.connections.open":
            good = token == APP_TOKEN
            if self.faults.openings:
                wait = str(self.faults.openings.pop())
                return _json({"ok": False, "error": "ratelimited"}, status=429, headers={"Retry-After": wait})
            return _json({"ok": good, "url": f"{self.base.replace('http', 'ws')}/socket"} if good else {"ok": False, "error": "invalid_auth"})  # fmt: skip
        if team is None:
            call.error = "invalid_auth"
            return _json({"ok": False, "error": "invalid_auth"})
        if self.faults.limits and (wait := self.limits.wait(team.team, method, str(body.get("channel", "")))):
            call.status = 429
            return _json(
                {"ok": False, "error": "ratelimited"}, status=429, headers={"Retry-After": str(int(wait))}
            )
        if self.faults.dice.random() < self.faults.errors:
            call.status = 503
            return web.Response(status=503, text="upstream")
        if (held := self.faults.held.get(method)) is not None:
            await held.wait()
        await asyncio.sleep(self.faults.slow.get(method, 0.0))
        try:
            if error := self.faults.refuse.get(method):
                raise SlackError(error)
            answer = await getattr(self, "_" + method.replace(".", "_"))(team, body)
        except SlackError as error:
            call.error = str(error)
            return _json({"ok": False, "error": str(error)})
        except AttributeError as error:
            call.error = f"unknown_method {error}"
            return _json({"ok": False, "error": "unknown_method"})
        if method in self.faults.lose:
            self.faults.lose.remove(method)
            return _broken(request)
        if self.faults.dice.random() < self.faults.lost:
            return _broken(request)
        return _json({"ok": True, **answer})

    async def _auth_test(self, team: Workspace, body: Json) -> Json:
        return {"url": f"{self.base}/", "team": "Essai", "user": team.bot.name, "team_id": team.team,
                "user_id": team.bot.id, "bot_id": team.bot_id, "enterprise_id": team.enterprise,
                "is_enterprise_install": team.team in self.whole, "app_id": team.app_id}  # fmt: skip

    async def _chat_postMessage(self, team: Workspace, body: Json) -> Json:
        channel = self._channel(team, body["channel"], opens=True)
        blocks = _blocks(body)
        if len(blocks) > 50:
            raise SlackError("invalid_blocks")
        if body.get("markdown_text") and (body.get("text") or blocks):
            raise SlackError("markdown_text_conflict")
        if sum(len(json.dumps(each)) for each in blocks) > 13_200:
            raise SlackError("msg_blocks_too_long")
        text = str(body.get("text") or body.get("markdown_text") or "")[:40_000]
        if not text and not blocks:
            raise SlackError("no_text")
        root = body.get("thread_ts")
        if root is not None and (root not in channel.posts or channel.posts[root].deleted):
            root = None  # a root that is gone: the message lands in the channel
        post = Post(ts=team.ts(), user=team.bot.id, text=text, first=text, thread=root, blocks=blocks,
                    metadata=_parsed(body.get("metadata")))  # fmt: skip
        channel.posts[post.ts] = post
        await self.announce(channel, post, team)
        return {"channel": channel.id, "ts": post.ts, "message": team.message_json(channel, post)}

    async def _chat_postEphemeral(self, team: Workspace, body: Json) -> Json:
        channel = self._channel(team, body["channel"])
        if body["user"] not in channel.members:
            raise SlackError("user_not_in_channel")
        post = Post(ts=team.ts(), user=team.bot.id, text=str(body.get("text", "")), thread=body.get("thread_ts"),
                    blocks=_blocks(body), only=body["user"])  # fmt: skip
        channel.posts[post.ts] = post
        return {"message_ts": post.ts}

    async def _chat_update(self, team: Workspace, body: Json) -> Json:
        channel, post = self._own(team, body)
        before = team.message_json(channel, post)
        if post.stream == "open":
            raise SlackError("streaming_state_conflict")
        text = str(body.get("text") or body.get("markdown_text") or "")
        if len(text) > 4_000:
            raise SlackError("msg_too_long")
        post.text, post.blocks, post.edits = text, _blocks(body), post.edits + 1
        if "metadata" in body:
            post.metadata = _parsed(body["metadata"]) or None
        self._edited(channel, team, post, before)
        return {
            "channel": channel.id,
            "ts": post.ts,
            "text": text,
            "message": team.message_json(channel, post),
        }

    async def _chat_delete(self, team: Workspace, body: Json) -> Json:
        channel, post = self._own(team, body)
        if post.stream == "open":
            raise SlackError("cant_delete_message")
        self.delete(channel, post, team=team)
        return {"channel": channel.id, "ts": post.ts}

    async def _chat_startStream(self, team: Workspace, body: Json) -> Json:
        channel = self._channel(team, body["channel"])
        if not body.get("thread_ts"):
            raise SlackError("invalid_thread_ts")
        if channel.kind != "im" and not body.get("recipient_user_id"):
            raise SlackError("missing_recipient_user_id")
        post = Post(ts=team.ts(), user=team.bot.id, text=str(body.get("markdown_text") or ""),
                    thread=body["thread_ts"], stream="open")  # fmt: skip
        channel.posts[post.ts] = post
        await self.announce(channel, post, team)
        return {"channel": channel.id, "ts": post.ts}

    async def _chat_appendStream(self, team: Workspace, body: Json) -> Json:
        channel, post = self._own(team, body)
        if post.stream != "open":
            raise SlackError("message_not_in_streaming_state")
        post.text += str(body.get("markdown_text") or "")
        return {"channel": channel.id, "ts": post.ts}

    async def _chat_stopStream(self, team: Workspace, body: Json) -> Json:
        channel, post = self._own(team, body)
        if post.stream != "open":
            raise SlackError("message_not_in_streaming_state")
        post.stream = "closed"
        post.text += str(body.get("markdown_text") or "")
        post.metadata = _parsed(body.get("metadata")) or post.metadata
        if body.get("blocks"):
            post.blocks = _blocks(body)
        return {"channel": channel.id, "ts": post.ts, "message": team.message_json(channel, post)}

    async def _chat_getPermalink(self, team: Workspace, body: Json) -> Json:
        return {"channel": body["channel"], "permalink": f"https://essai.slack.com/archives/{body['channel']}/p{body['message_ts'].replace('.', '')}"}  # fmt: skip

    async def _conversations_replies(self, team: Workspace, body: Json) -> Json:
        channel = self._channel(team, body["channel"])
        root = str(body["ts"])
        if root not in channel.posts:
            raise SlackError("thread_not_found")
        return self._page(team, channel, [p for p in channel.in_thread(root) if p.only is None], body)

    async def _conversations_history(self, team: Workspace, body: Json) -> Json:
        channel = self._channel(team, body["channel"])
        posts = [p for p in channel.alive() if p.thread is None and p.only is None]
        return self._page(team, channel, posts[::-1], body)

    def _page(self, team: Workspace, channel: Channel, posts: list[Post], body: Json) -> Json:
        oldest, latest = str(body.get("oldest") or "0"), str(body.get("latest") or "9")
        for name, given in (("oldest", oldest), ("latest", latest)):
            if not re.fullmatch(r"\d+(\.\d+)?", given):
                raise SlackError(f"invalid_ts_{name}")
        metadata = str(body.get("include_all_metadata", "")).lower() in ("1", "true")
        kept = [
            p
            for p in posts
            if float(oldest) <= float(p.ts) and (latest == "9" or float(p.ts) <= float(latest))
        ]
        start = int(body.get("cursor") or 0)
        limit = min(int(body.get("limit") or 100), 200)
        page = kept[start : start + limit]
        more = start + limit < len(kept)
        return {"messages": [team.message_json(channel, p, metadata=metadata) for p in page], "has_more": more,
                "response_metadata": {"next_cursor": str(start + limit) if more else ""}}  # fmt: skip

    async def _conversations_info(self, team: Workspace, body: Json) -> Json:
        return {"channel": self._channel(team, body["channel"]).as_json()}

    async def _conversations_members(self, team: Workspace, body: Json) -> Json:
        members = sorted(self._channel(team, body["channel"]).members)
        start = int(body.get("cursor") or 0)
        limit = int(body.get("limit") or 100)
        more = start + limit < len(members)
        return {"members": members[start : start + limit],
                "response_metadata": {"next_cursor": str(start + limit) if more else ""}}  # fmt: skip

    async def _conversations_open(self, team: Workspace, body: Json) -> Json:
        person = str(body["users"]).split(",")[0]
        if person not in team.members:
            raise SlackError("user_not_found")
        return {"channel": {"id": team.direct(person).id}}

    async def _conversations_list(self, team: Workspace, body: Json) -> Json:
        if team.team in self.whole and body.get("team_id") != team.team:
            raise SlackError("missing_argument")
        channels = [c.as_json() for c in team.channels.values() if c.kind in ("channel", "group")]
        start, limit = int(body.get("cursor") or 0), int(body.get("limit") or 100)
        more = str(start + limit) if start + limit < len(channels) else ""
        return {"channels": channels[start : start + limit], "response_metadata": {"next_cursor": more}}

    _users_conversations = _conversations_list

    async def _auth_teams_list(self, team: Workspace, body: Json) -> Json:
        return {"teams": [{"id": team.team, "name": "Essai"}], "response_metadata": {"next_cursor": ""}}

    async def _users_info(self, team: Workspace, body: Json) -> Json:
        if body["user"] not in team.members:
            raise SlackError("user_not_found")
        return {"user": team.members[body["user"]].as_json()}

    async def _users_list(self, team: Workspace, body: Json) -> Json:
        people = [each.as_json() for each in team.members.values() if not each.stranger]
        start, limit = int(body.get("cursor") or 0), int(body["limit"])
        more = str(start + limit) if start + limit < len(people) else ""
        return {"members": people[start : start + limit], "response_metadata": {"next_cursor": more}}

    async def _assistant_threads_setStatus(self, team: Workspace, body: Json) -> Json:
        team.statuses.append((body["channel_id"], body["thread_ts"], body["status"]))
        return {}

    _agents_sessions_setStatus = _assistant_threads_setStatus

    async def _assistant_threads_setSuggestedPrompts(self, team: Workspace, body: Json) -> Json:
        if not body.get("thread_ts"):
            team.prompts[body["channel_id"]] = _parsed(body["prompts"])
        return {}

    async def _views_publish(self, team: Workspace, body: Json) -> Json:
        if any(each["type"] in _IN_MESSAGES for each in _parsed(body["view"])["blocks"]):
            raise SlackError("invalid_arguments")
        team.views[body["user_id"]] = _parsed(body["view"])
        return {"view": team.views[body["user_id"]]}

    async def _views_open(self, team: Workspace, body: Json) -> Json:
        team.modals.append(_parsed(body["view"]))
        return {"view": team.modals[-1]}

    async def _reactions_add(self, team: Workspace, body: Json) -> Json:
        return {}

    async def _files_info(self, team: Workspace, body: Json) -> Json:
        upload = team.files.get(str(body["file"]))
        if upload is None:
            raise SlackError("file_not_found")
        return {"file": team.file_json(upload, self.base)}

    async def _files_getUploadURLExternal(self, team: Workspace, body: Json) -> Json:
        upload = Upload(id=f"F{team.number():07d}", name=str(body["filename"]))
        team.files[upload.id] = upload
        return {"file_id": upload.id, "upload_url": f"{self.base}/upload/{team.team}/{upload.id}"}

    async def _files_completeUploadExternal(self, team: Workspace, body: Json) -> Json:
        done: list[Json] = []
        for each in _parsed(body["files"]):
            upload = team.files[each["id"]]
            if not upload.completed and body.get("channel_id"):
                channel = self._channel(team, body["channel_id"])
                root = body.get("thread_ts")
                if root is not None and (root not in channel.posts or channel.posts[root].deleted):
                    root = None
                post = Post(ts=team.ts(), user=team.bot.id, text=str(body.get("initial_comment") or ""),
                            thread=root, files=[upload.id])  # fmt: skip
                channel.posts[post.ts] = post
                upload.shares[channel.id] = post.ts
            upload.completed = True
            done.append({"id": upload.id, "title": upload.name})
        return {"files": done}

    def _channel(self, team: Workspace, id: str, *, opens: bool = False) -> Channel:
        if opens and self._opens and id in team.members:
            return team.direct(id)
        if id not in team.channels:
            raise SlackError("channel_not_found")
        channel = team.channels[id]
        if team.bot.id not in channel.members:
            raise SlackError("not_in_channel")
        return channel

    def _own(self, team: Workspace, body: Json) -> tuple[Channel, Post]:
        channel = self._channel(team, body["channel"])
        post = channel.posts.get(str(body["ts"]))
        if post is None or post.deleted or post.only is not None:
            raise SlackError("message_not_found")
        if post.user != team.bot.id:
            raise SlackError("cant_update_message")
        return channel, post

    # Files and response URLs

    async def _upload(self, request: web.Request) -> web.Response:
        team = self.workspaces[request.match_info["team"]]
        upload = team.files[request.match_info["file"]]
        if request.content_type.startswith("multipart/"):
            async for part in await request.multipart():
                upload.data = bytes(await part.read())  # type: ignore[union-attr]
                break
        else:
            upload.data = await request.read()
        return web.Response(text="OK - 1")

    async def _download(self, request: web.Request) -> web.Response:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        for team in self.workspaces.values():
            upload = team.files.get(request.match_info["file"])
            if upload is not None:
                upload.fetched += 1
                if self.tokens.get(token) != team.team or upload.denied:
                    return web.Response(
                        text="<!DOCTYPE html><title>Sign in</title>", content_type="text/html"
                    )
                kind = "text/html" if upload.media_type == CANVAS else upload.media_type
                return web.Response(body=upload.data, content_type=kind)
        return web.Response(status=404)

    async def _response(self, request: web.Request) -> web.Response:
        team = self.workspaces[request.match_info["team"]]
        team.responses.append(await request.json() | {"to": request.match_info["person"], "channel": request.match_info["channel"]})  # fmt: skip
        return web.Response(text="ok")

    # What tests look at

    def answers(self, channel: Channel, root: str | None = None) -> list[Post]:
        """Our visible messages of a channel, or of one thread, oldest first."""
        bots = {each.bot.id for each in self.workspaces.values()}
        posts = channel.alive() if root is None else channel.in_thread(root)
        return [p for p in posts if p.user in bots]

    async def until(self, holds: Callable[[], Any], *, within: float = 60.0) -> Any:
        """Wait until `holds` gives something true, and return it. Raises TimeoutError."""
        async with asyncio.timeout(within):
            while not (found := holds()):
                await asyncio.sleep(0.02)
            return found

    async def answer(
        self, channel: Channel, root: str | None = None, *, count: int = 1, within: float = 60.0
    ) -> list[Post]:
        """Wait for `count` of our messages in a channel or thread, none of them growing."""

        def holds() -> list[Post]:
            found = self.answers(channel, root)
            return found if len(found) >= count and all(p.stream != "open" for p in found) else []

        return await self.until(holds, within=within)


async def _arguments(request: web.Request) -> Json:
    if request.content_type == "application/json":
        return dict(request.query) | dict(await request.json())
    posted = {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
    return dict(request.query) | posted


def _parsed(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


def _blocks(body: Json) -> list[Json]:
    return _parsed(body.get("blocks")) or []


def _json(body: Json, *, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    return web.json_response(body, status=status, headers=headers)


def _broken(request: web.Request) -> web.StreamResponse:
    """Close the connection without an answer."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)


@asynccontextmanager
async def fake_slack(
    *workspaces: Workspace, faults: Faults | None = None, port: int = 0
) -> AsyncGenerator[FakeSlack]:
    """Serve a fake Slack on loopback while the context lasts."""
    slack = FakeSlack(*workspaces, faults=faults)
    app = web.Application(client_max_size=64 * 1024 * 1024)
    app.router.add_post("/api/{method}", slack._api)
    app.router.add_get("/api/{method}", slack._api)
    app.router.add_post("/upload/{team}/{file}", slack._upload)
    app.router.add_get("/files/{file}/{name}", slack._download)
    app.router.add_post("/response/{team}/{channel}/{person}", slack._response)
    app.router.add_get("/socket", slack._socket)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port)
    await site.start()
    slack.base = f"http://127.0.0.1:{runner.addresses[0][1]}"
    for each in slack.workspaces.values():
        each.base = slack.base
    async with aiohttp.ClientSession() as session:
        slack._session = session
        try:
            async with asyncio.TaskGroup() as tasks:
                slack._tasks = tasks
                try:
                    yield slack
                finally:
                    for task in list(tasks._tasks):
                        task.cancel()
        finally:
            await runner.cleanup()


def _told(message: Json) -> Json:
    """A message as an event tells it: of metadata whose type no manifest declares, the type alone."""
    metadata = message.get("metadata")
    return message | ({"metadata": {"event_type": metadata["event_type"]}} if metadata else {})


def bare(text: str) -> str:
    """The text without mentions, for comparing."""
    return re.sub(r"<@\w+>\s*", "", text)
