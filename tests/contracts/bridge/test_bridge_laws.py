"""Laws of the bridge, over any two periods."""

from dataclasses import replace
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.attribution import subsets
from analyzer.contracts.bridge import FACTORS, METERS, Cell, Period, bridge
from analyzer.contracts.bridge.states import GROUPS, state_costs
from reports import numbers
from tests.contracts.bridge.worked_bridge import OCTOBER, SEPTEMBER, leaf_by_leaf

NAMES = st.sampled_from(["a", "b", "c"])
MODELS, MODES = st.sampled_from(["m", "n"]), st.sampled_from(["standard", "batch"])
PLACES = st.tuples(NAMES, MODELS, MODES, st.sampled_from(METERS))
PRICED = [(m, s, k) for m in ("m", "n") for s in ("standard", "batch") for k in METERS]


@st.composite
def periods(draw: st.DrawFn, days: tuple[object, object]) -> Period:
    tokens = draw(st.dictionaries(PLACES, st.integers(0, 10**11), max_size=7))
    cells = tuple(Cell(*place, count) for place, count in tokens.items())
    requests = {cell.workload: draw(st.integers(1, 10**7)) for cell in cells}
    requests |= draw(st.dictionaries(st.sampled_from(["d", "e"]), st.integers(0, 99)))
    prices = {key: draw(st.integers(0, 10**8)) for key in PRICED}
    discount = Fraction(draw(st.integers(0, 20)), 20)
    return Period(*days, requests, cells, prices, discount)  # type: ignore[arg-type]  # dates


@given(periods(SEPTEMBER), periods(OCTOBER))
@settings(max_examples=60)
def test_parts_add_up_exactly_in_order_and_as_fair_shares(before: Period, after: Period) -> None:
    found = bridge(before, after)
    parts = found.attribution.parts
    assert found.before == sum(before.bills().values())
    assert found.after == sum(after.bills().values())
    assert sum(part.in_order for part in parts) == found.difference
    assert sum(part.fair for part in parts) == found.difference
    bars = (found.new, found.retired, found.continuing)
    mix = next(part for part in parts if part.cause == "workload_mix")
    assert sum(bar.in_order for bar in bars) == mix.in_order
    cents = numbers.apportion([part.fair for part in parts], numbers.CENTS)
    assert sum(cents) == numbers.CENTS.steps(found.difference)


@given(periods(SEPTEMBER), periods(OCTOBER), st.data())
@settings(max_examples=60)
def test_every_state_is_the_identity_to_the_pico_dollar(
    before: Period, after: Period, data: st.DataObject
) -> None:
    chosen = data.draw(st.sampled_from(subsets(FACTORS)))
    groups = state_costs(before, after)
    ours = sum(groups[group][chosen] for group in GROUPS)
    # each of the three groups of workloads is rounded once
    assert abs(ours - leaf_by_leaf(before, after, chosen)) <= Fraction(3, 2)


@given(periods(SEPTEMBER), periods(OCTOBER))
@settings(max_examples=20)
def test_fair_shares_run_backwards_as_they_run_forwards(before: Period, after: Period) -> None:
    later = {"first_day": OCTOBER[0], "last_day": OCTOBER[1]}
    sooner = {"first_day": SEPTEMBER[0], "last_day": SEPTEMBER[1]}
    back = bridge(replace(after, **sooner), replace(before, **later))  # type: ignore[arg-type]
    there = bridge(before, after).attribution.parts
    assert all(
        one.fair == -other.fair for one, other in zip(there, back.attribution.parts, strict=True)
    )


@given(periods(SEPTEMBER))
@settings(max_examples=30)
def test_a_period_against_itself_moves_nothing(period: Period) -> None:
    again = replace(period, first_day=OCTOBER[0], last_day=OCTOBER[1])
    assert all(
        not part.in_order and not part.fair for part in bridge(period, again).attribution.parts
    )


@given(periods(SEPTEMBER), st.integers(2, 9))
@settings(max_examples=30)
def test_more_of_the_same_is_volume_alone(period: Period, times: int) -> None:
    more = replace(
        period,
        first_day=OCTOBER[0],
        last_day=OCTOBER[1],
        requests={name: times * count for name, count in period.requests.items()},
        cells=tuple(replace(cell, tokens=times * cell.tokens) for cell in period.cells),
    )
    parts = bridge(period, more).attribution.parts
    whole = sum(period.bills().values(), Fraction(0))
    volume, *others = (part.in_order for part in parts)
    assert abs(volume - (times - 1) * whole) <= 1
    assert all(abs(other) <= 1 for other in others)
