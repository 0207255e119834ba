# pyright: reportUnknownMemberType=false
"""The devices of the people whom the bot meets, and whether each device is its owner's.

A device counts only if it is its owner's (MSC4153). Where a person has an identity, they must have signed the
device (see `identities`). What is known of a person's devices holds until /sync tells that they changed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from typing import TypeVar

from cachetools import FIFOCache

from connectors.tchap.api import Api
from connectors.tchap.identities import Pins, PublishedIdentity, Trust, published, renewed
from connectors.tchap.keystore import KEPT, KeyStore, Loaded
from connectors.tchap.olm import HardenedOlm
from core.connector.untrusted_json import Json, object_in
from core.errors import RelaisError

T = TypeVar("T")
DeviceId = tuple[str, str]
"""User id and device id."""
Keys = tuple[str, str]
"""The curve25519 and ed25519 keys of a device."""

AFRESH_EVERY = 10.0
"""Seconds in which a person's devices are asked for once because of a doubt."""
PEOPLE_PER_QUERY = 250
QUERY_MS = 3_000
"""Milliseconds in which the homeserver asks other servers for keys."""


class KnownDevices:
    """What one device of the bot knows of all other devices. `pins` are shared by all replicas."""

    def __init__(
        self,
        api: Api,
        olm: HardenedOlm,
        store: KeyStore,
        *,
        pins: Pins,
        trust: Trust,
        clock: Callable[[], float],
    ) -> None:
        self._api = api
        self._olm = olm
        self._store = store
        self.pins = pins
        self._trust: Trust = trust
        self._clock = clock
        self.identities: Loaded[str, PublishedIdentity | None] = Loaded(self._stored_identity)
        """The identity by which each person is known."""
        self.trusted: Loaded[str, dict[Keys, bool]] = Loaded(self._trusted_of)
        """Whether each key of a person is one of a device of theirs. It is worked out anew when /keys/query
        tells of the person."""
        self._afresh: FIFOCache[str, float] = FIFOCache(KEPT)
        """When each person's devices were asked for because of a doubt."""
        self._current: set[str] = set()
        """The people whose devices are known as they are now."""
        self._asking = asyncio.Lock()

    def outdate(self, user: str) -> None:
        """Note that a person's devices may have changed."""
        self._current.discard(user)

    async def learn(self, people: Collection[str]) -> None:
        """Make sure that these people's devices are known as they are now. Raises Deferred."""
        if not self._asking.locked() and self._current.issuperset(people):
            return
        async with self._asking:
            if unknown := sorted(user for user in people if user not in self._current):
                for some in batches(unknown, PEOPLE_PER_QUERY):
                    await self._query(some)

    async def learn_afresh(self, user: str) -> None:
        """Ask for a person's devices whatever is known, now and then. Raises Deferred."""
        asked = self._afresh.get(user)
        if asked is None or self._clock() - asked >= AFRESH_EVERY:
            self._afresh[user] = self._clock()
            self._current.discard(user)
        await self.learn([user])

    def of(
        self, people: Collection[str], *, own: DeviceId, any_device: bool
    ) -> tuple[set[DeviceId], set[DeviceId]]:
        """The trusted devices of these people but our `own`, and those that are not trusted. With
        `any_device` all count as trusted."""
        trusted: set[DeviceId] = set()
        distrusted: set[DeviceId] = set()
        for user in people:
            for device in self._olm.devices.by_user[user].values():
                if device.deleted or (user, device.id) == own:
                    continue
                keys = device.curve25519, device.ed25519
                is_trusted = any_device or self.trusted[user].get(keys, False)
                (trusted if is_trusted else distrusted).add((user, device.id))
        return trusted, distrusted

    def _trusted_of(self, user: str) -> dict[Keys, bool]:
        """The keys of the person's devices of now or of the past, and whether each device is theirs by the
        rule of the settings."""
        identity = self.identities[user]
        all_are = self._trust == "any" or (self._trust == "identity" and identity is None)
        signed = identity.signed if identity is not None else dict[str, str]()
        return {
            (device.curve25519, device.ed25519): all_are or signed.get(device.id) == device.ed25519
            for device in reversed(self._olm.devices.by_user[user].values())
        }

    def _stored_identity(self, user: str) -> PublishedIdentity | None:
        stored = self._store.identity_of(user)
        return None if stored is None else PublishedIdentity.load(stored)

    def keep_identity(self, user: str, identity: PublishedIdentity) -> None:
        """Know a person by this identity from now on, after a restart too."""
        if identity != self.identities[user]:
            self.identities[user] = identity
            self._store.save_identity(user, identity.dump())

    async def _query(self, people: Sequence[str]) -> None:
        # Marked before asking, so that a change that /sync tells meanwhile is not lost.
        self._current.update(people)
        try:
            body: Json = {"device_keys": {user: [] for user in people}, "timeout": QUERY_MS}
            answer = await self._api.call("POST", "/keys/query", body)
            given = object_in(answer, "device_keys")
            identities = {
                user: await self._renewed(user, answer, object_in(given[user]))
                for user in people
                if user in given
            }
        except RelaisError:
            self._current.difference_update(people)
            raise
        self._current.difference_update(user for user in people if user not in given)
        with self._store.batch():
            for user, identity in identities.items():
                self.trusted.pop(user, None)
                if identity is not None:
                    self.keep_identity(user, identity)
                first = () if identity is None else identity.signed
                self._olm.learn_devices(user, object_in(given[user]), first=first)
                self._olm.devices.forget_gone(user)

    async def _renewed(self, user: str, answer: Json, devices: Json) -> PublishedIdentity | None:
        """The person's identity from now on. Raises StoreError."""
        known, found = self.identities[user], published(answer, user)
        identity = renewed(known, found, devices, user)
        if identity is None or (known is not None and known.master == identity.master):
            return identity
        return replace(identity, changed=await self.pins.changed(user, identity.master))


def batches(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """The items, `size` at a time."""
    return (items[start : start + size] for start in range(0, len(items), size))
