"""What each lever is worth beside the others: joint replays, exact shares, no solo sums."""

from fractions import Fraction
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.policy import BatchRule, CachingRule, LeaveRule, OutputRule, Policy, RoutingRule
from analyzer.replay import Replays, in_order, shapley
from analyzer.results import LEVERS, Lever
from analyzer.savings.default_policy import keep_what_saves
from analyzer.trace import Call, Tokens
from tests.replay.log_builder import Block, Log, study_of

CENT = 10**10
Game = dict[frozenset[Lever], Fraction]
SUBSETS = [frozenset(chosen) for size in range(5) for chosen in combinations(LEVERS, size)]
BOTH = Policy(
    routing=(
        RoutingRule(workload="*", to_model="claude-haiku-4-5", evidence="assumed", basis="test"),
    ),
    batch=(BatchRule(workload="*", evidence="deadline", basis="test"),),
)


def one_call() -> list[Call]:
    """100,000 tokens on Opus 4.5, at $5 a million: 50 cents."""
    log = Log()
    log.call(0, [Block("q", 1_000)], Tokens(uncached=100_000, output=0), model="claude-opus-4-5")
    return log.calls


@pytest.fixture(scope="module")
def savings() -> Game:
    return Replays(study_of(one_call(), BOTH).scene).subsets(BOTH)


def test_solo_savings_do_not_add_up_to_the_joint_one(savings: Game) -> None:
    # Haiku costs 10 cents: 40 saved; a batch of Opus 25: 25 saved; a batch of Haiku 5: 45 saved
    assert savings[frozenset({"routing"})] == 40 * CENT
    assert savings[frozenset({"batch"})] == 25 * CENT
    assert savings[frozenset({"routing", "batch"})] == savings[frozenset(LEVERS)] == 45 * CENT


def test_fair_shares_are_the_mean_over_both_orders(savings: Game) -> None:
    # routing first 40, last 20: 30; batch last 5, first 25: 15
    shares = shapley(savings)
    assert shares == {"output": 0, "routing": 30 * CENT, "batch": 15 * CENT, "caching": 0}


def test_in_the_order_of_record_routing_comes_before_batch(savings: Game) -> None:
    parts = in_order(savings)
    assert parts == {"output": 0, "routing": 40 * CENT, "batch": 5 * CENT, "caching": 0}


def test_shares_that_no_decimal_holds_still_sum_exactly() -> None:
    # 14 x 14 thirteenths for all four together; in floating point the parts miss it
    worth = (Fraction(0), *(Fraction(place * place, 13) for place in range(15)))
    game = dict(zip(SUBSETS, worth, strict=True))
    assert sum(shapley(game).values()) == game[frozenset(LEVERS)] == Fraction(196, 13)


@given(st.lists(st.integers(-(10**18), 10**18), min_size=15, max_size=15))
def test_fair_shares_and_ordered_parts_sum_exactly_for_any_game(worth: list[int]) -> None:
    game = dict(zip(SUBSETS, map(Fraction, (0, *worth)), strict=True))
    assert sum(shapley(game).values()) == game[frozenset(LEVERS)]
    assert sum(in_order(game).values()) == game[frozenset(LEVERS)]


@given(st.lists(st.integers(-(10**12), 10**12), min_size=4, max_size=4))
def test_levers_that_do_not_meet_keep_their_own_worth(worth: list[int]) -> None:
    own = dict(zip(LEVERS, map(Fraction, worth), strict=True))
    game = {chosen: sum((own[lever] for lever in chosen), Fraction(0)) for chosen in SUBSETS}
    assert shapley(game) == in_order(game) == own


def test_a_share_is_a_mean_over_the_seeds_of_its_policy() -> None:
    half = OutputRule(
        workload="*",
        cap_tokens=50,
        retry_share=Fraction(1, 2),
        evidence="assumed",
        basis="test",
    )
    log = Log()
    for at_s in range(8):
        log.call(at_s, [Block(f"q{at_s}", 100)], Tokens(uncached=100, output=100))
    policy = Policy(seeds=(1, 2, 3), output=(half,))
    replays = Replays(study_of(log.calls, policy).scene)
    each = [replays.cost(Policy(seeds=(seed,), output=(half,))).total for seed in (1, 2, 3)]
    assert len(set(each)) > 1
    assert replays.cost(policy).total == sum(each) / 3


def test_a_workload_that_a_lever_leaves_keeps_its_observed_settings() -> None:
    left = Policy(routing=BOTH.routing, batch=BOTH.batch, leave=(LeaveRule("batch", "W01"),))
    study = study_of(one_call(), left)
    assert Replays(study.scene).saving(study.policy) == 40 * CENT


def test_accepted_lines_are_a_replay_of_their_own() -> None:
    study = study_of(one_call(), BOTH)
    # batch with a written deadline is E4 and stands; routing is E5 and does not
    assert Replays(study.scene).saving(study.policy.accepted()) == 25 * CENT


def test_lines_are_kept_only_while_they_save_beside_the_others_kept() -> None:
    # a mark nobody reads costs a quarter more; the better of two models for the same calls wins
    dear = CachingRule(workload="*", ttl="5m", placement="conversation", basis="test")
    opus = RoutingRule(
        workload="*", to_model="claude-opus-4-6", evidence="assumed", basis="no cheaper"
    )
    candidate = Policy(routing=(opus, *BOTH.routing), caching=(dear,))
    kept = keep_what_saves(candidate, Replays(study_of(one_call(), candidate).scene).saving)
    assert kept == Policy(routing=BOTH.routing)


def test_an_output_line_that_costs_is_not_kept_either() -> None:
    cap = OutputRule(workload="*", cap_tokens=10, evidence="assumed", basis="test")
    log = Log()
    log.call(0, [Block("q", 1_000)], Tokens(uncached=1_000, output=100))
    candidate = Policy(output=(cap,))
    replays = Replays(study_of(log.calls, candidate).scene)
    assert replays.saving(keep_what_saves(candidate, replays.saving)) >= 0
