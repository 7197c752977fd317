"""`rebill report gainshare`."""

import shlex
from pathlib import Path

import click

from analyzer.cli.comparison import PATH, Comparison, comparison_options
from analyzer.cli.pages import write_page
from analyzer.contracts import baseline as baselines
from analyzer.contracts.baseline import signing
from analyzer.contracts.gainshare import Sheet, gather
from analyzer.results.gainshare import Gainshare


@click.command()
@click.option(
    "--baseline", "file", type=PATH, required=True, help="What `rebill baseline freeze` wrote."
)
@comparison_options(
    "A month or whole UTC days; again for later ones. Without it: the baseline report.",
    needed=False,
)
@click.option(
    "-o",
    "--output",
    type=PATH,
    default=Path("gainshare.html"),
    show_default=True,
    help="The HTML file; its JSON twin lies beside it.",
)
def gainshare(file: Path, comparison: Comparison, output: Path) -> None:
    """What savings are measured from and by which rules; with a period, what was saved.

    Without a period no store is read.

    \b
    Example:
      rebill report gainshare --baseline baseline.json --terms terms.toml -o gainshare.html
      rebill report gainshare --baseline baseline.json --period 2026-10 --terms terms.toml
    """  # noqa: D301 - \b keeps click from joining the example's lines
    frozen, sha256 = baselines.load(file)
    command = ("rebill", "report", "gainshare", "--baseline", file.name, *comparison.words())
    signatures = signing.check(file, file.read_bytes())
    sheet = Sheet(
        baseline=frozen,
        sha256=sha256,
        signatures=signatures,
        untrusted=comparison.untrusted(signatures),
        papers=comparison.papers(),
        terms=comparison.fee_terms(),
        register=comparison.entered(),
        command=shlex.join(command),
    )
    signed = signing.both_signed(signatures) and not sheet.untrusted
    found = gather(sheet, comparison.verified((frozen, sha256), sheet.register, signed=signed))
    for path in write_gainshare(found, output):
        click.echo(f"wrote {path} ({path.stat().st_size:,} bytes)")


def write_gainshare(found: Gainshare, output: Path) -> tuple[Path, Path]:
    """Write the page and its JSON twin."""
    from reports.gainshare import as_json, render

    return write_page(output, render(found), as_json(found))
