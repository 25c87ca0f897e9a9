"""Measures everyone in turn, round by round, so that all share the machine's good and bad times."""

import os
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.contenders import Asked, Contender
from bench.cpu import read_used
from bench.load import Load, put_load, write_requests
from bench.programs import Running
from bench.table import Measured

WARM_UP_S = 2


class Errors(Exception):
    """An answer under load was none; the text says whose and shows the first one."""


@dataclass(frozen=True, slots=True)
class Options:
    """What is measured, and how: `seconds` each, in so many `rounds`, over so many `connections`, asked by `uid`."""

    questions: Sequence[Asked]
    contenders: Sequence[Contender]
    seconds: int
    rounds: int
    connections: int
    uid: str

    def asked(self, question: Asked) -> list[Contender]:
        """Who answers a question."""
        return [one for one in self.contenders if question.name in one.questions]


@dataclass(frozen=True, slots=True)
class Target:
    """A contender with its running server and the file of its requests for one question."""

    question: Asked
    contender: Contender
    server: Running
    requests: Path


def measured_rounds(options: Options, started: Mapping[str, Running], database: str) -> Iterator[Measured]:
    """Every measurement, as soon as it is made; raises Errors."""
    with tempfile.TemporaryDirectory(prefix="kakehashi-bench-") as folder:
        turns = [
            [target(options, question, one, started[one.program.name], Path(folder)) for one in options.asked(question)]
            for question in options.questions
        ]
        for number in range(options.rounds):
            for targets in turns:
                # Who comes first changes, because what comes second finds PostgreSQL's memory warm.
                first = number % max(len(targets), 1)
                for each in targets[first:] + targets[:first]:
                    yield measure(options, number, each, database)


def target(options: Options, question: Asked, contender: Contender, server: Running, folder: Path) -> Target:
    """Write down the requests of a contender."""
    file = folder / f"{contender.name}-{question.name}"
    requests = [contender.request(question, variables) for variables in question.variables(options.uid)]
    write_requests(file, server.headers, requests)
    return Target(question, contender, server, file)


def measure(options: Options, number: int, each: Target, database: str) -> Measured:
    """Warm up with every answer checked, then measure."""
    refuse_errors(each, loaded(options, each, seconds=WARM_UP_S, check=True))
    before, client, clock = read_used(each.server.pid, database), children_s(), time.monotonic()
    load = loaded(options, each, seconds=options.seconds)
    wall, client = time.monotonic() - clock, children_s() - client
    used = read_used(each.server.pid, database).since(before)
    refuse_errors(each, load)
    others = used.machine - used.server - (used.postgresql or 0.0) - client
    return Measured(
        number,
        each.question.name,
        each.contender.name,
        load.rate,
        load.p50_ms,
        load.p99_ms,
        load.bytes_each,
        used.server * 1000 / load.requests,
        None if used.postgresql is None else used.postgresql * 1000 / load.requests,
        max(others, 0.0) / wall / (os.cpu_count() or 1),
    )


def loaded(options: Options, each: Target, *, seconds: int, check: bool = False) -> Load:
    """Put load on a target."""
    return put_load(each.server.url, each.requests, seconds=seconds, connections=options.connections, check=check)


def refuse_errors(each: Target, load: Load) -> None:
    """Where there is an error there are no figures."""
    if load.errors:
        what = f"of {load.requests} answers {load.failed} failed and {load.bad} were refusals"
        raise Errors(f"{each.question.name} {each.contender.name}: {what}. {load.complaint}")


def children_s() -> float:
    """Seconds of CPU of the programs that this one ran to their end: wrk."""
    times = os.times()
    return times.children_user + times.children_system
