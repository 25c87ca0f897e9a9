"""Launches: who comes, and for what, in one transaction; the page that follows gets a code, which is good once."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from db.connections.database import Database, Transaction
from db.lti import launches as rows
from db.lti.launches import Named, Profile
from db.lti.logins import Platform
from db.lti.people import STUDENT
from db.predicates import Columns, Condition
from resolvers.digests import digest, new_secret
from resolvers.lti.claims import DEEP_LINKING, Launch
from resolvers.lti.grades import queue_at_launch
from resolvers.lti.people import Person, Policy, person_of
from resolvers.lti.reasons import Reason
from resolvers.policy import Position, Standing
from resolvers.scopes import course_rows
from resolvers.tool import Addresses

CODE_LASTS_S = 60
# Staff see every course, wherever they are.
POSITIONS = {True: Position.STUDENT, False: Position.COACH_CHILD}


@dataclass(frozen=True, slots=True)
class Place:
    """What was launched: a course, or a lesson of it, or neither."""

    course: Named | None = None
    lesson: Named | None = None


@dataclass(frozen=True, slots=True)
class Launched:
    """A launch that is kept: its number, what it is of, and the code for its session."""

    id: int
    message_type: str
    place: Place
    code: str


async def launched(database: Database, platform: Platform, launch: Launch, now: datetime) -> Launched:
    """Let in who comes, and keep the launch; a Refusal where the person may not, or for what is not there.

    Then nothing is kept, and nobody made. A learner is not enrolled by it: that follows from what the learner does. The
    grade of whoever completed it before goes back at once.
    """
    code = new_secret()
    async with database.writing() as transaction:
        person, profile = await let_in(transaction, platform, launch, now)
        place = await place_of(transaction, launch, person, profile, now)
        values = values_of(platform, launch, person, place, now) | {"code_digest": digest(code)}
        id_ = await rows.add(transaction, values, lasts_s=CODE_LASTS_S)
        await queue_at_launch(transaction, id_, now)
    return Launched(id_, launch.message_type, place, code)


async def let_in(transaction: Transaction, platform: Platform, launch: Launch, now: datetime) -> tuple[Person, Profile]:
    """Who comes, if the organization lets this person in, now."""
    if launch.message_type == DEEP_LINKING and launch.told.kind == STUDENT:
        raise Reason.CHOICE_OF_LEARNER.refusal()
    policy = Policy(
        platform.id, platform.organization_id, platform.matching, creates_accounts=platform.creates_accounts
    )
    person = await person_of(transaction, policy, launch.told, now)
    if person is None:
        raise Reason.NOT_LET_IN.refusal()
    profile = await rows.profile(transaction, person.user_id, person.kind)
    if profile.locked_at is not None:
        raise Reason.ACCOUNT_LOCKED.refusal()
    if not profile.start_at <= now <= profile.end_at:
        raise Reason.ACCOUNT_OUT_OF_PERIOD.refusal()
    return person, profile


async def place_of(transaction: Transaction, launch: Launch, person: Person, profile: Profile, now: datetime) -> Place:
    """What was launched, where the person sees it."""
    if launch.course is None or launch.message_type == DEEP_LINKING:
        return Place()
    course = await rows.course_named(transaction, launch.course, in_sight(person, profile), now)
    if course is None:
        raise Reason.COURSE_UNKNOWN.refusal()
    if launch.lesson is None:
        return Place(course)
    lesson = await rows.lesson_named(transaction, course.id, launch.lesson)
    if lesson is None:
        raise Reason.LESSON_UNKNOWN.refusal()
    return Place(course, lesson)


def in_sight(person: Person, profile: Profile) -> Callable[[Columns], Condition]:
    """The courses that a person of this kind sees."""
    standing = Standing(frozenset({POSITIONS[person.kind == STUDENT]}), profile.demo)
    return lambda columns: course_rows(standing, columns)


def values_of(platform: Platform, launch: Launch, person: Person, place: Place, now: datetime) -> dict[str, object]:
    """The columns of a launch, as it is kept."""
    book = launch.gradebook
    return {
        "platform_id": platform.id,
        "organization_id": platform.organization_id,
        "deployment_id": launch.deployment_id,
        "message_type": launch.message_type,
        "subject": launch.told.subject,
        "user_id": person.user_id,
        "student_id": person.user_id if person.kind == STUDENT else None,
        "roles": list(launch.roles),
        "context_id": launch.context_id,
        "context_title": launch.context_title,
        "resource_link_id": launch.resource_link_id,
        "resource_link_title": launch.resource_link_title,
        "course_id": None if place.course is None else place.course.id,
        "lesson_id": None if place.lesson is None else place.lesson.id,
        "line_item_url": book.line_item_url,
        "line_items_url": book.line_items_url,
        "ags_scopes": list(book.scopes),
        "has_grade_service": book.takes_scores,
        "memberships_url": launch.memberships_url,
        "has_roster": launch.memberships_url is not None,
        "deep_linking": launch.deep_linking,
        "launched_at": now,
    }


def leads_to(found: Launched, tool: Addresses, course_page: str | None) -> str:
    """Where a browser goes now: the page of the course, or the one in which courses are chosen.

    The code stands in the fragment, which browsers send to nobody. `course_page` is the operator's own page.
    """
    if found.message_type == DEEP_LINKING:
        return f"{tool.picker_url}?{urlencode({'launch': found.id})}#code={found.code}"
    named = {"course": found.place.course, "lesson": found.place.lesson}
    words = {name: word_for(one) for name, one in named.items() if one is not None}
    address = course_page or tool.course_url
    joint = "&" if "?" in address else "?"
    return f"{address}{joint}{urlencode({'launch': str(found.id), **words})}#code={found.code}"


def word_for(content: Named) -> str:
    """What names a course or a lesson: its code, or its number where the code could be taken for one."""
    return str(content.id) if content.code.isdecimal() else content.code
