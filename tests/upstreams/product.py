"""Another product on a local port, which serves a usage feed as the provisional specification has it."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.egress.receiver import Receiver, receiving

START = datetime(2026, 11, 1, tzinfo=UTC)
# What changes a page before it is sent: its content, and which page it is.
Tampering = Callable[[dict[str, Any], int], object]


def nothing(content: dict[str, Any], _page: int) -> object:
    """The page as it is."""
    return content


@dataclass(slots=True)
class Product:
    """A feed, and what was asked of it. `tamper` changes what is answered; `status` and `headers` are sent with it."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    tamper: Tampering = nothing
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    receiver: Receiver | None = None
    # Set to keep answers waiting.
    gate: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.gate.set()

    @property
    def url(self) -> str:
        """Where the feed is."""
        assert self.receiver is not None
        return f"http://127.0.0.1:{self.receiver.port}/api/v1/progresses"

    @property
    def asked(self) -> list[dict[str, str]]:
        """The parameters of each request."""
        assert self.receiver is not None
        return [dict(parse_qsl(urlsplit(head.split(" ")[1]).query)) for head, _ in self.receiver.requests]

    @property
    def pages(self) -> list[int]:
        """Which pages were asked for, in order."""
        return [int(one["page"]) for one in self.asked]

    def header(self, name: str) -> list[str | None]:
        """A header of each request."""
        assert self.receiver is not None
        heads = [head.split("\r\n")[1:-2] for head, _ in self.receiver.requests]
        found = [
            {key.lower(): value.strip() for key, _, value in (line.partition(":") for line in head)} for head in heads
        ]
        return [head.get(name) for head in found]

    def add(self, count: int = 1, *, at: datetime = START, uid: str = "auth0|demo-student") -> None:
        """Let things happen, a minute after each other."""
        for _ in range(count):
            number = max((row["id"] for row in self.rows), default=0) + 1
            moment = at + timedelta(minutes=len(self.rows))
            self.rows.append(
                {
                    "id": number,
                    "user_id": uid,
                    "package_code": f"110A{number:02}",
                    "package_name": f"【24版】プレ入試英語({number})",
                    "created_at": moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
                }
            )

    def page(self, asked: Mapping[str, str]) -> dict[str, Any]:
        """A page of what is within the span that is asked for."""
        since, until = (datetime.fromisoformat(asked[f"created_at_{end}"]) for end in ("from", "to"))
        inside = [row for row in self.rows if since <= datetime.fromisoformat(row["created_at"]) <= until]
        inside.sort(key=lambda row: row["id"])
        page, per = int(asked["page"]), int(asked["per"])
        pagination = {"current_page": page, "per_page": per, "total_pages": -(-len(inside) // per)}
        return {
            "progresses": [dict(row) for row in inside[(page - 1) * per : page * per]],
            "pagination": {**pagination, "total_count": len(inside)},
        }

    async def answer(self, writer: asyncio.StreamWriter) -> None:
        """Answer the request that came last."""
        asked = self.asked[-1]
        await self.gate.wait()
        content = self.tamper(self.page(asked), int(asked["page"]))
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        more = "".join(f"{name}: {value}\r\n" for name, value in self.headers.items())
        if self.status == HTTPStatus.NO_CONTENT:
            body = b""
        writer.write(f"HTTP/1.1 {self.status} X\r\nContent-Length: {len(body)}\r\n{more}\r\n".encode() + body)
        await writer.drain()


@asynccontextmanager
async def producing() -> AsyncIterator[Product]:
    """A product that serves."""
    product = Product()
    async with receiving(product.answer) as receiver:
        product.receiver = receiver
        yield product
