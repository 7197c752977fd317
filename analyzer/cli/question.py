"""What several commands ask: which policy, whose traffic, at which prices."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

import click

from analyzer.contracts.owners import load_owners
from analyzer.contracts.register import load_register
from analyzer.policy import Policy, load_policy
from analyzer.prices import Book
from analyzer.reconciled import Discount
from analyzer.reconciliation import contract_discounts
from analyzer.savings import Prices

_Command = TypeVar("_Command", bound=Callable[..., Any])


def question_options(command: _Command) -> _Command:
    """Add `--policy`, `--prices` and `--title`."""
    command = click.option(
        "--title", default="Claude traffic", show_default=True, help="Whose traffic this is."
    )(command)
    command = click.option(
        "--prices",
        default="period-end",
        show_default=True,
        callback=lambda _context, _option, text: read_prices(text),
        help="List prices of a day (YYYY-MM-DD), of the log's last day (period-end), or of each "
        "request's own day (logged).",
    )(command)
    return click.option(
        "--policy",
        "policy_path",
        type=click.Path(dir_okay=False, path_type=Path),
        help="Policy file; without one a safe default policy is proposed.",
    )(command)


def contract_option(command: _Command) -> _Command:
    """Add `--contract`."""
    return click.option(
        "--contract",
        "contract",
        callback=lambda _context, _option, path: read_contract(path),
        type=click.Path(dir_okay=False, path_type=Path),
        help="Negotiated discounts (TOML, see docs/reconciliation.md); without it, those that the "
        "vendor's cost report shows.",
    )(command)


def back_options(command: _Command) -> _Command:
    """Add `--register` and `--owners`: what a page's last sections are filled from."""
    for name, load, words in (
        ("--register", load_register, "Register of adjustments (TOML, see docs/gainshare.md)."),
        ("--owners", load_owners, "Who owns actions and assumptions (TOML, see docs/review.md)."),
    ):
        command = click.option(
            name,
            callback=lambda _context, _option, path, load=load: path and load(path),
            type=click.Path(dir_okay=False, path_type=Path),
            help=words,
        )(command)
    return command


def read_contract(path: Path | None) -> tuple[Discount, ...]:
    """Load a contract file when one is named."""
    return () if path is None else contract_discounts(path, Book.load())


def read_policy(path: Path | None) -> Policy | None:
    """Load a policy file when one is named."""
    if path is None:
        return None
    book = Book.load()
    return load_policy(path, lambda model: book.canonical(model) is not None)


def read_prices(text: str) -> Prices:
    """Turn the words of `--prices` into a basis."""
    if text == "logged":
        return "logged"
    if text == "period-end":
        return "period-end"
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise click.BadParameter(
            f"{text} is neither a day (YYYY-MM-DD) nor `logged` nor `period-end`"
        ) from error
