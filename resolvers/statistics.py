"""Numbers over the learners in the viewer's reach."""

from datetime import timedelta

from db.japan import JAPAN
from db.predicates import Columns, Condition
from db.progress.statistics import SINCE, Statistics, statistics_statement
from resolvers.access import require
from resolvers.context import Request
from resolvers.policy import Operation
from resolvers.scopes import course_rows, student_in_reach

ACTIVE_DAYS = 30


async def statistics(request: Request) -> Statistics:
    """Everything that the viewer's reach covers; active are those with activity within the last 30 days, Japan time."""
    standing = require(request.viewer, Operation.STATISTICS, "Query.statistics").standing

    def learners(columns: Columns) -> Condition:
        return student_in_reach(standing, Operation.STATISTICS, columns, columns["id"]) & columns["locked_at"].is_(None)

    statement = statistics_statement(
        request.database.dialect, learners=learners, courses_in_sight=lambda columns: course_rows(standing, columns)
    )
    today = request.now.astimezone(JAPAN).date()
    since = {SINCE: today - timedelta(days=ACTIVE_DAYS - 1)}
    (record,) = await request.fetch(statement, {**request.parameters(), **since})
    return Statistics(*record)
