"""Serves GraphiQL, the page in which people explore the graph, from files that `make graphiql` built."""

from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse
from starlette.routing import BaseRoute, Route

FOLDER = Path(__file__).parent / "static" / "graphiql"

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; worker-src 'self'; "
    "img-src 'self' data:; font-src 'self' data:; connect-src 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)

SECURITY_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}

# Named here because the types that an operating system knows differ from machine to machine.
MEDIA_TYPES = {
    ".css": "text/css",
    ".html": "text/html",
    ".js": "text/javascript",
    ".json": "application/json",
    ".md": "text/plain",
    ".svg": "image/svg+xml",
    ".ttf": "font/ttf",
}


def graphiql_routes(folder: Path = FOLDER) -> list[BaseRoute]:
    """The routes of the page: `/` and `/graphiql` lead to `/graphiql/`, below which its files lie.

    Only the files found now are served, so no path in a request can name another one.
    Raises FileNotFoundError where the page was never built.
    """
    files = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    if "index.html" not in files:
        raise FileNotFoundError(f"GraphiQL is not in {folder}. Build it with `make graphiql`.")

    async def file(request: Request) -> FileResponse:
        return _answer(files, request.path_params["path"] or "index.html")

    return [
        Route("/", _to_page, name="home"),
        Route("/graphiql", _to_page),
        Route("/graphiql/{path:path}", file, name="graphiql"),
    ]


async def _to_page(_request: Request) -> RedirectResponse:
    # Relative, so that it stays right behind a proxy that adds a prefix. Browsers carry the #token= over.
    return RedirectResponse("graphiql/", headers=SECURITY_HEADERS)


def _answer(files: dict[str, Path], name: str) -> FileResponse:
    if name not in files:
        detail = "GraphiQL has no such file. Its page is /graphiql/."
        raise HTTPException(404, detail, headers=SECURITY_HEADERS)
    path = files[name]
    # Vite puts a hash of the content into the names below assets/, so those never change.
    lifetime = "public, max-age=31536000, immutable" if name.startswith("assets/") else "no-cache"
    return FileResponse(
        path, media_type=MEDIA_TYPES[path.suffix], headers=SECURITY_HEADERS | {"Cache-Control": lifetime}
    )
