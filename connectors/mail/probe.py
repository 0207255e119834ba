"""What `relais doctor` asks of the mail servers. It reads headers, no mail, and sends none."""

from __future__ import annotations

from collections.abc import Sequence

from connectors.mail import smtp
from connectors.mail.config import BoxConfig
from connectors.mail.imap import Imap
from connectors.mail.safety import organisation, same_box, tags, uncommented
from connectors.mail.server import NoToken, Server
from core.config.checks import CheckResult, amiss, well, wrong_certificate, wrong_setting
from core.documents.mail import headers
from core.documents.mail.headers import Headers
from core.errors import ConfigurationError, Deferred, Rejected
from core.tls import certificate_trouble, speaks_no_tls

LATEST = 30
"""Mails whose headers are looked at."""


async def probe(config: BoxConfig, *, support: str = "") -> list[CheckResult]:
    """Do both servers let us in, are the folders there, do our server's results and our signature show, and
    is mail taken for the mailbox of the `support`?"""
    posted = well("mail_check.by_webhook", address=config.address)
    received = await _receiving(config, config.imap) if config.imap else []
    return [*([posted] if config.secret else []), *received, *await _sending(config, support)]


async def _receiving(config: BoxConfig, server: Server) -> list[CheckResult]:
    imap = Imap(server, config.tokens)
    try:
        waiting = len((await imap.listing()).uids)
        absent = await imap.absent(config.folders)
        latest = [each for folder in ("INBOX", *config.folders) for each in await imap.latest(folder, LATEST)]
    except ConfigurationError as error:
        return [wrong_setting(error)]
    except Deferred as error:
        said = amiss("mail_check.no_imap", host=server.host, error=error)
        return [_unanswered(server, error) or said]
    finally:
        imap.close()
    found = [well("mail_check.waiting", address=config.address, count=waiting)]
    domain = config.address.rpartition("@")[2]
    if domain not in config.rules.domains:
        found.append(amiss("mail_check.own_domain_left_out", domain=domain))
    if absent:
        found.append(well("mail_check.folders_to_come", absent=", ".join(absent)))
    tops = [headers.split(headers.start(each))[0] for each in latest]
    ours = [top for top in tops if _is_from(top, config.address)]
    others = [top for top in tops if not _is_from(top, config.address)]
    return [*found, authenticated(others, config.rules.authserv_id), signed(ours, config.address)]


def _unanswered(server: Server, error: Deferred) -> CheckResult | None:
    """Is it TLS that a connection failed by, or the server of tokens, and why?"""
    if isinstance(error, NoToken):
        return amiss("mail_check.no_tokens", error=error)
    if trouble := certificate_trouble(error):
        return wrong_certificate(server.host, trouble)
    if speaks_no_tls(error):
        return amiss("mail_check.no_tls", host=server.host, port=server.port)
    return None


def _is_from(top: Headers, address: str) -> bool:
    return any(same_box(each.address, address) for each in headers.mailboxes(top.raw("From")))


def authenticated(tops: Sequence[Headers], authserv_id: str) -> CheckResult:
    """Does our server write its results under the name that is configured (RFC 8601)?"""
    names = [_authserv(value) for top in tops for value in top.every("Authentication-Results")[:1]]
    if not tops:
        return well("mail_check.no_results_yet", authserv_id=authserv_id)
    if authserv_id.lower() in names:
        return well("mail_check.results_seen", authserv_id=authserv_id)
    seen = ", ".join(sorted({name for name in names if name})) or "aucun"
    return amiss("mail_check.no_results", authserv_id=authserv_id, seen=seen)


def _authserv(value: str) -> str:
    return (uncommented(value).partition(";")[0].split() or [""])[0].strip('"').lower()


def signed(tops: Sequence[Headers], address: str) -> CheckResult:
    """Is what we send signed for our domain? Our own copies tell."""
    domain = address.rpartition("@")[2]
    if not tops:
        return well("mail_check.no_signature_yet", domain=domain)
    signers = [tags(value).get("d", "").lower() for top in tops for value in top.every("DKIM-Signature")]
    if any(signer and organisation(signer) == organisation(domain) for signer in signers):
        return well("mail_check.signature_seen", domain=domain)
    return amiss("mail_check.unsigned", domain=domain)


async def _sending(config: BoxConfig, support: str) -> list[CheckResult]:
    try:
        await smtp.check(config.smtp, config.tokens)
    except ConfigurationError as error:
        return [wrong_setting(error)]
    except Rejected as error:
        return [amiss("mail_check.answers_refused", host=config.smtp.host, error=error)]
    except Deferred as error:
        said = amiss("mail_check.no_smtp", host=config.smtp.host, error=error)
        return [_unanswered(config.smtp, error) or said]
    found = [well("mail_check.takes_mail", host=config.smtp.host)]
    return [*found, await _reaching(config, support)] if support else found


async def _reaching(config: BoxConfig, support: str) -> CheckResult:
    """Does our server take mail for the support's mailbox? None is sent."""
    try:
        await smtp.check(config.smtp, config.tokens, to=support)
    except Rejected as error:
        return amiss("mail_check.support_refused", host=config.smtp.host, support=support, error=error)
    except (ConfigurationError, Deferred) as error:
        return well("mail_check.support_unchecked", support=support, error=error)
    return well("mail_check.support_reached", support=support, host=config.smtp.host)
