"""How browsers are answered that come by another system: in time, and by a page that says why where it is refused."""

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import TypeAlias

from starlette.requests import Request
from starlette.responses import Response

from db.errors import DatabaseUnavailable
from gateway.auth.refusals import KeysUnavailable
from gateway.deadline import Deadline
from gateway.errors import RETRY_S, STATUS, headers_of
from gateway.json_body import WrongBody
from gateway.limits.quota import with_limits
from gateway.pages import refused
from gateway.parts import Parts
from resolvers.errors import Maintenance, RateLimited, Refusal, TooSlow
from resolvers.reasons import Reasons

Work: TypeAlias = Callable[[Request], Coroutine[object, object, Response]]
RAISED = (WrongBody, KeysUnavailable, DatabaseUnavailable, Refusal)

BODY_EN, BODY_JA = "What was sent cannot be read.", "送信された内容を読めません。"
AWAY_EN, AWAY_JA = "The service is not available at the moment.", "現在ご利用いただけません。"
OFTEN_EN, OFTEN_JA = "Too much was asked from your network.", "アクセスが集中しています。"


@dataclass(frozen=True, slots=True)
class Voice:
    """What people read who come in one way, in English and Japanese: its reasons by their codes, and more.

    `keys` says that the other system's keys cannot be had, `again` what to do in a while.
    """

    reasons: Mapping[str, Reasons]
    keys: tuple[str, str]
    again: tuple[str, str]
    # What the policy of its pages says beside the rest.
    policy: str = ""

    def later(self, english: str, japanese: str) -> tuple[str, str]:
        """Something that passes, and what to do then."""
        return f"{english} {self.again[0]}", f"{japanese}{self.again[1]}"


async def answered(request: Request, work: Work, voice: Voice) -> Response:
    """The answer to a request, or the page that refuses it; any other exception is an error of ours."""
    parts: Parts = request.app.state.parts
    deadline = Deadline(parts.settings.deadline_s)
    try:
        response = await deadline.within(work(request))
    except RAISED as error:
        response = page_of(error, voice)
    return with_limits(response, request.scope)


def page_of(error: Exception, voice: Voice) -> Response:
    """The page for one of RAISED."""
    status, headers = HTTPStatus.SERVICE_UNAVAILABLE, {}
    match error:
        case WrongBody():
            english, japanese, status = f"{BODY_EN} {error.message}", BODY_JA, error.status
        case KeysUnavailable():
            (english, japanese), headers = voice.later(*voice.keys), headers_of(error)
        case DatabaseUnavailable():
            (english, japanese), headers = voice.later(AWAY_EN, AWAY_JA), {"Retry-After": str(RETRY_S)}
        case Refusal():
            (english, japanese), status, headers = words_of(error, voice), STATUS[type(error)], headers_of(error)
        case _:
            raise error
    return refused(english=english, japanese=japanese, status=status, headers=headers, more=voice.policy)


def words_of(refusal: Refusal, voice: Voice) -> tuple[str, str]:
    """What people read, in English and Japanese. What the operator says is said as it is."""
    reason = voice.reasons.get(refusal.reason)
    if reason is not None:
        return refusal.message, reason.in_japanese(refusal.field)
    match refusal:
        case Maintenance() if refusal.message:
            return refusal.message, refusal.message
        case Maintenance() | TooSlow():
            return voice.later(AWAY_EN, AWAY_JA)
        case RateLimited():
            return voice.later(OFTEN_EN, OFTEN_JA)
    raise refusal
