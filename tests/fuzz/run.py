"""A run of many requests on one database: each is sent, looked at, and made small where something is wrong."""

import asyncio
import gc
import logging
import sys
import time
import warnings
from collections import Counter, deque
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

from starlette.applications import Starlette

from gateway.settings import Settings
from tests.conftest import Running, running
from tests.engine.asked import committed_schema
from tests.engine.rows import load
from tests.fuzz.inside import ask
from tests.fuzz.makers import Makers, makers
from tests.fuzz.observing import Answer, Complaints, Fault, Watch, judged
from tests.fuzz.people import people_of
from tests.fuzz.sent import WEBSOCKET, Sent
from tests.fuzz.shrinking import shrunk
from tests.fuzz.sockets import Served, serving
from tests.fuzz.websockets import judged as judged_talk
from tests.talktiko.asking import Api
from tests.talktiko.consuming import consume
from tests.talktiko.exporting import export
from tests.talktiko.forwarding import forward
from tests.talktiko.telling import tell

REPEATS = 3
# Python may find out only later that something was left behind.
RECENT = 300
# After so many different faults there is enough to do.
MOST_FAULTS = 20
TELL_EVERY_S = 30.0


@dataclass(slots=True)
class Found:
    """A fault, how often it was met, and the first request that met it, as it was and made small."""

    fault: Fault
    number: int
    sent: Sent
    small: Sent
    times: int = 1

    @property
    def who(self) -> str:
        """Who has to ask for it to go wrong."""
        return self.small.who if any(name == b"Authorization" for name, _ in self.small.headers) else "anyone"

    def headline(self, seed: int) -> str:
        """The fault in one line, with what asks for it again."""
        again = f"--seed {seed} --first {self.number} --requests 1"
        return f"FAULT {self.fault.sign}; first {again}, by {self.who}"


@dataclass(slots=True)
class Report:
    """What a run sent and found."""

    requests: Counter[str] = field(default_factory=Counter)
    statuses: Counter[tuple[str, int | None]] = field(default_factory=Counter)
    found: dict[str, Found] = field(default_factory=dict)
    longest_s: float = 0.0
    longest_by: int = 0

    def add(self, other: "Report") -> None:
        """Take in what another run found."""
        self.requests += other.requests
        self.statuses += other.statuses
        self.held(other.longest_s, other.longest_by)
        for sign, found in other.found.items():
            if sign in self.found:
                self.found[sign].times += found.times
            else:
                self.found[sign] = found

    def held(self, seconds: float, number: int) -> None:
        """A request held the loop for so long."""
        if seconds > self.longest_s:
            self.longest_s, self.longest_by = seconds, number


@dataclass(slots=True)
class Fuzzing:
    """One run: where requests go to, and what is watched meanwhile. Without `served` none goes through a socket."""

    app: Starlette
    served: Served | None
    seed: int
    complaints: Complaints = field(default_factory=Complaints)
    watch: Watch | None = None
    report: Report = field(default_factory=Report)
    recent: deque[Sent] = field(default_factory=lambda: deque(maxlen=RECENT))

    async def run(self, made: Makers, numbers: Iterable[int], only: str | None = None) -> Report:
        """Send the requests of these numbers; those whose client goes away before it is answered come last."""
        told = time.monotonic()
        for number, sent in self.ordered(made, numbers, only):
            await self.check(number, sent)
            if len(self.report.found) >= MOST_FAULTS:
                break
            if time.monotonic() - told > TELL_EVERY_S:
                told = time.monotonic()
                sys.stderr.write(f"{self.report.requests.total()} requests, {len(self.report.found)} faults\n")
        return self.report

    def ordered(self, made: Makers, numbers: Iterable[int], only: str | None) -> Iterator[tuple[int, Sent]]:
        """The requests, the raw ones last: only from then on may coroutines be left behind that had not begun."""
        raw: list[int] = []
        for number in numbers:
            sent = made.make(number, only)
            if self.talks(sent) or (sent.raw and self.served is not None):
                raw.append(number)
            else:
                yield number, sent
        self.complaints.clients_go = True
        for number in raw:
            yield number, made.make(number, only)

    async def check(self, number: int, sent: Sent) -> None:
        """Send one request, and keep what is wrong: it may have been left behind by one of those before."""
        answer, faults = await self.ask(sent, number)
        self.report.requests[sent.kind] += 1
        self.report.statuses[sent.kind, answer.status] += 1
        for fault in faults[:1]:
            known = self.report.found.get(fault.sign)
            if known is not None:
                known.times += 1
                continue
            # Told at once: a long run may be ended before it reports.
            sys.stderr.write(f"{Found(fault, number, sent, sent).headline(self.seed)}\n{fault.told.strip()}\n")
            small = await self.made_small(number, sent, fault)
            self.report.found[fault.sign] = Found(fault, number, sent, small)
        self.recent.append(sent)

    async def ask(self, sent: Sent, number: int) -> tuple[Answer, list[Fault]]:
        """The answer, and everything that is wrong."""
        answer = await self.answer(sent)
        everything = sent.target + sent.body + b"".join(value for _, value in sent.headers)
        wrong = judged_talk(answer, everything) if self.talks(sent) else judged(answer, sent.method, everything)
        faults = self.complaints.take() + wrong
        if self.watch is not None:
            held = self.watch.take()
            self.report.held(held.cpu_s, number)
            if held.too_long and await self.stalls(sent):
                faults.append(
                    Fault("stall", f"{held.cpu_s:.3f} s of the thread's time, {held.clock_s:.3f} s by the clock")
                )
        return answer, faults

    def talks(self, sent: Sent) -> bool:
        """Whether it is a conversation; without a socket it is a method that nothing has."""
        return sent.method == WEBSOCKET and self.served is not None

    async def answer(self, sent: Sent) -> Answer:
        """The answer alone."""
        # A step of the loop of its own, so that making the request is no part of what is measured.
        await asyncio.sleep(0)
        if self.watch is not None:
            self.watch.take()
        socket = self.served if sent.for_socket else None
        answer = await (ask(self.app, sent) if socket is None else socket.ask(sent))
        await asyncio.sleep(0)
        return answer

    async def stalls(self, sent: Sent) -> bool:
        """Whether a request holds the loop again each time, with what was read of its document forgotten."""
        if self.watch is None:
            return False
        for _ in range(REPEATS):
            for app in (self.app, *([] if self.served is None else [self.served.app])):
                app.state.parts.execution.forget()
            self.watch.take()
            await self.answer(sent)
            if not self.watch.take().too_long:
                return False
        return True

    async def made_small(self, number: int, sent: Sent, fault: Fault) -> Sent:
        """The request without what does not matter to its fault."""

        async def fails(candidate: Sent) -> bool:
            if fault.sign == "stall":
                return await self.stalls(candidate)
            faults = (await self.ask(candidate, number))[1]
            # What was left behind complains when it is let go of.
            gc.collect()
            return any(one.sign == fault.sign for one in (*faults, *self.complaints.take()))

        small = sent
        for candidate in (*([] if sent.raw else [replace(sent, by_socket=False)]), sent, *reversed(self.recent)):
            if await fails(candidate):
                small = await shrunk(candidate, fails)
                break
        self.complaints.take()
        return small


@asynccontextmanager
async def world(running_: Running, seed: int) -> AsyncIterator[Makers]:
    """The makers of a seed over a running app that has webhooks, exports, xAPI endpoints and LTI platforms too."""
    await tell(Api(running_))
    await export(Api(running_))
    await forward(Api(running_))
    await consume(Api(running_))
    yield makers(seed, await people_of(running_), committed_schema(), await load(running_.database))


async def fuzz(settings: Settings, seed: int, numbers: Iterable[int], only: str | None = None) -> Report:
    """A whole run in this process, with everything watched."""
    logging.disable(logging.NOTSET)
    warnings.simplefilter("always")
    complaints, watch = Complaints(), Watch()
    async with running(settings) as started, serving(settings) as served, world(started, seed) as made:
        # As the server does when it has started, so that what stays is not looked through again and again.
        gc.collect()
        gc.freeze()
        with complaints.listening(), watch.measuring():
            return await Fuzzing(started.app, served, seed, complaints, watch).run(made, numbers, only)
