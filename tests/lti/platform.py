"""An LMS of the tests' own: its keys, the address where it publishes them, and id_tokens of every shape.

It speaks as LTI Core 1.3 and the Security Framework 1.0 say, and as the platforms do that were looked at; a test that
needs it to lie says so by what it changes.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import insert, select

from db.accounts import memberships, staff
from db.connections.database import Database
from db.lti.tables import lti_platforms
from tests.accounts.calling import OWNER
from tests.egress.receiver import receiving
from tests.gateway.auth.crafting import jwk, token

LTI = "https://purl.imsglobal.org/spec/lti/claim/"
CHOICE = "https://purl.imsglobal.org/spec/lti-dl/claim/deep_linking_settings"
GRADES = "https://purl.imsglobal.org/spec/lti-ags/"
ROSTER = "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice"
LEARNER = "http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"
INSTRUCTOR = "http://purl.imsglobal.org/vocab/lis/v2/membership#Instructor"
# Where the tool is for the tests' clients.
HOME = "http://kakehashi.test"
TOOL = f"{HOME}/api/lti"

Claims = dict[str, Any]


@dataclass(eq=False)
class Platform:
    """A platform: `signs_with` is the name of its key and of the kid, `published` those in its key set.

    `number` is that of its row once it is registered; `status` is what its key set is answered with.
    """

    issuer: str = "https://lms.example.jp"
    client_id: str = "kakehashi-1"
    deployment_ids: Sequence[str] = ("1", "two")
    auth_login_url: str = "https://lms.example.jp/auth?tenant=7"
    signs_with: str = "lms-1"
    published: Sequence[str] = ("lms-1",)
    status: int = 200
    port: int = 0
    number: int = 0
    fetches: int = 0
    # Keys of the set as a test wants them, in place of those that are published.
    members: list[dict[str, object]] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Its address on this machine."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def jwks_url(self) -> str:
        """Where its keys are."""
        return f"{self.url}/jwks"

    @property
    def token_url(self) -> str:
        """Where access tokens would be given."""
        return f"{self.url}/token"

    def jwks(self) -> bytes:
        """What it publishes."""
        return json.dumps({"keys": self.members or [jwk(name) for name in self.published]}).encode()

    async def register(self, database: Database, **values: object) -> int:
        """Have an owner's organization know it; `values` are columns as they are to be. Gives its number."""
        now = datetime.now(UTC)
        owner = select(staff.c.id, memberships.c.organization_id).join_from(
            staff, memberships, memberships.c.staff_id == staff.c.id
        )
        async with database.writing() as transaction:
            of = (await transaction.execute(owner.where(staff.c.uid == OWNER).limit(1))).one()
            row = {
                "organization_id": of.organization_id,
                "owner_id": of.id,
                "name": "学習館 LMS",
                "issuer": self.issuer,
                "client_id": self.client_id,
                "deployment_ids": list(self.deployment_ids),
                "auth_login_url": self.auth_login_url,
                "token_url": self.token_url,
                "jwks_url": self.jwks_url,
                "matching": "nothing",
                "creates_accounts": True,
                "created_at": now,
                "updated_at": now,
                **values,
            }
            made = await transaction.execute(insert(lti_platforms).values(**row).returning(lti_platforms.c.id))
            self.number = int(made.scalar_one())
        return self.number

    def claims(self, nonce: str, **changes: object) -> Claims:
        """What it says of a learner who follows a link; short names are those of LTI, and None leaves a claim out.

        A short name with two underscores before it is a claim of OpenID Connect or JWT: `__aud`.
        """
        now = int(time.time())
        said: Claims = {
            "iss": self.issuer,
            "aud": self.client_id,
            "sub": "learner-1",
            "iat": now,
            "exp": now + 60,
            "nonce": nonce,
            "given_name": "花子",
            "family_name": "山田",
            "name": "山田 花子",
            "email": "Hanako@lms.example.jp",
            "locale": "ja-JP",
            f"{LTI}version": "1.3.0",
            f"{LTI}message_type": "LtiResourceLinkRequest",
            f"{LTI}deployment_id": self.deployment_ids[0],
            f"{LTI}target_link_uri": f"{TOOL}/courses",
            f"{LTI}resource_link": {"id": "link-1", "title": "第1課"},
            f"{LTI}context": {"id": "course-1", "title": "英語", "type": ["CourseSection"]},
            f"{LTI}roles": [LEARNER],
        }
        for name, value in changes.items():
            said[named(name)] = value
        return {name: value for name, value in said.items() if value is not None}

    def signed(self, claims: Mapping[str, object], *, key: str | None = None, **header: object) -> str:
        """Claims as an id_token; members of the header are as they are given, and None leaves one out."""
        head = {"alg": "RS256", "typ": "JWT", "kid": self.signs_with, **header}
        told = {name: value for name, value in head.items() if value is not None}
        return token(dict(claims), told, key=key or self.signs_with)

    def id_token(self, nonce: str, **changes: object) -> str:
        """A good id_token, but for what is changed."""
        return self.signed(self.claims(nonce, **changes))

    def choice(self, nonce: str, **changes: object) -> str:
        """An id_token by which a teacher is to choose."""
        asked = {
            "message_type": "LtiDeepLinkingRequest",
            "roles": [INSTRUCTOR],
            "__sub": "teacher-1",
            "resource_link": None,
            "target_link_uri": None,
            "deep_linking_settings": {
                "deep_link_return_url": "https://lms.example.jp/return?course=1",
                "accept_types": ["ltiResourceLink", "link"],
                "accept_presentation_document_targets": ["iframe", "window"],
                "accept_multiple": True,
                "title": "選択",
                "data": "op=321&v=44;\n",
                "unknown": {"a": 1},
            },
        }
        return self.id_token(nonce, **{**asked, **changes})


def named(name: str) -> str:
    """The whole name of a claim."""
    if name.startswith("__"):
        return name[2:]
    special = {"deep_linking_settings": CHOICE, "endpoint": f"{GRADES}claim/endpoint", "namesroleservice": ROSTER}
    return special.get(name, f"{LTI}{name}")


@asynccontextmanager
async def publishing(platform: Platform | None = None) -> AsyncIterator[Platform]:
    """A platform whose keys can be fetched."""
    made = platform or Platform()

    async def answer(writer: asyncio.StreamWriter) -> None:
        made.fetches += 1
        body = made.jwks()
        writer.write(f"HTTP/1.1 {made.status} .\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
        await writer.drain()

    async with receiving(answer) as receiver:
        made.port = receiver.port
        yield made
