"""What was billed, and what the term needs: the history, the levers, the way between."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from analyzer.results import Grade
from analyzer.results.commit import MonthNeed, Negotiation, SizedOffer
from reports.negotiation.money import Money, pico_of
from reports.numbers import PICO_PER_USD, Amount, amount, percent
from reports.opening import MONTHS, period
from reports.review.rounding import footed

_WEEK = 7


@dataclass(frozen=True, slots=True)
class StepRow:
    """One lever step that the need counts on."""

    name: str
    grade: Grade
    share: str
    spread: str
    saved: Amount
    range: str
    live: str


@dataclass(frozen=True, slots=True)
class LadderRow:
    """One step from the history's pace to the need."""

    name: str
    mark: str
    amount: Amount


@dataclass(frozen=True, slots=True)
class History:
    """The weeks that demand is drawn from."""

    days: str
    billed: Amount
    weeks: tuple[tuple[str, Amount], ...]
    workloads: tuple[tuple[str, str, Amount], ...]
    steps: tuple[StepRow, ...]
    weakest: Grade | None


def history_of(found: Negotiation, money: Money) -> History:
    """Weeks and workloads both add up to the printed bill."""
    weeks, billed = money.parts([week.usd * PICO_PER_USD for week in found.weeks])
    shares, _ = money.parts([one.usd * PICO_PER_USD for one in found.workloads])
    return History(
        days=period(found.first_day.isoformat(), found.last_day.isoformat()),
        billed=billed,
        weeks=tuple(
            (week.first_day.isoformat(), shown)
            for week, shown in zip(found.weeks, weeks, strict=True)
        ),
        workloads=tuple(
            (one.name, one.label, shown) for one, shown in zip(found.workloads, shares, strict=True)
        ),
        steps=tuple(_steps(found, money)),
        weakest=max((step.grade for step in found.steps), default=None),
    )


def ladder_of(one: SizedOffer, found: Negotiation, money: Money) -> tuple[LadderRow, ...]:
    """From the history's pace to the need of the term; the printed steps add up to it."""
    billed = sum((week.usd for week in found.weeks), Fraction(0)) * PICO_PER_USD
    days = (one.offered.end - one.offered.start).days
    pace = billed * days / (len(found.weeks) * _WEEK)
    before, after = pico_of(one.need_before.cents), pico_of(one.need_after.cents)
    parts = (pace, before - pace, after - before)
    steps = footed(parts, money.unit, money.unit.steps(after))
    weeks = len(found.weeks)
    names = (
        (f"Billed in {weeks} weeks, at that pace over {days:,} days", "measured"),
        ("Growth, new and ending workloads, price cuts, as drawn", "assumed"),
        ("Levers, from the days on which they are live", "replayed"),
    )
    rows = [
        LadderRow(name, mark, amount(pico, money.unit, shown, signed=bool(place)))
        for place, ((name, mark), pico, shown) in enumerate(zip(names, parts, steps, strict=True))
    ]
    return *rows, LadderRow("Need of the term, mean", "", amount(after, money.unit))


def months_of(one: SizedOffer, money: Money) -> tuple[tuple[str, tuple[Amount, ...]], ...]:
    """Need by month: without levers, then P10, median and P90 after them."""
    return tuple((month_name(month), _quantiles(month, money)) for month in one.need)


def month_name(one: MonthNeed) -> str:
    """Such as `January 2027`."""
    return f"{MONTHS[one.month.month - 1]} {one.month.year}"


def _quantiles(one: MonthNeed, money: Money) -> tuple[Amount, ...]:
    told = (one.before_p50_cents, one.after_p10_cents, one.after_p50_cents, one.after_p90_cents)
    return tuple(map(money.cents, told))


def _steps(found: Negotiation, money: Money) -> Iterator[StepRow]:
    for step in found.steps:
        yield StepRow(
            name=f"{step.lever} of {step.workload}",
            grade=step.grade,
            share=percent(Fraction(step.share)),
            spread=percent(Fraction(step.share_sd)),
            saved=money.usd(step.saved_usd),
            range=f"{money.usd(step.least_usd).text} to {money.usd(step.most_usd).text}",
            live=_live(step.earliest.isoformat(), step.latest.isoformat(), named=step.named),
        )


def _live(earliest: str, latest: str, *, named: bool) -> str:
    if not named:
        return "as the first term starts"
    return earliest if earliest == latest else f"{earliest} to {latest}"
