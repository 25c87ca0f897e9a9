"""Who reads the access log: owners and system operators, each as far as they reach; narrowed, and page by page."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from resolvers.accesses.roles import ChangedRole, RoleChange, record_role_changes
from resolvers.accounts import Admission, Claimed
from resolvers.context import Request
from resolvers.witness import Manner, Way
from tests.accesses.logged import written
from tests.accounts.calling import ADMINISTRATOR, COACH, OWNER, STUDENT, SUNDAI_OWNER, Caller, by_auth0, by_token
from tests.conftest import Running

CHILD_OWNER, CHILD_CLERK, PARENT_CLERK = "auth0|demo-owner-child", "auth0|demo-clerk-child", "auth0|demo-clerk-parent"
PAGE = 'query Page { students(organizationCode: "%s", first: 2) { nodes { code } } }'
LOG = """query ($organizationCode: String, $kind: AccessKind, $student: Int, $reader: String, $from: DateTime,
    $to: DateTime) {
  accessLog(organizationCode: $organizationCode, kind: $kind, studentLegacyId: $student, readerUid: $reader,
      accessedFrom: $from, accessedTo: $to) {
    nodes {
      kind way operation fields studentCount reader { uid name legacyId tokenLegacyId } organization { code }
      students { totalCount nodes { code } } roleChange { uid name role change }
    }
  }
}"""


async def shown(caller: Caller, **given: object) -> list[dict[str, Any]]:
    """The log as somebody sees it, less what this very reading shows."""
    found: list[dict[str, Any]] = (await caller.data(LOG, given))["accessLog"]["nodes"]
    return found


async def filled(own: Running) -> None:
    """What a coach, an owner and a system operator read."""
    for uid, code in ((COACH, "kakehashi-ueno"), (OWNER, "kakehashi"), (ADMINISTRATOR, "sundai")):
        await (await by_auth0(own, uid)).data(PAGE % code)
    await written(own)


async def test_each_sees_what_was_read_of_the_own_students(own: Running) -> None:
    await filled(own)
    seen: dict[str, list[tuple[str, str]]] = {}
    for uid in (CHILD_OWNER, OWNER, SUNDAI_OWNER, ADMINISTRATOR):
        found = await shown(await by_auth0(own, uid))
        seen[uid] = [(one["reader"]["uid"], one["organization"]["code"]) for one in found]
        assert all(one["students"]["totalCount"] == one["studentCount"] for one in found)
    coach, owner, operator = (COACH, "kakehashi-ueno"), (OWNER, "kakehashi"), (ADMINISTRATOR, "sundai")
    assert seen[CHILD_OWNER] == [coach]
    assert seen[OWNER] == [owner, coach]
    assert seen[SUNDAI_OWNER] == ([operator] if seen[SUNDAI_OWNER] else [])
    assert [one for one in seen[ADMINISTRATOR] if one in (coach, owner)] == [owner, coach]
    for uid in (STUDENT, COACH, CHILD_CLERK, PARENT_CLERK):
        answer = (await (await by_auth0(own, uid)).graph("{ accessLog { totalCount } }")).json()
        assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN", uid
        inner = "{ students(first: 1) { nodes { accesses { totalCount } } } }"
        answer = (await (await by_auth0(own, uid)).graph(inner)).json()
        assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN", uid


async def test_a_token_needs_the_ability_and_a_demo_token_sees_nothing(own: Running) -> None:
    await filled(own)
    able = await by_token(own, OWNER, ["audit:read"])
    assert (await able.data("{ accessLog { totalCount } }"))["accessLog"]["totalCount"] == 2
    unable = await by_token(own, OWNER, ["members:read", "institutions:read"])
    refused = (await unable.graph("{ accessLog { totalCount } }")).json()
    assert refused["errors"][0]["extensions"]["reason"] == "ability_missing"
    demo = Caller(own.client, {"Authorization": f"Bearer {own.signed(OWNER, ['cram_school_owner'], demo=True)}"})
    assert (await demo.data("{ accessLog { totalCount } }"))["accessLog"]["totalCount"] == 0


async def test_the_log_is_narrowed(own: Running) -> None:
    await filled(own)
    owner, now = await by_auth0(own, OWNER), datetime.now(UTC)
    (student,) = (await owner.data('{ students(filter: {keyword: "HQ001"}) { nodes { legacyId } } }'))["students"][
        "nodes"
    ]
    number = student["legacyId"]
    for given, readers in (
        ({"organizationCode": "kakehashi-ueno"}, [COACH]),
        ({"organizationCode": "kakehashi-namba"}, []),
        ({"student": number}, [OWNER]),
        ({"student": 999_999}, []),
        ({"reader": COACH}, [COACH]),
        ({"kind": "READ"}, [OWNER, COACH]),
        ({"kind": "EXPORT"}, []),
        ({"from": (now - timedelta(hours=1)).isoformat(), "to": now.isoformat()}, [OWNER, COACH]),
        ({"from": now.isoformat()}, []),
        ({"to": (now - timedelta(hours=1)).isoformat()}, []),
    ):
        before_this = {"to": now.isoformat()} | given
        assert [one["reader"]["uid"] for one in await shown(owner, **before_this)] == readers, given
    refused = (await owner.graph(LOG, {"organizationCode": "sundai"})).json()
    assert refused["errors"][0]["extensions"]["reason"] == "organization_out_of_reach"


async def test_who_looked_at_a_child_is_told_the_last_first_and_page_by_page(own: Running) -> None:
    owner = await by_auth0(own, OWNER)
    for name in ("A", "B", "C"):
        await owner.data(f'query {name} {{ students(organizationCode: "kakehashi", first: 1) {{ nodes {{ code }} }} }}')
        await written(own)
    document = """query Who($after: String) { students(organizationCode: "kakehashi", first: 1) { nodes {
        accesses(first: 2, after: $after) { totalCount pageInfo { endCursor } nodes { operation fields } } } } }"""

    async def looked(after: str | None) -> tuple[int, list[str], str]:
        (student,) = (await owner.data(document, {"after": after}))["students"]["nodes"]
        await written(own)
        page = student["accesses"]
        return page["totalCount"], [one["operation"] for one in page["nodes"]], page["pageInfo"]["endCursor"]

    total, names, end = await looked(None)
    assert (total, names) == (3, ["C", "B"])
    # To look into it by the student is a read of the student, and stands before all that was asked for by then.
    total, names, _ = await looked(end)
    assert (total, names) == (4, ["A"])
    assert (await looked(None))[1] == ["Who", "Who"]
    assert (await written(own))[-1].fields == ["Student.accesses"]


async def test_to_read_the_log_alone_is_no_read_of_students(own: Running) -> None:
    await filled(own)
    owner = await by_auth0(own, OWNER)
    await owner.data("{ accessLog { nodes { fields studentCount reader { name } students { totalCount } } } }")
    assert {row.operation for row in await written(own)} == {"Page"}
    await owner.data("query Log { accessLog { nodes { students { nodes { lastName } } } } }")
    assert {row.operation for row in await written(own)} == {"Page", "Log"}


@pytest.mark.parametrize("by_somebody", [True, False])
async def test_a_change_of_a_role_is_told_with_it_or_not_at_all(own: Running, by_somebody: bool) -> None:
    database, now = own.database, datetime.now(UTC)
    ((id_,),) = await database.read(f"select id from staff where uid = '{COACH}'", ())
    claimed = Claimed(OWNER, frozenset({"cram_school_owner"}), demo=False)
    viewer = await Admission(database).viewer(claimed, now)
    request = Request(viewer, database, now, manner=Manner(Way.REST, "PUT /api/roles")) if by_somebody else None
    changed = [ChangedRole(int(id_), 2002, "homeroom_teacher", RoleChange.ENDED)]

    async def change(*, fails: bool) -> None:
        async with database.writing() as transaction:
            await record_role_changes(transaction, request, changed)
            if fails:
                raise RuntimeError

    with pytest.raises(RuntimeError):
        await change(fails=True)
    assert await written(own) == []
    await change(fails=False)
    (entry,) = await shown(await by_auth0(own, CHILD_OWNER), kind="ROLE_CHANGE")
    role = {"uid": COACH, "name": "小林 直樹", "role": "homeroom_teacher", "change": "ENDED"}
    who = (OWNER, "高橋 誠", "REST", "PUT /api/roles") if by_somebody else ("system", "Kakehashi", "SYSTEM", None)
    assert (entry["reader"]["uid"], entry["reader"]["name"], entry["way"], entry["operation"]) == who
    assert (entry["roleChange"], entry["fields"], entry["studentCount"]) == (role, [], 0)
    assert (entry["organization"], entry["students"]) == ({"code": "kakehashi-ueno"}, {"totalCount": 0, "nodes": []})
