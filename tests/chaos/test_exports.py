"""A short run of `make chaos ARGS="--exports 500"`."""

import asyncio

from tests.chaos.exports import Run

SEED, EXPORTS, KILLS = 7, 25, 8


def test_every_export_is_made_once_and_whole_through_eight_kills() -> None:
    verdict = asyncio.run(Run(EXPORTS, KILLS, SEED).run())
    assert verdict.holds, verdict
    assert verdict.acknowledged == EXPORTS
    assert verdict.kills.total() == KILLS
