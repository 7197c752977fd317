"""The crossing from one bill to the next: nine parts in an order of record and as fair shares."""

from collections.abc import Sequence
from fractions import Fraction

from analyzer.attribution import attribute, fair_shares, in_order, subsets
from analyzer.contracts.bridge.factors import FACTORS, LEVER_FACTORS, Factor, checked_order
from analyzer.contracts.bridge.logarithmic import cross_check
from analyzer.contracts.bridge.periods import Period, check_pair
from analyzer.contracts.bridge.records import Bridge, MixBar
from analyzer.contracts.bridge.states import GROUPS, Costs, Group, state_costs


def bridge(before: Period, after: Period, order: Sequence[str] = FACTORS) -> Bridge:
    """Split the difference of two bills into nine factors; the parts add up to it exactly.

    The order in parts is the contract's number of record; fair shares are Shapley values.

    Raises:
        ContractError: an order, a period or a cell at fault, by field and rule.
    """
    record = checked_order(order)
    check_pair(before, after)
    groups = state_costs(before, after)
    every = _summed(groups)
    fees = after.fees - before.fees
    return Bridge(
        before_days=(before.first_day, before.last_day),
        after_days=(after.first_day, after.last_day),
        before=every[frozenset()] + before.fees,
        after=every[frozenset(FACTORS)] + after.fees,
        attribution=attribute(every, record),
        new=_mix_bar("new", groups, record, _names(after, before)),
        retired=_mix_bar("retired", groups, record, _names(before, after)),
        continuing=_mix_bar("continuing", groups, record, _shared(before, after)),
        fees=fees,
        check=cross_check(before, after),
    )


def lever_costs(
    before: Period, after: Period, levers: Sequence[Factor] = LEVER_FACTORS
) -> dict[frozenset[Factor], Fraction]:
    """Give the later period's bill with only some levers pulled, all else as it came to be.

    The cost of no lever is the adjusted baseline at the later period's prices; without fees.

    Raises:
        ContractError: a period or a cell at fault, by field and rule.
    """
    check_pair(before, after)
    every = _summed(state_costs(before, after))
    frozen = frozenset(FACTORS) - frozenset(levers)
    return {pulled: every[frozen | pulled] for pulled in subsets(levers)}


def _summed(groups: dict[Group, Costs]) -> Costs:
    first, *others = (groups[group] for group in GROUPS)
    return {chosen: pico + sum(one[chosen] for one in others) for chosen, pico in first.items()}


def _mix_bar(
    group: Group, groups: dict[Group, Costs], order: Sequence[Factor], names: tuple[str, ...]
) -> MixBar:
    costs = groups[group]
    if not names:
        return MixBar((), Fraction(0), Fraction(0))
    mix: Factor = "workload_mix"
    return MixBar(names, in_order(costs, order)[mix], fair_shares(costs, order)[mix])


def _names(there: Period, missing: Period) -> tuple[str, ...]:
    """Workloads that have requests in one period and none in the other."""
    return tuple(
        sorted(n for n, count in there.requests.items() if count and not missing.requests.get(n))
    )


def _shared(before: Period, after: Period) -> tuple[str, ...]:
    names = {name for name, count in before.requests.items() if count}
    return tuple(sorted(name for name in names if after.requests.get(name)))
