"""An LMS that registers itself: it has a configuration, takes a tool's registration, and keeps what it was asked."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

CONFIGURATION, REGISTRATION = "/lti/openid-configuration", "/lti/registrations"
PLATFORM = "https://purl.imsglobal.org/spec/lti-platform-configuration"
TOOL = "https://purl.imsglobal.org/spec/lti-tool-configuration"
AGS = "https://purl.imsglobal.org/spec/lti-ags/scope"
NRPS = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"
MESSAGES = [
    {"type": "LtiResourceLinkRequest"},
    {"type": "LtiDeepLinkingRequest", "placements": ["ContentArea", "RichTextEditor"]},
]


@dataclass(frozen=True, slots=True)
class Seen:
    """A request that came in: its first line, its headers by names in small letters, and its body."""

    line: str
    headers: dict[str, str]
    body: bytes


@dataclass(eq=False)
class Lms:
    """What it says of itself, and how it answers; a status of 0 is no answer at all."""

    port: int = 0
    configuration: dict[str, Any] = field(default_factory=dict)
    registration: dict[str, Any] = field(default_factory=dict)
    configuration_status: int = 200
    registration_status: int = 201
    seen: list[Seen] = field(default_factory=list)
    # What is waited for before a registration is answered.
    gate: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.gate.set()

    @property
    def home(self) -> str:
        """Its address, which is its issuer too."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def asked(self) -> list[str]:
        """The first lines of all requests, without the version."""
        return [seen.line.rpartition(" ")[0] for seen in self.seen]

    def told(self) -> Any:  # noqa: ANN401  # JSON has no types
        """The registration that the tool posted last."""
        return json.loads(self.seen[-1].body)

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one request."""
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            line, *lines = head.strip().split("\r\n")
            headers = {name.strip().lower(): value.strip() for name, _, value in (one.partition(":") for one in lines)}
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            self.seen.append(Seen(line, headers, body))
            status, content = self.configuration_status, self.configuration
            if line.startswith(f"POST {REGISTRATION}"):
                await self.gate.wait()
                status, content = self.registration_status, self.registration
            if status:
                text = json.dumps(content).encode()
                said = f"HTTP/1.1 {status} -\r\nConnection: close\r\nContent-Length: {len(text)}\r\n\r\n"
                writer.write(said.encode() + text)
                await writer.drain()
        finally:
            writer.close()


def usual(home: str) -> dict[str, Any]:
    """A configuration as Moodle has it."""
    return {
        "issuer": home,
        "authorization_endpoint": f"{home}/auth",
        "token_endpoint": f"{home}/token",
        "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": ["RS256"],
        "jwks_uri": f"{home}/certs",
        "registration_endpoint": f"{home}{REGISTRATION}",
        "scopes_supported": ["openid", f"{AGS}/lineitem", f"{AGS}/score", f"{AGS}/result.readonly", NRPS],
        "response_types_supported": ["id_token"],
        "subject_types_supported": ["public", "pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "claims_supported": ["sub", "iss", "name", "given_name", "family_name", "email"],
        PLATFORM: {"product_family_code": "moodle", "version": "4.5", "messages_supported": MESSAGES},
    }


@asynccontextmanager
async def serving_lms() -> AsyncIterator[Lms]:
    """An LMS at work."""
    lms = Lms()
    listener = await asyncio.start_server(lms, "127.0.0.1", 0)
    lms.port = listener.sockets[0].getsockname()[1]
    lms.configuration = usual(lms.home)
    lms.registration = {"client_id": "tool-17", TOOL: {"deployment_id": "7"}}
    try:
        yield lms
    finally:
        listener.close()
        await listener.wait_closed()
