"""The page in which an owner registers platforms. It is the same for everybody: who asks is told to the REST API."""

from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse

FILE = Path(__file__).parent.parent / "static" / "lti" / "platforms.html"
HEADERS = {
    # A token is pasted into it: nothing of another origin runs here, and nobody frames it.
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}


async def platforms(_request: Request) -> FileResponse:
    """The page."""
    return FileResponse(FILE, media_type="text/html", headers=HEADERS)
