"""Shares a run out to several processes, each with a database of its own."""

import asyncio
import multiprocessing
import os
import threading
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import structlog

from db.migrate import upgrade
from gateway.auth.development import DevelopmentKey
from gateway.settings import Settings
from tests.conftest import DATABASES, copied, fill
from tests.fuzz.run import Report, fuzz
from tests.services.postgresql import create_database, start_postgresql
from tests.services.redis import start_redis


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be run."""

    seed: int
    first: int
    requests: int
    only: str | None
    database: str
    workers: int


@dataclass(frozen=True, slots=True)
class Job:
    """The part of one process."""

    settings: Settings
    seed: int
    numbers: range
    only: str | None


def worked(job: Job) -> Report:
    """Do one part."""
    structlog.configure(processors=[drop])
    return asyncio.run(fuzz(job.settings, job.seed, job.numbers, job.only))


def ends_with_parent() -> None:
    """End this process when the one that started it has ended, however that was."""
    parent = multiprocessing.parent_process()

    def wait() -> None:
        if parent is not None:
            parent.join()
            os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


def drop(*_: object) -> structlog.typing.EventDict:
    """One line for each request is not what this run is about."""
    raise structlog.DropEvent


def run(wanted: Wanted, folder: Path) -> Report:
    """Start the servers, fill the databases, and share the numbers out."""
    kinds = DATABASES if wanted.database == "both" else (wanted.database,)
    workers = max(1, wanted.workers // len(kinds))
    with ExitStack() as stack:
        server, redis = stack.enter_context(start_postgresql()), stack.enter_context(start_redis())
        filled = {"sqlite": f"sqlite:///{folder / 'filled.db'}"}
        if "postgresql" in kinds:
            filled["postgresql"] = create_database(server, "filled")
        for kind in kinds:
            upgrade(filled[kind])
            asyncio.run(fill(filled[kind]))
        DevelopmentKey.load_or_create(folder)
        parts = []
        for place in range(workers * len(kinds)):
            # The number alone says on which database it runs, whatever the number of processes.
            url = stack.enter_context(copied(kinds[place % len(kinds)], filled, server, folder))
            settings = Settings(database_url=url, data_dir=folder, redis_url=redis)
            numbers = range(wanted.first + place, wanted.first + wanted.requests, workers * len(kinds))
            parts.append(Job(settings, wanted.seed, numbers, wanted.only))
        return all_of(parts)


def all_of(parts: Sequence[Job]) -> Report:
    """What all parts found."""
    report = Report()
    spawning = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(len(parts), mp_context=spawning, initializer=ends_with_parent) as pool:
        for found in pool.map(worked, parts):
            report.add(found)
    return report
