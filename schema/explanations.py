"""What a document would need and what it would cost, told without running it."""

from typing import Annotated, Any

import strawberry
from graphql import GraphQLSchema
from strawberry.scalars import JSON
from strawberry.types import Info

from resolvers.abilities import ABILITIES
from resolvers.beside import BESIDE
from resolvers.context import Request
from resolvers.policy import Operation
from schema.cost import requests
from schema.declare import needs
from schema.directives import costs
from schema.limits import LIMITS
from schema.needs import needs_of
from schema.reading import Prepared, read

# Reading a document takes as long as running one that costs so much.
READING = 500


@strawberry.type(description="A field that needs an ability.")
class TokenNeed:
    path: str = strawberry.field(description="The field, as Type.field.")
    operation: str = strawberry.field(description="The operation of the role matrix that it needs.")
    ability: str | None = strawberry.field(description="The ability that a token needs for it; null for none.")


@strawberry.type(description="What a document needs of a token and of the person behind it.")
class TokenExplanation:
    abilities: list[str] = strawberry.field(description="The least abilities with which a token may run the document.")
    needs: list[TokenNeed] = strawberry.field(description="Why: each field that needs something.")
    problems: list[str] = strawberry.field(description="Why the document cannot be run at all; then nothing else.")


@strawberry.type(description="What a document would cost.")
class CostExplanation:
    points: int | None = strawberry.field(
        description="A point for each object that it could show, and what its fields say; null where it cannot be run."
    )
    limit: int = strawberry.field(description="How many points a document may cost at the most.")
    requests: int | None = strawberry.field(
        description="As how many requests it counts against a quota: one for each hundred points."
    )
    problems: list[str] = strawberry.field(description="Why the document cannot be run at all.")


DOCUMENT = Annotated[str, strawberry.argument(description="The document; it is not run.")]


@strawberry.type
class ExplanationQueries:
    @strawberry.field(
        description="The least abilities that a document needs, for all operations in it.",
        metadata=needs(Operation.ME),
        directives=costs(READING),
    )
    async def explain_token(self, info: Info[Request, None], document: DOCUMENT) -> TokenExplanation:
        prepared = await read_of(info, document)
        found = needs_of(prepared.graph, prepared.document) if prepared.document and prepared.is_valid else []
        pairs = [(need, ABILITIES[need.operation]) for need in found]
        return TokenExplanation(
            abilities=sorted({ability.value for _, ability in pairs if ability is not None}),
            needs=[
                TokenNeed(path=need.path, operation=need.operation.value, ability=ability and ability.value)
                for need, ability in pairs
            ],
            problems=[error.message for error in prepared.errors],
        )

    @strawberry.field(
        description="What a document costs with these variables: a dry run.",
        metadata=needs(Operation.ME),
        directives=costs(READING),
    )
    async def explain_cost(
        self,
        info: Info[Request, None],
        document: DOCUMENT,
        variables: Annotated[JSON | None, strawberry.argument(description="Its variables, as an object.")] = None,
        operation_name: Annotated[str | None, strawberry.argument(description="Which of its operations.")] = None,
    ) -> CostExplanation:
        prepared = await read_of(info, document)
        problems = [error.message for error in prepared.errors]
        if prepared.is_valid and prepared.operation(operation_name) is None:
            problems = ["The document has no such operation, or several and none is named."]
        if problems:
            return CostExplanation(points=None, limit=LIMITS.points, requests=None, problems=problems)
        points = prepared.points(operation_name, object_in(variables))
        return CostExplanation(points=points, limit=LIMITS.points, requests=requests(points), problems=[])


def object_in(value: object) -> dict[str, Any]:
    """A JSON value that should be an object; what is none has nothing in it."""
    return value if isinstance(value, dict) else {}


async def read_of(info: Info[Request, None], document: str) -> Prepared:
    """A document, read beside the event loop and not kept."""
    graph = graph_of(info)
    return await BESIDE.do((graph, document), lambda: read(graph, document))


def graph_of(info: Info[Request, None]) -> GraphQLSchema:
    """The graph that runs this field."""
    return info._raw_info.schema  # noqa: SLF001  # Strawberry shows it in no other way
