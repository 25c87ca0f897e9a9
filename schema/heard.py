"""What a document reads of the student whom an event is about, beside what the engine reads."""

from typing import Any

from graphql import GraphQLObjectType, get_named_type
from graphql.execution import Executor
from graphql.execution.collect_fields import collect_fields, collect_subfields

from resolvers.context import Request
from resolvers.engine.declare import Relation
from resolvers.engine.selection import declared_of


def tell_of(event: object, request: Request, executor: Executor[Any]) -> None:
    """Tell the request what a document reads of an event about a student, where one of the staff hears of it."""
    student = getattr(event, "student_id", None)
    if student is not None and request.standing.is_staff:
        request.saw(tuple(sorted(fields_of(executor))), str(student))


def fields_of(executor: Executor[Any]) -> set[str]:
    """The fields of the event that are asked for, as `Type.field`; what they lead to is read by the engine."""
    graph, fragments, values = executor.schema, executor.fragments, executor.variable_values
    root = graph.subscription_type
    if root is None:
        raise TypeError("The graph has no subscriptions.")
    found: set[str] = set()
    for details in collect_fields(graph, fragments, values, root, executor.operation).grouped_field_set.values():
        type_ = get_named_type(root.fields[details[0].node.name.value].type)
        if not isinstance(type_, GraphQLObjectType):
            continue
        below = collect_subfields(graph, fragments, values, executor.operation, type_, details)
        names = {nodes[0].node.name.value for nodes in below.grouped_field_set.values()} - {"__typename"}
        found |= {f"{type_.name}.{name}" for name in names if not leads_on(type_, name)}
    return found


def leads_on(type_: GraphQLObjectType, name: str) -> bool:
    """Whether a field shows rows of their own."""
    return isinstance(declared_of(type_.fields[name]), Relation)
