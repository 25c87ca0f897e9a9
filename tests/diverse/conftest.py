"""The Diverse API as tests ask it: on a database that all share, on one of their own, and with the other engine."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import insert

from db.students import school, schools
from gateway.settings import EngineMode, Settings
from tests.conftest import Running, copied, running
from tests.diverse.asking import MANY, Api
from tests.services.postgresql import Server


@pytest.fixture(scope="session")
def api(shared: Running) -> Api:
    """The API of the app that all reading tests share."""
    return Api(shared)


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
async def many(kind: str, filled: dict[str, str], postgresql_server: Server, data_dir: Path) -> AsyncIterator[Api]:
    """The API on a database with as many schools."""
    with copied(kind, filled, postgresql_server, data_dir) as url:
        async with running(Settings(database_url=url, data_dir=data_dir)) as started:
            async with started.database.writing() as transaction:
                await transaction.execute(insert(schools), more_schools(MANY - 30))
            yield Api(started)


def more_schools(count: int) -> list[dict[str, object]]:
    """Rows of schools that the demo data do not have."""
    same = {"name_kana": "", "establishment_type": "public", "prefecture_code": "47", "updated_at": datetime.now(UTC)}
    return [school(code=f"9{number:05}", name=f"学校{number}", **same) for number in range(count)]
