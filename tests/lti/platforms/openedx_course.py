"""What edx-platform would give the LTI block: people and their roles, a course with blocks, and a gradebook."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from dataclasses import dataclass
from types import SimpleNamespace
from uuid import NAMESPACE_URL, uuid5

from crum import get_current_user
from django.contrib.auth.models import User
from lti_consumer.exceptions import LtiError
from lti_consumer.models import CourseAllowPIISharingInLTIFlag
from lti_consumer.plugin import compat
from opaque_keys.edx.keys import CourseKey, UsageKey
from xblock.core import XBlockMixin
from xblock.fields import Boolean, DateTime, Scope, ScopeIds, Timedelta
from xblock.reference.user_service import UserService, XBlockUser
from xblock.runtime import DictKeyValueStore, KvsFieldData, MemoryIdManager, Runtime

from tests.lti.platforms.student.models import UserProfile

COURSE = CourseKey.from_string("course-v1:Kakehashi+Eigo+2026")
ROLES = {"hanako": "student", "jiro": "student", "sensei": "instructor"}
# One registration for all blocks. In Studio a block that was copied shares its passport with the first, too.
PASSPORT = "0a6c9f3e-3a5c-4b51-9b8e-5d1d6f2f7c11"

# By block and username: what the gradebook says.
grades: dict[tuple[str, str], dict[str, object]] = {}


class Inherited(XBlockMixin):
    """Fields that edx-platform mixes into every block."""

    due = DateTime(scope=Scope.settings)
    graceperiod = Timedelta(scope=Scope.settings)
    graded = Boolean(scope=Scope.settings, default=True)


class People(UserService):
    """Who is there, as blocks ask."""

    def get_current_user(self) -> XBlockUser:
        """Whoever sent the request."""
        user = get_current_user()
        found = XBlockUser(is_current_user=True, emails=[user.email], full_name=user.get_full_name())
        found.opt_attrs = {
            "edx-platform.is_authenticated": user.is_authenticated,
            "edx-platform.user_id": user.id,
            "edx-platform.username": user.username,
            "edx-platform.user_role": ROLES[user.username],
            "edx-platform.user_is_staff": False,
        }
        return found

    def get_external_user_id(self, kind: str) -> str:
        """The name by which others know whoever sent the request."""
        assert kind == "lti"
        return external_id(get_current_user())


class Rebinding:
    """A block that was loaded for nobody is made a learner's."""

    def rebind_noauth_module_to_user(self, block: object, user: User) -> None:
        """Have what the block keeps from now on be this learner's."""
        block.scope_ids = block.scope_ids._replace(user_id=user.id)  # type: ignore[attr-defined]  # an XBlock


class Platform(Runtime):
    """Where blocks live."""

    def handler_url(self, block: object, handler_name: str, *_: object, **__: object) -> str:
        """Blocks of LTI 1.3 have no handlers that are asked for."""
        raise NotImplementedError(handler_name)

    local_resource_url = resource_url = handler_url

    def publish(self, block: object, event_type: str, event_data: dict[str, object]) -> None:
        """A grade goes into the gradebook."""
        assert event_type == "grade"
        username = User.objects.get(id=event_data["user_id"]).username
        where = block.scope_ids.usage_id.block_id  # type: ignore[attr-defined]  # an XBlock
        grades[where, username] = {"earned": event_data["value"], "possible": event_data["max_value"]}


kept = KvsFieldData(DictKeyValueStore())
ids = MemoryIdManager()
platform = Platform(
    id_reader=ids,
    id_generator=ids,
    mixins=(Inherited,),
    services={"field-data": kept, "user": People(), "rebind_user": Rebinding()},
)


def usage(name: str) -> UsageKey:
    """The key of a block of the course."""
    return COURSE.make_usage_key("lti_consumer", name)


def load(location: UsageKey) -> object:
    """A block, bound to whoever sent the request, as far as somebody did."""
    user = get_current_user()
    ids_of = ScopeIds(user.id if user else None, location.block_type, location, location)
    return platform.construct_xblock(location.block_type, ids_of)


def external_id(user: User) -> str:
    """The name by which tools know somebody (openedx.core.djangoapps.external_user_ids)."""
    return str(uuid5(NAMESPACE_URL, user.username))


def user_of(external: str) -> User:
    """Whom a tool calls so."""
    for user in User.objects.all():
        if external_id(user) == external:
            return user
    raise LtiError("Invalid User")


def members(course: CourseKey) -> dict[int, dict[str, object]]:
    """Who is in the course (lms.djangoapps.course_api.api.get_course_members)."""
    assert course == COURSE
    return {
        user.id: {
            "id": user.id,
            "username": user.username,
            "email": user.email,
            "name": user.get_full_name(),
            "roles": [ROLES[user.username]],
        }
        for user in User.objects.all()
    }


def external_ids(users: Iterable[User]) -> dict[int, SimpleNamespace]:
    """The names by which tools know people, by their numbers."""
    return {user.id: SimpleNamespace(external_user_id=external_id(user)) for user in users}


def is_staff(user: User, course: CourseKey) -> bool:
    """Whether somebody may change the course."""
    return course == COURSE and ROLES.get(user.username) == "instructor"


def course_of(key: CourseKey) -> SimpleNamespace:
    """The course as far as blocks ask about it."""
    assert key == COURSE
    return SimpleNamespace(
        display_name_with_default="英語 2026", display_org_with_default="Kakehashi", lti_passports=[]
    )


# The one module in which the block keeps all that it asks of edx-platform.
PROVIDED = {
    "load_enough_xblock": load,
    "load_block_as_user": load,
    "save_xblock": lambda block: block.save(),
    "get_user_from_external_user_id": user_of,
    "user_has_access": lambda user, *_: user.is_authenticated,
    "user_course_access": lambda _course, user, *_, **__: user.is_authenticated,
    "user_has_studio_write_access": is_staff,
    "get_course_by_id": course_of,
    "get_course_members": members,
    "batch_get_or_create_externalids": external_ids,
}


@dataclass(frozen=True)
class Placed:
    """A block that a teacher put into the course."""

    name: str
    title: str
    settings: dict[str, object]


def placed(told: argparse.Namespace) -> tuple[Placed, ...]:
    """The course's blocks: one for each way in which a tool is placed in Open edX."""
    page = f"{told.tool}/courses/{told.course}/lessons/{told.lesson}"
    custom = [f"course={told.course}", f"lesson={told.lesson}"]
    return (
        Placed("lesson", "A lesson, by custom parameters", {"custom_parameters": custom}),
        Placed(
            "made",
            "The same by its address; the tool makes the line of the gradebook",
            {"lti_1p3_launch_url": page, "lti_advantage_ags_mode": "programmatic"},
        ),
        Placed("chosen", "What the teacher chooses in the tool", {"lti_advantage_deep_linking_enabled": True}),
        Placed("ungraded", "The course, without grades", {**at_course(told), "lti_advantage_ags_mode": "disabled"}),
    )


def at_course(told: argparse.Namespace) -> dict[str, object]:
    """A link to a course as a whole."""
    return {"lti_1p3_launch_url": f"{told.tool}/courses/{told.course}"}


def common(told: argparse.Namespace) -> dict[str, object]:
    """What a teacher writes into each block, in Studio."""
    callback = f"{told.tool}/callback"
    return {
        "lti_version": "lti_1p3",
        "lti_1p3_passport_id": PASSPORT,
        "lti_1p3_oidc_url": f"{told.tool}/login",
        "lti_1p3_launch_url": callback,
        "lti_1p3_redirect_uris": [callback],
        "lti_1p3_tool_key_mode": "keyset_url",
        "lti_1p3_tool_keyset_url": f"{told.tool}/jwks",
        "lti_advantage_deep_linking_launch_url": callback,
        "lti_1p3_enable_nrps": True,
        "ask_to_send_username": True,
        "ask_to_send_full_name": True,
        "ask_to_send_email": True,
        "has_score": True,
        "weight": 10.0,
    }


def open_course(told: argparse.Namespace) -> None:
    """Enrol the people, place the blocks, and let the course tell tools who is in it."""
    for name, provided in PROVIDED.items():
        setattr(compat, name, provided)
    for username, first, last in (("hanako", "花子", "山田"), ("jiro", "次郎", "田中"), ("sensei", "先生", "佐藤")):
        user = User.objects.create_user(username, f"{username}@edx.example", first_name=first, last_name=last)
        UserProfile.objects.create(user=user)
    CourseAllowPIISharingInLTIFlag.objects.create(course_id=COURSE, enabled=True)
    for each in placed(told):
        block = load(usage(each.name))
        for name, value in {**common(told), "display_name": each.title, **each.settings}.items():
            setattr(block, name, value)
        block.save()  # type: ignore[attr-defined]  # an XBlock
