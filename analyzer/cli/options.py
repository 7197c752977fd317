"""What every command on a store has: the option that names it, and progress on stderr."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

_Command = TypeVar("_Command", bound=Callable[..., Any])

DEFAULT_STORE = Path("rebill.duckdb")


def store_option(command: _Command) -> _Command:
    """Add `--store`."""
    return click.option(
        "--store",
        type=click.Path(dir_okay=False, path_type=Path),
        default=DEFAULT_STORE,
        show_default=True,
        help="The store file.",
    )(command)


def progress(words: str) -> None:
    """Tell a person at a terminal what is being done; a log of errors stays free of it."""
    if sys.stderr.isatty():
        click.echo(words, err=True)
