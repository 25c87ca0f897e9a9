"""How much each caller may ask for: API tokens by their plan, people without a token by address, over every door."""

import time
from ipaddress import IPv4Address, ip_address, ip_network

from starlette.responses import Response
from starlette.types import Scope

from gateway.limits.gcra import Decision, Rate
from gateway.limits.headers import headers_for
from gateway.limits.limiter import Limiter, LimitsUnavailable
from resolvers.context import Request
from resolvers.errors import RateLimited, SignInClosed
from resolvers.plans import PER_MINUTE, Plan

MINUTE_S = 60.0
DECISION = "kakehashi.decision"
# Attempts to sign in: of one account from one address, and of one account from anywhere until one succeeds.
FROM_ONE_ADDRESS, OF_ONE_ACCOUNT = Rate(5, MINUTE_S), Rate(5, 15 * MINUTE_S)


class Quota:
    """Counts what callers ask for.

    Auth0's tokens are counted only where the operator sets a number (`per_person`): the Diverse API documents no limit,
    and what calls it must go on working.
    """

    def __init__(self, limiter: Limiter, *, per_person: int | None) -> None:
        self.limiter = limiter
        self.per_person = per_person

    async def charge(self, request: Request, scope: Scope, *, cost: int = 1) -> None:
        """Count a call that costs as much as so many; raises RateLimited, and leaves the decision for the headers."""
        bucket = self.bucket(request)
        if bucket is None:
            return
        decision = await self.limiter.take(*bucket, cost=cost)
        scope[DECISION] = decision
        if not decision.allowed:
            raise RateLimited(
                "You have asked for more than your plan allows in a minute. Ask again later.",
                reason="rate_limited",
                retry_after_s=decision.retry_after_s,
            )

    def bucket(self, request: Request) -> tuple[str, Rate] | None:
        """The bucket that a caller takes from."""
        viewer = request.viewer
        if viewer is None:
            return f"address:{household(request.address)}", Rate(PER_MINUTE[Plan.FREE], MINUTE_S)
        if viewer.token_id is not None:
            return f"token:{viewer.token_id}", Rate(viewer.contract.per_minute, MINUTE_S)
        return None if self.per_person is None else (f"person:{viewer.uid}", Rate(self.per_person, MINUTE_S))


class SignInThrottle:
    """Counts attempts to sign in. While Redis is configured and away, nobody may try."""

    def __init__(self, limiter: Limiter) -> None:
        self.limiter = limiter

    async def attempt(self, email: str, address: str) -> None:
        """Count an attempt: five a minute from one address, and five in fifteen minutes from anywhere that failed."""
        try:
            for key, rate in ((f"{email} {household(address)}", FROM_ONE_ADDRESS), (email, OF_ONE_ACCOUNT)):
                refuse_above(await self.limiter.take_strictly(f"sign-in:{key}", rate))
        except LimitsUnavailable as problem:
            raise SignInClosed(
                "Signing in is closed for a moment. Try again.",
                reason="sign_in_closed",
                retry_after_s=problem.retry_after_s,
            ) from None

    async def succeeded(self, email: str) -> None:
        """Forget the failures of an account."""
        await self.limiter.forget(f"sign-in:{email}")


def refuse_above(decision: Decision) -> None:
    """RateLimited for an attempt too many."""
    if not decision.allowed:
        raise RateLimited(
            "Too many attempts to sign in. Try again later.",
            reason="sign_in_throttled",
            retry_after_s=decision.retry_after_s,
        )


def decision_in(scope: Scope) -> Decision | None:
    """What was decided on a request, if it was counted."""
    found = scope.get(DECISION)
    return found if isinstance(found, Decision) else None


def household(address: str) -> str:
    """An address as far as it tells clients apart: of IPv6, a household or company has all of a /64."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if isinstance(found, IPv4Address):
        return address
    return str(found.ipv4_mapped or ip_network((found, 64), strict=False).network_address)


def with_limits(response: Response, scope: Scope) -> Response:
    """An answer with the headers that tell how much more may be asked, where that was counted."""
    decision = decision_in(scope)
    if decision is not None:
        response.headers.update(headers_for(decision, time.time()))
    return response
