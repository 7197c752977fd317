"""Laws over random logs: every split of a month's cost adds up to it exactly."""

from datetime import date
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.billing import PriceBasis
from analyzer.contracts.review.crossings import crossing, movers, periods
from analyzer.contracts.review.economics import allocation, units
from analyzer.contracts.review.months import Span, each_day
from analyzer.contracts.review.spending import spending
from analyzer.prices import Book
from analyzer.trace import Call
from analyzer.traffic import Usage
from tests.replay.log_builder import study_of
from tests.replay.random_logs import logs

BOOK = Book.load()
BASIS = PriceBasis(BOOK, None)
TWENTIETH, END = date(2026, 10, 20), date(2026, 11, 30)


@settings(max_examples=12)
@given(calls=logs(), cut=st.integers(0, 2), off=st.sampled_from(["0", "1/4", "1/3"]))
def test_every_split_adds_up_to_the_cost(calls: list[Call], cut: int, off: str) -> None:
    study = study_of(calls, prices="logged")
    used = Usage(study.scene.traffic.calls, study.scene.traffic.extras)
    shares = dict.fromkeys(BOOK.models(), Fraction(off))
    spent = spending(used, BASIS, shares)
    first = TWENTIETH.replace(day=TWENTIETH.day + cut)
    span = Span(
        month="2026-10",
        days=(first.replace(day=first.day + 1), END),
        whole=True,
        before=(TWENTIETH, first),
        not_compared="",
        logged=(TWENTIETH, END),
    )
    before, after = periods(used, span, BASIS, shares)
    assert before
    found = crossing(before, after, whole=True)
    month = units(spent, span.days, "2026-10")
    assert found.after == month.cost
    assert found.before == units(spent, (TWENTIETH, first), "before").cost
    assert sum(one.in_order for one in found.steps) == found.after - found.before
    assert sum(one.fair_share for one in found.steps) == found.after - found.before
    moved = movers(used, span, BASIS, spent, study.workloads)
    assert sum(one.after for one in moved) == found.after
    assert sum(one.before or 0 for one in moved) == found.before
    for one in moved:
        assert one.volume_and_mix + one.model + one.other == one.change
    owners = allocation(spent, span.days)
    assert owners.tag + owners.key + owners.workspace + owners.nobody == month.cost
    assert sum(spent.by_day(each_day(span.days)).values()) == month.cost
