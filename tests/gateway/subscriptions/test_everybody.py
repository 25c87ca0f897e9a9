"""Published courses concern everybody who follows events; demo tokens hear of demo rows alone."""

from datetime import UTC, datetime

from db.roster_news import Publication
from resolvers.events import Event, EventType, emit
from resolvers.roster_events import publication_event
from tests.accounts.calling import ADMINISTRATOR, COACH, OWNER, STUDENT, SUNDAI_OWNER
from tests.gateway.subscriptions.happening import AT_UENO, KAKEHASHI, UENO, happen
from tests.gateway.subscriptions.serving import Client, Served, client_as

SUBJECTS = "subscription { eventStream { subjectType subjectLegacyId } }"
FIRST = "subscription { eventStream { seq } }"
DEMO_STAFF = "auth0|demo-demo"
COURSE, DEMO_COURSE, AT_UENO_DEMO = 507, 9, 30


async def told(served: Served) -> None:
    """A course and a demo course are published, an organization's things happen, and then a demo student's."""
    now = datetime.now(UTC)
    courses = [publication_event(Publication(id_, id_ == DEMO_COURSE, now)).event for id_ in (COURSE, DEMO_COURSE)]
    # As an operator's export is told: of no organization, and for nobody else.
    export = Event(EventType.EXPORT_COMPLETED, None, "Export", COURSE, {"rows": 1})
    gone = Event(EventType.MEMBER_REMOVED, KAKEHASHI, "Organization", KAKEHASHI, {"student": AT_UENO})
    async with served.database.writing() as transaction:
        for event in (*courses, export, gone):
            await emit(transaction, event, now)
    await happen(served.database, AT_UENO_DEMO, 1, organization=UENO)


async def heard(client: Client, count: int) -> list[tuple[str, int]]:
    """What so many events are about, which must be all."""
    found = [(await client.data())["eventStream"] for _ in range(count)]
    await client.silent()
    return [(one["subjectType"], one["subjectLegacyId"]) for one in found]


BOTH = [("Course", COURSE), ("Course", DEMO_COURSE)]
EXPECTED = {
    ADMINISTRATOR: [*BOTH, ("Export", COURSE), ("Organization", KAKEHASHI), ("Student", AT_UENO_DEMO)],
    OWNER: [*BOTH, ("Organization", KAKEHASHI), ("Student", AT_UENO_DEMO)],
    COACH: [*BOTH, ("Student", AT_UENO_DEMO)],
    SUNDAI_OWNER: BOTH,
    DEMO_STAFF: [BOTH[1], ("Student", AT_UENO_DEMO)],
}


async def test_everybody_who_follows_hears_of_courses_and_demo_tokens_of_demo_courses(own_door: Served) -> None:
    for uid, expected in EXPECTED.items():
        async with client_as(own_door, uid) as client:
            await client.subscribe(SUBJECTS)
            await told(own_door)
            assert await heard(client, len(expected)) == expected, uid


async def test_so_it_is_with_what_is_read_again_from_the_outbox(own_door: Served) -> None:
    async with client_as(own_door, ADMINISTRATOR) as client:
        await client.subscribe(FIRST)
        await happen(own_door.database, AT_UENO, 1)
        first = (await client.data())["eventStream"]["seq"]
    await told(own_door)
    for uid, expected in EXPECTED.items():
        async with client_as(own_door, uid) as client:
            await client.subscribe(SUBJECTS.replace("eventStream", f'eventStream(after: "{first}")'))
            assert await heard(client, len(expected)) == expected, uid


async def test_a_student_follows_no_courses(own_door: Served) -> None:
    progress = "subscription { progressUpdated { studentLegacyId } }"
    async with client_as(own_door, STUDENT) as client:
        await client.subscribe(SUBJECTS)
        assert await client.errors() == [("FORBIDDEN", "operation_not_allowed")]
        await client.subscribe(progress, "2")
        await told(own_door)
        await client.silent()
    async with client_as(own_door, OWNER) as client:
        await client.subscribe(progress)
        await told(own_door)
        await client.silent()
