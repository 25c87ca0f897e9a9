"""Exports in the graph: what was asked for, how far it is, and where the file is fetched."""

import datetime
import enum
from typing import Annotated

import strawberry
from strawberry.scalars import JSON
from strawberry.types import Info

from db.exports import shown_exports
from resolvers import scopes
from resolvers.context import Request
from resolvers.engine.declare import Filter, Reading
from resolvers.exports.commands import Wanted, cancel_export, refuse_senseless, start_export
from resolvers.policy import Operation
from schema.declare import REQUIRED, Argument, column, global_id, mapped, needs, one, root_connection, root_one
from schema.exports.listing import listing, object_in
from schema.nodes import Node
from schema.pages import Connection

EXPORT_FILTERS = (
    Filter("type", lambda c, value: c["type"] == value),
    Filter("status", lambda c, value: c["status"] == value),
)
ONE_EXPORT = (Filter("legacyId", lambda c, value: c["id"] == value),)


@strawberry.enum(description="What an export lists.")
class ExportType(enum.Enum):
    LEARNER_PROGRESS = strawberry.enum_value(
        "learner_progress", description="How far learners are, lesson by lesson; the days are of the last progress."
    )
    COMPLETIONS = strawberry.enum_value("completions", description="Courses that learners completed.")
    ACTIVITY = strawberry.enum_value("activity", description="What learners did, day by day.")
    DOCUMENT = strawberry.enum_value("document", description="What a GraphQL document of one's own lists.")


@strawberry.enum(description="How far an export is.")
class ExportStatus(enum.Enum):
    PENDING = strawberry.enum_value("pending", description="It waits for its turn.")
    PROCESSING = strawberry.enum_value("processing", description="It is being made.")
    COMPLETED = strawberry.enum_value("completed", description="The file can be fetched.")
    FAILED = strawberry.enum_value("failed", description="It was given up; `error` says why.")
    CANCELED = strawberry.enum_value("canceled", description="It was canceled.")
    EXPIRED = strawberry.enum_value("expired", description="The file has had its time, or was let go.")


@strawberry.enum(description="How rows are written.")
class ExportFormat(enum.Enum):
    CSV = strawberry.enum_value("csv", description="Comma-separated values (RFC 4180), safe for spreadsheets.")
    JSONL = strawberry.enum_value("jsonl", description="JSON Lines: one object a line.")


@strawberry.enum(description="How the characters of CSV are written.")
class ExportEncoding(enum.Enum):
    UTF_8_SIG = strawberry.enum_value("utf-8-sig", description="UTF-8 with a mark, by which Excel knows it.")
    UTF_8 = strawberry.enum_value("utf-8", description="UTF-8 without one.")
    CP932 = strawberry.enum_value("cp932", description="Windows' Shift_JIS; 〓 stands for what it cannot write.")


@strawberry.input(description="Which rows an export has, of any type but DOCUMENT.")
class ExportFilter:
    since: datetime.date | None = strawberry.field(description="From this day on, Japan time.", default=None)
    until: datetime.date | None = strawberry.field(description="Up to this day, Japan time.", default=None)
    course: str | None = strawberry.field(description="Of one course (number, code or slug).", default=None)
    organization_legacy_id: int | None = strawberry.field(
        description="Of the students of this organization, by number.", default=None
    )


@mapped(
    shown_exports,
    scope=scopes.export_rows,
    node=Reading(Operation.EXPORTS),
    description="A list of the graph as a file. It holds what its owner may see when it is made.",
)
class Export(Node):
    id: strawberry.ID = global_id("Export")
    legacy_id: int = column("Its number.", "id")
    type: ExportType = column("What it lists.")
    type_code: str = column("The same, as the REST API prints it.", "type")
    document: str | None = column("The document, where it has one of its own.")
    variables: JSON = column("The values of the document's variables.")
    format: ExportFormat = column("How rows are written.")
    format_code: str = column("The same, as the REST API prints it.", "format")
    encoding: ExportEncoding = column("How characters are written.")
    encoding_code: str = column("The same, as the REST API prints it.", "encoding")
    status: ExportStatus = column("How far it is.")
    status_code: str = column("The same, as the REST API prints it.", "status")
    row_count: int = column("How many rows are written by now.")
    total_rows: int | None = column("How many rows there were when it was begun; null before that.")
    progress: float | None = column("How much is done, from 0 to 1; null before anything was counted.")
    file_size: int | None = column("How many bytes the file has; null before it is whole.")
    sha256: str | None = column("The SHA-256 of the file, in hexadecimal.")
    download_path: str | None = column("Where the file is fetched, by GET and with a token; null unless it can be.")
    error: str | None = column("Why it was given up.")
    created_at: datetime.datetime = column("When it was asked for.")
    started_at: datetime.datetime | None = column("When it was first begun.")
    finished_at: datetime.datetime | None = column("When it was completed, given up or canceled.")
    expires_at: datetime.datetime | None = column("Until when the file can be fetched.")


@strawberry.type(description="What came of asking for an export.")
class ExportPayload:
    export_id: strawberry.Private[int | None]
    export: Export | None = one("The export; null where there is none.", key="export_id")


@strawberry.type
class ExportQueries:
    exports: Connection[Export] = root_connection(
        "Your exports, the newest first.",
        order=("-id",),
        filters=EXPORT_FILTERS,
        operation=Operation.EXPORTS,
        arguments=(
            Argument("type", ExportType | None, "Of this type."),
            Argument("status", ExportStatus | None, "With this status."),
        ),
    )
    export: Export | None = root_one(
        "Your export with this number.",
        arguments=(Argument("legacy_id", int, "Its number.", REQUIRED),),
        filters=ONE_EXPORT,
        operation=Operation.EXPORTS,
    )


@strawberry.type
class ExportMutations:
    @strawberry.mutation(
        description="Export a list. It is made by a worker, from one snapshot and for you as you are then; the file is"
        " kept for a week.",
        metadata=needs(Operation.MANAGE_EXPORTS),
    )
    async def start_export(  # the arguments of the field
        self,
        info: Info[Request, None],
        type: Annotated[ExportType, strawberry.argument(description="What to list.")],
        format: Annotated[ExportFormat, strawberry.argument(description="How rows are written.")] = ExportFormat.CSV,
        encoding: Annotated[
            ExportEncoding | None,
            strawberry.argument(description="How characters are written: UTF-8 with a mark for CSV unless told."),
        ] = None,
        document: Annotated[
            str | None,
            strawberry.argument(
                description="For the type DOCUMENT: a query of one list and its `nodes`, without arguments for pages."
                " Each node is a row; objects below it are columns, lists below it are cells of JSON."
            ),
        ] = None,
        variables: Annotated[
            JSON | None, strawberry.argument(description="The values of the document's variables.")
        ] = None,
        filter: Annotated[ExportFilter | None, strawberry.argument(description="Which rows, for other types.")] = None,
    ) -> ExportPayload:
        wanted = Wanted(
            str(type.value),
            str(format.value),
            None if encoding is None else str(encoding.value),
            document,
            None if variables is None else object_in(variables),
            **({} if filter is None else vars(filter)),
        )
        refuse_senseless(info.context, wanted)
        graph = info._raw_info.schema  # noqa: SLF001  # graphql-core's own schema
        await listing(graph, wanted.type, wanted.document, wanted.values, info.context)
        return ExportPayload(export_id=await start_export(info.context, wanted))

    @strawberry.mutation(
        description="Cancel one of your exports, or let the file of a finished one go.",
        metadata=needs(Operation.MANAGE_EXPORTS),
    )
    async def cancel_export(
        self, info: Info[Request, None], legacy_id: Annotated[int, strawberry.argument(description="Its number.")]
    ) -> ExportPayload:
        return ExportPayload(export_id=await cancel_export(info.context, legacy_id))
