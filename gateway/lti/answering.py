"""How a login or a launch is answered."""

from starlette.requests import Request
from starlette.responses import Response

from gateway.answering import Voice, Work
from gateway.answering import answered as answered_in
from resolvers.lti.reasons import BY_CODE

VOICE = Voice(
    BY_CODE,
    keys=("The keys of your LMS cannot be fetched at the moment.", "LMSの公開鍵を取得できません。"),
    again=("Open the link again in a while.", "しばらくしてから、リンクをもう一度開いてください。"),
)


async def answered(request: Request, work: Work) -> Response:
    """The answer to a request, or the page that refuses it; any other exception is an error of ours."""
    return await answered_in(request, work, VOICE)
