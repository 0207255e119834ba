"""Two real homeservers that federate on loopback, as on Tchap: agents, and outside guests ("externes").

Both have Tchap's access rules. Their names carry the port of their federation listener, so that
they find each other without DNS; its certificate is self-signed.
"""

from __future__ import annotations

import asyncio
import datetime
import signal
from collections.abc import AsyncGenerator, Generator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.rig.child import LOOPBACK, port_of, reserve_port
from tests.rig.homeserver import Homeserver, homeserver

REPOSITORY = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Federation:
    """The two servers. Guests are the users of `externes`."""

    agents: Homeserver
    externes: Homeserver


@asynccontextmanager
async def federation(folder: Path, *, default_limits: bool = False) -> AsyncGenerator[Federation]:
    """Both servers, healthy, in `folder`. `default_limits`: see `homeserver`."""
    async with AsyncExitStack() as stack:
        ports = [port_of(stack.enter_context(reserve_port())) for _ in range(2)]
        names = [f"localhost:{port}" for port in ports]
        settings = _certificate(folder) | {
            "federation_domain_whitelist": names,
            "federation_verify_certificates": False,
            "ip_range_blacklist": [],
            "federation": {
                "destination_min_retry_interval": 50,
                "destination_retry_multiplier": 1,
                "destination_max_retry_interval": 500,
            },
            "modules": [
                {"module": "tests.rig.access_rules.AccessRules", "config": {"guest_servers": names[1:]}}
            ],
        }
        agents, externes = await asyncio.gather(
            *(
                stack.enter_async_context(
                    homeserver(
                        folder / role,
                        server_name=name,
                        default_limits=default_limits,
                        listeners=[_federation_listener(port)],
                        settings=settings,
                        python_path=REPOSITORY,
                    )
                )
                for role, name, port in zip(("agents", "externes"), names, ports, strict=True)
            )
        )
        yield Federation(agents=agents, externes=externes)


def resume(*servers: Homeserver) -> None:
    """Let servers go on that `awake` has left asleep."""
    _signal(servers, signal.SIGCONT)


@contextmanager
def awake(*servers: Homeserver) -> Generator[None]:
    """Let servers go on, and at the end put them to sleep (SIGSTOP)."""
    resume(*servers)
    try:
        yield
    finally:
        _signal(servers, signal.SIGSTOP)


def _signal(servers: Sequence[Homeserver], number: signal.Signals) -> None:
    for server in servers:
        if server.process is not None:
            server.process.send_signal(number)


def _federation_listener(port: int) -> dict[str, object]:
    return {
        "port": port,
        "type": "http",
        "tls": True,
        "bind_addresses": [LOOPBACK],
        "resources": [{"names": ["federation"]}],
    }


def _certificate(folder: Path) -> dict[str, object]:
    """Write a self-signed certificate for localhost; the settings that name it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    start = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + datetime.timedelta(days=36500))
        .sign(key, hashes.SHA256())
    )
    folder.mkdir(parents=True, exist_ok=True)
    paths = {"tls_certificate_path": folder / "tls.crt", "tls_private_key_path": folder / "tls.key"}
    paths["tls_certificate_path"].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    paths["tls_private_key_path"].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return {name: str(path) for name, path in paths.items()}
