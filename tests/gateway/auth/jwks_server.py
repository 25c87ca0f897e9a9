"""An issuer on a local port, which answers the request for its key set as a test tells it to."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import orjson

from tests.gateway.auth.crafting import jwks


@dataclass(frozen=True)
class Answer:
    """What is sent; `length` is what Content-Length claims, the truth unless given."""

    body: bytes
    status: int = 200
    headers: tuple[str, ...] = ()
    length: int | None = None
    pause_s: float = 0.0


def publishing(*names: str) -> Answer:
    """The key set with the keys of these names."""
    return Answer(orjson.dumps(jwks(*names)), headers=("content-type: application/json",))


@dataclass
class JwksServer:
    """`fetches` counts what has arrived; nothing is answered while `gate` is closed."""

    url: str
    answer: Answer
    fetches: int = 0
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    arrival: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def has_fetches(self, number: int) -> None:
        """Waits until so many have arrived."""
        async with asyncio.timeout(5), self.arrival:
            await self.arrival.wait_for(lambda: self.fetches >= number)

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answers one request, then closes the connection."""
        try:
            request = await reader.readuntil(b"\r\n\r\n")
            async with self.arrival:
                self.fetches += 1
                self.arrival.notify_all()
            await self.gate.wait()
            await _send(self._answer_to(request), writer)
        except ConnectionError:
            pass
        finally:
            writer.close()

    def _answer_to(self, request: bytes) -> Answer:
        return publishing("first", "second") if request.startswith(b"GET /elsewhere ") else self.answer


async def _send(answer: Answer, writer: asyncio.StreamWriter) -> None:
    length = len(answer.body) if answer.length is None else answer.length
    lines = (f"HTTP/1.1 {answer.status} X", f"content-length: {length}", "connection: close", *answer.headers, "", "")
    writer.write("\r\n".join(lines).encode())
    step = 1 if answer.pause_s else 65_536
    for start in range(0, len(answer.body), step):
        writer.write(answer.body[start : start + step])
        await writer.drain()
        await asyncio.sleep(answer.pause_s)


@asynccontextmanager
async def serving(answer: Answer) -> AsyncIterator[JwksServer]:
    """The server at work on a port of its own; its gate is open."""
    jwks_server = JwksServer(url="", answer=answer)
    jwks_server.gate.set()
    listener = await asyncio.start_server(jwks_server, "127.0.0.1", 0)
    jwks_server.url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}/jwks.json"
    try:
        yield jwks_server
    finally:
        jwks_server.gate.set()
        listener.close()
        await listener.wait_closed()
