"""The store's fixtures, for the tests of this folder."""

import pytest

from tests.core.stored import inbox, partitions, replica, store, vault

__all__ = ["inbox", "partitions", "replica", "store", "vault"]


@pytest.fixture
def embedded() -> bool:
    """It is on trial here."""
    return True
