"""Pool offers as they are printed: candidates, comparison, the way out."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from analyzer.results.commit import Negotiation, SizedOffer
from analyzer.results.sizing import Candidate, PoolSizing
from reports.figures import Figure
from reports.negotiation.figures import curve, fan
from reports.negotiation.money import Money
from reports.negotiation.need import LadderRow, ladder_of, months_of
from reports.negotiation.worth import Worth, worth_of
from reports.numbers import NO_BREAK, Amount, percent
from reports.opening import period
from reports.words import each_interval


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
    spared: Amount | None = None
    """What it spares a month against no commit, expected; None for no commit."""


@dataclass(frozen=True, slots=True)
class WalkAway:
    """Where signing stops being worth it, none where no commit is."""

    discount: str
    commit: Amount | None
    short: str
    """Chance of a shortfall at that commit."""


@dataclass(frozen=True, slots=True)
class OfferView:
    """One pool offer; the parts that the vendor's copy lacks are None or empty."""

    offer: SizedOffer
    days: str
    per: str
    """What the commit is promised for, such as `for the term of 12 months`."""
    tiers: tuple[tuple[Amount, str], ...]
    commit: Amount
    need_before: Amount
    need_after: Amount
    need_range: tuple[Amount, Amount]
    months: tuple[tuple[str, tuple[Amount, ...]], ...]
    ladder: tuple[LadderRow, ...]
    fan: Figure
    curve: Figure | None
    candidates: tuple[CostRow, ...]
    chosen: CostRow | None
    cheapest: bool
    """Whether no candidate's expected cost is lower than the chosen one's."""
    gain: Amount | None
    walk: WalkAway | None
    worth: Worth | None
    tier_before: str
    tier_after: str


def offer_of(one: SizedOffer, found: Negotiation, money: Money) -> OfferView:
    """Print one offer; everything simulated is left out where there is no sizing."""
    sizing = one.sizing
    return OfferView(
        offer=one,
        days=period(one.offered.start.isoformat(), _last_day(one)),
        per=each_interval(one.interval_months, one.offered.months),
        tiers=tuple(
            (money.usd(tier.cost_usd), percent(tier.discount)) for tier in one.offered.tiers
        ),
        commit=money.usd(one.commit_usd),
        need_before=money.cents(one.need_before.cents),
        need_after=money.cents(one.need_after.cents),
        need_range=(money.cents(one.need_p10_cents), money.cents(one.need_p90_cents)),
        months=months_of(one, money),
        ladder=ladder_of(one, found, money),
        fan=fan(found.weeks, one.need),
        curve=curve(sizing.curve, sizing.chosen) if sizing else None,
        candidates=_candidates(sizing, money) if sizing else (),
        chosen=_cost("", sizing.chosen, money, chosen=True) if sizing else None,
        cheapest=sizing is None
        or sizing.chosen.cost.cents <= min(each.cost.cents for each in sizing.curve),
        gain=money.apart(sizing.uncommitted.cost.cents, sizing.chosen.cost.cents)
        if sizing
        else None,
        walk=_walk(sizing, money) if sizing else None,
        worth=worth_of(sizing, one, money) if sizing else None,
        tier_before=percent(sizing.optimise_first.tier_before) if sizing else "",
        tier_after=percent(sizing.optimise_first.tier_after) if sizing else "",
    )


def compared(found: Negotiation, money: Money) -> Iterator[CostRow]:
    """Each offer beside paying by use over the same term."""
    for one in found.offers:
        sizing, name = one.sizing, one.offered.id
        if sizing is not None:
            yield _cost(f"{name}, no commit", sizing.uncommitted, money, chosen=False)
            yield _cost(name, sizing.chosen, money, chosen=True, spared=_spared(one, money))


def _spared(one: SizedOffer, money: Money) -> Amount | None:
    if one.gain_cents is None:
        return None
    return money.usd(Fraction(one.gain_cents, 100) / one.offered.months)


def _cost(
    name: str, one: Candidate, money: Money, *, chosen: bool, spared: Amount | None = None
) -> CostRow:
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
        spared=spared,
    )


def _candidates(sizing: PoolSizing, money: Money) -> tuple[CostRow, ...]:
    return tuple(_cost("", each, money, chosen=each == sizing.chosen) for each in sizing.curve)


def _walk(sizing: PoolSizing, money: Money) -> WalkAway:
    least, largest = sizing.walk_away.least_discount, sizing.walk_away.largest_commit_usd
    at = next((one for one in sizing.curve if largest and one.commit_usd == largest), None)
    return WalkAway(
        discount="none" if least is None else _hundredths(least),
        commit=None if largest is None else money.usd(largest),
        short=percent(at.short_share) if at else "",
    )


def _hundredths(share: Fraction) -> str:
    """Print a share that is known to a hundredth of a per cent: rounding it could lose money."""
    whole, part = divmod(int(share * 10_000), 100)
    return f"{whole}.{part:02d}{NO_BREAK}%"


def _last_day(one: SizedOffer) -> str:
    end = one.offered.end
    return type(end).fromordinal(end.toordinal() - 1).isoformat()
