"""`python -m bench.deliveries.receiver 100`: takes POSTs on so many ports, as cheaply as Python can, and counts them.

The ports are its first line of output. What is posted to /hang is never answered. GET /counted tells how many others
there were, and when the first and the last of them came, and begins anew.
"""

import asyncio
import json
import sys
import time
from typing import cast

import uvloop

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
BACKLOG = 1024


class Counter:
    """How many were taken, and when the first and the last one came."""

    def __init__(self) -> None:
        self.count = 0
        self.first = self.last = 0.0

    def more(self) -> None:
        """One was taken."""
        self.last = time.monotonic()
        self.first = self.first or self.last
        self.count += 1

    def told(self) -> bytes:
        """What was counted; counting begins anew."""
        found = json.dumps({"count": self.count, "first": self.first, "last": self.last}).encode()
        self.count, self.first, self.last = 0, 0.0, 0.0
        return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(found), found)


class Taking(asyncio.Protocol):
    """One connection, over which a request comes after the other."""

    def __init__(self, counter: Counter) -> None:
        self.counter = counter
        self.came = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Somebody is here."""
        self.transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Answer each request that is whole."""
        self.came += data
        while (end := self.came.find(b"\r\n\r\n")) >= 0:
            head = self.came[:end].lower()
            _, _, length = head.partition(b"content-length:")
            whole = end + 4 + (int(length.split(b"\r\n", 1)[0]) if length else 0)
            if len(self.came) < whole:
                return
            self.came = self.came[whole:]
            self.answer(head)

    def answer(self, head: bytes) -> None:
        """Answer one request, by its first line."""
        if head.startswith(b"get /counted"):
            self.transport.write(self.counter.told())
        elif not head.startswith(b"post /hang"):
            self.counter.more()
            self.transport.write(OK)


async def receive(ports: int) -> None:
    """Listen until the process is ended."""
    loop, counter = asyncio.get_running_loop(), Counter()
    listening = [
        await loop.create_server(lambda: Taking(counter), "127.0.0.1", 0, backlog=BACKLOG) for _ in range(ports)
    ]
    print(json.dumps([one.sockets[0].getsockname()[1] for one in listening]), flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(receive(int(sys.argv[1])))
