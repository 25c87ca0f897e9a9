"""The addresses of the tool, as a list."""

from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import TypeAlias

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from gateway.lti.static import static_files
from gateway.settings import Settings

Handler: TypeAlias = Callable[[Request], Awaitable[Response]]


class By:
    """What answers at one address, by method; HEAD comes with GET, and 405 is for the others."""

    def __init__(self, **handlers: Handler) -> None:
        self.handlers: Mapping[str, Handler] = handlers
        self.allowed = [*handlers, *(["HEAD"] if "GET" in handlers else [])]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive, send)
        handler = self.handlers.get("GET" if request.method == "HEAD" else request.method)
        if handler is None:
            allow = {"Allow": ", ".join(self.allowed)}
            raise HTTPException(HTTPStatus.METHOD_NOT_ALLOWED, "Method Not Allowed", headers=allow)
        response = await handler(request)
        await response(scope, receive, send)


def lti_routes(settings: Settings) -> list[BaseRoute]:
    """Every address of the tool; what is none of them is for the REST doors under the same prefix."""
    base = f"{settings.talktiko_prefix}/lti"
    return [
        Route(f"{base}/static/{{file}}", By(GET=static_files())),
    ]
