"""`rebill report gainshare`."""

import shlex
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import click

from analyzer.cli import exact
from analyzer.cli.options import progress, store_option
from analyzer.cli.pages import write_page
from analyzer.cli.question import contract_option, read_policy
from analyzer.contracts import baseline as baselines
from analyzer.contracts import verification as verifying
from analyzer.contracts.baseline import signing
from analyzer.contracts.fee import load_terms
from analyzer.contracts.gainshare import Sheet, gather
from analyzer.contracts.logged import whole_days
from analyzer.contracts.register import load_register
from analyzer.contracts.verification.pricing import PRICE_BASES
from analyzer.contracts.verification.scaling import VOLUME_BASES
from analyzer.gainshare_results import Gainshare
from analyzer.policy import Policy
from analyzer.prices import Book
from analyzer.reconciled import Discount
from analyzer.store import Store

_PATH = click.Path(dir_okay=False, path_type=Path)


@click.command()
@click.option(
    "--baseline", "file", type=_PATH, required=True, help="What `rebill baseline freeze` wrote."
)
@store_option
@click.option(
    "--period",
    "periods",
    multiple=True,
    help="A month or whole UTC days; again for later ones. Without it: the baseline report.",
)
@click.option("--price-basis", type=click.Choice(PRICE_BASES), default="reporting")
@click.option("--volume-basis", type=click.Choice(VOLUME_BASES), default="reporting")
@click.option(
    "--growth", default="0", callback=exact.number, help="For the capped volume basis, such as 0.2."
)
@click.option("--measures", type=_PATH, help="Rollouts, ratios, quality gates, own costs (TOML).")
@click.option("--register", type=_PATH, help="The register of adjustments (TOML).")
@click.option("--terms", type=_PATH, help="Fee terms (TOML).")
@click.option("--policy", type=_PATH, help="The policy file the baseline was frozen with.")
@contract_option
@click.option(
    "-o",
    "--output",
    type=_PATH,
    default=Path("gainshare.html"),
    show_default=True,
    help="The HTML file; its JSON twin lies beside it.",
)
def gainshare(  # noqa: PLR0913 - one argument an option
    *,
    file: Path,
    store: Path,
    periods: tuple[str, ...],
    price_basis: verifying.PriceBasis,
    volume_basis: verifying.VolumeBasis,
    growth: Fraction,
    measures: Path | None,
    register: Path | None,
    terms: Path | None,
    policy: Path | None,
    contract: tuple[Discount, ...],
    output: Path,
) -> None:
    """What savings are measured from and by which rules; with a period, what was saved.

    Without a period no store is read.

    \b
    Example:
      rebill report gainshare --baseline baseline.json --terms terms.toml -o gainshare.html
      rebill report gainshare --baseline baseline.json --period 2026-10 --terms terms.toml
    """  # noqa: D301 - \b keeps click from joining the example's lines
    frozen, sha256 = baselines.load(file)
    signatures = signing.check(file, file.read_bytes())
    entered = load_register(register) if register else None
    named = {"--measures": measures, "--register": register, "--terms": terms, "--policy": policy}
    sheet = Sheet(
        baseline=frozen,
        sha256=sha256,
        signatures=signatures,
        terms=load_terms(terms)[0] if terms else None,
        register=entered,
        command=shlex.join(_command(file, store, periods, (price_basis, volume_basis), named)),
    )
    asked = [
        verifying.Asked(
            span=whole_days(period),
            price_basis=price_basis,
            volume_basis=volume_basis,
            growth=growth,
            measures=verifying.load_measures(measures) if measures else verifying.Measures(),
            register=entered,
            policy=read_policy(policy) or Policy.observed(),
            contract=contract,
            signed=signing.both_signed(signatures),
        )
        for period in periods
    ]
    found = gather(sheet, _verified(store, sheet, asked) if asked else ())
    for path in write_gainshare(found, output):
        click.echo(f"wrote {path} ({path.stat().st_size:,} bytes)")


def write_gainshare(found: Gainshare, output: Path) -> tuple[Path, Path]:
    """Write the page and its JSON twin."""
    from reports.gainshare import as_json, render

    return write_page(output, render(found), as_json(found))


def _verified(
    store: Path, sheet: Sheet, asked: Sequence[verifying.Asked]
) -> list[verifying.Verification]:
    found = []
    with Store.open(store) as opened:
        for one in asked:
            progress(f"verifying {one.span}")
            found.append(verifying.compare(opened, Book.load(), sheet.baseline, sheet.sha256, one))
    return found


def _command(
    file: Path,
    store: Path,
    periods: Sequence[str],
    bases: tuple[str, str],
    named: dict[str, Path | None],
) -> Iterator[str]:
    """What repeats the page; files by their names, so that no folder of a machine is told."""
    yield from ("rebill", "report", "gainshare", "--baseline", file.name)
    if periods:
        yield from ("--store", store.name)
        for period in periods:
            yield from ("--period", period)
        yield from ("--price-basis", bases[0], "--volume-basis", bases[1])
    for option, path in named.items():
        if path is not None:
            yield from (option, path.name)
