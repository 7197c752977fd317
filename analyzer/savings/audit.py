"""Gates that a store must pass before a figure of it is believed."""

from dataclasses import dataclass
from fractions import Fraction

import polars as pl

from analyzer.calibrate import calibrate
from analyzer.policy import Policy
from analyzer.prices import Book
from analyzer.replay import Replays, simulate
from analyzer.results import Calibration
from analyzer.savings.study import Prices, Question, prepare
from analyzer.store import Store
from analyzer.words import counted

GATE = Fraction(5, 100)
"""Largest error of the replayed observed policy, monthly total (ASHRAE 14's limit for bias)."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One gate: passed or not, and the figures it looked at."""

    gate: str
    passed: bool
    words: str


def audit(store: Store, book: Book, prices: Prices) -> tuple[tuple[Finding, ...], Calibration]:
    """Run every gate over a store."""
    study = prepare(store, book, Question(prices=prices), lambda _text: None)
    scene = study.scene
    replayed = simulate(scene, Policy.observed(), 1)
    calibration = calibrate(scene.traffic.calls, replayed, scene.basis)
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
    error = calibration.total.error
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
        Finding(
            "the replay of the observed policy meets the bill",
            abs(error) <= GATE,
            _error(calibration),
        ),
    ), calibration


def _error(calibration: Calibration) -> str:
    if not calibration.total.calls:
        return "nothing to compare: no call shows the structure of its prompt"
    error = float(calibration.total.error)
    calls = counted(calibration.total.calls, "call")
    return f"{error:+.2%} of input cost on {calls}, gate {float(GATE):.0%}"


def _names(found: tuple[object, ...]) -> str:
    return ", ".join(str(getattr(item, "what", item)) for item in found) or "nothing unpriced"
