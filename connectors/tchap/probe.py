"""What `relais doctor` and `relais rooms` ask of the homeserver. The doctor logs in on a device of its own
and out again; neither changes anything: no key, no message, no room."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from connectors.tchap.api import Api
from connectors.tchap.config import TchapConfig
from connectors.tchap.cross_signing import compared, is_signed_by_owner
from connectors.tchap.device import Device, Folder, log_in, unusable
from connectors.tchap.media import Scanner
from connectors.tchap.room import founders_of, server_of
from core.config.checks import CheckResult, amiss, well, wrong_setting
from core.connector.untrusted_json import Json, array_in, integer_in, object_in, text_in
from core.errors import ConfigurationError, Deferred, PlatformRefused, Unusable
from core.language.operators import tell
from core.tls import trusting


@dataclass(frozen=True, slots=True, kw_only=True)
class Present:
    """A room that the bot is in. `members` joined; `open`: whoever finds it may join."""

    id: str
    members: int
    encrypted: bool
    may_speak: bool
    open: bool


class Inventory:
    """The rooms of one account. Raises DeliveryError."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def rooms(self) -> list[Present]:
        """All rooms that the bot has joined."""
        user = text_in(await self._api.call("GET", "/account/whoami"), "user_id")
        joined = map(text_in, array_in(await self._api.call("GET", "/joined_rooms"), "joined_rooms"))
        return [_present(id, await self._api.array(("rooms", id, "state")), user) for id in joined]

    async def leave(self, room: str) -> None:
        """Leave a room, and forget it."""
        await self._api.call("POST", ("rooms", room, "leave"), {})


def _present(id: str, state: list[Json], user: str) -> Present:
    def content(kind: str) -> Json:
        return object_in(next((each.get("content") for each in state if each.get("type") == kind), None))

    members = [each for each in state if each.get("type") == "m.room.member"]
    rights = rights_in(state, user)
    return Present(
        id=id,
        members=sum(object_in(each, "content").get("membership") == "join" for each in members),
        encrypted=rights.encrypted,
        may_speak=rights.may_speak,
        open=text_in(content("m.room.join_rules"), "join_rule") == "public",
    )


@asynccontextmanager
async def inventory(config: TchapConfig, folder: Path) -> AsyncGenerator[Inventory]:
    """The account's rooms, by its token or that of the device in the data folder. Raises ConfigurationError
    without one."""
    kept = Folder(folder).read_device()
    token = config.access_token or (kept.token if kept else "")
    if not token:
        raise ConfigurationError("RELAIS_DATA_DIR", "tchap.no_device")
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=trusting(config.ca_file))) as session:
        yield Inventory(Api(session, config.homeserver, token))


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomRights:
    """May the account write, and is what it writes encrypted?"""

    may_speak: bool
    encrypted: bool


def rights_in(state: Iterable[Json], user: str) -> RoomRights:
    """The rights of a user in a room with this state."""
    by_type = {text_in(each, "type"): each for each in state if not text_in(each, "state_key")}
    content = {kind: object_in(each, "content") for kind, each in by_type.items()}
    encrypted = bool(content.get("m.room.encryption"))
    levels = content.get("m.room.power_levels", {})
    if user in founders_of(by_type.get("m.room.create", {})):
        return RoomRights(may_speak=True, encrypted=encrypted)
    kind = "m.room.encrypted" if encrypted else "m.room.message"
    own = integer_in(levels, "users", user)
    own = integer_in(levels, "users_default") or 0 if own is None else own
    needed = integer_in(levels, "events", kind)
    needed = integer_in(levels, "events_default") or 0 if needed is None else needed
    return RoomRights(may_speak=own >= needed, encrypted=encrypted)


async def probe(config: TchapConfig, folder: Path, *, support: str = "") -> list[CheckResult]:
    """Is the homeserver there, is the account accepted, is the bot's device signed by its owner, is it in the
    room of the `support`?"""
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=trusting(config.ca_file))) as session:
        api = Api(session, config.homeserver)
        try:
            spoken = await api.call("GET", "/_matrix/client/versions")
        except (PlatformRefused, Unusable, Deferred) as error:
            silent = amiss("tchap_check.no_matrix", homeserver=config.homeserver, error=error)
            return [silent._replace(remedy=await _other_address(api) or silent.remedy)]
        found = [well("tchap_check.answers", homeserver=config.homeserver)]
        if not any(text_in(version).startswith("v1.") for version in array_in(spoken, "versions")):
            found.append(amiss("tchap_check.too_old", homeserver=config.homeserver))
        kept = None
        try:
            kept = Folder(folder).read_device()
        except ConfigurationError as error:
            found.append(wrong_setting(error))
        device = Device(user="", device="", token=config.access_token) if config.access_token else kept
        steps: list[Awaitable[list[CheckResult]]] = [_settings(config)]
        if config.password:
            steps.append(_login(api, config, folder, known=device is not None))
        if device is not None:
            steps += [_account(api.at(config.homeserver, device.token), config, device, folder, support)]
        if config.content_scanner:
            steps.append(_scanner(api, config.content_scanner))
        for step in steps:
            found += await _made(step)
        return found


async def _other_address(api: Api) -> str:
    """What to do where a site announces another address (Matrix specification, "Server discovery"); empty
    where it announces none."""
    try:
        said = await api.call("GET", "/.well-known/matrix/client")
    except (PlatformRefused, Unusable, Deferred):
        return ""
    known = text_in(said, "m.homeserver", "base_url")
    return tell("tchap_check.announced", known=known) if known else ""


async def _made(step: Awaitable[list[CheckResult]]) -> list[CheckResult]:
    """What a step found; what keeps it from looking is a finding too."""
    try:
        return await step
    except ConfigurationError as error:
        return [wrong_setting(error)]
    except Deferred as error:
        if error.limited:
            return [amiss("tchap_check.limited", error=error)]
        return [amiss("tchap_check.unchecked", error=error)._replace(remedy=tell("tchap_check.later"))]
    except PlatformRefused as error:
        return [amiss("tchap_check.unchecked", error=error)]


async def _settings(config: TchapConfig) -> list[CheckResult]:
    """What the lists of servers may have wrong."""
    found: list[CheckResult] = []
    both = set(config.allowed_servers) & set(config.guest_servers)
    if both:
        found.append(amiss("tchap_check.in_both_lists", both=", ".join(both)))
    own = server_of(config.user) if config.user.startswith("@") else ""
    if own and config.allowed_servers and own not in config.allowed_servers:
        found.append(amiss("tchap_check.own_server_refused", own=own))
    if config.user in config.bots:
        found.append(amiss("tchap_check.itself_a_bot", user=config.user))
    if config.picture is not None:
        found += await asyncio.to_thread(_picture, config.picture)
    return found


_PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"RIFF")
"""How pictures begin that clients show: PNG, JPEG, GIF, WebP."""


def _picture(path: Path) -> list[CheckResult]:
    with path.open("rb") as file:
        if file.read(8).startswith(_PICTURES):
            return []
    return [amiss("tchap_check.no_picture", path=path)]


async def _login(api: Api, config: TchapConfig, folder: Path, *, known: bool) -> list[CheckResult]:
    """Log in on a new device, compare the seed with the account's identity where no device is known yet, and
    log out."""
    passwords = await _before_login(api)
    if not passwords.ok:
        return [passwords]
    device = await log_in(api, config, None, name="relais doctor")
    try:
        identity = [] if known else await _identity(api, device.user, config, folder)
    finally:
        await api.call("POST", "/logout", {})
    if config.user.startswith("@") and device.user != config.user:
        return [amiss("tchap_check.other_account", user=device.user)]
    return [well("tchap_check.password_accepted", user=device.user), *identity]


async def _identity(api: Api, user: str, config: TchapConfig, folder: Path) -> list[CheckResult]:
    """Is the account's identity the one that the seed stands for?"""
    seed = config.cross_signing_seed or Folder(folder).read_seed()
    return [await compared(api, user, seed)]


async def _account(
    api: Api, config: TchapConfig, device: Device, folder: Path, support: str
) -> list[CheckResult]:
    try:
        who = await api.call("GET", "/account/whoami")
    except Unusable as error:
        if error.code == "M_UNKNOWN_TOKEN" and config.password and not config.access_token:
            return [well("tchap_check.session_ended")]
        raise unusable(error, config) from error
    user, id = text_in(who, "user_id"), text_in(who, "device_id")
    if config.user.startswith("@") and user != config.user:
        raise ConfigurationError("RELAIS_TCHAP__USER", "tchap.probe_other", user=user)
    if not id:
        return [amiss("tchap_check.token_of_no_device", user=user)]
    found = [well("tchap_check.logged_in", user=user, id=id)]
    found += await _made(_identity(api, user, config, folder))
    if not await is_signed_by_owner(api, user, id):
        found.append(amiss("tchap_check.unsigned", id=id))
    return [*found, await _keys(api), *await _made(_rooms(api, user, support))]


async def _keys(api: Api) -> CheckResult:
    """How many one-time keys are left of the device, by which people's devices write to it?"""
    answer = await api.call("POST", "/keys/upload", {})
    left = integer_in(answer, "one_time_key_counts", "signed_curve25519") or 0
    if left:
        return well("tchap_check.one_time_keys", left=left)
    return amiss("tchap_check.no_one_time_key")


ROOMS = 50
"""Rooms whose rights are looked at."""


async def _rooms(api: Api, user: str, support: str) -> list[CheckResult]:
    """In how many rooms is the bot, the support's among them, and may it speak in each?"""
    rooms = [text_in(room) for room in array_in(await api.call("GET", "/joined_rooms"), "joined_rooms")]
    states = [await api.array(("rooms", room, "state")) for room in rooms[:ROOMS]]
    rights = [rights_in(state, user) for state in states]
    mute = [room for room, right in zip(rooms, rights, strict=False) if not right.may_speak]
    open_ = sum(not right.encrypted for right in rights)
    said = tell("tchap_check.rooms", rooms=len(rooms), open=open_)
    said += tell("tchap_check.first_rooms", rooms=ROOMS) if len(rooms) > ROOMS else ""
    found = [CheckResult(ok=True, said=said)]
    if support and support not in rooms:
        found.append(amiss("tchap_check.not_in_support_room", support=support))
    if mute:
        found.append(amiss("tchap_check.mute", mute=", ".join(mute[:5])))
    return found


async def _scanner(api: Api, url: str) -> list[CheckResult]:
    try:
        await Scanner.of(api, url).check()
    except (PlatformRefused, Deferred, ConfigurationError) as error:
        return [amiss("tchap_check.no_scanner", url=url, error=error)]
    return [well("tchap_check.scanner", url=url)]


async def _before_login(api: Api) -> CheckResult:
    """No device yet: can one be made with a password?"""
    flows = [text_in(flow, "type") for flow in array_in(await api.call("GET", "/login"), "flows")]
    if "m.login.password" in flows:
        return well("tchap_check.passwords_accepted")
    return amiss("tchap_check.no_passwords")
