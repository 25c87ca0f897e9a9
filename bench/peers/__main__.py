"""`python -m bench.peers`: the server beside its peers and the pass-through limit, over the same tables, in one run."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import asyncpg

from bench.command import Bench, run
from bench.documents import QUESTIONS
from bench.peers.contenders import ALL, FOLDER, OLDEST_NODE, PEERS, PRODUCT
from bench.table import Measured, lines
from tests.clients.packages import Missing, node, npm_packages

FUNCTIONS = Path(__file__).with_name("postgraphile.sql")


def install() -> None:
    """Install the peers; RuntimeError where Node or the registry is missing."""
    try:
        npm_packages(FOLDER)
        node(oldest=OLDEST_NODE)
    except Missing as missing:
        raise RuntimeError(f"The peers cannot run: {missing}.") from missing


def make_functions(database: str) -> None:
    """Write into the database what PostGraphile needs beside the tables; a run before may have left it there."""
    asyncio.run(execute(database, f"drop schema if exists peers cascade;\n{FUNCTIONS.read_text('utf-8')}"))


async def execute(database: str, script: str) -> None:
    """Run some SQL."""
    connection = await asyncpg.connect(database)
    try:
        await connection.execute(script)
    finally:
        await connection.close()


def remarks(measured: Sequence[Measured]) -> list[str]:
    """How many times as much as each peer the product answers: medians of each round's own ratio, a line a question."""
    found: dict[str, list[str]] = {}
    for peer in PEERS:
        for line in lines(measured, against=(peer,)):
            if line.contender == PRODUCT and line.ratio is not None:
                found.setdefault(line.question, []).append(f"{line.ratio:.2f} × {peer}")
    return [f"{question}: {PRODUCT} = {', '.join(ratios)}" for question, ratios in found.items()]


BENCH = Bench(
    title="python -m bench.peers",
    about=str(__doc__),
    questions=QUESTIONS,
    contenders=ALL,
    results="peers.json",
    install=install,
    prepare=make_functions,
    remarks=remarks,
)

if __name__ == "__main__":
    run(BENCH)
