"""Subscribes on the graph: each event of the source is one run of the document, for the viewer of that moment."""

import asyncio
from collections.abc import Mapping
from typing import Any, Protocol, cast

from graphql import ExecutionResult, GraphQLError, OperationType, create_source_event_stream
from graphql.execution import Executor, execute_subscription_event

from db.errors import DatabaseUnavailable
from resolvers.context import Request
from resolvers.engine.execution import TextExecutor
from resolvers.errors import BadInput, LimitExceeded, Refusal, TooSlow
from resolvers.feed import EVERY_S
from resolvers.witness import Way
from schema.answers import Answer, answered, refused, turned_away
from schema.execution import Execution, manner_of, refuse_dear
from schema.heard import tell_of


class Source(Protocol):
    """What a field of Subscription gives: what happens, one after the other. It must be closed."""

    async def __anext__(self) -> object:
        """The next that happens; Ended, or a Refusal, for who may hear of nothing more."""

    def close(self) -> None:
        """Nobody listens any more."""


class Answers:
    """The answers to a subscription as they come. They must be closed, also where none was taken.

    Ended is raised when whoever subscribed may not come in any more; any other refusal is the last answer, and has
    not `ran`.
    """

    def __init__(self, executor: Executor[Any], source: Source, request: Request, seconds: float | None = None) -> None:
        self.executor = executor
        self.source = source
        self.request = request
        self.seconds = seconds
        self.over = False

    def __aiter__(self) -> "Answers":
        return self

    async def __anext__(self) -> Answer:
        """The answer for the next that happens."""
        if self.over:
            raise StopAsyncIteration
        try:
            return await self.timely(await self.source.__anext__())
        except (Refusal, DatabaseUnavailable) as cause:
            self.over = True
            return turned_away(cause, self.request)

    async def timely(self, event: object) -> Answer:
        """The answer for one event; TooSlow where its SQL takes longer than it may, and it is ended."""
        try:
            async with asyncio.timeout(self.seconds):
                return await self.answer(event)
        except TimeoutError:
            self.request.stop(besides=asyncio.current_task())
            raise TooSlow(f"The answer took longer than {self.seconds:g} seconds.", reason="deadline") from None

    async def answer(self, event: object) -> Answer:
        """The answer for one event; while the database is away it is asked again, for the viewer as of then."""
        while True:
            found = execute_subscription_event(self.executor.build_per_event_executor(event))
            answer = answered(found if isinstance(found, ExecutionResult) else await found, self.request)
            self.tell(event, answer)
            if not answer.unavailable or self.request.live is None:
                return answer
            await asyncio.sleep(EVERY_S)
            await self.request.renew(self.request.live)

    def tell(self, event: object, answer: Answer) -> None:
        """Have be written down what an answer shows of students."""
        if answer.content.get("data") is None:
            self.request.shown.clear()
            return
        tell_of(event, self.request, self.executor)
        self.request.tell()

    def close(self) -> None:
        """Subscribe to nothing any more."""
        self.source.close()


def is_subscription(execution: Execution, source: str, name: str | None) -> bool:
    """Whether a document's operation is a subscription."""
    return execution.operation(source, name) is OperationType.SUBSCRIPTION


async def subscribe(
    execution: Execution,
    source: str,
    request: Request,
    *,
    variables: Mapping[str, Any] | None = None,
    name: str | None = None,
    most_points: int | None = None,
    seconds: float | None = None,
) -> Answers | Answer:
    """The answers to a subscription, or the one answer that refuses it; `seconds` is how long each may take."""
    prepared = execution.prepare(source)
    if prepared.document is None or prepared.errors:
        return refused(prepared.errors, request)
    try:
        refuse_dear(prepared.points(name, variables or {}), most_points)
    except LimitExceeded as refusal:
        return turned_away(refusal, request)
    executor = TextExecutor.build(
        execution.graph.schema,
        prepared.document,
        context_value=request,
        raw_variable_values=dict(variables or {}),
        operation_name=name,
    )
    if isinstance(executor, list):
        return refused(executor, request)
    request.manner = manner_of(Way.SUBSCRIPTION, source, prepared.operation(name))
    found = await source_of(executor)
    if not isinstance(found, ExecutionResult):
        return Answers(executor, found, request, seconds)
    answer = answered(found, request)
    answer.content, answer.ran = {"errors": answer.errors}, False
    return answer


async def source_of(executor: Executor[Any]) -> Source | ExecutionResult:
    """What to run the document for, or why there is nothing."""
    try:
        found = create_source_event_stream(executor)
    except StopIteration:
        # Every field was left out by @skip or @include.
        nothing = BadInput("There is nothing to subscribe to.", reason="subscription_empty")
        return ExecutionResult(None, [GraphQLError(nothing.message, original_error=nothing)])
    awaited = await found if asyncio.iscoroutine(found) else found
    return cast("Source | ExecutionResult", awaited)
