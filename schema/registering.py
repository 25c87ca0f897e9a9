"""Whether a text can be registered as a document, and if not, why and in which line."""

from dataclasses import dataclass

from graphql import GraphQLError, OperationDefinitionNode, get_location

from schema.execution import Execution

UNKEPT = "\x00"


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a document; `line` is None where no line is to blame."""

    reason: str
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Examined:
    """What was found: the name of the operation, if it has one, and the faults, none where the document fits."""

    operation: str | None
    faults: tuple[Fault, ...] = ()


def examined(execution: Execution, source: str) -> Examined:
    """Hold a text against the graph: it must fit, be within the limits, and have one operation."""
    if UNKEPT in source:
        return Examined(None, (Fault("U+0000 cannot be kept.", source[: source.index(UNKEPT)].count("\n") + 1),))
    prepared = execution.prepare(source)
    if prepared.document is None or prepared.errors:
        return Examined(None, tuple(fault_of(error) for error in prepared.errors))
    operations = [node for node in prepared.document.definitions if isinstance(node, OperationDefinitionNode)]
    if len(operations) != 1:
        reason = f"A registered document has one operation, and not {len(operations)}."
        return Examined(None, (Fault(reason, line_of(operations[1]) if operations else None),))
    name = operations[0].name
    return Examined(None if name is None else name.value)


def line_of(operation: OperationDefinitionNode) -> int | None:
    """The line in which an operation begins."""
    return None if operation.loc is None else get_location(operation.loc.source, operation.loc.start).line


def fault_of(error: GraphQLError) -> Fault:
    """An error that graphql-core found, at the first place it names."""
    return Fault(error.message, error.locations[0].line if error.locations else None)
