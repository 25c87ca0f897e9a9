"""LTI platforms in the graph: which learning management systems (LMS) launch us, and whom they may bring."""

import datetime
import enum

import strawberry

from db.lti import tables as rows
from resolvers import scopes
from resolvers.engine.declare import Reading
from resolvers.lti.filters import PLATFORM_FILTERS
from resolvers.policy import Operation
from schema.declare import REQUIRED, Argument, column, global_id, mapped, one, root_connection, root_one
from schema.nodes import Node
from schema.organizations import Organization
from schema.pages import Connection

DEPLOYMENTS = "The ids of its deployments of this tool; a launch from any other one is refused."


@strawberry.enum(description="How people of a platform are found among those whom the organization has already.")
class LtiMatching(enum.Enum):
    NOTHING = strawberry.enum_value("nothing", description="Nobody is: whoever comes for the first time is new.")
    EMAIL = strawberry.enum_value("email", description="By the mail address that the platform tells.")
    EXTERNAL_ID = strawberry.enum_value(
        "external_id", description="By the id of the school's own system (lis.person_sourcedid), our external id."
    )


@mapped(
    rows.lti_platforms,
    scope=scopes.lti_rows,
    node=Reading(Operation.LTI),
    description="A learning management system (LMS) that launches this tool by LTI 1.3, and is told grades.",
)
class LtiPlatform(Node):
    id: strawberry.ID = global_id("LtiPlatform")
    legacy_id: int = column("Its number.", "id")
    name: str = column("How people call it.")
    issuer: str = column("How it calls itself: the issuer of its id_tokens.")
    client_id: str = column("How it calls this tool.")
    deployments: list[str] = column(DEPLOYMENTS, "deployment_ids")
    auth_login_url: str = column("Where logins go: its OIDC authorization endpoint.")
    token_url: str = column("Where we fetch access tokens for its services.")
    token_audience: str | None = column("Whom we address when we do so; null where that is the same address.")
    jwks_url: str = column("Where its keys are.")
    matching: LtiMatching = column("How its people are found among those of the organization.")
    matching_code: str = column("The same, as the REST API prints it.", "matching")
    creates_accounts: bool = column("Whether an account is made of whoever is not found; else that one is refused.")
    is_active: bool = column("Whether it may launch, and is told grades.")
    created_at: datetime.datetime = column("When it was registered.")
    updated_at: datetime.datetime = column("When it was changed.")
    organization: Organization | None = one(
        "The organization whose people come from there.", key="organization_id", operation=Operation.ORGANIZATIONS
    )


@strawberry.type
class LtiPlatformQueries:
    lti_platforms: Connection[LtiPlatform] = root_connection(
        "The LTI platforms within your reach, the oldest first.", operation=Operation.LTI
    )
    lti_platform: LtiPlatform | None = root_one(
        "The LTI platform with this number.",
        arguments=(Argument("legacy_id", int, "Its number.", REQUIRED),),
        filters=PLATFORM_FILTERS,
        operation=Operation.LTI,
    )
