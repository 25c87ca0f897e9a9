"""Who asks (ログイン者): the viewer, and what the role matrix lets the viewer do."""

import datetime
import enum

import strawberry
from strawberry.types import Info

from db import accounts as rows
from db.profiles import account_rows
from db.statements.plan import Link
from resolvers import scopes
from resolvers.abilities import EVERY_ABILITY
from resolvers.access import require
from resolvers.context import Request
from resolvers.engine.declare import Reading
from resolvers.matrix import AccessCell, access_cells
from resolvers.plans import Contract
from resolvers.policy import Operation
from schema.declare import column, global_id, many, mapped, needs, one
from schema.moments import printed
from schema.nodes import Node
from schema.organizations import Organization, Section
from schema.students import Student

STAFF_SECTIONS = Link(rows.staff_sections, ("staff_id",), "section_id")


@strawberry.enum(description="A privilege (権限).")
class Role(enum.Enum):
    STUDENT = strawberry.enum_value("student", description="Student (生徒).")
    COACH = strawberry.enum_value("homeroom_teacher", description="Coach (コーチ).")
    CLERK = strawberry.enum_value("cram_school_clerk", description="Clerk (事務担当者).")
    OWNER = strawberry.enum_value("cram_school_owner", description="Owner (組織管理者).")
    ADMINISTRATOR = strawberry.enum_value("administrator", description="System operator (システム運用者).")


@strawberry.enum(description="How far an operation goes.")
class Reach(enum.Enum):
    SELF = strawberry.enum_value("self", description="The person alone.")
    OWN = strawberry.enum_value("own", description="The own organization (〇).")
    OWN_AND_CHILDREN = strawberry.enum_value(
        "own_and_children", description="The own organization and its children (◎)."
    )
    ALL = strawberry.enum_value("all", description="Everything (●).")


@strawberry.type(description="A row of the documented role matrix, worked out for you.")
class AccessRule:
    operation: str = strawberry.field(description="The operation, such as students.")
    reach: Reach | None = strawberry.field(description="How far it goes for you; null where you may not.")
    why: str = strawberry.field(description="Which of your positions decides, and what it reaches.")


@mapped(
    rows.staff,
    scope=scopes.staff_rows,
    node=Reading(Operation.ME),
    description="A member of staff (スタッフ): coach, clerk, owner or system operator. You see yourself only.",
)
class Staff(Node):
    id: strawberry.ID = global_id("Staff")
    legacy_id: int = column("The database's number of the person.", "id")
    uid: str = column("The uid, which is the `sub` of the person's access tokens.")
    code: str = column("Code.")
    external_id: str = column("External id (外部ID).")
    first_name: str = column("First name (名).")
    last_name: str = column("Last name (姓).")
    first_name_kana: str = column("First name in kana (カナ名).")
    last_name_kana: str = column("Last name in kana (カナ姓).")
    start_at: datetime.datetime = column("Start of the period of use (有効期間).")
    end_at: datetime.datetime = column("End of the period of use, included.")
    sections: list[Section] = many(
        "The sections (所属) the person works in, by seq.", link=STAFF_SECTIONS, order=("seq",)
    )


@strawberry.enum(description="What an organization subscribes to.")
class Plan(enum.Enum):
    FREE = strawberry.enum_value("free", description="100 requests a minute for each API token.")
    PRO = strawberry.enum_value("pro", description="1,000 requests a minute for each API token.")
    ENTERPRISE = strawberry.enum_value("enterprise", description="As the contract says.")


@strawberry.type(description="A free trial (トライアル) of your organization.")
class Trial:
    active: bool = strawberry.field(description="Whether it runs now.")
    started_at: datetime.datetime | None = strawberry.field(description="When it began; null where there was none.")
    ends_at: datetime.datetime | None = strawberry.field(description="When it ends or ended.")
    days_left: int = strawberry.field(description="Days that are left of it, a day that has begun included.")


@mapped(account_rows, scope=scopes.own_rows, key=("user_id",), description="Your account.")
class Account:
    legacy_id: int = column("The database's number of the account.", "user_id")
    uid: str = column("The uid.")
    name: str = column("Last name and first name.")
    email: str | None = column("The address you sign in with; null for who signs in through Auth0 alone.")
    locale: str = column("Language that you like to read, such as ja.")
    time_zone: str = column("Time zone by which your days are counted, such as Asia/Tokyo.")


@strawberry.type(description="Who asks: the person behind the access token.")
class Viewer:
    uid: str = strawberry.field(description="Your uid.")
    roles: list[Role] = strawberry.field(description="The privileges that both your token and the database give you.")
    privileges: list[str] = strawberry.field(description="The same, as tokens and the REST API name them.")
    demo: bool = strawberry.field(description="Whether your token shows demo rows only.")
    student_id: strawberry.Private[int | None]
    staff_id: strawberry.Private[int | None]
    organization_id: strawberry.Private[int | None]
    user_id: strawberry.Private[int | None]
    cells: strawberry.Private[list[AccessCell]]
    plan: Plan = strawberry.field(description="What your organization subscribes to.")
    plan_code: str = strawberry.field(description="The same, as the REST API prints it.")
    trial: Trial = strawberry.field(description="The free trial of your organization.")
    abilities: list[str] = strawberry.field(
        description="What your API token may be used for; `*` is everything, which Auth0's tokens always have."
    )
    account: Account | None = one("Your account.", key="user_id", match="user_id")
    student: Student | None = one("You as a student (生徒); null for others.", key="student_id")
    staff: Staff | None = one("You as a member of staff (スタッフ); null for students.", key="staff_id")
    organization: Organization | None = one(
        "The organization you belong to; null for system operators. With several, the one with the lowest number.",
        key="organization_id",
    )

    @strawberry.field(description="The role matrix, worked out for you: what you may do, how far it goes, and why.")
    def access_matrix(self) -> list[AccessRule]:
        return [
            AccessRule(operation=cell.operation, reach=None if cell.reach is None else Reach(cell.reach), why=cell.why)
            for cell in self.cells
        ]


def viewer_of(request: Request) -> Viewer:
    """The person who asks; Unauthenticated where nobody does."""
    asking = require(request.viewer, Operation.ME, "viewer")
    own = sorted(place.organization_id for place in asking.places if place.organization_id is not None)
    named = sorted(role.value for role in asking.roles)
    contract = asking.contract
    return Viewer(
        uid=asking.uid,
        roles=[Role(role) for role in named],
        privileges=named,
        demo=asking.standing.demo,
        student_id=asking.student_id,
        staff_id=asking.staff_id,
        user_id=asking.user_id,
        organization_id=own[0] if own else None,
        cells=access_cells(asking),
        plan=Plan(contract.plan.value),
        plan_code=contract.plan.value,
        trial=trial_of(contract, request),
        abilities=[EVERY_ABILITY] if asking.abilities is None else sorted(asking.abilities),
    )


def trial_of(contract: Contract, request: Request) -> Trial:
    """A trial at this instant."""
    now, ends_at, left = request.now, contract.trial_ends_at, datetime.timedelta()
    if contract.trial_started_at is not None and contract.trial_started_at <= now and ends_at is not None:
        left = max(left, ends_at - now)
    return Trial(
        active=left > datetime.timedelta(),
        started_at=printed(contract.trial_started_at, request),
        ends_at=printed(ends_at, request),
        days_left=-(-left // datetime.timedelta(days=1)),
    )


@strawberry.type
class ViewerQueries:
    @strawberry.field(description="You (ログイン者情報取得).", metadata=needs(Operation.ME))
    def viewer(self, info: Info[Request, None]) -> Viewer:
        return viewer_of(info.context)
