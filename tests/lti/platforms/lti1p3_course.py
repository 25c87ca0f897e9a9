"""What lti1p3platform leaves to whoever builds a platform with it: the registration, people, lines and scores."""

from __future__ import annotations

import argparse
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from django.conf import settings
from django.http import HttpRequest
from lti1p3platform.exceptions import LineItemNotFoundException
from lti1p3platform.framework.django.request import DjangoRequest
from lti1p3platform.ltiplatform import LTI1P3PlatformConfAbstract
from lti1p3platform.membership import Context
from lti1p3platform.registration import Registration
from lti1p3platform.score import UpdateScoreStatus
from lti1p3platform.service_connector import AssignmentsGradesService, NamesRoleProvisioningService

CLIENT, DEPLOYMENT, CONTEXT, TITLE = "tool-1", "deployment-1", "course-7", "English 7"
# Lists come in pages of so many, whatever is asked for.
PAGE = 2
ROLE = "http://purl.imsglobal.org/vocab/lis/v2/membership#"


@dataclass(frozen=True)
class Person:
    """Somebody in the course."""

    number: str
    role: str
    given: str
    family: str

    @property
    def email(self) -> str:
        """An address that is nobody's."""
        return f"{self.number}@lms.example"


PEOPLE = {
    person.number: person
    for person in (
        Person("u1", "Learner", "Aoi", "Kato"),
        Person("u2", "Learner", "Ren", "Ito"),
        Person("u3", "Instructor", "Yui", "Mori"),
        Person("u4", "Learner", "Sora", "Abe"),
        Person("u5", "Learner", "Mei", "Ono"),
    )
}


@dataclass
class Kept:
    """What the platform knows: the tool, the gradebook, what was chosen, and of what a launch is."""

    tool: str = ""
    course: str = ""
    lesson: str = ""
    private_pem: str = ""
    public_pem: str = ""
    lines: dict[str, dict[str, Any]] = field(default_factory=dict)
    scores: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    # Each score that was asked to be taken, and what was answered.
    told: list[dict[str, Any]] = field(default_factory=list)
    chosen: list[dict[str, Any]] = field(default_factory=list)


kept = Kept()


def address(path: str) -> str:
    """An address of the platform."""
    return f"{settings.ISSUER}/{path}"


class Platform(LTI1P3PlatformConfAbstract):
    """The platform for one request, so that the tool's keys are fetched anew."""

    def init_platform_config(self, **_: object) -> None:
        """Have the registration from the beginning."""
        self.get_registration()

    def get_registration_by_params(self, **_: object) -> Registration:
        """What tool and platform know of each other."""
        made = Registration()
        made.set_iss(settings.ISSUER).set_client_id(CLIENT).set_deployment_id(DEPLOYMENT)
        made.set_oidc_login_url(f"{kept.tool}/login").set_tool_key_set_url(f"{kept.tool}/jwks")
        made.set_launch_url(f"{kept.tool}/callback").set_deeplink_launch_url(f"{kept.tool}/callback")
        return made.set_platform_private_key(kept.private_pem).set_platform_public_key(kept.public_pem)


class Numbered(DjangoRequest):
    """A request whose page is a number: the package counts on with it."""

    def build_metadata(self, request: HttpRequest) -> dict[str, Any]:
        """The request as the package wants it."""
        found: dict[str, Any] = super().build_metadata(request)
        found["get_data"] = {
            name: int(value) if name in ("page", "limit") else value for name, value in found["get_data"].items()
        }
        return found


def paged(rows: list[Any], page: int) -> dict[str, Any]:
    """A page of a list, as the package wants it."""
    return {"content": rows[(page - 1) * PAGE : page * PAGE], "has_next": len(rows) > page * PAGE}


class Gradebook(AssignmentsGradesService):
    """Lines and scores."""

    def find_lineitems(self, page: int = 1, **asked: Any) -> dict[str, Any]:
        """Lines that are as was asked, in pages; of which thing of the tool's they are, nobody looks at here."""
        keys = {"resource_link_id": "resourceLinkId", "tag": "tag"}
        wanted = {keys[name]: value for name, value in asked.items() if name in keys}
        found = [line for line in kept.lines.values() if all(line.get(key) == wanted[key] for key in wanted)]
        return paged(found, page)

    def find_lineitem(self, line_item_id: str) -> dict[str, Any]:
        """One line."""
        if line_item_id not in kept.lines:
            raise LineItemNotFoundException
        return kept.lines[line_item_id]

    def create_lineitem(self, creation_data: dict[str, Any]) -> dict[str, Any]:
        """A new line."""
        name = str(len(kept.lines) + 1)
        kept.lines[name] = {**creation_data, "id": address(f"lines/{name}")}
        return kept.lines[name]

    def update_lineitem(self, update_data: dict[str, Any]) -> dict[str, Any]:
        """A line that is as was told, but its address."""
        line = self.find_lineitem(update_data["id"])
        return {**line, **update_data, "id": line["id"]}

    def delete_lineitem(self, line_item_id: str) -> None:
        """One line less."""
        self.find_lineitem(line_item_id)
        del kept.lines[line_item_id]

    def update_score(self, line_item_id: str, score: dict[str, Any]) -> UpdateScoreStatus:
        """A score is taken where it is newer than the last one."""
        self.find_lineitem(line_item_id)
        last = kept.scores.get((line_item_id, score["userId"]))
        at = datetime.fromisoformat(score["timestamp"])
        if last is not None and datetime.fromisoformat(last["timestamp"]) >= at:
            kept.told.append({"line": line_item_id, **score, "answered": "old"})
            return UpdateScoreStatus.OLD_TIMESTAMP
        kept.scores[line_item_id, score["userId"]] = score
        kept.told.append({"line": line_item_id, **score, "answered": "taken"})
        return UpdateScoreStatus.SUCCESS if last else UpdateScoreStatus.CREATED

    def get_results(self, line_item_id: str, page: int = 1, **_: object) -> dict[str, Any]:
        """Nobody asks for them."""
        raise NotImplementedError


class Roster(NamesRoleProvisioningService):
    """Who is in the course."""

    def get_member_data_page(self, page: int = 1, **_: object) -> dict[str, Any]:
        """Some of the people."""
        return paged([member(person) for person in PEOPLE.values()], page)

    def get_context_by_id(self) -> Context:
        """The course."""
        return Context(id=CONTEXT, label="E7", title=TITLE)


def member(person: Person) -> dict[str, Any]:
    """Somebody, as the roster says it. No status stands there: the package adds that they are there."""
    return {
        "user_id": person.number,
        "roles": [ROLE + person.role],
        "name": f"{person.given} {person.family}",
        "given_name": person.given,
        "family_name": person.family,
        "email": person.email,
    }


def open_course(told: argparse.Namespace) -> None:
    """Make the keys, and lines of which the one that is looked for stands on the third page."""
    kept.tool, kept.course, kept.lesson = told.tool, told.course, told.lesson
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    kept.private_pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    kept.public_pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    for name in ("1", "2", "3", "4"):
        line = {"id": address(f"lines/{name}"), "label": f"Other {name}", "scoreMaximum": 10, "resourceId": name}
        kept.lines[name] = {**line, "resourceLinkId": "paged"}
    kept.lines["5"] = {**kept.lines["1"], "id": address("lines/5"), "resourceId": told.lesson}
