"""What goes over the wire: a thin body, and the signatures by which a receiver knows that it comes from us.

`X-Signature-256` is documented by the Talktiko API (Webhookセキュリティ): the bare hexadecimal HMAC-SHA256 of the raw
body with the literal secret. Beside it stand the headers of Standard Webhooks 1.0, which also sign id and time.
"""

import base64
import hmac
from binascii import Error as WrongBase64
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from resolvers.engine.execution import encode

PREFIX = "whsec_"
CONTENT_TYPE = "application/json"
SIGNATURE, PREVIOUS = "X-Signature-256", "X-Signature-256-Previous"
ID, TIMESTAMP, SIGNATURES = "webhook-id", "webhook-timestamp", "webhook-signature"


def body_of(event_id: str, type_: str, occurred_at: datetime, told: object) -> bytes:
    """The body that a receiver gets: id, type, timestamp and data, in this order."""
    at = occurred_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return encode({"id": event_id, "type": type_, "timestamp": at, "data": told})


def thin(
    *, organization_id: int | None, subject_type: str, subject_id: int, body: Mapping[str, object]
) -> dict[str, object]:
    """What is told of an event unless a document says more: what it is about, by numbers and never by contents."""
    return {"organization_id": organization_id, "subject": {"type": subject_type, "id": subject_id}, **body}


def headers_of(event_id: str, body: bytes, secrets: Sequence[str], now: datetime) -> dict[str, str]:
    """The headers of one attempt; of several secrets the first is the newest, and each signs."""
    at = str(int(now.timestamp()))
    signed = f"{event_id}.{at}.".encode() + body
    headers = {
        "Content-Type": CONTENT_TYPE,
        ID: event_id,
        TIMESTAMP: at,
        SIGNATURES: " ".join(f"v1,{base64.b64encode(mac(key_of(secret), signed)).decode()}" for secret in secrets),
    }
    for name, secret in zip((SIGNATURE, PREVIOUS), secrets, strict=False):
        headers[name] = mac(secret.encode(), body).hex()
    return headers


def key_of(secret: str) -> bytes:
    """The key of Standard Webhooks: what stands in base64 behind whsec_, and of any other secret its own bytes."""
    try:
        return (
            base64.b64decode(secret.removeprefix(PREFIX), validate=True)
            if secret.startswith(PREFIX)
            else secret.encode()
        )
    except WrongBase64:
        return secret.encode()


def mac(key: bytes, message: bytes) -> bytes:
    """HMAC-SHA256."""
    return hmac.digest(key, message, "sha256")
