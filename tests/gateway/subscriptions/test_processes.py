"""Several processes on one database: what one writes the clients of the others hear, once and in order."""

import asyncio
import json
import signal
import socket
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from redis.asyncio import Redis
from sqlalchemy import select, text, update
from websockets import Subprotocol
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect as connect_now

from db.connections.database import Database
from db.operations import outbox
from db.students import students
from gateway.settings import Settings
from gateway.subscriptions.limits import Limits
from resolvers.events import Event, EventType, emit
from resolvers.feed import RECENT
from resolvers.wakeups import CHANNEL
from tests.accounts.calling import ADMINISTRATOR, OWNER, STUDENT
from tests.gateway.subscriptions.happening import AT_UENO, UENO, happen
from tests.gateway.subscriptions.serving import SUBPROTOCOL, Client, Served, client_as, client_of, served, until
from tests.gateway.test_cli import free_port, kakehashi, serving
from tests.services.redis import start_redis

FOLLOW = "subscription { eventStream { seq data } }"
CHANGE = """
mutation ($day: Date!) { updateMySchoolProfile(schoolCode: "01102K", dateOfBirth: $day) { userErrors { code } } }
"""
DAYS = ["2011-01-01", "2011-01-02", "2011-01-03"]


@asynccontextmanager
async def two(own_url: str, data_dir: Path, redis_url: str | None) -> AsyncIterator[tuple[Served, Served]]:
    """Two processes' worth of servers on one database and one Redis."""
    settings = Settings(database_url=own_url, data_dir=data_dir, redis_url=redis_url)
    async with served(settings) as first, served(settings) as second:
        yield first, second


async def listening(redis_url: str, number: int) -> None:
    """Wait until so many processes listen for news on Redis."""
    async with Redis.from_url(redis_url) as redis, asyncio.timeout(20):
        while (await redis.pubsub_numsub(CHANNEL))[0][1] != number:  # Redis tells nobody of it
            await asyncio.sleep(0.01)


async def heard(client: Client, number: int) -> list[str]:
    """The numbers of the next events."""
    return [(await client.data())["eventStream"]["seq"] for _ in range(number)]


@pytest.mark.parametrize("kind", ["postgresql"], indirect=True)
async def test_a_mutation_at_one_is_heard_at_the_other_once(own_url: str, data_dir: Path, redis_url: str) -> None:
    async with two(own_url, data_dir, redis_url) as (first, second):
        async with client_as(first, OWNER) as here, client_as(second, OWNER) as there:
            for client in (here, there):
                await client.subscribe(FOLLOW)
            await listening(redis_url, 2)
            student = await first.headers(STUDENT)
            for day in DAYS:
                await first.post(CHANGE, student, day=day)
            assert await heard(here, 3) == await heard(there, 3) == ["1", "2", "3"]
            await here.silent()
            await there.silent()
        # Nobody follows any more, so nobody listens, and nobody reads.
        await listening(redis_url, 0)
        statements = second.database.statements
        await first.post(CHANGE, student, day="2011-01-09")
        await asyncio.sleep(0)
        assert second.database.statements == statements


@pytest.mark.parametrize("kind", ["postgresql"], indirect=True)
async def test_without_redis_the_other_hears_it_by_looking(own_url: str, data_dir: Path) -> None:
    async with two(own_url, data_dir, None) as (first, second), client_as(second, OWNER) as there:
        await there.subscribe(FOLLOW)
        for day in DAYS:
            await first.post(CHANGE, await first.headers(STUDENT), day=day)
        assert await heard(there, 3) == ["1", "2", "3"]


@pytest.mark.parametrize("kind", ["postgresql"], indirect=True)
async def test_while_redis_is_gone_it_is_heard_late_and_still_once(
    own_url: str, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # One that is given to us is not ours to stop.
    monkeypatch.delenv("TEST_REDIS_URL", raising=False)
    with start_redis() as url:
        async with two(own_url, data_dir, url) as (first, second), client_as(second, OWNER) as there:
            await there.subscribe(FOLLOW)
            await listening(url, 1)
            student = await first.headers(STUDENT)
            await first.post(CHANGE, student, day=DAYS[0])
            assert await heard(there, 1) == ["1"]
            async with Redis.from_url(url) as redis:
                await redis.shutdown(nosave=True)
            for day in DAYS[1:]:
                await first.post(CHANGE, student, day=day)
            assert await heard(there, 2) == ["2", "3"]
            await there.silent()


async def order(database: Database) -> list[str]:
    """The numbers of all events, in the order in which they are read."""
    rows = select(outbox.c.seq).order_by(outbox.c.transaction_id, outbox.c.seq)
    async with database.writing() as transaction:
        return [str(seq) for (seq,) in await transaction.execute(rows)]


async def write(database: Database, writer: int) -> None:
    """One of many writers: its transactions overlap with those of the others, and some are undone."""
    for turn in range(3):
        with suppress(Undone):
            async with database.writing() as transaction:
                for number in range(2):
                    event = Event(EventType.STUDENT_UPDATED, UENO, "Student", AT_UENO, {"n": number})
                    await emit(transaction, event, datetime.now(UTC))
                    await asyncio.sleep(0.001 * ((writer * 7 + turn * 3 + number) % 11))
                if (writer + turn) % 5 == 0:
                    raise Undone


class Undone(Exception):
    """A transaction is undone."""


@pytest.mark.parametrize("kind", ["postgresql"], indirect=True)
async def test_50_writers_and_every_committed_event_is_heard_once_and_in_order(
    own_url: str, data_dir: Path, redis_url: str
) -> None:
    async with (
        two(own_url, data_dir, redis_url) as (first, second),
        client_as(first, OWNER) as leaving,
        client_as(second, OWNER) as staying,
    ):
        for client in (leaving, staying):
            await client.subscribe(FOLLOW)
        writing = asyncio.gather(*(write(first.database, writer) for writer in range(50)))
        before = await heard(leaving, 20)
        await leaving.send(id="1", type="complete")
        await leaving.passed()
        leaving.held.clear()
        await writing
        expected = await order(first.database)
        # Of 150 transactions with two events each, 30 are undone.
        assert len(expected) == 240
        assert await heard(staying, 240) == expected
        query = f'subscription {{ eventStream(after: "{before[-1]}") {{ seq data }} }}'
        await leaving.subscribe(query)
        assert before + await heard(leaving, 220) == expected
        for client in (leaving, staying):
            await client.silent()


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
async def test_what_lies_further_back_than_memory_is_read_from_the_outbox(own_door: Served) -> None:
    number = RECENT + 250
    async with client_as(own_door, ADMINISTRATOR) as client:
        await client.subscribe("subscription { eventStream(types: [TRAINING_COMPLETED]) { seq } }", "other")
        await happen(own_door.database, AT_UENO, *range(number))
        feed = own_door.app.state.parts.streams.feed
        await until(lambda: feed.end.seq == number)
        assert (feed.begin.seq, len(feed.recent)) == (250, RECENT)
        await client.subscribe('subscription { eventStream(after: "10") { seq } }')
        assert [(await client.data())["eventStream"]["seq"] for _ in range(number - 10)] == [
            str(seq) for seq in range(11, number + 1)
        ]
        await client.silent()


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
async def test_a_cursor_whose_followers_are_gone_is_too_old(own_door: Served) -> None:
    await happen(own_door.database, AT_UENO, *range(5))
    async with own_door.database.writing() as transaction:
        await transaction.execute(outbox.delete().where(outbox.c.seq <= 3))
    async with client_as(own_door, OWNER) as client:
        for after, refusal in (("3", "cursor_too_old"), ("6", "cursor_unknown")):
            await client.subscribe(f'subscription {{ eventStream(after: "{after}") {{ seq }} }}')
            assert await client.errors() == [("BAD_USER_INPUT", refusal)]
        await client.subscribe('subscription { eventStream(after: "4") { seq } }')
        assert await client.data() == {"eventStream": {"seq": "5"}}


@pytest.mark.parametrize("kind", ["postgresql"], indirect=True)
async def test_a_database_that_loses_its_connections_costs_no_event(own_door: Served) -> None:
    async with client_as(own_door, OWNER) as client:
        await client.subscribe(FOLLOW)
        await happen(own_door.database, AT_UENO, 1)
        assert await heard(client, 1) == ["1"]
        async with own_door.database.writing() as transaction:
            await transaction.execute(
                text(
                    "select pg_terminate_backend(pid) from pg_stat_activity"
                    " where datname = current_database() and pid <> pg_backend_pid()"
                )
            )
        await happen(own_door.database, AT_UENO, 2, 3)
        assert await heard(client, 2) == ["2", "3"]
        await client.silent()


async def test_what_runs_when_the_process_stops_is_answered_first(own_door: Served) -> None:
    change = CHANGE.replace("$day: Date!", "").replace("()", "").replace("$day", '"2011-02-03"')
    async with client_as(own_door, STUDENT) as client, client_as(own_door, OWNER) as follower:
        await follower.subscribe(FOLLOW)
        async with own_door.database.writing() as holding:
            # Whoever writes to this student, and on SQLite at all, waits for us.
            await holding.execute(update(students).where(students.c.id == AT_UENO).values(code="held"))
            await client.subscribe(change)
            own_door.app.state.parts.streams.stop()
            assert await follower.closed() == (1012, "The server restarts. Connect again.")
        assert await client.data() == {"updateMySchoolProfile": {"userErrors": []}}
        assert (await client.take())["type"] == "complete"
        assert (await client.closed())[0] == 1012
    async with client_of(own_door) as late:
        assert (await late.closed())[0] == 1012


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
async def test_who_does_not_read_is_closed_and_the_others_go_on(own_url: str, data_dir: Path) -> None:
    settings = Settings(database_url=own_url, data_dir=data_dir)
    # More altogether than the buffers of both sides hold.
    large: dict[str, object] = {"text": "x" * 100_000}
    async with served(settings, Limits(send_within_s=0.5)) as one, client_as(one, OWNER) as reading:
        await reading.subscribe(FOLLOW)
        async with deaf(one) as later, deaf(one) as never:
            for client in (later, never):
                await client.init(await one.headers(OWNER))
                await client.send(id="1", type="subscribe", payload={"query": FOLLOW})
            await until(lambda: one.app.state.parts.streams.feed.readers == 3)
            async with one.database.writing() as transaction:
                for _ in range(60):
                    event = Event(EventType.STUDENT_UPDATED, UENO, "Student", AT_UENO, large)
                    await emit(transaction, event, datetime.now(UTC))
            assert await heard(reading, 60) == [str(seq) for seq in range(1, 61)]
            await until(lambda: one.app.state.parts.streams.feed.readers == 1)
            code, reason = await later.closed()
            assert (code, reason) == (1013, "Messages are not read: the connection is too slow.")
            assert 0 < len(later.held) < 60
        await happen(one.database, AT_UENO, 61)
        assert await heard(reading, 1) == ["61"]


@asynccontextmanager
async def deaf(served: Served) -> AsyncIterator[Client]:
    """A client with room for little, so that what it does not take soon stands at the server."""
    small = socket.socket()
    small.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    small.connect(("127.0.0.1", served.port))
    small.setblocking(False)
    async with client_of(served, sock=small, max_queue=1, close_timeout=0.1) as client:
        yield client


def test_a_signal_closes_every_stream_and_the_process_ends(tmp_path: Path) -> None:
    port = free_port()
    with serving(tmp_path, port) as process:
        token = kakehashi(tmp_path, "token", OWNER).stdout.strip()
        body = json.dumps({"query": "subscription { eventStream { seq } }"})
        command = ["curl", "-sN", f"http://127.0.0.1:{port}/graphql", "-H", f"Authorization: Bearer {token}"]
        command += ["-H", "Accept: text/event-stream", "-H", "Content-Type: application/json", "-d", body]
        with (
            connect_now(f"ws://127.0.0.1:{port}/graphql", subprotocols=[Subprotocol(SUBPROTOCOL)], proxy=None) as ws,
            subprocess.Popen(command, stdout=subprocess.PIPE) as events,
        ):
            ws.send(json.dumps({"type": "connection_init", "payload": {"Authorization": f"Bearer {token}"}}))
            ws.send(json.dumps({"id": "1", "type": "subscribe", "payload": {"query": FOLLOW}}))
            ws.send(json.dumps({"type": "ping"}))
            assert [json.loads(ws.recv(20))["type"] for _ in range(2)] == ["connection_ack", "pong"]
            assert events.stdout is not None
            assert events.stdout.readline() == b":\n"
            process.send_signal(signal.SIGTERM)
            with pytest.raises(ConnectionClosed):
                ws.recv(20)
            assert (ws.close_code, ws.close_reason) == (1012, "The server restarts. Connect again.")
            assert (events.stdout.read(), events.wait(20)) == (b"\n", 0)
        # Nothing waits for the 25 seconds that requests have to end.
        assert process.wait(15) == -signal.SIGTERM
    assert "Traceback" not in (tmp_path / "printed").read_text()
