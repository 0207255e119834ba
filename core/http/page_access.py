"""Who may see the figures: a token, or a reverse proxy that knows who asks; else only this machine itself.

A request from this machine is one whose connection comes over loopback and that no proxy forwarded, and
whose host is named so (a page of another site cannot have a browser ask it under its own name).
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address

from aiohttp import web

from core.config.environment import Secret

Network = IPv4Network | IPv6Network

_FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP", "Via")
_LOOPBACK_NAMES = ("localhost", "127.0.0.1", "[::1]")


@dataclass(frozen=True, slots=True, kw_only=True)
class PageAccess:
    """`header` is one that the reverse proxy sets for whoever it let in, and takes from all others;
    `proxies` are the networks from which it is believed."""

    token: Secret | None = None
    header: str | None = None
    proxies: Sequence[Network] = ()

    def admits(self, request: web.Request) -> bool:
        if self.token is not None and _carries(request, self.token):
            return True
        if self.header is not None and request.headers.get(self.header, "").strip():
            return any(_peer_in(request, network) for network in self.proxies)
        return self.token is None and self.header is None and _is_local(request)

    @property
    def challenge(self) -> dict[str, str]:
        """Has a browser ask for the token, as the password of any name (RFC 7617)."""
        return {"WWW-Authenticate": 'Basic realm="relais", charset="UTF-8"'} if self.token else {}


def _carries(request: web.Request, token: Secret) -> bool:
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    match scheme.lower():
        case "bearer":
            password = given.strip().encode()
        case "basic":
            try:
                password = base64.b64decode(given, validate=True).partition(b":")[2]
            except binascii.Error:
                return False
        case _:
            return False
    return hmac.compare_digest(password, token.reveal().encode())


def _peer_in(request: web.Request, network: Network) -> bool:
    """Does the connection itself, whatever its headers say, come from there?"""
    peer = request.transport.get_extra_info("peername") if request.transport else None
    return bool(peer) and ip_address(peer[0].partition("%")[0]) in network


def _is_local(request: web.Request) -> bool:
    loopback = (IPv4Network("127.0.0.0/8"), IPv6Network("::1/128"))
    named = (request.host.rpartition(":")[0] or request.host) if request.host[-1:] != "]" else request.host
    return (
        any(_peer_in(request, network) for network in loopback)
        and named.lower() in _LOOPBACK_NAMES
        and not any(name in request.headers for name in _FORWARDED)
    )
