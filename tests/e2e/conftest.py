"""The assistant on real homeservers, once for each module; the people are new in each test."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import pytest
import pytest_asyncio

from tests.rig.bot import Bot, bot_on_tchap
from tests.rig.gateway import FakeGateway, fake_gateway
from tests.rig.synapse import Federation


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def gateway() -> AsyncGenerator[FakeGateway]:
    """A gateway that echoes the question: « Réponse à : … »."""
    async with fake_gateway() as it:
        yield it


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def bot(
    tmp_path_factory: pytest.TempPathFactory, servers: Federation, gateway: FakeGateway
) -> AsyncGenerator[Bot]:
    """The assistant on the agents' server."""
    async with bot_on_tchap(tmp_path_factory.mktemp("relais"), servers, gateway) as it:
        yield it
