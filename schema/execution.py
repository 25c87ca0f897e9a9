"""Runs a document on the graph: read once, executed, and answered as bytes or as errors."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Mapping
from hashlib import sha256
from typing import Any, cast

from graphql import ExecutionResult, OperationType, execute

from db.errors import DatabaseUnavailable
from resolvers.context import Request
from resolvers.engine.execution import TextExecutor
from resolvers.errors import LimitExceeded, Refusal
from resolvers.operations import refuse_in_maintenance
from resolvers.subscriptions import stream_needed
from resolvers.witness import Manner, Way
from schema.answers import Answer, answered, refused, turned_away
from schema.documents import variables_by_argument
from schema.lane import lane_of
from schema.limits import LIMITS, Limits
from schema.reading import Operation, Prepared, read
from schema.root import Graph

DOCUMENTS = 1000
# Of all documents that are kept: some 70 MB, through which a full collection of garbage walks within 100 ms.
TOKENS = 50_000


class Execution:
    """Executes documents on one graph, and keeps the documents it has read."""

    def __init__(self, graph: Graph, limits: Limits = LIMITS, *, lane: bool = True) -> None:
        self.graph = graph
        self.limits = limits
        self.has_lane = lane
        # How many documents the express lane has answered.
        self.expressed = 0
        self.documents: OrderedDict[str, Prepared] = OrderedDict()
        self.tokens = 0
        self.stored: dict[str, Prepared] = {}

    def store(self, source: str) -> Prepared:
        """Read a document of our own, and keep it whatever else is asked."""
        return self.stored.setdefault(source, self.graph.stored(source, self.limits))

    async def ready(self, source: str, request: Request) -> None:
        """Have a document be read for a request, beside the event loop; what comes next finds it kept."""
        # What is too long is refused in no time.
        if len(source) > self.limits.source_bytes or self.kept(source) is not None:
            return
        started = time.perf_counter()
        self.keep(source, await self.graph.engine.beside.do((self, source), lambda: self.read(source)))
        request.parse_s += time.perf_counter() - started

    def prepare(self, source: str) -> Prepared:
        """A document that was read; the outcome is kept, so that a document costs this once."""
        known = self.kept(source)
        if known is None:
            known = self.read(source)
            self.keep(source, known)
        return known

    def kept(self, source: str) -> Prepared | None:
        """A document, if it was read before."""
        known = self.documents.get(source)
        if known is not None:
            self.documents.move_to_end(source)
            return known
        return self.stored.get(source)

    def read(self, source: str) -> Prepared:
        """Read a document anew."""
        return read(self.graph.schema, source, self.limits)

    def keep(self, source: str, prepared: Prepared) -> None:
        """Keep a document, and forget those that were asked longest ago where all together are too many or too long."""
        # What is too long would take the room of a hundred others.
        if source in self.documents or len(source) > self.limits.source_bytes:
            return
        self.documents[source] = prepared
        self.tokens += prepared.tokens
        while len(self.documents) > DOCUMENTS or self.tokens > TOKENS:
            _, forgotten = self.documents.popitem(last=False)
            self.tokens -= forgotten.tokens

    def forget(self) -> None:
        """Forget all that clients have asked so far, as a process that has just begun."""
        self.documents.clear()
        self.tokens = 0
        self.graph.engine.forget()

    def operation(self, source: str, name: str | None) -> OperationType | None:
        """Whether a document's operation is a query, a mutation or a subscription; None where there is no such one."""
        found = self.prepare(source).operation(name)
        return None if found is None else found.kind

    def variables_by_argument(self, source: str) -> Mapping[str, str]:
        """The name of the variable behind each argument of a document."""
        document = self.prepare(source).document
        return {} if document is None else variables_by_argument(document)

    def is_public(self, source: str, name: str | None) -> bool:
        """Whether people without a token may run a document; one that is not valid tells them nothing but that."""
        prepared = self.prepare(source)
        if not prepared.is_valid:
            return True
        found = prepared.operation(name)
        return found is not None and found.public

    def points(self, source: str, name: str | None, variables: Mapping[str, Any]) -> int:
        """What an operation costs: a point for each object that it could show, and what its fields say."""
        return self.prepare(source).points(name, variables)

    def most_points(self, source: str) -> int | None:
        """How much a document may cost that a client sends; ours may be sent too, and cost what they cost."""
        return None if source in self.stored else self.limits.points

    async def run(
        self,
        source: str,
        request: Request,
        *,
        variables: Mapping[str, Any] | None = None,
        name: str | None = None,
        most_points: int | None = None,
    ) -> Answer:
        """Run a document for a request; never raises for what a client or a database may do wrong.

        A document that costs more than `most_points` is refused; None for our own, whose cost we know.
        """
        prepared = self.prepare(source)
        started = time.perf_counter()
        if not prepared.is_valid:
            return refused(prepared.errors, request)
        given, operation = variables or {}, prepared.operation(name)
        try:
            refuse_dear(prepared.points(name, given), most_points)
            if operation is not None and operation.kind is OperationType.SUBSCRIPTION:
                raise stream_needed()
            if operation is not None and operation.kind is OperationType.MUTATION:
                await refuse_in_maintenance(request)
        except (Refusal, DatabaseUnavailable) as cause:
            return turned_away(cause, request)
        answer = await self.answer(prepared, operation, request, given, name)
        if request.shown:
            tell(answer, request, source, operation)
        answer.timings = {
            "auth": request.auth_s,
            "parse": request.parse_s,
            "plan": request.plan_s,
            "sql": request.sql_s,
            "execute": time.perf_counter() - started,
        }
        return answer

    async def answer(
        self,
        prepared: Prepared,
        operation: Operation | None,
        request: Request,
        given: Mapping[str, Any],
        name: str | None,
    ) -> Answer:
        """Run a valid document: by its express lane, if it has one by now and fits into it, else by graphql-core."""
        if self.has_lane and operation is not None and operation.lane is not None:
            found = await operation.lane.run(request, given)
            if found is not None:
                self.expressed += 1
                return answered(found, request)
        with request.answering():
            answer = await self.executed(prepared, request, given, name)
        if self.has_lane and operation is not None and not operation.served and not answer.errors:
            operation.served = True
            operation.lane = lane_of(prepared.graph, self.graph.engine, cast(Any, prepared.document), operation.node)
        return answer

    async def executed(
        self, prepared: Prepared, request: Request, variables: Mapping[str, Any], name: str | None
    ) -> Answer:
        """Let graphql-core run a valid document."""
        found = execute(
            self.graph.schema,
            cast(Any, prepared.document),
            context_value=request,
            variable_values=dict(variables),
            operation_name=name,
            executor_class=TextExecutor,
        )
        return answered(await found if asyncio.iscoroutine(found) else cast(ExecutionResult, found), request)


def tell(answer: Answer, request: Request, source: str, operation: Operation | None) -> None:
    """Have be written down what an answer shows of students: nothing without data, and at a door none with an error."""
    manner = request.manner
    if answer.content.get("data") is None or (manner.way is Way.REST and answer.errors):
        request.shown.clear()
        return
    if manner.way is Way.GRAPHQL and operation is not None:
        if operation.manner is None:
            operation.manner = manner_of(Way.GRAPHQL, source, operation)
        request.manner = operation.manner
    request.tell()


def manner_of(way: Way, source: str, operation: Operation | None) -> Manner:
    """A document as the access log names it."""
    name = None if operation is None or operation.node.name is None else operation.node.name.value
    return Manner(way, name, sha256(source.encode()).hexdigest())


def refuse_dear(points: int, most: int | None) -> None:
    """LimitExceeded for a document that costs too much."""
    if most is not None and points > most:
        message = f"The document costs {points} points: at most {most} are allowed (cost). Ask for smaller pages."
        raise LimitExceeded(message, reason="cost")


def is_mutation(execution: Execution, source: str, name: str | None) -> bool:
    """Whether a document's operation changes anything."""
    return execution.operation(source, name) is OperationType.MUTATION
