"""`rebill ingest`."""

import sys
from collections.abc import Callable
from pathlib import Path

import click
from click._termui_impl import ProgressBar

from analyzer.cli import printing
from analyzer.cli.options import store_option
from analyzer.ingest import Intake
from analyzer.ingest import ingest as take_in
from analyzer.store import Store
from connectors import find_logs


@click.command()
@click.argument("paths", nargs=-1, required=True)
@store_option
@click.option("--source", help="Name of the format (see `rebill sources`); detected without it.")
def ingest(paths: tuple[str, ...], store: Path, source: str | None) -> None:
    """Take logs into a store: files, folders and globs, plain, .gz or .zst.

    Only numbers, names the log gives to calls and keyed hashes are stored; prompt text never is.
    The key is REBILL_KEY or is made once beside the store. Running it again changes nothing, and
    finishes a run that was killed.

    \b
    Example:
      rebill ingest ~/.claude/projects captures/*.jsonl.gz --store traffic.duckdb
    """  # noqa: D301 - \b keeps click from joining the example's lines
    sizes = sum(path.stat().st_size for path in find_logs(paths))
    bar = click.progressbar(length=sizes, label="reading", file=sys.stderr)
    with Store.open(store, create=True) as opened, bar:
        intake = take_in(paths, opened, source, _progress(bar))
        found = opened.ledger()
    say(intake)
    printing.ledger(found)
    faults = sum(reason.lines for reason in found.reasons if reason.kind == "fault")
    if faults:
        click.echo(
            f"  `rebill check --rejects --store {store}` lists the {faults:,} by file and line"
        )


def say(intake: Intake) -> None:
    """Print what this run read, and what it passed over."""
    read = ", ".join(f"{count:,} {name}" for name, count in sorted(intake.connectors.items()))
    click.echo(f"read {intake.files:,} files ({read or 'nothing new'})")
    if intake.unchanged:
        click.echo(f"passed over {len(intake.unchanged):,} files already in the store")
    for path in intake.empty:
        click.echo(f"rebill: {path}: empty file; nothing to read", err=True)
    for path in intake.unknown:
        click.echo(
            f"rebill: {path}: unknown format; its lines are rejected; see `rebill sources`",
            err=True,
        )


def _progress(bar: "ProgressBar[int]") -> Callable[[Path, int], None]:
    def after_file(_path: Path, size: int) -> None:
        bar.update(size)

    return after_file
