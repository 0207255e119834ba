"""The store's fixtures, for the tests of this folder."""

from tests.core.stored import partitions, store, vault

__all__ = ["partitions", "store", "vault"]
