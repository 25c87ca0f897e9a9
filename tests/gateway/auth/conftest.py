"""An issuer, its key set and a clock for each test."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpx2
import pytest

from gateway.auth.jwks import KeySet
from gateway.auth.jwks_fetch import fetching_client, published_at
from gateway.auth.tokens import AccessTokens
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
async def client() -> AsyncIterator[httpx2.AsyncClient]:
    async with fetching_client() as client:
        yield client


@pytest.fixture
async def issuer(client: httpx2.AsyncClient) -> AsyncIterator[Issuer]:
    async with serving(publishing("first")) as server:
        clock = Clock(1000.0)
        keys = KeySet(published_at(server.url, client), now=clock)
        yield Issuer(server, keys, clock)
        await keys.aclose()
