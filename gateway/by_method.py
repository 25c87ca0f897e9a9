"""What answers at one address, by method."""

from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import TypeAlias

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from db.errors import UNAVAILABLE, DatabaseUnavailable
from gateway.errors import RETRY_S
from resolvers.sealing import WrongSeal

AGAIN = {"Retry-After": str(RETRY_S)}

Handler: TypeAlias = Callable[[Request], Awaitable[Response]]


class By:
    """What answers at one address, by method; HEAD comes with GET, and 405 is for the others.

    503 where the database does not answer, or where a secret of ours cannot be opened.
    """

    def __init__(self, **handlers: Handler) -> None:
        self.handlers: Mapping[str, Handler] = handlers
        self.allowed = list(dict.fromkeys([*handlers, *(["HEAD"] if "GET" in handlers else [])]))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive, send)
        instead = "GET" if request.method == "HEAD" else None
        handler = self.handlers.get(request.method) or self.handlers.get(instead or "")
        if handler is None:
            allow = {"Allow": ", ".join(self.allowed)}
            raise HTTPException(HTTPStatus.METHOD_NOT_ALLOWED, "Method Not Allowed", headers=allow)
        try:
            response = await handler(request)
        except DatabaseUnavailable:
            raise HTTPException(HTTPStatus.SERVICE_UNAVAILABLE, UNAVAILABLE, headers=AGAIN) from None
        except WrongSeal as problem:
            raise HTTPException(HTTPStatus.SERVICE_UNAVAILABLE, str(problem)) from None
        await response(scope, receive, send)
