"""How browsers are answered: within the deadline, by pages that nobody frames, and with a line in the log on refusals.

A sign-in that is refused is counted, so that guessing comes to an end. Whoever is let in has paid at the start.
"""

import structlog
from starlette.requests import Request
from starlette.responses import Response

from gateway.answering import Voice, Work
from gateway.answering import answered as answered_in
from gateway.parts import Parts
from resolvers.errors import Refusal
from resolvers.sso.reasons import BY_CODE

NO_STORE = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
UNFRAMED = "frame-ancestors 'none'"
VOICE = Voice(
    BY_CODE,
    keys=(
        "The keys of your identity provider cannot be fetched at the moment.",
        "IDプロバイダーの公開鍵を取得できません。",
    ),
    again=("Sign in again in a while.", "しばらくしてから、もう一度サインインしてください。"),
    policy=UNFRAMED,
)
log = structlog.get_logger()


async def answered(request: Request, work: Work, *, counted: bool = False) -> Response:
    """The answer to a request, or the page that refuses it; a refusal is `counted` where nothing was charged before."""

    async def working(request: Request) -> Response:
        try:
            return await work(request)
        except Refusal as refusal:
            # The reason, and of what: nothing that names a person.
            log.warning("sso_refused", reason=refusal.reason, about=refusal.field)
            if counted:
                await charge(request)
            raise

    return await answered_in(request, working, VOICE)


async def charge(request: Request) -> None:
    """Count what somebody asked who has no token; raises RateLimited."""
    parts: Parts = request.app.state.parts
    await parts.quota.charge(parts.entrance.anonymous(request.scope), request.scope)
