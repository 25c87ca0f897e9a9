"""The address of an invitation, which an LMS opens in its administrator's browser to register itself."""

from datetime import UTC, datetime
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from gateway.errors import STATUS, headers_of
from gateway.lti.addresses import addresses_in
from gateway.lti.registration_pages import NO_HOME, NOT_OPENED, Told, done, failed, refused
from gateway.parts import Parts
from resolvers.errors import Maintenance, RateLimited
from resolvers.lti.platform_configuration import Unfit
from resolvers.lti.registration import Asked, Registering
from resolvers.operations import refuse_in_maintenance

LATER_EN, LATER_JA = "Not now: try again later.", "現在は登録できません。しばらくしてからお試しください。"


async def register(request: Request) -> Response:
    """Register the LMS that opened this address; every failure is a page, and keeps nothing.

    Whoever asks too often is told so, since each time others are asked.
    """
    parts, asked = parts_of(request), asked_in(request)
    tool = addresses_in(parts.settings, request.scope)
    if tool is None or asked is None:
        return refused(NO_HOME if tool is None else NOT_OPENED)
    asking = parts.entrance.anonymous(request.scope)
    try:
        await parts.quota.charge(asking, request.scope)
        await refuse_in_maintenance(asking)
        registering = Registering(parts.database, parts.entrance.admission, parts.entrance.outside, tool)
        return done(await registering.register(asked, datetime.now(UTC)))
    except Unfit as problem:
        return failed(problem)
    except (RateLimited, Maintenance) as problem:
        return later(problem)


async def not_by_head(_request: Request) -> Response:
    """Who looks only whether an address is there registers nothing by it."""
    return Response(status_code=HTTPStatus.NO_CONTENT)


def later(problem: RateLimited | Maintenance) -> HTMLResponse:
    """The page of a moment in which nothing can be registered."""
    page = refused(Told(STATUS[type(problem)], LATER_EN, LATER_JA), problem.message)
    page.headers.update(headers_of(problem))
    return page


def asked_in(request: Request) -> Asked | None:
    """What the LMS opened the address with; None where a person did."""
    query = request.query_params
    url = query.get("openid_configuration")
    if not url:
        return None
    return Asked(request.path_params["token"], url, query.get("registration_token") or None)


def parts_of(request: Request) -> Parts:
    """The parts of the process."""
    parts: Parts = request.app.state.parts
    return parts
