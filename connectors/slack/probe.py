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
from core.errors import Deferred, PlatformRefused, Unusable
from core.language.operators import tell
from core.tls import certificate_trouble, certificate_words, unreached
from core.untrusted_json import Json, objects_in, text_in

Finding = tuple[bool, str, str]
"""Is it well, what was found, and the remedy; in French."""
SKEW = 60.0
"""Seconds by which our clock may differ: Slack's signatures are refused beyond five minutes."""


def scopes_of_manifest() -> frozenset[str]:
    """The rights that the shipped manifest asks for."""
    manifest = resources.files("connectors.slack").joinpath("manifest.json").read_text("utf-8")
    return frozenset(json.loads(manifest)["oauth_config"]["scopes"]["bot"])


async def probe(
    config: SlackConfig, *, tls: Any = None, clock: Callable[[], float] = time.time
) -> list[Finding]:
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
        found: list[Finding] = [
            (True, tell("slack_check.connecte", name=name), ""),
            rights(headers),
            clocks(headers, clock()),
        ]
        found.append(await _listening(config, session, tls))
        found += await _channels(api, config, whole=bool(who.get("is_enterprise_install")))
        return found


def _refused(config: SlackConfig, error: Exception) -> Finding:
    """Why Slack was not spoken to: its certificate, the network, or the token."""
    if trouble := certificate_trouble(error):
        what, remedy = certificate_words(trouble)
        return False, f"{config.api_url}\u00a0: {what}", tell("slack_check.proxy_dechiffre", remedy=remedy)
    if isinstance(error, aiohttp.ClientError | TimeoutError | OSError):
        remedy = tell("slack_check.ouvrez_acces_slack", setting=config.setting)
        return (
            False,
            tell("slack_check.repond_pas", api_url=config.api_url, name=unreached(error)),
            remedy,
        )
    word = text_in(getattr(getattr(error, "response", None), "data", None), "error")
    if word == "ratelimited":
        return False, tell("slack_check.limited"), tell("slack_check.attendez_minute_relancez")
    if not word:
        remedy = tell("slack_check.proxy_repond_place", setting=config.setting)
        return False, tell("slack_check.repond_autre_chose", api_url=config.api_url), remedy
    return False, tell("slack_check.jeton_pas_accepte", word=word), _token(config)


def _token(config: SlackConfig) -> str:
    return tell("slack_check.reinstallez_app_donnez", setting=config.setting)


def rights(headers: Mapping[str, str]) -> Finding:
    """Does the token have what the manifest asks for? Slack names its rights in each answer."""
    given = frozenset(each.strip() for each in headers.get("x-oauth-scopes", "").split(",") if each.strip())
    if not given:
        return True, tell("slack_check.droits_jeton_slack"), ""
    absent = sorted(scopes_of_manifest() - given)
    if absent:
        remedy = tell("slack_check.ajoutez_app_connectors")
        return False, tell("slack_check.no_rights", names=", ".join(absent)), remedy
    return True, tell("slack_check.droits_manifeste_sont", scopes_of_manifest=len(scopes_of_manifest())), ""


def clocks(headers: Mapping[str, str], now: float) -> Finding:
    """Does our clock agree with Slack's?"""
    try:
        late = now - parsedate_to_datetime(headers.get("date", "")).timestamp()
    except ValueError:
        return True, tell("slack_check.horloge_slack_dit"), ""
    if abs(late) > SKEW:
        return (
            False,
            tell("slack_check.horloge_differe_celle", late=f"{late:.0f}"),
            tell("slack_check.mettez_machine_heure"),
        )
    return True, tell("slack_check.horloge_juste_pres", late=f"{max(1.0, abs(late)):.0f}"), ""


async def _listening(config: SlackConfig, session: aiohttp.ClientSession, tls: Any) -> Finding:
    if not config.app_token:
        secret = config.signing_secret
        well = len(secret) >= 16
        remedy = tell("slack_check.copiez_signing_secret", setting=config.setting)
        where = tell("slack_check.requetes_signees_arrivent")
        return well, where if well else tell("slack_check.secret_signature_trop"), "" if well else remedy
    api = Api(config.app_token, base=config.api_url, session=session, tls=tls)
    try:
        await api.call("apps.connections.open")
    except (Unusable, PlatformRefused, Deferred) as error:
        remedy = tell("slack_check.donnez_jeton_xapp", setting=config.setting)
        return False, tell("slack_check.socket_ouvre_pas", error=error), remedy
    return True, tell("slack_check.socket_ouvre_socket"), ""


async def _channels(api: Api, config: SlackConfig, *, whole: bool) -> list[Finding]:
    """Is the bot in each channel of the list?"""
    if not config.channels:
        return [(True, tell("slack_check.canaux_tous_ceux"), "")]
    try:
        known = await _known_channels(api, whole)
    except (Unusable, PlatformRefused, Deferred) as error:
        return [
            (
                False,
                tell("slack_check.canaux_peuvent_pas", error=error),
                tell("slack_check.verifiez_channels_read"),
            )
        ]
    absent = sorted(each for each in config.channels if each.lstrip("#") not in known)
    if absent:
        return [
            (
                False,
                tell("slack_check.app_pas", absent=", ".join(absent)),
                tell("slack_check.invitez_invite_assistant"),
            )
        ]
    return [(True, tell("slack_check.app_canaux_liste", channels=len(config.channels)), "")]


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
