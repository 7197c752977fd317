"""`rebill baseline compare`."""

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import click

from analyzer.cli import exact
from analyzer.cli.compare_text import say, say_fee
from analyzer.cli.options import progress, store_option
from analyzer.cli.question import contract_option, read_policy
from analyzer.contracts import baseline as baselines
from analyzer.contracts import verification as verifying
from analyzer.contracts.baseline import signing
from analyzer.contracts.fee import Settled, load_terms, settle
from analyzer.contracts.files import write_whole
from analyzer.contracts.logged import whole_days
from analyzer.contracts.register import load_register
from analyzer.contracts.verification.pricing import PRICE_BASES
from analyzer.contracts.verification.scaling import VOLUME_BASES
from analyzer.policy import Policy
from analyzer.prices import Book
from analyzer.reconciled import Discount
from analyzer.store import Store

_PATH = click.Path(dir_okay=False, path_type=Path)


@click.command()
@click.argument("file", type=_PATH)
@store_option
@click.option(
    "--period",
    "periods",
    multiple=True,
    required=True,
    help="A month (2026-10) or whole UTC days; again for later ones, for the true-up.",
)
@click.option(
    "--price-basis",
    type=click.Choice(PRICE_BASES),
    default="reporting",
    show_default=True,
    help="As the contract says.",
)
@click.option(
    "--volume-basis",
    type=click.Choice(VOLUME_BASES),
    default="reporting",
    show_default=True,
    help="As the contract says.",
)
@click.option(
    "--growth",
    default="0",
    callback=exact.number,
    show_default=True,
    help="Growth over the baseline up to which `capped` counts all savings, such as 0.2.",
)
@click.option(
    "--measures",
    "measures_path",
    type=_PATH,
    help="What was rolled out when, calibrated ratios, quality gates, own costs (TOML).",
)
@click.option("--register", "register_path", type=_PATH, help="The register of adjustments (TOML).")
@click.option("--terms", type=_PATH, help="Fee terms (TOML); with them the fee is settled.")
@click.option(
    "--policy", "policy_path", type=_PATH, help="The policy file the baseline was frozen with."
)
@contract_option
@click.option("-o", "--output", type=_PATH, help="Write the verification as JSON to a file.")
@click.option("--json", "as_json", is_flag=True, help="Print the verification as JSON.")
def compare(  # noqa: PLR0913, PLR0917 - one argument an option
    file: Path,
    store: Path,
    periods: tuple[str, ...],
    price_basis: verifying.PriceBasis,
    volume_basis: verifying.VolumeBasis,
    growth: Fraction,
    measures_path: Path | None,
    register_path: Path | None,
    terms: Path | None,
    policy_path: Path | None,
    contract: tuple[Discount, ...],
    output: Path | None,
    *,
    as_json: bool,
) -> None:
    """Measure later periods against a baseline: what they would have cost, and who saved it.

    \b
    Example:
      rebill baseline compare baseline.json --period 2026-10 --measures measures.toml
      rebill baseline compare baseline.json --period 2026-09 --period 2026-10 --terms terms.toml
    """  # noqa: D301 - \b keeps click from joining the example's lines
    frozen, sha256 = baselines.load(file)
    asked = verifying.Asked(
        span=whole_days(periods[0]),
        price_basis=price_basis,
        volume_basis=volume_basis,
        growth=growth,
        measures=verifying.load_measures(measures_path) if measures_path else verifying.Measures(),
        register=load_register(register_path) if register_path else None,
        policy=read_policy(policy_path) or Policy.observed(),
        contract=contract,
        signed=signing.both_signed(signing.check(file, file.read_bytes())),
    )
    fee_terms = load_terms(terms)[0] if terms else None
    found = _compared(store, (frozen, sha256), asked, periods)
    settled = settle([verifying.fee_period(one) for one in found], fee_terms) if fee_terms else ()
    told = exact.as_json({"periods": found, "fee": settled})
    if output is not None:
        write_whole(output, told.encode() + b"\n")
    if as_json:
        click.echo(told)
    else:
        _say(found, settled)


def _say(found: Sequence[verifying.Verification], settled: Sequence[Settled]) -> None:
    for one in found:
        say(one)
    for statement in settled:
        say_fee(statement)


def _compared(
    store: Path,
    frozen: tuple[baselines.Baseline, str],
    asked: verifying.Asked,
    periods: Sequence[str],
) -> list[verifying.Verification]:
    found = []
    with Store.open(store) as opened:
        for period in periods:
            progress(f"verifying {period}")
            one = replace(asked, span=whole_days(period))
            found.append(verifying.compare(opened, Book.load(), *frozen, one))
    return found
