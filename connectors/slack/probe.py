"""What `relais doctor` asks of Slack: token, rights, socket, clock, channels. It writes nothing."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from importlib import resources
from typing import Any, cast

import aiohttp

from connectors.slack.api import Api
from connectors.slack.config import SlackConfig
from core.errors import Deferred, PlatformRefused, Unusable
from core.tls import certificate_trouble, certificate_words
from core.untrusted_json import objects_in, text_in

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
        name = f"{text_in(who, 'team')}, en tant que @{text_in(who, 'user')}"
        found: list[Finding] = [(True, f"connecté à {name}", ""), rights(headers), clocks(headers, clock())]
        found.append(await _listening(config, session, tls))
        found += await _channels(api, config)
        return found


def _refused(config: SlackConfig, error: Exception) -> Finding:
    """Why Slack was not spoken to: its certificate, the network, or the token."""
    if trouble := certificate_trouble(error):
        what, remedy = certificate_words(trouble)
        return False, f"{config.api_url}\u00a0: {what}", f"{remedy} (un proxy qui déchiffre\u202f?)"
    if isinstance(error, aiohttp.ClientError | TimeoutError | OSError):
        remedy = f"Ouvrez l’accès à slack.com, ou corrigez {config.setting}__API_URL"
        return False, f"{config.api_url} ne répond pas ({type(error).__name__})", remedy
    word = text_in(getattr(getattr(error, "response", None), "data", None), "error")
    if word == "ratelimited":
        return False, "Slack limite cette app", "Attendez une minute, et relancez relais doctor"
    if not word:
        remedy = f"Un proxy répond-il à la place de Slack\u202f? Corrigez {config.setting}__API_URL"
        return False, f"{config.api_url} répond autre chose que Slack", remedy
    return False, f"le jeton n’est pas accepté ({word})", _token(config)


def _token(config: SlackConfig) -> str:
    return f"Réinstallez l’app, et donnez son jeton xoxb-… dans {config.setting}__BOT_TOKEN"


def rights(headers: Mapping[str, str]) -> Finding:
    """Does the token have what the manifest asks for? Slack names its rights in each answer."""
    given = frozenset(each.strip() for each in headers.get("x-oauth-scopes", "").split(",") if each.strip())
    if not given:
        return True, "droits du jeton : Slack ne les dit pas", ""
    absent = sorted(scopes_of_manifest() - given)
    if absent:
        remedy = "Ajoutez-les à l’app (connectors/slack/manifest.json), puis réinstallez-la"
        return False, f"droits qui manquent au jeton : {', '.join(absent)}", remedy
    return True, f"les {len(scopes_of_manifest())} droits du manifeste sont là", ""


def clocks(headers: Mapping[str, str], now: float) -> Finding:
    """Does our clock agree with Slack's?"""
    try:
        late = now - parsedate_to_datetime(headers.get("date", "")).timestamp()
    except ValueError:
        return True, "horloge : Slack ne dit pas l’heure", ""
    if abs(late) > SKEW:
        return (
            False,
            f"l’horloge diffère de {late:.0f} s de celle de Slack",
            "Mettez la machine à l’heure (NTP)",
        )
    return True, f"l’horloge est juste à {max(1.0, abs(late)):.0f} s près", ""


async def _listening(config: SlackConfig, session: aiohttp.ClientSession, tls: Any) -> Finding:
    if not config.app_token:
        secret = config.signing_secret
        well = len(secret) >= 16
        remedy = f"Copiez « Signing Secret » de la page de l’app dans {config.setting}__SIGNING_SECRET"
        where = "les requêtes signées arrivent à /slack/events"
        return well, where if well else "le secret de signature est trop court", "" if well else remedy
    api = Api(config.app_token, base=config.api_url, session=session, tls=tls)
    try:
        await api.call("apps.connections.open")
    except (Unusable, PlatformRefused, Deferred) as error:
        remedy = f"Donnez un jeton xapp-… avec le droit connections:write dans {config.setting}__APP_TOKEN"
        return False, f"le socket ne s’ouvre pas ({error})", remedy
    return True, "le socket s’ouvre (Socket Mode)", ""


async def _channels(api: Api, config: SlackConfig) -> list[Finding]:
    """Is the bot in each channel of the list?"""
    if not config.channels:
        return [(True, "canaux : tous ceux où l’app est invitée", "")]
    try:
        page = await api.ask("users.conversations", types="public_channel,private_channel", limit=200)
    except (Unusable, PlatformRefused, Deferred) as error:
        return [
            (False, f"les canaux ne peuvent pas être lus ({error})", "Vérifiez channels:read, groups:read")
        ]
    known = {
        key for each in objects_in(page, "channels") for key in (text_in(each, "id"), text_in(each, "name"))
    }
    absent = sorted(each for each in config.channels if each.lstrip("#") not in known)
    if absent:
        return [(False, f"l’app n’est pas dans : {', '.join(absent)}", "Invitez-la : /invite @Assistant")]
    return [(True, f"l’app est dans les {len(config.channels)} canaux de la liste", "")]
