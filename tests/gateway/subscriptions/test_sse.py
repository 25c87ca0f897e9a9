"""GraphQL over server-sent events: what comes, how it ends, and what is refused before it begins."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest

from gateway.settings import Settings
from gateway.subscriptions.limits import Limits
from tests.accounts.calling import COACH, OWNER, REVOKE, STUDENT, bearer, new_token, number_of
from tests.gateway.subscriptions.happening import AT_NAMBA, AT_UENO, change, happen
from tests.gateway.subscriptions.serving import Served, client_as, served, until

FOLLOW = "subscription { eventStream { data } }"
EVENTS = {"Accept": "text/event-stream"}


@dataclass(slots=True)
class Events:
    """A stream as a client reads it: line by line, an empty one after each event."""

    lines: AsyncIterator[str]

    async def take(self) -> tuple[str, Any] | None:
        """The name and the data of the next event; None at the end of the stream. Comments are passed over."""
        name, data = "", ""
        async for line in self.lines:
            if line.startswith("event: "):
                name = line.removeprefix("event: ")
            if line.startswith("data:"):
                data += line.removeprefix("data:").strip()
            if not line and name:
                return name, json.loads(data) if data else None
        return None


@asynccontextmanager
async def events_of(
    served: Served, headers: Mapping[str, str], query: str = FOLLOW, *, get: bool = False
) -> AsyncIterator[tuple[httpx2.Response, Events]]:
    """The stream of one operation; a subscription stands when its first line has come."""
    more: dict[str, Any] = {"params": {"query": query}} if get else {"json": {"query": query}}
    named = {**EVENTS, **headers}
    async with served.client.stream("GET" if get else "POST", "/graphql", headers=named, **more) as answer:
        lines = answer.aiter_lines()
        if answer.status_code == 200 and query.startswith("subscription"):
            assert await anext(lines) == ":"
        yield answer, Events(lines)


@pytest.mark.parametrize("get", [False, True])
async def test_events_come_as_they_happen(own_door: Served, get: bool) -> None:
    async with events_of(own_door, await own_door.headers(COACH), get=get) as (answer, events):
        named = ("content-type", "cache-control", "x-accel-buffering", "content-length")
        assert [answer.headers.get(name) for name in named] == [
            "text/event-stream; charset=utf-8",
            "no-store",
            "no",
            None,
        ]
        await happen(own_door.database, AT_NAMBA, 1)
        await happen(own_door.database, AT_UENO, 2)
        assert await events.take() == ("next", {"data": {"eventStream": {"data": {"n": 2}}}})
        await change(own_door.database, "staff", {"locked_at": datetime.now(UTC)}, uid=COACH)
        await happen(own_door.database, AT_UENO, 3)
        name, refused = await events.take() or ("", {})
        assert (name, refused["errors"][0]["extensions"]) == ("next", {"code": "FORBIDDEN", "reason": "account_locked"})
        assert [await events.take(), await events.take()] == [("complete", None), None]
    streams = own_door.app.state.parts.streams
    assert (streams.feed.readers, dict(streams.held), streams.enders) == (0, {}, set())


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
async def test_a_client_that_leaves_follows_nothing_any_more(own_door: Served) -> None:
    streams = own_door.app.state.parts.streams
    async with events_of(own_door, await own_door.headers(OWNER)):
        assert (streams.feed.readers, dict(streams.held)) == (1, {f"person:{OWNER}": 1})
    await until(lambda: streams.feed.readers == 0)
    assert dict(streams.held) == {}


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
async def test_the_stream_ends_when_its_token_ends_and_when_the_process_stops(own_url: str, data_dir: Path) -> None:
    settings = Settings(database_url=own_url, data_dir=data_dir)
    async with served(settings, Limits(recheck_s=0.05, heartbeat_s=0.02)) as one:
        token = await new_token(one, OWNER)
        async with events_of(one, bearer(token)) as (_, events), events_of(one, await one.headers(OWNER)) as (_, other):
            for _ in range(3):
                # Silence is broken by comments, each with its empty line.
                assert [await anext(other.lines), await anext(other.lines)] == ["", ":"]
            await one.post(REVOKE, await one.headers(OWNER), number=number_of(token))
            name, refused = await events.take() or ("", {})
            assert (name, refused["errors"][0]["extensions"]["reason"]) == ("next", "token_unknown")
            assert [await events.take(), await events.take()] == [("complete", None), None]
            one.app.state.parts.streams.stop()
            # It ends, and not with `complete`: the client is to come again.
            assert await other.take() is None


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
async def test_what_is_refused_before_it_begins_is_an_ordinary_answer(door: Served) -> None:
    owner, student = await door.headers(OWNER), await door.headers(STUDENT)
    cases = [
        (FOLLOW, {}, 401, "token_missing"),
        (FOLLOW, {"Authorization": "Bearer a.b.c"}, 401, "token_malformed"),
        (FOLLOW, await door.headers("auth0|demo-locked"), 403, "account_locked"),
        (FOLLOW, student, 403, "operation_not_allowed"),
        ('subscription { eventStream(after: "7") { seq } }', owner, 400, "cursor_unknown"),
        ("subscription { nothing }", owner, 400, None),
        ("subscription {", owner, 400, None),
    ]
    for query, headers, status, reason in cases:
        async with events_of(door, headers, query) as (answer, _):
            error = json.loads(await answer.aread())["errors"][0]
            assert (answer.status_code, error["extensions"].get("reason")) == (status, reason), query
            assert answer.headers["content-type"] == "application/json; charset=utf-8"
            assert ("www-authenticate" in answer.headers) == (status == 401)
    streams = door.app.state.parts.streams
    assert (streams.feed.readers, dict(streams.held)) == (0, {})


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
async def test_a_stream_too_many_gets_429(own_url: str, data_dir: Path) -> None:
    async with served(Settings(database_url=own_url, data_dir=data_dir), Limits(connections=2)) as one:
        owner = await one.headers(OWNER)
        async with client_as(one, OWNER), events_of(one, owner), events_of(one, owner) as (answer, _):
            error = json.loads(await answer.aread())["errors"][0]
            assert (answer.status_code, error["extensions"]["reason"]) == (429, "too_many_streams")


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
async def test_queries_come_as_events_where_nothing_else_is_accepted(door: Served) -> None:
    owner = await door.headers(OWNER)
    cost = {"points": 1, "limit": 5000, "requests": 1}
    expected = {"data": {"viewer": {"uid": OWNER}}, "extensions": {"cost": cost}}
    async with events_of(door, owner, "{ viewer { uid } }") as (_, events):
        assert [await events.take() for _ in range(3)] == [("next", expected), ("complete", None), None]
    both = {**owner, "Accept": "application/json, text/event-stream"}
    answer = await door.client.post("/graphql", json={"query": "{ viewer { uid } }"}, headers=both)
    assert (answer.json(), answer.headers["content-type"]) == (expected, "application/json; charset=utf-8")
    async with door.client.stream("POST", "/graphql", json={"query": FOLLOW}, headers=both) as streamed:
        assert streamed.headers["content-type"] == "text/event-stream; charset=utf-8"
    mutation = 'mutation { updateMySchoolProfile(schoolCode: "x", dateOfBirth: "2010-01-01") { userErrors { code } } }'
    async with events_of(door, await door.headers(STUDENT), mutation, get=True) as (answer, _):
        assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
async def test_a_subscription_that_cannot_be_streamed_is_told_how(door: Served) -> None:
    answer = await door.client.post("/graphql", json={"query": FOLLOW}, headers=await door.headers(OWNER))
    (error,) = answer.json()["errors"]
    assert error["extensions"] == {"code": "BAD_USER_INPUT", "reason": "subscription_needs_stream"}
    assert "data" not in answer.json()
