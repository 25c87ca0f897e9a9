"""Asks the Diverse API as one of the demo people."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx2

from tests.conftest import Running

PREFIX = "/api/v1"
SAMPLE_STUDENT = "auth0|685ca7f51c689c6cdef5acca"
STUDENT = "auth0|demo-student"
COACH_CHILD, COACH_PARENT = "auth0|demo-coach-child", "auth0|demo-coach-parent"
OWNER_CHILD, OWNER_PARENT = "auth0|demo-owner-child", "auth0|demo-owner-parent"
CLERK_CHILD, CLERK_PARENT = "auth0|demo-clerk-child", "auth0|demo-clerk-parent"
ADMINISTRATOR = "auth0|demo-administrator"
SUNDAI_OWNER = "auth0|demo-sundai-owner"
MANY = 1200
"""How many schools the fixture `many` has: more than fit on the largest page."""

Given = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Case:
    """What a parameter, as it is given here, leaves of a list and in which order: the codes (or ids) of the rows."""

    parameter: str
    given: Given
    expected: Sequence[object]

    def __str__(self) -> str:
        return f"{self.parameter}-{'-'.join(str(value) for value in self.given.values())}"


@dataclass(slots=True)
class Api:
    """The API of a running app; everybody's token is made once."""

    running: Running
    known: dict[str, dict[str, str]] = field(default_factory=dict)

    async def headers(self, uid: str) -> dict[str, str]:
        """The headers with which a person calls."""
        if uid not in self.known:
            self.known[uid] = await self.running.headers(uid)
        return self.known[uid]

    async def get(self, path: str, given: Given | str = "", *, uid: str = ADMINISTRATOR) -> httpx2.Response:
        """Ask with parameters, or with a query string as it is."""
        query = given if isinstance(given, str) else str(httpx2.QueryParams(plain(given)))
        address = f"{PREFIX}{path}?{query}" if query else PREFIX + path
        return await self.running.client.get(address, headers=await self.headers(uid))

    async def send(self, method: str, path: str, body: Given, *, uid: str = ADMINISTRATOR) -> httpx2.Response:
        """Ask with a JSON body."""
        return await self.running.client.request(method, PREFIX + path, json=body, headers=await self.headers(uid))

    async def ask(self, method: str, path: str, given: Given, *, uid: str = ADMINISTRATOR) -> httpx2.Response:
        """Ask in the way of the method."""
        if method == "GET":
            return await self.get(path, given, uid=uid)
        return await self.send(method, path, given, uid=uid)

    async def rows(self, method: str, path: str, given: Given, *, uid: str = ADMINISTRATOR) -> list[dict[str, Any]]:
        """The rows of a list."""
        answer = await self.ask(method, path, given, uid=uid)
        assert answer.status_code == 200, answer.text
        (rows,) = (value for key, value in answer.json().items() if key != "pagination")
        return rows  # type: ignore[no-any-return]  # JSON has no types

    async def codes(self, method: str, path: str, given: Given, *, uid: str = ADMINISTRATOR) -> list[object]:
        """What the rows of a list are called: by their code, or where they have none by their id."""
        rows = await self.rows(method, path, given, uid=uid)
        return [row["code"] if "code" in row else row["id"] for row in rows]

    async def graph(self, document: str, variables: Given, *, uid: str) -> httpx2.Response:
        """Ask the graph."""
        body = {"query": document, "variables": variables}
        return await self.running.client.post("/graphql", json=body, headers=await self.headers(uid))


def plain(given: Given) -> dict[str, str | list[str]]:
    """Parameters as a query string takes them: lists are said several times."""
    return {name: list(map(str, value)) if isinstance(value, list) else str(value) for name, value in given.items()}
