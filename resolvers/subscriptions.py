"""Rules of following what happens: from where on, and who may hear of each event at the moment it is told."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from db import outbox
from db.organizations import id_of
from db.outbox import Told
from db.predicates import parameter
from db.statements.statement import value
from db.subjects import Subject
from resolvers.access import require
from resolvers.context import Live, Request, Viewer
from resolvers.errors import BadInput
from resolvers.events import EventType
from resolvers.feed import Reader, Sieve, patiently
from resolvers.organizations import CODE, LEGACY_ID, refuse_organization
from resolvers.policy import Operation, Position
from resolvers.scopes import in_reach
from resolvers.students import is_oneself
from resolvers.text import text

T = TypeVar("T")

AFTER, STUDENTS = "after", "studentLegacyIds"
MOST_STUDENTS = 1000
# No sequence gives a higher number.
HIGHEST = 2**63 - 1
STUDENT = "Student"
# In what is told of a demo course.
DEMO = "demo"


@dataclass(frozen=True, slots=True)
class Follows:
    """What somebody follows: events of these types, about students of this organization, or these; None means all.

    `operation` is what the viewer must be let to do, and `path` the field that asks for it.
    """

    operation: Operation
    path: str
    types: frozenset[str] | None = None
    organization_id: int | None = None
    students: frozenset[int] | None = None

    def sieve(self, viewer: Viewer) -> Sieve:
        """What is worth reading for a viewer; whether an event may be heard of is for `hears` to say."""
        if viewer.standing.everything(self.operation) or Position.STUDENT in viewer.positions:
            return Sieve(self.types)
        return Sieve(self.types, sorted(viewer.reaches(self.operation)))

    def may_concern(self, viewer: Viewer, told: Told) -> bool:
        """Whether an event is worth a closer look: most concern few of those who follow."""
        if self.students is not None and told.subject_id not in self.students:
            return False
        near = told.organization_id in viewer.reaches(self.operation) or told.subject_id == viewer.student_id
        return near or concerns_everybody(told) or viewer.standing.everything(self.operation)

    def wants(self, told: Told, subject: Subject | None) -> bool:
        """Whether an event is of the organization that was asked for: where its student belongs now."""
        return self.organization_id is None or (subject is not None and subject.organization_id == self.organization_id)

    def hears(self, viewer: Viewer, told: Told, subject: Subject | None) -> bool:
        """Whether a viewer may hear of an event: both where it happened and where its student belongs are in reach.

        So nobody hears what a student did elsewhere, nor of one who has left. Locked students are not told of. Courses
        concern everybody who follows. Demo tokens hear of demo students and demo courses, and of nothing else.
        """
        if concerns_everybody(told):
            return not viewer.standing.demo or told.body.get(DEMO) is True
        if viewer.standing.demo and told.subject_type != STUDENT:
            return False
        places = {told.organization_id}
        if told.subject_type == STUDENT:
            if subject is None or subject.locked or (viewer.standing.demo and not subject.demo):
                return False
            if is_oneself(viewer, self.operation, subject):
                return True
            places.add(subject.organization_id)
        return viewer.standing.everything(self.operation) or places <= viewer.reaches(self.operation)


def concerns_everybody(told: Told) -> bool:
    """Whether an event is of no organization, and for everybody who may follow events."""
    return told.subject_type == outbox.COURSE and told.organization_id is None


class Followed(Generic[T]):
    """The events that somebody follows, each as `show` shows it; before each the viewer is let in anew.

    Raises Ended for who may not come in any more, and a Refusal for who may not follow these events any more.
    """

    def __init__(
        self, request: Request, live: Live, follows: Follows, reader: Reader, show: Callable[[Told], T]
    ) -> None:
        self.request = request
        self.live = live
        self.follows = follows
        self.reader = reader
        self.show = show
        self.known = require(request.viewer, follows.operation, follows.path)
        self.waiting: deque[Told] = deque()

    def __aiter__(self) -> "Followed[T]":
        return self

    async def __anext__(self) -> T:
        """The next event that the viewer wants and may hear of."""
        while True:
            while not self.waiting:
                found = await self.reader.next(self.follows.sieve(self.known))
                viewer = await self.viewer()
                self.waiting.extend(told for told in found if self.follows.may_concern(viewer, told))
            told = self.waiting.popleft()
            viewer, subject = await self.viewer(), await self.subject(told)
            if self.follows.wants(told, subject) and self.follows.hears(viewer, told, subject):
                return self.show(told)

    async def viewer(self) -> Viewer:
        """The viewer as of now."""
        await self.request.renew(self.live)
        self.known = require(self.request.viewer, self.follows.operation, self.follows.path)
        return self.known

    async def subject(self, told: Told) -> Subject | None:
        """The student whom an event is about, as of now."""
        if told.subject_type != STUDENT:
            return None
        return await patiently(lambda: self.live.feed.subjects.load(told.subject_id))

    def close(self) -> None:
        """Follow no more."""
        self.reader.close()


async def event_stream(
    request: Request, types: Sequence[str] | None, after: str | None, show: Callable[[Told], T]
) -> Followed[T]:
    """Everything that happens within reach, from now on or behind the event with the number `after`."""
    path = "Subscription.eventStream"
    require(request.viewer, Operation.EVENTS, path)
    live = streaming(request)
    start = None if after is None else await behind(request, after)
    follows = Follows(Operation.EVENTS, path, None if types is None else frozenset(types))
    return Followed(request, live, follows, await live.feed.join(start), show)


async def progress_updates(
    request: Request,
    *,
    organization_code: str | None,
    organization_legacy_id: int | None,
    students: Sequence[int] | None,
    show: Callable[[Told], T],
) -> Followed[T]:
    """What learners within reach do from now on, of one organization or of some learners if so told."""
    path = "Subscription.progressUpdated"
    require(request.viewer, Operation.PROGRESS, path)
    live = streaming(request)
    if students is not None and len(students) > MOST_STUDENTS:
        raise BadInput(f"{STUDENTS} takes at most {MOST_STUDENTS} values.", reason="too_many_values", field=STUDENTS)
    follows = Follows(
        Operation.PROGRESS,
        path,
        frozenset({EventType.PROGRESS_UPDATED.value}),
        await named_organization(request, Operation.PROGRESS, organization_code, organization_legacy_id),
        None if students is None else frozenset(students),
    )
    return Followed(request, live, follows, await live.feed.join(None), show)


def streaming(request: Request) -> Live:
    """What a subscription stands on; where a door cannot stream, there is nothing to subscribe to."""
    if request.live is None:
        raise stream_needed()
    return request.live


def stream_needed() -> BadInput:
    """The refusal of a subscription that comes as an ordinary request."""
    return BadInput("Subscribe over a WebSocket, or accept text/event-stream.", reason="subscription_needs_stream")


async def behind(request: Request, after: str) -> outbox.Position:
    """Where the event with this number stands; BadInput where it is unknown, or not kept any more."""
    seq = int(after) if after.isascii() and after.isdecimal() and len(after) < 20 else HIGHEST + 1
    found = None if seq > HIGHEST else await outbox.standing(request.database, seq)
    if found is not None:
        return found
    oldest = await outbox.oldest_seq(request.database)
    if oldest is not None and seq < oldest:
        raise BadInput(
            "What happened behind this event is not kept any more. Read what you need anew, then subscribe.",
            reason="cursor_too_old",
            field=AFTER,
        )
    raise BadInput("There is no event with this number.", reason="cursor_unknown", field=AFTER)


async def named_organization(
    request: Request, operation: Operation, code: str | None, legacy_id: int | None
) -> int | None:
    """The organization that is named, which must be within reach; None where none is."""
    if code is None and legacy_id is None:
        return None
    standing = request.standing
    found = value(
        id_of(
            code=None if code is None else parameter("code"),
            id_=parameter("id"),
            within=lambda columns: in_reach(standing, operation, columns["id"]),
        ),
        request.database.dialect,
    )
    named = {"code": None if code is None else text(code), "id": legacy_id}
    ((id_,),) = await request.database.fetch(found, {**request.parameters(), **named})
    refuse_organization(id_, {CODE: code, LEGACY_ID: legacy_id}, standing)
    return int(id_)
