"""The Talktiko API as tests ask it: on a database that all share, on one of their own, and with the other engine."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.settings import EngineMode, Settings
from tests.conftest import Running, copied, running
from tests.services.postgresql import Server
from tests.talktiko.asking import Api
from tests.talktiko.consuming import consume
from tests.talktiko.exporting import export
from tests.talktiko.forwarding import forward
from tests.talktiko.importing import begin_imports
from tests.talktiko.learning import learn
from tests.talktiko.signing_on import sign_on
from tests.talktiko.telling import tell


@pytest.fixture(scope="session")
async def api(shared: Running) -> Api:
    """The API of the app that all reading tests share, with something of everything that integrations have."""
    found = Api(shared)
    await tell(found)
    await export(found)
    await forward(found)
    await consume(found)
    await begin_imports(found)
    await sign_on(found)
    return found


@pytest.fixture
def own_api(own: Running) -> Api:
    """The API of an app whose database the test may change."""
    return Api(own)


@pytest.fixture(scope="session")
async def stepwise_api(shared: Running) -> AsyncIterator[Api]:
    """The API on the same database, with every level of every answer opened."""
    settings = shared.settings.model_copy(update={"engine": EngineMode.STEPWISE})
    async with running(settings) as started:
        yield Api(started)


@pytest.fixture(scope="session")
async def learned(kind: str, filled: dict[str, str], postgresql_server: Server, data_dir: Path) -> AsyncIterator[Api]:
    """The API on a database where the beginner has lived three days; for tests that read."""
    with copied(kind, filled, postgresql_server, data_dir) as url:
        async with running(Settings(database_url=url, data_dir=data_dir)) as started:
            found = Api(started)
            await learn(found)
            yield found
