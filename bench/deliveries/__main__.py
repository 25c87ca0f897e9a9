"""`python -m bench.deliveries`: webhooks that are delivered in a second, also beside an endpoint that hangs."""

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
from cryptography.fernet import Fernet
from rich.console import Console
from rich.table import Table

from bench.command import RESULTS, WIDTH
from bench.cpu import PROC
from bench.deliveries.measuring import Delivering, Figures, limit, receiving, working
from bench.deliveries.queued import Queue
from db.migrate import upgrade
from resolvers.sealing import Sealer
from tests.services.postgresql import create_database, plain, start_postgresql

ENDPOINTS = 100
LIMIT, ALL, WELL, ONE_HANGS = "limit", f"to {ENDPOINTS}", f"to {ENDPOINTS - 1}", f"to {ENDPOINTS - 1}, and one hangs"


def options() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(prog="python -m bench.deliveries", description=__doc__)
    parser.add_argument("--each", type=int, default=200, help="deliveries to each endpoint in a round (%(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="how many rounds the medians are of (%(default)s)")
    parser.add_argument(
        "--host", default="127.0.0.1", help="the host of the endpoints; localhost is looked up each time (%(default)s)"
    )
    return parser.parse_args()


async def measure(given: argparse.Namespace, console: Console) -> list[Figures]:
    """Every measurement, all kinds in turn, so that they share the machine's good and bad times."""
    key, found = Fernet.generate_key().decode(), list[Figures]()
    RESULTS.mkdir(exist_ok=True)
    with (
        start_postgresql() as server,
        receiving(given.host, ENDPOINTS) as receiver,
        tempfile.TemporaryDirectory(prefix="kakehashi-bench-") as folder,
    ):
        url = plain(create_database(server, "deliveries"))
        await asyncio.to_thread(upgrade, url)
        queue = Queue(await asyncpg.connect(url))
        with working(url, key, Path(folder), RESULTS / "worker.log") as worker:
            delivering = Delivering(url, worker, queue, Sealer([key]), receiver)
            await delivering.measured("warm", 20, endpoints=ENDPOINTS)
            for _ in range(given.rounds):
                found.append(await asyncio.to_thread(limit, receiver, given.each * ENDPOINTS))
                found.append(await delivering.measured(ALL, given.each, endpoints=ENDPOINTS))
                found.append(await delivering.measured(WELL, given.each, endpoints=ENDPOINTS - 1))
                found.append(await delivering.measured(ONE_HANGS, given.each, endpoints=ENDPOINTS - 1, hanging=1))
                for one in found[-4:]:
                    console.print(f"{one.who}: {one.rate:,.0f}/s", style="dim")
        await queue.connection.close()
    return found


def table(found: Sequence[Figures], how: str) -> Table:
    """The medians, beside the limit's."""
    drawn = Table("", caption=how)
    for title in ("deliveries/s", "CPU ms", "PostgreSQL ms", f"of {LIMIT}", "waited", "alone/s"):
        drawn.add_column(title, justify="right")
    for who in (LIMIT, ALL, WELL, ONE_HANGS):
        asked = [one.postgresql_ms for one in found if one.who == who and one.postgresql_ms is not None]
        drawn.add_row(
            who,
            f"{median(found, who):,.0f}",
            f"{statistics.median(one.cpu_ms for one in found if one.who == who):.3f}",
            f"{statistics.median(asked):.3f}" if asked else "-",
            f"{median(found, who) / median(found, LIMIT):.2f}",
            f"{statistics.median(one.waited for one in found if one.who == who):.0%}",
            f"{alone(found, who):,.0f}",
        )
    return drawn


def median(found: Sequence[Figures], who: str) -> float:
    """The median rate of one kind."""
    return statistics.median(one.rate for one in found if one.who == who)


def alone(found: Sequence[Figures], who: str) -> float:
    """The median rate of one kind, were it not to wait for a processor."""
    return statistics.median(one.alone for one in found if one.who == who)


def main() -> None:
    """Measure, print, and write down."""
    given, console = options(), Console(highlight=False, width=None if sys.stdout.isatty() else WIDTH)
    if not (PROC / "stat").exists():
        sys.exit("CPU is read from /proc, which only Linux has.")
    found = asyncio.run(measure(given, console))
    how = (
        f"{given.each} deliveries to each endpoint of {given.host}, {given.rounds} rounds, medians; from the first "
        "that arrives until the last is recorded. CPU is of one delivery, of the worker's process or the limit's; "
        "waited is how much of the time that process was ready to run, and others had all processors; alone is about "
        "what it would be without that. The limit is the bare client, which signs and posts the same bodies and "
        "keeps nothing."
    )
    console.print(table(found, how))
    shares = median(found, ONE_HANGS) / median(found, WELL), alone(found, ONE_HANGS) / alone(found, WELL)
    console.print("With one that hangs the others go at {:.2f} of their speed, alone at {:.2f}.".format(*shares))
    content = {"at": datetime.now(UTC).isoformat(), "how": how, "rounds": [asdict(one) for one in found]}
    (RESULTS / "deliveries.json").write_text(json.dumps(content, indent=2) + "\n")


if __name__ == "__main__":
    main()
