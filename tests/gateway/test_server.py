"""The server itself, over real sockets: what is too long, too slow, or no HTTP at all."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest

from gateway.app import make_app
from gateway.server import make_server
from gateway.settings import Settings
from tests.conftest import Running

# What is tested here is the same on either database.
pytestmark = pytest.mark.parametrize("kind", ["sqlite"], indirect=True)

RECEIPT_S = 0.5
BODY = b'{"query": "{ __typename }"}'
HEAD = b"POST /graphql HTTP/1.1\r\nHost: kakehashi.test\r\nContent-Type: application/json\r\n"
POST = HEAD + b"Content-Length: %d\r\n\r\n" % len(BODY)


@pytest.fixture
async def port(shared: Running) -> AsyncIterator[int]:
    """The port of a server that waits half a second for what it is sent."""
    settings = shared.settings.model_copy(update={"port": 0, "receipt_s": RECEIPT_S})
    server = make_server(make_app(Settings(**settings.model_dump())), settings)
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    await serving


class Client:
    """A connection that sends what it is told to, as slowly as it is told to."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def send(self, data: bytes) -> None:
        """Send some bytes."""
        self.writer.write(data)
        await self.writer.drain()

    async def status(self) -> int:
        """The status of the next answer, whose head is read."""
        head = await self.reader.readuntil(b"\r\n\r\n")
        for line in head.split(b"\r\n"):
            if line.lower().startswith(b"content-length:"):
                await self.reader.readexactly(int(line.partition(b":")[2]))
        return int(head.split(b" ")[1])

    async def end(self) -> bytes:
        """What is still sent until the server closes; a reset is an end too: it tells that more was on its way."""
        ended = bytearray()
        with suppress(ConnectionResetError):
            async with asyncio.timeout(10):
                while more := await self.reader.read(64 * 1024):
                    ended += more
        return bytes(ended)


@pytest.fixture
async def client(port: int) -> AsyncIterator[Client]:
    """A connection to the server."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    yield Client(reader, writer)
    writer.close()


async def test_an_address_may_be_16_kib_long_and_no_longer(client: Client) -> None:
    path = b"/healthz?" + b"x" * (16 * 1024 - 9)
    await client.send(b"GET " + path + b" HTTP/1.1\r\nHost: a\r\n\r\n")
    assert await client.status() == 200
    await client.send(b"GET " + path + b"x" * 1024 + b" HTTP/1.1\r\nHost: a\r\n\r\n")
    assert await client.status() == 414
    assert await client.end() == b""


@pytest.mark.parametrize(
    "headers",
    [
        b"X-One: " + b"x" * 64 * 1024 + b"\r\n\r\n",
        b"".join(b"X-%d: %s\r\n" % (number, b"x" * 60) for number in range(1000)) + b"\r\n",
        # One that never ends.
        b"X-One: " + b"x" * 70 * 1024,
    ],
    ids=["one", "many", "endless"],
)
async def test_headers_of_64_kib_are_too_large(client: Client, headers: bytes) -> None:
    await client.send(b"GET /healthz HTTP/1.1\r\nHost: a\r\n" + headers)
    assert await client.status() == 431
    assert await client.end() == b""


UPGRADE = (
    b"GET /graphql HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Protocol: graphql-transport-ws\r\nSec-WebSocket-Key: a2tra2tra2tra2tra2traw==\r\n"
)


@pytest.mark.parametrize(
    "headers",
    [b"X-One: " + b"x" * 8192 + b"\r\n", b"".join(b"X-%d: x\r\n" % number for number in range(130))],
    ids=["one", "many"],
)
async def test_a_handshake_with_headers_that_are_too_large_is_refused_and_not_left_hanging(
    client: Client, headers: bytes
) -> None:
    await client.send(UPGRADE + headers + b"\r\n")
    assert await client.status() == 431
    assert await client.end() == b""


async def test_a_handshake_may_have_a_header_of_8_kib(client: Client) -> None:
    await client.send(UPGRADE + b"X-One: " + b"x" * 8000 + b"\r\n\r\n")
    assert await client.status() == 101


async def test_a_text_that_is_no_utf_8_closes_its_websocket_and_is_no_error_of_ours(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    await client.send(UPGRADE + b"\r\n")
    assert await client.status() == 101
    await client.send(b"\x81\x82\0\0\0\0\xff\xfe")
    assert (await client.end())[2:4] == (1007).to_bytes(2)
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


@pytest.mark.parametrize(
    "frames",
    [
        # No UTF-8, and the end behind it.
        b"\x81\x81\0\0\0\0\xd0\x88\x80\0\0\0\0",
        # Who it is, which is answered a moment later, and a frame that breaks the protocol.
        b'\x81\x9a\0\0\0\0{"type":"connection_init"}\xf1\x80\0\0\0\0',
        # A frame without a mask, behind an operation.
        b'\x81\xa1\0\0\0\0{"type":"subscribe","payload":{}}\x81\x01x',
    ],
    ids=["text", "answered", "refused"],
)
async def test_who_breaks_the_protocol_is_let_go_without_an_error_of_ours(
    client: Client, caplog: pytest.LogCaptureFixture, frames: bytes
) -> None:
    await client.send(UPGRADE + b"\r\n")
    assert await client.status() == 101
    await client.send(frames)
    assert (await client.end())[:1] == b"\x88"
    # What was begun for it ends too.
    await asyncio.sleep(0.2)
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


async def test_headers_may_be_32_kib_on_a_connection_that_is_used_again(client: Client) -> None:
    for _ in range(3):
        await client.send(b"GET /healthz HTTP/1.1\r\nHost: a\r\nX-One: " + b"x" * 32 * 1024 + b"\r\n\r\n")
        assert await client.status() == 200


async def test_a_head_that_trickles_in_is_closed(client: Client) -> None:
    started = time.monotonic()
    await client.send(b"GET /healthz HTTP/1.1\r\n")
    ended = asyncio.create_task(client.end())
    with suppress(ConnectionError):
        while not ended.done():
            await client.send(b"X-One: x\r\n")
            await asyncio.sleep(0.02)
    assert await ended == b""
    assert time.monotonic() - started >= RECEIPT_S


async def test_a_second_head_that_trickles_in_is_closed_too(client: Client) -> None:
    await client.send(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
    assert await client.status() == 200
    await client.send(b"GET /healthz HTTP/1.1\r\n")
    assert await client.end() == b""


async def test_who_connects_and_says_nothing_is_closed(client: Client) -> None:
    assert await client.end() == b""


async def test_a_body_that_does_not_arrive_is_given_up(client: Client) -> None:
    await client.send(POST + BODY[:5])
    assert await client.status() == 408


async def test_a_body_that_takes_less_is_waited_for(client: Client) -> None:
    await client.send(POST[:40])
    await asyncio.sleep(RECEIPT_S / 2)
    await client.send(POST[40:] + BODY[:5])
    await asyncio.sleep(RECEIPT_S / 2)
    await client.send(BODY[5:])
    assert await client.status() == 200


async def test_a_client_that_cuts_its_body_leaves_the_server_well(client: Client, port: int) -> None:
    await client.send(POST + BODY[:5])
    client.writer.close()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    other = Client(reader, writer)
    await other.send(POST + BODY)
    assert await other.status() == 200
    writer.close()


async def test_what_is_no_http_gets_400(client: Client) -> None:
    await client.send(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n")
    assert await client.status() == 400
