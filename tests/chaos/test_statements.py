"""A short run of `make chaos ARGS="--statements …"`, in which every kind of kill comes up."""

import asyncio

from tests.chaos.killing import KINDS
from tests.chaos.statements import StatementRun

# With this seed each kind is among the first eight.
SEED, STATEMENTS, KILLS = 27, 60, 8


def test_statements_are_there_once_and_in_order_through_eight_kills() -> None:
    verdict = asyncio.run(StatementRun(STATEMENTS, KILLS, SEED).forward())
    assert verdict.holds, verdict
    assert verdict.expected >= STATEMENTS
    assert set(verdict.kills) == set(KINDS)
