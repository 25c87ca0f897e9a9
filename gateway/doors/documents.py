"""The stored documents: read from their folder, and held against the graph and the doors before anyone asks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from gateway.doors.kinds import Choice, Kind, Listed, Members, Sort
from gateway.doors.parameters import Parameter
from schema.documents import Variable, variables_of
from schema.execution import Execution


class WrongDocument(Exception):
    """Stored documents that do not fit the graph or their doors; the text has a line for each fault."""


@dataclass(frozen=True, slots=True)
class Document:
    """A stored document; its operation has the name of its file."""

    name: str
    source: str


def documents_in(folder: Path) -> dict[str, Document]:
    """The documents of a folder, by name."""
    return {path.stem: Document(path.stem, path.read_text("utf-8")) for path in sorted(folder.glob("*.graphql"))}


def faults(document: Document, parameters: Sequence[Parameter], execution: Execution) -> list[str]:
    """What is wrong with a document or with the parameters that are to become its variables; nothing where it fits."""
    prepared = execution.store(document.source)
    found = [f"{document.name}.graphql: {error.message}" for error in prepared.errors]
    if found or prepared.document is None:
        return found
    if execution.operation(document.source, document.name) is None:
        return [f"{document.name}.graphql has no operation {document.name}."]
    declared = variables_of(execution.graph.schema, prepared.document, document.name)
    return [f"{document.name}.graphql: {fault}" for fault in variable_faults(declared, parameters)]


def variable_faults(declared: Mapping[str, Variable], parameters: Sequence[Parameter]) -> list[str]:
    """Parameters without a variable, variables without a parameter, and pairs that do not fit."""
    sent = {parameter.name: parameter for parameter in parameters if parameter.sent}
    found = [f"the parameter {name} names no variable." for name in sent if name not in declared]
    found += [f"no parameter gives ${name}." for name in declared if name not in sent]
    for name in declared.keys() & sent.keys():
        parameter, variable = sent[name], declared[name]
        if not fits(parameter.kind, variable):
            found.append(f"${name} has the type {variable.type}, which the parameter is not.")
        if variable.needed and not parameter.required and parameter.default is None:
            found.append(f"${name} must be given, but the parameter need not.")
    return found


def fits(kind: Kind, variable: Variable) -> bool:
    """Whether every value of a kind is one of the variable's type."""
    one = kind.item if isinstance(kind, Listed) else kind
    if variable.is_list is not isinstance(kind, Listed):
        return False
    if isinstance(one, Choice):
        return {str(one.variable(word)) for word in one.words} <= variable.members
    return (one.graph_input if isinstance(one, Sort | Members) else one.graph_type) == variable.type
