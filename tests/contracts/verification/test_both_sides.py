"""What moves both sides or one: unlogged usage, signed adjustments, another currency."""

from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Any

import pytest

from analyzer.contracts.commitment import Commitment, NoCommit, Settlement
from analyzer.contracts.fee import FeeTerms, Tier, settle
from analyzer.contracts.register import TRIGGERS, Entry, Register
from analyzer.contracts.verification import Asked, Verification, compare, fee_period
from analyzer.errors import ContractError
from analyzer.intake import Batch, FileCount
from analyzer.store import Store
from analyzer.trace import CostRow, Reported, Tokens, UsageRow
from tests.contracts.verification.worked_months import (
    MEASURES,
    OCTOBER,
    TENTH,
    USD,
    M,
    after,
    before,
    book,
    frozen,
    store_of,
    verified,
)

DAY_US = 86_400 * M
OCTOBER_1_US = (OCTOBER.first_day - date(1970, 1, 1)).days * DAY_US


def told(store: Store, outcome: Reported) -> None:
    batch, count = Batch(), FileCount("report")
    count.add(batch, outcome)
    count.close(batch, ("report", "admin_reports", "1" * 64, 0, 0, 0))
    with store.transaction():
        store.take(batch)


def reported(**more: int) -> Reported:
    """The vendor's report of October, a cell a day, model and tier; `more` on the first day."""
    cells: dict[tuple[int, str, str], dict[str, int]] = {}
    for call in after():
        key = ((call.start_us or 0) // DAY_US * DAY_US, call.model, call.tier or "")
        sums = cells.setdefault(key, {})
        for name in ("uncached", "read", "write_5m", "write_1h", "output"):
            sums[name] = sums.get(name, 0) + (getattr(call.tokens, name) or 0)
    first = cells[OCTOBER_1_US, "claude-big", "standard"]
    first.update({name: first[name] + count for name, count in more.items()})
    rows = [
        UsageRow(start_us=start, end_us=start + DAY_US, model=model, tier=tier,
                 tokens=Tokens(**sums))
        for (start, model, tier), sums in cells.items()
    ]  # fmt: skip
    return Reported(line=1, report="usage report", usage=tuple(rows))


def with_report(report: Reported, **asked: Any) -> Verification:
    sold = book()
    with store_of([*before(), *after()]) as store:
        told(store, report)
        given = {"span": OCTOBER, "measures": MEASURES, "contract": TENTH, **asked}
        return compare(store, sold, *frozen(store, sold), Asked(**given))


def test_reconciled_traffic_makes_arithmetic_evidence_stronger() -> None:
    found = with_report(reported())
    assert found.reconciliation == "pass"
    assert {one.source: one.grade for one in found.saved} == {
        "output": "E3", "routing": "E3", "batch": "E2", "caching": "E2",
    }  # fmt: skip
    assert found.unlogged == 0


def test_unlogged_usage_enters_both_sides_and_saves_nothing() -> None:
    found = with_report(reported(uncached=25 * M))
    # 25 Mtok at $4, a tenth off
    assert found.unlogged == 90 * USD
    assert found.adjusted == (42_165 + 90) * USD
    assert found.actual == (26_370 + 90) * USD
    assert found.baseline_bill + sum(one.amount for one in found.build_up) == found.adjusted


def test_unlogged_usage_draws_on_a_commit() -> None:
    commit = Commitment(Fraction(40_000 * USD), *OCTOBER.days, None, "form")
    cash = with_report(reported(uncached=25 * M), cash=Settlement(commit, Fraction(1))).cash
    assert cash is not None
    assert cash.standing is not None
    assert cash.standing.used == (26_370 + 90) * USD


def entry(trigger: str, amount: int, **fields: Any) -> Entry:
    made = Entry(
        name=f"{trigger} {amount}", first_day=OCTOBER.first_day, last_day=OCTOBER.last_day,
        trigger=TRIGGERS[trigger], workloads=(), evidence="e", sha256="0" * 64, method="counted",
        amount=Fraction(amount * USD), raised_by="client", raised_on=OCTOBER.last_day,
        signed_by=("client", "consultant"), status="signed",
    )  # fmt: skip
    return replace(made, **fields)


def register(*entries: Entry) -> Register:
    return Register(
        "0" * 64, date(2026, 9, 1), date(2027, 8, 31), ("client", "consultant"), entries
    )


def test_a_signed_adjustment_of_the_baseline_moves_savings_and_an_outage_does_not() -> None:
    entries = (entry("prompt_change", -1_250), entry("outage", -800))
    found = verified(register=register(*entries), cash=NoCommit("form"))
    assert found.cash is not None
    assert found.cash.avoided == found.avoided
    assert found.adjusted == (42_165 - 2_050) * USD
    assert found.actual == (26_370 - 800) * USD
    assert found.avoided == (15_795 - 1_250) * USD
    assert sum(one.avoided for one in found.saved) == found.avoided
    assert found.saved[-1].source == "adjustment"
    assert found.baseline_bill + sum(one.amount for one in found.build_up) == found.adjusted


def test_a_disputed_adjustment_moves_nothing() -> None:
    unsigned = entry("prompt_change", -1_250, signed_by=("consultant",))
    found = verified(register=register(unsigned))
    assert found.avoided == 15_795 * USD
    assert found.judged is not None
    assert [one.standing for one in found.judged.verdicts] == ["disputed"]
    assert found.judged.disputed == -1_250 * USD


def test_the_fee_counts_what_the_verification_tells() -> None:
    own = replace(MEASURES, own=((OCTOBER, Fraction(795 * USD)),))
    found = with_report(reported(), measures=own, signed=True)
    period = fee_period(replace(found, indicative=()))
    (settled,) = settle([period], FeeTerms((Tier(None, Fraction(1, 5)),)))
    # gains of output and routing have no quality gate: 15,795 - 1,080 - 3,375 - 795, a fifth
    assert settled.line("net savings") == 10_545 * USD
    assert settled.due == 2_109 * USD
    with pytest.raises(ContractError, match="the baseline is indicative"):
        fee_period(found)


def test_another_currency_is_refused_by_report_and_field() -> None:
    row = CostRow(
        start_us=OCTOBER_1_US, end_us=OCTOBER_1_US + DAY_US, kind="tokens", charged_pico=1,
        currency="EUR",
    )  # fmt: skip
    with pytest.raises(ContractError, match="cost report: currency: EUR beside USD"):
        with_report(Reported(line=1, report="cost report", cost=(row,)))
