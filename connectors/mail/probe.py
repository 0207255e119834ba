"""What `relais doctor` asks of the mail servers. It reads headers, no mail, and sends none."""

from __future__ import annotations

from collections.abc import Sequence

from connectors.mail import smtp
from connectors.mail.authentication import organisation, uncommented
from connectors.mail.config import BoxConfig
from connectors.mail.imap import Imap
from connectors.mail.safety import same_box, tags
from connectors.mail.server import NoToken, Server
from core.documents.mail import headers
from core.documents.mail.headers import Headers
from core.errors import ConfigurationError, Deferred, Rejected
from core.tls import certificate_trouble, certificate_words, speaks_no_tls

Finding = tuple[bool, str, str]
"""Is it well, what was found, and the remedy; in French."""
LATEST = 30
"""Mails whose headers are looked at."""


async def probe(config: BoxConfig, *, support: str = "") -> list[Finding]:
    """Do both servers let us in, are the folders there, do our server's results and our signature show, and
    is mail taken for the mailbox of the `support`?"""
    posted = [(True, f"{config.address} : courriels reçus par webhook", "")] if config.secret else []
    received = await _receiving(config, config.imap) if config.imap else []
    return [*posted, *received, *await _sending(config, support)]


async def _receiving(config: BoxConfig, server: Server) -> list[Finding]:
    imap = Imap(server, config.tokens)
    try:
        waiting = len((await imap.listing()).uids)
        absent = await imap.absent(config.folders)
        latest = [each for folder in ("INBOX", *config.folders) for each in await imap.latest(folder, LATEST)]
    except ConfigurationError as error:
        return [(False, f"{error.setting} : {error.reason}", error.remedy)]
    except Deferred as error:
        remedy = "Vérifiez RELAIS_MAIL__IMAP_URL (imaps:// et 993, ou imap:// et 143) et le réseau"
        said = f"le serveur IMAP {server.host} ne répond pas ({error})"
        return [_unanswered(server, error) or (False, said, remedy)]
    finally:
        imap.close()
    found: list[Finding] = [(True, f"{config.address} : {waiting} courriel(s) en attente", "")]
    domain = config.address.rpartition("@")[2]
    if domain not in config.rules.domains:
        remedy = f"Ajoutez {domain} à RELAIS_MAIL__ALLOWED_DOMAINS, ou corrigez cette liste"
        found.append((False, f"les collègues de {domain} ne reçoivent aucune réponse", remedy))
    if absent:
        found.append((True, f"dossiers créés au premier besoin : {', '.join(absent)}", ""))
    tops = [headers.split(headers.start(each))[0] for each in latest]
    ours = [top for top in tops if _is_from(top, config.address)]
    others = [top for top in tops if not _is_from(top, config.address)]
    return [*found, authenticated(others, config.rules.authserv_id), signed(ours, config.address)]


def _unanswered(server: Server, error: Deferred) -> Finding | None:
    """Is it TLS that a connection failed by, or the server of tokens, and why?"""
    if isinstance(error, NoToken):
        remedy = "Vérifiez RELAIS_MAIL__OAUTH_TOKEN_URL et le réseau"
        return False, f"le serveur de jetons ne répond pas ({error})", remedy
    if trouble := certificate_trouble(error):
        what, remedy = certificate_words(trouble)
        return False, f"{server.host}\u00a0: {what}", remedy
    if speaks_no_tls(error):
        remedy = "Écrivez imap:// ou smtp:// (STARTTLS), ou le port de TLS\u00a0: 993, 465"
        return False, f"{server.host} ne parle pas TLS au port {server.port}", remedy
    return None


def _is_from(top: Headers, address: str) -> bool:
    return any(same_box(each.address, address) for each in headers.mailboxes(top.raw("From")))


def authenticated(tops: Sequence[Headers], authserv_id: str) -> Finding:
    """Does our server write its results under the name that is configured (RFC 8601)?"""
    names = [_authserv(value) for top in tops for value in top.every("Authentication-Results")[:1]]
    if not tops:
        return (
            True,
            f"résultats d’authentification de {authserv_id} : aucun courriel reçu pour le vérifier",
            "",
        )
    if authserv_id.lower() in names:
        return True, f"résultats d’authentification de {authserv_id} : vus sur des courriels reçus", ""
    seen = ", ".join(sorted({name for name in names if name})) or "aucun"
    remedy = (
        "Donnez à RELAIS_MAIL__AUTHSERV_ID le nom qu’écrit votre propre serveur d’entrée, ou faites-lui "
        "écrire Authentication-Results : sans cela, personne ne reçoit de réponse"
    )
    return False, f"aucun résultat d’authentification de {authserv_id} (noms vus : {seen})", remedy


def _authserv(value: str) -> str:
    return (uncommented(value).partition(";")[0].split() or [""])[0].strip('"').lower()


def signed(tops: Sequence[Headers], address: str) -> Finding:
    """Is what we send signed for our domain? Our own copies tell."""
    domain = address.rpartition("@")[2]
    if not tops:
        return True, f"signature DKIM de {domain} : aucune réponse envoyée pour la vérifier", ""
    signers = [tags(value).get("d", "").lower() for top in tops for value in top.every("DKIM-Signature")]
    if any(signer and organisation(signer) == organisation(domain) for signer in signers):
        return True, f"signature DKIM de {domain} : vue sur nos réponses", ""
    remedy = (
        "Faites signer les envois de cette boîte par le serveur SMTP, sinon des destinataires les rejetteront"
    )
    return False, f"nos réponses ne portent pas de signature DKIM de {domain}", remedy


async def _sending(config: BoxConfig, support: str) -> list[Finding]:
    try:
        await smtp.check(config.smtp, config.tokens)
    except ConfigurationError as error:
        return [(False, f"{error.setting} : {error.reason}", error.remedy)]
    except Rejected as error:
        remedy = "Autorisez ce compte à envoyer avec une adresse d’expédition vide (RFC 3834)"
        return [(False, f"le serveur SMTP {config.smtp.host} refuse nos réponses ({error})", remedy)]
    except Deferred as error:
        remedy = "Vérifiez RELAIS_MAIL__SMTP_URL (smtps:// et 465, ou smtp:// et 587) et le réseau"
        said = f"le serveur SMTP {config.smtp.host} n’accepte pas ({error})"
        return [_unanswered(config.smtp, error) or (False, said, remedy)]
    found: list[Finding] = [(True, f"{config.smtp.host} accepte l’envoi", "")]
    return [*found, await _reaching(config, support)] if support else found


async def _reaching(config: BoxConfig, support: str) -> Finding:
    """Does our server take mail for the support's mailbox? None is sent."""
    try:
        await smtp.check(config.smtp, config.tokens, to=support)
    except Rejected as error:
        remedy = "Corrigez l’adresse que donne RELAIS_SUPPORT__MAILBOX"
        return (
            False,
            f"le serveur SMTP {config.smtp.host} refuse la boîte du support, {support} ({error})",
            remedy,
        )
    except (ConfigurationError, Deferred) as error:
        hint = "Relancez relais doctor dans quelques minutes"
        return True, f"boîte du support, {support} : pas encore vérifiée ({error})", hint
    return True, f"boîte du support, {support} : {config.smtp.host} y remet le courrier", ""
