"""A platform's memberships on a local port: Names and Role Provisioning Services 2.0, and the token that it takes.

It holds requests to the standard: a token by the client credentials grant with an assertion that is signed by a key of
ours and addressed to it, with the one scope; the media type; `limit` as a wish, which it follows up to its own page.
"""

import asyncio
import json
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import jwt

from tests.egress.receiver import Receiver, receiving

SCOPE = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"
MEDIA_TYPE = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
CLIENT, CONTEXT = "kakehashi", "course-7"
LEARNER = "http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"
INSTRUCTOR = "http://purl.imsglobal.org/vocab/lis/v2/membership#Instructor"
Answer = tuple[int, Mapping[str, str], object]


async def at_once() -> None:
    """Wait for nothing."""


def member(subject: str, **more: object) -> dict[str, Any]:
    """A member as platforms tell one: an active learner unless told otherwise."""
    names = {"given_name": f"G{subject}", "family_name": f"F{subject}", "name": f"F{subject} G{subject}"}
    return {"status": "Active", "user_id": subject, "roles": [LEARNER], **names, **more}


def members(count: int, first: int = 1) -> list[dict[str, Any]]:
    """So many learners."""
    return [member(f"u{number}") for number in range(first, first + count)]


@dataclass(eq=False)
class Memberships:
    """Who is in the course, and how that is told; `pages` are the numbers of those that were asked for."""

    members: list[dict[str, Any]] = field(default_factory=list)
    context: dict[str, object] = field(default_factory=lambda: {"id": CONTEXT, "title": "English"})
    per_page: int = 100
    port: int = 0
    # The public halves of the keys that assertions may be signed with.
    keys: Callable[[], Awaitable[list[dict[str, str]]]] | None = None
    tokens: list[str] = field(default_factory=list)
    pages: list[int] = field(default_factory=list)
    addresses: list[str] = field(default_factory=list)
    # What comes in place of a page, if anything does; and how the link to the next one looks.
    trouble: Callable[[int], Answer | None] = lambda _page: None
    link: Callable[[str], str] = lambda address: f'<{address}>; rel="next"'
    # Waited for before a page is given.
    gate: Callable[[], Awaitable[None]] = at_once

    @property
    def url(self) -> str:
        """Where the first page is: it has a query already, as some platforms' have."""
        return f"http://127.0.0.1:{self.port}/memberships?course=7"

    @property
    def token_url(self) -> str:
        """Where tokens are given."""
        return f"http://127.0.0.1:{self.port}/token"

    async def answer(self, head: str, body: bytes) -> Answer:
        """What a request gets."""
        line, *lines = head.rstrip("\r\n").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (one.partition(":") for one in lines)}
        method, target, _ = line.split(" ")
        path, query = urlsplit(target).path, dict(parse_qsl(urlsplit(target).query))
        if (method, path) == ("POST", "/token"):
            return await self.token(headers, dict(parse_qsl(body.decode())))
        if (method, path) != ("GET", "/memberships"):
            return 404, {}, {"error": line}
        self.addresses.append(target)
        return await self.page(headers, query)

    async def token(self, headers: Mapping[str, str], form: Mapping[str, str]) -> Answer:
        """A token for whoever proves to be the tool."""
        assert self.keys is not None
        kid = jwt.get_unverified_header(form["client_assertion"])["kid"]
        (key,) = [one for one in await self.keys() if one["kid"] == kid]
        claims = jwt.decode(
            form["client_assertion"], jwt.PyJWK(key).key, algorithms=["RS256"], audience=self.token_url, issuer=CLIENT
        )
        asked = (form["grant_type"], form["client_assertion_type"], form["scope"], headers["content-type"])
        if asked != ("client_credentials", ASSERTION, SCOPE, "application/x-www-form-urlencoded"):
            return 400, {}, {"error": "invalid_request"}
        if claims["sub"] != CLIENT:
            return 400, {}, {"error": "invalid_client"}
        self.tokens.append(secrets.token_urlsafe(8))
        return 200, {}, {"access_token": self.tokens[-1], "token_type": "Bearer", "expires_in": 3600, "scope": SCOPE}

    async def page(self, headers: Mapping[str, str], query: Mapping[str, str]) -> Answer:
        """A page of the members, of the size that is wished for as far as ours allow."""
        number = int(query.get("page", "1"))
        self.pages.append(number)
        await self.gate()
        if headers.get("authorization") != f"Bearer {self.tokens[-1] if self.tokens else ''}":
            return 401, {}, {"error": "invalid_token"}
        if headers.get("accept") != MEDIA_TYPE or query.get("course") != "7":
            return 406, {}, {"error": "not acceptable"}
        if (told := self.trouble(number)) is not None:
            return told
        size = min(self.per_page, int(query["limit"]))
        shown = self.members[(number - 1) * size : number * size]
        links = [f'<{self.url}&differences=1>; rel="differences"']
        if number * size < len(self.members):
            links.append(self.link(f"{self.url}&limit={query['limit']}&page={number + 1}"))
        content = {"id": self.url, "context": self.context, "members": shown}
        return 200, {"Content-Type": MEDIA_TYPE, "Link": ", ".join(links)}, content


@asynccontextmanager
async def telling(service: Memberships) -> AsyncIterator[Memberships]:
    """The platform at work."""

    async def answer(writer: asyncio.StreamWriter) -> None:
        receiver = receivers[0]
        # Of each connection the newest request is its own: it waits for its answer before it sends another.
        head, body = receiver.requests[-1]
        status, headers, content = await service.answer(head, body)
        sent = content if isinstance(content, bytes) else json.dumps(content).encode()
        more = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        writer.write(f"HTTP/1.1 {status} X\r\nContent-Length: {len(sent)}\r\n{more}\r\n".encode() + sent)
        await writer.drain()

    receivers: list[Receiver] = []
    async with receiving(answer) as receiver:
        receivers.append(receiver)
        service.port = receiver.port
        yield service
