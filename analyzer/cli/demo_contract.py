"""The demo's gainshare: a second invented company's baseline, signed, and two verified months."""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import click

from analyzer.cli.comparison import book_paper
from analyzer.cli.gainshare import write_gainshare
from analyzer.cli.question import read_contract
from analyzer.contracts import baseline as baselines
from analyzer.contracts import verification as verifying
from analyzer.contracts.baseline import signing
from analyzer.contracts.commitment import read_promised, rule_of
from analyzer.contracts.fee import FeePeriod, FeeTerms, load_terms, settle
from analyzer.contracts.files import sha256_of, write_whole
from analyzer.contracts.gainshare import Sheet, gather
from analyzer.contracts.logged import whole_days
from analyzer.contracts.register import load_register
from analyzer.errors import ContractError, InputError
from analyzer.ingest import ingest
from analyzer.prices import Book
from analyzer.results.baseline import Named
from analyzer.store import Store

TITLE = "Tidewell Freight (synthetic; not the company of the other reports)"
BASELINE = "2026-07-06..2026-08-30"
PERIODS = ("2026-09", "2026-10")
STORE = "contract.duckdb"
STATIC = ("all traffic goes through the recorder", "the handbook stays one file")
SIGNERS = ("Tidewell Freight (synthetic)", "Lowmark Advisers (synthetic)")
_LOGS = ("logs", "vendor/usage_report.json.gz", "vendor/cost_report.json.gz")
_INVOICES = tuple(f"vendor/invoice_2026-{month}.json" for month in ("07", "08", "09", "10"))
_PAPERS = ("measures", "register", "terms", "contract")
_PKCS8 = bytes.fromhex("302e020100300506032b657004220420")
"""What stands before an Ed25519 key's 32 bytes in its DER form (RFC 8410, section 7)."""


def write_contract(samples: Path, out: Path, book: Book) -> tuple[Path, ...]:
    """Freeze, sign, verify, compare and settle; give the files written."""
    folder = samples / "contract"
    store = out / STORE
    with Store.open(store, create=True) as opened:
        _tell("taking in the contract's sample, of a second invented company")
        intake = ingest([str(folder / part) for part in (*_LOGS, *_INVOICES)], opened)
        if intake.failed:
            raise InputError(f"{folder}: {intake.complaints[0]}; restore the sample logs")
        path, signatures = _freeze(opened, book, out)
        pages = _page(opened, book, path, folder, signatures)
    return store, path, *pages


def _freeze(store: Store, book: Book, out: Path) -> tuple[Path, tuple[signing.Signature, ...]]:
    ask = baselines.Ask(whole_days(BASELINE), TITLE, static_factors=STATIC)
    path = out / "baseline.json"
    raw = baselines.to_bytes(baselines.freeze(store, book, ask))
    write_whole(path, raw)
    signing.signature_path(path).unlink(missing_ok=True)
    try:
        for signer in SIGNERS:
            signed = signing.sign(raw, _key(out, signer), signer, signing.stored(path))
            write_whole(signing.signature_path(path), signed)
        signatures = signing.check(path, raw)
    except ContractError as error:
        _tell(f"the baseline stays unsigned: {error}")
        signatures = ()
    remade = baselines.freeze(store, book, ask)
    same = not baselines.verify(baselines.load(path)[0], remade)
    _tell(
        f"{path.name}: {'made anew, the same bytes' if same else 'made anew, and it differs'};"
        f" {len(signatures)} signatures, {sum(one.holds for one in signatures)} hold"
    )
    return path, signatures


def _key(out: Path, signer: str) -> Path:
    """Write a signer's key; whoever reads this line can make it, so it proves nothing."""
    secret = hashlib.sha256(f"rebill demo key of {signer}: NOT SECRET".encode()).digest()
    text = base64.b64encode(_PKCS8 + secret).decode()
    path = out / f"demo_key_NOT_SECRET_{signer.split(maxsplit=1)[0].lower()}.pem"
    pem = f"-----BEGIN PRIVATE KEY-----\n{text}\n-----END PRIVATE KEY-----\n"
    write_whole(path, pem.encode())
    return path


def _page(
    store: Store,
    book: Book,
    path: Path,
    folder: Path,
    signatures: tuple[signing.Signature, ...],
) -> tuple[Path, Path]:
    frozen, sha256 = baselines.load(path)
    contract = folder / "contract.toml"
    discounts = read_contract(contract)
    asked = verifying.Asked(
        span=whole_days(PERIODS[0]),
        measures=verifying.load_measures(folder / "measures.toml"),
        register=load_register(folder / "register.toml"),
        contract=discounts,
        cash=rule_of(read_promised(contract), discounts),
        signed=signing.both_signed(signatures),
    )
    found = []
    for period in PERIODS:
        one = replace(asked, span=whole_days(period))
        found.append(verifying.compare(store, book, frozen, sha256, one))
    terms = load_terms(folder / "terms.toml")[0]
    sheet = Sheet(
        baseline=frozen,
        sha256=sha256,
        signatures=signatures,
        terms=terms,
        register=asked.register,
        papers=(
            book_paper(book),
            *(
                Named(f"{name}, {name}.toml", sha256_of(folder / f"{name}.toml"))
                for name in _PAPERS
            ),
        ),
        command=_command(path),
    )
    _tell_unsigned([verifying.fee_period(replace(one, signed=False)) for one in found], terms)
    return write_gainshare(gather(sheet, found), path.with_name("gainshare.html"))


def _tell_unsigned(periods: Sequence[FeePeriod], terms: FeeTerms) -> None:
    """Say what becomes of the fee without the signatures."""
    why = "; ".join(sorted({reason for one in settle(periods, terms) for reason in one.refused}))
    _tell(f"unsigned, both months' fee would be refused: {why}")


def _tell(text: str) -> None:
    click.echo(text, err=True)


def _command(path: Path) -> str:
    """What repeats the page from the source tree, with its outputs in `out`."""
    periods = " ".join(f"--period {one}" for one in PERIODS)
    files = " ".join(f"--{name} sample_logs/contract/{name}.toml" for name in _PAPERS)
    inputs = f"--baseline out/{path.name} --store out/{STORE}"
    return f"rebill report gainshare {inputs} {periods} {files}"
