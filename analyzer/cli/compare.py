"""`rebill baseline compare`."""

from collections.abc import Sequence
from pathlib import Path

import click

from analyzer.cli import exact
from analyzer.cli.compare_text import say, say_fee
from analyzer.cli.comparison import PATH, Comparison, comparison_options
from analyzer.contracts import baseline as baselines
from analyzer.contracts import verification as verifying
from analyzer.contracts.baseline import signing
from analyzer.contracts.fee import Settled, settle
from analyzer.contracts.files import write_whole


@click.command()
@click.argument("file", type=PATH)
@comparison_options(
    "A month (2026-10) or whole UTC days; again for later ones, for the true-up.", needed=True
)
@click.option("-o", "--output", type=PATH, help="Write the verification as JSON to a file.")
@click.option("--json", "as_json", is_flag=True, help="Print the verification as JSON.")
def compare(file: Path, comparison: Comparison, output: Path | None, *, as_json: bool) -> None:
    """Measure later periods against a baseline: what they would have cost, and who saved it.

    \b
    Example:
      rebill baseline compare baseline.json --period 2026-10 --measures measures.toml
      rebill baseline compare baseline.json --period 2026-09 --period 2026-10 --terms terms.toml
    """  # noqa: D301 - \b keeps click from joining the example's lines
    frozen = baselines.load(file)
    terms = comparison.fee_terms()
    signatures = signing.check(file, file.read_bytes())
    untrusted = comparison.untrusted(signatures)
    signed = signing.both_signed(signatures) and not untrusted
    found = comparison.verified(frozen, comparison.entered(), signed=signed)
    settled = settle([verifying.fee_period(one) for one in found], terms) if terms else ()
    papers = comparison.papers()
    told = exact.as_json(
        {"periods": found, "fee": settled, "papers": papers, "untrusted": untrusted}
    )
    if output is not None:
        write_whole(output, told.encode() + b"\n")
    if as_json:
        click.echo(told)
    else:
        _say(found, settled)
        for fault in untrusted:
            click.echo(f"signatures do not count: {fault}")
        for paper in papers:
            click.echo(f"by {paper.name}, sha256 {paper.value}")


def _say(found: Sequence[verifying.Verification], settled: Sequence[Settled]) -> None:
    for one in found:
        say(one)
    for statement in settled:
        say_fee(statement)
