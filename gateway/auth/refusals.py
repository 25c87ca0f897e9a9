"""The two ways in which a caller can fail to be recognised; only a door turns them into a status.

NotRecognised
├── InvalidToken      the token is at fault: 401 and `WWW-Authenticate: Bearer error="invalid_token"`
└── KeysUnavailable   the keys are at fault, so nobody can be judged: 503 and `Retry-After`
"""

from typing import Literal

TokenCode = Literal[
    "token_missing",
    "token_malformed",
    "token_algorithm",
    "token_unknown_key",
    "token_signature",
    "token_issuer",
    "token_audience",
    "token_expired",
    "token_not_yet_valid",
    "token_claims",
]


class NotRecognised(Exception):
    """Nobody can be named as the caller; `code` is stable, `message` is English and fit for a response body."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


class InvalidToken(NotRecognised):
    """The caller's token is not good; `message` never repeats any of its content."""

    def __init__(self, code: TokenCode, message: str) -> None:
        super().__init__(code, message)


class KeysUnavailable(NotRecognised):
    """No key to verify with is known; the caller may come again after `retry_after` whole seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(
            "keys_unavailable",
            f"Access tokens cannot be verified at the moment. Try again in {retry_after} seconds.",
        )
        self.retry_after = retry_after
