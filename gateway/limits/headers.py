"""Tells a client in headers how much it may still call."""

import math

from gateway.limits.gcra import Decision

POLICY = '"default"'


def headers_for(decision: Decision, now: float) -> dict[str, str]:
    """The headers of an answer given at `now`, in Unix seconds.

    `RateLimit` and `RateLimit-Policy` are written as in draft-ietf-httpapi-ratelimit-headers-10: `t` is the time until
    there is more. A refusal is told when to come again: `Retry-After` in seconds and `X-RateLimit-Reset` in Unix
    seconds, both rounded up, so that a call of the same cost passes then.
    """
    headers = {
        "X-RateLimit-Limit": str(decision.limit),
        "X-RateLimit-Remaining": str(decision.remaining),
        "RateLimit-Policy": f"{POLICY};q={decision.limit};w={math.ceil(decision.period_s)}",
        "RateLimit": f"{POLICY};r={decision.remaining};t={math.ceil(more_after_s(decision))}",
    }
    if not decision.allowed:
        headers["Retry-After"] = str(math.ceil(decision.retry_after_s))
        headers["X-RateLimit-Reset"] = str(math.ceil(now + decision.retry_after_s))
    return headers


def more_after_s(decision: Decision) -> float:
    """The time until there is more: for who was refused, enough for that call; for others, one call more."""
    if not decision.allowed:
        return decision.retry_after_s
    missing = decision.limit - decision.remaining
    return max(0.0, decision.reset_after_s - max(0, missing - 1) * decision.period_s / decision.limit)
