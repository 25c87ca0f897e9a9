"""The role matrix worked out for one viewer: each verdict with its reason."""

from dataclasses import dataclass

from resolvers.context import Viewer
from resolvers.policy import WIDTH, Operation, Position, Reach, reach

WORDS = {
    Reach.SELF: "the person alone",
    Reach.OWN: "the own organization",
    Reach.OWN_AND_CHILDREN: "the own organization and its children",
    Reach.ALL: "everything",
}


@dataclass(frozen=True, slots=True)
class AccessCell:
    """One row of the matrix for a viewer: the operation, how far it goes (None: not at all), and why."""

    operation: str
    reach: str | None
    why: str


def access_cells(viewer: Viewer) -> list[AccessCell]:
    """All rows of the matrix for this viewer, in its order."""
    return [access_cell(viewer, operation) for operation in Operation]


def access_cell(viewer: Viewer, operation: Operation) -> AccessCell:
    """One row: the position that reaches farthest decides."""
    positions = sorted(viewer.positions, key=lambda position: (-width(operation, position), position.value))
    decides = positions[0]
    farthest = reach(operation, decides)
    if farthest is None:
        return AccessCell(operation.value, None, f"{decides.value} may not.")
    return AccessCell(operation.value, farthest.value, f"{decides.value} reaches {WORDS[farthest]}.")


def width(operation: Operation, position: Position) -> int:
    """How far an operation goes, as a number to compare."""
    return WIDTH[reach(operation, position)]
