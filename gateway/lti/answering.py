"""How a login or a launch is answered: within the deadline, and by a page that says why where it is refused."""

from collections.abc import Callable, Coroutine
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
from gateway.lti.pages import refused
from gateway.parts import Parts
from resolvers.errors import Maintenance, RateLimited, Refusal, TooSlow
from resolvers.lti.reasons import BY_CODE

Work: TypeAlias = Callable[[Request], Coroutine[object, object, Response]]
RAISED = (WrongBody, KeysUnavailable, DatabaseUnavailable, Refusal)

BODY_EN, BODY_JA = "What was sent cannot be read.", "送信された内容を読めません。"
KEYS_EN = "The keys of your LMS cannot be fetched at the moment. Open the link again in a while."
KEYS_JA = "LMSの公開鍵を取得できません。しばらくしてから、リンクをもう一度開いてください。"
AWAY_EN = "The service is not available at the moment. Open the link again in a while."
AWAY_JA = "現在ご利用いただけません。しばらくしてから、リンクをもう一度開いてください。"
OFTEN_EN = "Too much was asked from your network. Open the link again in a while."
OFTEN_JA = "アクセスが集中しています。しばらくしてから、リンクをもう一度開いてください。"


async def answered(request: Request, work: Work) -> Response:
    """The answer to a request, or the page that refuses it; any other exception is an error of ours."""
    parts: Parts = request.app.state.parts
    deadline = Deadline(parts.settings.deadline_s)
    try:
        response = await deadline.within(work(request))
    except RAISED as error:
        response = page_of(error)
    return with_limits(response, request.scope)


def page_of(error: Exception) -> Response:
    """The page for one of RAISED."""
    match error:
        case WrongBody():
            return refused(english=f"{BODY_EN} {error.message}", japanese=BODY_JA, status=error.status)
        case KeysUnavailable():
            headers = headers_of(error)
            return refused(english=KEYS_EN, japanese=KEYS_JA, status=HTTPStatus.SERVICE_UNAVAILABLE, headers=headers)
        case DatabaseUnavailable():
            away = {"Retry-After": str(RETRY_S)}
            return refused(english=AWAY_EN, japanese=AWAY_JA, status=HTTPStatus.SERVICE_UNAVAILABLE, headers=away)
        case Refusal():
            english, japanese = words_of(error)
            status = STATUS[type(error)]
            return refused(english=english, japanese=japanese, status=status, headers=headers_of(error))
    raise error


def words_of(refusal: Refusal) -> tuple[str, str]:
    """What people read, in English and Japanese. What the operator says is said as it is."""
    reason = BY_CODE.get(refusal.reason)
    if reason is not None:
        return refusal.message, reason.in_japanese(refusal.field)
    match refusal:
        case Maintenance():
            return refusal.message or AWAY_EN, refusal.message or AWAY_JA
        case RateLimited():
            return OFTEN_EN, OFTEN_JA
        case TooSlow():
            return AWAY_EN, AWAY_JA
    raise refusal
