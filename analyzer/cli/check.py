"""`rebill check`."""

import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

import click

from analyzer.cli import lost, printing, reconciliation
from analyzer.cli.options import progress, store_option
from analyzer.cli.question import contract_option, read_prices
from analyzer.prices import Book
from analyzer.reconciled import Discount
from analyzer.reconciliation import reports
from analyzer.results import BackTest, Calibration, Ledger
from analyzer.savings import Prices
from analyzer.savings.audit import Audit, Finding, audit
from analyzer.store import Store

_Command = TypeVar("_Command", bound=Callable[..., Any])


def _report_option(role: str, words: str) -> Callable[[_Command], _Command]:
    return click.option(
        f"--{role}",
        multiple=True,
        type=click.Path(exists=True, path_type=Path),
        help=f"{words} May be given several times; stands for those in the store.",
    )


@click.command()
@store_option
@click.option(
    "--prices",
    default="logged",
    show_default=True,
    callback=lambda _context, _option, text: read_prices(text),
    help="As for `rebill replay`.",
)
@click.option("--rejects", is_flag=True, help="List every rejected line: file, line, reason.")
@click.option("--merges", is_flag=True, help="List every call that several sources tell.")
@click.option("--json", "as_json", is_flag=True, help="Print the gates and figures as JSON.")
@_report_option("usage", "The vendor's usage report (Admin, Analytics, Console).")
@_report_option("cost", "The vendor's cost report (Admin, Analytics, Console, FOCUS).")
@_report_option("invoice", "Invoices (FOCUS, or the lines of an invoice as JSON).")
@contract_option
def check(  # noqa: PLR0913 - one argument an option
    store: Path,
    prices: Prices,
    usage: tuple[Path, ...],
    cost: tuple[Path, ...],
    invoice: tuple[Path, ...],
    contract: tuple[Discount, ...],
    *,
    rejects: bool,
    merges: bool,
    as_json: bool,
) -> None:
    """Check conservation, prices and the replay of the observed policy; exit 1 on a failed gate.

    With the vendor's reports (taken in by `rebill ingest`, or named here) the three-way match is
    made too: logged tokens against the usage report, list prices against the cost report, charges
    against the invoice; coverage, the dearest gaps and the realised discount are printed.

    \b
    Example:
      rebill check --store traffic.duckdb --rejects
      rebill check --usage usage.jsonl --cost cost.jsonl --invoice focus.csv
    """  # noqa: D301 - \b keeps click from joining the example's lines
    with Store.open(store) as opened:
        ledger = opened.ledger()
        lines = list(opened.rejects().iter_rows(named=True)) if rejects else []
        told = list(opened.merges().iter_rows(named=True)) if merges else []
        vendor = reports(opened, {"usage": usage, "cost": cost, "invoice": invoice})
        found = audit(opened, Book.load(), prices, vendor, contract, progress)
    if as_json:
        _json(ledger, lines, told, found)
    else:
        printing.ledger(ledger)
        _rejects(lines)
        _merges(told)
        _calibration(found.calibration)
        _back_test(found.calibration.back_test)
        lost.say(found.lost)
        if found.reconciliation:
            reconciliation.say(found.reconciliation)
        _findings(found.findings)
        for doubt in found.doubts:
            click.echo(f"note: {printing.plain(doubt)}")
    sys.exit(0 if all(finding.passed for finding in found.findings) else 1)


def _json(
    ledger: Ledger,
    lines: list[dict[str, Any]],
    told: list[dict[str, Any]],
    audited: Audit,
) -> None:
    """Print everything exactly; an amount is a string of pico-dollars, perhaps a fraction."""
    found = {
        "gates": [asdict(finding) for finding in audited.findings],
        "ledger": asdict(ledger),
        "calibration": asdict(audited.calibration),
        "lost": asdict(audited.lost),
        "reconciliation": asdict(audited.reconciliation) if audited.reconciliation else None,
        "rejects": lines,
        "merges": told,
        "doubts": audited.doubts,
    }
    click.echo(json.dumps(found, indent=1, default=str))


def _rejects(lines: list[dict[str, Any]]) -> None:
    for line in lines:
        where = f"{line['path']}:{line['line']}: {line['kind']}: {line['reason']}"
        click.echo(printing.plain(f"{where}{'; ' if line['detail'] else ''}{line['detail']}"))


def _merges(told: list[dict[str, Any]]) -> None:
    for one in told:
        rule = one["rule"].replace("_", " ") or "first in the order of record"
        gap = "" if one["gap_us"] is None else f", {one['gap_us'] / 1e6:.3f} s apart"
        differs = "; counts differ" if one["differs"] else ""
        where = f"{one['call']}: {one['connector']} {one['path']}:{one['line']}"
        click.echo(printing.plain(f"merged {where} ({rule}{gap}){differs}"))


def _findings(findings: tuple[Finding, ...]) -> None:
    for finding in findings:
        mark = "pass" if finding.passed else "FAIL"
        click.echo(f"{mark}  {finding.gate}: {printing.plain(finding.words)}")


def _calibration(found: Calibration) -> None:
    rows = [
        [
            gap.group,
            f"{gap.calls:,}",
            printing.dollars(gap.billed_cost),
            printing.dollars(gap.replayed_cost),
            printing.percent(gap.error) if gap.billed_cost else "not measured",
            f"{gap.exact_calls:,}",
            f"{gap.near_calls:,}",
        ]
        for gap in (
            found.total,
            found.after_burn_in,
            *found.by_model,
            *found.by_ttl,
            *found.by_workload,
        )
    ]
    heads = [
        "observed policy, input",
        "calls",
        "billed",
        "replayed",
        "error",
        "exact",
        "within 1 %",
    ]
    printing.table("", heads, rows)


def _back_test(tested: BackTest | None) -> None:
    """Print the halves that never saw what they predict."""
    if tested is None:
        return
    rows = [
        [
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
        for half in (*tested.halves, *tested.chronological)
        if half.calls
    ]
    heads = ["back-test", "calls", "error", "+/-", "no losses", "read", "written", "exact", "1 %"]
    printing.table("", heads, rows)
    rates = [
        [
            rate.occasion,
            f"{rate.calls:,}",
            f"{rate.lost:,}",
            f"{float(rate.low):.1%} to {float(rate.high):.1%}",
        ]
        for rate in tested.rates
    ]
    printing.table("", ["prefixes lost, who spoke last", "calls", "lost", "90 %"], rates)
    models = [
        [model.name, printing.percent(model.earlier), printing.percent(model.later)]
        for model in tested.models
    ]
    printing.table("", ["losses", "earlier half", "later half"], models)
