"""Rosters as platforms tell them: pages of members (Names and Role Provisioning Services 2.0), read with suspicion."""

from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import parse_qsl, urlsplit, urlunsplit

import orjson

from db.lti.people import STUDENT
from resolvers.claims import Claims, email_in, name_in, object_in, text_in
from resolvers.egress.client import Reply
from resolvers.lti.links import next_page, same_server
from resolvers.lti.people import Told, kind_of
from resolvers.lti.services import Asking

SCOPES = ("https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly",)
MEDIA_TYPE = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"
MOST_BYTES = 8 * 1024 * 1024
MOST_PAGES, MOST_MEMBERS = 200, 100_000
# So many members are asked for in a page; platforms may give less, and some give all of them (NRPS 2.0, limit).
PER_PAGE = 500
ACTIVE = "active"


class WrongRoster(Exception):
    """Nothing of a page is taken, and the message says why without repeating what it held.

    `final` where it would be the same if it were asked for again soon.
    """

    def __init__(self, message: str, reply: Reply | None = None, *, final: bool = True) -> None:
        super().__init__(message)
        self.reply = reply
        self.final = final


@dataclass(frozen=True, slots=True)
class Page:
    """How many members a page has, the active learners among them, and where the next one is."""

    size: int
    learners: tuple[Told, ...]
    following: str | None


def first_address(memberships_url: str) -> str:
    """Where the first page is, of a size that we ask for, unless the address says one already."""
    parts = urlsplit(memberships_url)
    if any(name == "limit" for name, _ in parse_qsl(parts.query, keep_blank_values=True)):
        return memberships_url
    return urlunsplit(parts._replace(query=f"{parts.query}&limit={PER_PAGE}".lstrip("&")))


def asking(address: str) -> Asking:
    """The request for a page."""
    return Asking("GET", address, MEDIA_TYPE, most_bytes=MOST_BYTES)


def page_in(reply: Reply, context_id: str, address: str) -> Page:
    """The page that an answer holds; WrongRoster where it is no page of this course.

    `address` is where it was asked for: the next page must be at the same server, which alone gets our token.
    """
    if reply.status != HTTPStatus.OK:
        raise WrongRoster(f"The platform answered {reply.status}.", reply, final=False)
    if reply.cut:
        raise WrongRoster(f"A page has more than {MOST_BYTES} bytes.", reply)
    try:
        content = orjson.loads(reply.body)
    except orjson.JSONDecodeError:
        raise WrongRoster("The answer is not JSON, or too deep.", reply) from None
    container = content if isinstance(content, dict) else {}
    members = container.get("members")
    if id_in(object_in(container, "context"), "id") != context_id:
        raise WrongRoster("The answer is not of the course that was asked for (context.id).", reply)
    if not isinstance(members, list):
        raise WrongRoster("The answer has no list of members.", reply)
    learners = [learner for number, one in enumerate(members, 1) if (learner := learner_in(one, number, reply))]
    return Page(len(members), tuple(learners), following(reply, address))


def learner_in(member: object, number: int, reply: Reply) -> Told | None:
    """What a member is told to be; None where that is no active learner (NRPS 2.0, status and roles).

    Messages of LTI, which may be told of members of a link, are not looked at.
    """
    if not isinstance(member, dict):
        raise WrongRoster(f"Member {number} is no object.", reply)
    subject, roles = id_in(member, "user_id"), member.get("roles")
    if subject is None or not isinstance(roles, list):
        raise WrongRoster(f"Member {number} has no user_id, or no roles.", reply)
    # Who has no status is active.
    is_active = str(member.get("status") or ACTIVE).lower() == ACTIVE
    if not is_active or kind_of(role for role in roles if isinstance(role, str)) != STUDENT:
        return None
    return Told(
        subject,
        STUDENT,
        email=email_in(member),
        external_id=name_in(member, "lis_person_sourcedid"),
        given_name=text_in(member, "given_name"),
        family_name=text_in(member, "family_name"),
        name=text_in(member, "name"),
    )


def id_in(content: Claims, name: str) -> str | None:
    """An id as text, where there is one that can be kept; some platforms write numbers."""
    value = content.get(name)
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else name_in(content, name)


def following(reply: Reply, address: str) -> str | None:
    """Where the next page is; None where this is the last one. WrongRoster where that is at another server."""
    try:
        found = next_page(reply, address)
        fits = found is None or (found != address and same_server(found, address))
    except ValueError:
        found, fits = None, False
    if not fits:
        raise WrongRoster("The next page is said to be at another server, or is the same one again.", reply)
    return found
