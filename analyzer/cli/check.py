"""`rebill check`."""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from analyzer.cli import printing
from analyzer.cli.options import store_option
from analyzer.cli.question import read_prices
from analyzer.prices import Book
from analyzer.results import Calibration, Ledger
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
@click.option("--json", "as_json", is_flag=True, help="Print the gates and figures as JSON.")
def check(store: Path, prices: Prices, *, rejects: bool, as_json: bool) -> None:
    """Check conservation, prices and the replay of the observed policy; exit 1 on a failed gate.

    \b
    Example:
      rebill check --store traffic.duckdb --rejects
    """  # noqa: D301 - \b keeps click from joining the example's lines
    with Store.open(store) as opened:
        ledger = opened.ledger()
        lines = list(opened.rejects().iter_rows(named=True)) if rejects else []
        findings, calibration = audit(opened, Book.load(), prices)
    if as_json:
        _json(ledger, lines, findings, calibration)
    else:
        printing.ledger(ledger)
        _rejects(lines)
        _calibration(calibration)
        _findings(findings)
    sys.exit(0 if all(finding.passed for finding in findings) else 1)


def _json(
    ledger: Ledger,
    lines: list[dict[str, Any]],
    findings: tuple[Finding, ...],
    calibration: Calibration,
) -> None:
    """Print everything exactly; an amount is a string of pico-dollars, perhaps a fraction."""
    found = {
        "gates": [asdict(finding) for finding in findings],
        "ledger": asdict(ledger),
        "calibration": asdict(calibration),
        "rejects": lines,
    }
    click.echo(json.dumps(found, indent=1, default=str))


def _rejects(lines: list[dict[str, Any]]) -> None:
    for line in lines:
        where = f"{line['path']}:{line['line']}: {line['kind']}: {line['reason']}"
        click.echo(printing.plain(f"{where}{'; ' if line['detail'] else ''}{line['detail']}"))


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
