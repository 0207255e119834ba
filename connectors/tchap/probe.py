"""What `relais doctor` asks of the homeserver. It logs in on a device of its own and out again, and changes
nothing: no key, no message, no room.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from dataclasses import replace
from pathlib import Path

import aiohttp

from connectors.tchap.api import Api, room_path
from connectors.tchap.config import TchapConfig
from connectors.tchap.cross_signing import compared, is_signed_by_owner
from connectors.tchap.device import Device, Folder, log_in, unusable
from connectors.tchap.inventory import rights_in
from connectors.tchap.raw import arr, integer, obj, server_of, text
from connectors.tchap.scanner import Scanner
from core.errors import ConfigurationError, Deferred, PlatformRefused, Unusable
from core.tls import trusting

Finding = tuple[bool, str, str]
"""Is it well, what was found, and the remedy; in French."""


async def probe(config: TchapConfig, folder: Path, *, support: str = "") -> list[Finding]:
    """Is the homeserver there, is the account accepted, is the bot's device signed by its owner, is it in the
    room of the `support`?"""
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=trusting(config.ca_file))) as session:
        api = Api(session, config.homeserver)
        try:
            spoken = await api.call("GET", "/_matrix/client/versions")
        except (PlatformRefused, Unusable, Deferred) as error:
            said = f"{config.homeserver} ne répond pas comme un serveur Matrix ({error})"
            return [(False, said, await _other_address(api))]
        found: list[Finding] = [(True, f"{config.homeserver} répond", "")]
        if not any(text(version).startswith("v1.") for version in arr(spoken.get("versions"))):
            remedy = "Faites-le mettre à jour\u00a0: il faut Matrix 1.1 au moins"
            found.append((False, f"{config.homeserver} est trop ancien pour relais", remedy))
        kept = None
        try:
            kept = Folder(folder).read_device()
        except ConfigurationError as error:
            found.append((False, f"{error.setting} : {error.reason}", error.remedy))
        device = Device(user="", device="", token=config.access_token) if config.access_token else kept
        steps: list[Awaitable[list[Finding]]] = [_settings(config)]
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
    """What to do where no homeserver answers: a site may announce its address (Matrix specification, "Server
    discovery")."""
    remedy = "Vérifiez RELAIS_TCHAP__HOMESERVER et le réseau"
    try:
        said = await api.call("GET", "/.well-known/matrix/client")
    except (PlatformRefused, Unusable, Deferred):
        return remedy
    known = text(obj(said.get("m.homeserver")).get("base_url"))
    return (
        f"Écrivez l’adresse que ce site annonce dans RELAIS_TCHAP__HOMESERVER\u00a0: {known}"
        if known
        else remedy
    )


async def _made(step: Awaitable[list[Finding]]) -> list[Finding]:
    """What a step found; what keeps it from looking is a finding too."""
    try:
        return await step
    except ConfigurationError as error:
        return [(False, f"{error.setting} : {error.reason}", error.remedy)]
    except Deferred as error:
        if error.limited:
            remedy = "Attendez, et demandez override_ratelimit aux administrateurs du serveur"
            return [(False, f"le serveur limite ce compte ({error})", remedy)]
        return [(False, f"le compte n’a pas pu être vérifié ({error})", "Recommencez plus tard")]
    except PlatformRefused as error:
        return [(False, f"le compte n’a pas pu être vérifié ({error})", "Demandez aux administrateurs")]


async def _settings(config: TchapConfig) -> list[Finding]:
    """What the lists of servers may have wrong."""
    found: list[Finding] = []
    both = set(config.allowed_servers) & set(config.guest_servers)
    if both:
        remedy = "Gardez chaque serveur dans une seule des deux listes"
        found.append((False, f"ALLOWED_SERVERS et GUEST_SERVERS nomment tous deux {', '.join(both)}", remedy))
    own = server_of(config.user) if config.user.startswith("@") else ""
    if own and config.allowed_servers and own not in config.allowed_servers:
        remedy = f"Ajoutez {own} à RELAIS_TCHAP__ALLOWED_SERVERS, ou corrigez cette liste"
        found.append((False, f"les invitations de {own}, le serveur du compte, sont refusées", remedy))
    if config.user in config.bots:
        remedy = "N’y gardez que les autres robots"
        found.append((False, f"RELAIS_TCHAP__BOTS nomme le compte lui-même, {config.user}", remedy))
    if config.picture is not None:
        found += await asyncio.to_thread(_picture, config.picture)
    return found


_PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"RIFF")
"""How pictures begin that clients show: PNG, JPEG, GIF, WebP."""


def _picture(path: Path) -> list[Finding]:
    with path.open("rb") as file:
        if file.read(8).startswith(_PICTURES):
            return []
    return [(False, f"{path} n’est pas une image", "Nommez dans RELAIS_TCHAP__PICTURE un PNG ou un JPEG")]


async def _login(api: Api, config: TchapConfig, folder: Path, *, known: bool) -> list[Finding]:
    """Log in on a new device, compare the seed with the account's identity where no device is known yet, and
    log out."""
    flows = await _before_login(api)
    if not flows[0][0]:
        return flows
    device = await log_in(api, replace(config, device_name="relais doctor"), None)
    try:
        identity = [] if known else await _identity(api, device.user, config, folder)
    finally:
        await api.call("POST", "/logout", {})
    if config.user.startswith("@") and device.user != config.user:
        remedy = "Écrivez dans RELAIS_TCHAP__USER l’identifiant que le serveur donne au compte"
        return [(False, f"ce mot de passe ouvre un autre compte\u00a0: {device.user}", remedy)]
    return [(True, f"le mot de passe de {device.user} est accepté", ""), *identity]


async def _identity(api: Api, user: str, config: TchapConfig, folder: Path) -> list[Finding]:
    """Is the account's identity the one that the seed stands for?"""
    seed = config.cross_signing_seed or Folder(folder).read_seed()
    compared_ = await compared(api, user, seed)
    return [(True, compared_, "")]


async def _account(
    api: Api, config: TchapConfig, device: Device, folder: Path, support: str
) -> list[Finding]:
    try:
        who = await api.call("GET", "/account/whoami")
    except Unusable as error:
        if error.code == "M_UNKNOWN_TOKEN" and config.password and not config.access_token:
            return [(True, "la session a pris fin : l’assistant se reconnectera avec son mot de passe", "")]
        raise unusable(error, config) from error
    user, id = text(who.get("user_id")), text(who.get("device_id"))
    if config.user.startswith("@") and user != config.user:
        raise ConfigurationError("RELAIS_TCHAP__USER", "tchap.probe_other", user=user)
    if not id:
        remedy = "Donnez à RELAIS_TCHAP__ACCESS_TOKEN celui d’une connexion ordinaire, ou un mot de passe"
        return [
            (
                False,
                f"le jeton de {user} n’est celui d’aucun appareil\u00a0: rien ne peut être chiffré",
                remedy,
            )
        ]
    found: list[Finding] = [(True, f"{user} est connecté, appareil {id}", "")]
    found += await _made(_identity(api, user, config, folder))
    if not await is_signed_by_owner(api, user, id):
        remedy = "Lancez `relais run` : l’appareil est signé au démarrage (RELAIS_TCHAP__CROSS_SIGNING_SEED)"
        said = f"l’appareil {id} n’est pas signé : les clients peuvent lui refuser leurs clés"
        found.append((False, said, remedy))
    return [*found, *await _keys(api), *await _made(_rooms(api, user, support))]


async def _keys(api: Api) -> list[Finding]:
    """How many one-time keys are left of the device, by which people's devices write to it?"""
    answer = await api.call("POST", "/keys/upload", {})
    left = integer(obj(answer.get("one_time_key_counts")).get("signed_curve25519")) or 0
    if left:
        return [(True, f"{left} clés à usage unique sur le serveur", "")]
    remedy = "Lancez `relais run`, qui en dépose ; si cela dure, le serveur refuse /keys/upload"
    return [(False, "plus aucune clé à usage unique : personne ne peut lui écrire chiffré", remedy)]


ROOMS = 50
"""Rooms whose rights are looked at."""


async def _rooms(api: Api, user: str, support: str) -> list[Finding]:
    """In how many rooms is the bot, the support's among them, and may it speak in each?"""
    rooms = [text(room) for room in arr((await api.call("GET", "/joined_rooms")).get("joined_rooms"))]
    states = [await api.array(room_path(room, "state")) for room in rooms[:ROOMS]]
    rights = [rights_in(state, user) for state in states]
    mute = [room for room, right in zip(rooms, rights, strict=False) if not right.may_speak]
    open_ = sum(not right.encrypted for right in rights)
    said = f"{len(rooms)} salons, dont {open_} non chiffrés"
    found: list[Finding] = [(True, said + (f" (les {ROOMS} premiers)" if len(rooms) > ROOMS else ""), "")]
    if support and support not in rooms:
        remedy = "Invitez-le dans le salon que nomme RELAIS_SUPPORT__ROOM"
        found.append((False, f"n’est pas dans le salon du support, {support}", remedy))
    if mute:
        remedy = "Donnez-lui le droit d’écrire (niveau des messages), ou retirez-le de ces salons"
        found.append((False, f"ne peut pas écrire dans {', '.join(mute[:5])}", remedy))
    return found


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
        return [(True, "le serveur accepte les mots de passe", "")]
    remedy = "Donnez RELAIS_TCHAP__ACCESS_TOKEN à la place du mot de passe"
    return [(False, "le serveur n’accepte pas la connexion par mot de passe", remedy)]
