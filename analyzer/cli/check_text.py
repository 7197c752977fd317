"""What `rebill check` prints: the ledger, the replay against the bill, each gate."""

from collections.abc import Sequence
from typing import Any

import click

from analyzer.cli import lost, printing, reconciliation
from analyzer.results import BackTest, Calibration, Gap, Half, Ledger, LossRate, ModelTest
from analyzer.savings.audit import Audit, Finding

_Row = dict[str, Any]


def say(ledger: Ledger, lines: Sequence[_Row], told: Sequence[_Row], found: Audit) -> None:
    """Print one audit for people."""
    printing.ledger(ledger)
    _rejects(lines)
    _merges(told)
    _calibration(found.calibration)
    if found.calibration.back_test is not None:
        _back_test(found.calibration.back_test)
    lost.say(found.lost)
    if found.reconciliation:
        reconciliation.say(found.reconciliation)
    _findings(found.findings)
    for doubt in found.doubts:
        click.echo(f"note: {printing.plain(doubt)}")


def _rejects(lines: Sequence[_Row]) -> None:
    for line in lines:
        where = f"{line['path']}:{line['line']}: {line['kind']}: {line['reason']}"
        click.echo(printing.plain(f"{where}{'; ' if line['detail'] else ''}{line['detail']}"))


def _merges(told: Sequence[_Row]) -> None:
    for one in told:
        rule = one["rule"].replace("_", " ") or "first in the order of record"
        gap = "" if one["gap_us"] is None else f", {one['gap_us'] / 1e6:.3f} s apart"
        differs = "; counts differ" if one["differs"] else ""
        where = f"{one['call']}: {one['connector']} {one['path']}:{one['line']}"
        click.echo(printing.plain(f"merged {where} ({rule}{gap}){differs}"))


def _findings(findings: Sequence[Finding]) -> None:
    for finding in findings:
        mark = "pass" if finding.passed else "FAIL"
        click.echo(f"{mark}  {finding.gate}: {printing.plain(finding.words)}")


def _calibration(found: Calibration) -> None:
    whole = (found.total, found.after_burn_in)
    gaps = (*whole, *found.by_model, *found.by_ttl, *found.by_workload)
    heads = (
        "observed policy, input",
        "calls",
        "billed",
        "replayed",
        "error",
        "exact",
        "within 1 %",
    )
    printing.table("", list(heads), [_gap(gap) for gap in gaps])


def _gap(gap: Gap) -> list[str]:
    return [
        gap.group,
        f"{gap.calls:,}",
        printing.dollars(gap.billed_cost),
        printing.dollars(gap.replayed_cost),
        printing.percent(gap.error) if gap.billed_cost else "not measured",
        f"{gap.exact_calls:,}",
        f"{gap.near_calls:,}",
    ]


def _back_test(tested: BackTest) -> None:
    """Print the halves that never saw what they predict."""
    halves = [_half(half) for half in (*tested.halves, *tested.chronological) if half.calls]
    heads = ["back-test", "calls", "error", "+/-", "no losses", "read", "written", "exact", "1 %"]
    printing.table("", heads, halves)
    heads = ["prefixes lost, who spoke last", "calls", "lost", "90 %"]
    printing.table("", heads, [_rate(rate) for rate in tested.rates])
    heads = ["losses", "earlier half", "later half"]
    printing.table("", heads, [_model(model) for model in tested.models])


def _half(half: Half) -> list[str]:
    return [
        half.what,
        f"{half.calls:,}",
        printing.percent(half.error),
        f"{float(half.half_width):.2%}",
        printing.percent(half.point_error),
        printing.percent(half.read_error),
        printing.percent(half.write_error),
        f"{half.exact_calls / half.calls:.1%}",
        f"{half.near_calls / half.calls:.1%}",
    ]


def _rate(rate: LossRate) -> list[str]:
    share = f"{float(rate.low):.1%} to {float(rate.high):.1%}"
    return [rate.occasion, f"{rate.calls:,}", f"{rate.lost:,}", share]


def _model(model: ModelTest) -> list[str]:
    return [model.name, printing.percent(model.earlier), printing.percent(model.later)]
