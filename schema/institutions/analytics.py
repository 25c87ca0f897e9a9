"""What is learned in an organization and its children, over time."""

import datetime
from typing import Annotated

import strawberry
from strawberry.types import Info

from resolvers.context import Request
from resolvers.institutions.analytics import Analytics, Place, analytics
from resolvers.policy import Operation
from schema.courses import CefrLevel
from schema.declare import needs, one
from schema.directives import costs
from schema.learners import Granularity
from schema.organizations import Organization

WEIGHT = 50
FEW = "null for fewer than 5 learners"


@strawberry.type(description="What was learned in one period. All is null where fewer than 5 learners were active.")
class AnalyticsPoint:
    period: datetime.date = strawberry.field(description="The first day of the period.")
    active_learners: int | None = strawberry.field(description="Learners who were active.")
    lessons_completed: int | None = strawberry.field(description="Lessons completed, each once for each learner.")
    courses_completed: int | None = strawberry.field(description="Courses completed, each once for each learner.")
    minutes: int | None = strawberry.field(description="Minutes spent learning.")


@strawberry.type(description="How many learners stand at a level.")
class AnalyticsLevel:
    level: CefrLevel | None = strawberry.field(description="CEFR level over all skills; null for who has none yet.")
    level_code: str | None = strawberry.field(description="The same, as the REST API prints it.")
    learners: int | None = strawberry.field(
        description=f"How many; {FEW}, and where it would give away another level that is."
    )


@strawberry.type(description="A child of the organization, as its own analytics tell it.")
class AnalyticsChild:
    legacy_id: int = strawberry.field(description="Its number.")
    name: str = strawberry.field(description="Its name.")
    learners: int | None = strawberry.field(description=f"Learners who are not locked; {FEW}.")
    active_learners: int | None = strawberry.field(description=f"Learners who were active; {FEW}.")
    lessons_completed: int | None = strawberry.field(description="Lessons completed in the periods that are told.")
    courses_completed: int | None = strawberry.field(description="Courses completed in the periods that are told.")
    minutes: int | None = strawberry.field(description="Minutes spent learning in the periods that are told.")


@strawberry.type(
    description="What is learned in an organization, its children included. What is told of fewer than 5 learners, or"
    " would be by taking one number from another, is null: nobody can be singled out."
)
class OrganizationAnalytics:
    organization_id: strawberry.Private[int]
    organization: Organization | None = one("The organization.", key="organization_id")
    since: datetime.date = strawberry.field(description="The first day of the first period.")
    until: datetime.date = strawberry.field(description="The last day of the last period.")
    granularity: Granularity = strawberry.field(description="How long the periods are.")
    granularity_code: str = strawberry.field(description="The same, as the REST API prints it.")
    learners: int | None = strawberry.field(description=f"Learners who are not locked; {FEW}.")
    active_learners: int | None = strawberry.field(description=f"Learners who were active; {FEW}.")
    lessons_completed: int | None = strawberry.field(
        description="Lessons completed in the periods that are told, each once for each learner."
    )
    courses_completed: int | None = strawberry.field(
        description="Courses completed in the periods that are told, each once for each learner."
    )
    minutes: int | None = strawberry.field(description="Minutes spent learning in the periods that are told.")
    cefr_distribution: list[AnalyticsLevel] = strawberry.field(
        description="How many learners stand at each level now, the lowest first; who has none yet last."
    )
    series: list[AnalyticsPoint] = strawberry.field(description="Every period, in order.")
    children: list[AnalyticsChild] = strawberry.field(description="The children, by number; none of a child.")


@strawberry.type
class AnalyticsQueries:
    @strawberry.field(
        description="What is learned in an organization and its children; null where there is none within your reach.",
        metadata=needs(Operation.ANALYTICS),
        directives=costs(WEIGHT),
    )
    async def organization_analytics(
        self,
        info: Info[Request, None],
        legacy_id: Annotated[int, strawberry.argument(description="The number of the organization.")],
        since: Annotated[
            datetime.date | None,
            strawberry.argument(
                description="The first day, by the learners' own calendars; 29 days before the last one unless told."
                " The period that it lies in is told as a whole."
            ),
        ] = None,
        until: Annotated[
            datetime.date | None,
            strawberry.argument(description="The last day; today in Japan unless told. At most 400 days."),
        ] = None,
        granularity: Annotated[
            Granularity, strawberry.argument(description="How long the periods are.")
        ] = Granularity.DAY,
    ) -> OrganizationAnalytics | None:
        code = str(granularity.value)
        found = await analytics(info.context, legacy_id, since=since, until=until, granularity=code)
        return None if found is None else shown(found, granularity)


def shown(found: Analytics, granularity: Granularity) -> OrganizationAnalytics:
    """Analytics as the graph shows them."""
    totals = found.totals
    return OrganizationAnalytics(
        organization_id=found.organization_id,
        since=found.since,
        until=found.until,
        granularity=granularity,
        granularity_code=str(granularity.value),
        learners=totals.learners,
        active_learners=totals.active_learners,
        lessons_completed=totals.lessons_completed,
        courses_completed=totals.courses_completed,
        minutes=totals.minutes,
        cefr_distribution=[
            AnalyticsLevel(level=None if level is None else CefrLevel(level), level_code=level, learners=learners)
            for level, learners in found.levels.items()
        ],
        series=[
            AnalyticsPoint(
                period=point.period,
                active_learners=point.active_learners,
                lessons_completed=point.lessons_completed,
                courses_completed=point.courses_completed,
                minutes=point.minutes,
            )
            for point in found.series
        ],
        children=[shown_child(child) for child in found.children],
    )


def shown_child(child: Place) -> AnalyticsChild:
    """A child as the graph shows it."""
    return AnalyticsChild(
        legacy_id=child.organization_id,
        name=child.name,
        learners=child.totals.learners,
        active_learners=child.totals.active_learners,
        lessons_completed=child.totals.lessons_completed,
        courses_completed=child.totals.courses_completed,
        minutes=child.totals.minutes,
    )
