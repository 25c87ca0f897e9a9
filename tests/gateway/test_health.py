"""The two addresses that operators watch, with a real Redis, without one, and with a database that went away."""

from pathlib import Path

import pytest
from sqlalchemy import text

from db.wall import WallMissing
from gateway.settings import Settings
from tests.conftest import Running, running
from tests.services.postgresql import Server, create_database, drop_database


async def test_a_process_that_answers_is_alive(shared: Running) -> None:
    answer = await shared.client.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


async def test_without_redis_a_process_is_ready(shared: Running) -> None:
    answer = await shared.client.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok", "database": "ok", "redis": "absent"})


async def test_redis_is_ok_where_it_answers_and_degraded_where_it_does_not(
    filled: dict[str, str], data_dir: Path, redis_url: str
) -> None:
    for url, state in ((redis_url, "ok"), (f"unix://{data_dir}/nobody.sock", "degraded")):
        settings = Settings(database_url=filled["sqlite"], data_dir=data_dir, redis_url=url)
        async with running(settings) as started:
            answer = await started.client.get("/readyz")
        assert (answer.status_code, answer.json()["status"], answer.json()["redis"]) == (200, "ok", state)


async def test_without_its_database_a_process_is_not_ready_and_still_alive(
    postgresql_server: Server, data_dir: Path
) -> None:
    url = create_database(postgresql_server, "leaving", template="filled")
    async with running(Settings(database_url=url, data_dir=data_dir)) as started:
        headers = await started.headers("auth0|demo-owner-parent")
        drop_database(postgresql_server, "leaving")
        ready, alive = await started.client.get("/readyz"), await started.client.get("/healthz")
        asked = await started.client.post("/graphql", headers=headers, json={"query": "{ viewer { uid } }"})
    assert (asked.status_code, asked.headers["retry-after"]) == (503, "2")
    assert asked.json()["errors"][0]["extensions"] == {"code": "UNAVAILABLE"}
    assert (ready.status_code, ready.json()["database"]) == (503, "down")
    assert alive.status_code == 200


async def test_where_row_level_security_was_taken_away_nothing_is_served(
    postgresql_server: Server, data_dir: Path, filled: dict[str, str]
) -> None:
    url = create_database(postgresql_server, "breached", template="filled")
    settings = Settings(database_url=url, data_dir=data_dir)
    async with running(settings) as started:
        async with started.database.writing() as transaction:
            await transaction.execute(text("alter table students disable row level security"))
        ready = await started.client.get("/readyz")
    assert (ready.status_code, ready.json()["database"]) == (503, "unwalled")
    with pytest.raises(WallMissing, match="students has no forced policy for kakehashi_graph"):
        async with running(settings):
            pass
    drop_database(postgresql_server, "breached")
