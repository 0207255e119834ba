"""What `relais doctor` asks of the homeserver. It logs in on a device of its own and out again, and changes
nothing: no key, no message, no room.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from pathlib import Path

import aiohttp

from connectors.tchap.api import Api, room_path
from connectors.tchap.config import TchapConfig
from connectors.tchap.cross_signing import compared, is_signed_by_owner
from connectors.tchap.device import Device, Folder, log_in, unusable
from connectors.tchap.inventory import rights_in
from connectors.tchap.raw import server_of
from connectors.tchap.scanner import Scanner
from core.errors import ConfigurationError, Deferred, PlatformRefused, Unusable
from core.language.operators import tell
from core.tls import trusting
from core.untrusted_json import array_in, integer_in, text_in, text_of

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
            said = tell("tchap_check.repond_pas_comme", homeserver=config.homeserver, error=error)
            return [(False, said, await _other_address(api))]
        found: list[Finding] = [(True, tell("tchap_check.repond", homeserver=config.homeserver), "")]
        if not any(text_of(version).startswith("v1.") for version in array_in(spoken, "versions")):
            remedy = tell("tchap_check.faites_mettre_jour")
            found.append((False, tell("tchap_check.trop_ancien", homeserver=config.homeserver), remedy))
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
    remedy = tell("tchap_check.verifiez_tchap_homeserver")
    try:
        said = await api.call("GET", "/.well-known/matrix/client")
    except (PlatformRefused, Unusable, Deferred):
        return remedy
    known = text_in(said, "m.homeserver", "base_url")
    return tell("tchap_check.ecrivez_adresse_site", known=known) if known else remedy


async def _made(step: Awaitable[list[Finding]]) -> list[Finding]:
    """What a step found; what keeps it from looking is a finding too."""
    try:
        return await step
    except ConfigurationError as error:
        return [(False, f"{error.setting} : {error.reason}", error.remedy)]
    except Deferred as error:
        if error.limited:
            remedy = tell("tchap_check.attendez_demandez_override")
            return [(False, tell("tchap_check.serveur_limite_compte", error=error), remedy)]
        return [(False, tell("tchap_check.compte_pas_pu", error=error), tell("tchap_check.later"))]
    except PlatformRefused as error:
        return [(False, tell("tchap_check.compte_pas_pu", error=error), tell("tchap_check.ask_them"))]


async def _settings(config: TchapConfig) -> list[Finding]:
    """What the lists of servers may have wrong."""
    found: list[Finding] = []
    both = set(config.allowed_servers) & set(config.guest_servers)
    if both:
        remedy = tell("tchap_check.gardez_chaque_serveur")
        found.append((False, tell("tchap_check.allowed_servers_guest", both=", ".join(both)), remedy))
    own = server_of(config.user) if config.user.startswith("@") else ""
    if own and config.allowed_servers and own not in config.allowed_servers:
        remedy = tell("tchap_check.ajoutez_tchap_allowed", own=own)
        found.append((False, tell("tchap_check.invitations_serveur_compte", own=own), remedy))
    if config.user in config.bots:
        remedy = tell("tchap_check.gardez_autres_robots")
        found.append((False, tell("tchap_check.tchap_bots_nomme", user=config.user), remedy))
    if config.picture is not None:
        found += await asyncio.to_thread(_picture, config.picture)
    return found


_PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"RIFF")
"""How pictures begin that clients show: PNG, JPEG, GIF, WebP."""


def _picture(path: Path) -> list[Finding]:
    with path.open("rb") as file:
        if file.read(8).startswith(_PICTURES):
            return []
    return [(False, tell("tchap_check.pas_image", path=path), tell("tchap_check.nommez_tchap_picture"))]


async def _login(api: Api, config: TchapConfig, folder: Path, *, known: bool) -> list[Finding]:
    """Log in on a new device, compare the seed with the account's identity where no device is known yet, and
    log out."""
    flows = await _before_login(api)
    if not flows[0][0]:
        return flows
    device = await log_in(api, config, None, name="relais doctor")
    try:
        identity = [] if known else await _identity(api, device.user, config, folder)
    finally:
        await api.call("POST", "/logout", {})
    if config.user.startswith("@") and device.user != config.user:
        remedy = tell("tchap_check.ecrivez_tchap_user")
        return [(False, tell("tchap_check.mot_passe_ouvre", user=device.user), remedy)]
    return [(True, tell("tchap_check.mot_passe_accepte", user=device.user), ""), *identity]


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
            return [(True, tell("tchap_check.session_pris_fin"), "")]
        raise unusable(error, config) from error
    user, id = text_in(who, "user_id"), text_in(who, "device_id")
    if config.user.startswith("@") and user != config.user:
        raise ConfigurationError("RELAIS_TCHAP__USER", "tchap.probe_other", user=user)
    if not id:
        remedy = tell("tchap_check.donnez_tchap_access_2")
        return [
            (
                False,
                tell("tchap_check.jeton_celui_aucun", user=user),
                remedy,
            )
        ]
    found: list[Finding] = [(True, tell("tchap_check.connecte_appareil", user=user, id=id), "")]
    found += await _made(_identity(api, user, config, folder))
    if not await is_signed_by_owner(api, user, id):
        remedy = tell("tchap_check.lancez_run_appareil")
        said = tell("tchap_check.appareil_pas_signe", id=id)
        found.append((False, said, remedy))
    return [*found, *await _keys(api), *await _made(_rooms(api, user, support))]


async def _keys(api: Api) -> list[Finding]:
    """How many one-time keys are left of the device, by which people's devices write to it?"""
    answer = await api.call("POST", "/keys/upload", {})
    left = integer_in(answer, "one_time_key_counts", "signed_curve25519") or 0
    if left:
        return [(True, tell("tchap_check.cles_usage_unique", left=left), "")]
    remedy = tell("tchap_check.lancez_run_en")
    return [(False, tell("tchap_check.plus_aucune_cle"), remedy)]


ROOMS = 50
"""Rooms whose rights are looked at."""


async def _rooms(api: Api, user: str, support: str) -> list[Finding]:
    """In how many rooms is the bot, the support's among them, and may it speak in each?"""
    rooms = [text_of(room) for room in array_in(await api.call("GET", "/joined_rooms"), "joined_rooms")]
    states = [await api.array(room_path(room, "state")) for room in rooms[:ROOMS]]
    rights = [rights_in(state, user) for state in states]
    mute = [room for room, right in zip(rooms, rights, strict=False) if not right.may_speak]
    open_ = sum(not right.encrypted for right in rights)
    said = tell("tchap_check.salons_dont_non", rooms=len(rooms), open=open_)
    found: list[Finding] = [
        (True, said + (tell("tchap_check.premiers", rooms=ROOMS) if len(rooms) > ROOMS else ""), "")
    ]
    if support and support not in rooms:
        remedy = tell("tchap_check.invitez_salon_nomme")
        found.append((False, tell("tchap_check.pas_salon_support", support=support), remedy))
    if mute:
        remedy = tell("tchap_check.donnez_lui_droit")
        found.append((False, tell("tchap_check.peut_pas_ecrire", mute=", ".join(mute[:5])), remedy))
    return found


async def _scanner(api: Api, url: str) -> list[Finding]:
    try:
        await Scanner.of(api, url).check()
    except (PlatformRefused, Deferred, ConfigurationError) as error:
        remedy = tell("tchap_check.verifiez_tchap_content")
        return [(False, tell("tchap_check.antivirus_donne_pas", url=url, error=error), remedy)]
    return [(True, tell("tchap_check.antivirus_repond", url=url), "")]


async def _before_login(api: Api) -> list[Finding]:
    """No device yet: can one be made with a password?"""
    flows = [text_in(flow, "type") for flow in array_in(await api.call("GET", "/login"), "flows")]
    if "m.login.password" in flows:
        return [(True, tell("tchap_check.serveur_accepte_mots"), "")]
    remedy = tell("tchap_check.donnez_tchap_access")
    return [(False, tell("tchap_check.serveur_accepte_pas"), remedy)]
