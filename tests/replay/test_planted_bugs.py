"""Each rule of the replay broken once, to see that a test of this suite notices."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import polars as pl
import pytest

from analyzer import billing, replay
from analyzer.policy import Policy, ServingRule
from analyzer.prices import Book
from analyzer.replay import Replays
from analyzer.results import LEVERS, Ledger, Lever
from analyzer.savings import serving_effect
from analyzer.simulators import batch, output, routing
from analyzer.simulators.serving import Served, serve
from analyzer.trace import Tokens
from tests.billing import test_price_rules
from tests.replay import test_attribution, test_batch, test_output, test_routing
from tests.replay.log_builder import Block, Log, study_of

RATES = ("input", "read", "write_5m", "write_1h", "output")
_row, _shapley = vars(billing)["_row"], replay.shapley


def dropped(events: pl.DataFrame, *_told: object) -> pl.DataFrame:
    return events.clear()


def summed(replays: Replays, policy: Policy) -> Fraction:
    """Solo savings added up instead of one joint replay."""
    observed = replays.cost(Policy.observed()).total
    solo = (replays.cost(policy.with_levers(frozenset({lever}))).total for lever in LEVERS)
    return sum((observed - cost for cost in solo), Fraction(0))


def as_live(**_told: object) -> dict[str, pl.Expr]:
    """A batch that bills the reads and writes of the live calls."""
    return {}


def free(key: tuple[Any, ...], basis: billing.PriceBasis) -> dict[str, Any]:
    """A price of 0 for what the book does not hold."""
    row: dict[str, Any] = _row(key, basis)
    if "unpriced" not in row:
        return row
    zeros = {f"{side}_{rate}": 0 for side in ("base", "over") for rate in RATES}
    return zeros | {"web_search_rate": 0}


def floating(column: str, ratio: Fraction) -> pl.Expr:
    return (pl.col(column) * float(ratio)).ceil().cast(pl.Int64)


def floating_shares(savings: Mapping[frozenset[Lever], Fraction]) -> dict[Lever, float]:
    return {lever: float(share) for lever, share in _shapley(savings).items()}


def every_day_the_same(key: tuple[Any, ...], basis: billing.PriceBasis) -> dict[str, Any]:
    """The price of the last call's day, also where each call has its own."""
    row: dict[str, Any] = _row((key[0], 20_746, *key[2:]), basis)
    return row


def every_other(identity: pl.Series, *_told: object) -> pl.Series:
    return pl.Series([place % 2 == 0 for place in range(len(identity))], dtype=pl.Boolean)


def no_feedback(_events: pl.DataFrame, traffic: Any) -> Any:
    return traffic.trie.tokens


def always(_deadline_us: int) -> pl.Expr:
    """Batch whatever waits for the answer."""
    return pl.col("tier") == "standard"


def anywhere(*_told: object) -> pl.Expr:
    """A target that takes every call."""
    return pl.lit(value=True)


def sparing(calls: pl.DataFrame, *told: Any) -> Served:
    """Speculation that also spares tokens."""
    return serve(calls.with_columns(output=pl.col("output") // 2), *told)


def test_an_unknown_model_has_no_price_rather_than_a_price_of_nothing() -> None:
    log = Log()
    log.call(0, [Block("q", 1_000)])
    log.call(1, [Block("r", 1_000)], model="gpt-5.6-sol")
    assert study_of(log.calls).billed.rows["pico"].to_list() == [1_000 * 10**6, None]


def test_the_serving_effect_moves_no_dollar_of_a_plain_call() -> None:
    log = Log()
    log.call(0, [Block("q", 1_000)], Tokens(uncached=1_000, output=100))
    policy = Policy(serving=(ServingRule("*", "chat"),))
    replays = Replays(study_of(log.calls).scene)
    measured = serving_effect.measure(replays, policy, Ledger(0, 0, 0, 0, 0, ()))
    assert measured.calls_changed == 0
    assert measured.invoice_change == 0


def joint_savings_are_replayed() -> None:
    scene = study_of(test_attribution.one_call(), test_attribution.BOTH).scene
    savings = Replays(scene).subsets(test_attribution.BOTH)
    test_attribution.test_solo_savings_do_not_add_up_to_the_joint_one(savings)


@dataclass(frozen=True, slots=True)
class Planted:
    """One broken copy of a function, and the test that must fail on it."""

    place: Any
    name: str
    broken: Callable[..., Any]
    notices: Callable[[], None]


PLANTED = {
    "savings are summed instead of replayed": Planted(
        Replays, "saving", summed, joint_savings_are_replayed
    ),
    "a retry is not billed": Planted(
        output, "follow_up", dropped,
        lambda: test_output.test_an_answer_over_its_cap_is_billed_cut_and_asked_again_in_full(
            test_output.one_call()
        ),
    ),
    "an escalated call pays one model": Planted(
        routing, "follow_up", dropped, test_routing.test_an_escalated_call_pays_both_models
    ),
    "an expired request is not asked again": Planted(
        batch, "follow_up", dropped,
        lambda: test_batch.test_an_expired_request_costs_nothing_and_is_asked_again_live(
            test_batch.one_call()
        ),
    ),
    "a batch keeps the cache reads of live calls": Planted(
        batch, "_buckets", as_live,
        lambda: test_batch.test_nothing_is_read_inside_an_unseeded_batch(test_batch.six_calls()),
    ),
    "an unknown model costs nothing": Planted(
        billing, "_row", free, test_an_unknown_model_has_no_price_rather_than_a_price_of_nothing
    ),
    "one day's price holds for all": Planted(
        billing, "_row", every_day_the_same,
        lambda: test_price_rules.test_a_price_day_re_prices_the_past_and_names_the_change(
            Book.load()
        ),
    ),
    "tokens are converted in floating point": Planted(
        routing, "scaled_up", floating,
        test_routing.test_a_stated_input_ratio_replaces_the_tokenizers_for_usage_alone,
    ),
    "shares of a saving are floats": Planted(
        test_attribution, "shapley", floating_shares,
        test_attribution.test_shares_that_no_decimal_holds_still_sum_exactly,
    ),
    "a share falls on places in the log": Planted(
        output, "realised", every_other,
        test_output.test_whether_a_call_is_asked_again_depends_on_no_other_call,
    ),
    "a shorter answer leaves the next prompt as it was": Planted(
        replay, "_after_answers", no_feedback,
        lambda: test_output.test_a_shorter_answer_shrinks_the_next_prompt(
            test_output.two_turns()
        ),
    ),
    "a loop is sent through batches": Planted(
        batch, "eligible", always,
        test_batch.test_a_call_that_is_followed_before_its_deadline_stays_live,
    ),
    "a target takes what it would refuse": Planted(
        routing, "_accepted", anywhere, test_routing.test_a_prompt_that_would_not_fit_stays
    ),
    "speculation spares tokens": Planted(
        serving_effect, "serve", sparing, test_the_serving_effect_moves_no_dollar_of_a_plain_call
    ),
}  # fmt: skip


@pytest.mark.parametrize("planted", PLANTED.values(), ids=PLANTED)
def test_a_planted_bug_is_caught(planted: Planted, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planted.place, planted.name, planted.broken)
    with pytest.raises(AssertionError):
        planted.notices()
