"""`rebill replay`."""

from pathlib import Path

import click

from analyzer.cli import printing
from analyzer.cli.options import progress, store_option
from analyzer.cli.question import contract_option, question_options, read_policy
from analyzer.prices import Book
from analyzer.reconciled import Discount
from analyzer.results import LEVERS, Foresight, Lever, LeverShare, Savings
from analyzer.savings import Prices, Question, analyse
from analyzer.store import Store
from analyzer.words import counted


@click.command()
@store_option
@question_options
@contract_option
@click.option(
    "--levers",
    callback=lambda _context, _option, text: _levers(text),
    help="Only these levers, comma-separated: output,routing,batch,caching.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def replay(  # noqa: PLR0913 - one argument an option
    store: Path,
    policy_path: Path | None,
    prices: Prices,
    title: str,
    contract: tuple[Discount, ...],
    levers: frozenset[Lever] | None,
    *,
    as_json: bool,
) -> None:
    """Replay the traffic under a policy and print what each lever is worth.

    \b
    Example:
      rebill replay --store traffic.duckdb --policy policy.toml --levers batch,caching
    """  # noqa: D301 - \b keeps click from joining the example's lines
    policy = read_policy(policy_path)
    with Store.open(store) as opened:
        question = Question(policy, prices, title, levers, contract)
        found = analyse(opened, Book.load(), question, progress)
    if as_json:
        from reports.savings import as_json as to_json

        click.echo(to_json(found), nl=False)
        return
    say(found)


def say(found: Savings) -> None:
    """Print the result as text."""
    click.echo(
        f"{found.title}: {counted(found.requests, 'request')}, {_period(found)}, "
        f"prices {found.prices}, policy {found.policy_name}"
    )
    click.echo(f"billed                {printing.dollars(found.billed)}")
    gap = found.calibration.total
    measured = (
        f"without losses {printing.percent(gap.error)} of input on {counted(gap.calls, 'call')}, "
        f"{gap.exact_calls:,} exact"
        if gap.calls
        else "not measured: no call outside a batch shows the structure of its prompt"
    )
    tested = found.calibration.back_test
    if tested is not None:
        measured = f"back-test {printing.percent(tested.mean_error)}; {measured}"
    click.echo(f"observed, replayed    {printing.dollars(found.observed)}   {measured}")
    click.echo(f"saving, E4 or better  {printing.dollars(found.saving)}")
    click.echo(f"potential, E5         {printing.dollars(found.potential)}")
    click.echo(_effective(found))
    _shares(found.levers)
    _foresight(found.foresight)
    _workloads(found)
    _lines(found)
    for item in found.unpriced:
        what = printing.plain(item.what)
        click.echo(f"unpriced: {what}: {counted(item.requests, 'request')}, {item.tokens:,} tokens")
    for warning in found.warnings:
        click.echo(f"note: {warning}")
    click.echo(f"method {found.method}, manifest {found.manifest}")


def _effective(found: Savings) -> str:
    paid = found.effective
    if paid is None:
        return "all at list price     no discount is known (--contract, or a cost report)"
    return (
        f"as paid               billed {printing.dollars(paid.billed)}, saving "
        f"{printing.dollars(paid.saving)}, potential {printing.dollars(paid.potential)}   "
        f"({paid.discounts[0].source})"
    )


def _period(found: Savings) -> str:
    if found.first_day == found.last_day:
        return found.first_day
    return f"{found.first_day} to {found.last_day}"


def _shares(shares: tuple[LeverShare, ...]) -> None:
    rows = [
        [
            share.lever,
            *map(
                printing.dollars,
                (share.in_order, share.fair_share, share.alone, share.added_last),
            ),
            share.grade or "not used",
        ]
        for share in shares
    ]
    heads = ["all lines together", "in order", "fair share", "alone", "added last", "grade"]
    printing.table("", heads, rows)


def _foresight(found: tuple[Foresight, ...]) -> None:
    rows = [
        [
            " + ".join(one.levers),
            printing.dollars(one.room),
            printing.dollars(one.saving),
            "no room" if one.captured is None else f"{float(one.captured):.1%}",
        ]
        for one in found
    ]
    heads = ["if every later call were known", "at most", "this policy", "captured"]
    printing.table("", heads, rows)


def _workloads(found: Savings) -> None:
    rows = [
        [
            f"{w.name} ({w.label})",
            f"{w.requests:,}",
            *map(printing.dollars, (w.billed, w.saving, w.potential)),
        ]
        for w in found.workloads
    ]
    printing.table("", ["workload", "requests", "billed", "saving", "potential"], rows)


def _lines(found: Savings) -> None:
    """Print the caching lines, whose ranges no table above shows."""
    for workload in found.workloads:
        for line in workload.lines:
            if line.lever == "caching":
                said = f"caching, {workload.name}: {line.change}: {line.basis}"
                click.echo(printing.plain(said))


def _levers(text: str | None) -> frozenset[Lever] | None:
    if text is None:
        return None
    names = {name.strip() for name in text.split(",") if name.strip()}
    unknown = names - set(LEVERS)
    if unknown or not names:
        given = ", ".join(sorted(unknown)) or "nothing"
        raise click.BadParameter(f"{given} is no lever; choose among {', '.join(LEVERS)}")
    return frozenset(lever for lever in LEVERS if lever in names)
