"""Golden answers of commit sizing through the command, at 365 parts of 100,000 of their dollars.

A year has 365 days, so that a use of D dollars a year is D / 365 a day on every path.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from analyzer.store import Store
from analyzer.trace import Tokens
from tests.replay.log_builder import Log, take

DAY_S, WEEKS = 86_400, 9
TIER = "[[contract_commitment.tier]]\ncost = {}\ndiscount_percentage = {}\n"
POOL = """
[[contract_commitment]]
id = "{}"
description = "a year, invented"
billing_currency = "USD"
model = "Discontinuous"
period_start = 2027-01-01
period_end = 2028-01-01
overage_discount_percentage = "committed"
amounts = "listed"
"""
BATCH = """
version = 1
[[workload]]
name = "night"
match = { tags = { app = "night" } }
[[batch]]
workload = "night"
deadline_hours = 24
evidence = "deadline"
basis = "nobody waits"
"""
ANY_SHORT = "[selection]\nmost_short = 1\n"


def spent(store: Path, *days: tuple[int, int]) -> Path:
    """A store of days, each with cents that could wait until night and cents that could not."""
    log = Log()
    for day, both in enumerate(days):
        for app, cents in zip(("night", "day"), both, strict=True):
            tokens = Tokens(uncached=cents * 10_000, output=0)  # Haiku 4.5: $1 a million tokens
            log.call(day * DAY_S, (), tokens, tags={"app": app})
    with Store.open(store, create=True) as opened:
        take(opened, log.calls)
    return store


@pytest.fixture
def sizing(rebill: Any, tmp_path: Path) -> Any:
    """Size offers on a store; every path is the same where every day is."""

    def run(offers: str, store: Path, policy: str = BATCH, paths: int = 100) -> Any:
        file, rules = tmp_path / "offers.toml", tmp_path / "policy.toml"
        file.write_text(f"version = 1\n{offers}")
        rules.write_text(policy)
        given = ("--store", store, "--offers", file, "--policy", rules, "--paths", paths)
        done = rebill("commit", "size", *given, "--json")
        assert (done.status, done.err) == (0, "")
        return json.loads(done.out)

    return run


def cents(dollars: int) -> int:
    """Golden dollars in cents of this log."""
    return dollars * 365 // 1_000


def test_economic_480_000_is_cash_200_000_under_a_commit(sizing: Any, tmp_path: Path) -> None:
    # 1.5 M a year is $15 a day; half of the $12 that can wait is saved: $9 a day, 0.9 M
    store = spent(tmp_path / "s.duckdb", *[(1_200, 300)] * 63)
    offers = ANY_SHORT + POOL.format("year") + TIER.format(3650, "0.2")
    found = sizing(offers, store)["offers"][0]
    # the commit is not worth signing for 0.9 M: it was sized before the levers
    assert found["sizing"]["optimise_first"]["sized_before_usd"] == "3650"
    cash = next(one for one in found["sizing"]["levers"] if one["commit_usd"] == "3650")
    assert cash["economic"]["cents"] == cents(480_000)
    assert cash["total"]["cents"] == cents(200_000)


def test_optimise_first_then_commit(sizing: Any, tmp_path: Path) -> None:
    # 2 M a year is $20 a day; half of the $18 that can wait is saved: $11 a day, 1.1 M
    store = spent(tmp_path / "s.duckdb", *[(1_800, 200)] * 63)
    tiers = TIER.format("3_285", "0.10") + TIER.format("5_475", "0.15")  # 0.9 M and 1.5 M
    first = sizing(ANY_SHORT + POOL.format("year") + tiers, store)["offers"][0]["sizing"][
        "optimise_first"
    ]
    assert (first["sized_before_usd"], first["sized_after_usd"]) == ("5475", "3285")
    assert first["cost_sized_before"]["cents"] == cents(1_500_000)
    assert first["cost_sized_after"]["cents"] == cents(990_000)
    assert first["cost_uncommitted"]["cents"] == cents(1_100_000)
    assert (first["tier_before"], first["tier_after"]) == ("0.15", "0.1")


def test_the_walk_away_is_where_the_next_best_offer_is_as_good(sizing: Any, tmp_path: Path) -> None:
    store = spent(tmp_path / "s.duckdb", *[(0, 100)] * 63)
    offers = (
        POOL.format("good")
        + TIER.format(200, "0.2")
        + POOL.format("next")
        + TIER.format(300, "0.12")
    ).replace('amounts = "listed"', "")
    found = sizing(offers, store, "version = 1\n")
    good, then = (one["sizing"]["walk_away"] for one in found["offers"])
    assert found["recommended"] == "good"
    # $365 at 12 % off are $321.20: 12 % off would be as good, a hundredth of a per cent more wins
    assert good["against"] == "next"
    assert float(good["least_discount"]) == pytest.approx(0.12, abs=0.0001)
    assert good["least_discount_against_none"] == "0.0001"
    # commits above $292 are paid in full: below $321.20 they still beat the other
    assert 292 <= float(good["largest_commit_usd"]) < 321.20
    assert float(good["largest_commit_against_none_usd"]) < 365
    # a commit of $300 or more can never cost less than $292, whatever the discount
    assert (then["against"], then["least_discount"]) == ("good", None)
    assert (then["least_discount_against_none"], then["largest_commit_usd"]) == ("0.0001", None)


def test_a_recent_drop_is_held_against_our_own_commit(sizing: Any, tmp_path: Path) -> None:
    # eight weeks of $1 a day and one of 40 cents: the draw takes 6.6 / 7 of $1, the log ends at 0.4
    store = spent(tmp_path / "s.duckdb", *[(0, 100)] * 56, *[(0, 40)] * 7)
    offers = POOL.format("year") + TIER.format(200, "0.2")
    found = sizing(offers, store, "version = 1\n", 400)
    recent = found["offers"][0]["recent"]
    assert (recent["days"], round(recent["level"], 4)) == (7, round(0.4 / (8.4 / 9), 4))
    # 365 x 0.4 x 0.8 = $116.80 of the $200
    assert recent["short_cents"] == pytest.approx(8_320, abs=60)
    assert any("would go unused. Find out why" in note for note in found["warnings"])


def test_a_steady_log_ending_on_a_weekend_is_no_drop(sizing: Any, tmp_path: Path) -> None:
    week = [(0, 100)] * 5 + [(0, 10)] * 2
    store = spent(tmp_path / "s.duckdb", *week * WEEKS)
    offers = POOL.format("year") + TIER.format(200, "0.2")
    found = sizing(offers, store, "version = 1\n")
    assert found["offers"][0]["look_back"]["recent"] == "0.1"  # what look-back tools fall for
    assert found["offers"][0]["recent"] == {"days": 7, "level": 1.0, "short_cents": 0}
    assert (found["trend"]["monthly"], found["trend"]["error"]) == (
        pytest.approx(0, abs=1e-9), pytest.approx(0, abs=1e-9)
    )  # fmt: skip
    assert not any("would go unused" in note or "moved by" in note for note in found["warnings"])


def test_a_falling_log_speaks_against_an_outlook_without_growth(
    sizing: Any, tmp_path: Path
) -> None:
    # each week a tenth below the one before: ln 0.9 a week is -45.8 % a month
    days = [(0, round(100_000 * 0.9**week)) for week in range(WEEKS) for _ in range(7)]
    store = spent(tmp_path / "s.duckdb", *days)
    offers = POOL.format("year") + TIER.format("150_000", "0.2")
    found = sizing(offers, store, "version = 1\n", 400)
    assert found["trend"]["monthly"] == pytest.approx(-0.4581, abs=1e-4)
    said = [note for note in found["warnings"] if "Use moved by" in note]
    assert len(said) == 1
    assert "moved by -45.8% a month" in said[0]
    expected = "[outlook]\ngrowth_monthly = -0.458\n" + offers
    silent = sizing(expected, store, "version = 1\n", 400)
    assert not any("Use moved by" in note for note in silent["warnings"])


RATE = """
[[contract_commitment]]
id = "rate"
description = "a rate, invented"
billing_currency = "USD"
model = "Continuous"
period_start = 2027-01-01
period_end = 2027-07-01
fulfillment_interval = "Daily"
eligible_service_tiers = ["standard"]
"""


def test_a_rate_grows_with_the_outlook_and_beats_a_poor_pool(sizing: Any, tmp_path: Path) -> None:
    store = spent(tmp_path / "s.duckdb", *[(0, 100)] * 63)
    offers = "[outlook]\ngrowth_monthly = 0.1\n" + POOL.format("pool") + TIER.format(100, "0.01")
    offers += RATE + TIER.format(0, "0.3")
    found = sizing(offers, store, "version = 1\n")["rates"][0]["sizing"]
    # the history's rate is its every day; the term's lies between its first and last month
    assert (found["rate"], found["unreserved"]) == ("1", "63")
    term = found["term"]
    assert 1.1 < float(term["rate"]) < 1.9
    assert term["p10_cents"] == term["p50_cents"] == term["p90_cents"] == term["cost"]["cents"]
    assert term["cost"]["cents"] < term["uncommitted"]["cents"]
    assert 18_100 < term["uncommitted"]["cents"] < 36_200


def test_a_rate_counts_the_levers_by_their_days(sizing: Any, tmp_path: Path) -> None:
    # 80 cents of each dollar wait until night, of which half is saved from 2 July: after the term
    store = spent(tmp_path / "s.duckdb", *[(80, 20)] * 63)
    day = '[[adoption]]\nworkload = "night"\nlever = "batch"\nearliest = {0}\nlatest = {0}\n'
    rate = RATE + TIER.format(0, "0.3")
    now, late = (
        sizing(day.format(date) + rate, store)["rates"][0]["sizing"]["term"]
        for date in ("2027-01-01", "2027-07-02")
    )
    # 20 cents a day are eligible after the lever, 181 days
    assert (now["rate"], now["uncommitted"]["cents"]) == ("0.2", 3_620)
    # before it the level is 100 / 60 of that: the share of eligible use is the replay's
    assert late["uncommitted"]["cents"] == pytest.approx(3_620 / 0.6, abs=1)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--paths", "1_000_000_000"), "at most 200,000"),
        (("--seed", str(2**64)), "below 2^64"),
        (("--seed", "-1"), "a seed of 0 or more"),
    ],
)
def test_a_draw_that_no_machine_can_make_is_refused(
    words: tuple[str, str], said: str, rebill: Any, tmp_path: Path
) -> None:
    (tmp_path / "o.toml").write_text("version = 1\n" + POOL.format("a") + TIER.format(1, "0.1"))
    store = spent(tmp_path / "s.duckdb", (0, 100))
    done = rebill("commit", "size", "--store", store, "--offers", tmp_path / "o.toml", *words)
    assert said in done.fault


@pytest.mark.parametrize(
    ("start", "end", "said"),
    [
        ("2025-01-01", "2026-01-01", "[0].period_end: 2026-01-01 is not after the log's last day"),
        ("2035-01-01", "2036-01-01", "[0].period_start: 2035-01-01 is more than two years after"),
    ],
)
def test_a_term_far_from_the_log_is_refused(
    start: str, end: str, said: str, rebill: Any, tmp_path: Path
) -> None:
    text = POOL.format("a").replace("2028-01-01", end).replace("2027-01-01", start)
    (tmp_path / "o.toml").write_text("version = 1\n" + text + TIER.format(1, "0.1"))
    store = spent(tmp_path / "s.duckdb", *[(0, 100)] * 63)
    done = rebill("commit", "size", "--store", store, "--offers", tmp_path / "o.toml")
    assert said in done.fault


def test_a_service_tier_that_no_call_used_is_named(sizing: Any, tmp_path: Path) -> None:
    store = spent(tmp_path / "s.duckdb", *[(0, 100)] * 63)
    rate = RATE.replace('"standard"', '"standrad"') + TIER.format(0, "0.3")
    found = sizing(rate, store, "version = 1\n")
    said = "rate: no use of service tier standrad in these weeks; the weeks have standard."
    assert said in found["warnings"]
