"""A short run of `make chaos ARGS="--feeds …"`: two gateways collect each other's feed while both are killed."""

import asyncio

from tests.chaos.feeds import Run

SEED, RECORDS, KILLS = 7, 100, 10


def test_two_gateways_that_collect_from_each_other_through_kills_end_with_equal_sets() -> None:
    verdict = asyncio.run(Run(RECORDS, KILLS, SEED).run())
    assert verdict.holds, verdict
    assert min(verdict.served) >= RECORDS
    assert verdict.kills.total() == KILLS
