"""What students did, as the usage feed (利用実績) shows it."""

import datetime

import strawberry

from db.progress import usage_records
from resolvers import policy
from resolvers.policy import Operation
from resolvers.progress import USAGE_FILTERS
from schema.declare import Argument, column, mapped, root_connection
from schema.pages import Connection


@mapped(usage_records, scope=policy.usage_rows, description="One use of a lesson package by a student (利用実績).")
class UsageRecord:
    legacy_id: int = column("The number of the record; records never change and are never renumbered.", "id")
    uid: str = column("The student's uid.")
    package_code: str = column("Code of the lesson package.")
    package_name: str = column("Name of the lesson package.")
    created_at: datetime.datetime = column("When it happened.")


@strawberry.type
class ProgressQueries:
    usage_records: Connection[UsageRecord] = root_connection(
        "The usage feed (利用実績), by id.",
        filters=USAGE_FILTERS,
        operation=Operation.USAGE_FEED,
        arguments=(
            Argument("created_from", datetime.datetime | None, "From this instant, included."),
            Argument("created_to", datetime.datetime | None, "To this instant, included."),
        ),
    )
