"""What can be followed, with its fields: events, progress, and notices as they open."""

import base64
from datetime import UTC, datetime, timedelta

from resolvers.events import DESCRIPTIONS, EventType
from tests.accounts.calling import COACH, OWNER, SUNDAI_OWNER
from tests.gateway.subscriptions.happening import AT_NAMBA, AT_UENO, UENO, change, happen, publish
from tests.gateway.subscriptions.serving import Served, client_as

STARTED = "mutation ($events: [ProgressEventInput!]!) { recordProgress(events: $events) { userErrors { code } } }"
LESSON = 50101
# A student of the demo who has not begun anything.
LEARNER, LEARNER_ID = "auth0|demo-u010", 25
OTHER_STUDENT = "auth0|demo-n001"


def test_every_event_is_described() -> None:
    assert set(DESCRIPTIONS) == set(EventType)


async def start(served: Served, client_id: str, lesson: int = LESSON) -> None:
    """Let the student begin a lesson."""
    subject = base64.b64encode(f"Lesson:{lesson}".encode()).decode()
    event = {"clientId": client_id, "verb": "STARTED", "subject": subject}
    answer = await served.post(STARTED, await served.headers(LEARNER), events=[event])
    assert answer["recordProgress"]["userErrors"] == []


async def test_an_event_tells_what_happened_by_number_and_name(own_door: Served) -> None:
    query = """
    subscription {
      eventStream(types: [PROGRESS_UPDATED, ENROLLMENT_CREATED]) {
        seq type typeCode organizationLegacyId subjectType subjectId subjectLegacyId data student { uid }
      }
    }
    """
    async with client_as(own_door, OWNER) as client:
        await client.subscribe(query)
        await happen(own_door.database, AT_UENO, 1)
        await start(own_door, "a")
        common = {
            "organizationLegacyId": UENO,
            "subjectType": "Student",
            "subjectId": "U3R1ZGVudDoyNQ==",
            "subjectLegacyId": LEARNER_ID,
            "student": {"uid": LEARNER},
        }
        assert [(await client.data())["eventStream"] for _ in range(2)] == [
            {
                "seq": "2",
                "type": "ENROLLMENT_CREATED",
                "typeCode": "enrollment.created",
                "data": {"course": 501},
                **common,
            },
            {
                "seq": "3",
                "type": "PROGRESS_UPDATED",
                "typeCode": "progress.updated",
                "data": {"lessons": [LESSON]},
                **common,
            },
        ]
        await client.silent()


async def test_progress_is_told_to_staff_and_to_the_learner_with_what_changed(own_door: Served) -> None:
    fields = """{
      occurredAt studentLegacyId student { uid } learner { xp }
      lessons { lessonLegacyId progress { state percent lesson { legacyId } } }
    }"""
    asked = {
        "all": "progressUpdated",
        "place": 'progressUpdated(organizationCode: "kakehashi-ueno")',
        "one": f"progressUpdated(studentLegacyIds: [{LEARNER_ID}])",
        "elsewhere": 'progressUpdated(organizationCode: "kakehashi-namba")',
        "another": f"progressUpdated(studentLegacyIds: [{AT_NAMBA}])",
    }
    async with (
        client_as(own_door, OWNER) as owner,
        client_as(own_door, LEARNER) as student,
        client_as(own_door, OTHER_STUDENT) as other,
        client_as(own_door, SUNDAI_OWNER) as foreign,
    ):
        for id_, field in asked.items():
            await owner.subscribe(f"subscription {{ {field} {fields} }}", id_)
        for client in (student, other, foreign):
            await client.subscribe(f"subscription {{ progressUpdated {fields} }}")
        await start(own_door, "a")
        came = sorted([await owner.take() for _ in range(3)], key=lambda message: message["id"])
        assert [message["id"] for message in came] == ["all", "one", "place"]
        assert len({repr(message["payload"]["data"]) for message in came}) == 1
        update = came[0]["payload"]["data"]["progressUpdated"]
        assert update["student"] == {"uid": LEARNER}
        assert update["lessons"] == [
            {
                "lessonLegacyId": LESSON,
                "progress": {"state": "IN_PROGRESS", "percent": 0, "lesson": {"legacyId": LESSON}},
            }
        ]
        # A student is not listed among students, and sees itself as a learner.
        message = await student.take()
        assert message["payload"]["errors"][0]["extensions"]["reason"] == "operation_not_allowed"
        assert message["payload"]["data"]["progressUpdated"]["learner"] == update["learner"]
        for client in (owner, student, other, foreign):
            await client.silent()


async def test_notices_are_told_as_they_open_to_whom_they_are_meant_for(own_door: Served) -> None:
    query = """
    subscription ($code: String!) {
      informationPublished(system: LMS, organizationCode: $code) { legacyId information { title } }
    }
    """
    database, now = own_door.database, datetime.now(UTC)
    async with (
        client_as(own_door, OWNER) as owner,
        client_as(own_door, COACH) as coach,
        client_as(own_door, SUNDAI_OWNER) as foreign,
    ):
        await owner.subscribe(query, code="kakehashi")
        await coach.subscribe(query, code="kakehashi-ueno")
        await foreign.subscribe(query, code="sundai")
        looks = own_door.app.state.parts.streams.openings
        assert looks.waiting == 3
        soon = await publish(database, "soon", now + timedelta(seconds=1.2))
        await publish(database, "much later", now + timedelta(days=1))
        for_owners = await publish(database, "for owners", now, ["cram_school_owner"])
        older = await publish(database, "opened yesterday, written now", now - timedelta(days=1))
        told = [{"legacyId": older, "information": {"title": "opened yesterday, written now"}}]
        soon_told = {"legacyId": soon, "information": {"title": "soon"}}
        owners_told = {"legacyId": for_owners, "information": {"title": "for owners"}}
        assert [(await owner.data())["informationPublished"] for _ in range(3)] == [*told, owners_told, soon_told]
        assert [(await coach.data())["informationPublished"] for _ in range(2)] == [*told, soon_told]
        assert [(await foreign.data())["informationPublished"] for _ in range(3)] == [*told, owners_told, soon_told]
        # Whoever belongs elsewhere now hears nothing of the place that was asked for.
        await change(database, "memberships", {"organization_id": 2003}, staff_id=2)
        await publish(database, "last", datetime.now(UTC))
        assert (await owner.data())["informationPublished"]["information"] == {"title": "last"}
        for client in (owner, coach):
            await client.silent()
    assert looks.waiting == 0
