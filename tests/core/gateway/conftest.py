"""A gateway client whose pauses take no time and whose chance is fixed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import pytest

from core.gateway.client import Gateway, ModelRequest, RetryLimits
from core.gateway.engines.remote import session
from tests.core.gateway.asking import PATIENT, Bench


@pytest.fixture
async def bench() -> AsyncIterator[Callable[..., Bench]]:
    """Makes a client; `limits`, `keys` and `clock` may be given."""
    async with session() as http:

        def make(limits: RetryLimits = PATIENT, **more: object) -> Bench:
            observed: list[ModelRequest] = []
            pauses: list[float] = []

            async def sleep(seconds: float) -> None:
                pauses.append(seconds)

            gateway = Gateway(
                session=http, limits=limits, observe=observed.append, random=lambda: 0.5, sleep=sleep, **more
            )
            return Bench(gateway=gateway, observed=observed, pauses=pauses)

        yield make
