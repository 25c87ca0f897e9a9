"""The addresses of the tool, as a list."""

from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import TypeAlias

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from db.errors import UNAVAILABLE, DatabaseUnavailable
from gateway.errors import RETRY_S
from gateway.lti.address_page import addresses, canvas
from gateway.lti.callback import callback
from gateway.lti.keys import key_set
from gateway.lti.login import login
from gateway.lti.platforms_page import platforms
from gateway.lti.registration import not_by_head, register
from gateway.lti.screens import course_screen, picker_screen
from gateway.lti.session import session
from gateway.lti.static import static_files
from gateway.settings import Settings
from resolvers.sealing import WrongSeal

AGAIN = {"Retry-After": str(RETRY_S)}

Handler: TypeAlias = Callable[[Request], Awaitable[Response]]


class By:
    """What answers at one address, by method; HEAD comes with GET, and 405 is for the others.

    503 where the database does not answer, or where a key of the tool cannot be opened.
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


def lti_routes(settings: Settings) -> list[BaseRoute]:
    """Every address of the tool; what is none of them is for the REST doors under the same prefix."""
    base = f"{settings.talktiko_prefix}/lti"
    return [
        Route(base, By(GET=addresses)),
        Route(f"{base}/canvas.json", By(GET=canvas)),
        Route(f"{base}/platforms", By(GET=platforms)),
        Route(f"{base}/jwks", By(GET=key_set)),
        Route(f"{base}/register/{{token}}", By(GET=register, HEAD=not_by_head)),
        Route(f"{base}/login", By(GET=login, POST=login)),
        Route(f"{base}/callback", By(POST=callback)),
        Route(f"{base}/session", By(POST=session)),
        Route(f"{base}/static/{{file}}", By(GET=static_files())),
        Route(f"{base}/course", By(GET=course_screen(base))),
        Route(f"{base}/picker", By(GET=picker_screen(base))),
    ]
