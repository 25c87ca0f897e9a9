"""Reads from /proc how much CPU the measured programs used."""

import asyncio
import os
from dataclasses import dataclass
from pathlib import Path

import asyncpg

PROC = Path("/proc")
TICKS_PER_S = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Used:
    """Seconds of CPU so far: of the server, of PostgreSQL for this database, and of the whole machine."""

    server: float
    postgresql: float | None
    machine: float

    def since(self, earlier: "Used") -> "Used":
        """What was used between two readings."""
        asked = None
        if self.postgresql is not None and earlier.postgresql is not None:
            asked = self.postgresql - earlier.postgresql
        return Used(self.server - earlier.server, asked, self.machine - earlier.machine)


def read_used(server: int, database: str) -> Used:
    """Read all three; PostgreSQL's is None where its processes are not on this machine."""
    return Used(tree_s(server), asyncio.run(backends_s(database)), machine_s())


def process_s(pid: int) -> float:
    """Seconds of CPU that a process used, in all its threads; nothing for one that is gone."""
    try:
        fields = stat_fields(pid)
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_S


def waited_s(pid: int) -> float:
    """Seconds for which a process, by its first thread, was ready to run and had no processor."""
    return int((PROC / str(pid) / "schedstat").read_text().split()[1]) / 1e9


def stat_fields(pid: int) -> list[str]:
    """The fields of /proc/PID/stat after the name, which may hold spaces and parentheses."""
    return (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()


def tree_s(root: int) -> float:
    """Seconds of CPU of a process and of all below it that still run."""
    below = children()
    found, waiting = 0.0, [root]
    while waiting:
        pid = waiting.pop()
        found += process_s(pid)
        waiting += below.get(pid, [])
    return found


def children() -> dict[int, list[int]]:
    """The children of every process that has any."""
    found: dict[int, list[int]] = {}
    for entry in PROC.iterdir():
        if not entry.name.isdigit():
            continue
        try:
            parent = int(stat_fields(int(entry.name))[1])
        except (FileNotFoundError, ProcessLookupError):
            continue
        found.setdefault(parent, []).append(int(entry.name))
    return found


async def backends_s(url: str) -> float | None:
    """Seconds of CPU of all other PostgreSQL processes that are connected to a database now."""
    connection = await asyncpg.connect(url)
    try:
        own = await connection.fetchval("select pg_backend_pid()")
        rows = await connection.fetch("select pid from pg_stat_activity where datname = current_database()")
        here = is_postgresql(own)
    finally:
        await connection.close()
    return sum(process_s(row["pid"]) for row in rows if row["pid"] != own) if here else None


def is_postgresql(pid: int) -> bool:
    """Whether this machine's process of that number is PostgreSQL's: a distant server numbers its own."""
    try:
        return "postgres" in (PROC / str(pid) / "cmdline").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


def machine_s() -> float:
    """Seconds of CPU that the whole machine used: everything but idling and waiting for disks."""
    user, nice, system, _idle, _waiting, *rest = map(int, (PROC / "stat").read_text().splitlines()[0].split()[1:9])
    return (user + nice + system + sum(rest)) / TICKS_PER_S
