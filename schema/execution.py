"""Runs a document on the graph: parsed and validated once, executed, and answered as bytes or as errors."""

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    OperationDefinitionNode,
    OperationType,
    execute,
    get_operation_ast,
    parse,
    validate,
)

from db.errors import UNAVAILABLE, DatabaseUnavailable
from resolvers.context import Request
from resolvers.engine.execution import TextExecutor, encode
from resolvers.errors import Refusal
from resolvers.operations import refuse_in_maintenance
from schema.cost import points, requests
from schema.documents import variables_by_argument
from schema.limits import MOST_TOKENS
from schema.needs import is_public
from schema.root import Graph

logger = logging.getLogger("schema.execution")

DOCUMENTS = 1000
MASKED = "Internal error."


@dataclass(frozen=True, slots=True)
class Prepared:
    """A document that was parsed and validated, or the errors that this gave."""

    document: DocumentNode | None
    errors: tuple[GraphQLError, ...] = ()


@dataclass(slots=True)
class Answer:
    """What came of a document. `ran` tells whether it was executed at all; `refusals` are those among its errors."""

    content: Mapping[str, Any]
    ran: bool
    refusals: list[Refusal] = field(default_factory=list)
    unavailable: bool = False
    failed: bool = False
    timings: dict[str, float] = field(default_factory=dict)

    @property
    def errors(self) -> Sequence[Mapping[str, Any]]:
        """The errors as they are printed."""
        return cast(Sequence[Mapping[str, Any]], self.content.get("errors", ()))

    def body(self) -> bytes:
        """The answer as JSON."""
        return encode(self.content)


class Execution:
    """Executes documents on one graph, and keeps the documents it has parsed and validated."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.documents: OrderedDict[str, Prepared] = OrderedDict()
        self.stored: dict[str, Prepared] = {}

    def store(self, source: str) -> Prepared:
        """Prepare a document of our own, and keep it whatever else is asked."""
        return self.stored.setdefault(source, self.read(source))

    def prepare(self, source: str) -> Prepared:
        """Parse and validate; the outcome is kept, so that a document costs this once."""
        stored = self.stored.get(source)
        if stored is not None:
            return stored
        known = self.documents.get(source)
        if known is not None:
            self.documents.move_to_end(source)
            return known
        prepared = self.documents[source] = self.read(source)
        if len(self.documents) > DOCUMENTS:
            self.documents.popitem(last=False)
        return prepared

    def read(self, source: str) -> Prepared:
        """Parse and validate."""
        try:
            document = parse(source, no_location=False, max_tokens=MOST_TOKENS)
        except GraphQLError as error:
            return Prepared(None, (error,))
        return Prepared(document, tuple(validate(self.graph.schema, document)))

    def operation(self, source: str, name: str | None) -> OperationType | None:
        """Whether a document's operation is a query, a mutation or a subscription; None where there is no such one."""
        prepared = self.prepare(source)
        found = prepared.document and get_operation_ast(prepared.document, name)
        return found.operation if isinstance(found, OperationDefinitionNode) else None

    def variables_by_argument(self, source: str) -> Mapping[str, str]:
        """The name of the variable behind each argument of a document."""
        document = self.prepare(source).document
        return {} if document is None else variables_by_argument(document)

    def is_public(self, source: str, name: str | None) -> bool:
        """Whether people without a token may run a document; one that is not valid tells them nothing but that."""
        prepared = self.prepare(source)
        if prepared.document is None or prepared.errors:
            return True
        return is_public(self.graph.schema, prepared.document, name)

    def requests(self, source: str, name: str | None, variables: Mapping[str, Any]) -> int:
        """As how many requests an operation counts against a quota: one for each hundred objects it could show."""
        prepared = self.prepare(source)
        operation = None if prepared.document is None else get_operation_ast(prepared.document, name)
        if prepared.document is None or prepared.errors or operation is None:
            return 1
        return requests(points(self.graph.schema, prepared.document, operation, variables))

    async def run(
        self, source: str, request: Request, *, variables: Mapping[str, Any] | None = None, name: str | None = None
    ) -> Answer:
        """Run a document for a request; never raises for what a client or a database may do wrong."""
        started = time.perf_counter()
        prepared = self.prepare(source)
        parsed = time.perf_counter()
        if prepared.document is None or prepared.errors:
            return refused(prepared.errors, request)
        if self.operation(source, name) is OperationType.MUTATION:
            try:
                await refuse_in_maintenance(request)
            except (Refusal, DatabaseUnavailable) as cause:
                return turned_away(cause, request)
        found = execute(
            self.graph.schema,
            prepared.document,
            context_value=request,
            variable_values=dict(variables or {}),
            operation_name=name,
            executor_class=TextExecutor,
        )
        result = await found if asyncio.iscoroutine(found) else cast(ExecutionResult, found)
        answer = answered(result, request)
        answer.timings = {"parse": parsed - started, "execute": time.perf_counter() - parsed}
        return answer


def refused(errors: Sequence[GraphQLError], request: Request) -> Answer:
    """The answer to a document that could not be run."""
    return Answer({"errors": [printed(error, request) for error in errors]}, ran=False)


def turned_away(cause: Refusal | DatabaseUnavailable, request: Request) -> Answer:
    """The answer to a document that is refused as a whole before it runs."""
    error = printed(GraphQLError(str(cause), original_error=cause), request)
    refusals = [cause] if isinstance(cause, Refusal) else []
    return Answer({"errors": [error]}, ran=False, refusals=refusals, unavailable=not refusals)


def answered(result: ExecutionResult, request: Request) -> Answer:
    """The answer to a document that was run, or whose variables did not fit."""
    if not result.errors:
        return Answer({"data": result.data}, ran=True)
    ran = any(error.path for error in result.errors)
    errors = [printed(error, request) for error in result.errors]
    content = {"errors": errors, "data": result.data} if ran else {"errors": errors}
    causes = [error.original_error for error in result.errors]
    return Answer(
        content,
        ran=ran,
        refusals=[cause for cause in causes if isinstance(cause, Refusal)],
        unavailable=any(isinstance(cause, DatabaseUnavailable) for cause in causes),
        failed=any(entry["extensions"]["code"] == "INTERNAL" for entry in errors),
    )


def printed(error: GraphQLError, request: Request) -> dict[str, Any]:
    """An error as clients see it: their own mistakes and our refusals in full, everything else masked."""
    cause = innermost(error)
    shown = dict(error.formatted)
    if isinstance(cause, Refusal):
        extensions = {"code": cause.code, "reason": cause.reason}
        if cause.field is not None:
            extensions["field"] = cause.field
        return {**shown, "message": message_of(error, cause), "extensions": extensions}
    if isinstance(cause, DatabaseUnavailable):
        return {
            **shown,
            "message": UNAVAILABLE,
            "extensions": {"code": "UNAVAILABLE"},
        }
    if cause is None and not is_ours(error):
        code = "BAD_USER_INPUT" if error.path or error.nodes else "GRAPHQL_PARSE_FAILED"
        return {**shown, "extensions": {"code": code}}
    logger.error("A resolver failed.", exc_info=cause or error, extra={"request_id": request.request_id})
    return {**shown, "message": MASKED, "extensions": {"code": "INTERNAL", "requestId": request.request_id}}


def is_ours(error: GraphQLError) -> bool:
    """Whether a value that we gave did not fit its type: such an error points at no place in the client's document."""
    inner = error.original_error
    return error.path is not None and isinstance(inner, GraphQLError) and not inner.nodes


def innermost(error: GraphQLError) -> BaseException | None:
    """What caused an error, through the errors that graphql-core wraps it in; None where a client caused it."""
    cause: BaseException | None = error.original_error
    while isinstance(cause, GraphQLError):
        cause = cause.original_error
    return cause


def message_of(error: GraphQLError, cause: Refusal) -> str:
    """graphql-core says which variable or argument a scalar refused; a refusal by a resolver speaks for itself."""
    return error.message if error.path is None and cause.message in error.message else cause.message


def is_mutation(execution: Execution, source: str, name: str | None) -> bool:
    """Whether a document's operation changes anything."""
    return execution.operation(source, name) is OperationType.MUTATION
