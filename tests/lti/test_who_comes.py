"""Tests that who may not come, and what cannot be launched, is refused by a page that says why, and leaves nothing."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from db.accounts import staff, users
from db.lti.tables import lti_platforms
from db.students import students
from tests.lti.platform import INSTRUCTOR, LEARNER, TOOL
from tests.lti.visiting import Browser, Visit, words_in

NOBODY = "Your LMS does not say who you are, and nobody learns here without being known. Ask whoever runs your LMS."
NO_ROLE = "Your role in the LMS is neither one of learners nor one of teachers. Ask whoever runs your LMS."
NO_COURSE = "There is no such course, or it is not published yet. Tell your teacher."
NO_LESSON = "The course has no such lesson. Tell your teacher."
ELSEWHERE = "target_link_uri is no address of this server. Ask whoever runs your LMS."


def unusable(claim: str) -> tuple[int, str]:
    """How a claim that has to be there is refused."""
    return 400, f"The id_token has no usable {claim}. Ask whoever runs your LMS."


REFUSED: dict[str, tuple[Mapping[str, object], tuple[int, str]]] = {
    "no_version": ({"version": None}, unusable("version")),
    "another_version": ({"version": "1.1.0"}, unusable("version")),
    "version_as_number": ({"version": 1.3}, unusable("version")),
    "no_message_type": ({"message_type": None}, unusable("message_type")),
    "another_message_type": ({"message_type": "LtiSubmissionReviewRequest"}, unusable("message_type")),
    "message_types": ({"message_type": ["LtiResourceLinkRequest"]}, unusable("message_type")),
    "no_target": ({"target_link_uri": None}, (400, ELSEWHERE)),
    "targets": ({"target_link_uri": [TOOL]}, (400, ELSEWHERE)),
    "no_link": ({"resource_link": None}, unusable("resource_link.id")),
    "link_without_id": ({"resource_link": {"title": "x"}}, unusable("resource_link.id")),
    "link_with_empty_id": ({"resource_link": {"id": ""}}, unusable("resource_link.id")),
    "link_with_long_id": ({"resource_link": {"id": "x" * 256}}, unusable("resource_link.id")),
    "link_with_null": ({"resource_link": {"id": "a\x00b"}}, unusable("resource_link.id")),
    "link_with_half_a_character": ({"resource_link": {"id": "\ud800"}}, unusable("resource_link.id")),
    "link_as_text": ({"resource_link": "link-1"}, unusable("resource_link.id")),
    "link_as_number": ({"resource_link": {"id": 1}}, unusable("resource_link.id")),
    "no_roles": ({"roles": None}, unusable("roles")),
    "role_as_text": ({"roles": LEARNER}, unusable("roles")),
    "role_as_number": ({"roles": [1]}, unusable("roles")),
    "many_roles": ({"roles": [LEARNER] * 101}, unusable("roles")),
    "roles_of_nobody": ({"roles": []}, (403, NO_ROLE)),
    "unknown_role": ({"roles": [f"{LEARNER}s"]}, (403, NO_ROLE)),
    "anonymous": ({"__sub": None}, (403, NOBODY)),
    "empty_subject": ({"__sub": ""}, (403, NOBODY)),
    "long_subject": ({"__sub": "x" * 256}, unusable("sub")),
    "subject_as_number": ({"__sub": 5}, unusable("sub")),
    "subject_with_null": ({"__sub": "a\x00"}, unusable("sub")),
    "unknown_course": ({"custom": {"course": "none"}}, (404, NO_COURSE)),
    "no_number_of_a_course": ({"custom": {"course": 10**17}}, (404, NO_COURSE)),
    "beyond_all_numbers": ({"custom": {"course": "9" * 40}}, (404, NO_COURSE)),
    "unpublished_course": ({"custom": {"course": "EN-B2-02"}}, (404, NO_COURSE)),
    "unknown_course_in_path": ({"target_link_uri": f"{TOOL}/courses/none"}, (404, NO_COURSE)),
    "no_text_in_path": ({"target_link_uri": f"{TOOL}/courses/%FF"}, (400, ELSEWHERE)),
    "null_in_path": ({"target_link_uri": f"{TOOL}/courses/a%00"}, unusable("target_link_uri")),
    "unknown_lesson": ({"custom": {"course": "EN-A1-01", "lesson": "none"}}, (404, NO_LESSON)),
    "lesson_of_another": ({"custom": {"course": "EN-A1-01", "lesson": "EN-A1-02-L01"}}, (404, NO_LESSON)),
    "lesson_alone": ({"custom": {"lesson": "EN-A1-01-L01"}}, unusable("custom.course")),
}
CHOICE = {
    "deep_link_return_url": "https://lms.example.jp/return",
    "accept_types": ["ltiResourceLink"],
    "accept_presentation_document_targets": ["iframe"],
}
CHOOSING: dict[str, tuple[Mapping[str, object], tuple[int, str]]] = {
    "no_settings": ({"deep_linking_settings": None}, unusable("deep_link_return_url")),
    "settings_as_text": ({"deep_linking_settings": "x"}, unusable("deep_link_return_url")),
    "no_types": ({"deep_linking_settings": {**CHOICE, "accept_types": None}}, unusable("accept_types")),
    "types_as_text": ({"deep_linking_settings": {**CHOICE, "accept_types": "link"}}, unusable("accept_types")),
    "no_places": (
        {"deep_linking_settings": {**CHOICE, "accept_presentation_document_targets": [1]}},
        unusable("accept_presentation_document_targets"),
    ),
    "data_with_null_inside": (
        {"deep_linking_settings": {**CHOICE, "data": {"a": ["\x00"]}}},
        unusable("deep_linking_settings.data"),
    ),
    "data_with_null": (
        {"deep_linking_settings": {**CHOICE, "data": "a\x00"}},
        unusable("deep_linking_settings.data"),
    ),
    "by_a_learner": ({"roles": [LEARNER]}, (403, "Courses are chosen by teachers.")),
    "target_elsewhere": ({"target_link_uri": "https://evil.example/"}, (400, ELSEWHERE)),
}
RETURNS = ("/return", "javascript:alert(1)", "https:///x", "http://[::1", "https://a b/", "x" * 4097, "ftp://a/", "", 5)


@pytest.mark.parametrize("name", REFUSED)
async def test_a_launch_that_cannot_be_is_refused(refusing: Visit, stranger: Browser, name: str) -> None:
    changes, expected = REFUSED[name]
    before = await refusing.counts()
    answer = await stranger.come(refusing.platform, **{"__sub": "nobody-yet", **changes})
    assert (answer.status_code, words_in(answer)) == expected
    assert '<p lang="ja">' in answer.text
    assert await refusing.counts() == before


@pytest.mark.parametrize("name", CHOOSING)
async def test_a_choice_that_cannot_be_is_refused(refusing: Visit, stranger: Browser, name: str) -> None:
    changes, expected = CHOOSING[name]
    login, before = await stranger.login(refusing.platform), await refusing.counts()
    answer = await stranger.launch(login, refusing.platform.choice(login.nonce, **changes))
    assert (answer.status_code, words_in(answer)) == expected
    assert await refusing.counts() == before


@pytest.mark.parametrize("address", RETURNS)
async def test_a_choice_goes_back_to_an_address_of_the_web(refusing: Visit, stranger: Browser, address: object) -> None:
    login, before = await stranger.login(refusing.platform), await refusing.counts()
    settings = {**CHOICE, "deep_link_return_url": address}
    answer = await stranger.launch(login, refusing.platform.choice(login.nonce, deep_linking_settings=settings))
    assert (answer.status_code, words_in(answer)) == unusable("deep_link_return_url")
    assert await refusing.counts() == before


async def test_what_is_not_needed_and_unusable_is_let_be(visit: Visit, browser: Browser) -> None:
    odd: list[object] = [5, ["x"], {}, "a\x00b", "\ud800", True, None]
    for value in odd:
        answer = await browser.come(
            visit.platform,
            context={"id": value, "title": value},
            resource_link={"id": "link-1", "title": value},
            custom={"course": value if value not in (5, "a\x00b") else None},
            endpoint={"scope": value, "lineitem": value, "lineitems": value},
            namesroleservice={"context_memberships_url": value},
            lis={"person_sourcedid": value},
            launch_presentation=value,
            **{f"__{name}": value for name in ("name", "given_name", "family_name", "email", "locale")},
        )
        assert answer.status_code == 302, (value, answer.text)
        launch = (await visit.launches())[-1]
        assert (launch.context_id, launch.has_grade_service, launch.has_roster) == (None, False, False)


async def test_texts_for_people_are_cut_and_cleaned(visit: Visit, browser: Browser) -> None:
    context = {"id": "c", "title": f"  英\x00語\n{'x' * 2000}"}
    await browser.come(visit.platform, context=context)
    (launch,) = await visit.launches()
    assert launch.context_title == f"英 語 {'x' * 996}"


@pytest.mark.parametrize(
    ("book", "takes"),
    [
        ({"scope": ["{}scope/score"], "lineitem": "https://lms/l/1"}, True),
        ({"scope": ["{}scope/score"], "lineitems": "https://lms/l"}, False),
        ({"scope": ["{}scope/score", "{}scope/lineitem"], "lineitems": "https://lms/l"}, True),
        ({"scope": ["{}scope/score", "{}scope/lineitem.readonly"], "lineitems": "https://lms/l"}, True),
        ({"scope": ["{}scope/lineitem"], "lineitem": "https://lms/l/1"}, False),
        ({"scope": ["{}scope/score"]}, False),
        ({"lineitem": "https://lms/l/1"}, False),
    ],
)
async def test_grades_can_be_sent_where_there_is_a_line_and_leave(
    refusing: Visit, stranger: Browser, book: dict[str, object], takes: bool
) -> None:
    scopes = [str(one).format("https://purl.imsglobal.org/spec/lti-ags/") for one in book.get("scope", ())]  # type: ignore[attr-defined]  # a list, where there is one
    answer = await stranger.come(refusing.platform, endpoint={**book, "scope": scopes})
    assert answer.status_code == 302
    assert (await refusing.launches())[-1].has_grade_service is takes


async def test_a_person_whom_the_policy_does_not_let_in_is_refused(visit: Visit, browser: Browser) -> None:
    await visit.set(lti_platforms, creates_accounts=False)
    before = await visit.counts()
    answer = await browser.come(visit.platform)
    assert answer.status_code == 403
    assert words_in(answer) == "Your school's account for you was not found here. Ask your school."
    assert "山田" not in answer.text
    assert await visit.counts() == before


@pytest.mark.parametrize("roles", [[LEARNER], [INSTRUCTOR]])
@pytest.mark.parametrize("state", ["locked", "before", "after"])
async def test_an_account_that_may_not_come_in_is_refused(
    visit: Visit, browser: Browser, roles: list[str], state: str
) -> None:
    assert (await browser.come(visit.platform, roles=roles)).status_code == 302
    now = datetime.now(UTC)
    values = {
        "locked": {"locked_at": now},
        "before": {"start_at": now + timedelta(days=1)},
        "after": {"end_at": now - timedelta(seconds=1)},
    }
    (launch,) = await visit.launches()
    table = students if roles == [LEARNER] else staff
    async with visit.database.writing() as transaction:
        await transaction.execute(update(table).where(table.c.id == launch.user_id).values(**values[state]))
    before = await visit.counts()
    answer = await browser.come(visit.platform, roles=roles)
    locked = "Your account here is locked. Ask your school to unlock it."
    outside = "Your account here is outside its period of use. Ask your school."
    assert (answer.status_code, words_in(answer)) == (403, locked if state == "locked" else outside)
    assert await visit.counts() == before


@pytest.mark.parametrize(
    ("said", "is_found"),
    [
        ({"__email": "Hanako@LMS.example.jp"}, True),
        ({"__email": "Hanako@LMS.example.jp", "__email_verified": True}, True),
        # Whoever may write any address into a profile could be anybody.
        ({"__email": "hanako@lms.example.jp", "__email_verified": False}, False),
        ({"__email": "hanako"}, False),
        ({"__email": f"{'x' * 250}@lms.example.jp"}, False),
        ({"__email": None}, False),
    ],
)
async def test_people_are_found_by_a_mail_address_that_is_one(
    visit: Visit, browser: Browser, said: dict[str, object], is_found: bool
) -> None:
    await browser.come(visit.platform)
    (known,) = await visit.launches()
    async with visit.database.writing() as transaction:
        one = update(users).where(users.c.id == known.user_id)
        await transaction.execute(one.values(email="hanako@lms.example.jp"))
        await transaction.execute(update(lti_platforms).values(matching="email"))
    await browser.come(visit.platform, __sub="another-name", **said)
    _, launch = await visit.launches()
    assert (launch.user_id == known.user_id) is is_found


async def test_people_are_found_by_the_id_of_their_school(visit: Visit, browser: Browser) -> None:
    await visit.set(lti_platforms, matching="external_id", creates_accounts=False)
    organization = select(lti_platforms.c.organization_id).scalar_subquery()
    one = select(students.c.id, students.c.external_id).where(
        students.c.organization_id == organization, students.c.locked_at.is_(None)
    )
    now = datetime.now(UTC)
    current = one.where(students.c.start_at <= now, students.c.end_at >= now).order_by(students.c.id).limit(1)
    async with visit.database.engine.connect() as connection:
        known = (await connection.execute(current)).one()
    answer = await browser.come(visit.platform, lis={"person_sourcedid": known.external_id})
    assert answer.status_code == 302, answer.text
    (launch,) = await visit.launches()
    assert (launch.user_id, launch.student_id) == (known.id, known.id)
