"""A receiver on a local port: it keeps what it is sent, counts who connects, and answers as it is told to."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
Answering = Callable[[asyncio.StreamWriter], Awaitable[None]]


async def answer_ok(writer: asyncio.StreamWriter) -> None:
    """The plainest answer."""
    writer.write(ANSWER)
    await writer.drain()


@dataclass(eq=False)
class Receiver:
    """What came in: a head and a body for each request, and how many connections there were."""

    answering: Answering = answer_ok
    port: int = 0
    connections: int = 0
    requests: list[tuple[str, bytes]] = field(default_factory=list)
    names: list[str | None] = field(default_factory=list)
    open: set[asyncio.StreamWriter] = field(default_factory=set)

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        self.connections += 1
        self.open.add(writer)
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                length = [line for line in head.split("\r\n") if line.lower().startswith("content-length:")]
                body = await reader.readexactly(int(length[0].partition(":")[2])) if length else b""
                self.requests.append((head, body))
                await self.answering(writer)
        except (asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError, ssl.SSLError):
            pass
        finally:
            self.open.discard(writer)
            writer.close()


@asynccontextmanager
async def receiving(
    answering: Answering = answer_ok, *, hosts: Sequence[str] = ("127.0.0.1",), context: ssl.SSLContext | None = None
) -> AsyncIterator[Receiver]:
    """A receiver at work, on the same port of each host."""
    receiver = Receiver(answering)
    listeners = []
    for host in hosts:
        listener = await asyncio.start_server(receiver, host, receiver.port, ssl=context)
        receiver.port = listener.sockets[0].getsockname()[1]
        listeners.append(listener)
    try:
        yield receiver
    finally:
        for listener in listeners:
            listener.close()
        for writer in list(receiver.open):
            writer.transport.abort()
        for listener in listeners:
            await listener.wait_closed()
