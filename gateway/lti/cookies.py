"""The cookie by which a browser shows that it is the one that began a login."""

from urllib.parse import urlsplit

from starlette.responses import Response

from gateway import cookies
from resolvers.lti.logins import LASTS_S
from resolvers.tool import Addresses


def keep(response: Response, tool: Addresses, key: str, secret: str) -> None:
    """Have the browser keep the secret of a login for as long as the login lasts, also inside a frame (CHIPS)."""
    add(response, tool, f"{key}={secret}", LASTS_S)


def forget(response: Response, tool: Addresses, key: str) -> None:
    """Have the browser forget it: its login is used."""
    add(response, tool, f"{key}=", 0)


def add(response: Response, tool: Addresses, pair: str, lasts_s: int) -> None:
    """A cookie for the tool's own addresses, which other sites' forms bring along."""
    cookies.add(response, pair, path=urlsplit(tool.base).path, lasts_s=lasts_s, site="None; Partitioned")
