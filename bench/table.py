"""Turns what was measured into medians, into a table for people, and into a file for programs."""

import json
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from rich.table import Table

from bench.contenders import DOCUMENT, LIMIT


@dataclass(frozen=True, slots=True)
class Measured:
    """One contender's figures for one question in one round; the CPU is of one request, in milliseconds.

    `others` is the share of the machine's CPU that everything else used meanwhile.
    """

    turn: int
    question: str
    contender: str
    rate: float
    p50_ms: float
    p99_ms: float
    bytes_each: float
    server_ms: float
    postgresql_ms: float | None
    others: float


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the table: medians of all rounds; `ratio` is the median of each round's own ratio."""

    question: str
    contender: str
    rate: float
    p50_ms: float
    p99_ms: float
    bytes_each: float
    server_ms: float
    postgresql_ms: float | None
    ratio: float | None
    others: float


def lines(measured: Sequence[Measured], against: Sequence[str] = (LIMIT, DOCUMENT)) -> list[Line]:
    """The lines of the table, in the order in which they were measured.

    `against` names what all are held against: the limit where there is one, of a door the document that it runs.
    """
    rates = {(one.turn, one.question): one.rate for one in measured if one.contender in against}
    found: dict[tuple[str, str], list[Measured]] = {}
    for one in measured:
        found.setdefault((one.question, one.contender), []).append(one)
    ordered = sorted(found.values(), key=lambda rounds: rounds[0].question)
    return [line(rounds, rates) for rounds in ordered]


def line(rounds: Sequence[Measured], limits: dict[tuple[int, str], float]) -> Line:
    """The medians of one contender's rounds."""
    ratios = [one.rate / limits[one.turn, one.question] for one in rounds if limits.get((one.turn, one.question))]
    asked = [one.postgresql_ms for one in rounds if one.postgresql_ms is not None]
    return Line(
        rounds[0].question,
        rounds[0].contender,
        statistics.median(one.rate for one in rounds),
        statistics.median(one.p50_ms for one in rounds),
        statistics.median(one.p99_ms for one in rounds),
        statistics.median(one.bytes_each for one in rounds),
        statistics.median(one.server_ms for one in rounds),
        statistics.median(asked) if asked else None,
        statistics.median(ratios) if ratios else None,
        statistics.median(one.others for one in rounds),
    )


def table(found: Sequence[Line], caption: str) -> Table:
    """The table as it is printed."""
    drawn = Table(caption=caption)
    drawn.add_column("query")
    drawn.add_column("contender")
    for title in (
        "requests/s",
        "p50 ms",
        "p99 ms",
        "bytes",
        "server ms",
        "PostgreSQL ms",
        f"of {LIMIT} or {DOCUMENT}",
        "others",
    ):
        drawn.add_column(title, justify="right")
    for one in found:
        drawn.add_row(*cells(one), end_section=one is last_of(found, one.question))
    return drawn


def last_of(found: Sequence[Line], question: str) -> Line:
    """The last line of a question."""
    return [one for one in found if one.question == question][-1]


def cells(one: Line) -> list[str]:
    """A line's numbers as text; a dash where there is none."""
    return [
        one.question,
        one.contender,
        f"{one.rate:,.0f}",
        f"{one.p50_ms:.2f}",
        f"{one.p99_ms:.2f}",
        f"{one.bytes_each:,.0f}",
        f"{one.server_ms:.3f}",
        "-" if one.postgresql_ms is None else f"{one.postgresql_ms:.3f}",
        "-" if one.ratio is None else f"{one.ratio:.2f}",
        f"{one.others:.0%}",
    ]


def write_results(file: Path, how: str, at: datetime, measured: Sequence[Measured]) -> None:
    """Write the table and every single measurement as JSON."""
    file.parent.mkdir(exist_ok=True)
    content = {
        "at": at.isoformat(),
        "how": how,
        "table": [asdict(one) for one in lines(measured)],
        "rounds": [asdict(one) for one in measured],
    }
    file.write_text(json.dumps(content, indent=2) + "\n")
