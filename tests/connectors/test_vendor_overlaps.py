"""Reports that tell the same tokens or dollars count once; sums worked by hand."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from analyzer.intake import COST_ROWS, USAGE_ROWS, Batch, FileCount
from analyzer.overlaps import AGAIN, EARLIER, OTHERWISE, PART, Counted, counted_once
from analyzer.prompts import Hasher
from connectors.registry import LogFile, connector_for

SOURCES = Path(__file__).parents[2] / "sample_logs" / "sources"
DAY = 86_400_000_000


def usage(
    source: str,
    day: int,
    output: int,
    *,
    days: int = 1,
    connector: str = "admin_reports",
    **dims: Any,
) -> dict[str, Any]:
    cell = {"start_us": day * DAY, "end_us": (day + days) * DAY, "output": output}
    return {"source_id": source, "connector": connector, **cell, **dims}


def charge(source: str, day: int, pico: int, **dims: Any) -> dict[str, Any]:
    row = {"source_id": source, "connector": "focus", "kind": "tokens", "currency": "USD"}
    cell = {"start_us": day * DAY, "end_us": (day + 1) * DAY, "charged_pico": pico}
    return {**row, "correction": False, **cell, **dims}


def counted(rows: Sequence[dict[str, Any]], schema: dict[str, Any]) -> Counted:
    full = {**schema, "connector": pl.Utf8}
    return counted_once(pl.DataFrame([{**dict.fromkeys(full), **row} for row in rows], schema=full))


def outputs(*rows: dict[str, Any]) -> tuple[int, list[str]]:
    """Give the output tokens that count, the same for every order of the rows."""
    found = [counted(order, USAGE_ROWS) for order in (rows, rows[::-1])]
    sums = {one.rows["output"].sum() for one in found}
    assert len(sums) == 1
    assert all(len(one.rows) + len(one.left_out) == len(rows) for one in found)
    return int(sums.pop()), sorted(found[0].left_out["why"].to_list())


def test_a_report_alone_counts_whole() -> None:
    # 5 + 7 + 7: two rows alike in one file differ in what is not kept
    assert outputs(usage("a", 1, 5), usage("a", 2, 7), usage("a", 2, 7)) == (19, [])


def test_a_month_fetched_again_replaces_the_half_day_of_the_first() -> None:
    first = [usage("a", 1, 10), usage("a", 2, 3)]  # fetched on day 2, at noon
    second = [usage("b", 1, 10), usage("b", 2, 8), usage("b", 3, 1)]
    assert outputs(*first, *second) == (19, [AGAIN, AGAIN])


def test_the_later_report_wins_even_where_it_says_less() -> None:
    # restated from 10 to 9; the file that reaches to day 3 was made later
    assert outputs(usage("z", 1, 10), usage("b", 1, 9), usage("b", 3, 1)) == (10, [AGAIN])


def test_of_two_that_reach_as_far_the_one_that_says_more_counts() -> None:
    assert outputs(usage("z", 1, 10), usage("b", 1, 12)) == (12, [AGAIN])


def test_no_files_name_decides_between_reports_that_differ() -> None:
    """As much in all, differently cut: output 10, or output 4 and 6 uncached."""
    for one, other in (("a", "b"), ("b", "a")):
        found = counted([usage(one, 1, 10), usage(other, 1, 4, uncached=6)], USAGE_ROWS).rows
        assert found["output"].to_list() == [4]  # more uncached input goes first
        grouped = [usage(one, 1, 10, workspace="w"), usage(other, 1, 12, api_key="k")]
        assert counted(grouped, USAGE_ROWS).rows["output"].to_list() == [12]


def test_no_files_name_decides_between_exports_that_differ() -> None:
    shared = [(day, 10) for day in (1, 2, 3)]
    for one, other in (("a", "b"), ("b", "a")):
        rows = [charge(name, day, pico) for name in (one, other) for day, pico in shared]
        found = counted([*rows, charge(one, 3, 5), charge(other, 3, 7)], COST_ROWS)
        assert found.rows["charged_pico"].sum() == 37


def test_pages_of_one_report_in_files_of_their_own_add_up() -> None:
    rows = [usage("a", 1, 5, model="x"), usage("b", 1, 7, model="y"), usage("c", 2, 1, model="x")]
    assert outputs(*rows) == (13, [])


def test_the_same_days_grouped_more_finely_count_once() -> None:
    coarse = [usage("a", 1, 12, model="x")]
    fine = [usage("b", 1, 5, model="x", tier="batch"), usage("b", 1, 7, model="x", tier="standard")]
    assert outputs(*coarse, *fine) == (12, [OTHERWISE])
    assert counted([*coarse, *fine], USAGE_ROWS).rows["source_id"].unique().to_list() == ["b"]


def test_the_report_that_covers_more_time_goes_first_and_others_fill_what_it_leaves() -> None:
    month = [usage("m", day, 10, model="x") for day in range(30)]
    hours = [usage("h", 5, 4, model="x", tier="batch"), usage("h", 30, 6, model="x", tier="batch")]
    assert outputs(*month, *hours) == (306, [OTHERWISE])


def test_a_sum_over_a_month_and_its_days_count_once() -> None:
    days = [usage("d", day, 10) for day in range(10, 20)]
    assert outputs(usage("m", 0, 300, days=31), *days) == (300, [OTHERWISE] * 10)


def test_reports_of_one_vendor_are_one_set_of_books() -> None:
    rows = [
        usage("a", 1, 10, connector="admin_reports"),
        usage("b", 1, 11, connector="analytics_reports"),
        usage("c", 1, 12, connector="console_csv"),
    ]
    assert outputs(*rows) == (11, [OTHERWISE, OTHERWISE])


def test_claude_code_analytics_add_nothing() -> None:
    rows = [usage("a", 1, 10), usage("b", 1, 4, connector="claude_code_analytics", actor="p")]
    assert outputs(*rows) == (10, [PART])


def charges(*rows: dict[str, Any]) -> tuple[int, list[str]]:
    found = [counted(order, COST_ROWS) for order in (rows, rows[::-1])]
    sums = {int(one.rows["charged_pico"].cast(pl.Int128).sum()) for one in found}
    assert len(sums) == 1
    return sums.pop(), sorted(found[0].left_out["why"].to_list())


def test_parts_of_one_focus_export_add_up_though_lines_look_alike() -> None:
    first = [charge("a", day, 100 + day) for day in range(5)]
    second = [charge("b", day, 200 + day) for day in range(5)]
    alike = [charge("a", 9, 7), charge("b", 9, 7)]
    # 100..104 is 510, 200..204 is 1,010, and 7 twice
    assert charges(*first, *second, *alike) == (1_534, [])


def test_an_earlier_export_of_a_month_counts_nothing() -> None:
    first = [charge("a", day, 100 + day) for day in range(5)]
    again = [charge("b", day, 100 + day) for day in range(4)] + [
        charge("b", 4, 99),
        charge("b", 5, 1),
    ]
    # 100 + 101 + 102 + 103 + 99 + 1
    assert charges(*first, *again) == (506, [EARLIER] * 5)


def test_a_copy_of_an_export_counts_once_and_corrections_add() -> None:
    rows = [charge("a", 1, 50), charge("a", 1, -5, correction=True)]
    copy = [{**row, "source_id": "b"} for row in rows]
    assert charges(*rows, *copy) == (45, [EARLIER, EARLIER])


def test_an_invoice_saved_twice_counts_once() -> None:
    rows = [charge(name, 1, 50, connector="invoice", invoice="i-1") for name in ("a", "b")]
    other = charge("c", 1, 8, connector="invoice", invoice="i-2")
    assert charges(*rows, other) == (58, [AGAIN])


def test_money_of_a_cloud_and_of_anthropic_are_different_money() -> None:
    cloud = charge("a", 1, 50)
    own = charge("b", 1, 8, connector="analytics_reports")
    assert charges(cloud, own) == (58, [])


@pytest.mark.parametrize("schema", [USAGE_ROWS, COST_ROWS], ids=["usage", "cost"])
def test_no_rows_give_no_rows(schema: dict[str, Any]) -> None:
    found = counted([], schema)
    assert (len(found.rows), len(found.left_out)) == (0, 0)
    assert found.left_out.columns[-1] == "why"


def test_all_samples_together_tell_the_golden_tokens_once() -> None:
    batch, names = Batch(), {}
    for path in sorted(SOURCES.glob("*/*")):
        if path.parent.name in {"admin_reports", "analytics_reports", "console_csv", "invoice",
                                "claude_code_analytics"}:  # fmt: skip
            log, count = LogFile(path), FileCount(path.name)
            connector = connector_for(log)
            names[path.name] = connector.name
            for outcome in connector.read(log, Hasher(b"k")):
                count.add(batch, outcome)
    found = batch.frames()
    kinds = pl.col("source_id").replace_strict(names).alias("connector")
    usage_rows = counted_once(found["usage_rows"].with_columns(kinds)).rows
    # output 445 + 1,500 + 133, see test_vendor_reports
    assert usage_rows["output"].sum() == 2_078
    cost_rows = counted_once(found["cost_rows"].with_columns(kinds)).rows
    paid = cost_rows.group_by("connector").agg(pl.col("charged_pico").cast(pl.Int128).sum())
    assert dict(paid.iter_rows()) == {
        "analytics_reports": 8_945_655 * 10**4, "invoice": 8_945_655 * 10**4,
    }  # fmt: skip
