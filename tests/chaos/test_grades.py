"""A short run of `make chaos ARGS="--grades …"`, in which every kind of kill comes up."""

import asyncio

from tests.chaos.grades import GradeRun
from tests.chaos.killing import KINDS

# With this seed each kind is among the first eight.
SEED, REQUESTS, KILLS = 20, 60, 8


def test_grades_stand_in_gradebooks_as_they_are_through_eight_kills() -> None:
    verdict = asyncio.run(GradeRun(REQUESTS, KILLS, SEED).grade())
    assert verdict.holds, verdict
    assert verdict.expected > 10
    assert set(verdict.kills) == set(KINDS)
