"""One measurement: deliveries are queued, a worker in a process of its own delivers them, and all of it is timed."""

import asyncio
import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.contenders import KAKEHASHI, clean
from bench.cpu import read_used, waited_s
from bench.deliveries.queued import Queue
from bench.programs import ROOT, end
from resolvers.sealing import Sealer

WITHIN_S = 300
LOOK_S = 0.05


@dataclass(frozen=True, slots=True)
class Figures:
    """Deliveries a second, and milliseconds of CPU of one: of whoever sent it, and of PostgreSQL.

    `waited` is the share of the time for which whoever sent had to wait for a processor, because others had them all.
    """

    who: str
    rate: float
    cpu_ms: float
    waited: float
    postgresql_ms: float | None = None

    @property
    def alone(self) -> float:
        """About how many it would be with a processor of its own: those of the time in which it had not to wait."""
        return self.rate / (1 - self.waited)


@dataclass(frozen=True, slots=True)
class Receiver:
    """A receiver at work."""

    host: str
    ports: Sequence[int]

    def at(self, path: str) -> list[str]:
        """Its addresses."""
        return [f"http://{self.host}:{port}/{path}" for port in self.ports]

    def counted(self) -> tuple[int, float]:
        """How many came since this was asked last, and when the first one did."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.ports[0]}/counted") as answer:
            found = json.load(answer)
        return int(found["count"]), float(found["first"])


@contextmanager
def receiving(host: str, ports: int) -> Iterator[Receiver]:
    """A receiver in a process of its own."""
    command = [sys.executable, "-m", "bench.deliveries.receiver", str(ports)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            yield Receiver(host, json.loads(process.stdout.readline()))
        finally:
            end(process)


@contextmanager
def working(database: str, key: str, folder: Path, log: Path) -> Iterator[int]:
    """One worker, as users start it; gives the number of its process."""
    given = {
        "KAKEHASHI_DATABASE_URL": database,
        "KAKEHASHI_DATA_DIR": str(folder),
        "KAKEHASHI_EGRESS_ALLOW": "127.0.0.0/8,::1/128",
        "KAKEHASHI_SEALING_KEYS": key,
    }
    with log.open("wb") as printed:
        process = subprocess.Popen([KAKEHASHI, "worker"], cwd=ROOT, env=clean(given), stdout=printed, stderr=printed)
        try:
            yield process.pid
        finally:
            end(process)


def limit(receiver: Receiver, count: int) -> Figures:
    """What the bare client does."""
    command = [sys.executable, "-m", "bench.deliveries.limit", str(count), *receiver.at("well")]
    printed = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True).stdout
    found = json.loads(printed.splitlines()[-1])
    return Figures("limit", found["rate"], found["cpu_ms"], found["waited"])


@dataclass(frozen=True, slots=True)
class Delivering:
    """A worker, what it reads from, and what it delivers to."""

    database: str
    worker: int
    queue: Queue
    sealer: Sealer
    receiver: Receiver

    async def measured(self, who: str, each: int, *, endpoints: int, hanging: int = 0) -> Figures:
        """Deliver so many to each of some endpoints that are well, while others hang; both have as much to take.

        Timed from the first that arrives until the last is recorded; nothing of it may have failed.
        """
        well = await self.queue.hooks(self.receiver.at("well")[:endpoints], self.sealer)
        stuck = await self.queue.hooks(self.receiver.at("hang")[endpoints : endpoints + hanging], self.sealer)
        await asyncio.to_thread(self.receiver.counted)
        before, waited = await asyncio.to_thread(read_used, self.worker, self.database), waited_s(self.worker)
        await self.queue.put([*well, *stuck], each)
        ended = await self.done(well)
        count, first = await asyncio.to_thread(self.receiver.counted)
        used = (await asyncio.to_thread(read_used, self.worker, self.database)).since(before)
        took, waited = ended - first, waited_s(self.worker) - waited
        await self.queue.refuse_failures(well)
        await self.queue.end([*well, *stuck])
        if count != each * endpoints:
            raise RuntimeError(f"{count} deliveries arrived, and {each * endpoints} were queued.")
        asked = None if used.postgresql is None else used.postgresql * 1000 / count
        return Figures(who, count / took, used.server * 1000 / count, min(0.99, waited / took), asked)

    async def done(self, hooks: Sequence[int]) -> float:
        """When all of it is recorded."""
        async with asyncio.timeout(WITHIN_S):
            while await self.queue.is_left(hooks):  # noqa: ASYNC110  # what another program does is seen by looking
                await asyncio.sleep(LOOK_S)
        return time.monotonic()
