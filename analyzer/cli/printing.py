"""Results as lines of text: money in dollars and cents, tables by rich."""

import sys
from collections.abc import Sequence
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


def cents(parts: Sequence[Fraction]) -> list[str]:
    """Print parts so that their cents add up to those of their sum, by largest remainder."""
    return _apportioned(parts, whole_cents(sum(parts, Fraction(0))))


def between(before: Fraction, after: Fraction, parts: Sequence[Fraction]) -> list[str]:
    """Print what leads from one amount to another, so that both, in cents, and the parts foot."""
    return _apportioned(parts, whole_cents(after) - whole_cents(before))


def _apportioned(parts: Sequence[Fraction], total: Fraction) -> list[str]:
    whole = int(total / PICO_PER_CENT)
    down = [int(part // PICO_PER_CENT) for part in parts]
    rests = [part - cent * PICO_PER_CENT for part, cent in zip(parts, down, strict=True)]
    dearest = sorted(range(len(parts)), key=lambda place: (-rests[place], place))
    for place in dearest[: whole - sum(down)]:
        down[place] += 1
    return [dollars(Fraction(cent * PICO_PER_CENT)) for cent in down]


def whole_cents(pico: Fraction) -> Fraction:
    """Round pico-dollars to cents, half up away from 0."""
    cent = int(abs(pico) / PICO_PER_CENT + Fraction(1, 2)) * PICO_PER_CENT
    return Fraction(-cent if pico < 0 else cent)


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
