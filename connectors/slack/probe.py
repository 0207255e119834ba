"""What `relais doctor` asks of Slack: token, rights, socket, clock, channels. It writes nothing."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from importlib import resources
from typing import Any, cast

import aiohttp

from connectors.slack.api import Api, pages
from connectors.slack.config import SlackConfig
from core.config.checks import CheckResult, amiss, well, wrong_certificate
from core.connector.untrusted_json import Json, objects_in, text_in
from core.errors import Deferred, PlatformRefused, Unusable
from core.language.operators import tell
from core.tls import certificate_trouble, unreached

SKEW = 60.0
"""Seconds by which our clock may differ: Slack's signatures are refused beyond five minutes."""


def scopes_of_manifest() -> frozenset[str]:
    """The rights that the shipped manifest asks for."""
    manifest = resources.files("connectors.slack").joinpath("manifest.json").read_text("utf-8")
    return frozenset(json.loads(manifest)["oauth_config"]["scopes"]["bot"])


async def probe(
    config: SlackConfig, *, tls: Any = None, clock: Callable[[], float] = time.time
) -> list[CheckResult]:
    """Is this installation of the app ready to answer?"""
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(ssl=tls or True), timeout=aiohttp.ClientTimeout(total=10)
    ) as session:
        api = Api(config.bot_token, base=config.api_url, session=session, tls=tls)
        try:
            answer = await cast(Any, api.client).api_call("auth.test")
            headers = {name.lower(): str(value) for name, value in dict(answer.headers).items()}
            who = answer.data
        except Exception as error:  # noqa: BLE001 - whatever the library raises, it is a finding
            return [_refused(config, error)]
        name = tell("slack_check.as_user", team=text_in(who, "team"), user=text_in(who, "user"))
        found = [well("slack_check.connected", name=name), rights(headers), clocks(headers, clock())]
        found.append(await _listening(config, session, tls))
        found += await _channels(api, config, whole=bool(who.get("is_enterprise_install")))
        return found


def _refused(config: SlackConfig, error: Exception) -> CheckResult:
    """Why Slack was not spoken to: its certificate, the network, or the token."""
    if trouble := certificate_trouble(error):
        found = wrong_certificate(config.api_url, trouble)
        return found._replace(remedy=tell("slack_check.decrypting_proxy", remedy=found.remedy))
    if isinstance(error, aiohttp.ClientError | TimeoutError | OSError):
        words = {"api_url": config.api_url, "setting": config.setting}
        return amiss("slack_check.no_answer", name=unreached(error), **words)
    word = text_in(getattr(getattr(error, "response", None), "data", None), "error")
    if word == "ratelimited":
        return amiss("slack_check.limited")
    if not word:
        return amiss("slack_check.no_slack", api_url=config.api_url, setting=config.setting)
    return amiss("slack_check.token_refused", word=word, setting=config.setting)


def rights(headers: Mapping[str, str]) -> CheckResult:
    """Does the token have what the manifest asks for? Slack names its rights in each answer."""
    given = frozenset(each.strip() for each in headers.get("x-oauth-scopes", "").split(",") if each.strip())
    if not given:
        return well("slack_check.untold_rights")
    absent = sorted(scopes_of_manifest() - given)
    if absent:
        return amiss("slack_check.no_rights", names=", ".join(absent))
    return well("slack_check.rights", scopes_of_manifest=len(scopes_of_manifest()))


def clocks(headers: Mapping[str, str], now: float) -> CheckResult:
    """Does our clock agree with Slack's?"""
    try:
        late = now - parsedate_to_datetime(headers.get("date", "")).timestamp()
    except ValueError:
        return well("slack_check.untold_clock")
    if abs(late) > SKEW:
        return amiss("slack_check.wrong_clock", late=f"{late:.0f}")
    return well("slack_check.clock", late=f"{max(1.0, abs(late)):.0f}")


async def _listening(config: SlackConfig, session: aiohttp.ClientSession, tls: Any) -> CheckResult:
    if not config.app_token:
        if len(config.signing_secret) < 16:
            return amiss("slack_check.short_secret", setting=config.setting)
        return well("slack_check.signed")
    api = Api(config.app_token, base=config.api_url, session=session, tls=tls)
    try:
        await api.call("apps.connections.open")
    except (Unusable, PlatformRefused, Deferred) as error:
        return amiss("slack_check.no_socket", error=error, setting=config.setting)
    return well("slack_check.socket")


async def _channels(api: Api, config: SlackConfig, *, whole: bool) -> list[CheckResult]:
    """Is the bot in each channel of the list?"""
    if not config.channels:
        return [well("slack_check.all_channels")]
    try:
        known = await _known_channels(api, whole)
    except (Unusable, PlatformRefused, Deferred) as error:
        return [amiss("slack_check.channels_unread", error=error)]
    absent = sorted(each for each in config.channels if each.lstrip("#") not in known)
    if absent:
        return [amiss("slack_check.not_in_channels", absent=", ".join(absent))]
    return [well("slack_check.in_channels", channels=len(config.channels))]


async def _known_channels(api: Api, whole: bool) -> set[str]:
    """The ids and names of the channels that the bot is in; of a `whole` enterprise, in each workspace.
    Raises PlatformRefused, Deferred."""
    teams = await _listed(api, "auth.teams.list", "teams", {}) if whole else [{"id": None}]
    kinds: Json = {"types": "public_channel,private_channel"}
    of_each = [kinds | {"team_id": each.get("id")} for each in teams]
    found = [await _listed(api, "users.conversations", "channels", asked) for asked in of_each]
    return {text_in(each, name) for channels in found for each in channels for name in ("id", "name")}


async def _listed(api: Api, method: str, what: str, asked: Json) -> list[Json]:
    """All that a method lists, page by page."""
    return [
        each async for page, _ in pages(api, method, **asked, limit=200) for each in objects_in(page, what)
    ]
