"""Where this server is for others: at its public address, or on a developer's machine where it is asked at."""

from http import HTTPStatus

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import Scope

from gateway.parts import Parts
from gateway.settings import Settings

# Over a WebSocket the same server is asked.
SCHEMES = {"ws": "http", "wss": "https"}


class NoHome(HTTPException):
    """The server has no public address, so that nobody could come back to it: 503."""

    def __init__(self) -> None:
        message = "This needs a public address of the server: its operator sets KAKEHASHI_PUBLIC_URL."
        super().__init__(HTTPStatus.SERVICE_UNAVAILABLE, message)


def home_in(settings: Settings, scope: Scope) -> str | None:
    """The address of the server, without a slash at its end; None in production where nobody named it.

    On a developer's machine it is the one that is asked at; in production whoever sends a Host would choose it.
    """
    if settings.public_url is not None:
        return settings.public_url.rstrip("/")
    if not settings.development:
        return None
    # Whoever leaves the scheme out means http (ASGI).
    told = scope.get("scheme", "http")
    scheme = SCHEMES.get(told, told)
    host = Headers(scope=scope).get("host") or ":".join(map(str, scope.get("server") or ("",)))
    return f"{scheme}://{host}{scope.get('root_path', '')}"


def home_of(request: Request) -> str:
    """The address of the server, without a slash at its end; raises NoHome where it has none."""
    parts: Parts = request.app.state.parts
    home = home_in(parts.settings, request.scope)
    if home is None:
        raise NoHome
    return home
