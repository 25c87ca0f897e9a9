"""Cookies by which a browser shows that it is the one that began something."""

from starlette.responses import Response


def add(response: Response, pair: str, *, path: str, lasts_s: int, site: str) -> None:
    """A cookie for addresses below a path, which no script reads; `site` says which other sites' requests bring it.

    It is written out, because Python 3.11 knows no Partitioned.
    """
    cookie = f"{pair}; Max-Age={lasts_s}; Path={path}; Secure; HttpOnly; SameSite={site}"
    response.headers.append("Set-Cookie", cookie)
