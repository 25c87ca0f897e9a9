"""Whether the process lives (/healthz) and whether it can serve (/readyz)."""

import asyncio
from http import HTTPStatus

from redis.exceptions import RedisError
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from db.errors import DatabaseUnavailable
from db.wall import faults
from gateway.parts import Parts

WAIT_S = 2.0


def health_routes() -> list[Route]:
    """The two addresses that operators watch."""
    return [Route("/healthz", alive, name="healthz"), Route("/readyz", ready, name="readyz")]


async def alive(_request: Request) -> JSONResponse:
    """The process answers."""
    return JSONResponse({"status": "ok"})


async def ready(request: Request) -> JSONResponse:
    """200 while the database answers; without Redis the process is degraded and still serves."""
    parts: Parts = request.app.state.parts
    database, cache = await asyncio.gather(database_state(parts), redis_state(parts))
    serves = database == "ok"
    state = {"status": "ok" if serves else "down", "database": database, "redis": cache}
    return JSONResponse(state, HTTPStatus.OK if serves else HTTPStatus.SERVICE_UNAVAILABLE)


async def database_state(parts: Parts) -> str:
    """Whether the database answers, and its row-level security holds; where that was taken away nothing is served."""
    try:
        await asyncio.wait_for(parts.database.read("select 1", ()), WAIT_S)
        found = await asyncio.wait_for(faults(parts.database), WAIT_S)
    except (DatabaseUnavailable, TimeoutError):
        return "down"
    return "unwalled" if found else "ok"


async def redis_state(parts: Parts) -> str:
    """Whether Redis answers; `absent` where none is configured."""
    if parts.redis is None:
        return "absent"
    try:
        await asyncio.wait_for(parts.redis.ping(), WAIT_S)
    except (RedisError, OSError, TimeoutError):
        return "degraded"
    return "ok"
