"""One access to students' data: who, when, by which way, and what was read of whom."""

import enum
from datetime import datetime
from typing import NamedTuple, Protocol, TypeAlias

# What was read, as `Type.field`, and the numbers of the students of whom, parted by commas.
Shown: TypeAlias = tuple[tuple[str, ...], str]


class Way(enum.Enum):
    """By which way students' data is read; `system` is the product itself, which changes roles."""

    GRAPHQL = "graphql"
    REST = "rest"
    SUBSCRIPTION = "subscription"
    EXPORT = "export"
    WEBHOOK = "webhook"
    SYSTEM = "system"


class Manner(NamedTuple):
    """By which way, which operation or door, and the SHA-256 of a document of a client; never a variable."""

    way: Way = Way.GRAPHQL
    operation: str | None = None
    document: str | None = None


class Access(NamedTuple):
    """What one person was shown of students at once. `own_id` is the person as a student, whose own data is no news."""

    at: datetime
    reader_id: int | None
    reader_uid: str
    token_id: int | None
    own_id: int | None
    manner: Manner
    shown: tuple[Shown, ...]

    @property
    def weight(self) -> int:
        """How many numbers of students it holds."""
        weight = 0
        for _, numbers in self.shown:
            weight += numbers.count(",") + 1
        return weight


class Witness(Protocol):
    """Whoever writes down what was read."""

    def note(self, access: Access) -> None:
        """An access, which is over."""
