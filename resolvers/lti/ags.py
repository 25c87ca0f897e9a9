"""Grades as platforms take them: addresses, media types and bodies of Assignment and Grade Services 2.0 (AGS)."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from urllib.parse import urlencode, urlsplit, urlunsplit

from db.lti.scores import Held
from resolvers.egress.client import Reply
from resolvers.lti.services import Asking

SCORE_SCOPE = "https://purl.imsglobal.org/spec/lti-ags/scope/score"
LINE_SCOPE = "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem"
SCORE_TYPE = "application/vnd.ims.lis.v1.score+json"
LINE_TYPE = "application/vnd.ims.lis.v2.lineitem+json"
LINES_TYPE = "application/vnd.ims.lis.v2.lineitemcontainer+json"
# Open edX has no answer for who asks for JSON, and an answer to a score says nothing that we need.
ANYTHING = "*/*"
MAXIMUM, TAG = 100, "completion"
MOST_LINES_BYTES = 1024 * 1024
LONGEST_ADDRESS = 2000
# What would be answered the same however often it is sent.
FINAL = (
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.NOT_FOUND,
    HTTPStatus.GONE,
    HTTPStatus.UNPROCESSABLE_ENTITY,
)


@dataclass(frozen=True, slots=True)
class Line:
    """A line as a platform shows it."""

    address: str
    resource_link_id: str | None
    resource_id: str | None


def is_taken(status: int) -> bool:
    """Whether an answer says that a request was done: Open edX says 201, others 200 or 204."""
    return HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES


def has_arrived(reply: Reply, attempt: int) -> bool:
    """Whether an answer says that a score is there: 409 that an equal or newer one is (section 3.4.9).

    Open edX says 400 to that, and that it is about the timestamp. It cannot be about how we write one where the score
    was sent before: then it may have arrived, and the answer have been lost.
    """
    if is_taken(reply.status) or reply.status == HTTPStatus.CONFLICT:
        return True
    content = content_of(reply) if reply.status == HTTPStatus.BAD_REQUEST and attempt > 1 else None
    return isinstance(content, dict) and content.keys() == {"timestamp"}


def score_asking(line: str, one: Held) -> Asking:
    """The request that sends a score to a line (section 3.4)."""
    return Asking("POST", below(line, "scores"), ANYTHING, SCORE_TYPE, score_body(one))


def below(address: str, name: str) -> str:
    """An address below another one: its query stays behind the path, as Moodle's has one."""
    parts = urlsplit(address)
    return urlunsplit(parts._replace(path=f"{parts.path.rstrip('/')}/{name}"))


def score_body(one: Held) -> bytes:
    """A score; the same bytes however often it is sent."""
    told = {
        "timestamp": written(one.scored_at),
        "scoreGiven": number(one.score_given),
        "scoreMaximum": number(one.score_maximum),
        "comment": one.comment,
        "activityProgress": one.activity_progress,
        "gradingProgress": one.grading_progress,
        "userId": one.subject,
    }
    return json.dumps({name: value for name, value in told.items() if value is not None}).encode()


def written(at: datetime) -> str:
    """An instant in UTC with its fraction (section 3.4.2)."""
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def number(value: float | None) -> float | None:
    """A number without a fraction where it has none."""
    return int(value) if value is not None and value.is_integer() else value


def lines_address(one: Held) -> str:
    """Where the lines of a resource link are listed that are ours (section 3.2.9)."""
    wanted = {"resource_link_id": one.resource_link_id, "resource_id": one.code}
    parts = urlsplit(one.line_items_url or "")
    asked = urlencode({name: value for name, value in wanted.items() if value is not None})
    return urlunsplit(parts._replace(query="&".join(filter(None, (parts.query, asked)))))


def lines_asking(address: str) -> Asking:
    """The request for a page of lines."""
    return Asking("GET", address, LINES_TYPE, most_bytes=MOST_LINES_BYTES)


def making(one: Held) -> Asking:
    """The request that makes a line (section 3.2.4)."""
    told = {
        "scoreMaximum": MAXIMUM,
        "label": one.name or one.resource_link_id,
        "resourceId": one.code,
        "resourceLinkId": one.resource_link_id,
        "tag": TAG,
    }
    body = json.dumps({name: value for name, value in told.items() if value is not None}).encode()
    return Asking("POST", one.line_items_url or "", LINE_TYPE, LINE_TYPE, body)


def lines_in(content: object) -> Iterator[Line]:
    """The lines in the content of an answer: one line, or a list of them. What is no line is not looked at."""
    for one in content if isinstance(content, list) else [content]:
        if not isinstance(one, dict):
            continue
        address = one.get("id")
        if isinstance(address, str) and 0 < len(address) <= LONGEST_ADDRESS:
            yield Line(address, text_in(one.get("resourceLinkId")), text_in(one.get("resourceId")))


def text_in(value: object) -> str | None:
    """An id as text: some platforms write numbers."""
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    return text if isinstance(text, str) and text else None


def is_of(line: Line, one: Held) -> bool:
    """Whether a line is the one of a score: of its link, and not of another thing of ours that the link led to."""
    return line.resource_link_id == one.resource_link_id and line.resource_id in (None, one.code)


def content_of(reply: Reply) -> object:
    """The JSON in an answer; None where there is none, or more than we read."""
    if reply.cut:
        return None
    try:
        return json.loads(reply.body)
    except (ValueError, RecursionError):
        return None
