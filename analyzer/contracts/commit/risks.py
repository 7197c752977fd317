"""What could go wrong with the recommended commit: one assumption moved at a time, and two shocks.

Every case draws the same paths again with the same seed, so that differences are of the case and
not of the draw.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from analyzer.contracts.commit.candidates import Market, Tried, attempt, cents, no_commit
from analyzer.contracts.commit.closed_forms import growth_to_burn
from analyzer.contracts.commit.demand import Demand, Step
from analyzer.contracts.commit.offers import PoolOffer
from analyzer.contracts.commit.outlook import Outlook
from analyzer.results.commit import Sensitivity, SizedOffer, Stress

Draw = Callable[[Outlook, Sequence[Step]], Market]
"""Draws the market of an outlook and steps, always from the same seed."""

CUT = Fraction(33, 100)
GONE = Fraction(1, 4)
"""Sizes of the two shocks: what-ifs, nobody's forecast."""
_TAIL_SDS = 1.2816
"""Standard deviations to the P10 and P90 of a normal distribution."""
_POINT = Fraction(1, 100)


@dataclass(frozen=True, slots=True)
class _Names:
    """What the cases of an outlook are called."""

    growth: str = "Growth a month"
    price_cuts: str = "Price cut, chance a month"
    endings: str = "A workload ends, chance a month"
    births: str = "New workloads a month"


CASES = _Names()


@dataclass(frozen=True, slots=True)
class _Case:
    what: str
    used: str
    low: str
    high: str
    ends: tuple[tuple[Outlook, Sequence[Step]], tuple[Outlook, Sequence[Step]]]


def sensitivity(
    offer: PoolOffer, commit: Fraction, outlook: Outlook, steps: Sequence[Step], draw: Draw
) -> tuple[Sensitivity, ...]:
    """Move each assumption to both ends under one commit; widest change first."""
    as_used = _under(offer, commit, draw(outlook, steps))
    found = []
    for case in _cases(outlook, steps):
        low, high = (_under(offer, commit, draw(*end)) for end in case.ends)
        found.append(
            Sensitivity(
                what=case.what,
                used=case.used,
                low=case.low,
                high=case.high,
                low_cents=_moved(low, as_used),
                high_cents=_moved(high, as_used),
                low_short=_short(low),
                high_short=_short(high),
            )
        )
    return tuple(sorted(found, key=lambda one: -abs(one.high_cents - one.low_cents)))


def stresses(sized: SizedOffer, offer: PoolOffer, demand: Demand, market: Market) -> list[Stress]:
    """Hold the chosen commit of one offer against a price cut and a loss of traffic."""
    kept, left = float(1 - CUT), float(1 - GONE)
    cut = replace(market, use=demand.after * kept, price_index=demand.price_index * kept)
    more = growth_to_burn(CUT)
    protected = "; this offer's price protection lowers it" if offer.price_protection else ""
    cases = [
        (
            f"List prices fall by {_percent(CUT)} on the first day",
            f"{_percent(more)} more tokens are needed to burn the same dollars{protected}",
            cut,
        ),
        (
            f"{_percent(GONE)} of the traffic leaves on the first day",
            "the commit stays, the use does not",
            replace(market, use=demand.after * left),
        ),
    ]
    before = _unused(_under(offer, sized.commit_usd, market))
    return [
        Stress(
            risk=risk,
            effect=effect,
            offer_id=offer.id,
            commit_usd=sized.commit_usd,
            unused_cents=_unused(shocked),
            unused_before_cents=before,
            short_share=_short(shocked),
        )
        for risk, effect, other in cases
        for shocked in (_under(offer, sized.commit_usd, other),)
    ]


def _cases(outlook: Outlook, steps: Sequence[Step]) -> Iterator[_Case]:
    def case(what: str, used: str, ends: tuple[str, str], *changes: dict[str, Any]) -> _Case:
        low, high = (outlook.model_copy(update=each) for each in changes)
        return _Case(what, used, *ends, ((low, steps), (high, steps)))

    growth, by = outlook.growth_monthly, outlook.growth_spread or _POINT
    low, high = growth - by, growth + by
    yield case(
        CASES.growth,
        _percent(growth),
        (_percent(low), _percent(high)),
        {"growth_monthly": low},
        {"growth_monthly": high},
    )
    for what, key, cleared in (
        (CASES.price_cuts, "price_cut_chance", {"price_cut": Fraction(0)}),
        (CASES.endings, "retirement_chance", {}),
    ):
        chance = getattr(outlook, key)
        if chance:
            twice = min(chance * 2, Fraction(1))
            none = {key: Fraction(0), **cleared}
            words = ("none", _percent(twice))
            yield case(what, _percent(chance), words, none, {key: twice})
    if outlook.births_monthly:
        births = outlook.births_monthly
        yield case(
            CASES.births,
            f"{float(births):.3g}",
            ("none", f"{float(births * 2):.3g}"),
            {"births_monthly": Fraction(0), "birth_share": Fraction(0)},
            {"births_monthly": births * 2},
        )
    yield from _lever_cases(outlook, steps)


def _lever_cases(outlook: Outlook, steps: Sequence[Step]) -> Iterator[_Case]:
    if not steps:
        return
    yield _Case(
        "Savings of the levers",
        "mean of the replay",
        "P10",
        "P90",
        (
            (outlook, [_at(step, -_TAIL_SDS) for step in steps]),
            (outlook, [_at(step, _TAIL_SDS) for step in steps]),
        ),
    )
    yield _Case(
        "Levers adopted",
        "all",
        "none",
        "all, on their earliest day",
        ((outlook, []), (outlook, [replace(step, latest=step.earliest) for step in steps])),
    )
    if any(step.latest > step.earliest for step in steps):
        late = [replace(step, earliest=step.latest) for step in steps]
        early = [replace(step, latest=step.earliest) for step in steps]
        yield _Case(
            "Levers live",
            "any day between",
            "on their latest day",
            "on their earliest day",
            ((outlook, late), (outlook, early)),
        )


def _at(step: Step, sds: float) -> Step:
    share = min(max(step.share + sds * step.share_sd, 0.0), 0.99)
    return replace(step, share=share, share_sd=0.0)


def _under(offer: PoolOffer, commit: Fraction, market: Market) -> Tried:
    return attempt(offer, commit, market) if commit else no_commit(market)


def _moved(found: Tried, against: Tried) -> int:
    return cents(found.outcomes.value.mean()) - cents(against.outcomes.value.mean())


def _short(found: Tried) -> Fraction:
    return Fraction(found.short, len(found.outcomes.value))


def _unused(found: Tried) -> int:
    return cents(found.outcomes.idle.mean())


def _percent(share: Fraction) -> str:
    return f"{float(share * 100):.3g} %"
