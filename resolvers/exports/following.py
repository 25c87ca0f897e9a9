"""Rules of following an export: each time that it has got on, until it is finished; for its owner alone."""

import asyncio
from collections.abc import Callable
from typing import Generic, TypeVar

from db.exports import UNFINISHED, state_statement
from resolvers.access import require
from resolvers.context import Live, Request
from resolvers.errors import NotFound
from resolvers.feed import EVERY_S, patiently
from resolvers.policy import USER_ID, Operation
from resolvers.subscriptions import streaming

T = TypeVar("T")

PATH = "Subscription.exportUpdated"


class Followed(Generic[T]):
    """An export as it gets on: as it is now first, and then whenever that is something else, looked at each second.

    It ends when the export is finished. Before each the viewer is let in anew: Ended for who may not come in any more.
    """

    def __init__(self, request: Request, live: Live, id_: int, show: Callable[[int], T]) -> None:
        self.request = request
        self.live = live
        self.id = id_
        self.show = show
        self.known: tuple[object, ...] | None = None

    def __aiter__(self) -> "Followed[T]":
        return self

    async def __anext__(self) -> T:
        """The export, when it is something else than it was."""
        if self.known is not None and self.known[0] not in UNFINISHED:
            raise StopAsyncIteration
        while (found := await patiently(self.state)) == self.known:
            await asyncio.sleep(EVERY_S)
            await self.request.renew(self.live)
            require(self.request.viewer, Operation.EXPORTS, PATH)
        if found is None:
            raise StopAsyncIteration
        self.known = found
        return self.show(self.id)

    async def state(self) -> tuple[object, ...] | None:
        """What may change of the export; None where the viewer has no such one."""
        statement = state_statement(self.request.database.dialect, USER_ID)
        found = await self.request.database.fetch(statement, {"id": self.id, **self.request.parameters()})
        return tuple(found[0]) if found else None

    def close(self) -> None:
        """Follow no more; nothing is left to be closed."""


async def export_updates(request: Request, id_: int, show: Callable[[int], T]) -> Followed[T]:
    """How one of one's own exports gets on; NotFound where there is no such one."""
    require(request.viewer, Operation.EXPORTS, PATH)
    followed = Followed(request, streaming(request), id_, show)
    if request.standing.demo or await followed.state() is None:
        raise NotFound("You have no such export.", reason="export_unknown", field="legacyId")
    return followed
