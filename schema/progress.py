"""Learning progress: recording it, the numbers and boards made of it, and the usage feed (利用実績)."""

import datetime
import enum
from typing import Annotated, cast

import strawberry
from strawberry.scalars import JSON
from strawberry.types import Info

from db.progress.events import usage_records
from resolvers import scopes
from resolvers.context import Request
from resolvers.insights import insights
from resolvers.leaderboard import leaderboard
from resolvers.policy import Operation
from resolvers.progress.record import Result, Told, record_progress
from resolvers.progress.usage import USAGE_FILTERS
from resolvers.statistics import statistics
from schema.declare import Argument, column, mapped, needs, one, root_connection
from schema.learners import Learner
from schema.lessons import Skill, Training
from schema.mistakes import UserError, user_errors
from schema.pages import Connection


@strawberry.enum(description="What a learner did.")
class ProgressVerb(enum.Enum):
    STARTED = strawberry.enum_value("started", description="Began a lesson or a training.")
    ANSWERED = strawberry.enum_value("answered", description="Answered a training item.")
    COMPLETED = strawberry.enum_value("completed", description="Completed a training, or a lesson without trainings.")


@strawberry.enum(description="The time over which a board counts points.")
class LeaderboardPeriod(enum.Enum):
    WEEK = strawberry.enum_value("week", description="This week, from Monday.")
    MONTH = strawberry.enum_value("month", description="This month.")
    ALL = strawberry.enum_value("all", description="Since the beginning.")


@strawberry.enum(description="Who is on a board.")
class LeaderboardScope(enum.Enum):
    INSTITUTION = strawberry.enum_value("institution", description="Learners of organizations within your reach.")
    PLATFORM = strawberry.enum_value("platform", description="All learners; others than these under pseudonyms.")


@strawberry.enum(description="A part of the day, by the learner's own clock.")
class PartOfDayName(enum.Enum):
    MORNING = strawberry.enum_value("morning", description="From 5 to 11.")
    AFTERNOON = strawberry.enum_value("afternoon", description="From 11 to 17.")
    EVENING = strawberry.enum_value("evening", description="From 17 to 22.")
    NIGHT = strawberry.enum_value("night", description="From 22 to 5.")


@strawberry.input(description="Something that you did.")
class ProgressEventInput:
    client_id: str = strawberry.field(description="An id of yours, 1 to 64 characters: told twice, it happened once.")
    verb: ProgressVerb = strawberry.field(description="What you did.")
    subject: strawberry.ID = strawberry.field(description="The global id of a lesson, a training or a training item.")
    answer: JSON | None = strawberry.field(
        description="The answer to an item: the number of a choice from 0 (MULTIPLE_CHOICE), a list of these (READING),"
        " or a text (DICTATION, GAP_FILL).",
        default=None,
    )
    score: float | None = strawberry.field(
        description="For SPEAKING, from 0 to 1, as your client heard it.", default=None
    )
    duration_ms: int = strawberry.field(description="How long it took, in milliseconds.", default=0)
    occurred_at: datetime.datetime | None = strawberry.field(
        description="When; now unless told. Within the last year, and not in the future.", default=None
    )


@strawberry.type(description="What came of one event.")
class ProgressResult:
    client_id: str = strawberry.field(description="The id that you gave it.")
    duplicate: bool = strawberry.field(description="Whether it had been told before, and so changed nothing.")
    score: float | None = strawberry.field(description="Its score, from 0 to 1.")
    solution: JSON | None = strawberry.field(description="The solution of the item that was answered.")


@strawberry.type(description="What came of recording progress.")
class RecordProgressPayload:
    student_id: strawberry.Private[int | None]
    results: list[ProgressResult] = strawberry.field(description="What came of each event, in their order.")
    learner: Learner | None = one("You, as you are now.", key="student_id", match="student_id")
    user_errors: list[UserError] = strawberry.field(description="What to mend; then nothing was recorded.")


@mapped(
    usage_records,
    scope=scopes.usage_rows,
    student="student_id",
    description="One use of a lesson package by a student (利用実績).",
)
class UsageRecord:
    legacy_id: int = column("The number of the record; records never change and are never renumbered.", "id")
    uid: str = column("The student's uid.")
    package_code: str = column("Code of the lesson package.")
    package_name: str = column("Name of the lesson package.")
    created_at: datetime.datetime = column("When it happened.")


@strawberry.type(description="Numbers over the learners within your reach.")
class Statistics:
    learners: int = strawberry.field(description="Students who are not locked.")
    courses: int = strawberry.field(description="Published courses of Talktiko.")
    lessons: int = strawberry.field(description="Their lessons.")
    completions: int = strawberry.field(description="Lessons completed, each once for each learner.")
    minutes: int = strawberry.field(description="Minutes spent learning.")
    active: int = strawberry.field(description="Learners with activity within the last 30 days, Japan time.")


@strawberry.type(description="One line of a board.")
class LeaderboardEntry:
    rank: int = strawberry.field(description="Rank, from 1; equals share one.")
    display_name: str = strawberry.field(description="Name, or a pseudonym for learners out of your reach.")
    xp: int = strawberry.field(description="Experience points within the period.")
    is_me: bool = strawberry.field(description="Whether this is you.")


@strawberry.type(description="A page of a board.")
class Leaderboard:
    total_count: int = strawberry.field(description="How many learners are on the board.")
    nodes: list[LeaderboardEntry] = strawberry.field(description="The lines of this page.")


@strawberry.type(description="How well a learner does in a skill.")
class SkillInsight:
    skill: Skill = strawberry.field(description="The skill.")
    skill_code: str = strawberry.field(description="The same, as the REST API prints it.")
    accuracy: float = strawberry.field(description="The mean score of the answers, from 0 to 1.")
    answered: int = strawberry.field(description="How many items were answered.")


@strawberry.type(description="A training that would help.")
class Recommendation:
    training_id: strawberry.Private[int]
    skill: Skill = strawberry.field(description="The skill that it exercises.")
    skill_code: str = strawberry.field(description="The same, as the REST API prints it.")
    reason: str = strawberry.field(description="Why it is recommended, for people.")
    training: Training | None = one("The training.", key="training_id", operation=Operation.COURSES)
    training_legacy_id: int = strawberry.field(description="The database's number of the training.")


@strawberry.type(description="How much and how well a learner works in a part of the day.")
class PartOfDay:
    part: PartOfDayName = strawberry.field(description="The part of the day.")
    part_code: str = strawberry.field(description="The same, as the REST API prints it.")
    answered: int = strawberry.field(description="How many items were answered.")
    accuracy: float = strawberry.field(description="Their mean score, from 0 to 1.")
    minutes: int = strawberry.field(description="Minutes spent on them, rounded down.")


@strawberry.type(description="Insights into a learner's own answers.")
class LearningInsights:
    strengths: list[SkillInsight] = strawberry.field(description="Skills with 80 % or more, the best first; at most 3.")
    weaknesses: list[SkillInsight] = strawberry.field(description="Skills below 60 %, the worst first; at most 3.")
    recommendations: list[Recommendation] = strawberry.field(description="What to do next, one for each weak skill.")
    time_of_day: list[PartOfDay] = strawberry.field(description="The parts of the day with answers, from morning on.")


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

    @strawberry.field(
        description="Numbers over the learners within your reach; over everything for system operators.",
        metadata=needs(Operation.STATISTICS),
    )
    async def statistics(self, info: Info[Request, None]) -> Statistics:
        found = await statistics(info.context)
        return Statistics(**found._asdict())

    @strawberry.field(
        description="Learners by experience points, in one statement.", metadata=needs(Operation.LEADERBOARD)
    )
    async def leaderboard(
        self,
        info: Info[Request, None],
        period: Annotated[
            LeaderboardPeriod, strawberry.argument(description="Over which time.")
        ] = LeaderboardPeriod.WEEK,
        scope: Annotated[
            LeaderboardScope, strawberry.argument(description="Among whom.")
        ] = LeaderboardScope.INSTITUTION,
        page: Annotated[int | None, strawberry.argument(description="The page, from 1.")] = None,
        per: Annotated[
            int | None, strawberry.argument(description="Lines of a page: 1 to 100, 20 unless told.")
        ] = None,
    ) -> Leaderboard:
        board = await leaderboard(info.context, period=str(period.value), scope=str(scope.value), page=page, per=per)
        lines = [
            LeaderboardEntry(rank=e.rank, display_name=e.display_name, xp=e.xp, is_me=e.is_me) for e in board.nodes
        ]
        return Leaderboard(total_count=board.total_count, nodes=lines)

    @strawberry.field(
        description="What a learner's answers of some days show: 92 days at most, the last four weeks unless told.",
        metadata=needs(Operation.PROGRESS),
    )
    async def learning_insights(
        self,
        info: Info[Request, None],
        since: Annotated[datetime.date | None, strawberry.argument(description="The first day.")] = None,
        until: Annotated[datetime.date | None, strawberry.argument(description="The last day, included.")] = None,
        student_legacy_id: Annotated[
            int | None, strawberry.argument(description="Whose; your own unless told. Staff must say it.")
        ] = None,
    ) -> LearningInsights:
        found = await insights(info.context, since=since, until=until, student_legacy_id=student_legacy_id)
        return LearningInsights(
            strengths=[skill_insight(shown.skill, shown.accuracy, shown.answered) for shown in found.strengths],
            weaknesses=[skill_insight(shown.skill, shown.accuracy, shown.answered) for shown in found.weaknesses],
            recommendations=[
                Recommendation(
                    training_id=one.training_id,
                    training_legacy_id=one.training_id,
                    skill=Skill(one.skill),
                    skill_code=one.skill,
                    reason=one.reason,
                )
                for one in found.recommendations
            ],
            time_of_day=[
                PartOfDay(
                    part=PartOfDayName(one.part),
                    part_code=one.part,
                    answered=one.answered,
                    accuracy=one.accuracy,
                    minutes=one.minutes,
                )
                for one in found.time_of_day
            ],
        )


def skill_insight(skill: str, accuracy: float, answered: int) -> SkillInsight:
    """A skill as the graph shows it."""
    return SkillInsight(skill=Skill(skill), skill_code=skill, accuracy=accuracy, answered=answered)


@strawberry.type
class ProgressMutations:
    @strawberry.mutation(
        description="Record what you did, all of it or nothing. For students only.",
        metadata=needs(Operation.RECORD_PROGRESS),
    )
    async def record_progress(
        self,
        info: Info[Request, None],
        events: Annotated[
            list[ProgressEventInput], strawberry.argument(description="What you did, in order; 1 to 100 events.")
        ],
    ) -> RecordProgressPayload:
        request = info.context
        came = await record_progress(request, [told(event) for event in events])
        results = [result for result in came if isinstance(result, Result)]
        mistakes = [mistake for mistake in came if not isinstance(mistake, Result)]
        done = None if mistakes or request.viewer is None else request.viewer.student_id
        return RecordProgressPayload(
            student_id=done, results=[shown(result) for result in results], user_errors=user_errors(mistakes)
        )


def told(event: ProgressEventInput) -> Told:
    """An event as the rules take it."""
    return Told(
        client_id=event.client_id,
        verb=str(event.verb.value),
        subject=str(event.subject),
        answer=event.answer,
        score=event.score,
        duration_ms=event.duration_ms,
        occurred_at=event.occurred_at,
    )


def shown(result: Result) -> ProgressResult:
    """A result as the graph shows it."""
    return ProgressResult(
        client_id=result.client_id,
        duplicate=result.duplicate,
        score=result.score,
        solution=cast("JSON | None", result.solution),
    )
