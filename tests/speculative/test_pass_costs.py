import itertools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.errors import SpeculativeError
from analyzer.speculative.decoding import Pass
from analyzer.speculative.pass_costs import Cost, DraftCost, PassCosts, read_costs


def cost(batch: int, width: int, context: int, median: float) -> Cost:
    return Cost(batch, width, context, median, p10=0.5 * median, p90=2.0 * median, n=30)


def table(*points: Cost, provenance: str = "assumed") -> PassCosts:
    return PassCosts(points, provenance, "a table made by hand")


FLAT = table(cost(1, 1, 0, 1.0), cost(1, 5, 0, 1.2))
"""Whatever the context: 1 s for one token, 1.2 s for five."""
GROWING = table(
    *[
        cost(batch, width, context, 1.0 + 0.1 * batch * width + 0.01 * context)
        for batch, width, context in itertools.product((1, 4), (1, 3, 9), (0, 100))
    ]
)
"""1 s + 0.1 s a token + 0.01 s a cached token."""


def test_between_measured_points_costs_are_linear() -> None:
    assert FLAT.seconds(1, 3, 0).seconds == pytest.approx(1.1)
    assert FLAT.seconds(1, 5, 0).seconds == 1.2
    assert not FLAT.seconds(1, 3, 0).beyond
    # 1 + 0.1 x 2 x 5 + 0.01 x 30
    assert GROWING.seconds(2, 5, 30).seconds == pytest.approx(2.3)


@given(st.integers(1, 4), st.integers(1, 9), st.integers(0, 100))
def test_a_linear_cost_is_given_back_everywhere(batch: int, width: int, context: int) -> None:
    found = GROWING.seconds(batch, width, context)
    assert found.seconds == pytest.approx(1.0 + 0.1 * batch * width + 0.01 * context)
    assert not found.beyond


@pytest.mark.parametrize("shape", [(5, 1, 0), (1, 10, 0), (1, 1, 101), (8, 20, 900)])
def test_beyond_the_measured_range_the_result_says_so(shape: tuple[int, int, int]) -> None:
    found = GROWING.seconds(*shape)
    assert found.beyond
    batch, width, context = shape
    assert found.seconds == pytest.approx(1.0 + 0.1 * batch * width + 0.01 * context)


def test_below_the_measured_range_the_result_says_so() -> None:
    late = table(cost(1, 2, 10, 1.0), cost(1, 4, 10, 2.0), cost(1, 8, 10, 9.0))
    assert late.seconds(1, 1, 10).seconds == pytest.approx(0.5)
    assert late.seconds(1, 1, 10).beyond
    # one measured context: its cost is held, and said to lie beyond
    assert late.seconds(1, 2, 11).seconds == 1.0
    assert late.seconds(1, 2, 11).beyond


def test_a_line_extended_to_no_time_at_all_is_refused() -> None:
    steep = table(cost(1, 3, 0, 0.1), cost(1, 4, 0, 1.0))
    with pytest.raises(SpeculativeError, match="batch 1, width 1, context 0 lies so far beyond"):
        steep.seconds(1, 1, 0)


def test_other_quantiles_are_read_from_their_own_column() -> None:
    assert FLAT.seconds(1, 3, 0, "p10").seconds == pytest.approx(0.55)
    assert FLAT.seconds(1, 3, 0, "p90").seconds == pytest.approx(2.2)


def test_a_hole_in_the_grid_is_named() -> None:
    holed = table(cost(1, 1, 0, 1.0), cost(1, 5, 0, 1.2), cost(4, 1, 0, 1.1))
    assert holed.seconds(2, 1, 0).seconds == pytest.approx(1.0 + 0.1 / 3)
    with pytest.raises(SpeculativeError, match="at batch 4, width 5, context 0: measure it"):
        holed.seconds(2, 3, 0)


def test_the_ratio_of_a_wider_pass() -> None:
    assert FLAT.ratio(5, 1, 0) == pytest.approx(1.2)
    # batch 4, context 100: (1 + 3.6 + 1) / (1 + 0.4 + 1)
    assert GROWING.ratio(9, 4, 100) == pytest.approx(5.6 / 2.4)


PASSES = (Pass(4, 4), Pass(0, 0), Pass(4, 1))


def test_a_run_by_hand() -> None:
    # 8 tokens: 8 s one by one; three passes of width 5 take 3.6 s
    found = FLAT.speed_up(PASSES, 1, 0, width=5)
    assert found.ordinary.seconds == pytest.approx(8.0)
    assert found.speculative.seconds == pytest.approx(3.6)
    assert found.ratio == pytest.approx(8 / 3.6)
    # the context grows past the one that was measured
    assert found.beyond
    # widths that follow the drafts: 1.2 + 1 + 1.2
    assert FLAT.replay(PASSES, 1, 0).seconds == pytest.approx(3.4)


def test_the_context_grows_by_what_each_pass_gives() -> None:
    # widths 5, 1, 5 at contexts 10, 15, 16 of batch 1: 3 + 0.1 x 11 + 0.01 x 41
    found = GROWING.replay(PASSES, 1, 10)
    assert found.seconds == pytest.approx(4.51)
    assert not found.beyond
    # one by one at contexts 10..17: 8 + 0.8 + 0.01 x 108
    assert GROWING.speed_up(PASSES, 1, 10).ordinary.seconds == pytest.approx(9.88)


def test_drafting_is_paid_for() -> None:
    free = FLAT.replay(PASSES, 1, 0, width=5).seconds
    by_token = FLAT.replay(PASSES, 1, 0, width=5, draft=DraftCost(seconds_per_token=0.1))
    assert by_token.seconds == pytest.approx(free + 0.8)
    by_pass = FLAT.replay(PASSES, 1, 0, width=5, draft=DraftCost(seconds_per_pass=0.1))
    assert by_pass.seconds == pytest.approx(free + 0.3)
    # an early exit after half of the layers: 8 drafted tokens at half a pass of 1 s
    relative = FLAT.replay(PASSES, 1, 0, width=5, draft=DraftCost(relative=0.5))
    assert relative.seconds == pytest.approx(free + 4.0)


def test_rejected_drafts_make_a_run_slower_than_none() -> None:
    wrong = [Pass(4, 0)] * 10
    assert FLAT.speed_up(wrong, 1, 0, width=5).ratio == pytest.approx(1 / 1.2)
    with pytest.raises(SpeculativeError, match="no pass was recorded"):
        FLAT.speed_up([], 1, 0)


@pytest.mark.parametrize(
    "tag", ["measured-real-weights", "measured-random-weights", "assumed", "published:some-id"]
)
def test_a_table_says_what_it_rests_on_and_survives_json(tag: str) -> None:
    first = table(cost(1, 1, 0, 0.25), provenance=tag)
    assert read_costs(json.loads(json.dumps(first.to_json()))) == first


def test_a_table_that_cannot_be_is_refused() -> None:
    with pytest.raises(SpeculativeError, match="provenance 'guessed': take"):
        table(cost(1, 1, 0, 1.0), provenance="guessed")
    with pytest.raises(SpeculativeError, match="this shape is in the table twice"):
        table(cost(1, 1, 0, 1.0), cost(1, 1, 0, 1.1))
    with pytest.raises(SpeculativeError, match="at least one measured pass"):
        table()
    for wrong in (cost(0, 1, 0, 1.0), cost(1, 1, 0, 0.0), Cost(1, 1, 0, 1.0, 1.1, 1.2, 9)):
        with pytest.raises(SpeculativeError, match="0 < p10 <= median <= p90"):
            table(wrong)
    with pytest.raises(SpeculativeError, match="lacks or misuses 'p10'"):
        read_costs({"points": [{"batch": 1, "width": 1, "context": 0, "median": 1.0}]})
