"""The two pages that people stay on: the course that was launched, and the picker in which links are chosen."""

from collections.abc import Awaitable, Callable
from hashlib import sha256

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from gateway.lti.static import FOLDER
from gateway.pages import security

# Where the graph is, seen from a page: it stands beside the REST doors, of which the prefix is the operator's.
GRAPH = "{{graphql}}"


def course_screen(base: str) -> Callable[[Request], Awaitable[Response]]:
    """The page of a course; `base` is the path of the tool, `{prefix}/lti`, right below which the page stands."""
    return screen("course.html", base)


def picker_screen(base: str) -> Callable[[Request], Awaitable[Response]]:
    """The picker.

    Its answer is a form that goes to an address of the platform's, which a page that is the same for everybody cannot
    know. Nothing but our own script writes into this page, and it makes no HTML of what it is told: so no form but ours
    can be in it.
    """
    return screen("picker.html", base, forms="*")


def screen(name: str, base: str, forms: str = "'none'") -> Callable[[Request], Awaitable[Response]]:
    """Serves one page, the same to everybody: what it shows it asks for. Its forms may go to `forms`."""
    graph = f"{'../' * base.count('/')}graphql"
    text = (FOLDER / name).read_text("utf-8").replace(GRAPH, graph)
    headers = security("'self'", forms=forms, more="connect-src 'self'; img-src data:")

    async def page(_request: Request) -> Response:
        return HTMLResponse(text, headers=headers)

    return page


def own_documents() -> dict[str, str]:
    """The documents that the pages run, by the hash of their text: they are ours, so they need no registration."""
    texts = [path.read_text("utf-8") for path in sorted(FOLDER.glob("*.graphql"))]
    return {sha256(text.encode()).hexdigest(): text for text in texts}
