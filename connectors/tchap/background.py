"""Work that runs beside the sync loop, for as long as a connection lasts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from connectors.tchap.api import NAME
from core.errors import RelaisError
from core.telemetry import log


class Background:
    """Runs coroutines beside. The failure of one ends nothing else."""

    def __init__(self) -> None:
        self._group: asyncio.TaskGroup | None = None

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[asyncio.TaskGroup]:
        """The group of tasks in which the work runs until its end. Raises the first error that ended it."""
        try:
            async with asyncio.TaskGroup() as group:
                self._group = group
                yield group
        except BaseExceptionGroup as errors:
            raise errors.exceptions[0] from None
        finally:
            self._group = None

    def spawn(self, work: Coroutine[Any, Any, object], *, quiet: bool = False) -> None:
        """Run this beside. A failure is logged, unless this is `quiet` and the failure is an expected one.
        Nothing runs once the connection has ended."""
        if self._group is None:
            work.close()
            return
        self._group.create_task(self._guarded(work, quiet=quiet))

    async def _guarded(self, work: Coroutine[Any, Any, object], *, quiet: bool) -> None:
        try:
            await work
        except Exception as error:  # noqa: BLE001 - the sync loop must not end with it
            if not (quiet and isinstance(error, RelaisError)):
                log.error("background_failed", connector=NAME, error=error)
