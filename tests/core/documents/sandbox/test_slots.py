"""Slots of the sandbox are shared between people, not between tasks."""

from __future__ import annotations

import asyncio

import pytest

from core.documents.sandbox.sandbox import OWNER, FairSlots


class Course:
    """Tasks that hold a slot until they are let go; `begun` is the order in which they got one."""

    def __init__(self, slots: FairSlots) -> None:
        self.slots = slots
        self.begun: list[str] = []
        self.ends: dict[str, asyncio.Event] = {}

    async def work(self, owner: str, name: str) -> None:
        OWNER.set(owner)
        self.ends[name] = asyncio.Event()
        async with self.slots.slot():
            self.begun.append(name)
            await self.ends[name].wait()


async def settled() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


@pytest.mark.parametrize("count", [2, 4])
async def test_a_person_with_many_files_leaves_a_slot(count: int) -> None:
    """Whatever one person asks for, another begins at once."""
    course = Course(FairSlots(count))
    async with asyncio.TaskGroup() as group:
        for number in range(9):
            group.create_task(course.work("ana", f"a{number}"))
        await settled()
        assert len(course.begun) == count - 1
        group.create_task(course.work("bob", "b"))
        await settled()
        assert course.begun[-1] == "b"
        for _ in range(10):
            for end in course.ends.values():
                end.set()
            await settled()


async def test_who_has_least_at_work_comes_first() -> None:
    """A late comer passes the others' queue; within one person's tasks the order stays."""
    course = Course(FairSlots(1))
    async with asyncio.TaskGroup() as group:
        for owner, name in (("ana", "a1"), ("ana", "a2"), ("ana", "a3"), ("bob", "b1")):
            group.create_task(course.work(owner, name))
        await settled()
        for name in ("a1", "b1", "a2", "a3"):
            course.ends[name].set()
            await settled()
    assert course.begun == ["a1", "b1", "a2", "a3"]


async def test_a_cancelled_task_keeps_no_slot() -> None:
    """Neither one that waits nor one that holds."""
    course = Course(FairSlots(1))
    first = asyncio.ensure_future(course.work("ana", "a1"))
    second = asyncio.ensure_future(course.work("ana", "a2"))
    await settled()
    second.cancel()
    first.cancel()
    await asyncio.gather(first, second, return_exceptions=True)
    third = asyncio.ensure_future(course.work("bob", "b1"))
    await settled()
    assert course.begun == ["a1", "b1"]
    course.ends["b1"].set()
    await third


async def test_a_single_user_has_every_slot() -> None:
    """The shell's own work is nobody else's."""
    course = Course(FairSlots(3))
    tasks = [asyncio.ensure_future(course.work("", f"f{number}")) for number in range(3)]
    await settled()
    assert len(course.begun) == 3
    for end in course.ends.values():
        end.set()
    await asyncio.gather(*tasks)
