"""An issuer, its key set and a clock for each test."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from ipaddress import IPv4Network

import pytest

from gateway.auth.jwks import KeySet
from gateway.auth.jwks_fetch import published_at
from gateway.auth.tokens import AccessTokens
from resolvers.egress.client import Egress
from tests.gateway.auth.crafting import AUDIENCE, ISSUER, NOW, Clock
from tests.gateway.auth.jwks_server import JwksServer, publishing, serving


@dataclass
class Issuer:
    """A server that publishes the key `first`, the key set that reads it, and the monotonic clock of that."""

    server: JwksServer
    keys: KeySet
    clock: Clock

    def tokens(self, now: Clock | None = None) -> AccessTokens:
        """Verification with these keys, by a wall clock that stands at NOW unless another is given."""
        return AccessTokens(issuer=ISSUER, audience=AUDIENCE, keys=self.keys, now=now or Clock(NOW))


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def egress() -> AsyncIterator[Egress]:
    """The way out, which may reach this machine."""
    egress = Egress([IPv4Network("127.0.0.0/8")])
    yield egress
    await egress.aclose()


@pytest.fixture
async def issuer(egress: Egress) -> AsyncIterator[Issuer]:
    async with serving(publishing("first")) as server:
        clock = Clock(1000.0)
        keys = KeySet(published_at(server.url, egress), now=clock)
        yield Issuer(server, keys, clock)
        await keys.aclose()
