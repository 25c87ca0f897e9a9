"""Deep Linking 2.0: what a platform asks to be chosen, and the answer to it, which is signed."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from db.lti import deep_linking as rows
from db.lti.deep_linking import Asked, Found
from resolvers.access import require
from resolvers.context import Request
from resolvers.errors import Mistake
from resolvers.integrations import allowed, outside_of
from resolvers.lti.keys import signing_key
from resolvers.lti.signing import signed
from resolvers.policy import Operation
from resolvers.text import text
from resolvers.tool import Addresses

LINK = "ltiResourceLink"
ANSWERED_WITHIN = timedelta(hours=1)
MOST_ITEMS = 100
# What a link is worth in a gradebook; grades are sent out of as much.
MOST_POINTS = 100
LTI, CHOICE = "https://purl.imsglobal.org/spec/lti/claim/", "https://purl.imsglobal.org/spec/lti-dl/claim/"

UNKNOWN = Mistake(("launchLegacyId",), "LAUNCH_UNKNOWN", "There is no such launch of yours that asks for a choice.")
INACTIVE = Mistake(("launchLegacyId",), "PLATFORM_INACTIVE", "The platform is switched off.")
ANSWERED = Mistake(("launchLegacyId",), "LAUNCH_ANSWERED", "This was answered already. Open it anew from your LMS.")
EXPIRED = Mistake(("launchLegacyId",), "LAUNCH_EXPIRED", "This was opened too long ago. Open it anew from your LMS.")
NO_HOME = Mistake(
    ("launchLegacyId",),
    "HOME_MISSING",
    "This server has no public address yet: its operator sets KAKEHASHI_PUBLIC_URL.",
)
NO_LINKS = Mistake(("items",), "TYPE_NOT_ACCEPTED", f"The platform takes no {LINK}, and we offer nothing else.")
ONE_ONLY = Mistake(("items",), "ITEMS_TOO_MANY", "The platform takes one item at a time.")
TOO_MANY = Mistake(("items",), "ITEMS_TOO_MANY", f"Choose at most {MOST_ITEMS} items at once.")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was chosen: a course by its number, code or slug, or a lesson of it by its number or code."""

    course: str
    lesson: str | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """What a platform asks for: whether several may be chosen, of which types, and what it would call the choice."""

    accept_types: tuple[str, ...]
    accept_multiple: bool
    title: str | None
    text: str | None
    answered_at: datetime | None
    expires_at: datetime

    @property
    def takes_links(self) -> bool:
        """Whether what we offer is among it."""
        return LINK in self.accept_types

    @property
    def open_until(self) -> datetime | None:
        """Until when it can be answered; None where it was answered."""
        return self.expires_at if self.answered_at is None else None


@dataclass(frozen=True, slots=True)
class Answer:
    """Where a browser posts the answer to, and the answer: a form with the one field `JWT` (Deep Linking 2.0, 4.5)."""

    return_url: str
    jwt: str


async def choice(request: Request, launch_id: int) -> Choice | None:
    """What a launch of the viewer's own asks for; None where there is no such launch, or it asks for no choice."""
    require(request.viewer, Operation.COURSES, "Query.deepLinking")
    asked = await mine(request, launch_id)
    return None if asked is None or asked.settings is None else choice_of(asked, asked.settings)


async def answer_deep_linking(request: Request, launch_id: int, items: Sequence[Wanted]) -> Answer | list[Mistake]:
    """Answer a launch with what was chosen, once; gives the mistakes, and then it can still be answered.

    No items at all mean that nothing was chosen.
    """
    allowed(request, Operation.COURSES, "Mutation.answerDeepLinking")
    asked, tool = await mine(request, launch_id), request.tool
    if asked is None or asked.settings is None:
        return [UNKNOWN]
    if tool is None:
        return [NO_HOME]
    if mistakes := mistakes_in(asked, choice_of(asked, asked.settings), items, request.now):
        return mistakes
    links, mistakes = await links_to(
        request, tool, items, with_lines=asked.settings.get("accept_lineitem") is not False
    )
    if mistakes:
        return mistakes
    # The first key is made when it is first needed, in a transaction of its own: so it is asked for before ours.
    key = await signing_key(request.database, outside_of(request).sealer)
    async with request.writing() as transaction:
        if not await rows.answer(transaction, asked.id, request.now):
            return [ANSWERED]
    return Answer(
        str(asked.settings["deep_link_return_url"]), signed(claims(asked, asked.settings, links), key, request.now)
    )


async def mine(request: Request, launch_id: int) -> Asked | None:
    """A launch by the person who asks; None where there is none."""
    user_id = None if request.viewer is None else request.viewer.user_id
    statement = rows.asked_statement(request.database.dialect)
    found = await request.known(statement, {"launch": launch_id, "user": user_id})
    return rows.asked_in(found[0]) if found else None


def choice_of(asked: Asked, settings: Mapping[str, object]) -> Choice:
    """What the settings of a launch say (Deep Linking 2.0, 4.4.1); whoever does not say so takes one item."""
    types = settings.get("accept_types")
    return Choice(
        accept_types=tuple(one for one in types if isinstance(one, str)) if isinstance(types, list) else (),
        accept_multiple=settings.get("accept_multiple") is True,
        title=told(settings, "title"),
        text=told(settings, "text"),
        answered_at=asked.answered_at,
        expires_at=asked.launched_at + ANSWERED_WITHIN,
    )


def told(settings: Mapping[str, object], name: str) -> str | None:
    """A text in the settings, where there is one."""
    value = settings.get(name)
    return value if isinstance(value, str) and value else None


def mistakes_in(asked: Asked, wanted: Choice, items: Sequence[Wanted], now: datetime) -> list[Mistake]:
    """Why a launch cannot be answered like this, whatever the items are."""
    if not asked.is_active:
        return [INACTIVE]
    if asked.answered_at is not None:
        return [ANSWERED]
    if now > wanted.expires_at:
        return [EXPIRED]
    if items and not wanted.takes_links:
        return [NO_LINKS]
    if len(items) > 1 and not wanted.accept_multiple:
        return [ONE_ONLY]
    return [TOO_MANY] if len(items) > MOST_ITEMS else []


async def links_to(
    request: Request, tool: Addresses, items: Sequence[Wanted], *, with_lines: bool
) -> tuple[list[dict[str, object]], list[Mistake]]:
    """What was chosen as content items, and what of it is not there."""
    links, mistakes = [], []
    for index, item in enumerate(items):
        course = await course_named(request, item.course)
        lesson = None if course is None or item.lesson is None else await lesson_named(request, course, item.lesson)
        place = ("items", str(index))
        if course is None:
            mistakes.append(Mistake((*place, "course"), "COURSE_UNKNOWN", "There is no such published course."))
        elif item.lesson is not None and lesson is None:
            mistakes.append(Mistake((*place, "lesson"), "LESSON_UNKNOWN", "The course has no such lesson."))
        else:
            links.append(link(tool, course, lesson, with_line=with_lines))
    return links, mistakes


async def course_named(request: Request, key: str) -> Found | None:
    """A published course."""
    statement = rows.course_statement(request.database.dialect)
    found = await request.known(statement, {"key": text(key), "now": request.now})
    return Found(*found[0]) if found else None


async def lesson_named(request: Request, course: Found, key: str) -> Found | None:
    """A lesson of a course."""
    statement = rows.lesson_statement(request.database.dialect)
    found = await request.known(statement, {"key": text(key), "course": course.id})
    return Found(*found[0]) if found else None


def link(tool: Addresses, course: Found, lesson: Found | None, *, with_line: bool) -> dict[str, object]:
    """A link to a course or a lesson as a content item (Deep Linking 2.0, 3.2), with a line of the gradebook."""
    title = course.name if lesson is None else f"{course.name} – {lesson.name}"
    custom = {"course": name_of(course)} | ({} if lesson is None else {"lesson": name_of(lesson)})
    item: dict[str, object] = {"type": LINK, "url": tool.target_url(*custom.values()), "title": title, "custom": custom}
    if course.description:
        item["text"] = course.description
    if with_line:
        item["lineItem"] = {"scoreMaximum": MOST_POINTS, "label": title, "resourceId": "/".join(custom.values())}
    return item


def name_of(content: Found) -> str:
    """What names a course or a lesson in a link: its code, and its number where the code could be one."""
    return str(content.id) if content.code.isdecimal() else content.code


def claims(asked: Asked, settings: Mapping[str, object], links: Sequence[Mapping[str, object]]) -> dict[str, object]:
    """The answer to a launch (Deep Linking 2.0, 4.5); `data` goes back as it came."""
    found: dict[str, object] = {
        "iss": asked.client_id,
        "aud": [asked.issuer],
        "nonce": secrets.token_urlsafe(24),
        f"{LTI}deployment_id": asked.deployment_id,
        f"{LTI}message_type": "LtiDeepLinkingResponse",
        f"{LTI}version": "1.3.0",
        f"{CHOICE}content_items": list(links),
    }
    return found | ({f"{CHOICE}data": settings["data"]} if "data" in settings else {})
