"""A running app where people pay, owners who do so, and looks behind the scenes."""

import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import httpx2
import stripe
from sqlalchemy import Table, select, update

from db.billing.plans import put_price
from db.billing.tables import payers, received_events, redeemed_promotions, subscriptions
from db.operations import outbox
from db.organizations import organizations
from gateway.settings import Settings
from tests.billing.stripe_server import KEY
from tests.conftest import Running, running
from tests.talktiko.asking import ADMINISTRATOR, OWNER, SUNDAI_OWNER, Api
from tests.webhooks.hooks import HERE

SECRET = "whsec_kakehashi"
HOME, PAGES = "https://kakehashi.example", "https://app.example"
CHECKOUT, PORTAL, PROMO = "/billing/checkout-session", "/billing/portal-session", "/billing/apply-promo"
EVENTS = "/api/billing/webhook"
# What its organization is called, which pays nothing at the beginning; Sundai has an enterprise contract.
PLAIN, CODE = OWNER, "kakehashi"
NOTHING = {"plan": None, "trial_started_at": None, "trial_ends_at": None}
UPDATED = "customer.subscription.updated"


@dataclass(slots=True)
class Paying:
    """An app that reaches a Stripe."""

    running: Running
    api: Api
    numbers: "count[int]" = field(default_factory=lambda: count(1))

    async def post(self, path: str, body: dict[str, object], uid: str = PLAIN, **headers: str) -> httpx2.Response:
        """What comes of a request of somebody."""
        told = {**await self.api.headers(uid), **headers}
        return await self.running.client.post(f"/api{path}", json=body, headers=told)

    async def asked(self, document: str, uid: str = PLAIN) -> Any:  # noqa: ANN401  # JSON has no types
        """What the graph says to somebody."""
        told = await self.api.headers(uid)
        return (await self.running.client.post("/graphql", json={"query": document}, headers=told)).json()

    async def begin(self, plan: str = "pro", uid: str = PLAIN, **more: object) -> Any:  # noqa: ANN401  # as above
        """A checkout that was begun."""
        answer = await self.post(CHECKOUT, {"plan": plan, **more}, uid)
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]

    async def told(self, type_: str, about: dict[str, Any], **more: Any) -> httpx2.Response:  # noqa: ANN401  # as above
        """What comes of an event that Stripe sends, signed."""
        id_ = more.pop("id", f"evt_{next(self.numbers)}")
        event = {"id": id_, "object": "event", "type": type_, "data": {"object": about}}
        return await self.sent(json.dumps(event).encode(), **more)

    async def sent(
        self, body: bytes, *, ago_s: float = 0, secret: str = SECRET, signature: str | None = None
    ) -> httpx2.Response:
        """What comes of a body, signed as so many seconds ago."""
        told = stripe.WebhookSignature.generate_signature_header(
            body.decode(errors="replace"), secret, int(time.time() - ago_s)
        )
        headers = {"Stripe-Signature": told if signature is None else signature}
        return await self.running.client.post(EVENTS, content=body, headers=headers)

    async def rows(self, table: Table) -> list[dict[str, Any]]:
        """All rows of a table."""
        async with self.running.database.engine.connect() as connection:
            found = await connection.execute(select(table).order_by(*table.primary_key))
            return [dict(row) for row in found.mappings()]

    async def organization(self, uid: str = PLAIN) -> dict[str, Any]:
        """The organization of an owner, as the database has it."""
        code = (await self.asked("{ viewer { organization { code } } }", uid))["data"]["viewer"]["organization"]["code"]
        return next(row for row in await self.rows(organizations) if row["code"] == code)

    async def per_minute(self, uid: str = PLAIN) -> str:
        """How much a token of somebody may ask in a minute."""
        answer = await self.running.client.get("/api/auth/me", headers=await self.api.headers(uid))
        return answer.headers["X-RateLimit-Limit"]

    async def events(self) -> list[tuple[int | None, dict[str, Any]]]:
        """The events about subscriptions: of which organization, and what is told."""
        found = [row for row in await self.rows(outbox) if row["type"] == "subscription.updated"]
        return [(row["organization_id"], row["body"]) for row in found]

    async def kept(self) -> list[list[dict[str, Any]]]:
        """Everything that is kept of paying."""
        return [await self.rows(table) for table in (payers, subscriptions, received_events, redeemed_promotions)]


async def put(started: Running, table: Table, where: Any, **values: object) -> None:  # noqa: ANN401  # a condition
    """Change rows."""
    async with started.database.writing() as transaction:
        await transaction.execute(update(table).where(where).values(**values))


@asynccontextmanager
async def paying(
    url: str,
    data_dir: Path,
    api_base: str | None,
    **more: Any,  # noqa: ANN401  # settings of any type
) -> AsyncIterator[Paying]:
    """An app that reaches Stripe at an address, or that has no key of it; two plans are for sale."""
    stripe_settings = {} if api_base is None else {"stripe_key": KEY, "stripe_webhook_secret": SECRET}
    base = {} if api_base is None else {"stripe_api_base": api_base}
    told = {"public_url": HOME, "allowed_origins": (PAGES,), **stripe_settings, **base, **more}
    settings = Settings(database_url=url, data_dir=data_dir, egress_allow=HERE, **told)
    async with running(settings) as started:
        for plan in ("pro", "enterprise"):
            async with started.database.writing() as transaction:
                await put_price(transaction, plan, f"price_{plan}", datetime.now(UTC))
        await put(started, organizations, organizations.c.code == CODE, **NOTHING)
        yield Paying(started, Api(started))


__all__ = ["ADMINISTRATOR", "OWNER", "SUNDAI_OWNER", "Paying", "paying", "put"]
