"""Sections are filled from a platform's course: its learners come and go, and what people do by hand stays."""

from pathlib import Path

from sqlalchemy import delete, insert, select, update

from db.accounts import users
from db.lti.tables import lti_launches, lti_people, lti_roster_members, lti_rosters
from db.organizations import sections
from db.students import student_sections, students
from tests.accounts.calling import STUDENT
from tests.lti.filling import KAKEHASHI, NOW, STOP, UENO, Filling, filling
from tests.lti.membership_service import INSTRUCTOR, LEARNER, member, members

MEMBERSHIP = "http://purl.imsglobal.org/vocab/lis/v2/membership"
INSTITUTION = "http://purl.imsglobal.org/vocab/lis/v2/institution/person"
ALL_ROSTERS = """{
  ltiPlatforms { nodes { rosters(status: COMPLETED) { totalCount nodes { legacyId section { code } } } } }
  ltiRosters(sectionLegacyId: 0) { totalCount } }"""


async def test_the_learners_of_a_course_are_put_into_the_section(fills: Filling) -> None:
    fills.service.per_page = 3
    fills.service.members = [
        member("moodle", roles=[LEARNER]),
        member("short", roles=["Learner"]),
        # Who tells no status is active.
        {"user_id": "quiet", "roles": [LEARNER]},
        member("both", roles=[LEARNER, f"{INSTITUTION}#Faculty"], status="active"),
        # Some platforms write numbers.
        member("x", user_id=17, roles=[f"{INSTITUTION}#Student", LEARNER], message=[{"secret": "ignored"}]),
        member("teacher", roles=[INSTRUCTOR]),
        member("assistant", roles=[LEARNER, f"{MEMBERSHIP}/Instructor#TeachingAssistant"]),
        member("away", status="Inactive"),
        member("gone", status="Deleted"),
        member("nobody", roles=["http://example.jp/roles#Visitor"]),
        # The same one again, on another page.
        member("moodle"),
    ]
    before = await fills.count(users)
    number = await fills.asked()
    shown = await fills.filled()
    assert shown == {
        "legacyId": number,
        "contextId": "course-7",
        "contextTitle": "English",
        "status": "COMPLETED",
        "memberCount": 6,
        "createdCount": 5,
        "skippedCount": 0,
        "removedCount": 0,
        "attemptCount": 0,
        "responseCode": None,
        "error": None,
        "platform": {"legacyId": fills.platform},
        "section": {"legacyId": fills.section},
    }
    assert await fills.subjects() == ["17", "both", "moodle", "quiet", "short"]
    assert await fills.count(users) == before + 5
    assert {row.run_no for row in await fills.rows(lti_roster_members)} == {1}
    row = await fills.row()
    assert (row.lease_token, row.removals, row.made_count, row.organization_id) == (None, None, 0, KAKEHASHI)
    assert round((row.next_run_at - row.last_run_at).total_seconds()) == 86_400
    # The first address with the size that is wished for, then those that the platform tells; one token for all.
    assert fills.service.addresses == [
        "/memberships?course=7&limit=500",
        *[f"/memberships?course=7&limit=500&page={page}" for page in (2, 3, 4)],
    ]
    assert len(fills.service.tokens) == 1
    known, quiet = await fills.student("moodle"), await fills.student("quiet")
    assert (known.last_name, known.first_name, known.organization_id) == ("Fmoodle", "Gmoodle", KAKEHASHI)
    assert (quiet.last_name, quiet.first_name, quiet.external_id) == (quiet.code, "", quiet.code)
    told = await fills.owner.data(ALL_ROSTERS)
    (platform,) = told["ltiPlatforms"]["nodes"]
    assert platform["rosters"] == {"totalCount": 1, "nodes": [{"legacyId": number, "section": {"code": "HQ"}}]}
    assert told["ltiRosters"] == {"totalCount": 0}


async def test_people_are_matched_by_the_id_of_the_schools_own_system(url: str, data_dir: Path) -> None:
    async with filling(url, data_dir, matching="external_id", creates_accounts=False) as fills:
        async with fills.database.engine.connect() as connection:
            wanted = select(students.c.external_id).where(students.c.uid == STUDENT)
            known = (await connection.execute(wanted)).scalar_one()
        fills.service.members = [
            member("a", lis_person_sourcedid=known),
            member("b", lis_person_sourcedid="nobody's"),
            member("c"),
            member("d", lis_person_sourcedid="x" * 256),
        ]
        before = await fills.count(users)
        await fills.asked()
        shown = await fills.filled()
        counts = [shown[name] for name in ("status", "memberCount", "createdCount", "skippedCount")]
        assert counts == ["COMPLETED", 4, 0, 3]
        assert (await fills.subjects(), (await fills.student("a")).uid) == (["a"], STUDENT)
        # Nobody else was made, or is known from now on.
        assert (await fills.count(users), await fills.count(lti_people)) == (before, 1)


async def test_people_are_matched_by_their_mail_address(url: str, data_dir: Path) -> None:
    async with filling(url, data_dir, matching="email") as fills:
        await fills.executed(update(users).where(users.c.uid == STUDENT).values(email="student@example.jp"))
        fills.service.members = [member("a", email="Student@Example.JP"), member("b", email="new@example.jp")]
        await fills.asked()
        shown = await fills.filled()
        assert [shown[name] for name in ("memberCount", "createdCount", "skippedCount")] == [2, 1, 0]
        assert (await fills.subjects(), (await fills.student("a")).uid) == (["a", "b"], STUDENT)


async def test_whoever_is_no_active_learner_any_more_is_taken_out(fills: Filling) -> None:
    fills.service.members = members(6)
    await fills.asked()
    await fills.filled()
    fills.service.members = [
        *members(2),
        member("u3", status="Inactive"),
        member("u4", roles=[INSTRUCTOR]),
        *members(1, 6),
        member("new"),
    ]
    shown = await fills.again()
    counts = [shown[name] for name in ("status", "memberCount", "createdCount", "removedCount")]
    assert counts == ["COMPLETED", 4, 1, 3]
    assert await fills.subjects() == ["new", "u1", "u2", "u6"]
    assert await fills.count(lti_roster_members) == 4
    # Whoever comes back is the same person, and put in again.
    known = await fills.student("u3")
    fills.service.members = [*members(6), member("new")]
    shown = await fills.again()
    assert [shown[name] for name in ("memberCount", "createdCount", "removedCount")] == [7, 0, 0]
    assert await fills.student("u3") == known
    assert len(await fills.subjects()) == 7


async def test_what_people_did_by_hand_is_never_touched(fills: Filling) -> None:
    fills.service.members = members(4)
    await fills.asked()
    await fills.filled()
    own, out = (await fills.student("u1")).id, (await fills.student("u2")).id
    by_roster, place = lti_roster_members.c, student_sections.c
    # As if u1 had been there before; u2 is taken out by somebody, though the platform tells of both.
    await fills.executed(
        delete(lti_roster_members).where(by_roster.student_id == own),
        delete(student_sections).where(place.student_id == out, place.section_id == fills.section),
    )
    shown = await fills.again()
    assert [shown[name] for name in ("memberCount", "createdCount", "removedCount")] == [4, 0, 0]
    assert await fills.subjects() == ["u1", "u3", "u4"]
    # Neither is told of any more: the one stays, and of the other nothing is left to take out.
    fills.service.members = members(2, 3)
    assert (await fills.again())["removedCount"] == 0
    assert await fills.subjects() == ["u1", "u3", "u4"]
    # From then on u2 is as new as anybody.
    fills.service.members = members(4)
    assert (await fills.again())["removedCount"] == 0
    assert await fills.subjects() == ["u1", "u2", "u3", "u4"]
    assert {row.student_id for row in await fills.rows(lti_roster_members)} == {
        (await fills.student(one)).id for one in ("u2", "u3", "u4")
    }


async def test_too_many_are_not_taken_out_before_somebody_asks_for_it(fills: Filling) -> None:
    fills.service.members = members(12)
    await fills.asked()
    await fills.filled()
    # Six of twelve are not more than half.
    fills.service.members = members(6)
    assert (await fills.again())["removedCount"] == 6
    fills.service.members = members(12)
    await fills.again()
    fills.service.members = [*members(5), member("new")]
    for _ in range(2):
        shown = await fills.again()
        assert (shown["status"], shown["attemptCount"], shown["removedCount"]) == ("FAILED", 0, 0)
        assert shown["error"] == (
            "The platform no longer tells of 7 of the 12 learners whom it has put into the section. That is too many to"
            " be taken out unasked: ask for the section to be filled again, and they are."
        )
        assert len(await fills.subjects()) == 13
        # What is new is not counted among those who were put in: the next run has thirteen, and the same seven go.
        await fills.executed(
            delete(student_sections).where(student_sections.c.student_id == (await fills.student("new")).id),
            delete(lti_roster_members).where(lti_roster_members.c.student_id == (await fills.student("new")).id),
        )
    await fills.asked()
    shown = await fills.filled()
    assert [shown[name] for name in ("status", "memberCount", "removedCount", "error")] == ["COMPLETED", 6, 7, None]
    assert await fills.subjects() == ["new", "u1", "u2", "u3", "u4", "u5"]
    # That was for once; and asking again where nothing was stopped allows nothing.
    fills.service.members = []
    await fills.asked()
    shown = await fills.filled()
    assert (shown["status"], len(await fills.subjects())) == ("FAILED", 6)


async def test_leave_to_take_out_many_ends_with_the_request_it_was_given_for(fills: Filling) -> None:
    fills.service.members = members(6)
    await fills.asked()
    await fills.filled()
    fills.service.members = []
    assert (await fills.again())["status"] == "FAILED"
    await fills.asked()
    assert (await fills.row()).removals == "allowed"
    # It is kept while the platform is away for a moment, and asked for twice; then what is wrong lasts.
    fills.service.trouble = lambda _page: (503, {}, {})
    assert (await fills.filled())["status"] == "PENDING"
    await fills.asked()
    assert (await fills.row()).removals == "allowed"
    fills.service.context = {"id": "another"}
    fills.service.trouble = lambda _page: None
    assert (await fills.filled())["status"] == "FAILED"
    fills.service.context = {"id": "course-7"}
    assert (await fills.again())["status"] == "FAILED"
    assert len(await fills.subjects()) == 6


async def test_a_student_in_two_courses_stays_until_both_have_ended(fills: Filling) -> None:
    fills.service.members = members(3)
    first = await fills.asked()
    await fills.filled()
    # The other course puts the same people there, and one more.
    launch = await fills.launched(context_id="course-8")
    fills.service.members, fills.service.context = members(4), {"id": "course-8"}
    await fills.asked(launch)
    await fills.filler.round()
    (task,) = fills.filler.tasks
    await task
    assert await fills.count(lti_roster_members) == 7
    fills.service.members, fills.service.context = members(1), {"id": "course-7"}
    await fills.executed(
        update(lti_rosters).where(lti_rosters.c.id == first).values(next_run_at=lti_rosters.c.created_at)
    )
    await fills.filler.round()
    (task,) = fills.filler.tasks
    await task
    assert await fills.subjects() == ["u1", "u2", "u3", "u4"]
    assert [row.removed_count for row in await fills.rows(lti_rosters)] == [0, 0]
    gone = await fills.owner.data(STOP, {"number": max(row.id for row in await fills.rows(lti_rosters)), "out": True})
    assert gone["stopFillingSection"] == {"stopped": True, "takenOutCount": 3}
    assert await fills.subjects() == ["u1"]


async def test_students_who_moved_to_another_organization_are_in_its_sections_no_more(fills: Filling) -> None:
    fills.service.members = members(3)
    await fills.asked()
    await fills.filled()
    near, far = (await fills.student("u1")).id, (await fills.student("u2")).id
    await fills.executed(
        update(students).where(students.c.id == near).values(organization_id=UENO),
        update(students).where(students.c.id == far).values(organization_id=1),
    )
    shown = await fills.again()
    assert [shown[name] for name in ("memberCount", "skippedCount", "removedCount")] == [3, 1, 1]
    assert await fills.subjects() == ["u1", "u3"]


async def test_who_was_put_in_stays_when_filling_is_stopped(fills: Filling) -> None:
    fills.service.members = members(3)
    number = await fills.asked()
    await fills.filled()
    stopped = await fills.owner.data(STOP, {"number": number})
    assert stopped["stopFillingSection"] == {"stopped": True, "takenOutCount": 0}
    assert await fills.subjects() == ["u1", "u2", "u3"]
    assert (await fills.count(lti_rosters), await fills.count(lti_roster_members)) == (0, 0)
    again = await fills.owner.data(STOP, {"number": number, "out": True})
    assert again["stopFillingSection"] == {"stopped": False, "takenOutCount": 0}
    # To a roster that is begun anew they are there by hand.
    fills.service.members = [member("new")]
    await fills.asked()
    assert (await fills.filled())["removedCount"] == 0
    assert await fills.subjects() == ["new", "u1", "u2", "u3"]


async def test_asked_again_the_roster_is_read_where_the_newest_launch_says(fills: Filling) -> None:
    fills.service.members = members(1)
    number = await fills.asked()
    await fills.filled()
    launch = await fills.launched(memberships_url=f"{fills.service.url}&new=1", context_title="英語")
    assert await fills.asked(launch) == number
    shown = await fills.filled()
    assert (shown["status"], shown["contextTitle"]) == ("COMPLETED", "英語")
    assert fills.service.addresses[-1] == "/memberships?course=7&new=1&limit=500"
    # A section of another course is another roster; sizes that a platform has chosen are left.
    async with fills.database.writing() as transaction:
        row = {"organization_id": KAKEHASHI, "code": "z", "name": "z", "abbreviation": "z", "seq": 9}
        added = insert(sections).values(**row, search_key="z", updated_at=NOW).returning(sections.c.id)
        other = (await transaction.execute(added)).scalar_one()
    await fills.executed(update(lti_launches).values(memberships_url=f"{fills.service.url}&limit=7"))
    assert await fills.asked(section=other) != number
    await fills.filler.round()
    (task,) = fills.filler.tasks
    await task
    assert fills.service.addresses[-1] == "/memberships?course=7&limit=7"
    assert await fills.subjects(other) == ["u1"]
