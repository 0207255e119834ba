"""The policy of a running replica, read again when its file changes or a SIGHUP comes: all of it or nothing.

Models, ceilings, levels, rights, markings, quotas and the days of the trail hold from the next decision on.
What is made at the start stays until the next one: the sandbox's least strength, how long sessions are kept.
"""

from __future__ import annotations

import getpass
from collections.abc import Callable

from core.config.settings import Settings
from core.errors import ConfigurationError
from core.policy.file import PolicyFile, load_policy
from core.telemetry import log
from core.turn.services import Services


class PolicyReload:
    """Watches the file of the settings. `told` hears of each policy that holds from now on."""

    def __init__(
        self, settings: Settings, services: Services, told: Callable[[PolicyFile], None] = lambda _: None
    ) -> None:
        self._settings = settings
        self._services = services
        self._told = told
        self._seen = self._stamp()
        self._asked = False

    def ask(self) -> None:
        """Have it read again at the next look, changed or not."""
        self._asked = True

    async def look(self) -> None:
        """To be called every few seconds. Raises StoreError when the trail cannot be written: the policy
        stays."""
        stamp = self._stamp()
        if stamp == self._seen and not self._asked:
            return
        self._asked, services = False, self._services
        try:
            new = load_policy(self._settings)
            services.models.gateway.prepare(new.models)
        except ConfigurationError as error:
            self._seen = stamp
            log.error("policy_refused", error=error, policy=services.policy.version)
            return
        if new.version != services.policy.version:
            act = services.audit.act("policy_reload", by=getpass.getuser(), about=new.version)
            await services.audit.write([act])
            services.policy.become(new)
            services.audit.follow(new.version, new.retention.audit_days)
            services.quotas.per_minute = new.quotas.messages_per_minute or 0
            self._told(new)
            log.info("policy_reloaded", policy=new.version)
        self._seen = stamp

    def _stamp(self) -> tuple[int, int]:
        try:
            status = self._settings.policy.stat() if self._settings.policy else None
        except OSError:
            return (-1, -1)
        return (status.st_mtime_ns, status.st_size) if status else (0, 0)
