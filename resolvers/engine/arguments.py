"""The arguments of a field: read by graphql-core, flattened to paths, and told apart by what they change."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum

from graphql import FieldNode, GraphQLField, ValueNode, VariableNode
from graphql.execution.values import VariableValues, get_argument_values
from graphql.language import ListValueNode, ObjectValueNode

from db.json_text import Expression
from db.predicates import parameter
from resolvers.engine.declare import Given, Relation, Switch

PAGING = ("first", "after", "page", "per")
ORDER_FIELD, ORDER_DIRECTION = "orderBy.field", "orderBy.direction"
# These are written into the statement; of all others only their presence changes it.
BY_VALUE = frozenset({"first", "per", ORDER_FIELD, ORDER_DIRECTION})


@dataclass(frozen=True, slots=True)
class Site:
    """A field with arguments inside a document: how its values are read anew for each request.

    `node` is the field with nothing below it.
    """

    index: int
    definition: GraphQLField
    node: FieldNode
    relation: Relation
    constant: dict[str, object] | None

    def given(self, variables: VariableValues) -> Given:
        """The values of this request."""
        return self.constant if self.constant is not None else read(self.definition, self.node, variables)

    def shape(self, given: Given) -> tuple[object, ...]:
        """The part of the values that changes the statement: some by value, the others by presence."""
        by_value = BY_VALUE | {a.argument for a in self.relation.filters if isinstance(a, Switch)}
        pairs = [(name, value if name in by_value else None) for name, value in given.items() if value is not None]
        return tuple(sorted(pairs, key=str))

    def bind_name(self, argument: str) -> str:
        """The name under which an argument's value is bound in the statement."""
        return f"a{self.index}_{argument.replace('.', '_')}"

    def bind(self, given: Given, argument: str) -> Expression | None:
        """The bound value of an argument, or None where it was not given."""
        return None if given.get(argument) is None else parameter(self.bind_name(argument))


def site_of(index: int, definition: GraphQLField, node: FieldNode, relation: Relation) -> Site:
    """A site; arguments without a variable in them are read once and for all."""
    free = any(has_variable(argument.value) for argument in node.arguments or ())
    constant = None if free else read(definition, node, VariableValues({}, {}))
    alone = FieldNode(name=node.name, arguments=node.arguments, loc=node.loc)
    return Site(index, definition, alone, relation, constant)


def read(definition: GraphQLField, node: FieldNode, variables: VariableValues) -> dict[str, object]:
    """Argument values by path; raises GraphQLError for values that do not fit their types."""
    return dict(flat("", get_argument_values(definition, node, variables)))


def flat(prefix: str, values: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    """Input objects as paths, enum members as the values they stand for."""
    for name, value in values.items():
        if isinstance(value, dict):
            yield from flat(f"{prefix}{name}.", value)
        else:
            yield f"{prefix}{name}", plain(value)


def plain(value: object) -> object:
    """The value that the database compares with."""
    if isinstance(value, Enum):
        return value.value
    return [plain(item) for item in value] if isinstance(value, list) else value


def has_variable(node: ValueNode) -> bool:
    """Whether a variable stands anywhere inside a value."""
    if isinstance(node, VariableNode):
        return True
    if isinstance(node, ListValueNode):
        return any(has_variable(value) for value in node.values)
    if isinstance(node, ObjectValueNode):
        return any(has_variable(field.value) for field in node.fields)
    return False
