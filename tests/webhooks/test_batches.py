"""What is delivered together is begun together and recorded together: what a delivery costs is counted, not timed."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import event

from db.connections.database import Database
from jobs.settings import JobSettings
from jobs.webhooks.dispatcher import AT_ONCE
from jobs.worker import working
from tests.egress.receiver import answer_ok, receiving
from tests.webhooks.hooks import HERE, at, hooking, ids

WEBHOOKS = 20


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
