"""Which line of a gradebook a grade goes to: the one that was named, one that is found, or one that is made."""

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from sqlalchemy import select

from db.lti.tables import lti_launches
from tests.lti.gradebook import LINE, SCORE, Gradebook
from tests.lti.grading import LINK, RIGHT, WRONG, Grading, at_work
from tests.lti.test_sending import grades_in


async def test_a_line_is_made_where_the_launch_names_none(graded: Grading, gradebook: Gradebook) -> None:
    # Somebody else's, of the same link, and ours of another one.
    gradebook.made(resourceLinkId=LINK, resourceId="theirs")
    gradebook.made(resourceLinkId="link-2", resourceId="L90201")
    await graded.launched(line_items_url=gradebook.lines_url)
    await graded.complete(RIGHT, WRONG)
    (row,) = await graded.finished()
    assert (row.status, row.line) == ("delivered", gradebook.line_url(3))
    assert gradebook.lines[3] == {
        "id": gradebook.line_url(3),
        "scoreMaximum": 100,
        "label": LINK,
        "resourceId": "L90201",
        "resourceLinkId": LINK,
        "tag": "completion",
    }
    asked, made = [request for request, _ in gradebook.exchanges if "/lines?" in request]
    assert dict(parse_qsl(urlsplit(asked.split()[1]).query)) == {
        "course": "7",
        "resource_link_id": LINK,
        "resource_id": "L90201",
    }
    assert made == "POST /lines?course=7"
    assert [form["scope"] for form in gradebook.forms] == [LINE, SCORE]
    # It is kept for all who come by this link.
    another = next(id_ for id_ in await graded.learners(3) if id_ != row.student_id)
    await graded.launched(another, line_items_url=gradebook.lines_url)
    await graded.finish([another], 0.4)
    rows = await graded.finished(2)
    assert [one.line for one in rows] == [gradebook.line_url(3)] * 2
    assert len(gradebook.lines) == 3
    assert grades_in(gradebook) == {f"3 {row.subject}": 50, f"3 u{another}": 40}


@pytest.mark.parametrize("marks", [('"', '"'), ("“", "”"), ("", "")])
async def test_a_line_that_is_there_is_found_on_whichever_page(
    graded: Grading, gradebook: Gradebook, marks: tuple[str, str]
) -> None:
    gradebook.per_page, gradebook.marks = 2, marks
    gradebook.listed = listed_whatever_is_asked(gradebook)  # type: ignore[method-assign]  # a platform without filters
    for number in range(7):
        gradebook.made(resourceLinkId=f"link-{number + 2}", resourceId="L90201")
    address = gradebook.made(resourceLinkId=LINK, resourceId="L90201")
    await graded.launched(line_items_url=gradebook.lines_url)
    await graded.complete(RIGHT, RIGHT)
    (row,) = await graded.finished()
    assert (row.status, row.line) == ("delivered", address)
    assert [status for request, status in gradebook.exchanges if request.startswith("GET")] == [200] * 4
    assert len(gradebook.lines) == 8


def listed_whatever_is_asked(gradebook: Gradebook) -> Any:  # noqa: ANN401  # a method
    """What a platform does that looks at no filter."""

    def listed(headers: Any, query: Any) -> Any:  # noqa: ANN401  # as the method
        return Gradebook.listed(gradebook, headers, {name: query[name] for name in ("course", "page") if name in query})

    return listed


async def test_pages_without_an_end_are_not_read_for_ever(idle: Grading, gradebook: Gradebook) -> None:
    for number in range(12):
        gradebook.made(resourceLinkId=f"link-{number + 2}", resourceId="L90201")
    gradebook.per_page = 1
    gradebook.listed = listed_whatever_is_asked(gradebook)  # type: ignore[method-assign]  # a platform without filters
    await idle.launched(line_items_url=gradebook.lines_url)
    await idle.complete(RIGHT, RIGHT)
    async with at_work(idle, delays=(3600.0,)):
        (row,) = await idle.tried()
    assert (row.status, row.error) == ("pending", "The platform's lines have more than 10 pages.")
    assert len([request for request, _ in gradebook.exchanges if request.startswith("GET")]) == 10
    assert len(gradebook.lines) == 12


@pytest.mark.parametrize("link", ["<https://evil.example/lines>; rel=next", '<//evil.example/l>; rel="next"'])
async def test_our_token_goes_to_no_other_server(idle: Grading, gradebook: Gradebook, link: str) -> None:
    def told(request: str) -> Any:  # noqa: ANN401  # an answer or nothing
        return (200, {"Link": link}, []) if request.startswith("GET /lines") else None

    gradebook.trouble = told
    await idle.launched(line_items_url=gradebook.lines_url)
    await idle.complete(RIGHT, RIGHT)
    async with at_work(idle, delays=(3600.0,)):
        (row,) = await idle.tried()
    assert (row.status, row.error) == ("pending", "The platform named an address at another server.")
    assert gradebook.lines == {}


@pytest.mark.parametrize(
    "launch",
    [
        {},
        {"line_items_url": "https://lms.example.jp/lines", "ags_scopes": [SCORE]},
        {"line_items_url": "https://lms.example.jp/lines", "ags_scopes": [SCORE, f"{LINE}.readonly"]},
    ],
    ids=str,
)
async def test_where_there_is_no_line_and_no_leave_to_make_one_it_fails(
    graded: Grading, gradebook: Gradebook, launch: dict[str, Any]
) -> None:
    await graded.launched(**launch)
    await graded.complete(RIGHT, RIGHT)
    (row,) = await graded.finished()
    assert (row.status, row.response_code, row.attempt_count) == ("failed", None, 1)
    assert row.error == "The launch named no line of a gradebook, and gave no leave to make one."
    assert gradebook.exchanges == []


async def test_nothing_but_what_launches_told_is_kept_of_lines(graded: Grading, gradebook: Gradebook) -> None:
    """The address of a line is kept where there was none, and takes no other's place."""
    first = await graded.launched(line_items_url=gradebook.lines_url)
    other = await graded.launched(line_items_url=gradebook.lines_url, resource_link_id="link-2", lesson_id=None)
    await graded.complete(RIGHT, WRONG)
    await graded.finished()
    async with graded.database.engine.connect() as connection:
        found = await connection.execute(select(lti_launches.c.id, lti_launches.c.line_item_url))
        assert dict(found.all()) == {first: gradebook.line_url(1), other: None}
