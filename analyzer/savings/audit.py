"""Gates that a store must pass before a figure of it is believed."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import PurePath

import polars as pl

from analyzer.billing import PriceBasis
from analyzer.policy import Policy
from analyzer.prices import Book
from analyzer.reconciled import Discount, Reconciliation
from analyzer.reconciliation import Reports, reconcile
from analyzer.replay import Replays
from analyzer.results import Calibration, LostCache
from analyzer.savings.account import account
from analyzer.savings.lost import lost_cache
from analyzer.savings.proof import GATE, prove
from analyzer.savings.study import Prices, Question, Say, Study, prepare
from analyzer.store import Store, Twins
from analyzer.words import counted

CONTRACT_ALONE = (
    "The contract is compared with nothing: it needs the vendor's cost report. Name one with "
    "--cost FILE, or take it in with `rebill ingest`."
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One gate: passed or not, and the figures it looked at."""

    gate: str
    passed: bool
    words: str


@dataclass(frozen=True, slots=True)
class Audit:
    """Every gate, and the figures behind them."""

    findings: tuple[Finding, ...]
    calibration: Calibration
    reconciliation: Reconciliation | None
    """None where no report of the vendor was read."""
    lost: LostCache
    doubts: tuple[str, ...] = ()
    """What the sources leave open or contradict."""


def audit(
    store: Store,
    book: Book,
    prices: Prices,
    reports: Reports | None = None,
    contract: tuple[Discount, ...] = (),
    say: Say = lambda _text: None,
) -> Audit:
    """Run every gate over a store; with the vendor's reports, the three-way match too."""
    prepared = prepare(store, book, Question(prices=prices), say)
    proof = prove(store, book, prepared, say)
    study, calibration = proof.study, proof.calibration
    findings = _gates(store, study, calibration)
    matched = None
    if reports is not None and reports.any:
        billed = account(study.scene.traffic, PriceBasis(book, None))
        matched = reconcile(billed.rows, reports, book, contract)
        findings += tuple(_levels(matched))
    uncharged = reports is None or not len(reports.cost)
    alone = (CONTRACT_ALONE,) if contract and uncharged else ()
    say("looking for reads that missed")
    lost = lost_cache(study.scene.traffic, study.scene.basis)
    findings = (*findings, _misses(lost))
    return Audit(findings, calibration, matched, lost, alone + doubts(store, study))


def doubts(store: Store, study: Study) -> tuple[str, ...]:
    """Say what the sources leave open or contradict: each is a reason to doubt the bill."""
    told = (f"{counted(calls, 'call')}: {doubt}." for doubt, calls in store.doubts())
    return (*told, *_twice(store.twins(), study))


def _twice(found: tuple[Twins, ...], study: Study) -> Iterator[str]:
    """Name exports that seem to tell the same calls, and what those cost a second time."""
    calls = study.scene.traffic.calls.select("request", "identity") if found else pl.DataFrame()
    for twins in found:
        own = calls.filter(pl.col("identity").is_in(pl.Series(twins.calls, dtype=pl.UInt64)))
        again = study.billed.rows.join(own, on="request", how="semi")["pico"].drop_nulls()
        cents = (int(again.cast(pl.Int128).sum()) + _PICO_PER_CENT // 2) // _PICO_PER_CENT
        first, second = (PurePath(path).name for path in (twins.path, twins.other))
        cost = f"${cents // 100:,}.{cents % 100:02d}" if len(again) else "of no known price"
        yield (
            f"Two exports of one gateway ({twins.connector}: {first} and {second}) look "
            f"like the same calls: {counted(len(twins.calls), 'call')}, {cost}, counted twice; "
            "leave one out."
        )


_PICO_PER_CENT = 10**10


def _gates(store: Store, study: Study, calibration: Calibration) -> tuple[Finding, ...]:
    scene = study.scene
    ledger = store.ledger()
    lost = sum(reason.lines for reason in ledger.reasons if reason.kind == "fault")
    rows = study.billed.rows
    tokens = pl.sum_horizontal("uncached", "read", "write_5m", "write_1h", "output")
    parts = {
        "priced": rows.filter(pl.col("unpriced").is_null() & pl.col("charged")),
        "unpriced": rows.filter(pl.col("unpriced").is_not_null() & pl.col("charged")),
        "uncharged": rows.filter(~pl.col("charged")),
    }
    sums = {name: int(part.select(tokens.sum()).item() or 0) for name, part in parts.items()}
    nothing = Replays(scene).saving(Policy.observed())
    return (
        Finding("every line is accounted for", ledger.balanced, counted(ledger.lines, "line")),
        Finding("every line could be read", lost == 0, f"{counted(lost, 'line')} at fault"),
        Finding(
            "tokens in = priced + unpriced + uncharged",
            sum(sums.values()) == int(rows.select(tokens.sum()).item() or 0),
            " + ".join(f"{value:,} {name}" for name, value in sums.items()),
        ),
        Finding(
            "99 % of tokens have a price",
            100 * sums["unpriced"] <= sum(sums.values()),
            _names(study.billed.unpriced()),
        ),
        Finding("the observed policy saves nothing", nothing == 0, f"{nothing} pico-dollars"),
        _meets_the_bill(calibration),
    )


def _meets_the_bill(calibration: Calibration) -> Finding:
    """Judge by the halves that never saw what they predict; by the whole log where it is short."""
    tested = calibration.back_test
    if tested is None:
        gate = "the replay of the observed policy meets the bill"
        return Finding(gate, abs(calibration.total.error) <= GATE, _error(calibration))
    worst = max(abs(half.error) for half in tested.chronological)
    said = ", ".join(f"{half.what} {float(half.error):+.2%}" for half in tested.chronological)
    return Finding("the replay meets the bill of the other half", worst <= GATE, f"{said}, gate 5%")


AGREEMENT = Fraction(90, 100)
"""Least share of the vendor's stated causes of missed reads that our own must agree with."""


def _misses(lost: LostCache) -> Finding:
    agreed, told = lost.agreement, counted(lost.told_calls, "call")
    said = f"the vendor names a cause for {told}"
    if lost.told_calls:
        said += (
            f": {lost.agreed_calls:,} agree, {len(lost.differing):,} differ, for "
            f"{lost.open_calls:,} the log alone shows none"
        )
    passed = agreed is None or agreed >= AGREEMENT
    return Finding("causes of missed reads are the vendor's", passed, said)


_LEVELS = {
    "L0": "logged tokens meet the vendor's usage report",
    "L1": "list prices meet the vendor's amounts",
    "L2": "the vendor's charges meet the invoice",
}


def _levels(matched: Reconciliation) -> Iterator[Finding]:
    """One gate for each level that was compared; its months are judged, not its token types."""
    for level, gate in _LEVELS.items():
        own = [one for one in matched.months(level) if one.verdict != "not compared"]
        failed = [one.what for one in own if one.verdict == "fail"]
        warned = [one.what for one in own if one.verdict == "warn"]
        if own:
            said = f"{counted(len(own), 'comparison')}: {len(own) - len(failed)} within 2 %"
            said += f", over it: {', '.join(failed)}" if failed else ""
            said += f", above 0.5 %: {', '.join(warned)}" if warned else ""
            yield Finding(gate, not failed, said)


def _error(calibration: Calibration) -> str:
    if not calibration.total.calls:
        return "nothing to compare: no call outside a batch shows the structure of its prompt"
    error = float(calibration.total.error)
    calls = counted(calibration.total.calls, "call")
    return f"{error:+.2%} of input cost on {calls}, gate {float(GATE):.0%}"


def _names(found: tuple[object, ...]) -> str:
    return ", ".join(str(getattr(item, "what", item)) for item in found) or "nothing unpriced"
