"""The command line of a bench: starts everyone, compares their answers, measures, prints, and writes down."""

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from rich.console import Console

from bench.contenders import Asked, Contender
from bench.cpu import PROC
from bench.database import measured_database
from bench.documents import REACHED
from bench.equality import Unequal, refuse_unequal
from bench.load import NoLoad, find_wrk
from bench.programs import running
from bench.rounds import WARM_UP_S, Errors, Options, measured_rounds
from bench.table import Measured, lines, table, write_results

T = TypeVar("T")

RESULTS = Path(__file__).with_name("results")
FAILED, IMPOSSIBLE = 1, 2
WIDTH = 116


def nothing_more(_measured: Sequence[Measured]) -> list[str]:
    """What is said below the table where the table says it all."""
    return []


def nothing_to_install() -> None:
    """What is installed where everything is there."""


def no_preparation(_database: str) -> None:
    """What is done to the measured database where nothing needs to be."""


@dataclass(frozen=True, slots=True)
class Bench:
    """A bench: `title` is `python -m …`, `about` its first line of help, `results` the file of the latest run.

    `install` fetches what the contenders are made of, `prepare` is given the measured database before anyone starts,
    `remarks` makes the lines below the table, and `contenders_are` explains their names.
    """

    title: str
    about: str
    questions: Mapping[str, Asked]
    contenders: Mapping[str, Contender]
    results: str
    install: Callable[[], None] = nothing_to_install
    prepare: Callable[[str], None] = no_preparation
    remarks: Callable[[Sequence[Measured]], list[str]] = nothing_more
    contenders_are: str = ""


def options(bench: Bench) -> Options:
    """What the command line says."""
    parser = argparse.ArgumentParser(prog=bench.title, description=bench.about)
    questions, contenders = listed(bench.questions), listed(bench.contenders)
    known, who = ",".join(bench.questions), ",".join(bench.contenders)
    parser.add_argument("--queries", type=questions, default=known, help="some of %(default)s")
    parser.add_argument("--contenders", type=contenders, default=who, help=f"some of {who}{bench.contenders_are}")
    parser.add_argument("--seconds", type=int, default=8, help="how long each is measured in a round (%(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="how many rounds the medians are of (%(default)s)")
    parser.add_argument("--connections", type=int, default=16, help="how many ask at a time (%(default)s)")
    parser.add_argument("--uid", choices=list(REACHED), default="auth0|bench-owner", help="who asks (%(default)s)")
    parser.add_argument("--quick", action="store_true", help="one round of two seconds, to see whether it works")
    given = parser.parse_args()
    seconds, rounds = (2, 1) if given.quick else (given.seconds, given.rounds)
    return Options(given.queries, given.contenders, seconds, rounds, given.connections, given.uid)


def listed(known: Mapping[str, T]) -> Callable[[str], list[T]]:
    """Reads names, separated by commas, as what they name."""

    def names(text: str) -> list[T]:
        found = {name.lower(): value for name, value in known.items()}
        missing = [name for name in text.split(",") if name.lower() not in found]
        if missing:
            raise argparse.ArgumentTypeError(f"{missing[0]!r} is none of {', '.join(known)}")
        return [found[name.lower()] for name in text.split(",")]

    return names


def measure(bench: Bench, asked: Options, console: Console) -> None:
    """Start everyone, compare their answers, measure, print, and write down."""
    programs = {one.program.name: one.program for one in asked.contenders}
    with measured_database() as database:
        bench.prepare(database)
        with running(programs.values(), database, asked.uid, RESULTS) as started:
            for question in asked.questions:
                refuse_unequal(question, asked.asked(question), started, asked.uid)
            measured = []
            for one in measured_rounds(asked, started, database):
                measured.append(one)
                console.print(f"round {one.turn + 1}, {one.question} {one.contender}: {one.rate:,.0f}/s", style="dim")
    how = (
        f"{asked.connections} connections, {asked.rounds} rounds of {asked.seconds} s after {WARM_UP_S} s of warming "
        "up; medians. Server and PostgreSQL ms are CPU of one request; others is what all else took of the machine."
    )
    console.print(table(lines(measured), how))
    for remark in bench.remarks(measured):
        console.print(remark)
    write_results(RESULTS / bench.results, how, datetime.now(UTC), measured)


def run(bench: Bench) -> None:
    """Bench, and say what went wrong in one line."""
    asked, problems = options(bench), Console(stderr=True, highlight=False)
    if not (PROC / "stat").exists():
        problems.print("CPU is read from /proc, which only Linux has.", style="red")
        sys.exit(IMPOSSIBLE)
    try:
        find_wrk()
        bench.install()
        # A table that is piped into a file must not be squeezed into eighty columns.
        measure(bench, asked, Console(highlight=False, width=None if sys.stdout.isatty() else WIDTH))
    except NoLoad as error:
        problems.print(str(error), style="red")
        sys.exit(IMPOSSIBLE)
    except (Unequal, Errors, RuntimeError) as error:
        problems.print(str(error), style="red")
        sys.exit(FAILED)
