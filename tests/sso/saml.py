"""A SAML identity provider of the tests' own: its keys and metadata, and responses of every shape, signed or not."""

import base64
import copy
import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import Certificate
from cryptography.x509.oid import NameOID
from lxml import etree
from minisignxml.sign import sign

from tests.gateway.auth.crafting import private_key

SAML, SAMLP = "urn:oasis:names:tc:SAML:2.0:assertion", "urn:oasis:names:tc:SAML:2.0:protocol"
DS = "http://www.w3.org/2000/09/xmldsig#"
REDIRECT = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
ENTITY, SIGN_ON = "https://idp.school.example.jp/saml", "https://idp.school.example.jp/sso?tenant=7"


@functools.cache
def certificate(name: str, days: int) -> Certificate:
    """The certificate of the key with that name, which ends in so many days."""
    now = datetime.now(UTC)
    called = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = x509.CertificateBuilder().subject_name(called).issuer_name(called)
    made = made.public_key(private_key(name).public_key()).serial_number(x509.random_serial_number())
    made = made.not_valid_before(now - timedelta(days=400)).not_valid_after(now + timedelta(days=days))
    return made.sign(private_key(name), SHA256())


def metadata(*names: str, entity: str = ENTITY, sign_on: str = SIGN_ON, days: int = 365, more: str = "") -> str:
    """Metadata with the certificates of these keys."""
    keys = "".join(
        f'<md:KeyDescriptor use="signing"><ds:KeyInfo xmlns:ds="{DS}"><ds:X509Data><ds:X509Certificate>'
        f"{base64.b64encode(certificate(name, days).public_bytes(Encoding.DER)).decode()}"
        "</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>"
        for name in names
    )
    return (
        f'<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="{entity}">'
        f'<md:IDPSSODescriptor protocolSupportEnumeration="{SAMLP}"{more}>{keys}'
        f'<md:SingleSignOnService Binding="{REDIRECT}" Location="{sign_on}"/>'
        "</md:IDPSSODescriptor></md:EntityDescriptor>"
    )


@dataclass(frozen=True, slots=True)
class Answer:
    """What a response says; every member may be a lie."""

    request_id: str
    audience: str
    acs_url: str
    subject: str = "person-1"
    attributes: Mapping[str, Sequence[str]] | None = None
    issuer: str = ENTITY
    assertion_id: str = "_assertion-1"
    recipient: str | None = None
    destination: str | None = None
    response_to: str | None = None
    lasts_s: int = 300
    begins_s: int = 0
    confirmed_s: int | None = None
    method: str = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
    status: str = "urn:oasis:names:tc:SAML:2.0:status:Success"
    # An element of the assertion that stands there twice.
    twice: str | None = None

    def tree(self) -> Any:
        """The response, unsigned."""
        told = {"email": ["hanako@school.example.jp"], "groups": ["teachers"], "givenName": ["花子"], "sn": ["山田"]}
        values = told if self.attributes is None else self.attributes
        attributes = "".join(
            f'<saml:Attribute Name="{name}">'
            + "".join(f"<saml:AttributeValue>{value}</saml:AttributeValue>" for value in several)
            + "</saml:Attribute>"
            for name, several in values.items()
        )
        begins, ends = instant(self.begins_s), instant(self.lasts_s)
        confirmed = instant(self.lasts_s if self.confirmed_s is None else self.confirmed_s)
        text = (
            f'<samlp:Response xmlns:samlp="{SAMLP}" xmlns:saml="{SAML}" ID="_response-1" Version="2.0"'
            f' IssueInstant="{begins}" Destination="{self.destination or self.acs_url}"'
            f' InResponseTo="{self.response_to or self.request_id}"><saml:Issuer>{self.issuer}</saml:Issuer>'
            f'<samlp:Status><samlp:StatusCode Value="{self.status}"/></samlp:Status>'
            f'<saml:Assertion ID="{self.assertion_id}" Version="2.0" IssueInstant="{begins}">'
            f"<saml:Issuer>{self.issuer}</saml:Issuer><saml:Subject><saml:NameID>{self.subject}</saml:NameID>"
            f'<saml:SubjectConfirmation Method="{self.method}"><saml:SubjectConfirmationData'
            f' InResponseTo="{self.request_id}" Recipient="{self.recipient or self.acs_url}"'
            f' NotOnOrAfter="{confirmed}"/></saml:SubjectConfirmation></saml:Subject>'
            f'<saml:Conditions NotBefore="{begins}" NotOnOrAfter="{ends}"><saml:AudienceRestriction>'
            f"<saml:Audience>{self.audience}</saml:Audience></saml:AudienceRestriction></saml:Conditions>"
            f'<saml:AuthnStatement AuthnInstant="{begins}"><saml:AuthnContext><saml:AuthnContextClassRef>'
            "urn:oasis:names:tc:SAML:2.0:ac:classes:Password</saml:AuthnContextClassRef></saml:AuthnContext>"
            f"</saml:AuthnStatement><saml:AttributeStatement>{attributes}</saml:AttributeStatement></saml:Assertion>"
            "</samlp:Response>"
        )
        root = etree.fromstring(text)
        if self.twice is not None:
            (element,) = root.iter(f"{{{SAML}}}{self.twice}")
            element.addnext(copy.deepcopy(element))
        return root

    def signed(self, key: str = "saml-1", *, where: str = "assertion") -> str:
        """The response as it is posted, signed by a key: the `assertion`, the `response` or `both`."""
        root = self.tree()
        document = etree.tostring(root)
        for place in ("assertion", "response"):
            if where in (place, "both"):
                document = sign_in(document, place, key)
        return posted(document)


def sign_in(document: bytes, place: str, key: str) -> bytes:
    """A document in which the assertion or the whole response is signed."""
    root = etree.fromstring(document)
    element = root if place == "response" else root.find(f"{{{SAML}}}Assertion")
    signed: bytes = sign(element=element, private_key=private_key(key), certificate=certificate(key, 365), index=1)
    return signed


def posted(document: bytes) -> str:
    """A document as it stands in the form."""
    return base64.b64encode(document).decode()


def instant(seconds: float) -> str:
    """So many seconds from now."""
    return (datetime.now(UTC) + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")
