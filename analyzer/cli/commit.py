"""`rebill commit`."""

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import click

from analyzer.cli.commit_text import say
from analyzer.cli.options import progress, store_option
from analyzer.cli.question import question_options, read_policy
from analyzer.contracts.commit.offers_file import OffersFile, read_offers
from analyzer.contracts.commit.sizing import Drawing, negotiate
from analyzer.errors import ContractError
from analyzer.results.commit import Negotiation
from analyzer.savings import Question
from analyzer.store import Store

_Command = TypeVar("_Command", bound=Callable[..., Any])


def sizing_options(command: _Command) -> _Command:
    """Add what every sizing asks: store, offers, policy, prices, title, paths and seed."""

    @wraps(command)
    def drawn(*words: Any, paths: int, seed: int, **asked: Any) -> Any:
        return command(*words, drawing=Drawing(paths, seed), **asked)

    found = click.option(
        "--seed", default=1, show_default=True, help="Seed of the paths; same seed, same bytes."
    )(drawn)
    found = click.option(
        "--paths", default=10_000, show_default=True, help="Paths that are drawn."
    )(found)
    found = click.option(
        "--offers",
        "offers_path",
        type=click.Path(dir_okay=False, path_type=Path),
        required=True,
        help="What vendors offer and what you expect (docs/commit.md).",
    )(found)
    return store_option(question_options(found))  # type: ignore[return-value]  # the options stay


def sized(store: Path, offers_path: Path, drawing: Drawing, **asked: Any) -> Negotiation:
    """Size the offers of a file on a store; `asked` is policy_path, prices and title."""
    file = load_offers(offers_path)
    policy = read_policy(asked["policy_path"])
    question = Question(policy, asked["prices"], asked["title"])
    with Store.open(store) as opened:
        return negotiate(opened, file, question, drawing, progress)


def load_offers(path: Path) -> OffersFile:
    """Read an offers file."""
    try:
        return read_offers(path.read_text(encoding="utf-8-sig"), str(path))
    except OSError as error:
        raise ContractError(
            f"{path}: cannot be read, {error.strerror}: name a TOML file"
        ) from error
    except UnicodeDecodeError as error:
        raise ContractError(f"{path}: not UTF-8 at byte {error.start}, save it as UTF-8") from error


@click.group()
def commit() -> None:
    """Size a spend commit on your own traffic, as the accepted levers would leave it.

    \b
    Example:
      rebill commit size --store traffic.duckdb --offers offers.toml
    """  # noqa: D301 - \b keeps click from joining the example's lines


@commit.command()
@sizing_options
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def size(store: Path, offers_path: Path, drawing: Drawing, *, as_json: bool, **asked: Any) -> None:
    """Compare offers, and print the commit to sign and where to walk away.

    Demand is drawn from at least eight whole weeks of billed use, less what the policy's accepted
    levers save.

    \b
    Example:
      rebill commit size --store traffic.duckdb --offers offers.toml --policy policy.toml
    """  # noqa: D301 - \b keeps click from joining the example's lines
    found = sized(store, offers_path, drawing, **asked)
    if as_json:
        from reports.negotiation import as_json as twin

        click.echo(twin(found), nl=False)
        return
    say(found)
