"""Stripe's own events, which it posts and signs: the one address of the API that none of its documents has."""

import logging
from datetime import UTC, datetime
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from db.errors import DatabaseUnavailable
from gateway.deadline import Deadline
from gateway.doors.problems import Problem, problem_of
from gateway.doors.refusing import accept_of
from gateway.json_body import WrongBody, limited
from gateway.parts import Parts
from gateway.talktiko.refusals import refused
from resolvers.billing.heard import hear
from resolvers.billing.told import Declined, WrongEvent
from resolvers.errors import Refusal
from resolvers.operations import refuse_in_maintenance

SIGNATURE = "stripe-signature"
UNSIGNED = "Stripe did not sign this in the last five minutes."
DECLINED = "Stripe says nothing of this customer."
RETRY_S = 60

log = logging.getLogger(__name__)


class StripeEvents:
    """Takes events. What is not 200 Stripe sends again, for days: so nothing is lost while this server is away."""

    allowed = ("POST",)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive, send)
        response = await answered(request) if request.method in self.allowed else not_allowed(request)
        await response(scope, receive, send)


def stripe_routes(prefix: str) -> list[BaseRoute]:
    """Where events come in."""
    return [Route(f"{prefix}/billing/webhook", StripeEvents())]


async def answered(request: Request) -> Response:
    """The answer to an event: 200 for what was carried out, now or before, and for what changes nothing here."""
    parts: Parts = request.app.state.parts
    try:
        await Deadline(parts.settings.deadline_s).within(taken(request, parts))
    except (Refusal, WrongBody, DatabaseUnavailable) as error:
        return refused(problem_of(error), accept_of(request))
    except Declined as declined:
        log.warning("An event could not be carried out: %s.", declined.code)
        headers = {"Retry-After": str(RETRY_S)}
        problem = Problem(HTTPStatus.SERVICE_UNAVAILABLE, DECLINED, "stripe_declined", headers=headers)
        return refused(problem, accept_of(request))
    return JSONResponse({"received": True})


async def taken(request: Request, parts: Parts) -> None:
    """Carry out an event. Whoever sends what is not signed is counted as somebody without a token is."""
    asking = parts.entrance.anonymous(request.scope)
    body = await limited(request)
    await refuse_in_maintenance(asking)
    try:
        await hear(parts.database, parts.entrance.outside, body, request.headers.get(SIGNATURE), datetime.now(UTC))
    except WrongEvent:
        await parts.quota.charge(asking, request.scope)
        raise WrongBody(HTTPStatus.BAD_REQUEST, UNSIGNED) from None


def not_allowed(request: Request) -> Response:
    """The path is right and the method is not."""
    problem = Problem(HTTPStatus.METHOD_NOT_ALLOWED, "Method Not Allowed", headers={"Allow": "POST"})
    return refused(problem, accept_of(request))
