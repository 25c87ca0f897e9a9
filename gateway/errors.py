"""Which status a refusal gets over HTTP, whatever the dialect of its body."""

import math
import time
from http import HTTPStatus

from gateway.auth.refusals import InvalidToken, KeysUnavailable
from resolvers.errors import (
    BadInput,
    Conflict,
    CounterClosed,
    DocumentUnknown,
    Forbidden,
    LimitExceeded,
    Maintenance,
    NotConfigured,
    NotFound,
    RateLimited,
    Refusal,
    SignInClosed,
    TooSlow,
    TryLater,
    Unauthenticated,
)

CHALLENGE = {"WWW-Authenticate": 'Bearer error="invalid_token"'}
RETRY_S = 2

STATUS: dict[type[Refusal], HTTPStatus] = {
    Unauthenticated: HTTPStatus.UNAUTHORIZED,
    Forbidden: HTTPStatus.FORBIDDEN,
    NotFound: HTTPStatus.NOT_FOUND,
    DocumentUnknown: HTTPStatus.NOT_FOUND,
    BadInput: HTTPStatus.BAD_REQUEST,
    LimitExceeded: HTTPStatus.BAD_REQUEST,
    TooSlow: HTTPStatus.GATEWAY_TIMEOUT,
    Conflict: HTTPStatus.CONFLICT,
    Maintenance: HTTPStatus.SERVICE_UNAVAILABLE,
    RateLimited: HTTPStatus.TOO_MANY_REQUESTS,
    SignInClosed: HTTPStatus.SERVICE_UNAVAILABLE,
    CounterClosed: HTTPStatus.SERVICE_UNAVAILABLE,
    NotConfigured: HTTPStatus.SERVICE_UNAVAILABLE,
}


def headers_of(refusal: Refusal | InvalidToken | KeysUnavailable) -> dict[str, str]:
    """The headers that belong to a refusal: what kind of token is wanted, or when to come again."""
    match refusal:
        case Unauthenticated() | InvalidToken():
            return dict(CHALLENGE)
        case DocumentUnknown():
            # A moment later it may be known: a cache must not go on saying that it is not.
            return {"Cache-Control": "private, no-cache, must-revalidate"}
        case KeysUnavailable():
            return {"Retry-After": str(refusal.retry_after)}
        case RateLimited():
            again = time.time() + refusal.retry_after_s
            return {"Retry-After": whole_seconds(refusal), "X-RateLimit-Reset": str(math.ceil(again))}
        case TryLater():
            return {"Retry-After": whole_seconds(refusal)}
    return {}


def whole_seconds(refusal: TryLater) -> str:
    """When to come again, in whole seconds, at least one."""
    return str(max(1, math.ceil(refusal.retry_after_s)))
