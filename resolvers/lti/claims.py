"""What an id_token says, once its signature is verified: first whether it is meant for this login, then who and what.

LTI Core 1.3, 5.3 and 5.4 (claims of a launch); Security Framework 1.0, 5.1.3 (checks); Deep Linking 2.0, 4.4.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from resolvers.claims import (
    Claims,
    Parties,
    address_in,
    check,
    email_in,
    flag_in,
    is_usable,
    name_in,
    object_in,
    text_in,
)
from resolvers.lti.logins import lies_below
from resolvers.lti.people import Told, kind_of
from resolvers.lti.reading import MOST_TEXTS, can_be_kept, needed, texts_in
from resolvers.lti.reasons import Reason

LTI, CHOICE = "https://purl.imsglobal.org/spec/lti/claim/", "https://purl.imsglobal.org/spec/lti-dl/"
GRADES = "https://purl.imsglobal.org/spec/lti-ags/"
ROSTER = "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice"
VERSION = "1.3.0"
RESOURCE_LINK, DEEP_LINKING = "resource_link", "deep_linking"
MESSAGES = {"LtiResourceLinkRequest": RESOURCE_LINK, "LtiDeepLinkingRequest": DEEP_LINKING}
# Scopes with which grades are sent, and lines of the gradebook found and made.
SCORE, LINE = f"{GRADES}scope/score", f"{GRADES}scope/lineitem"
PLACE = re.compile(r"/courses/([^/]+)(?:/lessons/([^/]+))?/?")


@dataclass(frozen=True, slots=True)
class Expected:
    """What an id_token must agree with: the platform, and the login that it is the answer to."""

    parties: Parties
    deployment_ids: Sequence[str]
    home: str
    base: str


@dataclass(frozen=True, slots=True)
class Gradebook:
    """Assignment and Grade Services 2.0, as far as the platform offers them here (claim `endpoint`, 3.1)."""

    line_item_url: str | None
    line_items_url: str | None
    scopes: tuple[str, ...]

    @property
    def takes_scores(self) -> bool:
        """Whether grades can be sent: there is a line for them, or lines may be looked for."""
        lines = self.line_items_url is not None and (LINE in self.scopes or f"{LINE}.readonly" in self.scopes)
        return SCORE in self.scopes and (self.line_item_url is not None or lines)


@dataclass(frozen=True, slots=True)
class Launch:
    """A launch as the platform tells of it; `course` and `lesson` are names that may lead nowhere."""

    deployment_id: str
    message_type: str
    told: Told
    roles: tuple[str, ...]
    context_id: str | None
    context_title: str | None
    resource_link_id: str | None
    resource_link_title: str | None
    course: str | None
    lesson: str | None
    gradebook: Gradebook
    memberships_url: str | None
    deep_linking: dict[str, object] | None


def launch_in(claims: Claims, expected: Expected) -> Launch:
    """The launch that verified claims tell of; a Refusal for the first thing that is wrong with them."""
    check(claims, expected.parties, Reason)
    message_type = message_in(claims)
    deployment_id = deployment_in(claims, expected)
    target = target_in(claims, message_type, expected.home)
    roles = texts_in(claims, f"{LTI}roles", "roles")
    link, context = object_in(claims, f"{LTI}resource_link"), object_in(claims, f"{LTI}context")
    course, lesson = launched_in(claims, target, expected.base)
    return Launch(
        deployment_id=deployment_id,
        message_type=message_type,
        told=person_in(claims, roles),
        roles=tuple(roles),
        context_id=name_in(context, "id"),
        context_title=text_in(context, "title"),
        resource_link_id=needed(link, "id", "resource_link.id") if message_type == RESOURCE_LINK else None,
        resource_link_title=text_in(link, "title"),
        course=course,
        lesson=lesson,
        gradebook=gradebook_in(claims),
        memberships_url=address_in(object_in(claims, ROSTER), "context_memberships_url"),
        deep_linking=choice_in(claims) if message_type == DEEP_LINKING else None,
    )


def message_in(claims: Claims) -> str:
    """What is asked for, in the one version of LTI that there is."""
    if claims.get(f"{LTI}version") != VERSION:
        raise Reason.CLAIM_WRONG.refusal("version")
    message_type = MESSAGES.get(needed(claims, f"{LTI}message_type", "message_type"))
    if message_type is None:
        raise Reason.CLAIM_WRONG.refusal("message_type")
    return message_type


def deployment_in(claims: Claims, expected: Expected) -> str:
    """The deployment, which must be one of the platform's."""
    found = claims.get(f"{LTI}deployment_id")
    if not isinstance(found, str) or found not in expected.deployment_ids:
        raise Reason.DEPLOYMENT_UNKNOWN.refusal("deployment_id")
    return found


def target_in(claims: Claims, message_type: str, home: str) -> str | None:
    """Where the link leads, which is an address of ours; whoever asks for a choice need not say it."""
    name = f"{LTI}target_link_uri"
    if message_type == DEEP_LINKING and name not in claims:
        return None
    found = claims.get(name)
    if not isinstance(found, str) or not lies_below(found, home):
        raise Reason.TARGET_ELSEWHERE.refusal("target_link_uri")
    return found


def person_in(claims: Claims, roles: Sequence[str]) -> Told:
    """Who comes; refused who is not named, or is here neither a learner nor one of staff."""
    if claims.get("sub") in (None, ""):
        raise Reason.ANONYMOUS.refusal("sub")
    subject, kind = needed(claims, "sub"), kind_of(roles)
    if kind is None:
        raise Reason.ROLE_UNKNOWN.refusal("roles")
    shown = object_in(claims, f"{LTI}launch_presentation")
    return Told(
        subject,
        kind,
        email=email_in(claims),
        external_id=name_in(object_in(claims, f"{LTI}lis"), "person_sourcedid"),
        given_name=text_in(claims, "given_name"),
        family_name=text_in(claims, "family_name"),
        name=text_in(claims, "name"),
        locale=name_in(claims, "locale") or name_in(shown, "locale"),
    )


def launched_in(claims: Claims, target: str | None, base: str) -> tuple[str | None, str | None]:
    """The names of course and lesson: those of the claim `custom`, else those in the address that the link leads to.

    A lesson stands with its course.
    """
    custom = object_in(claims, f"{LTI}custom")
    course, lesson = word_in(custom, "course"), word_in(custom, "lesson")
    in_path = (None, None) if target is None else named_in(target, base)
    if course is None:
        course, lesson = in_path[0], lesson or in_path[1]
    if lesson is not None and course is None:
        raise Reason.CLAIM_WRONG.refusal("custom.course")
    return course, lesson


def word_in(custom: Claims, name: str) -> str | None:
    """A value of the claim `custom`; they are texts, and numbers where a platform has read too much into them."""
    value = custom.get(name)
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else name_in(custom, name)


def named_in(target: str, base: str) -> tuple[str | None, str | None]:
    """Course and lesson in an address below `{base}/courses`; of any other address there are none."""
    path, own = urlsplit(target).path, urlsplit(base).path
    found = PLACE.fullmatch(path.removeprefix(own)) if path.startswith(own) else None
    if found is None:
        return None, None
    course, lesson = (None if part is None else plain(part) for part in found.groups())
    return course, lesson


def plain(part: str) -> str:
    """A part of a path as it was before it was written into an address."""
    try:
        found = unquote(part, errors="strict")
    except UnicodeDecodeError:
        raise Reason.TARGET_ELSEWHERE.refusal("target_link_uri") from None
    return needed({"target_link_uri": found}, "target_link_uri")


def gradebook_in(claims: Claims) -> Gradebook:
    """What of the grade services is offered here."""
    told = object_in(claims, f"{GRADES}claim/endpoint")
    scopes = told.get("scope")
    named = tuple(str(one) for one in scopes if is_usable(one)) if isinstance(scopes, list) else ()
    return Gradebook(address_in(told, "lineitem"), address_in(told, "lineitems"), named[:MOST_TEXTS])


def choice_in(claims: Claims) -> dict[str, object]:
    """Where a choice is to be sent, and what is taken (Deep Linking 2.0, 4.4.1), under the names that it has there.

    `data` is any value (5.1: "opaque") and must go back as it came, and so it is refused where it cannot be kept.
    """
    told = object_in(claims, f"{CHOICE}claim/deep_linking_settings")
    address = address_in(told, "deep_link_return_url")
    if address is None:
        raise Reason.CLAIM_WRONG.refusal("deep_link_return_url")
    if not can_be_kept(told.get("data")):
        raise Reason.CLAIM_WRONG.refusal("deep_linking_settings.data")
    found: dict[str, object] = {"deep_link_return_url": address}
    found |= {name: texts_in(told, name) for name in ("accept_types", "accept_presentation_document_targets")}
    flags = {name: flag_in(told, name) for name in ("accept_multiple", "accept_lineitem", "auto_create")}
    found |= {name: flag for name, flag in flags.items() if flag is not None}
    found |= {name: text for name in ("title", "text") if (text := text_in(told, name)) is not None}
    return found | ({"data": told["data"]} if "data" in told else {})
