"""What `rebill baseline compare` and `rebill report gainshare` both ask, and the comparison."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from fractions import Fraction
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import click

from analyzer.cli import exact
from analyzer.cli.options import progress, store_option
from analyzer.cli.question import read_contract, read_policy
from analyzer.contracts import verification as verifying
from analyzer.contracts.baseline import Baseline, signing
from analyzer.contracts.commitment import Rule, read_promised, rule_of
from analyzer.contracts.exact_text import exact_text
from analyzer.contracts.fee import FeeTerms, load_terms
from analyzer.contracts.files import sha256_of
from analyzer.contracts.logged import Span, whole_days
from analyzer.contracts.register import Register, load_register
from analyzer.contracts.verification.pricing import PRICE_BASES
from analyzer.contracts.verification.scaling import VOLUME_BASES
from analyzer.policy import Policy
from analyzer.prices import Book
from analyzer.reconciled import Discount
from analyzer.results.baseline import Named
from analyzer.store import Store

PATH = click.Path(dir_okay=False, path_type=Path)
_FILES = ("measures", "register", "terms", "policy", "contract")
_Command = TypeVar("_Command", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Comparison:
    """Periods and the terms of the contract that they are compared by; files by their paths."""

    store: Path
    period: tuple[str, ...]
    price_basis: verifying.PriceBasis
    volume_basis: verifying.VolumeBasis
    growth: Fraction
    measures: Path | None
    register: Path | None
    terms: Path | None
    policy: Path | None
    contract: Path | None
    trust: tuple[str, ...]

    def fee_terms(self) -> FeeTerms | None:
        """Load the terms where a file is named."""
        return load_terms(self.terms)[0] if self.terms else None

    def entered(self) -> Register | None:
        """Load the register where a file is named."""
        return load_register(self.register) if self.register else None

    def papers(self) -> tuple[Named, ...]:
        """Give the SHA-256 of the price book and of each file named, files without their folder."""
        named = ((name, getattr(self, name)) for name in _FILES)
        files = (
            Named(f"{name}, {path.name}", sha256_of(path))
            for name, path in named
            if path is not None
        )
        return (book_paper(Book.load()), *files)

    def untrusted(self, signatures: tuple[signing.Signature, ...]) -> tuple[str, ...]:
        """Say why the signatures are not those of the keys asked for."""
        return signing.only_by(signatures, self.trust)

    def verified(
        self, frozen: tuple[Baseline, str], register: Register | None, *, signed: bool
    ) -> list[verifying.Verification]:
        """Verify the periods; none is read from the store where none is named."""
        spans = [whole_days(text) for text in self.period]
        discounts, rule = self._contract()
        if not spans:
            return []
        asked = replace(
            self._asked(spans[0], register, signed=signed), contract=discounts, cash=rule
        )
        with Store.open(self.store) as opened:
            book = Book.load()
            return list(verifying.compare_in_order(opened, book, frozen, asked, _told(spans)))

    def words(self) -> Iterator[str]:
        """What repeats it; files by their names, so that no folder of a machine is told."""
        if self.period:
            yield from ("--store", self.store.name)
            for period in self.period:
                yield from ("--period", period)
            yield from ("--price-basis", self.price_basis, "--volume-basis", self.volume_basis)
            if self.growth:
                yield from ("--growth", exact_text(self.growth))
        for name in _FILES:
            path = getattr(self, name)
            if path is not None:
                yield from (f"--{name}", path.name)
        for key in self.trust:
            yield from ("--trust", key)

    def _asked(self, span: Span, register: Register | None, *, signed: bool) -> verifying.Asked:
        return verifying.Asked(
            span=span,
            price_basis=self.price_basis,
            volume_basis=self.volume_basis,
            growth=self.growth,
            measures=verifying.load_measures(self.measures)
            if self.measures
            else verifying.Measures(),
            register=register,
            policy=read_policy(self.policy) or Policy.observed(),
            signed=signed,
        )

    def _contract(self) -> tuple[tuple[Discount, ...], Rule]:
        if self.contract is None:
            return (), verifying.NO_CONTRACT
        discounts = read_contract(self.contract)
        return discounts, rule_of(read_promised(self.contract), discounts)


def book_paper(book: Book) -> Named:
    """Name the price book that a comparison is made by; it may be later than the baseline's."""
    return Named(f"price book, {book.version}", book.sha256)


_OPTIONS = (
    click.option(
        "--price-basis",
        type=click.Choice(PRICE_BASES),
        default="reporting",
        show_default=True,
        help="As the contract says.",
    ),
    click.option(
        "--volume-basis",
        type=click.Choice(VOLUME_BASES),
        default="reporting",
        show_default=True,
        help="As the contract says.",
    ),
    click.option(
        "--growth",
        default="0",
        callback=exact.number,
        show_default=True,
        help="Growth over the baseline up to which `capped` counts all savings, such as 0.2.",
    ),
    click.option(
        "--measures",
        type=PATH,
        help="What was rolled out when, calibrated ratios, quality gates, own costs (TOML).",
    ),
    click.option("--register", type=PATH, help="The register of adjustments (TOML)."),
    click.option("--terms", type=PATH, help="Fee terms (TOML); with them the fee is settled."),
    click.option("--policy", type=PATH, help="The policy file the baseline was frozen with."),
    click.option(
        "--contract",
        type=PATH,
        help="Negotiated discounts, and the commit that cash is worked out by (TOML, see"
        " docs/gainshare.md).",
    ),
    click.option(
        "--trust",
        multiple=True,
        help="Fingerprint of a key that must have signed the baseline; no other key counts then.",
    ),
)


def comparison_options(periods: str, *, needed: bool) -> Callable[[_Command], _Command]:
    """Add what a comparison asks; the command takes it as `comparison`."""
    period = click.option("--period", multiple=True, required=needed, help=periods)

    def add(command: _Command) -> _Command:
        @wraps(command)
        def asked(*words: Any, **given: Any) -> Any:
            own = {one.name: given.pop(one.name) for one in fields(Comparison)}
            return command(*words, comparison=Comparison(**own), **given)

        found: Any = asked
        for option in reversed((store_option, period, *_OPTIONS)):
            found = option(found)
        return found  # type: ignore[no-any-return]  # the options stay

    return add


def _told(spans: list[Span]) -> Iterator[Span]:
    for span in spans:
        progress(f"verifying {span}")
        yield span
