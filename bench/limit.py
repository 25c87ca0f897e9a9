"""`python -m bench.limit DATABASE PORT`: the pass-through limit, one hand-written statement handed on as bytes."""

import argparse
from collections.abc import Awaitable, Callable, MutableMapping
from datetime import UTC, datetime
from typing import Any

import asyncpg
import orjson
import uvicorn

from bench.documents import QUESTIONS
from bench.limit_statements import BINDS, statement
from db.connections.postgresql import SETTINGS

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

CONNECTIONS = 10
STATEMENTS = {name: statement(name) for name in QUESTIONS}
NAMES = {question.operation: question.name for question in QUESTIONS.values()}


class Limit:
    """The smallest application that answers the four questions: no rights, no GraphQL, no log.

    It is what a careful person writes by hand: asyncpg's own pool, and the product's settings for its connections.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.pool: asyncpg.Pool[asyncpg.Record] | None = None

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request, or start and stop."""
        if scope["type"] == "lifespan":
            await self.live(receive, send)
        elif scope["method"] == "GET":
            await answer(send, b"{}")
        else:
            await answer(send, await self.run(await body(receive)))

    async def live(self, receive: Receive, send: Send) -> None:
        """Connect at the start, disconnect at the end."""
        await receive()
        await self.connect()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self.disconnect()
        await send({"type": "lifespan.shutdown.complete"})

    async def connect(self) -> None:
        """Open the pool; nothing is reset between requests, because no statement leaves anything behind."""
        self.pool = await asyncpg.create_pool(
            self.url, min_size=CONNECTIONS, max_size=CONNECTIONS, server_settings=SETTINGS, reset=nothing
        )

    async def disconnect(self) -> None:
        """Close the pool."""
        if self.pool is not None:
            await self.pool.close()

    async def run(self, asked: bytes) -> bytes:
        """The answer to a GraphQL request, told by the name of its operation."""
        given = orjson.loads(asked)
        name = NAMES[given["operationName"]]
        values = BINDS[name](given["variables"], datetime.now(UTC))
        if self.pool is None:
            raise TypeError("The pool is not open.")
        async with self.pool.acquire() as connection:
            found: bytes = await connection.fetchval(STATEMENTS[name], *values)
        return found


async def nothing(_connection: object) -> None:
    """What is done to a connection that comes back."""


async def body(receive: Receive) -> bytes:
    """The whole body of a request."""
    message = await receive()
    found: bytes = message["body"]
    while message.get("more_body"):
        message = await receive()
        found += message["body"]
    return found


async def answer(send: Send, content: bytes) -> None:
    """Send JSON."""
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(content))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": content})


def main() -> None:
    """Serve until told to stop, as the product's own server is configured."""
    parser = argparse.ArgumentParser(prog="python -m bench.limit", description=__doc__)
    parser.add_argument("database", help="the URL of the measured database")
    parser.add_argument("port", type=int, help="the port on 127.0.0.1")
    given = parser.parse_args()
    config = uvicorn.Config(
        Limit(given.database), port=given.port, loop="uvloop", http="httptools", access_log=False, log_config=None
    )
    uvicorn.Server(config).run()


if __name__ == "__main__":
    main()
