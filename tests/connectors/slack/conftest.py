"""The store's fixtures, for the tests of limits."""

from tests.core.stored import partitions, replica, store, vault

__all__ = ["partitions", "replica", "store", "vault"]
