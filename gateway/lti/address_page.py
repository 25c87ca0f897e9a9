"""What an administrator pastes into an LMS: a page for people, and a file for Canvas."""

from collections.abc import Sequence
from html import escape
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse

from gateway.lti.addresses import addresses_of
from gateway.lti.registration_pages import answer, both
from gateway.lti.systems import FIELDS, SYSTEMS, System
from resolvers.lti.tool_configuration import DEEP_LINKING, DESCRIPTION, NAME, SCOPES, privacy
from resolvers.tool import Addresses

STYLE = "lti/static/page.css"
CANVAS_PLACEMENTS = ("assignment_selection", "link_selection")


async def addresses(request: Request) -> HTMLResponse:
    """The page: for each LMS its fields by the names that it has for them. It holds nothing of anybody's."""
    tool = addresses_of(request)
    register = f'<p><a href="{escape(tool.platforms_url)}">Register a platform / プラットフォームを登録</a></p>'
    body = "<h1>LTI 1.3</h1>" + both(
        "Tell your LMS these addresses of the tool, then register here what the LMS tells you.",
        "ツールの以下のアドレスを LMS に登録し、LMS に表示された値をこちらに登録してください。",
    )
    return answer(body + register + "".join(section(one, tool) for one in SYSTEMS), HTTPStatus.OK, style=STYLE)


def section(system: System, tool: Addresses) -> str:
    """One LMS."""
    pasted = [(field, str(getattr(tool, which))) for field, which in system.paste]
    return (
        f"<section><h2>{escape(system.name)}</h2>{both(system.english, system.japanese)}"
        f"{table('Paste there', 'LMS に貼り付ける', [*pasted, *system.choose])}"
        f"{table('Copy from there', 'LMS からコピーする', system.copy)}</section>"
    )


def table(english: str, japanese: str, rows: Sequence[tuple[str, str]]) -> str:
    """Fields and what belongs into them."""
    lines = "".join(
        f'<tr><th scope="row">{escape(name)}</th><td>{called(value)}<code>{escape(value)}</code></td></tr>'
        for name, value in rows
    )
    caption = f'<caption><span lang="en">{english}</span> / <span lang="ja">{japanese}</span></caption>'
    return f"<table>{caption}<tbody>{lines}</tbody></table>"


def called(value: str) -> str:
    """How a field of ours is called on the page of platforms, before its name in the API."""
    return f"{escape(FIELDS[value])} " if value in FIELDS else ""


async def canvas(request: Request) -> JSONResponse:
    """The configuration of a developer key, as Canvas fetches it; `matching` as of the platform to be registered.

    Canvas keeps from a tool who people are unless it asks: names are asked for, and all else where it is matched.
    """
    tool = addresses_of(request)
    level = privacy(request.query_params.get("matching", "nothing"), creates_accounts=True)
    settings = {"text": NAME, "placements": [placement(tool, name) for name in CANVAS_PLACEMENTS]}
    extension = {"platform": "canvas.instructure.com", "domain": tool.domain, "privacy_level": level}
    return JSONResponse(
        {
            "title": NAME,
            "description": DESCRIPTION,
            "oidc_initiation_url": tool.login_url,
            "target_link_uri": tool.launch_url,
            "redirect_uris": [tool.launch_url],
            "public_jwk_url": tool.jwks_url,
            "scopes": list(SCOPES),
            "custom_fields": {},
            "extensions": [{**extension, "settings": settings}],
        },
        headers={"Cache-Control": "no-cache"},
    )


def placement(tool: Addresses, name: str) -> dict[str, object]:
    """A place in Canvas from which courses and lessons are chosen."""
    where = {"placement": name, "message_type": DEEP_LINKING, "target_link_uri": tool.launch_url}
    return {**where, "text": NAME, "enabled": True}
