"""Tests that the table's numbers are medians of what wrk printed, and its ratios those within a round."""

import io
import json
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from bench.load import load_in
from bench.table import Measured, lines, table, write_results

PRINTED = """Running 5s test @ http://127.0.0.1:7000
  1 threads and 16 connections
Requests/sec:    400.00
JSON {"requests":2000,"duration_us":5000000,"bytes":72000000,"failed":3,"p50_us":39500,"p99_us":90250,"good":5,"bad":2}
"""


def measured(turn: int, contender: str, rate: float, *, postgresql_ms: float | None = 1.5) -> Measured:
    return Measured(turn, "Q1", contender, rate, rate / 100, rate / 10, 36000.4, 0.25, postgresql_ms, 0.1)


def test_a_load_is_what_wrk_printed() -> None:
    load = load_in(PRINTED, "200 {}")
    assert (load.rate, load.bytes_each, load.p50_ms, load.p99_ms) == (400.0, 36000.0, 39.5, 90.25)
    assert (load.good, load.errors, load.complaint) == (5, 5, "200 {}")


def test_no_answer_at_all_is_an_error() -> None:
    nothing = PRINTED.replace('"requests":2000', '"requests":0').replace('"failed":3', '"failed":0')
    assert load_in(nothing.replace('"bad":2', '"bad":0')).errors == 1


def test_a_line_is_the_medians_and_the_median_of_each_rounds_own_ratio() -> None:
    rounds = [("limit", 100.0, 200.0, 400.0), ("product", 80.0, 100.0, 360.0)]
    limit, product = lines([measured(turn, name, rate) for name, *rates in rounds for turn, rate in enumerate(rates)])
    assert (limit.rate, limit.ratio) == (200.0, 1.0)
    # The ratio of the medians would be 0.5.
    assert (product.rate, product.ratio, product.p50_ms, product.p99_ms) == (100.0, 0.8, 1.0, 10.0)


def test_without_the_limit_there_is_no_ratio_and_without_a_reading_no_cpu() -> None:
    (product,) = lines([measured(0, "product", 80.0, postgresql_ms=None)])
    assert (product.ratio, product.postgresql_ms) == (None, None)


def test_the_table_prints_its_numbers() -> None:
    console = Console(width=120, record=True, file=io.StringIO())
    console.print(table(lines([measured(0, "limit", 1600.0), measured(0, "product", 1200.0)]), "caption"))
    rows = [line for line in console.export_text().splitlines() if "product" in line]
    assert [cell.strip() for cell in rows[0].strip("│").split("│")] == [
        "Q1", "product", "1,200", "12.00", "120.00", "36,000", "0.250", "1.500", "0.75", "10%",
    ]  # fmt: skip


def test_results_are_written_for_programs(tmp_path: Path) -> None:
    file = tmp_path / "results" / "latest.json"
    write_results(file, "how", datetime(2026, 4, 1, tzinfo=UTC), [measured(0, "limit", 100.0)])
    found = json.loads(file.read_text())
    assert (found["at"], found["how"]) == ("2026-04-01T00:00:00+00:00", "how")
    assert found["table"][0]["ratio"] == 1.0
    assert [each["rate"] for each in found["rounds"]] == [100.0]
