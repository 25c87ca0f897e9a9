"""One WebSocket: messages are taken in order, operations run side by side, and it ends for one stated reason."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import ExitStack, suppress

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from db.errors import UNAVAILABLE, DatabaseUnavailable
from gateway.auth.bearer import bearer_token
from gateway.auth.refusals import InvalidToken, KeysUnavailable
from gateway.deadline import Deadline
from gateway.graphql.asked import asked_in
from gateway.graphql.grants import Granted, granted
from gateway.json_body import WrongBody
from gateway.parts import Parts
from gateway.subscriptions.session import Session
from gateway.websocket import protocol
from gateway.websocket.protocol import Closing, Complete, Init, Message, Ping, Pong, Subscribe
from resolvers.context import Request
from resolvers.errors import Ended, Forbidden, LimitExceeded, RateLimited, Refusal, TooSlow, Unauthenticated
from schema.answers import Answer, turned_away
from schema.subscribing import Answers, is_subscription

log = logging.getLogger(__name__)


class Connection:
    """One connection, from its acceptance to its end."""

    def __init__(self, websocket: WebSocket, parts: Parts) -> None:
        self.websocket = websocket
        self.parts = parts
        self.streams = parts.streams
        self.limits = parts.streams.limits
        self.session: Session | None = None
        self.known = asyncio.Event()
        self.ended: asyncio.Future[Closing | None] = asyncio.get_running_loop().create_future()
        self.operations: dict[str, asyncio.Task[None]] = {}
        # Queries and mutations, which are let run to their end when the process stops.
        self.short: set[asyncio.Task[None]] = set()
        self.held = ExitStack()

    async def serve(self) -> Closing | None:
        """Serve the client until either side ends it; gives how, and None where the client did."""
        others = [asyncio.create_task(self.guarded(work)) for work in (self.receive, self.watch)]
        with self.held, self.streams.ended_by(self.stop):
            try:
                closing = await self.ended
                if closing is not None and closing.code == protocol.RESTART and self.short:
                    await asyncio.wait(self.short, timeout=self.limits.finish_within_s)
            finally:
                tasks = [*others, *self.operations.values()]
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
            if closing is not None:
                await self.close(closing)
        return closing

    async def close(self, closing: Closing) -> None:
        """Say why the connection is closed, unless the client has left meanwhile."""
        if self.websocket.application_state is WebSocketState.DISCONNECTED:
            return
        with suppress(WebSocketDisconnect):
            await self.websocket.close(closing.code, closing.reason)

    def end(self, closing: Closing | None) -> None:
        """End the connection; the first reason counts."""
        if not self.ended.done():
            self.ended.set_result(closing)

    def stop(self) -> None:
        """The process stops."""
        self.end(Closing(protocol.RESTART, "The server restarts. Connect again."))

    async def guarded(self, work: Callable[[], Awaitable[None]]) -> None:
        """Do a part of the work; whatever ends it ends the connection with its reason."""
        try:
            await work()
        except Closing as closing:
            self.end(closing)
        except Ended as ended:
            self.end(Closing(protocol.UNAUTHORIZED, ended.refusal.message))
        except WebSocketDisconnect:
            self.end(None)
        except Exception:
            log.exception("A WebSocket failed.")
            self.end(Closing(protocol.INTERNAL, "Internal error."))

    async def watch(self) -> None:
        """Turn away who does not say who it is, and whoever may not stay."""
        try:
            async with asyncio.timeout(self.limits.init_within_s):
                await self.known.wait()
        except TimeoutError:
            raise Closing(protocol.INIT_TIMEOUT, "Connection initialisation timeout") from None
        if self.session is not None:
            await self.session.watch(self.limits)

    async def receive(self) -> None:
        """Take messages, one after the other."""
        while True:
            raw = await self.websocket.receive()
            if raw["type"] == "websocket.disconnect":
                self.end(None)
                return
            await self.take(protocol.read_message(raw.get("text"), self.limits.message_bytes))

    async def take(self, message: Message) -> None:
        """One message."""
        match message:
            case Init(authorization):
                await self.init(authorization)
            case Ping(payload):
                await self.send(protocol.pong(payload))
            case Subscribe(id_, payload):
                await self.begin(id_, payload)
            case Complete(id_):
                self.drop(id_)
            case Pong():
                pass

    async def send(self, text: str) -> None:
        """Send a message; a client that does not read for long is closed."""
        try:
            async with asyncio.timeout(self.limits.send_within_s):
                await self.websocket.send_text(text)
        except TimeoutError:
            raise Closing(protocol.TRY_LATER, "Messages are not read: the connection is too slow.") from None

    async def init(self, authorization: str | None) -> None:
        """Let the client in, or not."""
        if self.session is not None:
            raise Closing(protocol.INIT_TWICE, "Too many initialisation requests")
        scope = self.websocket.scope
        try:
            token = bearer_token(headers_with(scope["headers"], authorization), scope["query_string"])
            session = Session(self.parts.entrance, scope, token, self.streams.feed, self.streams.openings)
            request = await self.parts.entered(scope, session.request())
            self.held.enter_context(self.streams.held_by(request))
        except (InvalidToken, Unauthenticated) as refusal:
            raise Closing(protocol.UNAUTHORIZED, refusal.message) from None
        except Forbidden as refusal:
            raise Closing(protocol.FORBIDDEN, refusal.message) from None
        except (LimitExceeded, RateLimited) as refusal:
            raise Closing(protocol.TRY_LATER, refusal.message) from None
        except (KeysUnavailable, DatabaseUnavailable) as problem:
            raise Closing(protocol.TRY_LATER, unavailable(problem)) from None
        self.session = session
        self.known.set()
        await self.send(protocol.acknowledged())

    async def begin(self, id_: str, payload: dict[str, object]) -> None:
        """Begin an operation. A subscription stands before the next message is taken, so a pong tells that it does."""
        session = self.session
        if session is None:
            raise Closing(protocol.UNAUTHORIZED, "Unauthorized")
        if id_ in self.operations:
            raise Closing(protocol.ALREADY_EXISTS, f"Subscriber for {id_} already exists")
        try:
            asked = asked_in(payload)
        except WrongBody as wrong:
            raise protocol.malformed(wrong.message) from None
        if len(self.operations) >= self.limits.operations:
            await self.send(protocol.error(id_, [too_many_operations(self.limits.operations)]))
            return
        request = await self.renewed(session)
        try:
            grant = await granted(self.parts, request, self.websocket.scope, asked)
        except Refusal as refusal:
            await self.send(protocol.error(id_, turned_away(refusal, request).errors))
            return
        if is_subscription(self.parts.execution, grant.text, asked.name):
            await self.subscribe(id_, request, grant)
        else:
            self.short.add(self.started(id_, lambda: self.answer(id_, request, grant)))

    async def renewed(self, session: Session) -> Request:
        """Who asks now; Ended for who may not come in any more."""
        try:
            return await session.request()
        except Refusal as refusal:
            raise Ended(refusal) from None
        except (KeysUnavailable, DatabaseUnavailable) as problem:
            raise Closing(protocol.TRY_LATER, unavailable(problem)) from None

    async def subscribe(self, id_: str, request: Request, grant: Granted) -> None:
        """Begin a subscription, or say why not."""
        parts = self.parts
        found = await grant.subscribe(parts.execution, request, seconds=parts.settings.deadline_s)
        if isinstance(found, Answer):
            await self.send(protocol.error(id_, found.errors))
            return
        task = self.started(id_, lambda: self.deliver(id_, found))
        task.add_done_callback(lambda _: found.close())

    async def deliver(self, id_: str, answers: Answers) -> None:
        """Send the answers to a subscription as they come."""
        async for answer in answers:
            if not answer.ran:
                await self.send(protocol.error(id_, answer.errors))
                return
            await self.send(protocol.next_result(id_, answer.body()))

    async def answer(self, id_: str, request: Request, grant: Granted) -> None:
        """Run a query or a mutation, as over HTTP."""
        parts, deadline = self.parts, Deadline(self.parts.settings.deadline_s)
        deadline.asking = request
        try:
            found = await deadline.within(grant.run(parts, request))
        except TooSlow as refusal:
            found = turned_away(refusal, request)
        if not found.ran:
            await self.send(protocol.error(id_, found.errors))
            return
        await self.send(protocol.next_result(id_, found.body()))
        await self.send(protocol.complete(id_))

    def started(self, id_: str, work: Callable[[], Awaitable[None]]) -> "asyncio.Task[None]":
        """Run an operation beside the others, until it is done or dropped."""
        task = self.operations[id_] = asyncio.create_task(self.guarded(work))
        task.add_done_callback(lambda _: self.forget(id_, task))
        return task

    def forget(self, id_: str, task: "asyncio.Task[None]") -> None:
        """An operation is done; its id may long since be another one's."""
        self.short.discard(task)
        if self.operations.get(id_) is task:
            del self.operations[id_]

    def drop(self, id_: str) -> None:
        """The client wants no more of an operation; one that is done is none."""
        task = self.operations.pop(id_, None)
        if task is not None:
            task.cancel()


def headers_with(headers: list[tuple[bytes, bytes]], authorization: str | None) -> list[tuple[bytes, bytes]]:
    """The headers of the handshake and what connection_init says; of one credential, said twice, one counts."""
    if authorization is None:
        return headers
    said = (b"authorization", authorization.encode("utf-8", errors="replace"))
    return headers if said in headers else [*headers, said]


def unavailable(problem: KeysUnavailable | DatabaseUnavailable) -> str:
    """What a client is told of what is away."""
    return str(problem) if isinstance(problem, KeysUnavailable) else UNAVAILABLE


def too_many_operations(most: int) -> dict[str, object]:
    """The error of one operation too many."""
    extensions = {"code": LimitExceeded.code, "reason": "too_many_operations"}
    return {"message": f"{most} operations at once are the most. Complete one first.", "extensions": extensions}
