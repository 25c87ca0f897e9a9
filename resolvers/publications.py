"""Rules of following notices: each that opens is told once, to whom it is shown at that moment."""

from collections import deque
from collections.abc import Callable
from functools import lru_cache
from typing import Generic, TypeVar

from db import notices as rows
from db.connections.database import Database
from db.json_text import Expression
from db.predicates import Columns, Condition, parameter
from db.statements.statement import Statement, value
from resolvers.access import require
from resolvers.context import Live, Request
from resolvers.feed import patiently
from resolvers.notices import for_reader, information_rows
from resolvers.openings import Waiter
from resolvers.organizations import CODE, found_own, refuse_organization
from resolvers.policy import Operation, Standing
from resolvers.subscriptions import streaming
from resolvers.text import text

T = TypeVar("T")

PATH = "Subscription.informationPublished"


class Published(Generic[T]):
    """Notices of a system, for an organization, as they open; before each the viewer is let in anew.

    Raises Ended for who may not come in any more, and a Refusal for who may not read notices any more.
    """

    def __init__(
        self, request: Request, live: Live, waiter: Waiter, asked: dict[str, object], show: Callable[[int], T]
    ) -> None:
        self.request = request
        self.live = live
        self.waiter = waiter
        self.asked = asked
        self.show = show
        self.waiting: deque[int] = deque()

    def __aiter__(self) -> "Published[T]":
        return self

    async def __anext__(self) -> T:
        """The next notice that is shown to the viewer."""
        while True:
            if not self.waiting:
                self.waiting.extend(await self.waiter.next())
                continue
            id_ = self.waiting.popleft()
            await self.request.renew(self.live)
            require(self.request.viewer, Operation.INFORMATIONS, PATH)
            if await self.is_shown(id_):
                return self.show(id_)

    async def is_shown(self, id_: int) -> bool:
        """Whether the list of notices would show this one."""
        statement = shown_statement(self.request.standing, self.request.database)
        values = {**self.request.parameters(), **self.asked, "information": id_}
        return bool(await patiently(lambda: self.request.database.fetch(statement, values)))

    def close(self) -> None:
        """Wait no more."""
        self.waiter.close()


async def informations_published(
    request: Request, *, system: str, organization_code: str, show: Callable[[int], T]
) -> Published[T]:
    """The notices of a system for one's own organization that open from now on."""
    require(request.viewer, Operation.INFORMATIONS, PATH)
    live = streaming(request)
    asked: dict[str, object] = {"system": system, "code": text(organization_code)}
    own = value(found_own(request.standing, bound_code), request.database.dialect)
    ((found,),) = await request.database.fetch(own, {**request.parameters(), **asked})
    refuse_organization(found, {CODE: organization_code}, request.standing)
    return Published(request, live, await live.openings.join(), asked, show)


def bound_code(argument: str) -> Expression | None:
    """The organization is named by its code."""
    return parameter("code") if argument == CODE else None


@lru_cache(maxsize=256)
def shown_statement(standing: Standing, database: Database) -> Statement:
    """One notice, as the list of notices shows it to viewers of a standing: their own organization's, open now."""

    def shown(columns: Columns) -> Condition:
        code = parameter("code")
        meant = rows.for_system(columns, parameter("system")) & for_reader(columns, code)
        return information_rows(standing, columns) & meant & found_own(standing, bound_code).is_not(None)

    return rows.one_statement(database.dialect, shown)
