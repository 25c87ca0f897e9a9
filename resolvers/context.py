"""What one request carries through the graph: the viewer, the clock, the database, loaders and limits."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

from aiodataloader import DataLoader

from db.compliance import SOON, SOON_UNTIL, TODAY
from db.connections.database import Database, Row, Transaction
from db.errors import StatementTooLarge
from db.exports import DOWNLOADS
from db.idempotency import AlreadyHeld, Claim, hold
from db.japan import JAPAN, academic_year
from db.json_text import Moments
from db.profiles import DEMO
from db.sight import Sight
from db.sign_in import Account
from db.statements.statement import Statement
from resolvers.errors import Conflict, Ended, LimitExceeded, Refusal
from resolvers.feed import Feed
from resolvers.openings import Openings
from resolvers.outside import Outside
from resolvers.plans import NO_CONTRACT, Contract
from resolvers.policy import (
    EVERYWHERE,
    PLACES,
    ROLES,
    STUDENT_ID,
    UID,
    USER_ID,
    Operation,
    Place,
    Position,
    Role,
    Standing,
    reach_name,
    reached,
    role_of,
)
from resolvers.service_provider import ServiceProvider
from resolvers.sight import SIGHT_OF_NOBODY, sight_of
from resolvers.tool import Addresses
from resolvers.uploads import File
from resolvers.witness import Access, Manner, Shown, Witness

GRAPH_PAGE = 100
NO_ONE = 0
BY_GRAPHQL = Manner()
DOWNLOADS_PATH = "/api/integrations/exports"
NOBODY = Standing(frozenset(), demo=False)


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who asks: identity, roles that token and database both grant, and the organizations they reach."""

    uid: str
    roles: frozenset[Role]
    standing: Standing
    places: frozenset[Place] = frozenset()
    student_id: int | None = None
    staff_id: int | None = None
    contract: Contract = NO_CONTRACT
    # Of an API token: its number, what it may be used for, None for everything, and whether the graph runs registered
    # documents alone for it. Auth0's tokens have none of these.
    token_id: int | None = None
    abilities: frozenset[str] | None = None
    documents_only: bool = False
    # What the policies of PostgreSQL read of all this; made here, once, because connections know it by its identity.
    sight: Sight = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        made = sight_of(
            self.standing,
            self.places,
            uid=self.uid,
            roles=self.roles,
            user_id=self.user_id,
            student_id=self.student_id,
        )
        object.__setattr__(self, "sight", made)

    @property
    def user_id(self) -> int | None:
        """The number of the account; a student's and a staff member's profile share it."""
        return self.student_id if self.student_id is not None else self.staff_id

    @property
    def positions(self) -> frozenset[Position]:
        """The viewer's columns of the role matrix."""
        return self.standing.positions

    def reaches(self, operation: Operation) -> frozenset[int]:
        """The ids of the organizations that an operation reaches; for who reaches everything they are not listed."""
        return frozenset(reached(self.places)[reach_name(operation)])

    def parameters(self) -> dict[str, object]:
        """The values that scopes bind."""
        return {
            **reached(self.places),
            UID: self.uid,
            ROLES: [role.value for role in self.roles],
            PLACES: [f"{place.organization_id}:{role_of(place.position).value}" for place in self.places],
            DEMO: self.standing.demo,
            EVERYWHERE: [role_of(place.position).value for place in self.places if place.organization_id is None],
            STUDENT_ID: NO_ONE if self.student_id is None else self.student_id,
            USER_ID: NO_ONE if self.user_id is None else self.user_id,
        }


class Desk(Protocol):
    """Where people sign in; resolvers/sign_in.py has it."""

    async def account(self, request: "Request", *, email: str, password: str) -> Account | None:
        """The account whose email and password these are; None for wrong ones."""

    async def viewer(self, uid: str, now: datetime) -> Viewer:
        """The person of an account, if the person may come in now."""


@dataclass(frozen=True, slots=True)
class Live:
    """What subscriptions stand on: what happens, notices that open, and how whoever subscribed is let in anew.

    `admit` gives the viewer behind the same token as of now; it raises a Refusal for who may not come in any more.
    """

    feed: Feed
    openings: Openings
    admit: Callable[[], Awaitable[Viewer | None]]


@dataclass(slots=True)
class Request:
    """One request: everything that resolvers need and nothing that outlives the answer.

    `address` is the client's, by which attempts to sign in are counted; `claim` is under which key what is changed
    here may be changed once; `live` is there where a client may subscribe, `outside` where commands may reach it.
    """

    viewer: Viewer | None
    database: Database
    now: datetime
    page_limit: int = GRAPH_PAGE
    moments: Moments = Moments.JST
    request_id: str = ""
    address: str = ""
    desk: Desk | None = None
    claim: Claim | None = None
    live: Live | None = None
    outside: Outside | None = None
    # Whether registered documents alone are run for anybody, and below which path the files of exports are fetched.
    documents_only: bool = False
    downloads: str = DOWNLOADS_PATH
    # Where LTI platforms find this tool; None where the server has no public address.
    tool: Addresses | None = None
    # The file that the request brings, at a door that takes one.
    upload: File | None = None
    # Where identity providers find this server; None likewise.
    provider: ServiceProvider | None = None
    # Which way it came; whoever writes down what is read of students, and what was read since that was last told.
    manner: Manner = BY_GRAPHQL
    witness: Witness | None = None
    shown: list[Shown] = field(default_factory=list)
    loaders: dict[object, "DataLoader[Any, object]"] = field(default_factory=dict)
    values: dict[str, object] = field(default_factory=dict)
    running: set["asyncio.Task[Any] | None"] = field(default_factory=set)
    # Whether what was asked has been answered, so that nobody waits for anything more.
    answered: bool = False
    # How long letting in, reading, planning and statements took, in seconds.
    auth_s: float = 0.0
    parse_s: float = 0.0
    plan_s: float = 0.0
    sql_s: float = 0.0

    @property
    def standing(self) -> Standing:
        """The viewer's standing; nobody's, which may do nothing, where there is no viewer."""
        return NOBODY if self.viewer is None else self.viewer.standing

    @property
    def sight(self) -> Sight:
        """What the request may see in the database."""
        return SIGHT_OF_NOBODY if self.viewer is None else self.viewer.sight

    async def fetch(self, statement: Statement, values: Mapping[str, object]) -> Sequence[Row]:
        """Run a reading statement for this request, which sees what its viewer may; `stop` ends it."""
        self.end_if_answered()
        return await self.timed(self.database.seen(statement, values, self.sight))

    async def known(self, statement: Statement, values: Mapping[str, object]) -> Sequence[Row]:
        """Run a reading statement that the system itself has to know the answer to, whoever asks; `stop` ends it."""
        self.end_if_answered()
        return await self.timed(self.database.fetch(statement, values))

    async def timed(self, reading: Awaitable[Sequence[Row]]) -> Sequence[Row]:
        """Wait for a statement, so that it can be ended from outside, and remember how long it took.

        LimitExceeded where the database takes none of its size.
        """
        task = asyncio.current_task()
        self.running.add(task)
        started = time.perf_counter()
        try:
            return await reading
        except StatementTooLarge:
            raise LimitExceeded(
                "This is too much for one statement. Ask for less at once.", reason="statement"
            ) from None
        finally:
            self.running.discard(task)
            self.sql_s += time.perf_counter() - started

    def saw(self, fields: tuple[str, ...], numbers: str | None) -> None:
        """Note what was read of which students; their numbers are parted by commas, and none is nothing."""
        if numbers:
            self.shown.append((fields, numbers))

    def accessed(self) -> Access | None:
        """What was read of students since this was last asked; None where nothing was."""
        viewer, shown = self.viewer, tuple(self.shown)
        self.shown.clear()
        if viewer is None or not shown:
            return None
        own = viewer.student_id
        return Access(self.now, viewer.user_id, viewer.uid, viewer.token_id, own, self.manner, shown)

    def tell(self) -> None:
        """Have what was read of students be written down, for it is being answered."""
        access = self.accessed()
        if access is not None and self.witness is not None:
            self.witness.note(access)

    def stop(self, *, besides: "asyncio.Task[Any] | None") -> None:
        """End every statement that runs for this request in other tasks: nobody waits for it any more."""
        for task in self.running - {besides, None}:
            if task is not None:
                task.cancel()

    def end_if_answered(self) -> None:
        """End a task that would begin a statement for nobody."""
        if self.answered:
            raise asyncio.CancelledError

    @contextmanager
    def answering(self) -> Iterator[None]:
        """While the block runs, statements do. What it leaves behind, as where a null spread, ends with it."""
        self.answered = False
        try:
            yield
        finally:
            self.answered = True
            self.stop(besides=asyncio.current_task())

    def enter(self, viewer: Viewer) -> None:
        """From here on the request is this person's, who has just signed in."""
        self.viewer = viewer
        self.values, self.loaders = {}, {}

    async def renew(self, live: Live) -> None:
        """Let in anew who subscribed, before the next message: roles, locks and reach are those of this moment.

        Raises Ended for who may not come in any more.
        """
        try:
            self.viewer = await live.admit()
        except Refusal as refusal:
            raise Ended(refusal) from None
        self.now = datetime.now(UTC)
        self.values, self.loaders = {}, {}

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[Transaction]:
        """One transaction, committed at the end of the block; it holds the request's claim, where there is one.

        Conflict where another request under the same key was quicker.
        """
        try:
            async with self.database.writing() as transaction:
                if self.claim is not None:
                    await hold(transaction, self.claim, self.now)
                yield transaction
        except AlreadyHeld:
            raise Conflict(
                "A request with this Idempotency-Key is being carried out. Ask again for its answer.",
                reason="idempotency_conflict",
            ) from None

    def parameters(self) -> dict[str, object]:
        """The values of every parameter that comes from the request and not from an argument."""
        if not self.values:
            viewer = {} if self.viewer is None else self.viewer.parameters()
            today = self.now.astimezone(JAPAN).date()
            self.values = {
                "now": self.now,
                "academic_year": academic_year(self.now),
                DOWNLOADS: self.downloads,
                TODAY: today,
                SOON_UNTIL: today + SOON,
                **viewer,
            }
        return self.values
