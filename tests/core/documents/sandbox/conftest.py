"""What the tests of the sandbox share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from core.documents.sandbox import fork_client
from core.documents.sandbox.fork_client import spawn


@pytest.fixture(scope="module")
def cold() -> Iterator[None]:
    """The fork server is started as replicas start it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fork_client, "spawn", spawn)
        yield
