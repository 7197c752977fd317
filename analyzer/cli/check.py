"""`rebill check`."""

import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

import click

from analyzer.cli import check_text
from analyzer.cli.options import progress, store_option
from analyzer.cli.question import contract_option, read_prices
from analyzer.prices import Book
from analyzer.reconciled import Discount
from analyzer.reconciliation import reports
from analyzer.results import Ledger
from analyzer.savings import Prices
from analyzer.savings.audit import Audit, audit
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
        check_text.say(ledger, lines, told, found)
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
