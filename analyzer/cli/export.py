"""`rebill export`."""

from pathlib import Path

import click

from analyzer.cli.options import store_option
from analyzer.errors import InputError
from analyzer.export import Written
from analyzer.export import mooncake as traced
from analyzer.prices import Book
from analyzer.store import Store
from analyzer.traffic import load
from analyzer.words import counted


@click.group()
def export() -> None:
    """Write the traffic of a store in a form that other tools read.

    \b
    Example:
      rebill export mooncake --store traffic.duckdb -o trace.jsonl
    """  # noqa: D301 - \b keeps click from joining the example's lines


@export.command()
@store_option
@click.option("--model", help="Only the calls of this model.")
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("trace.jsonl"),
    show_default=True,
    help="The trace, one JSON line a request.",
)
def mooncake(store: Path, model: str | None, output: Path) -> None:
    """Arrivals, lengths and shared prefixes, as inference simulators read them.

    Numbers alone are written: milliseconds since the first request, tokens, and a number for each
    block of 512 tokens that stands for the same prefix wherever it appears.

    \b
    Example:
      rebill export mooncake --store traffic.duckdb --model claude-sonnet-5-5 -o trace.jsonl
    """  # noqa: D301 - \b keeps click from joining the example's lines
    if output.exists() and not output.is_file():
        raise InputError(f"{output}: is no ordinary file; name a new file with -o")
    with Store.open(store) as opened:
        traffic = load(opened, Book.load())
    written = Written()
    lines = traced(traffic, written, model)
    output.parent.mkdir(parents=True, exist_ok=True)
    part = output.with_name(output.name + ".part")
    try:
        with part.open("w", encoding="utf-8") as file:
            file.writelines(lines)
        part.replace(output)
    finally:
        part.unlink(missing_ok=True)
    _say(output, written)


def _say(output: Path, written: Written) -> None:
    click.echo(
        f"wrote {output}: {counted(written.requests, 'request')}, "
        f"{counted(written.blocks, 'block')} of 512 tokens, {written.distinct:,} of them distinct"
    )
    if written.hidden:
        click.echo(
            f"  {counted(written.hidden, 'request')} with a prompt that the log does not show: "
            "their blocks are shared with nothing"
        )
    if written.untimed:
        click.echo(f"  left out: {counted(written.untimed, 'call')} without a time in the log")
