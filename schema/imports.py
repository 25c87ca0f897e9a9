"""Imports of members (一括登録) in the graph: a plan that people can read, how far it is, and what is wrong."""

import datetime
import enum
from typing import Annotated

import strawberry
from strawberry.scalars import JSON
from strawberry.types import Info

from db.imports import tables as rows
from resolvers import scopes
from resolvers.context import Request
from resolvers.engine.declare import Reading
from resolvers.errors import Mistake
from resolvers.imports.commands import Wanted, apply_import, cancel_import, start_import
from resolvers.imports.filters import IMPORT_FILTERS, IMPORTS_FILTERS, ROW_FILTERS
from resolvers.policy import Operation
from resolvers.uploads import File
from schema.declare import (
    REQUIRED,
    Argument,
    column,
    connection,
    global_id,
    mapped,
    needs,
    one,
    root_connection,
    root_one,
)
from schema.mistakes import UserError, user_errors
from schema.nodes import Node
from schema.organizations import Organization
from schema.pages import Connection

NUMBER = Annotated[int, strawberry.argument(description="The number of the import.")]
OF = Annotated[
    int | None, strawberry.argument(description="The number of its organization: there is none elsewhere, then.")
]
CSV = (
    "A list of members as comma-separated values, its first line naming the columns. What is longer than a request may"
    " be, and bundles of OneRoster, are sent as a file over REST: POST /api/institutions/{id}/members/bulk."
)


@strawberry.enum(description="Who says that the members belong to the organization.")
class ImportSource(enum.Enum):
    CSV = strawberry.enum_value("csv", description="A list of members.")
    ONEROSTER = strawberry.enum_value("oneroster", description="A bundle of OneRoster.")


@strawberry.enum(description="What an import does.")
class ImportMode(enum.Enum):
    UPSERT = strawberry.enum_value("upsert", description="It makes and changes whom the file has.")
    MIRROR = strawberry.enum_value(
        "mirror", description="It also ends those of the same source whom the file does not have."
    )


@strawberry.enum(description="How far an import is.")
class ImportStatus(enum.Enum):
    PENDING = strawberry.enum_value("pending", description="It waits to be planned.")
    PLANNING = strawberry.enum_value("planning", description="It is being planned.")
    PLANNED = strawberry.enum_value("planned", description="It is planned, and nothing of it is applied.")
    BLOCKED = strawberry.enum_value("blocked", description="It would end too many, and waits to be confirmed.")
    APPLYING = strawberry.enum_value("applying", description="It is being applied.")
    COMPLETED = strawberry.enum_value("completed", description="All rows without errors are applied.")
    FAILED = strawberry.enum_value("failed", description="It was given up; what was applied before that stays.")
    CANCELED = strawberry.enum_value("canceled", description="It was canceled; what was applied before that stays.")


@strawberry.enum(description="What is done with a row.")
class ImportAction(enum.Enum):
    CREATED = strawberry.enum_value("created", description="Somebody new.")
    UPDATED = strawberry.enum_value("updated", description="Something of the person changes.")
    DEACTIVATED = strawberry.enum_value("deactivated", description="The person's time ends, or the person is locked.")
    UNCHANGED = strawberry.enum_value("unchanged", description="All is as the row says.")
    SKIPPED = strawberry.enum_value("skipped", description="The person is let be; `reason` says why.")
    FAILED = strawberry.enum_value("failed", description="The row is wrong; the errors say why.")


@mapped(
    rows.import_rows,
    scope=scopes.of_imports,
    description="A row of an import, or somebody whom the file does not have.",
)
class ImportRow:
    number: int = column("Counted from 1, in the order of the file; those whom it does not have come last.")
    line: int | None = column("The line of the file on which it begins; null for those whom it does not have.")
    ref: str | None = column("What the person is called by whoever sent the file; null where that cannot be read.")
    role: str | None = column("The role, as the row says it.")
    content: JSON = column("What the row says, by column.")
    action: ImportAction | None = column("What is done with it; null before it was planned.")
    action_code: str | None = column("The same, as the REST API prints it.", "action")
    reason: str | None = column(
        "Why the person is let be: source_manual, source_csv, source_oneroster, source_sso and source_lti (somebody"
        " else said that the person belongs there), self (you), owner (owners alone end owners), not_here, no_member (a"
        " role that is none here, such as guardian)."
    )
    changes: JSON | None = column("By column, what is there and what comes in its place.")


@mapped(rows.import_errors, scope=scopes.of_imports, description="Something that is wrong in a file.")
class ImportFault:
    file: str | None = column("The file of a bundle; null for a list.")
    line: int = column("The line.")
    code: str = column("A stable code, such as DATE.")
    message: str = column("What is wrong, for people; never the value itself.")
    # Last, for from here on the name is the field's.
    column: str | None = column("The column; null where the line is wrong as a whole.")


@mapped(
    rows.shown_imports,
    scope=scopes.import_rows,
    node=Reading(Operation.MEMBERS),
    description="A file of members, as a plan and what came of it. Its rows are forgotten after 30 days.",
)
class Import(Node):
    id: strawberry.ID = global_id("Import")
    legacy_id: int = column("Its number.", "id")
    source: ImportSource = column("Who says that these are members.")
    source_code: str = column("The same, as the REST API prints it.", "source")
    mode: ImportMode = column("What it does.")
    mode_code: str = column("The same, as the REST API prints it.", "mode")
    dry_run: bool = column("Whether it stops when it is planned.")
    encoding: str = column("How the file is written: utf-8 or cp932 (Shift_JIS).")
    columns: list[str] = column("The columns that the file has; what it has not is left as it is.")
    status: ImportStatus = column("How far it is.")
    status_code: str = column("The same, as the REST API prints it.", "status")
    progress: float = column("How much of its present phase is done, from 0 to 1.")
    total_rows: int = column("How many rows there are, those included whom the file does not have.")
    processed_rows: int = column("How many of them were gone through in the present phase.", "position")
    created_count: int = column("How many are, or are to be, created.")
    updated_count: int = column("How many are, or are to be, updated.")
    deactivated_count: int = column("How many end, or are to end.")
    unchanged_count: int = column("How many are as the file says.")
    skipped_count: int = column("How many are let be.")
    failed_count: int = column("How many rows are wrong.")
    error_count: int = column("How many errors there are.")
    active_count: int | None = column("How many members of this source were active when it was planned.")
    error: str | None = column("Why it is blocked, or was given up.")
    created_at: datetime.datetime = column("When it was asked for.")
    planned_at: datetime.datetime | None = column("When it was planned.")
    finished_at: datetime.datetime | None = column("When it was completed, given up or canceled.")
    organization: Organization | None = one(
        "The organization.", key="organization_id", operation=Operation.ORGANIZATIONS
    )
    rows: Connection[ImportRow] = connection(
        "Its rows, in the order of the file: the plan, and then what came of it.",
        match="import_id",
        order=("id",),
        filters=ROW_FILTERS,
        arguments=(Argument("action", ImportAction | None, "With this action."),),
    )
    errors: Connection[ImportFault] = connection("What is wrong.", match="import_id", order=("id",))


@strawberry.type(description="What came of asking for an import, or of deciding on one.")
class ImportPayload:
    import_id: strawberry.Private[int | None]
    member_import: Import | None = one("The import; null where there is none.", key="import_id")
    user_errors: list[UserError] = strawberry.field(description="What to mend; then nothing was changed.")


@strawberry.type
class ImportQueries:
    member_imports: Connection[Import] = root_connection(
        "Imports of members of organizations within your reach, the newest first.",
        order=("-id",),
        filters=IMPORTS_FILTERS,
        operation=Operation.MEMBERS,
        arguments=(
            Argument("organization_legacy_id", int | None, "Of this organization, by number."),
            Argument("status", ImportStatus | None, "With this status."),
        ),
    )
    member_import: Import | None = root_one(
        "The import with this number.",
        arguments=(
            Argument("legacy_id", int, "Its number.", REQUIRED),
            Argument("organization_legacy_id", int | None, "Of this organization: there is none elsewhere, then."),
        ),
        filters=(*IMPORT_FILTERS, IMPORTS_FILTERS[0]),
        operation=Operation.MEMBERS,
    )


@strawberry.type
class ImportMutations:
    @strawberry.mutation(
        description="Plan an import of members: nothing is changed but the import itself. A worker goes through the"
        " rows, and says of each what would be done with it.",
        metadata=needs(Operation.MANAGE_MEMBERS),
    )
    async def plan_import(
        self,
        info: Info[Request, None],
        organization_legacy_id: Annotated[int, strawberry.argument(description="The number of the organization.")],
        csv: Annotated[str, strawberry.argument(description=CSV)],
        mode: Annotated[ImportMode | None, strawberry.argument(description="What to do: UPSERT unless told.")] = None,
    ) -> ImportPayload:
        wanted = Wanted(organization_legacy_id, File(encoded(csv), "utf-8"), code_of(mode))
        made = await start_import(info.context, wanted, "Mutation.planImport")
        return payload(made, called="csv")

    @strawberry.mutation(
        description="Import the file that a request over REST brings (POST /api/institutions/{id}/members/bulk): it is"
        " planned, and applied at once unless it is a dry run, or would end too many.",
        metadata=needs(Operation.MANAGE_MEMBERS),
    )
    async def start_import(
        self,
        info: Info[Request, None],
        organization_legacy_id: Annotated[int, strawberry.argument(description="The number of the organization.")],
        mode: Annotated[ImportMode | None, strawberry.argument(description="What to do: UPSERT unless told.")] = None,
        dry_run: Annotated[bool | None, strawberry.argument(description="Stop when it is planned.")] = None,
    ) -> ImportPayload:
        file = info.context.upload
        if file is None:
            told = "Send a file to POST /api/institutions/{id}/members/bulk, or a text to planImport."
            return payload([Mistake(("file",), "FILE_MISSING", told)])
        wanted = Wanted(organization_legacy_id, file, code_of(mode), dry_run=bool(dry_run))
        return payload(await start_import(info.context, wanted, "Mutation.startImport"))

    @strawberry.mutation(
        description="Apply an import that is planned. What is there at that moment counts: each row is planned anew"
        " before it is written.",
        metadata=needs(Operation.MANAGE_MEMBERS),
    )
    async def apply_import(
        self,
        info: Info[Request, None],
        legacy_id: NUMBER,
        confirmed: Annotated[
            bool | None, strawberry.argument(description="Apply it although it would end too many members.")
        ] = None,
        organization_legacy_id: OF = None,
    ) -> ImportPayload:
        made = await apply_import(
            info.context, legacy_id, confirmed=bool(confirmed), organization_id=organization_legacy_id
        )
        return payload(made)

    @strawberry.mutation(
        description="Cancel an import that is not finished. What was applied before that stays.",
        metadata=needs(Operation.MANAGE_MEMBERS),
    )
    async def cancel_import(
        self, info: Info[Request, None], legacy_id: NUMBER, organization_legacy_id: OF = None
    ) -> ImportPayload:
        return payload(await cancel_import(info.context, legacy_id, organization_id=organization_legacy_id))


def code_of(mode: ImportMode | None) -> str:
    """A mode as it is kept."""
    return str((mode or ImportMode.UPSERT).value)


def encoded(text: str) -> bytes:
    """The bytes of a text; a lone surrogate becomes one that no encoding knows, and is told like any other."""
    return text.encode("utf-8", "surrogatepass")


def payload(made: int | list[Mistake] | None, called: str = "file") -> ImportPayload:
    """What came of it; a mistake in the file is one of the argument by which it came."""
    if isinstance(made, list):
        named = [Mistake((called,), one.code, one.message) if one.field == ("file",) else one for one in made]
        return ImportPayload(import_id=None, user_errors=user_errors(named))
    return ImportPayload(import_id=made, user_errors=[])
