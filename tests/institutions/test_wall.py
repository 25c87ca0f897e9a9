"""What PostgreSQL itself shows of members: asked without the graph's own conditions, as each person."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import delete, insert

from db.institutions import organization_domains
from resolvers.accounts import EVERY_PRIVILEGE, Admission, Claimed
from tests.conftest import Running

PARENT, UENO, NAMBA = 2001, 2002, 2003
FAMILY = {PARENT, UENO, NAMBA}
# Of which organizations each person is shown the roles of staff, and the mail addresses of people.
REACHED: dict[str, set[int] | None] = {
    "student": set(),
    "coach-child": set(),
    "coach-parent": set(),
    "owner-child": {UENO},
    "owner-parent": FAMILY,
    "clerk-child": {UENO},
    "clerk-parent": FAMILY,
    "administrator": None,
}


@pytest.fixture
def walled(shared: Running, kind: str) -> Running:
    """The app on PostgreSQL; SQLite has no second wall."""
    if kind == "sqlite":
        pytest.skip("SQLite knows no policies.")
    return shared


async def seen(running: Running, name: str, sql: str) -> set[Any]:
    """What somebody is shown of a statement, with no condition of ours in it."""
    uid = f"auth0|demo-{name}"
    viewer = await Admission(running.database).viewer(Claimed(uid, EVERY_PRIVILEGE, None), datetime.now(UTC))
    return {row[0] for row in await running.database.graph.fetch(sql, (), viewer.sight)}


async def test_roles_and_mail_addresses_are_shown_to_whoever_reads_members_and_nobody_else(walled: Running) -> None:
    every = {row[0] for row in await walled.database.read("select distinct organization_id from memberships", ())}
    for name, reached in REACHED.items():
        roles = await seen(walled, name, "select organization_id from memberships")
        assert roles == (every if reached is None else reached & every), name
        uid = f"auth0|demo-{name}"
        wanted = await people(walled, reached) | {uid}
        assert await seen(walled, name, "select uid from users") == wanted, name
        staff = {row[0] for row in await walled.database.read("select uid from staff", ())}
        assert await seen(walled, name, "select uid from staff") == wanted & staff, name


async def people(running: Running, places: set[int] | None) -> set[str]:
    """The uids of who is or was a member of some organizations; of everybody for none in particular."""
    if places is None:
        return {row[0] for row in await running.database.read("select uid from users", ())}
    numbers = ", ".join(map(str, places)) or "null"
    learners = f"select uid from students where organization_id in ({numbers})"
    staff = f"select uid from staff join memberships on staff_id = staff.id where organization_id in ({numbers})"
    return {row[0] for row in await running.database.read(f"{learners} union {staff}", ())}


async def test_a_demo_person_is_shown_demo_people_alone(walled: Running) -> None:
    demo = {row[0] for row in await walled.database.read("select uid from staff where demo", ())}
    assert await seen(walled, "demo", "select uid from staff") == demo
    learners = await walled.database.read(
        "select uid from students where demo and organization_id in (2001, 2002, 2003)", ()
    )
    assert await seen(walled, "demo", "select uid from users") == demo | {row[0] for row in learners}


async def test_a_password_is_shown_to_nobody(walled: Running) -> None:
    with pytest.raises(Exception, match="permission denied"):
        await seen(walled, "administrator", "select password_hash from users")


async def test_domains_and_looks_are_shown_with_their_organizations(walled: Running) -> None:
    async with walled.database.writing() as transaction:
        for place in (1, UENO):
            row = {"organization_id": place, "domain": f"wall{place}.example", "created_at": datetime.now(UTC)}
            await transaction.execute(insert(organization_domains).values(**row))
    asked = "select domain from organization_domains where domain like 'wall%'"
    assert await seen(walled, "student", asked) == {"wall2002.example"}
    assert await seen(walled, "administrator", asked) == {"wall1.example", "wall2002.example"}
    async with walled.database.writing() as transaction:
        await transaction.execute(delete(organization_domains).where(organization_domains.c.domain.like("wall%")))
