"""Compliance documents (規程・認証) of organizations in the graph."""

import datetime
import enum
from typing import Annotated

import strawberry
from strawberry.types import Info

from db import compliance as rows
from resolvers import scopes
from resolvers.compliance import Document, remove_document, save_document
from resolvers.context import Request
from resolvers.policy import Operation
from schema.declare import column, extends, many, mapped, needs, one
from schema.mistakes import UserError, user_errors
from schema.organizations import Organization


@strawberry.enum(description="What a compliance document is.")
class ComplianceKind(enum.Enum):
    DPA = strawberry.enum_value("dpa", description="Data processing agreement (個人データ取扱委託契約).")
    PRIVACY_POLICY = strawberry.enum_value("privacy_policy", description="Privacy policy (プライバシーポリシー).")
    SECURITY_CERTIFICATE = strawberry.enum_value(
        "security_certificate",
        description="Certificate of information security, such as ISO 27001 or プライバシーマーク.",
    )
    DATA_RESIDENCY = strawberry.enum_value("data_residency", description="In which country data is kept.")
    APPI = strawberry.enum_value("appi", description="Japan's Act on the Protection of Personal Information.")
    FERPA = strawberry.enum_value("ferpa", description="The United States' Family Educational Rights and Privacy Act.")
    COPPA = strawberry.enum_value("coppa", description="The United States' Children's Online Privacy Protection Act.")
    GDPR = strawberry.enum_value("gdpr", description="The European Union's General Data Protection Regulation.")


@strawberry.enum(description="How a compliance document stands today, by Japan's calendar.")
class ComplianceStatus(enum.Enum):
    VALID = strawberry.enum_value("valid", description="It holds.")
    EXPIRES_SOON = strawberry.enum_value("expires_soon", description="It holds for 30 days more at most.")
    EXPIRED = strawberry.enum_value("expired", description="Its last day is over.")
    PENDING = strawberry.enum_value("pending", description="It is being drawn up: there is no address of it yet.")
    MISSING = strawberry.enum_value("missing", description="There is none.")


@mapped(
    rows.shown_documents,
    scope=scopes.compliance_rows,
    key=("organization_id", "seq"),
    description="A compliance document of an organization.",
)
class ComplianceDocument:
    kind: ComplianceKind = column("What it is.")
    kind_code: str = column("The same, as the REST API prints it.", "kind")
    status: ComplianceStatus = column("How it stands today.")
    status_code: str = column("The same, as the REST API prints it.", "status")
    url: str | None = column("Where it is, by https; null where there is none.")
    valid_until: datetime.date | None = column("The last day on which it holds; null where there is no such day.")


@extends(Organization)
class OrganizationCompliance:
    compliance: list[ComplianceDocument] = many(
        "The organization's compliance documents (規程・認証), one of each kind, also where it is missing.",
        match="organization_id",
        order=("seq",),
        operation=Operation.COMPLIANCE,
    )


@strawberry.type(description="What came of keeping a compliance document, or of keeping it no longer.")
class ComplianceDocumentPayload:
    organization_id: strawberry.Private[int | None]
    changed: bool = strawberry.field(description="Whether anything is kept otherwise than before.")
    organization: Organization | None = one(
        "The organization; null where there is a mistake.", key="organization_id", operation=Operation.ORGANIZATIONS
    )
    user_errors: list[UserError] = strawberry.field(description="What to mend; then nothing was changed.")


NUMBER = strawberry.argument(description="The number of the organization (組織ID).")
KIND = strawberry.argument(description="What it is.")


@strawberry.type
class ComplianceMutations:
    @strawberry.mutation(
        description="Keep a compliance document of an organization, in the place of its other one of that kind.",
        metadata=needs(Operation.MANAGE_COMPLIANCE),
    )
    async def save_compliance_document(
        self,
        info: Info[Request, None],
        organization_legacy_id: Annotated[int, NUMBER],
        kind: Annotated[ComplianceKind, KIND],
        url: Annotated[
            str | None, strawberry.argument(description="Where it is, by https; pending without an address.")
        ] = None,
        valid_until: Annotated[
            datetime.date | None, strawberry.argument(description="The last day on which it holds.")
        ] = None,
    ) -> ComplianceDocumentPayload:
        document = Document(organization_legacy_id, str(kind.value), url, valid_until)
        mistakes = await save_document(info.context, document)
        return ComplianceDocumentPayload(
            organization_id=None if mistakes else organization_legacy_id,
            changed=not mistakes,
            user_errors=user_errors(mistakes),
        )

    @strawberry.mutation(
        description="Keep a compliance document of an organization no longer.",
        metadata=needs(Operation.MANAGE_COMPLIANCE),
    )
    async def remove_compliance_document(
        self,
        info: Info[Request, None],
        organization_legacy_id: Annotated[int, NUMBER],
        kind: Annotated[ComplianceKind, KIND],
    ) -> ComplianceDocumentPayload:
        removed = await remove_document(info.context, organization_legacy_id, str(kind.value))
        return ComplianceDocumentPayload(
            organization_id=organization_legacy_id if removed else None, changed=removed, user_errors=[]
        )
