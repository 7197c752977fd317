"""A small but complete gainshare in odd figures, and other states of it beside it."""

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest

from analyzer.contracts.fee import FeePeriod, FeeTerms, Saving, Tier, settle
from analyzer.contracts.gainshare.rules import rules_of, statement_of
from analyzer.reconciled import Discount
from analyzer.results import LEVERS, Lever
from analyzer.results.baseline import (
    Frozen,
    GateRow,
    ListPrice,
    Named,
    PolicyRow,
    Signed,
    TriggerRow,
    UnitRate,
)
from analyzer.results.gainshare import (
    BasisRow,
    Cash,
    CommitSoFar,
    EntryRow,
    Gainshare,
    LeverWorth,
    SavedRow,
    Step,
    Verified,
)

USD = 10**12
AUGUST = (date(2026, 8, 3), date(2026, 8, 30))
OCTOBER = (date(2026, 10, 1), date(2026, 10, 31))
TERMS = FeeTerms(
    tiers=(Tier(Fraction(50_000 * USD), Fraction(1, 4)), Tier(None, Fraction(15, 100))),
    hurdle=Fraction(5, 100),
)


def usd(text: str) -> Fraction:
    return Fraction(text) * USD


def frozen() -> Frozen:
    third = usd("83226") + usd("2/3")
    works = ("claims-agent", "chat", "digest")
    return Frozen(
        sha256="4a07d3c8" * 8,
        method="1.0.0",
        first_day="2026-08-03",
        last_day="2026-08-30",
        days=28,
        excluded=(),
        gates=(
            GateRow("whole days", "pass", "28", "28 or more"),
            GateRow("coverage of the vendor's report", "not compared", "no report", "0.98"),
            GateRow("month reconciled", "pass", "pass", "pass"),
        ),
        orgs=("org_1",),
        workspaces=(),
        keys=("key & <one>",),
        only_workspaces=(),
        only_workloads=(),
        policies=tuple(
            PolicyRow(name, 1_000, 40, 28, "claude-opus-4-8", "high (1,000)", "2048", "none", 1,
                      third)
            for name in works
        ),
        rates=tuple(
            UnitRate(name, "claude-opus-4-8", "standard", 1_000, 10**9, third) for name in works
        ),
        meters=("uncached", "read", "write_5m", "write_1h", "output"),
        prices=(ListPrice("claude-opus-4-8", "standard", tuple(map(usd, ("5", ".5", "6.25", "10",
                                                                         "25")))),),
        at_list=3 * third + usd("12.40"),
        fees=usd("12.40"),
        hidden=usd("0"),
        unpriced=(("model gpt-5.6-sol", 1_200),),
        timeless=2,
        static_factors=("no other gateway",),
        reconciliation="pass",
        coverage=Fraction(99, 100),
        discounts=(Discount("*", Fraction(8, 100), "order form"),),
        book_version="2026-11-09",
        book_sha256="b0" * 32,
        policy_sha256="c0" * 32,
        seed=1,
        inputs=(Named("captures, 3,000 calls", "d0" * 32),),
        signatures=tuple(Signed(name, "e0" * 32, holds=True) for name in ("client", "consultant")),
        untrusted=(),
        both_signed=True,
    )  # fmt: skip


def saved() -> tuple[SavedRow, ...]:
    rows: tuple[tuple[str, str, str, str], ...] = (
        ("chat", "output", "22112/3", "held"),
        ("chat", "routing", "-5532.5", "failed"),
        ("claims-agent", "routing", "56523", "held"),
        ("claims-agent", "caching", "128392/3", "not needed"),
        ("digest", "batch", "18808.8", "not needed"),
        ("digest", "routing", "900.10", "not measured"),
        ("digest", "price", "-33.33", "not needed"),
        ("signed adjustments", "adjustment", "-503", "not needed"),
    )
    return tuple(
        SavedRow(
            workload, source, usd(amount),
            usd("0") if quality in ("failed", "not measured") and usd(amount) > 0 else usd(amount),
            "2026-09-01", quality, "E3" if source in ("output", "routing") else "E2", "how",
        )
        for workload, source, amount, quality in rows
    )  # fmt: skip


def worth(rows: tuple[SavedRow, ...], lever: Lever) -> LeverWorth:
    own = sum((one.avoided for one in rows if one.source == lever), Fraction(0))
    bend = {"output": "-1000", "routing": "-12000", "batch": "5000", "caching": "8000"}[lever]
    return LeverWorth(lever, own, own + usd(bend), own + usd("3000"), own - usd("4000"), "E3")


def commit() -> CommitSoFar:
    """Beyond its part on both sides; of its cash 100,000.20 is of October."""
    used = usd("600000.40")
    otherwise = used + usd("120000.2")
    return CommitSoFar(
        amount=usd("1000000"),
        first_day="2026-05-01",
        last_day="2027-04-30",
        as_of="2026-10-31",
        days=184,
        term_days=365,
        overage_factor=Fraction(1),
        due=usd("1000000") * 184 / 365,
        used=used,
        otherwise=otherwise,
        cost=used,
        cost_otherwise=otherwise,
        left=usd("1000000") - used,
        shortfall=usd("0"),
        shortfall_otherwise=usd("0"),
    )


def verified() -> Verified:
    rows = saved()
    before, actual = usd("249680.25"), usd("136246.40")
    adjusted = actual + sum((one.avoided for one in rows), Fraction(0))
    known = [usd("21590"), usd("-8848") - usd("1/3"), usd("0"), usd("-503")]
    names = ("volume", "workload mix", "list price", "signed adjustments")
    steps = [Step(name, pico) for name, pico in zip(names, known, strict=True)]
    rest = adjusted - before - sum(known, Fraction(0))
    return Verified(
        first_day=str(OCTOBER[0]),
        last_day=str(OCTOBER[1]),
        price_basis="reporting",
        volume_basis="reporting",
        baseline_bill=before,
        steps=(*steps, Step("settings that changed and are not counted as savings", rest)),
        adjusted=adjusted,
        actual=actual,
        levers=tuple(worth(rows, lever) for lever in LEVERS),
        remark="not additive: what each is worth alone does not add up",
        saved=rows,
        unchanged=usd("12"),
        unlogged=usd("3"),
        blackout=usd("0"),
        born=("new-bot",),
        retired=("old-bot",),
        cash=Cash(usd("150000.2"), usd("50000"), "order form", commit()),
        no_cash="",
        bases=(
            BasisRow("reporting", "reporting", adjusted, adjusted - actual, contract=True),
            BasisRow("frozen", "baseline", adjusted, adjusted - actual, contract=False),
        ),
        entries=(
            EntryRow("A1", "prompt_change", "2026-10-05", "2026-10-07", usd("-503"), "accepted",
                     ""),
            EntryRow("A2", "outage", "2026-10-09", "2026-10-09", usd("-2440"), "disputed",
                     "not signed by client"),
        ),
        own_cost=usd("4462"),
        uncertainty=usd("1000"),
        savings_uncertainty=Fraction(67, 1000),
        grade="E3",
        reconciliation="pass",
        notes=("chat: 3.0% of requests have no calibrated ratio.",),
    )  # fmt: skip


def period(found: Verified, *, signed: bool = True) -> FeePeriod:
    rows = tuple(
        Saving(one.workload, one.source, one.avoided, OCTOBER[0], one.quality)  # type: ignore[arg-type]  # words of the page
        for one in found.saved
    )
    return FeePeriod(
        "2026-10-01 to 2026-10-31", *OCTOBER, found.adjusted, found.actual, rows,
        found.own_cost, found.uncertainty, "pass", "E3", signed, found.savings_uncertainty,
    )  # fmt: skip


def complete() -> Gainshare:
    found, base = verified(), frozen()
    return Gainshare(
        title="Larkfield Insurance plc",
        parties=("client", "consultant"),
        term=("2026-09-01", "2027-08-31"),
        frozen=base,
        triggers=(TriggerRow("prompt_change", "hashes", "tokens before and after", "baseline"),),
        routine=(Named("volume", "requests of the period"),),
        fee_rules=rules_of(TERMS, base.at_list, *AUGUST),
        periods=(found,),
        statements=tuple(map(statement_of, settle([period(found)], TERMS))),
        no_fee="",
        papers=(Named("terms, terms.toml", "ef" * 32),),
        command="rebill report gainshare --baseline baseline.json --period 2026-10",
    )


@pytest.fixture
def gainshare() -> Gainshare:
    return complete()


def with_cash(found: Gainshare, cash: Cash | None, why: str = "") -> Gainshare:
    (last,) = found.periods
    return replace(found, periods=(replace(last, cash=cash, no_cash=why),))


@pytest.fixture
def short(gainshare: Gainshare) -> Gainshare:
    """Under its part as it was, beyond it under the baseline; list price beyond."""
    made = commit()
    cost = made.due
    otherwise = made.due + (made.otherwise - made.due) * 5 / 4
    below = replace(
        made, used=usd("300000"), cost=cost, cost_otherwise=otherwise, left=usd("700000"),
        overage_factor=Fraction(5, 4), shortfall=usd("404891.3"),
    )  # fmt: skip
    cash = Cash(otherwise - cost, usd("0"), "order form", below)
    return with_cash(gainshare, cash)


@pytest.fixture
def uncommitted(gainshare: Gainshare) -> Gainshare:
    """A contract that says none is signed."""
    (last,) = gainshare.periods
    return with_cash(gainshare, Cash(last.adjusted, last.actual, "order form", None))


@pytest.fixture
def untold(gainshare: Gainshare) -> Gainshare:
    """Nobody tells how."""
    return with_cash(gainshare, None, f"no contract {'file' * 40} is given; give one")


@pytest.fixture
def alone(gainshare: Gainshare) -> Gainshare:
    """The baseline report."""
    return replace(
        gainshare, periods=(), statements=(), no_fee="no period is verified on this page"
    )


@pytest.fixture
def refused(gainshare: Gainshare) -> Gainshare:
    """Nobody signed."""
    statements = settle([period(verified(), signed=False)], TERMS)
    base = replace(gainshare.frozen, signatures=(), both_signed=False)
    return replace(gainshare, frozen=base, statements=tuple(map(statement_of, statements)))


@pytest.fixture
def bare(alone: Gainshare) -> Gainshare:
    """A failed gate, no terms, no register, nothing billed."""
    gates = (GateRow("whole days", "fail", "14", "28 or more"),)
    base = replace(
        alone.frozen, gates=gates, policies=(), rates=(), prices=(), at_list=usd("0"),
        fees=usd("0"), orgs=(), keys=(), discounts=(), static_factors=(), unpriced=(), inputs=(),
        coverage=None, reconciliation="not compared", signatures=(), both_signed=False,
    )  # fmt: skip
    return replace(alone, frozen=base, fee_rules=None, parties=(), term=None)
