"""People who come from a platform: their browsers, and what is kept of them behind the scenes."""

import json
import random
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from html import unescape
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx2
from sqlalchemy import Table, select, update

from db.accounts import api_tokens, users
from db.connections.database import Database
from db.lti.tables import lti_launches, lti_logins, lti_people
from db.students import students
from tests.accounts.calling import count
from tests.conftest import BASE, Running
from tests.lti.platform import TOOL, Platform

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
LOGIN, CALLBACK, SESSION = "/api/lti/login", "/api/lti/callback", "/api/lti/session"
# What a launch may leave behind.
KEPT: tuple[Table, ...] = (lti_launches, lti_people, users, students, api_tokens)
DICE = random.Random()


@dataclass(frozen=True, slots=True)
class Login:
    """A login as the browser was sent on by it."""

    address: str
    asked: Mapping[str, str]

    @property
    def state(self) -> str:
        """Its state."""
        return self.asked["state"]

    @property
    def nonce(self) -> str:
        """Its nonce."""
        return self.asked["nonce"]


@dataclass(eq=False)
class Browser:
    """A browser at an address of its own; `cookies` are what it keeps, each as it was set."""

    client: httpx2.AsyncClient
    cookies: dict[str, str] = field(default_factory=dict)
    last_set: list[str] = field(default_factory=list)

    async def get(self, path: str, query: Mapping[str, object] | str = "") -> httpx2.Response:
        """Go to an address of ours."""
        told = query if isinstance(query, str) else urlencode(query)
        return self.keep(await self.client.get(f"{path}?{told}", headers=self.headers()))

    async def post(self, path: str, form: Mapping[str, object] | bytes, **headers: str) -> httpx2.Response:
        """Send a form, as another site's page does; headers are written with underscores."""
        body = form if isinstance(form, bytes) else urlencode(form).encode()
        more = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.keep(await self.client.post(path, content=body, headers={**FORM, **self.headers(), **more}))

    def headers(self) -> dict[str, str]:
        """The header with its cookies."""
        told = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        return {"Cookie": told} if told else {}

    def keep(self, answer: httpx2.Response) -> httpx2.Response:
        """Keep the cookies that an answer sets."""
        self.last_set = answer.headers.get_list("set-cookie")
        for line in self.last_set:
            name, _, value = line.partition(";")[0].partition("=")
            if "Max-Age=0;" in line:
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = value
        return answer

    async def login(self, platform: Platform, *, by: str = "get", **changes: object) -> Login:
        """Begin a login as the platform has the browser do it."""
        answer = await self.begun(platform, by=by, **changes)
        assert answer.status_code == 302, answer.text
        return login_at(answer.headers["location"])

    async def begun(self, platform: Platform, *, by: str = "get", **changes: object) -> httpx2.Response:
        """What comes of beginning a login; a parameter that is None is left out."""
        told: dict[str, object] = {
            "iss": platform.issuer,
            "login_hint": "learner 1",
            "target_link_uri": f"{TOOL}/courses",
            "client_id": platform.client_id,
            "lti_message_hint": "hint/+",
            **changes,
        }
        given = {name: value for name, value in told.items() if value is not None}
        return await (self.get(LOGIN, given) if by == "get" else self.post(LOGIN, given))

    async def launch(self, login: Login, id_token: str, **more: str) -> httpx2.Response:
        """Bring an id_token back, as the platform has the browser do it."""
        return await self.post(CALLBACK, {"state": login.state, "id_token": id_token, **more})

    async def come(self, platform: Platform, **changes: object) -> httpx2.Response:
        """Log in and launch; `changes` are those of the claims."""
        login = await self.login(platform)
        return await self.launch(login, platform.id_token(login.nonce, **changes))

    async def session(self, answer: httpx2.Response) -> httpx2.Response:
        """Change the code of a launch."""
        return await self.client.post(SESSION, json={"code": code_in(answer)})


@dataclass(frozen=True, slots=True)
class Visit:
    """A running app that knows a platform."""

    running: Running
    platform: Platform

    @property
    def database(self) -> Database:
        """The app's database."""
        return self.running.database

    @asynccontextmanager
    async def browsing(self) -> AsyncIterator[Browser]:
        """A browser at an address that nobody else has, so that no quota is shared."""
        address = ".".join(str(DICE.randrange(1, 255)) for _ in range(4))
        transport = httpx2.ASGITransport(self.running.app, raise_app_exceptions=False, client=(address, 4711))
        async with httpx2.AsyncClient(transport=transport, base_url=BASE) as client:
            yield Browser(client)

    async def counts(self) -> list[int]:
        """How much is kept of launches and people."""
        return [await count(self.database, table) for table in KEPT]

    async def launches(self) -> list[Any]:
        """The launches from the platform, in order."""
        of_it = select(lti_launches).where(lti_launches.c.platform_id == self.platform.number)
        async with self.database.engine.connect() as connection:
            return list(await connection.execute(of_it.order_by(lti_launches.c.id)))

    async def logins(self) -> list[Any]:
        """The logins of the platform, in order."""
        of_it = select(lti_logins).where(lti_logins.c.platform_id == self.platform.number)
        async with self.database.engine.connect() as connection:
            return list(await connection.execute(of_it.order_by(lti_logins.c.id)))

    async def set(self, table: Table, **values: object) -> None:
        """Change columns of all rows of a table behind its back."""
        async with self.database.writing() as transaction:
            await transaction.execute(update(table).values(**values))


def login_at(address: str) -> Login:
    """The login behind the address to which a browser is sent on."""
    return Login(address, dict(parse_qsl(urlsplit(address).query, strict_parsing=True)))


def code_in(answer: httpx2.Response) -> str:
    """The code in the address that a launch leads to."""
    assert answer.status_code == 302, answer.text
    return urlsplit(answer.headers["location"]).fragment.removeprefix("code=")


def told_in(answer: httpx2.Response) -> dict[str, str]:
    """What a page tells its script."""
    found = re.search(r'<script type="application/json" id="told">(.*?)</script>', answer.text)
    assert found is not None, answer.text
    return dict(json.loads(found[1]))


def words_in(answer: httpx2.Response) -> str:
    """The English text of a page."""
    found = re.search(r'<p lang="en">(.*?)</p>', answer.text)
    assert found is not None, answer.text
    return unescape(found[1])
