"""`rebill policy`."""

from pathlib import Path

import click

from analyzer.cli.options import progress, store_option
from analyzer.cli.question import question_options, read_policy
from analyzer.cli.suggest import suggest
from analyzer.policy import Policy
from analyzer.prices import Book
from analyzer.results import LEVERS
from analyzer.savings import Prices, Question, settle
from analyzer.savings.lines import change
from analyzer.store import Store


@click.group()
def policy() -> None:
    """Show, check or search a policy file.

    \b
    Example:
      rebill policy suggest --store traffic.duckdb -o policy.toml
      rebill policy check policy.toml
    """  # noqa: D301 - \b keeps click from joining the example's lines


policy.add_command(suggest)


@policy.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def check(file: Path) -> None:
    """Validate a policy file; each fault names its key, its value and what is allowed.

    \b
    Example:
      rebill policy check policy.toml
    """  # noqa: D301 - \b keeps click from joining the example's lines
    found = read_policy(file)
    if found is not None:
        say(found)
        for warning in found.warnings:
            click.echo(f"note: {warning}")
    click.echo(f"{file}: valid")


@policy.command()
@store_option
@question_options
def show(store: Path, policy_path: Path | None, prices: Prices, title: str) -> None:
    """Print the policy as a file to edit: the given one, or the default proposed for a store.

    \b
    Example:
      rebill policy show --store traffic.duckdb > policy.toml
    """  # noqa: D301 - \b keeps click from joining the example's lines
    found = read_policy(policy_path)
    if found is None:
        with Store.open(store) as opened:
            question = Question(None, prices, title)
            found = settle(opened, Book.load(), question, progress)
    click.echo(found.to_toml(), nl=False)


def say(found: Policy) -> None:
    """Print each line of a policy with its grade."""
    for lever in LEVERS:
        for rule in found.of(lever):
            click.echo(f"{lever:8} {rule.grade}  {rule.workload}: {change(rule)} ({rule.basis})")
