"""What bars and curves draw is what the tables beside them print."""

import itertools
from dataclasses import replace

from analyzer.results import Savings
from reports import figures
from reports.bridge import bridge_of
from reports.fidelity import fidelity_of
from reports.latency import latency_of
from reports.levers import switches_of
from reports.omitted import omitted_of
from reports.totals import totals_of


def test_each_bar_of_the_waterfall_starts_where_the_last_one_ended(savings: Savings) -> None:
    bars = bridge_of(savings, totals_of(savings)).bars
    for before, bar in itertools.pairwise(bars):
        if bar.row == "total":
            assert before.end == bar.end
        else:
            assert before.end == bar.start
    assert [bar.end for bar in bars if bar.row == "total"] == [
        savings.billed - (savings.vendor_change or 0),
        savings.billed,
        savings.billed - savings.saving,
        savings.billed - savings.saving - savings.potential,
    ]


def test_an_unused_lever_has_a_reason_instead_of_a_bar(empty: Savings) -> None:
    bridge = bridge_of(empty, totals_of(empty))
    assert [bar.name for bar in bridge.bars] == ["Billed", "After accepted levers"]
    assert bridge.unused[0] == ("Output discipline", "no evidence for output yet")


def test_switched_bars_hang_together(savings: Savings) -> None:
    switches = switches_of(savings, totals_of(savings))
    assert switches
    for answer in switches.answers:
        at = switches.base_at
        for step, digit in zip(answer.steps, answer.key, strict=True):
            assert step["right"] == at, "this traffic has no lever that costs more"
            assert (step["left"] == at) == (digit == "0")
            assert (step["text"] == "off") == (digit == "0")
            at = step["link"]
        assert at == answer.bill_at


def test_switches_need_all_sixteen_replays(savings: Savings, empty: Savings) -> None:
    assert switches_of(empty, totals_of(savings)) is None


def test_left_out_lists_only_lines_that_were_not_accepted(savings: Savings) -> None:
    omitted = omitted_of(savings, totals_of(savings))
    assert [row.workload for row in omitted.potential] == ["W01", "W05"]
    assert [line.grade for row in omitted.potential for line in row.lines] == ["E5", "E5"]


def test_the_daily_curve_holds_the_days_in_dollars(savings: Savings) -> None:
    days = fidelity_of(savings, totals_of(savings)).days
    assert days
    billed, replayed, after = days.figure["data"]
    assert billed["x"] == [day.day for day in savings.days]
    assert billed["y"] == [round(float(day.billed / 10**12), 6) for day in savings.days]
    assert replayed["mode"] == "markers"
    assert after["y"][0] < billed["y"][0]
    # two bare dollar signs in one text would start a formula
    assert "$" not in str(days.figure["data"])
    assert billed["text"][0] == "&#36;" + days.rows[0][1].text.removeprefix("$")


def test_days_far_apart_take_one_place_each_and_tell_their_year(savings: Savings) -> None:
    near = fidelity_of(savings, totals_of(savings)).days
    assert near
    assert near.figure["layout"]["xaxis"]["type"] == "date"
    odd = (replace(savings.days[0], day="1970-01-01"), *savings.days[1:])
    far = fidelity_of(replace(savings, days=odd), totals_of(savings)).days
    assert far
    assert far.figure["layout"]["xaxis"]["type"] == "category"
    assert far.figure["data"][0]["hovertemplate"].startswith("%{x}:")


def test_waits_are_drawn_as_shares_of_all_calls(savings: Savings) -> None:
    for line in savings.serving.lines:
        before, after = figures.waits(line)["data"]
        # the last share is repeated to close the last step
        assert abs(sum(before["y"][:-1]) - 1) < 1e-4
        assert abs(sum(after["y"][:-1]) - 1) < 1e-4
        assert len(before["x"]) == len(line.histogram_before) + 1


def test_a_last_bin_without_an_upper_edge_is_named_open(savings: Savings) -> None:
    line = replace(
        savings.serving.lines[0],
        histogram_edges_ms=(0, 1000, 5000),
        histogram_before=(5, 4, 1),
        histogram_after=(7, 3, 0),
    )
    assert figures.bin_names(line)[-1] == "5.0\u00a0s or more"
    chart = figures.waits(line)
    assert chart["data"][0]["x"] == [0, 1, 2, 3]
    assert chart["layout"]["xaxis"]["range"][1] > 3


def test_figures_carry_no_theme_and_no_random_name(savings: Savings) -> None:
    chart = latency_of(savings.serving).charts[0]
    assert chart.figure == latency_of(savings.serving).charts[0].figure
    assert "template" not in chart.figure["layout"]
    assert "uid" not in str(chart.figure)


def test_speed_ups_below_one_are_called_slower(savings: Savings) -> None:
    (row,) = latency_of(savings.serving).load
    assert [slower for _, slower in row.speed_ups] == [False] * 3 + [True]
    assert row.turns == "slower from 64 on"
    assert row.kinds == "general, chat; borrowed by agent"
