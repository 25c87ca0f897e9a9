"""`python -m bench.explain Q1`: the product's statement and the hand-written one, with their plans and times."""

import argparse
import asyncio
import json
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import asyncpg

from bench.database import measured_database
from bench.documents import QUESTIONS, Question
from bench.limit_statements import BINDS, statement
from bench.product import Product, Sent, close_product, open_product
from db.connections.postgresql import SETTINGS
from db.sight import LOOK, ROLE

# PostgreSQL decides for or against a generic plan after five executions, so those are run before any is counted.
WARM = 8
RUNS = 20


@dataclass(frozen=True, slots=True)
class Explained:
    """A statement, its median times in milliseconds, the plan of its last execution, and which plans were used."""

    title: str
    sql: str
    execution: float
    planning: float
    plan: str
    plans: str


async def explained(url: str, title: str, sent: Sequence[Sent]) -> Explained:
    """Prepare a statement on a connection like the product's own, and explain it for many values."""
    sight = sent[0].sight
    settings = SETTINGS if sight is None else {**SETTINGS, "role": ROLE}
    connection = await asyncpg.connect(url, server_settings=settings, statement_cache_size=0)
    try:
        if sight is not None:
            await connection.fetch(LOOK, *sight.settings)
        await connection.execute(f"prepare measured as {sent[0].sql}")
        for one in sent[:WARM]:
            await connection.fetch(executed(one))
        found = []
        for one in sent[WARM:]:
            text = await connection.fetchval(f"explain (analyze, timing off, format json) {executed(one)}")
            found.append(json.loads(text)[0])
        lines = await connection.fetch(f"explain (analyze, buffers) {executed(sent[-1])}")
        counted = await connection.fetchrow("select generic_plans, custom_plans from pg_prepared_statements")
    finally:
        await connection.close()
    return Explained(
        title,
        sent[0].sql,
        statistics.median(each["Execution Time"] for each in found),
        statistics.median(each["Planning Time"] for each in found),
        "\n".join(line[0] for line in lines),
        f"{counted['generic_plans']} generic plans, {counted['custom_plans']} planned anew",
    )


def executed(sent: Sent) -> str:
    """EXECUTE with the values written out: EXPLAIN of a prepared statement takes no parameters."""
    values = ", ".join(literal(value) for value in sent.values)
    return f"execute measured({values})" if values else "execute measured"


def literal(value: object) -> str:
    """A value of the fixture as an SQL literal."""
    match value:
        case int():
            return str(value)
        case list() | tuple():
            return f"'{{{','.join(str(item) for item in value)}}}'"
        case datetime():
            return f"'{value.isoformat()}'"
    return "'" + str(value).replace("'", "''") + "'"


async def compared(url: str, uid: str, question: Question) -> list[Explained]:
    """The product's statement, then the hand-written one, for the same variables."""
    product = await open_product(url, uid)
    try:
        variables = question.variables(uid, bodies=WARM + RUNS)
        ours = [await product.statement(question, each) for each in variables]
        await refuse_other_answers(product, url, question, uid)
    finally:
        await close_product(product)
    now = datetime.now(UTC)
    text, bind = statement(question.name), BINDS[question.name]
    written = [Sent(text, bind(each, now)) for each in variables]
    return [await explained(url, "product", ours), await explained(url, "hand-written", written)]


async def refuse_other_answers(product: Product, url: str, question: Question, uid: str) -> None:
    """Say so when the two do not answer alike: then their times do not compare."""
    connection = await asyncpg.connect(url, server_settings=SETTINGS)
    try:
        for variables in question.variables(uid, bodies=5):
            now = datetime.now(UTC)
            ours = json.loads(await product.answer(question, variables))
            theirs = json.loads(
                await connection.fetchval(statement(question.name), *BINDS[question.name](variables, now))
            )
            if ours != theirs:
                print(f"! {question.name} {variables}: the two answers differ, so the times below do not compare.")
                return
    finally:
        await connection.close()


def printed(question: Question, found: Sequence[Explained], *, short: bool) -> None:
    """Print statements and plans, then the times."""
    for each in () if short else found:
        print(f"\n=== {question.name}, {each.title}\n{each.sql}\n\n{each.plan}")
    for each in found:
        ratio = found[-1].execution / each.execution
        print(
            f"{question.name} {each.title:13} execution {each.execution:7.3f} ms, planning {each.planning:6.3f} ms, "
            f"{each.plans}; {ratio:.2f} of the hand-written speed"
        )


def main() -> None:
    """Read the command line, and explain."""
    parser = argparse.ArgumentParser(prog="python -m bench.explain", description=__doc__)
    parser.add_argument("questions", nargs="*", default=list(QUESTIONS), help="Q1 to Q4; all unless told")
    parser.add_argument(
        "--uid", default="auth0|bench-owner", help="who asks: auth0|bench-owner or auth0|bench-operator"
    )
    parser.add_argument("--short", action="store_true", help="only the times, without statements and plans")
    given = parser.parse_args()
    with measured_database() as url:
        for name in given.questions:
            question = QUESTIONS[name.upper()]
            printed(question, asyncio.run(compared(url, given.uid, question)), short=given.short)


if __name__ == "__main__":
    main()
