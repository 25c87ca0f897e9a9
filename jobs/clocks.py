"""The two clocks by which the timetable is kept: arq's cron on Redis, and a plain loop where there is none."""

import asyncio
import json
import logging
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from arq import Worker, cron
from arq.connections import RedisSettings
from arq.cron import CronJob
from arq.typing import WorkerCoroutine
from redis.exceptions import RedisError

from db.connections.database import Database
from db.errors import DatabaseUnavailable
from jobs.timetable import Entry

QUEUE = "kakehashi:jobs"
AGAIN_S = 1.0
HOUR = timedelta(hours=1)

log = logging.getLogger(__name__)


def plain(value: dict[str, Any]) -> bytes:
    """A job as Redis keeps it: JSON, which runs nothing when it is read, as pickle would."""
    return json.dumps(value, default=repr).encode()


def cron_job(entry: Entry, database: Database) -> CronJob:
    """An entry of the timetable as arq knows it."""

    async def work(_context: dict[Any, Any]) -> int:
        return await entry.work(database)

    return cron(cast("WorkerCoroutine", work), name=entry.name, minute=entry.minute, second=0)


async def by_redis(url: str, database: Database, entries: Sequence[Entry]) -> None:
    """Keep the timetable with arq, for ever: its worker ends when Redis does, and is begun anew."""
    while True:
        worker = Worker(
            cron_jobs=[cron_job(entry, database) for entry in entries],
            redis_settings=RedisSettings.from_dsn(url),
            queue_name=QUEUE,
            handle_signals=False,
            job_serializer=plain,
            job_deserializer=json.loads,
            timezone=UTC,
        )
        try:
            await worker.async_run()
        except (RedisError, OSError) as problem:
            log.warning("The timetable waits for Redis: %s.", type(problem).__name__)
        except Exception:
            log.exception("The timetable's worker failed, and is begun anew.")
        finally:
            await closed(worker)
        await asyncio.sleep(AGAIN_S)


async def closed(worker: Worker) -> None:
    """Close a worker, however little is left of its connections."""
    try:
        await worker.close()
    except (RedisError, OSError):
        log.debug("A worker could not say goodbye to Redis.")


async def by_itself(database: Database, entries: Sequence[Entry]) -> None:
    """Keep the timetable without Redis, for ever."""
    while True:
        entry, wait = min(((entry, until(entry, datetime.now(UTC))) for entry in entries), key=lambda one: one[1])
        await asyncio.sleep(wait.total_seconds())
        try:
            await entry.work(database)
        except DatabaseUnavailable as problem:
            log.warning("%s is left for the next hour: %s", entry.name, problem)
        except Exception:
            log.exception("%s failed.", entry.name)


def until(entry: Entry, now: datetime) -> timedelta:
    """How long it is until an entry's next minute."""
    at = now.replace(minute=entry.minute, second=0, microsecond=0)
    return at - now if at > now else at + HOUR - now
