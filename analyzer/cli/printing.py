"""Results as lines of text: money in dollars and cents, tables by rich."""

import sys
from fractions import Fraction

import click
from rich.console import Console
from rich.table import Table

from analyzer.results import Ledger
from analyzer.words import counted

PICO_PER_CENT = 10**10
PICO_PER_DOLLAR = 10**12


def dollars(pico: Fraction) -> str:
    """Print pico-dollars as dollars and cents, rounded half up; below a cent with more digits."""
    places = 2 if not pico or abs(pico) >= PICO_PER_CENT else 6
    units = int(abs(pico) * 10**places / PICO_PER_DOLLAR + Fraction(1, 2))
    whole, rest = divmod(units, 10**places)
    sign = "-" if pico < 0 and units else ""
    return f"{sign}${whole:,}.{rest:0{places}d}"


def plain(text: str) -> str:
    """Give text from a log or a file's name with what would steer a terminal written out."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def percent(ratio: Fraction) -> str:
    """Print a ratio as a signed percentage."""
    return f"{float(ratio) * 100:+.2f} %"


def table(title: str, heads: list[str], rows: list[list[str]]) -> None:
    """Print a table; columns after the first are right-aligned."""
    made = Table(title=title, title_justify="left", box=None, pad_edge=False)
    for place, head in enumerate(heads):
        made.add_column(head, justify="left" if place == 0 else "right", overflow="fold")
    for row in rows:
        made.add_row(*map(plain, row))
    # A pipe has no width: whole words there, so that names can be searched for.
    width = None if sys.stdout.isatty() else PIPE_WIDTH
    Console(highlight=False, markup=False, width=width).print(made)


PIPE_WIDTH = 200


def ledger(found: Ledger) -> None:
    """Print the ledger: lines read = kept + repeats + rejected, by reason."""
    size = f"{counted(found.files, 'file')}, {found.file_bytes:,} bytes"
    click.echo(
        f"lines read {found.lines:,} = kept {found.kept:,} + repeats {found.repeats:,} "
        f"+ rejected {found.rejected:,}   ({size})"
    )
    for one in found.merged:
        click.echo(f"  told by several sources, counted once: {one.calls:,}  ({one.connectors})")
    kinds = {"fault": "could not be read", "unbilled": "billed nothing", "aside": "hold no call"}
    for kind, words in kinds.items():
        reasons = [reason for reason in found.reasons if reason.kind == kind]
        if reasons:
            lines = sum(reason.lines for reason in reasons)
            listed = ", ".join(f"{reason.reason} {reason.lines:,}" for reason in reasons)
            click.echo(f"  rejected, {words}: {lines:,}  ({listed})")
