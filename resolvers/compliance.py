"""Compliance documents: who may keep them, and what one has to be."""

from dataclasses import dataclass
from datetime import date

from db import compliance as rows
from resolvers.context import Request
from resolvers.egress.outcomes import Refused
from resolvers.egress.target import target_of
from resolvers.errors import Mistake
from resolvers.integrations import allowed
from resolvers.policy import Operation
from resolvers.text import text

UNKNOWN = Mistake(("organizationLegacyId",), "ORGANIZATION_UNKNOWN", "There is no organization with this number.")
NO_HTTPS = Mistake(("url",), "URL_REFUSED", "A document is kept at an address that begins with https://.")
NO_URL = Mistake(("validUntil",), "URL_MISSING", "A document holds until a day once there is an address of it.")


@dataclass(frozen=True, slots=True)
class Document:
    """A document as it is to be kept; one without an address is pending."""

    organization_id: int
    kind: str
    url: str | None
    valid_until: date | None

    def mistakes(self) -> list[Mistake]:
        """What is wrong with it in itself."""
        if self.url is None:
            return [] if self.valid_until is None else [NO_URL]
        try:
            target = target_of(text(self.url))
        except Refused as refused:
            return [Mistake(("url",), "URL_REFUSED", str(refused))]
        return [] if target.scheme == "https" else [NO_HTTPS]


async def save_document(request: Request, document: Document) -> list[Mistake]:
    """Keep a document of an organization, in the place of its other one of that kind.

    Forbidden. Gives the mistakes, and then nothing was changed.
    """
    allowed(request, Operation.MANAGE_COMPLIANCE, "Mutation.saveComplianceDocument")
    if mistakes := document.mistakes():
        return mistakes
    values = {"organization_id": document.organization_id, "kind": document.kind}
    values |= {"url": document.url, "valid_until": document.valid_until}
    async with request.writing() as transaction:
        if not await rows.organization_exists(transaction, document.organization_id):
            return [UNKNOWN]
        await rows.save(transaction, values, request.now)
    return []


async def remove_document(request: Request, organization_id: int, kind: str) -> bool:
    """Keep a document no longer; whether there was one. Forbidden."""
    allowed(request, Operation.MANAGE_COMPLIANCE, "Mutation.removeComplianceDocument")
    async with request.writing() as transaction:
        return await rows.remove(transaction, organization_id, kind)
