"""The store's fixtures, for the tests of this folder."""

from tests.core.stored import embedded, inbox, partitions, replica, store, vault

__all__ = ["embedded", "inbox", "partitions", "replica", "store", "vault"]
