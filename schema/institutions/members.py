"""Who belongs to an organization: students and staff in one list, and the roles that staff have over time."""

import datetime
import enum
from typing import Annotated, TypeAlias

import strawberry
from strawberry.types import Info

from db.members import members
from db.students import not_locked
from resolvers import scopes
from resolvers.context import Request
from resolvers.errors import Mistake
from resolvers.institutions.members import ALL_MEMBER_FILTERS, MEMBER_FILTERS, PLACE_IN_REACH
from resolvers.institutions.roles import change_period, end_role, grant_role
from resolvers.policy import Operation
from schema.declare import (
    REQUIRED,
    Argument,
    column,
    connection,
    extends,
    mapped,
    needs,
    one,
    root_connection,
)
from schema.mistakes import UserError, user_errors
from schema.organizations import Organization
from schema.pages import Connection
from schema.students import Student
from schema.viewer import Role

Number: TypeAlias = Annotated[
    int, strawberry.argument(description="The number of the role: the `membershipLegacyId` of a member.")
]


@strawberry.enum(description="Whether somebody belongs to an organization now.")
class MemberStatus(enum.Enum):
    ACTIVE = strawberry.enum_value("active", description="Within the period of use.")
    UPCOMING = strawberry.enum_value("upcoming", description="The period of use has not begun.")
    ENDED = strawberry.enum_value("ended", description="The period of use is over.")
    LOCKED = strawberry.enum_value("locked", description="Locked, whatever the period.")


@mapped(
    members,
    scope=scopes.member_rows,
    key=("number",),
    walks=(("organization_id", "code", "number"),),
    student="student_id",
    description="Somebody who belongs to an organization: a student, or one of the roles of a member of staff.",
)
class Member:
    ref: str = column("What the REST API calls its id: student-12 or staff-34, unique among all members.")
    uid: str = column("The person's uid; who has several roles is a member by each of them.")
    code: str = column("Code of the person.")
    name: str = column("Last name and first name.")
    last_name: str = column("Last name (姓).")
    first_name: str = column("First name (名).")
    email: str | None = column("The address that the person signs in with; null for who signs in elsewhere alone.")
    role: Role = column("The role.")
    role_code: str = column("The same, as tokens and the REST API name it.", "role")
    status: MemberStatus = column("Whether it is so now.")
    status_code: str = column("The same, as the REST API prints it.", "status")
    source: str = column("Who said so: manual (people, here), csv, oneroster, sso or lti.")
    start_at: datetime.datetime = column("From when on: of staff the later of the person's and the role's beginning.")
    end_at: datetime.datetime = column("Until when, included: of staff the earlier of the person's and the role's end.")
    membership_legacy_id: int | None = column("The number of a role of staff; null for students.", "membership_id")
    student: Student | None = one(
        "The student; null for staff, and for who is locked.",
        key="student_id",
        where=not_locked,
        operation=Operation.STUDENTS,
    )


NARROWED = (
    Argument("role", Role | None, "Only members with this role."),
    Argument("status", MemberStatus | None, "Only members of whom this is so now."),
    Argument(
        "keyword",
        str | None,
        "Found anywhere in code, external id or names, and in both together; width, case, hiragana and small kana do"
        " not matter.",
    ),
)


@extends(Organization)
class OrganizationMembers:
    members: Connection[Member] = connection(
        "Who belongs to the organization, belonged to it or will: students and staff, by code.",
        match="organization_id",
        order=("code",),
        filters=MEMBER_FILTERS,
        operation=Operation.MEMBERS,
        arguments=NARROWED,
    )


@strawberry.type(description="What came of giving, moving or ending a role.")
class RolePayload:
    membership_id: strawberry.Private[int | None]
    found: bool = strawberry.field(description="Whether there is such a role within your reach.")
    member: Member | None = one(
        "The member by this role; null where there is none, also since it was taken back before it began.",
        key="membership_id",
        match="membership_id",
    )
    user_errors: list[UserError] = strawberry.field(description="What to mend; then nothing was changed.")


@strawberry.type
class MemberQueries:
    members: Connection[Member] = root_connection(
        "Who belongs to an organization within your reach, belonged to it or will: students and staff, by code.",
        order=("code",),
        filters=ALL_MEMBER_FILTERS,
        checks=(PLACE_IN_REACH,),
        operation=Operation.MEMBERS,
        arguments=(
            Argument("organization_legacy_id", int, "The number of the organization.", REQUIRED),
            *NARROWED,
        ),
    )


@strawberry.type
class MemberMutations:
    @strawberry.mutation(
        description="Give a role in an organization to somebody on the staff within your reach. Owners are made by"
        " owners of the organization or its parent.",
        metadata=needs(Operation.MANAGE_MEMBERS),
    )
    async def grant_role(
        self,
        info: Info[Request, None],
        organization_legacy_id: Annotated[int, strawberry.argument(description="The number of the organization.")],
        uid: Annotated[str, strawberry.argument(description="The person's uid.")],
        role: Annotated[Role, strawberry.argument(description="COACH, CLERK or OWNER.")],
        start_at: Annotated[
            datetime.datetime | None, strawberry.argument(description="From when on; now unless told.")
        ] = None,
        end_at: Annotated[
            datetime.datetime | None,
            strawberry.argument(description="Until when, included; as long as the person may come in unless told."),
        ] = None,
    ) -> RolePayload:
        made = await grant_role(
            info.context,
            organization_id=organization_legacy_id,
            uid=uid,
            role=str(role.value),
            start_at=start_at,
            end_at=end_at,
        )
        return role_payload(made)

    @strawberry.mutation(
        description="End a role that people gave. One that has not begun is taken back. The last owner stays.",
        metadata=needs(Operation.MANAGE_MEMBERS),
    )
    async def end_role(
        self,
        info: Info[Request, None],
        membership_legacy_id: Number,
        at: Annotated[
            datetime.datetime | None, strawberry.argument(description="Until when, included; over at once unless told.")
        ] = None,
    ) -> RolePayload:
        return role_payload(await end_role(info.context, membership_legacy_id, at))

    @strawberry.mutation(
        description="Have a role that people gave begin or end at another time. What has begun keeps its beginning.",
        metadata=needs(Operation.MANAGE_MEMBERS),
    )
    async def change_role_period(
        self,
        info: Info[Request, None],
        membership_legacy_id: Number,
        start_at: Annotated[
            datetime.datetime | None, strawberry.argument(description="From when on; as it is unless told.")
        ] = None,
        end_at: Annotated[
            datetime.datetime | None,
            strawberry.argument(description="Until when, included; as long as the person may come in unless told."),
        ] = None,
    ) -> RolePayload:
        return role_payload(await change_period(info.context, membership_legacy_id, start_at, end_at))


def role_payload(made: int | list[Mistake] | None) -> RolePayload:
    """What came of a change."""
    if isinstance(made, list):
        return RolePayload(membership_id=None, found=True, user_errors=user_errors(made))
    return RolePayload(membership_id=made, found=made is not None, user_errors=[])
