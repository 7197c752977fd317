"""Weeks that were not looked at: stationary traffic keeps its promise, other traffic shows it."""

from collections.abc import Callable, Iterator

import numpy as np
import pytest

from analyzer.policy import Policy
from analyzer.search.alternatives import slots
from analyzer.search.searching import Searched, search
from analyzer.trace import Call
from tests.replay.log_builder import Block, Log, study_of

DAY_S = 86_400
DAYS = 49
Draw = np.random.Generator


def searched(calls: list[Call]) -> Searched:
    base = Policy.observed()
    scene = study_of(calls, base).scene
    found = {n: slots(scene.traffic.calls, n, base, scene.targets) for n in scene.workloads}
    return search(scene, found, base)


def stationary(seed: int) -> list[Call]:
    """Seven weeks of three call sites: each day is drawn from the same law."""
    draw, log = np.random.default_rng(seed), Log()
    sites = (("bursts", 90), ("around the life", 420), ("rare", 5_000))
    days = [(at_s, name) for day in range(DAYS) for name, gap in sites
            for at_s in _day(draw, day, gap)]  # fmt: skip
    for turn, (at_s, name) in enumerate(sorted(days)):
        marked = Block(name, 3_000, "system", ttl="5m" if name == "rare" else None)
        log.call(at_s, [marked, Block(f"q{turn}", 400)], model="claude-sonnet-5")
    return log.calls


def _day(draw: Draw, day: int, gap_s: int) -> Iterator[int]:
    at_s = day * DAY_S
    for _call in range(int(draw.integers(3, 9))):
        at_s += 1 + int(draw.exponential(gap_s))
        yield at_s


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_on_stationary_traffic_the_saving_holds_in_weeks_not_looked_at(seed: int) -> None:
    found = searched(stationary(seed))
    assert found.windows.note is None
    assert found.kept_worth is not None
    assert found.chosen
    assert found.chosen_kept > 0
    assert found.kept_worth.mean > 0
    recommended = sum(step.evidence.fit.mean for step in found.chosen)
    assert -found.losers_kept < recommended / 10
    # the same law on both sides: dollars a day within a quarter
    kept = found.windows.kept
    assert kept is not None
    rates = float(found.chosen_kept) / kept.days, float(recommended) / found.windows.fit.days
    assert 0.75 < rates[0] / rates[1] < 1.25


def changed(gap_s: Callable[[int], int]) -> list[Call]:
    log = Log()
    for day in range(DAYS):
        for turn in range(5):
            at_s = day * DAY_S + turn * gap_s(day)
            prompt = [Block("rules", 3_000, "system"), Block(f"q{day} {turn}", 400)]
            log.call(at_s, prompt, model="claude-sonnet-5")
    return log.calls


def test_where_the_traffic_changes_the_weeks_kept_aside_show_the_loss() -> None:
    # a minute apart in the weeks to choose on, two hours apart from then on
    found = searched(changed(lambda day: 60 if day < 29 else 7_200))
    (step,) = found.chosen
    assert step.evidence.fit.mean > 0
    assert step.evidence.kept is not None
    # 20 days of 5 writes that nobody reads: 3,000 tokens at $0.5 a million above plain
    assert step.evidence.kept.mean == -20 * 5 * 3_000 * 500_000
    assert found.chosen_kept == found.losers_kept == step.evidence.kept.mean
    assert step.verdict == "do not"
    assert found.policy == Policy.observed()


def test_where_it_does_not_change_the_line_is_taken() -> None:
    found = searched(changed(lambda _day: 60))
    assert [step.verdict for step in found.steps] == ["take"]
    assert found.losers_kept == 0
