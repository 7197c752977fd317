"""A lever acts on the calls since it went live, and on calls that spell their speed out."""

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest
from msgspec import structs

from analyzer.contracts.verification import Measures, Verification
from analyzer.contracts.verification.measures import Deployment, Ratio
from analyzer.trace import Call
from tests.contracts.verification.worked_months import (
    BASELINE,
    OCTOBER,
    USD,
    M,
    calls,
    verified,
)

HALF = Ratio("etl", "", "", Fraction(1), Fraction(2), Fraction(1, 10), 60)


def etl(out: int, tier: str = "standard") -> list[Call]:
    """One call a day: a million tokens in."""
    then = calls(BASELINE, "etl", "claude-small", 28, uncached=M, output=out)
    now = calls(OCTOBER, "etl", "claude-small", 31, tier, uncached=M, output=out)
    # Another workload is there from the first day on.
    others = calls(OCTOBER, "chat", "claude-small", 31, uncached=M)
    return [*then, *now, *others]


def shortened(since: date | None) -> Verification:
    rollouts = () if since is None else (Deployment("etl", "output", since, since),)
    measures = Measures(output=(replace(HALF, since=since),), deployments=rollouts)
    return verified(etl(M // 5), measures=measures, contract=())


@pytest.mark.parametrize(
    ("since", "days"),
    [(None, 31), (date(2026, 9, 1), 31), (date(2026, 10, 11), 20), (date(2026, 11, 2), 0)],
)
def test_an_output_ratio_counts_only_calls_since_its_rollout(since: date | None, days: int) -> None:
    found = shortened(since)
    # A day's call: .2 Mtok at $5 = $1 of output; twice as long before the lever.
    assert found.avoided == days * USD
    assert [one.source for one in found.saved] == (["output"] if days else [])
    assert found.blackout == (2 * USD if since == date(2026, 10, 11) else 0)
    # One deviation is a tenth of the two dollars a day.
    assert found.uncertainty == days * USD // 5


def test_a_batch_saves_the_same_whether_the_log_spells_the_usual_speed_out() -> None:
    logged = etl(M // 5, tier="batch")
    told = [structs.replace(one, speed="standard") for one in logged]
    mixed = [
        structs.replace(one, speed="standard") if n % 2 else one for n, one in enumerate(logged)
    ]
    for traffic in (logged, told, mixed):
        found = verified(traffic, measures=Measures(), contract=())
        # 31 calls at $2, half of it in a batch
        assert {one.lever: one.in_order for one in found.levers}["batch"] == 31 * USD
        assert found.avoided == 31 * USD
