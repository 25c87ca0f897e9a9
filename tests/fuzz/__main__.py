"""`python -m tests.fuzz`: sends hostile requests in several processes, and reports; see the package's docstring."""

import argparse
import os
import random
import sys
import tempfile
import time
from pathlib import Path

from tests.conftest import DATABASES
from tests.fuzz.makers import SHARES
from tests.fuzz.processes import Wanted, run
from tests.fuzz.run import Report


def told(report: Report, seed: int, folder: Path, seconds: float) -> str:
    """The report as a text."""
    lines = []
    for kind, count in sorted(report.requests.items()):
        statuses = {str(status): times for (of, status), times in report.statuses.items() if of == kind}
        shown = ", ".join(f"{status} × {statuses[status]}" for status in sorted(statuses))
        lines.append(f"{kind:10} {count:7}: {shown}")
    for found in report.found.values():
        lines += ["", f"{found.headline(seed)} ({found.times} times)"]
        lines += [found.fault.told.strip(), found.small.curl(folder)]
    total = report.requests.total()
    lines.append(
        f"seed {seed}: {total} requests, {len(report.found)} faults; the longest step of a loop took "
        f"{report.longest_s * 1000:.0f} ms, at request {report.longest_by}; {seconds:.0f} s"
    )
    return "\n".join(lines) + "\n"


def arguments() -> argparse.Namespace:
    """What is asked for on the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--requests", type=int, default=20_000)
    parser.add_argument(
        "--seed", type=int, default=random.SystemRandom().randrange(10**6), help="a new one unless told"
    )
    parser.add_argument("--first", type=int, default=0, help="the number of the first request")
    parser.add_argument("--only", choices=SHARES, help="requests of one kind only")
    parser.add_argument("--database", choices=(*DATABASES, "both"), default="both")
    parser.add_argument("--workers", type=int, default=max(2, os.cpu_count() or 2), help="processes")
    return parser.parse_args()


def main() -> int:
    """Run and report; the exit code is 1 where anything is wrong."""
    options, started = arguments(), time.monotonic()
    sys.stderr.write(f"seed {options.seed}\n")
    with tempfile.TemporaryDirectory() as folder:
        report = run(Wanted(**vars(options)), Path(folder))
    kept = Path(tempfile.mkdtemp(prefix="kakehashi-fuzz-")) if report.found else Path()
    sys.stdout.write(told(report, options.seed, kept, time.monotonic() - started))
    return 1 if report.found else 0


if __name__ == "__main__":
    sys.exit(main())
