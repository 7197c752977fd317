"""`rebill commit size`: a dollar a day for nine weeks, so that every answer has its sum."""

import json
from pathlib import Path
from typing import Any

import pytest

from analyzer.store import Store
from analyzer.trace import Tokens
from tests.replay.log_builder import Log, take

DAY_S = 86_400
DOLLAR = Tokens(uncached=1_000_000, output=0)  # Haiku 4.5: $1 a million tokens in
POOL = """
[[contract_commitment]]
id = "year"
description = "a year, invented"
billing_currency = "USD"
model = "Discontinuous"
period_start = 2027-01-01
period_end = 2028-01-01
overage_discount_percentage = "committed"
[[contract_commitment.tier]]
cost = 100
discount_percentage = 0.1
[[contract_commitment.tier]]
cost = 140
discount_percentage = 0.2
"""
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
[[contract_commitment.tier]]
cost = 0.5
discount_percentage = 0.1
"""
BATCH = """
version = 1
[[batch]]
workload = "W01"
deadline_hours = 24
evidence = "deadline"
basis = "nobody waits"
"""
NAMED = """
[[adoption]]
workload = "W01"
lever = "batch"
earliest = 2027-01-01
latest = 2027-01-01
"""
OBSERVED = "version = 1\n"


def dollars_a_day(folder: Path, days: int, *, skip: range = range(0)) -> Path:
    log = Log()
    for day in range(days):
        if day not in skip:
            log.call(day * DAY_S, (), DOLLAR)
    with Store.open(folder / "s.duckdb", create=True) as store:
        take(store, log.calls)
    return folder / "s.duckdb"


@pytest.fixture(scope="module")
def nine_weeks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return dollars_a_day(tmp_path_factory.mktemp("weeks"), 63)


@pytest.fixture
def sizing(rebill: Any, nine_weeks: Path, tmp_path: Path) -> Any:
    """Size offers under a policy, both given as text; 200 paths are plenty where nothing varies."""

    def run(offers: str, policy: str = OBSERVED, *words: object, store: Path = nine_weeks) -> Any:
        file, rules = tmp_path / "offers.toml", tmp_path / "policy.toml"
        file.write_text(f"version = 1\n{offers}")
        rules.write_text(policy)
        given = ("--store", store, "--offers", file, "--policy", rules, "--paths", 200)
        return rebill("commit", "size", *given, *words)

    return run


def told(done: Any) -> Any:
    assert (done.status, done.err) == (0, "")
    return json.loads(done.out)


def cash_of(offer: Any) -> Any:
    return offer["sizing"]["levers"]


def test_a_steady_year_is_sized_by_hand(sizing: Any) -> None:
    found = told(sizing(POOL, OBSERVED, "--json"))
    assert [week["usd"] for week in found["weeks"]] == ["7"] * 9
    offer = found["offers"][0]
    # 365 days of $1; at 20 % off $292, more than any tier asks for
    assert offer["need_before"] == offer["need_after"] == {"cents": 36_500, "error_cents": 0}
    assert offer["sizing"]["uncommitted"]["cost"]["cents"] == 36_500
    assert offer["sizing"]["chosen"]["cost"]["cents"] == 29_200
    assert (offer["discount"], offer["sizing"]["chosen"]["short_share"]) == ("0.2", "0")
    assert offer["gain_cents"] == 7_300
    assert (found["recommended"], found["steps"]) == ("year", [])
    assert {offer["look_back"][key] for key in ("stable", "optimal", "recent")} == {"1"}


def test_the_accepted_lever_halves_the_year_and_the_tier_still_fills(sizing: Any) -> None:
    found = told(sizing(POOL, BATCH, "--json"))
    step = found["steps"][0]
    assert (step["lever"], step["workload"], step["grade"]) == ("batch", "W01", "E4")
    assert (step["share"], step["share_sd"], step["saved_usd"]) == (0.5, 0.0, "31.5")
    assert (step["earliest"], step["named"]) == ("2027-01-01", False)
    offer = found["offers"][0]
    assert offer["need_after"]["cents"] == 18_250
    assert offer["commit_usd"] == "140"
    # 0.8 x $182.50 = $146, above the commit of $140; the lever spares 0.8 x $182.50 of cash
    assert offer["sizing"]["chosen"]["cost"]["cents"] == 14_600
    under = {cash["commit_usd"]: cash["total"]["cents"] for cash in cash_of(offer)}
    assert under == {"0": 18_250, "140": 14_600}
    assert all(sum(cash["monthly_cents"]) == cash["total"]["cents"] for cash in cash_of(offer))


def test_a_named_day_moves_the_lever(sizing: Any) -> None:
    found = told(sizing(NAMED.replace("2027-01-01", "2027-07-02") + POOL, BATCH, "--json"))
    assert found["steps"][0]["named"]
    # 2 July is day 182: $182 before it, half of $183 after
    assert found["offers"][0]["need_after"]["cents"] == 18_200 + 9_150


def test_a_rate_is_sized_on_what_is_eligible_after_the_levers(sizing: Any) -> None:
    def reserved(policy: str) -> Any:
        return told(sizing(RATE, policy, "--json"))["rates"][0]["sizing"]

    plain, batched = reserved(OBSERVED), reserved(BATCH)
    assert (plain["intervals"], plain["rate"], plain["commit_usd"]) == (63, "1", "0.9")
    assert (plain["cost"], plain["unreserved"]) == ("56.7", "63")
    assert (batched["rate"], batched["unreserved"]) == ("0", "0")


def test_what_rests_on_assumptions_counts_only_where_its_day_is_named(sizing: Any) -> None:
    guess = BATCH.replace('"deadline"', '"inferred"')
    found = told(sizing(POOL, guess, "--json"))
    assert found["steps"] == []
    assert found["left_out"][0]["why"] == "rests on assumptions (E5); no adoption names it"
    named = told(sizing(NAMED + POOL, guess, "--json"))
    assert [(step["grade"], step["named"]) for step in named["steps"]] == [("E5", True)]
    assert named["offers"][0]["need_after"]["cents"] == 18_250


def test_the_same_seed_gives_the_same_bytes_and_another_does_not(sizing: Any) -> None:
    grows = f"[outlook]\ngrowth_spread = 0.05\n{POOL}"
    outs = [sizing(grows, BATCH, "--json", "--seed", seed).out for seed in (1, 1, 2)]
    assert outs[0] == outs[1]
    cost = [json.loads(out)["offers"][0]["sizing"]["chosen"]["cost"] for out in outs]
    assert cost[0] != cost[2]
    assert json.loads(outs[0])["manifest"] != json.loads(outs[2])["manifest"]


def test_words_for_a_person_say_what_json_says(sizing: Any) -> None:
    done = sizing(POOL + RATE, BATCH)
    assert (done.status, done.err) == (0, "")
    assert done.out.startswith("recommended: year, $140.00 an interval of 12 months at 20.00% off")
    for words in ("batch of W01", "walk away below", "look-back", "overage", "reserve $0.00"):
        assert words in done.out


def test_no_commit_is_an_answer(sizing: Any) -> None:
    dear = POOL.replace("cost = 100\n", "cost = 10_000\n").replace("cost = 140", "cost = 20_000")
    done = sizing(dear)
    assert done.out.startswith("recommended: no commit")
    assert told(sizing(dear, OBSERVED, "--json"))["recommended"] is None


def test_under_eight_weeks_is_refused_with_what_is_needed(sizing: Any, tmp_path: Path) -> None:
    short = dollars_a_day(tmp_path, 55)
    fault = sizing(POOL, store=short).fault
    assert "55 days of priced calls, 2026-10-20 to 2026-12-13, are 7 whole weeks" in fault
    assert "at least 8 are needed to size a commit: ingest older logs or wait" in fault


def test_traffic_before_a_long_pause_is_not_drawn_from(sizing: Any, tmp_path: Path) -> None:
    paused = dollars_a_day(tmp_path, 120, skip=range(20, 60))
    found = told(sizing(POOL, OBSERVED, "--json", store=paused))
    assert [week["usd"] for week in found["weeks"]] == ["7"] * 8
    assert (found["first_day"], found["last_day"]) == ("2026-12-23", "2027-02-16")
    assert any(note.startswith("24 priced calls outside these weeks") for note in found["warnings"])


@pytest.mark.parametrize(
    ("offers", "policy", "words"),
    [
        (
            NAMED.replace("W01", "W02") + POOL,
            BATCH,
            "adoption[0]: the policy has no batch of W02; name one of: batch of W01",
        ),
        (
            NAMED + POOL,
            OBSERVED,
            "adoption[0]: the policy has no batch of W01; it has no line: remove the adoption",
        ),
        (POOL.replace("0.2", "1.2"), OBSERVED, "tier[1].discount_percentage: 1.2 is not allowed"),
        ("", OBSERVED, "contract_commitment: missing"),
    ],
)
def test_a_fault_is_one_line_with_its_field(
    offers: str, policy: str, words: str, sizing: Any
) -> None:
    assert words in sizing(offers, policy).fault


def test_too_few_paths_and_a_file_that_is_not_there(
    rebill: Any, sizing: Any, nine_weeks: Path, tmp_path: Path
) -> None:
    assert "give at least 100 paths" in sizing(POOL, OBSERVED, "--paths", 20).fault
    done = rebill("commit", "size", "--store", nine_weeks, "--offers", tmp_path / "none.toml")
    assert "none.toml: cannot be read" in done.fault
    (tmp_path / "bad.toml").write_bytes(b"\xff\xfe\x00")
    done = rebill("commit", "size", "--store", nine_weeks, "--offers", tmp_path / "bad.toml")
    assert "not UTF-8 at byte 0" in done.fault


def test_a_price_cut_and_lost_traffic_leave_the_commit_unused(sizing: Any) -> None:
    full = POOL.replace("cost = 140", "cost = 280")
    found = told(sizing(full, OBSERVED, "--json"))
    assert found["offers"][0]["commit_usd"] == "280"
    cut, gone = found["stresses"]
    # 0.8 x $365 = $292 fills $280; a third off leaves 0.67 x $292, a quarter gone 0.75 x $292
    assert (cut["unused_cents"], cut["unused_before_cents"]) == (28_000 - 19_564, 0)
    assert (gone["unused_cents"], gone["short_share"]) == (28_000 - 21_900, "1")
    assert cut["effect"].startswith("49.3 % more tokens")


def test_price_protection_takes_the_cut_off_the_commit(sizing: Any) -> None:
    full = POOL.replace("cost = 140", "cost = 280").replace(
        'rcentage = "committed"', 'rcentage = "committed"\nprice_protection = true'
    )
    cut, gone = told(sizing(full, OBSERVED, "--json"))["stresses"]
    assert (cut["unused_cents"], gone["unused_cents"]) == (0, 28_000 - 21_900)


def test_each_assumption_moves_the_cost_its_own_way(sizing: Any) -> None:
    found = told(sizing(NAMED.replace("latest = 2027-01-01", "latest = 2027-12-31") + POOL, BATCH,
                        "--json"))  # fmt: skip
    moved = {one["what"]: (one["low_cents"], one["high_cents"]) for one in found["sensitivity"]}
    assert moved["Growth a month"][0] < 0 < moved["Growth a month"][1]
    # without the lever the year is 0.8 x $365; live from its first day 0.8 x $182.50
    cost = found["offers"][0]["sizing"]["chosen"]["cost"]["cents"]
    assert moved["Levers adopted"] == (29_200 - cost, 14_600 - cost)
    assert moved["Levers live"][1] == 14_600 - cost
    assert moved["Levers live"][0] > 0
    widths = [abs(one["high_cents"] - one["low_cents"]) for one in found["sensitivity"]]
    assert widths == sorted(widths, reverse=True)
