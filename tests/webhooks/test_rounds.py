"""Rounds go on whatever happens, and end when they are told to."""

import asyncio

from jobs.rounds import Rounds


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
