"""What an upstream answers, read with suspicion: a page is wholly as it must be, or nothing of it is taken."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from itertools import pairwise
from typing import Any

import orjson

from db.upstreams import Collected
from resolvers.egress.client import Reply
from resolvers.upstreams.places import PER_PAGE, Place

MOST_BYTES = 1_000_000
# Ten million records.
MOST_PAGES = 100_000
MOST_NUMBER = 2**63 - 1
LONGEST = {"user_id": 255, "package_code": 255, "package_name": 1000}
MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?(?:Z|[+-][0-9]{2}:[0-9]{2})"
)


class WrongAnswer(Exception):
    """Nothing of an answer is taken, and the message says why without repeating what it held.

    `anew` where the pages moved, and the run has to begin again.
    """

    def __init__(self, message: str, *, anew: bool = False) -> None:
        super().__init__(message)
        self.anew = anew


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a feed, and what it says of all of them."""

    rows: tuple[Collected, ...]
    per_page: int
    pages: int
    total: int

    @property
    def latest(self) -> datetime | None:
        """The latest instant in it."""
        return max((row.created_at for row in self.rows), default=None)


def page_in(reply: Reply, place: Place) -> Page:
    """The page that an answer holds; WrongAnswer where it is not the one that was asked for."""
    if reply.status != HTTPStatus.OK:
        raise WrongAnswer(f"The upstream answered {reply.status}.")
    if reply.cut:
        raise WrongAnswer(f"The answer has more than {MOST_BYTES} bytes.")
    try:
        content = orjson.loads(reply.body)
    except orjson.JSONDecodeError:
        raise WrongAnswer("The answer is not JSON, or too deep.") from None
    page = paged(content, place)
    refuse_moved(page, place)
    return page


def paged(content: object, place: Place) -> Page:
    """The page in a content."""
    pagination, rows = member(content, "pagination", dict), member(content, "progresses", list)
    number, per_page = whole_number(pagination, "current_page", 1), whole_number(pagination, "per_page", 1)
    pages, total = whole_number(pagination, "total_pages", 0), whole_number(pagination, "total_count", 0)
    if number != place.page:
        raise WrongAnswer("The answer is another page than the one that was asked for.")
    if per_page > PER_PAGE:
        raise WrongAnswer(f"The pages have more than {PER_PAGE} records.")
    if pages > MOST_PAGES:
        raise WrongAnswer(f"There are more than {MOST_PAGES} pages.")
    if pages != -(-total // per_page):
        raise WrongAnswer("total_pages, total_count and per_page do not fit each other.")
    # Of the last page the rest, of those before it all, and of those behind it nothing.
    if len(rows) != max(0, min(per_page, total - (number - 1) * per_page)):
        raise WrongAnswer("The page has more or fewer records than it says.")
    found = tuple(record(row, number, place) for number, row in enumerate(rows, 1))
    if any(int(first.external_id) >= int(second.external_id) for first, second in pairwise(found)):
        raise WrongAnswer("The records are not ordered by id.")
    return Page(found, per_page, pages, total)


def refuse_moved(page: Page, place: Place) -> None:
    """What moves records to a page that was read already would hide them: then the run begins anew."""
    if place.per_page not in (None, page.per_page):
        raise WrongAnswer("The size of the pages changed within a run.", anew=True)
    if place.total is not None and page.total < place.total:
        raise WrongAnswer("Records went away within a run.", anew=True)


def record(row: object, number: int, place: Place) -> Collected:
    """One record of a page."""
    where = f"Record {number}: "
    texts = {name: text(row, name, longest, where) for name, longest in LONGEST.items()}
    return Collected(
        str(whole_number(row, "id", 0, where)),
        texts["user_id"],
        texts["package_code"],
        texts["package_name"],
        moment(row, place, where),
    )


def member(content: object, name: str, kind: type, where: str = "") -> Any:  # noqa: ANN401  # of this kind
    """A member of an object, which is of a kind, and no flag."""
    found = content.get(name) if isinstance(content, Mapping) else None
    if not isinstance(found, kind) or isinstance(found, bool):
        raise WrongAnswer(f"{where}{name} is missing, or not what it must be.")
    return found


def whole_number(content: object, name: str, least: int, where: str = "") -> int:
    """A whole number that databases can keep."""
    found: int = member(content, name, int, where)
    if not least <= found <= MOST_NUMBER:
        raise WrongAnswer(f"{where}{name} is out of bounds.")
    return found


def text(row: object, name: str, longest: int, where: str) -> str:
    """A text that databases can keep."""
    found: str = member(row, name, str, where)
    if not 0 < len(found) <= longest or "\x00" in found:
        raise WrongAnswer(f"{where}{name} is empty, too long, or has signs that cannot be kept.")
    return found


def moment(row: object, place: Place, where: str) -> datetime:
    """When it happened, which is within the span that was asked for."""
    told: str = member(row, "created_at", str, where)
    try:
        found = datetime.fromisoformat(told) if MOMENT.fullmatch(told) else None
    except ValueError:
        found = None
    if found is None:
        raise WrongAnswer(f"{where}created_at is no instant with its zone.")
    if not place.since <= found.replace(microsecond=0) <= place.until:
        raise WrongAnswer(f"{where}created_at is outside of what was asked for.")
    return found
