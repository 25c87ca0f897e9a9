"""Runs one document everywhere: compiled and stepwise, on both databases, and by the oracle."""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from graphql import GraphQLSchema, parse

from db.connections.database import Database
from db.json_text import Moments
from resolvers.accesses.recording import students_in
from resolvers.accounts import Admission, Claimed
from resolvers.context import Request, Viewer
from resolvers.witness import Access
from schema.execution import Execution
from schema.limits import Limits
from schema.root import Graph
from tests.engine.access import NOBODY, access
from tests.engine.asked import Asked, Reader
from tests.engine.documents import Cursors, Document, Harvested
from tests.engine.oracle import Cursor, Expected, Oracle, differences
from tests.engine.rows import Rows
from tests.engine.unscoped import unscoped
from tests.engine.world import NOW

COMPILED, STEPWISE, UNSCOPED = "compiled", "stepwise", "unscoped"
CLOCK = "select set_config('kakehashi.now', $1, false)"
# Generated documents are larger than clients' may be.
UNBOUNDED = Limits(**dict.fromkeys(Limits.__dataclass_fields__, 1_000_000))
OURS = {"UNAUTHENTICATED", "BAD_USER_INPUT", "FORBIDDEN", "NOT_FOUND", "LIMIT_EXCEEDED"}


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks, when, and through which door; without a claim it is someone without a token."""

    claimed: Claimed | None
    now: datetime
    moments: Moments = Moments.JST


@dataclass(frozen=True, slots=True)
class Ran:
    """What came of one run: the answer as clients read it, and how many statements it took."""

    data: object
    errors: Sequence[Mapping[str, Any]]
    statements: int
    # What the access log says: which fields of which students were read.
    read: frozenset[tuple[object, str]] = frozenset()

    @property
    def codes(self) -> dict[str, str]:
        """The code of each error by its path."""
        return {".".join(map(str, error.get("path", ()))): error["extensions"]["code"] for error in self.errors}


@dataclass(slots=True)
class Witnessed:
    """What the access log is told."""

    accesses: list[Access] = field(default_factory=list)

    def note(self, access: Access) -> None:
        """Keep an access."""
        self.accesses.append(access)

    @property
    def read(self) -> frozenset[tuple[object, str]]:
        """Which fields of which students were read, as the log writes it."""
        found = [seen for access in self.accesses for seen in students_in(access).items()]
        return frozenset((student, name) for student, fields in found for name in fields)


@dataclass(slots=True)
class Bench:
    """Two databases with the same rows, and three graphs, of which one has no scopes: the policies alone hold there."""

    schema: GraphQLSchema
    rows: Rows
    databases: Mapping[str, Database]
    executions: Mapping[str, Execution] = field(init=False)
    cursors: Cursors = field(default_factory=Cursors)
    viewers: dict[tuple[int, Claimed, datetime], Viewer] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.executions = {
            COMPILED: Execution(Graph(), UNBOUNDED),
            STEPWISE: Execution(Graph(stepwise=True), UNBOUNDED, lane=False),
            UNSCOPED: Execution(unscoped(Graph()), UNBOUNDED),
        }

    async def viewer(self, database: Database, asking: Asking) -> Viewer | None:
        """The person, let in as the product lets people in."""
        if asking.claimed is None:
            return None
        key = (id(database), asking.claimed, asking.now)
        if key not in self.viewers:
            self.viewers[key] = await Admission(database).viewer(asking.claimed, asking.now)
        return self.viewers[key]

    async def run(self, text: str, variables: Mapping[str, object], asking: Asking, where: str, how: str) -> Ran:
        """Run a document on one database in one mode."""
        database = self.databases[where]
        request = Request(await self.viewer(database, asking), database, asking.now, moments=asking.moments)
        request.witness = witness = Witnessed()
        before = database.statements
        async with self.clock(where, asking.now):
            answer = await self.executions[how].run(text, request, variables=variables)
        content = json.loads(answer.body())
        return Ran(content.get("data"), content.get("errors", ()), database.statements - before, witness.read)

    @asynccontextmanager
    async def clock(self, where: str, now: datetime) -> AsyncIterator[None]:
        """Let the policies take this for now; the graph has one connection, which keeps it until the end."""
        graph, stopped = self.databases[where].graph, where == "postgresql" and now != NOW
        if stopped:
            await graph.fetch(CLOCK, [now.isoformat()])
        yield
        if stopped:
            await graph.fetch(CLOCK, [NOW.isoformat()])

    def oracle(self, asking: Asking) -> Oracle:
        """The oracle for one person."""
        claimed, person = asking.claimed, NOBODY
        if claimed is not None:
            demo = bool(claimed.demo)
            person = access(self.rows, claimed.uid, claimed.privileges, demo=demo, now=asking.now)
        return Oracle(self.rows, person, asking.now, asking.moments)

    def expected(self, document: Document, variables: Mapping[str, object], asking: Asking) -> Expected:
        """What the oracle expects."""
        roots = Reader(self.schema, parse(document.text), variables).roots()
        for root in roots:
            for part in root.walk():
                self.unmark(part)
        return self.oracle(asking).expected(roots)

    def unmark(self, asked: Asked) -> None:
        """Put the cursor that a mark stands for in its place."""
        mark = asked.arguments.get("after")
        if isinstance(mark, str):
            asked.arguments["after"] = self.cursors.marks[mark].cursor

    async def problems(self, document: Document, variables: Mapping[str, object], asking: Asking) -> list[str]:
        """Everything in which the five answers to a document do not agree."""
        expected = self.expected(document, variables, asking)
        runs: dict[tuple[str, str], Ran] = {}
        for where in self.databases:
            text, given = placed(document.text, variables, self.cursors.marks, where)
            for how in (COMPILED, STEPWISE):
                runs[where, how] = await self.run(text, given, asking, where, how)
        found = [
            f"{where} {how}: {line}"
            for (where, how), ran in runs.items()
            for line in disagreements(ran, expected, how, shares=document.shares)
        ]
        for where in self.databases:
            one, other = runs[where, COMPILED], runs[where, STEPWISE]
            if not expected.nested and same_text(one.data) != same_text(other.data):
                found.append(f"{where}: compiled and stepwise differ, cursors included")
        if not expected.refusals and not expected.nested:
            for (where, how), ran in runs.items():
                wrong = [(ran.read - expected.read, "too much"), (expected.read - ran.read, "missing")]
                found += [f"{where} {how}: log: {what} {one}" for of, what in wrong for one in sorted(map(str, of))[:3]]
        if not found and not expected.refusals and not expected.nested:
            self.harvest(expected.answer, {where: runs[where, COMPILED].data for where in self.databases})
        return found

    def harvest(self, expected: object, actual: Mapping[str, Any]) -> None:
        """Keep the cursors of an answer."""
        if isinstance(expected, Cursor):
            self.cursors.keep(expected, actual)
        elif isinstance(expected, dict):
            for key, value in expected.items():
                self.harvest(value, {where: data[key] for where, data in actual.items()})
        elif isinstance(expected, list):
            for index, value in enumerate(expected[:3]):
                self.harvest(value, {where: data[index] for where, data in actual.items()})


def same_text(answer: object) -> str:
    """An answer as text, in which a number that is whole is written in one way."""
    return json.dumps(json.loads(json.dumps(answer), parse_float=whole))


def whole(text: str) -> float | int:
    """The number of a text; 50.0 is 50."""
    number = float(text)
    return int(number) if number.is_integer() else number


def disagreements(ran: Ran, expected: Expected, how: str, *, shares: bool) -> list[str]:
    """Where one run is not what the oracle says.

    Arguments below a root that make no sense are met where they stand: stepwise at each parent, so never where there
    are none, and compiled at the root. There only the kind of refusal is held.
    """
    if expected.nested:
        return [] if set(ran.codes.values()) <= OURS else [f"errors {ran.codes}"]
    found = []
    if expected.nulled:
        known = {(path, code) for path, code in expected.refusals.items()}
        fine = ran.data is None and ran.errors and set(ran.codes.items()) <= known
        return [] if fine else [f"errors {ran.codes}, not {expected.refusals}; data {ran.data!r:.200}"]
    if ran.codes != expected.refusals:
        found.append(f"errors {ran.codes} {[e['message'] for e in ran.errors]}, not {expected.refusals}")
    found += differences(expected.answer, ran.data, "data")[:3]
    most = expected.stepwise if how == STEPWISE else expected.compiled
    exact = not expected.refusals and not shares
    if ran.statements > most or (exact and ran.statements != most):
        found.append(f"{ran.statements} statements, not {most}")
    return found


def placed(
    text: str, variables: Mapping[str, object], marks: Mapping[str, Harvested], where: str
) -> tuple[str, dict[str, object]]:
    """A document and its variables with the cursors of one database instead of their marks."""
    if "@" not in text and not variables:
        return text, {}
    given = {
        name: marks[value].texts[where] if isinstance(value, str) and value in marks else value
        for name, value in variables.items()
    }
    for mark in [mark for mark in marks if mark in text]:
        text = text.replace(mark, marks[mark].texts[where])
    return text, given
