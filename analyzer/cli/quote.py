"""`rebill quote`."""

from fractions import Fraction
from pathlib import Path

import click

from analyzer.cli import exact, printing
from analyzer.contracts import quote as quoting
from analyzer.contracts.yearly import yearly_savings

SCOPE = (
    "replay of the logged traffic, a baseline frozen before any change, monthly verification",
    "changes to routing, caching, batching and output length, with their quality gates",
)
EXCLUSIONS = (
    "vendor price changes, discounts and credits: never counted as savings",
    "usage that no log tells, and workloads without a baseline: no savings are claimed on them",
    "the client's own labour, and speculative decoding, which moves no invoice",
)


@click.command()
@click.option(
    "--fixed", required=True, callback=exact.dollars, help="Fixed fee for a year, dollars."
)
@click.option(
    "--share",
    required=True,
    callback=exact.number,
    help="Gainshare as a share of the savings, such as 0.2.",
)
@click.option("--cap", callback=exact.dollars, help="Most that the gainshare may come to, dollars.")
@click.option(
    "--p10",
    callback=exact.dollars,
    help="A year's savings that nine in ten outcomes exceed, dollars.",
)
@click.option(
    "--p50", callback=exact.dollars, help="A year's savings in the middle outcome, dollars."
)
@click.option(
    "--p90",
    callback=exact.dollars,
    help="A year's savings that one in ten outcomes exceeds, dollars.",
)
@click.option(
    "--savings-from",
    type=click.Path(dir_okay=False, path_type=Path),
    help="JSON of `rebill replay --json` (its daily savings taken to a year, with their "
    "interval), or a list of at least 100 draws of a year's savings in dollars.",
)
@click.option("--scope", multiple=True, help="A line of what is done; stands for the usual ones.")
@click.option(
    "--exclude",
    "exclusions",
    multiple=True,
    help="A line of what is not; stands for the usual ones.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the quote as JSON.")
def quote(  # noqa: PLR0913, PLR0917 - one argument an option
    fixed: Fraction,
    share: Fraction,
    cap: Fraction | None,
    p10: Fraction | None,
    p50: Fraction | None,
    p90: Fraction | None,
    savings_from: Path | None,
    scope: tuple[str, ...],
    exclusions: tuple[str, ...],
    *,
    as_json: bool,
) -> None:
    """Set a fixed fee beside a share of the savings: what the client keeps under each.

    \b
    Example:
      rebill quote --fixed 60000 --share 0.2 --cap 90000 --p10 150000 --p50 300000 --p90 450000
      rebill quote --fixed 60000 --share 0.2 --savings-from savings.json --json
    """  # noqa: D301 - \b keeps click from joining the example's lines
    offer = quoting.Offer(fixed, share, cap, scope or SCOPE, exclusions or EXCLUSIONS)
    given = (p10, p50, p90)
    found = quoting.quote(offer, _savings(given, savings_from))
    if as_json:
        click.echo(exact.as_json(found))
    else:
        say(found)


def say(found: quoting.Quote) -> None:
    """Print the quote as text."""
    offer, show = found.offer, printing.dollars
    cap = "no cap" if offer.cap is None else f"at most {show(offer.cap)}"
    click.echo(
        f"a year: fixed fee {show(offer.fixed)}, or {exact.told(offer.share)} of the savings, {cap}"
    )
    rows = [
        [row.name, show(row.saving), show(row.fixed_net), show(row.gainshare_fee),
         show(row.gainshare_net), row.cheaper or "the same"]
        for row in found.rows
    ]  # fmt: skip
    heads = ["savings", "", "net, fixed fee", "gainshare", "net, gainshare", "cheaper"]
    printing.table("", heads, rows)
    click.echo(f"the fixed fee is earned back from {show(found.even_fixed)} of savings")
    click.echo(
        "both cost the same at " + show(found.even_both)
        if found.even_both is not None
        else "the share never costs as much as the fixed fee"
    )
    if found.capped_from is not None:
        click.echo(f"the share stops growing at {show(found.capped_from)} of savings")
    zones = [
        [_zone(zone), zone.fixed, zone.gainshare, zone.cheaper or "the same",
         "" if zone.chance is None else f"{float(zone.chance):.1%}"]
        for zone in found.zones
    ]  # fmt: skip
    heads = ["savings from - to", "under a fixed fee", "under gainshare", "cheaper", "chance"]
    printing.table("", heads, zones)
    for title, lines in (("scope", offer.scope), ("not included", offer.exclusions)):
        for line in lines:
            click.echo(f"{title}: {printing.plain(line)}")


def _zone(zone: quoting.Zone) -> str:
    low = "below" if zone.low is None else printing.dollars(zone.low)
    high = "and above" if zone.high is None else printing.dollars(zone.high)
    return f"{low} - {high}"


def _savings(
    given: tuple[Fraction | None, Fraction | None, Fraction | None], path: Path | None
) -> quoting.Savings:
    p10, p50, p90 = given
    if path is not None and given == (None, None, None):
        return yearly_savings(path)
    if path is None and p10 is not None and p50 is not None and p90 is not None:
        return quoting.Savings(p10, p50, p90)
    raise click.UsageError("give --p10, --p50 and --p90 together, or --savings-from FILE alone")
