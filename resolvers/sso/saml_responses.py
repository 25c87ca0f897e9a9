"""What a SAML identity provider answers (SAML 2.0 Profiles, 4.1.4): held to the signature, the request and the clock.

minisaml verifies the signature, issuer, audience and the times of the conditions, on the element that was signed and
nothing beside it. All else is here, and reads that same element: where it may stand, that there is but one assertion,
whom it is confirmed for (Recipient, InResponseTo), when it is used up.
"""

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.x509 import Certificate, load_pem_x509_certificate
from lxml import etree
from minisaml.errors import (
    AudienceMismatch,
    IssuerMismatch,
    MalformedSAMLResponse,
    ResponseExpired,
    ResponseTooEarly,
)
from minisaml.response import Response, TimeDriftLimits, validate_response
from minisignxml.errors import MiniSignXMLError
from minisignxml.verify import extract_verified_element_and_certificate

from resolvers.digests import digest
from resolvers.sso.reasons import Reason
from resolvers.sso.xml import DS, SAML, SAMLP, Unreadable, all_in, tree_of, written

LONGEST = 128 * 1024
SUCCESS = "urn:oasis:names:tc:SAML:2.0:status:Success"
BEARER = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
LEEWAY = timedelta(minutes=1)
DRIFT = TimeDriftLimits(not_before_max_drift=LEEWAY, not_on_or_after_max_drift=LEEWAY)
CONFIRMED = "saml:Subject/saml:SubjectConfirmation"
# How a library says that what was signed is not as it says; KeyError and the like are of documents that lack a part.
UNSOUND = (MiniSignXMLError, MalformedSAMLResponse, LookupError, ValueError, TypeError, AssertionError)


@dataclass(frozen=True, slots=True)
class Awaited:
    """What a response must agree with: the identity provider, our names, and the request that it answers."""

    issuer: str
    pems: Sequence[str]
    audience: str
    acs_url: str
    request_digest: bytes
    now: datetime


@dataclass(frozen=True, slots=True)
class Said:
    """What a good assertion says: its ID's digest, until when it is good, whom it names, and what it tells of it."""

    digest: bytes
    ends_at: datetime
    subject: str
    attributes: Mapping[str, tuple[str, ...]]


def said(encoded: str, awaited: Awaited) -> Said:
    """What a response says, as it was posted; a Refusal for the first thing that is wrong with it."""
    root = shaped(encoded)
    check_envelope(root, awaited)
    # Where both are signed the assertion counts: what is left out was not believed anyway.
    if len(all_in(root, ".//ds:Signature")) > 1:
        for signature in all_in(root, "ds:Signature"):
            root.remove(signature)
    document = written(root)
    verified = verified_by_library(document, awaited)
    assertion = signed_assertion(document, awaited)
    ends_at = check_confirmation(assertion, awaited)
    attributes = {one.name: tuple(value for value in one.values if value) for one in verified.attributes}
    if not verified.name_id:
        raise Reason.SUBJECT_MISSING.refusal("NameID")
    return Said(digest(assertion.get("ID", "")), ends_at, verified.name_id, attributes)


def shaped(encoded: str) -> Any:  # noqa: ANN401  # lxml has no types
    """The tree of a response: one assertion, where it belongs, no ID twice, and signatures where they belong.

    What is signed is then what is read: there is no second place that either could be.
    """
    try:
        root = tree_of(base64.b64decode("".join(encoded.split()), validate=True))
    except (binascii.Error, Unreadable):
        raise Reason.RESPONSE_MALFORMED.refusal() from None
    if root.tag != f"{{{SAMLP}}}Response" or all_in(root, ".//saml:EncryptedAssertion"):
        raise Reason.RESPONSE_MALFORMED.refusal()
    assertions = list(root.iter(f"{{{SAML}}}Assertion"))
    ids = [found for one in root.iter() if (found := one.get("ID")) is not None]
    if len(assertions) > 1 or len(set(ids)) != len(ids) or len(list(root.iter(root.tag))) > 1:
        raise Reason.RESPONSE_SIGNATURE.refusal()
    if assertions and assertions[0].getparent() is not root:
        raise Reason.RESPONSE_SIGNATURE.refusal()
    for signature in root.iter(f"{{{DS}}}Signature"):
        check_place(signature, (root, *assertions))
    return root


def check_place(signature: Any, signed: Sequence[Any]) -> None:  # noqa: ANN401  # lxml has no types
    """A signature stands in what it signs, once, and signs it whole, and nothing else."""
    parent = signature.getparent()
    references = all_in(signature, "ds:SignedInfo/ds:Reference")
    if not any(parent is one for one in signed) or len(all_in(parent, "ds:Signature")) != 1:
        raise Reason.RESPONSE_SIGNATURE.refusal()
    if len(references) != 1 or not parent.get("ID") or references[0].get("URI") != f"#{parent.get('ID')}":
        raise Reason.RESPONSE_SIGNATURE.refusal()
    # An object would be a place for what is signed, and is not where anybody reads.
    if all_in(signature, "ds:Object"):
        raise Reason.RESPONSE_SIGNATURE.refusal()


def check_envelope(root: Any, awaited: Awaited) -> None:  # noqa: ANN401  # lxml has no types
    """The response itself, whose words refuse and never let in, since they need not be signed."""
    codes = [one.get("Value") for one in all_in(root, "samlp:Status/samlp:StatusCode")]
    if codes != [SUCCESS]:
        told = all_in(root, "samlp:Status/samlp:StatusCode/samlp:StatusCode") or all_in(root, ".//samlp:StatusCode")
        name = (told[0].get("Value") or "").rpartition(":")[2] if told else ""
        raise Reason.PROVIDER_REFUSED.refusal(name if name.isascii() and name.isalpha() else "no status")
    if root.get("Destination", awaited.acs_url) != awaited.acs_url:
        raise Reason.RESPONSE_AUDIENCE.refusal("Destination")
    answered = root.get("InResponseTo")
    if answered is not None and digest(answered) != awaited.request_digest:
        raise Reason.RESPONSE_OF_OTHER_LOGIN.refusal()
    issuers = [one.text for one in all_in(root, "saml:Issuer")]
    if issuers not in ([], [awaited.issuer]):
        raise Reason.RESPONSE_ISSUER.refusal()


def verified_by_library(document: bytes, awaited: Awaited) -> Response:
    """What minisaml makes of a response."""
    try:
        return validate_response(
            data=base64.b64encode(document),
            certificate=certificates(awaited),
            expected_audience=awaited.audience,
            idp_issuer=awaited.issuer,
            allowed_time_drift=DRIFT,
        )
    except IssuerMismatch:
        raise Reason.RESPONSE_ISSUER.refusal() from None
    except AudienceMismatch:
        raise Reason.RESPONSE_AUDIENCE.refusal("Audience") from None
    except (ResponseExpired, ResponseTooEarly):
        raise Reason.RESPONSE_TIMES.refusal() from None
    except (*UNSOUND, etree.LxmlError):
        raise Reason.RESPONSE_SIGNATURE.refusal() from None


def signed_assertion(document: bytes, awaited: Awaited) -> Any:  # noqa: ANN401  # lxml has no types
    """The assertion inside of what was signed, read from the signed bytes."""
    try:
        element, _ = extract_verified_element_and_certificate(xml=document, certificates=certificates(awaited))
    except (*UNSOUND, etree.LxmlError):
        raise Reason.RESPONSE_SIGNATURE.refusal() from None
    found = [element] if element.tag == f"{{{SAML}}}Assertion" else all_in(element, "saml:Assertion")
    if len(found) != 1 or not found[0].get("ID"):
        raise Reason.RESPONSE_SIGNATURE.refusal()
    return found[0]


def check_confirmation(assertion: Any, awaited: Awaited) -> datetime:  # noqa: ANN401  # lxml has no types
    """The assertion is for us, for this request, and now (4.1.4.3); gives when it ends."""
    (confirmation,) = all_in(assertion, CONFIRMED)
    (told,) = all_in(confirmation, "saml:SubjectConfirmationData")
    if confirmation.get("Method") != BEARER or told.get("Recipient") != awaited.acs_url:
        raise Reason.RESPONSE_AUDIENCE.refusal("Recipient")
    if digest(told.get("InResponseTo", "")) != awaited.request_digest:
        raise Reason.RESPONSE_OF_OTHER_LOGIN.refusal()
    ends = moment_of(told.get("NotOnOrAfter"))
    begins = told.get("NotBefore")
    if ends + LEEWAY <= awaited.now or (begins is not None and moment_of(begins) - LEEWAY > awaited.now):
        raise Reason.RESPONSE_TIMES.refusal()
    (conditions,) = all_in(assertion, "saml:Conditions")
    return max(ends, moment_of(conditions.get("NotOnOrAfter"))) + LEEWAY


def moment_of(written_: str | None) -> datetime:
    """An instant in UTC (SAML 2.0 Core, 1.3.3)."""
    try:
        found = datetime.fromisoformat(written_ or "")
    except ValueError:
        raise Reason.RESPONSE_TIMES.refusal() from None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def certificates(awaited: Awaited) -> set[Certificate]:
    """The identity provider's certificates, as they were told in its metadata."""
    return {load_pem_x509_certificate(pem.encode()) for pem in awaited.pems}
