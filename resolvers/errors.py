"""The one family of refusals.

Refusal
├── Unauthenticated      no viewer: a token is needed
├── Forbidden            the viewer may not
├── NotFound             there is no such thing, or none that the viewer may see
├── DocumentUnknown      no document has the id that was sent in place of a text
├── BadInput             what was asked makes no sense
├── LimitExceeded        what was asked is too much
├── TooSlow              what was asked took too long
├── Conflict             what was asked stands against what is being done, or was done, already
├── NotConfigured        the operator has not set up what this needs
└── TryLater             not now, and when to ask again
    ├── Maintenance      changes are switched off for now
    ├── RateLimited      too much was asked in too short a time
    ├── SignInClosed     nobody can be let in while attempts cannot be counted
    └── CounterClosed    who takes payments does not answer

Each has a stable code; only the doors turn codes into a status and a body.
"""

from dataclasses import dataclass


class Refusal(Exception):
    """A request that is not served, and why: a stable code, a message that says what to do, and where."""

    code = "REFUSED"

    def __init__(self, message: str, *, reason: str, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.reason = reason
        self.field = field


class Unauthenticated(Refusal):
    """No viewer stands behind the request."""

    code = "UNAUTHENTICATED"


class Forbidden(Refusal):
    """The viewer is known and may not do this."""

    code = "FORBIDDEN"


class NotFound(Refusal):
    """There is no such thing, or none that the viewer may know of."""

    code = "NOT_FOUND"


class DocumentUnknown(Refusal):
    """No document has this id. Code and message are Apollo's: by them its clients know to send the text as well."""

    code = "PERSISTED_QUERY_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("PersistedQueryNotFound", reason="document_unknown")


class BadInput(Refusal):
    """An argument makes no sense; `field` names it."""

    code = "BAD_USER_INPUT"


class LimitExceeded(Refusal):
    """More was asked than one request may."""

    code = "LIMIT_EXCEEDED"


class TooSlow(Refusal):
    """What was asked took longer than a request may."""

    code = "DEADLINE_EXCEEDED"


class Conflict(Refusal):
    """The request stands against another one."""

    code = "CONFLICT"


class NotConfigured(Refusal):
    """What is asked needs a setting that the operator has not made; the message names it."""

    code = "NOT_CONFIGURED"


class TryLater(Refusal):
    """Not now; `retry_after_s` says in how many seconds to ask again."""

    def __init__(self, message: str, *, reason: str, retry_after_s: float) -> None:
        super().__init__(message, reason=reason)
        self.retry_after_s = retry_after_s


class Maintenance(TryLater):
    """Changes are switched off; the operator's own message tells people why."""

    code = "MAINTENANCE"

    def __init__(self, message: str, *, retry_after_s: int) -> None:
        super().__init__(message, reason="maintenance", retry_after_s=retry_after_s)


class RateLimited(TryLater):
    """Too much was asked in too short a time."""

    code = "RATE_LIMITED"


class SignInClosed(TryLater):
    """Attempts cannot be counted now, so nobody may try."""

    code = "UNAVAILABLE"


class CounterClosed(TryLater):
    """Stripe does not answer, or takes nothing at the moment."""

    code = "UNAVAILABLE"


class Ended(Exception):
    """Whoever subscribed may not come in any more; `refusal` says why."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.message)
        self.refusal = refusal


@dataclass(frozen=True, slots=True)
class Mistake:
    """Something in a change that its user can mend: which argument, a stable code, and what to do."""

    field: tuple[str, ...]
    code: str
    message: str
