"""Which numbers over learners may be told, so that nobody can be singled out by them.

A number over fewer than ENOUGH learners is not told. Nor is one that could be had by taking numbers that are told from
one another: a level that is what is left of all learners, and a number of a parent of which only a few are left when
what its children are told to have is taken away. That nobody is left may be known: nobody is singled out by it.
"""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from db.progress.analytics import LEVEL, Counted

ENOUGH = 5
# What is counted, and of which period or at which level.
Cell: TypeAlias = tuple[str, Hashable]
Levels: TypeAlias = Mapping[str | None, int | None]


@dataclass(frozen=True, slots=True)
class Group:
    """The learners of one organization, or of one with its children, by what was counted of them.

    `parts` are the children, each as it is told by itself. What is the organization's own is never told alone.
    """

    cells: Mapping[Cell, Sequence[Counted]]
    labels: Sequence[str | None]
    parts: Sequence["Group"] = ()
    levels: Levels = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "levels", self.told_levels())

    @property
    def learners(self) -> int | None:
        """How many learners there are, where these are enough; who they are is no secret to whoever reads members."""
        whole = sum(self.at(label) for label in self.labels)
        return whole if whole >= ENOUGH else None

    def number(self, cell: Cell) -> int | None:
        """Of how many learners something is so, where it may be told."""
        whole = self.people(cell)
        known = sum(part.number(cell) or 0 for part in self.parts)
        return whole if is_enough(whole, whole - known) else None

    def sums(self, cells: Iterable[Cell]) -> tuple[int, int, int] | None:
        """Lessons, courses and milliseconds of those cells that may be told; None where there is none of these."""
        told = [cell for cell in cells if self.number(cell) is not None]
        rows = [row for cell in told for row in self.cells[cell]]
        if not rows:
            return None
        return sum(r.lessons for r in rows), sum(r.courses for r in rows), sum(r.duration_ms for r in rows)

    def people(self, cell: Cell) -> int:
        """Of how many learners something is so."""
        return sum(row.learners for row in self.cells.get(cell, ()))

    def at(self, label: str | None) -> int:
        """How many learners stand at a level."""
        return self.people((LEVEL, label))

    def told_levels(self) -> Levels:
        """How many learners stand at each level, where it may be told.

        What is not told is more than one level, and together enough learners, or nobody: all learners less those at
        levels that are told would say it. For that, levels with the fewest learners are kept back too.
        """
        if self.learners is None:
            return dict.fromkeys(self.labels)
        hidden = {label for label in self.labels if not self.may_tell(label)}
        shown = sorted((label for label in self.labels if label not in hidden), key=self.at)
        while shown and gives_away(sum(map(self.at, hidden)), len(hidden)):
            hidden.add(shown.pop(0))
        return {label: None if label in hidden else self.at(label) for label in self.labels}

    def may_tell(self, label: str | None) -> bool:
        """Whether a level may be told, were it the only one."""
        known = sum(part.levels[label] or 0 for part in self.parts)
        return is_enough(self.at(label), self.at(label) - known)


def is_enough(whole: int, left: int) -> bool:
    """Whether so many learners are enough, and so many that are left of them are too, or nobody."""
    return whole >= ENOUGH and not 0 < left < ENOUGH


def gives_away(left: int, levels: int) -> bool:
    """Whether what is left of all learners says too much of those at levels that are not told."""
    return left > 0 and (levels == 1 or left < ENOUGH)


def grouped(rows: Iterable[Counted], labels: Sequence[str | None], parts: Sequence[Group] = ()) -> Group:
    """The learners of whom these rows tell."""
    cells: dict[Cell, list[Counted]] = {}
    for row in rows:
        cells.setdefault((row.kind, row.period or row.label), []).append(row)
    return Group(cells, labels, parts)
