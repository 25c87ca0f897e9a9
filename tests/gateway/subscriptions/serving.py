"""The app on a real server and a port of its own, and clients of graphql-transport-ws that speak to it."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx2
from websockets import Subprotocol
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from gateway.app import make_app
from gateway.server import make_server
from gateway.settings import Settings
from gateway.subscriptions.limits import Limits
from tests.conftest import Running

SUBPROTOCOL = "graphql-transport-ws"
# Whatever is awaited here comes at once or not at all; the time is only for a machine that is busy.
WITHIN_S = 20


@dataclass(frozen=True, slots=True)
class Served(Running):
    """A started app behind a real server."""

    port: int

    @property
    def address(self) -> str:
        """Where WebSockets connect."""
        return f"ws://127.0.0.1:{self.port}/graphql"

    async def post(self, query: str, headers: Mapping[str, str], **variables: object) -> Any:  # noqa: ANN401  # JSON has no types
        """Ask the graph over HTTP; the answer must have data."""
        body = {"query": query, "variables": variables}
        answer = (await self.client.post("/graphql", json=body, headers=dict(headers))).json()
        assert "errors" not in answer, answer
        return answer["data"]


async def until(condition: Callable[[], bool]) -> None:
    """Wait until something is so in the server, which tells nobody of it."""
    async with asyncio.timeout(WITHIN_S):
        while not condition():  # there is no event to wait for
            await asyncio.sleep(0.01)


@asynccontextmanager
async def served(settings: Settings, limits: Limits | None = None) -> AsyncIterator[Served]:
    """Start the app on a real server, and stop it as a signal would."""
    app = make_app(settings, limits)
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    one = make_server(app, settings)
    serving = asyncio.create_task(one.serve(sockets=[listener]))
    while not one.started:
        assert not serving.done()
        await asyncio.sleep(0.005)
    try:
        async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=WITHIN_S) as client:
            yield Served(app, settings, client, port)
    finally:
        one.should_exit = True
        await serving


@dataclass(slots=True)
class Client:
    """A client over one WebSocket."""

    socket: ClientConnection
    held: list[dict[str, Any]] = field(default_factory=list)

    async def send(self, **message: object) -> None:
        """Send a message."""
        await self.socket.send(json.dumps(message))

    async def receive(self) -> dict[str, Any]:
        """The next message."""
        async with asyncio.timeout(WITHIN_S):
            return json.loads(await self.socket.recv())  # type: ignore[no-any-return]  # JSON has no types

    async def init(self, payload: object = None) -> None:
        """Say who one is, and be let in."""
        await self.send(type="connection_init", payload=payload)
        assert await self.receive() == {"type": "connection_ack"}

    async def subscribe(self, query: str, id_: str = "1", **variables: object) -> None:
        """Ask for an operation; a subscription stands when this returns."""
        await self.send(id=id_, type="subscribe", payload={"query": query, "variables": variables})
        await self.passed()

    async def passed(self) -> None:
        """Wait until all that was sent has been taken; what comes meanwhile is kept."""
        await self.send(type="ping")
        while (message := await self.receive()) != {"type": "pong"}:
            self.held.append(message)

    async def take(self) -> dict[str, Any]:
        """The next message, also one that was kept."""
        return self.held.pop(0) if self.held else await self.receive()

    async def data(self, id_: str = "1") -> Any:  # noqa: ANN401  # JSON has no types
        """The data of the next message, which must be a result without errors."""
        message = await self.take()
        assert (message["id"], message["type"]) == (id_, "next"), message
        # A query tells what it cost; what is followed is paid once.
        assert list(message["payload"]) in (["data"], ["data", "extensions"]), message
        return message["payload"]["data"]

    async def errors(self, id_: str = "1") -> list[tuple[str, str | None]]:
        """Code and reason of each error of the next message, which must refuse the operation."""
        message = await self.take()
        assert (message["id"], message["type"]) == (id_, "error"), message
        return [(error["extensions"]["code"], error["extensions"].get("reason")) for error in message["payload"]]

    async def silent(self) -> None:
        """Nothing has come, and nothing comes of what was sent."""
        await self.passed()
        assert self.held == []

    async def closed(self) -> tuple[int, str]:
        """The code and the reason with which the server closes the connection; what it sends before is kept."""
        try:
            while True:
                self.held.append(await self.receive())
        except ConnectionClosed:
            return self.socket.close_code or 0, self.socket.close_reason or ""


@asynccontextmanager
async def client_of(
    served: Served,
    *,
    subprotocols: tuple[str, ...] = (SUBPROTOCOL,),
    query: str = "",
    **more: Any,  # noqa: ANN401  # what the library takes
) -> AsyncIterator[Client]:
    """A client that is connected and has said nothing yet."""
    named = [Subprotocol(name) for name in subprotocols]
    address = f"{served.address}{query}"
    async with connect(address, subprotocols=named or None, proxy=None, compression=None, **more) as websocket:
        yield Client(websocket)


@asynccontextmanager
async def client_as(served: Served, uid: str) -> AsyncIterator[Client]:
    """A client that was let in as a person, with a signed token."""
    async with client_of(served) as client:
        await client.init(await served.headers(uid))
        yield client
