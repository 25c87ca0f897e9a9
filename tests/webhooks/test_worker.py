"""A worker as a process of its own: it delivers, hears from Redis, stops cleanly, and is told of what waits."""

import asyncio
import logging
import os
import shutil
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import cast

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from db.connections.database import connect
from db.webhooks import webhooks
from gateway.__main__ import cli
from jobs.clocks import by_redis
from jobs.settings import JobSettings, read_settings
from jobs.timetable import timetable
from resolvers.settings import WrongSetting
from tests.chaos.programs import Mortal
from tests.conftest import SEALING_KEY
from tests.egress.receiver import answer_ok, receiving
from tests.services import binaries
from tests.services.folders import make_folder
from tests.services.postgresql import plain
from tests.webhooks.hooks import Hooks, at, hooking, ids, until

KAKEHASHI = str(Path(sys.executable).with_name("kakehashi"))


def variables(url: str, data_dir: Path, **more: str) -> dict[str, str]:
    """The environment of a worker."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("KAKEHASHI_")}
    named = {"DATABASE_URL": url, "DATA_DIR": str(data_dir), "EGRESS_ALLOW": "127.0.0.0/8", "COLUMNS": "200", **more}
    return {**kept, **{f"KAKEHASHI_{name}": value for name, value in named.items()}, "COLUMNS": "200"}


@asynccontextmanager
async def worker(url: str, data_dir: Path, **more: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """A worker, killed at the end where it lives still."""
    process = await asyncio.create_subprocess_exec(
        *(KAKEHASHI, "worker"),
        env=variables(url, data_dir, **more),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def test_sigterm_under_load_ends_a_worker_and_doubles_nothing(url: str, data_dir: Path) -> None:
    async def slow(writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.5)
        await answer_ok(writer)

    url = plain(url) if url.startswith("postgresql") else url
    async with receiving(slow) as receiver, hooking(url, data_dir, works=False) as hooks:
        made = await hooks.made(at(receiver))
        told = await hooks.happen(40)
        async with worker(url, data_dir) as first:

            async def has_begun() -> bool:
                return len(receiver.requests) > 5

            await until(has_begun)
            first.send_signal(signal.SIGTERM)
            assert await asyncio.wait_for(first.wait(), 30) == 0
        so_far = list(receiver.requests)
        done = [one for one in await hooks.delivered(made["id"]) if one["status"] == "delivered"]
        assert len(done) == len(so_far) < 40
        assert await lease_of(hooks, made["id"]) is None
        async with worker(url, data_dir):
            await hooks.finished(made["id"], 40)
    assert sorted(ids(receiver)) == sorted(told)


async def lease_of(hooks: Hooks, number: object) -> str | None:
    """Who holds a webhook."""
    async with hooks.running.database.engine.connect() as connection:
        found = select(webhooks.c.lease_token).where(webhooks.c.id == number)
        return cast("str | None", (await connection.execute(found)).scalar_one())


async def test_the_timetable_goes_on_when_redis_was_killed_and_is_back(
    url: str, caplog: pytest.LogCaptureFixture
) -> None:
    folder = make_folder("timetable")
    door = folder / "redis.sock"
    command = [str(binaries.find(binaries.redis)), "--port", "0", "--unixsocket", str(door), "--save", ""]
    redis = Mortal("redis", [*command, "--dir", str(folder)], folder, door.exists)
    database = connect(url)
    await database.open()
    caplog.set_level(logging.INFO)

    async def said(words: str, times: int) -> None:
        async def is_said() -> bool:
            return sum(words in one.getMessage() for one in caplog.records) >= times

        await until(is_said)

    entries = timetable(JobSettings(sealing_keys=(SEALING_KEY,)))
    begun = f"Starting worker for {len(entries)} functions: {', '.join(entry.name for entry in entries)}"
    keeping = asyncio.create_task(by_redis(f"unix://{door}", database, entries))
    try:
        await said("The timetable waits for Redis", 1)
        redis.start()
        await said(begun, 1)
        redis.kill()
        await said("The timetable waits for Redis", 2)
        redis.start()
        await said(begun, 2)
    finally:
        redis.end()
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)
        await database.close()
        shutil.rmtree(folder)


async def test_the_command_line_shows_what_waits_and_sends_it_again(url: str, data_dir: Path) -> None:
    async def broken(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()

    def kakehashi(*arguments: str) -> tuple[int, str]:
        ended = CliRunner().invoke(cli, arguments, env=variables(url, data_dir), prog_name="kakehashi")
        return ended.exit_code, ended.output

    async with receiving(broken) as receiver, hooking(url, data_dir) as hooks:
        assert await asyncio.to_thread(kakehashi, "jobs") == (0, "Nothing waits, and nothing was given up.\n")
        made = await hooks.made(at(receiver), [])
        number = await hooks.ping(made["id"])
        await hooks.finished(made["id"], 1)
        shown = (await asyncio.to_thread(kakehashi, "jobs"))[1].splitlines()
        assert shown[0].split() == ["webhook", "waits", "due", "runs", "failed", "dead", "waits", "since"]
        assert shown[1].split() == [str(made["id"]), "on", "0", "0", "0", "0", "1"]
        dead = (await asyncio.to_thread(kakehashi, "jobs", "dead"))[1].splitlines()
        assert dead[1].split()[:5] == [str(number), str(made["id"]), "ping", "4", "500"]
        assert await asyncio.to_thread(kakehashi, "jobs", "retry", str(number)) == (0, "Queued again: 1.\n")
        assert len(await hooks.finished(made["id"], 2)) == 2
        code, said = await asyncio.to_thread(kakehashi, "jobs", "retry", "999999")
        assert (code, said) == (1, "0 of 1 deliveries are queued again; the others are not there.\n")


@pytest.mark.parametrize("value", ["soon", "-1", "30,,x", "700000"])
def test_wrong_delays_stop_the_start(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("KAKEHASHI_WEBHOOK_RETRY_DELAYS", value)
    with pytest.raises(WrongSetting, match=r"^KAKEHASHI_WEBHOOK_RETRY_DELAYS: use seconds such as 30,300,1800"):
        read_settings()


def test_delays_replace_the_short_schedule(monkeypatch: pytest.MonkeyPatch) -> None:
    assert JobSettings().webhook_retry_delays == (30, 300, 1800)
    monkeypatch.setenv("KAKEHASHI_WEBHOOK_RETRY_DELAYS", "1, 2.5")
    assert read_settings().webhook_retry_delays == (1, 2.5)
