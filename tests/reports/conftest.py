"""A small but complete result, worked from two games of four levers."""

from dataclasses import replace
from fractions import Fraction
from itertools import combinations, permutations
from typing import Literal

import pytest

from analyzer.reconciled import Coverage, Discount, Match, Reconciliation
from analyzer.reconciled import Gap as CellGap
from analyzer.results import (
    LEVERS,
    Assumption,
    Buckets,
    Calibration,
    ClosedLoop,
    Day,
    Effective,
    Gap,
    Grade,
    Ledger,
    Lever,
    LeverShare,
    Line,
    LoadLine,
    ModelBill,
    OutsideTheClaim,
    Paid,
    Predictions,
    Reason,
    Savings,
    Serving,
    ServingLine,
    SoldSpeed,
    Subset,
    Unpriced,
    WorkloadResult,
)
from reports.savings import render

USD = 10**12
Game = dict[frozenset[Lever], Fraction]


def usd(text: str) -> Fraction:
    return Fraction(text) * USD


def game(alone: dict[Lever, Fraction], overlap: Fraction) -> Game:
    """Joint savings: what levers bring alone, less a share of every pair's product."""
    whole = sum(alone.values()) or Fraction(1)
    return {
        frozenset(chosen): sum((alone[lever] for lever in chosen), Fraction(0))
        - sum(
            (alone[a] * alone[b] * overlap / whole for a, b in combinations(chosen, 2)), Fraction(0)
        )
        for size in range(5)
        for chosen in combinations(LEVERS, size)
    }


def shares(worth: Game, grades: dict[Lever, Grade | None]) -> tuple[LeverShare, ...]:
    everything = frozenset(LEVERS)

    def added(order: tuple[Lever, ...], lever: Lever) -> Fraction:
        before = frozenset(order[: order.index(lever)])
        return worth[before | {lever}] - worth[before]

    return tuple(
        LeverShare(
            lever,
            in_order=added(LEVERS, lever),
            fair_share=sum((added(order, lever) for order in permutations(LEVERS)), Fraction(0))
            / 24,
            alone=worth[frozenset({lever})],
            added_last=worth[everything] - worth[everything - {lever}],
            grade=grades[lever],
            basis=f"evidence for {lever}" if grades[lever] else f"no evidence for {lever} yet",
        )
        for lever in LEVERS
    )


def grades(*given: Grade | None) -> dict[Lever, Grade | None]:
    return dict(zip(LEVERS, given, strict=True))


ACCEPTED = game(
    {
        "output": usd("0"),
        "routing": usd("57555.125"),
        "batch": usd("34950.75"),
        "caching": usd("65619.5"),
    },
    Fraction(3, 10),
)
FULL = game(
    {
        "output": usd("8913.25"),
        "routing": usd("57555.125"),
        "batch": usd("41950.75"),
        "caching": usd("65619.5"),
    },
    Fraction(3, 10),
)
BILLED = usd("339742.16")
SAVING = ACCEPTED[frozenset(LEVERS)]
POTENTIAL = FULL[frozenset(LEVERS)] - SAVING


def split(total: Fraction, weights: tuple[int, ...]) -> list[Fraction]:
    return [total * weight / sum(weights) for weight in weights]


def line(
    lever: Lever,
    grade: Grade,
    change: str,
    basis: str,
    risk: Literal["low", "medium", "high"] = "low",
) -> Line:
    return Line(lever, change, grade, basis, accepted=grade <= "E4", risk=risk)


LABELS = (
    "claims-agent, claude-opus-5, by call site",
    "support-chat, claude-sonnet-5.5, by tag",
    "dev-assistant, claude-opus-5, by call site",
    "doc-extract, claude-opus-5, by policy rule",
    "nightly-summaries, claude-sonnet-4.6, by schedule",
    "fraud-triage, claude-sonnet-5.5, by tag",
    "broker-email, claude-sonnet-5.5, by tag",
    "search-rewrite, claude-haiku-4.5, by key",
)
LINES: dict[int, tuple[Line, ...]] = {
    0: (
        line("caching", "E4", "Keep the tool definitions for an hour", "back-test: 1,204 sessions"),
        line("output", "E5", "Lower effort on follow-up turns", "stated, not measured", "high"),
    ),
    1: (
        line("caching", "E4", "Move the clock out of the system prompt", "back-test"),
        line("routing", "E3", "Short intents to claude-haiku-5.5", "460 pairs", "medium"),
    ),
    3: (
        line("routing", "E3", "claude-sonnet-5.5, hand-back", "388 pairs", "medium"),
        line("batch", "E4", "Overnight documents in message batches", "deadline 07:00, rule 4"),
    ),
    4: (line("batch", "E5", "Send summaries as batches", "no dependent call before morning"),),
    5: (line("routing", "E3", "claude-haiku-5.5 for first-pass labels", "412 pairs"),),
}


def workloads() -> tuple[WorkloadResult, ...]:
    billed = split(BILLED, (9772, 7213, 5612, 4207, 3113, 1468, 1420, 681))
    saving = split(SAVING, (40, 35, 0, 20, 0, 5, 0, 0))
    potential = split(POTENTIAL, (12, 0, 0, 0, 7, 0, 0, 0))
    return tuple(
        WorkloadResult(
            f"W{index + 1:02d}",
            label,
            2_400_000 // (index + 1),
            "full",
            billed[index],
            saving[index],
            potential[index],
            LINES.get(index, ()),
        )
        for index, label in enumerate(LABELS)
    )


def gap(group: str, calls: int, billed: Fraction) -> Gap:
    """A replay 0.63 % above the bill."""
    tokens = Buckets(calls * 700, calls * 5_200, calls * 310, calls * 20, 0)
    replayed = Buckets(calls * 703, calls * 5_190, calls * 317, calls * 20, 0)
    cost = billed * (1 + Fraction("0.0063"))
    return Gap(
        group, calls, tokens, replayed, billed, cost, exact_calls=calls // 2, near_calls=calls
    )


def gaps(total: Gap, names: tuple[str, ...], weights: tuple[int, ...]) -> tuple[Gap, ...]:
    billed = split(total.billed_cost, weights)
    calls = [total.calls * weight // sum(weights) for weight in weights]
    return tuple(map(gap, names, calls, billed))


def calibration() -> Calibration:
    total = gap("All compared calls", 5_114_220, usd("214866.4"))
    names = tuple(work.name for work in workloads())
    return Calibration(
        total,
        gap("without the first hour", 5_107_910, usd("214601.3")),
        gaps(total, ("claude-opus-5", "claude-sonnet-5.5", "claude-haiku-4.5"), (11, 8, 1)),
        gaps(total, ("5 minutes", "1 hour", "none observed"), (14, 4, 2)),
        gaps(total, names, (28, 21, 16, 12, 9, 5, 5, 4)),
        not_replayed_calls=311_207,
        seeded_calls=1_422,
        burn_in_calls=6_310,
    )


def days() -> tuple[Day, ...]:
    weights = tuple(38 if day % 7 < 5 else 26 for day in range(31))
    billed = split(BILLED, weights)
    after = split(BILLED - SAVING, tuple(weight + day % 3 for day, weight in enumerate(weights)))
    return tuple(
        Day(
            f"2026-10-{day + 1:02d}",
            billed[day],
            billed[day] * (1 + Fraction(day % 5 - 2, 100)),
            after[day],
        )
        for day in range(31)
    )


def serving_line(name: str, kind: str, median_ms: int, gain: Fraction) -> ServingLine:
    edges = tuple(median_ms * step // 8 for step in range(29))
    before = tuple(step * step * 7**step // 10**step * 100 + 7 for step in range(28))
    after = [0] * 28
    for step, calls in enumerate(before):
        after[int(step / gain)] += calls
    return ServingLine(
        name,
        kind,
        "published:run-lengths; published:pass-costs",
        sum(before),
        median_ms,
        int(median_ms / gain),
        median_ms * 2,
        int(median_ms * 2 / gain),
        newly_inside=812 if gain > 2 else None,
        objective_ms=12_000 if gain > 2 else None,
        room="61 % of calls would meet 12 s on a stronger model"
        if gain > 2
        else "none: already within its objective",
        histogram_edges_ms=edges,
        histogram_before=before,
        histogram_after=tuple(after),
    )


def serving() -> Serving:
    return Serving(
        (
            serving_line("W02", "chat", 3_200, Fraction(118, 100)),
            serving_line("W04", "extraction", 17_400, Fraction(215, 100)),
            serving_line("W01", "agent, JSON and code", 8_300, Fraction(142, 100)),
        ),
        source="published:run-lengths-by-text-kind-2026-08",
        invoice_change=Fraction(0),
        calls_compared=412_806,
        calls_changed=0,
        largest_change=Fraction(0),
        load=(
            LoadLine(
                ("general", "chat"),
                ("agent",),
                "published:run-lengths; published:pass-costs",
                (
                    (1, Fraction(215, 100)),
                    (8, Fraction(160, 100)),
                    (32, Fraction(108, 100)),
                    (64, Fraction(91, 100)),
                ),
            ),
        ),
        batch=8,
        left_calls=1_030,
        outside=OutsideTheClaim(
            SoldSpeed(0, Fraction(0), Fraction(0), ()),
            Predictions(0, 0, 0, Fraction(0), (), 0),
            own_hardware_lines=0,
        ),
        closed_loop=ClosedLoop(
            room=Fraction(1_250) * 10**12,
            low=Fraction(-300) * 10**12,
            high=Fraction(2_000) * 10**12,
            moved_calls=9_204,
            lanes=1_377,
            earlier_ms=4_100,
        ),
        gpu_evidence="1,440 of 1,440 answers identical to same-width decoding.",
    )


def model(name: str, requests: int, billed: Fraction) -> ModelBill:
    return ModelBill(
        name,
        requests,
        Buckets(requests * 900, requests * 5_100, requests * 300, 0, requests * 260),
        billed,
    )


def assumptions() -> tuple[Assumption, ...]:
    rows: tuple[tuple[str, str, str, Literal["measured", "replayed", "assumed"]], ...] = (
        (
            "Prices are the vendor's list, both sides",
            "2026-10-31",
            "price book 2026-11-09",
            "measured",
        ),
        ("Share handed back by the cheaper model, W04", "11 %", "388 pairs", "measured"),
        ("Reusable prefix read inside a batch, seeded low", "30 %", "engine default", "assumed"),
    )
    return tuple(Assumption(f"A{n}", *row) for n, row in enumerate(rows, start=1))


def complete() -> Savings:
    return Savings(
        title="Larkfield Insurance plc",
        first_day="2026-10-01",
        last_day="2026-10-31",
        requests=5_431_722,
        prices="2026-10-31",
        price_book="price book 2026-11-09",
        billed=BILLED,
        observed=BILLED * Fraction(1006, 1000),
        saving=SAVING,
        potential=POTENTIAL,
        vendor_change=usd("-1250.4"),
        subsets=tuple(
            Subset(tuple(lever for lever in LEVERS if lever in chosen), BILLED - worth, worth)
            for chosen, worth in FULL.items()
        ),
        levers=shares(FULL, grades("E5", "E3", "E5", "E4")),
        accepted_levers=shares(ACCEPTED, grades(None, "E3", "E4", "E4")),
        workloads=workloads(),
        models=(
            model("claude-opus-5", 1_200_345, BILLED * Fraction(55, 100)),
            model("claude-sonnet-5.5", 3_800_117, BILLED * Fraction(40, 100)),
            model("claude-haiku-4.5", 431_200, BILLED * Fraction(5, 100)),
        ),
        unpriced=(Unpriced("model gpt-5.6-sol", 15, 120_400), Unpriced("tier flex", 45, 3)),
        uncharged_requests=15_902,
        lower_bound_requests=37,
        days=days(),
        calibration=calibration(),
        ledger=Ledger(
            files=412,
            file_bytes=8_412_667_120,
            lines=5_779_607,
            kept=5_431_722,
            repeats=331_407,
            reasons=(
                Reason("aside", "session titles", 561),
                Reason("unbilled", "errored before billing", 15_902),
                Reason("fault", "not JSON", 15),
            ),
        ),
        serving=serving(),
        assumptions=assumptions(),
        method="1.0.0",
        manifest="9f3a71c05be24d18a6c402ef88d17b3540c2b9e61d7f03aa5c98e274b06d31f8",
        policy_name="policy-2026-11.toml",
        seeds=(1, 2, 3),
        warnings=("The log covers 98.6 % of the vendor's usage report; the rest is left alone.",),
        effective=effective(),
        reconciliation=reconciliation(),
    )


def effective() -> Effective:
    """Fifteen percent off everything."""
    off = Fraction(15, 100)
    left = 1 - off
    source = "cost report, charged against the report's list amounts"
    return Effective(
        discounts=(Discount("claude-opus-5", off, source), Discount("*", off, source)),
        models=(Paid("claude-opus-5", off, BILLED, BILLED * left),),
        billed=BILLED * left,
        observed=BILLED * Fraction(1006, 1000) * left,
        saving=SAVING * left,
        potential=POTENTIAL * left,
    )


def reconciliation() -> Reconciliation:
    """One month on three levels, one gap, and logs that miss 1.4 %."""
    tokens, dollars = Fraction(9_000_000), Fraction(45 * USD)
    note = "charged under our list prices: a discount, or a price that is wrong"
    return Reconciliation(
        matches=(
            Match("L0", "2026-10", "tokens", tokens, tokens, Fraction(9_130_000), "warn"),
            Match("L0", "2026-10 output", "tokens", Fraction(7), Fraction(7), Fraction(7), "pass"),
            Match("L1", "2026-10", "pico", dollars, 2 * dollars, dollars, "not compared", note),
            Match("L2", "2026-10 USD", "pico", dollars, dollars, dollars, "pass"),
        ),
        cells=2,
        cells_by_verdict=(("pass", 1), ("warn", 1), ("fail", 0), ("not compared", 0)),
        gaps=(
            CellGap(
                "2026-10-04", "claude-opus-5", "standard", "read", 9, 12, Fraction(USD), "fail"
            ),
        ),
        coverage=Coverage(dollars, dollars, dollars / 70, Fraction(0), Fraction(0)),
        discounts=effective().discounts,
        sources=("cost.jsonl", "usage.jsonl"),
        notes=("no invoice: charges are compared with nothing (--invoice FILE)",),
    )


@pytest.fixture
def savings() -> Savings:
    return complete()


@pytest.fixture(scope="session")
def whole_page() -> str:
    return render(complete())


@pytest.fixture
def empty(savings: Savings) -> Savings:
    """No call was priced, replayed or timed."""
    nothing = gap("All compared calls", 0, Fraction(0))
    zero: Game = dict.fromkeys(FULL, Fraction(0))
    none = grades(None, None, None, None)
    return replace(
        savings,
        first_day="",
        last_day="",
        requests=0,
        billed=Fraction(0),
        observed=Fraction(0),
        saving=Fraction(0),
        potential=Fraction(0),
        vendor_change=None,
        subsets=(),
        levers=shares(zero, none),
        accepted_levers=shares(zero, none),
        workloads=(),
        models=(),
        unpriced=(),
        uncharged_requests=0,
        lower_bound_requests=0,
        days=(),
        calibration=Calibration(nothing, nothing, (), (), (), 0, 0, 0),
        ledger=Ledger(0, 0, 0, 0, 0, ()),
        serving=replace(savings.serving, lines=(), load=(), gpu_evidence="", closed_loop=None),
        assumptions=(),
        seeds=(),
        warnings=(),
    )


@pytest.fixture
def empty_page(empty: Savings) -> str:
    return render(empty)


@pytest.fixture
def long_names_page(savings: Savings) -> str:
    name = "a-name-without-a-break" * 6
    work = replace(
        savings.workloads[0], name=name, label=name, lines=(line("batch", "E4", name, name),)
    )
    timed = replace(savings.serving.lines[0], workload=name, kind=name, room=name)
    total = replace(savings.calibration.total, group=name)
    return render(
        replace(
            savings,
            title=name,
            workloads=(work, *savings.workloads[1:]),
            models=(replace(savings.models[0], model=name), *savings.models[1:]),
            unpriced=(Unpriced(name, 1, 1),),
            calibration=replace(savings.calibration, by_model=(total,)),
            serving=replace(savings.serving, lines=(timed,)),
            policy_name=name,
        )
    )
