"""A platform's gradebook on a local port: Assignment and Grade Services 2.0, and the tokens that it takes.

It holds requests to the standard: tokens by the client credentials grant with an assertion that is signed by a key of
ours and addressed to it; the scope and the media type of each service; scores that are newer than the last one.
`Moodle` and `Edx` are the differences of these two, as they were recorded.
"""

import asyncio
import json
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import jwt

from tests.egress.receiver import Receiver, receiving

SCORE = "https://purl.imsglobal.org/spec/lti-ags/scope/score"
LINE = "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem"
SCORE_TYPE = "application/vnd.ims.lis.v1.score+json"
LINE_TYPE = "application/vnd.ims.lis.v2.lineitem+json"
LINES_TYPE = "application/vnd.ims.lis.v2.lineitemcontainer+json"
FORM = "application/x-www-form-urlencoded"
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
CLIENT = "kakehashi"
NEEDED = ("timestamp", "activityProgress", "gradingProgress", "userId")
Headers = Mapping[str, str]
Answer = tuple[int, Headers, object]


async def at_once(_request: str) -> None:
    """Wait for nothing."""


@dataclass(frozen=True, slots=True)
class Grade:
    """What stands in the gradebook of somebody."""

    score: float | None
    at: datetime


@dataclass(eq=False)
class Gradebook:
    """Lines and what stands in them; `taken` are the scores that were taken, in order, with their line's number."""

    port: int = 0
    # The public halves of the keys that assertions may be signed with.
    keys: Callable[[], Awaitable[list[dict[str, str]]]] | None = None
    lines: dict[int, dict[str, Any]] = field(default_factory=dict)
    grades: dict[tuple[int, str], Grade] = field(default_factory=dict)
    taken: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    # Method and target of each request, with the status of its answer; and each score that came, taken or not.
    exchanges: list[tuple[str, int]] = field(default_factory=list)
    sent: list[dict[str, Any]] = field(default_factory=list)
    tokens: dict[str, str] = field(default_factory=dict)
    forms: list[dict[str, str]] = field(default_factory=list)
    # Scores that said to be of an instant that had not come yet.
    early: list[str] = field(default_factory=list)
    per_page: int = 100
    marks: tuple[str, str] = ('"', '"')
    # An answer in place of the right one, and what is waited for before any.
    trouble: Callable[[str], Answer | None] = lambda _request: None
    gate: Callable[[str], Awaitable[None]] = at_once
    # Whether the connection is cut after something was done and before that is said.
    cuts: Callable[[str], bool] = lambda _request: False

    @property
    def home(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def token_url(self) -> str:
        """Where tokens are given."""
        return f"{self.home}/token"

    @property
    def lines_url(self) -> str:
        """Where lines are listed and made: it has a query already, as some platforms' have."""
        return f"{self.home}/lines?course=7"

    def line_url(self, number: int) -> str:
        """The address of a line."""
        return f"{self.home}/lines/{number}"

    def made(self, **values: object) -> str:
        """A line that is there already; gives its address."""
        number = len(self.lines) + 1
        self.lines[number] = {"id": self.line_url(number), "scoreMaximum": 100, "label": "Made by hand", **values}
        return self.line_url(number)

    def posted(self, name: str = "scores") -> list[int]:
        """The statuses of the requests whose path ends so."""
        ends = (f"/{name}", f"/{name}?")
        return [status for request, status in self.exchanges if any(end in request for end in ends)]

    async def answer(self, head: str, body: bytes) -> Answer:
        """What a request gets."""
        line, *lines = head.rstrip("\r\n").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (one.partition(":") for one in lines)}
        method, target, _ = line.split(" ")
        if (told := self.trouble(f"{method} {target}")) is not None:
            return told
        url = urlsplit(target)
        path, query = url.path.strip("/").split("/"), dict(parse_qsl(url.query))
        match method, path:
            case "POST", ["token"]:
                return await self.token(headers, dict(parse_qsl(body.decode())))
            case "GET", ["lines"]:
                return self.permitted(headers, LINE) or self.listed(headers, query)
            case "POST", ["lines"]:
                return self.permitted(headers, LINE) or self.make(headers, body)
            case "POST", ["lines", number, *rest, "scores"] if self.is_line(rest, query):
                return self.permitted(headers, SCORE) or self.score(headers, int(number), body)
        return 404, {}, {"error": f"There is nothing at {method} {target}"}

    def is_line(self, rest: list[str], query: Mapping[str, str]) -> bool:
        """Whether an address is that of a line."""
        return not rest and not query

    def permitted(self, headers: Headers, scope: str) -> Answer | None:
        """A refusal, where the token does not allow this."""
        kind, _, token = headers.get("authorization", "").partition(" ")
        if kind != "Bearer" or token not in self.tokens:
            return 401, {"WWW-Authenticate": "Bearer"}, {"error": "invalid_token"}
        return None if scope in self.tokens[token].split() else (403, {}, {"error": "insufficient_scope"})

    async def token(self, headers: Headers, form: dict[str, str]) -> Answer:
        """A token for whoever proves to be the tool."""
        assert self.keys is not None
        self.forms.append(form)
        kid = jwt.get_unverified_header(form["client_assertion"])["kid"]
        (key,) = [one for one in await self.keys() if one["kid"] == kid]
        claims = jwt.decode(
            form["client_assertion"],
            jwt.PyJWK(key).key,
            algorithms=["RS256"],
            audience=self.token_url,
            issuer=CLIENT,
            options={"require": ["iss", "sub", "aud", "iat", "exp", "jti"]},
        )
        asked = (form["grant_type"], form["client_assertion_type"], headers["content-type"], claims["sub"])
        if asked != ("client_credentials", ASSERTION, FORM, CLIENT):
            return 400, {}, {"error": "invalid_client"}
        token = secrets.token_urlsafe(8)
        self.tokens[token] = form["scope"]
        return self.granted(token, form["scope"])

    def granted(self, token: str, scope: str) -> Answer:
        """The answer that gives a token."""
        return 200, {}, {"access_token": token, "token_type": "Bearer", "expires_in": 3600, "scope": scope}

    def listed(self, headers: Headers, query: Mapping[str, str]) -> Answer:
        """A page of the lines that were asked for."""
        if headers.get("accept") != LINES_TYPE or query.get("course") != "7":
            return 406, {}, {"error": "not acceptable"}
        names = {"resource_link_id": "resourceLinkId", "resource_id": "resourceId", "tag": "tag"}
        asked = [(names[name], value) for name, value in query.items() if name in names]
        found = [one for one in self.lines.values() if all(one.get(name) == value for name, value in asked)]
        page = int(query.get("page", "1"))
        shown, rest = found[(page - 1) * self.per_page : page * self.per_page], len(found) > page * self.per_page
        again = "&".join(f"{name}={value}" for name, value in query.items() if name != "page")
        first, last = self.marks
        links = f"<{self.lines_url}>; rel={first}first{last}, <{self.home}/lines?{again}&page={page + 1}>; "
        more = {"Link": f"{links}rel={first}next{last}"} if rest else {}
        return 200, {"Content-Type": LINES_TYPE, **more}, shown

    def make(self, headers: Headers, body: bytes) -> Answer:
        """Make a line."""
        if headers.get("content-type") != LINE_TYPE or headers.get("accept") not in (LINE_TYPE, "*/*"):
            return 415, {}, {"error": "unsupported media type"}
        told = json.loads(body)
        if not told["label"] or not told["scoreMaximum"] > 0:
            return 400, {}, {"error": "label and scoreMaximum are needed"}
        address = self.made(**told)
        return 201, {"Content-Type": LINE_TYPE}, self.lines[int(urlsplit(address).path.split("/")[2])]

    def score(self, headers: Headers, number: int, body: bytes) -> Answer:
        """Take a score that is newer than the last one."""
        if headers.get("content-type") != SCORE_TYPE or headers.get("accept") not in (SCORE_TYPE, "*/*"):
            return 415, {}, {"error": "unsupported media type"}
        told = json.loads(body)
        self.sent.append(told)
        if number not in self.lines:
            return 404, {}, {"error": "no such line"}
        if any(name not in told for name in NEEDED) or ("scoreGiven" in told) != ("scoreMaximum" in told):
            return 400, {}, {"error": "Incorrect score received"}
        assert told["timestamp"].endswith("Z")
        at = datetime.fromisoformat(told["timestamp"])
        if at > datetime.now(UTC):
            self.early.append(told["timestamp"])
        known = self.grades.get((number, told["userId"]))
        if known is not None and not self.is_newer(at, known.at):
            return self.stale()
        self.grades[number, told["userId"]] = Grade(told.get("scoreGiven"), at)
        self.taken.append((number, told))
        return self.recorded(number, told)

    def is_newer(self, at: datetime, known: datetime) -> bool:
        """Whether a score is newer than the last one."""
        return at > known

    def stale(self) -> Answer:
        """The answer to a score that is not newer than the last one."""
        return 409, {}, {"error": "Refusing score with an earlier timestamp"}

    def recorded(self, _number: int, _told: Mapping[str, Any]) -> Answer:
        """The answer to a score that was taken."""
        return 204, {}, b""


@dataclass(eq=False)
class Moodle(Gradebook):
    """Lines have a query in their addresses; whole seconds count; tokens do not say how long they last.

    Links to the next page have typographic quotation marks.
    """

    marks: tuple[str, str] = ("“", "”")

    def line_url(self, number: int) -> str:
        """The address of a line."""
        return f"{self.home}/lines/{number}/lineitem?type_id=1"

    def is_line(self, rest: list[str], query: Mapping[str, str]) -> bool:
        """The query stands behind the path, whatever is added to that."""
        return rest == ["lineitem"] and query == {"type_id": "1"}

    def is_newer(self, at: datetime, known: datetime) -> bool:
        """By strtotime, which knows whole seconds."""
        return int(at.timestamp()) > int(known.timestamp())

    def granted(self, token: str, scope: str) -> Answer:
        """Without expires_in, and with another spelling."""
        return 200, {}, {"access_token": token, "token_type": "bearer", "scope": scope}

    def recorded(self, _number: int, _told: Mapping[str, Any]) -> Answer:
        """Nothing, with 200."""
        return 200, {}, b""


@dataclass(eq=False)
class Edx(Gradebook):
    """Everything that was taken is a 201 with JSON, and a score that is not newer a 400 about its timestamp."""

    def stale(self) -> Answer:
        """What its serializer says."""
        return 400, {}, {"timestamp": ["Score timestamp can only be updated to a later point in time"]}

    def recorded(self, number: int, told: Mapping[str, Any]) -> Answer:
        """The score as it is kept."""
        return 201, {"Content-Type": SCORE_TYPE}, {"id": f"{self.line_url(number)}/results", **told}


@asynccontextmanager
async def grading_at(gradebook: Gradebook) -> AsyncIterator[Gradebook]:
    """The gradebook at work."""

    async def answer(writer: asyncio.StreamWriter) -> None:
        # Of each connection the newest request is its own: it waits for its answer before it sends another.
        head, body = receivers[0].requests[-1]
        request = " ".join(head.split(" ", 2)[:2])
        await gradebook.gate(request)
        status, headers, content = await gradebook.answer(head, body)
        gradebook.exchanges.append((request, status))
        if gradebook.cuts(request):
            writer.transport.abort()
            return
        told = content if isinstance(content, bytes) else json.dumps(content).encode()
        more = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        length = "" if status == 204 else f"Content-Length: {len(told)}\r\n"
        writer.write(f"HTTP/1.1 {status} X\r\n{length}{more}\r\n".encode() + told)
        await writer.drain()

    receivers: list[Receiver] = []
    async with receiving(answer) as receiver:
        receivers.append(receiver)
        gradebook.port = receiver.port
        yield gradebook
