"""What of the schema no document has used yet, and the way there: so that few documents use all of it."""

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from functools import cache

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
)

# Fields by type: the type that each shows, and all that a document uses with it.
Ways = dict[str, dict[str, tuple[str, frozenset[str]]]]


@cache
def ways(graph: GraphQLSchema) -> Ways:
    """Every field of every object, where it leads, and its arguments with what they may be given."""
    return {
        name: {one: way(name, type_, one) for one in type_.fields}
        for name, type_ in graph.type_map.items()
        if isinstance(type_, GraphQLObjectType) and not name.startswith("__")
    }


def way(name: str, type_: GraphQLObjectType, field_name: str) -> tuple[str, frozenset[str]]:
    """Where one field leads, and what is used with it."""
    definition, path = type_.fields[field_name], f"{name}.{field_name}"
    used = {path, *[f"{path}({argument})" for argument in definition.args]}
    for argument in definition.args.values():
        used.update(given(get_named_type(argument.type)))
    return get_named_type(definition.type).name, frozenset(used)


def given(type_: GraphQLNamedType) -> Iterator[str]:
    """The members of an input type, and those of their types."""
    if isinstance(type_, GraphQLEnumType):
        yield from (f"{type_.name}.{value}" for value in type_.values)
    elif isinstance(type_, GraphQLInputObjectType):
        for name, inner in type_.fields.items():
            yield f"{type_.name}.{name}"
            yield from given(get_named_type(inner.type))


@dataclass(slots=True)
class Unmet:
    """What was not met so far; `steps` says of each type how many fields lead from it to some of that."""

    schema: GraphQLSchema
    met: AbstractSet[str]
    steps: dict[str, int] = field(init=False)

    def __post_init__(self) -> None:
        known = ways(self.schema)
        self.steps = {name: 0 for name in known if any(self.is_new(name, one) for one in known[name])}
        last = set(self.steps)
        while last:
            last = {
                name
                for name, fields in known.items()
                if name not in self.steps and any(target in last for target, _ in fields.values())
            }
            self.steps |= dict.fromkeys(last, max(self.steps.values(), default=0) + 1)

    def is_new(self, type_name: str, field_name: str) -> bool:
        """Whether a field, or something that may be used with it, was not met."""
        return not ways(self.schema)[type_name][field_name][1] <= self.met

    def onward(self, type_name: str, names: Sequence[str]) -> list[str]:
        """Those of a type's fields that were not met, or else those that lead to such in the fewest steps."""
        new = [name for name in names if self.is_new(type_name, name)]
        if new or type_name not in self.steps:
            return new
        targets = {name: ways(self.schema)[type_name][name][0] for name in names}
        there = {name: self.steps[target] for name, target in targets.items() if target in self.steps}
        return [name for name, steps in there.items() if steps == min(there.values())]
