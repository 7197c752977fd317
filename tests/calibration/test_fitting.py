"""Loss models fitted on planted losses: what was planted comes back."""

import polars as pl
import pytest

from analyzer.calibration.fitting import KINDS, fit, fit_all, loss_rates
from analyzer.simulators.losses import PARTS, expected

KINDS_PLANTED = 200


def corpus(lost: int, *, occasion: str = "user", calls: int = KINDS_PLANTED) -> pl.DataFrame:
    """Calls of 1,000 cached tokens that should read 900; `lost` of them read the system's 300."""
    rows = [
        {
            "uncached": 0, "read": 900, "write_5m": 100, "write_1h": 0, "prompt": 1_000,
            "system_tokens": 300, "hour_tokens": 0, "whole_tokens": 1_000, "cacheable": True,
            "occasion": occasion, "state": "continued", "gap": 1, "life": 300, "logged_life": 300,
            "idle_us": 10_000_000, "ttl0": 300, "ttl1": 0, "ttl2": 0, "ttl3": 0,
            "billed_read": 300 if number < lost else 900,
        }
        for number in range(calls)
    ]  # fmt: skip
    return pl.DataFrame(rows)


@pytest.mark.parametrize("kind", KINDS)
def test_a_planted_loss_comes_back(kind: str) -> None:
    found = fit(corpus(20), kind)
    # one call in ten falls back to the system prompt
    key = ("continued", "user")
    assert found.shares[key] == (9_000, 0, 1_000, 0)


@pytest.mark.parametrize("kind", KINDS)
def test_expected_reads_of_the_fitted_calls_meet_the_billed(kind: str) -> None:
    told = pl.concat([corpus(20), corpus(3, occasion="tool"), corpus(0, occasion="first")])
    read = expected(told, fit(told, kind))["read"].sum() / PARTS
    assert read == pytest.approx(told["billed_read"].sum(), rel=0.002)


def test_a_situation_with_few_calls_borrows_from_the_coarser_one() -> None:
    told = pl.concat([corpus(0, occasion="tool", calls=940), corpus(60, calls=60)])
    shares = fit(told, "by cause").shares
    # its own 60 calls all lost theirs; 60 borrowed ones lost 6 % (60 of 1,000): 53 % in all
    assert shares["continued", "user"] == (4_700, 0, 5_300, 0)
    assert shares[("continued",)] == (9_400, 0, 600, 0)


def test_a_read_past_the_kernel_counts_as_the_whole_prompt_in_part() -> None:
    told = corpus(0).with_columns(billed_read=pl.lit(950))
    # every call reads 50 of the 100 new tokens: half of them read all of it
    assert fit(told, "by cause").shares["continued", "user"] == (5_000, 5_000, 0, 0)


def test_none_is_always_there() -> None:
    assert [model.name for model in fit_all(corpus(1))] == ["none", *KINDS]


def test_losses_are_counted_by_who_spoke_with_an_interval() -> None:
    told = pl.concat([corpus(20), corpus(0, occasion="tool", calls=20)])
    person, tool = loss_rates(told)
    assert (person.occasion, person.calls, person.lost) == ("user", 200, 20)
    # Wilson: (0.1 + 2.706/400 -+ 1.645 sqrt(0.09/200 + 2.706/160000)) / (1 + 2.706/200)
    assert (float(person.low), float(person.high)) == pytest.approx((0.07029, 0.14037), abs=5e-5)
    # none of 20: 2.706/20 / (1 + 2.706/20)
    assert (float(tool.low), float(tool.high)) == pytest.approx((0.0, 0.11918), abs=5e-5)


def test_calls_that_should_read_nothing_lose_nothing() -> None:
    assert loss_rates(corpus(20).with_columns(state=pl.lit("cold"))) == ()
