"""The app that users run, on both databases with the demo data, and clients with the demo people's tokens."""

import asyncio
import gc
import os
import shutil
import time
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import httpx2
import pytest
from starlette.applications import Starlette

from db.connections.database import Database, connect
from db.connections.sqlite import empty_log
from db.migrate import upgrade
from gateway.app import Beside, make_app
from gateway.auth.development import DevelopmentKey
from gateway.development_tokens import token_for
from gateway.settings import DEVELOPMENT_ISSUER, Settings
from resolvers.demo.fill import fill_demo
from tests.services.folders import parent_of_folders
from tests.services.postgresql import Server, create_database, drop_database

pytest_plugins = ["tests.services.fixtures"]

# These files take longest: they begin first, so that no worker is left alone with one at the end.
LONGEST = (
    *("engine/test_plans.py", "engine/test_differential.py", "gateway/test_cli.py", "gateway/test_graphiql.py"),
    *("gateway/limits/test_quota.py", "engine/test_cursors.py", "engine/test_changing.py", "db/test_migrate.py"),
    *("accounts/test_anonymous.py", "progress/test_demo.py", "engine/test_lane.py", "accounts/test_doors.py"),
)
HERE = Path(__file__).parent

BASE = "http://kakehashi.test"
# Workers of tests look for what is due more often, so that nobody waits for them.
os.environ.setdefault("KAKEHASHI_WORKER_INTERVAL_S", "0.2")
# What production cannot do without, beside an issuer.
SEALING_KEY = urlsafe_b64encode(bytes(32)).decode()
DATABASES = ("postgresql", "sqlite")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest files first; all else keeps its order."""
    places = {HERE / name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path, len(LONGEST)))


def pytest_collection_finish() -> None:
    """What was collected stays until the end: the garbage collector need not look at it again and again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Asynchronous tests run on asyncio, as the server does."""
    return "asyncio"


@dataclass(frozen=True, slots=True)
class Running:
    """A started app: its settings, its database, and a client that reaches it without a network."""

    app: Starlette
    settings: Settings
    client: httpx2.AsyncClient

    @property
    def database(self) -> Database:
        """The database as the app has it, so that its statements can be counted."""
        return self.app.state.parts.database  # type: ignore[no-any-return]  # Starlette's state is untyped

    async def token(self, uid: str) -> str:
        """A day's token for a person, with the privileges that the database gives the person."""
        return await token_for(self.settings, self.database, uid, hours=24)

    async def headers(self, uid: str) -> dict[str, str]:
        """The headers with which a person calls."""
        return {"Authorization": f"Bearer {await self.token(uid)}"}

    def signed(self, uid: str, privileges: list[str], *, demo: bool = False) -> str:
        """A token that says whatever the test wants it to say."""
        key = DevelopmentKey.load_or_create(self.settings.data_dir)
        issued = {"issuer": DEVELOPMENT_ISSUER, "audience": "diverse", "lifetime_s": 3600, "now": time.time()}
        return key.token(uid, privileges, demo=demo, **issued)  # type: ignore[arg-type]  # one dict of mixed values


@pytest.fixture(scope="session")
def data_dir() -> Iterator[Path]:
    """The data folder of all apps of this run: they share one development key, because making one takes long."""
    with TemporaryDirectory(prefix="kakehashi-data-", dir=parent_of_folders()) as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def filled(postgresql_server: Server, data_dir: Path) -> dict[str, str]:
    """One migrated and filled database of each kind, to be copied and never to be written."""
    urls = {
        "postgresql": create_database(postgresql_server, "filled"),
        "sqlite": f"sqlite:///{data_dir / 'filled.db'}",
    }
    for url in urls.values():
        upgrade(url)
        asyncio.run(fill(url))
    # The file alone is copied: whoever leaves a database last takes what stands in its write-ahead log along.
    empty_log(str(data_dir / "filled.db"))
    assert [file.name for file in data_dir.glob("filled.db*")] == ["filled.db"]
    return urls


async def fill(url: str) -> None:
    """Load the demo data."""
    database = connect(url)
    await database.open()
    await fill_demo(database, datetime.now(UTC))
    await database.close()


@pytest.fixture(scope="session", params=DATABASES)
def kind(request: pytest.FixtureRequest) -> str:
    """The kind of database that a test runs on."""
    return str(request.param)


@asynccontextmanager
async def running(settings: Settings, beside: Beside | None = None) -> AsyncIterator[Running]:
    """Start an app and end it."""
    app = make_app(settings, beside=beside)
    transport = httpx2.ASGITransport(app, raise_app_exceptions=False)
    async with app.router.lifespan_context(app), httpx2.AsyncClient(transport=transport, base_url=BASE) as client:
        yield Running(app, settings, client)


@contextmanager
def copied(kind: str, filled: dict[str, str], server: Server, folder: Path) -> Iterator[str]:
    """A database of its own with the demo data, gone at the end."""
    name = f"copy_{uuid4().hex[:12]}"
    if kind == "postgresql":
        yield create_database(server, name, template="filled")
        drop_database(server, name)
        return
    file = folder / f"{name}.db"
    shutil.copyfile(filled["sqlite"].removeprefix("sqlite:///"), file)
    yield f"sqlite:///{file}"
    file.unlink()


@pytest.fixture(scope="session")
async def shared(
    kind: str, filled: dict[str, str], postgresql_server: Server, data_dir: Path
) -> AsyncIterator[Running]:
    """An app that all reading tests share."""
    with copied(kind, filled, postgresql_server, data_dir) as url:
        async with running(Settings(database_url=url, data_dir=data_dir)) as started:
            yield started


@pytest.fixture
async def own(kind: str, filled: dict[str, str], postgresql_server: Server, data_dir: Path) -> AsyncIterator[Running]:
    """An app with a database that the test may write to."""
    with copied(kind, filled, postgresql_server, data_dir) as url:
        async with running(Settings(database_url=url, data_dir=data_dir)) as started:
            yield started


@pytest.fixture
def client(shared: Running) -> httpx2.AsyncClient:
    """A client of the shared app; tests that write take `own`."""
    return shared.client


@pytest.fixture
def without_variables(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Remove every KAKEHASHI_ variable, and set those that a test names."""

    def set_variables(**values: str) -> None:
        for name, value in values.items():
            monkeypatch.setenv(f"KAKEHASHI_{name}", value)

    for name in list(Settings.model_fields):
        monkeypatch.delenv(f"KAKEHASHI_{name.upper()}", raising=False)
    return set_variables
