"""The review of one month, put together from a savings analysis and the bill."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import astuple, dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from analyzer.billing import PriceBasis
from analyzer.contracts.bridge import Observed, observed
from analyzer.contracts.commitment import Commitment
from analyzer.contracts.owners import Owners
from analyzer.contracts.register import Register, touching
from analyzer.contracts.review.actions import changes, upkeep
from analyzer.contracts.review.commitment import burn_down
from analyzer.contracts.review.crossings import crossing, movers
from analyzer.contracts.review.economics import allocation, units, weeks, whole_weeks
from analyzer.contracts.review.landing import forecast
from analyzer.contracts.review.levers import progress, workload_worth
from analyzer.contracts.review.months import DAY, Span, month_days, name_of, span_of
from analyzer.contracts.review.registers import assumptions, owned
from analyzer.contracts.review.spending import logged_days, spending
from analyzer.contracts.review.watching import watch
from analyzer.errors import ContractError
from analyzer.prices import Book
from analyzer.reconciliation import shares
from analyzer.results import Pico, Savings
from analyzer.results.review import Crossing, Review
from analyzer.savings import Examined
from analyzer.traffic import Traffic, Usage

_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Asked:
    """Which month, and what it is held against."""

    month: str | None = None
    """None for the last that the log tells whole, else for the one it ends in."""
    as_of: date | None = None
    """Last day that counts; None for the log's last."""
    budget: Pico | None = None
    """Of the month that is forecast."""
    commitment: Commitment | None = None
    register: Register | None = None
    owners: Owners | None = None


def review(examined: Examined, book: Book, asked: Asked) -> Review:
    """Review a month of the traffic that a savings analysis has read.

    Raises:
        ContractError: the log does not tell the month from its first day on, or the commit does
            not fit the log.
    """
    savings, study, terms = examined.savings, examined.study, asked.commitment
    traffic = study.scene.traffic
    used = Usage(traffic.calls, traffic.extras)
    span = span_of(asked.month or _latest(traffic, asked.as_of), logged_days(used), asked.as_of)
    basis, off = PriceBasis(book, None), _shares(savings, book)
    spent = spending(used, basis, off)
    told = observed(used, span.days, basis, discounts=off)
    past = whole_weeks(span.logged, span.days)
    found = progress(examined, span.days, off, span.before, past)
    watched = watch(spent, span, book, study.scene.workloads)
    ahead, no_forecast = forecast(spent, span, asked.budget)
    worth = workload_worth(examined, span.days, off)
    this = units(spent, span.days, span.month)
    stated = assumptions(examined, this, span.days, worth)
    owners, last_day = asked.owners, span.logged[1]
    if owners:
        owners.check(set(study.scene.workloads))
    return Review(
        title=savings.title,
        month=span.month,
        whole=span.whole,
        units=this,
        before=units(spent, span.before, name_of(span.before[0])) if span.before else None,
        weeks=weeks(spent, span.logged, span.days),
        crossing=_crossing(used, span, basis, off, told),
        not_compared=span.not_compared,
        movers=movers(used, span, basis, spent, study.workloads),
        watch=watched,
        progress=found,
        forecast=ahead,
        no_forecast=no_forecast,
        burn_down=None if terms is None else burn_down(spent, span, terms, found.efficiency),
        actions=owned(
            (*changes(savings, worth), *upkeep(savings, watched, ahead, this, told.unpriced)),
            owners,
            last_day,
        ),
        allocation=allocation(spent, span.days),
        discounts=savings.effective.discounts if savings.effective else (),
        price_book=savings.price_book,
        reconciliation=savings.reconciliation,
        unpriced=told.unpriced,
        timeless=told.timeless,
        ledger=savings.ledger,
        assumptions=owners.sign(stated, last_day) if owners else stated,
        adjustments=touching(asked.register, (span.before or span.days)[0], span.days[1]),
        warnings=savings.warnings,
        method=savings.method,
        manifest=_manifest(savings, span, asked),
        command=_command(savings, span, asked),
    )


def _latest(traffic: Traffic, as_of: date | None) -> str:
    """The last month told to its end, else the one that the log ends in."""
    days = logged_days(traffic)
    ends = as_of or max(days, default=_EPOCH)
    first, last = month_days(name_of(ends))
    before = name_of(first - DAY)
    if ends == last:
        return name_of(ends)
    try:
        return span_of(before, days, as_of).month
    except ContractError:
        return name_of(ends)


def _shares(savings: Savings, book: Book) -> Mapping[str, Fraction]:
    known = savings.effective.discounts if savings.effective else ()
    return shares(known, book.models())


def _crossing(
    used: Usage, span: Span, basis: PriceBasis, off: Mapping[str, Fraction], told: Observed
) -> Crossing | None:
    if span.before is None:
        return None
    before = observed(used, span.before, basis, discounts=off).period
    return crossing(before, told.period, whole=span.whole)


def _manifest(savings: Savings, span: Span, asked: Asked) -> str:
    """SHA-256 over the savings report's manifest and what was asked beside it."""
    commitment = asked.commitment
    beside = {"register": asked.register, "owners": asked.owners}
    content = {
        "savings": savings.manifest,
        "month": span.month,
        "as_of": span.logged[1].isoformat(),
        "budget": str(asked.budget),
        "commit": None if commitment is None else [str(one) for one in astuple(commitment)],
        "discounts": sorted(
            [one.model, str(one.share)]
            for one in (savings.effective.discounts if savings.effective else ())
        ),
        **{name: one.sha256 for name, one in beside.items() if one is not None},
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _command(savings: Savings, span: Span, asked: Asked) -> str:
    """The command as far as it names no file; the manifest stands for the files."""
    words = [
        f"rebill report review --month {span.month} --as-of {span.logged[1]}",
        f"--prices {savings.prices}",
    ]
    if asked.budget is not None:
        words.append(
            f"--budget {Decimal(asked.budget.numerator) / asked.budget.denominator / 10**12}"
        )
    return " ".join(words)
