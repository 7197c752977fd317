"""List dollars beside effective dollars, and the match with the vendor's own reports."""

from dataclasses import dataclass
from fractions import Fraction

from analyzer.reconciled import Discount, Gap, Match, Reconciliation, above_list
from analyzer.results import Savings
from reports.numbers import Amount, Unit, amount, count, percent, unit_for
from reports.totals import Totals

LEVELS = {
    "L0": "logged tokens, usage report",
    "L1": "our list prices, the vendor's amounts",
    "L2": "the vendor's charges, invoice",
}


@dataclass(frozen=True, slots=True)
class PaidRow:
    """One figure of the report at list and as paid."""

    name: str
    at_list: Amount
    paid: Amount


@dataclass(frozen=True, slots=True)
class DiscountRow:
    """What is off one model's list price, and where that is known from."""

    model: str
    off: str
    source: str


@dataclass(frozen=True, slots=True)
class PaidRows:
    """The report's figures twice, and the discounts between them."""

    rows: tuple[PaidRow, ...]
    saving: Amount
    billed: Amount
    discounts: tuple[DiscountRow, ...]


@dataclass(frozen=True, slots=True)
class MatchRow:
    """One comparison as it is printed."""

    level: str
    what: str
    ours: str
    theirs: str
    apart: str
    verdict: str
    note: str


@dataclass(frozen=True, slots=True)
class GapRow:
    """One cell that differs."""

    gap: Gap
    logged: str
    reported: str
    worth: Amount


@dataclass(frozen=True, slots=True)
class Matched:
    """The reconciliation as it is printed."""

    found: Reconciliation
    rows: tuple[MatchRow, ...]
    gaps: tuple[GapRow, ...]
    coverage: str | None
    missing: Amount | None
    beyond: Amount | None
    above: tuple[str, ...]
    """What is charged above the list price, in words: no discount, and in no dollar as paid."""


def paid_of(savings: Savings, totals: Totals) -> PaidRows | None:
    """Bill, replay, saving, projected bill and potential, each at list and as paid."""
    paid = savings.effective
    if paid is None:
        return None
    unit = totals.unit
    pairs = (
        ("Billed", savings.billed, paid.billed),
        ("As it was, replayed", savings.observed, paid.observed),
        ("Saving", savings.saving, paid.saving),
        ("Projected bill", savings.after, paid.after),
        ("Potential (E5)", savings.potential, paid.potential),
    )
    return PaidRows(
        rows=tuple(PaidRow(name, amount(a, unit), amount(b, unit)) for name, a, b in pairs),
        saving=amount(paid.saving, unit),
        billed=amount(paid.billed, unit),
        discounts=tuple(map(_discount, paid.discounts)),
    )


def matched_of(savings: Savings, totals: Totals) -> Matched | None:
    """Months of each level, the dearest gaps, and how much the logs cover."""
    return match_rows(savings.reconciliation, totals.unit)


def match_rows(found: Reconciliation | None, unit: Unit) -> Matched | None:
    """The same for any page that prints a reconciliation."""
    if found is None:
        return None
    cover = found.coverage
    share = cover.share if cover else None
    return Matched(
        found=found,
        rows=tuple(_match(match) for level in LEVELS for match in found.months(level)),
        gaps=tuple(_gap(gap) for gap in found.gaps),
        coverage=None if share is None else percent(share),
        missing=amount(cover.missing, unit) if cover else None,
        beyond=amount(cover.beyond, unit) if cover else None,
        above=tuple(
            f"{one.model}: charged {percent(-one.share)} above list ({one.source})"
            for one in above_list(found.discounts)
        ),
    )


def _discount(one: Discount) -> DiscountRow:
    name = "every other model" if one.model == "*" else one.model
    return DiscountRow(name, percent(one.share), one.source)


def _match(match: Match) -> MatchRow:
    ours = _shown(match.low, match.unit)
    if match.low != match.high:
        ours = f"{ours} to {_shown(match.high, match.unit)}"
    return MatchRow(
        level=f"{match.level}: {LEVELS[match.level]}",
        what=match.what,
        ours=ours,
        theirs=_shown(match.theirs, match.unit),
        apart="" if match.share is None else percent(match.share, signed=True),
        verdict=match.verdict,
        note=match.note,
    )


def _gap(gap: Gap) -> GapRow:
    worth = amount(gap.pico, unit_for(abs(gap.pico)), signed=True)
    return GapRow(gap, count(gap.logged_tokens), count(gap.reported_tokens), worth)


def _shown(value: Fraction, unit: str) -> str:
    return count(int(value)) if unit == "tokens" else amount(value, Unit(2)).text
