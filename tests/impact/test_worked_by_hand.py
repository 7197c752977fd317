"""Every figure here is a sum that a person can do; one day of traffic is 30.4375 days a month."""

from datetime import date
from fractions import Fraction
from typing import Any

import pytest

from analyzer.errors import InputError
from analyzer.impact import Announced, Asked, Impact, NamedRetirement
from analyzer.impact.announced import AnnouncedMove
from analyzer.impact.study import weigh
from analyzer.impact.volume import Volume, cuts, volume
from analyzer.prices import Book, Move
from analyzer.reconciled import Discount

MTOK = 1_000_000


def on(day: str, traffic: Volume, book: Book, **more: Any) -> Impact:
    when = date.fromisoformat(day)
    return weigh(traffic, book, Asked(when, when, **more))


def announced(day: str, *moves: Move) -> Announced:
    when = date.fromisoformat(day)
    return Announced("m", tuple(AnnouncedMove(when, move, "a move", "mail") for move in moves))


def test_a_cut_of_the_read_price_by_meter(volume_of: Any, book: Book, a_month: Any) -> None:
    traffic = volume_of({"read": MTOK, "output": MTOK // 10, "day": date(2026, 10, 20)})
    found = on("2026-10-07", traffic, book)
    (move,) = found.moves
    assert move.what == "read $0.2 to $0.1"
    cells = {cell.meter: cell for cell in move.cells}
    # 1 Mtok read at $0.20, then $0.10; 0.1 Mtok out at $10 on both sides
    assert cells["read"].money.before == a_month("0.2")
    assert cells["read"].money.after == a_month("0.1")
    assert cells["read"].quantity == MTOK * Fraction(487, 16)
    assert cells["output"].money.difference == 0
    assert (move.total.before, move.total.after) == (a_month("1.2"), a_month("1.1"))
    assert found.total.difference == a_month("-0.1")
    assert found.today.before == a_month("1.2")


def test_the_period_decides_what_a_month_is(volume_of: Any, book: Book, a_month: Any) -> None:
    traffic = volume_of(
        {"read": MTOK, "day": date(2026, 10, 10)}, {"read": MTOK, "day": date(2026, 10, 19)}
    )
    assert traffic.days == 10
    (move,) = on("2026-10-07", traffic, book).moves
    assert move.total.before == a_month("0.4") / 10


def test_the_end_of_fast_mode_is_standard_speed(volume_of: Any, book: Book, a_month: Any) -> None:
    slow = {"model": "claude-opus-4-8", "uncached": MTOK}
    found = on("2026-11-30", volume_of(slow, {**slow, "speed": "fast"}), book)
    (move,) = found.moves
    # 1 Mtok at 2 x $5, then at $5; the call at standard speed is not met
    assert (move.requests, move.total.before, move.total.after) == (1, a_month("10"), a_month("5"))
    assert {cell.mode for cell in move.cells} == {"fast"}
    assert "priced at standard speed" in move.what
    assert not on("2026-11-30", volume_of(slow), book).moves


def test_a_retirement_is_priced_on_each_later_model(
    volume_of: Any, book: Book, a_month: Any
) -> None:
    calls = {"model": "claude-sonnet-4-5", "uncached": MTOK // 10, "output": MTOK // 100}
    (found,) = on("2026-11-30", volume_of(calls), book).retirements
    # 0.1 Mtok at $3 and 0.01 Mtok at $15
    assert found.total.before == a_month("0.45")
    assert [one.model for one in found.successors] == [
        "claude-sonnet-5-5", "claude-sonnet-5", "claude-sonnet-4-6",
    ]  # fmt: skip
    newest, _, older = found.successors
    # $2 and $10 for 1.3, 1 and 1.47 times the tokens
    assert newest.total.after == a_month("0.39")
    assert (newest.low, newest.high) == (a_month("0.3"), a_month("0.441"))
    assert (older.total.after, set(older.ratio)) == (a_month("0.45"), {Fraction(1)})
    assert not newest.infeasible


def test_the_target_counts_its_own_tokens_against_its_threshold(
    volume_of: Any, book: Book, a_month: Any
) -> None:
    traffic = volume_of({"model": "claude-haiku-4-5", "uncached": 80_000})
    asked = Announced(retirements=(NamedRetirement(date(2027, 3, 1), "claude-haiku-4-5", (), "x"),))
    (found,) = on("2027-03-01", traffic, book, announced=asked).retirements
    (haiku,) = found.successors
    # 80,000 tokens stay under 100,000: $0.10 a million; 104,000 and 117,600 do not: $0.50
    assert haiku.low == a_month("0.008")
    assert haiku.total.after == a_month("0.052")
    assert haiku.high == a_month("0.0588")


def test_what_a_successor_would_refuse_is_said(volume_of: Any, book: Book, a_month: Any) -> None:
    plain = {"model": "claude-sonnet-4-5", "uncached": 100_000}
    traffic = volume_of(
        plain, {**plain, "tool_choice": "any"}, {**plain, "uncached": 190_000, "tier": "batch"}
    )
    asked = {"successors": ("claude-haiku-4-5", "claude-3-opus")}
    (found,) = on("2026-11-30", traffic, book, **asked).retirements
    by = {one.model: one for one in found.successors}
    assert [line.reason for line in by["claude-sonnet-5-5"].infeasible] == [
        "claude-sonnet-5-5 refuses a forced tool choice"
    ]
    assert by["claude-sonnet-5-5"].infeasible[0].before == a_month("0.3")
    assert not by["claude-sonnet-5"].infeasible
    assert by["claude-haiku-4-5"].named
    assert not by["claude-haiku-4-5"].infeasible
    (gone,) = by["claude-3-opus"].infeasible
    assert gone.reason == "claude-3-opus is not sold on 2026-11-30"
    assert (gone.requests, by["claude-3-opus"].cells) == (3, ())
    for one in found.successors:
        assert one.total.before + sum(line.before for line in one.infeasible) == found.total.before


def test_a_prompt_beyond_the_window_cannot_move(volume_of: Any, book: Book, a_month: Any) -> None:
    call = {"model": "claude-sonnet-4-6", "uncached": 0}
    ends = (NamedRetirement(date(2027, 3, 1), "claude-sonnet-4-6", ("claude-haiku-4-5",), "x"),)
    traffic = volume_of({**call, "uncached": 200_000}, {**call, "uncached": 200_001})
    asked = {"announced": Announced(retirements=ends)}
    (found,) = on("2027-03-01", traffic, book, **asked).retirements
    haiku = found.successors[0]
    assert haiku.total.after == a_month("0.2")  # 0.2 Mtok at $1
    (long,) = haiku.infeasible
    assert long.reason == "longer than the window of claude-haiku-4-5 (200,000 tokens)"
    assert long.before == a_month("0.600003")


def test_clouds_keep_their_models_and_the_claude_api_does_not(
    volume_of: Any, book: Book, a_month: Any
) -> None:
    call = {"model": "claude-sonnet-4-5", "uncached": MTOK // 10, "geo": "global"}
    traffic = volume_of(call, {**call, "platform": "bedrock"}, {**call, "platform": "claude_api"})
    (found,) = on("2026-11-30", traffic, book).retirements
    assert (found.requests, found.total.before) == (2, a_month("0.6"))
    assert found.elsewhere is not None
    assert (found.elsewhere.requests, found.elsewhere.before) == (1, a_month("0.3"))


def test_announced_prices_follow_the_books_own(volume_of: Any, book: Book, a_month: Any) -> None:
    traffic = volume_of({"read": MTOK, "output": MTOK // 10, "day": date(2026, 10, 20)})
    halved = Move("claude-sonnet-5-5", "tokens", None, Fraction(1, 2))
    told = {"announced": announced("2026-10-07", halved)}
    own, mine = on("2026-10-07", traffic, book, **told).moves
    assert (own.announced, own.total.difference) == (False, a_month("-0.1"))
    assert (mine.announced, mine.total.before) == (True, a_month("1.1"))
    assert mine.total.after == a_month("0.55")


@pytest.mark.parametrize(
    ("move", "before", "after"),
    [
        # 1 Mtok out in a batch at half of $10
        (Move("claude-sonnet-5-5", "output", Fraction(8), None), "15.1", "12.1"),
        (Move("claude-sonnet-5-5", "batch", Fraction(3, 5), None), "5", "6"),
        (Move(None, "web_search", Fraction(20), None), "15.1", "15.2"),
    ],
)
def test_one_meter_moves_alone(
    move: Move, before: str, after: str, volume_of: Any, book: Book, a_month: Any
) -> None:
    traffic = volume_of({"output": MTOK, "web_searches": 10}, {"output": MTOK, "tier": "batch"})
    (found,) = on("2026-12-01", traffic, book, announced=announced("2026-12-01", move)).moves
    assert (found.total.before, found.total.after) == (a_month(before), a_month(after))


def test_a_price_of_long_prompts_moves_in_proportion(
    volume_of: Any, book: Book, a_month: Any
) -> None:
    traffic = volume_of({"model": "claude-haiku-5-5", "uncached": 200_000})
    move = Move("claude-haiku-5-5", "uncached", Fraction(3, 20), None)  # $0.10 to $0.15
    (found,) = on("2026-12-01", traffic, book, announced=announced("2026-12-01", move)).moves
    assert (found.total.before, found.total.after) == (a_month("0.1"), a_month("0.15"))


def test_discounts_are_taken_off_each_side_at_its_own_model(
    volume_of: Any, book: Book, a_month: Any
) -> None:
    traffic = volume_of({"model": "claude-sonnet-4-5", "uncached": MTOK // 10})
    known = (
        Discount("claude-sonnet-4-5", Fraction(1, 10), "contract"),
        Discount("claude-sonnet-4-6", Fraction(1, 2), "contract"),
    )
    day = date(2026, 11, 30)
    (found,) = weigh(traffic, book, Asked(day, day), known).retirements
    older = found.successors[-1]
    assert found.total.paid_before == a_month("0.27")
    assert (older.model, older.total.paid_after) == ("claude-sonnet-4-6", a_month("0.15"))
    assert older.total.paid_difference == a_month("-0.12")


def test_minimums_windows_and_promises_are_listed_with_what_they_reach(
    volume_of: Any, book: Book, a_month: Any
) -> None:
    calls = [{"model": "claude-sonnet-4-5", "uncached": size} for size in (200_000, 200_001)]
    traffic = volume_of(*calls, {"model": "claude-haiku-4-5", "uncached": 1000})
    found = on("2026-04-30", traffic, book)
    told = {(one.kind, one.model): one for one in found.exposures}
    window = told["context", "claude-sonnet-4-5"]
    assert (window.requests, window.before) == (1, a_month("1.200006"))  # at the premium of before
    assert "longest prompt 1,000,000 to 200,000" in window.what
    promised = weigh(traffic, book, Asked(date(2026, 11, 8))).exposures
    (haiku,) = [one for one in promised if one.model == "claude-haiku-4-5"]
    assert haiku.remark.startswith("the day has passed; nearest sold and not dearer")
    sonnet = [{"model": "claude-sonnet-4-6", "uncached": size} for size in (1023, 1024, 2047, 2048)]
    least = on("2026-05-01", volume_of(*sonnet), book).exposures
    (minimum,) = [one for one in least if one.kind == "minimum"]
    assert (minimum.requests, minimum.day, minimum.last) == (
        2, date(2026, 4, 16), date(2026, 8, 21),
    )  # fmt: skip


def test_the_days_are_from_the_last_of_the_traffic_for_a_year(volume_of: Any, book: Book) -> None:
    found = weigh(volume_of({"uncached": 1, "day": date(2028, 2, 29)}), book, Asked())
    assert (found.since, found.until) == (date(2028, 2, 29), date(2029, 2, 28))
    with pytest.raises(InputError, match="--to 2026-01-01 is before --from 2026-11-08"):
        weigh(volume_of({"uncached": 1}), book, Asked(until=date(2026, 1, 1)))


def test_what_has_no_price_and_no_time_is_said(usage_of: Any, book: Book) -> None:
    calls = [
        {"uncached": 5},
        {"uncached": 5, "day": None},
        {"model": "claude-x", "output": 9},
        {"uncached": 7, "charged": False},
    ]
    traffic = volume(usage_of(calls), cuts(book))
    found = weigh(traffic, book, Asked())
    assert (found.requests, found.notes) == (2, ("1 call without a time: in no figure",))
    assert [(line.reason, line.requests) for line in found.left_out] == [("model claude-x", 1)]


def test_hidden_iterations_count_as_money_and_not_as_requests(
    usage_of: Any, book: Book, a_month: Any
) -> None:
    hidden = {
        "request": 0, "day": date(2026, 11, 8), "name": "claude-sonnet-5-5", "output": MTOK,
    }  # fmt: skip
    found = weigh(volume(usage_of([{"output": MTOK}], [hidden]), cuts(book)), book, Asked())
    assert (found.requests, found.today.before) == (1, a_month("20"))


def test_a_second_announced_move_starts_where_the_first_ended(
    volume_of: Any, book: Book, a_month: Any
) -> None:
    traffic = volume_of({"output": MTOK})
    first, second = date(2026, 12, 1), date(2027, 1, 1)
    moves = (
        AnnouncedMove(first, Move("claude-sonnet-5-5", "output", Fraction(8), None), "a", "mail"),
        AnnouncedMove(second, Move("claude-sonnet-5-5", "output", Fraction(6), None), "b", "mail"),
    )
    found = weigh(traffic, book, Asked(first, second, announced=Announced("m", moves))).moves
    # $10, then $8, then $6 for a million
    assert [(one.total.before, one.total.after) for one in found] == [
        (a_month("10"), a_month("8")),
        (a_month("8"), a_month("6")),
    ]


def test_a_prompt_of_exactly_the_threshold_is_a_short_one(
    volume_of: Any, book: Book, a_month: Any
) -> None:
    call = {"model": "claude-haiku-5-5"}
    move = Move("claude-haiku-5-5", "output", Fraction(1), None)
    told = {"announced": announced("2026-12-01", move)}
    (at,) = on("2026-12-01", volume_of({**call, "uncached": 100_000}), book, **told).moves
    (over,) = on("2026-12-01", volume_of({**call, "uncached": 100_001}), book, **told).moves
    # 0.1 Mtok at $0.10; one token more and all of them cost $0.50
    assert at.total.before == a_month("0.01")
    assert over.total.before == a_month("0.0500005")


def test_searches_are_uses_and_know_no_tokenizer(volume_of: Any, book: Book, a_month: Any) -> None:
    calls = {"model": "claude-sonnet-4-5", "uncached": MTOK // 10, "web_searches": 100}
    (found,) = on("2026-11-30", volume_of(calls), book).retirements
    newest = found.successors[0]
    # 0.1 Mtok is 0.13 at $2; a hundred searches cost $1 on either model
    assert newest.total.after == a_month("1.26")
    assert (newest.low, newest.high) == (a_month("1.2"), a_month("1.294"))
