"""Sending one mail. What is certain (taken, refused) is told from what is not (a connection lost midway)."""

from __future__ import annotations

from aiosmtplib import (
    SMTP,
    SMTPAuthenticationError,
    SMTPConnectError,
    SMTPException,
    SMTPRecipientRefused,
    SMTPRecipientsRefused,
    SMTPResponseException,
)

from connectors.mail.server import Server, Tokens
from core.errors import Ambiguous, Deferred, Rejected, Unusable
from core.language.operators import Phrase
from core.tls import unreached

WITHIN = 60.0
"""Seconds for each answer of the server."""
CHECKED_WITHIN = 15.0


async def send(server: Server, tokens: Tokens | None, mail: bytes, recipients: list[str]) -> None:
    """Hand over a mail, to the first recipient at least. The envelope's sender is empty: nobody is told
    that an automatic answer came back (RFC 3834, 3.3).

    Raises Rejected, Deferred (not taken; Unusable: no login), Ambiguous.
    """
    client = await _logged_in(server, tokens)
    try:
        refused, _ = await client.sendmail("", recipients, mail)
    except SMTPRecipientsRefused as error:
        codes = [each.code for each in error.recipients]
        raise _answer(max(codes, default=450)) from None
    except SMTPResponseException as error:
        raise _answer(error.code) from None
    except (SMTPException, SMTPConnectError, OSError, TimeoutError) as error:
        raise Ambiguous(f"SMTP: {unreached(error)}", retry_after=2.0) from None
    finally:
        client.close()
    if recipients[0] in refused:  # taken for our own copy only
        raise _answer(refused[recipients[0]].code)


async def check(server: Server, tokens: Tokens | None, *, to: str = "") -> None:
    """Log in, begin a mail as `send` does, to `to` if it is given, take it back, and log out. Raises
    Rejected, Deferred, ConfigurationError."""
    client = await _logged_in(server, tokens, CHECKED_WITHIN)
    try:
        await client.mail("")
        if to:
            await client.rcpt(to)
        await client.rset()
    except SMTPRecipientRefused as error:
        raise _answer(error.code) from None
    except SMTPResponseException as error:
        raise Rejected(f"MAIL FROM:<>: {error.code}") from None
    except (SMTPException, OSError, TimeoutError) as error:
        raise Deferred(f"SMTP: {unreached(error)}") from None
    finally:
        client.close()


async def _logged_in(server: Server, tokens: Tokens | None, within: float = WITHIN) -> SMTP:
    client = SMTP(
        hostname=server.host,
        port=server.port,
        use_tls=server.tls,
        start_tls=False if server.tls else (None if server.local else True),
        tls_context=server.context,
        timeout=within,
    )
    try:
        await client.connect()
        if tokens is not None:
            await client.auth_xoauth2(server.user, await tokens.get())
        elif server.password:
            await client.login(server.user, server.password)
    except (SMTPException, OSError, TimeoutError) as error:
        client.close()
        wrong = isinstance(error, SMTPAuthenticationError)
        if wrong and tokens is not None and not tokens.refused():
            raise Deferred(Phrase("mail.token_refused", server="SMTP"), retry_after=1.0) from None
        if wrong:
            raise Unusable("RELAIS_MAIL__SMTP_URL", str(Phrase("mail.login"))) from None
        raise Deferred(f"SMTP: {unreached(error)}", retry_after=2.0) from None
    return client


def _answer(code: int) -> Rejected | Deferred:
    """RFC 5321, 4.2.1: 5xx is for good."""
    return Rejected(f"SMTP {code}") if code >= 500 else Deferred(f"SMTP {code}", retry_after=30.0)
