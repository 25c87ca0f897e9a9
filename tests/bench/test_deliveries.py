"""Tests that the bench of deliveries measures what it says, with a worker as users start it."""

import asyncio
from ipaddress import ip_network
from pathlib import Path

import asyncpg
import pytest
from cryptography.fernet import Fernet

from bench.cpu import PROC
from bench.deliveries.measuring import Delivering, limit, receiving, working
from bench.deliveries.queued import BODY, Queue
from db.migrate import upgrade
from resolvers.egress.client import Egress, Failed
from resolvers.sealing import Sealer
from tests.services.postgresql import Server, create_database, plain

pytestmark = pytest.mark.skipif(not (PROC / "stat").exists(), reason="there is no /proc on this system")


async def test_the_receiver_counts_what_it_takes_and_lets_others_hang() -> None:
    with receiving("127.0.0.1", 2) as receiver:
        egress = Egress([ip_network("127.0.0.0/8")])
        for url in receiver.at("well") * 3:
            assert (await egress.send("POST", url, body=BODY, seconds=5, most_bytes=10)).body == b"ok"
        with pytest.raises(Failed, match="no whole answer"):
            await egress.send("POST", receiver.at("hang")[0], body=BODY, seconds=0.1, most_bytes=10)
        await egress.aclose()
        count, first = await asyncio.to_thread(receiver.counted)
        assert (count, first > 0) == (6, True)
        assert await asyncio.to_thread(receiver.counted) == (0, 0)


async def test_the_limit_posts_as_much_as_it_is_told() -> None:
    with receiving("127.0.0.1", 2) as receiver:
        found = await asyncio.to_thread(limit, receiver, 100)
        count, _ = await asyncio.to_thread(receiver.counted)
        # Two thousand warm it up.
        assert (count, found.rate > 0, found.cpu_ms > 0) == (2100, True, True)


async def test_a_worker_is_measured_beside_an_endpoint_that_hangs(postgresql_server: Server, tmp_path: Path) -> None:
    key, url = Fernet.generate_key().decode(), plain(create_database(postgresql_server, "bench_deliveries"))
    await asyncio.to_thread(upgrade, url)
    queue = Queue(await asyncpg.connect(url))
    with receiving("127.0.0.1", 4) as receiver, working(url, key, tmp_path, tmp_path / "log") as worker:
        found = await Delivering(url, worker, queue, Sealer([key]), receiver).measured(
            "some", 7, endpoints=3, hanging=1
        )
        assert (found.who, found.rate > 0, found.cpu_ms >= 0, 0 <= found.waited <= 1) == ("some", True, True, True)
        assert await queue.connection.fetchval("select count(*) from deliveries") == 0
        assert await queue.connection.fetchval("select count(*) from webhooks where is_active") == 0
    await queue.connection.close()
