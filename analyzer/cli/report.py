"""`rebill report`."""

from datetime import date
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from pathlib import Path
from typing import Any

import click

from analyzer.cli.commit import sized, sizing_options
from analyzer.cli.gainshare import gainshare
from analyzer.cli.options import progress, store_option
from analyzer.cli.pages import write_page
from analyzer.cli.question import (
    back_options,
    contract_option,
    question_options,
    read_contract,
    read_policy,
)
from analyzer.contracts.commit.copies import vendor_copy
from analyzer.contracts.commit.registers import backed
from analyzer.contracts.commit.sizing import Drawing
from analyzer.contracts.commitment import read_commitment
from analyzer.contracts.owners import Owners
from analyzer.contracts.register import Register
from analyzer.contracts.review import Asked
from analyzer.contracts.review import review as review_month
from analyzer.prices import Book
from analyzer.reconciled import Discount
from analyzer.results import Savings
from analyzer.results.commit import Copy, Negotiation
from analyzer.results.review import Review
from analyzer.savings import Prices, Question, analyse, examine
from analyzer.store import Store


@click.group()
def report() -> None:
    """Write a report as one self-contained HTML file, with its JSON twin.

    \b
    Example:
      rebill report savings --store traffic.duckdb -o savings.html
    """  # noqa: D301 - \b keeps click from joining the example's lines


report.add_command(gainshare)


@report.command()
@store_option
@question_options
@contract_option
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("savings.html"),
    show_default=True,
    help="The HTML file; its JSON twin lies beside it.",
)
def savings(
    store: Path,
    policy_path: Path | None,
    prices: Prices,
    title: str,
    contract: tuple[Discount, ...],
    output: Path,
) -> None:
    """What the same traffic could have cost, lever by lever, with its proof.

    \b
    Example:
      rebill report savings --store traffic.duckdb --policy policy.toml -o savings.html
    """  # noqa: D301 - \b keeps click from joining the example's lines
    with Store.open(store) as opened:
        question = Question(read_policy(policy_path), prices, title, contract=contract)
        found = analyse(opened, Book.load(), question, progress)
    for path in write(found, output):
        click.echo(f"wrote {path} ({path.stat().st_size:,} bytes)")


@report.command()
@store_option
@question_options
@click.option("--month", help="YYYY-MM; without it, the last month that the log tells whole.")
@click.option(
    "--as-of",
    "as_of",
    callback=lambda _context, _option, text: None if text is None else _day(text),
    help="Last day that counts as told whole (YYYY-MM-DD); without it, the log's last.",
)
@click.option(
    "--budget",
    callback=lambda _context, _option, text: None if text is None else _budget(text),
    help="US dollars for the month that is forecast.",
)
@click.option(
    "--contract",
    "contract_path",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Negotiated discounts and commit (TOML, see docs/review.md).",
)
@back_options
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("review.html"),
    show_default=True,
    help="The HTML file; its JSON twin lies beside it.",
)
def review(  # noqa: PLR0913 - one argument an option
    *,
    store: Path,
    policy_path: Path | None,
    prices: Prices,
    title: str,
    month: str | None,
    as_of: date | None,
    budget: Fraction | None,
    contract_path: Path | None,
    register: Register | None,
    owners: Owners | None,
    output: Path,
) -> None:
    """What a month cost, why it changed, what is next, and where the next will land.

    \b
    Example:
      rebill report review --store traffic.duckdb --month 2026-10 -o review.html
    """  # noqa: D301 - \b keeps click from joining the example's lines
    book = Book.load()
    discounts = read_contract(contract_path)
    commitment = read_commitment(contract_path) if contract_path else None
    with Store.open(store) as opened:
        question = Question(read_policy(policy_path), prices, title, contract=discounts)
        examined = examine(opened, book, question, progress)
    asked = Asked(month, as_of, budget, commitment, register, owners)
    found = review_month(examined, book, asked)
    for path in write_review(found, output):
        click.echo(f"wrote {path} ({path.stat().st_size:,} bytes)")


@report.command()
@sizing_options
@click.option(
    "--copy",
    type=click.Choice(["own", "vendor"]),
    default="own",
    show_default=True,
    help="The vendor's copy lacks costs, clause values, walk-away and the order of the asks.",
)
@back_options
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("negotiation.html"),
    show_default=True,
    help="The HTML file; its JSON twin lies beside it.",
)
def negotiation(  # noqa: PLR0913 - one argument an option
    *,
    store: Path,
    offers_path: Path,
    drawing: Drawing,
    copy: Copy,
    register: Register | None,
    owners: Owners | None,
    output: Path,
    **asked: Any,
) -> None:
    """What to commit to, where to walk away and what to ask for.

    \b
    Example:
      rebill report negotiation --store traffic.duckdb --offers offers.toml -o negotiation.html
    """  # noqa: D301 - \b keeps click from joining the example's lines
    found = backed(sized(store, offers_path, drawing, **asked), register, owners)
    for path in write_negotiation(vendor_copy(found) if copy == "vendor" else found, output):
        click.echo(f"wrote {path} ({path.stat().st_size:,} bytes)")


def write(found: Savings, output: Path) -> tuple[Path, Path]:
    """Write the savings page and its JSON twin."""
    from reports.savings import as_json, render

    return write_page(output, render(found), as_json(found))


def write_review(found: Review, output: Path) -> tuple[Path, Path]:
    """Write the review and its JSON twin."""
    from reports.review import as_json, render

    return write_page(output, render(found), as_json(found))


def write_negotiation(found: Negotiation, output: Path) -> tuple[Path, Path]:
    """Write the negotiation page and its JSON twin."""
    from reports.negotiation import as_json, render

    return write_page(output, render(found), as_json(found))


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise click.BadParameter(f"{text} is no day; write it as 2026-11-22") from error


def _budget(text: str) -> Fraction:
    try:
        usd = Decimal(text)
    except InvalidOperation as error:
        raise click.BadParameter(f"{text} is no amount; write it as 355000") from error
    if not usd.is_finite() or usd <= 0:
        raise click.BadParameter(f"{text} is no budget; give US dollars above 0")
    return Fraction(usd) * 10**12
