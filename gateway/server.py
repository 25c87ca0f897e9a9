"""The server as we run it: uvicorn, with bounds on what is sent to it and on how it ends.

How long a request line and its headers may be, and may take to come; sockets that close also while their peer does not
read; streams that end when the process does.
"""

import asyncio
import logging
import socket
from http import HTTPStatus
from typing import Any

import uvicorn
from starlette.applications import Starlette
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.exceptions import InvalidState, SecurityError

from gateway.settings import Settings
from gateway.subscriptions.limits import Limits

MOST_URL = 16 * 1024
MOST_HEADERS = 48 * 1024
KEEP_ALIVE_S = 5
# Within half a minute a process has to be gone; what still runs then is cut off.
SHUTDOWN_S = 25
# How long a peer has to take the end of a connection, before it is cut.
CLOSE_WITHIN_S = 5.0
NOTHING_MORE = b"content-length: 0\r\nconnection: close\r\n\r\n"
# The server's own lines about sockets hold addresses and query strings; ours is written by the endpoint.
QUIET = logging.getLogger("gateway.sockets")
QUIET.setLevel(logging.WARNING)
# A client's mistake, which closes its connection with 1007; uvicorn would tell it as an error with a traceback.
QUIET.addFilter(lambda record: record.msg != "Invalid UTF-8 sequence received from client.")


class TooLong(Exception):
    """The head of a request is beyond a limit."""


class BoundedHttp(HttpToolsProtocol):
    """Closes a connection whose request does not begin in time, and answers 414 and 431 to what is too long.

    The parser keeps a header until it is complete, so what has come is counted here as well as what it hands on.
    """

    receipt_s = 10.0
    status = HTTPStatus.BAD_REQUEST
    in_head = True
    received = 0
    chunk = 0
    head_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """A client has connected, and is to say soon what it wants."""
        super().connection_made(transport)
        self.expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is over."""
        self.forget_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Something has come."""
        self.chunk = len(data)
        self.received += self.chunk
        super().data_received(data)
        if self.in_head and self.received > MOST_URL + MOST_HEADERS and not self.transport.is_closing():
            self.status = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
            self.send_400_response("")

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self.head, self.received = 0, self.chunk
        self.in_head = True
        if self.head_timer is None:
            self.expect_head()

    def on_url(self, url: bytes) -> None:
        """Part of the address."""
        super().on_url(url)
        if len(self.url) > MOST_URL:
            self.status = HTTPStatus.REQUEST_URI_TOO_LONG
            raise TooLong

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header."""
        super().on_header(name, value)
        self.head += len(name) + len(value)
        if self.head > MOST_HEADERS:
            self.status = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
            raise TooLong

    def on_headers_complete(self) -> None:
        """The head is complete: what follows has limits of its own."""
        self.in_head = False
        self.forget_timer()
        super().on_headers_complete()

    def send_400_response(self, msg: str) -> None:
        """Refuse what cannot be read, by the status that says why, and close."""
        if self.status is HTTPStatus.BAD_REQUEST:
            super().send_400_response(msg)
            return
        self.transport.write(STATUS_LINE[self.status] + NOTHING_MORE)
        self.transport.close()

    def expect_head(self) -> None:
        """Wait so long for a head."""
        self.head_timer = self.loop.call_later(self.receipt_s, self.give_up)

    def give_up(self) -> None:
        """The head did not come in time."""
        if not self.transport.is_closing():
            self.transport.close()

    def forget_timer(self) -> None:
        """Wait no longer."""
        if self.head_timer is not None:
            self.head_timer.cancel()
            self.head_timer = None


class Socket(WebSocketsSansIOProtocol):
    """A WebSocket that can also be closed while its peer does not read."""

    def __init__(self, *arguments: Any, **options: Any) -> None:  # noqa: ANN401  # uvicorn's own
        super().__init__(*arguments, **options)
        self.logger = self.conn.logger = QUIET
        self.close_timeout = CLOSE_WITHIN_S

    def data_received(self, data: bytes) -> None:
        """Something has come; a handshake that cannot be read is refused, where uvicorn would say nothing for ever."""
        try:
            super().data_received(data)
        except InvalidState:
            # A text that is no UTF-8, with the client's own end behind it, to which the answer is ready.
            self.transport.write(b"".join(self.conn.data_to_send()))
            self.transport.close()
        problem = self.conn.handshake_exc
        if problem is None or self.handshake_initiated or self.transport.is_closing():
            return
        too_large = isinstance(problem, SecurityError)
        status = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE if too_large else HTTPStatus.BAD_REQUEST
        self.transport.write(STATUS_LINE[status] + NOTHING_MORE)
        self.transport.close()

    async def send(self, message: Any) -> None:  # noqa: ANN401  # uvicorn's own
        """Send; a close goes behind all that waits to be read, and whoever does not read it is cut.

        What comes after the end of the connection, as where the client broke the protocol meanwhile, finds no client.
        """
        if self.handshake_complete and self.close_sent:
            raise ClientDisconnected
        if message["type"] == "websocket.close":
            self.writable.set()
            self.loop.call_later(CLOSE_WITHIN_S, self.cut)
        await super().send(message)

    def cut(self) -> None:
        """End the connection, whatever was not read."""
        if not self.disconnected:
            self.transport.abort()

    def shutdown(self) -> None:
        """The process stops: the application closes what it has accepted, when what runs on it is done."""
        if not self.handshake_complete or self.close_sent:
            super().shutdown()


class Server(uvicorn.Server):
    """A server that tells the application when it begins to stop, so that streams end."""

    def __init__(self, config: uvicorn.Config, app: Starlette) -> None:
        super().__init__(config)
        self.app = app

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop: no new connections, then the end of those that are there."""
        self.app.state.parts.streams.stop()
        await super().shutdown(sockets=sockets)


def make_server(app: Starlette, settings: Settings) -> Server:
    """The server of an app, listening where the settings say."""
    bounded = type("Bounded", (BoundedHttp,), {"receipt_s": settings.receipt_s})
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        http=bounded,
        ws=Socket,
        ws_max_size=Limits().message_bytes,
        # What was compressed would be larger than the limit before anyone sees it.
        ws_per_message_deflate=False,
        ws_ping_interval=20,
        ws_ping_timeout=20,
        access_log=False,
        log_config=None,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=SHUTDOWN_S,
    )
    return Server(config, app)
