"""A short run of `make chaos ARGS="--statements …"`, in which every kind of kill comes up."""

import asyncio

from tests.chaos.killing import KINDS
from tests.chaos.statements import StatementRun

# With this seed each kind is among the first twenty.
SEED, STATEMENTS, KILLS = 7, 100, 20


def test_statements_are_there_once_and_in_order_through_twenty_kills() -> None:
    verdict = asyncio.run(StatementRun(STATEMENTS, KILLS, SEED).forward())
    assert verdict.holds, verdict
    assert verdict.expected >= STATEMENTS
    assert set(verdict.kills) == set(KINDS)
