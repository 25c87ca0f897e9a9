"""Configurations of single sign-on in the graph: how an organization's people sign in by its own identity provider."""

import datetime
import enum

import strawberry
from strawberry.scalars import JSON

from db.sso import tables as rows
from resolvers import scopes
from resolvers.engine.declare import Reading
from resolvers.organizations import CODE, LEGACY_ID, OF_ORGANIZATION, ORGANIZATION_IN_REACH
from resolvers.policy import Operation
from schema.declare import column, extends, global_id, mapped, one, root_one
from schema.nodes import Node
from schema.organizations import OF_ORGANIZATION as OF_ORGANIZATION_ARGUMENTS
from schema.organizations import Organization


@strawberry.enum(description="How an identity provider is asked.")
class SsoProtocol(enum.Enum):
    OIDC = strawberry.enum_value("oidc", description="OpenID Connect: authorization code with PKCE.")
    SAML = strawberry.enum_value("saml", description="SAML 2.0: request by HTTP-Redirect, response by HTTP-POST.")


@strawberry.enum(description="What somebody may be who comes by single sign-on; never a system operator.")
class SsoRole(enum.Enum):
    STUDENT = strawberry.enum_value("student", description="A student (生徒).")
    HOMEROOM_TEACHER = strawberry.enum_value("homeroom_teacher", description="A coach (コーチ).")
    CRAM_SCHOOL_CLERK = strawberry.enum_value("cram_school_clerk", description="A clerk (事務).")
    CRAM_SCHOOL_OWNER = strawberry.enum_value("cram_school_owner", description="An owner (オーナー).")


@strawberry.enum(description="How a client secret is sent to the token endpoint.")
class SsoTokenAuth(enum.Enum):
    CLIENT_SECRET_BASIC = strawberry.enum_value("client_secret_basic", description="In the header Authorization.")
    CLIENT_SECRET_POST = strawberry.enum_value("client_secret_post", description="In the form.")


@mapped(
    rows.sso_configurations,
    scope=scopes.sso_rows,
    node=Reading(Operation.SSO),
    description="How an organization's people sign in by its own identity provider. Secrets are never shown.",
)
class SsoConfiguration(Node):
    id: strawberry.ID = global_id("SsoConfiguration")
    legacy_id: int = column("Its number.", "id")
    protocol: SsoProtocol = column("How the identity provider is asked.")
    protocol_code: str = column("The same, as the REST API prints it.", "protocol")
    enabled: bool = column("Whether people sign in by it.")
    domains: list[str] = column("The mail domains of its people; nobody else comes in by it.")
    return_url: str | None = column("Where browsers go after signing in, with a code in the fragment.")
    creates_accounts: bool = column("Whether an account is made of whoever is not found.")
    enforced: bool = column("Whether people of these domains may no longer use passwords. Owners always may.")
    role_attribute: str | None = column("The claim or attribute that says the role.")
    role_mapping: JSON = column('What its values mean: a list of {"value", "role"}.')
    default_role: SsoRole | None = column("What everybody else is; null where such people are refused.")
    default_role_code: str | None = column("The same, as the REST API prints it.", "default_role")
    email_attribute: str | None = column("SAML's attribute with the mail address, where it is none of the usual ones.")
    issuer: str | None = column("OpenID Connect's issuer, or SAML's entity ID.")
    sign_on_url: str | None = column("Where browsers are sent, as the identity provider says itself.")
    token_url: str | None = column("The token endpoint.")
    jwks_url: str | None = column("Where its keys are.")
    token_auth: SsoTokenAuth = column("How the client secret is sent.")
    token_auth_code: str = column("The same, as the REST API prints it.", "token_auth")
    client_id: str | None = column("How it calls this server.")
    has_client_secret: bool = column("Whether there is a client secret. It is never shown.")
    metadata_url: str | None = column("Where SAML's metadata are fetched; null where they were given as a text.")
    certificates: JSON = column(
        'The certificates by which SAML\'s responses are signed: a list of {"subject", "sha256_fingerprint",'
        ' "not_before", "not_after"}.'
    )
    checked_at: datetime.datetime | None = column("When it was last found to work; null since something was changed.")
    created_at: datetime.datetime = column("When it was made.")
    updated_at: datetime.datetime = column("When it was changed.")
    organization: Organization | None = one(
        "The organization whose people sign in by it.", key="organization_id", operation=Operation.ORGANIZATIONS
    )


@extends(Organization)
class OrganizationSso:
    sso: SsoConfiguration | None = one(
        "How its people sign in by an identity provider of its own; null where they do not.",
        key="id",
        match="organization_id",
        operation=Operation.SSO,
    )


@strawberry.type
class SsoQueries:
    sso_configuration: SsoConfiguration | None = root_one(
        "How people of an organization (one of code and id is needed) sign in by its own identity provider; null where"
        " they do not.",
        arguments=OF_ORGANIZATION_ARGUMENTS,
        filters=OF_ORGANIZATION,
        checks=(ORGANIZATION_IN_REACH,),
        needs_one_of=(CODE, LEGACY_ID),
        operation=Operation.SSO,
    )
