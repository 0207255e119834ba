"""What `relais doctor` asks of the homeserver. It logs nobody in and writes nothing."""

from __future__ import annotations

from pathlib import Path

import aiohttp

from connectors.tchap.api import Api
from connectors.tchap.config import TchapConfig
from connectors.tchap.cross_signing import is_signed_by_owner
from connectors.tchap.device import Device, Folder, unusable
from connectors.tchap.raw import arr, obj, text
from connectors.tchap.scanner import Scanner
from core.errors import ConfigurationError, Deferred, PlatformRefused, Unusable
from core.tls import trusting

Finding = tuple[bool, str, str]
"""Is it well, what was found, and the remedy; in French."""


async def probe(config: TchapConfig, folder: Path) -> list[Finding]:
    """Is the homeserver there, is the account accepted, is the bot's device signed by its owner?"""
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=trusting(config.ca_file))) as session:
        api = Api(session, config.homeserver)
        try:
            await api.call("GET", "/_matrix/client/versions")
        except (PlatformRefused, Unusable, Deferred) as error:
            remedy = "Vérifiez RELAIS_TCHAP__HOMESERVER et le réseau"
            return [(False, f"{config.homeserver} ne répond pas comme un serveur Matrix ({error})", remedy)]
        found: list[Finding] = [(True, f"{config.homeserver} répond", "")]
        try:
            kept = Folder(folder).read_device()
            device = Device(user="", device="", token=config.access_token) if config.access_token else kept
            found += await (_account(api, config, device) if device else _before_login(api))
            found += await _scanner(api, config.content_scanner) if config.content_scanner else []
        except ConfigurationError as error:
            found.append((False, f"{error.setting} : {error.reason}", error.remedy))
        except (PlatformRefused, Deferred) as error:
            found.append((False, f"le compte n’a pas pu être vérifié ({error})", "Recommencez plus tard"))
        return found


async def _account(api: Api, config: TchapConfig, device: Device) -> list[Finding]:
    api.token = device.token
    try:
        who = await api.call("GET", "/account/whoami")
    except Unusable as error:
        if error.code == "M_UNKNOWN_TOKEN" and config.password:
            return [(True, "la session a pris fin : l’assistant se reconnectera avec son mot de passe", "")]
        raise unusable(error, config) from error
    user, id = text(who.get("user_id")), text(who.get("device_id"))
    if await is_signed_by_owner(api, user, id):
        return [(True, f"{user} est connecté, appareil {id}, signé", "")]
    remedy = "Lancez `relais run` : l’appareil est signé au démarrage (RELAIS_TCHAP__CROSS_SIGNING_SEED)"
    return [
        (True, f"{user} est connecté, appareil {id}", ""),
        (False, f"l’appareil {id} n’est pas signé : les clients peuvent lui refuser leurs clés", remedy),
    ]


async def _scanner(api: Api, url: str) -> list[Finding]:
    try:
        await Scanner.of(api, url).check()
    except (PlatformRefused, Deferred, ConfigurationError) as error:
        remedy = "Vérifiez RELAIS_TCHAP__CONTENT_SCANNER : sans lui, aucun fichier n’est lu"
        return [(False, f"l’antivirus {url} ne donne pas sa clé ({error})", remedy)]
    return [(True, f"l’antivirus {url} répond", "")]


async def _before_login(api: Api) -> list[Finding]:
    """No device yet: can one be made with a password?"""
    flows = [text(obj(flow).get("type")) for flow in arr((await api.call("GET", "/login")).get("flows"))]
    if "m.login.password" in flows:
        return [(True, "jamais connecté encore ; le serveur accepte les mots de passe", "")]
    remedy = "Donnez RELAIS_TCHAP__ACCESS_TOKEN à la place du mot de passe"
    return [(False, "le serveur n’accepte pas la connexion par mot de passe", remedy)]
