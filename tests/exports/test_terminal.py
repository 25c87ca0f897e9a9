"""What operators see of exports, and how they have one made again."""

import asyncio
from datetime import UTC, datetime

from typer.testing import CliRunner

from gateway.__main__ import cli
from jobs.settings import JobSettings
from jobs.worker import working
from tests.exports.exporting import BRISK, Exports
from tests.webhooks.test_worker import variables


async def kakehashi(exports: Exports, *arguments: str) -> tuple[int, str]:
    """What the terminal says on the database of an app."""
    settings = exports.running.settings
    env = variables(str(settings.database_url), settings.data_dir)
    ended = await asyncio.to_thread(CliRunner().invoke, cli, arguments, env=env, prog_name="kakehashi")
    return ended.exit_code, ended.output


async def test_the_command_line_shows_what_waits_and_failed_and_makes_it_again(idle: Exports) -> None:
    assert await kakehashi(idle, "jobs") == (0, "Nothing waits, and nothing was given up.\n")
    failed, waits = await idle.asked("activity"), await idle.asked("completions")
    given_up = {"finished_at": datetime.now(UTC), "error": "The file could not be kept.", "attempt_count": 4}
    await idle.set(failed, status="failed", **given_up)
    lines = (await kakehashi(idle, "jobs"))[1].splitlines()
    assert lines[0].split() == ["export", "type", "attempts", "rows", "asked", "for", "it", "says"]
    assert lines[1].split()[:5] == [str(waits), "completions", "pending", "0", "0"]
    assert lines[2].split()[:5] == [str(failed), "activity", "failed", "4", "0"]
    assert await kakehashi(idle, "jobs", "retry", "--export", str(waits)) == (
        1,
        "0 of 1 exports are queued again; the others are not there.\n",
    )
    assert await kakehashi(idle, "jobs", "retry", "--export", str(failed)) == (0, "Queued again: 1.\n")
    row = await idle.row(failed)
    assert (row.status, row.attempt_count, row.error, row.finished_at) == ("pending", 0, None, None)
    settings = idle.running.settings
    wanted = JobSettings(database_url=settings.database_url, data_dir=settings.data_dir)
    async with working(wanted, idle.running.database, exports=BRISK):
        assert (await idle.finished(failed))["status"] == "completed"
