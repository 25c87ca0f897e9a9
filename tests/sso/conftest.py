"""Apps with the demo data in which an organization may set up single sign-on, and identity providers."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.settings import Settings
from tests.accounts.calling import OWNER
from tests.conftest import copied, running
from tests.lti.visiting import Browser
from tests.services.postgresql import Server
from tests.sso.coming import Coming, organization_of
from tests.sso.openid import OpenIdProvider, openid_provider
from tests.webhooks.hooks import HERE


@pytest.fixture(scope="module")
async def coming(kind: str, filled: dict[str, str], postgresql_server: Server, data_dir: Path) -> AsyncIterator[Coming]:
    """An app for all tests of a file, which set up single sign-on anew and have people of their own."""
    with copied(kind, filled, postgresql_server, data_dir) as found:
        settings = Settings(database_url=found, data_dir=data_dir, egress_allow=HERE)
        async with running(settings) as started:
            yield Coming(started, await organization_of(started, OWNER))


@pytest.fixture(scope="module")
async def provider() -> AsyncIterator[OpenIdProvider]:
    """An OpenID provider."""
    async with openid_provider() as made:
        yield made


@pytest.fixture
async def browser(coming: Coming) -> AsyncIterator[Browser]:
    """A browser."""
    async with coming.browsing() as found:
        yield found
