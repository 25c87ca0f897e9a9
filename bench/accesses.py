"""`python -m bench.accesses`: what the access log costs a read, with it and without by turns, and what it takes."""

import argparse
import statistics
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import uvloop

from bench.database import measured_database
from bench.documents import QUESTIONS, Question
from db.connections.database import Database, connect
from resolvers.accesses.log import AccessLog
from resolvers.accounts import Admission, Claimed
from resolvers.context import Request, Viewer
from resolvers.witness import Access, Manner, Way
from schema.execution import Execution
from schema.root import Graph

READER = "auth0|bench-operator"
ASKED = ("Q1", "Q2", "Q3")
TURNS, BODIES, WARM = 20, 60, 20
# So many entries, of so many students each, are written.
WRITTEN, OF_EACH = 2_000, 50
OF_ONE = """
select id from students where organization_id = (select min(organization_id) from students) order by id limit 5000
"""
SIZES = """
select pg_total_relation_size('accesses') + pg_total_relation_size('access_students'), count(*) from access_students
"""


def unlogged() -> Execution:
    """The product as if no row were anybody's: statements tell of nobody, and nothing is noted."""
    graph = Graph()
    graph.engine.types = {name: replace(mapped, student=None) for name, mapped in graph.engine.types.items()}
    return Execution(graph)


@dataclass(frozen=True, slots=True)
class Reading:
    """Who reads what, and where that is noted."""

    database: Database
    viewer: Viewer
    log: AccessLog
    question: Question


async def seconds(execution: Execution, reading: Reading, bodies: int = BODIES) -> list[float]:
    """How long each read takes, one after the other."""
    found, question = [], reading.question
    for variables in question.variables(READER, bodies=bodies):
        request = Request(reading.viewer, reading.database, datetime.now(UTC), witness=reading.log)
        started = time.perf_counter()
        (await execution.run(question.document, request, variables=variables)).body()
        found.append(time.perf_counter() - started)
    return found


async def measure(url: str) -> None:
    """Measure each question with the log and without it by turns; then write, and look how much that takes."""
    database = connect(url)
    await database.open()
    claimed = Claimed(READER, frozenset({"administrator"}), demo=False)
    viewer, log = await Admission(database).viewer(claimed, datetime.now(UTC)), AccessLog(database)
    both = (Execution(Graph()), unlogged())
    for name in ASKED:
        reading = Reading(database, viewer, log, QUESTIONS[name])
        for execution in both:
            await seconds(execution, reading, WARM)
        took: tuple[list[float], list[float]] = ([], [])
        for turn in range(TURNS):
            # Who comes first changes, because what comes second finds the memory warm.
            for place in (0, 1) if turn % 2 else (1, 0):
                took[place].extend(await seconds(both[place], reading))
        # The first tenth: what comes behind it waited for others on the machine.
        one, other = (statistics.quantiles(each, n=10)[0] for each in took)
        print(f"{name}: {one * 1e6:7.0f} us with the log, {other * 1e6:7.0f} us without: {one / other:.3f}", flush=True)
    await written(database)
    await database.close()


async def written(database: Database) -> None:
    """Write entries, and say how long that takes and how much they are."""
    log = AccessLog(database)
    rows = await database.read(OF_ONE, ())
    ids = [row[0] for row in rows]
    fields = ("SchoolGrade.value", "Student.code", "Student.lastName", "Student.school")
    for number in range(WRITTEN):
        chosen = ids[number * OF_EACH % (len(ids) - OF_EACH) :][:OF_EACH]
        numbers = ",".join(map(str, chosen))
        shown = ((fields, numbers),)
        log.note(Access(datetime.now(UTC), 1, READER, None, None, Manner(Way.GRAPHQL, "Roster", "0" * 64), shown))
    started, used = time.perf_counter(), time.process_time()
    await log.write()
    took, cpu = time.perf_counter() - started, time.process_time() - used
    ((size, count),) = await database.read(SIZES, ())
    each = WRITTEN * OF_EACH
    print(f"written: {took / each * 1e6:.1f} us and {cpu / each * 1e6:.1f} us of CPU for each student of {each}")
    print(f"kept: {size / count:.0f} bytes for each student with all indexes, {count} of them")


def main() -> None:
    """Run it."""
    argparse.ArgumentParser(prog="python -m bench.accesses", description=__doc__).parse_args()
    with measured_database() as url:
        uvloop.run(measure(url))


if __name__ == "__main__":
    main()
