"""What one process does at the same time, each piece in a task of its own, and not more than so many."""

import asyncio
from collections.abc import Coroutine, Iterator


class Tasks:
    """Tasks that are under way. Belongs to one event loop."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.tasks: set[asyncio.Task[None]] = set()

    def __iter__(self) -> Iterator[asyncio.Task[None]]:
        return iter(list(self.tasks))

    def __len__(self) -> int:
        return len(self.tasks)

    @property
    def room(self) -> int:
        """How many more may begin."""
        return self.most - len(self)

    def begin(self, work: Coroutine[object, object, None]) -> None:
        """Begin a piece of work, beside everything else."""
        task = asyncio.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def aclose(self) -> None:
        """Stop: cancel what is under way, and wait until it has ended."""
        for task in self:
            task.cancel()
        await asyncio.gather(*self, return_exceptions=True)
