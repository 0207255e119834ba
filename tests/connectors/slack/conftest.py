"""The store's fixtures, for the tests of limits."""

from tests.core.stored import embedded, partitions, replica, store, vault

__all__ = ["embedded", "partitions", "replica", "store", "vault"]
