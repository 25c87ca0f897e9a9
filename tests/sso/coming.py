"""People who come by an organization's identity provider: their browsers, and what is kept of them."""

import base64
import zlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx2
from lxml import etree
from sqlalchemy import Table, select

from db.accounts import api_tokens, memberships, staff, users
from db.sso.tables import sso_people
from db.students import students
from tests.accounts.calling import OWNER, bearer, count
from tests.conftest import BASE, Running
from tests.lti.visiting import DICE, Browser
from tests.sso.openid import CLIENT_ID, CLIENT_SECRET, OpenIdProvider
from tests.sso.saml import metadata

SSO = f"{BASE}/api/sso"
RETURN = "https://app.school.example.jp/signed-in"
# What signing in may leave behind.
KEPT: tuple[Table, ...] = (sso_people, users, students, staff, memberships, api_tokens)
ROLES = [
    {"value": "teachers", "role": "homeroom_teacher"},
    {"value": "office", "role": "cram_school_clerk"},
    {"value": "heads", "role": "cram_school_owner"},
    {"value": "pupils", "role": "student"},
]
COMMON = {"domains": ["school.example.jp"], "return_url": RETURN, "role_attribute": "groups", "roles": ROLES}


@dataclass(frozen=True, slots=True)
class Login:
    """A login as the browser was sent on by it: where to, what was asked, its state and its nonce or request's ID."""

    address: str
    asked: Mapping[str, str]
    state: str
    nonce: str


@dataclass(frozen=True, slots=True)
class Coming:
    """A running app, and an organization whose owner sets up single sign-on."""

    running: Running
    organization: int

    @property
    def entity(self) -> str:
        """How SAML calls us for this organization."""
        return f"{SSO}/{self.organization}/metadata"

    async def put(self, uid: str = OWNER, **body: object) -> httpx2.Response:
        """Set up single sign-on over REST."""
        path, headers = f"/api/institutions/{self.organization}/sso", await self.running.headers(uid)
        return await self.running.client.put(path, json=body, headers=headers)

    async def speak_oidc(self, provider: OpenIdProvider, **more: object) -> None:
        """Have the organization sign in by an OpenID provider."""
        own = {"issuer": provider.issuer, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
        answer = await self.put(protocol="oidc", settings={**COMMON, **own, **more}, enabled=True)
        assert answer.status_code == 200, answer.text

    async def speak_saml(self, *keys: str, **more: object) -> None:
        """Have the organization sign in by the tests' SAML identity provider, which signs with one of these keys."""
        told = {**COMMON, "metadata_xml": metadata(*(keys or ("saml-1",))), **more}
        answer = await self.put(protocol="saml", settings=told, enabled=True)
        assert answer.status_code == 200, answer.text

    @asynccontextmanager
    async def browsing(self) -> AsyncIterator[Browser]:
        """A browser at an address that nobody else has, so that no quota is shared."""
        address = ".".join(str(DICE.randrange(1, 255)) for _ in range(4))
        transport = httpx2.ASGITransport(self.running.app, raise_app_exceptions=False, client=(address, 4711))
        async with httpx2.AsyncClient(transport=transport, base_url=BASE) as client:
            yield Browser(client)

    async def begin(self, browser: Browser, query: str = "") -> Login:
        """Begin to sign in."""
        answer = await browser.get(f"/api/sso/{self.organization}/start", query)
        assert answer.status_code == 302, answer.text
        address = answer.headers["location"]
        asked = dict(parse_qsl(urlsplit(address).query, strict_parsing=True))
        if "SAMLRequest" not in asked:
            return Login(address, asked, asked["state"], asked["nonce"])
        request = etree.fromstring(zlib.decompress(base64.b64decode(asked["SAMLRequest"]), -15))
        return Login(address, asked, asked["RelayState"], request.get("ID"))

    async def come(self, browser: Browser, provider: OpenIdProvider, **changes: object) -> httpx2.Response:
        """Sign in by an OpenID provider; `changes` are those of the id_token."""
        login = await self.begin(browser)
        provider.id_token = provider.signed(login.nonce, **changes)  # type: ignore[arg-type]  # one dict of mixed values
        return await browser.get("/api/sso/callback", {"state": login.state, "code": "code-1"})

    async def session(self, answer: httpx2.Response) -> "Signed":
        """Who signed in, by the code that the browser went on with."""
        made = await self.running.client.post("/api/sso/session", json={"code": code_in(answer)})
        assert made.status_code == 200, made.text
        return Signed(self.running.client, made.json()["token"])

    async def kept(self) -> list[int]:
        """How much is kept of people."""
        return [await count(self.running.database, table) for table in KEPT]

    async def all(self, table: Table, **where: object) -> list[Any]:
        """Rows of a table."""
        found = select(table)
        for name, value in where.items():
            found = found.where(table.c[name] == value)
        async with self.running.database.engine.connect() as connection:
            return list(await connection.execute(found.order_by(*table.primary_key.columns)))

    async def roles(self, user_id: int) -> list[tuple[str, str]]:
        """The roles that somebody holds now, and who gave them."""
        now = datetime.now(UTC)
        held = await self.all(memberships, staff_id=user_id)
        return sorted((one.role, one.source) for one in held if one.end_at is None or one.end_at > now)


@dataclass(frozen=True, slots=True)
class Signed:
    """Somebody who signed in."""

    client: httpx2.AsyncClient
    token: str

    async def data(self, document: str) -> dict[str, Any]:
        """What a document answers."""
        answer = await self.client.post("/graphql", json={"query": document}, headers=bearer(self.token))
        told: dict[str, Any] = answer.json()
        assert "errors" not in told, answer.text
        return dict(told["data"])


def code_in(answer: httpx2.Response) -> str:
    """The code in the address that the browser went on to."""
    assert answer.status_code == 303, answer.text
    address = urlsplit(answer.headers["location"])
    assert answer.headers["location"].startswith(f"{RETURN}#"), answer.headers["location"]
    return dict(parse_qsl(address.fragment))["code"]


async def organization_of(running: Running, uid: str) -> int:
    """The organization of a member of staff: of several the one with the lowest number."""
    found = select(memberships.c.organization_id).join_from(memberships, staff, staff.c.id == memberships.c.staff_id)
    async with running.database.engine.connect() as connection:
        numbers = (await connection.execute(found.where(staff.c.uid == uid))).scalars().all()
    return int(min(numbers))
