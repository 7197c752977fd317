"""`rebill ingest`."""

import sys
from collections.abc import Callable
from pathlib import Path

import click
from click._termui_impl import ProgressBar

from analyzer.cli import printing
from analyzer.cli.options import store_option
from analyzer.ingest import Intake, logs_under, size_of
from analyzer.ingest import ingest as take_in
from analyzer.results import Ledger
from analyzer.store import Store
from analyzer.words import counted
from connectors.mapping import from_file
from connectors.registry import CONNECTORS, Place


@click.command()
@click.argument("paths", nargs=-1, required=True)
@store_option
@click.option(
    "--source",
    type=click.Choice([connector.name for connector in CONNECTORS]),
    help="The format (see `rebill sources`); detected without it.",
)
@click.option(
    "--mapping",
    type=click.Path(path_type=Path),
    help="Read tables of your own (CSV, JSON, Parquet) by this file; see docs/mapping.md.",
)
@click.option(
    "--sampling",
    type=click.FloatRange(0, 1, min_open=True),
    help="Share of the calls that these logs hold, where they do not tell it (Vertex).",
)
def ingest(
    paths: tuple[str, ...],
    store: Path,
    source: str | None,
    mapping: Path | None,
    sampling: float | None,
) -> None:
    """Take logs into a store: files, folders and globs, plain, .gz or .zst.

    Only numbers, names the log gives to calls and keyed hashes are stored; prompt text never is.
    The key is REBILL_KEY or is made once beside the store. Running it again changes nothing, takes
    what was added to a file, and finishes a run that was killed. A file that cannot be opened is
    named and the others go on; the exit status is then 1, and also when nothing could be used.
    Single lines at fault are counted in the ledger and listed by `rebill check --rejects`.
    An address such as postgresql://user@host/litellm means LiteLLM's SpendLogs there, read without
    writing and from where the last run stopped; leave the password to PGPASSWORD or ~/.pgpass.

    \b
    Example:
      rebill ingest ~/.claude/projects captures/*.jsonl.gz --store traffic.duckdb
    """  # noqa: D301 - \b keeps click from joining the example's lines
    if source and mapping:
        raise click.UsageError("--source and --mapping: give one of them; a preset is a --source")
    chosen = from_file(mapping) if mapping else source
    size = sum(map(size_of, logs_under(paths)))
    shown = sys.stderr.isatty()
    bar = click.progressbar(length=size, label="reading", file=sys.stderr, hidden=not shown)
    with Store.open(store, create=True) as opened, bar:
        intake = take_in(
            paths, opened, chosen, _progress(bar), _rows if shown else _silent, sampling
        )
        found = opened.ledger()
    say(intake)
    printing.ledger(found)
    _advise(found, store)
    sys.exit(1 if intake.failed else 0)


def say(intake: Intake) -> None:
    """Print what this run read and what it passed over, and name each file at fault."""
    read = ", ".join(f"{count:,} {name}" for name, count in sorted(intake.connectors.items()))
    if intake.files or not intake.rows:
        click.echo(f"read {counted(intake.files, 'file')} ({read or 'nothing new'})")
    for name, rows in intake.rows.items():
        click.echo(f"read {counted(rows, 'new row')} of {printing.plain(name)}")
    if intake.unchanged:
        click.echo(f"passed over {counted(len(intake.unchanged), 'file')} already in the store")
    if intake.side_objects:
        click.echo(
            f"read {counted(intake.side_objects, 'side object')} with the logs that name them"
        )
    if intake.missing:
        click.echo(
            f"rebill: {counted(intake.missing, 'side object')} named by logs not found; the calls "
            "are kept without their prompts; copy the objects beside the logs and run again",
            err=True,
        )
    for complaint in intake.complaints:
        click.echo(f"rebill: {printing.plain(complaint)}", err=True)


def _advise(found: Ledger, store: Path) -> None:
    if found.usage_like:
        click.echo(
            f"rebill: warning: lines that look like usage and were not understood: "
            f"{found.usage_like:,}; their calls are in no figure",
            err=True,
        )
    faults = sum(reason.lines for reason in found.reasons if reason.kind == "fault")
    if faults:
        click.echo(
            f"  `rebill check --rejects --store {store}` lists the {faults:,} by file and line"
        )


def _rows(done: int, expected: int) -> None:
    click.echo(f"\rrows in the store: {done:,} of about {expected:,} ", nl=False, err=True)


def _silent(_done: int, _expected: int) -> None:
    pass


def _progress(bar: "ProgressBar[int]") -> Callable[[Place, int], None]:
    def after_file(_path: Place, size: int) -> None:
        bar.update(size)

    return after_file
