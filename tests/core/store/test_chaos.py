"""Replicas at work while their store is killed again and again."""

from __future__ import annotations

import asyncio
import random
from dataclasses import replace
from pathlib import Path

from core.errors import LeaseLost, StoreUnavailable
from core.inbox.inbox import Claim, Entry, Inbox
from core.store.keyring import unlock
from core.store.valkey import open_store
from core.vault import Keys
from tests.core.stored import HERE, SECRET, ids, question
from tests.rig.valkey import valkey

CONVERSATIONS, EVENTS, KILLS = 10, 30, 6


class Effects:
    """What people would see: the answer to each question, in the order of their first appearance."""

    def __init__(self) -> None:
        self.answers: dict[str, list[str]] = {}

    def post(self, claim: Claim) -> None:
        seen = self.answers.setdefault(claim.mailbox.name, [])
        for id in ids(claim):
            if id not in seen:
                seen.append(id)
            elif not claim.resumed:
                raise AssertionError(
                    f"{id} is answered again by a claim that does not know of the first time"
                )


async def serve(inbox: Inbox, effects: Effects) -> None:
    """A worker: claims, shows an effect, and is done; the store's absence is survived."""
    while True:
        try:
            await inbox.wait(0.2)
            for claim in await inbox.claim(3):
                effects.post(claim)
                await asyncio.sleep(0)
                await claim.put(posted={0: "$r"})
                await claim.done()
        except (StoreUnavailable, LeaseLost):
            await asyncio.sleep(0.01)


async def deliver(inbox: Inbox, conversation: int) -> None:
    """A connector: each event is delivered until it is known to be stored."""
    for i in range(EVENTS):
        event = question(f"{conversation}.{i:02}", address=replace(HERE, conversation=f"!{conversation}"))
        while True:
            try:
                assert await inbox.enqueue([Entry(event=event)]) in (["stored"], ["duplicate"])
                break
            except StoreUnavailable:
                await asyncio.sleep(0.01)


async def test_kills_of_the_server(tmp_path: Path) -> None:
    """Kill -9 of the server loses no event, repeats none unknowingly, and keeps the order."""
    chance = random.Random(7)
    async with (
        valkey(tmp_path, appendfsync="always") as server,
        open_store(url=server.url, data_dir=tmp_path) as one,
        open_store(url=server.url, data_dir=tmp_path) as two,
    ):
        vault = await unlock(one, Keys([SECRET]))
        inboxes = [Inbox(store, vault, replica=name, lease=0.5) for store, name in ((one, "1"), (two, "2"))]
        effects = Effects()
        async with asyncio.TaskGroup() as group:
            workers = [group.create_task(serve(inbox, effects)) for inbox in inboxes]
            intake = [group.create_task(deliver(inboxes[c % 2], c)) for c in range(CONVERSATIONS)]
            for _ in range(KILLS):
                await asyncio.sleep(chance.uniform(0.02, 0.3))
                await server.kill()
                await server.start()
            await asyncio.wait(intake)
            async with asyncio.timeout(60):
                while await pending(inboxes[0]):  # noqa: ASYNC110 - another process
                    await asyncio.sleep(0.05)
            for worker in workers:
                worker.cancel()
    expected = [[f"${c}.{i:02}" for i in range(EVENTS)] for c in range(CONVERSATIONS)]
    assert sorted(effects.answers.values()) == expected


async def pending(inbox: Inbox) -> bool:
    try:
        stats = await inbox.stats()
    except StoreUnavailable:
        return True
    return stats.ready + stats.delayed + stats.leased > 0
