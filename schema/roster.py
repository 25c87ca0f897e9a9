"""Rosters that change, in the graph: created, updated, deleted, come into sight or gone out of it."""

import datetime
import enum
from typing import Annotated

import strawberry
from graphql import GraphQLObjectType
from strawberry.types import Info

from resolvers import roster as rules
from resolvers.context import Request
from resolvers.engine.declare import Relation, Stored
from resolvers.engine.rows import global_id as global_id_of
from resolvers.engine.selection import declared_of
from resolvers.policy import Operation
from resolvers.roster import MOST_CHANGES, RULES, Change, roster_diff
from schema.declare import named, needs
from schema.directives import ListSize
from schema.moments import printed
from schema.nodes import Node

PATH = "Query.rosterDiff"
DEFAULT_CHANGES = 500
CHANGES = [
    ListSize(
        assumed_size=DEFAULT_CHANGES,
        slicing_arguments=["first"],
        sized_fields=["changes"],
        require_one_slicing_argument=False,
    )
]


@strawberry.enum(description="What rosters consist of.")
class RosterType(enum.Enum):
    ORGANIZATION = strawberry.enum_value("organization", description="Organizations (組織).")
    SECTION = strawberry.enum_value("section", description="Sections (所属).")
    GROUP = strawberry.enum_value("group", description="Groups (グループ).")
    STUDENT = strawberry.enum_value("student", description="Students (生徒) who are not locked.")
    ENROLLMENT = strawberry.enum_value("enrollment", description="Enrollments (受講).")
    COURSE = strawberry.enum_value("course", description="Courses (講座).")


@strawberry.enum(description="What became of a row, for you.")
class ChangeKind(enum.Enum):
    CREATED = strawberry.enum_value("created", description="It is new.")
    UPDATED = strawberry.enum_value("updated", description="You could see it, and can; something of it changed.")
    DELETED = strawberry.enum_value("deleted", description="You could see it, and it is gone.")
    ENTERED_SCOPE = strawberry.enum_value("entered_scope", description="It was there, and you can see it now.")
    LEFT_SCOPE = strawberry.enum_value("left_scope", description="It is there, and you cannot see it any more.")


@strawberry.type(description="What became of one row since the cursor, its changes taken together.")
class RosterChange:
    kind: ChangeKind = strawberry.field(description="What became of it, for you.")
    type: RosterType = strawberry.field(description="What it is.")
    id: strawberry.ID = strawberry.field(description="Its global id.")
    at: datetime.datetime = strawberry.field(description="When it last changed.")
    changed_fields: list[str] = strawberry.field(
        description="Of an update the fields of the type that changed; empty where none of them did."
    )
    is_shown: strawberry.Private[bool]
    node: Node | None = named(
        "The row as it is now; null where it is gone, or gone out of your sight.",
        ids=lambda change, _given: change.id if change.is_shown else None,
        most=MOST_CHANGES,
    )


@strawberry.type(description="What changed in the rosters that you may see.")
class RosterDiff:
    changes: list[RosterChange] = strawberry.field(description="One for each row, in the order of their last change.")
    next_cursor: str = strawberry.field(description="Pass it as `after` to go on.")
    has_more: bool = strawberry.field(description="Whether more is known already: ask again at once.")
    snapshot_required: bool = strawberry.field(
        description="Whether the changes since the cursor cannot be told: it is too old, or you see other organizations"
        " now. Read the rosters anew, and go on from `nextCursor`, which is from before that."
    )


@strawberry.type
class RosterQueries:
    @strawberry.field(
        description="What changed in rosters (名簿) behind a cursor, as you see it. Without a cursor nothing, and the"
        " cursor of now: take it first, read the rosters by paging, then ask for what changed since. A change may be"
        " told twice; the row that comes with it is always as it is now.",
        metadata=needs(Operation.ME),
        directives=CHANGES,
    )
    async def roster_diff(
        self,
        info: Info[Request, None],
        after: Annotated[str | None, strawberry.argument(description="The `nextCursor` of an earlier answer.")] = None,
        types: Annotated[
            list[RosterType] | None,
            strawberry.argument(
                description="Only these; one that you may not read is refused. Unless told, all that you may."
            ),
        ] = None,
        first: Annotated[
            int, strawberry.argument(description="How many changes are read at most: 1 to 1,000. Fewer may be shown.")
        ] = DEFAULT_CHANGES,
    ) -> RosterDiff:
        wanted = None if types is None else [rules.RosterType(type_.value) for type_ in types]
        found = await roster_diff(info.context, after=after, types=wanted, first=first, path=PATH)
        return RosterDiff(
            changes=[shown(change, info) for change in found.changes],
            next_cursor=found.next_cursor,
            has_more=found.has_more,
            snapshot_required=found.snapshot_required,
        )


def shown(change: Change, info: Info[Request, None]) -> RosterChange:
    """A change in the words of the graph."""
    name = RULES[change.type].name
    type_ = info.schema._schema.type_map[name]  # noqa: SLF001  # Strawberry gives its graphql-core schema in no other way
    fields = fields_of(type_) if isinstance(type_, GraphQLObjectType) else {}
    return RosterChange(
        kind=ChangeKind(change.kind.value),
        type=RosterType(change.type.value),
        id=strawberry.ID(global_id_of(name, change.row_id)),
        at=printed(change.at, info.context) or change.at,
        changed_fields=[field for column in change.fields for field in fields.get(column, ())],
        is_shown=change.is_shown,
    )


def fields_of(type_: GraphQLObjectType) -> dict[str, list[str]]:
    """The fields of a type by the column that they show or follow; what belongs to a row is called as its field."""
    found: dict[str, list[str]] = {}
    for name, definition in type_.fields.items():
        match declared_of(definition):
            case Stored(column, None):
                found.setdefault(column, []).append(name)
            case Relation(keys=(key,), link=None) as relation if relation.match == ("id",) or key != "id":
                found.setdefault(key, []).append(name)
            case Relation():
                found.setdefault(snake(name), []).append(name)
    return found


def snake(name: str) -> str:
    """A field as columns are called."""
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)
