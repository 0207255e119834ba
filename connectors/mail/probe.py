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
from core.language.operators import tell
from core.tls import certificate_trouble, certificate_words, speaks_no_tls

Finding = tuple[bool, str, str]
"""Is it well, what was found, and the remedy; in French."""
LATEST = 30
"""Mails whose headers are looked at."""


async def probe(config: BoxConfig, *, support: str = "") -> list[Finding]:
    """Do both servers let us in, are the folders there, do our server's results and our signature show, and
    is mail taken for the mailbox of the `support`?"""
    posted = True, tell("mail_check.courriels_recus_webhook", address=config.address), ""
    received = await _receiving(config, config.imap) if config.imap else []
    return [*([posted] if config.secret else []), *received, *await _sending(config, support)]


async def _receiving(config: BoxConfig, server: Server) -> list[Finding]:
    imap = Imap(server, config.tokens)
    try:
        waiting = len((await imap.listing()).uids)
        absent = await imap.absent(config.folders)
        latest = [each for folder in ("INBOX", *config.folders) for each in await imap.latest(folder, LATEST)]
    except ConfigurationError as error:
        return [(False, f"{error.setting} : {error.reason}", error.remedy)]
    except Deferred as error:
        remedy = tell("mail_check.verifiez_mail_imap")
        said = tell("mail_check.serveur_imap_repond", host=server.host, error=error)
        return [_unanswered(server, error) or (False, said, remedy)]
    finally:
        imap.close()
    found: list[Finding] = [(True, tell("mail_check.waiting", address=config.address, count=waiting), "")]
    domain = config.address.rpartition("@")[2]
    if domain not in config.rules.domains:
        remedy = tell("mail_check.ajoutez_mail_allowed", domain=domain)
        found.append((False, tell("mail_check.collegues_recoivent_aucune", domain=domain), remedy))
    if absent:
        found.append((True, tell("mail_check.dossiers_crees_au", absent=", ".join(absent)), ""))
    tops = [headers.split(headers.start(each))[0] for each in latest]
    ours = [top for top in tops if _is_from(top, config.address)]
    others = [top for top in tops if not _is_from(top, config.address)]
    return [*found, authenticated(others, config.rules.authserv_id), signed(ours, config.address)]


def _unanswered(server: Server, error: Deferred) -> Finding | None:
    """Is it TLS that a connection failed by, or the server of tokens, and why?"""
    if isinstance(error, NoToken):
        remedy = tell("mail_check.verifiez_mail_oauth")
        return False, tell("mail_check.serveur_jetons_repond", error=error), remedy
    if trouble := certificate_trouble(error):
        what, remedy = certificate_words(trouble)
        return False, f"{server.host}\u00a0: {what}", remedy
    if speaks_no_tls(error):
        remedy = tell("mail_check.ecrivez_imap_smtp")
        return False, tell("mail_check.parle_pas_tls", host=server.host, port=server.port), remedy
    return None


def _is_from(top: Headers, address: str) -> bool:
    return any(same_box(each.address, address) for each in headers.mailboxes(top.raw("From")))


def authenticated(tops: Sequence[Headers], authserv_id: str) -> Finding:
    """Does our server write its results under the name that is configured (RFC 8601)?"""
    names = [_authserv(value) for top in tops for value in top.every("Authentication-Results")[:1]]
    if not tops:
        return True, tell("mail_check.resultats_authentification_aucun", authserv_id=authserv_id), ""
    if authserv_id.lower() in names:
        return True, tell("mail_check.resultats_authentification_vus", authserv_id=authserv_id), ""
    seen = ", ".join(sorted({name for name in names if name})) or "aucun"
    said = tell("mail_check.aucun_resultat_authentification", authserv_id=authserv_id, seen=seen)
    return False, said, tell("mail_check.donnez_mail_authserv")


def _authserv(value: str) -> str:
    return (uncommented(value).partition(";")[0].split() or [""])[0].strip('"').lower()


def signed(tops: Sequence[Headers], address: str) -> Finding:
    """Is what we send signed for our domain? Our own copies tell."""
    domain = address.rpartition("@")[2]
    if not tops:
        return True, tell("mail_check.signature_dkim_aucune", domain=domain), ""
    signers = [tags(value).get("d", "").lower() for top in tops for value in top.every("DKIM-Signature")]
    if any(signer and organisation(signer) == organisation(domain) for signer in signers):
        return True, tell("mail_check.signature_dkim_vue", domain=domain), ""
    remedy = tell("mail_check.faites_signer_envois")
    return False, tell("mail_check.nos_reponses_portent", domain=domain), remedy


async def _sending(config: BoxConfig, support: str) -> list[Finding]:
    try:
        await smtp.check(config.smtp, config.tokens)
    except ConfigurationError as error:
        return [(False, f"{error.setting} : {error.reason}", error.remedy)]
    except Rejected as error:
        remedy = tell("mail_check.autorisez_compte_envoyer")
        return [(False, tell("mail_check.serveur_smtp_refuse_2", host=config.smtp.host, error=error), remedy)]
    except Deferred as error:
        remedy = tell("mail_check.verifiez_mail_smtp")
        said = tell("mail_check.serveur_smtp_accepte", host=config.smtp.host, error=error)
        return [_unanswered(config.smtp, error) or (False, said, remedy)]
    found: list[Finding] = [(True, tell("mail_check.accepte_envoi", host=config.smtp.host), "")]
    return [*found, await _reaching(config, support)] if support else found


async def _reaching(config: BoxConfig, support: str) -> Finding:
    """Does our server take mail for the support's mailbox? None is sent."""
    try:
        await smtp.check(config.smtp, config.tokens, to=support)
    except Rejected as error:
        said = tell("mail_check.serveur_smtp_refuse", host=config.smtp.host, support=support, error=error)
        return False, said, tell("mail_check.corrigez_adresse_donne")
    except (ConfigurationError, Deferred) as error:
        hint = tell("mail_check.relancez_doctor_quelques")
        return True, tell("mail_check.boite_support_pas", support=support, error=error), hint
    return True, tell("mail_check.boite_support_remet", support=support, host=config.smtp.host), ""
