"""Tests of who comes by single sign-on: found or made, in which roles, and never as somebody else's."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert, update

from db.accounts import memberships, staff, users
from db.newcomers import UNTIL
from db.sso.tables import sso_assertions, sso_logins, sso_people
from db.students import student_years, students
from jobs.sso.forgetting import forget_assertions, forget_logins
from tests.accounts.calling import ADMINISTRATOR, COACH, EMAILS, OWNER, PASSWORD, SIGN_IN, SUNDAI_OWNER
from tests.lti.visiting import Browser, words_in
from tests.sso.coming import Coming
from tests.sso.openid import OpenIdProvider, openid_provider

TEACHER, CLERK, HEAD = "homeroom_teacher", "cram_school_clerk", "cram_school_owner"
BOTH = {"domains": ["school.example.jp", "kakehashi.example"]}


@pytest.fixture(autouse=True)
async def set_up(coming: Coming, provider: OpenIdProvider) -> None:
    plain = {"enforced": False, "creates_accounts": True, "default_role": None}
    await coming.speak_oidc(provider, **BOTH, **plain)


async def person(coming: Coming, subject: str) -> int:
    """The account of somebody who came by this name."""
    (found,) = await coming.all(sso_people, subject=subject)
    return int(found.user_id)


async def test_who_has_the_address_here_is_found_and_keeps_what_others_gave(
    coming: Coming, provider: OpenIdProvider, browser: Browser
) -> None:
    (coach,) = await coming.all(staff, uid=COACH)
    before, counts = await coming.roles(coach.id), await coming.kept()
    told = {"sub": "coach", "email": EMAILS[COACH].upper()}
    await coming.session(await coming.come(browser, provider, **told, groups=["office"]))
    assert await person(coming, "coach") == coach.id
    assert await coming.roles(coach.id) == sorted([*before, (CLERK, "sso")])
    # Now nothing is given any more: what single sign-on gave ends, what others gave stays, and nobody comes in by it.
    answer = await coming.come(browser, provider, **told, groups=[])
    assert (answer.status_code, "no role here" in words_in(answer)) == (403, True)
    assert await coming.roles(coach.id) == before
    assert [after - one for one, after in zip(counts, await coming.kept(), strict=True)] == [1, 0, 0, 0, 1, 1]


async def test_nobody_else_s_account_is_had_by_its_address(
    coming: Coming, provider: OpenIdProvider, browser: Browser
) -> None:
    """Neither a system operator's nor one of another organization, whose addresses are of this domain here."""
    for uid in (ADMINISTRATOR, SUNDAI_OWNER):
        (theirs,) = await coming.all(users, uid=uid)
        await coming.session(await coming.come(browser, provider, sub=uid, email=EMAILS[uid]))
        mine = await person(coming, uid)
        assert mine != theirs.id
        assert await coming.roles(mine) == [(TEACHER, "sso")]


async def test_who_is_somebody_elsewhere_too_is_refused(
    coming: Coming, provider: OpenIdProvider, browser: Browser
) -> None:
    await coming.session(await coming.come(browser, provider, sub="both"))
    mine = await person(coming, "both")
    async with coming.running.database.writing() as transaction:
        await transaction.execute(insert(memberships).values(staff_id=mine, organization_id=1, role=HEAD))
    before = await coming.kept()
    answer = await coming.come(browser, provider, sub="both")
    assert (answer.status_code, "another organization" in words_in(answer)) == (403, True)
    assert await coming.kept() == before


async def test_roles_follow_the_identity_provider(coming: Coming, provider: OpenIdProvider, browser: Browser) -> None:
    mine = 0
    for groups, roles in (
        (["teachers", "office", "other"], [CLERK, TEACHER]),
        (["office"], [CLERK]),
        # Staff is no student beside it; one value need not be a list.
        (["pupils", "teachers"], [TEACHER]),
        ("heads", [HEAD]),
    ):
        await coming.session(await coming.come(browser, provider, sub="many", groups=groups))
        mine = await person(coming, "many")
        assert await coming.roles(mine) == [(role, "sso") for role in roles]
        assert await coming.all(students, id=mine) == []
    # What has ended stays as history.
    assert len(await coming.all(memberships, staff_id=mine)) == 4
    await coming.speak_oidc(provider, default_role="homeroom_teacher")
    await coming.session(await coming.come(browser, provider, sub="many", groups=None))
    assert await coming.roles(mine) == [(TEACHER, "sso")]


async def test_the_last_owner_stays_one(coming: Coming, provider: OpenIdProvider, browser: Browser) -> None:
    await coming.session(await coming.come(browser, provider, sub="head", groups=["heads"]))
    mine = await person(coming, "head")
    now = datetime.now(UTC)
    owners = staff.c.id.in_(
        [one.staff_id for one in await coming.all(memberships, organization_id=coming.organization, role=HEAD)]
    )
    async with coming.running.database.writing() as transaction:
        await transaction.execute(update(staff).where(owners, staff.c.id != mine).values(locked_at=now))
    await coming.session(await coming.come(browser, provider, sub="head", groups=["teachers"]))
    assert await coming.roles(mine) == [(HEAD, "sso"), (TEACHER, "sso")]
    async with coming.running.database.writing() as transaction:
        await transaction.execute(update(staff).where(owners).values(locked_at=None))
    await coming.session(await coming.come(browser, provider, sub="head", groups=["teachers"]))
    assert await coming.roles(mine) == [(TEACHER, "sso")]


async def test_a_student_is_made_and_closed_and_opened_again_but_not_against_the_school(
    coming: Coming, provider: OpenIdProvider, browser: Browser
) -> None:
    signed = await coming.session(await coming.come(browser, provider, sub="pupil", groups=["pupils"]))
    assert await signed.data("{ viewer { roles } }") == {"viewer": {"roles": ["STUDENT"]}}
    mine = await person(coming, "pupil")
    (made,) = await coming.all(students, id=mine)
    assert (made.source, made.source_ref, made.organization_id) == ("sso", "pupil", coming.organization)
    assert len(await coming.all(student_years, student_id=mine)) == 1
    assert (await coming.come(browser, provider, sub="pupil", groups=["guests"])).status_code == 403
    (closed,) = await coming.all(students, id=mine)
    assert closed.end_at <= datetime.now(UTC)
    await coming.session(await coming.come(browser, provider, sub="pupil", groups=["pupils"]))
    (opened,) = await coming.all(students, id=mine)
    assert opened.end_at == UNTIL
    # What the school ended, no identity provider opens.
    ended = datetime.now(UTC) - timedelta(days=1)
    async with coming.running.database.writing() as transaction:
        await transaction.execute(update(students).where(students.c.id == mine).values(end_at=ended))
    answer = await coming.come(browser, provider, sub="pupil", groups=["pupils"])
    assert (answer.status_code, "locked, or outside" in words_in(answer)) == (403, True)
    (still,) = await coming.all(students, id=mine)
    assert still.end_at == ended


async def test_who_is_locked_stays_out_and_nobody_new_comes_where_none_are_made(
    coming: Coming, provider: OpenIdProvider, browser: Browser
) -> None:
    await coming.session(await coming.come(browser, provider, sub="locked"))
    mine = await person(coming, "locked")
    async with coming.running.database.writing() as transaction:
        await transaction.execute(update(staff).where(staff.c.id == mine).values(locked_at=datetime.now(UTC)))
    assert "locked, or outside" in words_in(await coming.come(browser, provider, sub="locked"))
    await coming.speak_oidc(provider, creates_accounts=False)
    before = await coming.kept()
    answer = await coming.come(browser, provider, sub="new", email="new@school.example.jp")
    assert (answer.status_code, "was not found here" in words_in(answer)) == (403, True)
    assert await coming.kept() == before


async def test_an_address_that_is_given_to_somebody_new_brings_nobody_old(
    coming: Coming, provider: OpenIdProvider, browser: Browser
) -> None:
    told = {"email": "taro@school.example.jp"}
    await coming.session(await coming.come(browser, provider, sub="old", **told))
    await coming.session(await coming.come(browser, provider, sub="other", **told))
    assert await person(coming, "old") != await person(coming, "other")


async def test_at_the_next_identity_provider_people_are_the_same_by_their_addresses(
    coming: Coming, provider: OpenIdProvider, browser: Browser
) -> None:
    told = {"email": "jiro@school.example.jp"}
    await coming.session(await coming.come(browser, provider, sub="jiro", **told))
    async with openid_provider() as other:
        await coming.speak_oidc(other)
        # There the same name is somebody else's.
        await coming.session(await coming.come(browser, other, sub="jiro", email="saburo@school.example.jp"))
        await coming.session(await coming.come(browser, other, sub="4711", **told))
        known = await coming.all(sso_people, issuer=other.issuer)
    first = next(one for one in await coming.all(sso_people, issuer=provider.issuer) if one.subject == "jiro")
    assert {one.subject: one.user_id == first.user_id for one in known} == {"jiro": False, "4711": True}


async def test_passwords_are_closed_to_all_but_owners_where_that_is_set(
    coming: Coming, provider: OpenIdProvider
) -> None:
    async def signs_in(uid: str, password: str = PASSWORD) -> tuple[int, str]:
        given = {"email": EMAILS[uid], "password": password}
        answer = await coming.running.client.post(SIGN_IN, json=given)
        return answer.status_code, "".join(answer.json().get("errors", {}).get("email", []))

    assert (await signs_in(COACH))[0] == 200
    await coming.speak_oidc(provider, **BOTH, enforced=True)
    status, message = await signs_in(COACH)
    assert (status, "identity provider" in message) == (422, True), message
    # It is said to nobody who does not know the password.
    assert "do not match our records" in (await signs_in(COACH, "wrong"))[1]
    # Owners, system operators and people of others whose address is of this domain too.
    assert [(await signs_in(uid))[0] for uid in (OWNER, ADMINISTRATOR, SUNDAI_OWNER)] == [200, 200, 200]
    assert (await coming.put(protocol="oidc", enabled=False)).status_code == 200
    assert (await signs_in(COACH))[0] == 200


async def test_what_is_over_is_forgotten(coming: Coming, provider: OpenIdProvider, browser: Browser) -> None:
    await coming.begin(browser)
    database = coming.running.database
    assert (await forget_logins(database), await forget_assertions(database)) == (0, 0)
    long_ago = datetime.now(UTC) - timedelta(hours=2)
    (configuration,) = {one.configuration_id for one in await coming.all(sso_logins)}
    async with database.writing() as transaction:
        await transaction.execute(update(sso_logins).values(expires_at=long_ago))
        row = {"configuration_id": configuration, "digest": b"a" * 32, "expires_at": long_ago}
        await transaction.execute(insert(sso_assertions).values(**row))
    kept = len(await coming.all(sso_logins))
    assert (await forget_logins(database), await forget_assertions(database)) == (kept, 1)
    assert await coming.all(sso_logins) == []
