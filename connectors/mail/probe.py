"""What `relais doctor` asks of the mail servers. It reads no mail and sends none."""

from __future__ import annotations

from connectors.mail import smtp
from connectors.mail.config import BoxConfig
from connectors.mail.imap import Imap
from core.errors import ConfigurationError, Deferred

Finding = tuple[bool, str, str]
"""Is it well, what was found, and the remedy; in French."""


async def probe(config: BoxConfig) -> list[Finding]:
    """Do both servers let us in, and are the folders there?"""
    return [*await _receiving(config), await _sending(config)]


async def _receiving(config: BoxConfig) -> list[Finding]:
    imap = Imap(config.imap, config.tokens)
    try:
        waiting = len((await imap.listing()).uids)
        absent = await imap.absent(config.folders)
    except ConfigurationError as error:
        return [(False, f"{error.setting} : {error.reason}", error.remedy)]
    except Deferred as error:
        remedy = "Vérifiez RELAIS_MAIL__IMAP_URL, RELAIS_CA_FILE et le réseau"
        return [(False, f"le serveur IMAP {config.imap.host} ne répond pas ({error})", remedy)]
    finally:
        imap.close()
    found: list[Finding] = [(True, f"{config.address} : {waiting} courriel(s) en attente", "")]
    if absent:
        found.append((True, f"dossiers créés au premier besoin : {', '.join(absent)}", ""))
    return found


async def _sending(config: BoxConfig) -> Finding:
    try:
        await smtp.check(config.smtp, config.tokens)
    except ConfigurationError as error:
        return False, f"{error.setting} : {error.reason}", error.remedy
    except Deferred as error:
        remedy = "Vérifiez RELAIS_MAIL__SMTP_URL (utilisateur, mot de passe), RELAIS_CA_FILE et le réseau"
        return False, f"le serveur SMTP {config.smtp.host} n’accepte pas ({error})", remedy
    return True, f"{config.smtp.host} accepte l’envoi", ""
