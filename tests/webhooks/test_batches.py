"""What is delivered together is begun together and recorded together: what a delivery costs is counted, not timed."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncpg
from sqlalchemy import create_engine, event

from bench.deliveries.queued import Queue
from db import deliveries
from db.connections.database import Database
from db.deliveries import Held
from db.migrate import upgrade
from jobs.settings import JobSettings
from jobs.webhooks.dispatcher import AT_ONCE
from jobs.worker import working
from resolvers.sealing import Sealer
from tests.accounts.calling import OWNER
from tests.conftest import SEALING_KEY
from tests.egress.receiver import answer_ok, receiving
from tests.services.postgresql import Server, create_database, plain
from tests.webhooks.hooks import HERE, at, hooking, ids

WEBHOOKS = 20
LITERAL = {"literal_binds": True}


@contextmanager
def counting(database: Database) -> Iterator[list[str]]:
    """The statements of transactions that write, as they are run; one for many rows counts as one."""
    found: list[str] = []

    def run(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:  # noqa: ANN401  # SQLAlchemy's own
        found.append(statement)

    event.listen(database.engine.sync_engine, "before_cursor_execute", run)
    try:
        yield found
    finally:
        event.remove(database.engine.sync_engine, "before_cursor_execute", run)


async def test_a_hundred_deliveries_take_half_a_statement_each_at_most(url: str, data_dir: Path) -> None:
    wanted = JobSettings(database_url=url, data_dir=data_dir, egress_allow=HERE)
    all_are_here = asyncio.Event()

    async def together(writer: asyncio.StreamWriter) -> None:
        if len(receiver.requests) == WEBHOOKS * AT_ONCE:
            all_are_here.set()
        await all_are_here.wait()
        await answer_ok(writer)

    async with receiving(together) as receiver, hooking(url, data_dir, works=False) as hooks:
        made = [await hooks.made(at(receiver, str(number))) for number in range(WEBHOOKS)]
        told = await hooks.happen(AT_ONCE)
        with counting(hooks.running.database) as statements:
            async with working(wanted, hooks.running.database):
                for one in made:
                    await hooks.finished(one["id"], AT_ONCE)
        assert sorted(ids(receiver)) == sorted(told * WEBHOOKS)
    assert len(statements) <= WEBHOOKS * AT_ONCE / 2


async def test_what_begins_a_burst_after_a_rest_meets_each_row_once(postgresql_server: Server) -> None:
    url = create_database(postgresql_server, "burst")
    await asyncio.to_thread(upgrade, url)
    queue = Queue(await asyncpg.connect(plain(url)))
    sealer = Sealer([SEALING_KEY])
    # At rest everything is finished and nobody is served, and PostgreSQL thinks that it will be so.
    await queue.put(await queue.hooks(["https://before.test/"], sealer), 100)
    await queue.connection.execute("update deliveries set status = 'delivered', finished_at = now()")
    await queue.connection.execute("vacuum analyze")
    hooks = await queue.hooks([f"https://{number}.test/" for number in range(WEBHOOKS)], sealer)
    await queue.connection.execute("update webhooks set lease_token = 'ours'")
    await queue.put(hooks, 100)
    held = [Held(hook, "ours", "", False, "short", None, None, OWNER, None) for hook in hooks]
    statement = deliveries.beginning(held, 50, lateral=True)
    text = str(statement.compile(dialect=create_engine("postgresql+asyncpg://").dialect, compile_kwargs=LITERAL))
    (told,) = json.loads(await queue.connection.fetchval(f"explain (analyze, format json) {text}"))
    await queue.connection.close()
    nodes = list(nodes_of(told["Plan"]))
    assert told["Plan"]["Actual Rows"] == WEBHOOKS * 50
    assert sum(node.get("Rows Removed by Join Filter", 0) * node["Actual Loops"] for node in nodes) == 0


def nodes_of(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A node of a plan, and all below it."""
    yield node
    for below in node.get("Plans", ()):
        yield from nodes_of(below)
