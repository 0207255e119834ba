"""Synapse as a program of `fork_server.py`. Twisted's reactor holds descriptors, so each fork makes its own:
what Synapse's modules are imported with is the stand-in for a reactor that Synapse has for this."""

from __future__ import annotations

from synapse.app.complement_fork_proxied_reactor import ProxiedReactor
from twisted.internet.main import installReactor

reactor = ProxiedReactor()
installReactor(reactor)

from synapse.app import homeserver  # noqa: E402
from twisted.internet.epollreactor import EPollReactor  # noqa: E402


def main() -> None:
    reactor._install_real_reactor(EPollReactor())
    homeserver.main()
