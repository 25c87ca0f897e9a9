"""Pages of rosters are taken as they must be or not at all, and the next one is asked for where the first one was."""

import json
from datetime import UTC, datetime

import pytest

from tests.egress.receiver import receiving
from tests.lti.filling import Filling
from tests.lti.membership_service import CONTEXT, MEDIA_TYPE, Answer, member, members

CONTEXT_ID = {"id": CONTEXT}
DAY_S = 86_400


def page(**content: object) -> Answer:
    """A page with this content."""
    return 200, {"Content-Type": MEDIA_TYPE}, {"context": CONTEXT_ID, "members": [], **content}


# What the second page is, what is said of it, and its status.
WRONG: dict[str, tuple[Answer, str]] = {
    "another course": (
        page(context={"id": "course-8"}),
        "The answer is not of the course that was asked for (context.id).",
    ),
    "no course": (page(context=[]), "The answer is not of the course that was asked for (context.id)."),
    "no members": (page(members={}), "The answer has no list of members."),
    "no object": (page(members=["u1"]), "Member 1 is no object."),
    "no name": (page(members=[member("a"), member("")]), "Member 2 has no user_id, or no roles."),
    "a name that cannot be kept": (page(members=[member("a\x00")]), "Member 1 has no user_id, or no roles."),
    "no roles": (page(members=[member("a", roles=None)]), "Member 1 has no user_id, or no roles."),
    "no JSON": ((200, {}, b"<html>"), "The answer is not JSON, or too deep."),
    "a list": ((200, {}, []), "The answer is not of the course that was asked for (context.id)."),
    "too much": ((200, {}, b" " * (8 * 1024 * 1024 + 1)), "A page has more than 8388608 bytes."),
    "itself": (
        (200, {"Link": '</memberships?course=7&limit=500&page=2>; rel="next"'}, page()[2]),
        "The next page is said to be at another server, or is the same one again.",
    ),
    "no address": (
        (200, {"Link": "<http://[>; rel=next"}, page()[2]),
        "The next page is said to be at another server, or is the same one again.",
    ),
}


@pytest.mark.parametrize("case", WRONG)
async def test_a_wrong_page_ends_the_run_and_nobody_is_taken_out(fills: Filling, case: str) -> None:
    answer, error = WRONG[case]
    fills.service.per_page = 2
    fills.service.members = members(4)
    await fills.asked()
    await fills.filled()
    fills.service.members = [member("new"), *members(3, 2)]
    fills.service.trouble = lambda number: answer if number == 2 else None
    shown = await fills.again()
    told = [shown[name] for name in ("status", "error", "responseCode", "attemptCount", "memberCount", "removedCount")]
    assert told == ["FAILED", error, 200, 0, 4, 0]
    # Who came is in there already; u1 and whoever else was in there still is.
    assert await fills.subjects() == ["new", "u1", "u2", "u3", "u4"]
    row = await fills.row()
    assert DAY_S - 60 < (row.next_run_at - datetime.now(UTC)).total_seconds() <= DAY_S
    assert (row.lease_token, row.made_count) == (None, 1)
    fills.service.trouble = lambda _page: None
    shown = await fills.again()
    told = [shown[name] for name in ("status", "error", "responseCode", "memberCount", "createdCount", "removedCount")]
    # The account that was made by the run that failed is told of with the one that did not.
    assert told == ["COMPLETED", None, None, 4, 1, 1]
    assert await fills.subjects() == ["new", "u2", "u3", "u4"]


@pytest.mark.parametrize("place", ["http://127.0.0.1:{port}/memberships?course=7", "//127.0.0.1:{port}/x", "https:/x"])
async def test_the_next_page_at_another_server_is_not_asked_for(fills: Filling, place: str) -> None:
    async with receiving() as other:
        fills.service.per_page = 1
        fills.service.members = members(2)
        fills.service.link = lambda _address: f'<{place.format(port=other.port)}>; rel="next"'
        await fills.asked()
        shown = await fills.filled()
        assert (shown["status"], shown["error"]) == (
            "FAILED",
            "The next page is said to be at another server, or is the same one again.",
        )
        assert (other.connections, fills.service.pages, await fills.subjects()) == (0, [1], [])


@pytest.mark.parametrize(
    "link",
    [
        '</memberships?{query}>; rel="next"',
        '<{address}>;title="a, <b>; rel=x" ; REL=Next',
        '<{address}> ; rel="last next"',
    ],
)
async def test_links_to_the_next_page_are_read_as_they_may_be_written(fills: Filling, link: str) -> None:
    fills.service.per_page = 1
    fills.service.members = members(3)
    fills.service.link = lambda address: link.format(address=address, query=address.partition("?")[2])
    await fills.asked()
    assert (await fills.filled())["memberCount"] == 3
    assert fills.service.pages == [1, 2, 3]


async def test_rosters_without_an_end_are_given_up(fills: Filling) -> None:
    fills.service.per_page = 1
    fills.service.members = [member(f"t{number}", roles=["Instructor"]) for number in range(201)]
    await fills.asked()
    shown = await fills.filled()
    assert [shown[name] for name in ("status", "error")] == ["FAILED", "The roster has more than 200 pages."]
    assert len(fills.service.pages) == 200
    fills.service.members.pop()
    shown = await fills.again()
    assert [shown[name] for name in ("status", "memberCount")] == ["COMPLETED", 0]
    many = json.dumps({"context": CONTEXT_ID, "members": [{"user_id": "t", "roles": []}] * 100_001}).encode()
    fills.service.trouble = lambda _page: (200, {}, many)
    shown = await fills.again()
    assert [shown[name] for name in ("status", "error")] == ["FAILED", "The roster has more than 100000 members."]
