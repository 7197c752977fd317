"""`rebill baseline`."""

from datetime import date
from pathlib import Path

import click

from analyzer.cli import exact, printing
from analyzer.cli.baseline_text import findings, say, signatures
from analyzer.cli.compare import compare
from analyzer.cli.options import progress, store_option
from analyzer.cli.question import contract_option, read_policy
from analyzer.contracts import baseline as baselines
from analyzer.contracts.baseline import signing
from analyzer.contracts.files import write_whole
from analyzer.contracts.logged import Covered, whole_days
from analyzer.errors import ContractError
from analyzer.policy import Policy
from analyzer.prices import Book
from analyzer.reconciled import Discount
from analyzer.store import Store

_POLICY = click.option(
    "--policy",
    "policy_path",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Policy file whose rules name workloads; its levers are not used.",
)
_SIGNER = click.option("--signer", default="consultant", show_default=True, help="Who signs.")
_FILE = click.argument("file", type=click.Path(dir_okay=False, path_type=Path))


@click.group()
def baseline() -> None:
    """Freeze a baseline, verify it, and measure a later period against it.

    \b
    Example:
      rebill baseline freeze --period 2026-08-03..2026-08-30 -o baseline.json
      rebill baseline verify baseline.json
      rebill baseline compare baseline.json --period 2026-10 --terms terms.toml
    """  # noqa: D301 - \b keeps click from joining the example's lines


baseline.add_command(compare)


@baseline.command()
@store_option
@click.option("--period", required=True, help="Whole UTC days, such as 2026-08-03..2026-08-30.")
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("baseline.json"),
    show_default=True,
    help="The file to write.",
)
@_POLICY
@contract_option
@click.option("--title", default="Claude traffic", show_default=True, help="Whose traffic this is.")
@click.option("--exclude", "excluded", multiple=True, help="A day that is in no figure.")
@click.option(
    "--static-factor", "static", multiple=True, help="What is taken to stay as it is, in words."
)
@click.option(
    "--workspace", "workspaces", multiple=True, help="Covered by the contract; without it, all are."
)
@click.option(
    "--workload", "workloads", multiple=True, help="Covered by the contract; without it, all are."
)
@click.option("--seed", default=1, show_default=True, help="Kept in the manifest.")
@click.option(
    "--sign",
    "key",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Sign with this Ed25519 key (PEM).",
)
@_SIGNER
def freeze(  # noqa: PLR0913, PLR0917 - one argument an option
    store: Path,
    period: str,
    output: Path,
    policy_path: Path | None,
    contract: tuple[Discount, ...],
    title: str,
    excluded: tuple[str, ...],
    static: tuple[str, ...],
    workspaces: tuple[str, ...],
    workloads: tuple[str, ...],
    seed: int,
    key: Path | None,
    signer: str,
) -> None:
    """Freeze a period: what it cost, how it was sent, and whether that suffices for a fee.

    \b
    Example:
      rebill baseline freeze --period 2026-08-03..2026-08-30 --policy policy.toml -o baseline.json
    """  # noqa: D301 - \b keeps click from joining the example's lines
    ask = baselines.Ask(
        whole_days(period),
        title,
        read_policy(policy_path) or Policy.observed(),
        contract,
        tuple(map(_day, excluded)),
        static,
        seed,
        Covered(tuple(sorted(workspaces)), tuple(sorted(workloads))),
    )
    progress("reading what was billed")
    with Store.open(store) as opened:
        found = baselines.freeze(opened, Book.load(), ask)
    raw = baselines.to_bytes(found)
    _keep_signed(output, raw)
    signed = None if key is None else signing.sign(raw, key, signer, signing.held(output, raw))
    write_whole(output, raw)
    if signed is not None:
        write_whole(signing.signature_path(output), signed)
    say(found, raw, output)
    if signed is not None:
        signatures(signing.check(output, raw))


@baseline.command()
@_FILE
@click.option(
    "--key",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="Ed25519 key (PEM).",
)
@_SIGNER
def sign(file: Path, key: Path, signer: str) -> None:
    """Add a signature beside a baseline; both parties sign the same bytes.

    \b
    Example:
      rebill baseline sign baseline.json --key client.pem --signer client
    """  # noqa: D301 - \b keeps click from joining the example's lines
    baselines.load(file)
    raw = file.read_bytes()
    signed = signing.sign(raw, key, signer, signing.stored(file))
    write_whole(signing.signature_path(file), signed)
    signatures(signing.check(file, raw))


@baseline.command()
@_FILE
@store_option
@_POLICY
@contract_option
@click.option("--sha256", help="The SHA-256 that people signed off; another file fails.")
@click.option(
    "--trust",
    "trusted",
    multiple=True,
    help="Fingerprint of a key that must have signed; with it every other key fails.",
)
@click.option("--json", "as_json", is_flag=True, help="Print what differs as JSON.")
@click.pass_context
def verify(  # noqa: PLR0913, PLR0917 - one argument an option
    context: click.Context,
    file: Path,
    store: Path,
    policy_path: Path | None,
    contract: tuple[Discount, ...],
    sha256: str | None,
    trusted: tuple[str, ...],
    *,
    as_json: bool,
) -> None:
    """Make a baseline anew from store, book and rules: the same bytes, or what differs by name.

    Give the --policy and --contract that it was frozen with. Exit 1 where anything differs.

    \b
    Example:
      rebill baseline verify baseline.json --store traffic.duckdb --policy policy.toml
    """  # noqa: D301 - \b keeps click from joining the example's lines
    frozen = baselines.read_frozen(file)
    ask = baselines.asked_by(frozen, read_policy(policy_path) or Policy.observed(), contract)
    progress("making the baseline anew")
    differs = baselines.verify_file(frozen, _remade(store, ask, frozen))
    signed = signing.check(file, frozen.raw)
    faults = signing.only_by(signed, trusted)
    if sha256 not in {None, frozen.sha256}:
        faults = (f"the file has sha256 {frozen.sha256}, not the {sha256} given", *faults)
    if as_json:
        told = {"baseline": frozen.sha256, "differs": differs, "signatures": signed}
        click.echo(exact.as_json({**told, "faults": faults}))
    else:
        findings(differs, frozen.sha256)
        signatures(signed, faults)
    held = all(one.holds for one in signed)
    context.exit(0 if held and not differs and not faults else 1)


def _remade(store: Path, ask: baselines.Ask, frozen: baselines.Frozen) -> baselines.Baseline:
    try:
        with Store.open(store) as opened:
            return baselines.freeze(opened, Book.load(), ask)
    except ContractError as error:
        if frozen.fault:
            raise ContractError(f"{frozen.fault}; as it stands: {error}") from error
        raise


def _keep_signed(output: Path, raw: bytes) -> None:
    """Refuse to put another baseline where a signed one stands."""
    if not output.is_file() or not signing.signature_path(output).exists():
        return
    if output.read_bytes() != raw:
        raise ContractError(
            f"{output}: another baseline stands there with signatures beside it; give another"
            f" name (-o), or take it and {signing.signature_path(output).name} away first"
        )


def _day(text: str) -> date:
    span = whole_days(text)
    if span.count != 1:
        raise ContractError(f"--exclude {printing.plain(text)}: give single days")
    return span.first_day
