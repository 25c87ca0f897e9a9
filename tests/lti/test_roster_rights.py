"""Who may have sections filled and see it, and how it is told that they were."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select

from db.connections.database import connect
from db.lti.tables import lti_launches, lti_platforms, lti_rosters
from db.organizations import sections
from jobs.worker import working
from tests.accounts.calling import ADMINISTRATOR, COACH, OWNER, STUDENT, SUNDAI_OWNER, by_auth0, by_token, reasons
from tests.lti.filling import FILL, KAKEHASHI, ROSTERS, STOP, UENO, Filling, worker
from tests.lti.membership_service import member, members
from tests.roster.telling import created, newest, removed, roster, settled, told, updated
from tests.webhooks.hooks import until

CHILD, COACH_PARENT, CLERK = "auth0|demo-owner-child", "auth0|demo-coach-parent", "auth0|demo-clerk-parent"
DEMO = "auth0|demo-demo"
NODE = "query ($id: ID!) { node(id: $id) { ... on LtiRoster { memberCount } } }"
DIFF = """query ($after: String) { rosterDiff(after: $after, types: [STUDENT], first: 50) {
  nextCursor changes { kind type node { ... on Student { lastName } } changedFields } } }"""


async def code_of(fills: Filling, launch: int, section: int) -> str:
    """The code of what is wrong with a request."""
    answer = (await fills.owner.data(FILL, {"launch": launch, "section": section}))["fillSectionFromLti"]
    assert answer["roster"] is None
    (error,) = answer["userErrors"]
    return f"{error['field'][0]} {error['code']}"


async def section_of(fills: Filling, organization: int) -> int:
    """The number of a section of an organization."""
    wanted = select(sections.c.id).where(sections.c.organization_id == organization).order_by(sections.c.id).limit(1)
    async with fills.database.engine.connect() as connection:
        return int((await connection.execute(wanted)).scalar_one())


async def test_what_cannot_be_filled_is_said_and_nothing_is_kept(fills: Filling) -> None:
    sundai = await fills.launched(organization_id=1)
    without, nameless = await fills.launched(memberships_url=None), await fills.launched(context_id=None)
    assert await code_of(fills, 0, fills.section) == "launchLegacyId LAUNCH_UNKNOWN"
    assert await code_of(fills, sundai, fills.section) == "launchLegacyId LAUNCH_UNKNOWN"
    assert await code_of(fills, without, fills.section) == "launchLegacyId ROSTER_MISSING"
    assert await code_of(fills, nameless, fills.section) == "launchLegacyId ROSTER_MISSING"
    assert await code_of(fills, fills.launch, 0) == "sectionLegacyId SECTION_UNKNOWN"
    # A section of a child is another organization's.
    assert await code_of(fills, fills.launch, await section_of(fills, UENO)) == "sectionLegacyId SECTION_UNKNOWN"
    assert await fills.count(lti_rosters) == 0


async def test_there_are_not_more_rosters_than_somebody_can_mean(fills: Filling) -> None:
    first = await fills.asked()
    row = dict((await fills.row())._mapping)
    del row["id"]
    await fills.executed(insert(lti_rosters).values([row | {"context_id": f"c{number}"} for number in range(999)]))
    launch = await fills.launched(context_id="one more")
    assert await code_of(fills, launch, fills.section) == "sectionLegacyId ROSTERS_TOO_MANY"
    # What is there already is asked for again.
    assert await fills.asked() == first
    assert await fills.count(lti_rosters) == 1000


@pytest.mark.parametrize("uid", [STUDENT, COACH, COACH_PARENT, CLERK, DEMO])
async def test_who_manages_no_platforms_fills_no_sections_and_sees_none(fills: Filling, uid: str) -> None:
    number = await fills.asked()
    kept = await fills.row()
    other = await by_auth0(fills.running, uid)
    for document, given in (
        (FILL, {"launch": fills.launch, "section": fills.section}),
        (STOP, {"number": number, "out": True}),
    ):
        (error,) = (await other.graph(document, given)).json()["errors"]
        assert error["extensions"]["code"] == "FORBIDDEN"
    answer = (await other.graph(ROSTERS)).json()
    if uid == DEMO:
        assert answer["data"]["ltiRosters"]["totalCount"] == 0
    else:
        assert answer["errors"][0]["extensions"]["reason"] == "operation_not_allowed"
    assert await fills.row() == kept


async def test_rosters_are_seen_and_managed_by_those_who_reach_their_organization(fills: Filling) -> None:
    number = await fills.asked()
    found = "{ ltiRosters { nodes { id legacyId } } }"
    (mine,) = (await fills.owner.data(found))["ltiRosters"]["nodes"]
    for uid, sees in ((OWNER, True), (ADMINISTRATOR, True), (CHILD, False), (SUNDAI_OWNER, False)):
        other = await by_auth0(fills.running, uid)
        assert [one["legacyId"] for one in (await other.data(found))["ltiRosters"]["nodes"]] == [number] * sees
        assert (await other.data(NODE, {"id": mine["id"]}))["node"] == ({"memberCount": 0} if sees else None)
        if not sees:
            asked = await other.data(FILL, {"launch": fills.launch, "section": fills.section})
            assert asked["fillSectionFromLti"]["userErrors"][0]["code"] == "LAUNCH_UNKNOWN"
            stopped = await other.data(STOP, {"number": number, "out": True})
            assert stopped["stopFillingSection"] == {"stopped": False, "takenOutCount": 0}
    assert await fills.count(lti_rosters) == 1
    operator = await by_auth0(fills.running, ADMINISTRATOR)
    assert (await operator.data(STOP, {"number": number}))["stopFillingSection"]["stopped"] is True
    # The owner of a parent reaches what a child's platform has launched, and its sections.
    await fills.set(lti_platforms, organization_id=UENO)
    await fills.set(lti_launches, organization_id=UENO)
    assert await fills.asked(section=await section_of(fills, UENO)) != number
    assert (await fills.row()).organization_id == UENO


async def test_tokens_need_the_ability(fills: Filling) -> None:
    number = await fills.asked()
    reader = await by_token(fills.running, OWNER, ["lti:read"])
    assert (await reader.data("{ ltiRosters { totalCount } }"))["ltiRosters"]["totalCount"] == 1
    assert reasons(await reader.graph(STOP, {"number": number})) == ["ability_missing"]
    other = await by_token(fills.running, OWNER, ["institutions:read", "courses:read"])
    assert reasons(await other.graph("{ ltiRosters { totalCount } }")) == ["ability_missing"]
    assert await fills.count(lti_rosters) == 1


async def test_a_worker_fills_at_once_and_what_changes_is_told(url: str, data_dir: Path, fills: Filling) -> None:
    fills.service.members = members(2)
    after = (await fills.owner.data(DIFF))["rosterDiff"]["nextCursor"]
    database = connect(url)
    await database.open()
    async with working(worker(fills), fills.database):
        await settled(database)
        before = await newest(database)
        await fills.asked()
        await read(fills, 1)
        await settled(database)
        first, second = [(await fills.student(subject)).id for subject in ("u1", "u2")]
        # Whoever was made and put in is a member who came; the whole page is one change of the roster.
        assert await told(database, before) == [
            created(KAKEHASHI, first),
            created(KAKEHASHI, second),
            roster(KAKEHASHI, "student", changes=2),
        ]
        diff = (await fills.owner.data(DIFF, {"after": after}))["rosterDiff"]
        assert [(one["kind"], one["node"]["lastName"]) for one in diff["changes"]] == [
            ("CREATED", "Fu1"),
            ("CREATED", "Fu2"),
        ]
        before = await newest(database)
        fills.service.members = [member("u1"), member("u2", status="Inactive")]
        await fills.asked()
        await read(fills, 2)
        await settled(database)
        assert await told(database, before) == [
            updated(KAKEHASHI, "sections", id_=second),
            roster(KAKEHASHI, "student"),
        ]
        diff = (await fills.owner.data(DIFF, {"after": diff["nextCursor"]}))["rosterDiff"]
        assert [(one["kind"], one["node"]["lastName"], one["changedFields"]) for one in diff["changes"]] == [
            ("UPDATED", "Fu2", ["sections"])
        ]
        # Nobody is gone from the organization.
        assert removed(KAKEHASHI, second) not in await told(database)
    await database.close()


async def read(fills: Filling, times: int) -> None:
    """Wait until the roster was read so often."""

    async def is_so() -> Any:  # noqa: ANN401  # a truth
        row = await fills.row()
        return row.run_no == times and row.status == "completed"

    await until(is_so)
