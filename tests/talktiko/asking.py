"""Asks the Talktiko API as one of the demo people, or as nobody."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Any

import httpx2
from sqlalchemy import Select, select

from db.accounts import users
from resolvers.api_tokens import Made, made
from tests.conftest import BASE, Running

PREFIX = "/api"
PASSWORD = "kakehashi-demo"  # the demo's, which the start command prints
STUDENT, COACH, OWNER = "auth0|demo-student", "auth0|demo-coach-child", "auth0|demo-owner-parent"
ADMINISTRATOR, SUNDAI_OWNER, LOCKED = "auth0|demo-administrator", "auth0|demo-sundai-owner", "auth0|demo-locked"
EXPIRED = "auth0|demo-expired"
# A learner of Ueno who never learned anything, one of Namba, and one whose organization pays nothing.
BEGINNER, NAMBA, FREE = "auth0|demo-u007", "auth0|demo-n001", "auth0|685ca7f51c689c6cdef5acca"
EMAILS = {
    STUDENT: "student@kakehashi.example",
    COACH: "coach@kakehashi.example",
    OWNER: "owner@kakehashi.example",
    ADMINISTRATOR: "operator@kakehashi.example",
    SUNDAI_OWNER: "sundai@kakehashi.example",
    LOCKED: "locked@kakehashi.example",
}
ALL_ABILITIES = ("*",)
# The least that any caller may ask for in a minute is 100; a token or an address is changed before that.
SPARING = 80

Given = Mapping[str, object]
Headers = Mapping[str, str]
LIST_KEYS = ["data", "links", "meta"]
UNAUTHENTICATED = {"message": "Unauthenticated."}
UNAUTHORIZED = {"message": "This action is unauthorized."}
INVALID_ABILITY = {"message": "Invalid ability provided."}
NOT_FOUND = {"message": "Not Found"}
NOT_IN_REACH = {"message": "There is no such thing within your reach."}
NO_LEARNER = {"message": "There is no such learner within your reach."}
NO_COURSE = {"message": "There is no such course."}


@dataclass(frozen=True, slots=True)
class Case:
    """A parameter as it is given here, and what comes of it: what the rows of a list are called, or what a test says.

    The names in `given` are the spellings at work.
    """

    parameter: str
    given: Given
    expected: object = None

    def __str__(self) -> str:
        return f"{self.parameter}-{'&'.join(f'{name}={value}' for name, value in self.given.items())}"


@dataclass(slots=True)
class Used:
    """The headers of someone's token, and how often they were used."""

    headers: dict[str, str]
    times: int = 0


@dataclass(slots=True)
class Api:
    """The API of a running app; everybody signs in once, and gets a new token before the limit is near."""

    running: Running
    known: dict[tuple[str, Sequence[str]], Used] = field(default_factory=dict)
    strangers: "count[int]" = field(default_factory=count)

    async def headers(self, uid: str, abilities: Sequence[str] = ALL_ABILITIES) -> dict[str, str]:
        """The headers with which a person calls."""
        used = self.known.get((uid, abilities))
        if used is None and uid in EMAILS and abilities == ALL_ABILITIES:
            answer = await self.sign_in(EMAILS[uid])
            assert answer.status_code == 200, answer.text
            used = Used(bearer(answer.json()["token"]))
        elif used is None or used.times >= SPARING:
            used = Used(bearer((await self.token(uid, abilities)).plain_text))
        used.times += 1
        self.known[uid, abilities] = used
        return used.headers

    async def sign_in(self, email: str, password: str = PASSWORD, **more: object) -> httpx2.Response:
        """Sign in from an address that is used for little else."""
        return await self.nobody("POST", "/auth/sign-in", json={"email": email, "password": password, **more})

    async def token(
        self, uid: str, abilities: Sequence[str], *, name: str = "test", expires_at: datetime | None = None
    ) -> Made:
        """A new token of a person, which may do this much."""
        user_id, now = await self.id_of(uid), datetime.now(UTC)
        async with self.running.database.writing() as transaction:
            return await made(transaction, user_id, name, abilities, expires_at, now)

    async def id_of(self, uid: str) -> int:
        """The number of a person."""
        (row,) = await self.rows_of(select(users.c.id).where(users.c.uid == uid))
        return int(row[0])

    async def rows_of(self, found: Select[Any]) -> list[Any]:
        """What the database has."""
        async with self.running.database.writing() as transaction:
            return list((await transaction.execute(found)).all())

    async def nobody(
        self,
        method: str,
        path: str,
        *,
        address: str | None = None,
        **more: Any,  # noqa: ANN401  # as httpx has them
    ) -> httpx2.Response:
        """Ask without a token, from an address that is not used up."""
        host = f"198.51.{100 + next(self.strangers) // SPARING}.7" if address is None else address
        async with at_address(self.running, host) as client:
            return await client.request(method, PREFIX + path, **more)

    async def ask(
        self,
        method: str,
        path: str,
        *,
        uid: str = STUDENT,
        abilities: Sequence[str] = ALL_ABILITIES,
        headers: Headers | None = None,
        **more: Any,  # noqa: ANN401  # as httpx has them
    ) -> httpx2.Response:
        """Ask as a person."""
        own = await self.headers(uid, abilities)
        given = {**own, **(headers or {})}
        return await self.running.client.request(method, PREFIX + path, headers=given, **more)

    async def get(self, path: str, given: Given | None = None, *, uid: str = STUDENT) -> httpx2.Response:
        """Ask with parameters."""
        return await self.ask("GET", with_query(path, given or {}), uid=uid)

    async def rows(self, path: str, given: Given | None = None, *, uid: str = STUDENT) -> list[dict[str, Any]]:
        """The rows of a page."""
        answer = await self.get(path, given, uid=uid)
        assert answer.status_code == 200, answer.text
        assert list(answer.json()) == LIST_KEYS
        return answer.json()["data"]  # type: ignore[no-any-return]  # JSON has no types

    async def whole(self, path: str, *, uid: str = STUDENT) -> list[dict[str, Any]]:
        """The rows of all pages of a list."""
        found: list[dict[str, Any]] = []
        for page in count(1):
            rows = await self.rows(path, {"per_page": 100, "page": page}, uid=uid)
            found += rows
            if len(rows) < 100:
                break
        return found

    async def graph(self, document: str, variables: Given, *, uid: str) -> httpx2.Response:
        """Ask the graph."""
        body = {"query": document, "variables": variables}
        return await self.running.client.post("/graphql", json=body, headers=await self.headers(uid))


def bearer(token: str) -> dict[str, str]:
    """The header that a token is sent in."""
    return {"Authorization": f"Bearer {token}"}


def with_query(path: str, given: Given) -> str:
    """A path with its parameters; those named in it stand in it."""
    inside = {name: value for name, value in given.items() if f"{{{name}}}" in path}
    query = str(httpx2.QueryParams({name: str(value) for name, value in given.items() if name not in inside}))
    address = path.format(**inside)
    return f"{address}{'&' if '?' in address else '?'}{query}" if query else address


def invalid(name: str) -> dict[str, object]:
    """The body of the refusal of a parameter that is none of its kind."""
    return {"message": f"{name} is invalid", "errors": {name: [f"{name} is invalid"]}}


def missing(name: str) -> dict[str, object]:
    """The body of the refusal of a request without a parameter."""
    return {"message": f"{name} is missing", "errors": {name: [f"{name} is missing"]}}


@asynccontextmanager
async def at_address(running: Running, host: str) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of the app that calls from an address of its own."""
    transport = httpx2.ASGITransport(running.app, raise_app_exceptions=False, client=(host, 1))
    async with httpx2.AsyncClient(transport=transport, base_url=BASE) as client:
        yield client
