"""What organizations show of themselves, their mail domains and looks, and the mutations that make and change them."""

import datetime
from typing import Annotated

import strawberry
from strawberry.types import Info

from db import institutions as rows
from resolvers import scopes
from resolvers.context import Request
from resolvers.errors import Mistake
from resolvers.institutions.commands import create_organization, update_organization
from resolvers.institutions.wanted import Look, Wanted
from resolvers.policy import Operation
from schema.declare import column, extends, many, mapped, needs, one
from schema.mistakes import UserError, user_errors
from schema.organizations import Organization
from schema.viewer import Plan


@mapped(
    rows.organization_domains,
    scope=scopes.domain_rows,
    description="A mail domain of an organization; it is of no other one.",
)
class OrganizationDomain:
    domain: str = column("In small letters, as ASCII (punycode), such as example.ac.jp.")
    created_at: datetime.datetime = column("When it was entered. Nobody has proved that it is theirs.")


@mapped(
    rows.organization_brandings,
    scope=scopes.domain_rows,
    key=("organization_id",),
    description="How an organization looks where it shows itself as its own product (white label).",
)
class Branding:
    display_name: str | None = column("How it calls itself there; null for its name.")
    logo_url: str | None = column("Address of its logo, by https.")
    primary_color: str | None = column("Its colour, as #rrggbb.")
    support_email: str | None = column("Where its people ask for help.")
    updated_at: datetime.datetime = column("When this was changed.")


@extends(Organization)
class OrganizationInstitution:
    plan_code: str | None = column(
        "What it subscribes to itself, as the REST API prints it; null for its parent's.", "plan"
    )
    domains: list[OrganizationDomain] = many("Its mail domains, by name.", match="organization_id", order=("domain",))
    branding: Branding | None = one(
        "How it looks as its own product; null where it looks like everybody.", key="id", match="organization_id"
    )


@strawberry.input(description="How an organization is to look. What is not given stays; an empty text takes it away.")
class BrandingInput:
    display_name: str | None = strawberry.field(description="How it calls itself.", default=None)
    logo_url: str | None = strawberry.field(
        description="Address of its logo, which begins with https://.", default=None
    )
    primary_color: str | None = strawberry.field(description="Its colour, as #rrggbb.", default=None)
    support_email: str | None = strawberry.field(description="Where its people ask for help.", default=None)


@strawberry.type(description="What came of making or changing an organization.")
class OrganizationPayload:
    organization_id: strawberry.Private[int | None]
    organization: Organization | None = one("The organization; null where there is none.", key="organization_id")
    user_errors: list[UserError] = strawberry.field(description="What to mend; then nothing was changed.")


DOMAINS = strawberry.argument(
    description="Its mail domains, all of them, at most 50: those that are not among them are taken away."
)
LOOK = strawberry.argument(description="How it looks as its own product.")


@strawberry.type
class InstitutionMutations:
    @strawberry.mutation(
        description="Make an organization below one of yours. Operators of the system also make parents.",
        metadata=needs(Operation.MANAGE_INSTITUTIONS),
    )
    async def create_organization(
        self,
        info: Info[Request, None],
        code: Annotated[
            str,
            strawberry.argument(
                description="Its code, which never changes: 1 to 64 letters and digits of ASCII, dots, dashes and"
                " underlines."
            ),
        ],
        name: Annotated[str, strawberry.argument(description="Its name.")],
        abbreviation: Annotated[
            str | None, strawberry.argument(description="Its abbreviation (略称); the name unless told.")
        ] = None,
        parent_legacy_id: Annotated[
            int | None, strawberry.argument(description="The number of its parent, which has none itself.")
        ] = None,
        plan: Annotated[
            Plan | None, strawberry.argument(description="What it subscribes to; its parent's plan unless told.")
        ] = None,
        domains: Annotated[list[str] | None, DOMAINS] = None,
        branding: Annotated[BrandingInput | None, LOOK] = None,
    ) -> OrganizationPayload:
        wanted = Wanted(name, abbreviation, domains, look_of(branding))
        chosen = None if plan is None else str(plan.value)
        made = await create_organization(info.context, code, wanted, parent_id=parent_legacy_id, plan=chosen)
        return organization_payload(made)

    @strawberry.mutation(
        description="Change an organization of yours; what is not given stays. A child is changed by its parent's"
        " owner.",
        metadata=needs(Operation.MANAGE_INSTITUTIONS),
    )
    async def update_organization(
        self,
        info: Info[Request, None],
        legacy_id: Annotated[int, strawberry.argument(description="The number of the organization.")],
        name: Annotated[str | None, strawberry.argument(description="Its name.")] = None,
        abbreviation: Annotated[str | None, strawberry.argument(description="Its abbreviation (略称).")] = None,
        domains: Annotated[list[str] | None, DOMAINS] = None,
        branding: Annotated[BrandingInput | None, LOOK] = None,
    ) -> OrganizationPayload:
        wanted = Wanted(name, abbreviation, domains, look_of(branding))
        return organization_payload(await update_organization(info.context, legacy_id, wanted))


def look_of(given: BrandingInput | None) -> Look:
    """How an organization is to look, as the rules take it."""
    if given is None:
        return Look()
    return Look(given.display_name, given.logo_url, given.primary_color, given.support_email)


def organization_payload(made: int | list[Mistake] | None) -> OrganizationPayload:
    """What came of a change."""
    if isinstance(made, list):
        return OrganizationPayload(organization_id=None, user_errors=user_errors(made))
    return OrganizationPayload(organization_id=made, user_errors=[])
