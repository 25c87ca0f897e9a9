"""The doors of institutions, line by line of the documented table, for every position; the graph says the same."""

from dataclasses import dataclass
from typing import Any

from tests.accounts.calling import Caller, by_auth0
from tests.conftest import Running

PARENT, UENO, NAMBA, SUNDAI, NONE = 2001, 2002, 2003, 1, 999_999
PLACES = (PARENT, UENO, NAMBA, SUNDAI, NONE)
FAMILY = ["kakehashi", "kakehashi-namba", "kakehashi-ueno"]
EVERYTHING = ["api_spec", *FAMILY, "ochanomizu1", "ochanomizu2", "sundai"]
# What is said of the places above, in their order.
OWN, TREE = (404, 200, 404, 404, 404), (200, 200, 200, 404, 404)
ALL, NEVER = (200, 200, 200, 200, 404), (403,) * 5
MEMBER_KEYS = ["id", "uid", "name", "email", "role", "status", "source", "start_at", "end_at"]
DOCUMENT = """query ($id: Int!) {
  organization(legacyId: $id) { legacyId }
  members(organizationLegacyId: $id, first: 100) { nodes { ref name email roleCode statusCode } }
  organizationAnalytics(legacyId: $id) { learners }
}"""
CODES = {"FORBIDDEN": 403, "NOT_FOUND": 404}


@dataclass(frozen=True, slots=True)
class Expected:
    """What a position is answered: the list, one institution, its members, its analytics, and a new one."""

    listed: list[str]
    one: tuple[int, ...]
    members: tuple[int, ...]
    analytics: tuple[int, ...]
    new: int


# A new one is refused for its code by who may make any.
EXPECTED = {
    "student": Expected(["kakehashi-ueno"], OWN, NEVER, NEVER, 403),
    "coach-child": Expected(["kakehashi-ueno"], OWN, NEVER, OWN, 403),
    "coach-parent": Expected(FAMILY, TREE, NEVER, TREE, 403),
    "owner-child": Expected(["kakehashi-ueno"], OWN, OWN, OWN, 403),
    "owner-parent": Expected(FAMILY, TREE, TREE, TREE, 422),
    "clerk-child": Expected(["kakehashi-ueno"], OWN, OWN, OWN, 403),
    "clerk-parent": Expected(FAMILY, TREE, TREE, TREE, 403),
    "administrator": Expected(EVERYTHING, ALL, ALL, ALL, 422),
}


async def callers(running: Running) -> dict[str, Caller]:
    """One person in each position."""
    return {name: await by_auth0(running, f"auth0|demo-{name}") for name in EXPECTED}


async def test_every_position_is_answered_by_every_door_as_the_matrix_says(shared: Running) -> None:
    for name, caller in (await callers(shared)).items():
        expected = EXPECTED[name]
        listed = await caller.get("/api/institutions", per_page=100)
        assert [row["code"] for row in listed.json()["data"]] == expected.listed, name
        for below, statuses in (("", expected.one), ("/members", expected.members), ("/analytics", expected.analytics)):
            found = [(await caller.get(f"/api/institutions/{place}{below}")).status_code for place in PLACES]
            assert tuple(found) == statuses, (name, below)
        new = await caller.post("/api/institutions", {"name": "x", "code": " ", "parent_id": PARENT})
        assert new.status_code == expected.new, name


async def test_the_graph_answers_every_position_the_same(shared: Running) -> None:
    for name, caller in (await callers(shared)).items():
        expected = EXPECTED[name]
        for index, place in enumerate(PLACES):
            answer = (await caller.graph(DOCUMENT, {"id": place})).json()
            refused = {error["path"][0]: CODES[error["extensions"]["code"]] for error in answer.get("errors", [])}
            found = (answer["data"] or {}) if refused.keys() <= {"organizationAnalytics"} else {}
            statuses = (expected.one[index], expected.members[index], expected.analytics[index])
            assert refused.get("members", 200) in (statuses[1], 200), (name, place)
            if statuses[1] != 200:
                # The list is never null, so its refusal is the whole answer.
                assert refused["members"] == statuses[1], (name, place)
                continue
            assert (found["organization"] is not None, found["organizationAnalytics"] is not None) == (
                statuses[0] == 200,
                statuses[2] == 200,
            )


async def test_members_are_students_and_staff_alike_by_code_in_the_documented_keys(shared: Running) -> None:
    everybody = await callers(shared)
    rows: list[dict[str, Any]] = []
    for page in (1, 2, 3):
        answer = await everybody["owner-parent"].get(f"/api/institutions/{UENO}/members", page=page, per_page=10)
        assert (answer.json()["meta"]["last_page"], answer.json()["meta"]["total"]) == (3, 22)
        rows += answer.json()["data"]
    assert len(rows) == len({row["id"] for row in rows}) == 22
    assert all(list(row) == MEMBER_KEYS for row in rows)
    assert {row["id"].partition("-")[0] for row in rows} == {"student", "staff"}
    by_uid = {row["uid"]: (row["role"], row["status"], row["email"], row["source"]) for row in rows}
    assert by_uid["auth0|demo-student"] == ("student", "active", "student@kakehashi.example", "manual")
    assert by_uid["auth0|demo-coach-child"] == ("homeroom_teacher", "active", "coach@kakehashi.example", "manual")
    assert by_uid["auth0|demo-locked"][:2] == ("homeroom_teacher", "locked")
    assert by_uid["auth0|demo-expired"][:2] == ("cram_school_clerk", "ended")
    # The graph walks the same list, along cursors.
    document = """query ($id: Int!, $after: String) { organization(legacyId: $id) { members(first: 10, after: $after) {
      pageInfo { hasNextPage endCursor } nodes { ref name email roleCode statusCode } } } }"""
    walked: list[dict[str, Any]] = []
    page_info: dict[str, Any] = {"endCursor": None, "hasNextPage": True}
    while page_info["hasNextPage"]:
        variables = {"id": UENO, "after": page_info["endCursor"]}
        members = (await everybody["clerk-child"].data(document, variables))["organization"]["members"]
        walked, page_info = walked + members["nodes"], members["pageInfo"]
    assert [[row[key] for key in ("id", "name", "email", "role", "status")] for row in rows] == [
        list(row.values()) for row in walked
    ]


async def test_analytics_carry_how_the_institution_looks(shared: Running) -> None:
    everybody = await callers(shared)
    found = (await everybody["owner-parent"].get(f"/api/institutions/{PARENT}/analytics")).json()["data"]
    assert list(found) == [
        *("institution", "branding", "from", "to", "granularity", "learners", "active_learners", "completions"),
        *("course_completions", "minutes", "cefr_distribution", "series", "children"),
    ]
    assert found["branding"]["display_name"] == found["institution"]["name"]
    assert [child["id"] for child in found["children"]] == [UENO, NAMBA]
    assert [row["level"] for row in found["cefr_distribution"]] == ["A1", "A2", "B1", "B2", "C1", "C2", None]
    child = (await everybody["owner-child"].get(f"/api/institutions/{UENO}/analytics")).json()["data"]
    same = ("learners", "active_learners", "completions", "course_completions", "minutes")
    assert {key: child[key] for key in same} == {key: found["children"][0][key] for key in same}
    assert child["children"] == []
