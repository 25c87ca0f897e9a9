"""Which status a refusal gets over HTTP, whatever the dialect of its body."""

from http import HTTPStatus

from gateway.auth.refusals import InvalidToken, KeysUnavailable
from resolvers.errors import (
    BadInput,
    Forbidden,
    LimitExceeded,
    Maintenance,
    NotFound,
    Refusal,
    Unauthenticated,
)

CHALLENGE = {"WWW-Authenticate": 'Bearer error="invalid_token"'}
RETRY_S = 2

STATUS: dict[type[Refusal], HTTPStatus] = {
    Unauthenticated: HTTPStatus.UNAUTHORIZED,
    Forbidden: HTTPStatus.FORBIDDEN,
    NotFound: HTTPStatus.NOT_FOUND,
    BadInput: HTTPStatus.BAD_REQUEST,
    LimitExceeded: HTTPStatus.BAD_REQUEST,
    Maintenance: HTTPStatus.SERVICE_UNAVAILABLE,
}


def headers_of(refusal: Refusal | InvalidToken | KeysUnavailable) -> dict[str, str]:
    """The headers that belong to a refusal: what kind of token is wanted, or when to come again."""
    match refusal:
        case Unauthenticated() | InvalidToken():
            return dict(CHALLENGE)
        case KeysUnavailable():
            return {"Retry-After": str(refusal.retry_after)}
        case Maintenance():
            return {"Retry-After": str(refusal.retry_after_s)}
    return {}
