"""A fake Slack's state: members, channels, messages, streams, files; what people see is read from here."""

from __future__ import annotations

import itertools
import time
from dataclasses import dataclass, field
from typing import Any, Literal

Json = dict[str, Any]


@dataclass(slots=True, kw_only=True)
class Member:
    """A person or an app. `restricted` is a guest; `stranger` is somebody of another organisation."""

    id: str
    name: str
    team: str
    restricted: bool = False
    stranger: bool = False
    bot: bool = False
    deleted: bool = False

    def as_json(self) -> Json:
        return {
            "id": self.id, "team_id": self.team, "name": self.name, "real_name": self.name,
            "is_restricted": self.restricted, "is_ultra_restricted": False, "is_stranger": self.stranger,
            "is_bot": self.bot, "deleted": self.deleted, "profile": {"display_name": self.name},
        }  # fmt: skip


@dataclass(slots=True, kw_only=True)
class Post:
    """A message. `stream` is the state of one that grows; `only` the one person who sees an ephemeral one."""

    ts: str
    user: str
    text: str = ""
    thread: str | None = None
    blocks: list[Json] = field(default_factory=list[Json])
    metadata: Json | None = None
    files: list[str] = field(default_factory=list[str])
    stream: Literal["open", "closed"] | None = None
    only: str | None = None
    deleted: bool = False
    edits: int = 0
    first: str = ""
    """The text that notified people: what it was posted with."""

    @property
    def shown(self) -> str:
        """What a person reads: the Markdown of its blocks, else its text."""
        parts = [each["text"] for each in self.blocks if each.get("type") == "markdown"]
        parts += [
            each["text"]["text"]
            for each in self.blocks
            if each.get("type") in ("section", "header") and each.get("text")
        ]
        return "\n".join(parts) or self.text


@dataclass(slots=True, kw_only=True)
class Channel:
    """A place: `channel`, `group` (private), `im` or `mpim`."""

    id: str
    name: str
    kind: Literal["channel", "group", "im", "mpim"] = "channel"
    members: set[str] = field(default_factory=set[str])
    shared: bool = False
    """With another organisation (Slack Connect)."""
    pending: bool = False
    """Another organisation was invited."""
    bot: str = ""
    """The app's own member."""
    posts: dict[str, Post] = field(default_factory=dict[str, Post])

    def as_json(self) -> Json:
        with_us = {"user": next(iter(self.members - {self.bot}), "")} if self.kind == "im" else {}
        return with_us | {
            "id": self.id, "name": self.name, "is_channel": self.kind == "channel",
            "is_group": self.kind == "group", "is_im": self.kind == "im", "is_mpim": self.kind == "mpim",
            "is_private": self.kind != "channel", "is_ext_shared": self.shared, "is_shared": self.shared,
            "is_org_shared": False, "is_pending_ext_shared": self.pending, "is_member": True,
            "num_members": len(self.members),
        }  # fmt: skip

    def in_thread(self, root: str) -> list[Post]:
        """The root and its answers that still stand, oldest first."""
        return [p for p in self.alive() if p.ts == root or p.thread == root]

    def alive(self) -> list[Post]:
        return sorted((p for p in self.posts.values() if not p.deleted), key=lambda p: p.ts)


@dataclass(slots=True, kw_only=True)
class Upload:
    """A file. `shares` says where it was posted, once it was."""

    id: str
    name: str
    data: bytes = b""
    media_type: str = "application/octet-stream"
    completed: bool = False
    shares: dict[str, str] = field(default_factory=dict[str, str])
    """Channel id to the ts of the message that carries it."""
    access: str = "visible"
    mode: str = "hosted"
    fetched: int = 0
    url: str = ""
    """Another address than ours."""
    size: int | None = None
    """Another size than that of its data."""
    denied: bool = False
    """The app has no right to it: it is answered with a sign-in page."""


class Workspace:
    """One team, its people and what they wrote. `bot` is the app's own member."""

    def __init__(self, team: str = "T0RELAIS", *, enterprise: str | None = None) -> None:
        self.team, self.enterprise = team, enterprise
        self._numbers = itertools.count(1)
        self._last = 0
        self.bot = Member(id=f"U0BOT{team[-3:]}", name="assistant", team=team, bot=True)
        self.bot_id, self.app_id = f"B0BOT{team[-3:]}", "A0RELAIS"
        self.members: dict[str, Member] = {self.bot.id: self.bot}
        self.channels: dict[str, Channel] = {}
        self.files: dict[str, Upload] = {}
        self.statuses: list[tuple[str, str, str]] = []
        """(channel, thread, status) of each status shown."""
        self.views: dict[str, Json] = {}
        """The home of each person."""
        self.prompts: dict[str, list[Json]] = {}
        self.modals: list[Json] = []
        self.responses: list[Json] = []
        """What was posted to response URLs."""

    def number(self) -> int:
        return next(self._numbers)

    def ts(self) -> str:
        self._last = max(self._last + 1, int(time.time() * 1_000_000))
        return f"{self._last // 1_000_000}.{self._last % 1_000_000:06d}"

    def person(self, name: str, **how: Any) -> Member:
        member = Member(id=f"U{self.number():06d}{name[:3].upper()}", name=name, team=self.team, **how)
        self.members[member.id] = member
        return member

    def channel(self, name: str, *people: Member, kind: Literal["channel", "group"] = "channel") -> Channel:
        made = Channel(id=f"C{self.number():07d}", name=name, kind=kind, bot=self.bot.id)
        made.members = {self.bot.id, *(each.id for each in people)}
        self.channels[made.id] = made
        return made

    def direct(self, person: str) -> Channel:
        """The direct chat of a person with the bot, made when it is first asked for."""
        for each in self.channels.values():
            if each.kind == "im" and each.members == {person, self.bot.id}:
                return each
        made = Channel(
            id=f"D{self.number():07d}", name="", kind="im", members={person, self.bot.id}, bot=self.bot.id
        )
        self.channels[made.id] = made
        return made

    def message_json(self, channel: Channel, post: Post, *, metadata: bool = True) -> Json:
        made: Json = {"type": "message", "ts": post.ts, "text": post.text, "user": post.user}
        if post.thread:
            made["thread_ts"] = post.thread
        elif any(p.thread == post.ts for p in channel.alive()):
            made |= {"thread_ts": post.ts, "reply_count": sum(p.thread == post.ts for p in channel.alive())}
        if post.blocks:
            made["blocks"] = post.blocks
        if post.user == self.bot.id:
            made |= {"bot_id": self.bot_id, "app_id": self.app_id}
        if post.metadata and metadata:
            made["metadata"] = post.metadata
        if post.files:
            made["files"] = [self.file_json(self.files[each]) for each in post.files]
        return made

    def file_json(self, upload: Upload, base: str = "") -> Json:
        made: Json = {
            "id": upload.id, "name": upload.name, "title": upload.name, "mimetype": upload.media_type,
            "size": upload.size or len(upload.data), "mode": upload.mode, "file_access": upload.access,
            "url_private_download": upload.url or f"{base or self.base}/files/{upload.id}/{upload.name}",
        }  # fmt: skip
        if upload.access == "check_file_info" and not base:
            made = {"id": upload.id, "mode": upload.mode, "file_access": upload.access}
        if upload.shares:
            made["shares"] = {"public": {c: [{"ts": ts}] for c, ts in upload.shares.items()}}
        return made

    base = ""
    """The address of the fake server, set when it listens."""
