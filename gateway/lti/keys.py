"""The tool's public keys, as platforms fetch them."""

from starlette.requests import Request
from starlette.responses import JSONResponse

from gateway.parts import Parts
from resolvers.lti.keys import published

# A new key is published for a day before it signs, so that nobody who keeps the set for an hour is surprised by it.
KEPT = {"Cache-Control": "public, max-age=3600"}


async def key_set(request: Request) -> JSONResponse:
    """The key set (RFC 7517, 5): for everyone, and the same for everyone."""
    parts: Parts = request.app.state.parts
    keys = await published(parts.database, parts.entrance.outside.sealer)
    return JSONResponse({"keys": keys}, headers=KEPT)
