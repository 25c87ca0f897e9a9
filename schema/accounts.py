"""Accounts: signing in with email and password, API tokens, and what they may be allowed to do."""

import datetime
from typing import Annotated

import strawberry
from strawberry.types import Info

from db import accounts as rows
from db.api_tokens import is_kept
from resolvers import scopes
from resolvers.abilities import DESCRIPTIONS
from resolvers.api_tokens import Made, create_token, revoke_token
from resolvers.context import Request
from resolvers.engine.declare import Reading
from resolvers.policy import Operation
from resolvers.sign_in import sign_in
from schema.declare import PUBLIC, column, global_id, mapped, needs, one, root_connection
from schema.mistakes import UserError, user_errors
from schema.moments import printed
from schema.nodes import Node
from schema.pages import Connection
from schema.viewer import Viewer, viewer_of

ABILITY_NAMES = Annotated[
    list[str] | None,
    strawberry.argument(description="What the token may be used for, `*` for everything; everything unless told."),
]


@strawberry.type(description="Something that a token may be allowed to do.")
class Ability:
    name: str = strawberry.field(description="Its name, such as courses:read.")
    description: str = strawberry.field(description="What it opens.")


@mapped(
    rows.api_tokens,
    scope=scopes.own_rows,
    node=Reading(Operation.TOKENS, where=is_kept),
    description="An API token of yours. Its secret was shown when it was made, and is kept nowhere.",
)
class ApiToken(Node):
    id: strawberry.ID = global_id("ApiToken")
    legacy_id: int = column("The number that the token begins with.", "id")
    name: str = column("What you called it.")
    abilities: list[str] = column("What it may be used for; `*` is everything.")
    documents_only: bool = column("Whether the graph runs registered documents alone for it.")
    created_at: datetime.datetime = column("When it was made.")
    last_used_at: datetime.datetime | None = column("When it was last used, give or take a minute.")
    expires_at: datetime.datetime | None = column("When it ends; null for never.")


@strawberry.type(description="What came of making a token.")
class CreateApiTokenPayload:
    token_id: strawberry.Private[int | None]
    token: ApiToken | None = one("The token; null where none was made.", key="token_id")
    plain_text_token: str | None = strawberry.field(description="The token itself, shown this once: keep it safe.")
    user_errors: list[UserError] = strawberry.field(description="What to mend; then no token was made.")


@strawberry.type(description="What came of revoking a token.")
class RevokeApiTokenPayload:
    revoked: bool = strawberry.field(description="Whether there was such a token; it is good for nothing any more.")


@strawberry.type(description="What came of signing in.")
class SignInPayload:
    token: str | None = strawberry.field(description="A bearer token for the Authorization header; null where refused.")
    expires_at: datetime.datetime | None = strawberry.field(description="When the token ends.")
    viewer: Viewer | None = strawberry.field(description="Who signed in.")
    user_errors: list[UserError] = strawberry.field(description="What to mend; then nobody signed in.")


@strawberry.type
class AccountQueries:
    api_tokens: Connection[ApiToken] = root_connection(
        "Your API tokens, the oldest first, less those that were revoked.",
        where=is_kept,
        operation=Operation.TOKENS,
    )

    @strawberry.field(description="Everything that a token may be allowed to do.", metadata=needs(Operation.ME))
    def abilities(self) -> list[Ability]:
        return [Ability(name=ability.value, description=text) for ability, text in DESCRIPTIONS.items()]


@strawberry.type
class AccountMutations:
    @strawberry.mutation(
        description="Sign in with email and password. At most five attempts a minute from one address.", metadata=PUBLIC
    )
    async def sign_in(
        self,
        info: Info[Request, None],
        email: Annotated[str, strawberry.argument(description="Email address.")],
        password: Annotated[str, strawberry.argument(description="Password.")],
        device_name: Annotated[str | None, strawberry.argument(description="What to call the token.")] = None,
        abilities: ABILITY_NAMES = None,
    ) -> SignInPayload:
        request = info.context
        made = await sign_in(request, email=email, password=password, device_name=device_name, abilities=abilities)
        if not isinstance(made, Made):
            return SignInPayload(token=None, expires_at=None, viewer=None, user_errors=user_errors(made))
        return SignInPayload(
            token=made.plain_text,
            expires_at=printed(made.expires_at, request),
            viewer=viewer_of(request),
            user_errors=[],
        )

    @strawberry.mutation(
        description="Make an API token for yourself. It can do no more than the token you ask with.",
        metadata=needs(Operation.MANAGE_TOKENS),
    )
    async def create_api_token(
        self,
        info: Info[Request, None],
        name: Annotated[str, strawberry.argument(description="What to call it.")],
        abilities: Annotated[list[str], strawberry.argument(description="What it may be used for, at least one.")],
        expires_at: Annotated[
            datetime.datetime | None, strawberry.argument(description="When it ends; never unless told.")
        ] = None,
        documents_only: Annotated[
            bool | None,
            strawberry.argument(
                description="Whether the graph runs registered documents alone for it; unless told, as for yours."
            ),
        ] = None,
    ) -> CreateApiTokenPayload:
        made = await create_token(
            info.context, name=name, abilities=abilities, expires_at=expires_at, documents_only=documents_only
        )
        if isinstance(made, Made):
            return CreateApiTokenPayload(token_id=made.id, plain_text_token=made.plain_text, user_errors=[])
        return CreateApiTokenPayload(token_id=None, plain_text_token=None, user_errors=user_errors(made))

    @strawberry.mutation(description="Revoke one of your API tokens, at once.", metadata=needs(Operation.MANAGE_TOKENS))
    async def revoke_api_token(
        self,
        info: Info[Request, None],
        legacy_id: Annotated[int, strawberry.argument(description="The number that the token begins with.")],
    ) -> RevokeApiTokenPayload:
        return RevokeApiTokenPayload(revoked=await revoke_token(info.context, legacy_id))
