"""How far a run through an upstream's feed has come: which span of time it asks for, and which page is next.

The span is fixed when a run begins, so that its pages do not move while records are added. What is added to the span
later, by a transaction of the upstream that took long, is found by the next run, which begins a quarter of an hour
before what this one has seen.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

OVERLAP = timedelta(minutes=15)
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
PER_PAGE = 100


@dataclass(frozen=True, slots=True)
class Place:
    """A span of whole seconds and the next page of it.

    `total` and `per_page` are what the page before said, `latest` is the latest instant of what was given so far.
    """

    since: datetime
    until: datetime
    page: int = 1
    total: int | None = None
    per_page: int | None = None
    latest: datetime | None = None

    @classmethod
    def beginning(cls, watermark: datetime | None, now: datetime) -> "Place":
        """Where a run begins: a little before what the runs before have seen, or at the beginning of everything."""
        since = BEGINNING if watermark is None else max(BEGINNING, whole(watermark - OVERLAP))
        # An upstream whose clock is ahead of ours may have been asked for more than our past.
        return cls(since, max(since, whole(now)))

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> "Place":
        """A place as it was kept."""
        moments = {name: kept[name] and datetime.fromisoformat(kept[name]) for name in ("since", "until", "latest")}
        return cls(**{**kept, **moments})

    def kept(self) -> dict[str, Any]:
        """The place as JSON."""
        latest = None if self.latest is None else self.latest.isoformat()
        numbers = {"page": self.page, "total": self.total, "per_page": self.per_page}
        return {"since": self.since.isoformat(), "until": self.until.isoformat(), **numbers, "latest": latest}

    def behind(self, *, total: int, per_page: int, latest: datetime | None) -> "Place":
        """The next page, behind one that said and gave this."""
        known = [instant for instant in (self.latest, latest) if instant is not None]
        newest = max(known, default=None)
        return replace(self, page=self.page + 1, total=total, per_page=per_page, latest=newest)

    def address(self, url: str) -> str:
        """The address of the next page."""
        asked = {
            "page": self.page,
            "per": PER_PAGE,
            "created_at_from": written(self.since),
            "created_at_to": written(self.until),
            "order_by": "id",
        }
        return f"{url}{'&' if '?' in url else '?'}{urlencode(asked)}"


def whole(at: datetime) -> datetime:
    """The second that an instant is in: upstreams may print no parts of one."""
    return at.astimezone(UTC).replace(microsecond=0)


def written(at: datetime) -> str:
    """An instant with its zone."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
