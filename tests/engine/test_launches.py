"""Who sees launches of LTI platforms and the grades that go back: by both walls, and by the second one alone."""

from typing import Any, cast

import pytest

from resolvers.accounts import Claimed
from tests.engine.rows import Row
from tests.engine.running import COMPILED, STEPWISE, UNSCOPED, Asking, Bench
from tests.engine.world import NOW

STUDENT = Asking(Claimed("auth0|student", frozenset({"student"}), demo=False), NOW)
COACH = Asking(Claimed("auth0|coach-child", frozenset({"homeroom_teacher"}), demo=False), NOW)
OWNER = Asking(Claimed("auth0|owner-parent", frozenset({"cram_school_owner"}), demo=False), NOW)
ADMINISTRATOR = Asking(Claimed("auth0|administrator", frozenset({"administrator"}), demo=False), NOW)
WAYS = [
    *[(where, how) for where in ("postgresql", "sqlite") for how in (COMPILED, STEPWISE)],
    # There the policies stand alone.
    ("postgresql", UNSCOPED),
]
LISTS = {"lti_launches": "ltiLaunches", "lti_scores": "ltiScores"}


async def listed(bench: Bench, name: str, who: Asking, where: str, how: str) -> list[int]:
    """The numbers of a whole list, page by page."""
    met, after, more = list[int](), None, True
    while more:
        text = f"query($after: String) {{ list: {name}(first: 100, after: $after) {{ {PAGE} }} }}"
        ran = await bench.run(text, {"after": after}, who, where, how)
        assert ran.errors == ()
        page = cast(dict[str, Any], ran.data)["list"]
        met += [node["legacyId"] for node in page["nodes"]]
        after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
        assert not more or len(page["nodes"]) == 100
    return met


PAGE = "pageInfo { hasNextPage endCursor } nodes { legacyId }"


def newest_first(rows: list[Row]) -> list[int]:
    """The numbers of rows as lists show them."""
    return sorted((row["id"] for row in rows), reverse=True)


@pytest.mark.parametrize("table", LISTS)
@pytest.mark.parametrize(("where", "how"), WAYS)
async def test_a_student_sees_the_own_launches_and_grades_wherever_they_lie(
    bench: Bench, table: str, where: str, how: str
) -> None:
    student = bench.rows.one("students", "auth0|student", "uid")
    own = bench.rows.of(table, "student_id", student["id"])
    assert {row["organization_id"] for row in own} > {student["organization_id"]}
    assert await listed(bench, LISTS[table], STUDENT, where, how) == newest_first(own)


@pytest.mark.parametrize("table", LISTS)
@pytest.mark.parametrize(("where", "how"), WAYS)
async def test_staff_see_those_of_their_organizations_also_where_nobody_is_a_student(
    bench: Bench, table: str, where: str, how: str
) -> None:
    family = {2, *[row["id"] for row in bench.rows.of("organizations", "parent_id", 2)]}
    for who, places in ((COACH, {9}), (OWNER, family)):
        own = [row for row in bench.rows[table] if row["organization_id"] in places]
        assert {row["student_id"] is None for row in own} == {True, False}
        assert await listed(bench, LISTS[table], who, where, how) == newest_first(own)
    assert await listed(bench, LISTS[table], ADMINISTRATOR, where, how) == newest_first(bench.rows[table])


@pytest.mark.parametrize(("where", "how"), WAYS)
async def test_a_demo_token_sees_none_whoever_has_it(bench: Bench, where: str, how: str) -> None:
    people = (("student", "student"), ("coach-child", "homeroom_teacher"), ("administrator", "administrator"))
    for uid, role in (*people, ("student-of-parent", "student")):
        who = Asking(Claimed(f"auth0|{uid}", frozenset({role}), demo=True), NOW)
        for name in LISTS.values():
            assert await listed(bench, name, who, where, how) == []
    owner = Asking(Claimed("auth0|owner-parent", frozenset({"cram_school_owner"}), demo=True), NOW)
    assert await listed(bench, "ltiPlatforms", owner, where, how) == []


@pytest.mark.parametrize(("where", "how"), WAYS)
async def test_platforms_are_for_owners_and_system_operators(bench: Bench, where: str, how: str) -> None:
    for who in (STUDENT, COACH):
        for text in ("{ ltiPlatforms { totalCount } }", "{ ltiLaunches { nodes { platform { name } } } }"):
            ran = await bench.run(text, {}, who, where, how)
            assert (set(ran.codes.values()), ran.statements) == ({"FORBIDDEN"}, 0)
    family = {2, *[row["id"] for row in bench.rows.of("organizations", "parent_id", 2)]}
    own = [row["id"] for row in bench.rows["lti_platforms"] if row["organization_id"] in family]
    assert 0 < len(own) < len(bench.rows["lti_platforms"])
    assert await listed(bench, "ltiPlatforms", OWNER, where, how) == sorted(own)


@pytest.mark.parametrize(("missing", "other"), [("student_id", "course_id"), ("course_id", "student_id")])
@pytest.mark.parametrize("where", ["postgresql", "sqlite"])
async def test_a_launch_without_a_learner_or_a_course_has_no_progress(
    bench: Bench, where: str, missing: str, other: str
) -> None:
    found = [row for row in bench.rows["lti_launches"] if row[missing] is None and row[other] is not None]
    assert len(found) > 5
    for row in found[:5]:
        # Where Python fills a field below, the level is opened as stepwise opens all; nothing is asked for no key.
        for below, how in (("percent", COMPILED), ("percent", STEPWISE), ("student { viewerCan }", COMPILED)):
            text = f"{{ ltiLaunch(legacyId: {row['id']}) {{ progress {{ {below} }} }} }}"
            ran = await bench.run(text, {}, ADMINISTRATOR, where, how)
            assert (ran.data, ran.errors, ran.statements) == ({"ltiLaunch": {"progress": []}}, (), 1)


@pytest.mark.parametrize(("where", "how"), WAYS)
async def test_the_progress_of_a_launch_is_of_its_learner_in_its_course(bench: Bench, where: str, how: str) -> None:
    """Several launches at once, so that each learner has begun what others launched."""
    text = """{ ltiLaunches(first: 100) { nodes { progress { percent lesson { legacyId } } student { legacyId }
        course { legacyId } } } }"""
    ran = await bench.run(text, {}, OWNER, where, how)
    nodes = cast(dict[str, Any], ran.data)["ltiLaunches"]["nodes"]
    begun = 0
    for node in nodes:
        student, course = node["student"], node["course"]
        lessons = [] if course is None else bench.rows.of("lessons", "course_id", course["legacyId"])
        states = [] if student is None else bench.rows.of("lesson_progress", "student_id", student["legacyId"])
        percent = {row["lesson_id"]: row["percent"] for row in states}
        wanted = sorted(lessons if student else [], key=lambda row: (row["seq"], row["id"]))
        shown = [{"percent": percent.get(row["id"], 0), "lesson": {"legacyId": row["id"]}} for row in wanted]
        assert node["progress"] == shown
        begun += len(percent.keys() & {row["id"] for row in wanted})
    assert begun > 5
    assert sum(bool(node["progress"]) for node in nodes) > 10
