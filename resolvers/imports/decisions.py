"""What is to be done with a row: plain data, of which a plan shows one half and the database is told the other."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from typing import Any

from db.imports.people import Account
from db.imports.writing import Write
from resolvers.imports.reading import Fault

# Nobody said until when: the year is one that every calendar and time zone can print.
UNTIL = datetime(2999, 12, 31, tzinfo=UTC)


class Action(Enum):
    """What is done with a person."""

    CREATED = "created"
    UPDATED = "updated"
    DEACTIVATED = "deactivated"
    UNCHANGED = "unchanged"
    SKIPPED = "skipped"
    FAILED = "failed"


class Reason(Enum):
    """Why nothing is done with a person who is let be."""

    MANUAL = "source_manual"
    CSV = "source_csv"
    ONEROSTER = "source_oneroster"
    SSO = "source_sso"
    LTI = "source_lti"
    SELF = "self"
    OWNER = "owner"
    NOT_HERE = "not_here"
    NO_MEMBER = "no_member"


@dataclass(slots=True)
class Decision:
    """What is done with a row, whom it is about, by column what changes, and what is wrong with it."""

    number: int
    action: Action
    account: Account | None = None
    reason: Reason | None = None
    changes: dict[str, list[object]] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    write: Write | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """On which an import works: of which organization, for whom, and what that one may."""

    organization_id: int
    source: str
    owner_id: int
    may_make_owners: bool
    whole_places: bool
    now: datetime
    year: int
    # Of the file; what it has not is left as it is.
    columns: frozenset[str]


def source_reason(row: Mapping[str, Any]) -> Reason:
    """Somebody else said that the person belongs there, and is not contradicted."""
    return Reason(f"source_{row['source']}")


def shown(value: object) -> object:
    """A value as a plan shows it."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, set | frozenset):
        return sorted(value)
    return value if isinstance(value, str | int | bool | None) else str(value)
