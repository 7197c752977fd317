"""Laws of the counterfactual over any workload: what must hold whatever was sent."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.attribution import subsets
from analyzer.contracts.baseline import Unit, Workload
from analyzer.contracts.logged import Cell, Sku
from analyzer.contracts.verification import Calibration, Counterfactual
from analyzer.contracts.verification.counterfactual import ALL_PULLED, Flow, as_it_came
from analyzer.contracts.verification.measures import Ratio
from analyzer.results import LEVERS

DAY = date(2026, 10, 1)
MODELS = ("big", "mid", "small")
counts = st.integers(0, 10**7)
skus = st.builds(
    Sku,
    model=st.sampled_from(MODELS),
    tier=st.sampled_from(["standard", "batch", "priority"]),
    speed=st.sampled_from([None, "fast"]),
    long=st.booleans(),
)
cells = st.lists(
    st.builds(
        Cell,
        workload=st.just("w"),
        sku=skus,
        day=st.just(DAY),
        requests=st.integers(1, 10**5),
        tokens=st.tuples(*[counts] * 5),
    ),
    min_size=1,
    max_size=6,
)
ratio = st.fractions(Fraction(1, 3), 3, max_denominator=20)


def workload(found: list[Cell]) -> Workload:
    units = tuple(Unit(one.sku, one.requests, one.tokens, ()) for one in found)
    return Workload("w", 1, 1, 1, (), (), (), (), units)


@st.composite
def calibrations(draw: st.DrawFn) -> Calibration:
    pairs = [(a, b) for a in MODELS for b in MODELS if a != b and draw(st.booleans())]
    routing = [Ratio("w", a, b, draw(ratio), draw(ratio), Fraction(0), 60) for a, b in pairs]
    return Calibration.of(routing, [Ratio("w", "", "", Fraction(1), draw(ratio), Fraction(0), 60)])


def summed(flows: Iterable[Flow]) -> dict[Sku, tuple[Fraction, ...]]:
    found: dict[Sku, tuple[Fraction, ...]] = {}
    for flow in flows:
        known = found.get(flow.sku, (Fraction(0),) * 5)
        found[flow.sku] = tuple(a + b for a, b in zip(known, flow.tokens, strict=True))
    return found


@given(cells, cells, calibrations())
def test_with_every_lever_as_it_came_calls_are_as_billed(
    before: list[Cell], after: list[Cell], known: Calibration
) -> None:
    made = Counterfactual(workload(before), after, known)
    billed = summed(Flow(c.sku, c.day, tuple(map(Fraction, c.tokens))) for c in after)
    assert summed(made.flows(ALL_PULLED)) == billed


@given(cells)
def test_a_workload_with_the_same_settings_never_moves(after: list[Cell]) -> None:
    made = Counterfactual(as_it_came("w", after), after, Calibration())
    states = [summed(made.flows(pulled)) for pulled in subsets(LEVERS)]
    assert all(state == states[0] for state in states)
    assert made.methods == {}
    assert made.unmatched == ()


@given(cells, cells)
def test_without_ratios_no_token_is_lost_or_made(before: list[Cell], after: list[Cell]) -> None:
    made = Counterfactual(workload(before), after, Calibration())
    for pulled in subsets(LEVERS):
        flows = list(made.flows(pulled))
        assert sum(sum(flow.tokens[:-1]) for flow in flows) == sum(c.prompt for c in after)
        assert sum(flow.tokens[-1] for flow in flows) == sum(c.tokens[-1] for c in after)
        assert all(count >= 0 for flow in flows for count in flow.tokens)


@given(cells, cells, calibrations())
@settings(max_examples=50)
def test_the_order_of_cells_does_not_matter(
    before: list[Cell], after: list[Cell], known: Calibration
) -> None:
    turned = list(reversed(after))
    for pulled in subsets(LEVERS):
        first = summed(Counterfactual(workload(before), after, known).flows(pulled))
        second = summed(
            Counterfactual(workload(list(reversed(before))), turned, known).flows(pulled)
        )
        assert first == second


@given(cells, cells)
def test_other_tiers_and_fast_calls_stay(before: list[Cell], after: list[Cell]) -> None:
    made = Counterfactual(workload(before), after, Calibration())
    kept = {one.sku for one in after if one.sku.tier == "priority" or one.sku.speed}
    for pulled in subsets(LEVERS):
        there = summed(made.flows(pulled))
        assert kept <= set(there)


@given(cells, cells)
def test_shares_of_models_are_those_of_the_baseline_once_all_may_move(
    before: list[Cell], after: list[Cell]
) -> None:
    ones = [
        Ratio("w", a, b, Fraction(1), Fraction(1), Fraction(0), 60)
        for a in MODELS
        for b in MODELS
        if a != b
    ]
    after = [replace(one, tokens=(0, 0, 0, 0, one.requests)) for one in after]
    made = Counterfactual(workload(before), after, Calibration.of(ones, ()))
    whole = sum(one.requests for one in after)
    found = dict.fromkeys(MODELS, Fraction(0))
    for flow in made.flows(frozenset()):
        found[flow.sku.model] += flow.tokens[-1] / whole
    every = sum(unit.requests for unit in made.before.units)
    for model in MODELS:
        wanted = sum(u.requests for u in made.before.units if u.sku.model == model)
        assert found[model] == Fraction(wanted, every)
