"""Tells what changed: rows of the roster log, and courses whose day of publication has come, become events."""

from collections.abc import Sequence

from db import positions, roster_news
from db.connections.database import Database, Transaction
from db.outbox import Position
from db.positions import ROSTER
from db.roster import reached
from db.roster_news import PAGE
from resolvers.events import emit
from resolvers.roster_events import Happened, events_of, publication_event


class Teller:
    """Reads the log in order, a page in a transaction: either it is told and the place moved, or neither.

    Any number of processes may do so; one at a time goes on. Who has no place yet begins with what is so now. What was
    pruned before anybody told of it is left out.
    """

    def __init__(self, database: Database) -> None:
        self.database = database

    async def round(self) -> bool:
        """Tell of the next page of changes; whether there may be more."""
        # One statement each second: where nothing is new, no transaction begins.
        if not await roster_news.look(self.database):
            return False
        stands = Position(*(await reached(self.database)).now)
        async with self.database.writing() as transaction:
            if await positions.begin(transaction, ROSTER, stands):
                await roster_news.begin(transaction)
                return False
            before = await positions.held(transaction, ROSTER)
            return before is not None and await self.tell(transaction, before)

    async def tell(self, transaction: Transaction, before: Position) -> bool:
        """Tell of the page behind a place, and move that; whether there may be more."""
        changes = await roster_news.page(transaction, before)
        publications = await roster_news.published(transaction)
        await self.emit(transaction, [*events_of(changes), *map(publication_event, publications)])
        to = changes[-1].position if changes else before
        if not await positions.move(transaction, ROSTER, before=before, to=to):
            raise RuntimeError("The place was moved by somebody else while it was ours.")
        return PAGE in (len(changes), len(publications))

    async def emit(self, transaction: Transaction, happened: Sequence[Happened]) -> None:
        """Emit events. Nobody can hear of an organization that is gone, and the outbox names none."""
        named = {one.event.organization_id for one in happened} - {None}
        known = {None, *await roster_news.there(transaction, sorted(id_ for id_ in named if id_ is not None))}
        for one in happened:
            if one.event.organization_id in known:
                await emit(transaction, one.event, one.at)
