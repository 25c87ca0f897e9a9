"""Roles over time: who gives and ends which, to whom, in which periods; and what nobody can take away."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from db.accounts import memberships, staff
from resolvers.institutions.roles import TICK
from tests.accounts.calling import Caller, by_token
from tests.progress.asking import ADMINISTRATOR, OWNER_PARENT, Graph, Row, rows

COACH, OWNER_CHILD, CLERK_CHILD = "auth0|demo-coach-child", "auth0|demo-owner-child", "auth0|demo-clerk-child"
CLERK_PARENT, COACH_PARENT, SUNDAI = "auth0|demo-clerk-parent", "auth0|demo-coach-parent", "auth0|demo-sundai-owner"
STUDENT, DEMO_OWNER, LOCKED = "auth0|demo-student", "auth0|demo-demo", "auth0|demo-locked"
PARENT, UENO, NAMBA, SUNDAI_ID = 2001, 2002, 2003, 1
FIELDS = "found member { ref membershipLegacyId role status source startAt endAt } userErrors { field code }"
GRANT = f"""mutation ($organization: Int!, $uid: String!, $role: Role!, $start: DateTime, $end: DateTime) {{
  grantRole(organizationLegacyId: $organization, uid: $uid, role: $role, startAt: $start, endAt: $end) {{ {FIELDS} }}
}}"""
END = f"mutation ($id: Int!, $at: DateTime) {{ endRole(membershipLegacyId: $id, at: $at) {{ {FIELDS} }} }}"
MOVE = f"""mutation ($id: Int!, $start: DateTime, $end: DateTime) {{
  changeRolePeriod(membershipLegacyId: $id, startAt: $start, endAt: $end) {{ {FIELDS} }}
}}"""
DAY = timedelta(days=1)


async def granted(graph: Graph, organization: int, uid: str, role: str, by: str, **period: datetime) -> Any:  # noqa: ANN401  # JSON has no types
    """What came of giving a role."""
    given = {name: at.isoformat() for name, at in period.items()}
    return (await graph.data(GRANT, {"organization": organization, "uid": uid, "role": role, **given}, uid=by))[
        "grantRole"
    ]


async def ended(graph: Graph, number: int, by: str, at: datetime | None = None) -> Any:  # noqa: ANN401  # JSON has no types
    """What came of ending a role."""
    return (await graph.data(END, {"id": number, "at": None if at is None else at.isoformat()}, uid=by))["endRole"]


async def moved(graph: Graph, number: int, by: str, **period: datetime) -> Any:  # noqa: ANN401  # JSON has no types
    """What came of moving a role."""
    given = {name: at.isoformat() for name, at in period.items()}
    return (await graph.data(MOVE, {"id": number, **given}, uid=by))["changeRolePeriod"]


def codes(answer: Any) -> list[str]:  # noqa: ANN401  # JSON has no types
    """The codes of what is to be mended."""
    return [mistake["code"] for mistake in answer["userErrors"]]


async def roles(graph: Graph) -> list[Row]:
    """All roles as they are kept."""
    return await rows(graph.database, memberships)


async def number_of(graph: Graph, uid: str, organization: int, role: str) -> int:
    """The number of a role that somebody has."""
    found = (
        select(memberships.c.id)
        .join_from(memberships, staff)
        .where(staff.c.uid == uid, memberships.c.organization_id == organization, memberships.c.role == role)
    )
    async with graph.database.writing() as transaction:
        return int((await transaction.execute(found)).scalar_one())


async def test_a_role_is_given_moved_and_ended_and_stays_as_history(graph: Graph) -> None:
    begin = datetime.now(UTC).replace(microsecond=0) + DAY
    made = (await granted(graph, NAMBA, COACH, "COACH", OWNER_PARENT, start=begin, end=begin + DAY))["member"]
    assert (made["role"], made["status"], made["source"]) == ("COACH", "UPCOMING", "manual")
    number = made["membershipLegacyId"]
    later = (await moved(graph, number, OWNER_PARENT, start=begin + DAY))["member"]
    assert datetime.fromisoformat(later["startAt"]) == begin + DAY
    gone = await ended(graph, number, OWNER_PARENT)
    assert (gone["found"], gone["member"], codes(gone)) == (True, None, [])
    assert number not in {row["id"] for row in await roles(graph)}
    now = (await granted(graph, NAMBA, COACH, "COACH", OWNER_PARENT))["member"]
    assert now["status"] == "ACTIVE"
    over = (await ended(graph, now["membershipLegacyId"], OWNER_PARENT))["member"]
    assert (over["ref"], over["status"]) == (now["ref"], "ENDED")
    assert codes(await ended(graph, now["membershipLegacyId"], OWNER_PARENT)) == ["ROLE_OVER"]
    again = (await granted(graph, NAMBA, COACH, "COACH", OWNER_PARENT))["member"]
    assert again["status"] == "ACTIVE"
    kept = [row for row in await roles(graph) if row["organization_id"] == NAMBA and row["role"] == "homeroom_teacher"]
    assert [row["id"] for row in kept][-2:] == [now["membershipLegacyId"], again["membershipLegacyId"]]
    wanted = "organization { legacyId } reader { uid } roleChange { uid role change }"
    log = f"{{ accessLog(kind: ROLE_CHANGE) {{ nodes {{ {wanted} }} }} }}"
    told = (await graph.data(log, uid=OWNER_PARENT))["accessLog"]["nodes"]
    changes = ["GRANTED", "CHANGED", "ENDED", "GRANTED", "ENDED", "GRANTED"]
    assert sorted(one["roleChange"]["change"] for one in told) == sorted(changes)
    assert {(one["organization"]["legacyId"], one["reader"]["uid"], one["roleChange"]["uid"]) for one in told} == {
        (NAMBA, OWNER_PARENT, COACH)
    }


async def test_a_new_role_lets_in_at_once_and_an_ended_one_lets_nobody_in(graph: Graph) -> None:
    students = "{ students(organizationLegacyId: 2003, first: 1) { nodes { code } } }"
    assert await graph.refusal(students, uid=COACH) == ("FORBIDDEN", "organization_out_of_reach")
    made = (await granted(graph, NAMBA, COACH, "CLERK", OWNER_PARENT))["member"]
    graph.known.clear()
    assert len((await graph.data(students, uid=COACH))["students"]["nodes"]) == 1
    await ended(graph, made["membershipLegacyId"], OWNER_PARENT)
    assert await graph.refusal(students, uid=COACH) == ("FORBIDDEN", "organization_out_of_reach")


@pytest.mark.parametrize("kind_of_period", ["inside", "around", "touching", "endless"])
async def test_periods_of_one_role_do_not_overlap(graph: Graph, kind_of_period: str) -> None:
    at = datetime.now(UTC).replace(microsecond=0) + 10 * DAY
    assert codes(await granted(graph, NAMBA, COACH, "COACH", OWNER_PARENT, start=at, end=at + 4 * DAY)) == []
    before = await roles(graph)
    period = {
        "inside": {"start": at + DAY, "end": at + 2 * DAY},
        "around": {"start": at - DAY, "end": at + 9 * DAY},
        "touching": {"start": at + 4 * DAY, "end": at + 5 * DAY},
        "endless": {"start": at - DAY},
    }[kind_of_period]
    assert codes(await granted(graph, NAMBA, COACH, "COACH", OWNER_PARENT, **period)) == ["ROLE_HELD"]
    assert await roles(graph) == before
    assert codes(await granted(graph, NAMBA, COACH, "CLERK", OWNER_PARENT, **period)) == []
    beside = await granted(graph, NAMBA, COACH, "COACH", OWNER_PARENT, start=at + 4 * DAY + TICK)
    assert codes(beside) == []
    number = beside["member"]["membershipLegacyId"]
    assert codes(await moved(graph, number, OWNER_PARENT, start=at + DAY)) == ["ROLE_HELD"]


# Who, where, which role, to whom; and what is said.
CASES: tuple[tuple[str, int, str, str, list[str]], ...] = (
    (OWNER_PARENT, PARENT, "OWNER", CLERK_PARENT, []),
    (OWNER_PARENT, UENO, "OWNER", COACH, []),
    (OWNER_PARENT, SUNDAI_ID, "COACH", COACH, ["ORGANIZATION_UNKNOWN"]),
    (OWNER_PARENT, 999_999, "COACH", COACH, ["ORGANIZATION_UNKNOWN"]),
    (OWNER_PARENT, UENO, "ADMINISTRATOR", COACH, ["ROLE_REFUSED"]),
    (OWNER_PARENT, UENO, "STUDENT", COACH, ["ROLE_REFUSED"]),
    (OWNER_PARENT, UENO, "COACH", SUNDAI, ["UID_UNKNOWN"]),
    (OWNER_PARENT, UENO, "COACH", ADMINISTRATOR, ["UID_UNKNOWN"]),
    (OWNER_PARENT, UENO, "COACH", STUDENT, ["UID_UNKNOWN"]),
    (OWNER_PARENT, UENO, "COACH", "nobody", ["UID_UNKNOWN"]),
    (OWNER_CHILD, UENO, "OWNER", COACH, []),
    (OWNER_CHILD, UENO, "COACH", CLERK_PARENT, ["UID_UNKNOWN"]),
    (OWNER_CHILD, PARENT, "COACH", COACH, ["ORGANIZATION_UNKNOWN"]),
    (OWNER_CHILD, NAMBA, "COACH", COACH, ["ORGANIZATION_UNKNOWN"]),
    (CLERK_CHILD, UENO, "CLERK", COACH, []),
    (CLERK_CHILD, UENO, "OWNER", COACH, ["OWNERS_ONLY"]),
    (CLERK_CHILD, UENO, "OWNER", CLERK_CHILD, ["OWNERS_ONLY"]),
    (CLERK_CHILD, PARENT, "COACH", COACH, ["ORGANIZATION_UNKNOWN"]),
    (CLERK_PARENT, NAMBA, "COACH", COACH, []),
    (CLERK_PARENT, PARENT, "OWNER", CLERK_PARENT, ["OWNERS_ONLY"]),
    (ADMINISTRATOR, SUNDAI_ID, "OWNER", COACH, []),
    (ADMINISTRATOR, UENO, "ADMINISTRATOR", COACH, ["ROLE_REFUSED"]),
    (ADMINISTRATOR, 999_999, "COACH", COACH, ["ORGANIZATION_UNKNOWN"]),
)


async def test_everybody_gives_what_the_own_position_allows_and_no_more(graph: Graph) -> None:
    for by, organization, role, uid, expected in CASES:
        before = await roles(graph)
        found = await granted(graph, organization, uid, role, by)
        assert codes(found) == expected, (by, organization, role, uid)
        after = await roles(graph)
        assert (after == before) is bool(expected)
        if not expected:
            assert codes(await ended(graph, found["member"]["membershipLegacyId"], by)) == []


@pytest.mark.parametrize("uid", [STUDENT, COACH, COACH_PARENT, DEMO_OWNER])
async def test_students_coaches_and_demo_tokens_give_and_end_nothing(graph: Graph, uid: str) -> None:
    before = await roles(graph)
    number = await number_of(graph, COACH, UENO, "homeroom_teacher")
    reason = "demo_token" if uid == DEMO_OWNER else "operation_not_allowed"
    given = {"organization": UENO, "uid": COACH, "role": "CLERK"}
    for document, variables in ((GRANT, given), (END, {"id": number}), (MOVE, {"id": number})):
        assert await graph.refusal(document, variables, uid=uid) == ("FORBIDDEN", reason)
    assert await roles(graph) == before


async def test_a_token_needs_the_ability(graph: Graph) -> None:
    caller: Caller = await by_token(graph.running, OWNER_PARENT, ["members:read"])
    answer = await caller.graph(GRANT, {"organization": UENO, "uid": COACH, "role": "CLERK"})
    assert answer.json()["errors"][0]["extensions"]["reason"] == "ability_missing"
    able = await by_token(graph.running, OWNER_PARENT, ["members:write"])
    assert codes((await able.data(GRANT, {"organization": UENO, "uid": COACH, "role": "CLERK"}))["grantRole"]) == []


async def test_roles_out_of_reach_are_not_there_and_those_of_others_are_left_alone(graph: Graph) -> None:
    before = await roles(graph)
    sundai = await number_of(graph, SUNDAI, SUNDAI_ID, "cram_school_owner")
    for number in (sundai, 0, 999_999):
        found = await ended(graph, number, OWNER_PARENT)
        assert (found["found"], found["member"], codes(found)) == (False, None, [])
    owner = await number_of(graph, OWNER_CHILD, UENO, "cram_school_owner")
    assert codes(await ended(graph, owner, CLERK_CHILD)) == ["OWNERS_ONLY"]
    assert await roles(graph) == before
    coach = await number_of(graph, COACH, UENO, "homeroom_teacher")
    async with graph.database.writing() as transaction:
        await transaction.execute(update(memberships).where(memberships.c.id == coach).values(source="sso"))
    assert codes(await ended(graph, coach, OWNER_PARENT)) == ["SOURCE_OTHER"]
    assert codes(await moved(graph, coach, OWNER_PARENT)) == ["SOURCE_OTHER"]


async def test_the_last_owner_is_never_taken_away(graph: Graph) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    number = await number_of(graph, OWNER_CHILD, UENO, "cram_school_owner")
    before = await roles(graph)
    for by in (OWNER_CHILD, OWNER_PARENT, ADMINISTRATOR):
        assert codes(await ended(graph, number, by)) == ["LAST_OWNER"]
        assert codes(await ended(graph, number, by, now + DAY)) == ["LAST_OWNER"]
        assert codes(await moved(graph, number, by, end=now + DAY)) == ["LAST_OWNER"]
    assert await roles(graph) == before
    # Whose own role ends first, who is locked and who has yet to come is no owner who is left.
    short = await granted(graph, UENO, COACH, "OWNER", OWNER_CHILD, end=now + 5 * DAY)
    assert codes(await ended(graph, number, OWNER_PARENT, now + 9 * DAY)) == ["LAST_OWNER"]
    assert codes(await granted(graph, UENO, LOCKED, "OWNER", OWNER_CHILD)) == []
    assert codes(await granted(graph, UENO, CLERK_CHILD, "OWNER", OWNER_CHILD, start=now + 20 * DAY)) == []
    assert codes(await ended(graph, number, OWNER_PARENT, now + 9 * DAY)) == ["LAST_OWNER"]
    assert codes(await ended(graph, number, OWNER_PARENT, now + 3 * DAY)) == ["LAST_OWNER"]
    await moved(graph, short["member"]["membershipLegacyId"], OWNER_PARENT)
    assert codes(await ended(graph, number, OWNER_PARENT, now + 3 * DAY)) == []
    assert codes(await ended(graph, number, OWNER_PARENT)) == []
    assert codes(await ended(graph, short["member"]["membershipLegacyId"], OWNER_PARENT)) == ["LAST_OWNER"]


async def test_two_owners_who_end_each_other_at_once_leave_one(graph: Graph) -> None:
    other = (await granted(graph, UENO, COACH, "OWNER", OWNER_CHILD))["member"]["membershipLegacyId"]
    number = await number_of(graph, OWNER_CHILD, UENO, "cram_school_owner")
    graph.known.clear()
    came = await asyncio.gather(ended(graph, other, OWNER_CHILD), ended(graph, number, COACH), return_exceptions=True)
    left = [row for row in await roles(graph) if row["organization_id"] == UENO and row["role"] == "cram_school_owner"]
    assert len([row for row in left if row["end_at"] is None]) == 1, came


async def test_what_makes_no_sense_is_told(graph: Graph) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    before = await roles(graph)
    assert codes(await granted(graph, UENO, COACH, "CLERK", OWNER_PARENT, end=now - DAY)) == ["ENDED_BEFORE"]
    backwards = {"start": now + 2 * DAY, "end": now + DAY}
    assert codes(await granted(graph, UENO, COACH, "CLERK", OWNER_PARENT, **backwards)) == ["PERIOD_ENDS_FIRST"]
    number = await number_of(graph, COACH, UENO, "homeroom_teacher")
    assert codes(await ended(graph, number, OWNER_PARENT, now - DAY)) == ["ENDED_BEFORE"]
    assert codes(await moved(graph, number, OWNER_PARENT, end=now - DAY)) == ["ENDED_BEFORE"]
    assert await roles(graph) == before


async def test_the_database_itself_refuses_a_role_that_is_held(graph: Graph) -> None:
    """Whoever else writes roles is held to it where neither has an end."""
    coach = await number_of(graph, COACH, UENO, "homeroom_teacher")
    (row,) = [row for row in await roles(graph) if row["id"] == coach]
    with pytest.raises(Exception, match=r"(?i)unique"):
        async with graph.database.writing() as transaction:
            await transaction.execute(insert(memberships).values(**{**row, "id": 999_999}))
