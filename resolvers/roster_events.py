"""Which events follow from changes of rosters: members who came, changed and went, and rosters that changed."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from db.outbox import COURSE
from db.roster_news import Change, Publication
from resolvers.events import Event, EventType
from resolvers.roster import RosterType
from resolvers.subscriptions import DEMO, STUDENT

ORGANIZATION = "Organization"
# Courses are of no organization, and staff of no roster.
ROSTERS = {type_.value for type_ in RosterType if type_ is not RosterType.COURSE}


class Happened(NamedTuple):
    """An event, and when it happened."""

    event: Event
    at: datetime


def events_of(changes: Sequence[Change]) -> list[Happened]:
    """What is told of some changes: of members first, then one event for each organization whose rosters changed."""
    by_student: dict[int, list[Change]] = defaultdict(list)
    for change in changes:
        if change.type == RosterType.STUDENT.value:
            by_student[change.row_id].append(change)
    members = [happened for ones in by_student.values() for happened in member_events(ones)]
    return [*members, *roster_events(changes)]


def member_events(changes: Sequence[Change]) -> list[Happened]:
    """What is told of one student, all changes taken together: where the student was before, and is after.

    Who is gone is told of to the organization that the student was of, and is no subject: nobody there may ask for it.
    """
    ordered = sorted(changes, key=lambda change: change.number)
    student, before = ordered[0].row_id, ordered[0].before
    after = next((change.after for change in reversed(ordered) if change.decides), before)
    at = max(change.at for change in ordered)
    if before is not None and before == after:
        changed: list[object] = list(dict.fromkeys(name for change in ordered for name in change.fields))
        event = Event(EventType.MEMBER_UPDATED, after, STUDENT, student, {"changed": changed})
        return [Happened(event, at)]
    found = []
    if before is not None:
        gone = Event(EventType.MEMBER_REMOVED, before, ORGANIZATION, before, {"student": student})
        found.append(Happened(gone, at))
    if after is not None:
        found.append(Happened(Event(EventType.MEMBER_CREATED, after, STUDENT, student), at))
    return found


def roster_events(changes: Sequence[Change]) -> list[Happened]:
    """One event for each organization in whose rosters anything changed that is in sight before or after."""
    rows: dict[int, set[tuple[str, int]]] = defaultdict(set)
    at: dict[int, datetime] = {}
    for change in changes:
        for place in {change.before, change.after} if change.type in ROSTERS else ():
            if place is None:
                continue
            rows[place].add((change.type, change.row_id))
            at[place] = max(change.at, at.get(place, change.at))
    return [
        Happened(Event(EventType.ROSTER_CHANGED, place, ORGANIZATION, place, told_of(rows[place])), at[place])
        for place in sorted(rows)
    ]


def told_of(rows: set[tuple[str, int]]) -> dict[str, object]:
    """Of which types how many rows changed."""
    return {"types": sorted({type_ for type_, _ in rows}), "changes": len(rows)}


def publication_event(publication: Publication) -> Happened:
    """A course that became published; whether it is a demo course decides who hears of it."""
    body: dict[str, object] = {DEMO: True} if publication.is_demo else {}
    return Happened(Event(EventType.COURSE_PUBLISHED, None, COURSE, publication.course_id, body), publication.at)
