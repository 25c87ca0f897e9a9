"""Upstreams in the graph: products whose usage feed (利用実績) is collected, and what it gave."""

import datetime
from typing import Annotated, TypeAlias

import strawberry
from strawberry.types import Info

from db import upstreams as rows
from resolvers import scopes
from resolvers.context import Request
from resolvers.engine.declare import Reading
from resolvers.errors import Mistake
from resolvers.policy import Operation
from resolvers.students import LISTED
from resolvers.upstreams.commands import Wanted, create_upstream, delete_upstream, update_upstream
from resolvers.upstreams.filters import COLLECTED_FILTERS, SPAN_FILTERS, UPSTREAM_FILTERS
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
from schema.pages import Connection
from schema.students import Student

NUMBER: TypeAlias = Annotated[int, strawberry.argument(description="The number of the upstream.")]
ADDRESS = (
    "Where its feed is: an address that begins with https://, to which page, per, created_at_from, created_at_to and"
    " order_by are added."
)
CREDENTIAL = "A token that is sent as `Authorization: Bearer`; it is kept sealed and never shown."
SPAN = (
    Argument("created_from", datetime.datetime | None, "From this instant, included."),
    Argument("created_to", datetime.datetime | None, "To this instant, included."),
)


@mapped(
    rows.collected_usage,
    scope=scopes.collected_rows,
    description="One use of a lesson package, as another product told it (利用実績). `usageRecords` does not show it.",
)
class CollectedUsage:
    legacy_id: int = column("Its number here.", "id")
    source: str = column("The name of the upstream that told it.")
    external_id: str = column(
        "The number that the upstream gave it, as text because it has 64 bits; unique together with the source."
    )
    uid: str = column("The person's uid as the upstream wrote it (user_id), whether we know such a person or not.")
    package_code: str = column("Code of the lesson package.")
    package_name: str = column("Name of the lesson package.")
    created_at: datetime.datetime = column("When it happened, as the upstream says.")
    collected_at: datetime.datetime = column("When it was collected first.")
    student: Student | None = one(
        "The student with this uid; null where we know none, until there is one, and where the account is locked.",
        key="uid",
        match="uid",
        where=LISTED,
        operation=Operation.STUDENTS_BY_UID,
    )


@mapped(
    rows.upstream_feeds,
    scope=scopes.upstream_rows,
    node=Reading(Operation.UPSTREAMS),
    description="Another product whose usage feed (利用実績) is collected.",
)
class Upstream(Node):
    id: strawberry.ID = global_id("Upstream")
    legacy_id: int = column("Its number.", "id")
    name: str = column("Its name, which is the `source` of what it gives, and never changes.")
    url: str = column("Where its feed is.")
    is_active: bool = column("Whether it is asked.")
    watermark: datetime.datetime | None = column(
        "The latest instant of what it has given; the next run begins 15 minutes before. Null before the first run."
    )
    last_success_at: datetime.datetime | None = column("When it had given everything that it had, for the last time.")
    failing_since: datetime.datetime | None = column("Since when it fails; null while all is well.")
    last_error: str | None = column("Why it fails; null while all is well.")
    next_poll_at: datetime.datetime = column("When it is asked next.")
    created_at: datetime.datetime = column("When it was registered.")
    updated_at: datetime.datetime = column("When it was changed.")
    records: Connection[CollectedUsage] = connection(
        "What it gave, in the order in which it was collected.",
        key="name",
        match="source",
        filters=SPAN_FILTERS,
        operation=Operation.USAGE_FEED,
        arguments=SPAN,
    )


@strawberry.type(description="What came of registering or changing an upstream.")
class UpstreamPayload:
    upstream_id: strawberry.Private[int | None]
    upstream: Upstream | None = one("The upstream; null where there is none.", key="upstream_id")
    user_errors: list[UserError] = strawberry.field(description="What to mend; then nothing was changed.")


@strawberry.type(description="What came of removing an upstream.")
class DeleteUpstreamPayload:
    deleted: bool = strawberry.field(description="Whether there was such an upstream.")


@strawberry.type
class UpstreamQueries:
    upstreams: Connection[Upstream] = root_connection(
        "The products whose usage feed is collected, the oldest first.", operation=Operation.UPSTREAMS
    )
    upstream: Upstream | None = root_one(
        "The upstream with this number.",
        arguments=(Argument("legacy_id", int, "Its number.", REQUIRED),),
        filters=UPSTREAM_FILTERS,
        operation=Operation.UPSTREAMS,
    )
    collected_usage: Connection[CollectedUsage] = root_connection(
        "What was collected from other products, in the order in which it was collected.",
        filters=COLLECTED_FILTERS,
        operation=Operation.USAGE_FEED,
        arguments=(
            Argument("source", str | None, "Only what the upstream of this name gave."),
            Argument("uid", str | None, "Only of the person with this uid."),
            *SPAN,
        ),
    )


@strawberry.type
class UpstreamMutations:
    @strawberry.mutation(
        description="Register a product whose usage feed is to be collected, from its beginning.",
        metadata=needs(Operation.MANAGE_UPSTREAMS),
    )
    async def create_upstream(
        self,
        info: Info[Request, None],
        name: Annotated[
            str,
            strawberry.argument(
                description="The `source` of what it gives: 1 to 64 small letters, digits, dots and dashes."
            ),
        ],
        url: Annotated[str, strawberry.argument(description=ADDRESS)],
        credential: Annotated[str | None, strawberry.argument(description=CREDENTIAL)] = None,
    ) -> UpstreamPayload:
        return upstream_payload(await create_upstream(info.context, name, Wanted(url, credential)))

    @strawberry.mutation(
        description="Change an upstream; what is not given stays. It is asked at once.",
        metadata=needs(Operation.MANAGE_UPSTREAMS),
    )
    async def update_upstream(
        self,
        info: Info[Request, None],
        legacy_id: NUMBER,
        url: Annotated[str | None, strawberry.argument(description=ADDRESS)] = None,
        credential: Annotated[
            str | None, strawberry.argument(description=f"{CREDENTIAL} An empty text takes it away.")
        ] = None,
        is_active: Annotated[bool | None, strawberry.argument(description="Whether to ask it.")] = None,
    ) -> UpstreamPayload:
        return upstream_payload(await update_upstream(info.context, legacy_id, Wanted(url, credential, is_active)))

    @strawberry.mutation(
        description="Remove an upstream. What it gave stays.", metadata=needs(Operation.MANAGE_UPSTREAMS)
    )
    async def delete_upstream(self, info: Info[Request, None], legacy_id: NUMBER) -> DeleteUpstreamPayload:
        return DeleteUpstreamPayload(deleted=await delete_upstream(info.context, legacy_id))


def upstream_payload(made: int | list[Mistake] | None) -> UpstreamPayload:
    """What came of a change."""
    if isinstance(made, list):
        return UpstreamPayload(upstream_id=None, user_errors=user_errors(made))
    return UpstreamPayload(upstream_id=made, user_errors=[])
