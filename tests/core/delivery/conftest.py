"""The store's fixtures, for the tests of this folder."""

from tests.core.stored import embedded, partitions, store, vault

__all__ = ["embedded", "partitions", "store", "vault"]
