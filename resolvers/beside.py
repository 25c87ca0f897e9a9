"""Long work of Python's own is done beside the event loop, so that nobody else's request waits for it."""

import asyncio
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

V = TypeVar("V")


class Beside:
    """One thread beside the event loop, which does a piece of work once for all who wait for it.

    The interpreter changes between the two every few milliseconds: the work takes as long as before, the loop goes on.
    One thread and no more, so that the loop keeps half of the interpreter whatever is asked for.
    """

    def __init__(self) -> None:
        self.thread = ThreadPoolExecutor(1, "beside-the-loop")
        self.pending: dict[Hashable, asyncio.Future[Any]] = {}

    async def do(self, key: Hashable, work: Callable[[], V]) -> V:
        """What the work gives, or raises; `key` tells what is the same work. It goes on when its caller has left.

        All who wait go on in the same turn of the loop, so that what they then ask for is still asked for at once.
        """
        loop = asyncio.get_running_loop()
        pending: asyncio.Future[V] | None = self.pending.get((loop, key))
        if pending is None:
            pending = self.pending[loop, key] = loop.run_in_executor(self.thread, work)
            pending.add_done_callback(partial(self.done, (loop, key)))
        await asyncio.wait((pending,))
        return pending.result()

    def done(self, key: Hashable, pending: "asyncio.Future[Any]") -> None:
        """A piece of work is done; what went wrong with it is no surprise, even where nobody waits for it any more."""
        del self.pending[key]
        if not pending.cancelled():
            pending.exception()


# The one thread of this process.
BESIDE = Beside()
