"""Rules of following what is delivered to a webhook: each change of a status, for who may see it at that moment."""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Generic, TypeAlias, TypeVar

from db.connections.database import Database
from db.deliveries import states_statement
from db.predicates import Columns, Condition, parameter
from db.statements.statement import Statement, compiled
from db.webhooks import seen_statement
from resolvers.access import require
from resolvers.context import Live, Request
from resolvers.errors import NotFound
from resolvers.feed import EVERY_S, patiently
from resolvers.policy import Operation, Standing
from resolvers.scopes import webhook_rows
from resolvers.subscriptions import streaming

T = TypeVar("T")
# What of a delivery is told when it changes, by its number.
States: TypeAlias = Mapping[int, tuple[object, ...]]

PATH = "Subscription.deliveryUpdated"
# Clocks differ, and what is finished is recorded a moment later; so looks overlap by this much.
OVERLAP = timedelta(minutes=1)


class Watched(Generic[T]):
    """The deliveries of a webhook whose status has changed, looked for each second; each as `show` shows it.

    Before each the viewer is let in anew. Raises Ended for who may not come in any more, and a Refusal where the
    webhook is not within reach any more.
    """

    def __init__(self, request: Request, live: Live, webhook_id: int, show: Callable[[int], T]) -> None:
        self.request = request
        self.live = live
        self.webhook_id = webhook_id
        self.show = show
        self.known: States = {}
        self.looked_at = datetime.now(UTC)
        self.waiting: deque[int] = deque()

    def __aiter__(self) -> "Watched[T]":
        return self

    async def __anext__(self) -> T:
        """The next delivery that has changed."""
        while not self.waiting:
            await asyncio.sleep(EVERY_S)
            self.waiting.extend(await self.changed())
            # One that was removed never changes any more.
            await self.refuse_unseen()
        id_ = self.waiting.popleft()
        await self.request.renew(self.live)
        await self.refuse_unseen()
        return self.show(id_)

    async def changed(self) -> list[int]:
        """The deliveries that stand otherwise than at the last look, by number."""
        before, since = self.known, self.looked_at - OVERLAP
        self.looked_at = datetime.now(UTC)
        statement = states_statement(self.request.database.dialect)
        values = {"webhook": self.webhook_id, "since": since}
        found = await patiently(lambda: self.request.database.fetch(statement, values))
        self.known = {record[0]: tuple(record[1:]) for record in found}
        return [id_ for id_, state in self.known.items() if before.get(id_) != state]

    async def refuse_unseen(self) -> None:
        """Refuse who may not see webhooks, or not this one."""
        require(self.request.viewer, Operation.WEBHOOKS, PATH)
        statement = seen(self.request.standing, self.request.database)
        values = {**self.request.parameters(), "webhook": self.webhook_id}
        if not await patiently(lambda: self.request.database.fetch(statement, values)):
            raise NotFound("There is no such webhook within your reach.", reason="webhook_unknown", field="legacyId")

    def close(self) -> None:
        """Look no more: nothing goes on between two looks."""


async def deliveries_updated(request: Request, webhook_id: int, show: Callable[[int], T]) -> Watched[T]:
    """The deliveries of a webhook within reach whose status changes from now on."""
    require(request.viewer, Operation.WEBHOOKS, PATH)
    watched = Watched(request, streaming(request), webhook_id, show)
    await watched.refuse_unseen()
    await watched.changed()
    return watched


@lru_cache(maxsize=256)
def seen(standing: Standing, database: Database) -> Statement:
    """The bound webhook, as far as viewers of a standing see it."""

    def shown(columns: Columns) -> Condition:
        return webhook_rows(standing, columns) & (columns["id"] == parameter("webhook"))

    return compiled(seen_statement(shown), database.dialect)
