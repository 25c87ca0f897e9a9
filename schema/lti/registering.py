"""Registering LTI platforms in the graph: by hand, or by an invitation; and what an LMS is told of this tool."""

import datetime
from typing import Annotated

import strawberry
from strawberry.types import Info

from resolvers.context import Request
from resolvers.errors import Mistake
from resolvers.lti.invitations import Invited, invite_platform
from resolvers.lti.platforms import delete_platform, register_platform, update_platform
from resolvers.lti.wanted import Wanted
from resolvers.policy import Operation
from resolvers.tool import Addresses
from schema.declare import needs, one
from schema.lti.platforms import DEPLOYMENTS, LtiMatching, LtiPlatform
from schema.mistakes import UserError, user_errors
from schema.moments import printed

MENDING = "What to mend; then nothing was changed."


@strawberry.type(description="The addresses of this tool, which an LMS is told to register it.")
class LtiTool:
    login_url: str = strawberry.field(description="Where logins are initiated (OpenID Connect login initiation URL).")
    launch_url: str = strawberry.field(description="Where launches go: the redirect URI, and the default target link.")
    jwks_url: str = strawberry.field(description="Where the tool's public keys are (JWKS).")
    course_url: str = strawberry.field(description="The page of a course, which launches lead to.")
    canvas_configuration_url: str = strawberry.field(description="The configuration of a developer key, for Canvas.")
    platforms_url: str = strawberry.field(description="The page in which platforms are registered.")


@strawberry.type(description="What came of registering or changing a platform.")
class LtiPlatformPayload:
    platform_id: strawberry.Private[int | None]
    platform: LtiPlatform | None = one("The platform; null where there is none.", key="platform_id")
    tool: LtiTool | None = strawberry.field(description="What the LMS is told of this tool.")
    user_errors: list[UserError] = strawberry.field(description=MENDING)


@strawberry.type(description="What came of removing a platform.")
class DeleteLtiPlatformPayload:
    deleted: bool = strawberry.field(description="Whether there was such a platform within your reach.")


@strawberry.type(description="What came of inviting a platform.")
class InviteLtiPlatformPayload:
    url: str | None = strawberry.field(
        description="The address by which an LMS registers itself (Dynamic Registration), shown this once."
    )
    expires_at: datetime.datetime | None = strawberry.field(description="Until when it is good; it is good for once.")
    user_errors: list[UserError] = strawberry.field(description=MENDING)


NAME = strawberry.argument(description="How people call it.")
ISSUER = strawberry.argument(description="How it calls itself: the issuer (Platform ID).")
CLIENT_ID = strawberry.argument(description="How it calls this tool.")
LOGIN_URL = strawberry.argument(description="Its OIDC authorization endpoint, which browsers are sent to.")
TOKEN_URL = strawberry.argument(description="Where it gives access tokens.")
JWKS_URL = strawberry.argument(description="Where its public keys are (JWKS).")
DEPLOYED = strawberry.argument(description=DEPLOYMENTS)
AUDIENCE = strawberry.argument(
    description="Whom to address when we fetch tokens; an empty text, or none, for the address where they are given."
)
MATCHING = strawberry.argument(description="How its people are found; NOTHING unless told.")
CREATES = strawberry.argument(description="Whether an account is made of whoever is not found; true unless told.")
ACTIVE = strawberry.argument(description="Whether it may launch, and is told grades.")
WHOSE = strawberry.argument(
    description="Code of the organization (組織コード) whose people come from there: your own unless told. Whoever"
    " operates the system must tell it."
)
Number = Annotated[int, strawberry.argument(description="The number of the platform.")]


@strawberry.type
class LtiToolQueries:
    @strawberry.field(
        description="The addresses of this tool, which an LMS is told; null where the server has no public address.",
        metadata=needs(Operation.LTI),
    )
    async def lti_tool(self, info: Info[Request, None]) -> LtiTool | None:
        return tool(info.context.tool)


@strawberry.type
class LtiPlatformMutations:
    @strawberry.mutation(
        description="Register an LTI platform. Issuer and client id together are only once here.",
        metadata=needs(Operation.MANAGE_LTI),
    )
    async def register_lti_platform(  # noqa: PLR0913  # the arguments of the field
        self,
        info: Info[Request, None],
        *,
        name: Annotated[str, NAME],
        issuer: Annotated[str, ISSUER],
        client_id: Annotated[str, CLIENT_ID],
        auth_login_url: Annotated[str, LOGIN_URL],
        token_url: Annotated[str, TOKEN_URL],
        jwks_url: Annotated[str, JWKS_URL],
        deployments: Annotated[list[str], DEPLOYED],
        token_audience: Annotated[str | None, AUDIENCE] = None,
        matching: Annotated[LtiMatching | None, MATCHING] = None,
        creates_accounts: Annotated[bool | None, CREATES] = None,
        organization_code: Annotated[str | None, WHOSE] = None,
    ) -> LtiPlatformPayload:
        wanted = Wanted(
            name=name,
            issuer=issuer,
            client_id=client_id,
            auth_login_url=auth_login_url,
            token_url=token_url,
            token_audience=token_audience,
            jwks_url=jwks_url,
            deployments=deployments,
            matching=value(matching),
            creates_accounts=creates_accounts,
        )
        return payload(info.context, await register_platform(info.context, wanted, organization_code))

    @strawberry.mutation(
        description="Change an LTI platform; what is not given stays. Whoever changes its names or addresses is its"
        " owner from then on. Sessions from one that is switched off end.",
        metadata=needs(Operation.MANAGE_LTI),
    )
    async def update_lti_platform(  # noqa: PLR0913  # the arguments of the field
        self,
        info: Info[Request, None],
        legacy_id: Number,
        *,
        name: Annotated[str | None, NAME] = None,
        issuer: Annotated[str | None, ISSUER] = None,
        client_id: Annotated[str | None, CLIENT_ID] = None,
        auth_login_url: Annotated[str | None, LOGIN_URL] = None,
        token_url: Annotated[str | None, TOKEN_URL] = None,
        jwks_url: Annotated[str | None, JWKS_URL] = None,
        deployments: Annotated[list[str] | None, DEPLOYED] = None,
        token_audience: Annotated[str | None, AUDIENCE] = None,
        matching: Annotated[LtiMatching | None, MATCHING] = None,
        creates_accounts: Annotated[bool | None, CREATES] = None,
        is_active: Annotated[bool | None, ACTIVE] = None,
    ) -> LtiPlatformPayload:
        wanted = Wanted(
            name=name,
            issuer=issuer,
            client_id=client_id,
            auth_login_url=auth_login_url,
            token_url=token_url,
            token_audience=token_audience,
            jwks_url=jwks_url,
            deployments=deployments,
            matching=value(matching),
            creates_accounts=creates_accounts,
            is_active=is_active,
        )
        return payload(info.context, await update_platform(info.context, legacy_id, wanted))

    @strawberry.mutation(
        description="Remove an LTI platform, with its launches, grades and rosters. People and what they learned stay.",
        metadata=needs(Operation.MANAGE_LTI),
    )
    async def delete_lti_platform(self, info: Info[Request, None], legacy_id: Number) -> DeleteLtiPlatformPayload:
        return DeleteLtiPlatformPayload(deleted=await delete_platform(info.context, legacy_id))

    @strawberry.mutation(
        description="Invite an LMS to register itself, by an address that is good for seven days and for once.",
        metadata=needs(Operation.MANAGE_LTI),
    )
    async def invite_lti_platform(
        self,
        info: Info[Request, None],
        matching: Annotated[LtiMatching | None, MATCHING] = None,
        creates_accounts: Annotated[bool | None, CREATES] = None,
        organization_code: Annotated[str | None, WHOSE] = None,
    ) -> InviteLtiPlatformPayload:
        made = await invite_platform(
            info.context, organization_code, value(matching), creates_accounts=creates_accounts
        )
        return invited(info.context, made)


def value(matching: LtiMatching | None) -> str | None:
    """A way of matching as the command takes it."""
    return None if matching is None else str(matching.value)


def tool(addresses: Addresses | None) -> LtiTool | None:
    """The addresses of the tool as the graph shows them."""
    if addresses is None:
        return None
    return LtiTool(
        login_url=addresses.login_url,
        launch_url=addresses.launch_url,
        jwks_url=addresses.jwks_url,
        course_url=addresses.course_url,
        canvas_configuration_url=addresses.canvas_url,
        platforms_url=addresses.platforms_url,
    )


def payload(request: Request, made: int | list[Mistake] | None) -> LtiPlatformPayload:
    """What came of a change."""
    if isinstance(made, list):
        return LtiPlatformPayload(platform_id=None, tool=tool(request.tool), user_errors=user_errors(made))
    return LtiPlatformPayload(platform_id=made, tool=tool(request.tool), user_errors=[])


def invited(request: Request, made: Invited | list[Mistake]) -> InviteLtiPlatformPayload:
    """What came of an invitation."""
    if isinstance(made, list):
        return InviteLtiPlatformPayload(url=None, expires_at=None, user_errors=user_errors(made))
    return InviteLtiPlatformPayload(url=made.url, expires_at=printed(made.expires_at, request), user_errors=[])
