"""Setting up single sign-on in the graph, and what an identity provider is told of this server."""

from typing import Annotated

import strawberry
from strawberry.types import Info

from resolvers.context import Request
from resolvers.errors import Mistake
from resolvers.policy import Operation
from resolvers.service_provider import ServiceProvider
from resolvers.sso import commands
from resolvers.sso.wanted import MASK, Wanted
from schema.declare import needs, one
from schema.mistakes import UserError, user_errors
from schema.sso.configurations import SsoConfiguration, SsoProtocol, SsoRole, SsoTokenAuth

MENDING = "What to mend; then nothing was changed."
Number = Annotated[int, strawberry.argument(description="The number of the organization (組織ID).")]


@strawberry.type(description="What an organization's identity provider is told of this server.")
class SsoServiceProvider:
    entity_id: str = strawberry.field(description="SAML's entity ID (audience).")
    acs_url: str = strawberry.field(description="SAML's assertion consumer service (reply URL).")
    metadata_url: str = strawberry.field(description="Where SAML's metadata of this server are.")
    redirect_uri: str = strawberry.field(description="OpenID Connect's redirect URI.")
    start_url: str = strawberry.field(description="Where people of the organization begin to sign in.")
    session_url: str = strawberry.field(description="Where a page changes its code for a session.")


@strawberry.type(description="What came of setting up single sign-on.")
class SsoPayload:
    configuration_id: strawberry.Private[int | None]
    sso: SsoConfiguration | None = one("The configuration; null where there is none.", key="configuration_id")
    service_provider: SsoServiceProvider | None = strawberry.field(
        description="What the identity provider is told; null where the server has no public address."
    )
    user_errors: list[UserError] = strawberry.field(description=MENDING)


@strawberry.type(description="What came of removing single sign-on.")
class DeleteSsoPayload:
    deleted: bool = strawberry.field(description="Whether there was a configuration within your reach.")


@strawberry.input(description="What a value of the role's attribute means.")
class SsoRoleMapping:
    value: str = strawberry.field(description="The value, as the identity provider writes it.")
    role: SsoRole = strawberry.field(description="The role.")


@strawberry.input(
    description="The settings; what is not given stays, and an empty text takes away what may be missing. Those of"
    " another protocol's are refused."
)
class SsoSettings:
    domains: list[str] | None = strawberry.field(
        description="Mail domains of the organization's people. Each is one organization's only.", default=None
    )
    return_url: str | None = strawberry.field(
        description="The page of your own to which browsers go after signing in.", default=None
    )
    creates_accounts: bool | None = strawberry.field(
        description="Whether an account is made of whoever is not found; true unless told.", default=None
    )
    enforced: bool | None = strawberry.field(
        description="Whether people of these domains may no longer use passwords. Owners always may.", default=None
    )
    role_attribute: str | None = strawberry.field(
        description="The claim or attribute that says the role, such as roles or groups.", default=None
    )
    roles: list[SsoRoleMapping] | None = strawberry.field(description="What its values mean.", default=None)
    default_role: SsoRole | None = strawberry.field(
        description="What everybody else is; null to refuse such people.", default=strawberry.UNSET
    )
    email_attribute: str | None = strawberry.field(
        description="SAML: the attribute with the mail address, where it is none of the usual ones.", default=None
    )
    issuer: str | None = strawberry.field(description="OpenID Connect: the issuer.", default=None)
    client_id: str | None = strawberry.field(description="OpenID Connect: how it calls this server.", default=None)
    client_secret: str | None = strawberry.field(
        description=f"OpenID Connect: the client secret, which is never shown again. {MASK} leaves it as it is.",
        default=None,
    )
    token_auth: SsoTokenAuth | None = strawberry.field(
        description="OpenID Connect: how the client secret is sent; CLIENT_SECRET_BASIC unless told.", default=None
    )
    metadata_xml: str | None = strawberry.field(
        description="SAML: the identity provider's metadata, as a text.", default=None
    )
    metadata_url: str | None = strawberry.field(
        description="SAML: where they are fetched, now and whenever they are looked at.", default=None
    )

    def plain(self, protocol: SsoProtocol) -> Wanted:
        """The same as the command takes it."""
        role = self.default_role
        roles = self.roles
        return Wanted(
            protocol=str(protocol.value),
            domains=self.domains,
            return_url=self.return_url,
            creates_accounts=self.creates_accounts,
            enforced=self.enforced,
            role_attribute=self.role_attribute,
            roles=None if roles is None else [{"value": one.value, "role": str(one.role.value)} for one in roles],
            default_role=None if role is strawberry.UNSET else "" if role is None else str(role.value),
            email_attribute=self.email_attribute,
            issuer=self.issuer,
            client_id=self.client_id,
            client_secret=self.client_secret,
            token_auth=None if self.token_auth is None else str(self.token_auth.value),
            metadata_xml=self.metadata_xml,
            metadata_url=self.metadata_url,
        )


Given = Annotated[SsoSettings | None, strawberry.argument(description="The settings.")]


@strawberry.type
class SsoServiceProviderQueries:
    @strawberry.field(
        description="What an organization's identity provider is told of this server; null where it has no public"
        " address.",
        metadata=needs(Operation.SSO),
    )
    async def sso_service_provider(
        self, info: Info[Request, None], organization_legacy_id: Number
    ) -> SsoServiceProvider | None:
        return shown(info.context.provider, organization_legacy_id)


@strawberry.type
class SsoMutations:
    @strawberry.mutation(
        description="Save how people of an organization sign in. What is enabled is looked at first, by asking the"
        " identity provider: what cannot work is not enabled. Of another protocol nothing is kept.",
        metadata=needs(Operation.MANAGE_SSO),
    )
    async def save_sso(
        self,
        info: Info[Request, None],
        organization_legacy_id: Number,
        protocol: Annotated[SsoProtocol, strawberry.argument(description="How the identity provider is asked.")],
        settings: Given = None,
        enabled: Annotated[
            bool | None, strawberry.argument(description="Whether people sign in by it; as before unless told.")
        ] = None,
    ) -> SsoPayload:
        wanted = (settings or SsoSettings()).plain(protocol)
        made = await commands.save(info.context, organization_legacy_id, wanted, enabled=enabled)
        return payload(info.context, organization_legacy_id, made)

    @strawberry.mutation(
        description="Look whether people of an organization could sign in, and take over what its identity provider"
        " says now, such as new certificates.",
        metadata=needs(Operation.MANAGE_SSO),
    )
    async def check_sso(self, info: Info[Request, None], organization_legacy_id: Number) -> SsoPayload:
        made = await commands.check(info.context, organization_legacy_id)
        return payload(info.context, organization_legacy_id, made)

    @strawberry.mutation(
        description="Look whether people of an organization could sign in, and let them.",
        metadata=needs(Operation.MANAGE_SSO),
    )
    async def enable_sso(self, info: Info[Request, None], organization_legacy_id: Number) -> SsoPayload:
        made = await commands.enable(info.context, organization_legacy_id)
        return payload(info.context, organization_legacy_id, made)

    @strawberry.mutation(
        description="Let nobody of an organization in any more by single sign-on; sessions go on until they end.",
        metadata=needs(Operation.MANAGE_SSO),
    )
    async def disable_sso(self, info: Info[Request, None], organization_legacy_id: Number) -> SsoPayload:
        made = await commands.disable(info.context, organization_legacy_id)
        return payload(info.context, organization_legacy_id, made)

    @strawberry.mutation(
        description="Remove an organization's configuration, and by which names its people came. The people stay.",
        metadata=needs(Operation.MANAGE_SSO),
    )
    async def delete_sso(self, info: Info[Request, None], organization_legacy_id: Number) -> DeleteSsoPayload:
        return DeleteSsoPayload(deleted=await commands.remove(info.context, organization_legacy_id))


def shown(provider: ServiceProvider | None, organization_id: int) -> SsoServiceProvider | None:
    """The addresses for an organization's identity provider."""
    if provider is None:
        return None
    entity = provider.entity_id(organization_id)
    return SsoServiceProvider(
        entity_id=entity,
        acs_url=provider.acs_url,
        metadata_url=entity,
        redirect_uri=provider.redirect_uri,
        start_url=provider.start_url(organization_id),
        session_url=provider.session_url,
    )


def payload(request: Request, organization_id: int, made: int | list[Mistake] | None) -> SsoPayload:
    """What came of a change."""
    mistakes = made if isinstance(made, list) else []
    return SsoPayload(
        configuration_id=None if isinstance(made, list) else made,
        service_provider=shown(request.provider, organization_id),
        user_errors=user_errors(mistakes),
    )
