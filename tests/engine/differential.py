"""Both walls against the oracle: `make differential ARGS="--documents 2500"`.

Every generated document is asked by one person in each of the eight positions of the role matrix, in a world of thirty
organizations. Four answers must be the same to the letter: the oracle's, SQLite's, PostgreSQL's with both walls, and
PostgreSQL's of a graph without scopes, where the policies stand alone.
"""

import argparse
import asyncio
import logging
import random
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache

from db.connections.database import connect
from db.json_text import Moments
from resolvers.accounts import Claimed
from tests.engine.asked import committed_schema
from tests.engine.documents import Cursors, Document, Maker, Variables
from tests.engine.rows import load
from tests.engine.running import COMPILED, UNSCOPED, Asking, Bench, Ran, disagreements, placed
from tests.engine.shrinking import shrunk
from tests.engine.world import NOW, YEAR_END, YEAR_START, Person, World, fill
from tests.services.postgresql import create_database, drop_database, plain, start_postgresql

PARENTS, ORGANIZATIONS = 10, 30
# Organizations 1 to 10 are parents, 11 to 20 their first children, 21 to 30 their second ones. The world gives numbers
# 1, 2 and 10 something to have learned, so these are students.
PEOPLE = (
    Person("auth0|student", 11),
    Person("auth0|student-of-parent", 12, demo=True),
    Person("auth0|coach-child", None, (("homeroom_teacher", 11),)),
    Person("auth0|coach-parent", None, (("homeroom_teacher", 1),)),
    Person("auth0|owner-child", None, (("cram_school_owner", 12),)),
    Person("auth0|owner-parent", None, (("cram_school_owner", 2),)),
    Person("auth0|clerk-child", None, (("cram_school_clerk", 13),)),
    Person("auth0|clerk-parent", None, (("cram_school_clerk", 3),)),
    Person("auth0|administrator", None, (("administrator", None),)),
    Person("auth0|student-and-coach", 14, (("homeroom_teacher", 5), ("cram_school_owner", 21))),
)
# One in each column of the matrix, and who stands in no column, in a demo one, or in several.
OTHERS = (None, PEOPLE[1], PEOPLE[9])
POSITIONS = tuple(person for person in PEOPLE if person not in OTHERS)
WAYS = (("sqlite", COMPILED), ("postgresql", COMPILED), ("postgresql", UNSCOPED))
DOORS = (*[Moments.JST] * 8, Moments.UTC, Moments.UTC_MICROSECONDS)
# So many failing documents are made small, which takes some seconds each; a run stops at the second number.
SHRUNK, MOST_BAD = 4, 25
CHUNK = 25


@dataclass(slots=True)
class Report:
    """What a run found: documents, times that one was asked by someone, and objects of the answers held together."""

    documents: int = 0
    asked: int = 0
    objects: int = 0
    bad: list[str] = field(default_factory=list)

    def add(self, other: "Report") -> None:
        """Take in what another run found."""
        self.documents += other.documents
        self.asked += other.asked
        self.objects += other.objects
        self.bad += other.bad


def world() -> World:
    """Ten parents with two children each, and the people above."""
    return World(parents=PARENTS, families=PARENTS, organizations=ORGANIZATIONS, people=PEOPLE)


def askings(seed: int) -> list[Asking]:
    """The eight positions, and one other, at an instant and through a door; one document in eight by demo tokens."""
    dice = random.Random(f"walls:{seed}")
    now, moments, demo = dice.choice((NOW, NOW, NOW, YEAR_END, YEAR_START)), dice.choice(DOORS), dice.random() < 0.125
    people = (*POSITIONS, dice.choice(OTHERS))
    return [Asking(None if person is None else claimed(person, demo=demo), now, moments) for person in people]


def claimed(person: Person, *, demo: bool) -> Claimed:
    """What a person's token says."""
    roles = {role for role, _ in person.memberships} | ({"student"} if person.student_of else set())
    return Claimed(person.uid, frozenset(roles), person.demo or demo)


async def problems(bench: Bench, document: Document, variables: Variables, who: Asking, report: Report) -> list[str]:
    """Everything in which the four answers do not agree."""
    expected, found, runs = bench.expected(document, variables, who), list[str](), dict[tuple[str, str], Ran]()
    for where, how in WAYS:
        text, given = placed(document.text, variables, bench.cursors.marks, where)
        ran = runs[where, how] = await bench.run(text, given, who, where, how)
        found += [f"{where} {how}: {line}" for line in disagreements(ran, expected, how, shares=document.shares)]
    report.asked += 1
    report.objects += count(expected.answer)
    if not found and not expected.refusals and not expected.nested:
        bench.harvest(expected.answer, {where: runs[where, COMPILED].data for where in ("sqlite", "postgresql")})
    return found


def count(answer: object) -> int:
    """How many objects an answer has."""
    if isinstance(answer, dict):
        return 1 + sum(map(count, answer.values()))
    return sum(map(count, answer)) if isinstance(answer, list) else 0


async def check(bench: Bench, seed: int, report: Report) -> None:
    """Make the document of a seed, and let everyone ask it with the same variables."""
    near = random.Random(f"near:{seed}").choice(((11,), (1, 11, 21), (12, 2), (3, 13), (14, 5)))
    document = Maker(bench.schema, bench.rows, seed, near, bench.cursors).document()
    variables = document.variables[0]
    report.documents += 1
    for who in askings(seed):
        found = await problems(bench, document, variables, who, report)
        if found:
            small = document
            if len(report.bad) < SHRUNK:
                small = await made_small(bench, document, variables, who, found)
                found = await problems(bench, small, variables, who, Report())
            report.bad.append(f"seed {seed}, {who}\n  {small.text}\n  {variables}\n  " + "\n  ".join(found[:6]))


async def made_small(bench: Bench, document: Document, variables: Variables, who: Asking, found: list[str]) -> Document:
    """A failing document without what does not matter to its first problem."""
    kind = found[0].split(":")[0]

    async def fails(text: str) -> bool:
        try:
            again = await problems(bench, replace(document, text=text), variables, who, Report())
        except (LookupError, TypeError):  # a cut took a cursor's order away
            return False
        return any(problem.startswith(kind) for problem in again)

    return replace(document, text=await shrunk(document.text, bench.schema, fails))


async def checked(bench: Bench, seeds: range) -> Report:
    """Check the documents of some seeds; the cursors in them come from answers to the same seeds, and no others."""
    bench.cursors, report = Cursors(), Report()
    for seed in seeds:
        if len(report.bad) < MOST_BAD:
            await check(bench, seed, report)
    return report


async def opened(urls: Mapping[str, str]) -> Bench:
    """The graphs and the databases that hold the world."""
    databases = {where: connect(url, connections=1) for where, url in urls.items()}
    for database in databases.values():
        await database.open()
    return Bench(committed_schema(), await load(databases["postgresql"]), databases)


@cache
def kept(urls: frozenset[tuple[str, str]]) -> tuple[asyncio.Runner, Bench]:
    """What a process makes once: a loop, and what it works with; the end of the process closes both."""
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    runner = asyncio.Runner()
    return runner, runner.run(opened(dict(urls)))


def chunk(urls: dict[str, str], seeds: range) -> Report:
    """Check the documents of some seeds in this process."""
    runner, bench = kept(frozenset(urls.items()))
    return runner.run(checked(bench, seeds))


@contextmanager
def worlds() -> Iterator[dict[str, str]]:
    """The world on a database of each kind, gone at the end."""
    with start_postgresql() as server, tempfile.TemporaryDirectory() as folder:
        urls = {"postgresql": plain(create_database(server, "walls")), "sqlite": f"sqlite:///{folder}/world.db"}
        for url in urls.values():
            asyncio.run(fill(url, world()))
        yield urls
        drop_database(server, "walls")


def main() -> int:
    """Run, tell how far it is, and report; the exit code is 1 where anything is bad."""
    parser = argparse.ArgumentParser(prog="python -m tests.engine.differential", description=__doc__)
    parser.add_argument("--documents", type=int, default=2_500, help="each is asked by nine people in three ways")
    parser.add_argument("--first", type=int, default=0, help="the first seed; cursors are shared by 25 seeds")
    parser.add_argument("--processes", type=int, default=2)
    given = parser.parse_args()
    total, started, last = Report(), time.monotonic(), given.first + given.documents
    sys.stdout.write(f"Seeds {given.first} to {last - 1}, in {given.processes} processes.\n")
    sys.stdout.flush()
    with worlds() as urls, ProcessPoolExecutor(given.processes) as pool:
        parts = [range(at, min(at + CHUNK, last)) for at in range(given.first, last, CHUNK)]
        waiting = [pool.submit(chunk, urls, part) for part in parts]
        for done in as_completed(waiting):
            found = done.result()
            total.add(found)
            # Told at once: a long run may be ended before its end.
            sys.stdout.writelines(f"\n{line}\n" for line in found.bad)
            taken = time.monotonic() - started
            sys.stdout.write(
                f"{total.documents} of {given.documents} documents, {total.asked} times asked"
                f" ({total.asked / taken:.0f}/s), {total.objects} objects, {len(total.bad)} bad, {taken:.0f} s\n"
            )
            sys.stdout.flush()
            if len(total.bad) >= MOST_BAD:
                pool.shutdown(cancel_futures=True)
                break
    return 1 if total.bad else 0


if __name__ == "__main__":
    sys.exit(main())
