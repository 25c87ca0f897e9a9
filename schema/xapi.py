"""xAPI forwarding in the graph: which Learning Record Stores are told what learners do, and how that goes."""

import datetime
import enum
from typing import Annotated

import strawberry
from strawberry.types import Info

from db.xapi import tables as rows
from resolvers import scopes
from resolvers.context import Request
from resolvers.engine.declare import Reading
from resolvers.errors import Mistake
from resolvers.policy import Operation
from resolvers.xapi.commands import Wanted, delete_endpoint, register_endpoint, update_endpoint
from resolvers.xapi.credentials import Credentials
from resolvers.xapi.filters import ENDPOINT_FILTERS, STATEMENT_FILTERS
from resolvers.xapi.verbs import VERBS
from schema.declare import (
    REQUIRED,
    Argument,
    column,
    connection,
    global_id,
    mapped,
    needs,
    one,
    root_connection,
    root_one,
)
from schema.mistakes import UserError, user_errors
from schema.nodes import Node
from schema.organizations import Organization
from schema.pages import Connection

VERB_NAMES = f"Which verbs are told, of {', '.join(VERBS)}; none at all means every one."
VERSION = "The version of xAPI that it speaks: 1.0.3 or 2.0.0."
URL = "The address of the LRS, below which its resources are: statements go to /statements there."


@strawberry.enum(description="How requests to an LRS are authenticated.")
class XapiAuthType(enum.Enum):
    BASIC = strawberry.enum_value("basic", description="By a username and a password.")
    BEARER = strawberry.enum_value("bearer", description="By a token.")


@strawberry.enum(description="What became of a statement.")
class XapiStatementStatus(enum.Enum):
    PENDING = strawberry.enum_value("pending", description="It waits to be sent, or to be sent again.")
    DELIVERED = strawberry.enum_value("delivered", description="The LRS took it, or had it already.")
    REJECTED = strawberry.enum_value("rejected", description="The LRS refuses it, however often it is sent.")
    SKIPPED = strawberry.enum_value("skipped", description="The endpoint was switched off before it arrived.")


@mapped(
    rows.xapi_statements,
    scope=scopes.xapi_rows,
    node=Reading(Operation.XAPI),
    description="A statement on its way to an LRS. What is finished is kept for 30 days.",
)
class XapiStatement(Node):
    id: strawberry.ID = global_id("XapiStatement")
    legacy_id: int = column("Its number.", "id")
    endpoint_legacy_id: int = column("The number of the endpoint.", "endpoint_id")
    statement_id: str = column("The statement's own id, the same however often it is sent.")
    event_type: str = column("What happened, such as lesson.completed.")
    verb: str = column("The name of its verb.")
    status: XapiStatementStatus = column("What became of it.")
    response_code: int | None = column("The status by which it was rejected.")
    error: str | None = column("What the LRS said when it rejected it: the first 500 bytes.")
    created_at: datetime.datetime = column("When it was queued.")
    finished_at: datetime.datetime | None = column("When it arrived, was rejected or given up.")


@mapped(
    rows.xapi_endpoints,
    scope=scopes.xapi_rows,
    node=Reading(Operation.XAPI),
    description="A Learning Record Store (LRS) that is told what learners do, in order, as xAPI statements.",
)
class XapiEndpoint(Node):
    id: strawberry.ID = global_id("XapiEndpoint")
    legacy_id: int = column("Its number.", "id")
    name: str = column("How people call it.")
    url: str = column(URL)
    auth_type: XapiAuthType = column("How requests are authenticated, where there are credentials.")
    auth_type_code: str = column("The same, as the REST API prints it.", "auth_type")
    has_credentials: bool = column("Whether there are credentials. They are never shown.")
    version: str = column(VERSION)
    verbs: list[str] = column(VERB_NAMES)
    home: str = column("What the names of learners and activities begin with; it never changes.")
    is_active: bool = column("Whether anything is sent.")
    disabled_reason: str | None = column(
        "Why not: switched_off, or failing (nothing arrived for five days; what happens meanwhile waits for 30 days)."
    )
    lag: int = column("How many statements wait.", "waiting")
    failing: bool = column("Whether the last attempt failed; what waits is tried again.")
    failing_since: datetime.datetime | None = column("Since when nothing has arrived; null while all is well.")
    attempt_count: int = column("How often it failed in a row.")
    next_attempt_at: datetime.datetime | None = column("When it is tried again; null while all is well.")
    response_code: int | None = column("The status that was answered last; null while all is well, or nothing came.")
    error: str | None = column("What went wrong last, as the LRS or we say it; null while all is well.")
    last_delivered_at: datetime.datetime | None = column("When something last arrived.")
    created_at: datetime.datetime = column("When it was registered.")
    updated_at: datetime.datetime = column("When it was changed.")
    organization: Organization | None = one(
        "The organization it belongs to; null for those of system operators.",
        key="organization_id",
        operation=Operation.ORGANIZATIONS,
    )
    statements: Connection[XapiStatement] = connection(
        "What is and was on its way to it, the newest first.",
        match="endpoint_id",
        order=("-id",),
        filters=STATEMENT_FILTERS,
        arguments=(
            Argument("status", XapiStatementStatus | None, "With this status."),
            Argument("verb", str | None, "With this verb, by name."),
        ),
    )


@strawberry.type(description="What came of registering or changing an endpoint.")
class XapiEndpointPayload:
    endpoint_id: strawberry.Private[int | None]
    endpoint: XapiEndpoint | None = one("The endpoint; null where there is none.", key="endpoint_id")
    user_errors: list[UserError] = strawberry.field(description="What to mend; then nothing was changed.")


@strawberry.type(description="What came of removing an endpoint.")
class DeleteXapiEndpointPayload:
    deleted: bool = strawberry.field(description="Whether there was such an endpoint within your reach.")


@strawberry.type
class XapiQueries:
    xapi_endpoints: Connection[XapiEndpoint] = root_connection(
        "The xAPI endpoints within your reach, the oldest first.", operation=Operation.XAPI
    )
    xapi_endpoint: XapiEndpoint | None = root_one(
        "The xAPI endpoint with this number.",
        arguments=(Argument("legacy_id", int, "Its number.", REQUIRED),),
        filters=ENDPOINT_FILTERS,
        operation=Operation.XAPI,
    )


@strawberry.input(description="How we authenticate at an LRS: by username and password, or by a token.")
class XapiCredentials:
    auth_type: XapiAuthType | None = strawberry.field(
        description="How; a token by itself means bearer, all else basic.", default=None
    )
    username: str | None = strawberry.field(description="For basic: no colon.", default=None)
    password: str | None = strawberry.field(description="For basic.", default=None)
    token: str | None = strawberry.field(description="For bearer.", default=None)

    def plain(self) -> Credentials:
        """The same as the command takes it."""
        auth_type = None if self.auth_type is None else str(self.auth_type.value)
        return Credentials(auth_type, self.username, self.password, self.token)


Given = Annotated[
    XapiCredentials | None, strawberry.argument(description="How to authenticate. What is given is never shown again.")
]
Version = Annotated[str | None, strawberry.argument(description=f"{VERSION} 1.0.3 unless told.")]
Verbs = Annotated[list[str] | None, strawberry.argument(description=VERB_NAMES)]
Number = Annotated[int, strawberry.argument(description="The number of the endpoint.")]


@strawberry.type
class XapiMutations:
    @strawberry.mutation(
        description="Register an xAPI endpoint. It is told what you may hear of, from now on.",
        metadata=needs(Operation.MANAGE_XAPI),
    )
    async def register_xapi_endpoint(  # the arguments of the field
        self,
        info: Info[Request, None],
        url: Annotated[str, strawberry.argument(description=URL)],
        name: Annotated[str | None, strawberry.argument(description="A name; its host unless told.")] = None,
        credentials: Given = None,
        version: Version = None,
        verbs: Verbs = None,
    ) -> XapiEndpointPayload:
        wanted = Wanted(name, url, version, verbs, None, plain(credentials))
        return payload(await register_endpoint(info.context, wanted))

    @strawberry.mutation(
        description="Change an xAPI endpoint; what is not given stays. Credentials take the place of those before, and"
        " must be given anew with the address of another server. Whoever changes where statements go, or which, is its"
        " owner from then on.",
        metadata=needs(Operation.MANAGE_XAPI),
    )
    async def update_xapi_endpoint(  # the arguments of the field
        self,
        info: Info[Request, None],
        legacy_id: Number,
        url: Annotated[str | None, strawberry.argument(description=URL)] = None,
        name: Annotated[str | None, strawberry.argument(description="A name.")] = None,
        credentials: Given = None,
        version: Annotated[str | None, strawberry.argument(description=VERSION)] = None,
        verbs: Verbs = None,
        is_active: Annotated[
            bool | None,
            strawberry.argument(description="Whether to send; what waits is given up when it is switched off."),
        ] = None,
    ) -> XapiEndpointPayload:
        wanted = Wanted(name, url, version, verbs, is_active, plain(credentials))
        return payload(await update_endpoint(info.context, legacy_id, wanted))

    @strawberry.mutation(
        description="Remove an xAPI endpoint, with what waits for it and the log of its statements.",
        metadata=needs(Operation.MANAGE_XAPI),
    )
    async def delete_xapi_endpoint(self, info: Info[Request, None], legacy_id: Number) -> DeleteXapiEndpointPayload:
        return DeleteXapiEndpointPayload(deleted=await delete_endpoint(info.context, legacy_id))


def plain(given: XapiCredentials | None) -> Credentials:
    """Credentials as the command takes them."""
    return Credentials() if given is None else given.plain()


def payload(made: int | list[Mistake] | None) -> XapiEndpointPayload:
    """What came of a change."""
    if isinstance(made, list):
        return XapiEndpointPayload(endpoint_id=None, user_errors=user_errors(made))
    return XapiEndpointPayload(endpoint_id=made, user_errors=[])
