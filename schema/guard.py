"""Holds a parsed document to the limits before it is validated: in one walk, each fragment measured once.

Validation compares fields with one another, so whoever may send any document may make it work for minutes. What is
measured here takes time in proportion to the length of the document, however fragments spread one another.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    OperationDefinitionNode,
    SelectionNode,
)
from graphql.language import SelectionSetNode

from resolvers.errors import LimitExceeded
from schema.limits import Limits

INTROSPECTION = ("__schema", "__type")


@dataclass(frozen=True, slots=True)
class Spread:
    """A fragment that is spread: its name, below how many fields, and whether inside introspection."""

    name: str
    depth: int
    introspects: bool


@dataclass(slots=True)
class Measured:
    """What stands in a definition itself, and what it spreads."""

    fields: int = 0
    aliases: int = 0
    directives: int = 0
    root_fields: int = 0
    depth: int = 0
    introspection_depth: int = 0
    repeated: int = 0
    spreads: list[Spread] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Total:
    """What a definition comes to with everything that it spreads."""

    fields: int
    aliases: int
    directives: int
    root_fields: int
    depth: int
    introspection_depth: int


NOTHING = Total(0, 0, 0, 0, 0, 0)


def refuse_oversized(document: DocumentNode, limits: Limits) -> None:
    """LimitExceeded, with the limit as its reason, for a document that is beyond one."""
    definitions = document.definitions
    fragments = {one.name.value: one for one in definitions if isinstance(one, FragmentDefinitionNode)}
    refuse_above("fragments", len(fragments), limits.fragments)
    measured = {name: measure(fragment.selection_set) for name, fragment in fragments.items()}
    totals = Totals(measured)
    for operation in definitions:
        if isinstance(operation, OperationDefinitionNode):
            found = measure(operation.selection_set)
            found.directives += len(operation.directives or ())
            refuse_total(totals.sum(found), limits)
            refuse_above("repeated", found.repeated, limits.repeated)
    # Validation looks at every fragment, also at one that nothing spreads; deeper down the library has bounds itself.
    refuse_above("repeated", max((found.repeated for found in measured.values()), default=0), limits.repeated)


def refuse_total(total: Total, limits: Limits) -> None:
    """LimitExceeded where a whole operation is beyond a limit."""
    refuse_above("depth", total.depth, limits.depth)
    refuse_above("introspection_depth", total.introspection_depth, limits.introspection_depth)
    refuse_above("root_fields", total.root_fields, limits.root_fields)
    refuse_above("aliases", total.aliases, limits.aliases)
    refuse_above("directives", total.directives, limits.directives)
    refuse_above("fields", total.fields, limits.fields)


def refuse_above(name: str, found: int, most: int) -> None:
    """LimitExceeded where more was found than may be."""
    if found > most:
        raise beyond(name, most, NAMES[name])


def beyond(name: str, most: int, what: str) -> LimitExceeded:
    """The refusal of a document beyond a limit."""
    return LimitExceeded(f"The document {what}: at most {most} are allowed ({name}).", reason=name)


NAMES = {
    "fragments": "defines too many fragments",
    "depth": "nests fields too deeply",
    "introspection_depth": "nests introspection too deeply",
    "root_fields": "asks for too many fields at its root",
    "fields": "asks for too many fields, those of its fragments included",
    "aliases": "has too many aliases",
    "directives": "has too many directives",
    "repeated": "names the same field too often in one place",
}


class Totals:
    """Adds up definitions with what they spread; each fragment once, and one that spreads itself not again."""

    def __init__(self, measured: Mapping[str, Measured]) -> None:
        self.measured = measured
        self.known: dict[str, Total] = {}

    def of(self, name: str) -> Total:
        """The total of a fragment; there are so few of them that calling on is no danger."""
        if name not in self.known:
            self.known[name] = NOTHING
            found = self.measured.get(name)
            self.known[name] = NOTHING if found is None else self.sum(found)
        return self.known[name]

    def sum(self, found: Measured) -> Total:
        """The total of a definition."""
        spread = [(one, self.of(one.name)) for one in found.spreads]
        plain = [one.depth + total.depth for one, total in spread if not one.introspects]
        inside = [
            one.depth + (total.depth if one.introspects else total.introspection_depth)
            for one, total in spread
            if one.introspects or total.introspection_depth
        ]
        return Total(
            found.fields + sum(total.fields for _, total in spread),
            found.aliases + sum(total.aliases for _, total in spread),
            found.directives + sum(total.directives for _, total in spread),
            found.root_fields + sum(total.root_fields for one, total in spread if one.depth == 0),
            max([found.depth, *plain]),
            max([found.introspection_depth, *inside]),
        )


def measure(selections: SelectionSetNode) -> Measured:
    """What stands in a selection and below it, without following fragments."""
    found = Measured()
    waiting = [(selections, 0, False)]
    while waiting:
        selection_set, depth, introspects = waiting.pop()
        names: Counter[str] = Counter(named(selection_set))
        found.repeated = max([found.repeated, *names.values()])
        for selection in selection_set.selections:
            found.directives += len(selection.directives or ())
            if isinstance(selection, FragmentSpreadNode):
                found.spreads.append(Spread(selection.name.value, depth, introspects))
                continue
            below, inside = depth, introspects
            if isinstance(selection, FieldNode):
                below, inside = depth + 1, introspects or selection.name.value in INTROSPECTION
                count(selection, found, below, introspects=inside)
            nested = getattr(selection, "selection_set", None)
            if nested is not None:
                waiting.append((nested, below, inside))
    return found


def count(node: FieldNode, found: Measured, depth: int, *, introspects: bool) -> None:
    """Count one field that stands `depth` fields deep."""
    found.fields += 1
    found.aliases += node.alias is not None
    found.root_fields += depth == 1
    if introspects:
        found.introspection_depth = max(found.introspection_depth, depth)
    else:
        found.depth = max(found.depth, depth)


def named(selections: SelectionSetNode) -> Iterator[str]:
    """What each selection is called: a field by its place in the answer, a fragment by its own name."""
    for selection in selections.selections:
        yield name_of(selection)


def name_of(selection: SelectionNode) -> str:
    """What one selection is called."""
    match selection:
        case FieldNode():
            return selection.alias.value if selection.alias else selection.name.value
        case FragmentSpreadNode():
            return f"...{selection.name.value}"
    return "..."
