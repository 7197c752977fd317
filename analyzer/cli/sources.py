"""`rebill sources`."""

import click

from analyzer.cli import printing
from connectors.registry import CONNECTORS


@click.command()
def sources() -> None:
    """List every log format, what it carries and which levers it enables.

    \b
    Example:
      rebill sources
    """  # noqa: D301 - \b keeps click from joining the example's lines
    rows = [[c.name, c.title, c.carries, ", ".join(c.levers)] for c in CONNECTORS]
    printing.table("", ["name", "format", "carries", "levers"], rows)
