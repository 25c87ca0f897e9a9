"""The address /graphql for WebSockets: who may connect from where, and in which protocol."""

import time
from urllib.parse import urlsplit

import structlog
from starlette.datastructures import Headers
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket

from gateway.entrance import request_id
from gateway.parts import Parts
from gateway.websocket.connection import Connection
from gateway.websocket.protocol import LEGACY, NOT_ACCEPTABLE, SUBPROTOCOL

DEFAULT_PORTS = {"https": 443, "http": 80}

logger = structlog.get_logger()


def websocket_routes() -> list[WebSocketRoute]:
    """The one address of the graph, for WebSockets."""
    return [WebSocketRoute("/graphql", endpoint, name="graphql-websocket")]


async def endpoint(websocket: WebSocket) -> None:
    """Serve one WebSocket, and write one line about it."""
    started, parts = time.perf_counter(), websocket.app.state.parts
    code = await served(websocket, parts)
    seconds = round(time.perf_counter() - started, 1)
    logger.info("websocket", id=request_id(websocket.scope), route="/graphql", code=code, s=seconds)


async def served(websocket: WebSocket, parts: Parts) -> int:
    """Serve one WebSocket; gives the code with which we closed it, 403 where it was refused, 0 if the client left."""
    if not is_welcome(websocket.headers, parts.settings.allowed_origins):
        # Before the handshake is answered, closing means 403.
        await websocket.close()
        return 403
    offered: list[str] = websocket.scope["subprotocols"]
    if SUBPROTOCOL not in offered:
        await websocket.accept(LEGACY if LEGACY in offered else None)
        await websocket.close(NOT_ACCEPTABLE, "Subprotocol not acceptable")
        return NOT_ACCEPTABLE
    await websocket.accept(SUBPROTOCOL)
    closing = await Connection(websocket, parts).serve()
    return 0 if closing is None else closing.code


def is_welcome(headers: Headers, allowed: tuple[str, ...]) -> bool:
    """Whether a page of this origin may connect. Programs send none; browsers always do, and name the page's own."""
    origins = headers.getlist("origin")
    if not origins:
        return True
    return len(origins) == 1 and (origins[0] in allowed or place_of(origins[0]) == host_of(origins[0], headers))


def place_of(origin: str) -> tuple[str | None, int | None] | None:
    """Host and port of an origin; None for what is none, such as `null`."""
    try:
        found = urlsplit(origin)
        port = found.port
    except ValueError:
        return None
    if found.scheme not in DEFAULT_PORTS or not found.hostname:
        return None
    return found.hostname, port or DEFAULT_PORTS[found.scheme]


def host_of(origin: str, headers: Headers) -> tuple[str | None, int | None]:
    """Host and port that were asked for, the port being that of the origin's scheme unless told."""
    return place_of(f"{origin.partition('://')[0]}://{headers.get('host', '')}") or (None, None)
