"""Tests that whoever comes from a platform is let in once, to what was launched, and that it is kept."""

import asyncio
from datetime import timedelta
from hashlib import sha256

import pytest
from sqlalchemy import event, select, update

from db.accounts import staff, users
from db.courses import courses, enrollments
from db.lessons import lessons
from db.lti.tables import lti_people
from db.students import students
from gateway.settings import Settings
from tests.accounts.calling import count
from tests.conftest import running
from tests.lti.platform import GRADES, INSTRUCTOR, LEARNER, TOOL, Platform, publishing
from tests.lti.visiting import Browser, Visit, code_in
from tests.webhooks.hooks import HERE

COURSE, LESSON, UNPUBLISHED = "EN-A1-01", "EN-A1-01-L02", "EN-B2-02"
BOOK = {
    "scope": [f"{GRADES}scope/lineitem", f"{GRADES}scope/score"],
    "lineitems": "https://lms.example.jp/lines?course=1",
    "lineitem": "https://lms.example.jp/lines/5",
}


async def number_of(visit: Visit, code: str) -> tuple[int, int]:
    """The numbers of a course and of its first lesson."""
    found = select(courses.c.id, lessons.c.id).join_from(courses, lessons).where(courses.c.code == code)
    async with visit.database.engine.connect() as connection:
        course, lesson = (await connection.execute(found.order_by(lessons.c.seq).limit(1))).one()
        return course, lesson


def place_in(location: str, launch_id: int) -> str:
    """What the address of a page says beside the number of the launch and the code."""
    head = f"{TOOL}/course?launch={launch_id}"
    assert location.startswith(head)
    return location.removeprefix(head).partition("#")[0]


async def test_a_learner_is_made_and_led_to_the_page_and_the_launch_is_kept(visit: Visit, browser: Browser) -> None:
    told = {"endpoint": BOOK, "namesroleservice": {"context_memberships_url": "https://lms.example.jp/members"}}
    answer = await browser.come(visit.platform, custom={"course": COURSE, "lesson": LESSON}, **told)
    (launch,) = await visit.launches()
    code = code_in(answer)
    place = f"&course={COURSE}&lesson={LESSON}"
    assert answer.headers["location"] == f"{TOOL}/course?launch={launch.id}{place}#code={code}"
    assert answer.headers["cache-control"] == "no-store"
    async with visit.database.engine.connect() as connection:
        person = (await connection.execute(select(students).where(students.c.id == launch.user_id))).one()
        course, lesson = (
            await connection.execute(select(lessons.c.course_id, lessons.c.id).where(lessons.c.code == LESSON))
        ).one()
        linked = (await connection.execute(select(lti_people))).one()
    assert (person.last_name, person.first_name, person.organization_id) == ("山田", "花子", launch.organization_id)
    assert (linked.platform_id, linked.subject, linked.user_id) == (visit.platform.number, "learner-1", person.id)
    kept = launch._asdict()
    assert {name: kept[name] for name in kept if name not in ("id", "user_id", "organization_id")} == {
        "platform_id": visit.platform.number,
        "deployment_id": "1",
        "message_type": "resource_link",
        "subject": "learner-1",
        "student_id": person.id,
        "roles": [LEARNER],
        "context_id": "course-1",
        "context_title": "英語",
        "resource_link_id": "link-1",
        "resource_link_title": "第1課",
        "course_id": course,
        "lesson_id": lesson,
        "line_item_url": BOOK["lineitem"],
        "line_items_url": BOOK["lineitems"],
        "ags_scopes": BOOK["scope"],
        "has_grade_service": True,
        "memberships_url": "https://lms.example.jp/members",
        "has_roster": True,
        "deep_linking": None,
        "answered_at": None,
        "code_digest": sha256(code.encode()).digest(),
        "code_expires_at": launch.code_expires_at,
        "token_id": None,
        "launched_at": launch.launched_at,
    }
    assert 55 < (launch.code_expires_at - launch.launched_at).total_seconds() < 65


async def test_without_services_a_launch_has_none(visit: Visit, browser: Browser) -> None:
    await browser.come(visit.platform)
    (launch,) = await visit.launches()
    assert (launch.has_grade_service, launch.has_roster, launch.ags_scopes) == (False, False, [])
    assert (launch.line_item_url, launch.line_items_url, launch.memberships_url) == (None, None, None)
    assert (launch.course_id, launch.lesson_id) == (None, None)


async def test_a_launch_enrols_nobody(visit: Visit, browser: Browser) -> None:
    before = await count(visit.database, enrollments)
    await browser.come(visit.platform, custom={"course": COURSE})
    assert await count(visit.database, enrollments) == before


async def test_what_is_launched_is_named_in_many_ways(visit: Visit, browser: Browser) -> None:
    course, lesson = await number_of(visit, COURSE)
    first = "EN-A1-01-L01"
    ways: list[tuple[dict[str, object], str]] = [
        ({"custom": {"course": COURSE}}, f"&course={COURSE}"),
        ({"custom": {"course": "first-steps-a1"}}, f"&course={COURSE}"),
        ({"custom": {"course": str(course)}}, f"&course={COURSE}"),
        # Canvas reads numbers into what is text.
        ({"custom": {"course": course, "lesson": lesson}}, f"&course={COURSE}&lesson={first}"),
        ({"target_link_uri": f"{TOOL}/courses/{COURSE}"}, f"&course={COURSE}"),
        ({"target_link_uri": f"{TOOL}/courses/{course}/lessons/{lesson}/"}, f"&course={COURSE}&lesson={first}"),
        ({"target_link_uri": f"{TOOL}/courses/first%2Dsteps-a1?x=1"}, f"&course={COURSE}"),
        (
            {"target_link_uri": f"{TOOL}/courses/{COURSE}", "custom": {"lesson": first}},
            f"&course={COURSE}&lesson={first}",
        ),
        ({"target_link_uri": f"{TOOL}/courses/none", "custom": {"course": COURSE}}, f"&course={COURSE}"),
        ({"target_link_uri": f"{TOOL}/callback"}, ""),
        ({"custom": {"course": ""}}, ""),
        ({"custom": "course"}, ""),
    ]
    for changes, expected in ways:
        answer = await browser.come(visit.platform, **changes)
        assert answer.status_code == 302, (changes, answer.text)
        launch = (await visit.launches())[-1]
        assert place_in(answer.headers["location"], launch.id) == expected, changes


async def test_a_course_whose_code_is_a_number_is_named_by_its_own_number(visit: Visit, browser: Browser) -> None:
    course, _ = await number_of(visit, COURSE)
    async with visit.database.writing() as transaction:
        await transaction.execute(update(courses).where(courses.c.id == course).values(code="99999999"))
    answer = await browser.come(visit.platform, custom={"course": "99999999"})
    (launch,) = await visit.launches()
    assert place_in(answer.headers["location"], launch.id) == f"&course={course}"


async def test_staff_come_as_staff_and_see_what_is_not_published_yet(visit: Visit, browser: Browser) -> None:
    answer = await browser.come(visit.platform, __sub="teacher", roles=[INSTRUCTOR], custom={"course": UNPUBLISHED})
    (launch,) = await visit.launches()
    assert place_in(answer.headers["location"], launch.id) == f"&course={UNPUBLISHED}"
    assert launch.student_id is None
    async with visit.database.engine.connect() as connection:
        assert (await connection.execute(select(staff.c.id).where(staff.c.id == launch.user_id))).one()


async def test_the_same_person_is_the_same_account_at_each_launch(visit: Visit, browser: Browser) -> None:
    await browser.come(visit.platform)
    people = await count(visit.database, users)
    await browser.come(visit.platform, deployment_id="two", given_name="別名")
    first, second = await visit.launches()
    assert (first.user_id, first.deployment_id) == (second.user_id, "1")
    assert second.deployment_id == "two"
    assert await count(visit.database, users) == people


async def test_two_launches_at_once_make_one_person(visit: Visit, browser: Browser) -> None:
    people = await count(visit.database, users)
    begun = [await browser.login(visit.platform) for _ in range(4)]
    tokens = [visit.platform.id_token(login.nonce) for login in begun]
    answers = await asyncio.gather(*[browser.launch(*one) for one in zip(begun, tokens, strict=True)])
    assert [answer.status_code for answer in answers] == [302] * 4
    launches = await visit.launches()
    assert len({launch.user_id for launch in launches}) == 1
    assert len({launch.code_digest for launch in launches}) == 4
    assert await count(visit.database, users) == people + 1


async def test_two_tabs_of_one_browser_log_in_at_once(visit: Visit, browser: Browser) -> None:
    one, other = await browser.login(visit.platform), await browser.login(visit.platform)
    assert len(browser.cookies) == 2
    second = await browser.launch(other, visit.platform.id_token(other.nonce, __sub="second"))
    first = await browser.launch(one, visit.platform.id_token(one.nonce, __sub="first"))
    assert (first.status_code, second.status_code) == (302, 302)
    assert browser.cookies == {}
    assert [launch.subject for launch in await visit.launches()] == ["second", "first"]


async def test_two_platforms_of_one_issuer_are_told_apart_by_client_id(visit: Visit, browser: Browser) -> None:
    async with publishing(Platform(client_id="other", signs_with="lms-2", published=("lms-2",))) as other:
        await other.register(visit.database)
        for platform in (visit.platform, other):
            login = await browser.login(platform)
            assert login.asked["client_id"] == platform.client_id
            assert (await browser.launch(login, platform.id_token(login.nonce))).status_code == 302
        assert [visit.platform.fetches, other.fetches] == [1, 1]
        login = await browser.login(visit.platform)
        crossed = await browser.launch(login, other.id_token(login.nonce))
        assert crossed.status_code == 401
    found = [launch.user_id for launch in await visit.launches()]
    async with visit.database.engine.connect() as connection:
        people = (await connection.execute(select(lti_people).order_by(lti_people.c.platform_id))).all()
    assert [one.platform_id for one in people] == [visit.platform.number, other.number]
    assert found == [people[0].user_id]
    assert people[0].user_id != people[1].user_id


async def test_a_teacher_who_is_to_choose_is_led_to_the_picker(visit: Visit, browser: Browser) -> None:
    login = await browser.login(visit.platform)
    answer = await browser.launch(login, visit.platform.choice(login.nonce, custom={"course": "none"}))
    (launch,) = await visit.launches()
    assert answer.headers["location"] == f"{TOOL}/picker?launch={launch.id}#code={code_in(answer)}"
    assert (launch.message_type, launch.resource_link_id, launch.course_id) == ("deep_linking", None, None)
    assert launch.deep_linking == {
        "deep_link_return_url": "https://lms.example.jp/return?course=1",
        "accept_types": ["ltiResourceLink", "link"],
        "accept_presentation_document_targets": ["iframe", "window"],
        "accept_multiple": True,
        "title": "選択",
        "data": "op=321&v=44;\n",
    }


async def test_launches_lead_to_the_page_of_the_operator_where_there_is_one(visit: Visit) -> None:
    page = "https://app.example.jp/start?from=lms"
    settings = Settings(
        database_url=visit.running.settings.database_url,
        data_dir=visit.running.settings.data_dir,
        egress_allow=HERE,
        lti_course_page=page,
        public_url="https://tool.example.jp/kakehashi/",
    )
    async with running(settings) as started:
        there = Visit(started, visit.platform)
        async with there.browsing() as browser:
            target = "https://tool.example.jp/kakehashi/api/lti/courses"
            login = await browser.login(visit.platform, target_link_uri=target)
            assert login.asked["redirect_uri"] == "https://tool.example.jp/kakehashi/api/lti/callback"
            assert "; Path=/kakehashi/api/lti; " in browser.last_set[0]
            told = {"target_link_uri": target, "custom": {"course": COURSE}}
            answer = await browser.launch(login, visit.platform.id_token(login.nonce, **told))
            (launch,) = await there.launches()
            address = f"{page}&launch={launch.id}&course={COURSE}#code={code_in(answer)}"
            assert answer.headers["location"] == address
            login = await browser.login(visit.platform, target_link_uri=target)
            choice = await browser.launch(login, visit.platform.choice(login.nonce))
            assert choice.headers["location"].startswith("https://tool.example.jp/kakehashi/api/lti/picker?launch=")


@pytest.mark.parametrize("data", [{"a": [1, None, "x"]}, "op=1;\n", 5, None])
async def test_what_a_platform_wants_back_is_kept_as_it_came(visit: Visit, browser: Browser, data: object) -> None:
    login = await browser.login(visit.platform)
    settings = {
        "deep_link_return_url": "https://lms.example.jp/return",
        "accept_types": ["ltiResourceLink"],
        "accept_presentation_document_targets": ["iframe"],
        "data": data,
    }
    answer = await browser.launch(login, visit.platform.choice(login.nonce, deep_linking_settings=settings))
    assert answer.status_code == 302, answer.text
    (launch,) = await visit.launches()
    assert launch.deep_linking == settings


@pytest.mark.parametrize(("subject", "most"), [("learner-1", 8), ("another", 14)])
async def test_a_launch_takes_few_statements(visit: Visit, browser: Browser, subject: str, most: int) -> None:
    await browser.come(visit.platform)
    login = await browser.login(visit.platform)
    told = {"__sub": subject, "custom": {"course": COURSE, "lesson": LESSON}}
    id_token = visit.platform.id_token(login.nonce, **told)
    said: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        said.append(statement)

    read = visit.database.statements
    event.listen(visit.database.engine.sync_engine, "before_cursor_execute", note)
    answer = await browser.launch(login, id_token)
    event.remove(visit.database.engine.sync_engine, "before_cursor_execute", note)
    assert answer.status_code == 302
    assert (visit.database.statements - read, len(said)) == (2, most)


async def test_who_was_made_a_moment_later_by_another_clock_may_come(visit: Visit, browser: Browser) -> None:
    await browser.come(visit.platform)
    (launch,) = await visit.launches()
    async with visit.database.engine.connect() as connection:
        person = (await connection.execute(select(students).where(students.c.id == launch.user_id))).one()
    # A launch that waited for this one has looked at the clock before it.
    assert launch.launched_at - person.start_at == timedelta(minutes=1)
