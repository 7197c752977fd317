"""`rebill report`."""

from pathlib import Path

import click

from analyzer.cli.options import progress, store_option
from analyzer.cli.question import contract_option, question_options, read_policy
from analyzer.errors import InputError
from analyzer.prices import Book
from analyzer.reconciled import Discount
from analyzer.results import Savings
from analyzer.savings import Prices, Question, analyse
from analyzer.store import Store


@click.group()
def report() -> None:
    """Write a report as one self-contained HTML file, with its JSON twin.

    \b
    Example:
      rebill report savings --store traffic.duckdb -o savings.html
    """  # noqa: D301 - \b keeps click from joining the example's lines


@report.command()
@store_option
@question_options
@contract_option
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("savings.html"),
    show_default=True,
    help="The HTML file; its JSON twin lies beside it.",
)
def savings(
    store: Path,
    policy_path: Path | None,
    prices: Prices,
    title: str,
    contract: tuple[Discount, ...],
    output: Path,
) -> None:
    """What the same traffic could have cost, lever by lever, with its proof.

    \b
    Example:
      rebill report savings --store traffic.duckdb --policy policy.toml -o savings.html
    """  # noqa: D301 - \b keeps click from joining the example's lines
    with Store.open(store) as opened:
        question = Question(read_policy(policy_path), prices, title, contract=contract)
        found = analyse(opened, Book.load(), question, progress)
    for path in write(found, output):
        click.echo(f"wrote {path} ({path.stat().st_size:,} bytes)")


def write(found: Savings, output: Path) -> tuple[Path, Path]:
    """Write the page and its JSON twin; a half-written file never stays under the final name."""
    from reports.savings import as_json, render

    output.parent.mkdir(parents=True, exist_ok=True)
    twin = output.with_suffix(".json")
    if twin == output:
        raise InputError(
            f"{output}: ends like its JSON twin; name the page, for example savings.html"
        )
    for path in (output, twin):
        if path.exists() and not path.is_file():
            raise InputError(f"{path}: is no ordinary file; name a new file with -o")
    for path, text in ((output, render(found)), (twin, as_json(found))):
        part = path.with_name(path.name + ".part")
        try:
            part.write_text(text, encoding="utf-8")
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
    return output, twin
