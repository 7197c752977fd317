"""A frozen period: worked by hand, its gates, and the same bytes every time."""

import json
from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Any

import pytest

from analyzer.billing import PriceBasis
from analyzer.contracts.baseline import Ask, Baseline, freeze, load, to_bytes
from analyzer.contracts.logged import Sku, Span
from analyzer.errors import ContractError
from analyzer.prices import Book
from analyzer.reconciled import Discount
from analyzer.savings.account import account
from analyzer.trace import Call, Tokens
from analyzer.traffic import usage

BOOK = Book.load()
AUGUST = Span(date(2026, 8, 3), date(2026, 8, 30))
OPUS = Sku("claude-opus-4-8")


def frozen(filled: Any, calls: list[Call], reported: Any = None, **ask: Any) -> Baseline:
    with filled(calls, reported) as store:
        return freeze(store, BOOK, Ask(**{"span": AUGUST, **ask}))


def standing(found: Baseline) -> dict[str, str]:
    return {gate.name: gate.standing for gate in found.gates}


def test_four_weeks_are_worked_by_hand_and_pass_every_gate(weeks: Any, filled: Any) -> None:
    calls = weeks()
    found = frozen(filled, calls, calls)
    assert set(standing(found).values()) == {"pass"}
    assert not found.indicative
    chat = found.workloads["chat"]
    assert (chat.requests, chat.sessions, chat.days) == (56, 56, 28)
    (unit,) = chat.units
    assert (unit.sku, unit.tokens) == (OPUS, (56_000, 0, 0, 0, 5_600))
    # 56 calls of 1,000 x $5 + 100 x $25 a million = $0.0075
    assert found.bill == chat.bill == 56 * 7_500 * 10**6
    assert found.coverage == 1
    assert found.reconciliation == "pass"
    assert found.rates[OPUS][0] == 2 * found.rates[replace(OPUS, tier="batch")][0] == 5 * 10**6


def test_a_baseline_bills_what_the_account_bills(weeks: Any, filled: Any) -> None:
    calls = [
        *weeks(20),
        *weeks(8, date(2026, 8, 23), model="claude-haiku-4-5", tier="batch", web_searches=2),
        *weeks(8, date(2026, 8, 22), model="claude-experimental-9"),
    ]
    with filled(calls) as store:
        found = freeze(store, BOOK, Ask(AUGUST))
        billed = account(usage(store, BOOK), PriceBasis(BOOK, None))
    assert found.bill == billed.total
    assert found.fees == 16 * 2 * 10**10
    assert found.unpriced == (("model claude-experimental-9", 16 * 1_100),)


@pytest.mark.parametrize(
    ("days", "span", "gate"),
    [
        (21, Span(date(2026, 8, 3), date(2026, 8, 23)), "whole days"),
        (30, Span(date(2026, 8, 3), date(2026, 9, 1)), "whole weeks"),
        (15, Span(date(2026, 8, 3), date(2026, 8, 16)), "sessions of each workload"),
    ],
)
def test_a_period_that_does_not_suffice_is_indicative(
    weeks: Any, filled: Any, days: int, span: Span, gate: str
) -> None:
    calls = weeks(days)
    found = frozen(filled, calls, calls, span=span)
    assert found.indicative
    assert any(name.startswith(gate) for name, one in standing(found).items() if one == "fail")
    assert json.loads(to_bytes(found))["status"] == "indicative"


def test_traffic_that_the_log_misses_fails_coverage_and_reconciliation(
    weeks: Any, filled: Any
) -> None:
    found = frozen(filled, weeks(), [*weeks(), *weeks(2, date(2026, 8, 10))])
    assert standing(found)["coverage of the vendor's report"] == "fail"
    assert standing(found)["month reconciled"] == "fail"
    # 56 of 60 reported calls are logged
    assert found.coverage == Fraction(56, 60)


def test_a_month_without_an_invoice_says_so(weeks: Any, filled: Any) -> None:
    gates = frozen(filled, weeks(), weeks()).gates
    gate = next(one for one in gates if one.name == "month reconciled")
    assert (gate.standing, gate.figure) == (
        "pass", "pass: no list prices in a cost report, no invoice",
    )  # fmt: skip


def test_without_a_report_coverage_is_not_compared_and_the_month_not_reconciled(
    weeks: Any, filled: Any
) -> None:
    found = standing(frozen(filled, weeks()))
    assert found["coverage of the vendor's report"] == "not compared"
    assert found["month reconciled"] == "fail"


def test_an_excluded_day_is_in_no_figure(weeks: Any, filled: Any) -> None:
    found = frozen(filled, weeks(), excluded=(date(2026, 8, 10),))
    assert found.workloads["chat"].requests == 54
    assert (found.span.count, found.counted_days) == (28, 27)
    assert standing(found)["whole days"] == "fail"
    assert [one.name for one in found.manifest.days].count("2026-08-10") == 0


def test_later_traffic_and_the_order_of_files_change_no_byte(weeks: Any, filled: Any) -> None:
    calls = weeks()
    once = to_bytes(frozen(filled, calls))
    later = weeks(10, date(2026, 9, 1), model="claude-haiku-4-5")
    assert to_bytes(frozen(filled, [*later, *reversed(calls)])) == once


def test_a_file_is_read_back_whole(weeks: Any, filled: Any, tmp_path: Any) -> None:
    found = frozen(
        filled, weeks(), contract=(Discount("*", Fraction(1, 3), "paper"),), title="Ünïcode"
    )
    path = tmp_path / "b.json"
    path.write_bytes(to_bytes(found))
    again, _ = load(path)
    assert again == found


def test_a_document_holds_no_float(weeks: Any, filled: Any) -> None:
    def floats(value: Any) -> bool:
        if isinstance(value, dict):
            return any(map(floats, value.values()))
        if isinstance(value, list):
            return any(map(floats, value))
        return isinstance(value, float)

    assert not floats(json.loads(to_bytes(frozen(filled, weeks()))))


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        ({"span": Span(date(2026, 8, 1), date(2026, 8, 30))}, "the log has calls from 2026-08-03"),
        ({"span": Span(date(2026, 8, 3), date(2026, 8, 31))}, "ingest the rest"),
        ({"excluded": (date(2026, 9, 1),)}, "2026-09-01 lies outside"),
        ({"excluded": (date(2026, 8, 4),) * 2}, "a day stands twice"),
    ],
)
def test_a_question_that_contradicts_the_log_is_refused(
    weeks: Any, filled: Any, ask: dict[str, Any], words: str
) -> None:
    with pytest.raises(ContractError, match=words):
        frozen(filled, weeks(), **ask)


def test_a_call_without_a_price_alone_freezes_nothing(weeks: Any, filled: Any) -> None:
    with pytest.raises(ContractError, match="no call in it has a price"):
        frozen(filled, weeks(model="claude-experimental-9"))


def test_tokens_of_long_prompts_keep_their_own_price(weeks: Any, filled: Any) -> None:
    tokens = Tokens(uncached=300_000, read=0, write_5m=0, write_1h=0, output=100)
    calls = weeks(model="claude-sonnet-4-5", tokens=tokens, first=date(2026, 1, 5))
    with filled(calls) as store:
        found = freeze(store, BOOK, Ask(Span(date(2026, 1, 5), date(2026, 2, 1))))
        assert found.bill == account(usage(store, BOOK), PriceBasis(BOOK, None)).total
    (unit,) = found.workloads["chat"].units
    assert unit.sku.long


def test_coverage_counts_tokens_without_a_price_too(weeks: Any, filled: Any) -> None:
    """56 calls of 1,100 tokens logged, three more reported of a model that no book prices."""
    calls = weeks()
    strange = [
        Call(**{n: getattr(one, n) for n in Call.__struct_fields__} | {"model": "claude-next-9"})
        for one in calls[:3]
    ]
    found = frozen(filled, calls, [*calls, *strange])
    assert found.coverage == Fraction(56, 59)
    gate = next(one for one in found.gates if one.name.startswith("coverage"))
    assert (gate.standing, gate.figure) == ("fail", "0.949153")
