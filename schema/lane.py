"""The express lane: a document that was served once is answered without graphql-core's executor.

What the executor would do for such a document is known by then: one field at the root, which one plan writes as text.
The variables are coerced by graphql-core, the plan is chosen and run by the engine, and errors are located and printed
as ever, so that the answer is the same; the tests hold one against the other. Whatever is unusual leaves the lane
before any statement is sent. `KAKEHASHI_LANE=false` takes it away.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from graphql import (
    DocumentNode,
    ExecutionResult,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLInputType,
    GraphQLResolveInfo,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    Undefined,
    get_variable_values,
    is_non_null_type,
)
from graphql.error import located_error
from graphql.execution.collect_fields import FragmentDetails, collect_fields
from graphql.execution.get_variable_signature import GraphQLVariableSignature, get_variable_signature
from graphql.execution.values import VariableValues, VariableValueSource
from graphql.pyutils import Path
from graphql.utilities import coerce_input_value

from resolvers.context import Request
from resolvers.engine.declare import Relation
from resolvers.engine.engine import Engine
from resolvers.engine.selection import declared_of
from resolvers.errors import Refusal

SHAPES = 16


@dataclass(frozen=True, slots=True)
class Variable:
    """A declared variable, and what it is where it is not given: its default, or Undefined for none."""

    signature: GraphQLVariableSignature
    type: GraphQLInputType
    default: object
    is_needed: bool


@dataclass(slots=True, eq=False)
class Lane:
    """One operation; `roots` has its root field for each combination of booleans, None where the executor is needed."""

    engine: Engine
    graph: GraphQLSchema
    operation: OperationDefinitionNode
    fragments: Mapping[str, FragmentDefinitionNode]
    variables: tuple[Variable, ...]
    roots: dict[tuple[object, ...], GraphQLResolveInfo[Any] | None] = field(default_factory=dict)

    async def run(self, request: Request, given: Mapping[str, Any]) -> ExecutionResult | None:
        """What came of the operation; None, before any statement, where the executor must run it."""
        values = self.coerced(given)
        root = None if values is None else self.root(values)
        if values is None or root is None:
            return None
        info = root._replace(variable_values=values, context=request)
        try:
            chosen = await self.engine.chosen(info, request)
        except (Refusal, GraphQLError):
            return None
        if chosen.plan.opened:
            return None
        key = str(info.path.key)
        try:
            (value,) = await chosen.plan.run([()], chosen.given, request)
        except Exception as cause:  # noqa: BLE001  # every failure of a field becomes its error, as in the executor
            error = located_error(cause, info.field_nodes, info.path.as_list())
            return ExecutionResult(None if is_non_null_type(info.return_type) else {key: None}, [error])
        if value is None and is_non_null_type(info.return_type):
            return None
        return ExecutionResult({key: value}, None)

    def coerced(self, given: Mapping[str, Any]) -> VariableValues | None:
        """The values of the variables; None where one does not fit: the executor says why."""
        sources, coerced = {}, {}
        for variable in self.variables:
            name = variable.signature.name
            value = given.get(name, Undefined)
            sources[name] = VariableValueSource(variable.signature, value)
            if value is Undefined:
                if variable.is_needed:
                    return None
                if variable.default is not Undefined:
                    coerced[name] = variable.default
                continue
            found = coerce_input_value(value, variable.type)
            if found is Undefined:
                return None
            coerced[name] = found
        return VariableValues(sources, coerced)

    def root(self, values: VariableValues) -> GraphQLResolveInfo[Any] | None:
        """The one root field, if the engine resolves it."""
        key = tuple((name, value) for name, value in values.coerced.items() if isinstance(value, bool))
        if key not in self.roots:
            if len(self.roots) >= SHAPES:
                return None
            self.roots[key] = self.collected(values)
        return self.roots[key]

    def collected(self, values: VariableValues) -> GraphQLResolveInfo[Any] | None:
        """The one root field, collected as the executor collects it."""
        query = self.graph.query_type
        if query is None:
            return None
        fragments = {name: FragmentDetails(definition) for name, definition in self.fragments.items()}
        grouped = collect_fields(self.graph, fragments, values, query, self.operation).grouped_field_set
        if len(grouped) != 1:
            return None
        ((key, details),) = grouped.items()
        name = details[0].node.name.value
        definition = query.fields.get(name)
        if definition is None or not isinstance(declared_of(definition), Relation):
            return None
        return GraphQLResolveInfo(
            field_name=name,
            field_nodes=[detail.node for detail in details],
            return_type=definition.type,
            parent_type=query,
            path=Path(None, key, query.name),
            schema=self.graph,
            fragments=dict(self.fragments),
            root_value=None,
            operation=self.operation,
            variable_values=values,
            context=None,
            is_awaitable=cast(Any, never),
            abort_signal=None,
            async_helpers=cast(Any, never),
        )


def never(*_: object) -> None:
    """The engine asks nothing of the executor."""
    raise TypeError("There is no executor in the express lane.")


def lane_of(
    graph: GraphQLSchema, engine: Engine, document: DocumentNode, operation: OperationDefinitionNode
) -> Lane | None:
    """The lane of an operation of a valid document; None for whatever is no query."""
    if operation.operation is not OperationType.QUERY:
        return None
    variables = []
    for node in operation.variable_definitions or ():
        signature = get_variable_signature(graph, node)
        alone = get_variable_values(graph, [node], {})
        if isinstance(signature, GraphQLError):
            return None
        default = alone.coerced.get(signature.name, Undefined) if isinstance(alone, VariableValues) else Undefined
        needed = is_non_null_type(signature.type) and default is Undefined
        variables.append(Variable(signature, signature.type, default, needed))
    fragments = {d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)}
    return Lane(engine, graph, operation, fragments, tuple(variables))
