"""Work that is done in rounds: at once where somebody says that there is some, and now and then in any case.

Whoever wakes only saves waiting. What there is to do stands in the database, so nothing is lost where nobody wakes.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TypeAlias

from db.errors import DatabaseUnavailable

# One round; whether there may be more to do at once.
Round: TypeAlias = Callable[[], Awaitable[bool]]

log = logging.getLogger(__name__)


class Rounds:
    """Goes on with rounds for ever, whatever happens in one of them. Belongs to one event loop."""

    def __init__(self, name: str, work: Round, every_s: float) -> None:
        self.name = name
        self.work = work
        self.every_s = every_s
        self.woken = asyncio.Event()
        self.away = False

    def wake(self) -> None:
        """There may be something to do."""
        self.woken.set()

    async def run(self) -> None:
        """Do what there is, again and again."""
        while True:
            self.woken.clear()
            if not await self.round():
                # Not wait_for: where it is woken and cancelled in the same moment, that one goes on.
                with suppress(TimeoutError):
                    async with asyncio.timeout(self.every_s):
                        await self.woken.wait()

    async def round(self) -> bool:
        """One round; what goes wrong in it is told, and tried again in the next one."""
        try:
            more = await self.work()
        except DatabaseUnavailable as problem:
            if not self.away:
                log.warning("%s: waits until the database answers. %s", self.name, problem)
            self.away = True
            return False
        except Exception:
            log.exception("%s: a round failed.", self.name)
            return False
        if self.away:
            log.info("%s: the database answers again.", self.name)
        self.away = False
        return more
