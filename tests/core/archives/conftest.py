"""The store's fixtures, for the tests of this folder."""

from tests.core.stored import inbox, partitions, replica, store, vault

__all__ = ["inbox", "partitions", "replica", "store", "vault"]
