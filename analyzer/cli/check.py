"""`rebill check`."""

import sys
from pathlib import Path

import click

from analyzer.cli import printing
from analyzer.cli.options import store_option
from analyzer.cli.question import read_prices
from analyzer.prices import Book
from analyzer.results import Calibration
from analyzer.savings import Prices
from analyzer.savings.audit import Finding, audit
from analyzer.store import Store


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
def check(store: Path, prices: Prices, *, rejects: bool) -> None:
    """Check conservation, prices and the replay of the observed policy; exit 1 on a failed gate.

    \b
    Example:
      rebill check --store traffic.duckdb --rejects
    """  # noqa: D301 - \b keeps click from joining the example's lines
    with Store.open(store) as opened:
        printing.ledger(opened.ledger())
        if rejects:
            for path, line, kind, reason, detail in opened.rejects().iter_rows():
                told = f"{path}:{line}: {kind}: {reason}{'; ' if detail else ''}{detail}"
                click.echo(printing.plain(told))
        findings, calibration = audit(opened, Book.load(), prices)
    _calibration(calibration)
    for finding in findings:
        mark = "pass" if finding.passed else "FAIL"
        click.echo(f"{mark}  {finding.gate}: {printing.plain(finding.words)}")
    sys.exit(0 if all(map(_passed, findings)) else 1)


def _passed(finding: Finding) -> bool:
    return finding.passed


def _calibration(found: Calibration) -> None:
    rows = [
        [
            gap.group,
            f"{gap.calls:,}",
            printing.dollars(gap.billed_cost),
            printing.dollars(gap.replayed_cost),
            printing.percent(gap.error),
            f"{gap.exact_calls:,}",
            f"{gap.near_calls:,}",
        ]
        for gap in (found.total, *found.by_model, *found.by_ttl, *found.by_workload)
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
