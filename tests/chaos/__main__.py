"""Kills everything at random while webhooks are delivered: `make chaos ARGS="--webhooks 500 --kills 20"`.

With `--statements 100` while xAPI statements are forwarded, with `--exports 500` while exports are made, with
`--feeds 500` while two gateways collect each other's usage feed, with `--grades 300` while grades go back to LTI
platforms.
"""

import argparse
import asyncio
import random
import sys

from tests.chaos import exports, feeds
from tests.chaos.grades import GradeRun, GradeVerdict
from tests.chaos.statements import StatementRun, StatementVerdict
from tests.chaos.webhooks import Run, Verdict


def main() -> None:
    """Run, and tell what came of it."""
    parser = argparse.ArgumentParser(prog="make chaos", description=__doc__)
    parser.add_argument("--webhooks", type=int, default=10_000, help="how many deliveries there are at least")
    parser.add_argument("--exports", type=int, default=0, help="make so many exports instead")
    parser.add_argument("--feeds", type=int, default=None, help="how much happens at each of two gateways, instead")
    parser.add_argument("--statements", type=int, default=None, help="xAPI instead: how many statements at least")
    parser.add_argument("--grades", type=int, default=None, help="LTI instead: how many trainings are completed")
    parser.add_argument("--kills", type=int, default=200, help="how often something is killed")
    parser.add_argument("--seed", type=int, default=None, help="what decides; printed where it is not given")
    given = parser.parse_args()
    seed = random.SystemRandom().randrange(2**31) if given.seed is None else given.seed
    tell(f"Seed {seed}.")
    if given.exports:
        made = asyncio.run(exports.Run(given.exports, given.kills, seed, tell).run())
        tell(told_of_exports(made))
        sys.exit(0 if made.holds else 1)
    if given.feeds is not None:
        collected = asyncio.run(feeds.Run(given.feeds, given.kills, seed, tell).run())
        tell(str(collected))
        sys.exit(0 if collected.holds else 1)
    verdict: Verdict | StatementVerdict | GradeVerdict
    if given.grades is not None:
        verdict = asyncio.run(GradeRun(given.grades, given.kills, seed, tell).grade())
    elif given.statements is not None:
        verdict = asyncio.run(StatementRun(given.statements, given.kills, seed, tell).forward())
    else:
        verdict = asyncio.run(Run(given.webhooks, given.kills, seed, tell).run())
    tell(told(verdict) if isinstance(verdict, Verdict) else str(verdict))
    sys.exit(0 if verdict.holds else 1)


def told_of_exports(verdict: exports.Verdict) -> str:
    """The verdict on exports in one line."""
    kills = ", ".join(f"{count} {kind}" for kind, count in sorted(verdict.kills.items()))
    return (
        f"{verdict.asked} exports ({verdict.acknowledged} acknowledged), {verdict.made} made: {verdict.lost} lost, "
        f"{verdict.wrong} wrong, {verdict.told_wrongly} told wrongly, {verdict.fetched_early} fetched on the way; "
        f"killed {kills}; {verdict.seconds:.0f} s"
    )


def told(verdict: Verdict) -> str:
    """The verdict in one line."""
    kills = ", ".join(f"{count} {kind}" for kind, count in sorted(verdict.kills.items()))
    return (
        f"{verdict.events} events ({verdict.acknowledged} acknowledged), {verdict.expected} deliveries: "
        f"{verdict.lost} lost, {verdict.phantom} phantom, {verdict.twice} came again under their id, "
        f"{verdict.changed} with another body; killed {kills}; {verdict.seconds:.0f} s"
    )


def tell(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
