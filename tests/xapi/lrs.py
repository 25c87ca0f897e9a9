"""A Learning Record Store on a local port, as xAPI 1.0.3 has it: what it takes, what it refuses, and how.

Part three, 2.1.2 (POST statements), 3.2 (error codes), 3.3 (versioning): a batch is taken whole or not at all; one bad
statement in it is a 400, and so are two with one id, or no version that it speaks. A statement with a known id changes
nothing: 409 where it differs, or where the store does not compare.
"""

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from tests.egress.receiver import Receiver, receiving

PATH = "/xapi/statements"
Statement = dict[str, Any]


def takes(_statement: Statement) -> bool:
    """Refuse nothing."""
    return False


@dataclass(eq=False)
class Lrs:
    """What was stored, in order; and how it answers."""

    port: int = 0
    versions: tuple[str, ...] = ("1.0.3",)
    authorization: str | None = None
    # Which statements it will not take.
    refuses: Callable[[Statement], bool] = takes
    # Whether it answers 409 to every known id, without comparing.
    conflicts: bool = False
    most_statements: int | None = None
    taken_status: int = 200
    # An answer that comes before everything else: a status and headers, or nothing.
    trouble: Callable[[], tuple[int, Mapping[str, str]] | None] = lambda: None
    delay_s: float = 0.0
    slow: Callable[[], float] = lambda: 0.0
    # Whether the connection is cut after statements are stored and before that is said.
    cuts: Callable[[], bool] = lambda: False
    stored: list[Statement] = field(default_factory=list)
    known: dict[str, Statement] = field(default_factory=dict)
    # How many statements came that were there already, and how many of these with other content.
    again: int = 0
    changed: int = 0
    # The status of each answer, and how many statements were sent.
    exchanges: list[tuple[int, int]] = field(default_factory=list)
    heads: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}/xapi"

    @property
    def ids(self) -> list[str]:
        """The ids of what is stored, in order."""
        return [one["id"] for one in self.stored]

    @property
    def statuses(self) -> list[int]:
        """The status of each answer."""
        return [status for status, _ in self.exchanges]

    def answer(self, head: str, body: bytes) -> tuple[int, Mapping[str, str], object]:
        """The status, headers and content that a request gets."""
        self.heads.append(head)
        line, *lines = head.rstrip("\r\n").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (one.partition(":") for one in lines)}
        told = self.trouble()
        if told is not None:
            return (*told, "in trouble")
        if line != f"POST {PATH} HTTP/1.1":
            return 404, {}, f"There is nothing at {line}"
        if self.authorization is not None and headers.get("authorization") != self.authorization:
            return 401, {"WWW-Authenticate": "Basic"}, "Unauthorized"
        if headers.get("x-experience-api-version") not in self.versions:
            return 400, {}, "X-Experience-API-Version is missing, or none of ours"
        if headers.get("content-type") != "application/json":
            return 400, {}, "The content type is not application/json"
        return self.taken(json.loads(body))

    def taken(self, statements: list[Statement]) -> tuple[int, Mapping[str, str], object]:
        """Take a batch whole, or not at all."""
        ids = [one["id"] for one in statements]
        if self.most_statements is not None and len(statements) > self.most_statements:
            return 413, {}, "too many statements"
        if len(set(ids)) != len(ids):
            return 400, {}, "two statements with one id"
        for one in statements:
            uuid.UUID(one["id"])
            if self.refuses(one):
                return 400, {}, f"statement {one['id']} is bad"
        self.again += sum(one["id"] in self.known for one in statements)
        self.changed += sum(self.known.get(one["id"], one) != one for one in statements)
        for one in statements:
            known = self.known.get(one["id"])
            if known is not None and (self.conflicts or known != one):
                return 409, {}, f"statement {one['id']} is known"
        for one in statements:
            if one["id"] not in self.known:
                self.known[one["id"]] = one
                self.stored.append(one)
        return self.taken_status, {}, ids


@asynccontextmanager
async def recording(lrs: Lrs | None = None) -> AsyncIterator[Lrs]:
    """A store at work."""
    made = lrs or Lrs()

    async def answer(writer: asyncio.StreamWriter) -> None:
        head, body = receivers[0].requests[-1]
        status, headers, content = made.answer(head, body)
        told = b"" if status == HTTPStatus.NO_CONTENT else json.dumps(content).encode()
        sent = json.loads(body) if body else []
        made.exchanges.append((status, len(sent)))
        await asyncio.sleep(made.delay_s + made.slow())
        if made.cuts():
            writer.transport.abort()
            return
        lines = [f"HTTP/1.1 {status} .", f"Content-Length: {len(told)}", *(f"{k}: {v}" for k, v in headers.items())]
        writer.write("\r\n".join([*lines, "", ""]).encode() + told)
        await writer.drain()

    receivers: list[Receiver] = []
    async with receiving(answer) as receiver:
        receivers.append(receiver)
        made.port = receiver.port
        yield made
