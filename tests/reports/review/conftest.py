"""A small but complete review in round figures, and the odd ones beside it."""

from dataclasses import replace
from fractions import Fraction

import pytest

from analyzer.reconciled import Match, Reconciliation
from analyzer.results import Ledger, Reason, Unpriced
from analyzer.results.register import Adjustment, Registered, Subject
from analyzer.results.review import (
    Action,
    Allocation,
    BurnDown,
    Crossing,
    Ending,
    Event,
    Forecast,
    LeverProgress,
    MixStep,
    Mover,
    OddDay,
    Progress,
    Review,
    Step,
    Stretch,
    Units,
    Watch,
)
from reports.review import render

USD = 10**12
OCTOBER = Stretch("2026-10-01", "2026-10-31")
SEPTEMBER = Stretch("2026-09-01", "2026-09-30")


def usd(text: str) -> Fraction:
    return Fraction(text) * USD


def units(name: str, days: Stretch, cost: str) -> Units:
    return Units(
        name=name,
        days=days,
        requests=1_000_000,
        cost=usd(cost),
        at_list=usd(cost),
        sessions=4_000,
        session_cost=usd(cost) / 2,
        uncached=10**9,
        read=7 * 10**9,
        written=2 * 10**9,
        output=10**8,
        batch_cost=usd("1000"),
        truncated=80,
        ended=10_000,
        untold=0,
        wasted_cost=usd("3"),
        retried=12,
    )


def steps() -> tuple[Step, ...]:
    """Nine factors and fees, with thirds so that rounding has work: 10,212 and two thirds down."""
    worth = {
        "volume": "43827", "workload_mix": "-3108", "prompt_length": "23194/3",
        "output_length": "-235", "model_mix": "-63032", "mode_mix": "0",
        "cache_mix": "13924/3", "list_price": "-37", "discount": "0", "fees": "-1/3",
    }  # fmt: skip
    ordered = {name: usd(text) for name, text in worth.items()}
    total = sum(ordered.values(), Fraction(0))
    return tuple(
        Step(name, pico, total if name == "volume" else Fraction(0))
        for name, pico in ordered.items()
    )


def crossing() -> Crossing:
    parts = steps()
    before = usd("349955.25")
    mix = next(one for one in parts if one.factor == "workload_mix")
    return Crossing(
        before_days=SEPTEMBER,
        after_days=OCTOBER,
        before=before,
        after=before + sum((one.in_order for one in parts), Fraction(0)),
        steps=parts,
        mix=(
            MixStep("new", ("broker-email",), usd("8000.5"), Fraction(0)),
            MixStep("retired", (), Fraction(0), Fraction(0)),
            MixStep("continuing", ("chat",), mix.in_order - usd("8000.5"), Fraction(0)),
        ),
        remark="",
        whole=True,
    )


def reconciliation(verdict: str = "pass") -> Reconciliation:
    one = Fraction(9_000_000)
    return Reconciliation(
        matches=(
            Match("L0", "2026-10", "tokens", one, one, one, verdict),  # type: ignore[arg-type]  # one of the verdicts
            Match("L1", "2026-10", "pico", one, one, one, "pass"),
        ),
        cells=1,
        cells_by_verdict=(("pass", 1),),
        gaps=(),
        coverage=None,
        discounts=(),
        sources=("usage.json",),
        notes=(),
    )


def complete() -> Review:
    bridge = crossing()
    now = units("2026-10", OCTOBER, "1")
    now = replace(now, cost=bridge.after, at_list=bridge.after)
    weeks = tuple(
        units(
            f"2026-10-{5 + 7 * n:02d}",
            Stretch(f"2026-10-{5 + 7 * n:02d}", f"2026-10-{11 + 7 * n:02d}"),
            f"{70_000 + 1_000 * n}",
        )
        for n in range(3)
    )
    half = bridge.after - usd("14205")
    return Review(
        title="Larkfield Insurance plc",
        month="2026-10",
        whole=True,
        units=now,
        before=replace(units("2026-09", SEPTEMBER, "1"), cost=bridge.before),
        weeks=weeks,
        crossing=bridge,
        not_compared="",
        movers=(
            Mover(
                "chat", "W01, named", bridge.before, half, usd("-20000"), usd("-1/3"),
                half - bridge.before + usd("20000") + usd("1/3"),
            ),
            Mover("broker-email", "W02", usd("0"), usd("14205"), usd("14205"), usd("0"), usd("0")),
        ),
        watch=Watch(
            (OddDay("2026-10-08", "chat", usd("15120"), usd("12000"), usd("3120"), "18.2"),),
            (Event("2026-10-07", "all workloads", "price change: claude-sonnet-5-5"),),
            31,
            0,
        ),
        progress=Progress(
            prices="2026-10-31",
            policy="autumn",
            billed=usd("340000"),
            best=usd("205700"),
            levers=(
                LeverProgress("output", None, usd("0"), usd("900"), None, "no line"),
                LeverProgress("routing", None, usd("300.5"), usd("0"), "E3", "paired"),
                LeverProgress("batch", usd("24000"), usd("63999.5"), usd("-5"), "E4", "deadline"),
                LeverProgress("caching", usd("-10"), usd("70000"), usd("0"), "E4", "back-tested"),
            ),
            calibrated=True,
        ),
        forecast=Forecast(
            "2026-11", "2026-11-22", usd("253362"), usd("343500"), usd("347800"), usd("352200"),
            usd("355000"), Fraction(98, 100), "weekdays of the 8 weeks before it",
        ),
        no_forecast="",
        burn_down=BurnDown(
            usd("3500000"), "2026-01-01", "2026-12-31", usd("2862737"), "2026-11-22", "order form",
            (
                Ending("at the last pace", usd("11000"), usd("-65293"), "2026-12-24"),
                Ending("with every lever", usd("7000"), usd("74703"), ""),
            ),
        ),
        actions=(
            Action("Submit through Message Batches", "chat", "batch", usd("63999.5"), "E4", "rule"),
            Action("Take in the vendor's reports", "", None, None, None, "none yet"),
        ),
        allocation=Allocation(bridge.after - usd("7"), usd("4"), usd("2"), usd("1")),
        discounts=(),
        price_book="list prices, book of 2026-11-09",
        reconciliation=reconciliation(),
        unpriced=(Unpriced("model gpt-5.6-sol", 3, 1200),),
        timeless=2,
        ledger=Ledger(2, 100, 10, 7, 2, (Reason("aside", "no call", 1),)),
        assumptions=(
            Registered(
                "A1", "Prices", "book", "docs", "assumed", Subject("prices"), usd("-3397.43"),
                "a point more off list", "Finance", "2026-10-30", expired=True,
            ),
            Registered("A2", "The log", "1 call", "the log", "measured", Subject("log"),
                       None, "not worked out"),
        ),
        adjustments=(
            Adjustment(
                "storm", "retry_storm", "2026-10-27", "2026-10-27", ("chat",), usd("-1940"),
                "calls of one evening", "ab" * 32, "client", "2026-11-02", ("client",), "open",
            ),
        ),
        warnings=("The log covers 98.6 %.",),
        method="0.1.0",
        manifest="c41d08b7" * 8,
        command="rebill report review --month 2026-10",
    )  # fmt: skip


@pytest.fixture
def review() -> Review:
    return complete()


@pytest.fixture(scope="session")
def review_page() -> str:
    return render(complete())


@pytest.fixture
def alone(review: Review) -> Review:
    """The month before is not told."""
    movers = tuple(
        replace(one, before=None, volume_and_mix=usd("0"), model=usd("0"), other=usd("0"))
        for one in review.movers
    )
    return replace(
        review, before=None, crossing=None, movers=movers, burn_down=None, forecast=None,
        not_compared="the log begins on 2026-09-24", no_forecast="2026-10 is told to its last day",
    )  # fmt: skip


@pytest.fixture
def empty(alone: Review) -> Review:
    """Nothing was priced."""
    none = replace(
        units("2026-10", OCTOBER, "0"), requests=0, sessions=0, uncached=0, read=0, written=0,
        output=0, batch_cost=usd("0"), ended=0, wasted_cost=usd("0"), retried=None,
    )  # fmt: skip
    return replace(
        alone, units=none, weeks=(), movers=(), watch=Watch((), (), 0, 31), actions=(),
        progress=replace(
            alone.progress, billed=usd("0"), best=usd("0"),
            levers=tuple(
                replace(one, live=None, further=usd("0"), potential=usd("0"))
                for one in alone.progress.levers
            ),
        ),
        allocation=Allocation(usd("0"), usd("0"), usd("0"), usd("0")),
        reconciliation=None, unpriced=(), timeless=0, assumptions=(), warnings=(),
        ledger=Ledger(0, 0, 0, 0, 0, ()),
    )  # fmt: skip
