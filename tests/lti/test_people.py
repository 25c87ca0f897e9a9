"""Tests that whoever comes from a platform is found, made or refused as the organization's policy says."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import func, insert, select, update

from db.accounts import memberships, staff, users
from db.connections.database import Database, connect
from db.lti.tables import lti_people, lti_platforms
from db.students import student_years, students
from resolvers.lti.people import Person, Policy, Told, kind_of, person_of

NOW = datetime(2026, 11, 28, 3, 0, tzinfo=UTC)
CONTEXT = "http://purl.imsglobal.org/vocab/lis/v2/membership"
INSTITUTION = "http://purl.imsglobal.org/vocab/lis/v2/institution/person"
SYSTEM = "http://purl.imsglobal.org/vocab/lis/v2/system/person"
YAMADA = Told("lms-17", "student", "Yamada@Example.jp", "S-0001", "太郎", "山田", "山田 太郎", "ja-JP")


@pytest.fixture
async def database(url: str) -> AsyncIterator[Database]:
    """The demo's database, open."""
    found = connect(url)
    await found.open()
    yield found
    await found.close()


@pytest.fixture
async def policy(database: Database) -> Policy:
    """A platform of an organization that makes accounts and matches nobody."""
    async with database.writing() as transaction:
        organization, owner = (
            await transaction.execute(
                select(memberships.c.organization_id, memberships.c.staff_id)
                .where(memberships.c.role == "cram_school_owner")
                .order_by(memberships.c.id)
                .limit(1)
            )
        ).one()
        values = {
            "organization_id": organization,
            "owner_id": owner,
            "name": "LMS",
            "issuer": "https://lms.example.jp",
            "client_id": "kakehashi",
            "deployment_ids": ["1"],
            "auth_login_url": "https://lms.example.jp/auth",
            "token_url": "https://lms.example.jp/token",
            "jwks_url": "https://lms.example.jp/jwks",
            "matching": "nothing",
            "creates_accounts": True,
            "created_at": NOW,
            "updated_at": NOW,
        }
        made = await transaction.execute(insert(lti_platforms).values(**values).returning(lti_platforms.c.id))
        return Policy(made.scalar_one(), organization, "nothing", creates_accounts=True)


def such(policy: Policy, matching: str, *, creates: bool) -> Policy:
    """The same platform with another policy."""
    return Policy(policy.platform_id, policy.organization_id, matching, creates)


async def came(database: Database, policy: Policy, told: Told) -> Person | None:
    """Who that is."""
    async with database.writing() as transaction:
        return await person_of(transaction, policy, told, NOW)


async def counts(database: Database) -> list[int]:
    """How many accounts, students, members of staff and links there are."""
    async with database.writing() as transaction:
        tables = (users, students, staff, lti_people)
        return [(await transaction.execute(select(func.count()).select_from(table))).scalar_one() for table in tables]


async def test_a_new_learner_is_a_student_of_the_organization_on_this_years_roster(
    database: Database, policy: Policy
) -> None:
    before = await counts(database)
    person = await came(database, policy, YAMADA)
    assert person is not None
    assert (person.kind, person.created) == ("student", True)
    assert await counts(database) == [before[0] + 1, before[1] + 1, before[2], before[3] + 1]
    async with database.writing() as transaction:
        row = (await transaction.execute(select(students).where(students.c.id == person.user_id))).mappings().one()
        account = (await transaction.execute(select(users).where(users.c.id == person.user_id))).mappings().one()
        years = (
            await transaction.execute(select(student_years).where(student_years.c.student_id == person.user_id))
        ).all()
    assert (row["organization_id"], row["last_name"], row["first_name"]) == (policy.organization_id, "山田", "太郎")
    assert (row["external_id"], row["kana_group"], row["locked_at"], row["demo"]) == ("S-0001", "OTHER", None, False)
    assert (account["uid"], account["email"], account["password_hash"]) == (person.uid, None, None)
    assert [tuple(year) for year in years] == [(person.user_id, 2026, 0)]
    assert row["roster_years"] == 1 << 26


async def test_whoever_comes_again_is_the_same_whatever_is_told_then(database: Database, policy: Policy) -> None:
    first = await came(database, policy, YAMADA)
    told = Told("lms-17", "student", None, "S-9999", "Taro", "Yamada")
    again = await came(database, such(policy, "external_id", creates=False), told)
    assert first is not None
    assert again == Person(first.user_id, first.uid, "student", created=False)


async def test_another_platforms_name_is_another_person(database: Database, policy: Policy) -> None:
    first = await came(database, policy, YAMADA)
    other = await came(database, policy, Told("lms-18", "student"))
    assert first is not None
    assert other is not None
    assert first.user_id != other.user_id


async def test_a_new_teacher_is_a_coach_and_reads_nothing_by_that_alone(database: Database, policy: Policy) -> None:
    person = await came(database, policy, Told("lms-1", "staff", name="鈴木 一郎"))
    assert person is not None
    async with database.writing() as transaction:
        row = (await transaction.execute(select(staff).where(staff.c.id == person.user_id))).mappings().one()
        places = (
            await transaction.execute(
                select(memberships.c.organization_id, memberships.c.role).where(
                    memberships.c.staff_id == person.user_id
                )
            )
        ).all()
    assert (row["last_name"], row["first_name"]) == ("鈴木 一郎", "")
    assert [tuple(place) for place in places] == [(policy.organization_id, "homeroom_teacher")]


async def test_who_keeps_the_name_to_themselves_has_a_code(database: Database, policy: Policy) -> None:
    person = await came(database, policy, Told("lms-19", "student"))
    assert person is not None
    async with database.writing() as transaction:
        row = (await transaction.execute(select(students).where(students.c.id == person.user_id))).mappings().one()
    assert row["last_name"] == row["code"] == row["external_id"]
    assert row["code"].startswith(f"L{policy.platform_id}-")


async def some_student(database: Database, organization_id: int) -> tuple[int, str, str]:
    """A student of the organization: number, uid, external id."""
    async with database.writing() as transaction:
        found = select(students.c.id, students.c.uid, students.c.external_id).where(
            students.c.organization_id == organization_id
        )
        id_, uid, external_id = (await transaction.execute(found.order_by(students.c.id).limit(1))).one()
        await transaction.execute(update(students).where(students.c.id == id_).values(external_id="S-0001"))
        await transaction.execute(update(users).where(users.c.id == id_).values(email="yamada@example.jp"))
    return id_, uid, external_id


@pytest.mark.parametrize("matching", ["email", "external_id"])
async def test_a_policy_finds_who_is_there_already(database: Database, policy: Policy, matching: str) -> None:
    id_, uid, _ = await some_student(database, policy.organization_id)
    person = await came(database, such(policy, matching, creates=False), YAMADA)
    assert person == Person(id_, uid, "student", created=False)


@pytest.mark.parametrize("matching", ["nothing", "email", "external_id"])
async def test_who_is_not_found_is_nobody_where_no_accounts_are_made(
    database: Database, policy: Policy, matching: str
) -> None:
    before = await counts(database)
    assert await came(database, such(policy, matching, creates=False), YAMADA) is None
    assert await counts(database) == before


async def test_a_student_of_another_organization_is_not_found(database: Database, policy: Policy) -> None:
    id_, _, _ = await some_student(database, policy.organization_id)
    async with database.writing() as transaction:
        elsewhere = (
            await transaction.execute(
                select(students.c.organization_id).where(students.c.organization_id != policy.organization_id).limit(1)
            )
        ).scalar_one()
        await transaction.execute(update(students).where(students.c.id == id_).values(organization_id=elsewhere))
    assert await came(database, such(policy, "email", creates=False), YAMADA) is None


async def test_a_teacher_is_not_found_among_students(database: Database, policy: Policy) -> None:
    await some_student(database, policy.organization_id)
    told = Told("lms-17", "staff", "yamada@example.jp", "S-0001")
    assert await came(database, such(policy, "email", creates=False), told) is None


async def test_what_is_true_of_two_is_nobody_and_makes_no_account(database: Database, policy: Policy) -> None:
    async with database.writing() as transaction:
        found = select(students.c.id).where(students.c.organization_id == policy.organization_id)
        ids = (await transaction.execute(found.order_by(students.c.id).limit(2))).scalars().all()
        await transaction.execute(update(students).where(students.c.id.in_(ids)).values(external_id="S-0001"))
    before = await counts(database)
    assert await came(database, such(policy, "external_id", creates=True), YAMADA) is None
    assert await counts(database) == before


async def test_two_launches_at_once_make_one_person(database: Database, policy: Policy) -> None:
    before = await counts(database)
    people = await asyncio.gather(*[came(database, policy, YAMADA) for _ in range(5)])
    assert len({person.user_id for person in people if person is not None}) == 1
    assert sum(person.created for person in people if person is not None) == 1
    assert await counts(database) == [before[0] + 1, before[1] + 1, before[2], before[3] + 1]


@pytest.mark.parametrize(
    ("roles", "kind"),
    [
        ([f"{CONTEXT}#Learner"], "student"),
        ([f"{CONTEXT}#Instructor"], "staff"),
        ([f"{CONTEXT}/Instructor#TeachingAssistant"], "staff"),
        ([f"{CONTEXT}/Learner#NonCreditLearner"], "student"),
        ([f"{CONTEXT}#Learner", f"{CONTEXT}#Instructor"], "staff"),
        ([f"{INSTITUTION}#Instructor", f"{CONTEXT}#Learner"], "student"),
        ([f"{INSTITUTION}#Student"], "student"),
        ([f"{INSTITUTION}#Administrator", f"{SYSTEM}#Administrator"], "staff"),
        ([f"{SYSTEM}#User"], None),
        (["Learner"], "student"),
        (["Instructor"], "staff"),
        (["Gardener", "urn:lti:role:ims/lis/Learner"], None),
        ([], None),
    ],
)
def test_roles_say_what_somebody_is(roles: list[str], kind: str | None) -> None:
    assert kind_of(roles) == kind
