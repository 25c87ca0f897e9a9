"""Asks the server through a socket."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from starlette.applications import Starlette

from gateway.app import make_app
from gateway.server import make_server
from gateway.settings import Settings
from tests.fuzz.observing import Answer
from tests.fuzz.sent import WEBSOCKET, Sent
from tests.fuzz.websockets import talked, until_quiet

RECEIPT_S = 1.0
# What is no HTTP need not be answered; what is one is answered within its deadline.
NO_MORE_S, ANSWERED_S = 0.1, 30.0


@dataclass(frozen=True, slots=True)
class Served:
    """A server that listens, and its app."""

    app: Starlette
    port: int

    async def ask(self, sent: Sent) -> Answer:
        """The answer to one request, on a connection of its own."""
        if sent.method == WEBSOCKET:
            return await talked(self.port, sent)
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            writer.write(sent.wire())
            if sent.raw:
                return read(await until_quiet(reader, NO_MORE_S), strict=False)
            return read(await asyncio.wait_for(reader.read(), ANSWERED_S), strict=True)
        except ConnectionError:  # it was closed before all was sent
            return Answer()
        except TimeoutError:
            return Answer(error=TimeoutError("No answer."))
        finally:
            writer.close()


def read(received: bytes, *, strict: bool) -> Answer:
    """An answer of HTTP/1.1, whose connection was closed behind it."""
    head, mark, body = received.partition(b"\r\n\r\n")
    while head.startswith(b"HTTP/1.1 100"):
        head, mark, body = body.partition(b"\r\n\r\n")
    if not mark:
        return Answer(error=ConnectionError("The server closed without an answer.")) if strict else Answer()
    first, *lines = head.split(b"\r\n")
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(b":") for line in lines)}
    if not strict:
        return Answer(int(first.split(b" ")[1]))
    return Answer(int(first.split(b" ")[1]), headers, body)


@asynccontextmanager
async def serving(settings: Settings) -> AsyncIterator[Served]:
    """A server of the app for the time of the block."""
    settings = settings.model_copy(update={"port": 0, "receipt_s": RECEIPT_S})
    app = make_app(settings)
    server = make_server(app, settings)
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    yield Served(app, server.servers[0].sockets[0].getsockname()[1])
    server.should_exit = True
    await task
