"""The commit to sign: what costs least, where to walk away, what each clause and lever is worth."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Literal

import numpy as np

from analyzer.contracts.commit.candidates import (
    COARSE,
    Market,
    Tried,
    attempt,
    candidate,
    cents,
    estimate,
    market,
    no_commit,
)
from analyzer.contracts.commit.closed_forms import reserve, reserved_cost
from analyzer.contracts.commit.demand import Demand, Floats, Step
from analyzer.contracts.commit.offers import PoolOffer, RateOffer, Rollover, Tier
from analyzer.contracts.commit.offers_file import Selection
from analyzer.contracts.commit.optimum import Searched, perfect, searched
from analyzer.contracts.commit.terms import terms, uncommitted
from analyzer.contracts.commit.walking import walk_away
from analyzer.errors import ContractError
from analyzer.results.sizing import (
    Clause,
    Estimate,
    LeverCash,
    LookBack,
    OptimiseFirst,
    PoolSizing,
    RateSizing,
    WalkAway,
)

LOOK_BACK_DAYS, RECENT_DAYS = 30, 3
_POINT = Fraction(1, 100)
_DURATION_POINTS = 20
_CENTS = 100


def size_pool(
    offer: PoolOffer,
    demand: Demand,
    steps: Sequence[Step],
    selection: Selection,
    uncommitted_discount: Fraction = Fraction(0),
) -> PoolSizing:
    """Size one pool offer on the demand that the accepted levers leave."""
    if len(demand.months) != offer.months or demand.months[0] != offer.period_start:
        raise ContractError(f"offer {offer.id}: its term is not the one that demand was drawn for")
    rates = (
        float(selection.monthly_discount_rate),
        float(selection.tail_weight),
        float(selection.most_short),
    )
    after = market(demand, demand.after, rates, uncommitted_discount)
    before = market(demand, demand.before, rates, uncommitted_discount)
    found = searched(offer, after)
    none, best = found.candidates[0], found.best
    early = searched(offer, before, COARSE).best
    others = {each.commit: each for each in (*found.candidates[1:], best) if each is not none}
    shown = [none, *(others[commit] for commit in sorted(others))]
    sizing = PoolSizing(
        offer_id=offer.id,
        curve=tuple(candidate(each, offer) for each in shown),
        chosen=candidate(best, offer),
        uncommitted=candidate(none, offer),
        gap_cents=cents(found.gap),
        walk_away=WalkAway(None, None, None, None, None),
        value_of_waiting=_waiting(offer, found, after),
        clauses=tuple(_clauses(offer, best, after)),
        levers=tuple(_levers(offer, demand, steps, (none, best, early), after)),
        optimise_first=_optimise_first(offer, early, best, before, after),
    )
    return replace(sizing, walk_away=walk_away(offer, sizing, after, (None, Fraction(0))))


def size_rate(
    offer: RateOffer,
    loads: Sequence[Fraction | int],
    uncommitted_discount: Fraction = Fraction(0),
) -> RateSizing:
    """Size an offer by rate on eligible list-price use of every interval, idle ones included."""
    if not loads:
        raise ContractError(f"offer {offer.id}: no interval of eligible use to size a rate on")
    ordered = sorted(Fraction(load) for load in loads)
    overage = offer.overage_discount_percentage
    rates = {Fraction(0): Fraction(0)}
    for place, tier in enumerate(offer.tier):
        kept = 1 - tier.discount_percentage
        top = offer.tier[place + 1].cost / kept if place + 1 < len(offer.tier) else None
        rate = max(reserve(ordered, tier.discount_percentage, overage).rate, tier.cost / kept)
        if top is None or rate < top:
            rates[rate] = tier.discount_percentage
    rate = min(rates, key=lambda each: reserved_cost(ordered, each, rates[each], overage))
    points = [
        math.ceil(len(ordered) * n / _DURATION_POINTS) for n in range(1, _DURATION_POINTS + 1)
    ]
    return RateSizing(
        offer_id=offer.id,
        intervals=len(ordered),
        rate=rate,
        commit_usd=(1 - rates[rate]) * rate,
        discount=rates[rate],
        cost=reserved_cost(ordered, rate, rates[rate], overage),
        unreserved=(1 - uncommitted_discount) * sum(ordered, Fraction(0)),
        duration=tuple((Fraction(n, len(ordered)), ordered[n - 1]) for n in points),
    )


def look_back(days: Sequence[Fraction | int], discount: Fraction, overage: Fraction) -> LookBack:
    """Answer as look-back tools do, from list-price use of at least thirty days, oldest first."""
    if len(days) < LOOK_BACK_DAYS:
        raise ContractError(
            f"look-back: {len(days)} days of use, at least {LOOK_BACK_DAYS} are needed"
        )
    month, recent = days[-LOOK_BACK_DAYS:], days[-RECENT_DAYS:]
    return LookBack(
        stable=Fraction(min(month)),
        optimal=reserve(month, discount, overage).rate,
        recent=reserve(recent, discount, overage).rate,
    )


def _waiting(offer: PoolOffer, found: Searched, market: Market) -> Estimate:
    """Expected value of perfect information: the least mean cost less the mean of least costs."""
    best = min(found.tried, key=lambda each: float(each.outcomes.value.mean())).outcomes.value
    return estimate(best - perfect(offer, found, market))


def _clauses(offer: PoolOffer, best: Tried, market: Market) -> Iterator[Clause]:
    for name, offered, changed, update in _changes(offer):
        other = offer.model_copy(update=update)
        anew = searched(other, market, COARSE).best
        worth = best.outcomes.value - anew.outcomes.value
        p10, p90 = np.quantile(worth, (0.1, 0.9))
        yield Clause(name, offered, changed, estimate(worth), cents(p10), cents(p90))


def _changes(offer: PoolOffer) -> Iterator[tuple[str, str, str, dict[str, object]]]:
    """Give each clause with the offered and the other wording."""
    overage = offer.overage_discount_percentage
    other: Fraction | Literal["committed"] = Fraction(0) if overage == "committed" else "committed"
    yield "overage", _rate(overage), _rate(other), {"overage_discount_percentage": other}
    if all(tier.discount_percentage + _POINT < 1 for tier in offer.tier):
        better = tuple(
            Tier(cost=tier.cost, discount_percentage=tier.discount_percentage + _POINT)
            for tier in offer.tier
        )
        yield "discount", "as offered", "one point more", {"tier": better}
    if offer.interval_months < offer.months and not offer.unused_refund_percentage:
        half = Rollover(share=Fraction(1, 2), expiry_months=offer.interval_months)
        carried = offer.rollover
        yield (
            "rollover",
            f"{_percent(carried.share)} carried" if carried else "forfeited",
            "forfeited" if carried else "50 % carried into the next interval",
            {"rollover": None if carried else half},
        )
    if not offer.rollover:
        back = offer.unused_refund_percentage
        yield (
            "refund",
            f"{_percent(back)} paid back" if back else "forfeited",
            "forfeited" if back else "50 % of the unused paid back",
            {"unused_refund_percentage": Fraction(0) if back else Fraction(1, 2)},
        )
    if offer.ramp:
        yield "ramp", "ramped", "the full commit from the start", {"ramp": ()}
    if offer.monthly_minimum:
        yield "monthly minimum", "as offered", "none", {"monthly_minimum": Fraction(0)}
    if offer.upfront_share:
        later: dict[str, object] = {
            "payment_model": "No Upfront",
            "payment_upfront_percentage": None,
        }
        yield "payment", offer.payment_model, "No Upfront", later
    else:
        yes, no = "a price cut lowers the commit", "the commit stays in dollars"
        now = offer.price_protection
        yield (
            "price protection",
            yes if now else no,
            no if now else yes,
            {"price_protection": not now},
        )


def _rate(overage: Fraction | Literal["committed"]) -> str:
    return "at the committed rate" if overage == "committed" else f"{_percent(overage)} off list"


def _percent(share: Fraction) -> str:
    return f"{float(share * 100):.4g} %"


def _levers(
    offer: PoolOffer,
    demand: Demand,
    steps: Sequence[Step],
    commits: Sequence[Tried],
    after: Market,
) -> Iterator[LeverCash]:
    """Cash of each step under each commit: undiscounted, conditional on the steps before it."""
    for commit in dict.fromkeys(each.commit for each in commits):
        found = [_under(offer, commit, _on(after, use)).outcomes for use in demand.after_steps]
        worth = [_worth(offer, commit, _on(after, use)) for use in demand.after_steps]
        for number, step in enumerate(steps):
            without, with_it = found[number : number + 2]
            total = estimate(without.total - with_it.total)
            yield LeverCash(
                lever=step.lever,
                workload=step.workload,
                commit_usd=commit,
                total=total,
                monthly_cents=_footed(without.monthly - with_it.monthly, total.cents),
                economic=estimate(worth[number] - worth[number + 1]),
            )


def _worth(offer: PoolOffer, commit: Fraction, market: Market) -> Floats:
    """Use of the term at the committed discount of each interval; one entry a path."""
    months = len(market.use)
    under = terms(offer, commit) if commit else uncommitted(months, market.uncommitted_discount)
    kept = np.repeat([float(1 - off) for off in under.discounts], under.interval_months)
    worth: Floats = kept @ market.use
    return worth


def _footed(months: Floats, total_cents: int) -> tuple[int, ...]:
    """Round months to whole cents that add up to the total, by largest remainder."""
    exact = months * _CENTS
    whole = np.floor(exact)
    short = total_cents - int(whole.sum())
    whole[np.argsort(whole - exact, kind="stable")[: max(short, 0)]] += 1
    return tuple(int(each) for each in whole)


def _under(offer: PoolOffer, commit: Fraction, market: Market) -> Tried:
    return attempt(offer, commit, market) if commit else no_commit(market)


def _on(market: Market, use: Floats) -> Market:
    return Market(
        use,
        market.price_index,
        market.monthly_rate,
        market.tail_weight,
        market.most_short,
        market.uncommitted_discount,
    )


def _optimise_first(
    offer: PoolOffer, early: Tried, best: Tried, before: Market, after: Market
) -> OptimiseFirst:
    early_after = _under(offer, early.commit, after).outcomes
    best_before = _under(offer, best.commit, before).outcomes
    return OptimiseFirst(
        sized_before_usd=early.commit,
        sized_after_usd=best.commit,
        cost_sized_before=estimate(early_after.value),
        cost_sized_after=estimate(best.outcomes.value),
        cost_uncommitted=estimate(no_commit(after).outcomes.value),
        lever_cash_sized_before=estimate(early.outcomes.total - early_after.total),
        lever_cash_sized_after=estimate(best_before.total - best.outcomes.total),
        tier_before=_filled(offer, before),
        tier_after=_filled(offer, after),
    )


def _filled(offer: PoolOffer, market: Market) -> Fraction:
    """Discount of the highest tier that the mean use of the fullest interval fills."""
    intervals = market.use.mean(axis=1).reshape(-1, offer.interval_months).sum(axis=1)
    need = Fraction(float(intervals.max()))
    filled = [
        tier.discount_percentage
        for tier in offer.tier
        if need * (1 if offer.counts_at == "list" else 1 - tier.discount_percentage) >= tier.cost
    ]
    return filled[-1] if filled else market.uncommitted_discount
