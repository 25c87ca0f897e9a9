"""The metadata of a SAML identity provider (SAML 2.0 Metadata, 2.4.3): where it is, and by what it signs."""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import Certificate, load_der_x509_certificate

from resolvers.sso.xml import Unreadable, all_in, tree_of

REDIRECT = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
SMALLEST_BITS = 2048
MOST_CERTIFICATES, LONGEST_ID = 10, 1024


class Unfit(Exception):
    """Metadata by which nobody could sign in; `code` is stable, the message for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class IdentityProvider:
    """What is taken of the metadata."""

    entity_id: str
    sign_on_url: str
    certificates: tuple[Certificate, ...]


def identity_provider(document: bytes, now: datetime) -> IdentityProvider:
    """The identity provider that metadata describe; raises Unfit."""
    try:
        root = tree_of(document)
    except Unreadable as problem:
        raise Unfit("METADATA_UNREADABLE", f"These are no metadata: {problem}") from None
    entity, descriptor = descriptor_in(root)
    if descriptor.get("WantAuthnRequestsSigned") in ("true", "1"):
        raise Unfit(
            "METADATA_WANTS_SIGNED_REQUESTS", "The identity provider wants signed requests, which are not sent here."
        )
    places = [
        one.get("Location") for one in all_in(descriptor, "md:SingleSignOnService") if one.get("Binding") == REDIRECT
    ]
    if not places or not places[0]:
        raise Unfit("METADATA_WITHOUT_REDIRECT", "The metadata name no SingleSignOnService by HTTP-Redirect.")
    found = certificates_in(descriptor)
    if not any(one.not_valid_after_utc > now for one in found):
        raise Unfit("CERTIFICATES_EXPIRED", "All signing certificates in the metadata have expired.")
    return IdentityProvider(entity, places[0], tuple(found))


def descriptor_in(root: Any) -> tuple[str, Any]:  # noqa: ANN401  # lxml has no types
    """The entity ID and the descriptor of the one identity provider that is described."""
    entities = [root, *root.iter("{urn:oasis:names:tc:SAML:2.0:metadata}EntityDescriptor")]
    found = [
        (one.get("entityID"), descriptor)
        for one in dict.fromkeys(entities)
        for descriptor in all_in(one, "md:IDPSSODescriptor")
    ]
    if len(found) != 1:
        raise Unfit("METADATA_NOT_ONE", f"The metadata describe {len(found)} identity providers, and not one.")
    entity, descriptor = found[0]
    if not entity or len(entity) > LONGEST_ID:
        raise Unfit("METADATA_WITHOUT_ID", "The metadata have no entityID.")
    return entity, descriptor


def certificates_in(descriptor: Any) -> list[Certificate]:  # noqa: ANN401  # lxml has no types
    """The certificates that sign; several while they are changed."""
    keys = [one for one in all_in(descriptor, "md:KeyDescriptor") if one.get("use", "signing") == "signing"]
    texts = [one.text or "" for key in keys for one in all_in(key, "ds:KeyInfo/ds:X509Data/ds:X509Certificate")]
    found = list(dict.fromkeys(map(certificate, texts)))
    if not 0 < len(found) <= MOST_CERTIFICATES:
        raise Unfit("METADATA_CERTIFICATES", f"The metadata need from 1 to {MOST_CERTIFICATES} signing certificates.")
    return found


def certificate(text: str) -> Certificate:
    """A certificate as metadata write it; its key must be one of RSA from 2048 bits."""
    try:
        found = load_der_x509_certificate(base64.b64decode("".join(text.split()), validate=True))
    except (binascii.Error, ValueError):
        raise Unfit("CERTIFICATE_UNREADABLE", "A certificate in the metadata cannot be read.") from None
    key = found.public_key()
    if not isinstance(key, RSAPublicKey) or key.key_size < SMALLEST_BITS:
        raise Unfit("CERTIFICATE_WEAK", f"Certificates must have keys of RSA from {SMALLEST_BITS} bits.")
    return found


def shown(found: Sequence[Certificate]) -> list[dict[str, str]]:
    """Certificates as people compare them."""
    return [
        {
            "subject": one.subject.rfc4514_string(),
            "sha256_fingerprint": one.fingerprint(SHA256()).hex(":").upper(),
            "not_before": one.not_valid_before_utc.isoformat(timespec="microseconds").replace("+00:00", "Z"),
            "not_after": one.not_valid_after_utc.isoformat(timespec="microseconds").replace("+00:00", "Z"),
        }
        for one in found
    ]


def pems(found: Sequence[Certificate]) -> list[str]:
    """Certificates as they are kept."""
    return [one.public_bytes(Encoding.PEM).decode() for one in found]
