"""A gateway that collects when it is told to, and what it has collected."""

import asyncio
import ipaddress
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, update

from db.upstreams import collected_usage, upstream_feeds
from jobs.upstreams.collector import Collector
from resolvers.egress.client import Egress
from tests.accounts.calling import ADMINISTRATOR, Caller, by_auth0
from tests.conftest import Running
from tests.upstreams.product import Product

UPSTREAMS, COLLECTED = "/api/integrations/upstreams", "/api/integrations/collected-usage"
HERE = (ipaddress.ip_network("127.0.0.0/8"),)
INTERVAL_S = 300.0


@dataclass(frozen=True, slots=True)
class Gateway:
    """A running app, a system operator, and a collector on the same database."""

    running: Running
    operator: Caller
    collector: Collector

    async def registered(self, product: Product, name: str = "talktiko", **more: object) -> int:
        """Register a product; gives its number."""
        answer = await self.operator.post(UPSTREAMS, {"name": name, "url": product.url, **more})
        assert answer.status_code == 201, answer.text
        return int(answer.json()["data"]["id"])

    async def collect(self) -> None:
        """One round, to the end of all that it begins."""
        await self.collector.round()
        await asyncio.gather(*self.collector.tasks)

    async def again(self) -> None:
        """One round, whatever is due."""
        await self.set(next_poll_at=upstream_feeds.c.created_at)
        await self.collect()

    async def set(self, **values: object) -> None:
        """Change columns of every upstream behind its back."""
        async with self.running.database.writing() as transaction:
            await transaction.execute(update(upstream_feeds).values(**values))

    async def upstream(self) -> Any:  # noqa: ANN401  # a row
        """The one upstream, as it is kept."""
        async with self.running.database.engine.connect() as connection:
            return (await connection.execute(select(upstream_feeds))).one()

    async def kept(self) -> list[Any]:
        """What is kept, in the order of numbers."""
        async with self.running.database.engine.connect() as connection:
            return list(await connection.execute(select(collected_usage).order_by(collected_usage.c.id)))

    async def told(self) -> list[dict[str, Any]]:
        """What is kept, as a feed tells it."""
        return [
            {
                "id": int(row.external_id),
                "user_id": row.uid,
                "package_code": row.package_code,
                "package_name": row.package_name,
                "created_at": row.created_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            }
            for row in await self.kept()
        ]


@asynccontextmanager
async def gateway_of(running: Running) -> AsyncIterator[Gateway]:
    """A gateway on a running app."""
    egress = Egress(HERE)
    collector = Collector(running.database, egress, running.settings.sealer(), interval_s=INTERVAL_S)
    try:
        yield Gateway(running, await by_auth0(running, ADMINISTRATOR), collector)
    finally:
        await collector.aclose()
        await egress.aclose()
