"""Keeping parts of a replica up: a connector, a mailbox or a workspace that fails stops nothing else.

`Upkeep.keep` runs one part for as long as the replica lives. A part that raises, or returns, is named once in
the log, is red in `/readyz` and in `relais_ready`, and is run again after a pause that grows. Only at the
start do wrong settings end the process, so that whoever starts it reads them at once; with
`RELAIS_START=lenient` not even then.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping

from core.errors import ConfigurationError, RelaisError, StoreRefused, first_error
from core.retry import Backoff
from core.telemetry import log, metrics

START = 60.0
"""Seconds after which a replica that is not ready has started all the same: from then on no part ends it."""
PAUSES = Backoff(2.0, 300.0)
"""Five minutes at most: a mail server locks accounts whose password is tried often."""


class Upkeep:
    """Runs the parts of one replica, and knows what is wrong with each. `lenient`: no part ends the process,
    not even at the start. `clock` gives seconds that never go back."""

    def __init__(
        self,
        *,
        lenient: bool = False,
        clock: Callable[[], float] = time.monotonic,
        pauses: Backoff = PAUSES,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._lenient = lenient
        self._clock = clock
        self._pauses = pauses
        self._sleep = sleep
        self._until = clock() + START
        self._troubles: dict[str, str] = {}

    @property
    def troubles(self) -> Mapping[str, str]:
        """What is wrong with each part that is not well, by the part's name, in words for operators."""
        return self._troubles

    def started(self) -> None:
        """Say that the replica has started: from now on no part's wrong settings end it."""
        self._until = self._clock()

    async def keep(
        self, part: str, run: Callable[[], Awaitable[None]], *, ready: asyncio.Event, returns: bool = False
    ) -> None:
        """Run a part again each time that it fails. `ready` is set by the part while it works, and cleared
        here when it ends. `returns`: its return is no failure, and ends `keep` (a terminal's person left).

        Raises ConfigurationError at the start, and StoreRefused: no part can go on without the store."""
        failures = 0
        while True:
            began = self._clock()
            try:
                await self._run(part, run, ready)
                if returns:
                    return
                error: BaseException = RuntimeError("it returned")
            except Exception as raised:  # noqa: BLE001 - whatever it is, the other parts go on
                error = first_error(raised)
            finally:
                ready.clear()
            if isinstance(error, StoreRefused) or self._ends(error):
                raise error
            metrics.failures.labels(part).inc()
            self.trouble(part, str(error) if isinstance(error, RelaisError) else type(error).__name__, error)
            failures = 1 if self._clock() - began > START else failures + 1
            await self._sleep(self._pauses.after(failures, error))

    async def _run(self, part: str, run: Callable[[], Awaitable[None]], ready: asyncio.Event) -> None:
        async with asyncio.TaskGroup() as group:
            watch = group.create_task(self._recovers(part, ready))
            await run()
            watch.cancel()

    async def _recovers(self, part: str, ready: asyncio.Event) -> None:
        await ready.wait()
        self.well(part)

    def _ends(self, error: BaseException) -> bool:
        """Is this wrong settings at the start?"""
        return isinstance(error, ConfigurationError) and not self._lenient and self._clock() < self._until

    def trouble(self, part: str, why: str, error: BaseException | None = None) -> None:
        """Say what is wrong with a part; the log names it once."""
        if self._troubles.get(part) != why:
            log.error("part_failed", part=part, **({"error": error} if error else {"reason": why}))
        self._troubles[part] = why

    def well(self, part: str) -> None:
        """Say that nothing is wrong with a part (any more)."""
        if self._troubles.pop(part, None) is not None:
            log.info("part_recovered", part=part)
