"""`rebill bridge`."""

from pathlib import Path

import click

from analyzer.cli import exact, printing
from analyzer.cli.options import progress, store_option
from analyzer.cli.question import contract_option, read_policy
from analyzer.contracts import bridge as bridging
from analyzer.contracts.crossing_logs import Ends, bridge_logs
from analyzer.prices import Book
from analyzer.reconciled import Discount
from analyzer.words import counted


@click.command()
@click.argument("earlier", metavar="A")
@click.argument("later", metavar="B")
@store_option
@click.option(
    "--order",
    type=click.Choice(["review", "gainshare"]),
    default="review",
    show_default=True,
    help="Order of record: a spend review's, or a gainshare's (what no lever moves comes first).",
)
@click.option(
    "--policy",
    "policy_path",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Policy file whose rules name workloads.",
)
@contract_option
@click.option("--json", "as_json", is_flag=True, help="Print the bridge as JSON.")
def bridge(  # noqa: PLR0913 - one argument an option
    earlier: str,
    later: str,
    store: Path,
    order: str,
    policy_path: Path | None,
    contract: tuple[Discount, ...],
    *,
    as_json: bool,
) -> None:
    """Say why one period's bill differs from another's: nine parts that add up to the cent.

    A and B are periods of one store (2026-08, or 2026-08-01..2026-08-28, whole UTC days), or two
    stores, each over all its days.

    \b
    Example:
      rebill bridge 2026-08 2026-09 --store traffic.duckdb
      rebill bridge august.duckdb september.duckdb --json
    """  # noqa: D301 - \b keeps click from joining the example's lines
    progress("reading what was billed")
    record = bridging.GAINSHARE_ORDER if order == "gainshare" else bridging.FACTORS
    ends = bridge_logs(
        (earlier, later), store, Book.load(), read_policy(policy_path), contract, record
    )
    if as_json:
        click.echo(exact.as_json(ends))
    else:
        say(ends)


def say(found: Ends) -> None:
    """Print the bridge as text."""
    made = found.bridge
    parts = made.attribution.parts
    ends = (made.before, made.after)
    ordered, fair = (
        printing.between(*ends, [*column, made.fees])
        for column in ([p.in_order for p in parts], [p.fair for p in parts])
    )
    click.echo(f"{_days(made.before_days)}: {printing.dollars(printing.whole_cents(made.before))}")
    rows = [
        [part.cause.replace("_", " "), *texts,
         printing.dollars(part.first_in), printing.dollars(part.last_in)]
        for part, *texts in zip(parts, ordered, fair, strict=False)
    ]  # fmt: skip
    rows.append(["fees (web search)", ordered[-1], fair[-1], "", ""])
    heads = ["from there", "in order", "fair share", "alone", "added last"]
    printing.table("", heads, rows)
    after, before = (printing.whole_cents(one) for one in (made.after, made.before))
    click.echo(
        f"{_days(made.after_days)}: {printing.dollars(after)}"
        f"   ({printing.dollars(after - before)})"
    )
    if made.attribution.remark:
        click.echo(f"note: {made.attribution.remark}")
    for name, bar in (("new", made.new), ("retired", made.retired)):
        if bar.workloads:
            names = printing.plain(", ".join(bar.workloads))
            words = f"{printing.dollars(bar.in_order)} of the workload mix"
            click.echo(f"{name} workloads: {names}: {words}")
    why = made.check.why_not
    click.echo(f"logarithmic means: {why}" if why else "logarithmic means: see --json")
    for side, lost in (("A", found.before_unpriced), ("B", found.after_unpriced)):
        for one in lost:
            words = f"{counted(one.requests, 'request')}, {one.tokens:,} tokens"
            click.echo(f"unpriced in {side}: {printing.plain(one.what)}: {words}")
    if found.timeless:
        click.echo(f"{counted(found.timeless, 'call')} without a day: in no figure")


def _days(days: tuple[object, object]) -> str:
    return f"{days[0]} to {days[1]}"
