"""The option every command on a store has."""

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
