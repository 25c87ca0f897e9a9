"""The cookie by which a browser shows that it is the one that began a login."""

from urllib.parse import urlsplit

from starlette.responses import Response

from resolvers.lti.logins import LASTS_S
from resolvers.tool import Addresses


def keep(response: Response, tool: Addresses, key: str, secret: str) -> None:
    """Have the browser keep the secret of a login for as long as the login lasts, also inside a frame (CHIPS)."""
    add(response, tool, f"{key}={secret}", LASTS_S)


def forget(response: Response, tool: Addresses, key: str) -> None:
    """Have the browser forget it: its login is used."""
    add(response, tool, f"{key}=", 0)


def add(response: Response, tool: Addresses, pair: str, lasts_s: int) -> None:
    """A cookie for the tool's own addresses, which no script reads, and which other sites' forms bring along."""
    # Written out, because Python 3.11 knows no Partitioned.
    path = urlsplit(tool.base).path
    cookie = f"{pair}; Max-Age={lasts_s}; Path={path}; Secure; HttpOnly; SameSite=None; Partitioned"
    response.headers.append("Set-Cookie", cookie)
