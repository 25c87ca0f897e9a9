"""Requests that take too long, and those whose client goes away: their SQL ends, and they tell so."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import pytest
from starlette.types import Message, Scope

from gateway.settings import EngineMode, Settings
from tests.conftest import Running, copied, running
from tests.services.postgresql import Server

OWNER, STUDENT = "auth0|demo-owner-parent", "auth0|demo-student"
ROSTER = '{ students(organizationCode: "kakehashi") { nodes { uid sections { code } } } }'
WAITING = (
    "select count(*) from pg_stat_activity"
    " where datname = current_database() and wait_event_type = 'Lock' and application_name = 'kakehashi'"
)


@dataclass(frozen=True, slots=True)
class Locked:
    """An app, a connection that holds a lock against it, and one that looks on, outside of transactions."""

    app: Running
    holder: asyncpg.Connection
    observer: asyncpg.Connection

    async def lock(self, table: str) -> None:
        """Let nobody read a table until the holder rolls back."""
        await self.holder.execute("begin")
        await self.holder.execute(f"lock table {table} in access exclusive mode")

    async def waiting(self, *, expected: bool) -> None:
        """Return when statements of the app wait for a lock, or when none does any more."""
        while bool(await self.observer.fetchval(WAITING)) != expected:
            await asyncio.sleep(0.01)


@pytest.fixture
def mode() -> EngineMode:
    """How reads run."""
    return EngineMode.COMPILED


@pytest.fixture
async def locked(
    mode: EngineMode, filled: dict[str, str], postgresql_server: Server, data_dir: Path
) -> AsyncIterator[Locked]:
    """An app with a short deadline, and what holds a lock against it."""
    with copied("postgresql", filled, postgresql_server, data_dir) as url:
        settings = Settings(database_url=url, data_dir=data_dir, deadline_s=0.4, engine=mode)
        async with running(settings) as started:
            holder, observer = [await asyncpg.connect(url.replace("+asyncpg", "")) for _ in range(2)]
            yield Locked(started, holder, observer)
            await holder.close()
            await observer.close()


@pytest.mark.parametrize("mode", list(EngineMode), ids=lambda mode: mode.value)
async def test_a_query_is_ended_at_the_deadline_with_its_sql(locked: Locked) -> None:
    app, holder = locked.app, locked.holder
    headers = await app.headers(OWNER)
    await locked.lock("sections")
    answer = await app.client.post("/graphql", headers=headers, json={"query": ROSTER})
    message = "The request took longer than 0.4 seconds. Ask for less at once."
    extensions = {"code": "DEADLINE_EXCEEDED", "reason": "deadline"}
    assert (answer.status_code, answer.json()) == (504, {"errors": [{"message": message, "extensions": extensions}]})
    await locked.waiting(expected=False)
    await holder.execute("rollback")
    again = await app.client.post("/graphql", headers=headers, json={"query": ROSTER})
    assert "errors" not in again.json()


@pytest.mark.parametrize("mode", list(EngineMode), ids=lambda mode: mode.value)
async def test_what_a_null_leaves_behind_ends_with_the_answer(locked: Locked) -> None:
    headers = await locked.app.headers(OWNER)
    document = """{
      sections(organizationCode: "kakehashi") { nodes { code } }
      students(organizationCode: "nowhere") { nodes { uid } }
    }"""
    # Once before, so that both statements are on their way at once.
    await locked.app.client.post("/graphql", headers=headers, json={"query": document})
    await locked.lock("sections")
    answer = await locked.app.client.post("/graphql", headers=headers, json={"query": document})
    (error,) = answer.json()["errors"]
    assert (answer.json()["data"], error["path"], error["extensions"]["code"]) == (None, ["students"], "FORBIDDEN")
    async with asyncio.timeout(5):
        await locked.waiting(expected=False)


@pytest.mark.parametrize("mode", list(EngineMode), ids=lambda mode: mode.value)
async def test_what_has_not_begun_when_all_is_answered_does_not_begin(locked: Locked) -> None:
    app = locked.app
    await locked.lock("subscription_plans")
    # The second field is refused at once and may not be null, so that the first one's statement is for nobody.
    document = "{ subscriptionPlans { code } viewer { uid } }"
    answer = await app.client.post("/graphql", json={"query": document})
    (error,) = answer.json()["errors"]
    assert (answer.json()["data"], error["path"], error["extensions"]["code"]) == (None, ["viewer"], "UNAUTHENTICATED")
    before = app.database.statements
    await asyncio.sleep(0.1)
    assert app.database.statements == before
    await locked.waiting(expected=False)


async def test_a_door_is_ended_too_in_its_own_words(locked: Locked) -> None:
    app = locked.app
    headers = await app.headers(OWNER)
    await locked.lock("sections")
    answer = await app.client.get("/api/v1/sections?organization_code=kakehashi", headers=headers)
    message = "The request took longer than 0.4 seconds. Ask for less at once."
    assert (answer.status_code, answer.json()["message"]) == (504, message)
    await locked.waiting(expected=False)


async def test_a_change_is_undone_at_the_deadline(locked: Locked) -> None:
    app, holder = locked.app, locked.holder
    headers = await app.headers(STUDENT)
    await locked.lock("outbox")
    mutation = 'mutation { updateMySchoolProfile(schoolCode: "01102K", dateOfBirth: "2011-01-01") { student { uid } } }'
    before = await holder.fetchval("select date_of_birth::text from students where uid = $1", STUDENT)
    answer = await app.client.post("/graphql", headers=headers, json={"query": mutation})
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["reason"]) == (504, "deadline")
    await locked.waiting(expected=False)
    await holder.execute("rollback")
    assert await holder.fetchval("select date_of_birth::text from students where uid = $1", STUDENT) == before


class Leaving:
    """A client that sends a request and goes away when it is told to."""

    def __init__(self, app: Running, path: str, body: bytes, headers: dict[str, str]) -> None:
        sent = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        self.app = app.app
        self.scope: Scope = {
            "type": "http",
            "method": "POST" if body else "GET",
            "path": path.partition("?")[0],
            "raw_path": path.encode(),
            "query_string": path.partition("?")[2].encode(),
            "headers": [*sent, (b"content-type", b"application/json")],
            "client": ("127.0.0.1", 1),
            "server": ("kakehashi.test", 80),
            "scheme": "http",
            "root_path": "",
            "http_version": "1.1",
            "state": {},
        }
        self.body: bytes | None = body
        self.left = asyncio.Event()
        self.statuses: list[int] = []

    async def receive(self) -> Message:
        """First the request, then that the client has gone, once it has."""
        if self.body is not None:
            body, self.body = self.body, None
            return {"type": "http.request", "body": body, "more_body": False}
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        """Keep the status."""
        if message["type"] == "http.response.start":
            self.statuses.append(message["status"])

    async def call(self) -> None:
        """Send the request and wait until the app has done with it."""
        await self.app(self.scope, self.receive, self.send)


@pytest.mark.parametrize("path", ["/graphql", "/api/v1/sections?organization_code=kakehashi"])
async def test_the_sql_of_a_client_that_has_gone_ends_long_before_the_deadline(locked: Locked, path: str) -> None:
    app = locked.app
    # With a deadline of its own this request would be ended by it, and not by its client.
    settings = app.settings.model_copy(update={"deadline_s": 600.0})
    async with running(settings) as patient:
        await locked.lock("sections")
        body = json.dumps({"query": ROSTER}).encode() if path == "/graphql" else b""
        client = Leaving(patient, path, body, await patient.headers(OWNER))
        calling = asyncio.create_task(client.call())
        await locked.waiting(expected=True)
        client.left.set()
        await calling
        assert client.statuses == [499]
        await locked.waiting(expected=False)


async def test_a_change_is_carried_out_although_its_client_has_gone(locked: Locked) -> None:
    app, holder = locked.app, locked.holder
    async with running(app.settings.model_copy(update={"deadline_s": 600.0})) as patient:
        await locked.lock("outbox")
        mutation = (
            'mutation { updateMySchoolProfile(schoolCode: "01102K", dateOfBirth: "2011-01-01") { student { uid } } }'
        )
        client = Leaving(patient, "/graphql", json.dumps({"query": mutation}).encode(), await patient.headers(STUDENT))
        client.left.set()
        calling = asyncio.create_task(client.call())
        await locked.waiting(expected=True)
        await asyncio.sleep(0.3)
        await holder.execute("rollback")
        await calling
        assert client.statuses == [200]
        born = await holder.fetchval("select date_of_birth::text from students where uid = $1", STUDENT)
        assert born == "2011-01-01"
