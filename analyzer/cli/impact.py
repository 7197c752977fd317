"""`rebill prices impact`."""

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any, TypeVar

import click

from analyzer.cli.options import progress, store_option
from analyzer.cli.question import contract_option
from analyzer.errors import PriceError
from analyzer.impact import Announced, Asked, read_moves
from analyzer.impact import impact as price_changes
from analyzer.prices import Book
from analyzer.reconciled import Discount
from analyzer.store import Store

_Command = TypeVar("_Command", bound=Callable[..., Any])
_DAY = click.DateTime(["%Y-%m-%d"])


def _day_option(name: str, key: str, words: str) -> Callable[[_Command], _Command]:
    return click.option(
        name, key, type=_DAY, callback=lambda _context, _option, day: _date(day), help=words
    )


@click.command()
@store_option
@_day_option("--from", "since", "First day of the changes; the last day of the traffic by default.")
@_day_option("--to", "until", "Last day of the changes; a year after the first by default.")
@_day_option("--on", "only", "Changes of this day alone.")
@click.option(
    "--move",
    "moves",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Announced prices and retirements of your own (TOML, see docs/prices.md).",
)
@click.option(
    "--successor",
    "successors",
    multiple=True,
    help="Price every retirement on this model too; may be given several times.",
)
@contract_option
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def impact(  # noqa: PLR0913 - one argument an option
    store: Path,
    since: date | None,
    until: date | None,
    only: date | None,
    moves: Path | None,
    successors: tuple[str, ...],
    *,
    contract: tuple[Discount, ...],
    as_json: bool,
) -> None:
    """What dated price moves and retirements do to this traffic, in dollars a month.

    Every change of the book between two days, and what your own file announces, by model and meter.

    \b
    Example:
      rebill prices impact --store traffic.duckdb
      rebill prices impact --store traffic.duckdb --on 2026-11-30 --successor claude-haiku-5-5
    """  # noqa: D301 - \b keeps click from joining the example's lines
    if only is not None:
        if since is not None or until is not None:
            raise click.UsageError("--on is one day; leave --from and --to out, or --on")
        since = until = only
    book = Book.load()
    announced = Announced() if moves is None else read_moves(moves, book)
    named = tuple(_known(name, book) for name in successors)
    asked = Asked(since, until, announced, named, contract)
    with Store.open(store) as opened:
        found = price_changes(opened, book, asked, progress)
    from analyzer.cli import impact_text

    if as_json:
        click.echo(impact_text.as_json(found), nl=False)
        return
    impact_text.say(found)


def _date(day: datetime | None) -> date | None:
    return None if day is None else day.date()


def _known(name: str, book: Book) -> str:
    known = book.canonical(name)
    if known is None:
        raise PriceError(
            f"--successor {name}: not in the book; `rebill prices show` lists every model"
        )
    return known
