"""The negotiation report: what to commit to, from the need after levers to the list of asks."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from analyzer.commit_results import (
    Candidate,
    Estimate,
    LeverCash,
    Negotiation,
    PoolSizing,
    SizedOffer,
    SizedRate,
)
from analyzer.results import Grade
from reports import page
from reports.figures import Figure
from reports.negotiation.figures import curve, fan, load
from reports.negotiation.tornado import Tornado, tornado_of
from reports.numbers import (
    NO_BREAK,
    PICO_PER_USD,
    Amount,
    Unit,
    amount,
    apportion,
    percent,
    unit_for,
)
from reports.opening import MONTHS

_PICO_PER_CENT = PICO_PER_USD // 100


@dataclass(frozen=True, slots=True)
class Money:
    """Prints every amount of the page in one unit."""

    unit: Unit

    def cents(self, cents: int, *, signed: bool = False) -> Amount:
        """Print whole cents."""
        return amount(Fraction(cents) * _PICO_PER_CENT, self.unit, signed=signed)

    def usd(self, usd: Fraction) -> Amount:
        """Print exact dollars."""
        return amount(usd * PICO_PER_USD, self.unit)

    def known(self, one: Estimate) -> tuple[Amount, Amount]:
        """Print a simulated mean and its own error."""
        return self.cents(one.cents), self.cents(one.error_cents)

    def parts(self, picos: Sequence[Fraction]) -> tuple[list[Amount], Amount]:
        """Print parts that add up to their printed total."""
        steps = apportion(picos, self.unit)
        total = sum(picos, Fraction(0))
        printed = [amount(pico, self.unit, n) for pico, n in zip(picos, steps, strict=True)]
        return printed, amount(total, self.unit, sum(steps))


@dataclass(frozen=True, slots=True)
class CostRow:
    """One candidate, printed."""

    name: str
    commit: Amount
    discount: str
    cost: Amount
    error: Amount
    p10: Amount
    p50: Amount
    p90: Amount
    tail: Amount
    short: str
    used: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class CashTable:
    """Cash of every lever by month under one commit; columns add up."""

    commit: Amount
    names: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Amount, ...]], ...]
    totals: tuple[Amount, ...]


@dataclass(frozen=True, slots=True)
class OfferView:
    """One pool offer; the parts that the vendor's copy lacks are None or empty."""

    offer: SizedOffer
    tiers: tuple[tuple[Amount, str], ...]
    commit: Amount
    need_before: Amount
    need_after: Amount
    need_range: tuple[Amount, Amount]
    months: tuple[tuple[str, tuple[Amount, ...]], ...]
    fan: Figure
    curve: Figure | None
    candidates: tuple[CostRow, ...]
    gain: Amount | None
    walk_discount: str
    walk_commit: Amount | None
    waiting: tuple[Amount, Amount] | None
    clauses: tuple[tuple[str, str, str, Amount, Amount, Amount, Amount], ...]
    first: tuple[tuple[str, Amount, Amount, Amount], ...]
    """What, commit, expected cost, cash of all levers."""
    tier_before: str
    tier_after: str
    cash: tuple[CashTable, ...]
    look_back: tuple[tuple[str, Amount], ...]


@dataclass(frozen=True, slots=True)
class RateView:
    """One offer by rate."""

    rate: SizedRate
    reserve: Amount
    invoiced: Amount | None
    cost: Amount | None
    unreserved: Amount | None
    saving: Amount | None
    rows: tuple[tuple[str, Amount], ...]
    figure: Figure


@dataclass(frozen=True, slots=True)
class View:
    """Every printed figure of the page; templates only place them."""

    best: OfferView | None
    """The recommended offer."""
    lead: OfferView | None
    """The offer whose curve stands first: the recommended, else the first."""
    offers: tuple[OfferView, ...]
    comparison: tuple[CostRow, ...]
    rates: tuple[RateView, ...]
    billed: Amount
    weeks: tuple[tuple[str, Amount], ...]
    workloads: tuple[tuple[str, str, Amount], ...]
    steps: tuple[tuple[str, Grade, str, str, Amount, str, str], ...]
    weakest: Grade | None
    tornado: Tornado | None
    stresses: tuple[tuple[str, str, str, Amount, Amount, Amount, str], ...]
    asks: tuple[tuple[str, str, str, Amount | None], ...]
    period: str


def render(found: Negotiation) -> str:
    """The report as one self-contained HTML file."""
    view = _view(found)
    return page.render(
        "negotiation/negotiation.html",
        drawn=bool(view.offers or view.rates),
        found=found,
        view=view,
    )


def _view(found: Negotiation) -> View:
    money = Money(unit_for(_largest(found)))
    offers = tuple(_offer(one, found, money) for one in found.offers)
    best = next((one for one in offers if one.offer.offered.id == found.recommended), None)
    weeks, billed = money.parts([week.usd * PICO_PER_USD for week in found.weeks])
    shares, _ = money.parts([one.usd * PICO_PER_USD for one in found.workloads])
    return View(
        best=best,
        lead=best or next(iter(offers), None),
        offers=offers,
        comparison=tuple(row for one in found.offers for row in _compared(one, money)),
        rates=tuple(map(_rate, found.rates)),
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
        tornado=tornado_of(found.sensitivity),
        stresses=tuple(
            (
                one.risk,
                one.effect,
                one.offer_id,
                money.usd(one.commit_usd),
                money.cents(one.unused_cents),
                money.cents(one.unused_before_cents),
                percent(one.short_share),
            )
            for one in found.stresses
        ),
        asks=tuple(
            (one.kind, one.words, one.reason, money.cents(one.worth.cents) if one.worth else None)
            for one in found.asks
        ),
        period=f"{found.first_day} to {found.last_day}",
    )


def _largest(found: Negotiation) -> Fraction:
    """Give the greatest mean need of a term, pico-dollars: it sets the unit of the page."""
    needs = [one.need_before.cents * _PICO_PER_CENT for one in found.offers]
    billed = sum((week.usd for week in found.weeks), Fraction(0)) * PICO_PER_USD
    return max([billed, *map(Fraction, needs)])


def _steps(found: Negotiation, money: Money) -> list[tuple[str, Grade, str, str, Amount, str, str]]:
    return [
        (
            f"{step.lever} of {step.workload}",
            step.grade,
            percent(Fraction(step.share)),
            percent(Fraction(step.share_sd)),
            money.usd(step.saved_usd),
            f"{money.usd(step.least_usd).text} to {money.usd(step.most_usd).text}",
            _live(step.earliest.isoformat(), step.latest.isoformat(), named=step.named),
        )
        for step in found.steps
    ]


def _live(earliest: str, latest: str, *, named: bool) -> str:
    if not named:
        return "as the first term starts"
    return earliest if earliest == latest else f"{earliest} to {latest}"


def _compared(one: SizedOffer, money: Money) -> list[CostRow]:
    if one.sizing is None:
        return []
    name = one.offered.id
    return [
        _cost(f"{name}, no commit", one.sizing.uncommitted, money, chosen=False),
        _cost(name, one.sizing.chosen, money, chosen=True),
    ]


def _cost(name: str, one: Candidate, money: Money, *, chosen: bool) -> CostRow:
    used = one.utilisation
    return CostRow(
        name=name,
        commit=money.usd(one.commit_usd),
        discount=percent(one.discount),
        cost=money.cents(one.cost.cents),
        error=money.cents(one.cost.error_cents),
        p10=money.cents(one.p10_cents),
        p50=money.cents(one.p50_cents),
        p90=money.cents(one.p90_cents),
        tail=money.cents(one.cvar95_cents),
        short=percent(one.short_share),
        used="none" if used is None else percent(used),
        chosen=chosen,
    )


def _offer(one: SizedOffer, found: Negotiation, money: Money) -> OfferView:
    sizing, back = one.sizing, one.look_back
    return OfferView(
        offer=one,
        tiers=tuple(
            (money.usd(tier.cost_usd), percent(tier.discount)) for tier in one.offered.tiers
        ),
        commit=money.usd(one.commit_usd),
        need_before=money.cents(one.need_before.cents),
        need_after=money.cents(one.need_after.cents),
        need_range=(money.cents(one.need_p10_cents), money.cents(one.need_p90_cents)),
        months=tuple(
            (
                f"{MONTHS[month.month.month - 1]} {month.month.year}",
                tuple(
                    money.cents(cents)
                    for cents in (
                        month.before_p50_cents,
                        month.after_p10_cents,
                        month.after_p50_cents,
                        month.after_p90_cents,
                    )
                ),
            )
            for month in one.need
        ),
        fan=fan(found.weeks, one.need),
        curve=curve(sizing.curve, sizing.chosen) if sizing else None,
        candidates=_candidates(sizing, money) if sizing else (),
        gain=None if one.gain_cents is None else money.cents(one.gain_cents),
        walk_discount=_walk(sizing),
        walk_commit=_largest_commit(sizing, money),
        waiting=money.known(sizing.value_of_waiting) if sizing else None,
        clauses=_clauses(sizing, money) if sizing else (),
        first=_first(sizing, money) if sizing else (),
        tier_before=percent(sizing.optimise_first.tier_before) if sizing else "",
        tier_after=percent(sizing.optimise_first.tier_after) if sizing else "",
        cash=_cash(sizing.levers, one, money) if sizing else (),
        look_back=tuple(
            (name, _fine(use))
            for name, use in (
                ("Stable: the smallest day", back.stable),
                ("Optimal: the fractile of thirty days", back.optimal),
                ("The fractile of the last three days", back.recent),
                ("Guarded: the lower of the last two", back.guarded),
            )
        ),
    )


def _candidates(sizing: PoolSizing, money: Money) -> tuple[CostRow, ...]:
    return tuple(_cost("", each, money, chosen=each == sizing.chosen) for each in sizing.curve)


def _walk(sizing: PoolSizing | None) -> str:
    least = sizing.walk_away.least_discount if sizing else None
    return "none" if least is None else _hundredths(least)


def _hundredths(share: Fraction) -> str:
    """Print a share that is known to a hundredth of a per cent: rounding it could lose money."""
    whole, part = divmod(int(share * 10_000), 100)
    return f"{whole}.{part:02d}{NO_BREAK}%"


def _largest_commit(sizing: PoolSizing | None, money: Money) -> Amount | None:
    largest = sizing.walk_away.largest_commit_usd if sizing else None
    return None if largest is None else money.usd(largest)


def _clauses(
    sizing: PoolSizing, money: Money
) -> tuple[tuple[str, str, str, Amount, Amount, Amount, Amount], ...]:
    return tuple(
        (
            each.clause.capitalize(),
            each.offered,
            each.changed,
            money.cents(each.worth.cents, signed=True),
            money.cents(each.worth.error_cents),
            money.cents(each.worth_p10_cents, signed=True),
            money.cents(each.worth_p90_cents, signed=True),
        )
        for each in sorted(sizing.clauses, key=lambda one: -abs(one.worth.cents))
    )


def _first(sizing: PoolSizing, money: Money) -> tuple[tuple[str, Amount, Amount, Amount], ...]:
    first = sizing.optimise_first
    rows = (
        ("Sized before the levers", first.sized_before_usd, first.cost_sized_before,
         first.lever_cash_sized_before),
        ("Sized after the levers", first.sized_after_usd, first.cost_sized_after,
         first.lever_cash_sized_after),
    )  # fmt: skip
    return tuple(
        (what, money.usd(commit), money.cents(cost.cents), money.cents(cash.cents))
        for what, commit, cost, cash in rows
    )


def _cash(levers: Sequence[LeverCash], one: SizedOffer, money: Money) -> tuple[CashTable, ...]:
    months = [f"{MONTHS[m.month.month - 1]} {m.month.year}" for m in one.need]
    tables = []
    for commit in dict.fromkeys(each.commit_usd for each in levers):
        own = [each for each in levers if each.commit_usd == commit]
        printed = [
            money.parts([Fraction(cents) * _PICO_PER_CENT for cents in each.monthly_cents])
            for each in own
        ]
        columns = [column for column, _ in printed]
        tables.append(
            CashTable(
                commit=money.usd(commit),
                names=tuple(f"{each.lever} of {each.workload}" for each in own),
                rows=tuple(
                    (month, tuple(column[place] for column in columns))
                    for place, month in enumerate(months)
                ),
                totals=tuple(total for _, total in printed),
            )
        )
    return tuple(tables)


def _rate(one: SizedRate) -> RateView:
    found = one.sizing
    return RateView(
        rate=one,
        reserve=_fine(one.rate),
        invoiced=_fine(found.commit_usd) if found else None,
        cost=_fine(found.cost) if found else None,
        unreserved=_fine(found.unreserved) if found else None,
        saving=_fine(found.saving) if found else None,
        rows=tuple((percent(share), _fine(use)) for share, use in one.duration),
        figure=load(one),
    )


def _fine(usd: Fraction) -> Amount:
    """Print an amount of a day or an interval in its own unit: it stands in no sum."""
    return amount(usd * PICO_PER_USD, unit_for(usd * PICO_PER_USD))
