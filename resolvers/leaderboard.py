"""Who has the most experience points; whom the viewer may not know by name has a pseudonym."""

from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import blake2b

from db.japan import JAPAN
from db.predicates import Columns, Condition, everything
from db.progress.leaderboard import ALL, Ranked, leaderboard_statement
from resolvers.access import require
from resolvers.context import Request, Viewer
from resolvers.errors import BadInput
from resolvers.policy import Operation
from resolvers.scopes import in_reach

WEEK, MONTH = "week", "month"
PLATFORM = "platform"
DEFAULT_SIZE = 20
# What the access log says of whoever is named.
SHOWN = ("Query.leaderboard",)


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a board."""

    rank: int
    display_name: str
    xp: int
    is_me: bool


@dataclass(frozen=True, slots=True)
class Board:
    """A page of a board, and how many learners are on it."""

    total_count: int
    nodes: list[Entry]


async def leaderboard(request: Request, *, period: str, scope: str, page: int | None, per: int | None) -> Board:
    """Learners by the points of this week, this month (by Japan's calendar) or all time; equals share a rank.

    `scope` institution ranks the learners of organizations in the viewer's reach, platform all of them.
    """
    viewer = require(request.viewer, Operation.LEADERBOARD, "Query.leaderboard")
    number, size = page_of(page, per, request.page_limit)

    def board(columns: Columns) -> Condition:
        reached = in_reach(viewer.standing, Operation.LEADERBOARD, columns["organization_id"])
        rows = everything() if scope == PLATFORM else reached
        return rows & columns["demo"] if viewer.standing.demo else rows

    # People out of reach are on a board too, under pseudonyms, so this is one of the system's own reads.
    statement = leaderboard_statement(request.database.dialect, period, board=board)
    bound = {"most": size, "skipped": min((number - 1) * size, 2**31 - 1)}
    first_day = {} if period == ALL else {"period": first_day_of(period, request.now.astimezone(JAPAN).date())}
    records = await request.known(statement, {**request.parameters(), **bound, **first_day})
    shown = [Ranked(*record[1:]) for record in records if record[1] is not None]
    named = [one for one in shown if is_known(viewer, one)]
    request.saw(SHOWN, ",".join(str(one.student_id) for one in named))
    return Board(records[0][0], [entry(viewer, one) for one in shown])


def page_of(page: int | None, per: int | None, most: int) -> tuple[int, int]:
    """The number of the page and how many entries it has; BadInput for none."""
    number, size = page or 1, per or min(DEFAULT_SIZE, most)
    if page is not None and page < 1:
        raise BadInput("page must be 1 or more.", reason="page_number", field="page")
    if not 0 < size <= most or per == 0:
        raise BadInput(f"per must be from 1 to {most}.", reason="page_size", field="per")
    return number, size


def first_day_of(period: str, today: date) -> date:
    """The Monday of this week, or the first of this month."""
    return today - timedelta(days=today.weekday()) if period == WEEK else today.replace(day=1)


def entry(viewer: Viewer, ranked: Ranked) -> Entry:
    """One line, by the name that the viewer may know."""
    name = f"{ranked.last_name} {ranked.first_name}" if is_known(viewer, ranked) else pseudonym(ranked.uid)
    return Entry(ranked.rank, name, ranked.xp, ranked.student_id == viewer.student_id)


def is_known(viewer: Viewer, ranked: Ranked) -> bool:
    """Whether the viewer may know this learner by name."""
    if ranked.student_id == viewer.student_id or viewer.standing.everything(Operation.LEADERBOARD):
        return True
    return ranked.organization_id in viewer.reaches(Operation.LEADERBOARD)


def pseudonym(uid: str) -> str:
    """A name that is always the same for a person, and from which nobody finds the person who does not know the uid."""
    return f"Learner {blake2b(uid.encode(), digest_size=4, person=b'leaderboard').hexdigest().upper()}"
