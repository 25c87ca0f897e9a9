"""Rounds go on whatever happens, and end when they are told to."""

import asyncio

import pytest

from db.errors import DatabaseUnavailable
from jobs.rounds import Rounds
from jobs.worker import Part, Work


async def test_rounds_end_also_when_they_are_woken_in_the_same_moment() -> None:
    waits = asyncio.Event()

    async def work() -> bool:
        waits.set()
        return False

    rounds = Rounds("A test", work, every_s=60)
    going = asyncio.create_task(rounds.run())
    await waits.wait()
    await asyncio.sleep(0)
    rounds.wake()
    going.cancel()
    ended, _ = await asyncio.wait({going}, timeout=10)
    going.cancel()
    assert ended == {going}


def part(ended: list[str], name: str, problem: Exception | None = None) -> Part:
    """Work that notes how it ends."""

    async def drain() -> None:
        await asyncio.sleep(0 if problem else 0.01)
        if problem:
            raise problem
        ended.append(f"{name} drained")

    async def beside() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(f"{name} ended")

    return Part((), drain, (beside,))


async def worked(*parts: Part) -> None:
    """Work for a moment."""
    async with Work(parts).going_on():
        await asyncio.sleep(0)


async def test_a_part_that_cannot_end_while_the_database_is_away_holds_up_no_other(
    caplog: pytest.LogCaptureFixture,
) -> None:
    ended: list[str] = []
    await worked(part(ended, "first", DatabaseUnavailable("The database is away.")), part(ended, "second"))
    assert ended == ["second drained", "first ended", "second ended"]
    assert [record.getMessage() for record in caplog.records] == [
        "What is under way still is left: its leases run out by themselves. The database is away."
    ]


async def test_a_mistake_in_one_part_is_raised_when_all_have_ended() -> None:
    ended: list[str] = []
    with pytest.raises(ZeroDivisionError):
        await worked(part(ended, "first", ZeroDivisionError()), part(ended, "second"))
    assert ended == ["second drained", "first ended", "second ended"]
