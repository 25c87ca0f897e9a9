"""What came of a document: data as it was written, and errors as clients may see them."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from graphql import ExecutionResult, GraphQLError

from db.errors import UNAVAILABLE, DatabaseUnavailable
from resolvers.context import Request
from resolvers.engine.execution import encode
from resolvers.errors import Refusal

logger = logging.getLogger("schema.answers")

MASKED = "Internal error."
SUGGESTION = " Did you mean "


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


def refused(errors: Sequence[GraphQLError], request: Request) -> Answer:
    """The answer to a document that could not be run."""
    causes = [error.original_error for error in errors]
    refusals = [cause for cause in causes if isinstance(cause, Refusal)]
    return Answer({"errors": [printed(error, request) for error in errors]}, ran=False, refusals=refusals)


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
        return {**shown, "message": UNAVAILABLE, "extensions": {"code": "UNAVAILABLE"}}
    if cause is None and not is_ours(error):
        code = "BAD_USER_INPUT" if error.path or error.nodes else "GRAPHQL_PARSE_FAILED"
        return {**shown, "message": told(error.message, request), "extensions": {"code": code}}
    logger.error("A resolver failed.", exc_info=cause or error, extra={"request_id": request.request_id})
    return {**shown, "message": MASKED, "extensions": {"code": "INTERNAL", "requestId": request.request_id}}


def told(message: str, request: Request) -> str:
    """A message of graphql-core's; who has no token is not told what the graph has instead."""
    return message if request.viewer is not None else message.partition(SUGGESTION)[0]


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
