"""A period from a log: every charged, priced call of its days and nothing else."""

from datetime import date
from fractions import Fraction

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.billing import PriceBasis
from analyzer.contracts.bridge import Cell, bridge, observed
from analyzer.contracts.bridge.observed import NO_WORKLOAD
from analyzer.prices import Book
from analyzer.trace import Call, Tokens
from analyzer.traffic import Usage
from tests.replay.log_builder import Block, Log, study_of
from tests.replay.random_logs import logs

BOOK = Book.load()
BASIS = PriceBasis(BOOK, None)
DAY_S = 86_400
OCTOBER_20 = date(2026, 10, 20)


def tokens(**counts: int) -> Tokens:
    return Tokens(**{"uncached": 0, "read": 0, "write_5m": 0, "write_1h": 0, "output": 0, **counts})


def a_week() -> list[Call]:
    log = Log()
    ask = [Block("q", 10)]
    log.call(0, ask, tokens(uncached=1_000, output=200))
    log.call(60, ask, tokens(uncached=500, read=4_000), tier="batch", web_searches=3)
    log.call(90, ask, tokens(uncached=9_000), charged=False)
    log.call(120, ask, tokens(uncached=700), model="gpt-5.6-sol")
    log.call(None, ask, tokens(uncached=300))
    log.call(2 * DAY_S, ask, tokens(uncached=2_000, output=100))
    return log.calls


def test_a_period_holds_its_days_and_names_what_it_leaves_out() -> None:
    calls = study_of(a_week(), prices="logged").scene.traffic
    found = observed(
        calls, (OCTOBER_20, OCTOBER_20), BASIS, discounts={"claude-haiku-4-5": Fraction(1, 4)}
    )
    names = {cell.workload for cell in found.period.cells}
    assert len(names) == 1
    name = names.pop()
    assert found.period.requests == {name: 2}
    assert set(found.period.cells) == {
        Cell(name, "claude-haiku-4-5", "standard", "uncached", 1_000),
        Cell(name, "claude-haiku-4-5", "standard", "output", 200),
        Cell(name, "claude-haiku-4-5", "batch", "uncached", 500),
        Cell(name, "claude-haiku-4-5", "batch", "read", 4_000),
    }
    # at $1 and $5 a million: 1,000 + 200 x 5, in batch half of 500 + 4,000 x .1; a quarter off
    assert sum(found.period.bills().values()) == Fraction(3, 4) * (2_000 + 450) * 10**6
    # three searches at $10 a thousand, a quarter off
    assert found.period.fees == Fraction(3, 4) * 3 * 10**10
    assert [(one.requests, one.tokens) for one in found.unpriced] == [(1, 700)]
    assert "gpt-5.6-sol" in found.unpriced[0].what
    assert found.timeless == 1


def test_two_days_of_a_log_make_a_bridge() -> None:
    calls = study_of(a_week(), prices="logged").scene.traffic
    days = (OCTOBER_20, date(2026, 10, 22))
    before, after = (observed(calls, (day, day), BASIS).period for day in days)
    found = bridge(before, after)
    # the second day bills 2,000 + 100 x 5, the first 2,450 and $.03 of searches
    assert found.difference == (2_500 - 2_450) * 10**6 - 3 * 10**10
    assert found.fees == -3 * 10**10


@given(st.data())
@settings(max_examples=25)
def test_a_period_bills_what_the_account_bills(data: st.DataObject) -> None:
    study = study_of(data.draw(logs()), prices="logged")
    days = (date(2000, 1, 1), date(2100, 1, 1))
    period = observed(study.scene.traffic, days, BASIS).period
    assert sum(period.bills().values()) + period.fees == study.billed.total


def test_a_call_without_a_workload_has_a_name_for_it() -> None:
    study = study_of(a_week(), prices="logged")
    traffic = study.scene.traffic
    bare = Usage(traffic.calls.with_columns(workload=pl.lit(None, pl.Utf8)), traffic.extras)
    assert observed(bare, (OCTOBER_20, OCTOBER_20), BASIS).period.requests == {NO_WORKLOAD: 2}
