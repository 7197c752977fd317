"""`rebill reuse`."""

import json
from dataclasses import asdict, replace
from fractions import Fraction
from pathlib import Path

import click
import polars as pl

from analyzer.cli import printing
from analyzer.cli.options import progress, store_option
from analyzer.errors import InputError
from analyzer.prices import Book
from analyzer.reuse import FIVE_MINUTES, ONE_HOUR, Relative, Reuse, shown
from analyzer.reuse import reuse as reused
from analyzer.store import Store
from analyzer.traffic import load
from analyzer.words import counted

_HOUR_S = 3600
_LIVES = (300, _HOUR_S)


@click.command()
@store_option
@click.option("--model", help="Only the calls of this model.")
@click.option(
    "--life",
    "lives",
    type=click.IntRange(min=1),
    multiple=True,
    default=_LIVES,
    show_default=True,
    help="Seconds an entry lives; may be given several times.",
)
@click.option(
    "--minimum",
    type=click.IntRange(min=0),
    help="Smallest prefix that is cached, in tokens.  [default: each model's own]",
)
@click.option("--no-refresh", is_flag=True, help="Count lives from the writing, not the last use.")
@click.option("--json", "as_json", is_flag=True, help="Print exact counts as JSON.")
def reuse(
    store: Path,
    model: str | None,
    lives: tuple[int, ...],
    minimum: int | None,
    *,
    no_refresh: bool,
    as_json: bool,
) -> None:
    """How much of the prompts could ever be read from cache: shared prefixes, by entry life.

    A bound that no setting reaches: every block may be marked and is readable at once. What a
    setting really reads is `rebill replay`'s to say. Costs are relative to caching nothing, at the
    vendor's usual multipliers: reads 0.1, writes 1.25 for lives under an hour and 2 from there on.

    \b
    Example:
      rebill reuse --store traffic.duckdb
      rebill reuse --store traffic.duckdb --life 60 --life 300 --minimum 1024
    """  # noqa: D301 - \b keeps click from joining the example's lines
    with Store.open(store) as opened:
        progress("reading the store")
        traffic = load(opened, Book.load())
    calls = _of_model(traffic.calls, model)
    chosen = replace(traffic, calls=calls)
    found = {
        life: reused(chosen, life, refresh=not no_refresh, minimum=minimum)
        for life in (*dict.fromkeys(lives), None)
    }
    billed = shown(calls)
    share = Fraction(int(billed["read"].sum()), max(1, int(billed["prompt"].sum())))
    if as_json:
        _json(found, share, len(calls))
    else:
        _say(found, share, len(calls))


def _of_model(calls: pl.DataFrame, model: str | None) -> pl.DataFrame:
    if model is None:
        return calls
    chosen = calls.filter((pl.col("name") == model) | (pl.col("model") == model))
    if chosen.is_empty():
        known = ", ".join(calls["name"].unique().sort().to_list()) or "none"
        raise InputError(f"--model {model}: no such call in the store; its models are {known}")
    return chosen


def _price(life: int | None) -> Relative:
    return FIVE_MINUTES if life is not None and life < _HOUR_S else ONE_HOUR


def _say(found: dict[int | None, Reuse], billed: Fraction, calls: int) -> None:
    whole = found[None]
    click.echo(f"{counted(whole.calls, 'call')}, {counted(whole.tokens, 'prompt token')}")
    if calls > whole.calls:
        click.echo(
            f"  left out: {counted(calls - whole.calls, 'call')} in batches, without a time, or "
            "whose prompt the log does not show"
        )
    heads = [
        "entries live", "tokens read", "blocks read", "mean of calls", "always marked",
        "only what is reused", "pays from a read share of",
    ]  # fmt: skip
    rows = [_row(life, one) for life, one in found.items()]
    printing.table("", heads, rows)
    click.echo(f"billed as read: {_percent(billed)} of these tokens")


def _row(life: int | None, one: Reuse) -> list[str]:
    price = _price(life)
    return [
        "for ever" if life is None else f"{life:,} s",
        _percent(one.read_share),
        _percent(one.block_share),
        f"{one.mean_block_share * 100:.2f} %",
        f"{float(one.always(price)):.3f}" if one.tokens else "-",
        f"{float(one.only_reused(price)):.3f}" if one.tokens else "-",
        f"{float(price.break_even) * 100:.1f} %",
    ]


def _percent(share: Fraction) -> str:
    return f"{float(share) * 100:.2f} %"


def _json(found: dict[int | None, Reuse], billed: Fraction, calls: int) -> None:
    rows = [
        {
            "life_s": life,
            **asdict(one),
            "always": str(one.always(_price(life))),
            "only_reused": str(one.only_reused(_price(life))),
        }
        for life, one in found.items()
    ]
    told = {"calls": calls, "billed_read_share": str(billed), "lives": rows}
    click.echo(json.dumps(told, indent=1))
