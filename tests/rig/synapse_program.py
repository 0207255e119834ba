"""Synapse as a program of `fork_server.py`. Twisted's reactor holds descriptors, so each fork makes its own:
what Synapse's modules are imported with is the stand-in for a reactor that Synapse has for this.

Its database waits for no disk: what a killed process wrote stays, and no test cuts the power. Events are
checked by its schemas; that these are schemas is not checked anew for each event, for a twelfth of its time.
"""

from __future__ import annotations

from typing import Any

from synapse.app.complement_fork_proxied_reactor import ProxiedReactor
from twisted.internet.main import installReactor

reactor = ProxiedReactor()
installReactor(reactor)

from synapse.app import homeserver  # noqa: E402
from synapse.events.validator import MENTIONS_VALIDATOR, POWER_LEVELS_VALIDATOR  # noqa: E402
from synapse.storage import engines  # noqa: E402
from twisted.internet.epollreactor import EPollReactor  # noqa: E402


class Engine(engines.Sqlite3Engine):
    def on_new_connection(self, db_conn: Any) -> None:
        super().on_new_connection(db_conn)
        db_conn.execute("PRAGMA synchronous = OFF;")


engines.Sqlite3Engine = Engine
for validator in (MENTIONS_VALIDATOR, POWER_LEVELS_VALIDATOR):
    validator.check_schema = lambda _: None


def main() -> None:
    reactor._install_real_reactor(EPollReactor())
    homeserver.main()
