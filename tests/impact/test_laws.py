"""Laws that hold for any traffic: no move is zero, meters add up, volume is linear."""

from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.billing import PriceBasis, bill, total
from analyzer.impact import Announced, Asked
from analyzer.impact.announced import AnnouncedMove
from analyzer.impact.records import DAYS_A_MONTH, Impact, summed
from analyzer.impact.study import weigh
from analyzer.impact.volume import Volume, cuts, volume
from analyzer.prices import Book, Move

BOOK = Book.load()
CUTS = cuts(BOOK)
MODELS = (
    "claude-sonnet-5-5", "claude-opus-4-8", "claude-haiku-5-5", "claude-haiku-4-5",
    "claude-sonnet-4-5", "claude-sonnet-4-6", "not-a-model",
)  # fmt: skip
SINCE, UNTIL = date(2026, 3, 1), date(2027, 3, 1)
COUNTS = st.integers(0, 300_000)

calls = st.fixed_dictionaries(
    {
        "model": st.sampled_from(MODELS),
        "day": st.dates(date(2026, 10, 8), date(2026, 11, 8)),
        "tier": st.sampled_from(["standard", "batch"]),
        "speed": st.sampled_from([None, "fast"]),
        "geo": st.sampled_from([None, "global", "us", "regional"]),
        "platform": st.sampled_from([None, "claude_api", "bedrock"]),
        "tool_choice": st.sampled_from([None, "any", "auto"]),
        "charged": st.sampled_from([True, True, True, False]),
        "uncached": COUNTS,
        "read": COUNTS,
        "write_5m": COUNTS,
        "write_1h": COUNTS,
        "output": COUNTS,
        "web_searches": st.integers(0, 9),
    }
)
logs = st.lists(calls, min_size=1, max_size=12).filter(lambda log: any(c["charged"] for c in log))
moves = st.builds(
    Move,
    st.sampled_from(MODELS[:-1]),
    st.sampled_from(["uncached", "read", "output", "tokens", "batch"]),
    st.none(),
    st.sampled_from([Fraction(1), Fraction(4, 5), Fraction(2), Fraction(6, 5)]),
)
"""Four of these in a row leave whole pico-dollars; a file that does not is refused."""


def told(*announced: tuple[date, Move]) -> Announced:
    steps = [AnnouncedMove(day, move, "a move", "mail") for day, move in announced]
    return Announced("m", tuple(sorted(steps, key=lambda one: one.day)))


def _weighed(traffic: Volume, announced: Announced | None = None) -> Impact:
    return weigh(traffic, BOOK, Asked(SINCE, UNTIL, announced or Announced()))


some = settings(max_examples=settings().max_examples // 2)


@some
@given(log=logs)
def test_a_move_to_todays_price_is_zero_in_every_cell(log: list[Any], usage_of: Any) -> None:
    traffic = volume(usage_of(log), CUTS)
    still = [(UNTIL, Move(name, "tokens", None, Fraction(1))) for name in MODELS[:-1]]
    found = _weighed(traffic, told(*still))
    plain = _weighed(traffic)
    unmoved = [move for move in found.moves if move.announced]
    assert len(unmoved) == len(still)
    assert all(cell.money.difference == 0 for move in unmoved for cell in move.cells)
    assert found.total.difference == plain.total.difference


@some
@given(log=logs)
def test_the_sum_of_meters_is_the_bill(log: list[Any], usage_of: Any) -> None:
    used = usage_of(log)
    traffic = volume(used, CUTS)
    day = date(2026, 11, 10)
    eve = day - timedelta(days=1)
    found = weigh(traffic, BOOK, Asked(day, day))
    number = (eve - date(1970, 1, 1)).days
    events = used.calls.with_columns(
        day=pl.lit(number, pl.Int32),
        # on the Claude API `global` is no cloud, and the price is the same
        geo=pl.when((pl.col("geo") != "global") | (pl.col("platform") == "bedrock")).then("geo"),
    )
    billed = total(bill(events, PriceBasis(BOOK, None)))
    assert found.today.before == billed * DAYS_A_MONTH / traffic.days


@some
@given(log=logs, move=moves, day=st.dates(SINCE, UNTIL))
def test_dollars_are_linear_in_the_volume(
    log: list[Any], move: Move, day: date, usage_of: Any
) -> None:
    once = _weighed(volume(usage_of(log), CUTS), told((day, move)))
    thrice = _weighed(volume(usage_of(log * 3), CUTS), told((day, move)))
    assert thrice.today.before == 3 * once.today.before
    assert thrice.total.difference == 3 * once.total.difference
    for few, many in zip(once.retirements, thrice.retirements, strict=True):
        for one, other in zip(few.successors, many.successors, strict=True):
            assert (other.total.after, other.low, other.high) == (
                3 * one.total.after, 3 * one.low, 3 * one.high,
            )  # fmt: skip


@some
@given(log=logs, steps=st.lists(st.tuples(st.dates(SINCE, UNTIL), moves), max_size=4))
def test_moves_chain_from_the_first_price_to_the_last(
    log: list[Any], steps: list[tuple[date, Move]], usage_of: Any
) -> None:
    """Differences add up to the last list less the first, for what is sold on both days."""
    plain = [c | {"model": "claude-sonnet-4-6", "speed": None, "charged": True} for c in log]
    traffic = volume(usage_of(plain), CUTS)
    found = weigh(traffic, BOOK, Asked(SINCE, UNTIL, told(*steps)))
    last = weigh(traffic, BOOK, Asked(UNTIL + timedelta(days=1), None, told(*steps)))
    assert found.today.before + found.total.difference == last.today.before


@some
@given(log=logs)
def test_nothing_is_lost_between_moved_and_refused_and_ranges_hold_their_middle(
    log: list[Any], usage_of: Any
) -> None:
    for found in _weighed(volume(usage_of(log), CUTS)).retirements:
        assert found.total == summed(tuple(cell.money for cell in found.cells))
        for one in found.successors:
            refused = sum(line.before for line in one.infeasible)
            assert one.total.before + refused == found.total.before
            assert one.low <= one.total.after <= one.high


@some
@given(log=logs, size=st.integers(0, 1_500_000), places=st.permutations(range(12)))
def test_neither_order_nor_size_classes_change_a_dollar(
    log: list[Any], size: int, places: list[int], usage_of: Any
) -> None:
    shuffled = [log[place] for place in places if place < len(log)]
    one = _weighed(volume(usage_of(log), CUTS))
    assert _weighed(volume(usage_of(shuffled), CUTS)) == one
    assert _weighed(volume(usage_of(log), CUTS | {size})) == one
