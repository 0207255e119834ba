"""What a mail server of `tests.rig.mail` may have besides: TLS by a private authority, OAuth2, Sieve."""

from __future__ import annotations

import secrets
import ssl
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.rig.child import LOOPBACK

DOVECOT_TLS = """\
ssl_server_cert_file = {root}/tls/server.pem
ssl_server_key_file = {root}/tls/server.key
service imap-login {{
  inet_listener imaps {{
    port = {imaps}
    ssl = yes
  }}
}}
"""
POSTFIX_TLS = """\
smtpd_tls_cert_file = {root}/tls/server.pem
smtpd_tls_key_file = {root}/tls/server.key
smtpd_tls_security_level = may
"""
MASTER_TLS = """\
{smtps} inet n - n - - smtpd
  -o smtpd_tls_wrappermode=yes
  -o smtpd_sasl_auth_enable=yes
tlsmgr unix - - n 1000? 1 tlsmgr
"""
DOVECOT_OAUTH = """\
auth_failure_delay = 0
auth_mechanisms {{
  plain = yes
  login = yes
  xoauth2 = yes
}}
oauth2 {{
  introspection_mode = post
  introspection_url = {introspection}
  username_attribute = username
  active_attribute = active
  active_value = true
}}
passdb oauth2 {{
  mechanisms_filter = xoauth2
}}
"""
DOVECOT_SIEVE = """\
submission_host = 127.0.0.1:{smtp}
protocol lmtp {{
  mail_plugins {{
    sieve = yes
  }}
}}
sieve_extensions {{
  vacation-seconds = yes
}}
sieve_script personal {{
  path = ~/sieve
  active_path = {root}/mail/%{{user | lower}}/active.sieve
}}
"""

VACATION = """\
require ["vacation", "vacation-seconds"];
vacation :seconds 0 :addresses ["anne@ministere.example"] :subject "Absente"
  "Je suis absente jusqu'au 3 janvier.";
"""
"""A responder that says it each time."""


@dataclass(frozen=True, kw_only=True)
class Authority:
    """A private certificate authority and a server's certificate for loopback, in a folder."""

    ca_file: Path
    context: ssl.SSLContext


def authority(folder: Path, *, valid: timedelta = timedelta(days=1), host: str = "localhost") -> Authority:
    """Make both, valid for a day; the server's for so long, and for loopback where the `host` is."""
    folder.mkdir()
    ca_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    ca_name = _name("Autorité privée du ministère")
    now = datetime.fromtimestamp(time.time(), UTC)

    def certificate(subject: x509.Name, public: ec.EllipticCurvePublicKey, *, ca: bool) -> x509.Certificate:
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(ca_name)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + (timedelta(days=1) if ca else valid))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=0 if ca else None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), critical=False
            )
        )
        if ca:
            usage = dict.fromkeys(
                ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment",
                 "key_agreement", "encipher_only", "decipher_only"), False,
            )  # fmt: skip
            usages = x509.KeyUsage(**usage, key_cert_sign=True, crl_sign=True)
            builder = builder.add_extension(usages, critical=True)
        else:
            names = x509.SubjectAlternativeName(
                [x509.IPAddress(ip_address(LOOPBACK))] * (host == "localhost") + [x509.DNSName(host)]
            )
            builder = builder.add_extension(names, critical=False)
        return builder.sign(ca_key, hashes.SHA256())

    ca_file = folder / "ca.pem"
    pem = serialization.Encoding.PEM
    ca_file.write_bytes(certificate(ca_name, ca_key.public_key(), ca=True).public_bytes(pem))
    (folder / "server.pem").write_bytes(
        certificate(_name(LOOPBACK), key.public_key(), ca=False).public_bytes(pem)
    )
    form = serialization.PrivateFormat.PKCS8
    (folder / "server.key").write_bytes(key.private_bytes(pem, form, serialization.NoEncryption()))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(folder / "server.pem", folder / "server.key")
    return Authority(ca_file=ca_file, context=context)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])


@dataclass(kw_only=True)
class TokenServer:
    """An OAuth2 server: `token_url` gives tokens by the client credentials grant, `introspection` tells the
    mail server whose they are. `given` are the tokens so far; what is taken out of it is no longer valid."""

    client: str
    user: str
    token_url: str = ""
    introspection: str = ""
    lasts: int = 3600
    given: list[str] = field(default_factory=list)
    asked: int = 0

    async def _token(self, request: web.Request) -> web.Response:
        form = await request.post()
        given = f"{form.get('client_id')}:{form.get('client_secret')}"
        if form.get("grant_type") != "client_credentials" or given != self.client:
            return web.json_response({"error": "invalid_client"}, status=401)
        self.given.append(secrets.token_urlsafe(24))
        return web.json_response(
            {"access_token": self.given[-1], "token_type": "Bearer", "expires_in": self.lasts}
        )

    async def _introspect(self, request: web.Request) -> web.Response:
        self.asked += 1
        token = (await request.post()).get("token")
        return web.json_response({"active": token in self.given, "username": self.user})

    def application(self) -> web.Application:
        app = web.Application()
        app.add_routes([web.post("/token", self._token), web.post("/introspect", self._introspect)])
        return app


@asynccontextmanager
async def token_server(client: str, user: str, context: ssl.SSLContext) -> AsyncGenerator[TokenServer]:
    """Tokens over TLS, introspection without."""
    server = TokenServer(client=client, user=user)
    runner = web.AppRunner(server.application(), access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, LOOPBACK, 0, ssl_context=context).start()
        await web.TCPSite(runner, LOOPBACK, 0).start()
        ports = [address[1] for address in runner.addresses]
        server.token_url = f"https://{LOOPBACK}:{ports[0]}/token"
        server.introspection = f"http://{LOOPBACK}:{ports[1]}/introspect"
        yield server
    finally:
        await runner.cleanup()
