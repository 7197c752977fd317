"""From an offers file and a history to a sized commit, as a command will do it."""

import datetime as dt
from pathlib import Path

import numpy as np

from analyzer.contracts.commit.demand import History, Step, Term, paths
from analyzer.contracts.commit.offers import PoolOffer
from analyzer.contracts.commit.offers_file import read_offers
from analyzer.contracts.commit.size import size_pool
from analyzer.results.sizing import PoolSizing

EXAMPLE = Path(__file__).parents[3] / "docs" / "offers-example.toml"


def sized(seed: int) -> PoolSizing:
    file = read_offers(EXAMPLE.read_text(), "example")
    offer = file.contract_commitment[0]
    assert isinstance(offer, PoolOffer)
    draw = np.random.Generator(np.random.Philox(8))
    weekly = {name: list(draw.lognormal(8, 0.3, 20)) for name in ("W01", "W02")}
    adopted = file.adoption[0]
    steps = [Step(adopted.lever, "W01", 0.4, 0.05, adopted.earliest, adopted.latest)]
    demand = paths(
        History(dt.date(2026, 7, 1), weekly),
        Term(offer.period_start, offer.period_end),
        file.outlook,
        steps,
        400,
        seed,
    )
    return size_pool(offer, demand, steps, file.selection, file.uncommitted_discount_percentage)


def test_the_example_is_sized_the_same_way_every_time() -> None:
    found = sized(1)
    assert found == sized(1)
    assert found != sized(2)


def test_what_is_chosen_keeps_its_promises() -> None:
    found = sized(1)
    chosen, none = found.chosen, found.uncommitted
    assert chosen.cost.cents <= none.cost.cents
    assert chosen.short_share * 5 <= 1
    assert chosen.p10_cents <= chosen.p50_cents <= chosen.p90_cents <= chosen.cvar95_cents
    assert found.value_of_waiting.cents >= 0
    assert all(lever.total.cents >= 0 for lever in found.levers)
    assert all(sum(lever.monthly_cents) == lever.total.cents for lever in found.levers)
    names = [clause.clause for clause in found.clauses]
    assert names == [
        "overage", "discount", "rollover", "ramp", "monthly minimum", "price protection"
    ]  # fmt: skip
    worth = {clause.clause: clause.worth.cents for clause in found.clauses}
    # giving up a clause that favours the buyer is worth nothing or less
    assert worth["overage"] <= 0
    assert worth["discount"] >= 0
    assert worth["rollover"] <= 0
    assert worth["price protection"] <= 0
