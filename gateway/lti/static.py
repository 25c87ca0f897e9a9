"""The files of the tool's pages: scripts, styles and pages that say the same to everybody."""

from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response

FOLDER = Path(__file__).parent.parent / "static" / "lti"
# Named here because the types that an operating system knows differ from machine to machine.
MEDIA_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml", ".graphql": "text/plain"}
HEADERS = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-cache", "Referrer-Policy": "no-referrer"}


def files_in(folder: Path) -> Mapping[str, Path]:
    """The files of a folder that are of a type for browsers, by name."""
    return {path.name: path for path in folder.iterdir() if path.is_file() and path.suffix in MEDIA_TYPES}


def static_files(folder: Path = FOLDER) -> Callable[[Request], Awaitable[Response]]:
    """Serves what is in the folder now, so that no path in a request can name anything else."""
    files = files_in(folder)

    async def file(request: Request) -> Response:
        path = files.get(request.path_params["file"])
        if path is None:
            raise HTTPException(HTTPStatus.NOT_FOUND, "There is no such file.", headers=HEADERS)
        return FileResponse(path, media_type=MEDIA_TYPES[path.suffix], headers=HEADERS)

    return file
