"""The long run of the differential tests: `python -m tests.engine.run --documents 20000`, with a report."""

import argparse
import asyncio
import logging
import random
import sys
import tempfile
import time
import warnings
from dataclasses import dataclass, field, replace

from db.connections.database import connect
from db.json_text import Moments
from resolvers.accounts import Claimed
from tests.engine.asked import committed_schema
from tests.engine.documents import Document, Maker, Variables
from tests.engine.rows import load
from tests.engine.running import Asking, Bench
from tests.engine.shrinking import shrunk
from tests.engine.world import NOW, PEOPLE, YEAR_END, YEAR_START, World, fill
from tests.services.postgresql import create_database, plain, start_postgresql

# Student, coach, owner and clerk in child and parent organizations, administrator.
ALL_COLUMNS = 8
DOORS = (*[Moments.JST] * 8, Moments.UTC, Moments.UTC_MICROSECONDS)
# So many failing documents are made small, which takes some seconds each; a run stops at the second number.
SHRUNK, MOST_BAD = 4, 25


@dataclass(slots=True)
class Report:
    """What a run found."""

    documents: int = 0
    answers: int = 0
    bad: list[str] = field(default_factory=list)
    used: set[str] = field(default_factory=set)


def asking(seed: int, turn: int) -> tuple[Asking, tuple[int, ...]]:
    """Someone, at some time, through some door; and the organizations that the person belongs to."""
    dice = random.Random(f"{seed}:{turn}")
    person = PEOPLE[seed % len(PEOPLE)] if turn == 0 else dice.choice(PEOPLE)
    privileges = {role for role, _ in person.memberships} | ({"student"} if person.student_of else set())
    if person.uid == "auth0|owner-and-coach":
        privileges = {"homeroom_teacher"}
    now = dice.choice((NOW, NOW, NOW, YEAR_END, YEAR_START))
    claimed = Claimed(person.uid, frozenset(privileges), person.demo or dice.random() < 0.15)
    near = {organization for _, organization in person.memberships if organization} | {person.student_of or 0} - {0}
    return Asking(claimed, now, dice.choice(DOORS)), tuple(sorted(near))


async def check(bench: Bench, seed: int, report: Report) -> None:
    """Make the document of a seed and run it with both sets of variables."""
    near = asking(seed, 0)[1]
    document = Maker(bench.schema, bench.rows, seed, near, bench.cursors, report.used).document()
    report.documents += 1
    report.used |= document.used
    for turn, variables in enumerate(document.variables):
        who = asking(seed, turn)[0]
        report.answers += 4
        problems = await bench.problems(document, variables, who)
        if problems:
            small = document
            if len(report.bad) < SHRUNK:
                small = await made_small(bench, document, variables, who, problems)
                problems = await bench.problems(small, variables, who)
            report.bad.append(f"seed {seed}, {who}\n  {small.text}\n  {variables}\n  " + "\n  ".join(problems[:6]))


async def made_small(
    bench: Bench, document: Document, variables: Variables, who: Asking, problems: list[str]
) -> Document:
    """A failing document without what does not matter to its first problem."""
    kind = problems[0].split(":")[0]

    async def fails(text: str) -> bool:
        try:
            found = await bench.problems(replace(document, text=text), variables, who)
        except (LookupError, TypeError):  # a cut took a cursor's order away
            return False
        return any(problem.startswith(kind) for problem in found)

    return replace(document, text=await shrunk(document.text, bench.schema, fails))


async def run(bench: Bench, first: int, documents: int, until: frozenset[str] = frozenset()) -> Report:
    """Check the documents of so many seeds, and of as many again where they have not used all parts that they must."""
    report = Report()
    for seed in range(first, first + 2 * documents):
        if len(report.bad) >= MOST_BAD or (report.documents >= documents and until <= report.used):
            break
        await check(bench, seed, report)
    return report


async def long_run(documents: int, first: int, postgresql: str) -> Report:
    """Make the world anew on a SQLite file and an empty PostgreSQL database, and check so many documents."""
    with tempfile.TemporaryDirectory() as folder:
        urls = {"postgresql": postgresql, "sqlite": f"sqlite:///{folder}/world.db"}
        for url in urls.values():
            await fill(url, World())
        databases = {where: connect(url, connections=1) for where, url in urls.items()}
        for database in databases.values():
            await database.open()
        bench = Bench(committed_schema(), await load(databases["postgresql"]), databases)
        started = time.monotonic()
        report = await run(bench, first, documents)
        taken = {where: database.statements for where, database in databases.items()}
        for database in databases.values():
            await database.close()
    sys.stdout.write(
        f"{report.documents} documents, {report.answers} answers on {len(urls)} databases, statements {taken},"
        f" {len(report.used)} parts of the schema, {len(report.bad)} bad, {time.monotonic() - started:.0f} s\n"
    )
    return report


def main() -> int:
    """Run and report; the exit code is 1 where anything is bad."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=20_000)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--show", type=int, default=20, help="how many failures to print")
    options = parser.parse_args()
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    with start_postgresql() as server:
        url = plain(create_database(server, "long_run"))
        report = asyncio.run(long_run(options.documents, options.first, url))
    for line in report.bad[: options.show]:
        sys.stdout.write(f"\n{line}\n")
    return 1 if report.bad else 0


if __name__ == "__main__":
    sys.exit(main())
