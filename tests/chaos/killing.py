"""What is killed, when and how: decided by a seed beforehand, so that a run can be told and repeated."""

import asyncio
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import asyncpg
from redis.asyncio import Redis
from redis.exceptions import RedisError

from tests.chaos.programs import Installation, Mortal, is_alive

# How often each is chosen, in twenty.
KINDS = {"backend": 8, "worker": 5, "redis": 3, "web": 2, "postmaster": 2}
LEAST_S, MOST_S = 0.3, 2.5
AGAIN_S = 0.2


@dataclass(slots=True)
class Killer:
    """Kills so many times; `keep_alive` starts again what was killed.

    `progress` says which part of what is to happen has happened: kills are spread over all of it, however slow the
    machine is.
    """

    installation: Installation
    seed: int
    kills: int
    progress: Callable[[], float]
    done: Counter[str] = field(default_factory=Counter)

    async def run(self) -> None:
        """Kill at random moments until it is done."""
        dice = random.Random(self.seed)
        for number, (pause, kind) in enumerate(planned(self.seed, self.kills)):
            await asyncio.sleep(pause)
            while self.progress() < number / self.kills:
                await asyncio.sleep(AGAIN_S)
            await self.kill(kind, dice)
            self.done[kind] += 1

    async def kill(self, kind: str, dice: random.Random) -> None:
        """Kill one thing."""
        one = self.installation
        match kind:
            case "backend":
                await self.kill_backends(dice)
            case "worker":
                dice.choice(one.workers).kill()
            case "web":
                one.web.kill()
            case "redis":
                await self.wipe_redis()
                one.redis.kill()
            case "postmaster":
                one.postgresql.kill()

    async def kill_backends(self, dice: random.Random) -> None:
        """End the sessions of some connections from within."""
        try:
            connection = await asyncpg.connect(self.installation.database_url)
            found = await connection.fetch("select pid from pg_stat_activity where application_name = 'kakehashi'")
            for row in dice.sample(found, min(len(found), dice.randrange(1, 5))):
                await connection.execute("select pg_terminate_backend($1)", row["pid"])
            await connection.close()
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            # It is being started again.
            return

    async def wipe_redis(self) -> None:
        """Let Redis forget everything it holds."""
        redis = Redis.from_url(self.installation.redis_url)
        try:
            await redis.flushall()
        except (RedisError, OSError):
            return
        finally:
            await redis.aclose()


def planned(seed: int, kills: int) -> list[tuple[float, str]]:
    """When to kill what: a pause in seconds, and the kind of kill, for each."""
    dice = random.Random(seed)
    kinds = dice.choices(list(KINDS), list(KINDS.values()), k=kills)
    return [(dice.uniform(LEAST_S, MOST_S), kind) for kind in kinds]


async def keep_alive(programs: list[Mortal]) -> None:
    """Start again whatever has ended, for ever: as whoever runs it in production would."""
    while True:
        await asyncio.sleep(AGAIN_S)
        for program in programs:
            if not is_alive(program):
                program.start(wait=False)
                await asyncio.sleep(1.0)
