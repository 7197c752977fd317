"""`rebill prices`."""

import sys
from datetime import UTC, datetime

import click

from analyzer.cli import printing
from analyzer.cli.impact import impact
from analyzer.errors import PriceError
from analyzer.prices import Book, crosscheck
from analyzer.prices.rates import Rates


@click.group()
def prices() -> None:
    """Show the dated price book, check it against another library, or price its changes.

    \b
    Example:
      rebill prices show
      rebill prices check
      rebill prices impact --store traffic.duckdb
    """  # noqa: D301 - \b keeps click from joining the example's lines


prices.add_command(impact)


@prices.command()
@click.option("--model", help="Only this model.")
def show(model: str | None) -> None:
    """Print every dated price; of one model also its sources.

    \b
    Example:
      rebill prices show --model claude-haiku-5-5
    """  # noqa: D301 - \b keeps click from joining the example's lines
    book = Book.load()
    wanted = book.canonical(model) if model else None
    if model and wanted is None:
        raise PriceError(
            f"--model {model}: not in the book; `rebill prices show` lists every model"
        )
    click.echo(f"price book {book.version}, sha256 {book.sha256}; USD per million tokens")
    rows = []
    for row in book.rows():
        if model is None or row.model == wanted:
            days = f"{row.since or '...'} to {row.until or '...'}"
            rows.append([row.model, days, "", *_rates(row.rates), row.confidence])
            if row.over is not None:
                rows.append(["", "", f"over {row.threshold:,}", *_rates(row.over), ""])
    heads = ["model", "days", "prompt", "input", "read", "write 5m", "write 1h", "output", "trust"]
    printing.table("", heads, rows)
    if model:
        for row in book.rows():
            for source in row.sources if row.model == wanted else ():
                click.echo(f"source: {source}")


@prices.command()
@click.option(
    "--day", type=click.DateTime(["%Y-%m-%d"]), help="Day to compare; the book's by default."
)
def check(day: datetime | None) -> None:
    """Compare every shared model with genai-prices; exit 1 when a difference has no known reason.

    \b
    Example:
      rebill prices check --day 2026-11-23
    """  # noqa: D301 - \b keeps click from joining the example's lines
    book = Book.load()
    when = (day or datetime.fromisoformat(book.version).replace(tzinfo=UTC)).date()
    found = crosscheck(book, when)
    for item in found:
        ours, theirs = (_figure(item.rate, value) for value in (item.ours, item.theirs))
        why = item.reason or "no known reason"
        click.echo(f"{item.model}, {item.kind}, {item.rate}: ours {ours}, theirs {theirs}: {why}")
    unknown = sum(item.reason is None for item in found)
    click.echo(f"{len(found)} differences on {when}, {unknown} without a known reason")
    sys.exit(1 if unknown else 0)


def _figure(rate: str, value: int | None) -> str:
    """Tokens for a threshold, USD per million tokens for a rate."""
    if value is None:
        return "none"
    if rate == "web_search":
        return f"${value / 1_000_000_000:g} per 1,000"
    return f"{value:,} tokens" if "threshold" in rate else f"${value / 1_000_000:g}"


def _rates(rates: Rates) -> list[str]:
    cells = (rates.input, rates.read, rates.write_5m, rates.write_1h, rates.output)
    return [f"{cell / 1_000_000:g}" for cell in cells]
