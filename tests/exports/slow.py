"""A server that speaks as much of S3 as it takes to be handed a file, and that takes it when the test says so."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

TAKEN = b'HTTP/1.1 200 OK\r\nETag: "1"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n'


@dataclass(slots=True)
class Slow:
    """The server: `begun` when it is handed a file, which it keeps when it may `go_on`, if its client still waits."""

    port: int = 0
    begun: asyncio.Event = field(default_factory=asyncio.Event)
    go_on: asyncio.Event = field(default_factory=asyncio.Event)
    kept: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        """The store, as a setting names it."""
        return "s3://exports"

    @property
    def variables(self) -> Mapping[str, str]:
        """By what the store is found."""
        return {
            "AWS_ENDPOINT": f"http://127.0.0.1:{self.port}",
            "AWS_ALLOW_HTTP": "true",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": "ap-northeast-1",
        }

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take one file, in its own time."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        method, path = head.split(" ")[:2]
        self.begun.set()
        gone = asyncio.create_task(ended(reader))
        waiting = asyncio.create_task(self.go_on.wait())
        await asyncio.wait((gone, waiting), return_when=asyncio.FIRST_COMPLETED)
        if not gone.done() and method == "PUT":
            self.kept.append(path)
            writer.write(TAKEN)
        for task in (gone, waiting):
            task.cancel()
        writer.close()


async def ended(reader: asyncio.StreamReader) -> None:
    """Wait until the client has gone."""
    while await reader.read(65_536):
        pass


@asynccontextmanager
async def stalling() -> AsyncIterator[Slow]:
    """A started one."""
    slow = Slow()
    server = await asyncio.start_server(slow.serve, "127.0.0.1", 0)
    slow.port = server.sockets[0].getsockname()[1]
    yield slow
    slow.go_on.set()
    server.close()
    await server.wait_closed()
