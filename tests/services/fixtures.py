"""Fixtures that start the real servers once for a whole run of the tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.services.postgresql import Server, start_postgresql
from tests.services.redis import start_redis


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[Server]:
    """Give a PostgreSQL on which tests make their databases, with `create_database`."""
    with start_postgresql() as server:
        yield server


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """Give the URL of a Redis that all tests share: a test that counts what is there empties it first."""
    with start_redis() as url:
        yield url
