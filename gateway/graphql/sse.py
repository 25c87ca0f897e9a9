"""GraphQL over server-sent events, in the mode of distinct connections: one operation, one stream."""

import asyncio
import logging
from contextlib import ExitStack
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from gateway.auth.bearer import bearer_token
from gateway.errors import RETRY_S, STATUS, headers_of
from gateway.graphql.grants import Granted
from gateway.graphql.media import JSON, weighed
from gateway.parts import Parts
from gateway.subscriptions.session import Session
from gateway.subscriptions.streams import Streams
from resolvers.context import Request as Asking
from resolvers.errors import Ended, LimitExceeded
from schema.answers import Answer, turned_away
from schema.subscribing import Answers, is_subscription

MEDIA_TYPE = "text/event-stream"
HEADERS = {
    "Content-Type": f"{MEDIA_TYPE}; charset=utf-8",
    "Cache-Control": "no-store",
    # A proxy that gathers what it passes on would keep each message back until there are many.
    "X-Accel-Buffering": "no",
}
SILENCE = b":\n\n"
COMPLETE = b"event: complete\ndata:\n\n"

log = logging.getLogger(__name__)


def accepts_events(request: Request) -> bool:
    """Whether the client says that it reads a stream of events."""
    ranges = map(weighed, ",".join(request.headers.getlist("accept")).split(","))
    return any(media == MEDIA_TYPE and weight > 0 for media, weight in ranges)


async def event_stream(request: Request, context: Asking, grant: Granted) -> Response:
    """The stream of one operation; what is refused before it begins gets an ordinary answer."""
    parts: Parts = request.app.state.parts
    if not is_subscription(parts.execution, grant.text, grant.asked.name):
        answer = await grant.run(parts, context)
        return Response(event(answer) + COMPLETE, headers=HEADERS) if answer.ran else refused(answer, status_of(answer))
    token = bearer_token(request.scope["headers"], request.scope["query_string"])
    session = Session(parts.entrance, request.scope, token, parts.streams.feed, parts.streams.openings)
    context.live = session.live
    with ExitStack() as held:
        try:
            held.enter_context(parts.streams.held_by(context))
        except LimitExceeded as refusal:
            return refused(turned_away(refusal, context), HTTPStatus.TOO_MANY_REQUESTS)
        found = await grant.subscribe(parts.execution, context, seconds=parts.settings.deadline_s)
        if isinstance(found, Answer):
            return refused(found, status_of(found))
        held.callback(found.close)
        # From here on the response holds what is held.
        return EventStream(found, session, context, parts.streams, held.pop_all())


def refused(answer: Answer, status: HTTPStatus) -> Response:
    """The answer to an operation that does not begin."""
    headers = {"Content-Type": JSON}
    if answer.unavailable:
        headers["Retry-After"] = str(RETRY_S)
    for refusal in answer.refusals:
        headers.update(headers_of(refusal))
    return Response(answer.body(), status, headers)


def status_of(answer: Answer) -> HTTPStatus:
    """The status that says why an operation does not begin."""
    if answer.unavailable:
        return HTTPStatus.SERVICE_UNAVAILABLE
    if answer.failed:
        return HTTPStatus.INTERNAL_SERVER_ERROR
    return next((STATUS[type(refusal)] for refusal in answer.refusals), HTTPStatus.BAD_REQUEST)


def event(answer: Answer) -> bytes:
    """An answer as an event; JSON may have line breaks between its tokens, and an event's line has none."""
    return b"event: next\ndata: " + b"\ndata: ".join(answer.body().splitlines()) + b"\n\n"


class EventStream(Response):
    """The answers to a subscription as events; long silences are broken by comments. `held` is let go at the end."""

    def __init__(self, answers: Answers, session: Session, context: Asking, streams: Streams, held: ExitStack) -> None:
        super().__init__(headers=HEADERS)
        del self.headers["content-length"]
        self.answers = answers
        self.session = session
        self.context = context
        self.streams = streams
        self.held = held
        self.stopped = asyncio.Event()
        self.turn = asyncio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send events until the subscription or its token ends, the client leaves or does not read, or we stop."""
        with self.held, self.streams.ended_by(self.stopped.set):
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            works = [self.pass_on(send), self.watch(send), self.beat(send), left(receive), self.stopped.wait()]
            tasks = [asyncio.ensure_future(work) for work in works]
            try:
                done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
            for task in done:
                note(task.exception())
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def pass_on(self, send: Send) -> None:
        """Send the answers as they come; `complete` after the last."""
        try:
            async for answer in self.answers:
                await self.write(send, event(answer))
        except Ended as ended:
            await self.write(send, event(turned_away(ended.refusal, self.context)))
        await self.write(send, COMPLETE)

    async def watch(self, send: Send) -> None:
        """Tell whoever may not stay why the stream ends."""
        try:
            await self.session.watch(self.streams.limits)
        except Ended as ended:
            await self.write(send, event(turned_away(ended.refusal, self.context)) + COMPLETE)

    async def beat(self, send: Send) -> None:
        """Say something now and then; at once too, so that the client knows that the stream stands."""
        while True:
            await self.write(send, SILENCE)
            await asyncio.sleep(self.streams.limits.heartbeat_s)

    async def write(self, send: Send, what: bytes) -> None:
        """Send a piece; TimeoutError where the client does not read."""
        async with self.turn, asyncio.timeout(self.streams.limits.send_within_s):
            await send({"type": "http.response.body", "body": what, "more_body": True})


async def left(receive: Receive) -> None:
    """The client is gone."""
    while (await receive())["type"] != "http.disconnect":
        pass


def note(problem: BaseException | None) -> None:
    """Write into the log what is no client's doing."""
    if problem is not None and not isinstance(problem, TimeoutError):
        log.error("A stream of events failed.", exc_info=problem)
