"""An OpenID provider of the tests' own: it publishes what it is told to, and signs id_tokens of every shape."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from tests.egress.receiver import Receiver, receiving
from tests.gateway.auth.crafting import jwk, token

CLIENT_ID, CLIENT_SECRET = "kakehashi 1", "s3cr:t/&"


@dataclass(eq=False)
class OpenIdProvider:
    """A provider: `id_token` is what its token endpoint gives, `said` changes what it says of itself.

    `asked` are the forms that its token endpoint was sent, each with the header that came with it.
    """

    receiver: Receiver
    key: str = "idp-1"
    id_token: str | None = None
    said: dict[str, Any] = field(default_factory=dict)
    asked: list[tuple[dict[str, str], str]] = field(default_factory=list)

    @property
    def issuer(self) -> str:
        """Its name, and where it is."""
        return f"http://127.0.0.1:{self.receiver.port}"

    def configuration(self) -> dict[str, Any]:
        """What it says of itself; None leaves a member out."""
        found = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize?tenant=7",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/jwks",
            "response_types_supported": ["code"],
            "id_token_signing_alg_values_supported": ["RS256"],
            **self.said,
        }
        return {name: value for name, value in found.items() if value is not None}

    def answer(self, head: str, body: bytes) -> tuple[int, object]:
        """What it answers to a request."""
        path = head.split(" ", 2)[1].partition("?")[0]
        if path == "/.well-known/openid-configuration":
            return 200, self.configuration()
        if path == "/jwks":
            return 200, {"keys": [jwk(self.key)]}
        if path == "/token":
            self.asked.append((dict(parse_qsl(body.decode(), strict_parsing=True)), head))
            return (400, {"error": "invalid_grant"}) if self.id_token is None else (200, {"id_token": self.id_token})
        return 404, {}

    def claims(self, nonce: str, /, **changes: object) -> dict[str, object]:
        """What it says of a teacher who signs in; None leaves a claim out."""
        now = int(time.time())
        said = {
            "iss": self.issuer,
            "aud": CLIENT_ID,
            "sub": "person-1",
            "iat": now,
            "exp": now + 300,
            "nonce": nonce,
            "email": "Hanako@School.example.jp",
            "email_verified": True,
            "given_name": "花子",
            "family_name": "山田",
            "groups": ["teachers"],
            **changes,
        }
        return {name: value for name, value in said.items() if value is not None}

    def signed(
        self, nonce: str, /, *, key: str | None = None, header: dict[str, object] | None = None, **changes: object
    ) -> str:
        """A good id_token, but for what is changed."""
        head = {"alg": "RS256", "typ": "JWT", "kid": self.key, **(header or {})}
        return token(self.claims(nonce, **changes), head, key=key or self.key)


@asynccontextmanager
async def openid_provider() -> AsyncIterator[OpenIdProvider]:
    """A provider at work."""
    made: list[OpenIdProvider] = []

    async def answer(writer: asyncio.StreamWriter) -> None:
        (provider,) = made
        status, told = provider.answer(*provider.receiver.requests[-1])
        body = json.dumps(told).encode()
        writer.write(f"HTTP/1.1 {status} .\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
        await writer.drain()

    async with receiving(answer) as receiver:
        made.append(OpenIdProvider(receiver))
        yield made[0]
