"""Ends work that nobody waits for any more, or that takes too long: its SQL is cancelled with it."""

import asyncio
from collections.abc import Coroutine
from typing import TypeVar

from starlette.types import Receive

from resolvers.context import Request
from resolvers.errors import TooSlow

T = TypeVar("T")

# Most requests are answered before anyone has to look whether their client is still there.
LOOK_AFTER_S = 0.1


GONE = 499


class ClientGone(Exception):
    """The client has gone away: whatever is answered now, nobody reads it; logs show it as status 499."""


class Deadline:
    """How long one request may take.

    `asking` is the request once it is known whose it is: its SQL ends with it. Changes are carried out whether or not
    their client waits for the answer (`changes`), because it cannot know how far they were; at the deadline they are
    undone, as a whole.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.read: asyncio.Future[Receive] = asyncio.get_running_loop().create_future()
        self.asking: Request | None = None
        self.changes = False
        self.reason: TooSlow | ClientGone | None = None
        self.watcher: asyncio.Task[None] | None = None

    def body_is_read(self, receive: Receive) -> None:
        """From here on what is received tells when the client goes away."""
        self.read.set_result(receive)

    async def within(self, work: Coroutine[object, object, T]) -> T:
        """What the work gives; TooSlow where it takes longer than it may, ClientGone where its client went away."""
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        if task is None:
            raise TypeError("A deadline needs a task.")
        timer = loop.call_later(min(LOOK_AFTER_S, self.seconds), self.watch, task)
        try:
            return await work
        except asyncio.CancelledError:
            if self.reason is None:
                raise
            task.uncancel()
            raise self.reason from None
        finally:
            timer.cancel()
            if self.watcher is not None:
                self.watcher.cancel()

    def watch(self, task: "asyncio.Task[object]") -> None:
        """Begin to look after a request that takes its time."""
        self.watcher = asyncio.get_running_loop().create_task(self.watching(task))

    async def watching(self, task: "asyncio.Task[object]") -> None:
        """Wait for the deadline, and for the client to go; then end the work."""
        try:
            async with asyncio.timeout(max(0.0, self.seconds - LOOK_AFTER_S)):
                await self.gone()
            self.reason = ClientGone()
        except TimeoutError:
            message = f"The request took longer than {self.seconds:g} seconds. Ask for less at once."
            self.reason = TooSlow(message, reason="deadline")
        if self.asking is not None:
            self.asking.stop(besides=task)
        task.cancel()

    async def gone(self) -> None:
        """Wait until the client has gone away, if that is to end the work."""
        receive = await self.read
        while (await receive())["type"] != "http.disconnect":
            pass
        if self.changes:
            await asyncio.get_running_loop().create_future()
