"""Calls a running app with API tokens, and looks into its database for what must not be there."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx2
from sqlalchemy import Table, event, func, select

from db.accounts import api_tokens
from db.connections.database import Database
from db.tables import metadata
from gateway.auth.bearer import bearer_token
from gateway.parts import Parts
from gateway.subscriptions.session import Session
from schema.subscribing import Answers, subscribe
from tests.conftest import BASE, Running

STUDENT, SAMPLE_STUDENT = "auth0|demo-student", "auth0|685ca7f51c689c6cdef5acca"
OWNER, ADMINISTRATOR = "auth0|demo-owner-parent", "auth0|demo-administrator"
SUNDAI_OWNER, COACH = "auth0|demo-sundai-owner", "auth0|demo-coach-child"
EMAILS = {
    STUDENT: "student@kakehashi.example",
    COACH: "coach@kakehashi.example",
    OWNER: "owner@kakehashi.example",
    ADMINISTRATOR: "operator@kakehashi.example",
    SUNDAI_OWNER: "sundai@kakehashi.example",
}
LOCKED_EMAIL = "locked@kakehashi.example"
PASSWORD = "kakehashi-demo"
ME, TOKENS, SIGN_IN = "/api/auth/me", "/api/integrations/tokens", "/api/auth/sign-in"
CREATE = """
mutation ($name: String!, $abilities: [String!]!, $expiresAt: DateTime) {
  createApiToken(name: $name, abilities: $abilities, expiresAt: $expiresAt) {
    token { legacyId name abilities expiresAt lastUsedAt }
    plainTextToken
    userErrors { field code }
  }
}
"""
REVOKE = "mutation ($number: Int!) { revokeApiToken(legacyId: $number) { revoked } }"


def bearer(token: str) -> dict[str, str]:
    """The header that brings a token."""
    return {"Authorization": f"Bearer {token}"}


def number_of(token: str) -> int:
    """The number that a token begins with."""
    return int(token.partition("|")[0])


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody with the headers of one token."""

    client: httpx2.AsyncClient
    headers: Mapping[str, str]

    async def get(self, path: str, **query: object) -> httpx2.Response:
        """Ask a REST door."""
        return await self.client.get(path, params={name: str(value) for name, value in query.items()}, headers=self.to)

    async def post(self, path: str, body: object, **headers: str) -> httpx2.Response:
        """Send JSON to a REST door."""
        return await self.client.post(path, json=body, headers={**self.headers, **headers})

    async def delete(self, path: str) -> httpx2.Response:
        """Delete by a REST door."""
        return await self.client.delete(path, headers=self.to)

    async def graph(self, document: str, variables: Mapping[str, object] | None = None) -> httpx2.Response:
        """Ask the graph."""
        body = {"query": document, "variables": variables or {}}
        return await self.client.post("/graphql", json=body, headers=self.to)

    async def begun(self, parts: Parts, document: str) -> dict[str, Any]:
        """What a subscription is answered that is given up as soon as it stands."""
        headers = [(name.lower().encode(), value.encode()) for name, value in self.headers.items()]
        scope: dict[str, Any] = {"type": "http", "headers": headers, "query_string": b""}
        token = bearer_token(headers, b"")
        session = Session(parts.entrance, scope, token, parts.streams.feed, parts.streams.openings)
        found = await subscribe(parts.execution, document, await session.request())
        if isinstance(found, Answers):
            found.close()
            return {"data": None}
        return dict(found.content)

    async def data(self, document: str, variables: Mapping[str, object] | None = None) -> Any:  # noqa: ANN401  # JSON has no types
        """What the graph gives, which must be without errors."""
        answer = await self.graph(document, variables)
        assert answer.status_code == 200, answer.text
        assert "errors" not in answer.json(), answer.text
        return answer.json()["data"]

    @property
    def to(self) -> dict[str, str]:
        """The headers, as the client takes them."""
        return dict(self.headers)


async def by_auth0(running: Running, uid: str) -> Caller:
    """A person who comes with Auth0's token."""
    return Caller(running.client, await running.headers(uid))


async def new_token(
    running: Running, uid: str, abilities: Sequence[str] = ("*",), *, expires_at: str | None = None
) -> str:
    """A new API token of a person, made through the graph."""
    caller = await by_auth0(running, uid)
    variables = {"name": "a test's", "abilities": list(abilities), "expiresAt": expires_at}
    made = (await caller.data(CREATE, variables))["createApiToken"]
    assert made["userErrors"] == []
    return str(made["plainTextToken"])


async def by_token(running: Running, uid: str, abilities: Sequence[str] = ("*",)) -> Caller:
    """A person who comes with a new API token."""
    return Caller(running.client, bearer(await new_token(running, uid, abilities)))


def with_token(running: Running, token: str) -> Caller:
    """Whoever comes with this token."""
    return Caller(running.client, bearer(token))


@asynccontextmanager
async def calling_from(running: Running, address: str) -> AsyncIterator[httpx2.AsyncClient]:
    """A client at another address."""
    transport = httpx2.ASGITransport(running.app, raise_app_exceptions=False, client=(address, 4711))
    async with httpx2.AsyncClient(transport=transport, base_url=BASE) as client:
        yield client


async def count(database: Database, table: Table = api_tokens) -> int:
    """How many rows a table has."""
    async with database.engine.connect() as connection:
        return int((await connection.execute(select(func.count()).select_from(table))).scalar_one())


async def dump(database: Database) -> bytes:
    """Every value of every row of every table, one behind the other."""
    found: list[bytes] = []
    async with database.engine.connect() as connection:
        for table in metadata.sorted_tables:
            for row in await connection.execute(select(table)):
                found += [value if isinstance(value, bytes) else str(value).encode() for value in row]
    return b"\n".join(found)


@asynccontextmanager
async def counted_transactions(database: Database) -> AsyncIterator[list[str]]:
    """The writing transactions that begin while the block runs."""
    begun: list[str] = []

    def note(_connection: object) -> None:
        begun.append("begin")

    event.listen(database.engine.sync_engine, "begin", note)
    yield begun
    event.remove(database.engine.sync_engine, "begin", note)


def reasons(answer: httpx2.Response) -> list[str | None]:
    """The reasons of all errors in the graph's answer."""
    return [error["extensions"].get("reason") for error in answer.json().get("errors", [])]
