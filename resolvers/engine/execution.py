"""graphql-core's executor with one added rule: an object that is already written is complete."""

from typing import Any

import orjson
from graphql import GraphQLOutputType, GraphQLResolveInfo
from graphql.execution.collect_fields import FieldDetails
from graphql.execution.executor import Executor
from graphql.pyutils import AwaitableOrValue, Path

from resolvers.engine.plans import Text


class TextExecutor(Executor[Any]):
    """Runs a document; what the engine has written as text is taken as it is."""

    def complete_value(
        self,
        return_type: GraphQLOutputType,
        field_details_list: list[FieldDetails],
        info: GraphQLResolveInfo[Any],
        path: Path,
        result: Any,
        position_context: Any,
    ) -> AwaitableOrValue[Any]:
        """Complete a value, unless it is text that is already written."""
        if type(result) is Text:
            return result
        return super().complete_value(return_type, field_details_list, info, path, result, position_context)


def encode(answer: object) -> bytes:
    """JSON of an answer, the written texts spliced in as they are."""
    return orjson.dumps(answer, default=splice)


def splice(value: object) -> orjson.Fragment:
    """What orjson cannot write by itself: our texts."""
    if isinstance(value, Text):
        return orjson.Fragment(value.contents)
    raise TypeError(f"{type(value).__name__} cannot be written as JSON.")
